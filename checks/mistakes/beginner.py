"""Mistakes of the beginner tier: random noise."""

from __future__ import annotations

from checks.mistakes.record import Mistake

_WHY_NORMAL = (
    "The generator learns to read the noise of one fixed distribution, N(0, 1); every part of this "
    "course draws from it, so noise from another one is a language that it was never taught."
)

MISTAKES = (
    Mistake(
        "noise-shape",
        "The noise has another shape",
        symptom="The generator's first layer refuses its input.",
        why="Row i of the noise becomes image i: one row for each sample, one column for each "
        "latent number.",
        hints=(
            "The shape is decided where the numbers are drawn.",
            "Look at the size that you pass to the drawing function.",
            "A size of two numbers: first how many samples, then how long each is.",
        ),
    ),
    Mistake(
        "noise-size-ignored",
        "The size asked for is ignored",
        symptom="Batches of any other size than the built-in one fail or go wrong.",
        why="The last batch of an epoch is shorter, and other latent sizes are worth trying: the "
        "arguments have to decide, not a number in the code.",
        hints=(
            "The same shape came back for different arguments.",
            "Look for a number such as 100 inside the function's body.",
            "Use the names n_samples and latent_dim where the number stands.",
        ),
    ),
    Mistake(
        "noise-transposed",
        "Rows and columns are swapped",
        symptom="The generator's first layer refuses its input, unless both sizes are equal.",
        why="PyTorch's layers expect one sample a row, so (100, 7) is 100 samples, not 7.",
        hints=(
            "The two sizes are right, their order is not.",
            "Look at the order in the size that you pass on.",
            "Samples first, latent numbers second.",
        ),
    ),
    Mistake(
        "noise-integers",
        "Whole numbers instead of floats",
        symptom="The generator's first layer complains about dtype Long.",
        why="Networks compute with floats, and a handful of whole numbers is far too little "
        "variety for a latent space.",
        hints=(
            "A normal distribution gives fractions.",
            "Look for randint, or for a conversion to int.",
            "Draw from a function with normal or randn in its name.",
        ),
    ),
    Mistake(
        "noise-dtype",
        "Noise in another precision than float32",
        symptom="mat1 and mat2 must have the same dtype, when the noise enters a layer.",
        why="PyTorch's layers hold float32 weights and take float32 only; NumPy's default is "
        "float64.",
        hints=(
            "The dtype comes from where the numbers are drawn.",
            "Look for torch.from_numpy, .double() or a dtype argument.",
            "torch.randn gives float32 by itself; .float() converts.",
        ),
    ),
    Mistake(
        "noise-requires-grad",
        "The noise asks for gradients",
        symptom="noise.numpy() refuses, and every backward computes a gradient that nobody uses.",
        why="Gradients are for what is trained, the weights. The noise is an input: it is drawn, "
        "used and forgotten.",
        hints=(
            "A tensor can ask PyTorch to compute its gradient; noise has no need of that.",
            "Look for requires_grad in the draw, or in a line after it.",
            "Without that argument a drawn tensor is just numbers.",
        ),
        source="PyTorch documentation, torch.Tensor.requires_grad",
    ),
    Mistake(
        "default-changed",
        "Another default than the stub's",
        symptom="A call that leaves the argument out gets another size than its reader expects.",
        why="A default is what callers get when they leave an argument out: it is part of the "
        "promise, like a name.",
        hints=(
            "To try another value, pass it in the call; the default stays.",
            "Compare your def line with the stub's, number by number.",
            "The stub's def line, unchanged.",
        ),
    ),
    Mistake(
        "parameters-in-other-order",
        "The parameters stand in another order than the stub's",
        symptom="Calls that pass arguments without their names get rows and columns swapped, or "
        "the wrong seed.",
        why="Callers may pass arguments by position as well as by name, and the later tiers do: "
        "the order of the parameters is part of the promise.",
        hints=(
            "By name all is well; by position, one argument ends up in another's place.",
            "Compare your def line with the stub's, from left to right.",
            "The stub's parameters first; one of your own comes last and has a default.",
        ),
    ),
    Mistake(
        "noise-uniform",
        "Uniform noise instead of normal",
        symptom="Training still runs; samples drawn later from N(0, 1) look odd.",
        why=_WHY_NORMAL,
        hints=(
            "All values in a range are equally likely here; in N(0, 1) those near 0 are.",
            "Look at the name of the drawing function: random and rand are uniform.",
            "The normal ones have an n or the word normal in their names.",
        ),
        source="NumPy documentation, Generator.standard_normal; PyTorch documentation, torch.randn",
    ),
    Mistake(
        "noise-shifted",
        "Noise with a mean other than 0",
        symptom="The generator starts with a bias that it first has to unlearn.",
        why=_WHY_NORMAL,
        hints=(
            "The values have the right spread around the wrong centre.",
            "Look for something added to the noise, or for a loc argument.",
            "Draw from the standard normal distribution and leave the result as it is.",
        ),
    ),
    Mistake(
        "noise-scaled",
        "Noise with a standard deviation other than 1",
        symptom="Small noise: all images alike. Large noise: units saturate and learning stalls.",
        why=_WHY_NORMAL,
        hints=(
            "The values have the right centre and the wrong spread.",
            "Look for a factor, a division, or a scale argument.",
            "Draw from the standard normal distribution and leave the result as it is.",
        ),
    ),
    Mistake(
        "noise-not-normal",
        "Noise from another distribution than the normal one",
        symptom="Training runs, on other noise than the samples will be drawn from.",
        why=_WHY_NORMAL,
        hints=(
            "A histogram of the values should be a bell: high in the middle, thin far out.",
            "Look at the drawing function, and at what is done to its result (clamp, abs, round).",
            "Draw from the standard normal distribution and leave the result as it is.",
        ),
    ),
    Mistake(
        "noise-repeated",
        "The same numbers again and again",
        symptom="The generator makes the same few images, however many are asked for.",
        why="Each latent number has to be drawn for itself: copies carry no new information, and "
        "only as many different images can come out as different rows go in.",
        hints=(
            "Two rows or columns of the noise are (nearly) copies of each other.",
            "Look for repeat, tile, expand, or one draw that is reused for every row.",
            "Ask for the whole table of numbers in one draw.",
        ),
    ),
    Mistake(
        "noise-standardised",
        "The noise is adjusted to a mean of exactly 0 or a deviation of exactly 1",
        symptom="Every draw has the same mean and deviation, to the last digit.",
        why="Chance comes close to 0 and 1 and never meets them. After the adjustment the numbers "
        "are no longer independent: each depends on all the others of its draw.",
        hints=(
            "N(0, 1) says where the numbers come from, not what those of one draw average to.",
            "Look for a line that subtracts the mean or divides by the deviation.",
            "Leave the numbers as they were drawn.",
        ),
    ),
    Mistake(
        "noise-dependent",
        "Neighboring numbers depend on each other",
        symptom="The generator gets less variety than the latent size promises.",
        why="Entries are independent: knowing one must tell nothing about the next.",
        hints=(
            "Neighbors in the table move together.",
            "Look for a running sum, a sort, a smoothing or a scaling by rows.",
            "Leave the numbers as they were drawn.",
        ),
    ),
    Mistake(
        "seed-ignored",
        "The seed is ignored",
        symptom="A run can't be repeated, and snapshots can't be compared.",
        why="With the same seed the same noise has to come: this is how an experiment is "
        "repeated, and how the same latent vectors are shown at epoch 10 and 20.",
        hints=(
            "The seed has to reach the source of the random numbers.",
            "Look at where the numbers come from: np.random.rand and torch.randn by themselves "
            "know nothing of your seed.",
            "A source of your own, made from the seed, and the numbers drawn from there.",
        ),
    ),
    Mistake(
        "seed-constant",
        "Every seed gives the same noise",
        symptom="Ten runs with ten seeds are one run, ten times.",
        why="Another seed has to give other noise, or results over several seeds mean nothing.",
        hints=(
            "Whatever the caller asks for, the numbers start at the same place.",
            "Look for a number where the name seed should stand, and for a torch.Generator() that "
            "is never told the seed.",
            "Pass the argument seed on.",
        ),
    ),
    Mistake(
        "seeds-overlap",
        "Two seeds share their noise",
        symptom="Runs with different seeds are alike, in part or altogether.",
        why="Results over several seeds show how much is due to chance. Where seeds share their "
        "numbers, it looks like less than it is.",
        hints=(
            "Every seed has a noise of its own, every row of it.",
            "Look for arithmetic with the seed: seed % 10, seed + i, or a seed for each row.",
            "The seed as it came, used once, and the whole table drawn from there.",
        ),
        source="NumPy documentation, Parallel random number generation",
    ),
    Mistake(
        "generator-without-seed",
        "A torch.Generator that was never given a seed",
        symptom="The same noise at every call: G learns a few latent vectors by heart.",
        why="A new torch.Generator() does not begin somewhere new. It always begins at the same "
        "place, and gives the same numbers, until it is told a seed.",
        hints=(
            "A source of random numbers of your own is for the case that there is a seed.",
            "Look at the line that makes the torch.Generator: what does it know of seed?",
            "With a seed, tell the generator that seed. Without one, leave it out, and PyTorch "
            "draws from its global numbers.",
        ),
        source="PyTorch documentation, torch.Generator",
    ),
    Mistake(
        "noise-never-new",
        "Without a seed, the same noise every time",
        symptom="The networks see the same latent vectors in each batch, and G learns only those.",
        why="Training needs fresh noise at every step; only an explicit seed should repeat it.",
        hints=(
            "Two calls without a seed gave the same numbers.",
            "Look for a seed that is set even when seed is None, for a torch.Generator() that "
            "never gets one (all of them start at the same place), or for noise kept for later.",
            "Seed only if a seed was given.",
        ),
    ),
    Mistake(
        "global-seed-clobbered",
        "The global random state is changed",
        symptom="Elsewhere shuffling or weight initialization repeats itself, with no error.",
        why="A function that seeds the global source makes every later random number of the whole "
        "program predictable: shuffles and weights repeat, and nobody knows why.",
        hints=(
            "A seed should act inside this function only.",
            "Look for np.random.seed, torch.manual_seed or random.seed.",
            "A generator object of your own holds its own state.",
        ),
        source="NumPy documentation, Random Generator; PyTorch documentation, torch.Generator",
    ),
    Mistake(
        "global-numbers-used",
        "A seeded draw takes from the global random numbers",
        symptom="What a seed gives depends on what was drawn before it, and every other draw in "
        "the program comes out differently after it.",
        why="np.random.rand, np.random.randn and torch.randn draw from numbers that the whole "
        "program shares. A seed of your own does not reach them, and whoever comes next finds "
        "them moved on.",
        hints=(
            "With a seed, the numbers should come from a source of their own.",
            "Look at the drawing function: is it one of np.random, or torch.randn without a "
            "generator?",
            "Make a source from the seed (np.random.default_rng or torch.Generator), and draw "
            "from that.",
        ),
        source="NumPy documentation, Random Generator; PyTorch documentation, torch.Generator",
    ),
    Mistake(
        "global-settings-changed",
        "A setting of the whole program is changed",
        symptom="Elsewhere backward fails, or tensors have another type, and nothing there says "
        "why.",
        why="Such a setting holds for all code that runs afterwards, until someone sets it back.",
        hints=(
            "A function may need a setting for itself, but has to leave it as it found it.",
            "Look for torch.set_grad_enabled, set_default_dtype or set_default_device.",
            "torch.no_grad() in a with block ends by itself; a dtype or device can be given to the "
            "draw.",
        ),
        source="PyTorch documentation, torch.set_grad_enabled",
    ),
    Mistake(
        "argument-overwritten",
        "The caller's numbers are overwritten",
        symptom="What was handed over holds other numbers after the call.",
        why="An array or tensor is handed over without a copy. If you write into it, you write "
        "into the caller's own numbers.",
        hints=(
            "The function should compute something new and leave what it was given alone.",
            "Look for +=, -=, *=, and for functions whose name ends in an underscore.",
            "a = a + b makes a new tensor; a += b writes into the old one.",
        ),
        source="PyTorch documentation, Tensor in-place operations",
    ),
    Mistake(
        "statistics-wrong",
        "Mean or standard deviation comes out wrong",
        symptom="The numbers printed say nothing about the noise.",
        why="These two numbers are how you find out whether your noise is N(0, 1).",
        hints=(
            "Mean: the sum over the count. Deviation: how far values lie from the mean, squared, "
            "averaged, square root.",
            "Try your function on the numbers 1, 2, 3, 4 by hand.",
            "Arrays and tensors have methods for both.",
        ),
    ),
    Mistake(
        "statistics-variance",
        "The variance instead of the standard deviation",
        symptom="For N(0, 1) both are 1, so nothing is noticed until the noise is scaled.",
        why="The variance is the square of the standard deviation, and has squared units.",
        hints=(
            "One number is the square of the one expected.",
            "Look for var where std should be.",
            "The deviation is the square root of the variance.",
        ),
    ),
    Mistake(
        "statistics-swapped",
        "Mean and deviation in the wrong order",
        symptom="A mean of 1 and a deviation of 0 are reported for perfectly good noise.",
        why="Callers write `mean, std = …` and rely on the order.",
        hints=(
            "Both numbers are right, their places are not.",
            "Look at the return line.",
            "Mean first, deviation second.",
        ),
    ),
    Mistake(
        "weights-not-a-column",
        "The weights of the walk are no column",
        symptom="The size of tensor a must match the size of tensor b.",
        why="Broadcasting lays two shapes side by side from the right. A row of n weights meets a "
        "row of latent numbers there, and the two lengths differ; a column of weights meets it "
        "across, and a table comes out.",
        hints=(
            "There is one weight for each row of the table, so the weights stand below each other.",
            "Print the shape of the weights just before they are multiplied.",
            "(n,) becomes (n, 1): look up unsqueeze, or reshape with a -1.",
        ),
        source="PyTorch documentation, Broadcasting semantics",
    ),
    Mistake(
        "interpolation-transposed",
        "The steps of the walk are columns, not rows",
        symptom="The generator refuses the walk, or makes an image of each latent number.",
        why="Each step is a latent vector, and the generator takes one in each row.",
        hints=(
            "The two sizes are right, their order is not.",
            "Look for a transpose, or a stack along the wrong dimension.",
            "Steps first, latent numbers second.",
        ),
    ),
    Mistake(
        "interpolation-count",
        "Another number of steps than asked for",
        symptom="A strip of eight images has nine places, or seven.",
        why="n_steps counts the rows that come back, both ends included.",
        hints=(
            "Fence posts and gaps: n posts have n - 1 gaps between them.",
            "Look at the number that you pass to linspace, arange or range.",
            "linspace counts points, both ends included.",
        ),
    ),
    Mistake(
        "interpolation-ends",
        "The walk does not run from start to end",
        symptom="The strip of images does not begin or end with the one it should.",
        why="Both ends belong to the walk: the first row is start, the last is end.",
        hints=(
            "The weights have to run from exactly 0 to exactly 1.",
            "Look at the first and the last weight, and at which vector each one multiplies.",
            "(1 - w) goes with start, w with end.",
        ),
    ),
    Mistake(
        "interpolation-uneven",
        "The steps are not even",
        symptom="The images stand still for a while, then jump.",
        why="A walk shows what lies between only if it moves at a steady pace along the way.",
        hints=(
            "Each row should lie the same way further than the one before it.",
            "Print the weights: do they grow by the same amount each time?",
            "Weights from linspace are even by themselves.",
        ),
    ),
    Mistake(
        "interpolation-off-line",
        "The walk leaves the line from start to end",
        symptom="The strip of images begins or ends somewhere else, or wanders off in between.",
        why="What lies between two vectors is some of the one and the rest of the other.",
        hints=(
            "The two weights of a row add up to 1.",
            "Print the weight of start and the weight of end, row by row.",
            "(1 - w) · start + w · end, with w from 0 to 1.",
        ),
    ),
)
