"""How the learner's walk from one latent vector to another is judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from checks.engine.course.check_errors import wrong
from checks.engine.judging.beginner.statistics_of_noise import judge_unchanged
from checks.engine.judging.common import expect
from checks.engine.sandbox.solution import Solution
from checks.engine.sandbox.wire import Array

Numbers = np.ndarray[Any, Any]

SIZES = [(2, 100), (5, 3), (6, 100), (8, 100)]  # steps, latent size


@dataclass(frozen=True)
class Walk:
    """What was asked for, and what came; `changed` names the arguments that were written to."""

    start: Numbers
    end: Numbers
    n_steps: int
    rows: Array
    changed: Any

    @property
    def wanted(self) -> tuple[int, int]:
        """The shape asked for."""
        return self.n_steps, len(self.start)


def walks(solution: Solution) -> list[Walk]:
    """The learner's walks between random vectors, one for each of SIZES."""
    rng = np.random.default_rng(solution.seed)
    ends = [rng.standard_normal((2, size)).astype(np.float32) for _, size in SIZES]
    calls = [
        {"start": Array(start, "tensor"), "end": Array(end, "tensor"), "n_steps": steps}
        for (start, end), (steps, _) in zip(ends, SIZES, strict=True)
    ]
    handed = solution.probe("handed", function="interpolate_noise", calls=calls)
    made = []
    for (start, end), (steps, _), each in zip(
        ends, SIZES, expect.items(handed, len(SIZES)), strict=True
    ):
        report = expect.record(each)
        rows = expect.array(report["returned"], "The walk")
        made.append(Walk(start, end, steps, rows, report["changed"]))
    if all(walk.rows.shape == walk.wanted[::-1] for walk in made):
        wrong(
            "interpolation-transposed",
            expected=f"Shape {SIZES[0]} for {SIZES[0][0]} steps between vectors of {SIZES[0][1]} "
            "numbers: a row for each step.",
            came=f"Shape {made[0].rows.shape}.",
        )
    return made


def judge_count(solution: Solution) -> None:
    """(n_steps, latent_dim) for each of SIZES."""
    for walk in walks(solution):
        judge_shape(walk)


def judge_shape(walk: Walk) -> None:
    """A row for each step."""
    if walk.rows.shape != walk.wanted:
        n_steps, latent_dim = walk.wanted
        wrong(
            "interpolation-count",
            expected=f"Shape {walk.wanted} for {n_steps} steps between vectors of "
            f"{latent_dim} numbers.",
            came=f"Shape {walk.rows.shape}.",
        )


def judge_ends(solution: Solution) -> None:
    """The first row is start and the last one end, and both are themselves afterwards."""
    walk = walks(solution)[2]
    start, end, values = walk.start, walk.end, walk.rows.values
    rows = values.reshape(-1, 100 if values.size % 100 == 0 else max(values.size, 1))
    for name, vector, row in (("start", start, rows[:1]), ("end", end, rows[-1:])):
        if row.shape != (1, 100) or not np.allclose(row[0], vector, atol=1e-4):
            place = "first" if name == "start" else "last"
            came = "another vector"
            if row.shape == (1, 100) and np.allclose(row[0], end if name == "start" else start):
                came = "the other end"
            wrong(
                "interpolation-ends",
                expected=f"The {place} row is `{name}` itself.",
                came=f"The {place} row is {came}.",
            )
    judge_unchanged(walk.changed)
    arguments = [Array(start, "tensor"), Array(end, "tensor"), walk.n_steps]
    placed = solution.probe("by_place", function="interpolate_noise", arguments=arguments)
    placed_rows = expect.array(placed, "The walk").values
    if placed_rows.shape != values.shape or not np.allclose(placed_rows[0], start, atol=1e-4):
        wrong(
            "parameters-in-other-order",
            expected="interpolate_noise(a, b, 6): from a to b in 6 steps.",
            came="Another walk than with start=a, end=b, n_steps=6.",
        )


def judge_even(solution: Solution) -> None:
    """Straight or spherical, each step as long as the one before, wherever it ends."""
    walk = walks(solution)[3]
    judge_shape(walk)
    start, end, rows = walk.start, walk.end, walk.rows.values.astype(float)
    if is_straight(start, end, rows) or is_spherical(start, end, rows):
        return
    moved = np.linalg.norm(np.diff(rows, axis=0), axis=1)
    steps = ", ".join(f"{step:.2f}" for step in moved[:8])
    is_off = bool(moved[0] > 0 and np.allclose(moved, moved[0], rtol=1e-3))
    wrong(
        "interpolation-off-line" if is_off else "interpolation-uneven",
        expected="Eight rows, each the same way further along the straight line (or the arc) from "
        "start to end.",
        came=f"Steps of length {steps}" + (", beside the line." if is_off else "."),
    )


def is_straight(start: Numbers, end: Numbers, rows: Numbers) -> bool:
    """Whether the rows are evenly spaced on the line through start and end."""
    way = end - start
    along = (rows - start) @ way / (way @ way)
    steps = np.diff(along)
    on_line = np.allclose(rows, start + along[:, None] * way, atol=1e-3)
    return bool(on_line and abs(steps[0]) > 0.01 and np.allclose(steps, steps[0], atol=1e-3))


def is_spherical(start: Numbers, end: Numbers, rows: Numbers) -> bool:
    """Whether the rows are evenly spaced on the arc from start to end (slerp; Shoemake, 1985).

    The row at t is a start + b end, with a = sin((1 - t) w) / sin(w), b = sin(t w) / sin(w) and the
    angle w between the two, so that cos(t w) = a + b cos(w).
    """
    if not np.isfinite(rows).all():
        return False
    a, b = np.linalg.lstsq(np.column_stack([start, end]), rows.T, rcond=None)[0]
    cosine = start @ end / np.linalg.norm(start) / np.linalg.norm(end)
    angle = np.arccos(cosine)
    t = np.arctan2(b * np.sin(angle), a + b * cosine) / angle
    arc = np.sin((1 - t) * angle)[:, None] * start + np.sin(t * angle)[:, None] * end
    steps = np.diff(t)
    on_arc = np.allclose(rows, arc / np.sin(angle), atol=1e-3)
    return bool(on_arc and abs(steps[0]) > 0.01 and np.allclose(steps, steps[0], atol=1e-3))
