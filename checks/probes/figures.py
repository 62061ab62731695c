"""Probes for what the bonus tier draws: grids of images and loss curves.

Matplotlib loads where it is needed.
"""

from __future__ import annotations

import copy
import importlib
import inspect
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import Any

import numpy as np
from torch import Tensor

from checks.probes import call

MAX_PIXELS = 2_000_000


def grid_figure(solution: ModuleType, images: Tensor, sizes: dict[str, int]) -> dict[str, Any]:
    """The pictures that `plot_image_grid` shows, as they are seen: colours, upright, with places.

    A picture's `box` is (left, right, bottom, top) on the figure, y upwards.
    """
    given = images.clone()
    with _noted(solution) as done:
        figure = call(solution, "plot_image_grid", given, **sizes)
    if not _is_figure(figure):
        return {"returned": figure}
    figure.draw_without_rendering()
    shown = [(axes, image) for axes in figure.axes for image in _drawn(axes)]
    with_image = {axes for axes, _ in shown}
    pictures = [_picture(axes.transData, image) for axes, image in shown]
    pictures += [_picture(None, image) for image in figure.images if image.get_visible()]
    return {
        "pictures": pictures[:100],
        "ticks": sum(_ticks(axes) for axes in with_image),
        "ticks_elsewhere": sum(_ticks(axes) for axes in figure.axes if axes not in with_image),
        "frames": sum(_has_frame(axes) for axes in with_image),
        "images_kept": given.equal(images),
        "done": done,
    }


def thin_grids(solution: ModuleType, images: Tensor, sizes: list[list[int]]) -> list[Any]:
    """`grid_figure` for each (rows, columns), or how the drawing failed."""
    found: list[Any] = []
    for rows, cols in sizes:
        try:
            few = images[: rows * cols]
            found.append(grid_figure(solution, few, {"rows": rows, "cols": cols}))
        except (AttributeError, IndexError, TypeError) as error:
            found.append({"failed": f"{type(error).__name__}: {error}"})
    return found


def grid_of_graph(solution: ModuleType, images: Tensor) -> str:
    """How `plot_image_grid` fails on four images that carry a graph; "" where it doesn't."""
    try:
        call(solution, "plot_image_grid", images.clone().requires_grad_(), rows=2, cols=2)
    except RuntimeError as error:
        if isinstance(error, NotImplementedError):
            raise
        return str(error)
    return ""


@contextmanager
def _noted(solution: ModuleType) -> Iterator[list[str]]:
    """Notes "saved" for each figure that is saved to a file, "shown" for each call of show."""
    from matplotlib.figure import Figure

    done: list[str] = []
    save = Figure.savefig

    def savefig(self: Any, fname: Any, *rest: Any, **named: Any) -> Any:
        if isinstance(fname, (str, os.PathLike)):
            done.append("saved")
        return save(self, fname, *rest, **named)

    def show(*ignored: Any, **named: Any) -> None:
        done.append("shown")

    with suppress(OSError, TypeError, ImportError):
        if "pyplot" in inspect.getsource(solution):  # else it is not worth the time to load it
            importlib.import_module("matplotlib.pyplot")
    holders: list[Any] = [Figure, *filter(None, [sys.modules.get("matplotlib.pyplot")])]
    shows = [holder.show for holder in holders]
    Figure.savefig = savefig  # type: ignore[method-assign]
    for holder in holders:
        holder.show = show
    try:
        yield done
    finally:
        Figure.savefig = save  # type: ignore[method-assign]
        for holder, before in zip(holders, shows, strict=True):
            holder.show = before


def _is_figure(made: Any) -> bool:
    from matplotlib.figure import Figure

    return isinstance(made, Figure)


def _drawn(axes: Any) -> list[Any]:
    """The images on the axes that are to be seen, those of pcolormesh too."""
    from matplotlib.collections import QuadMesh

    if not axes.get_visible():
        return []
    meshes = [each for each in axes.collections if isinstance(each, QuadMesh)]
    return [image for image in [*axes.images, *meshes] if image.get_visible()]


