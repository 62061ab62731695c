"""`python run_checks.py stubs`: write the exercises anew from the reference solutions.

What the solved files hold between `### BEGIN SOLUTION` and `### END SOLUTION` goes, and the rest
stays. A file that is replaced is kept in the folder .backup beside it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from checks.engine.commands.common import PASSED, reference
from checks.engine.learner.stubs import write_stubs
from checks.engine.paths import exercises

EXAMPLES = (
    ("python run_checks.py stubs", "exercises/ from reference/"),
    ("python run_checks.py stubs --solutions my_reference --to my_exercises", "your own course"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the stubs come from and where they go."""
    add = parser.add_argument
    add("--solutions", metavar="DIR", help="folder with the solved files (default: reference)")
    add("--to", metavar="DIR", help="folder to write to (default: exercises)")


def run(options: argparse.Namespace) -> int:
    """Write the exercises from the reference; what they replace is kept."""
    from checks.engine.ui.screen import Screen, make_console

    source = reference(options.solutions, "--solutions")
    target = Path(options.to) if options.to else exercises()
    files = write_stubs(source, target)
    with Screen(make_console()) as screen:
        for written in files:
            kept = f"; your version is now {written.backup}" if written.backup else ""
            screen.notice(f"{written.path}: {written.action.value}{kept}")
    return PASSED
