"""Where everything is: one tier is one file of the same name in each of the kit's folders."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from checks.engine.errors import DataError

KIT = Path(__file__).resolve().parents[2]
EXERCISES = KIT / "exercises"
REFERENCE = KIT / "reference"
CHECKS = KIT / "checks"
STUBS = CHECKS / "stubs"  # in a kit without the reference: the exercises as they were handed out


def exercises() -> Path:
    """Where the learner's files are: the folder that GAN_KIT_SOLUTIONS names, or the kit's own."""
    chosen = os.environ.get("GAN_KIT_SOLUTIONS")
    if not chosen:
        return EXERCISES
    return next((path for path in (Path(chosen), KIT / chosen) if path.is_dir()), Path(chosen))


def tiers() -> list[str]:
    """The course's tiers in order: what has checks, the four in the course's order first."""
    order = ["beginner", "intermediate", "advanced", "bonus"]
    found = sorted(path.stem.removeprefix("test_") for path in CHECKS.glob("test_*.py"))
    return [tier for tier in order if tier in found] + [t for t in found if t not in order]


def cache_folder() -> Path:
    """Where downloads are kept: `GAN_KIT_CACHE`, or the kit's part of this user's cache folder.

    Raises:
        DataError: this user has no home folder.
    """
    if chosen := os.environ.get("GAN_KIT_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        base, usual = os.environ.get("LOCALAPPDATA"), "AppData/Local"
    elif sys.platform == "darwin":
        base, usual = None, "Library/Caches"
    else:
        base, usual = os.environ.get("XDG_CACHE_HOME"), ".cache"
    try:
        return (Path(base) if base else Path.home() / usual) / "gan-exercise-kit"
    except RuntimeError:
        raise DataError("MNIST could not be downloaded: there is no home folder.") from None


def short(file: str | Path) -> str:
    """A file's path from here, or its name where it lies elsewhere."""
    try:
        return Path(file).relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):  # the current folder may be gone
        return Path(file).name
