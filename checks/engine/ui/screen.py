"""Everything that the terminal shows while the checks run and when they are done.

One line a function stays as soon as its checks are through, with a line for each that is wrong;
below them, in a terminal, the tier table is alive until the end. Then what is wrong, in words, and
the next thing to do. Where there is no terminal the same text comes line by line, without control
codes, and the same verdicts always give the same bytes. With `verbose` every check has a line, and
its time.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.text import Text

from checks.engine.course.totals import by_cause, next_verdict, tally, total
from checks.engine.course.verdict import Check, Exhibit, Status, Verdict
from checks.engine.ui import screen_parts as parts
from checks.engine.ui.screen_text import Page, make_console

__all__ = ["Screen", "make_console"]

DETAILS_SHOWN = 3
NOTES_SHOWN = 3
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
SPINNER_ASCII = "|/-\\"


class Screen:
    """The terminal during one run: `loading`, `start`, then `running` and `verdict`, `finish`.

    A context manager: whatever happens inside, the cursor and the last line come back. With
    `overview` only the tier table, the first mistakes' names and the next step are shown; with
    `explain` also the evidence of what has passed.
    """

    def __init__(
        self,
        console: Console,
        *,
        verbose: bool = False,
        overview: bool = False,
        explain: bool = False,
        details: int = DETAILS_SHOWN,
    ) -> None:
        self.page = Page(console)
        self.verbose = verbose
        self.overview = overview
        self.explain = explain
        self.details = details  # of how many mistakes they are shown
        self._console = console
        self._checks: Sequence[Check] = ()
        self._title_width = 0
        self._verdicts: list[Verdict] = []
        self._part: list[Verdict] = []  # those on one part whose line is still to come
        self._printed_tier = self._printed_wait = ""
        self._activity = ""
        self._live: Live | None = None

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *ignored: object) -> None:
        self.close()

    # While it runs.

    def loading(self, what: str = "Loading PyTorch …") -> None:
        """Nothing is known yet: a calm spinner, in a terminal only."""
        self._activity = what
        self._go_live()

    def start(self, checks: Sequence[Check]) -> None:
        """What is about to run, in course order."""
        self._checks = checks
        names = [check.title if self.verbose else parts.part_name(check) for check in checks]
        self._title_width = max((self.page.line(name).cell_len for name in names), default=0)
        self._activity = ""
        self._go_live()

    def heading(self, what: str, doing: str) -> None:
        """What the screen is about, on a line of its own."""
        self._print(Text.assemble(self.page.line(what, "bold"), "  ", self.page.line(doing, "dim")))

    def keys(self, keys: Mapping[str, str]) -> None:
        """The keys that work, each with its word."""
        self._print(Text(), parts.key_line(self.page, keys))

    def show(self, blocks: Sequence[Text]) -> None:
        """Something of another screen's, below what stands here."""
        self._print(Text(), *blocks)

    def running(self, check: str) -> None:
        """The check with this id runs now."""
        self._activity = next((each.title for each in self._checks if each.check == check), "")

    def verdict(self, verdict: Verdict) -> None:
        """One verdict has come; its part's line follows as soon as all on that part have."""
        if self._part and parts.part_of(self._part[0]) != parts.part_of(verdict):
            self._print_part()
        self._verdicts.append(verdict)
        self._activity = ""
        if self.overview:
            return
        self._part.append(verdict)
        n_checks = sum(parts.part_of(check) == parts.part_of(verdict) for check in self._checks)
        if not verdict.subject and (self.verbose or len(self._part) >= n_checks):
            self._print_part()

    def _print_part(self) -> None:
        """The lines of the checks on one part, under the tier's heading."""
        verdicts, self._part = self._part, []
        if not verdicts:
            return
        if (tier := verdicts[0].tier) != self._printed_tier:
            self._print(Text(), self.page.line(tier, "bold", limit=24))
            self._print(*parts.stand_ins(self.page, verdicts[0]))
            self._printed_tier = tier
        if self.verbose and not verdicts[0].subject:
            self._print(parts.check_line(self.page, verdicts[0], self._title_width, verbose=True))
        else:
            self._print(*parts.part_lines(self.page, verdicts, self._title_width))
        waits_for = parts.waits_for(verdicts)
        if waits_for and self._printed_wait != waits_for:
            self._print(parts.under(self.page, self.page.line(waits_for, "dim")))
        self._printed_wait = waits_for
        for verdict in verdicts if self.verbose else ():
            if not (verdict.status.is_wrong or verdict.status is Status.INFRA):
                self._print(*parts.printed(self.page, verdict.output)[1:])

    def notice(self, text: str) -> None:
        """Something worth knowing, in one plain sentence."""
        self._print(self.page.hang(Text(), self.page.text(text, "cyan")))

    def problem(self, text: str) -> None:
        """Why nothing could be checked, in one clear sentence."""
        self.close()
        self._print(self.page.hang(Text("Problem: ", "bold red"), self.page.text(text)))

    def close(self) -> None:
        """Take the live part away; safe to call again."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    # When it is done.

    def finish(self, verdicts: Sequence[Verdict], next_step: str = "", file: str = "") -> None:
        """The report: what to fix, notes, the tier table, and the next thing to do.

        `verdicts` come in course order. `next_step` completes "Next: …", and the name of the `file`
        in it is a link; left empty, the screen names the next check.
        """
        self.close()
        self._print_part()
        if self.overview:
            self._print(*self._mistakes_in_short(verdicts))
        else:
            self.show_mistakes(verdicts)
            self._print(*self._notes(verdicts))
            self._print(*self._evidence(verdicts))
        tiers = tally(verdicts, self._checks)
        self._print(Text(), parts.tier_table(self.page, tiers), Text())
        self._print(*self._closing(verdicts, next_step, file))

    def show_mistakes(self, verdicts: Sequence[Verdict]) -> None:
        """What there is to fix, in words."""
        self._print_part()
        self._print(*self._kit_faults(verdicts), *self._mistakes(verdicts))

    def _mistakes(self, verdicts: Sequence[Verdict]) -> list[Text]:
        causes = by_cause(verdicts)
        shown = causes if self.verbose else causes[: self.details]
        blocks = [Text(), Text("To fix", "bold")] if shown else []
        for first, *others in shown:
            blocks += [Text(), *parts.details(self.page, first, self.verbose)]
            if others:
                same = f"{len(others)} more check{'s' * (len(others) > 1)} ended the same way."
                if first.subject:
                    same = f"All {len(others) + 1} checks of {first.tier} wait for this."
                blocks += [Text(), parts.under(self.page, self.page.line(same))]
        if shown and (left := sum(map(len, causes[len(shown) :]))):
            rest = f"… and {left} more; fix these first."
            blocks += [Text(), parts.under(self.page, self.page.line(rest))]
        return blocks

    def _mistakes_in_short(self, verdicts: Sequence[Verdict]) -> list[Text]:
        blocks = []
        files = [first for first, *_ in by_cause(verdicts) if first.subject]
        for verdict in files:
            mark = parts.lead(self.page, parts.symbol(self.page, verdict.status))
            is_named = Path(verdict.subject).name in verdict.came
            said = verdict.came if is_named else f"{verdict.subject}: {verdict.came}"
            blocks.append(self.page.hang(mark, self.page.text(said, lines=2)))
        urgent = [each for each in verdicts if each.status is Status.INFRA or each.status.is_wrong]
        urgent = [each for each in urgent if not each.subject]
        for verdict in urgent[:DETAILS_SHOWN]:
            mark = parts.lead(self.page, parts.symbol(self.page, verdict.status))
            blocks.append(self.page.hang(mark, self.page.line(f"{verdict.tier}: {verdict.title}")))
            if verdict.mistake:
                blocks.append(parts.under(self.page, self.page.line(verdict.mistake, "red")))
        if len(urgent) > DETAILS_SHOWN:
            rest = self.page.line(f"… and {len(urgent) - DETAILS_SHOWN} more", "dim")
            blocks.append(parts.under(self.page, rest))
        return [Text(), *blocks] if blocks else []

    def _kit_faults(self, verdicts: Sequence[Verdict]) -> list[Text]:
        faults = [verdict for verdict in verdicts if verdict.status is Status.INFRA]
        if not faults:
            return []
        blocks = [Text(), Text("The kit itself failed", "bold magenta"), Text()]
        for verdict in faults if self.verbose else faults[:DETAILS_SHOWN]:
            blocks += [*parts.details(self.page, verdict, self.verbose), Text()]
        said = "This is not your code's fault, and these checks are not counted as zero."
        return [*blocks, parts.under(self.page, self.page.text(said))]

    def _notes(self, verdicts: Sequence[Verdict]) -> list[Text]:
        advised = [verdict for verdict in verdicts if verdict.advice and not verdict.status.is_open]
        blocks = [Text(), Text("Right, and could be better", "bold")] if advised else []
        for verdict in advised if self.verbose else advised[:NOTES_SHOWN]:
            mark = parts.lead(self.page, parts.symbol(self.page, verdict.status))
            blocks += [Text(), self.page.hang(mark, self.page.line(verdict.title))]
            notes = verdict.advice if self.verbose else verdict.advice[:NOTES_SHOWN]
            blocks += [parts.under(self.page, self.page.text(note, "cyan")) for note in notes]
        return blocks

    def _evidence(self, verdicts: Sequence[Verdict]) -> list[Text]:
        """What was seen of the checks that passed; a table that several share comes once."""
        if not self.explain:
            return []
        tables: dict[Exhibit, list[Verdict]] = {}
        for verdict in verdicts:
            for table in verdict.exhibits if verdict.status is Status.PASSED else ():
                tables.setdefault(table, []).append(verdict)
        blocks = [Text(), Text("What the checks saw", "bold")] if tables else []
        for table, seen in tables.items():
            blocks.append(Text())
            for verdict in seen:
                mark = parts.lead(self.page, parts.symbol(self.page, verdict.status))
                blocks.append(self.page.hang(mark, self.page.line(verdict.title)))
            blocks += parts.exhibit(self.page, table)
        return blocks

    def _closing(self, verdicts: Sequence[Verdict], next_step: str, file: str = "") -> list[Text]:
        summary = total(tally(verdicts, self._checks))
        blocks = []
        if summary.complete:
            blocks.append(Text(f"Well done: all {summary.checks} checks pass.", "bold green"))
        elif not next_step and (following := next_verdict(verdicts)):
            next_step = following.title
        return [*blocks, parts.next_line(self.page, next_step, file)] if next_step else blocks

    # The live part.

    def _go_live(self) -> None:
        if self._live is None and self._console.is_interactive:
            self._live = Live(
                get_renderable=self._now,
                console=self._console,
                transient=True,
                refresh_per_second=10,
                redirect_stdout=False,
                redirect_stderr=False,
                vertical_overflow="crop",
            )
            self._live.start()

    def _now(self) -> Text:
        """The tier table so far, and what is going on."""
        frames = SPINNER_ASCII if self.page.ascii_only else SPINNER
        spin = Text(f"  {frames[int(time.monotonic() * 10) % len(frames)]} ", "cyan")
        spin.append_text(self.page.line(self._activity, "dim"))
        spin.truncate(self.page.width - 1)
        if not self._checks:
            return spin
        table = parts.tier_table(self.page, tally(self._verdicts, self._checks))
        return Text("\n").join([Text(), table, Text(), spin])

    def _print(self, *blocks: Text) -> None:
        for block in blocks:
            self._console.print(block)
