"""Line charts as shapes in percent of a plot, for a template to draw.

A plot has its left upper corner at (0, 0) and its right lower one at (100, 100). The page stretches
it to whatever width there is and leaves letters and line widths alone, so that a chart reads the
same on a phone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

HEIGHT = 240  # pixels of a plot, as in page.css
LABEL_HEIGHT = 17  # pixels
MOST_MARKED = 30  # points of a line that still get a mark each
FEWEST_DECADES = 0.8  # two of 1, 2, 5, 10 are always among so many
NOTHING = 1e-250  # what is nearer to 0 is drawn as 0: a part of it has no logarithm

Value = float | None
Point = tuple[float, float]


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where, in percent, and what it says."""

    at: float
    text: str


@dataclass(frozen=True)
class Mark:
    """One value: where, in percent, and in words."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Line:
    """One curve: the pieces between missing values, as SVG points, and a mark for each value."""

    name: str
    pieces: tuple[str, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Level:
    """A level to compare with; `label_at` keeps its label clear of the others'."""

    at: float
    label_at: float
    name: str


@dataclass(frozen=True)
class Chart:
    """A whole chart; `summary` says in a sentence what it shows."""

    x_name: str
    y_name: str
    summary: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    levels: tuple[Level, ...] = field(default=())


def line_chart(
    epochs: Sequence[int],
    curves: Sequence[tuple[str, Sequence[Value]]],
    y_name: str,
    *,
    levels: Sequence[tuple[str, Value]] = (),
    log: bool = False,
    bounds: tuple[float, float] | None = None,
) -> Chart | None:
    """Curves over the epochs.

    Args:
        epochs: in order, at least one where there is a chart.
        curves: names, and a value for each epoch; None leaves a gap.
        levels: names and values of horizontal lines to compare with.
        log: a logarithmic axis; what is not above zero is drawn at the lowest value that is.
        bounds: the ends of the vertical axis; without them it fits the values.

    Returns:
        The chart, or None where there is not a single value.
    """
    held = [(name, value) for name, value in levels if value is not None]
    every = [value for _, values in curves for value in values if value is not None]
    if not every:
        return None
    scale = _Log if log else _Linear
    vertical = scale([*every, *(value for _, value in held)], bounds)
    horizontal = _Epochs(epochs)
    lines = tuple(
        _line(name, list(zip(epochs, values, strict=True)), horizontal.place, vertical.place)
        for name, values in curves
    )
    return Chart(
        "epoch",
        y_name,
        _summary(y_name, epochs, curves),
        horizontal.ticks,
        vertical.ticks,
        lines,
        _levels([(name, vertical.place(value)) for name, value in held]),
    )


# Axes ---------------------------------------------------------------------------------------------


