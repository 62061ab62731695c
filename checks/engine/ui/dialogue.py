"""The quiz's side of the terminal: what it says, and what it hears.

Without a terminal the same text comes line by line; an answer that nobody saw being typed is
repeated, so that a log reads like what stands on a screen.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.text import Text

from checks.engine.course.next_step import NextStep
from checks.engine.course.verdict import Exhibit, Status
from checks.engine.ui import screen_parts as parts
from checks.engine.ui.screen_text import Page

SKIP = {"s", "skip"}
QUIT = {"q", "quit"}


class StoppedError(Exception):
    """The person at the keyboard ends the quiz, or there is nobody (any more)."""


class Dialogue:
    """Says and asks, on a console and standard input."""

    def __init__(self, console: Console) -> None:
        self.page = Page(console)
        if hasattr(sys.stdin, "reconfigure"):
            sys.stdin.reconfigure(errors="replace")

    # What it says.

    def say(self, text: str, style: str = "") -> None:
        """A paragraph of its own."""
        self._print(Text(), self.page.hang(Text(), self.page.text(text, style)))

    def text(self, text: str) -> None:
        """More of what was said."""
        self._print(self.page.hang(Text(), self.page.text(text)))

    def heading(self, text: str) -> None:
        """What comes next, calmly."""
        self._print(Text(), self.page.line(text, "dim"))

    def question(self, text: str, choices: Mapping[str, str]) -> None:
        """A question and its choices."""
        self._print(self.page.hang(Text("  "), self.page.text(text, "bold")), Text())
        for letter, choice in choices.items():
            self._print(self.page.hang(Text(f"    {letter}) "), self.page.text(choice)))
        self._print(Text())

    def tick(self, text: str) -> None:
        """Something was right, and why."""
        self._marked(Status.PASSED, text)

    def cross(self, text: str) -> None:
        """Something wasn't, and why."""
        self._marked(Status.FAILED, text)

    def under(self, text: str) -> None:
        """One more line below a mark or a question."""
        self._print(parts.under(self.page, self.page.text(text)))

    def working(self, text: str) -> None:
        """It takes a moment."""
        self._print(parts.under(self.page, self.page.line(text, "dim")))

    def table(self, shown: Exhibit) -> None:
        """Numbers."""
        self._print(*parts.exhibit(self.page, shown), Text())

    def by_hand(self, entry: str, file: str, reason: str) -> None:
        """A line that has to be written into the file by hand, and why."""
        self.under(f"Write this into ANSWERS in {file} by hand, since {reason}:")
        self._print(self.page.hang(Text("      "), self.page.line(entry, "cyan")))

    def next(self, step: NextStep, solutions: str | None = None) -> None:
        """The next thing to do, on the same folder of solutions."""
        self._print(Text(), parts.next_line(self.page, step.said(solutions), step.file))

    def _marked(self, status: Status, text: str) -> None:
        mark = parts.lead(self.page, parts.symbol(self.page, status))
        self._print(self.page.hang(mark, self.page.text(text)))

    def _print(self, *blocks: Text) -> None:
        for block in blocks:
            self.page.console.print(block)

    # What it hears.

    def choice(self, prompt: str, letters: Iterable[str]) -> str:
        """One of the letters, or "" where the question is skipped.

        Raises:
            StoppedError: the quiz is to end, or the input has ended.
        """
        known = list(letters)
        span = f"{known[0]}-{known[-1]}"
        while True:
            heard = self._line(f"  {prompt} ({span}, s, q): ").lower()
            if heard in known:
                return heard
            if heard in SKIP:
                return ""
            if heard in QUIT:
                raise StoppedError
            if heard:
                self.under(
                    f"That is none of the choices: type one letter from {known[0]} to {known[-1]}, "
                    "s to skip this one or q to end the quiz."
                )

    def _line(self, prompt: str) -> str:
        """What was typed, without what people put around a letter."""
        console = self.page.console
        console.print(self.page.line(prompt), end="")
        try:
            typed = sys.stdin.readline() if sys.stdin else ""
        except (OSError, ValueError):  # closed, or nothing that can be read
            typed = ""
        if not (sys.stdin and sys.stdin.isatty() and typed):
            console.print(self.page.line(typed.strip("\ufeff\r\n "), limit=40))
        if not typed:
            raise StoppedError
        return re.sub(r"^[\s\ufeff('\"]+|[\s).'\"]+$", "", typed[:1000])
