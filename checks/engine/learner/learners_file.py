"""A learner's file on the disk: whether it can be looked at, and what is in it."""

from __future__ import annotations

from pathlib import Path

from checks.engine.errors import FileError

MAX_SOURCE = 2**20


def obstacle(folder: Path, tier: str) -> str:
    """Why a tier's file can't be looked at, in one sentence; "" where it can.

    A pipe would hang whoever reads it, a device fill the memory, a link lead out of the folder.

    Args:
        folder: where the file should be, resolved.
        tier: the file's name without its ending.
    """
    path = folder / f"{tier}.py"
    try:
        if path.is_dir():
            return f"{path.name} is a folder, not a file."
        if not path.exists():
            return f"There is no {path.name} in {folder.name}."
        if not path.is_file():
            return f"{path.name} is not a plain file."
        if path.stat().st_size > MAX_SOURCE:
            return f"{path.name} is larger than {MAX_SOURCE // 2**20} MB."
        if not path.resolve().is_relative_to(folder):
            return f"{path.name} is a link to a file outside the folder."
        path.open("rb").close()
    except OSError as error:
        return f"{path.name} cannot be read: {error.strerror}."
    return ""


def contents(folder: Path, tier: str) -> bytes:
    """All bytes of a tier's file.

    Raises:
        FileError: there is an obstacle.
    """
    if problem := obstacle(folder, tier):
        raise FileError(problem)
    path = folder / f"{tier}.py"
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileError(f"{path.name} cannot be read: {error.strerror}.") from None
