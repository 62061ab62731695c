"""What a teacher sees while a class is graded: a live table, or plain lines without a terminal."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING

from checks.engine.classroom.pool import Progress
from checks.engine.ui.screen_text import Page

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live

EVERY_SECONDS = 20.0  # between plain lines


@dataclass
class Worker:
    """Who is in work, and since when."""

    student: str = ""
    tier: str = ""
    since: float = 0.0


@dataclass
class GradingScreen:
    """The state of the work, and how it is shown; its `progress` may be called by any thread."""

    console: Console
    total: int = 0
    known: int = 0
    done: int = 0
    began: float = field(default_factory=time.monotonic)
    _workers: dict[int, Worker] = field(default_factory=dict)
    _live: Live | None = None
    _said: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def progress(self) -> Progress:
        """The calls by which the pool tells how it goes."""
        return Progress(self._started, self._working, self._idle, self._finished, self.notice)

    def __enter__(self) -> GradingScreen:
        if self.console.is_interactive and self.console.is_terminal:
            from rich.live import Live

            self._live = Live(
                get_renderable=self._table, console=self.console, refresh_per_second=4,
                transient=True,
            )  # fmt: skip
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if self._live is not None:
            self._live.stop()
            self._live = None

    def notice(self, text: str) -> None:
        """Say something beside the table."""
        self.console.print(Page(self.console).text(text))

    def _started(self, total: int, known: int) -> None:
        self.total, self.known, self.began = total, known, time.monotonic()
        if known:
            self.notice(f"{known} of {total} are known already.")

    def _working(self, worker: int, student: str, tier: str) -> None:
        with self._lock:
            self._workers[worker] = Worker(student, tier, time.monotonic())

    def _idle(self, worker: int) -> None:
        with self._lock:
            self._workers.pop(worker, None)

    def _finished(self, student: str, seconds: float) -> None:
        with self._lock:
            self.done += 1
            now = time.monotonic()
            is_due = now - self._said >= EVERY_SECONDS or self.done + self.known == self.total
            if self._live is not None or not is_due:
                return
            self._said = now
        self.notice(f"{self.summary()}; last {Page(self.console).text(student, limit=60).plain}")

    def summary(self) -> str:
        """How far the work is, at what rate, and how long it will take, in one line."""
        spent = time.monotonic() - self.began
        said = f"{self.done + self.known} of {self.total} judged"
        if not self.done:
            return said
        rate = self.done / max(spent, 1e-9)
        left = (self.total - self.known - self.done) / rate
        return f"{said}, {60 * rate:.1f} a minute, about {in_words(left)} left"

    def _table(self) -> RenderableType:
        from rich.table import Table

        page = Page(self.console)
        shown = Table.grid(padding=(0, 2))
        shown.add_row(page.text(self.summary(), "bold"))
        with self._lock:
            workers = sorted(self._workers.items())
        for number, each in workers:
            spent = f"{time.monotonic() - each.since:.0f} s"
            shown.add_row(page.text(f"  {number + 1}  {each.student[:40]}, {each.tier}, {spent}"))
        return shown


def in_words(seconds: float) -> str:
    """A time that is left, roughly."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"
