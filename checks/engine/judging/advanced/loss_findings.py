"""What the forces of a loss say about it: right, right with advice, or which mistake it is.

Used twice: on the forces that a training step applied, and on those of a loss function alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from checks.engine.judging.advanced.loss_reading import Forces, Reading, labels_for, read, scale_of

ADVICE = "advice"
GOALS = {
    "D": "Binary cross-entropy, real images labelled 1 and fake ones 0.",
    "G": "Binary cross-entropy with the fake images labelled 1: -mean log D(G(z)).",
}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong (or, with `aspect` "advice", could be better)."""

    aspect: str
    mistake: str
    expected: str
    came: str
    step: int = -1  # which step of the sequence shows it, where a step does


def generator_findings(forces: Forces, goal: str = GOALS["G"]) -> Iterator[Finding]:
    """Findings on the generator's loss; the right one is -mean log D(G(z))."""
    fake = read(*forces, scale_of(forces))
    if fake.form == "bce" and fake.weight > 0 and 0.7 <= fake.label <= 1.2:
        if not fake.is_labelled(1):
            yield _advice(f"In G's step the fake images are labelled {fake.shown}.")
    elif fake.form == "bce" and fake.weight < 0 and fake.is_labelled(0):
        came = "The gradient of mean log(1 - D(G(z))), the saturating loss."
        yield Finding("loss", "saturating-loss", goal, came)
    elif fake.form == "bce" and fake.weight > 0 and fake.is_labelled(0):
        came = "The fake images are labelled 0: the generator helps its opponent."
        yield Finding("loss", "generator-labels-fake", goal, came)
    elif fake.form == "bce" and fake.weight < 0 and fake.is_labelled(1):
        came = "The right gradient with the wrong sign: the loss is climbed."
        yield Finding("loss", "negated-loss", goal, came)
    elif fake.form == "unknown" and any(
        _random(forces, 1, weight) for weight in (1 / len(forces[0]), 1.0)
    ):
        yield _advice("In G's step the labels of the fake images are random, near 1.")
    else:
        yield _other_form(fake, goal, "the fake images")


def discriminator_findings(
    real_forces: Forces, fake_forces: Forces, goal: str = GOALS["D"]
) -> Iterator[Finding]:
    """Findings on the discriminator's loss; the right one labels real images 1 (or 0.9)."""
    if not (len(real_forces[0]) and len(fake_forces[0])):
        yield from _one_side(real_forces, fake_forces, goal)
        return
    scale = scale_of(real_forces, fake_forces)
    real, fake = read(*real_forces, scale), read(*fake_forces, scale)
    if real.form == "none" or fake.form == "none":
        left = "fake" if real.form == "none" else "real"
        mistake = "loss-without-real" if real.form == "none" else "loss-without-fakes"
        yield Finding("loss", mistake, goal, f"A loss of the {left} images only.")
    elif real.form == fake.form == "bce":
        counts = len(real_forces[0]), len(fake_forces[0])
        yield from _labels(real, fake, counts, goal)
    elif whose_are_random := _random_sides(real, fake, real_forces, fake_forces):
        yield _advice(f"The labels of the {whose_are_random} images are random, near their usual.")
    elif _is_mixed(real_forces, fake_forces):
        came = "Of the real images, and of the fake ones, some are labelled 1 and others 0."
        yield Finding("loss", "labels-mixed", goal, came)
    else:
        odd, whose = (fake, "fake") if real.form == "bce" else (real, "real")
        yield _other_form(odd, goal, f"the {whose} images")


def findings_by_sign(groups: Sequence[Forces], goal: str) -> Iterator[Finding]:
    """What the directions of the forces say, where their sizes are too coarse to be read.

    The groups are the fake images' alone, or the real images' and the fake ones'.
    """
    up = [float(np.mean(d)) < 0 for _, d in groups]
    if up == [False]:
        came = "The scores of the fake images are pulled down, towards 0."
        yield Finding("loss", "generator-labels-fake", goal, came)
    elif up == [False, True]:
        came = "Real images' scores are pulled down, fake ones' up."
        yield Finding("loss", "labels-swapped", goal, came)
    elif up == [False, False]:
        came = "Real images' scores are pulled down as well, towards 0."
        yield Finding("loss", "real-labelled-fake", goal, came)
    elif up == [True, True]:
        came = "The fake images' scores are pulled up as well, towards 1."
        yield Finding("loss", "fakes-labelled-real", goal, came)


