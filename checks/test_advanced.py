"""The advanced tier: the pixels, the discriminator, the losses, the two steps, and the loop.

False alarms: what is left to chance are the learner's own initial weights and noise. The bounds
of the checks on falling losses and on the samples' distance come from a calibration over seeds,
`python -m checks.benchmarks.calibration`, and lie beyond what a normal distribution with the
spread seen there exceeds with a probability of 1e-6. All else is exact up to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from checks.engine.course.check import check
from checks.engine.course.check_errors import WrongError, wrong
from checks.engine.data import training_images
from checks.engine.judging.advanced import accuracy as accuracies
from checks.engine.judging.advanced import advanced_parts as parts
from checks.engine.judging.advanced import (
    discriminator_arguments,
    discriminators,
    loop,
    loop_findings,
    loop_history,
    loop_losses,
    loop_promises,
    samples,
    suspects,
)
from checks.engine.judging.advanced import normalization as pixels
from checks.engine.judging.advanced.loss_findings import ADVICE, Finding
from checks.engine.judging.advanced.step_diagnosis import findings, harmless_graph
from checks.engine.judging.advanced.steps import LEARNING_RATE, Step, read_steps, telling_seed
from checks.engine.judging.advanced.xray import xray
from checks.engine.judging.common import expect
from checks.engine.judging.common.answers import judge_answers
from checks.engine.sandbox.client import Limits
from checks.engine.sandbox.solution import Evidence, Solution
from checks.engine.sandbox.wire import Array

D, D_STEP, G_STEP = "Discriminator", "discriminator_step", "generator_step"
EPOCHS, BATCH_SIZE, LATENT_DIM, LEARNING = 3, 16, 12, 7e-4
N_IMAGES = 71  # four batches of 16, and 7 left
N_AGAIN = 24
PATIENCE = Limits(seconds=120)


# --- pixels -------------------------------------------------------------------------------------


@check("Pixels 0 to 255 become -1 to 1", about="normalize_images", points=2)
def test_pixel_values(solution: Solution) -> None:
    """Your normalize_images gets eight images, five of them with every pixel level from 0 to 255.
    In all of them 0 has to become -1 and 255 has to become 1, with even steps between, and the
    images that were handed over must stay as they were.

    G's last layer is a tanh, so its images lie in [-1, 1]. Real images on another scale would give
    D an easy way out: it could tell the two by their brightness.

    Hint: Think of a straight line through two points, (0, -1) and (255, 1), and leave uint8 before
    you calculate.
    """
    pixels.judge_pixel_values(solution)


@check("Images become flat rows of float32", about="normalize_images", points=1)
def test_pixel_shape(solution: Solution) -> None:
    """The same images have to come out as float32 of shape (N, 784), where each row holds one
    image, line by line from the top.

    D begins with a linear layer of float32 weights, and that takes one row of 784 numbers for each
    image: h = W x + b.

    Hint: All dimensions but the first become one; look up flatten, and how a tensor changes its
    type.
    """
    pixels.judge_pixel_shape(solution)


# --- the discriminator ----------------------------------------------------------------------------


@check("One score for each image", about=D, points=1)
def test_score_shape(solution: Solution) -> None:
    """Your discriminator gets batches of 1, 7 and 64 random images and has to answer with scores of
    shape (N, 1). The check also compares the scores of single images with those they get among
    others.

    A score says of one image how likely it is to be real. The losses compare it with one label for
    each image, and shapes that differ are refused or, worse, combined into an (N, N) table.

    Hint: The last linear layer makes one number of each row, whatever the number of rows.
    """
    discriminators.judge_score_shape(solution)


@check("Scores are probabilities", about=D, points=2)
def test_score_range(solution: Solution) -> None:
    """New discriminators score random images: as they are, with much weaker and much stronger
    weights, and while they are taught to say 0 or 1. The scores have to stay in [0, 1], lie on both
    sides of 0.5, come near an end where D is sure, and follow a smooth curve.

    D(x) is a probability, and the losses take its logarithm. A sigmoid turns any number s into one:
    D(x) = 1 / (1 + exp(-s)).

    Hint: Look for the function that squeezes every number in between 0 and 1 and is flat nowhere;
    it comes last, and only once.
    """
    discriminators.judge_score_range(solution)


@check("Something bends between the discriminator's linear layers", about=D, points=2)
def test_discriminator_nonlinear(solution: Solution) -> None:
    """D scores pairs of random images and the images halfway between them, at four scales. It fails
    if the score halfway (before the sigmoid) is always exactly halfway between the two.

    Linear layers in a row amount to one: W2 (W1 x + b1) + b2 is again a matrix times x plus a
    vector. Such a D weighs each pixel for itself and cannot see a stroke.

    Hint: Put a layer that bends, such as LeakyReLU, behind each hidden linear layer.
    """
    discriminators.judge_nonlinear(solution)


@check("Every weight of the discriminator can learn", about=D, points=1)
def test_weights_reached(solution: Solution) -> None:
    """The check goes backward from the scores of 64 images. Every weight that the scores depend on
    has to be among discriminator.parameters(), be ready to learn, and get a gradient.

    An optimizer moves what parameters() lists, and only along its gradient. A weight that it does
    not know, or that no gradient reaches, keeps its first random value forever.

    Hint: Make the layers in __init__ and keep them on self, best in one nn.Sequential, so that
    PyTorch finds them.
    """
    discriminators.judge_weights(solution)


@check("The images stay as they are, and get a gradient through D", about=D, points=1)
def test_images_reached(solution: Solution) -> None:
    """D scores some images, and the check goes backward from the scores. The images must hold the
    same numbers as before the call, and a gradient must have come back to them.

    In G's step the gradient takes one way: from the score back through D into the image, and from
    there into G. A D that cuts its input off, or writes into it, breaks that way.

    Hint: In forward, hand the images to the layers as they came: no detach, no no_grad, nothing in
    place.
    """
    discriminators.judge_images(solution)


@check("hidden_dims sets the discriminator's layers", about=D, points=1)
def test_widths(solution: Solution) -> None:
    """Discriminators are made with hidden_dims=(40,) and (72, 24, 48). Each has to hold weights of
    these widths, in this order from 784 down to 1. Without any hidden layer, (), trouble brings
    advice only.

    How wide and how deep a network is decides how much it can tell apart. As an argument it can be
    tried out without a change in the code.

    Hint: Go through hidden_dims in a loop, and remember how wide the layer before was: the next one
    takes that many numbers.
    """
    discriminator_arguments.judge_widths(solution)


@check("Dropout in training only", about=D, points=1)
def test_dropout(solution: Solution) -> None:
    """With dropout=0.5 the same images are scored twice in each mode: the scores have to vary in
    training mode and to be equal in eval mode. PyTorch's own dropout is also asked for its share,
    which has to be the argument's.

    Dropout switches off a random share of the units at each training step, so that D does not learn
    the images by heart (Srivastava et al., 2014). Where D is used, all units should be there.

    Hint: PyTorch has a layer that does this and knows both modes; it belongs behind the hidden
    layers, not behind the scores.
    """
    discriminator_arguments.judge_dropout(solution)


# --- the losses ---------------------------------------------------------------------------------


@check("The discriminator's loss follows its formula", about="discriminator_loss", points=2)
def test_discriminator_loss(solution: Solution) -> None:
    """Your discriminator_loss gets scores of real and of fake images. The check compares its
    gradient at each score, then its value, with the formula. A sum instead of a mean is right, and
    so are labels of 0.9 for real images.

    L_D = -mean[log D(x)] - mean[log(1 - D(G(z)))] (Goodfellow et al., 2014): binary cross-entropy
    in which real images are labelled 1 and fake ones 0.

    Hint: F.binary_cross_entropy takes scores and labels of one shape: use it once for each kind of
    image, and think about which label each kind deserves.
    """
    parts.judge_loss(solution, "discriminator_loss")


@check("The discriminator's loss is finite at 0 and 1", about="discriminator_loss", points=1)
def test_discriminator_loss_finite(solution: Solution) -> None:
    """Scores of exactly 0, 1 and 0.5 go into discriminator_loss, for real images and for fake
    ones. The loss and all its gradients have to be finite numbers.

    In float32 a sigmoid far out rounds to exactly 1 or 0, and log(0) is minus infinity. One
    infinite gradient is enough to turn every weight into NaN.

    Hint: PyTorch's own binary cross-entropy takes care of both ends; a logarithm of your own does
    not.
    """
    parts.judge_loss_at_the_ends(solution, "discriminator_loss")
    judge_one_image(solution)


@check("The generator's loss is the non-saturating one", about="generator_loss", points=2)
def test_generator_loss(solution: Solution) -> None:
    """Your generator_loss gets scores of fake images. The check compares its gradient at each
    score, then its value, with the formula; a sum instead of a mean is right as well.

    L_G = -mean[log D(G(z))], the non-saturating loss (Goodfellow et al., 2014). The minimax game's
    mean[log(1 - D(G(z)))] has the same goal, but hardly any gradient while D sees through every
    fake.

    Hint: It is binary cross-entropy again; which label does G wish D would give its images?
    """
    parts.judge_loss(solution, "generator_loss")


@check("The generator's loss is finite at 0 and 1", about="generator_loss", points=1)
def test_generator_loss_finite(solution: Solution) -> None:
    """Scores of exactly 0, 1 and 0.5 go into generator_loss. The loss and all its gradients have to
    be finite numbers.

    Early in the training D may be so sure that a score rounds to 0. There -log D(G(z)) is infinite,
    and one infinite gradient turns every weight of G into NaN.

    Hint: Use the function from PyTorch that keeps its logarithms away from minus infinity.
    """
    parts.judge_loss_at_the_ends(solution, "generator_loss")
    judge_one_image(solution)


# --- the steps ------------------------------------------------------------------------------------


@check(
    "D's step moves the discriminator, once, and nothing else",
    about=D_STEP,
    uses=(G_STEP,),
    points=2,
)
def test_discriminator_moves(solution: Solution) -> None:
    """Your two step functions run in turn, twice each, on two small networks with plain SGD. Each
    discriminator_step has to change D's weights through exactly one step of the optimizer that it
    was given, and leave G's weights as they are.

    The two play in turns: w <- w - lr · dL/dw for one network, while its opponent stands still. A
    step that moves both lets D spoil G on purpose.

    Hint: An update takes three things: clear the old gradients, compute new ones from the loss, let
    the optimizer step.
    """
    judge_step(solution, "D", "moved")


@check("D's step shows D real images and fake ones", about=D_STEP, uses=(G_STEP,), points=2)
def test_discriminator_is_fed(solution: Solution) -> None:
    """The check notes what D sees during discriminator_step: all real images of the batch, and as
    many images that G made in this very step, from noise that looks like N(0, 1) and is new each
    time.

    A classifier learns from examples of both its classes. One that only ever meets real images can
    call everything real and is never wrong.

    Hint: Before D is asked, draw one latent vector for each real image with your function of the
    beginner tier, and let G turn them into images.
    """
    judge_step(solution, "D", "moved", "fed")
    judge_one_image(solution)


@check("D's step goes down the right loss", about=D_STEP, uses=(G_STEP,), points=2)
def test_discriminator_step_loss(solution: Solution) -> None:
    """From the change of D's weights the check works out how hard your loss pulled at the score of
    each image, and compares that with binary cross-entropy, real labelled 1 and fake 0. Sum or
    mean makes no difference; labels of 0.9 for real are right, too.

    The step has to go down L_D = -mean[log D(x)] - mean[log(1 - D(G(z)))] (Goodfellow et al.,
    2014). With swapped labels D learns the opposite of its task.

    Hint: You have written this loss already: it wants D's scores of the real images first, then
    those of the fake ones.
    """
    judge_step(solution, "D", "moved", "fed", "update", "loss")


@check("D's step starts from cleared gradients", about=D_STEP, uses=(G_STEP,), points=2)
def test_discriminator_step_clean(solution: Solution) -> None:
    """Two steps of D and two of G run in turn. The check looks for what earlier steps left in D's
    gradients: each update of D must be the gradient of its own loss alone. A graph that goes on
    into G without harm brings advice.

    backward() adds to the gradients that are there, and G's step leaves some in D, as its gradient
    passes through D. Not cleared, they pull D towards believing fakes.

    Hint: Have the optimizer forget the old gradients in the same step, before the new ones are
    computed.
    """
    steps = judge_step(solution, "D", "moved", "fed", "update", "clean")
    if harmless_graph(steps):
        solution.advise("graph-left-in")


@check("D's step returns its loss as a number", about=D_STEP, uses=(G_STEP,), points=1)
def test_discriminator_step_returns(solution: Solution) -> None:
    """What discriminator_step returns has to be a plain Python float, finite, and the loss that its
    update went down, whether summed or averaged.

    The loop collects these numbers for the history and the curves. A tensor instead of a float may
    hold on to its whole graph, and memory grows with every batch.

    Hint: A tensor with a single number in it can hand that number out: look up item.
    """
    judge_step(solution, "D", "returned")


@check("D's step leaves both networks ready to train on", about=D_STEP, uses=(G_STEP,), points=1)
def test_discriminator_step_modes(solution: Solution) -> None:
    """The networks come in training mode. After discriminator_step both have to be in training mode
    still, and their weights must go on learning in the steps that follow. A step that calls train()
    itself is right as well.

    Dropout and batch normalization act by the mode. A network that is left in eval mode goes on
    without its dropout, and no error says so.

    Hint: A step needs no call of train() or eval() at all: which mode it is, the loop decides.
    """
    judge_step(solution, "D", "modes")


@check("D's loss falls while the generator stands still", about=D_STEP, uses=(D,), points=2)
def test_discriminator_loss_falls(solution: Solution) -> None:
    """Your own discriminator takes 40 steps on batches of 32 digits, against a generator that never
    changes. The mean of the last five losses has to be below 0.8 times that of the first three
    (0.95 times with batch normalization in D).

    With its opponent at rest, D's game is ordinary classification, and every step down L_D should
    help. If the loss stays where it is, the updates follow something else.

    Hint: This one brings the other checks of discriminator_step together: get those right first.
    """
    judge_falling(solution, D_STEP)


@check(
    "G's step moves the generator, once, and nothing else", about=G_STEP, uses=(D_STEP,), points=2
)
def test_generator_moves(solution: Solution) -> None:
    """Your two step functions run in turn, twice each, on two small networks with plain SGD. Each
    generator_step has to change G's weights through exactly one step of the optimizer that it was
    given, and leave D's weights as they are.

    All that G learns reaches it through D: dL/dw = dL/dD(G(z)) · dD(G(z))/dG(z) · dG(z)/dw. Where
    one of these factors is cut off, PyTorch says nothing and G stands still.

    Hint: It takes the same three things as D's update, with another loss and the optimizer that
    holds G's weights.
    """
    judge_step(solution, "G", "moved")


@check("G's step lets D score images from fresh noise", about=G_STEP, uses=(D_STEP,), points=2)
def test_generator_is_fed(solution: Solution) -> None:
    """The check notes what D is asked to score during generator_step: batch_size images that G made
    in this very step, from noise that looks like N(0, 1) and is new each time.

    G must learn to make something believable of every z, so each step should try others. With the
    same few vectors again and again, it learns those and no more.

    Hint: Draw batch_size latent vectors as long as generator.latent_dim, hand them to G, and what
    comes out to D.
    """
    judge_step(solution, "G", "moved", "fed")
    judge_one_image(solution)


@check("G's step goes down the right loss", about=G_STEP, uses=(D_STEP,), points=2)
def test_generator_step_loss(solution: Solution) -> None:
    """From the change of G's weights the check works out how hard your loss pulled at the score of
    each fake image, and compares that with binary cross-entropy labelled 1. Sum or mean makes no
    difference.

    The step has to go down L_G = -mean[log D(G(z))], the non-saturating loss (Goodfellow et al.,
    2014). It is steepest where D sees through a fake, and that is where G has most to learn.

    Hint: You have written this loss already, and it wants D's scores of G's images; cut nothing off
    on the way.
    """
    judge_step(solution, "G", "moved", "fed", "update", "loss")


@check("G's step starts from cleared gradients", about=G_STEP, uses=(D_STEP,), points=2)
def test_generator_step_clean(solution: Solution) -> None:
    """Two steps of D and two of G run in turn. The check looks for what earlier steps left in G's
    gradients: each update of G must be the gradient of its own loss alone.

    backward() adds to what is there. G's last step is still in its gradients, and so is D's
    wherever the fake images were not detached; that part pulls G towards images that D finds easy
    to reject.

    Hint: Have the optimizer forget the old gradients in the same step, before the new ones are
    computed.
    """
    judge_step(solution, "G", "moved", "fed", "update", "clean")


@check("G's step returns its loss as a number", about=G_STEP, uses=(D_STEP,), points=1)
def test_generator_step_returns(solution: Solution) -> None:
    """What generator_step returns has to be a plain Python float, finite, and the loss that its
    update went down, whether summed or averaged.

    The loop collects these numbers for the history and the curves. A tensor instead of a float may
    hold on to its whole graph, and memory grows with every batch.

    Hint: A tensor with a single number in it can hand that number out: look up item.
    """
    judge_step(solution, "G", "returned")


@check("G's step leaves both networks ready to train on", about=G_STEP, uses=(D_STEP,), points=1)
def test_generator_step_modes(solution: Solution) -> None:
    """The networks come in training mode. After generator_step both have to be in training mode
    still, and their weights must go on learning in the steps that follow. A step that calls train()
    itself is right as well.

    Who freezes D for G's step, or switches it to eval mode, and forgets to undo it, has a D that
    learns nothing afterwards, or learns without its dropout.

    Hint: D need not be frozen here: only the optimizer that you step moves weights, and it holds
    G's alone.
    """
    judge_step(solution, "G", "modes")


@check("G's loss falls while the discriminator stands still", about=G_STEP, points=2)
def test_generator_loss_falls(solution: Solution) -> None:
    """A small generator takes 40 of your steps, 32 images each, against a discriminator that never
    changes. The mean of the last five losses has to be below 0.8 times that of the first three.

    Against an opponent at rest G should soon find what D believes in. If L_G = -mean[log D(G(z))]
    does not fall even then, the updates follow something else.

    Hint: This one brings the other checks of generator_step together: get those right first.
    """
    judge_falling(solution, G_STEP)


# --- accuracy -----------------------------------------------------------------------------------


@check("Accuracy is the share of all images told apart", about="discriminator_accuracy", points=2)
def test_accuracy(solution: Solution) -> None:
    """Your discriminator_accuracy gets a discriminator whose scores are known beforehand, and real
    and fake images in different numbers. What it returns is compared with the share of all images
    that D gets right.

    accuracy = (number of D(x) > 0.5 + number of D(G(z)) < 0.5) / (N + M), for N real and M fake
    images. Near 1, D sees through everything; at 0.5 it might as well guess.

    Hint: Comparing scores with 0.5 gives True or False for each image; count the right ones of both
    kinds, and divide once, at the end.
    """
    accuracies.judge_accuracy(solution)


@check("Accuracy is taken in eval mode", about="discriminator_accuracy", points=1)
def test_accuracy_mode(solution: Solution) -> None:
    """The discriminator comes once in training mode and once in eval mode. It has to be called in
    eval mode, and to be handed back in the mode in which it came.

    With dropout switched on, part of D is missing and the accuracy comes out differently at each
    call. And the training that goes on afterwards needs the mode that it had.

    Hint: Make a note of discriminator.training before you change it, and put it back afterwards.
    """
    accuracies.judge_accuracy_mode(solution)


@check("Accuracy needs no graph, and leaves gradients on", about="discriminator_accuracy", points=1)
def test_accuracy_graph(solution: Solution) -> None:
    """After discriminator_accuracy, PyTorch has to record graphs as before, and D's weights must
    still want gradients. If the scores were computed with a graph, the check passes with advice.

    Nothing is learned from a measurement, so a graph costs time and memory for nothing. But
    gradients that stay switched off stop all training that follows.

    Hint: PyTorch has a block, opened by with, inside which no graph is recorded and after which all
    is as it was.
    """
    accuracies.judge_accuracy_graph(solution)


# --- the loop -----------------------------------------------------------------------------------


@check("train_gan's arguments have their places and defaults", about="train_gan", points=1)
def test_training_arguments(solution: Solution) -> None:
    """The check reads train_gan's own line: its parameters need the names, the order and the
    defaults that they have in the stub.

    Some callers pass arguments by position, and whoever leaves one out relies on its default. Both
    are part of what a function promises.

    Hint: The stub's def line is right as it stands; only what comes below it is for you to write.
    """
    parameters = expect.record(solution.probe("training_arguments"))["parameters"]
    found = None if parameters is None else expect.entries(parameters)
    refuse(loop_promises.arguments_finding(found))


@check("train_gan returns generator, discriminator and history", about="train_gan", points=1)
def test_training_returns(solution: Solution) -> None:
    """A short training on 71 digits has to return three things: a Generator, a Discriminator and a
    list. The two networks must be those whose weights the training moved, from its first step to
    its last.

    What was learned lies in the weights of these two networks. A network made anew, or halfway
    through, knows less than the losses promise.

    Hint: Make both networks once, before the first epoch, and return them after the last, together
    with the list.
    """
    refuse(loop_findings.returned_finding(loop_of(solution)))


@check("The history has an entry with both losses for each epoch", about="train_gan", points=2)
def test_history(solution: Solution) -> None:
    """After three epochs the history must have three entries, each with its epoch (from 1) and both
    losses as finite floats. The losses are compared with those that the run went down: the mean of
    the epoch's batches, or the last batch.

    The history is all that is left to look at when the training is over. If it mixes up epochs or
    networks, the curves tell of a game that was never played.

    Hint: Collect the two numbers that your steps return, in a list for each network, and start both
    lists anew in every epoch.
    """
    history, run = run_of(solution)["history"], loop_of(solution)
    loop_history.judge_history(history, run)
    advise_or_refuse(solution, loop_history.value_finding(history, run))


@check("Every epoch shows D every image once", about="train_gan", points=2)
def test_every_image(solution: Solution) -> None:
    """In a short training the check notes which real images D learns from. In each epoch these must
    be all 71, none of them twice, in batches of 16 and a last one of 7; batches in the same order
    each time bring advice. A second run has 17 images, so that its last batch is a single one.

    An epoch is one pass over the data. Only if every image comes once does each of them count the
    same, the last and shorter batch included.

    Hint: Shuffle the row numbers like a deck of cards and deal them out in batches until none is
    left; torch.randperm shuffles.
    """
    run = loop_of(solution)
    refuse(loop_findings.image_finding(run))
    if loop_findings.is_unshuffled(run):
        solution.advise("images-not-shuffled")
    refuse_failure(solution, odd_run_of(solution)["failed"])


@check("Every batch brings one step of D and one of G", about="train_gan", points=2)
def test_both_step(solution: Solution) -> None:
    """The check counts the steps in a short training, five batches an epoch for three epochs: 15 of
    D and 15 of G, by turns and not a whole epoch of each. G has to make about as many images as
    the batch has real ones.

    G learns from D's judgement, and that is worth most while the two are about equally good. Where
    one steps far more often, it runs away from the other.

    Hint: Inside the loop over the batches, call both of your step functions, D's first.
    """
    advise_or_refuse(solution, loop_findings.update_finding(loop_of(solution)))


@check("In the loop, each network goes down its own loss", about="train_gan", points=2)
def test_loop_losses(solution: Solution) -> None:
    """In a short training the check notes how hard each backward pass pulls at each of D's scores,
    and compares that with the two losses: real images labelled 1 and fake ones 0 for D, fake ones
    labelled 1 for G. The images have to be G's, made from noise that looks like N(0, 1).

    A loop that is written out, without the two step functions, has the same two formulas to go
    down. Where D's scores do not go into the loss, as with BCEWithLogitsLoss, it is not read.

    Hint: Call your two step functions, or compare your loop with them line by line: which images,
    which labels?
    """
    run = loop_of(solution)
    refuse(loop_losses.noise_finding(run))
    found = [loop_losses.loss_finding(run, name) for name in "DG"]
    for finding in sorted(filter(None, found), key=lambda finding: finding.aspect == ADVICE):
        advise_or_refuse(solution, finding)


@check("Each optimizer moves its own network, all of it, all the time", about="train_gan", points=2)
def test_optimizers(solution: Solution) -> None:
    """The check looks at each optimizer of a short training: it has to hold all weights of one
    network and step in that network's turn, and one that keeps a memory must last to the end.
    Gradients have to be cleared, and noise must be new in each batch.

    Adam steps along running means of past gradients (Kingma and Ba, 2015); one that is made anew in
    each epoch has forgotten them. An optimizer that holds part of a network leaves the rest
    untrained.

    Hint: Two optimizers, made before the first epoch, each with the parameters() of its own
    network.
    """
    held = {
        name: expect.numbers(expect.items(counts, 2))
        for name, counts in expect.record(run_of(solution)["held"]).items()
    }
    refuse(loop_findings.optimizer_finding(loop_of(solution), held))


@check("Both networks train in training mode", about="train_gan", points=1)
def test_training_mode(solution: Solution) -> None:
    """At each step of a short training the check notes the mode of both networks. A whole epoch in
    eval mode is wrong if the network has dropout or batch normalization, and brings advice if it
    has neither.

    In eval mode dropout drops nothing and batch normalization stops learning about the data. A new
    network is in training mode, but sampling between two epochs may leave it in the other one.

    Hint: New networks are in training mode already; begin each epoch with train() if something in
    between may have switched them.
    """
    matters = expect.record(run_of(solution)["mode_matters"])
    run = loop_of(solution)
    each = [loop_findings.mode_finding(run, name, matters[name]) for name in "GD"]
    found = [finding for finding in each if finding is not None]
    for finding in found:
        if finding.aspect == ADVICE:
            solution.advise(finding.mistake, finding.came)
    refuse(next((finding for finding in found if finding.aspect != ADVICE), None))


@check("The learning rate drives both optimizers", about="train_gan", points=1)
def test_learning_rate(solution: Solution) -> None:
    """Two short trainings ask for a learning rate of 0.0007 and of 0.0014. In the second one
    the first step of both networks has to be taken at a larger rate. Schedules are right, and so
    are different rates for the two.

    In w <- w - lr · g the rate lr decides how far each step goes: too far and the game runs wild,
    too short and nothing happens. It is the first thing that one wants to try out, for both
    networks.

    Hint: An optimizer is told its rate when it is made; hand the argument on to both of them.
    """
    again = expect.record(odd_run_of(solution)["rates"])
    refuse(loop_findings.rate_finding(loop_of(solution), again, (LEARNING, 2 * LEARNING)))


@check("The generator gets latent vectors of the size asked for", about="train_gan", points=1)
def test_latent_size(solution: Solution) -> None:
    """A short training asks for latent_dim=12. All latent vectors that G is fed in it must have 12
    numbers.

    How long z is decides how much variety G can make its images from. Whoever asked for 12 will
    also draw 12 to sample from the trained G.

    Hint: The generator is made inside train_gan: that is where it has to be told.
    """
    widths = loop_of(solution).latent_widths
    wanted = LATENT_DIM
    if widths != {wanted}:
        came = ", ".join(map(str, sorted(widths))) or "none at all"
        wrong(
            "training-latent-ignored",
            expected=f"Latent vectors of {wanted} numbers, as asked for.",
            came=f"Vectors of length {came}.",
        )


@check("A line is printed for each epoch", about="train_gan", points=1)
def test_printed_lines(solution: Solution) -> None:
    """The check reads what a training of three epochs prints: at least three lines, with two
    numbers such as 0.693 for each epoch, and not all of it after the last step. More lines are
    welcome.

    A training takes minutes or hours. Printed as they come, the losses tell early that the game has
    tipped over, such as an L_D near 0.

    Hint: At the end of each epoch, one print with the epoch and both losses in it.
    """
    report = run_of(solution)
    lines = expect.texts(report["lines"])
    refuse(loop_promises.printed_finding(lines, report["printed_after"], loop_of(solution)))


@check("on_epoch_end is called after each epoch", about="train_gan", points=1)
def test_callback(solution: Solution) -> None:
    """A function that takes notes is passed in as on_epoch_end. It must be called with the epochs
    1, 2 and 3 and the generator in training, each time after the epoch's last step; without such a
    function, train_gan has to work as well.

    This is the door for whoever wants to look at G while it learns: the snapshots of the bonus tier
    come in here.

    Hint: The last thing in each epoch, and only if there is a function to call: None cannot be
    called.
    """
    report = run_of(solution)
    given = expect.texts(report["given"])
    refuse(loop_promises.callback_finding(loop_of(solution), report["called"], given))
    if again_of(solution)["needs_callback"] is True:
        expected = "Nothing is called where no function was passed in."
        came = "Without on_epoch_end, train_gan calls None: TypeError."
        wrong("callback-required", expected=expected, came=came)


@check("A second training starts anew", about="train_gan", points=1)
def test_second_training(solution: Solution) -> None:
    """Two short trainings run one after the other, from two random states. The second has to return
    networks and a history of its own and must leave the images as they were; if both end at the
    very same weights, there is advice.

    Whoever compares two settings trains twice in one program. What lives on from the first run, a
    network or a list, makes the second one look better or worse than it is.

    Hint: Make everything that a training changes inside the function, from nothing but its
    arguments.
    """
    run_of(solution)
    advise_or_refuse(solution, loop_promises.again_finding(again_of(solution)))


@check(
    "After training the samples are closer to the digits",
    about="train_gan",
    uses=("Generator",),
    points=3,
    after=(D_STEP, G_STEP, "train_gan"),
)
def test_samples_get_closer(solution: Solution) -> None:
    """G is trained on 500 digits, for one epoch first; where this is not enough, for seven, and if
    need be again at larger rates. The Fréchet distance of its samples to the digits has to fall
    below 70% of an untrained G's, and the samples must differ. With batch normalization in D,
    falling short brings advice.

    |m1 - m2|² + tr(C1 + C2 - 2 (C1 C2)^½) compares means m and covariances C of two sets (Dowson
    and Landau, 1982; for GANs Heusel et al., 2017). Samples that are all alike are mode collapse.

    Hint: Get the other checks on the steps and the loop right first: this one asks whether all of
    it works together.
    """
    samples.judge_training(solution)


@check("The questions on the game", about="ANSWERS", points=3)
def test_questions(solution: Solution) -> None:
    """Your letters in ANSWERS are compared with the right ones. A wrong choice is named, without
    telling which one is right; a question that still has a question mark counts as not written yet.

    Code can be right by luck. The questions ask why each network is updated the way it is, and what
    the two losses tell.

    Hint: The lesson at the top of the file and your own two steps hold the answers; rule out the
    choices that contradict them.
    """
    judge_answers(solution)


# --- evidence that several checks share -----------------------------------------------------------


def tensor(values: np.ndarray[Any, Any]) -> Array:
    return Array(values, "tensor")


@cache
def step_batches(seed: int) -> tuple[list[Any], int]:
    """Two batches of 7 real images, and a seed for networks that score them well apart."""
    import torch

    images = torch.from_numpy(training_images.normalized(14, seed))
    batches = [images[:7], images[7:]]
    return batches, telling_seed(seed, batches)


def steps_of(solution: Solution, until_error: bool) -> list[Step]:
    batches, seed = step_batches(solution.seed)
    evidence = solution.probe(
        "steps",
        about=solution.about,
        seed=seed,
        real_batches=[tensor(batch.numpy()) for batch in batches],
        learning_rate=LEARNING_RATE,
        until_error=until_error,
    )
    try:
        return solution.submission.once(
            ("read_steps", seed, solution.about, until_error),
            lambda: read_steps(evidence, batches, seed),
        )
    except (KeyError, TypeError, ValueError, RuntimeError, IndexError, AttributeError):
        Evidence().__missing__("")


def judge_step(solution: Solution, name: str, *aspects: str) -> list[Step]:
    """Refuse the first finding on one of these aspects; a check of the loss passes on advice.

    A step that breaks off only the second time is judged by its first time before its error.
    """
    steps = steps_of(solution, until_error=True)
    found = findings(steps, name)
    mine = {step.index: step for step in steps if step.name == name}
    wrongs = [finding for finding in found if finding.aspect != ADVICE]
    for finding in wrongs:
        if finding.aspect in aspects:
            step = mine.get(finding.step, mine[min(mine)])
            if step.is_watched:
                solution.show(xray(step))
            refuse(finding, [other for other in wrongs if other is not finding])
    if mine and mine[max(mine)].is_watched:
        solution.show(xray(mine[max(mine)]))
    elif mine and "loss" in aspects:
        solution.advise("step-unread")
    for finding in found:
        frozen = finding.mistake == "left-frozen"
        if finding.aspect == ADVICE and ("modes" if frozen else "loss") in aspects:
            solution.advise(finding.mistake, finding.came)
    if sum(step.name == name for step in steps) != 2:
        steps_of(solution, until_error=False)  # ends the check with the learner's own error
        Evidence().__missing__("")
    return steps


def judge_one_image(solution: Solution) -> None:
    """A batch of one image goes through the loss or step that the check is about."""
    report = solution.probe("with_one_image", function=solution.about, seed=solution.seed)
    refuse_failure(solution, report)


def refuse_failure(solution: Solution, report: Any) -> None:
    """Refuse an error on a batch of one image, unless another part raised it or batch-norm did.

    In training mode batch normalization has no use for a single image, and PyTorch says so.
    """
    if report is None:
        return
    failed = expect.record(report)
    if "more than 1 value per channel" in str(failed["message"]):
        return
    line = failed["line"] if type(failed["line"]) is int else 0
    if solution.submission.part_at(f"{solution.tier}.py", line) not in ("", solution.about):
        return  # that part has checks of its own
    where = f"line {line}: " if line else ""
    came = f"{where}{failed['type']}: {failed['message']}"
    expected = "A batch of a single image like any other, as an epoch's last batch may have one."
    wrong("single-image-batch", expected=expected, came=f"{came[:1].upper()}{came[1:]}")


def judge_falling(solution: Solution, function: str) -> None:
    images = training_images.normalized(32 * 40, seed=solution.seed)
    batches = [tensor(batch) for batch in np.split(images, 40)]

    def judge(instead_of: str = "") -> None:
        returned = suspects.probe(
            solution,
            "falling_losses",
            instead_of,
            function=function,
            seed=solution.seed,
            batches=batches,
            limits=PATIENCE,
        )
        evidence = expect.record(returned)
        values = expect.items(evidence["losses"], len(batches))
        losses = [expect.number(value, "The loss") for value in values]
        bound = parts.FALL_WITH_BATCH_NORM if evidence["has_batch_norm"] is True else parts.FALL
        parts.judge_falling(losses, "generator" if function == D_STEP else "discriminator", bound)

    try:
        judge()
    except WrongError as refused:
        suspects.find_to_blame(refused, [D] if function == D_STEP else [], judge)


def run_of(solution: Solution) -> Evidence:
    images = tensor(training_images.normalized(N_IMAGES, seed=solution.seed))
    report = solution.probe(
        "training_run",
        limits=PATIENCE,
        images=images,
        epochs=EPOCHS,
        batch_size=BATCH_SIZE,
        latent_dim=LATENT_DIM,
        learning_rate=LEARNING,
    )
    evidence = expect.record(report)
    types = expect.items(evidence["types"], 3) if evidence["is_triple"] is True else []
    if types != [True, True, True]:
        came = "Something else than three values."
        if types:
            names = ("a Generator", "a Discriminator", "a list")
            bad = [name for name, right in zip(names, types, strict=True) if right is not True]
            came = f"In the place of {' and '.join(bad)} stood something else."
        expected = "(generator, discriminator, history)."
        wrong("training-return", expected=expected, came=came)
    return evidence


def loop_of(solution: Solution) -> loop.Loop:
    return loop.loop_of(run_of(solution), N_IMAGES, BATCH_SIZE, EPOCHS)


def odd_run_of(solution: Solution) -> Evidence:
    """A training at twice the learning rate whose last batch has one image."""
    run_of(solution)
    images = tensor(training_images.normalized(N_IMAGES, seed=solution.seed)[: BATCH_SIZE + 1])
    report = solution.probe(
        "odd_training",
        limits=PATIENCE,
        images=images,
        batch_size=BATCH_SIZE,
        latent_dim=LATENT_DIM,
        learning_rate=2 * LEARNING,
    )
    return expect.record(report)


def again_of(solution: Solution) -> Evidence:
    """Two short trainings in one process, without a callback."""
    images = tensor(training_images.normalized(N_IMAGES, seed=solution.seed)[:N_AGAIN])
    report = solution.probe(
        "trained_twice",
        limits=PATIENCE,
        images=images,
        epochs=1,
        batch_size=BATCH_SIZE,
        latent_dim=LATENT_DIM,
        learning_rate=LEARNING,
    )
    return expect.record(report)


def advise_or_refuse(solution: Solution, finding: Finding | None) -> None:
    if finding is not None and finding.aspect == ADVICE:
        solution.advise(finding.mistake, finding.came)
    else:
        refuse(finding)


def refuse(finding: Finding | None, others: Sequence[Finding] = ()) -> None:
    if finding is not None:
        further = [(other.mistake, other.came) for other in others]
        wrong(finding.mistake, expected=finding.expected, came=finding.came, further=further)
