"""Backups of exercise files: `.backup/NAME.DATE.py`, in the folder where the file stands.

Whatever the kit writes over a learner's file goes through `back_up` first and then through
`files.replace`. Both end with the bytes on the disk, so that a process that is killed, or a machine
that loses its power, between any two lines of this module loses nothing.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from dataclasses import replace as replaced
from datetime import datetime
from pathlib import Path

from checks.engine.errors import UsageError
from checks.engine.files import replace, settle, write_down
from checks.engine.paths import short

FOLDER = ".backup"
DATE = "%Y-%m-%dT%H-%M-%S"


@dataclass(frozen=True, order=True)
class Backup:
    """One kept version of a file; later ones are larger.

    `number` is 1 but for those after the first of the same second.
    """

    date: datetime
    number: int
    path: Path

    @property
    def name(self) -> str:
        """What a person calls it: the date, and the number where there is one."""
        number = f".{self.number}" if self.number > 1 else ""
        return f"{self.date:{DATE}}{number}"


def back_up(path: Path, contents: bytes) -> Backup:
    """Keep contents that stand, or stood, in a file, under a name that no backup has yet.

    Raises:
        OSError: it can't be written; then no backup is left, not even a part of one.
    """
    folder = path.parent / FOLDER
    folder.mkdir(exist_ok=True)
    date, number = datetime.now().replace(microsecond=0), 1
    while True:
        kept = Backup(date, number, folder)
        kept = replaced(kept, path=folder / f"{path.stem}.{kept.name}{path.suffix}")
        try:
            file = kept.path.open("xb")  # fails if the name is taken
            break
        except FileExistsError:
            number += 1
    try:
        with file:
            write_down(file.fileno(), contents)
    except BaseException:
        kept.path.unlink(missing_ok=True)
        raise
    settle(folder)
    settle(path.parent)
    return kept


def exchange(path: Path, before: bytes | None, after: bytes) -> Backup | None:
    """Put contents in a learner's file after a backup of those that were looked at.

    Args:
        path: the file, in its resolved folder.
        before: what stands there; None where nothing does.
        after: what shall stand there.

    Returns:
        The backup; None where there was nothing to keep.

    Raises:
        UsageError: the file can't be written, or has changed since it was looked at. Then what
            stands there is as it was.
    """
    folder = path.parent / FOLDER
    if os.path.islink(folder):
        raise UsageError(f"{short(folder)} is a link, and backups belong in a folder.")
    if os.path.exists(path) and not os.access(path, os.W_OK):
        raise UsageError(f"{short(path)} is read-only; nothing was changed.")
    kept = None
    doing = "kept in a backup"
    try:
        if (path.read_bytes() if path.exists() else None) != before:
            raise UsageError(f"{short(path)} has changed meanwhile; nothing was done.")
        if before is not None:
            kept = back_up(path, before)
        doing = "replaced"
        replace(path.resolve(), after)
    except OSError as error:
        what = f"{short(path)} can't be {doing}: {error.strerror or error}"
        raise UsageError(f"{what}; nothing was changed.") from None
    return kept


def backups(path: Path) -> list[Backup]:
    """The kept versions of a file, the newest first; plain files with a backup's name only."""
    form = re.compile(
        re.escape(path.stem) + r"\.(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)(?:\.(\d{1,9}))?"
        + re.escape(path.suffix)
    )  # fmt: skip
    folder = path.parent / FOLDER
    found = []
    for entry in folder.iterdir() if folder.is_dir() and not folder.is_symlink() else ():
        match = form.fullmatch(entry.name)
        if match is None or entry.is_symlink() or not entry.is_file():
            continue
        try:
            date = datetime.strptime(match[1], DATE)
        except ValueError:  # the thirtieth of February
            continue
        found.append(Backup(date, int(match[2] or 1), entry))
    return sorted(found, reverse=True)
