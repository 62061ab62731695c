"""What the bonus checks ask of make_grid's picture, and what they make of the answers."""

from __future__ import annotations

from typing import Any

import numpy as np

from checks.engine.course.check_errors import wrong
from checks.engine.judging.bonus.drawings import judge_order, judge_pixels
from checks.engine.judging.bonus.image_finder import SIDE, Picture
from checks.engine.judging.common import expect
from checks.engine.sandbox.solution import Solution
from checks.engine.sandbox.wire import Array

Numbers = np.ndarray[Any, Any]

BORDER = 2  # pixels of black around each image, make_grid's own default
STEP = SIDE + BORDER


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
    right = (3, STEP * n_rows + BORDER, STEP * n_columns + BORDER)
    if made.shape != right:
        expected = f"For {n} images in {n_columns} columns the shape {right}."
        came = f"Shape {made.shape}."
        wrong(_mistake_of(made.shape, n, n_columns), expected=expected, came=came)
    return made.values.astype(float)


def _mistake_of(shape: tuple[int, ...], n: int, n_columns: int) -> str:
    """What has gone wrong where the picture has this shape."""
    columns = [c for c in range(1, n + 1) if _is_tiling(shape, -(-n // c), c)]
    if len(shape) == 3 and shape[2] in (1, 3):
        return "tiles-channels-last"
    if n_columns in columns and shape[0] == 3:
        return "tiles-border"
    if columns and n_columns not in columns:
        return "tiles-columns"
    return "tiles-shape"


def _is_tiling(shape: tuple[int, ...], n_rows: int, n_columns: int) -> bool:
    """Whether make_grid gives this shape for so many rows and columns, with some border."""
    return any(
        shape == (channels, n_rows * (SIDE + pad) + pad, n_columns * (SIDE + pad) + pad)
        for channels in (1, 3)
        for pad in range(SIDE + 1)
    )


def judge_tiles(picture: Numbers, images: Numbers, n_columns: int) -> None:
    """The picture shows the images, row by row, in their own shades, black around them."""
    if np.ptp(picture, axis=0).max() > 0.01:
        wrong("grid-not-gray", expected="Equal channels: shades of gray.", came="Colours.")
    gray = picture.mean(axis=0)
    height, width = gray.shape
    judge_order([Picture(gray, (0, width, 0, height))], images, n_columns)
    around = gray.copy()
    shown = []
    for k in range(len(images)):
        top, left = (BORDER + STEP * place for place in divmod(k, n_columns))
        place = np.s_[top : top + SIDE, left : left + SIDE]
        shown.append(gray[place])
        around[place] = 0
    judge_pixels(np.array(shown), images, tolerance=0.003)
    if np.abs(around).max() > 0.003:
        worst = around.ravel()[np.abs(around).argmax()]
        wrong("tiles-border", expected="Black, 0, around the images.", came=f"{worst:.2g} there.")
