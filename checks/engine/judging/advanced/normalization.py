"""How the learner's `normalize_images` is judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from checks.engine.course.check_errors import wrong
from checks.engine.judging.common import expect
from checks.engine.sandbox.solution import Solution
from checks.engine.sandbox.wire import Array

Numbers = np.ndarray[Any, Any]

SHOWN = np.array([0, 127, 128, 255])
# Orders in which pixels may come: the right one, "", and wrong ones, in words.
ARRANGEMENTS: dict[str, Callable[[Numbers], Numbers]] = {
    "": lambda images: images,
    "Rows and columns of each image are swapped.": lambda images: images.transpose(0, 2, 1),
    "Each row holds pixels of all the images.": lambda images: images.reshape(784, -1).T,
    "Each row holds the same pixels of all images.": lambda images: images.reshape(-1, 784).T,
    "The images are upside down.": lambda images: images[:, ::-1],
    "Left and right are swapped.": lambda images: images[:, :, ::-1],
}


def _batches(solution: Solution) -> list[Numbers]:
    """Five images that hold every level from 0 to 255, and three without the darkest and the
    brightest ones, each within limits of its own."""
    rng = np.random.default_rng(solution.seed)
    levels = np.arange(784) % 256
    full = np.stack([rng.permutation(levels) for _ in range(5)])
    some = np.stack(
        [rng.integers(low, high, 784) for low, high in ((60, 120), (90, 200), (70, 99))]
    )
    return [batch.astype(np.uint8).reshape(-1, 28, 28) for batch in (full, some)]


def _normalized(solution: Solution) -> tuple[list[tuple[Numbers, Array]], bool]:
    """Each batch with what was made of it, and whether the batches were left alone."""
    batches = _batches(solution)
    sent = [Array(batch, "tensor") for batch in batches]
    evidence = expect.record(solution.probe("normalized", batches=sent))
    rows = [
        expect.array(made, "The images", "tensor")
        for made in expect.items(evidence["rows"], len(batches))
    ]
    return list(zip(batches, rows, strict=True)), evidence["kept"] is True


def judge_pixel_values(solution: Solution) -> None:
    """-1 at 0, 1 at 255, evenly between, for each image alike; in whatever order."""
    made, kept = _normalized(solution)
    for images, rows in made:
        if rows.values.size != images.size:
            came = f"{rows.values.size:,} numbers."
            expected = f"{images.size:,} numbers for {len(images)} images of 28 × 28."
            wrong("pixels-not-flat", expected=expected, came=came)
        expect.finite(rows, "The images")
    sheets = [(images, rows.values.astype(float).ravel()) for images, rows in made]
    if all(_same_values(values, images) for images, values in sheets):
        if not kept:
            wrong(
                "images-changed-in-place",
                expected="After the call, the images passed in are what they were before it.",
                came="They hold other pixels.",
            )
        return
    arrangement = _arrangement(*sheets[0])
    levels, values = _matched(arrangement, *sheets[0])
    table = np.array([values[levels == level].mean() for level in range(256)])
    _judge_alike(table, *_matched(arrangement, *sheets[1]))
    pairs = [f"{pixel} → {expect.rounded(table[pixel], 3)}" for pixel in SHOWN]
    right = [f"{pixel} → {pixel / 127.5 - 1:.3f}" for pixel in SHOWN]
    wrong(_named(table), expected=", ".join(right) + ".", came=", ".join(pairs) + ".")


def _same_values(values: Numbers, images: Numbers) -> bool:
    """Whether these are the right values, in this order or in another one."""
    wanted = images.ravel() / 127.5 - 1
    straight = np.allclose(values, wanted, atol=1e-4)
    return straight or np.allclose(np.sort(values), np.sort(wanted), atol=1e-4)


def _matched(arrangement: str | None, images: Numbers, values: Numbers) -> tuple[Numbers, Numbers]:
    """The level that each value was made of; where no order is known, small ones go together."""
    if arrangement is None:
        return np.sort(images.ravel()), np.sort(values)
    return ARRANGEMENTS[arrangement](images).ravel(), values


def _judge_alike(table: Numbers, levels: Numbers, values: Numbers) -> None:
    """Refuse a scale that depends on which other pixels there are."""
    gaps = np.abs(values - table[levels])
    if gaps.max() <= 1e-3 * max(np.ptp(table), 1e-6):
        return
    level, value = levels[gaps.argmax()], values[gaps.argmax()]
    wrong(
        "pixels-relative",
        expected="A pixel becomes the same number in every image.",
        came=f"{level} → {expect.rounded(table[level], 3)} in images with all pixels from 0 to "
        f"255, but {level} → {expect.rounded(value, 3)} where they all lie between {levels.min()} "
        f"and {levels.max()}.",
    )


def _named(table: Numbers) -> str:
    """The mistake that makes these 256 numbers of the 256 levels."""
    levels = np.arange(256)
    ways = {
        "pixels-in-0-1": levels / 255,
        "pixels-standardized": (levels / 255 - 0.1307) / 0.3081,
        "pixels-raw": levels,
        "pixels-inverted": 1 - levels / 127.5,
    }
    for name, way in ways.items():
        if np.allclose(table, way, atol=1e-3):
            return name
    steps = np.diff(table)
    is_monotonic = (steps >= 0).all() or (steps <= 0).all()
    is_coarse = len(np.unique(table.round(5))) < 200
    return "pixels-other-range" if is_monotonic and not is_coarse else "pixels-overflow"


def judge_pixel_shape(solution: Solution) -> None:
    """(N, 784) in float32, row by row."""
    made, _ = _normalized(solution)
    for images, rows in made:
        n = len(images)
        if rows.shape != (n, 784):
            came = f"Shape {rows.shape}."
            expected = f"Shape ({n}, 784) for {n} images of 28 × 28."
            wrong("pixels-not-flat", expected=expected, came=came)
        if rows.dtype != "float32":
            wrong("pixels-dtype", expected="float32.", came=f"{rows.dtype}.")
    images, values = made[0][0], made[0][1].values.astype(float).ravel()
    arrangement = _arrangement(images, values)
    if arrangement == "":
        return
    if arrangement is None and not _same_values(values, images):
        return  # no order at all: the check of the values has more to say
    wrong(
        "pixels-out-of-order",
        expected="Each row holds one image, line by line from the top.",
        came=arrangement or "The right numbers came in another order.",
    )


def _arrangement(images: Numbers, values: Numbers) -> str | None:
    """The order in which equal pixels became equal numbers; None where there is none."""
    tolerance = 1e-4 * max(float(np.ptp(values)), 1e-6)
    for name, reordered in ARRANGEMENTS.items():
        levels = reordered(images).ravel()
        order = np.lexsort((values, levels))
        ends = np.flatnonzero(np.diff(levels[order].astype(int), append=256))
        starts = np.concatenate([[0], ends[:-1] + 1])
        if (values[order][ends] - values[order][starts]).max() <= tolerance:
            return name
    return None
