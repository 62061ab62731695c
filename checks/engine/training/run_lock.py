"""Whose run it is: the process that trains holds a lock on the run's folder until it ends.

The system lets go of such a lock however the process ends, so that a run whose process was killed
can't be taken for one that goes on.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import IO

from checks.engine.errors import ClaimedError, KeptError
from checks.engine.files import open_plain

LOCK = ".lock"
TRIES, PAUSE = 20, 0.05  # a process that was killed may take a moment to be gone


def claim(folder: Path) -> IO[bytes]:
    """Take the run's lock, until the file that comes back is closed or this process ends.

    Raises:
        ClaimedError: another process has it.
        KeptError: something else is in the lock's place.
        OSError: the folder can't be written.
    """
    file = os.fdopen(open_plain(folder / LOCK, os.O_RDWR | os.O_CREAT), "r+b")
    for last in (False,) * (TRIES - 1) + (True,):
        try:
            _lock(file)
            break
        except OSError:
            if last:
                file.close()
                raise ClaimedError from None
            time.sleep(PAUSE)
    return file


def is_claimed(folder: Path) -> bool:
    """Whether a process trains this run at this moment."""
    try:
        file = os.fdopen(open_plain(folder / LOCK, os.O_RDWR), "r+b")
    except PermissionError:  # another user's run; on Windows, also one that is locked
        return os.name == "nt"
    except (OSError, KeptError):  # none, or no lock
        return False
    with file:
        try:
            _lock(file)
        except OSError:
            return True
    return False


def _lock(file: IO[bytes]) -> None:
    """Lock a file for this process alone, or fail at once; closing it lets go."""
    if os.name == "nt":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
