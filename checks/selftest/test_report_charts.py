"""The shapes of charts: within their plot, with marks that a person would have chosen."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.engine.report.charts import HEIGHT, LABEL_HEIGHT, bar_chart, line_chart, short

values = st.one_of(st.none(), st.floats(-1e12, 1e12), st.floats(0, 10), st.just(0.0))


@settings(deadline=None)
@given(
    epochs=st.lists(st.integers(0, 10**6), min_size=1, max_size=40, unique=True).map(sorted),
    data=st.data(),
    log=st.booleans(),
    levels=st.lists(st.tuples(st.just("level"), values), max_size=5),
)
def test_any_numbers_stay_within_the_plot(
    epochs: list[int], data: st.DataObject, log: bool, levels: list[tuple[str, float | None]]
) -> None:
    size = len(epochs)
    curves = [(name, data.draw(st.lists(values, min_size=size, max_size=size))) for name in "ab"]
    chart = line_chart(epochs, curves, "loss", levels=levels, log=log)
    if chart is None:
        assert not any(value is not None for _, curve in curves for value in curve)
        return
    for ticks, fewest in ((chart.x_ticks, 1), (chart.y_ticks, 2)):
        assert fewest <= len(ticks) <= 14
        places = [tick.at for tick in ticks]
        assert places in (sorted(set(places)), sorted(set(places), reverse=True))
        assert len({tick.text for tick in ticks}) == len(ticks)
        assert all(0 <= place <= 100 and len(tick.text) < 10
                   for place, tick in zip(places, ticks, strict=True))  # fmt: skip
    for line, (_, curve) in zip(chart.lines, curves, strict=True):
        points = [tuple(map(float, point.split(",")))
                  for piece in line.pieces for point in piece.split()]  # fmt: skip
        assert all(0 <= x <= 100 and 0 <= y <= 100 for x, y in points)
        drawn = {*points, *((mark.x, mark.y) for mark in line.marks)}
        assert bool(drawn) == any(value is not None for value in curve)
    labels = [level.label_at for level in chart.levels]
    room = 100 * LABEL_HEIGHT / HEIGHT
    assert all(later - earlier >= room - 0.02
               for earlier, later in pairwise(labels))  # fmt: skip
    assert all(0 <= at <= 100 for at in labels)


@pytest.mark.parametrize("log", [False, True])
def test_the_smallest_number_that_there_is_is_drawn_as_nothing(log: bool) -> None:
    chart = line_chart([1, 2], [("d", [5e-324, 5e-324])], "loss", log=log)
    assert chart is not None
    assert len(chart.y_ticks) >= 2
    (line,) = chart.lines
    assert line.pieces == ("0,100 100,100",)


def test_a_gap_parts_a_curve_and_a_value_alone_is_a_mark() -> None:
    chart = line_chart([1, 2, 3, 4, 5, 6], [("d", [1.0, 2.0, None, 1.0, None, None])], "loss")
    assert chart is not None
    (line,) = chart.lines
    assert line.pieces == ("0,50 20,0",)
    assert [(mark.x, mark.y) for mark in line.marks] == [(0, 50), (20, 0), (60, 50)]
    assert line.marks[2].text == "d, epoch 4: 1"
    assert [tick.text for tick in chart.x_ticks] == ["1", "2", "3", "4", "5", "6"]
    assert [tick.text for tick in chart.y_ticks] == ["0", "0.5", "1.0", "1.5", "2.0"]


def test_a_long_curve_has_no_marks_but_where_it_would_vanish() -> None:
    chart = line_chart(range(100), [("d", [1.0] * 50 + [None, 2.0, None] + [1.0] * 47)], "loss")
    assert chart is not None
    assert [mark.text for mark in chart.lines[0].marks] == ["d, epoch 51: 2"]


def test_a_logarithmic_axis_has_powers_of_ten() -> None:
    chart = line_chart([1, 2], [("d", [1500.0, 100.0])], "d", levels=[("real", 2.0)], log=True)
    assert chart is not None
    assert [tick.text for tick in chart.y_ticks] == ["10", "100", "1,000"]
    (level,) = chart.levels
    assert level.at > max(tick.at for tick in chart.y_ticks)


def test_a_short_logarithmic_axis_has_more_marks() -> None:
    chart = line_chart([1, 2], [("d", [160.0, 150.0])], "d", log=True)
    assert chart is not None
    assert [tick.text for tick in chart.y_ticks] == ["100", "200"]


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


def test_bars_are_as_high_as_their_shares() -> None:
    chart = bar_chart([0.4, 0.0, *[0.075] * 8])
    assert [bar.height for bar in chart.bars[:3]] == [100, 0, 18.75]
    assert all(bar.y + bar.height == 100 for bar in chart.bars)
    assert chart.equal == 75
    even = bar_chart([0.1] * 10)
    assert {bar.height for bar in even.bars} == {50}
    assert even.equal == 50
