"""Checks that take seconds begin with the run, in a sandbox of their own, while the others go on.

Nothing but the waiting changes: such a check is the same function with the same evidence, and its
verdict still falls in its place.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from checks.engine import sandbox
from checks.engine.solution import Solution


def has_second_core() -> bool:
    """Whether this process may use more than one core; on one, beginning early gains nothing."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) > 1
    return (os.cpu_count() or 1) > 1


@dataclass
class Attempt:
    """One check that has begun early: what it sees, how it ended and how long it took."""

    function: Callable[[Solution], None]
    view: Solution
    error: BaseException | None = None
    seconds: float = 0.0
    done: threading.Event = field(default_factory=threading.Event)

    def make(self) -> None:
        """Run the check."""
        began = time.perf_counter()
        try:
            self.function(self.view)
        except BaseException as error:  # whatever it is, somebody waits for the end
            self.error = error
        self.seconds = time.perf_counter() - began
        self.done.set()


class Ahead:
    """The checks of a run that have begun early, by pytest's names for them, one after another."""

    def __init__(self, attempts: Mapping[str, Attempt]) -> None:
        self.attempts = attempts
        self.stopped = False
        self.thread = threading.Thread(target=self._make_all, daemon=True)
        self.thread.start()

    def _make_all(self) -> None:
        for attempt in self.attempts.values():
            if not self.stopped:
                attempt.make()

    def result(self, name: str) -> Attempt | None:
        """This check's attempt once it has ended; None for a check that has not begun early."""
        attempt = self.attempts.get(name)
        if attempt is not None:
            attempt.done.wait()
        return attempt

    def stop(self) -> None:
        """End what is still running: nobody waits for it any more."""
        self.stopped = True
        while self.thread.is_alive():
            sandbox.second().interrupt()
            self.thread.join(0.05)
