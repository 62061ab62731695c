"""The books of a training: what has been reached, and the files that say so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn

from checks.engine.training import sampling, storing
from checks.engine.training.checkpoint import on_cpu
from checks.engine.training.losses import UNKNOWN, Pair

Log = Callable[[int, Pair, Any], None]


@dataclass
class Records:
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
        storing.store_json(self.folder / "state.json", content)

    def store_history(self) -> None:
        """Write the losses of all epochs so far."""
        storing.store_history(self.folder / "history.csv", self.rows)

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
        storing.store_grid(samples / f"{name}.png", arrays["grid"])
        if epoch:
            content = {"epoch": epoch, "weights": on_cpu(generator), "latent_dim": latent_dim}
            hidden = getattr(generator, "hidden_dims", None)
            if isinstance(hidden, (list, tuple)) and all(type(width) is int for width in hidden):
                content["hidden_dims"] = list(hidden)
            storing.store_tensors(self.folder / "checkpoints" / f"{name}.pt", content)
        storing.store_arrays(samples / f"{name}.npz", arrays)
        self.log(epoch, self.losses if epoch else UNKNOWN, arrays["grid"])
