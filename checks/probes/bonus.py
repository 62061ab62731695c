"""Probes for the bonus tier: images, snapshots, checkpoints. PIL loads where it is needed."""

from __future__ import annotations

import functools
import importlib
import inspect
import io
import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from checks.probes import call, part
from checks.probes.callbacks import Log, depends_on_mode, traces_left, watched
from checks.probes.figures import grid_figure as grid_figure
from checks.probes.figures import grid_of_graph as grid_of_graph
from checks.probes.figures import losses_figure as losses_figure
from checks.probes.figures import thin_grids as thin_grids

MAX_SIDE = 1000
CHECKPOINTS = (".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".npz", ".pkl")


def warm_up() -> None:
    """Draw once, where the learner's file draws: fonts, and what else a first figure pulls in."""
    if "matplotlib.backends.backend_agg" in sys.modules:
        from matplotlib.figure import Figure

        first = Figure()
        axes = first.subplots()
        axes.imshow([[0.0]])
        axes.plot([0.0], label="a")
        axes.set_title("a")
        axes.legend()
        first.savefig(io.BytesIO())


def pixels(solution: ModuleType, batches: list[Tensor]) -> list[dict[str, Any]]:
    """What `to_pixels` makes of each batch, and what the batch is afterwards."""
    return [{"made": call(solution, "to_pixels", batch), "batch": batch} for batch in batches]


def defaults(solution: ModuleType, function: str) -> dict[str, Any]:
    """A function's parameters that have a default, with it; nothing where it cannot be read."""
    made = part(solution, function)
    with suppress(TypeError, ValueError):
        found = inspect.signature(made).parameters.values()
        return {one.name: one.default for one in found if one.default is not one.empty}
    return {}


# --- snapshots ------------------------------------------------------------------------------------


def _generator(sizes: dict[str, Any]) -> nn.Module:
    """A new generator; one whose layers wait for their first input gets it, as in a training."""
    made: nn.Module = call(importlib.import_module("intermediate"), "Generator", **sizes)
    if any(map(torch.nn.parameter.is_lazy, made.parameters())):
        with torch.no_grad():
            made(torch.zeros(2, sizes["latent_dim"]))
    return made


def snapshots(
    solution: ModuleType,
    directory: str,
    arguments: dict[str, Any],
    sizes: dict[str, Any],
    images: list[Tensor],
    training: bool,
    keep_pictures: bool,
) -> dict[str, Any]:
    """What a callback of `snapshot_every` does at epochs 1, 2, …, one for each entry of `images`.

    An entry holds the images that the generator gives at that epoch, (N, 784), first to last.
    """
    Path(directory).mkdir(parents=True)
    generator = _generator(sizes).train(training)
    mode_matters = depends_on_mode(generator, sizes["latent_dim"])
    callback = call(solution, "snapshot_every", Path(directory), **arguments)
    if not callable(callback):
        return {"returned": callback}
    seen = []
    for epoch, shown in enumerate(images, start=1):
        before, state, log = _files(), torch.get_rng_state(), Log(shown)
        with watched(generator, log), traces_left(generator) as traces:
            callback(epoch, generator)
        kept = torch.equal(state, torch.get_rng_state())
        written = sorted(name for name, stamp in _files().items() if before.get(name) != stamp)
        rows = [z.reshape(-1, z.shape[-1]) for z in log.noise if z.dim()]
        # A batch that is the grid's goes before others: tracing a network calls it with some z too.
        rows = [z for z in rows if len(z) == arguments["n_images"]] or rows
        seen.append(
            {
                "written": written,
                "pictures": [_png(name, keep_pictures) for name in written if _is_png(name)],
                "noise": torch.cat(rows) if rows else None,
                "sampled_in_training": log.in_training,
                "training_after": generator.training,
                "random_state_kept": kept,
                "traces": traces,
            }
        )
    return {"seen": seen, "mode_matters": mode_matters}


def _files() -> dict[str, tuple[int, int]]:
    """The files below the current folder, with size and time of change."""
    found = sorted(path for path in Path().rglob("*") if path.is_file())
    return {path.as_posix(): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


def _is_png(name: str) -> bool:
    return Path(name).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def _png(name: str, keep_picture: bool) -> dict[str, Any]:
    """What there is to see in a PNG file: the shares of dark and of bright dots, any colors."""
    from PIL import Image

    try:
        with Image.open(name) as picture:
            gray = np.asarray(picture.convert("L"))
            colours = np.asarray(picture.convert("RGB")).astype(int)
    except (OSError, ValueError, SyntaxError) as error:
        return {"unreadable": str(error)}
    found = {"dark": float(np.mean(gray < 64)), "bright": float(np.mean(gray > 192))}
    found["coloured"] = bool(np.mean(np.ptp(colours, axis=2) > 25) > 0.1)
    if not keep_picture:
        return found
    step = 1 + max(gray.shape) // MAX_SIDE
    return {**found, "gray": gray[::step, ::step].copy()}


def folder_made(solution: ModuleType, directory: str, sizes: dict[str, Any]) -> dict[str, Any]:
    """Whether `snapshot_every` makes its folder: at once, at the first snapshot, or never."""
    generator = _generator(sizes)
    try:
        callback = call(solution, "snapshot_every", directory, every=2)
        at_once = Path(directory).is_dir()
        if not callable(callback):
            return {"returned": callback}
        callback(2, generator)
    except FileNotFoundError:
        Path(directory).mkdir(parents=True, exist_ok=True)
        call(solution, "snapshot_every", directory, every=2)(2, generator)
        return {"made": False}
    return {"made": True, "at_once": at_once}


# --- checkpoints ----------------------------------------------------------------------------------


def reloaded(
    solution: ModuleType, directory: str, sizes: dict[str, Any], z: Tensor
) -> dict[str, Any]:
    """Two generators, saved at epochs 2 and 4 and loaded afterwards; or how loading failed.

    The first one's path comes as a Path, the second one's as text.
    """
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
    paths = [Path(str(name)) for name in checkpoints]
    contents = [path.read_bytes() for path in paths]
    try:
        with _loads() as loads:
            loaded = [call(solution, "load_generator", as_given)
                      for as_given in (paths[0], str(paths[1]))]  # fmt: skip
    except (RuntimeError, KeyError, pickle.UnpicklingError) as error:
        if isinstance(error, NotImplementedError):
            raise
        text = f"{type(error).__name__}: {error}"
        return {"failed": text, "sizes_missing": _missing(paths[0], sizes)}
    if not all(isinstance(one, nn.Module) for one in loaded):
        return {"returned": loaded[0]}
    with torch.no_grad():
        return {
            "originals": originals,
            "training": [one.training for one in loaded],
            "made": [one(z) for one in loaded],
            "made_in_eval_mode": [one.eval()(z) for one in loaded],
            "kept": [path.is_file() and path.read_bytes() == content
                     for path, content in zip(paths, contents, strict=True)],
            "loads": loads,
        }  # fmt: skip


def _checkpoint(written: list[str]) -> str | None:
    """The file among them that holds the weights."""
    others = [name for name in written if not _is_png(name)]
    named = [name for name in others if Path(name).suffix in CHECKPOINTS]
    return next(iter([*named, *others]), None)


@contextmanager
def _loads() -> Iterator[list[dict[str, bool]]]:
    """Notes how torch.load is called."""
    load, loads = torch.load, []

    @functools.wraps(load)
    def noting(*given: Any, **named: Any) -> Any:
        with suppress(TypeError):
            asked = inspect.signature(load).bind(*given, **named).arguments
            place, only = asked.get("map_location"), asked.get("weights_only")
            loads.append({"has_place": place is not None, "takes_code": only is False})
        return load(*given, **named)

    torch.load = noting
    try:
        yield loads
    finally:
        torch.load = load


def _missing(path: Path, sizes: dict[str, Any]) -> list[str]:
    """The arguments of Generator that a checkpoint does not hold, as far as it can be read."""
    try:
        held = list(_values(torch.load(path, map_location="cpu", weights_only=True)))
    except Exception:  # another format, or a module as a whole
        return []
    plain = {name: [*size] if isinstance(size, tuple) else size for name, size in sizes.items()}
    return [name for name, size in plain.items() if size not in held]


def _values(held: Any) -> Iterator[Any]:
    """The numbers and texts in a checkpoint, and its lists of them; of tensors the short ones."""
    if isinstance(held, Tensor):
        held = held.tolist() if held.numel() < 9 else None
    yield [*held] if isinstance(held, tuple) else held
    parts = held.values() if isinstance(held, dict) else held
    if isinstance(held, (dict, list, tuple)):
        for value in parts:
            yield from _values(value)
