"""The Fréchet distance between two sets of images, in a fixed and simple feature space.

The features are the first principal components of the embedded digits, coarse shapes of ink, and
the length of what they leave of an image, which is large for noise and small for strokes. The
distance is that of the normal distributions fitted to the two sets,
|m1 - m2|² + tr(C1 + C2 - 2 (C1 C2)^½)  (Dowson and Landau, 1982; as a score for GANs: Heusel et
al., 2017, with other features). Its unit here is that of squared pixel values summed over 784.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from checks.engine.data.digits import draw_digits

Numbers = np.ndarray[Any, Any]
N_FEATURES = 24


def distance(images: Numbers, digits: Numbers) -> float:
    """The distance of two sets of images in [-1, 1], shapes (N, 784) and (M, 784)."""
    return between(_features(images), _features(digits))


def between(one: Numbers, other: Numbers) -> float:
    """The distance of two sets of features, shapes (N, F) and (M, F), N and M at least 2."""
    (m1, c1), (m2, c2) = _normal(one), _normal(other)
    # C1 C2 has the eigenvalues of C1^½ C2 C1^½, which is symmetric.
    root = _square_root(c1)
    cross = np.linalg.eigvalsh(root @ c2 @ root)
    squared = (
        np.sum((m1 - m2) ** 2)
        + np.trace(c1)
        + np.trace(c2)
        - 2 * np.sqrt(np.clip(cross, 0, None)).sum()
    )
    return max(0.0, float(squared))  # equal sets may end a rounding error below


def _features(images: Numbers) -> Numbers:
    """Shape (N, 784) -> (N, N_FEATURES + 1)."""
    centre, directions = _components()
    centred = np.asarray(images, dtype=float) - centre
    inside = centred @ directions
    left = np.sum(centred**2, axis=1) - np.sum(inside**2, axis=1)
    return np.column_stack([inside, np.sqrt(np.clip(left, 0, None))])


@cache
def _components() -> tuple[Numbers, Numbers]:
    """The digits' mean (784,) and first principal directions (784, N_FEATURES)."""
    digits = draw_digits(1500, seed=1)[0].reshape(-1, 784) / 127.5 - 1
    centre = digits.mean(axis=0)
    _, directions = np.linalg.eigh(np.cov(digits.T))
    return centre, directions[:, -N_FEATURES:]


def _normal(features: Numbers) -> tuple[Numbers, Numbers]:
    return features.mean(axis=0), np.cov(features.T)


def _square_root(matrix: Numbers) -> Numbers:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T)
