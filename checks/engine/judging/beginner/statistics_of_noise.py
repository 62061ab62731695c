"""How the learner's mean and standard deviation are judged."""

from __future__ import annotations

from typing import Any

import numpy as np

from checks.engine.course.check_errors import wrong
from checks.engine.judging.common import expect
from checks.engine.sandbox.solution import Solution
from checks.engine.sandbox.wire import Array

Numbers = np.ndarray[Any, Any]

TABLES = (
    np.array([[1.0, 2.0], [3.0, 4.0]]),
    np.array([[-6.0, 0.0, 0.0], [3.0, 3.0, 12.0]]),
    np.linspace(-5, 3, 12).reshape(3, 4),
)


def judge_statistics(solution: Solution, kind: str) -> None:
    """Mean and deviation of a few tables, each handed over as "array" or "tensor"."""
    more = np.random.default_rng(solution.seed).integers(1, 9, len(TABLES)) * bool(solution.seed)
    tables = [table + number for table, number in zip(TABLES, more, strict=True)]
    calls = [{"noise": Array(table.astype(np.float32), kind)} for table in tables]
    handed = solution.probe("handed", function="noise_statistics", calls=calls)
    reports = [expect.record(report) for report in expect.items(handed, len(TABLES))]
    for table, report in zip(tables, reports, strict=True):
        pair = report["returned"]
        if pair is None:
            expect.number(pair, "Mean and deviation")
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            wrong(
                "other-type",
                expected="Two floats: (mean, standard deviation).",
                came=f"{expect.named(pair)}.".capitalize(),
            )
        judge_two_numbers(
            table, expect.number(pair[0], "The mean"), expect.number(pair[1], "The deviation")
        )
    for report in reports:
        judge_unchanged(report["changed"])


def judge_two_numbers(table: Numbers, mean: float, deviation: float) -> None:
    """They are the table's mean and deviation."""
    right = float(table.mean())
    # Dividing by n and by n - 1 are both called the standard deviation.
    deviations = [float(table.std(ddof=ddof)) for ddof in (0, 1)]

    def near(value: float, targets: list[float]) -> bool:
        return any(abs(value - target) < 1e-4 for target in targets)

    if near(mean, [right]) and near(deviation, deviations):
        return
    mistake = "statistics-wrong"
    if near(mean, deviations) and near(deviation, [right]):
        mistake = "statistics-swapped"
    elif near(mean, [right]) and near(deviation, [d * d for d in deviations]):
        mistake = "statistics-variance"
    wrong(
        mistake,
        expected=f"For {table.round(2).tolist()}: mean {expect.rounded(right, 3)}, deviation "
        f"{deviations[0]:.3f} (or {deviations[1]:.3f} when dividing by n - 1).",
        came=f"Mean {expect.rounded(mean, 3)}, deviation {expect.rounded(deviation, 3)}.",
    )


def judge_unchanged(changed: Any) -> None:
    """The function has not written into the arrays and tensors that it was given."""
    if names := expect.texts(changed):
        wrong(
            "argument-overwritten",
            expected="What was handed over holds the same numbers after the call as before.",
            came=f"`{names[0]}` holds other numbers now.",
        )
