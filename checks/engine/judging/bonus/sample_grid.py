"""What the bonus checks ask of make_grid's picture, and what they make of the answers."""

from __future__ import annotations

from typing import Any

import numpy as np

from checks.engine.course.check_errors import wrong
from checks.engine.judging.bonus.drawings import judge_order, judge_pixels, stretched
from checks.engine.judging.bonus.image_finder import SIDE, Picture
from checks.engine.judging.common import expect
from checks.engine.sandbox.solution import Solution
from checks.engine.sandbox.wire import Array

Numbers = np.ndarray[Any, Any]

BORDER = 2  # pixels around each image, make_grid's own default; any other will do
TOLERANCE = 0.003  # of a shade from 0 to 1


def tiled(solution: Solution, *asked: tuple[Numbers, int | None]) -> list[Numbers]:
    """What make_sample_grid makes of images and a number of columns, (3, H, W) each.

    Without a number of columns, the default's 4 are expected.
    """
    calls: list[dict[str, Any]] = []
    for images, n_columns in asked:
        columns = {} if n_columns is None else {"n_columns": n_columns}
        calls.append({"images": Array(images, "tensor"), **columns})
    made = solution.call("make_sample_grid", *calls)
    return [
        _of_right_shape(grid, len(images), n_columns or 4)
        for grid, (images, n_columns) in zip(made, asked, strict=True)
    ]


def _of_right_shape(grid: Any, n: int, n_columns: int) -> Numbers:
    made = expect.array(grid, "The picture", "tensor")
    expect.finite(made, "The picture")
    n_rows = -(-n // n_columns)
    if _border(made.shape, n_rows, n_columns) is None:
        right = _shape(n_rows, n_columns, BORDER)
        expected = f"For {n} images in {n_columns} columns the shape {right}, or that of another "
        came = f"Shape {made.shape}."
        wrong(_mistake_of(made.shape, n), expected=f"{expected}border.", came=came)
    return made.values.astype(float)


def _shape(n_rows: int, n_columns: int, border: int, channels: int = 3) -> tuple[int, int, int]:
    """The shape of make_grid's picture."""
    height, width = (n * (SIDE + border) + border for n in (n_rows, n_columns))
    return channels, height, width


def _border(
    shape: tuple[int, ...], n_rows: int, n_columns: int, channels: tuple[int, ...] = (3,)
) -> int | None:
    """The border with which make_grid gives this shape for so many rows and columns, or None."""
    borders = range(SIDE + 1)
    fits = [b for b in borders for c in channels if shape == _shape(n_rows, n_columns, b, c)]
    return fits[0] if fits else None


def _mistake_of(shape: tuple[int, ...], n: int) -> str:
    """What has gone wrong where the picture has this shape."""
    if len(shape) == 3 and shape[2] in (1, 3):
        return "tiles-channels-last"
    has_columns = any(
        _border(shape, -(-n // columns), columns) is not None for columns in range(1, n + 1)
    )
    return "tiles-columns" if has_columns else "tiles-shape"


def judge_tiles(solution: Solution, picture: Numbers, images: Numbers, n_columns: int) -> None:
    """The picture shows the images, row by row, in their own shades, with any border."""
    if np.ptp(picture, axis=0).max() > 0.01:
        wrong("grid-not-gray", expected="Equal channels: shades of gray.", came="Colors.")
    gray = picture.mean(axis=0)
    border = _border(picture.shape, -(-len(images) // n_columns), n_columns) or 0
    places = [divmod(k, n_columns) for k in range(len(images))]
    corners = [[border + (SIDE + border) * place for place in both] for both in places]
    shown = np.array([gray[top : top + SIDE, left : left + SIDE] for top, left in corners])
    if np.allclose(shown, (images + 1) / 2, atol=TOLERANCE):
        return  # to look for each image all over the picture takes half a second
    height, width = gray.shape
    judge_order([Picture(gray, (0, width, 0, height))], images, n_columns)
    if any(np.allclose(shown, way, atol=0.01) for way in stretched(images)):
        solution.advise("pixels-stretched")
        return
    judge_pixels(shown, images, TOLERANCE)
