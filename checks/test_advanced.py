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

from checks.engine import (
    accuracies,
    discriminator_arguments,
    discriminators,
    expect,
    frechet,
    loop,
    loop_findings,
    loop_history,
    loop_promises,
    pixels,
    training_images,
)
from checks.engine import advanced_parts as parts
from checks.engine.check import Solution, check, wrong
from checks.engine.loss_findings import ADVICE, Finding
from checks.engine.outcomes import WrongError
from checks.engine.questions import judge_answers
from checks.engine.sandbox import Limits
from checks.engine.solution import Evidence
from checks.engine.step_diagnosis import findings, harmless_graph
from checks.engine.steps import LEARNING_RATE, Step, read_steps, telling_seed
from checks.engine.wire import Array
from checks.engine.xray import xray

D, D_STEP, G_STEP = "Discriminator", "discriminator_step", "generator_step"
EPOCHS, BATCH_SIZE, LATENT_DIM, LEARNING = 3, 16, 12, 7e-4
N_IMAGES = 71  # four batches of 16, and 7 left
N_AGAIN = 24
# Small batches at a small rate: nearly every honest choice of layers and optimizer gets there
# steadily. One that doesn't (small first weights, narrow layers) gets there at the larger rate.
LONG_TRAINING = {"epochs": 7, "batch_size": 8, "latent_dim": 32}
LEARNING_RATES = (1e-4, 5e-4)
N_LONG = 500
PATIENCE = Limits(seconds=120)


# --- pixels -------------------------------------------------------------------------------------


@check("Pixels 0 to 255 become -1 to 1", about="normalize_images", points=2)
def test_pixel_values(solution: Solution) -> None:
    pixels.judge_pixel_values(solution)


@check("Images become flat rows of float32", about="normalize_images", points=1)
def test_pixel_shape(solution: Solution) -> None:
    pixels.judge_pixel_shape(solution)


# --- the discriminator ----------------------------------------------------------------------------


@check("One score for each image", about=D, points=1)
def test_score_shape(solution: Solution) -> None:
    discriminators.judge_score_shape(solution)


@check("Scores are probabilities", about=D, points=2)
def test_score_range(solution: Solution) -> None:
    discriminators.judge_score_range(solution)


@check("Something bends between the discriminator's linear layers", about=D, points=2)
def test_discriminator_nonlinear(solution: Solution) -> None:
    discriminators.judge_nonlinear(solution)


@check("Every weight of the discriminator can learn", about=D, points=1)
def test_weights_reached(solution: Solution) -> None:
    discriminators.judge_weights(solution)


@check("The images stay as they are, and get a gradient through D", about=D, points=1)
def test_images_reached(solution: Solution) -> None:
    discriminators.judge_images(solution)


@check("hidden_dims sets the discriminator's layers", about=D, points=1)
def test_widths(solution: Solution) -> None:
    discriminator_arguments.judge_widths(solution)


@check("Dropout in training only", about=D, points=1)
def test_dropout(solution: Solution) -> None:
    discriminator_arguments.judge_dropout(solution)


# --- the losses ---------------------------------------------------------------------------------


@check("The discriminator's loss follows its formula", about="discriminator_loss", points=2)
def test_discriminator_loss(solution: Solution) -> None:
    parts.judge_loss(solution, "discriminator_loss")


@check("The discriminator's loss is finite at 0 and 1", about="discriminator_loss", points=1)
def test_discriminator_loss_finite(solution: Solution) -> None:
    parts.judge_loss_at_the_ends(solution, "discriminator_loss")


@check("The generator's loss is the non-saturating one", about="generator_loss", points=2)
def test_generator_loss(solution: Solution) -> None:
    parts.judge_loss(solution, "generator_loss")


@check("The generator's loss is finite at 0 and 1", about="generator_loss", points=1)
def test_generator_loss_finite(solution: Solution) -> None:
    parts.judge_loss_at_the_ends(solution, "generator_loss")


# --- the steps ------------------------------------------------------------------------------------


@check("D's step moves the discriminator, once, and nothing else", about=D_STEP, points=2)
def test_discriminator_moves(solution: Solution) -> None:
    judge_step(solution, "D", "moved")


@check("D's step shows D real images and forged ones", about=D_STEP, points=2)
def test_discriminator_is_fed(solution: Solution) -> None:
    judge_step(solution, "D", "moved", "fed")


@check("D's step goes down the right loss", about=D_STEP, points=2)
def test_discriminator_step_loss(solution: Solution) -> None:
    judge_step(solution, "D", "moved", "fed", "update", "loss")


