"""The beginner tier: random noise, and whether it is what a GAN can start from.

False alarms: the two distribution checks and the two independence checks judge fresh draws of a
right solution. Each of their bounds is broken by chance with a probability of at most 1e-7 (see
`engine/judging/common/statistics.py`), at most 5e-7 for a check as a whole. Nothing else here is
left to chance: two unseeded draws of 700 numbers are never equal.
"""

from __future__ import annotations

from checks.engine.course.check import check
from checks.engine.judging.beginner import interpolation as walks
from checks.engine.judging.beginner import noise
from checks.engine.judging.beginner import statistics_of_noise as moments
from checks.engine.judging.common.answers import judge_answers
from checks.engine.sandbox.solution import Solution

NUMPY, TORCH = "sample_noise_numpy", "sample_noise_torch"


@check("NumPy noise is an array of floats", about=NUMPY, points=1)
def test_numpy_floats(solution: Solution) -> None:
    """The check calls your function without arguments and looks at the type of the array: it has to
    be one of floats, of any precision.

    A normal distribution gives fractions, and networks compute with them. Whole numbers would leave
    only a handful of values to choose from.

    Hint: A function that draws from a normal distribution gives floats by itself.
    """
    (drawn,) = noise.drawn(solution, NUMPY, {})
    noise.judge_floats(drawn)


@check("NumPy noise has the shape you ask for", about=NUMPY, points=1)
def test_numpy_shape(solution: Solution) -> None:
    """Your sample_noise_numpy is asked for several sizes, such as 5 samples of 200 numbers, with
    the arguments by name, by position, and left out. The array has to have the shape (n_samples,
    latent_dim), which is (100, 100) by default.

    A latent vector is a row: row i of the noise becomes image i. Batches differ in size, so the
    arguments decide and no number in the code.

    Hint: NumPy's drawing functions take a size of two numbers; think about which of your arguments
    comes first.
    """
    noise.judge_shape(solution, NUMPY)


@check("NumPy noise comes from N(0, 1)", about=NUMPY, points=2)
def test_numpy_normal(solution: Solution) -> None:
    """The check draws 20,000 numbers and compares their mean, their deviation and the whole shape
    of their distribution with N(0, 1). Right code fails by chance less than once in a million runs.

    N(0, 1) is a bell around 0, of density exp(-x²/2) / sqrt(2 pi). G will be trained on noise from
    there, and does badly on anything else.

    Hint: Look for a drawing function with the word normal in its name, and leave what it gives as
    it is.
    """
    noise.judge_distribution(solution, NUMPY)


@check("NumPy noise: every number is drawn for itself", about=NUMPY, points=1)
def test_numpy_independent(solution: Solution) -> None:
    """The check looks for ties between the numbers of a draw: rows or columns that are alike,
    neighbors that move together, rows scaled to one length, a mean or a standard deviation adjusted
    to be exact.

    Each latent vector should be a new throw of the dice. Where rows repeat, G makes the same image
    again and again, and that looks like mode collapse without being it.

    Hint: One call can fill the whole table; nothing needs to be copied, sorted or rescaled
    afterwards.
    """
    noise.judge_independence(solution, NUMPY)


@check("NumPy noise: same seed, same noise; other seed, other noise", about=NUMPY, points=1)
def test_numpy_seed(solution: Solution) -> None:
    """The check draws noise for nine seeds, and for two of these, 7 and 0, again. The same seed has
    to give the same numbers, and no two seeds may share a row.

    To repeat an experiment, or to show how G improves on the same vectors, you need the same noise
    again. A computer works its random numbers out from a start, the seed: same seed, same numbers.

    Hint: np.random.default_rng makes a random number generator, and takes the seed that it is to
    start from.
    """
    noise.judge_seed(solution, NUMPY)


@check("NumPy noise is new at every call without a seed", about=NUMPY, points=1)
def test_numpy_fresh(solution: Solution) -> None:
    """The check calls sample_noise_numpy without a seed, then with one, then without again. The
    first and the last noise must differ.

    A GAN draws new noise in every batch. If it were always the same, G would learn a few vectors by
    heart and be lost with all the others.

    Hint: Mind what happens to seed=None: passed on as it is, it means a new start each time.
    """
    noise.judge_fresh(solution, NUMPY)


