"""Is a network, up to its last activation, no more than one linear layer?

An affine map f has f(a) + f(b) = 2 f((a + b) / 2) for any two points. The last activation stands
between us and f, so each of the usual ones is undone first; where one of them leaves an affine map
behind at every scale of the input, the network is affine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, Any]

ROUNDING = float(np.finfo(np.float32).eps)


def _undo_tanh(made: Numbers) -> tuple[Numbers, Numbers]:
    inside = np.abs(made) < 0.9  # beyond, float32 holds too little of what went in
    return np.arctanh(np.where(inside, made, 0)), inside


def _undo_sigmoid(made: Numbers) -> tuple[Numbers, Numbers]:
    return _undo_tanh(2 * made - 1)


def _undo_nothing(made: Numbers) -> tuple[Numbers, Numbers]:
    return made, np.abs(made) != 1  # clamped values say nothing


UNDO: tuple[Callable[[Numbers], tuple[Numbers, Numbers]], ...] = (
    _undo_tanh,
    _undo_sigmoid,
    _undo_nothing,
)


def is_affine(scales: list[Numbers]) -> bool:
    """Whether the network behind these outputs is affine before its last activation.

    Args:
        scales: for inputs of several sizes, the outputs at `start`, `end` and halfway between
            them, shape (3, pairs, values). A network that is curved only a little near 0, as
            GELU and tanh are, is curved a lot at some other scale.
    """
    for undo in UNDO:
        bends = [bend for made in scales if (bend := _bend(made, undo)) is not None]
        if bends and not any(bends):
            return True
    return False


def _bend(made: Numbers, undo: Callable[[Numbers], tuple[Numbers, Numbers]]) -> bool | None:
    """Whether the halfway point lies off the line; None where the outputs do not tell."""
    before, usable = undo(made)
    together = usable.all(axis=0)
    if together.sum() < 200:
        return None
    start, end, between = before[:, together]
    off_line = np.sqrt(np.mean((start + end - 2 * between) ** 2))
    apart = np.sqrt(np.mean((start - end) ** 2))
    if apart == 0:
        return None
    rounding = 100 * ROUNDING * np.abs(before[:, together]).max()
    return bool(off_line > max(1e-3 * apart, rounding))
