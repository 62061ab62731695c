"""The report's charts, drawn by Matplotlib as SVG whose text stays text.

What Matplotlib writes is made fit to stand in a page: its colours become the page's own, so that
they follow a light or dark screen; its styles become attributes, as the page's policy allows no
inline style; letters take the font and size of the style sheet. The same numbers make the same
chart, byte for byte.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from checks.engine.report.wording import percent, share, short

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.axes import Axes

Value = float | None
Values = NDArray[np.float64]

LARGE, SMALL = (400, 200), (290, 190)  # width and height in SVG units
PLOT = 130  # height without what stands around it, about
LETTERS = 11.5  # their size in SVG units, as in page.css
MOST_MARKED = 30  # points of a curve that still get a mark each
LARGEST, SMALLEST = 1e12, 1e-12  # what lies beyond is drawn as this large, or as 0
RANGE = 1e9  # the most that a logarithmic axis spans
FEWEST_DECADES = 0.9  # two of 1, 2, 5, 10 are always among so many
ONE, TWO, QUIET, LINE = "#b2431a", "#1c5fa8", "#5d5a54", "#dcd8ce"
COLOURS = {ONE: "var(--one)", TWO: "var(--two)", QUIET: "var(--quiet)", LINE: "var(--line)"}
CURVES = ((ONE, "-"), (TWO, (0, (4, 2))))  # colour and dashes of the first and of the second
STYLE = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": LETTERS,
    "axes.titlesize": LETTERS,
    "axes.edgecolor": LINE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": LINE,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "lines.linewidth": 2,
    "lines.markersize": 4.5,
    "legend.frameon": False,
    "legend.borderpad": 0,
}


def line_chart(
    epochs: Sequence[int],
    curves: Sequence[tuple[str, Sequence[Value]]],
    y_name: str,
    *,
    levels: Sequence[tuple[str, Value]] = (),
    log: bool = False,
    bounds: tuple[float, float] | None = None,
    size: tuple[int, int] = LARGE,
) -> Markup | None:
    """One or two curves over the epochs.

    Args:
        epochs: in order.
        curves: names, and a value for each epoch; None, NaN and infinity leave a gap.
        levels: names and values of horizontal lines to compare with.
        log: a logarithmic axis; what is not above zero is drawn at the lowest value that is.
        bounds: the ends of the vertical axis; without them it fits the values.

    Returns:
        An `<svg>`, or None where there is not a single value.
    """
    numbers = [(name, _numbers(values)) for name, values in curves]
    held = [(name, float(_numbers([at])[0])) for name, at in levels if at is not None]
    known = np.concatenate([values[np.isfinite(values)] for _, values in numbers])
    if not len(known):
        return None

    def draw(axes: Axes) -> None:
        lowest = _scale(axes, np.append(known, [at for _, at in held]), bounds, log=log)
        for (name, values), (colour, dashes) in zip(numbers, CURVES, strict=False):
            drawn = np.maximum(values, lowest)
            axes.plot(
                epochs, drawn, color=colour, linestyle=dashes, label=name, clip_on=False,
                marker="o", markevery=_marked(values),
            )  # fmt: skip
        _draw_levels(axes, [(name, max(at, lowest)) for name, at in held])
        axes.set_title(y_name, loc="left")
        axes.set_xlabel("epoch")
        if len(curves) > 1:
            axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)

    return _svg(draw, size, _summary(y_name, epochs, numbers))


def bar_chart(shares: Sequence[float]) -> Markup:
    """A bar for each digit's share, between 0 and 1, and a line at an even share."""
    percents = [100 * each for each in shares]
    even = 100 / len(shares)

    def draw(axes: Axes) -> None:
        bars = axes.bar(range(len(shares)), percents, color=TWO, width=0.72)
        axes.bar_label(bars, [percent(each) for each in shares])
        axes.axhline(even, color=QUIET, linestyle=(0, (2, 4)), linewidth=1)
        axes.set_ylim(0, max(*percents, 1.6 * even))
        axes.set_xticks(range(len(shares)))
        axes.set_yticks([even], [f"{even:.0f}"])
        axes.grid(visible=False)
        axes.set_title("% of the images", loc="left")

    said = ", ".join(f"{digit}: {share(each)}" for digit, each in enumerate(shares))
    return _svg(draw, LARGE, f"Bar chart of the digits' shares: {said}.")


# Curves and axes ----------------------------------------------------------------------------------


