"""Watch mode's screen: one page that fits the window, drawn anew after each run.

The headline, what came and what to try are always in sight. What else there is to say is on the
page as far as the window has room for it, and comes back with a key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from checks.engine.course.totals import by_cause, tally, total
from checks.engine.course.verdict import Verdict
from checks.engine.ui import screen_parts as parts
from checks.engine.ui.screen import Screen

# What goes where the window is too low for everything, in this order.
DROPPED = ("rows", "notes", "tables", "calls", "why", "expected", "ends")


class WatchScreen(Screen):
    """The terminal during watch mode; a new one for every run."""

    def __init__(self, console: Console, file: str, keys: Mapping[str, str]) -> None:
        """The page on this file; `keys` are those that work, each with its word."""
        super().__init__(console)
        self.file, self._keys = file, keys
        self._notices: list[Text] = []
        console.clear()
        self.heading(file, "watching")

    def verdict(self, verdict: Verdict) -> None:
        """One verdict has come: the bar shows it."""
        self._verdicts.append(verdict)
        self._activity = ""

    def notice(self, text: str) -> None:
        """Something worth knowing, in one plain sentence, which stays for this run."""
        self._notices.append(self.page.hang(Text(), self.page.text(text, "cyan")))
        super().notice(text)

    def show(self, blocks: Sequence[Text]) -> None:
        """Something of another screen's, in place of what stands here."""
        self._console.clear()
        self._print(*blocks)

    def show_mistakes(self, verdicts: Sequence[Verdict]) -> None:
        """What there is to fix in what has changed, while other checks still run."""
        self.close()
        self._draw(verdicts, [], room=len(tally(self._verdicts, self._checks)) + 4)
        self._go_live()

    def finish(self, verdicts: Sequence[Verdict], next_step: str = "", file: str = "") -> None:
        """The page on these verdicts, in course order, with the next thing to do."""
        self.close()
        closing = [Text(), *self._closing(verdicts, next_step, file)]
        keys = [Text(), parts.key_line(self.page, self._keys)] if self._keys else []
        self._draw(verdicts, closing, room=rows_of(keys))

    def _draw(self, verdicts: Sequence[Verdict], closing: Sequence[Text], room: int) -> None:
        """As much of the page as leaves `room` rows below it."""
        dropped: list[str] = []
        page = self._blocks(verdicts, dropped)
        for name in DROPPED:
            if rows_of([*page, *closing]) + room < self._console.height:
                break
            dropped.append(name)
            page = self._blocks(verdicts, dropped)
        self._console.clear()
        self._print(*page, *closing)

    def _blocks(self, verdicts: Sequence[Verdict], dropped: Sequence[str]) -> list[Text]:
        """The page without what is dropped."""
        tiers = tally(verdicts, self._checks)
        blocks = [parts.headline(self.page, self.file, total(tiers)), *self._notices]
        causes = by_cause(verdicts)
        faults = self._kit_faults(verdicts)
        is_file = bool(causes and causes[0][0].subject)  # then all rows would say the same
        if not is_file and ("rows" not in dropped or not (causes or faults)):
            width = max((len(parts.part_name(each)) for each in verdicts), default=0)
            blocks.append(Text())
            said = ""
            blocks += parts.stand_ins(self.page, verdicts[0]) if verdicts else []
            for part in [list(group) for _, group in groupby(verdicts, parts.part_of)]:
                blocks += parts.part_lines(self.page, part, width)
                if (waits_for := parts.waits_for(part)) and waits_for != said:
                    blocks.append(parts.under(self.page, self.page.line(waits_for, "dim")))
                said = waits_for
        blocks += faults
        if causes:
            blocks += [Text(), *parts.details(self.page, causes[0][0], without=dropped)]
            if (others := sum(map(len, causes[1:]))) and "why" not in dropped:
                rest = f"… and {others} more; fix this first."
                blocks += [Text(), parts.under(self.page, self.page.line(rest, "dim"))]
        if "notes" not in dropped:
            blocks += self._notes(verdicts)
        return blocks


def rows_of(blocks: Sequence[Text]) -> int:
    """How many rows of the window these take."""
    return sum(block.plain.count("\n") + 1 for block in blocks)
