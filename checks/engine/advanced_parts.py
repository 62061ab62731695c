"""How the parts of the advanced tier are judged, but for the steps and the loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from checks.engine import expect
from checks.engine.check import Solution, wrong
from checks.engine.exhibits import gradient_beside_formula
from checks.engine.loss_findings import (
    ADVICE,
    GOALS,
    Finding,
    discriminator_findings,
    generator_findings,
)
from checks.engine.loss_reading import Forces
from checks.engine.verdict import Exhibit
from checks.engine.wire import Array

Numbers = np.ndarray[Any, Any]
PIXELS = np.array([0, 127, 128, 255], dtype=np.uint8)
FALL = 0.8  # a loss that learns ends below this share of its start
CLOSER = 0.7  # training brings the samples below this share of the first distance
VARIED = 0.05  # and their spread, pixel by pixel, above this share of the digits' own


# --- pixels -------------------------------------------------------------------------------------


def _normalized(solution: Solution, images: Numbers) -> Array:
    (rows,) = solution.call("normalize_images", {"images": Array(images, "tensor")})
    return expect.array(rows, "The images", "tensor")


def judge_pixel_values(solution: Solution) -> None:
    """-1 at 0, 1 at 255, evenly between."""
    images = np.resize(PIXELS, (4, 28, 28))
    values = _normalized(solution, images).values.astype(float).ravel()
    wanted = PIXELS / 127.5 - 1
    if values.size != images.size or not np.isfinite(values).all():
        came_text = f"{values.size} numbers" if np.isfinite(values).all() else "Infinity or NaN"
        expected = f"{images.size} finite numbers for 4 images of 28 × 28."
        wrong("pixels-other-range", expected=expected, came=f"{came_text}.")
    came = np.array([values[np.resize(PIXELS, values.shape) == pixel].mean() for pixel in PIXELS])
    if np.allclose(values, np.resize(wanted, values.shape), atol=1e-4):
        return
    ways = {
        "pixels-in-0-1": PIXELS / 255,
        "pixels-standardized": (PIXELS / 255 - 0.1307) / 0.3081,
        "pixels-raw": PIXELS.astype(float),
        "pixels-inverted": -wanted,
    }
    mistake = "pixels-other-range"
    for name, way in ways.items():
        if np.allclose(came, way, atol=1e-3):
            mistake = name
    if mistake == "pixels-other-range" and np.allclose(came, np.round(came)):
        mistake = "pixels-overflow"
    pairs = [f"{pixel} → {value:.3f}" for pixel, value in zip(PIXELS, came, strict=True)]
    right = [f"{pixel} → {value:.3f}" for pixel, value in zip(PIXELS, wanted, strict=True)]
    wrong(mistake, expected=", ".join(right) + ".", came=", ".join(pairs) + ".")


def judge_pixel_shape(solution: Solution) -> None:
    """(N, 784) in float32, row by row."""
    images = np.random.default_rng(solution.seed).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    rows = _normalized(solution, images)
    if rows.shape != (5, 784):
        came = f"Shape {rows.shape}."
        wrong("pixels-not-flat", expected="Shape (5, 784) for 5 images of 28 × 28.", came=came)
    if rows.dtype != "float32":
        wrong("pixels-dtype", expected="float32.", came=f"{rows.dtype}.")
    if not _same_order(rows.values, images.reshape(5, 784)):
        wrong(
            "pixels-not-flat",
            expected="Each row holds one image, line by line from the top.",
            came="The pixels came in another order.",
        )


def _same_order(rows: Numbers, images: Numbers) -> bool:
    return bool(
        all(
            abs(np.corrcoef(row.astype(float), image)[0, 1]) > 0.99
            for row, image in zip(rows, images, strict=True)
            if row.std() > 0
        )
    )


# --- the discriminator ----------------------------------------------------------------------------


def _scored(solution: Solution) -> tuple[list[Array], Any]:
    rng = np.random.default_rng(solution.seed)
    images = rng.uniform(-1, 1, (64, 784)).astype(np.float32)
    batches = [images[:1], images[:7], images]
    sent = [Array(batch, "tensor") for batch in batches]
    evidence = solution.probe("scores", batches=sent)
    scores = expect.items(evidence["scores"], len(batches))
    return [expect.array(score, "The scores", "tensor") for score in scores], evidence


def judge_score_shape(solution: Solution) -> None:
    """(N, 1) for batches of 1, 7 and 64."""
    scores, _ = _scored(solution)
    for index, count in enumerate((1, 7, 64)):
        if scores[index].shape != (count, 1):
            wrong(
                "scores-shape",
                expected=f"Shape ({count}, 1) for {count} image{'s' * (count > 1)}.",
                came=f"Shape {scores[index].shape}.",
            )


def judge_score_range(solution: Solution) -> None:
    """Between 0 and 1 whatever comes in, and near an end where the network is made to be sure."""
    scores, evidence = _scored(solution)
    plain = scores[2].values.astype(float)
    extreme = expect.array(evidence["sure"], "The scores", "tensor").values.astype(float)
    for values in (plain, extreme):
        if not np.isfinite(values).all() or values.min() < 0 or values.max() > 1:
            came = f"Scores from {np.nanmin(values):.2f} to {np.nanmax(values):.2f}."
            wrong("scores-not-probabilities", expected="Scores between 0 and 1.", came=came)
    low, high = float(extreme.min()), float(extreme.max())
    came = f"With weights and images far too strong: scores from {low:.2f} to {high:.2f}."
    expected = "Scores that come near 0 or 1 where the discriminator is sure."
    if high - low < 1e-6 and np.ptp(plain) < 1e-6:
        wrong("scores-constant", expected="Another image, another score.", came=came)
    if max(high, 1 - low) < 0.95:
        twice = low > 0.499 and high < 0.7311
        wrong(
            "scores-sigmoid-twice" if twice else "scores-in-narrow-range",
            expected=expected,
            came=came,
        )


def judge_weights(solution: Solution) -> None:
    """There are weights, and each gets a gradient."""
    _, evidence = _scored(solution)
    count, reached = expect.numbers([evidence["n_parameters"], evidence["n_reached"]])
    expected = "Every weight and bias registered, and reached by the gradient."
    if count < 2:
        came = f"{count:.0f} tensors of weights registered."
        wrong("discriminator-unregistered", expected=expected, came=came)
    if reached < count:
        came = f"Of {count:.0f} tensors of weights, {count - reached:.0f} got no gradient."
        wrong("discriminator-weights-unreached", expected=expected, came=came)


def judge_widths(solution: Solution) -> None:
    """hidden_dims of any length sets the widths."""
    choices = [(40,), (72, 48, 24)]
    found = solution.probe("widths", hidden_dims=choices)
    for choice, sizes in zip(choices, expect.items(found, len(choices)), strict=True):
        present = set(expect.numbers(sizes))
        missing = [width for width in choice if width not in present]
        if missing:
            wrong(
                "discriminator-widths-ignored",
                expected=f"Hidden layers of {', '.join(map(str, choice))} for hidden_dims={choice}",
                came=f"No weights of size {', '.join(map(str, missing))}.",
            )


def judge_dropout(solution: Solution) -> None:
    """With dropout one half, scores vary in training mode and stand still in eval mode."""
    rng = np.random.default_rng(solution.seed)
    images = Array(rng.uniform(-1, 1, (32, 784)).astype(np.float32), "tensor")
    evidence = solution.probe("dropout_effect", images=images)
    spread = {}
    for mode in ("training", "evaluating"):
        first, second = (
            expect.array(scores, "The scores", "tensor").values.astype(float).ravel()
            for scores in expect.items(evidence[mode], 2)
        )
        spread[mode] = float(np.abs(first - second).max()) if first.shape == second.shape else 1.0
    if spread["evaluating"] > 1e-5:
        wrong(
            "discriminator-dropout-in-eval",
            expected="In eval mode the same images get the same scores.",
            came=f"They differ by up to {spread['evaluating']:.3f}.",
        )
    if spread["training"] < 1e-5:
        wrong(
            "dropout-missing",
            expected="With dropout=0.5 the scores vary from call to call in training mode.",
            came="They are the same at each call.",
        )


# --- the losses ---------------------------------------------------------------------------------

# Scores (real, forged); the generator's loss takes the forged ones only.
LOSS_CASES = (
    (np.linspace(0.08, 0.92, 7), np.array([0.3, 0.12, 0.85, 0.55, 0.7, 0.05, 0.45])),
    (np.linspace(0.15, 0.8, 5), np.linspace(0.9, 0.1, 9)),
)
ENDS = (np.array([0.0, 1.0, 0.5]), np.array([1.0, 0.0, 0.5]))


def judge_loss(solution: Solution, function: str) -> None:
    """Labels, formula and weights by the gradient, then the value."""
    for case, report in zip(LOSS_CASES, _loss_reports(solution, function, LOSS_CASES), strict=True):
        value, gradients = _loss_report(report, len(_arguments(function, case)))
        forces: list[Forces] = [
            (p, gradient * p * (1 - p))
            for p, gradient in zip(_arguments(function, case), gradients, strict=True)
        ]
        if case is LOSS_CASES[0]:
            solution.show(_beside_formula(forces))
        found = list(_loss_findings(function, forces))
        for finding in found:
            if finding.aspect == ADVICE:
                solution.advise(finding.mistake, finding.came)
            else:
                wrong(finding.mistake, expected=finding.expected, came=finding.came)
        if not found:
            _judge_value(function, forces, value)


def _beside_formula(forces: list[Forces]) -> Exhibit:
    """The gradients at the first case's scores beside those of the right formula."""
    kinds = {"real": 1, "forged": 0} if len(forces) == 2 else {"forged": 1}
    groups = {}
    for (kind, label), (p, force) in zip(kinds.items(), forces, strict=True):
        slack = p * (1 - p)
        groups[kind] = (p, (p - label) / slack / len(p), force / slack)
    return gradient_beside_formula(groups)


