"""`samples.gif`: the grid from snapshot to snapshot, with the epoch above it."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np

from checks.engine.report.content import Snapshot, thinned
from checks.engine.report.pictures import Pixels, sheet

ZOOM = 2
BAR = 36  # pixels above the grid, for the epoch
GRAYS = 32  # fewer than 256 make a far smaller file
MAX_FRAMES = 30
STEP, HOLD = 500, 2500  # milliseconds for a frame, and for the last one


def animation(snapshots: Sequence[Snapshot]) -> bytes:
    """The snapshots as an animated GIF that starts again for ever.

    Raises:
        ValueError: there are none.
    """
    from PIL import Image

    if not snapshots:
        raise ValueError("there are no snapshots to animate")
    frames = [Image.fromarray(_frame(each)) for each in thinned(snapshots, MAX_FRAMES)]
    times = [STEP] * (len(frames) - 1) + [HOLD]
    file = io.BytesIO()
    frames[0].save(
        file, "GIF", save_all=True, append_images=frames[1:], duration=times, loop=0, disposal=1
    )
    return file.getvalue()


def _frame(snapshot: Snapshot) -> Pixels:
    """The grid, larger and in fewer grays, below a bar with the epoch: uint8 `(H, W)`."""
    from PIL import Image, ImageDraw, ImageFont

    grid = sheet(snapshot.grid).repeat(ZOOM, axis=0).repeat(ZOOM, axis=1)
    step = 255 / (GRAYS - 1)
    grid = (np.round(grid / step) * step).astype(np.uint8)
    bar = Image.new("L", (grid.shape[1], BAR), 0)
    ImageDraw.Draw(bar).text(
        (12, BAR // 2), f"Epoch {snapshot.epoch}", fill=255, anchor="lm",
        font=ImageFont.load_default(20),
    )  # fmt: skip
    frame: Pixels = np.vstack([np.asarray(bar), grid])
    return frame
