"""`python run_checks.py diff TIER [FUNCTION]`: your solution beside the reference.

Part by part, with what differs brought out and the reference's comments, which say why it does
things its way. A tier that has not passed yet asks first, as the reference is then shown.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from checks.engine.commands.common import PASSED, tier, tier_names
from checks.engine.commands.common import reference as reference_folder
from checks.engine.commands.common import solutions as solutions_of
from checks.engine.learner.diff import compare, solved_parts
from checks.engine.learner.recording import standing
from checks.engine.learner.source import load, one_part, parsed
from checks.engine.learner.stubs import solved_and_stub
from checks.engine.paths import short
from checks.engine.ui.prompt import agreed

EXAMPLES = (
    ("python run_checks.py diff beginner", "all that you wrote there"),
    ("python run_checks.py diff beginner interpolate_noise", "one function"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to compare with what."""
    add = parser.add_argument
    add("tier", type=tier, help=tier_names(), metavar="TIER")
    add("function", nargs="?", default="", metavar="FUNCTION",
        help="only this function, class, method or value of it")  # fmt: skip
    add("--yes", action="store_true", help="show the reference without asking")
    add("--solutions", metavar="DIR", help="folder with your files (default: exercises)")
    add("--reference", metavar="DIR", help="folder with the solved files (default: reference)")


def run(options: argparse.Namespace) -> int:
    """Show how the learner's file and the reference differ."""
    from checks.engine.ui.diff_screen import show
    from checks.engine.ui.screen import Screen, make_console

    folder = solutions_of(options)
    reference = reference_folder(options.reference)
    path = folder / f"{options.tier}.py"
    solved, stub = (parsed(each, path.name) for each in solved_and_stub(reference, options.tier))
    parts = solved_parts(solved, stub)
    wanted = chosen(options.function, parts, path) if options.function else parts
    compared = compare(load(folder, options.tier), solved, stub, wanted)

    said = "You have not passed this tier yet; the reference would be shown."
    knows = options.yes or has_passed(folder, options.tier)
    if not agreed(said, "Go on?", yes=knows):
        Screen(make_console()).notice("Nothing was shown.")
        return PASSED
    files = (str(path), str(reference / path.name))
    show(make_console(), files, compared, asked=bool(options.function))
    return PASSED


def chosen(function: str, parts: list[str], path: Path) -> list[str]:
    """The parts that a name stands for: itself, or a class's methods.

    Raises:
        UsageError: there is no such part.
    """
    classes = dict.fromkeys(part.partition(".")[0] for part in parts)
    name = one_part(function, dict.fromkeys([*classes, *parts]), short(path))
    return [part for part in parts if part == name or part.startswith(f"{name}.")]


def has_passed(folder: Path, tier: str) -> bool:
    """Whether every check of a tier is known to have passed, on the code that stands there now."""
    listed, states = standing(folder)
    return {states[e.check.check] for e in listed if e.check.tier == tier} == {"passed"}
