"""What the command asks of the worker; plain values, sent as JSON."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import msgspec

DEFAULT_EPOCHS = 30  # as the lesson has it: samples after 10, 20 and 30
SCRATCH = ".scratch"  # in the run's folder: the worker's own place for temporary files
EARLY = (1, 2, 5)  # epochs in which samples change the most


@dataclass(frozen=True)
class Request:
    """One training. What is None or empty comes from the recipe, else from the defaults.

    `folder` is the run's, there already; `solutions` is where the code is, `module` which file of
    it, `code` what `run.json` calls it; `images` is at most how many of them.
    """

    folder: str
    solutions: str
    module: str
    code: str
    recipe: str | None = None
    resume: bool = False
    epochs: int | None = None
    batch_size: int | None = None
    latent_dim: int | None = None
    learning_rate: float | None = None
    seed: int = 0
    snapshots: tuple[int, ...] = ()
    every: int | None = None
    device: str = "auto"
    data: str | None = None
    images: int | None = None
    tensorboard: bool = False

    def chosen(self, epochs: int, usual: Collection[int]) -> list[int]:
        """The epochs whose samples are kept, with the last: as asked for, else the usual ones."""
        if self.every:
            usual = range(self.every, epochs + 1, self.every)
        elif self.snapshots:
            usual = self.snapshots
        elif not usual:
            usual = (*EARLY, *range(10, epochs + 1, 10))
        return sorted({epoch for epoch in usual if epoch <= epochs} | {epochs})

    def to_json(self) -> bytes:
        """One line."""
        return msgspec.json.encode(self)

    @classmethod
    def from_json(cls, line: bytes) -> Request:
        """The request back."""
        return msgspec.json.decode(line, type=cls)
