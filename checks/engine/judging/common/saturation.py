"""Is a network's last activation a clamp, where it should be a tanh or a sigmoid?"""

from __future__ import annotations

from typing import Any

import numpy as np

Numbers = np.ndarray[Any, Any]


def is_clamped(path: Numbers, low: float, high: float) -> bool:
    """Whether outputs climb in a straight line between two ends and are flat beyond them.

    A tanh and a sigmoid bend everywhere and come ever nearer to their ends.

    Args:
        path: the outputs, (steps, values), as the last layer's bias grows evenly.
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
