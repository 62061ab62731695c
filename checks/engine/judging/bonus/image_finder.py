"""Finding known 28 × 28 images in what was drawn: where each one is, and in which shades."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from checks.engine.judging.common import expect
from checks.engine.sandbox.solution import Evidence
from checks.engine.sandbox.wire import Array

Numbers = np.ndarray[Any, Any]

SIDE = 28
MAX_SIDE = 1200
ALIKE = 0.8  # |correlation|; cutting off half of the range leaves 0.89, chance stays below 0.3


@dataclass(frozen=True)
class Picture:
    """A gray picture, values in [0, 1], and its (left, right, bottom, top) on the page."""

    gray: Numbers
    box: tuple[float, float, float, float]
    is_coloured: bool = False


@dataclass(frozen=True)
class Found:
    """One image as it was found: its centre and size on the page (y upwards), its shades."""

    x: float
    y: float
    width: float
    height: float
    shades: Numbers


def pictures(evidence: Any) -> list[Picture]:
    """The pictures of a probe's report."""
    if not isinstance(evidence, list):
        Evidence().__missing__("")
    found = []
    for entry in evidence:
        colours, box = (entry.get("colours"), entry.get("box")) if type(entry) is dict else (0, 0)
        left, right, bottom, top = expect.items(expect.numbers(box), 4)
        if not isinstance(colours, Array) or colours.values.ndim != 3 or not colours.values.size:
            continue
        values = colours.values.astype(float) / 255
        coloured = bool(np.ptp(values, axis=2).max() > 0.02)
        gray = values.mean(axis=2)
        found.append(Picture(gray, (left, right, bottom, top), coloured))
    return found


def find(where: list[Picture], images: Numbers) -> list[Found | None]:
    """Each image's best match in the pictures, where there is a good one."""
    seen = _sightings(where, images)
    return [max(every, key=lambda one: one[0])[1] if every else None for every in seen]


def n_places(where: list[Picture], images: Numbers) -> list[int]:
    """In how many places of the page each image is to be seen."""
    counts = []
    for every in _sightings(where, images):
        apart: list[Found] = []
        for _, found in every:
            if not any(_is_same_place(found, other) for other in apart):
                apart.append(found)
        counts.append(len(apart))
    return counts


def _is_same_place(one: Found, other: Found) -> bool:
    return abs(one.x - other.x) < one.width / 2 and abs(one.y - other.y) < one.height / 2


def _sightings(where: list[Picture], images: Numbers) -> list[list[tuple[float, Found]]]:
    """Each image's good matches in the pictures, with their scores."""
    templates = images.reshape(len(images), -1).astype(np.float32)
    templates = templates - templates.mean(axis=1, keepdims=True)
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    seen: list[list[tuple[float, Found]]] = [[] for _ in images]
    for picture in where:
        is_alone = len(where) > 1 or len(images) == 1
        gray = _natural_size(picture.gray) if is_alone else picture.gray
        if min(gray.shape) < SIDE or max(gray.shape) > MAX_SIDE:
            continue
        for k, score, row, column in _matches(gray, templates):
            seen[k].append((score, _found(picture, gray, row, column)))
    return seen


def _natural_size(gray: Numbers) -> Numbers:
    """One image drawn with several dots for each of its pixels, at one dot a pixel."""
    rows, columns = gray.shape
    if rows != columns or rows % SIDE:
        return gray
    step = rows // SIDE
    return gray[step // 2 :: step, step // 2 :: step]


def _matches(gray: Numbers, templates: Numbers) -> Iterator[tuple[int, float, int, int]]:
    """(template, |correlation|, row, column) wherever a template is matched well."""
    n_rows, n_columns = gray.shape[0] - SIDE + 1, gray.shape[1] - SIDE + 1
    windows = np.lib.stride_tricks.sliding_window_view(gray.astype(np.float32), (SIDE, SIDE))
    for row in range(n_rows):
        strip = windows[row].reshape(n_columns, SIDE * SIDE)
        spread = strip.std(axis=1) * SIDE
        alike = np.abs(strip @ templates.T) / np.where(spread > 1e-4, spread, np.inf)[:, None]
        for column, k in np.argwhere(alike > ALIKE):
            yield int(k), float(alike[column, k]), row, int(column)


def _found(picture: Picture, gray: Numbers, row: int, column: int) -> Found:
    left, right, bottom, top = picture.box
    rows, columns = gray.shape
    width, height = SIDE / columns * (right - left), SIDE / rows * (top - bottom)
    return Found(
        x=left + (column + SIDE / 2) / columns * (right - left),
        y=top - (row + SIDE / 2) / rows * (top - bottom),
        width=width,
        height=height,
        shades=gray[row : row + SIDE, column : column + SIDE],
    )


def in_order(found: list[Found], n_columns: int) -> bool:
    """Whether images stand row by row, n_columns in each row, in straight rows and columns."""
    for i, one in enumerate(found):
        for j, other in enumerate(found[:i]):
            rows_down = i // n_columns - j // n_columns
            columns_right = i % n_columns - j % n_columns
            down, right = (other.y - one.y) / one.height, (one.x - other.x) / one.width
            if not (_agrees(down, rows_down) and _agrees(right, columns_right)):
                return False
    return True


def _agrees(distance: float, steps: int) -> bool:
    """Whether a distance, in images, goes with that many steps: as far or farther, same way."""
    if steps == 0:
        return abs(distance) < 0.5
    return bool(np.sign(distance) == np.sign(steps)) and abs(distance) > 0.9 * abs(steps)
