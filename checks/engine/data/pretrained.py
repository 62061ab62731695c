"""A small generator that is trained already, so that digits can be seen before the first training.

    images = generate(noise)

Its two hidden layers have 128 and 256 numbers, else it is the one of the intermediate tier. The
weights lie beside this file as plain arrays, one byte each; `checks/benchmarks/pretrained.py`
trains it, and says how good it is.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

FILE = Path(__file__).with_name("pretrained.npz")
LATENT_DIM = 100
SLOPE = 0.2  # of LeakyReLU
SIDE = 28  # pixels

FloatArray = NDArray[np.float32]
Layer = tuple[FloatArray, FloatArray]


def generate(noise: ArrayLike) -> FloatArray:
    """What the generator makes of latent vectors.

    Args:
        noise: latent vectors, shape (N, 100).

    Returns:
        Images in [-1, 1], float32, shape (N, 28, 28).

    Raises:
        ValueError: the noise is no table of 100 columns.
    """
    x = np.asarray(noise, np.float32)
    if x.ndim != 2 or x.shape[1] != LATENT_DIM:
        raise ValueError(f"noise must have the shape (N, {LATENT_DIM}), not {x.shape}")
    *hidden, last = layers()
    for weight, bias in hidden:
        x = x @ weight.T + bias
        x = np.maximum(x, SLOPE * x)
    images: FloatArray = np.tanh(x @ last[0].T + last[1]).reshape(-1, SIDE, SIDE)
    return images


@cache
def layers() -> tuple[Layer, ...]:
    """Weight (out, in) and bias (out,) of each linear layer, from noise to image."""
    with np.load(FILE, allow_pickle=False) as arrays:
        return tuple(
            (arrays[f"weight{i}"] * arrays[f"scale{i}"][:, None].astype(np.float32),
             arrays[f"bias{i}"].astype(np.float32))
            for i in range(len(arrays.files) // 3)
        )  # fmt: skip


def pack(trained: tuple[Layer, ...]) -> dict[str, NDArray[np.generic]]:
    """Layers as they are kept: weights in 255 steps, each row on a scale of its own."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for i, (weight, bias) in enumerate(trained):
        scale = (np.abs(weight).max(axis=1) / 127).astype(np.float16)
        steps = np.round(weight / scale[:, None].astype(np.float32)).clip(-127, 127)
        arrays |= {f"weight{i}": steps.astype(np.int8), f"scale{i}": scale,
                   f"bias{i}": bias.astype(np.float16)}  # fmt: skip
    return arrays
