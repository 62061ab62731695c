"""Which of the watched files have been saved: told once each has settled.

File events come from `watchfiles`. Where they don't come (some network drives, some virtual
machines), a look at the files once a second notices, and from then on the files are looked at
several times a second instead.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from checks.engine.errors import FileError
from checks.engine.learner.learners_file import contents
from checks.engine.parsing import parsed

LOOK_SECONDS = 1.0  # between two looks that no event asked for
POLL_SECONDS = 0.3  # between two looks where events don't come
SETTLED_SECONDS = 0.025  # a file that stays the same for so long has been written
PATIENCE_SECONDS = 0.4  # for a file that is missing, empty or cut off in the middle
MISSED = 2  # that many changes in a row without an event: events don't come
NO_EVENTS = "No file events arrive from this folder, so it is looked at three times a second."

State = dict[str, bytes | None]  # the text of each file by its name; None where it can't be read


@dataclass
class FileWatcher:
    """Watches the Python files of a folder and calls `saved` with the names of what changed.

    `notice` is called with a sentence worth knowing. Both are called from the watching thread.
    """

    folder: Path
    saved: Callable[[set[str]], None]
    notice: Callable[[str], None]

    def __post_init__(self) -> None:
        self.folder = self.folder.resolve()
        self._stop = threading.Event()
        self._state = state_of(self.folder)
        self._missed = 0

    def start(self) -> None:
        """Begin to watch."""
        threading.Thread(target=self._watch, daemon=True).start()

    def stop(self) -> None:
        """End the watching, soon."""
        self._stop.set()

    def _watch(self) -> None:
        for had_event in self._events():
            changed = self._changed()
            if changed:
                self.saved(changed)
            self._missed = 0 if had_event else self._missed + bool(changed)
            if self._missed >= MISSED:
                break
        if not self._stop.is_set():
            self.notice(NO_EVENTS)
        while not self._stop.wait(POLL_SECONDS):
            if changed := self._changed():
                self.saved(changed)

    def _events(self) -> Iterator[bool]:
        """True for an event, False for each second without one; ends where events can't be had."""
        try:
            import watchfiles

            for events in watchfiles.watch(
                self.folder,
                watch_filter=None,
                debounce=200,
                step=20,
                rust_timeout=int(LOOK_SECONDS * 1000),
                yield_on_timeout=True,
                stop_event=self._stop,
                recursive=False,
                raise_interrupt=False,
            ):
                yield bool(events)
        except (ImportError, OSError, RuntimeError):
            return  # no such library for this machine, too many watches, the folder is gone

    def _changed(self) -> set[str]:
        """The names of the files that are not what they were, once they have settled."""
        present = state_of(self.folder)
        if present == self._state:
            return set()
        present = self._settled(present)
        names = set(present) | set(self._state)
        changed = {name for name in names if present.get(name) != self._state.get(name)}
        self._state = present
        return changed

    def _settled(self, present: State) -> State:
        """The files when nobody writes them any more; half a file is given a little time."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._stop.wait(SETTLED_SECONDS):
            before, present = present, state_of(self.folder)
            if present != before:
                deadline = max(deadline, time.monotonic() + 2 * SETTLED_SECONDS)
            elif time.monotonic() > deadline or not self._looks_halfway(present):
                break
        return present

    def _looks_halfway(self, present: State) -> bool:
        """Whether a file that was there is gone, empty, or does not parse as it did before."""
        return any(
            parses(before) and not parses(present.get(name))
            for name, before in self._state.items()
            if present.get(name) != before
        )


def state_of(folder: Path) -> State:
    """The Python files of a folder and what is in them."""
    try:
        names = sorted(path.name for path in folder.glob("*.py"))
    except OSError:
        return {}
    return {name: read(folder / name) for name in names}


def read(path: Path) -> bytes | None:
    """A file's bytes; None for what is no plain, readable file of a plain size."""
    try:
        return contents(path.parent, path.stem)
    except FileError:
        return None


def parses(text: bytes | None) -> bool:
    """Whether this is a whole Python file with something in it."""
    if not text:
        return False
    try:
        parsed(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