def _arguments(function: str, case: tuple[Numbers, Numbers]) -> list[Numbers]:
    return list(case if function == "discriminator_loss" else case[1:])


def _loss_findings(function: str, forces: list[Forces]) -> Iterable[Finding]:
    if function == "discriminator_loss":
        return discriminator_findings(forces[0], forces[1])
    return generator_findings(forces[0])


def _judge_value(function: str, forces: list[Forces], value: float) -> None:
    """The value that belongs to these forces: weight × cross-entropy, summed over the scores."""
    wanted = 0.0
    for (p, d), label in zip(forces[::-1], (0, 1), strict=False):
        label = 1 if function == "generator_loss" else label
        weight = float(d @ (p - label) / ((p - label) @ (p - label)))
        right = np.log(p) if label else np.log(1 - p)
        wanted -= weight * float(right.sum())
    if abs(value - wanted) > 0.02 * abs(wanted) and abs(value - wanted) > 0.2 * abs(wanted):
        key = "D" if function == "discriminator_loss" else "G"
        came = f"{value:.4f}, where {wanted:.4f} belongs to its gradient."
        wrong("loss-wrong", expected=GOALS[key], came=came)


def judge_loss_at_the_ends(solution: Solution, function: str) -> None:
    """Finite, with finite gradients, at scores of exactly 0 and 1."""
    (report,) = _loss_reports(solution, function, [ENDS])
    value, gradients = _loss_report(report, len(_arguments(function, ENDS)))
    expected = "A finite loss and finite gradients at scores of exactly 0 and 1."
    if not np.isfinite(value):
        wrong("loss-infinite", expected=expected, came=f"A loss of {value}.")
    if not all(np.isfinite(gradient).all() for gradient in gradients):
        wrong("loss-infinite", expected=expected, came="Gradients that are infinite or NaN.")


