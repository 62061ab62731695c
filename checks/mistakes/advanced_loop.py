"""Mistakes of the advanced tier: the training loop."""

from __future__ import annotations

from checks.mistakes.record import Mistake

_GOODFELLOW = "Goodfellow et al., Generative Adversarial Networks, 2014"
_WHY_EPOCH = (
    "An epoch is one pass through all images. Only then does each of them count the same, and only "
    "then can epochs of different runs be compared."
)
_WHY_BALANCE = (
    "G is only as good as the D that it learns from, and D's advice is only worth something while "
    "G still has a chance. So the two take turns, batch by batch, and neither gets far ahead."
)

MISTAKES = (
    # Which images D is shown
    Mistake(
        "last-batch-dropped",
        "The last, shorter batch is dropped",
        symptom="Some images are left out of each epoch. With fewer images than batch_size, "
        "nothing is trained at all, and nothing says so.",
        why=_WHY_EPOCH,
        hints=(
            "71 images in batches of 16 are four full batches, and one of 7.",
            "Look for drop_last=True, for len(images) // batch_size, or for a test of the length.",
            "split makes the shorter last piece by itself; so does a slice that ends beyond the "
            "end.",
        ),
        source="PyTorch documentation, torch.split",
    ),
    Mistake(
        "single-image-batch",
        "A batch of a single image is too small",
        symptom="Training runs for an epoch and then ends with an error, if the last batch happens "
        "to hold one image: with 65 images in batches of 64.",
        why="The last batch is what is left over, and that may be one image. squeeze() without an "
        "argument drops every dimension of length 1: scores of shape (64, 1) become (64,), and "
        "those of shape (1, 1) become ().",
        hints=(
            "Shapes should keep their number of dimensions, however many images there are.",
            "Look for squeeze() without an argument, and for labels of a shape of their own.",
            "squeeze(1) drops that dimension alone; torch.ones_like needs no shape at all.",
        ),
        source="PyTorch documentation, torch.squeeze",
    ),
    Mistake(
        "images-missed",
        "Some images are never shown to the discriminator",
        symptom="G never learns of the digits that were left out.",
        why=_WHY_EPOCH,
        hints=(
            "Together, the batches have to be all of the images.",
            "Look at where each batch begins and ends, and for a break or a fixed number of "
            "batches.",
            "Cut the whole list of row numbers into pieces, and go through all of them.",
        ),
    ),
    Mistake(
        "images-repeated",
        "Some images come more than once in an epoch",
        symptom="Some digits get more weight than others, by chance.",
        why=f"{_WHY_EPOCH} Drawn at random one by one, more than a third of the images would be "
        "missed in an epoch, and others come twice.",
        hints=(
            "Shuffle a deck and deal it out, instead of drawing a card and putting it back.",
            "Look for randint or choice, for a new shuffle at each batch, and for batches that "
            "overlap.",
            "torch.randperm gives every row number once, in random order; one for each epoch.",
        ),
        source="PyTorch documentation, torch.randperm",
    ),
    Mistake(
        "batch-size-not-honoured",
        "Batches of another size than asked for",
        symptom="A larger batch size changes nothing: neither the speed nor the noise in the "
        "losses.",
        why="The batch size decides how many updates there are in an epoch, and how exact each of "
        "them is. It is the caller's choice.",
        hints=(
            "All batches but the last have batch_size rows.",
            "Look for a number such as 64 where the batches are cut.",
            "The argument's name where the number stands.",
        ),
    ),
    Mistake(
        "images-not-shuffled",
        "The images come in the same order in each epoch",
        symptom="Small: learning is somewhat less even. With sorted images it is bad, as each "
        "batch then holds one digit only.",
        why="In a new order the batches are mixed anew in each epoch, so that no step's direction "
        "depends on which images happen to stand side by side.",
        hints=(
            "The order should be drawn again for each epoch.",
            "Look at whether the shuffle is there, and inside the epoch loop.",
            "torch.randperm, at the beginning of each epoch.",
        ),
        source="PyTorch documentation, torch.randperm",
    ),
    # Who is updated, when and by what
    Mistake(
        "generator-steps-missing",
        "Fewer steps of the generator than batches",
        symptom="D gets far ahead: its loss goes to 0, G's grows, and the images improve slowly.",
        why=_WHY_BALANCE,
        hints=(
            "Each batch brings one step of both networks.",
            "Look at how far the line with G's step is indented: is it in the batch loop?",
            "The two steps stand one below the other, with the same indentation.",
        ),
        source=f"{_GOODFELLOW}, algorithm 1",
    ),
    Mistake(
        "discriminator-steps-missing",
        "Fewer steps of the discriminator than batches",
        symptom="G finds an image that the outdated D believes, and makes it out of every z.",
        why=f"{_WHY_BALANCE} A G that is trained too long against the same D collapses.",
        hints=(
            "Each batch brings one step of both networks.",
            "Look at how far the line with D's step is indented, and for an if around it.",
            "The two steps stand one below the other, with the same indentation.",
        ),
        source=f"{_GOODFELLOW}, section 6",
    ),
    Mistake(
        "phases-apart",
        "A whole epoch of one network, then one of the other",
        symptom="The losses swing from one extreme to the other, and the images hardly improve.",
        why=_WHY_BALANCE,
        hints=(
            "The networks take turns after each batch, not after each epoch.",
            "Look for two loops over the batches, one after the other.",
            "One loop over the batches, with both steps inside.",
        ),
        source=f"{_GOODFELLOW}, algorithm 1",
    ),
    Mistake(
        "one-optimizer-for-both",
        "One optimizer holds the weights of both networks",
        symptom="Each loss also pulls the other network the wrong way, and neither gets good.",
        why="An optimizer moves all weights that it holds and that have a gradient. The two "
        "networks want opposite things, so each needs an optimizer of its own.",
        hints=(
            "Two players, two optimizers.",
            "Look at the parameters that each optimizer is made with.",
            "One gets generator.parameters(), the other discriminator.parameters().",
        ),
    ),
    Mistake(
        "wrong-optimizer-weights",
        "An optimizer holds other weights than it should",
        symptom="One network stays at its random start, however long the training.",
        why="An optimizer moves the very weights that it was given when it was made. A network "
        "made afterwards, or the other network, is none of its business.",
        hints=(
            "Each of the networks that are returned needs an optimizer that was made for it.",
            "Look for a copied line with the wrong network's name, and for networks that are made "
            "a second time later.",
            "Networks first, once; then one optimizer for each, with its own parameters().",
        ),
        source="PyTorch documentation, torch.optim",
    ),
    Mistake(
        "optimizers-swapped",
        "Each network's step moves the other network",
        symptom="G stays at its random start, and D learns to call fake images real.",
        why="A loss says which way its own network should go. The optimizer that steps after it "
        "has to hold the weights of that same network.",
        hints=(
            "D's loss goes with D's optimizer, G's loss with G's.",
            "Look at which optimizer is passed to each step, and which parameters each was made "
            "with.",
            "In D's step, the optimizer that was made with discriminator.parameters().",
        ),
    ),
    Mistake(
        "optimizer-holds-a-part",
        "An optimizer holds only some of its network's weights",
        symptom="The loss moves, but the network never gets as good as it could: some of its "
        "layers stay at their random start.",
        why="An optimizer moves the weights that it was given. Layers left out are noise that the "
        "others have to work around.",
        hints=(
            "All weights of a network learn.",
            "Look at what each optimizer is made with: an index, a slice, one layer?",
            "A network's parameters() are all of them.",
        ),
    ),
    Mistake(
        "optimizer-remade",
        "The optimizers are made again during the training",
        symptom="Training is rough and slow, although every single step looks right.",
        why="Adam steers by running means of the gradients and their squares. A new one has none, "
        "so each of its first steps is as long as the learning rate allows, whatever the gradient.",
        hints=(
            "An optimizer remembers; it is made once and lives as long as the training.",
            "Look at how far the lines that make the optimizers are indented.",
            "They stand above both loops, below the networks.",
        ),
        source="Kingma and Ba, Adam: A Method for Stochastic Optimization, 2015, algorithm 1",
    ),
    Mistake(
        "weights-drawn-anew",
        "The weights are drawn anew during the training",
        symptom="Each epoch begins with noise again, and the losses jump back.",
        why="First weights are drawn once. Whoever draws them again throws away all that the "
        "network has learned since.",
        hints=(
            "What the networks learn in one epoch is what the next one begins with.",
            "Look for the line that sets the first weights, and which loop it stands in.",
            "It stands above both loops, right below the networks.",
        ),
    ),
    Mistake(
        "training-in-eval-mode",
        "A network is in eval mode while it learns",
        symptom="Dropout has no effect, and D learns the images by heart; batch normalization "
        "normalizes nothing.",
        why="In eval mode dropout drops nothing and batch normalization goes by old numbers. That "
        "is for looking at a network, not for training it.",
        hints=(
            "New networks are in training mode; something has changed that.",
            "Look for eval() without a way back, also in what is called once an epoch.",
            "train() at the beginning of each epoch sets it right in any case.",
        ),
        source="PyTorch documentation, torch.nn.Module.eval",
    ),
    Mistake(
        "too-many-steps",
        "More steps than batches",
        symptom="Training takes longer, and one network may get ahead of the other.",
        why=_WHY_BALANCE,
        hints=(
            "Each batch brings one step of D and one of G, not more.",
            "Look for a loop around a step, a step called twice, and a loop over too many batches.",
            "Two lines in the batch loop, one for each step.",
        ),
        source=f"{_GOODFELLOW}, algorithm 1",
    ),
    # What the arguments decide, and what can be seen from outside
    Mistake(
        "learning-rate-ignored",
        "The learning rate does not reach both optimizers",
        symptom="Another learning rate changes nothing, or changes one network only.",
        why="The learning rate decides how far each step goes, and is the first thing to try when "
        "the training is too slow or falls apart.",
        hints=(
            "An optimizer that is told nothing takes its default, 0.001 for Adam.",
            "Look at how each of the two optimizers is made.",
            "The argument lr of the optimizer gets your argument learning_rate.",
        ),
        source="PyTorch documentation, torch.optim.Adam",
    ),
    Mistake(
        "training-latent-ignored",
        "The latent size does not reach the generator",
        symptom="Every generator has the same latent size, whatever was asked for.",
        why="The latent size is the caller's choice, and noise and generator have to agree on it.",
        hints=(
            "The generator is made with a latent size, and the noise asks the generator for it.",
            "Look at how the generator is made, and for the number 100.",
            "The argument latent_dim is handed on to the generator.",
        ),
    ),
    Mistake(
        "nothing-printed",
        "No line for each epoch",
        symptom="A long training looks as though it hung.",
        why="A training that goes wrong should be seen while it runs, not an hour later.",
        hints=(
            "One line with the epoch and both losses, each time an epoch is over.",
            "Look for a print, and at how far it is indented.",
            "An f-string with the three numbers, in the epoch loop.",
        ),
    ),
    Mistake(
        "losses-not-printed",
        "The lines printed do not hold the losses",
        symptom="The training runs for minutes, and nobody sees that one network has won.",
        why="Whether the game is still open shows in the two losses first of all.",
        hints=(
            "Each line says which epoch it was and how both losses stand.",
            "Look at your print: which of the three numbers does it show?",
            "The same numbers as in the history, rounded to a few digits.",
        ),
    ),
    Mistake(
        "printed-at-the-end",
        "All lines are printed when the training is over",
        symptom="A long training looks as though it hung.",
        why="A training that goes wrong should be seen while it runs, not an hour later.",
        hints=(
            "One line as soon as an epoch is over.",
            "Look for a loop over the history after the training, with the print in it.",
            "The print stands in the epoch loop, below the batch loop.",
        ),
    ),
    Mistake(
        "callback-missing",
        "on_epoch_end is not called as promised",
        symptom="No snapshots are written, or with wrong numbers.",
        why="The callback is how others look into the training without changing it: the bonus part "
        "saves pictures and checkpoints this way.",
        hints=(
            "Once after each epoch, if one was passed in.",
            "Look at its place (in the epoch loop, at the end) and at its two arguments.",
            "A function is called by its name; the epoch, from 1, then the generator.",
        ),
    ),
    Mistake(
        "callback-wrong-network",
        "on_epoch_end gets another network than the generator in training",
        symptom="Snapshots of all epochs look the same, or are no pictures at all.",
        why="The callback draws its pictures with the generator that it is given, as it stands at "
        "the end of the epoch.",
        hints=(
            "What goes in is the generator that the steps move.",
            "Look at the second argument of the call: the other network, an old copy, a new one?",
            "The very name that stands in the steps and in the return.",
        ),
    ),
    Mistake(
        "callback-misplaced",
        "on_epoch_end is called at another time than the end of an epoch",
        symptom="Snapshots are one epoch behind, or all show the finished generator.",
        why="The callback is to see the generator as it was when the epoch was over.",
        hints=(
            "Once in each epoch, when its last batch is done and the next has not begun.",
            "Look at whether the call stands above the batch loop, or below the epoch loop.",
            "In the epoch loop, below the batch loop.",
        ),
    ),
    Mistake(
        "callback-required",
        "Without on_epoch_end the training ends with an error",
        symptom="TypeError: 'NoneType' object is not callable, after the first epoch.",
        why="The callback is optional: where none is passed in, on_epoch_end is None, and None is "
        "no function.",
        hints=(
            "Call it only if there is one.",
            "Look at the line that calls on_epoch_end: is there an if around it?",
            "A test whether it is not None.",
        ),
    ),
    Mistake(
        "training-not-anew",
        "A second training does not start anew",
        symptom="The second of two trainings starts with small losses, or its history is too long.",
        why="Networks or lists that are kept outside the function live on between two calls, and "
        "two trainings can no longer be compared.",
        hints=(
            "Each call makes its own networks, optimizers and history.",
            "Look for names at the top of the file, and for a list as a parameter's default.",
            "All of them are made in the function's first lines.",
        ),
        source="Python documentation, Programming FAQ, Why are default values shared",
    ),
    Mistake(
        "callers-images-changed",
        "The training changes the images that it was given",
        symptom="A second training on the same tensor learns from other images, or in another "
        "order.",
        why="A tensor is passed as it is, not as a copy: what the function writes into it, the "
        "caller finds there.",
        hints=(
            "The images are there to be read, and not to be changed.",
            "Look for functions whose name ends in an underscore, for *= and for assignments to "
            "images[…].",
            "images[rows] is a new tensor and may be changed; images itself may not.",
        ),
    ),
    # What comes of it
    Mistake(
        "generator-cannot-learn",
        "Generator keeps the training from working",
        symptom="The losses look lively, and the samples stay noise or are all alike.",
        why="With a plain generator in the place of yours, the very same training brings the "
        "samples closer to the digits. So the steps and the loop work, and the network is left.",
        hints=(
            "The training is fine: look at Generator in intermediate.py.",
            "Does all of z reach the last layer? Look in forward for numbers that multiply it, and "
            "in __init__ for weights that you set yourself and for very narrow layers.",
            "Linear layers as PyTorch makes them, LeakyReLU between them, tanh at the end.",
        ),
    ),
    Mistake(
        "discriminator-cannot-teach",
        "Discriminator keeps the training from working",
        symptom="D's loss stays near 1.39, as if it tossed a coin, and G learns nothing.",
        why="With a plain discriminator in the place of yours, the very same code learns. So the "
        "steps are right, and the network is left. G learns nothing that D can't tell it.",
        hints=(
            "The training is fine: look at Discriminator.",
            "Do the images reach the layers as they came? Look in forward for numbers that "
            "multiply them, and in __init__ for weights that you set yourself, for a very large "
            "dropout and very narrow layers.",
            "Linear layers as PyTorch makes them, LeakyReLU between them, a sigmoid at the end.",
        ),
    ),
    Mistake(
        "networks-out-of-balance",
        "In a short training the two networks are no match",
        symptom="One loss goes to 0 while the other grows, or the samples are all alike for long.",
        why="On 500 digits the samples hardly got closer, while they did with a plain "
        "discriminator in the place of yours. A D that is too strong or too coarse slows G down. "
        "Look at the samples of a longer training before you change anything.",
        hints=(
            "Each part may be right, and the two networks still no match for each other.",
            "Look at both losses in a longer training, and at D's layers.",
            "More filters or plain linear layers in D, some dropout, or a smaller step for D.",
        ),
    ),
    Mistake(
        "samples-no-closer",
        "After training, the samples are hardly closer to the digits",
        symptom="The samples look like noise or gray fog, as they did at the beginning.",
        why="All of this was built for the samples. Each part may seem right by itself; what "
        "counts is that the training as a whole brings G's images towards the real ones.",
        hints=(
            "If another check of this tier has failed, fix that one first.",
            "Look at both losses: one of them near 0 means that one network has won. Look at the "
            "optimizers too: Adam's first beta of 0.9 remembers too much for this game.",
            "Adam with betas of 0.5 and 0.999, some dropout in D, LeakyReLU in both.",
        ),
        source="Radford et al. 2016, section 4",
    ),
    Mistake(
        "samples-collapsed",
        "The samples are all alike: mode collapse",
        symptom="A grid of samples shows one image again and again, while the losses look lively.",
        why="G is asked to fool D, not to be versatile. One image that works is enough for it, "
        "unless D learns fast enough to reject it.",
        hints=(
            "If another check of this tier has failed, fix that one first. Does each step draw "
            "fresh noise, and does the noise reach the images?",
            "Look at the balance: one step each, the same learning rate, and at Adam's betas.",
            "Adam with betas of 0.5 and 0.999; LeakyReLU in D, batch-norm in G help as well.",
        ),
        source="Salimans et al., Improved Techniques for Training GANs, 2016, section 3.2",
    ),
)
