"""`python run_checks.py explain [CHECK]`: what a check looks at and why, and what it saw last.

Without CHECK it is the check to work on next.
"""

from __future__ import annotations

import argparse

from checks.engine.commands.common import NOT_ALL, PASSED, add_check
from checks.engine.commands.common import solutions as solutions_of
from checks.engine.course.lessons import find
from checks.engine.learner.progress import last_verdicts
from checks.engine.learner.recording import standing

EXAMPLES = (
    ("python run_checks.py explain", "the check to work on next"),
    ("python run_checks.py explain beginner 3", "the third check of a tier"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which check."""
    add_check(parser)


def run(options: argparse.Namespace) -> int:
    """Explain the check."""
    from checks.engine.ui.lessons import lesson_blocks
    from checks.engine.ui.screen_text import Page, make_console

    folder = solutions_of(options)
    page = Page(make_console())
    listed, states = standing(folder)
    chosen = find(options.check, listed, states)
    if chosen is None:
        page.console.print(page.text("All checks pass; name the one to explain."))
        return PASSED
    verdict = last_verdicts(folder).get(chosen.check.check)
    for block in lesson_blocks(page, chosen, listed, states[chosen.check.check], verdict):
        page.console.print(block)
    return PASSED if states[chosen.check.check] == "passed" else NOT_ALL