def _loss_reports(solution: Solution, function: str, cases: Any) -> list[Any]:
    sent = [
        [Array(p[:, None].astype(np.float32), "tensor") for p in _arguments(function, case)]
        for case in cases
    ]
    reports = solution.probe("losses", function=function, cases=sent)
    return expect.items(reports, len(sent))


def _loss_report(report: Any, n_inputs: int) -> tuple[float, list[Numbers]]:
    """The loss's value and its gradient at each group of scores."""
    report = expect.record(report)
    loss = expect.array(report["loss"], "The loss", "tensor")
    if loss.values.size != 1:
        wrong("loss-not-a-scalar", expected="One number.", came=f"{expect.named(loss)}.")
    if report["gradients"] is None:
        wrong(
            "loss-without-gradient",
            expected="A loss from which gradients flow back to the scores.",
            came="A loss without a graph.",
        )
    gradients = [
        expect.array(gradient, "The gradient").values.astype(float).ravel()
        for gradient in expect.items(report["gradients"], n_inputs)
    ]
    return float(loss.values.reshape(-1)[0]), gradients


def judge_falling(losses: list[float], opponent: str) -> None:
    """The mean of the last five against that of the first three."""
    start, end = float(np.mean(losses[:3])), float(np.mean(losses[-5:]))
    if not end < FALL * start:
        wrong(
            "loss-not-falling",
            expected=f"While the {opponent} stands still, the loss falls.",
            came=f"It went from {start:.3f} to {end:.3f} in {len(losses)} steps.",
        )


# --- accuracy -----------------------------------------------------------------------------------

