"""Whether a training as a whole works: does it bring the generator's samples closer to the digits?

A single epoch is enough for most right solutions, so it comes first, with a stricter bound. Where
it falls short, a longer training decides, and after it the same at larger rates: nearly every
honest choice of layers and optimizer gets there steadily with small batches at a small rate, and
one that doesn't (small first weights, narrow layers, batch normalization in G) at a larger one.
Only the last can refuse, or one before where nothing moves, or all samples are one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from checks.engine.course.check_errors import CheckEndedError, WrongError, wrong
from checks.engine.data import training_images
from checks.engine.judging.advanced import suspects
from checks.engine.judging.common import expect, frechet
from checks.engine.sandbox.client import Limits
from checks.engine.sandbox.solution import Evidence, Solution
from checks.engine.sandbox.wire import Array

Numbers = np.ndarray[Any, Any]

CLOSER = 0.7  # training brings the samples below this share of the first distance
CLEARLY_CLOSER = 0.5  # the same, after a single epoch
VARIED = 0.05  # and their spread, pixel by pixel, above this share of the digits' own
N_IMAGES, N_SAMPLES = 500, 400
PATIENCE = Limits(seconds=120)


@dataclass(frozen=True)
class Training:
    """One training to try, and the share of the first distance that its samples come below."""

    epochs: int
    learning_rate: float
    closer: float


TRAININGS = (
    Training(epochs=1, learning_rate=3e-4, closer=CLEARLY_CLOSER),
    Training(epochs=7, learning_rate=1e-4, closer=CLOSER),
    Training(epochs=7, learning_rate=5e-4, closer=CLOSER),
    Training(epochs=7, learning_rate=1e-3, closer=CLOSER),
)


def judge_training(solution: Solution) -> None:
    """Train until the samples are close enough, or nothing is left to try."""
    images = training_images.normalized(N_IMAGES, seed=solution.seed)
    for training in TRAININGS:
        evidence = trained(solution, images, training)
        before, after = samples_of(evidence)
        try:
            judge_samples(before, after, images, training.closer)
        except WrongError as refused:
            if evidence["has_batch_norm"] is True:  # it learns slowly, and is right all the same
                solution.advise("batch-norm-in-discriminator")
            elif training is TRAININGS[-1] or is_hopeless(evidence, after):
                blame(solution, images, refused)
            else:
                continue
        return


def trained(
    solution: Solution, images: Numbers, training: Training, instead_of: str = ""
) -> Evidence:
    """Samples of a new generator and of a trained one, each (N_SAMPLES, 784).

    `instead_of` names a network that a plain one stands in for.
    """
    report = suspects.probe(
        solution,
        "trained_samples",
        instead_of,
        images=Array(images, "tensor"),
        n_samples=N_SAMPLES,
        epochs=training.epochs,
        batch_size=8,
        latent_dim=32,
        learning_rate=training.learning_rate,
        limits=PATIENCE,
    )
    return expect.record(report)


def samples_of(evidence: Evidence) -> tuple[Numbers, Numbers]:
    """The samples before and after."""
    before, after = (
        expect.array(evidence[name], "The samples", "array").values.astype(float)
        for name in ("untrained", "trained")
    )
    return before, after


def blame(solution: Solution, images: Numbers, refused: WrongError) -> None:
    """Name the network without which the training succeeds.

    A discriminator that learns (other checks see to that) and with which this short training still
    fails is no mistake: small convolutions, for one, need more than 500 images.
    """
    try:
        judge_with_another(solution, images, "Discriminator")
    except CheckEndedError:
        suspects.find_to_blame(
            refused, ["Generator"], lambda name: judge_with_another(solution, images, name)
        )
    solution.advise("networks-out-of-balance")


def judge_with_another(solution: Solution, images: Numbers, name: str) -> None:
    """Raise what is wrong with a training in which a plain network stands in for this one."""
    for training in (TRAININGS[1], TRAININGS[-1]):
        evidence = trained(solution, images, training, instead_of=name)
        try:
            judge_samples(*samples_of(evidence), images, training.closer)
        except WrongError:
            if training is TRAININGS[-1]:
                raise
        else:
            return


def is_hopeless(evidence: Evidence, after: Numbers) -> bool:
    """Whether more of the same would change nothing: G has not moved, or does not look at z."""
    return evidence["rested"] is True or are_all_one(after)


def are_all_one(images: Numbers) -> bool:
    """Whether all images are the same, to the last bit."""
    return bool((images == images[0]).all())


def spread(images: Numbers) -> float:
    """How much images (N, 784) vary, as the mean deviation of a pixel."""
    return float(images.std(axis=0).mean())


def judge_samples(untrained: Numbers, trained: Numbers, digits: Numbers, closer: float) -> None:
    """The trained generator's samples are far closer to the digits than those of a new one."""
    varies, wanted = spread(trained), spread(digits)
    before, after = (frechet.distance(images, digits) for images in (untrained, trained))
    if not are_all_one(trained) and not after < closer * before:
        wrong(
            "samples-no-closer",
            expected=f"Samples whose distance to the digits is below {closer:.0%} of the first.",
            came=f"A Fréchet distance of {after:.0f} after training, {before:.0f} before.",
        )
    if varies < VARIED * wanted:
        wrong(
            "samples-collapsed",
            expected=f"Samples that differ as the digits do: pixels vary by {wanted:.2f}.",
            came=f"Another z, nearly the same image: pixels vary by {varies:.2f}.",
        )
