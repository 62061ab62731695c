"""`python run_checks.py hint [CHECK]`: one more hint on the mistake that was found.

The hints go from the idea to the place and to the shape of the line; each call shows one more.
Without CHECK they are on the check to work on next.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from checks.engine.commands.common import PASSED
from checks.engine.commands.common import folder as folder_of
from checks.engine.commands.explain import add_arguments, chosen_check, standing
from checks.engine.course.lessons import ladder
from checks.engine.course.listing import Listed
from checks.engine.errors import KeptError
from checks.engine.learner.progress import last_verdicts, load, save
from checks.engine.learner.recording import is_remembered

if TYPE_CHECKING:
    from rich.text import Text

    from checks.engine.ui.screen_text import Page

__all__ = ["add_arguments", "hint_blocks", "run"]
EXAMPLES = (
    ("python run_checks.py hint", "a hint on what to mend next"),
    ("python run_checks.py hint noise_statistics", "a hint on this function"),
)
LABELS = ("The idea", "Where to look", "The shape of the line")


def run(options: argparse.Namespace) -> int:
    """Show the next hint, below those that were shown before."""
    from checks.engine.ui.screen_text import Page, make_console

    folder = folder_of(options.solutions or "exercises", "--solutions")
    page = Page(make_console())
    listed, states = standing(folder)
    chosen = chosen_check(options.check, listed, states)
    if chosen is None:
        page.console.print(page.text("All checks pass: there is nothing to give a hint on."))
        return PASSED
    is_current = states[chosen.check.check] in ("failed", "todo")
    for block in hint_blocks(page, folder, chosen, is_current):
        page.console.print(block)
    return PASSED


def hint_blocks(page: Page, folder: Path, chosen: Listed, is_current: bool = True) -> list[Text]:
    """The hints up to the next one, which is remembered as shown.

    Where the code is no longer what was judged, only the check's own first hint is left.
    """
    from rich.text import Text

    verdict = last_verdicts(folder).get(chosen.check.check) if is_current else None
    rungs = ladder(chosen, verdict)
    progress = load(folder)
    shown = min(progress.hints(chosen.check.check) + 1, len(rungs))
    blocks = [page.line(chosen.check.title, "bold")]
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
