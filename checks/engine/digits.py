"""The embedded digits: 28×28 handwriting, drawn from strokes whenever it is needed.

    images, labels = draw_digits(10_000, seed=0)

They stand in for MNIST where there is no network, and the checks measure samples against them.
A hand picks one of its digit's styles (`strokes.py`), moves the points a little, bends, slants
and stretches the whole, and writes it with a pen of its own width. Conventions are MNIST's: white
on black, the ink scaled to fit a box of 20×20 pixels, the centre of its mass in the middle.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from checks.engine.strokes import DOTS, FloatArray, styles

SIDE = 28  # pixels
BOX = 20  # pixels
OPENNESS = 0.18
THIN = 0.55
CHUNK = 250  # images rendered at once: the dots of so many fit into a processor's cache


def draw_digits(
    n: int, seed: int = 0, labels: ArrayLike | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw `n` handwritten digits.

    Args:
        n: how many, 0 or more.
        seed: the same `n`, `seed` and `labels` give the same images. NumPy's global random state
            is neither read nor changed.
        labels: `n` digits to draw, in this order; without them all ten come equally often (to
            within one) in random order.

    Returns:
        Images, uint8 `(n, 28, 28)`, 0 black and 255 white; labels, int64 `(n,)`.

    Raises:
        ValueError: `n` is negative, or `labels` aren't `n` whole numbers from 0 to 9.
    """
    if n < 0:
        raise ValueError(f"n must be 0 or more, not {n}")
    random = np.random.default_rng(seed)
    digits = random.permutation(np.arange(n) % 10) if labels is None else _checked(labels, n)
    points, joined = _write(digits, random)
    images = np.empty((n, SIDE, SIDE), np.uint8)
    pen = np.exp(random.normal(0.1, 0.32, n)).clip(0.55, 2.3).astype(np.float32)
    for start in range(0, n, CHUNK):
        part = slice(start, start + CHUNK)
        images[part] = _ink(points[part], joined[part], pen[part])
    return images, digits


def _checked(labels: ArrayLike, n: int) -> NDArray[np.int64]:
    digits = np.asarray(labels)
    if digits.shape != (n,) or (n and digits.dtype.kind not in "iu"):
        raise ValueError(f"labels must be {n} whole numbers")
    if n and not (0 <= digits.min() and digits.max() <= 9):
        raise ValueError("labels must lie between 0 and 9")
    return digits.astype(np.int64)