def _labels(real: Reading, fake: Reading, counts: tuple[int, int], goal: str) -> Iterator[Finding]:
    came = f"Real images labelled {real.shown}, fake ones {fake.shown}."
    if (
        real.weight > 0 < fake.weight
        and abs(real.label - fake.label) < 0.1
        and abs(real.label - 0.5) < 0.2
    ):
        came = f"Every image, real or fake, is pulled towards the same label, {real.shown}."
        yield Finding("loss", "label-shape", goal, came)
        return
    sides = ("real", real, 1), ("fake", fake, 0)
    climbed = [whose for whose, reading, _ in sides if reading.weight < 0]
    flipped = [whose for whose, reading, label in sides if abs(reading.label - label) > 0.5]
    ratio = abs(real.weight / fake.weight)
    by_count = ratio * counts[0] / counts[1]  # two means weigh each side by its own count
    if climbed:
        part = f"for the {climbed[0]} images " if len(climbed) == 1 else ""
        yield Finding("loss", "negated-loss", goal, f"{came} And {part}the loss is climbed.")
    if flipped:
        mistakes = {"fake": "fakes-labelled-real", "real": "real-labelled-fake"}
        mistake = "labels-swapped" if len(flipped) == 2 else mistakes[flipped[0]]
        yield Finding("loss", mistake, goal, came)
    if min(abs(ratio - 1), abs(by_count - 1)) > 0.02:
        more = "real" if ratio > 1 else "fake"
        many = f"The {more} images count {max(ratio, 1 / ratio):.1f} times as much as the others."
        yield Finding("loss", "unequal-halves", goal, many)
    usual = (real.is_labelled(1) or real.is_labelled(0.9)) and fake.is_labelled(0)
    if not (climbed or flipped or usual):
        yield _advice(came)


def _one_side(real_forces: Forces, fake_forces: Forces, goal: str) -> Iterator[Finding]:
    """What a loss of one kind of images says about itself, where the other kind was never seen."""
    label, mistake, whose = 1, "real-labelled-fake", "real"
    if not len(real_forces[0]):
        label, mistake, whose = 0, "fakes-labelled-real", "fake"
    for forces in (real_forces, fake_forces):
        reading = read(*forces, scale_of(forces)) if len(forces[0]) else None
        if reading is None or reading.form != "bce":
            continue
        came = f"The {whose} images are labelled {reading.shown}."
        if reading.weight < 0:
            yield Finding("loss", "negated-loss", goal, f"{came} And the loss is climbed.")
        elif abs(reading.label - label) > 0.75:  # one half where one kind was scored twice
            yield Finding("loss", mistake, goal, came)


def _is(reading: Reading, label: float) -> bool:
    return reading.form == "bce" and reading.weight > 0 and reading.is_labelled(label)


def _random_sides(real: Reading, fake: Reading, real_forces: Forces, fake_forces: Forces) -> str:
    """Which images have a random label each, near the right one: "real", "fake", both, or ""."""
    n_real, n_fake = len(real_forces[0]), len(fake_forces[0])
    if {"mse", "sigmoid-twice"} & {real.form, fake.form}:
        return ""
    if _is(fake, 0):
        weights = (fake.weight, fake.weight * n_fake / n_real)
        return "real" if any(_random(real_forces, 1, w) for w in weights) else ""
    if _is(real, 1):
        weights = (real.weight, real.weight * n_real / n_fake)
        return "fake" if any(_random(fake_forces, 0, w) for w in weights) else ""
    both = "bce" not in (real.form, fake.form) and any(
        _random(real_forces, 1, ours) and _random(fake_forces, 0, theirs)
        for ours, theirs in _usual_weights(n_real, n_fake)
    )
    return "real and fake" if both else ""


def _usual_weights(n_real: int, n_fake: int) -> list[tuple[float, float]]:
    """What one image of each kind counts in two means, their half, one mean, and a sum."""
    together = 1 / (n_real + n_fake)
    means = [(share / n_real, share / n_fake) for share in (1.0, 0.5)]
    return [*means, (together, together), (1.0, 1.0), (0.5, 0.5)]


def _random(forces: Forces, usual: float, weight: float) -> bool:
    """Whether these are the forces of binary cross-entropy with a label for each image, most of
    them near the usual one; a few may be flipped."""
    labels = labels_for(*forces, weight)
    near = np.abs(labels - usual) < 0.4
    return bool(np.all((labels > -0.05) & (labels < 1.25)) and near.mean() > 0.65)


def _is_mixed(real_forces: Forces, fake_forces: Forces) -> bool:
    """Whether each image has label 0 or 1, and which of them does not go by its kind."""
    for weights in _usual_weights(len(real_forces[0]), len(fake_forces[0])):
        pairs = zip((real_forces, fake_forces), weights, strict=True)
        sides = [labels_for(*forces, weight) for forces, weight in pairs]
        if all(np.all(np.abs(np.abs(side - 0.5) - 0.5) < 0.05) for side in sides):
            return True
    return False


def _advice(came: str) -> Finding:
    return Finding(ADVICE, "unusual-smoothing", "", came)


def _other_form(reading: Reading, goal: str, whose: str) -> Finding:
    if reading.form == "mse":
        return Finding("loss", "squared-error", goal, f"For {whose}, a squared error.")
    if reading.form == "sigmoid-twice":
        came = f"For {whose}, a loss that takes the sigmoid of the score once more."
        return Finding("loss", "sigmoid-twice", goal, came)
    return Finding("loss", "other-loss", goal, f"For {whose}, a loss that we do not know.")
