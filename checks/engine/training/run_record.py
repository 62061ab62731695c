"""The books of a training: what has been reached, and the files that say so."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from checks.engine.errors import DamagedError, KeptError, StoringError
from checks.engine.files import read_plain, reason, replace
from checks.engine.training import sampling
from checks.engine.training.checkpoint import on_cpu
from checks.engine.training.losses import UNKNOWN, Pair
from checks.engine.training.run_store import COLUMNS, GRID

Log = Callable[[int, Pair, Any], None]
SIDE, GAP, COLUMNS_OF_GRID = 28, 2, 8  # pixels, pixels, images
MAX_STATES = 4 * 2**30  # bytes of a `last.pt`

Arrays = Mapping[str, "np.ndarray[Any, Any]"]


@dataclass
class RunRecord:
    """What a run has reached: epochs, losses, times. Writes all files but `run.json`.

    Whatever it writes may end in a `StoringError`. `log` hears of each epoch's losses, and
    of its grid where there is one.
    """

    folder: Path
    n_images: int
    latent_dim: int
    real: Tensor
    log: Log = lambda epoch, losses, grid: None
    done: int = 0
    rows: list[list[float]] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    resumed: int = 0
    discriminator: nn.Module | None = None

    def take_over(self, kept: Mapping[str, Any]) -> None:
        """Go on from what stands in `last.pt`."""
        self.done, self.rows = kept["epoch"], [list(row) for row in kept["history"]]
        self.seconds, self.cpu_seconds = kept["seconds"], kept["cpu_seconds"]

    def as_kept(self) -> dict[str, Any]:
        """The same, for `last.pt`."""
        return {
            "epoch": self.done,
            "history": self.rows,
            "seconds": self.seconds,
            "cpu_seconds": self.cpu_seconds,
        }

    def add(self, losses: Pair | None, seconds: float, cpu_seconds: float) -> None:
        """One more epoch is done."""
        self.done += 1
        self.seconds += seconds
        self.cpu_seconds += cpu_seconds
        self.rows.append([self.done, *(losses or UNKNOWN), seconds])

    @property
    def losses(self) -> Pair:
        """Those of the last epoch."""
        return (self.rows[-1][1], self.rows[-1][2]) if self.rows else UNKNOWN

    # Files.

    def store_state(self, state: str, problem: str = "") -> None:
        """Write `state.json`, and `history.csv` with it."""
        self.store_history()
        content = {
            "state": state,
            "epoch": self.done,
            "seconds": round(self.seconds, 3),
            "cpu_seconds": round(self.cpu_seconds, 3),
            "images_seen": self.done * self.n_images,
            "problem": problem,
            "resumed": self.resumed,
        }
        store_json(self.folder / "state.json", content)

    def store_history(self) -> None:
        """Write the losses of all epochs so far."""
        store_history(self.folder / "history.csv", self.rows)

    def store_samples(self, epoch: int, generator: nn.Module, walk: bool) -> None:
        """Write samples, their picture and the generator's checkpoint.

        Raises:
            NoImagesError: the generator makes no images.
        """
        size = getattr(generator, "latent_dim", None)
        latent_dim = size if type(size) is int and 0 < size < 2**16 else self.latent_dim
        arrays = sampling.snapshot(generator, self.discriminator, self.real, latent_dim, walk=walk)
        arrays["epoch"] = np.array(epoch, np.int64)
        name = f"epoch_{epoch:03d}"
        samples = self.folder / "samples"
        store_grid(samples / f"{name}.png", arrays["grid"])
        if epoch:
            content = {"epoch": epoch, "weights": on_cpu(generator), "latent_dim": latent_dim}
            hidden = getattr(generator, "hidden_dims", None)
            if isinstance(hidden, (list, tuple)) and all(type(width) is int for width in hidden):
                content["hidden_dims"] = list(hidden)
            store_tensors(self.folder / "checkpoints" / f"{name}.pt", content)
        store_arrays(samples / f"{name}.npz", arrays)
        self.log(epoch, self.losses if epoch else UNKNOWN, arrays["grid"])


# Files, each written in one go -------------------------------------------------------------------


def store(path: Path, contents: bytes) -> None:
    """Write a file whole, with the folders above it.

    Raises:
        StoringError: it can't be written; what was there is there still.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, contents)
    except OSError as error:
        raise StoringError(f"{path.name} can't be written: {reason(error)}.") from None


def clean(folder: Path) -> None:
    """Remove drafts of processes that were killed while they wrote; the run is claimed by ours."""
    for place in (folder, folder / "samples", folder / "checkpoints"):
        for draft in [] if place.is_symlink() else place.glob(".*.tmp"):
            with contextlib.suppress(OSError):
                draft.unlink()


def store_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file for people too."""
    store(path, (json.dumps(content, indent=2) + "\n").encode())


def store_history(path: Path, rows: Sequence[Sequence[float]]) -> None:
    """Write epoch, losses and seconds of each epoch as CSV."""
    lines = [",".join(COLUMNS)]
    lines += [f"{int(epoch)},{d:.9g},{g:.9g},{seconds:.3f}" for epoch, d, g, seconds in rows]
    store(path, ("\n".join(lines) + "\n").encode())


def store_arrays(path: Path, arrays: Arrays) -> None:
    """Write arrays as a plain npz."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    store(path, buffer.getvalue())


def store_grid(path: Path, grid: np.ndarray[Any, Any]) -> None:
    """Write 64 images, uint8 `(64, 28, 28)`, as one gray picture, eight in a row."""
    from PIL import Image

    step = SIDE + GAP
    rows = GRID // COLUMNS_OF_GRID
    picture = np.zeros((rows * step + GAP, COLUMNS_OF_GRID * step + GAP), np.uint8)
    for number, image in enumerate(grid):
        top, left = (GAP + step * place for place in divmod(number, COLUMNS_OF_GRID))
        picture[top : top + SIDE, left : left + SIDE] = image
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "png")
    store(path, buffer.getvalue())


def store_tensors(path: Path, content: Mapping[str, Any]) -> None:
    """Write tensors in plain dictionaries and lists, to be read with `weights_only`."""
    buffer = io.BytesIO()
    torch.save(dict(content), buffer)
    store(path, buffer.getbuffer())  # type: ignore[arg-type]


def load_tensors(path: Path) -> dict[str, Any]:
    """What `store_tensors` wrote; data only, never code.

    Raises:
        StoringError: it can't be read, or is something else.
    """
    what = f"{path.name} of the run {path.parent.name}"
    try:
        held = read_plain(path, MAX_STATES)
    except FileNotFoundError:
        raise StoringError(f"{what} is not there.") from None
    except DamagedError:
        raise StoringError(f"{what} is far too large to be read.") from None
    except KeptError:
        raise StoringError(f"{what} is not a plain file, or can't be read.") from None
    try:
        content = torch.load(io.BytesIO(held), map_location="cpu", weights_only=True)
    except Exception:  # torch says it in many ways
        content = None
    if not isinstance(content, dict):
        raise StoringError(f"{what} is damaged.")
    return content
