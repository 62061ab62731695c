"""Where each image of a grid has gone in a PNG file, whatever its size, margins and order.

Nothing is searched for: every image is one plain shade in each of two pictures, and the pair of
shades is its number. Whatever dots show a pair belong to that image. A third picture, in which all
images are darker at the top than at the bottom and, less so, at the left than at the right, tells
which way they are turned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, Any]

N_IMAGES = 18  # more than 16, and no multiple of 4
N_SHADES = 5
# Where one shade ends and the next begins; color maps such as Greys_r bend, by up to 0.1.
BOUNDS = (0.15, 0.41, 0.67, 0.925)
# Not the pairs of a shade with itself, which are margins, text and empty places too.
PAIRS = [(a, b) for a in range(N_SHADES) for b in range(N_SHADES) if a != b][:N_IMAGES]
SMALL_SHARE = 0.25  # of the largest place; places are alike, but for a few dots at their edges


def coded_images() -> list[Numbers]:
    """What the generator gives for the three pictures: (N_IMAGES, 784) twice, (1, 784) once."""
    coded = []
    for k in range(2):
        shades = np.array([pair[k] for pair in PAIRS], np.float32) / (N_SHADES - 1) * 2 - 1
        images = np.repeat(shades[:, None], 784, axis=1)
        images[:, -2:] = (-1, 1)  # both ends of the range, for who stretches it
        coded.append(images)
    quarters = np.array([[-1, -1 / 3], [1 / 3, 1]], np.float32)
    return [*coded, np.kron(quarters, np.ones((14, 14), np.float32)).reshape(1, 784)]


def read(grays: list[Numbers]) -> tuple[int, bool, str]:
    """(how many images are to be seen, whether that can be relied on, how they are turned).

    `grays` are the three pictures, 0 to 255, all of one shape.
    """
    first, second = (np.digitize(gray / 255, BOUNDS) for gray in grays[:2])
    counts = np.bincount((first * N_SHADES + second).ravel(), minlength=N_SHADES**2)
    areas = np.array([counts[a * N_SHADES + b] for a, b in PAIRS])
    is_seen = areas > SMALL_SHARE * areas.max()
    is_readable = bool(areas.sum() > 0.5 * (first != second).sum() > 0)
    steps = [
        _steps((first == a) & (second == b), grays[2] / 255)
        for (a, b), there in zip(PAIRS, is_seen, strict=True)
        if there
    ]
    turned = _turned(*np.median(steps, axis=0)) if is_readable else ""
    return int(is_seen.sum()), is_readable, turned


def changed_as(grays: list[Numbers], change: Callable[[Numbers], Numbers]) -> bool:
    """Whether all images are there, their pixels changed in this way on the way to the picture.

    Images whose shades the change makes equal in both pictures can't be told from the margins, and
    images that it makes alike share a number; all the other numbers have to be there, each on as
    much room as its images need, and hardly anything else.
    """
    first, second = (np.digitize(gray / 255, BOUNDS) for gray in grays[:2])
    counts = np.bincount((first * N_SHADES + second).ravel(), minlength=N_SHADES**2)
    shades = np.linspace(-1, 1, N_SHADES)
    becomes = np.digitize(change(shades), BOUNDS)
    awaited = np.zeros(N_SHADES**2)
    for a, b in PAIRS:
        awaited[becomes[a] * N_SHADES + becomes[b]] += becomes[a] != becomes[b]
    is_awaited, is_margin = awaited > 0, np.arange(N_SHADES**2) % (N_SHADES + 1) == 0
    room = counts[is_awaited] / awaited[is_awaited]
    strange = counts[~is_awaited & ~is_margin].sum()
    return bool(
        room.size
        and room.min() > 2 * SMALL_SHARE * room.max() > 0
        and strange < 0.3 * counts[is_awaited].sum()
    )


def _steps(place: Numbers, gray: Numbers) -> tuple[float, float]:
    """How much brighter a place is (at its right, at its bottom) than on the other side."""
    rows, columns = np.nonzero(place)
    shades = gray[rows, columns]
    steps = []
    for at in (columns, rows):
        middle = np.median(at)
        far, near = shades[at > middle], shades[at < middle]
        steps.append(float(far.mean() - near.mean()) if far.size and near.size else 0.0)
    return steps[0], steps[1]


def _turned(across: float, down: float) -> str:
    if down < -0.1:
        return "upside down"
    if across < -0.1:
        return "mirrored"
    return "with rows and columns swapped" if across > 1.3 * abs(down) else ""