ACCURACY_CASES = [
    [[0.9, 0.6, 0.4], [0.1, 0.7]],
    [[0.8, 0.9, 0.7, 0.6], [0.2, 0.9, 0.8]],
    [[0.1, 0.2], [0.3, 0.1, 0.2, 0.4, 0.9]],
]


def judge_accuracy(solution: Solution) -> None:
    """The share over all images of both kinds."""
    evidence = solution.probe("accuracies", cases=ACCURACY_CASES, training=False)
    shares = expect.items(evidence["shares"], len(ACCURACY_CASES))
    came = [expect.number(share, "The accuracy") for share in shares]
    rights = [
        (sum(p > 0.5 for p in real), sum(p < 0.5 for p in fake), len(real), len(fake))
        for real, fake in ACCURACY_CASES
    ]
    ways = {
        "": [(r + f) / (n + m) for r, f, n, m in rights],
        "accuracy-averaged": [(r / n + f / m) / 2 for r, f, n, m in rights],
        "accuracy-inverted": [1 - (r + f) / (n + m) for r, f, n, m in rights],
        "accuracy-real-only": [r / n for r, f, n, m in rights],
        "accuracy-as-percent": [100 * (r + f) / (n + m) for r, f, n, m in rights],
    }
    matching = [name for name, way in ways.items() if np.allclose(came, way, atol=1e-4)]
    if "" in matching:
        return
    (real, fake), share = ACCURACY_CASES[0], ways[""][0]
    wrong(
        matching[0] if matching else "accuracy-wrong",
        expected=f"{share:.3f} for real images scored {real} and forged ones scored {fake}.",
        came=f"{came[0]:.3f}.",
    )


def judge_accuracy_mode(solution: Solution) -> None:
    """Scored in eval mode, and the mode restored, from both."""
    for training in (True, False):
        evidence = solution.probe("accuracies", cases=ACCURACY_CASES[:1], training=training)
        modes = expect.items(evidence["modes"], len(evidence["modes"] or ()))
        if any(mode is not False for mode in modes):
            wrong(
                "accuracy-in-training-mode",
                expected="The discriminator scores in eval mode.",
                came="It was called in training mode.",
            )
        if evidence["training_after"] is not training:
            names = {True: "training mode", False: "eval mode"}
            wrong(
                "accuracy-mode-not-restored",
                expected=f"Afterwards in {names[training]}, as before.",
                came=f"It was left in {names[not training]}.",
            )


# --- the loop's results -------------------------------------------------------------------------


def judge_history(history: Any, epochs: int) -> None:
    """One entry an epoch: its number from 1, and both losses as floats."""
    entries = history if isinstance(history, list) else []
    keys = ("epoch", "discriminator_loss", "generator_loss")
    expected = f"{epochs} entries for {epochs} epochs, each with {', '.join(keys)}."
    if len(entries) != epochs:
        wrong("epochs-ignored", expected=expected, came=f"{len(entries)} entries.")
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict) or any(key not in entry for key in keys):
            named = ", ".join(map(str, entry)) if isinstance(entry, dict) else expect.named(entry)
            wrong("history-wrong", expected=expected, came=f"An entry with {named}.")
        if entry["epoch"] != number:
            came = f"Entry {number} has epoch {entry['epoch']}."
            wrong("history-wrong", expected=f"Epochs 1 to {epochs}.", came=came)
        for key in keys[1:]:
            value = entry[key]
            if isinstance(value, Array) and value.kind != "scalar":
                came = f"{key}: {expect.named(value)}."
                wrong("history-not-floats", expected="Both losses as floats.", came=came)
            if not np.isfinite(expect.number(value, f"{key} in the history")):
                wrong("not-finite", expected="Finite losses.", came=f"{key}: {value}.")


def judge_samples(
    untrained: Numbers,
    trained: Numbers,
    digits: Numbers,
    distance: Callable[[Numbers, Numbers], float],
) -> None:
    """The trained generator's samples are far closer to the digits than those of a new one."""
    before, after = distance(untrained, digits), distance(trained, digits)
    came = f"A Fréchet distance of {after:.0f} after training, {before:.0f} before."
    if not after < CLOSER * before:
        expected = f"Samples whose distance to the digits is below {CLOSER:.0%} of the first."
        wrong("samples-no-closer", expected=expected, came=came)
    spread, wanted = (float(images.std(axis=0).mean()) for images in (trained, digits))
    if spread < VARIED * wanted:
        expected = f"Samples that differ as the digits do: pixels vary by {wanted:.2f}."
        came = f"Another z, nearly the same image: pixels vary by {spread:.2f}."
        wrong("samples-collapsed", expected=expected, came=came)
