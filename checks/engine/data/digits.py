"""The embedded digits: 28×28 handwriting, drawn from strokes whenever it is needed.

    images, labels = draw_digits(10_000, seed=0)

They stand in for MNIST where there is no network, and the checks measure samples against them.
A hand picks one of its digit's styles (`strokes.py`), moves the points a little, bends, slants
and stretches the whole, and writes it with a pen of its own width and pressure. The conventions
are MNIST's: white on black, the ink scaled to fit a box of 20×20 pixels, its centre of mass in
the middle of the image.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from checks.engine.data.strokes import DOTS, FloatArray, styles

SIDE = 28  # pixels
BOX = 20  # pixels
EDGE = 1.2  # pixels, from white to black
CHUNK = 100  # images rendered at once: few enough for a processor's cache


def draw_digits(
    n: int, seed: int = 0, labels: ArrayLike | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw `n` handwritten digits.

    Args:
        n: how many, 0 or more.
        seed: 0 or more; the same `n`, `seed` and `labels` give the same images (on another kind
            of processor a gray level may differ by one). NumPy's global random state is neither
            read nor changed.
        labels: `n` digits to draw, in this order; without them all ten come equally often (to
            within one) in random order.

    Returns:
        Images, uint8 `(n, 28, 28)`, 0 black and 255 white; labels, int64 `(n,)`.

    Raises:
        ValueError: `n` or `seed` is negative, or `labels` aren't `n` whole numbers from 0 to 9.
    """
    if n < 0:
        raise ValueError(f"n must be 0 or more, not {n}")
    random = np.random.default_rng(seed)
    if labels is None:
        digits = random.permutation(np.arange(n, dtype=np.int64) % 10)
    else:
        digits = _checked(labels, n)
    dots, joined = _write(digits, random)
    dots = _deform(dots, random)
    pens = _pens(n, random)
    images = np.empty((n, SIDE, SIDE), np.uint8)
    for start in range(0, n, CHUNK):
        part = slice(start, start + CHUNK)
        images[part] = _centred(_ink(dots[part], joined[part], pens[part]))
    return images, digits


def _checked(labels: ArrayLike, n: int) -> NDArray[np.int64]:
    digits = np.asarray(labels)
    if digits.shape != (n,) or (n and digits.dtype.kind not in "iu"):
        raise ValueError(f"labels must be {n} whole numbers")
    if n and not (digits.min() >= 0 and digits.max() <= 9):
        raise ValueError("labels must lie between 0 and 9")
    return digits.astype(np.int64)


