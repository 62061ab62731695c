"""How the learner's discriminator is judged."""

from __future__ import annotations

from typing import Any

import numpy as np

from checks.engine.course.check_errors import wrong
from checks.engine.judging.common import expect, parameters
from checks.engine.judging.common.affine import is_affine
from checks.engine.judging.common.endings import activation_before, is_clamped, path_of
from checks.engine.judging.common.parameters import listed
from checks.engine.sandbox.solution import Evidence, Solution
from checks.engine.sandbox.wire import Array

Numbers = np.ndarray[Any, Any]

BATCHES = (1, 1, 1, 7, 64, 64)
# Eight epochs on 8,000 images: with LeakyReLU of slope 0.2 before the sigmoid (0.31 for -4) the
# samples' distance is 47 where it is 35 without; with slope 0.01 (0.49) it is above 110, and D
# can but guess.
HARDLY_FAKE = 0.4
N_PAIRS, SCALES = 256, [1.0, 8.0, 64.0, 512.0]


def images_for(solution: Solution, n: int) -> Numbers:
    """n images of uniform noise, the run's own."""
    rng = np.random.default_rng(solution.seed)
    return rng.uniform(-1, 1, (n, 784)).astype(np.float32)


def scores_of(value: Any) -> Numbers:
    """The numbers of a tensor of scores."""
    return expect.array(value, "The scores", "tensor").values.astype(float)


# --- what it says -----------------------------------------------------------------------------


def _scored(solution: Solution) -> tuple[list[Numbers], Evidence]:
    images = images_for(solution, 64)
    # Three images alone, the first 7, and all, twice: do an image's neighbours change its score?
    batches = [images[:1], images[1:2], images[2:3], images[:7], images, images]
    evidence = solution.probe("scores", batches=[Array(batch, "tensor") for batch in batches])
    evidence = expect.record(evidence)
    said = [scores_of(scores) for scores in expect.items(evidence["scores"], len(batches))]
    return said, evidence


def judge_score_shape(solution: Solution) -> None:
    """(N, 1) for batches of 1, 7 and 64, and the same score for an image in each of them."""
    said, _ = _scored(solution)
    for scores, count in zip(said, BATCHES, strict=True):
        if scores.shape != (count, 1):
            wrong(
                "scores-shape",
                expected=f"Shape ({count}, 1) for {count} image{'s' * (count > 1)}.",
                came=f"Shape {scores.shape}.",
            )
    alone, few, many, again = np.concatenate(said[:3]), *said[3:]
    gap = max(np.abs(alone - many[:3]).max(), np.abs(few - many[:7]).max())
    if gap < 1e-3 or not np.array_equal(many, again):
        return
    if np.ptp(alone) < 1e-6:
        wrong(
            "scores-relative",
            expected="An image gets its score for itself, also when it comes alone.",
            came=f"Each of three images got {alone[0, 0]:.3f} when it came alone, and another score"
            " among others.",
        )
    solution.advise(
        "scores-relative",
        f"In eval mode, an image's score changes by up to {gap:.3f} with the images beside it. "
        "(If you compare the images of a batch on purpose, against mode collapse: very well.)",
    )


def judge_score_range(solution: Solution) -> None:
    """Between 0 and 1 whatever comes in, near the ends where D is sure, and through a sigmoid."""
    said, evidence = _scored(solution)
    plain, unsure, sure = said[-1], scores_of(evidence["unsure"]), scores_of(evidence["sure"])
    taught = [scores_of(scores) for scores in expect.items(evidence["taught"], 2)]
    every = np.concatenate([scores.ravel() for scores in (plain, unsure, sure, *taught)])
    for scores in (plain, every):
        if not np.isfinite(scores).all() or scores.min() < 0 or scores.max() > 1:
            came = f"Scores from {np.nanmin(scores):.2f} to {np.nanmax(scores):.2f}."
            wrong("scores-not-probabilities", expected="Scores between 0 and 1.", came=came)
    _judge_rounding(solution)
    low, high = float(every.min()), float(every.max())
    came = "With weights and images far too strong, and after a few steps towards 0 or 1: scores "
    came += f"from {low:.2f} to {high:.2f}."
    rows = [plain.ravel(), *taught[0], *taught[1]]
    if max(np.ptp(row) for row in rows if row.size) < 1e-6 and learning(solution)["slope"] == 0:
        wrong(
            "scores-constant",
            expected="Another image, another score.",
            came=f"64 images, and {plain.flat[0]:.3f} for each of them.",
        )
    if max(high, 1 - low) < 0.95:
        twice = low > 0.499 and 0.6 < high < 0.7311
        wrong(
            "scores-sigmoid-twice" if twice else "scores-in-narrow-range",
            expected="Scores that come near 0 or 1 where the discriminator is sure.",
            came=came,
        )
    if low > 0.5 - 1e-4 or high < 0.5 + 1e-4:
        wrong(
            "scores-one-sided",
            expected="Scores above 0.5 for some images and below for others.",
            came=came,
        )
    path = path_of(evidence["ending"], "The scores")
    if path is not None and is_clamped(path, 0.02, 0.98):
        wrong(
            "scores-clamped",
            expected="Scores that come ever nearer to 0 and 1: a sigmoid is flat nowhere.",
            came="As the last layer's numbers grow evenly, the scores climb in a straight line and "
            f"stop at {path.max():.2f}; beyond, nothing is learned.",
        )
    activation = activation_before(evidence["ending"], path, 0, 1)
    if path is None or not activation:
        return
    came = f"The last linear layer's numbers go through {activation} before the sigmoid. Where it "
    came += f"says -4, the score is {path[0].min():.2f} instead of 0.02."
    if path[0].min() > HARDLY_FAKE:
        expected = "The last linear layer's numbers go into the sigmoid as they are."
        wrong("activation-before-sigmoid", expected=expected, came=came)
    solution.advise("activation-before-sigmoid", came)


