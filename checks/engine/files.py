"""Files that are written whole or not at all, and read without trust.

`replace` is the one way to write a file that somebody may look at meanwhile; `read_plain` the one
way to read a file that somebody else may have put there. `read_kept` and `write_kept` hold JSON
from run to run: what is there and can't be understood is never thrown away, it is put aside.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from checks.engine.errors import DamagedError, KeptError

SCHEMA = 1  # raised when a field changes its meaning
MAX_BYTES = 2**26
STALE_SECONDS = 60.0  # a draft this old was left behind by a process that is gone
TRIES, PAUSE = 5, 0.05  # Windows refuses to replace a file while another program looks at it

# Follow no link, wait for nobody at a pipe, change no line ends.
PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

Content = TypeVar("Content")


# Writing ------------------------------------------------------------------------------------------


def replace(path: Path, contents: bytes) -> None:
    """Write a file in one go: whoever looks sees the old one or the new one, whole.

    The draft has a name that nobody can foresee, and a link in the file's place is replaced, not
    followed. It ends with the bytes on the disk, so that a process that is killed, or a machine
    that loses its power, loses nothing.

    Raises:
        OSError: it can't be written; then the old one still stands there.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | PLAIN, 0o666)
    try:
        try:
            write_down(handle, contents)
            if os.name == "posix" and path.exists() and not path.is_symlink():
                os.fchmod(handle, stat.S_IMODE(path.stat().st_mode))
        finally:
            os.close(handle)
        for last in (False,) * (TRIES - 1) + (True,):
            try:
                os.replace(draft, path)
                break
            except PermissionError:
                if last or os.name != "nt":
                    raise
                time.sleep(PAUSE)
    finally:
        draft.unlink(missing_ok=True)
    settle(path.parent)


def write_down(handle: int, contents: bytes) -> None:
    """All of the contents, down to the disk."""
    view = memoryview(contents)
    while view:
        view = view[os.write(handle, view) :]
    os.fsync(handle)


def settle(folder: Path) -> None:
    """Let a folder's new names reach the disk, on systems where that can be asked for."""
    if os.name != "posix":
        return
    with suppress(OSError):  # a folder that may be written and not read, or an odd file system
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def clear_drafts(path: Path) -> None:
    """Remove what processes left behind that were killed while they wrote."""
    for draft in path.parent.glob(f".{path.name}.*.tmp"):
        with suppress(OSError):
            if time.time() - draft.stat().st_mtime > STALE_SECONDS:
                draft.unlink()


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


def reason(error: OSError) -> str:
    """Why the system refused, in its words."""
    return (error.strerror or type(error).__name__).rstrip(".").lower()


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it, however deep; as far as the system allows.

    A folder within is first moved up to the top, so that no path grows long and nothing recurs.
    """
    if folder.is_symlink():
        with suppress(OSError):
            folder.unlink()
        return
    count = 0
    waiting = [folder]
    while waiting:
        here = waiting[-1]
        with suppress(OSError):
            os.chmod(here, 0o700)
        inside = []
        with suppress(OSError), os.scandir(here) as entries:
            for entry in entries:
                with suppress(OSError):
                    if not entry.is_dir(follow_symlinks=False):
                        os.unlink(entry.path)
                    elif here == folder:
                        inside.append(Path(entry.path))
                    else:
                        count += 1
                        os.chmod(entry.path, 0o700)
                        moved = folder / f".removed-{os.getpid()}-{count}"
                        os.rename(entry.path, moved)
                        inside.append(moved)
        waiting.pop()
        with suppress(OSError):
            os.rmdir(here)
        waiting += inside
    with suppress(OSError):
        os.rmdir(folder)


# Reading ------------------------------------------------------------------------------------------


def open_plain(path: Path, flags: int = os.O_RDONLY, within: Path | None = None) -> int:
    """A handle to a plain file; with `within`, no folder below that one is a link either.

    Raises:
        KeptError: it is no plain file.
        OSError: it can't be opened.
    """
    if within is None or os.open not in os.supports_dir_fd:
        handle = os.open(path, flags | PLAIN, 0o666)
    else:
        *folders, name = path.relative_to(within).parts
        here = os.open(within, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in folders:
                below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | PLAIN, dir_fd=here)
                os.close(here)
                here = below
            handle = os.open(name, flags | PLAIN, 0o666, dir_fd=here)
        finally:
            os.close(here)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise KeptError(f"{path.name} is not a plain file.")
    return handle


def read_plain(path: Path, limit: int, within: Path | None = None) -> bytes:
    """The bytes of a plain file, no link, of at most `limit` of them; `within` as above.

    Raises:
        FileNotFoundError: there is none.
        KeptError: it is no plain file, or can't be read.
        DamagedError: it is larger.
    """
    try:
        if path.is_symlink() or path.is_dir():
            raise KeptError(f"{path.name} is not a plain file.")
        with open(open_plain(path, within=within), "rb") as file:
            content = file.read(limit + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise KeptError(f"{path.name} can't be read: {reason(error)}.") from None
    if len(content) > limit:
        raise DamagedError(f"{path.name} is far too large to be read.")
    return content


def read_kept(path: Path, kind: type[Content]) -> Content | None:
    """What a JSON file holds, as a dataclass of this kind; None where there is none.

    Raises:
        KeptError: there is something, and it can't be read.
        DamagedError: it can be read, and is something else.
    """
    try:
        content = read_plain(path, MAX_BYTES)
    except FileNotFoundError:
        return None
    try:
        held = json.loads(content)
        if held["schema"] != SCHEMA:
            raise DamagedError(f"{path.name} is from another version of these exercises.")
        return msgspec.convert(held, kind)
    except (KeyError, TypeError, ValueError, RecursionError, msgspec.ValidationError):
        raise DamagedError(f"{path.name} is damaged.") from None


def write_kept(path: Path, content: dict[str, Any], kind: type[Any]) -> None:
    """Write a JSON file of this kind, after putting aside one that is something else.

    Raises:
        KeptError: it can't be written; what was there is there still.
    """
    try:
        read_kept(path, kind)
    except DamagedError:
        put_aside(path)
    # Escaped to ASCII: half a surrogate pair in a learner's message could not be encoded.
    text = json.dumps({"schema": SCHEMA, **content}, indent=2, ensure_ascii=True) + "\n"
    try:
        clear_drafts(path)
        replace(path, text.encode())
    except OSError as error:
        raise KeptError(f"{path.name} can't be written: {reason(error)}.") from None
