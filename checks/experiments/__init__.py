"""Predict, then run: small experiments that the quiz asks about, one file a tier.

Each asks for a prediction, runs on the reference's own functions or on plain tensors, and shows
its numbers; code decides from them which choice they bear out.
"""

from __future__ import annotations

import importlib
import importlib.util

from checks.experiments.record import Experiment, Outcome, nearest, run

__all__ = ["Experiment", "Outcome", "experiments", "nearest", "run"]


def experiments(tier: str) -> tuple[Experiment, ...]:
    """A tier's experiments in order; none where it has no file here."""
    name = f"{__name__}.{tier}"
    if importlib.util.find_spec(name) is None:
        return ()
    found: tuple[Experiment, ...] = importlib.import_module(name).EXPERIMENTS
    return found
