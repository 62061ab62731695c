"""The file that a tier's answers stand in: loaded, and one choice at a time put into it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from checks.engine.errors import FileError
from checks.engine.files import replace
from checks.engine.learner import learners_file
from checks.engine.learner.answer_text import Sheet, parsed, with_choice


def load(folder: Path, tier: str) -> Sheet:
    """A tier's file.

    Raises:
        FileError: it isn't there, can't be read or is not valid Python.
    """
    return parsed(learners_file.contents(folder, tier), f"{tier}.py")


def check_writable(folder: Path, tier: str) -> None:
    """End with a sentence where the file could be read and not written.

    Raises:
        FileError: it is read-only, or stands in a folder that is.
    """
    path = Path(os.path.realpath(folder / f"{tier}.py"))
    writable = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
    if not path.stat().st_mode & writable or not os.access(path, os.W_OK):
        raise FileError(f"{path.name} is read-only, so no answer can be written into it.")
    if not os.access(path.parent, os.W_OK):
        raise FileError(f"The folder of {path.name} is read-only, so no answer can be written.")


def write(folder: Path, tier: str, name: str, letter: str) -> None:
    """Put one choice into a tier's file, in one go.

    Raises:
        FileError: the file can't be read or written.
        ByHandError: it can't be done surely; the file is as it was.
    """
    before = load(folder, tier)
    after = with_choice(before, name, letter)
    if after.contents == before.contents:
        return
    check_writable(folder, tier)
    try:
        replace(Path(os.path.realpath(folder / f"{tier}.py")), after.contents)
    except OSError as error:
        raise FileError(f"{tier}.py cannot be written: {error.strerror or error}.") from None
