"""Whether a seed decides what is drawn: the same for the same seed, and another for another."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np

from checks.engine.course.check_errors import wrong
from checks.engine.sandbox.wire import Array

Numbers = np.ndarray[Any, Any]

# Some of these are equal modulo 10, 100, 256, 1,000, 65,536 or 1,000,000.
SEEDS = (7, 8, 0, 17, 107, 263, 1007, 65_543, 1_000_007)

MANY = 64  # rows that are compared at most, however many came


def equal(one: Array, other: Array) -> bool:
    """Whether both hold the same numbers."""
    return np.array_equal(one.values, other.values)


def judge_seeds(
    first: dict[int, Array],
    again: dict[int, Array],
    what: str,
    same: Callable[[Array, Array], bool] = equal,
    constant: str = "seed-constant",
) -> None:
    """What came for each seed, and what came for some of them the second time.

    Args:
        first: the tables of each seed's rows.
        again: for some of the seeds, those of another call.
        what: "noise" or "images".
        same: whether two tables are equal.
        constant: the mistake behind the same numbers for every seed.
    """
    for seed, two in again.items():
        if not same(first[seed], two):
            also = " 0 is a seed like any other." if seed == 0 else ""
            wrong(
                "seed-ignored",
                expected=f"Twice the same {what} for twice the same seed.{also}",
                came=f"Two calls with seed {seed} gave different {what}.",
            )
    pairs = list(combinations(first, 2))
    alike = [(a, b) for a, b in pairs if same(first[a], first[b])]
    if alike:
        a, b = alike[0]
        wrong(
            constant if len(alike) == len(pairs) else "seeds-overlap",
            expected=f"Other {what} for another seed.",
            came=f"Seeds {a} and {b} gave the same {what}.",
        )
    for a, b in pairs:
        if place := _shared_row(first[a].values, first[b].values):
            wrong(
                "seeds-overlap",
                expected=f"Other {what} for another seed, row by row.",
                came=f"Row {place[0]} for seed {a} came again as row {place[1]} for seed {b}.",
            )


def _shared_row(one: Numbers, other: Numbers) -> tuple[int, int] | None:
    """Which row of one is a row of the other as well, up to rounding, or None.

    For rows of 35 numbers that is no matter of chance, but where a row is one number repeated.
    """
    if one.ndim < 2 or one.shape[1:] != other.shape[1:] or not one.size:
        return None
    rows = [table.reshape(len(table), -1)[:MANY].astype(float) for table in (one, other)]
    apart = np.abs(rows[0][:, None] - rows[1][None]).max(axis=2)
    places = np.argwhere((apart < 1e-5) & (np.ptp(rows[0], axis=1) > 0.1)[:, None])
    return (int(places[0][0]), int(places[0][1])) if len(places) else None
