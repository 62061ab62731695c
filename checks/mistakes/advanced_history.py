"""Mistakes of the advanced tier: what train_gan is called with, what it returns, its history."""

from __future__ import annotations

from checks.mistakes.record import Mistake

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
        symptom="The training is over too early, or never seems to end.",
        why="How long to train is the caller's choice, not a number in the code.",
        hints=(
            "The outer loop decides how many epochs there are.",
            "Look at its range, and for a break or a return inside it.",
            "A range from 1 that includes epochs.",
        ),
    ),
    Mistake(
        "trained-networks-not-returned",
        "The networks returned are not the ones that were trained",
        symptom="The losses looked fine, and yet the samples are noise.",
        why="What was learned is in the weights of the networks that took the steps. A copy from "
        "before, or a network made later, knows nothing of it.",
        hints=(
            "One generator and one discriminator, from the beginning to the return.",
            "Look for a second Generator(…), a copy, and for networks that are made inside the "
            "epoch loop.",
            "The networks are made once, above both loops; the same names are returned.",
        ),
    ),
    Mistake(
        "arguments-in-other-order",
        "Other arguments than promised, or in another order",
        symptom="train_gan(images, 5, 64) trains with a batch size of 5 and for 64 epochs.",
        why="Callers may pass arguments by position as well as by name, in the stub's order.",
        hints=(
            "The order in which the parameters are written is part of the promise.",
            "Compare your def line with the stub's.",
            "Parameters of your own come last, each with a default.",
        ),
    ),
    Mistake(
        "other-defaults",
        "Other defaults than promised",
        symptom="A call with few arguments does something else than its reader expects.",
        why="A default is what callers get who say nothing. Like a name, it is part of the "
        "promise.",
        hints=(
            "To try another value, pass it in the call; the defaults stay.",
            "Compare your def line with the stub's, number by number.",
            "Each parameter but the first has a default, the one that the stub shows.",
        ),
    ),
    # What the history holds
    Mistake(
        "history-entry-per-batch",
        "The history has an entry for each batch",
        symptom="The curves have far more points than there were epochs, and are jagged.",
        why="Batches differ by chance; the mean over an epoch shows where the game is going.",
        hints=(
            "Collect the batches' losses first, and sum them up in one entry when the epoch is "
            "over.",
            "Look at how far the line with the append is indented.",
            "The append stands in the epoch loop, below the batch loop.",
        ),
    ),
    Mistake(
        "history-overwritten",
        "The history holds fewer entries than there were epochs",
        symptom="The curves have one point only.",
        why="The history shows how the losses changed, from the first epoch to the last.",
        hints=(
            "Each epoch adds an entry and leaves the others alone.",
            "Look for an empty list that is made inside the epoch loop, and for = in place of "
            "an append.",
            "The list is made once, before the loops, and grows by append.",
        ),
    ),
    Mistake(
        "history-losses-swapped",
        "The two losses stand under each other's key",
        symptom="In the plot the networks have changed places: the wrong one seems to win.",
        why="Both losses are plain numbers of about the same size, so only their names tell them "
        "apart.",
        hints=(
            "Each key names the network whose loss it is.",
            "Follow both numbers from the step that returns them to the dictionary.",
            "What discriminator_step returned belongs under discriminator_loss.",
        ),
    ),
    Mistake(
        "history-one-loss-twice",
        "One network's loss stands under the other's key as well",
        symptom="In the plot, one curve covers the other.",
        why="Each network has its own loss, and the game is read from how the two compare.",
        hints=(
            "Two keys, two different numbers.",
            "Look for a line that was copied and only half changed.",
            "Each of the two means is made from a list of its own.",
        ),
    ),
    Mistake(
        "history-accumulated",
        "An epoch's losses go on counting in the next ones",
        symptom="The curves get smoother and slower with every epoch, or climb without end.",
        why="An entry is to say how this epoch went. With all earlier batches in it, what happens "
        "late hardly shows.",
        hints=(
            "Each epoch starts its sums, or its lists of losses, from nothing.",
            "Look at where these lists or sums are set to empty or 0.",
            "They are set at the beginning of the epoch loop, above the batch loop.",
        ),
    ),
    Mistake(
        "history-first-batch",
        "The history holds the loss of each epoch's first batch",
        symptom="The curves lag behind: the first entry is from before anything was learned.",
        why="One batch of many says little of an epoch, and the first one is the most out of date.",
        hints=(
            "What is wanted is the mean over all of the epoch's batches.",
            "Look at the index that takes a loss out of the list.",
            "A sum over all losses, divided by how many there are.",
        ),
    ),
    Mistake(
        "history-not-averaged",
        "The losses are not divided by the number of batches",
        symptom="The losses are far too large or too small: a D that only guesses is not at 1.39.",
        why="The losses of two runs can be compared only if neither the number of batches nor "
        "their size is left in them.",
        hints=(
            "Each step's loss is a mean already; what is missing is the mean over the steps.",
            "Look at what the sum of the losses is divided by. It is neither the number of images "
            "nor the batch size, and the last, shorter batch counts as one.",
            "The length of the list of losses is the number of batches.",
        ),
    ),
    Mistake(
        "history-other-numbers",
        "The history holds other numbers than the losses of the steps",
        symptom="The curves say nothing about the training.",
        why="Only the losses that the networks really went down tell how the game went.",
        hints=(
            "What goes into the history comes from the steps.",
            "Follow the numbers back: where do they come from, and does each batch add to them?",
            "The mean of what the steps returned in this epoch.",
        ),
    ),
)