@check("NumPy noise leaves the global random state and settings alone", about=NUMPY, points=1)
def test_numpy_global_state(solution: Solution) -> None:
    """The check compares the global random numbers of NumPy, PyTorch and Python before and after. A
    call with a seed must leave them where they stand; one without may draw from them, but never set
    them. PyTorch's settings must stay the same, too.

    The global random numbers belong to the whole program. A function that sets them makes the
    random choices of all other code repeat, and nobody can see why.

    Hint: Keep a random number generator of your own inside the function, and draw from that one.
    """
    noise.judge_global_state(solution, NUMPY)


@check("PyTorch noise is a float32 tensor", about=TORCH, points=1)
def test_torch_float32(solution: Solution) -> None:
    """The check calls your function without arguments and looks at the type of the tensor, which
    has to be float32, and at requires_grad, which has to be False.

    A layer's weights are float32 and refuse any other type. And noise is an input: gradients are
    for what is trained.

    Hint: What PyTorch draws is float32 without being told; what comes from NumPy is not.
    """
    (drawn,) = noise.drawn(solution, TORCH, {})
    noise.judge_float32(drawn)


@check("PyTorch noise has the shape you ask for", about=TORCH, points=1)
def test_torch_shape(solution: Solution) -> None:
    """Your sample_noise_torch is asked for several sizes, such as 5 samples of 200 numbers, with
    the arguments by name, by position, and left out. The tensor has to have the shape (n_samples,
    latent_dim), which is (100, 100) by default.

    PyTorch's layers take one sample in each row: (64, 100) is 64 latent vectors. The last batch of
    an epoch may be shorter, so the size has to follow the arguments.

    Hint: PyTorch's drawing functions take the sizes in order; think about which of your arguments
    comes first.
    """
    noise.judge_shape(solution, TORCH)


@check("PyTorch noise comes from N(0, 1)", about=TORCH, points=2)
def test_torch_normal(solution: Solution) -> None:
    """The check draws 20,000 numbers and compares their mean, their deviation and the whole shape
    of their distribution with N(0, 1). Right code fails by chance less than once in a million runs.

    N(0, 1) is a bell around 0, of density exp(-x²/2) / sqrt(2 pi). All tiers of this course draw z
    from it, so G meets the same noise in training and afterwards.

    Hint: PyTorch has two functions of similar names, one uniform and one normal: the n makes the
    difference.
    """
    noise.judge_distribution(solution, TORCH)


@check("PyTorch noise: every number is drawn for itself", about=TORCH, points=1)
def test_torch_independent(solution: Solution) -> None:
    """The check looks for ties between the numbers of a draw: rows or columns that are alike,
    neighbors that move together, rows scaled to one length, a mean or a standard deviation adjusted
    to be exact.

    The latent numbers are what G tells its images apart by. If some of them follow from others,
    there is less variety in the noise than its size promises.

    Hint: One call can fill the whole tensor; nothing needs to be repeated, expanded or rescaled
    afterwards.
    """
    noise.judge_independence(solution, TORCH)


@check("PyTorch noise: same seed, same noise; other seed, other noise", about=TORCH, points=1)
def test_torch_seed(solution: Solution) -> None:
    """The check draws noise for nine seeds, and for two of these, 7 and 0, again. The same seed has
    to give the same numbers, and no two seeds may share a row.

    The same noise again makes results comparable: later you will show what G makes of the same
    vectors at different epochs. And 0 is a seed like any other.

    Hint: torch.Generator is a source of random numbers that can be given a seed; drawing functions
    can be told to draw from it.
    """
    noise.judge_seed(solution, TORCH)


@check("PyTorch noise is new at every call without a seed", about=TORCH, points=1)
def test_torch_fresh(solution: Solution) -> None:
    """The check calls sample_noise_torch without a seed, then with one, then without again. The
    first and the last noise must differ.

    A GAN draws new noise in every batch. If it were always the same, G would learn a few vectors by
    heart and be lost with all the others.

    Hint: Without a seed there is nothing to set: PyTorch's global random numbers move on by
    themselves.
    """
    noise.judge_fresh(solution, TORCH)


