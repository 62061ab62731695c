"""What stands between a network's last linear layer and its output: a squash, and nothing else?

Evidence is what the network makes while its last layer is made to say a few even steps, and the
names of the functions that are called after it; see `ending` in `checks/probes/layers.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from checks.engine.judging.common import expect

Numbers = np.ndarray[Any, Any]

SQUASHES = ("tanh", "sigmoid")
ACTIVATIONS = {
    "relu": "ReLU", "relu6": "ReLU6", "leaky_relu": "LeakyReLU", "prelu": "PReLU",
    "rrelu": "RReLU", "elu": "ELU", "selu": "SELU", "celu": "CELU", "gelu": "GELU", "silu": "SiLU",
    "mish": "Mish", "softplus": "Softplus", "hardswish": "Hardswish", "sigmoid": "a sigmoid",
    "hardsigmoid": "a Hardsigmoid",
}  # fmt: skip
UNEQUAL = 0.6  # of two slopes, or two reaches, below and above the middle


def path_of(ending: Any, what: str) -> Numbers | None:
    """The values in a probe's report on an ending, (steps, values), None where it has none."""
    path = expect.record(ending)["path"]
    return None if path is None else expect.array(path, what, "tensor").values.astype(float)


def is_clamped(path: Numbers, low: float, high: float) -> bool:
    """Whether outputs climb in a straight line between two ends and are flat beyond them.

    A tanh and a sigmoid bend everywhere and come ever nearer to their ends.

    Args:
        path: the outputs, (steps, values), as what the last layer says grows evenly.
        low: where the lower end begins.
        high: where the upper end begins.
    """
    if path.ndim != 2 or len(path) < 2:
        return False
    rises = np.diff(path, axis=0)
    is_between = (path > low) & (path < high)
    inside = is_between[:-1] & is_between[1:]
    is_flat = (rises == 0) & ~is_between[:-1] & ~is_between[1:]
    if not (inside.sum(axis=0) >= 4).all() or not is_flat.any(axis=0).all():
        return False
    rise = float(rises[inside].mean())
    return bool(rise != 0 and np.abs(rises[inside] / rise - 1).max() < 1e-2)


def activation_before(ending: Any, path: Numbers | None, low: float, high: float) -> str:
    """The activation that the last layer's numbers pass before the squash, by name; "" for none.

    A squash alone treats both signs alike. What comes before it counts where it bends at the
    middle, as ReLU and its kin do, or where it is called by name and numbers of one sign do not
    get nearly as far as those of the other.

    Args:
        ending: the probe's report.
        path: its values, see `path_of`.
        low: the lower end of the squash.
        high: its upper end.
    """
    after = expect.texts(expect.record(ending)["after"])
    squashes = [place for place, name in enumerate(after) if name in SQUASHES]
    if path is None or not squashes or ACTIVATIONS.keys() & set(after[squashes[-1] + 1 :]):
        return ""
    named = [ACTIVATIONS[name] for name in after[: squashes[-1]] if name in ACTIVATIONS]
    with np.errstate(all="ignore"):
        before = np.arctanh(2 * (path - low) / (high - low) - 1)  # what went into the squash
    if path.ndim != 2 or len(path) < 2 or not np.isfinite(before).all():
        return ""
    is_lopsided = bool((_ratio(-before[0], before[-1]) < UNEQUAL).all())
    if (named and is_lopsided) or _is_kinked(before):
        return named[-1] if named else "something that bends at 0"
    return ""


def _is_kinked(before: Numbers) -> bool:
    """Whether each value climbs in two straight lines, one below 0 and one above."""
    rises = np.diff(before, axis=0)
    slopes = []
    for side in (before <= 1e-6, before >= -1e-6):
        inside = side[:-1] & side[1:]
        count = inside.sum(axis=0)
        if not (count >= 4).all():
            return False
        slope = np.where(inside, rises, 0).sum(axis=0) / count
        gap = np.where(inside, np.abs(rises - slope), 0).max(axis=0)
        if not (gap < 0.02 * np.abs(rises).max(axis=0)).all():
            return False
        slopes.append(slope)
    return bool((_ratio(*slopes) < UNEQUAL).all())


def _ratio(one: Numbers, other: Numbers) -> Numbers:
    """The smaller of two numbers, as a share of the larger; 0 and less where signs differ."""
    large = np.maximum(np.abs(one), np.abs(other))
    return np.asarray(np.minimum(one, other) / np.where(large > 0, large, 1))
