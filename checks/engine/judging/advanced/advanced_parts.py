"""How the parts of the advanced tier are judged, but for the steps and the loop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from checks.engine.course.check_errors import wrong
from checks.engine.course.verdict import Exhibit
from checks.engine.judging.advanced.loss_findings import (
    ADVICE,
    GOALS,
    Finding,
    discriminator_findings,
    generator_findings,
)
from checks.engine.judging.advanced.loss_reading import Forces
from checks.engine.judging.common import expect
from checks.engine.judging.common.exhibits import gradient_beside_formula
from checks.engine.sandbox.solution import Solution
from checks.engine.sandbox.wire import Array

Numbers = np.ndarray[Any, Any]
FALL = 0.8  # a loss that learns ends below this share of its start
# With batch-norm D compares images within their batch and learns slowly: after as many steps its
# loss stood between 0.84 and 0.90 of its start, in three styles of D.
FALL_WITH_BATCH_NORM = 0.95


# --- the losses ---------------------------------------------------------------------------------

# Scores (real, fake); the generator's loss takes the fake ones only.
LOSS_CASES = (
    (np.linspace(0.08, 0.92, 7), np.array([0.3, 0.12, 0.85, 0.55, 0.7, 0.05, 0.45])),
    (np.linspace(0.15, 0.8, 5), np.linspace(0.9, 0.1, 9)),
)
ENDS = (np.array([0.0, 1.0, 0.5]), np.array([1.0, 0.0, 0.5]))


def _loss_cases(solution: Solution) -> list[tuple[Numbers, Numbers]]:
    """LOSS_CASES at seed 0, else scores near them."""
    rng, reach = np.random.default_rng(solution.seed), 0.03 if solution.seed else 0.0
    return [
        (real + rng.uniform(-reach, reach, len(real)), fake + rng.uniform(-reach, reach, len(fake)))
        for real, fake in LOSS_CASES
    ]


def judge_loss(solution: Solution, function: str) -> None:
    """Labels, formula and weights by the gradient, then the value."""
    cases = _loss_cases(solution)
    reports = _loss_reports(solution, function, cases)
    for case, report in zip(cases, reports, strict=True):
        value, gradients = _loss_report(report, len(_arguments(function, case)))
        forces: list[Forces] = [
            (p, gradient * p * (1 - p))
            for p, gradient in zip(_arguments(function, case), gradients, strict=True)
        ]
        if case is cases[0]:
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
    kinds = {"real": 1, "fake": 0} if len(forces) == 2 else {"fake": 1}
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
    rng = np.random.default_rng(solution.seed)
    more = [rng.uniform(0.1, 0.9, 2 if solution.seed else 0) for _ in ENDS]
    ends = np.concatenate([ENDS[0], more[0]]), np.concatenate([ENDS[1], more[1]])
    (report,) = _loss_reports(solution, function, [ends])
    value, gradients = _loss_report(report, len(_arguments(function, ends)))
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


def judge_falling(losses: list[float], opponent: str, bound: float = FALL) -> None:
    """The mean of the last five against that of the first three."""
    start, end = float(np.mean(losses[:3])), float(np.mean(losses[-5:]))
    if not end < bound * start:
        wrong(
            "loss-not-falling",
            expected=f"While the {opponent} stands still, the loss falls.",
            came=f"It went from {start:.3f} to {end:.3f} in {len(losses)} steps.",
        )