def _picture(transform: Any, image: Any) -> dict[str, Any]:
    """One image's colours and its box on the figure; without a transform it stands there itself."""
    colours = np.asarray(image.to_rgba(image.get_array(), bytes=True))
    if hasattr(image, "get_coordinates"):
        corners = np.asarray(image.get_coordinates())
        rows, columns = corners.shape[0] - 1, corners.shape[1] - 1
        if colours.size != rows * columns * 4:
            return {"colours": None, "box": [0.0, 1.0, 0.0, 1.0]}
        colours = colours.reshape(rows, columns, 4)
        ends = [corners[0, 0], corners[-1, -1]]
    else:
        left, right, bottom, top = image.get_extent()
        first_row, last_row = (top, bottom) if image.origin == "upper" else (bottom, top)
        ends = [(left, first_row), (right, last_row)]
    x, y = np.asarray(transform.transform(ends) if transform else ends, dtype=float).T
    colours = colours[..., :3]
    if y[0] < y[1]:
        colours = colours[::-1]
    if x[0] > x[1]:
        colours = colours[:, ::-1]
    fits = colours.shape[0] * colours.shape[1] <= MAX_PIXELS
    box = [float(min(x)), float(max(x)), float(min(y)), float(max(y))]
    return {"colours": colours.copy() if fits else None, "box": box}


def _has_frame(axes: Any) -> bool:
    lines = [spine for spine in axes.spines.values() if spine.get_visible()]
    return bool(axes.axison and axes.get_frame_on() and lines)


def _ticks(axes: Any) -> int:
    if not axes.get_visible() or not axes.axison:
        return 0
    ticks = [
        tick
        for axis in (axes.xaxis, axes.yaxis)
        if axis.get_visible()
        for tick in axis.get_major_ticks()
    ]
    return sum(_is_seen(tick) for tick in ticks)


def _is_seen(tick: Any) -> bool:
    marks = [mark for mark in (tick.tick1line, tick.tick2line) if mark.get_markersize() > 0]
    labels = [label for label in (tick.label1, tick.label2) if label.get_text()]
    return any(artist.get_visible() for artist in [*marks, *labels])


# --- curves ---------------------------------------------------------------------------------------


def losses_figure(solution: ModuleType, histories: list[list[dict[str, float]]]) -> dict[str, Any]:
    """The curves that `plot_losses` draws of the first history, and every text that names them.

    `again` holds the curves on the figure that the second history gives afterwards.
    """
    given, other = copy.deepcopy(histories)
    figure = call(solution, "plot_losses", given)
    if not _is_figure(figure):
        return {"returned": figure}
    figure.draw_without_rendering()
    legends = [axes.get_legend() for axes in figure.axes] + list(figure.legends)
    evidence = {
        "curves": _curves(figure),
        "legend": [entry for legend in legends if legend for entry in _entries(legend)],
        "labels": [[axes.get_xlabel(), axes.get_ylabel()] for axes in figure.axes],
        "figure_labels": [figure.get_supxlabel(), figure.get_supylabel()],
        "titles": [axes.get_title() for axes in figure.axes],
        "texts": [text.get_text() for axes in figure.axes for text in axes.texts][:50],
        "kept": given == histories[0],
    }
    figure = call(solution, "plot_losses", other)
    return {**evidence, "again": _curves(figure) if _is_figure(figure) else []}


def _curves(figure: Any) -> list[dict[str, Any]]:
    return [_curve(axes, line) for axes in figure.axes for line in axes.lines][:50]


def _curve(axes: Any, line: Any) -> dict[str, Any]:
    from matplotlib.colors import to_hex

    colour = to_hex(line.get_color())
    is_seen = line.get_visible() and colour != to_hex(axes.get_facecolor())
    x, y = _numbers(line.get_xdata()), _numbers(line.get_ydata())
    return {"x": x, "y": y, "colour": colour, "visible": bool(is_seen)}


def _numbers(values: Any) -> Any:
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        return None


def _entries(legend: Any) -> Iterator[tuple[str, str]]:
    """A legend's (text, colour) pairs."""
    from matplotlib.colors import to_hex

    handles = getattr(legend, "legend_handles", None) or []
    for handle, text in zip(handles, legend.get_texts(), strict=False):
        colour = ""
        with suppress(Exception):  # a handle of another kind than a line
            colour = to_hex(handle.get_color())
        yield text.get_text(), colour
