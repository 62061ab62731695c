"""Probes for the bonus tier: figures, grids, snapshots. Matplotlib and PIL load where needed."""

from __future__ import annotations

import importlib
import pickle
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from checks.probes import call

MAX_PIXELS = 2_000_000
CHECKPOINTS = (".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".npz", ".pkl")


def pixels(solution: ModuleType, batches: list[Tensor]) -> list[dict[str, Any]]:
    """What `to_pixels` makes of each batch, and what the batch is afterwards."""
    return [{"made": call(solution, "to_pixels", batch), "batch": batch} for batch in batches]


# --- figures --------------------------------------------------------------------------------------


def grid_figure(solution: ModuleType, images: Tensor, sizes: dict[str, int]) -> dict[str, Any]:
    """The pictures that `plot_image_grid` shows, as they are seen: colours, upright, with places.

    A picture's `box` is (left, right, bottom, top) on the figure, y upwards.
    """
    figure = call(solution, "plot_image_grid", images, **sizes)
    if not _is_figure(figure):
        return {"returned": figure}
    figure.draw_without_rendering()
    shown = [(axes, image) for axes in figure.axes for image in axes.images if axes.get_visible()]
    with_image = {axes for axes, _ in shown}
    return {
        "pictures": [_picture(axes, image) for axes, image in shown if image.get_visible()][:100],
        "ticks": sum(_ticks(axes) for axes in with_image),
        "ticks_elsewhere": sum(_ticks(axes) for axes in figure.axes if axes not in with_image),
    }


def _is_figure(made: Any) -> bool:
    from matplotlib.figure import Figure

    return isinstance(made, Figure)


def _picture(axes: Any, image: Any) -> dict[str, Any]:
    colours = np.asarray(image.to_rgba(image.get_array(), bytes=True))[..., :3]
    left, right, bottom, top = image.get_extent()
    first_row, last_row = (top, bottom) if image.origin == "upper" else (bottom, top)
    x, y = axes.transData.transform([(left, first_row), (right, last_row)]).T
    if y[0] < y[1]:
        colours = colours[::-1]
    if x[0] > x[1]:
        colours = colours[:, ::-1]
    fits = colours.shape[0] * colours.shape[1] <= MAX_PIXELS
    box = [float(min(x)), float(max(x)), float(min(y)), float(max(y))]
    return {"colours": colours.copy() if fits else None, "box": box}


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


def losses_figure(solution: ModuleType, history: list[dict[str, float]]) -> dict[str, Any]:
    """The curves that `plot_losses` draws, and every text that says what they are."""
    figure = call(solution, "plot_losses", history)
    if not _is_figure(figure):
        return {"returned": figure}
    figure.draw_without_rendering()
    legends = [axes.get_legend() for axes in figure.axes] + list(figure.legends)
    return {
        "curves": [_curve(line) for axes in figure.axes for line in axes.lines][:50],
        "legend": [entry for legend in legends if legend for entry in _entries(legend)],
        "labels": [f() for axes in figure.axes for f in (axes.get_xlabel, axes.get_ylabel)],
        "titles": [axes.get_title() for axes in figure.axes],
    }


def _curve(line: Any) -> dict[str, Any]:
    from matplotlib.colors import to_hex

    y = np.asarray(line.get_ydata(), dtype=float)
    return {"y": y, "colour": to_hex(line.get_color()), "visible": bool(line.get_visible())}


def _entries(legend: Any) -> Iterator[tuple[str, str]]:
    """A legend's (text, colour) pairs."""
    from matplotlib.colors import to_hex

    handles = getattr(legend, "legend_handles", None) or []
    for handle, text in zip(handles, legend.get_texts(), strict=False):
        colour = ""
        with suppress(Exception):  # a handle of another kind than a line
            colour = to_hex(handle.get_color())
        yield text.get_text(), colour


# --- snapshots ------------------------------------------------------------------------------------


class _Log:
    """What the learner's generators are fed while they are watched, and what they give back."""

    def __init__(self) -> None:
        self.noise: list[Tensor] = []
        self.shade: float | None = None


@contextmanager
def _watched(generator: nn.Module) -> Iterator[_Log]:
    """Note what the generator's class is fed; with a shade set, its images are of that shade.

    The class's forward is exchanged rather than a hook hung on: a hook would travel along with a
    generator that is saved as a whole.
    """
    log, kind = _Log(), type(generator)
    forward = kind.forward

    def noting(self: nn.Module, z: Tensor, *rest: Any, **named: Any) -> Any:
        log.noise.append(z.detach().clone())
        made = forward(self, z, *rest, **named)
        if log.shade is None or not isinstance(made, Tensor):
            return made
        shaded = torch.full_like(made, log.shade)
        shaded[..., -1] = -log.shade  # so that both ends of the range are there
        return shaded

    kind.forward = noting
    try:
        yield log
    finally:
        kind.forward = forward


def _generator(sizes: dict[str, Any]) -> nn.Module:
    made: nn.Module = call(importlib.import_module("intermediate"), "Generator", **sizes)
    return made


def snapshots(
    solution: ModuleType,
    directory: str,
    arguments: dict[str, Any],
    sizes: dict[str, Any],
    shades: list[float | None],
    training: bool,
) -> dict[str, Any]:
    """What a callback of `snapshot_every` does at epochs 1, 2, …, one for each shade."""
    Path(directory).mkdir(parents=True)
    generator = _generator(sizes).train(training)
    callback = call(solution, "snapshot_every", Path(directory), **arguments)
    if not callable(callback):
        return {"returned": callback}
    seen = []
    for epoch, shade in enumerate(shades, start=1):
        before, state = _files(), torch.get_rng_state()
        with _watched(generator) as log:
            log.shade = shade
            callback(epoch, generator)
        kept = torch.equal(state, torch.get_rng_state())
        written = sorted(name for name, stamp in _files().items() if before.get(name) != stamp)
        rows = [z.reshape(-1, z.shape[-1]) for z in log.noise if z.dim()]
        seen.append(
            {
                "written": written,
                "pictures": [_png(name) for name in written if _is_png(name)],
                "noise": torch.cat(rows) if rows else None,
                "training_after": generator.training,
                "random_state_kept": kept,
            }
        )
    return {"seen": seen}


def _files() -> dict[str, tuple[int, int]]:
    """The files below the current folder, with size and time of change."""
    found = sorted(path for path in Path().rglob("*") if path.is_file())
    return {path.as_posix(): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


def _is_png(name: str) -> bool:
    return Path(name).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def _png(name: str) -> dict[str, Any]:
    """What there is to see in a PNG file: the shares of dark and of bright pixels."""
    from PIL import Image

    try:
        with Image.open(name) as picture:
            gray = np.asarray(picture.convert("L"))
    except (OSError, ValueError, SyntaxError) as error:
        return {"unreadable": str(error)}
    return {"dark": float(np.mean(gray < 64)), "bright": float(np.mean(gray > 192))}


def needs_folder(solution: ModuleType, directory: str, sizes: dict[str, Any]) -> bool:
    """Whether `snapshot_every` fails where its folder, and the one above, is not there yet."""
    generator = _generator(sizes)
    try:
        call(solution, "snapshot_every", directory, every=2)(2, generator)
    except FileNotFoundError:
        Path(directory).mkdir(parents=True, exist_ok=True)
        call(solution, "snapshot_every", directory, every=2)(2, generator)
        return True
    return False


def reloaded(
    solution: ModuleType, directory: str, sizes: dict[str, Any], z: Tensor
) -> dict[str, Any]:
    """Two generators, saved at epochs 2 and 4 and loaded afterwards; or how loading failed."""
    Path(directory).mkdir(parents=True)
    generator = _generator(sizes)
    callback = call(solution, "snapshot_every", directory, every=2)
    if not callable(callback):
        return {"not_a_callback": callback}
    originals, checkpoints = [], []
    for epoch in (2, 4):
        before = _files()
        with torch.no_grad():
            generator.train()(2 * z + 1)  # moves running statistics, where there are any
            for weight in generator.parameters():
                weight.add_(0.1 * torch.randn_like(weight))
            callback(epoch, generator)
            originals.append(generator.eval()(z))
        written = [name for name, stamp in _files().items() if before.get(name) != stamp]
        checkpoints.append(_checkpoint(written))
    if None in checkpoints:
        return {"no_checkpoint": True}
    try:
        loaded = [call(solution, "load_generator", Path(str(name))) for name in checkpoints]
    except (RuntimeError, pickle.UnpicklingError) as error:
        if isinstance(error, NotImplementedError):
            raise
        return {"failed": f"{type(error).__name__}: {error}"}
    if not all(isinstance(one, nn.Module) for one in loaded):
        return {"returned": loaded[0]}
    with torch.no_grad():
        return {
            "originals": originals,
            "training": [one.training for one in loaded],
            "made": [one(z) for one in loaded],
            "made_in_eval_mode": [one.eval()(z) for one in loaded],
        }


def _checkpoint(written: list[str]) -> str | None:
    """The file among them that holds the weights."""
    others = [name for name in written if not _is_png(name)]
    named = [name for name in others if Path(name).suffix in CHECKPOINTS]
    return next(iter([*named, *others]), None)
