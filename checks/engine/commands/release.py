"""`python run_checks.py release --to DIR`: a kit for students, without the reference solutions.

Every command works in it or says what is not there. The answers to the questions are salted hashes;
the reasons why a choice is wrong are kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from checks.engine.classroom.release import Wanted, described, write_release
from checks.engine.commands.common import PASSED, reference, tier_names
from checks.engine.commands.common import tier as tier_of
from checks.engine.paths import tiers

EXAMPLES = (
    ("python run_checks.py release --to gan-exercises.zip", "one file to hand out"),
    ("python run_checks.py release --to kit --tier beginner", "a folder with the first tier only"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to hand out, and where to write it."""
    add = parser.add_argument
    add("--to", required=True, metavar="DIR|ZIP", help="a new folder, or a file that ends in .zip")
    add("--tier", action="append", type=tier_of, metavar="TIER",
        help=f"only this one, and others named so: {tier_names()}")  # fmt: skip
    add("--title", default="", metavar="TEXT", help="what the course is called")
    add("--points", type=points, metavar="N", help="what all points together are worth")
    add("--deadline", default="", metavar="TEXT", help="by when to hand in, as students read it")
    add("--reference", metavar="DIR", help="folder with the solved files (default: reference)")


def points(text: str) -> float:
    """A number above 0, as an argparse type."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < 1e6:
        raise argparse.ArgumentTypeError(f"a number above 0 is wanted, not {text!r}")
    return found


def run(options: argparse.Namespace) -> int:
    """Write the release, and say what is in it."""
    from checks.engine.ui.screen_text import Page, make_console

    named = options.tier or tiers()
    chosen = tuple(tier for tier in tiers() if tier in named)
    wanted = Wanted(
        chosen, reference(options.reference), options.title, options.points, options.deadline
    )
    written = write_release(Path(options.to), wanted)
    page = Page(make_console())
    said = ", ".join(f"{tier} ({worth} points)" for tier, worth in described(wanted).items())
    page.console.print(page.line(f"{written}: {said}; without the reference.", limit=400))
    return PASSED
