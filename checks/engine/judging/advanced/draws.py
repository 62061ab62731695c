"""Whether the latent vectors that G was fed look like numbers from N(0, 1), one vector an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from checks.engine.judging.advanced.loss_findings import Finding

FEWEST = 40  # numbers that a batch needs to be judged
EXPECTED = "Latent vectors from N(0, 1), another one for each image."


@dataclass(frozen=True)
class Draw:
    """A batch of z: how many numbers, their sum, sum of squares, smallest and largest, and the
    largest difference of two vectors at one place."""

    count: int
    total: float
    squares: float
    low: float
    high: float
    apart: float


def draw_of(z: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Draw:
    """The figures of latent vectors (N, L)."""
    apart = float(np.ptp(z, axis=0).max())
    squares = float(np.square(z).sum())
    return Draw(z.size, float(z.sum()), squares, float(z.min()), float(z.max()), apart)


def draw_finding(draw: Draw, aspect: str = "fed") -> Finding | None:
    """Gross errors only: 40 numbers all lie in [-1, 1] by chance with probability 3e-7."""
    if draw.count < FEWEST:
        return None
    mean, square = draw.total / draw.count, draw.squares / draw.count
    if draw.apart == 0:
        return Finding(aspect, "noise-repeated", EXPECTED, "All latent vectors were equal.")
    if draw.low >= 0 or max(-draw.low, draw.high) <= 1:
        came = f"All {draw.count} latent numbers lie between {draw.low:.2f} and {draw.high:.2f}."
        return Finding(aspect, "noise-uniform", EXPECTED, came)
    # For n = 40 numbers and more the mean lies beyond 6/√n, or the mean square outside of
    # 0.15 and 3.5, with a probability below 1e-8 (normal and chi-squared distribution).
    if abs(mean) * draw.count**0.5 > 6:
        came = f"{draw.count} latent numbers with mean {mean:.2f}."
        return Finding(aspect, "noise-shifted", EXPECTED, came)
    if not 0.15 < square < 3.5:
        came = f"{draw.count} latent numbers with deviation {(square - mean**2) ** 0.5:.2f}."
        return Finding(aspect, "noise-scaled", EXPECTED, came)
    return None