@check("D's step starts from cleared gradients", about=D_STEP, points=2)
def test_discriminator_step_clean(solution: Solution) -> None:
    steps = judge_step(solution, "D", "moved", "fed", "update", "clean")
    if harmless_graph(steps):
        solution.advise("graph-left-in")


@check("D's step returns its loss as a number", about=D_STEP, points=1)
def test_discriminator_step_returns(solution: Solution) -> None:
    judge_step(solution, "D", "returned")


@check("D's step leaves both networks' modes alone", about=D_STEP, points=1)
def test_discriminator_step_modes(solution: Solution) -> None:
    judge_step(solution, "D", "modes")


@check("D's loss falls while the generator stands still", about=D_STEP, points=2)
def test_discriminator_loss_falls(solution: Solution) -> None:
    judge_falling(solution, D_STEP)


@check("G's step moves the generator, once, and nothing else", about=G_STEP, points=2)
def test_generator_moves(solution: Solution) -> None:
    judge_step(solution, "G", "moved")


@check("G's step lets D score images from fresh noise", about=G_STEP, points=2)
def test_generator_is_fed(solution: Solution) -> None:
    judge_step(solution, "G", "moved", "fed")


@check("G's step goes down the right loss", about=G_STEP, points=2)
def test_generator_step_loss(solution: Solution) -> None:
    judge_step(solution, "G", "moved", "fed", "update", "loss")


@check("G's step starts from cleared gradients", about=G_STEP, points=2)
def test_generator_step_clean(solution: Solution) -> None:
    judge_step(solution, "G", "moved", "fed", "update", "clean")


@check("G's step returns its loss as a number", about=G_STEP, points=1)
def test_generator_step_returns(solution: Solution) -> None:
    judge_step(solution, "G", "returned")


@check("G's step leaves both networks' modes alone", about=G_STEP, points=1)
def test_generator_step_modes(solution: Solution) -> None:
    judge_step(solution, "G", "modes")


@check("G's loss falls while the discriminator stands still", about=G_STEP, points=2)
def test_generator_loss_falls(solution: Solution) -> None:
    judge_falling(solution, G_STEP)


# --- accuracy -----------------------------------------------------------------------------------


@check("Accuracy is the share of all images told apart", about="discriminator_accuracy", points=2)
def test_accuracy(solution: Solution) -> None:
    accuracies.judge_accuracy(solution)


@check("Accuracy is taken in eval mode", about="discriminator_accuracy", points=1)
def test_accuracy_mode(solution: Solution) -> None:
    accuracies.judge_accuracy_mode(solution)


@check("Accuracy needs no graph, and leaves gradients on", about="discriminator_accuracy", points=1)
def test_accuracy_graph(solution: Solution) -> None:
    accuracies.judge_accuracy_graph(solution)


# --- the loop -----------------------------------------------------------------------------------


@check("train_gan's arguments have their places and defaults", about="train_gan", points=1)
def test_training_arguments(solution: Solution) -> None:
    parameters = expect.record(solution.probe("training_arguments"))["parameters"]
    found = None if parameters is None else expect.entries(parameters)
    refuse(loop_promises.arguments_finding(found))


@check("train_gan returns generator, discriminator and history", about="train_gan", points=1)
def test_training_returns(solution: Solution) -> None:
    refuse(loop_findings.returned_finding(loop_of(solution)))


@check("The history has an entry with both losses for each epoch", about="train_gan", points=2)
def test_history(solution: Solution) -> None:
    history, run = run_of(solution)["history"], loop_of(solution)
    loop_history.judge_history(history, run)
    finding = loop_history.value_finding(history, run)
    if finding is not None and finding.aspect == ADVICE:
        solution.advise(finding.mistake, finding.came)
    else:
        refuse(finding)


@check("Every epoch shows D every image once", about="train_gan", points=2)
def test_every_image(solution: Solution) -> None:
    run = loop_of(solution)
    refuse(loop_findings.image_finding(run))
    if loop_findings.is_unshuffled(run):
        solution.advise("images-not-shuffled")


@check("Every batch brings one step of D and one of G", about="train_gan", points=2)
def test_both_step(solution: Solution) -> None:
    refuse(loop_findings.update_finding(loop_of(solution)))


