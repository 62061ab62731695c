"""Small pictures in the terminal: two gray pixels in each cell, one above the other.

    console.print(preview(images))

The upper half block `▀` has two colours, its own and the background's, so a cell holds two pixels
that are about square. Where a console has no shades of gray, or no such character, each cell is
one character instead, denser where the picture is brighter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.style import Style

HALF = "▀"
RAMP = np.array(list(" .:-=+*#%@"))  # from black to white
GAP = 2  # cells between two images
LEVELS = 32  # of gray; more can't be told apart in pictures this small
MAX_IMAGES = 100
WHOLE, SMALL = 14, 7  # lines of an image of 28 × 28: with every pixel, or with half as many
SHADES = ("truecolor", "256")  # what a console with many grays calls its colours

Pixels = NDArray[np.uint8]


def preview(images: Pixels, columns: int = 5, height: int = 7) -> Preview:
    """Images side by side, for `console.print`.

    Args:
        images: uint8 `(N, H, W)`, 0 black and 255 white; no more than `MAX_IMAGES` are shown.
        columns: images in a row, where the console is wide enough; else fewer.
        height: lines of an image, where the console is wide enough for one image; else fewer.

    Raises:
        ValueError: these are no such images, or a number is less than 1.
    """
    if images.ndim != 3 or images.dtype != np.uint8 or 0 in images.shape[1:]:
        raise ValueError(f"images must be uint8 (N, H, W), not {images.dtype} {images.shape}")
    if columns < 1 or height < 1:
        raise ValueError(f"columns and height must be at least 1, not {columns} and {height}")
    return Preview(images[:MAX_IMAGES], columns, height)


def across(width: int, height: int) -> int:
    """How many square images of so many lines stand side by side in so many cells; one at least."""
    return max(1, (width + GAP) // (2 * height + GAP))


class Preview:
    """Images as text; fits itself into whatever width it is given."""

    def __init__(self, images: Pixels, columns: int, height: int) -> None:
        self.images, self.columns, self.height = images, columns, height

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if not len(self.images):
            return
        wide, lines, across = self._fit(options.max_width)
        # Kept for this console only: rich's styles remember the codes of the first that they meet.
        style = cache(_style) if _has_shades(console) else None
        small = shrink(self.images, lines * (2 if style else 1), wide)
        for start in range(0, len(small), across):
            if start:
                yield Segment.line()
            row = small[start : start + across]
            for cells in zip(*(_lines(image, style) for image in row), strict=True):
                yield from _joined(cells)
                yield Segment.line()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        wide, _, across = self._fit(options.max_width)
        used = min(across, len(self.images)) * (wide + GAP) - GAP if len(self.images) else 0
        return Measurement(min(wide, used), used)

    def _fit(self, room: int) -> tuple[int, int, int]:
        """Cells that an image takes across and down, and how many images stand in a row."""
        shape = self.images.shape[2] / self.images.shape[1]
        wide = max(1, round(2 * self.height * shape))
        lines = self.height
        if wide > room:
            wide = max(1, room)
            lines = max(1, min(lines, round(wide / shape / 2)))
        return wide, lines, max(1, min(self.columns, (room + GAP) // (wide + GAP)))


def shrink(images: Pixels, high: int, wide: int) -> Pixels:
    """Images `(N, H, W)` at `(N, high, wide)`: each pixel is the mean of the area it covers."""
    down, across = _shares(images.shape[1], high), _shares(images.shape[2], wide)
    small: Pixels = (down @ images.astype(np.float64) @ across.T).round().astype(np.uint8)
    return small


def _shares(before: int, after: int) -> NDArray[np.float64]:
    """How much of each of `before` pixels goes into each of `after`: `(after, before)`."""
    edges = np.arange(after + 1) * (before / after)
    pixels = np.arange(before)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    shares = overlap.clip(0)
    normalized: NDArray[np.float64] = shares / shares.sum(axis=1, keepdims=True)
    return normalized


def _has_shades(console: Console) -> bool:
    """Whether the console shows half blocks in many grays."""
    return (
        console.color_system in SHADES
        and not console.no_color
        and console.encoding.startswith("utf")
        and not console.legacy_windows
    )


def _lines(image: Pixels, style: Callable[[int, int], Style] | None) -> Iterator[list[Segment]]:
    """One image's lines, from pixels `(2 × lines, wide)`; without a style from `(lines, wide)`."""
    if style is None:
        levels = image.astype(int) * len(RAMP) // 256
        for row in levels:
            yield [Segment("".join(RAMP[row]))]
        return
    grays = image.astype(int) * (LEVELS - 1) / 255
    for upper, lower in grays.round().astype(int).reshape(-1, 2, image.shape[1]):
        yield [Segment(HALF, style(a, b)) for a, b in zip(upper, lower, strict=True)]


def _joined(cells: tuple[list[Segment], ...]) -> Iterator[Segment]:
    """The images' pieces of one line, with gaps between; neighbours that look alike as one."""
    line: list[Segment] = []
    for number, piece in enumerate(cells):
        line += [Segment(" " * GAP)] * (number > 0) + piece
    yield from Segment.simplify(line)


def _style(upper: int, lower: int) -> Style:
    """The colours of a cell, from two levels of gray."""
    return Style(color=_gray(upper), bgcolor=_gray(lower))


def _gray(level: int) -> Color:
    part = round(level * 255 / (LEVELS - 1))
    return Color.from_rgb(part, part, part)