def _judge_rounding(solution: Solution) -> None:
    """Round numbers whatever comes in, and flat: a sigmoid far out is one or the other."""
    evidence = learning(solution)
    if evidence["has_graph"] is True and evidence["slope"] != 0:
        return
    said, evidence = _scored(solution)
    every = [said[-1], scores_of(evidence["unsure"]), *_bent(solution)]
    hundredths = 100 * np.concatenate([scores.ravel() for scores in every])
    if np.ptp(hundredths) > 0 and (np.abs(hundredths - hundredths.round()) < 1e-4).all():
        values = ", ".join(f"{value:g}" for value in np.unique(hundredths.round())[:4] / 100)
        wrong(
            "scores-rounded",
            expected="A score may be any number between 0 and 1.",
            came=f"Of {hundredths.size:,} scores, each is a round number: {values}.",
        )


def _bent(solution: Solution) -> list[Numbers]:
    """Scores of N_PAIRS pairs of images and of those halfway, at each scale."""
    made = solution.probe("bends", n_pairs=N_PAIRS, scales=SCALES, seed=solution.seed)
    return [scores_of(scores) for scores in expect.items(made, len(SCALES))]


def judge_nonlinear(solution: Solution) -> None:
    """Something bends between the linear layers."""
    scales = _bent(solution)
    for scores in scales:
        if scores.size != 3 * N_PAIRS:
            expected = f"{3 * N_PAIRS} scores for {3 * N_PAIRS} images."
            wrong("scores-shape", expected=expected, came=f"Shape {scores.shape}.")
    if is_affine([scores.reshape(3, N_PAIRS, 1) for scores in scales]):
        wrong(
            "discriminator-linear",
            expected="Halfway between two images, something else than halfway between their two "
            "scores (before the sigmoid).",
            came=f"Exactly halfway, for {N_PAIRS} pairs of images: however many layers there are, "
            "they act as a single linear one.",
        )


# --- what can learn ---------------------------------------------------------------------------


def learning(solution: Solution) -> Evidence:
    """Which weights are used, known and reached by the gradient, and whether the images are."""
    images = Array(images_for(solution, 64), "tensor")
    evidence = expect.record(solution.probe("discriminator_learning", images=images))
    if "output" in evidence:
        expect.array(evidence["output"], "The scores", "tensor")
    return evidence


def judge_registered(evidence: Evidence) -> None:
    """Every weight that takes part in the computation is among discriminator.parameters()."""
    parameters.judge_registered(evidence, "discriminator", "scores", "discriminator-unregistered")


def judge_weights(solution: Solution) -> None:
    """There are weights, all registered, and each gets a gradient."""
    evidence = learning(solution)
    judge_registered(evidence)
    count, frozen = expect.numbers([evidence["n_parameters"], evidence["n_frozen"]])
    unreached = expect.texts(evidence["unreached"])
    cut = expect.texts(evidence["unreached_but_used"])
    expected = "Every weight and bias registered, and reached by the gradient."
    if frozen:
        came = f"requires_grad is False for {frozen:.0f} of {count:.0f} tensors of weights."
        wrong("discriminator-frozen", expected=expected, came=came)
    if evidence["has_graph"] is not True:
        _judge_rounding(solution)
        came = "The scores have no graph, so none of the weights gets a gradient."
        wrong("discriminator-weights-unreached", expected=expected, came=came)
    if cut:
        came = f"No gradient for {listed(cut)}."
        wrong("discriminator-weights-unreached", expected=expected, came=came)
    if unreached:
        solution.advise("unused-layer", f"The scores do not depend on {listed(unreached)}.")
    if evidence["slope"] == 0:
        _judge_rounding(solution)


def judge_images(solution: Solution) -> None:
    """D leaves the images as they are, and lets the gradient through to them."""
    evidence = learning(solution)
    if evidence["changed"] is not False:
        wrong(
            "images-changed-in-place",
            expected="After the call, the images are what they were before it.",
            came="The discriminator has written into the images that it was given.",
        )
    slope = evidence["image_slope"]
    if slope is None or (expect.number(slope, "The gradient") == 0 and evidence["slope"] != 0):
        wrong(
            "discriminator-input-cut",
            expected="After backward from the scores, the images have a gradient.",
            came="They have none." if slope is None else "It is 0 for each of their pixels.",
        )
