"""Writing a run's files, each in one go: whoever looks sees the old one or the new one, whole."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from checks.engine.errors import StoringError
from checks.engine.files import reason, replace
from checks.engine.training.runs import COLUMNS, GRID

SIDE, GAP, COLUMNS_OF_GRID = 28, 2, 8  # pixels, pixels, images
MAX_STATES = 4 * 2**30  # bytes of a `last.pt`

Arrays = Mapping[str, "np.ndarray[Any, Any]"]


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
    for draft in folder.rglob(".*.tmp"):
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
        if path.stat().st_size > MAX_STATES:
            raise StoringError(f"{what} is far too large to be read.")
        held = path.read_bytes()
    except FileNotFoundError:
        raise StoringError(f"{what} is not there.") from None
    except OSError as error:
        raise StoringError(f"{what} can't be read: {reason(error)}.") from None
    try:
        content = torch.load(io.BytesIO(held), map_location="cpu", weights_only=True)
    except Exception:  # torch says it in many ways
        content = None
    if not isinstance(content, dict):
        raise StoringError(f"{what} is damaged.")
    return content
