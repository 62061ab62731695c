"""Statistics with a stated chance of a false alarm, on plain NumPy arrays.

Every bound here belongs to a check that runs once; `FALSE_ALARM` is the probability with which
right code would break it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, Any]

FALSE_ALARM = 1e-7
# The two-sided normal quantile for FALSE_ALARM is 5.33. The statistics compared with it are sums
# of 20,000 terms whose tails are a little heavier than normal, hence the margin.
Z_BOUND = 6.0


def normal_cdf(x: Numbers) -> Numbers:
    """P(Z <= x) for Z from N(0, 1); any shape."""
    return np.asarray(0.5 * (1 + np.vectorize(math.erf, otypes=[float])(x / math.sqrt(2))))


def uniform_cdf(x: Numbers) -> Numbers:
    """P(U <= x) for U uniform with mean 0 and deviation 1, that is on [-√3, √3]."""
    return np.asarray(np.clip(x / (2 * math.sqrt(3)) + 0.5, 0, 1))


def ks_distance(sample: Numbers, cdf: Any) -> float:
    """Kolmogorov and Smirnov's distance: the widest gap between sample and distribution."""
    ordered = np.sort(np.ravel(sample).astype(float))
    n = len(ordered)
    expected = cdf(ordered)
    steps = np.arange(n + 1) / n
    return float(max(np.max(steps[1:] - expected), np.max(expected - steps[:-1])))


def ks_bound(n: int) -> float:
    """The distance that n independent draws exceed with probability FALSE_ALARM at most.

    The inequality of Dvoretzky, Kiefer and Wolfowitz with Massart's constant (1990),
    P(distance > d) <= 2 exp(-2 n d²), solved for d.
    """
    return math.sqrt(math.log(2 / FALSE_ALARM) / (2 * n))


def mean_z(sample: Numbers) -> float:
    """How many standard errors the mean of N(0, 1) draws lies from 0."""
    return float(np.mean(sample, dtype=float) * math.sqrt(sample.size))


def deviation_z(sample: Numbers) -> float:
    """The same for the mean square, which is 1 with variance 2 / n."""
    square = np.mean(np.square(sample, dtype=float))
    return float((square - 1) * math.sqrt(sample.size / 2))


def neighbour_z(sample: Numbers, axis: int) -> float:
    """The same for the mean product of neighbours along an axis, 0 if they are independent."""
    table = np.moveaxis(np.asarray(sample, dtype=float), axis, 0)
    products = table[1:] * table[:-1]
    return float(products.mean() * math.sqrt(products.size))


def closest_pair(rows: Numbers) -> tuple[int, int, float]:
    """The two most alike rows: (i, j, |correlation|).

    For two independent rows of 100 normal numbers a correlation beyond 0.9 has probability
    below 1e-30 (Student's t of 20 with 98 degrees of freedom).
    """
    centred = rows - rows.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(centred, axis=1, keepdims=True)
    unit = centred / np.where(norms > 0, norms, 1)
    alike = np.abs(unit @ unit.T)
    alike[norms[:, 0] == 0, :] = 1.0  # a constant row is no noise at all
    np.fill_diagonal(alike, 0)
    i, j = np.unravel_index(int(np.argmax(alike)), alike.shape)
    return int(min(i, j)), int(max(i, j)), float(alike[i, j])


def is_cut(values: Numbers) -> bool:
    """Whether 20,000 numbers of a bell's shape stop short of where it ends, or pile up there.

    The farthest of 20,000 normal numbers lies within 3 deviations of the centre with probability
    0.9973^20000 = 1e-23, and within 3.15 with 1e-14, should the quartiles be that far off. Five
    of them are equal to it with probability below 1e-7 even in half precision, where numbers near
    4 are 0.004 apart: the five farthest are about 0.06 to 0.25 apart.
    """
    low, centre, high = np.quantile(values, [0.25, 0.5, 0.75])
    deviation = (high - low) / 1.349
    ends = (values.min(), values.max())
    piled_up = any(np.count_nonzero(values == end) >= 5 for end in ends)
    return bool(piled_up or max(abs(end - centre) for end in ends) < 3 * deviation)
