"""`python run_checks.py explain [CHECK]`: what a check looks at and why, and what it saw last.

Without CHECK it is the check to work on next.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from checks.engine.commands.common import NOT_ALL, PASSED
from checks.engine.commands.common import folder as folder_of
from checks.engine.course.lessons import find, lesson, next_check, number
from checks.engine.course.listing import Listed, course
from checks.engine.course.verdict import Verdict
from checks.engine.learner.fingerprint import fingerprints
from checks.engine.learner.progress import State, last_verdicts, load

if TYPE_CHECKING:
    from rich.text import Text

    from checks.engine.ui.screen_text import Page

EXAMPLES = (
    ("python run_checks.py explain", "the check to work on next"),
    ("python run_checks.py explain beginner 3", "the third check of a tier"),
)
STATES = {
    "passed": "It has passed on the code as it is now.",
    "changed": "The code has changed since it ran; run it again to know.",
    "unchecked": "It has not run yet.",
    "todo": "The part that it is about is still to be written.",
    "failed": "",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which check."""
    add = parser.add_argument
    add("check", nargs="*", metavar="CHECK",
        help="a tier and a number, as in beginner 3; the function that it is about; "
        "or words of its title")  # fmt: skip
    add("--solutions", metavar="DIR", help="folder with your files (default: exercises)")


def run(options: argparse.Namespace) -> int:
    """Explain the check."""
    from checks.engine.ui.screen_text import Page, make_console

    folder = folder_of(options.solutions or "exercises", "--solutions")
    page = Page(make_console())
    listed, states = standing(folder)
    chosen = chosen_check(options.check, listed, states)
    if chosen is None:
        page.console.print(page.text("All checks pass; name the one to explain."))
        return PASSED
    verdict = last_verdicts(folder).get(chosen.check.check)
    for block in blocks(page, chosen, listed, states[chosen.check.check], verdict):
        page.console.print(block)
    return PASSED if states[chosen.check.check] == "passed" else NOT_ALL


def standing(folder: Path) -> tuple[list[Listed], dict[str, State]]:
    """The course, and how each check stands on the present code."""
    listed, progress = course(), load(folder)
    present = fingerprints(folder, listed)
    return listed, {
        each.check.check: progress.state(each.check.check, present[each.check.check])
        for each in listed
    }


def chosen_check(
    words: Sequence[str], listed: Sequence[Listed], states: dict[str, State]
) -> Listed | None:
    """The check that is asked for, or the next one; None where there is nothing left to do."""
    if not words:
        return next_check(listed, states)
    return find(words, listed, states)


def blocks(
    page: Page, chosen: Listed, listed: Sequence[Listed], state: State, verdict: Verdict | None
) -> list[Text]:
    """The check's own words, then what its last run found."""
    from rich.text import Text

    from checks.engine.ui import screen_parts as parts

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