@check("Each optimizer moves its own network, all of it, all the time", about="train_gan", points=2)
def test_optimizers(solution: Solution) -> None:
    held = {
        name: expect.numbers(expect.items(counts, 2))
        for name, counts in expect.record(run_of(solution)["held"]).items()
    }
    refuse(loop_findings.optimizer_finding(loop_of(solution), held))


@check("Both networks train in training mode", about="train_gan", points=1)
def test_training_mode(solution: Solution) -> None:
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
    rates = {rate for update in loop_of(solution).updates for rate in update.rates}
    wanted = LEARNING
    if not rates or any(abs(rate / wanted - 1) > 1e-6 for rate in rates):
        came = ", ".join(f"{rate:g}" for rate in sorted(rates)) or "no optimizer step"
        expected = f"Both optimizers at the learning rate asked for, {wanted:g}."
        wrong("learning-rate-ignored", expected=expected, came=f"{came}.".capitalize())


@check("The generator gets latent vectors of the size asked for", about="train_gan", points=1)
def test_latent_size(solution: Solution) -> None:
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
    report = run_of(solution)
    lines = expect.texts(report["lines"])
    refuse(loop_promises.printed_finding(lines, report["printed_after"], loop_of(solution)))


@check("on_epoch_end is called after each epoch", about="train_gan", points=1)
def test_callback(solution: Solution) -> None:
    report = run_of(solution)
    given = expect.texts(report["given"])
    refuse(loop_promises.callback_finding(loop_of(solution), report["called"], given))
    if again_of(solution)["needs_callback"] is True:
        expected = "Nothing is called where no function was passed in."
        came = "Without on_epoch_end, train_gan calls None: TypeError."
        wrong("callback-required", expected=expected, came=came)


@check("A second training starts anew", about="train_gan", points=1)
def test_second_training(solution: Solution) -> None:
    run_of(solution)
    finding = loop_promises.again_finding(again_of(solution))
    if finding is not None and finding.aspect == ADVICE:
        solution.advise(finding.mistake, finding.came)
    else:
        refuse(finding)


@check("After training the samples are closer to the digits", about="train_gan", points=3)
def test_samples_get_closer(solution: Solution) -> None:
    images = training_images.normalized(N_LONG, seed=solution.seed)
    for learning_rate in LEARNING_RATES:
        evidence = solution.probe(
            "trained_samples",
            images=tensor(images),
            n_samples=400,
            learning_rate=learning_rate,
            limits=PATIENCE,
            **LONG_TRAINING,
        )
        untrained, trained = (
            expect.array(evidence[name], "The samples", "array").values.astype(float)
            for name in ("untrained", "trained")
        )
        try:
            parts.judge_samples(untrained, trained, images, frechet.distance)
        except WrongError:
            if evidence["has_batch_norm"] is True:
                solution.advise("batch-norm-in-discriminator")
            elif learning_rate == LEARNING_RATES[-1]:
                raise
            else:
                continue
        return


@check("The questions on the game", about="ANSWERS", points=3)
def test_questions(solution: Solution) -> None:
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
        return read_steps(evidence, batches, seed)
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
            solution.show(xray(mine.get(finding.step, mine[min(mine)])))
            refuse(finding, [other for other in wrongs if other is not finding])
    if mine:
        solution.show(xray(mine[max(mine)]))
    for finding in found:
        frozen = finding.mistake == "left-frozen"
        if finding.aspect == ADVICE and ("modes" if frozen else "loss") in aspects:
            solution.advise(finding.mistake, finding.came)
    if sum(step.name == name for step in steps) != 2:
        steps_of(solution, until_error=False)  # ends the check with the learner's own error
        Evidence().__missing__("")
    return steps


def judge_falling(solution: Solution, function: str) -> None:
    images = training_images.normalized(32 * 40, seed=solution.seed)
    batches = [tensor(batch) for batch in np.split(images, 40)]
    returned = solution.probe(
        "falling_losses", function=function, seed=solution.seed, batches=batches, limits=PATIENCE
    )
    evidence = expect.record(returned)
    values = expect.items(evidence["losses"], len(batches))
    losses = [expect.number(value, "The loss") for value in values]
    bound = parts.FALL_WITH_BATCH_NORM if evidence["has_batch_norm"] is True else parts.FALL
    parts.judge_falling(losses, "generator" if function == D_STEP else "discriminator", bound)


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


def refuse(finding: Finding | None, others: Sequence[Finding] = ()) -> None:
    if finding is not None:
        further = [(other.mistake, other.came) for other in others]
        wrong(finding.mistake, expected=finding.expected, came=finding.came, further=further)
