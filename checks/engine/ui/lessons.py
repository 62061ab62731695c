"""What `explain` and `hint` show of a check: its own words, what it saw, one more hint."""

from __future__ import annotations

from collections.abc import Sequence
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


def hint_blocks(
    page: Page, folder: Path, chosen: Listed, verdict: Verdict | None, is_current: bool = True
) -> list[Text]:
    """The hints up to the next one, which is remembered as shown.

    Where the code is no longer what was judged, only the check's own first hint is left.
    """
    verdict = verdict if is_current else None
    rungs = ladder(chosen, verdict)
    progress = load(folder)
    shown = min(progress.hints(chosen.check.check) + 1, len(rungs))
    subject = verdict.subject if verdict is not None else ""
    blocks = [page.line(subject or chosen.check.title, "bold")]
    if verdict is not None and verdict.mistake:
        blocks.append(page.line(verdict.mistake, "red"))
    blocks.append(Text())
    width = max(map(len, LABELS)) + 2
    for place, rung in enumerate(rungs[:shown]):
        label = LABELS[place] if len(rungs) == len(LABELS) else "Hint"
        lead = Text(f"  {label.ljust(width)}", "bold")
        blocks.append(page.hang(lead, page.text(rung)))
    if not rungs:
        blocks.append(page.text("There is no hint on this one: run its check first."))
    elif shown < len(rungs):
        left = len(rungs) - shown
        blocks += [Text(), page.text(f"{left} more: ask again.", "dim")]
    if is_current and is_remembered(folder):
        progress.show_hints(chosen.check.check, shown)
        try:
            save(folder, progress)
        except KeptError as error:
            blocks.append(page.text(f"That this hint was shown is not remembered: {error}"))
    return blocks
