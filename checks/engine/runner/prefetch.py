"""The checks of a run, made by two workers while pytest asks for their ends one after the other.

Nothing but the waiting changes: a check is the same function with the same evidence, and its
verdict still falls in its place. Each worker has a sandbox of its own; the evidence is shared. A
check that needs others waits for them, and is `blocked` where one of them has found a mistake.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from checks.engine.course.check_errors import CheckEndedError, WaitsError
from checks.engine.sandbox.solution import Solution, Submission


@dataclass
class Attempt:
    """One check: how to make it, what it saw, how it ended and how long it took.

    `needs` are the attempts that have to end first. What needs others takes seconds: it begins as
    soon as it may.
    """

    function: Callable[[Solution], None]
    tier: str
    about: str
    needs: Sequence[Attempt] = ()
    view: Solution | None = None
    error: BaseException | None = None
    seconds: float = 0.0
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def may_begin(self) -> bool:
        """Whether all that it needs has ended."""
        return all(other.done.is_set() for other in self.needs)

    @property
    def has_failed(self) -> bool:
        """Whether it has found a mistake; one of the whole file every check meets by itself."""
        ended = self.error
        return isinstance(ended, CheckEndedError) and ended.status.is_wrong and not ended.subject

    def make(self, submission: Submission) -> None:
        """Run the check, through this submission's sandbox; loading is not counted as its time."""
        self.view = Solution(submission, self.tier, self.about)
        began = time.perf_counter()
        try:
            submission.preload(self.tier)
            began = time.perf_counter()
            if failed := list(dict.fromkeys(o.about for o in self.needs if o.has_failed)):
                awaited = " and ".join(failed)
                have = "have" if len(failed) > 1 else "has"
                said = f"Waits for {awaited}, which {have} to be right first."
                raise WaitsError(said, awaited=awaited)
            self.function(self.view)
        except BaseException as error:  # whatever it is, somebody waits for the end
            self.error = error
        self.seconds = time.perf_counter() - began
        self.done.set()


class Prefetch:
    """The attempts of a run, by pytest's names for the checks, with one worker a submission."""

    def __init__(self, attempts: Mapping[str, Attempt], submissions: Sequence[Submission]) -> None:
        self.attempts = attempts
        self.submissions = submissions
        self.stopped = False
        self._waiting = sorted(attempts.values(), key=lambda attempt: not attempt.needs)
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, args=(submission,), daemon=True)
            for submission in submissions
        ]
        for thread in self._threads:
            thread.start()

    def _work(self, submission: Submission) -> None:
        while (attempt := self._next()) is not None:
            attempt.make(submission)
            with self._changed:
                self._changed.notify_all()

    def _next(self) -> Attempt | None:
        """The first attempt that may begin, once there is one; None when none is left."""
        with self._changed:
            while self._waiting and not self.stopped:
                for attempt in self._waiting:
                    if attempt.may_begin:
                        self._waiting.remove(attempt)
                        return attempt
                self._changed.wait()
        return None

    def result(self, name: str) -> Attempt | None:
        """This check's attempt once it has ended; None for a check that is not among them."""
        attempt = self.attempts.get(name)
        if attempt is not None:
            attempt.done.wait()
        return attempt

    def stop(self) -> None:
        """End what is still running: nobody waits for it any more."""
        with self._changed:
            self.stopped = True
            self._changed.notify_all()
        for thread, submission in zip(self._threads, self.submissions, strict=True):
            while thread.is_alive():
                submission.sandbox.interrupt()
                thread.join(0.05)
