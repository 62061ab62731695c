"""Optional: the same numbers and pictures for TensorBoard, in the run's folder."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from typing import Any

from checks.engine.training.losses import Pair

MISSING = (
    "--tensorboard needs TensorBoard, which is not installed: python -m pip install tensorboard, "
    "or leave the option out."
)


def is_there() -> bool:
    """Whether TensorBoard is installed; it is not imported."""
    return importlib.util.find_spec("tensorboard") is not None


class Log:
    """Writes losses of every epoch, and the grids of those that have one."""

    def __init__(self, folder: Path, epoch: int) -> None:
        """Go on after an epoch; whatever came later there is dropped."""
        from torch.utils.tensorboard import SummaryWriter

        self.writer: Any = SummaryWriter(str(folder), purge_step=epoch + 1)

    def __call__(self, epoch: int, losses: Pair, grid: Any) -> None:
        """One epoch is done; `grid` is uint8 `(64, 28, 28)` or None."""
        for name, value in zip(("discriminator", "generator"), losses, strict=True):
            if not math.isnan(value):
                self.writer.add_scalar(f"loss/{name}", value, epoch)
        if grid is not None:
            picture = grid.reshape(8, 8, 28, 28).swapaxes(1, 2).reshape(8 * 28, 8 * 28)
            self.writer.add_image("samples", picture, epoch, dataformats="HW")
        self.writer.flush()
