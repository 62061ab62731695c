"""The losses that a learner's training reports: while it runs, and when it is done."""

from __future__ import annotations

import math
from typing import Any

from checks.engine.training.run_store import LOSSES

Pair = tuple[float, float]  # the discriminator's and the generator's
UNKNOWN: Pair = (math.nan, math.nan)


def pair_of(entry: Any) -> Pair | None:
    """The two losses of an entry of a history; None if it has none."""
    if not isinstance(entry, dict) or not all(name in entry for name in LOSSES):
        return None
    try:
        return float(entry[LOSSES[0]]), float(entry[LOSSES[1]])
    except (TypeError, ValueError, RuntimeError):
        return None


def pairs_of(history: Any) -> list[Pair] | None:
    """The losses of a history, an entry an epoch; None if it is something else."""
    if not isinstance(history, (list, tuple)):
        return None
    pairs = [pair_of(entry) for entry in history]
    return None if None in pairs else [pair for pair in pairs if pair is not None]


def broken(pair: Pair) -> str:
    """Which network's loss is no number any more, in words; "" where both are."""
    for name, value in zip(("discriminator", "generator"), pair, strict=True):
        if not math.isfinite(value):
            return f"the {name}'s loss became {'NaN' if math.isnan(value) else 'infinite'}"
    return ""
