"""What `explain` and `hint` show of a check: its own words, what it saw, one more hint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from checks.engine.course.lessons import ladder, lesson, number
from checks.engine.course.listing import Listed
from checks.engine.course.verdict import State, Verdict
from checks.engine.errors import KeptError
from checks.engine.learner.progress import load, save
from checks.engine.learner.recording import is_remembered
from checks.engine.ui import screen_parts as parts
from checks.engine.ui.screen_text import Page

LABELS = ("The idea", "Where to look", "The shape of the line")
STATES = {
    "passed": "It has passed on the code as it is now.",
    "changed": "The code has changed since it ran; run it again to know.",
    "unchecked": "It has not run yet.",
    "todo": "The part that it is about is still to be written.",
    "blocked": "It waits for another part, which comes first.",
    "failed": "",
}


def lesson_blocks(
    page: Page, chosen: Listed, listed: Sequence[Listed], state: State, verdict: Verdict | None
) -> list[Text]:
    """The check's own words, then what its last run found."""
    name = f"{number(chosen, listed)}, about {chosen.about}"
    shown = [page.line(chosen.check.title, "bold"), page.line(name, "dim")]
    for paragraph in lesson(chosen).paragraphs:
        shown += [Text(), page.hang(Text(), page.text(paragraph))]
    if STATES[state]:
        shown += [Text(), page.hang(Text(), page.text(STATES[state], "cyan"))]
    if verdict is None:
        return shown
    if verdict.status.is_wrong:
        return [*shown, Text(), *parts.details(page, verdict, verbose=True)]
    tables = [row for each in verdict.exhibits for row in parts.exhibit(page, each)]
    notes = [parts.under(page, page.text(note, "cyan")) for note in verdict.advice]
    return [*shown, *([Text(), *notes] if notes else []), *tables]


@dataclass(frozen=True)
class Hints:
    """What is shown of the hints on a check: each with its label, and sentences that follow."""

    title: str
    mistake: str
    labelled: tuple[tuple[str, str], ...]
    rest: tuple[str, ...]


def next_hints(
    folder: Path, chosen: Listed, verdict: Verdict | None, is_current: bool = True
) -> Hints:
    """The hints up to the next one, which is remembered as shown.

    Where the code is no longer what was judged, only the check's own first hint is left.
    """
    verdict = verdict if is_current else None
    rungs = ladder(chosen, verdict)
    progress = load(folder)
    shown = min(progress.hints(chosen.check.check) + 1, len(rungs))
    labels = LABELS if len(rungs) == len(LABELS) else ("Hint",) * len(rungs)
    rest = []
    if not rungs:
        rest.append("There is no hint on this one: run its check first.")
    elif shown < len(rungs):
        rest.append(f"{len(rungs) - shown} more: ask again.")
    if is_current and is_remembered(folder):
        progress.show_hints(chosen.check.check, shown)
        try:
            save(folder, progress)
        except KeptError as error:
            rest.append(f"That this hint was shown is not remembered: {error}")
    title = (verdict.subject if verdict is not None else "") or chosen.check.title
    mistake = verdict.mistake if verdict is not None else ""
    return Hints(title, mistake, tuple(zip(labels, rungs[:shown], strict=False)), tuple(rest))


def hint_blocks(page: Page, hints: Hints) -> list[Text]:
    """The hints on a check, below its title."""
    blocks = [page.line(hints.title, "bold")]
    if hints.mistake:
        blocks.append(page.line(hints.mistake, "red"))
    blocks.append(Text())
    width = max(map(len, LABELS)) + 2
    for label, rung in hints.labelled:
        blocks.append(page.hang(Text(f"  {label.ljust(width)}", "bold"), page.text(rung)))
    for sentence in hints.rest:
        blocks += [Text(), page.text(sentence, "dim")]
    return blocks
