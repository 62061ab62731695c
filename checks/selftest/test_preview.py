"""Pictures in the terminal: the right shades in the right cells, on any console."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rich.console import Console

from checks.engine.data.digits import draw_digits
from checks.engine.ui.preview import HALF, MAX_IMAGES, preview, shrink

Pixels = NDArray[np.uint8]
CELL = re.compile(r"\x1b\[38;2;(\d+);\d+;\d+;48;2;(\d+);\d+;\d+m(▀+)\x1b\[0m|( +)|(\n)")


def printed(
    images: Pixels, width: int = 100, encoding: str = "utf-8", columns: int = 5, height: int = 7,
    **how: Any,
) -> str:  # fmt: skip
    """What a console of this kind shows."""
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    kind: dict[str, Any] = {"color_system": "truecolor", "force_terminal": True} | how
    console = Console(file=file, width=width, legacy_windows=False, _environ={}, **kind)
    console.print(preview(images, columns, height))
    file.flush()
    file.seek(0)
    return file.read()


def pixels(shown: str) -> list[list[tuple[int, int] | None]]:
    """The grays above and below in each cell, line by line; None for a gap."""
    lines: list[list[tuple[int, int] | None]] = [[]]
    end = 0
    for match in CELL.finditer(shown):
        assert match.start() == end, shown[end : match.start()]
        end = match.end()
        upper, lower, blocks, gap, newline = match.groups()
        if newline:
            lines.append([])
        else:
            cell = (int(upper), int(lower)) if blocks else None
            lines[-1] += [cell] * len(blocks or gap)
    assert end == len(shown)
    assert not lines[-1]
    return lines[:-1]


def test_a_digit_looks_like_itself() -> None:
    images = draw_digits(6, labels=range(6))[0]
    lines = pixels(printed(images))
    assert len(lines) == 7 + 1 + 7
    assert [len(line) for line in lines] == [5 * 14 + 4 * 2] * 7 + [0] + [14] * 7
    small = shrink(images, 14, 14).astype(int)
    for number, (top, left) in enumerate([*((0, 16 * i) for i in range(5)), (8, 0)]):
        for y in range(7):
            for x in range(14):
                cell = lines[top + y][left + x]
                assert cell is not None
                assert abs(cell[0] - small[number, 2 * y, x]) <= 5
                assert abs(cell[1] - small[number, 2 * y + 1, x]) <= 5


def test_black_is_black_and_white_is_white() -> None:
    images = np.stack([np.zeros((28, 28), np.uint8), np.full((28, 28), 255, np.uint8)])
    black, white = [(0, 0)] * 14, [(255, 255)] * 14
    assert pixels(printed(images)) == [[*black, None, None, *white]] * 7


@pytest.mark.parametrize(
    "how",
    [
        {"no_color": True}, {"color_system": None}, {"color_system": "standard"},
        {"encoding": "ascii"}, {"encoding": "cp1252"}, {"force_terminal": False},
    ],
)  # fmt: skip
def test_without_grays_it_is_characters(how: dict[str, Any]) -> None:
    image = np.zeros((1, 28, 28), np.uint8)
    image[:, :, 14:] = 255
    how = {"color_system": "auto"} | how if "force_terminal" in how else how
    assert printed(image, **how) == (" " * 7 + "@" * 7 + "\n") * 7


def test_256_colours_are_enough_for_blocks() -> None:
    shown = printed(draw_digits(1)[0], color_system="256")
    assert HALF in shown
    assert "38;5;" in shown


@settings(max_examples=40)
@given(
    shape=st.tuples(st.integers(0, 12), st.integers(1, 40), st.integers(1, 40)),
    width=st.integers(1, 120),
    columns=st.integers(1, 9),
    height=st.integers(1, 12),
    seed=st.integers(0, 99),
    blocks=st.booleans(),
)
def test_any_shape_fits_any_width(
    shape: tuple[int, int, int], width: int, columns: int, height: int, seed: int, blocks: bool
) -> None:
    images = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    system = "truecolor" if blocks else None
    shown = printed(images, width, columns=columns, height=height, color_system=system)
    plain = re.sub(r"\x1b\[[\d;]*m", "", shown)
    assert max(map(len, plain.split("\n"))) <= width
    if blocks:
        pixels(shown)


@given(
    before=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    after=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    gray=st.integers(0, 255),
)
def test_what_is_even_stays_even(
    before: tuple[int, int], after: tuple[int, int], gray: int
) -> None:
    small = shrink(np.full((2, *before), gray, np.uint8), *after)
    assert small.shape == (2, *after)
    assert (small == gray).all()


def test_half_the_size_is_the_mean_of_four() -> None:
    images = draw_digits(3)[0]
    means = images.reshape(3, 14, 2, 14, 2).mean(axis=(2, 4))
    assert np.abs(shrink(images, 14, 14) - means).max() <= 0.5


def test_there_are_limits() -> None:
    many = np.zeros((10 * MAX_IMAGES, 28, 28), np.uint8)
    assert len(pixels(printed(many, columns=100, height=1, width=400))) <= MAX_IMAGES
    for images, columns, height in (
        (many.astype(float), 5, 7), (many[0], 5, 7), (many, 0, 7), (many, 5, 0),
        (np.zeros((1, 0, 28), np.uint8), 5, 7),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="must be"):
            preview(images, columns, height)


def test_it_measures_itself() -> None:
    console = Console(width=200, file=io.StringIO())
    for count, width in ((0, 0), (1, 14), (3, 46), (9, 78)):
        shown = preview(np.zeros((count, 28, 28), np.uint8))
        assert console.measure(shown).maximum == width