def _write(
    digits: NDArray[np.int64], random: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Dots along the strokes of every digit (n, DOTS, 2), height about 1; joins (n, DOTS - 1)."""
    known = styles()
    style = np.empty(len(digits), np.int64)
    for digit in range(10):
        (where,) = np.nonzero(digits == digit)
        (choice,) = np.nonzero(known.digits == digit)
        style[where] = random.choice(choice, len(where), p=_normalized(known.shares[choice]))
    points = np.empty((len(digits), DOTS, 2), np.float32)
    shaky = np.abs(random.normal(0.0, 0.03, len(digits))) + 0.01
    for number in range(len(known.digits)):
        (where,) = np.nonzero(style == number)
        controls = known.controls[number]
        moved = random.normal(0.0, 0.8, (len(where), len(controls)+1, 2)) * shaky[where, None, None]
        moved = moved[:,1:]+moved[:,:-1]
        points[where] = known.curves[number] @ (controls + moved).astype(np.float32)
    return _deform(points - 0.5, random), known.joined[style]


def _normalized(shares: FloatArray) -> NDArray[np.float64]:
    return shares.astype(np.float64) / shares.sum(dtype=np.float64)


def _deform(points: FloatArray, random: np.random.Generator) -> FloatArray:
    """Bend, slant, turn and stretch each digit as a whole."""
    n = len(points)
    for _ in range(2):  # a wave through the plane moves neighbouring strokes together
        direction = random.normal(0.0, 4.0, (n, 2, 1)).astype(np.float32)
        phase = random.uniform(0.0, 2 * np.pi, (n, 1, 1)).astype(np.float32)
        height = random.normal(0.0, 0.04, (n, 1, 2)).astype(np.float32)
        points = points + np.sin(points @ direction + phase) * height
    aspect = np.exp(random.normal(-0.05, 0.2, n))
    slant = random.normal(0.15, 0.26, n).clip(-0.5, 0.8)
    turn = random.normal(0.0, 0.12, n)
    matrix = np.empty((n, 2, 2))
    matrix[:, 0] = np.stack([aspect * np.cos(turn), aspect * np.sin(turn)], 1)
    matrix[:, 1] = np.stack([-np.sin(turn) - slant, np.cos(turn)], 1)
    return points @ matrix.astype(np.float32)


def _widest(points: FloatArray, length: FloatArray) -> FloatArray:
    """The widest pen (n,), in pixels, that leaves a digit's loops open.

    Args:
        points: (n, DOTS, 2), in pixels.
        length: (n,), of all strokes, in pixels.
    """
    spread = points - points.mean(1, keepdims=True)
    (xx, xy), (_, yy) = np.moveaxis(spread.transpose(0, 2, 1) @ spread / DOTS, 0, 2)
    # 8 times this root is a ring's width times its height; a slant leaves it as it is.
    area = 8 * np.sqrt(np.maximum(xx * yy - xy**2, 0.0))
    # One straight line, as long as the box, fills nothing up.
    return OPENNESS * area / np.maximum(length - BOX, 1e-3)


def _ink(points: FloatArray, joined: FloatArray, pen: FloatArray) -> NDArray[np.uint8]:
    """Images (n, 28, 28) of dots (n, DOTS, 2) and the pen's spread (n,) in pixels.

    Every dot is a small Gaussian hill as high as its share of the stroke's length, so a line is a
    ridge of height 1 wherever its dots lie, and the ink's edge is the ridge's half height. A
    Gaussian is a product of one in x and one in y: the sum over the dots is a matrix product.
    """
    low, high = points.min(1), points.max(1)
    points = (points - low[:, None]) * (BOX / (high - low).max(1))[:, None, None]
    steps = np.hypot(*np.moveaxis(np.diff(points, axis=1), 2, 0)) * joined
    pen = np.minimum(pen, np.maximum(_widest(points, steps.sum(1)),THIN))
    margin = 1.18 * pen[:, None] + 0.5  # from a line's middle to where its ink ends
    scale = 1 - 2 * margin / BOX
    points = points * scale[:, None] + margin[:, None]  # the ink's box begins at (0, 0)
    steps = steps * scale
    length = np.zeros(points.shape[:2], np.float32)
    length[:, 1:] += steps / 2
    length[:, :-1] += steps / 2
    centre = (points * length[:, :, None]).sum(1) / length.sum(1, keepdims=True)
    # Whole pixels, as in MNIST: the box stays on the grid and the ink within 20 pixels.
    points = points + np.round(SIDE / 2 - centre)[:, None]
    grid = np.arange(SIDE, dtype=np.float32) + np.float32(0.5)
    fall = (points[..., None] - grid) ** 2 / (2 * pen**2)[:, None, None, None]
    # Numbers below float32's normal range are slow, and a hill is nothing long before that.
    hills = np.exp(-np.minimum(fall, 20))
    hills[:, :, 1] *= (length / (math.sqrt(2 * math.pi) * pen[:, None]))[:, :, None]
    ridge = hills[:, :, 1].transpose(0, 2, 1) @ hills[:, :, 0]
    # The ridge's slope at half height is 0.59 / pen: this makes the edge one pixel wide.
    ink = 0.5 + (ridge - 0.5) * np.maximum(1.7 * pen, 1.0)[:, None, None]
    return (ink.clip(0, 1) * 255).round().astype(np.uint8)