class _Epochs:
    """Epochs from left to right; a single one stands in the middle."""

    def __init__(self, epochs: Sequence[int]) -> None:
        low, high = min(epochs), max(epochs)
        self.low, self.span = (low, high - low) if high > low else (low - 1, 2)
        step = max(1, math.ceil(_step(high - low, 5)))
        # The first and the last epoch, and between them what does not stand too close to these.
        between = range(-(-low // step) * step, high + 1, step)
        room = 0.6 * step
        ticks = [low, *(each for each in between if low + room <= each <= high - room), high]
        self.ticks = tuple(Tick(self.place(epoch), f"{epoch:,}") for epoch in dict.fromkeys(ticks))

    def place(self, epoch: int) -> float:
        return round(100 * (epoch - self.low) / self.span, 2)


class _Linear:
    """Values from bottom to top, from 0 on where none is below."""

    def __init__(self, values: Sequence[float], bounds: tuple[float, float] | None) -> None:
        seen = [value for value in values if abs(value) > NOTHING]
        low, high = bounds or (min(0.0, *seen, 0.0), max(0.0, *seen, 0.0))
        step = _step(high - low or 1.0, 5)
        self.low, self.high = low, high
        if bounds is None:
            self.low = math.floor(low / step) * step
            self.high = max(math.ceil(high / step), math.floor(low / step) + 1) * step
        count = round((self.high - self.low) / step)
        marks = [self.low + i * step for i in range(count + 1)]
        self.ticks = tuple(Tick(self.place(mark), short(mark, step)) for mark in marks)

    def place(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(100 * (1 - min(max(share, 0.0), 1.0)), 2)


class _Log:
    """Values from bottom to top, a decade as high as any other."""

    def __init__(self, values: Sequence[float], bounds: tuple[float, float] | None) -> None:
        above = [value for value in values if value > NOTHING] or [1.0]
        low, high = bounds or (min(above), max(above))
        low, high = math.log10(max(low, high / 1e9)), math.log10(high)
        room = max(FEWEST_DECADES - (high - low), 0.12) / 2
        self.low, self.high = low - room, high + room
        every = max(1, math.ceil((self.high - self.low) / 6))
        first, last = math.floor(self.low), math.ceil(self.high)
        factors = (1, 2, 5) if last - first <= 3 else (1,)
        marks = [
            factor * 10.0**decade
            for decade in range(first, last + 1, every)
            for factor in factors
            if self.low <= math.log10(factor * 10.0**decade) <= self.high
        ]
        self.ticks = tuple(Tick(self.place(mark), short(mark)) for mark in marks)

    def place(self, value: float) -> float:
        height = math.log10(value) if value > 0 else self.low
        share = (height - self.low) / (self.high - self.low)
        return round(100 * (1 - min(max(share, 0.0), 1.0)), 2)


def _step(span: float, most: int) -> float:
    """The smallest of 1, 2, 5, 10, 20, 50 … that cuts `span` into at most this many parts."""
    if span <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(power * factor for factor in (1, 2, 5, 10, 20) if span <= most * power * factor)


def short(value: float, step: float | None = None) -> str:
    """A number as a person writes it: as many digits as its step, or else its size, calls for."""
    size = step if step is not None else abs(value) / 100
    if abs(value) >= 1e6 or 0 < size < 1e-6:
        return re.sub(r"e\+?(-?)0*(\d)", r"e\1\2", f"{value:.3g}").replace("-", "−")
    digits = 0 if size >= 1 or size <= 0 else min(6, math.ceil(-math.log10(size)))
    written = f"{value:,.{digits}f}"
    if step is None and "." in written:
        written = written.rstrip("0").rstrip(".")
    return "0" if float(written.replace(",", "")) == 0 else written.replace("-", "−")


# Lines and levels ---------------------------------------------------------------------------------


def _line(
    name: str,
    values: Sequence[tuple[int, Value]],
    across: Callable[[int], float],
    down: Callable[[float], float],
) -> Line:
    pieces: list[list[Point]] = [[]]
    marks = []
    for epoch, value in values:
        if value is None:
            pieces.append([])
            continue
        point = (across(epoch), down(value))
        pieces[-1].append(point)
        marks.append(Mark(*point, f"{name}, epoch {epoch}: {short(value)}"))
    alone = {piece[0] for piece in pieces if len(piece) == 1}
    shown = [mark for mark in marks if len(marks) <= MOST_MARKED or (mark.x, mark.y) in alone]
    return Line(name, tuple(_points(piece) for piece in pieces if len(piece) > 1), tuple(shown))


def _points(piece: Sequence[Point]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in piece)


def _levels(held: Sequence[tuple[str, float]]) -> tuple[Level, ...]:
    """Levels from the top to the bottom, their labels moved apart where they would overlap."""
    room = 100 * LABEL_HEIGHT / HEIGHT
    ordered = sorted(held, key=lambda each: each[1])
    places = [at - 1.5 for _, at in ordered]
    for i, place in enumerate(places):
        places[i] = max(place, places[i - 1] + room if i else room)
    for i in reversed(range(len(places))):  # the last ones must not leave the plot
        places[i] = min(places[i], places[i + 1] - room if i + 1 < len(places) else 98.5)
    return tuple(
        Level(at, round(place, 2), name) for (name, at), place in zip(ordered, places, strict=True)
    )


def _summary(
    y_name: str, epochs: Sequence[int], curves: Sequence[tuple[str, Sequence[Value]]]
) -> str:
    """Where each curve starts and ends, for those who can't see it."""
    parts = []
    for name, values in curves:
        pairs = zip(epochs, values, strict=True)
        known = [(epoch, value) for epoch, value in pairs if value is not None]
        ends = {known[0], known[-1]} if known else ()
        said = ", ".join(f"{short(value)} at epoch {epoch}" for epoch, value in sorted(ends))
        parts += [f"{name} {said}"] if said else []
    return f"Line chart of {y_name} over the epochs: {'; '.join(parts)}."


# Shares -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bar:
    """One bar: its left end, its top and its height in percent of the plot, and its share."""

    x: float
    y: float
    height: float
    share: float


@dataclass(frozen=True)
class Bars:
    """A bar for each share, and the level at which all would be equal."""

    width: float
    bars: tuple[Bar, ...]
    equal: float


def bar_chart(shares: Sequence[float]) -> Bars:
    """Bars for shares between 0 and 1; at least one."""
    slot = 100 / len(shares)
    top = max(*shares, 2 / len(shares))
    bars = tuple(
        Bar(round((i + 0.14) * slot, 2), round(100 * (1 - share / top), 2),
            round(100 * share / top, 2), share)
        for i, share in enumerate(shares)
    )  # fmt: skip
    return Bars(round(0.72 * slot, 2), bars, round(100 * (1 - 1 / len(shares) / top), 2))