@check("PyTorch noise leaves the global random state and settings alone", about=TORCH, points=1)
def test_torch_global_state(solution: Solution) -> None:
    """The check compares the global random numbers of PyTorch, NumPy and Python before and after. A
    call with a seed must leave them where they stand; one without may draw from them, but never set
    them. PyTorch's settings must stay the same, too.

    The global random numbers also decide about first weights and the order of images. A seeded draw
    that resets them makes all of these repeat, without a word.

    Hint: torch.manual_seed sets the global numbers; an object of torch.Generator has a seed of its
    own.
    """
    noise.judge_global_state(solution, TORCH)


@check("Mean and deviation of a NumPy array", about="noise_statistics", points=1)
def test_statistics_numpy(solution: Solution) -> None:
    """Your noise_statistics gets three small NumPy arrays whose mean and standard deviation are
    known. It has to return two plain numbers, the mean first, and to leave the arrays as they are.

    mean = sum(x) / n, deviation = sqrt(sum((x - mean)²) / n). Dividing by n - 1 is right as well.
    For noise from N(0, 1) expect numbers near 0 and 1.

    Hint: Arrays can tell their own mean and deviation; what they give is a NumPy number, and float
    makes it a plain one.
    """
    moments.judge_statistics(solution, "array")


@check("Mean and deviation of a PyTorch tensor", about="noise_statistics", points=1)
def test_statistics_torch(solution: Solution) -> None:
    """Your noise_statistics gets the same three tables as PyTorch tensors. Again it has to return
    the mean and the standard deviation as two plain numbers, and to leave the tensors as they are.

    mean = sum(x) / n, deviation = sqrt(sum((x - mean)²) / n). PyTorch divides by n - 1 unless told
    otherwise; both are right here.

    Hint: Look for the methods that arrays and tensors have in common: with these you need not ask
    which of the two it is.
    """
    moments.judge_statistics(solution, "tensor")


@check("The walk has as many steps as asked for", about="interpolate_noise", points=1)
def test_interpolation_count(solution: Solution) -> None:
    """Your interpolate_noise walks between random vectors in 2, 5, 6 and 8 steps, with vectors of
    100 and of 3 numbers. The result has to have the shape (n_steps, latent_dim), a row for each
    step.

    G takes one latent vector in each row, so a walk in this form can be drawn in one go. Both ends
    count as steps: two steps are just start and end.

    Hint: You need n_steps weights from 0 to 1, as a column, so that each of them makes a row of its
    own.
    """
    walks.judge_count(solution)


@check("The walk begins at start and ends at end", about="interpolate_noise", points=1)
def test_interpolation_ends(solution: Solution) -> None:
    """A walk of six steps has to begin with start itself and to end with end itself, with the
    arguments by name or by position. Both vectors must hold the same numbers afterwards.

    With row(w) = (1 - w) · start + w · end, w = 0 gives start and w = 1 gives end. A walk from a 3
    to an 8 should show both.

    Hint: Let the weight run over both ends, from exactly 0 to exactly 1; torch.linspace includes
    them.
    """
    walks.judge_ends(solution)


@check("The walk moves in even steps", about="interpolate_noise", points=1)
def test_interpolation_even(solution: Solution) -> None:
    """A walk of eight steps has to go from start to end by equal steps. A straight line is right,
    and so is the arc of a spherical interpolation.

    row(w) = (1 - w) · start + w · end, with w growing by the same amount each time. Only if the
    steps are equal does a jump in the images say something about G.

    Hint: Every number of a row moves along with the same weight; what differs from row to row is
    the weight alone.
    """
    walks.judge_even(solution)


@check("The questions on noise", about="ANSWERS", points=2)
def test_questions(solution: Solution) -> None:
    """Your letters in ANSWERS are compared with the right ones. A wrong choice is named, without
    telling which one is right; a question that still has a question mark counts as not written yet.

    Everything that follows starts from the noise. The questions ask what it is for, and which of
    the two networks gets to see what.

    Hint: Read the lesson at the top of the file once more, and follow what goes into G and what
    goes into D.
    """
    judge_answers(solution)
