"""`python run_checks.py hint [CHECK]`: one more hint on the mistake that was found.

The hints go from the idea to the place and to the shape of the line; each call shows one more.
Without CHECK they are on the check to work on next.
"""

from __future__ import annotations

import argparse

from checks.engine.commands.common import PASSED, add_check
from checks.engine.commands.common import solutions as solutions_of
from checks.engine.course.lessons import find
from checks.engine.learner.progress import last_verdicts
from checks.engine.learner.recording import standing

EXAMPLES = (
    ("python run_checks.py hint", "a hint on what to fix next"),
    ("python run_checks.py hint noise_statistics", "a hint on this function"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which check."""
    add_check(parser)


def run(options: argparse.Namespace) -> int:
    """Show the next hint, below those that were shown before."""
    from checks.engine.ui.lessons import hint_blocks, next_hints
    from checks.engine.ui.screen_text import Page, make_console

    folder = solutions_of(options)
    page = Page(make_console())
    listed, states = standing(folder)
    chosen = find(options.check, listed, states)
    if chosen is None:
        page.console.print(page.text("All checks pass: there is nothing to give a hint on."))
        return PASSED
    is_current = states[chosen.check.check] in ("failed", "todo", "blocked")
    verdict = last_verdicts(folder).get(chosen.check.check)
    hints = next_hints(folder, chosen, verdict, is_current)
    for block in hint_blocks(page, hints):
        page.console.print(block)
    return PASSED
