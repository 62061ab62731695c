"""`python run_checks.py reset TIER [FUNCTION]`: put a stub back, to start over; yours is kept.

It asks before it changes anything. With FUNCTION nothing else in the file changes; without it the
whole file becomes the stub again. Your version goes to exercises/.backup, and `restore` brings it
back.
"""

from __future__ import annotations

import argparse

from checks.engine.commands.common import PASSED, tier, tier_names
from checks.engine.commands.common import folder as folder_of
from checks.engine.commands.common import solutions as solutions_of
from checks.engine.paths import REFERENCE

EXAMPLES = (
    ("python run_checks.py reset beginner noise_statistics", "one function"),
    ("python run_checks.py reset beginner", "the whole file"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to put back, and where."""
    add = parser.add_argument
    add("tier", type=tier, help=tier_names(), metavar="TIER")
    add("function", nargs="?", default="", metavar="FUNCTION",
        help="a function, a class, a method such as Generator.forward, or ANSWERS")  # fmt: skip
    add("--yes", action="store_true", help="put it back without asking")
    add("--solutions", metavar="DIR", help="folder with your files (default: exercises)")
    add("--reference", metavar="DIR", help="folder with the solved files (default: reference)")


def run(options: argparse.Namespace) -> int:
    """Replace the file, or a part of it, by its stub; what was there is kept."""
    from checks.engine.ui.reset import put_stub_back
    from checks.engine.ui.screen import Screen, make_console

    folder = solutions_of(options)
    reference = folder_of(options.reference, "--reference") if options.reference else REFERENCE
    put_stub_back(
        folder, options.tier, Screen(make_console()).notice, function=options.function,
        reference=reference, solutions=options.solutions, yes=options.yes,
    )  # fmt: skip
    return PASSED