def _write(digits: NDArray[np.int64], random: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Dots (n, DOTS, 2) along each digit's strokes, its height 1, and their joins (n, DOTS - 1)."""
    known = styles()
    style = np.empty(len(digits), np.int64)
    for digit in range(10):
        (where,) = np.nonzero(digits == digit)
        (choices,) = np.nonzero(known.digits == digit)
        style[where] = random.choice(choices, len(where), p=known.shares[choices])
    dots = np.empty((len(digits), DOTS, 2), np.float32)
    shaky = 0.01 + np.abs(random.normal(0, 0.03, (len(digits), 1, 1)))
    for number, (controls, curve) in enumerate(zip(known.controls, known.curves, strict=True)):
        (where,) = np.nonzero(style == number)
        tremor = random.normal(0, 0.8, (len(where), len(controls) + 1, 2)) * shaky[where]
        # A point shares half its tremor with the next one: hands wobble, they don't jump.
        moved = controls + tremor[:, 1:] + tremor[:, :-1]
        dots[where] = curve @ moved.astype(np.float32)
    return dots, known.joined[style]


def _deform(dots: FloatArray, random: np.random.Generator) -> FloatArray:
    """Bend, slant, turn and stretch each digit as a whole: (n, DOTS, 2) to the same."""
    n = len(dots)
    dots = dots - np.float32(0.5)
    for _ in range(2):  # a wave through the plane moves neighbouring strokes together
        direction = random.normal(0, 4, (n, 2, 1)).astype(np.float32)
        phase = random.uniform(0, 2 * math.pi, (n, 1, 1)).astype(np.float32)
        height = random.normal(0, 0.04, (n, 1, 2)).astype(np.float32)
        dots += np.sin(dots @ direction + phase) * height
    aspect = np.exp(random.normal(-0.05, 0.2, n))
    slant = random.normal(0.15, 0.26, n).clip(-0.5, 0.8)
    turn = random.normal(0, 0.12, n)
    matrix = np.empty((n, 2, 2), np.float32)
    matrix[:, 0] = np.stack([aspect * np.cos(turn), aspect * np.sin(turn)], axis=1)
    matrix[:, 1] = np.stack([-np.sin(turn) - slant, np.cos(turn)], axis=1)
    deformed: FloatArray = dots @ matrix
    return deformed


def _pens(n: int, random: np.random.Generator) -> FloatArray:
    """Half the line's width at each dot (n, DOTS), in pixels: a pen for each hand, and pressure."""
    width = np.exp(random.normal(0.36, 0.32, (n, 1))).clip(0.7, 3)
    turns = random.uniform(0, 1, (n, 1)) + random.uniform(0.5, 2, (n, 1)) * np.linspace(0, 1, DOTS)
    pressure = random.normal(0, 0.12, (n, 1)).clip(-0.3, 0.3) * np.sin(2 * math.pi * turns)
    pens: FloatArray = (width * (1 + pressure)).astype(np.float32)
    return pens


def _ink(dots: FloatArray, joined: FloatArray, pens: FloatArray) -> NDArray[np.uint8]:
    """Ink in its box (n, 20, 20) from dots (n, DOTS, 2), joins (n, DOTS - 1), pens (n, DOTS)."""
    size = np.ptp(dots, axis=1, keepdims=True).max(axis=2, keepdims=True)
    dots = dots * (BOX / size)
    steps = np.hypot(*np.moveaxis(np.diff(dots, axis=1), 2, 0)) * joined
    pens = pens * _thinning(dots, steps, pens)[:, None]
    scale = _scale(dots, pens)
    dots = dots * scale
    low, high = _ends(dots, pens)
    dots += (BOX - low - high) / 2
    # The pen differs from dot to dot, so distances are in half widths: 1 is the ink's edge.
    outside = _distance(dots, _lengths(steps * scale[:, 0], joined, pens), pens) - 1
    ink = 0.5 - outside * (pens.mean(axis=1) / EDGE)[:, None, None]
    gray: NDArray[np.uint8] = (ink.clip(0, 1) * 255).round().astype(np.uint8)
    return gray


def _centred(boxes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Images (n, 28, 28) with each box (n, 20, 20) where its centre of mass is in the middle."""
    n = len(boxes)
    middles = np.arange(0.5, BOX)
    mass = boxes.sum(axis=(1, 2))
    corners = []
    for axis in (2, 1):
        centre = boxes.sum(axis=axis) @ middles / mass
        corner = np.round(SIDE / 2 - centre).clip(0, SIDE - BOX).astype(int)
        corners.append(corner[:, None] + np.arange(BOX))
    rows, columns = corners
    images = np.zeros((n, SIDE, SIDE), np.uint8)
    images[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]] = boxes
    return images


def _ends(dots: FloatArray, pens: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Where the ink begins and ends (n, 1, 2), across and down."""
    reach = pens[:, :, None]
    low: FloatArray = (dots - reach).min(axis=1, keepdims=True)
    high: FloatArray = (dots + reach).max(axis=1, keepdims=True)
    return low, high


def _scale(dots: FloatArray, pens: FloatArray) -> FloatArray:
    """Factors (n, 1, 1) that make dots and the ink around them fit the box, all in pixels.

    The pen doesn't scale along. The ink's size is a convex function of the factor: as wide as the
    pen at 0, as it is at 1, and never above the straight line between the two.
    """
    low, high = _ends(dots, pens)
    size = (high - low).max(axis=2, keepdims=True)
    pen = 2 * pens.max(axis=1)[:, None, None]
    factors: FloatArray = (BOX - EDGE - pen) / (size - pen)
    return factors


def _lengths(steps: FloatArray, joined: FloatArray, pens: FloatArray) -> FloatArray:
    """The piece of stroke (n, DOTS) that each dot stands for, from the steps between the dots.

    Where a stroke ends, half a line's width comes on top: it makes the end round.
    """
    lifted = np.pad(1 - joined, ((0, 0), (1, 1)), constant_values=1)
    length = pens * (lifted[:, 1:] + lifted[:, :-1])
    length[:, 1:] += steps / 2
    length[:, :-1] += steps / 2
    return length


def _distance(dots: FloatArray, length: FloatArray, pens: FloatArray) -> FloatArray:
    """Distance (n, 20, 20) from each pixel's centre to the stroke, in units of `pens` (n, DOTS).

    Every dot is a Gaussian hill of spread `pens / 2`, as high as its share of the stroke's
    `length`, so that together they make a ridge of height 1. How high a pixel lies on the ridge's
    side tells its distance, smoothly also where strokes meet. A hill is a product of a curve in x
    and one in y: the sum over all dots is one matrix product.
    """
    spread = pens / 2
    pixels = np.arange(0.5, BOX, dtype=np.float32)
    fall = (dots[..., None] - pixels) ** 2 / (2 * spread**2)[:, :, None, None]
    # Numbers below float32's normal range are slow, and a hill is as good as flat long before.
    hills = np.exp(-np.minimum(fall, 20))
    hills[:, :, 1] *= (length / (math.sqrt(2 * math.pi) * spread))[:, :, None]
    ridge = hills[:, :, 1].transpose(0, 2, 1) @ hills[:, :, 0]
    distance: FloatArray = np.sqrt(-2 * np.log(ridge.clip(1e-9, 1))) / 2
    return distance


def _thinning(dots: FloatArray, steps: FloatArray, pens: FloatArray) -> FloatArray:
    """Factors (n,), at most 1, for pens that would fill their digit's loops up; all in pixels."""
    away = dots - dots.mean(axis=1, keepdims=True)
    (xx, xy), (_, yy) = np.moveaxis(away.transpose(0, 2, 1) @ away / DOTS, 0, 2)
    # For a ring, 8 times this root is its width times its height; a slant leaves it as it is.
    area = 8 * np.sqrt(np.maximum(xx * yy - xy**2, 0))
    # One line straight through the box can't close anything, whatever its width.
    turns = np.maximum(steps.sum(axis=1) - BOX, 1e-3)
    widest = np.maximum(0.3 * area / turns, 0.65)
    factors: FloatArray = np.minimum(widest / pens.mean(axis=1), 1)
    return factors
