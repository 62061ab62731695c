"""The real images of the checks that train: the embedded digits, or MNIST from `--data`."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from checks.engine.data.digits import draw_digits

Numbers = np.ndarray[Any, Any]
_mnist: dict[str, Numbers] = {}  # by folder; at most one


def use(folder: str) -> None:
    """Take MNIST from a folder from now on, or with "" the embedded digits again.

    Raises:
        DataError: the folder does not hold MNIST.
    """
    if list(_mnist) == [folder] or not (_mnist or folder):
        return
    _mnist.clear()
    normalized.cache_clear()
    if folder:
        from checks.engine.data.mnist import training_images  # slow to load

        _mnist[folder] = training_images(folder).images.numpy()


@cache
def normalized(n: int, seed: int = 0) -> Numbers:
    """n images as the lesson wants them: float32 in [-1, 1], shape (n, 784)."""
    if _mnist:
        (every,) = _mnist.values()
        rows = np.random.default_rng(seed).permutation(len(every))[:n]
        images = every[rows]
    else:
        images = draw_digits(n, seed=seed)[0]
    return (images.reshape(len(images), 784) / 127.5 - 1).astype(np.float32)
