"""Mistakes of the advanced tier: the training loop."""

from __future__ import annotations

from checks.mistakes.record import Mistake

_GOODFELLOW = "Goodfellow et al., Generative Adversarial Networks, 2014"
_WHY_EPOCH = (
    "An epoch is one time through all images. Only so does each of them count the same, and only "
    "so do epochs of different runs compare."
)
_WHY_BALANCE = (
    "G is only as good as the D that it learns from, and D's advice is only worth something while "
    "G still has a chance. So the two take turns, batch by batch, and neither gets far ahead."
)

MISTAKES = (
    Mistake(
        "training-return",
        "The training does not return (generator, discriminator, history)",
        symptom="Whoever unpacks the result gets an error, or one network for the other.",
        why="The trained networks exist inside the function only, until it hands them back.",
        hints=(
            "Three things come back, in a fixed order.",
            "Look at the return line, and whether it stands after the loop and not inside it.",
            "The two networks themselves, then the list of entries.",
        ),
    ),
    Mistake(
        "history-wrong",
        "The history is not as promised",
        symptom="Plotting the losses fails, or the curves are shifted or too short.",
        why="The history is what is left of the training to look at; plot_losses in the bonus part "
        "reads it by these names.",
        hints=(
            "One dictionary for each epoch, with three entries.",
            "Compare the keys with the docstring letter by letter. Are epochs counted from 1? Is "
            "the append in the epoch loop, not in the batch loop?",
            'The keys are "epoch", "discriminator_loss" and "generator_loss".',
        ),
    ),
    Mistake(
        "history-not-floats",
        "The history holds tensors instead of plain numbers",
        symptom="Printed numbers look like tensor(0.69…), and memory may grow with every batch.",
        why="A loss tensor may hold on to the graph that it was computed with, and a list of them "
        "to all of their graphs. A float is just the number.",
        hints=(
            "The steps should hand back plain numbers already.",
            "Look at what goes into the history: which type does print(type(…)) show?",
            ".item() takes the number out of a tensor; so does float(…).",
        ),
        source="PyTorch documentation, torch.Tensor.item",
    ),
    Mistake(
        "epochs-ignored",
        "The number of epochs asked for is ignored",
        symptom="The training is over too early, or takes for ever.",
        why="How long to train is the caller's choice, not a number in the code.",
        hints=(
            "The outer loop decides how many epochs there are.",
            "Look at its range, and for a break or a return inside it.",
            "A range from 1 that includes epochs.",
        ),
    ),
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
        "images-missed",
        "Some images are never shown to the discriminator",
        symptom="G never learns of the digits that were left out.",
        why=_WHY_EPOCH,
        hints=(
            "The batches together have to be all of the images.",
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
        "hangs on which images happen to be neighbours.",
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
            "The two steps stand one below the other, equally deep.",
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
            "The two steps stand one below the other, equally deep.",
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
        symptom="Each loss pulls the other network the wrong way too, and neither gets good.",
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
        "made anew afterwards, or the other network, is none of its business.",
        hints=(
            "Each of the networks that are returned needs an optimizer that was made for it.",
            "Look for a copied line with the wrong network's name, and for networks that are made "
            "again later.",
            "Networks first, once; then one optimizer for each, with its own parameters().",
        ),
        source="PyTorch documentation, torch.optim",
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
            "Look for a print, and how deep it is indented.",
            "An f-string with the three numbers, in the epoch loop.",
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
    # What comes of it
    Mistake(
        "samples-no-closer",
        "After training, the samples are hardly closer to the digits",
        symptom="The samples look like noise or gray fog, as they did at the beginning.",
        why="All of this was built for the samples. Each part may seem right by itself; what "
        "counts is that the training as a whole brings G's images towards the real ones.",
        hints=(
            "If another check of this tier has failed, mend that one first.",
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
            "If another check of this tier has failed, mend that one first. Does each step draw "
            "fresh noise, and does the noise reach the images?",
            "Look at the balance: one step each, the same learning rate, and at Adam's betas.",
            "Adam with betas of 0.5 and 0.999; LeakyReLU in D, batch-norm in G help as well.",
        ),
        source="Salimans et al., Improved Techniques for Training GANs, 2016, section 3.2",
    ),
)
