"""A small JSON file in which something is kept from run to run.

It appears whole or not at all, whatever happens to the process that writes it. What is there and
can't be understood is never thrown away: it is put aside when a new file takes its place.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from checks.engine.errors import DamagedError, KeptError
from checks.engine.learner.backups import replace

SCHEMA = 1  # raised when a field changes its meaning
MAX_BYTES = 2**26
STALE_SECONDS = 60.0  # a draft this old was left behind by a process that is gone
TRIES, PAUSE = 5, 0.05  # Windows refuses to replace a file while another program looks at it

Content = TypeVar("Content")
Reader = Callable[[dict[str, Any]], Content]


def read(path: Path, reader: Reader[Content]) -> Content | None:
    """What the reader makes of the file; None where there is none.

    Args:
        path: the file.
        reader: takes what the file holds; a KeyError, TypeError, ValueError or AttributeError from
            it means that this is something else.

    Raises:
        KeptError: there is something, and it can't be read.
        DamagedError: it can be read, and is something else.
    """
    try:
        if not path.is_file():
            if path.exists() or path.is_symlink():
                raise KeptError(f"{path.name} is not a plain file.")
            return None
        if path.stat().st_size > MAX_BYTES:
            raise DamagedError(f"{path.name} is far too large to be read.")
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KeptError(f"{path.name} can't be read: {reason(error)}.") from None
    try:
        held = json.loads(content)
        if held["schema"] != SCHEMA:
            raise DamagedError(f"{path.name} is from another version of these exercises.")
        return reader(held)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise DamagedError(f"{path.name} is damaged.") from None


def write(path: Path, content: dict[str, Any], reader: Reader[Any]) -> None:
    """Write the file whole, after putting aside one that `reader` doesn't understand.

    Raises:
        KeptError: it can't be written; what was there is there still.
    """
    try:
        read(path, reader)
    except DamagedError:
        put_aside(path)
    # Escaped to ASCII: half a surrogate pair in a learner's message could not be encoded.
    text = json.dumps({"schema": SCHEMA, **content}, indent=2, ensure_ascii=True) + "\n"
    try:
        clear_drafts(path)
        for last in (False,) * (TRIES - 1) + (True,):
            try:
                replace(path, text.encode())
                return
            except PermissionError:
                if last or os.name != "nt":
                    raise
                time.sleep(PAUSE)
    except OSError as error:
        raise KeptError(f"{path.name} can't be written: {reason(error)}.") from None


def put_aside(path: Path) -> None:
    """Give a file a name under which it will stay.

    Raises:
        KeptError: it can't be renamed.
    """
    aside = path.with_name(f"{path.name}.broken")
    number = 1
    while aside.exists() or aside.is_symlink():
        number += 1
        aside = path.with_name(f"{path.name}.broken{number}")
    try:
        path.rename(aside)
    except OSError as error:
        raise KeptError(f"{path.name} can't be put aside: {reason(error)}.") from None


def clear_drafts(path: Path) -> None:
    """Remove what processes left behind that were killed while they wrote."""
    for draft in path.parent.glob(f".{path.name}.*.tmp"):
        with suppress(OSError):
            if time.time() - draft.stat().st_mtime > STALE_SECONDS:
                draft.unlink()


def reason(error: OSError) -> str:
    """Why the system refused, in its words."""
    return (error.strerror or type(error).__name__).rstrip(".").lower()
