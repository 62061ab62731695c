"""`python run_checks.py watch [TIER]`: check a tier whenever you save its file.

On every save the tier of the saved file is checked, what has changed first. Single keys give hints,
explain, open your editor at the line, and go on to the next tier; q or Ctrl-C ends it. Without a
terminal the verdicts come line by line, and there are no keys.
"""

from __future__ import annotations

import argparse

from checks.engine.commands.common import PASSED, tier, tier_names
from checks.engine.commands.common import folder as folder_of
from checks.engine.commands.common import solutions as solutions_of
from checks.engine.course.lessons import next_check
from checks.engine.learner.recording import standing
from checks.engine.paths import tiers
from checks.engine.runner.session import Judge

EXAMPLES = (
    ("python run_checks.py watch", "begin with what is next"),
    ("python run_checks.py watch intermediate", "begin with this tier"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to watch."""
    add = parser.add_argument
    add("tier", nargs="?", type=tier, metavar="TIER",
        help=f"where to begin: {tier_names()} (default: what is next)")  # fmt: skip
    add("--solutions", metavar="DIR", help="folder with your files (default: exercises)")
    add("--data", metavar="DIR", help="folder with MNIST, for the checks that train")
    add("--seed", type=int, default=0, metavar="N",
        help="draw the challenges from this seed (default: 0)")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Watch until the learner has had enough."""
    folder = solutions_of(options)
    data = folder_of(options.data, "--data") if options.data else None
    with Judge(keeps_spare=True) as judge:
        from checks.engine.ui.watch import watch  # while the judge loads

        listed, states = standing(folder)
        following = next_check(listed, states)
        first = options.tier or (following.check.tier if following else tiers()[0])
        watch(judge, folder, first, seed=options.seed or 0, data=data, named=options.solutions)
    return PASSED
