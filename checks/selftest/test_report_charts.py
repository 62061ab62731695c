"""The report's charts: whole, readable SVG whatever the numbers are, fit to stand in a page."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.engine.report.charts import COLOURS, LETTERS, bar_chart, line_chart
from checks.engine.report.wording import short

values = st.one_of(st.none(), st.floats(), st.floats(0, 10), st.sampled_from([0.0, 5e-324, 1e12]))


def texts(svg: str) -> list[tuple[str, float]]:
    """A chart's words, with how far down each stands; the chart is one that a page can hold."""
    root = ElementTree.fromstring(svg)
    ids = [each.attrib["id"] for each in root.iter() if "id" in each.attrib]
    assert len(set(ids)) == len(ids)
    assert set(re.findall(r"#(\w{8,})", svg)) <= set(ids)
    assert "style" not in svg
    assert "font" not in svg
    assert not [
        each for path in root.iter("path") for each in re.findall("nan|inf", path.get("d", ""))
    ]
    return [(each.text or "", float(each.attrib["y"])) for each in root.iter("text")]


def marks(svg: str | None) -> int:
    """How many values of the first curve have a mark."""
    assert svg is not None
    return svg.count('fill="var(--one)"')


def ticks(svg: str | None) -> list[str]:
    """What stands at the vertical axis, from the bottom to the top."""
    assert svg is not None
    return [each.text or "" for each in ElementTree.fromstring(svg).iter("text")
            if each.get("text-anchor") == "end"]  # fmt: skip


@settings(max_examples=15)
@given(
    epochs=st.lists(st.integers(0, 10**6), min_size=1, max_size=40, unique=True).map(sorted),
    data=st.data(),
    log=st.booleans(),
    levels=st.lists(st.tuples(st.just("level"), values), max_size=5),
)
def test_any_numbers_make_a_whole_chart(
    epochs: list[int], data: st.DataObject, log: bool, levels: list[tuple[str, float | None]]
) -> None:
    size = len(epochs)
    curves = [(name, data.draw(st.lists(values, min_size=size, max_size=size))) for name in "ab"]
    drawn = line_chart(epochs, curves, "loss", levels=levels, log=log)
    known = [value for _, curve in curves for value in curve if value is not None]
    if not any(map(math.isfinite, known)):
        assert drawn is None
        return
    assert drawn is not None
    words = [word for word, _ in texts(drawn)]
    assert {"a", "b", "loss", "epoch"} <= set(words)
    assert 2 <= len(ticks(drawn)) <= 10
    assert max(map(len, words)) < 10


def test_its_colours_are_the_pages_own() -> None:
    chart = line_chart([1, 2], [("d", [1, 2]), ("g", [2, 1])], "loss", levels=[("real", 1)])
    assert chart is not None
    assert not [colour for colour in COLOURS if colour in chart]
    assert all(colour in chart for colour in COLOURS.values())


def test_a_gap_parts_a_curve_and_a_value_alone_is_a_mark() -> None:
    few = line_chart(range(6), [("d", [1.0, 2.0, None, 1.0, math.nan, math.inf])], "loss")
    assert marks(few) == 3
    many = line_chart(range(99), [("d", [1.0] * 50 + [None, 2.0, None] + [1.0] * 46)], "loss")
    assert marks(many) == 1


def test_a_logarithmic_axis_has_powers_of_ten_and_a_short_one_more() -> None:
    chart = line_chart([1, 2], [("d", [1500.0, 100.0])], "d", levels=[("real", 2.0)], log=True)
    assert ticks(chart) == ["10", "100", "1,000"]
    assert ticks(line_chart([1, 2], [("d", [160.0, 150.0])], "d", log=True)) == ["100", "200"]


def test_levels_side_by_side_have_names_that_do_not_overlap() -> None:
    names = ["real", "noise", "collapsed", "untrained"]
    levels = list(zip(names, (0.96, 0.0, 0.01, 0.01), strict=True))
    chart = line_chart([1, 2], [("c", [0.1, 0.5])], "coverage", levels=levels, bounds=(0, 1))
    assert chart is not None
    heights = sorted(at for word, at in texts(chart) if word in names)
    assert len(heights) == 4
    assert all(below - above > LETTERS for above, below in pairwise(heights))


def test_bars_are_as_high_as_their_shares() -> None:
    chart = bar_chart([0.4, 0.0, *[0.075] * 8])
    assert [word for word, _ in texts(chart)].count("8") == 9  # eight rounded shares, and the digit
    assert "0: 40\N{NO-BREAK SPACE}%, 1: 0" in chart
    paths = [each.attrib for each in ElementTree.fromstring(chart).iter("path")]
    bars = [each["d"] for each in paths if each.get("fill") == "var(--two)"]
    tops = [float(re.findall(r"[\d.]+", bar)[5]) for bar in bars]
    base = float(re.findall(r"[\d.]+", bars[0])[1])
    assert [round((base - top) / (base - tops[0]), 3) for top in tops[:3]] == [1, 0, 0.188]


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (0, None, "0"), (12.345, None, "12.3"), (1234.5, None, "1,234"), (-0.5, None, "−0.5"),
        (0.000123, None, "0.000123"), (0.5, 0.01, "0.50"), (1.9999, 0.001, "2.000"),
        (-0.0001, 0.01, "0"), (2.5e9, None, "2.5e9"), (1e-12, None, "1e−12"), (1e6, 5e5, "1e6"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_people_write_them(
    value: float, step: float | None, text: str
) -> None:
    assert short(value, step) == text