def _numbers(values: Sequence[Value]) -> Values:
    """The values as an array, NaN for what is no finite number, none of them too large to draw."""
    numbers = np.array(values, np.float64)
    numbers[~np.isfinite(numbers)] = np.nan
    numbers[np.abs(numbers) < SMALLEST] = 0
    return np.clip(numbers, -LARGEST, LARGEST)


def _scale(axes: Axes, values: Values, bounds: tuple[float, float] | None, *, log: bool) -> float:
    """Set the vertical axis; returns the lowest value that it has a place for."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda epoch, _: f"{round(epoch):,}"))
    lowest = -LARGEST
    if log:
        above = values[values > 0] if (values > 0).any() else np.ones(1)
        highest = above.max()
        lowest = max(above.min(), highest / RANGE)
        room = max(FEWEST_DECADES - np.log10(highest / lowest), 0.2) / 2
        axes.set_yscale("log")
        axes.set_ylim(lowest / 10**room, highest * 10**room)
        factors = (1.0, 2.0, 5.0) if highest / lowest < 100 else (1.0,)
        axes.yaxis.set_major_locator(LogLocator(subs=factors, numticks=7))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5))
        low, high = bounds or (min(0.0, values.min()), max(0.0, values.max()))
        span = high - low or 1.0
        axes.set_ylim(low, low + (span if bounds else 1.08 * span))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    return lowest


def _marked(values: Values) -> list[int]:
    """Where a curve gets marks: at each value, or in long curves where it would vanish."""
    known = np.isfinite(values)
    if len(known) > MOST_MARKED:
        padded = np.concatenate([[False], known, [False]])
        known = known & ~padded[:-2] & ~padded[2:]
    return [int(place) for place in np.flatnonzero(known)]


def _draw_levels(axes: Axes, levels: Sequence[tuple[str, float]]) -> None:
    """Horizontal lines with their names to the right, moved apart where these would overlap."""
    room, place = 1.2 * LETTERS / PLOT, -1.0
    for name, at in sorted(levels, key=lambda level: level[1]):
        axes.axhline(at, color=QUIET, linestyle=(0, (2, 4)), linewidth=1, zorder=1)
        _, here = (axes.transScale + axes.transLimits).transform((0.0, at))
        place = max(here, place + room)
        axes.text(1.02, place, name, transform=axes.transAxes, va="center")


def _summary(y_name: str, epochs: Sequence[int], curves: Sequence[tuple[str, Values]]) -> str:
    """Where each curve starts and ends, for those who can't see it."""
    parts = []
    for name, values in curves:
        known = np.flatnonzero(np.isfinite(values))
        ends = dict.fromkeys([known[0], known[-1]]) if len(known) else ()
        said = ", ".join(f"{short(float(values[i]))} at epoch {epochs[i]}" for i in ends)
        parts += [f"{name} {said}"] if said else []
    return f"Line chart of {y_name} over the epochs: {'; '.join(parts)}."


# From Matplotlib to the page ----------------------------------------------------------------------


def _svg(draw: Callable[[Axes], None], size: tuple[int, int], summary: str) -> Markup:
    """An `<svg>` for the page with what `draw` draws on axes; `summary` says it in words."""
    from markupsafe import Markup
    from matplotlib import style
    from matplotlib.figure import Figure

    file = io.BytesIO()
    # Names inside the SVG hang on the salt, so that no two charts of a page share one.
    with style.context(["default", STYLE | {"svg.hashsalt": summary}]):
        figure = Figure((size[0] / 72, size[1] / 72), layout="constrained")
        draw(figure.subplots())
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    root = ElementTree.fromstring(file.getvalue())
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.endswith(("}metadata", "}style")):
                parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        held = {name.rpartition("}")[2]: value for name, value in element.attrib.items()}
        styles = (part.partition(":") for part in held.pop("style", "").split(";") if part)
        held |= {name.strip(): value.strip() for name, _, value in styles if "font" not in name}
        if element.tag == "g":
            held.pop("id", None)  # the same in all charts, and nothing refers to it
        element.attrib.clear()
        element.attrib.update({name: COLOURS.get(value, value) for name, value in held.items()})
    view = {"class": "chart", "viewBox": root.attrib["viewBox"]}
    root.attrib.clear()
    root.attrib.update({**view, "role": "img", "aria-label": summary})
    return Markup(ElementTree.tostring(root, encoding="unicode"))
