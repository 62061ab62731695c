"""`python run_checks.py reset TIER [FUNCTION]`: put a stub back, to start over; yours is kept.

It asks before it changes anything. With FUNCTION nothing else in the file changes; without it the
whole file becomes the stub again. Your version goes to exercises/.backup, and `restore` brings it
back.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from checks.engine.commands.asking import (
    agreed,
    exchange,
    learners,
    one_part,
    solved_and_stub,
)
from checks.engine.commands.common import PASSED, command, short, tier, tier_names
from checks.engine.commands.common import folder as folder_of
from checks.engine.errors import FileError, PartError, UsageError

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
    from checks.engine.learner.learners_file import differing_lines
    from checks.engine.ui.screen import Screen, make_console

    folder = folder_of(options.solutions or "exercises", "--solutions")
    reference = folder_of(options.reference or "reference", "--reference")
    if folder == reference:
        raise UsageError(f"{short(folder)}: the stubs would replace the reference solutions.")
    path = folder / f"{options.tier}.py"
    _, stub = solved_and_stub(reference, options.tier)
    screen = Screen(make_console())
    if not options.function and not os.path.lexists(path):
        exchange(path, None, stub.encode())
        screen.notice(f"{short(path)} was not there; now it is, as a stub.")
        return PASSED

    before = learners(folder, options.tier)
    what, after = short(path), stub.encode()
    if options.function:
        name, after = one_stub(before, stub, options.function, path)
        what = f"{name} in {what}"
    lines = differing_lines(before, after)
    if not lines:
        screen.notice(f"{what} is the stub already.")
        return PASSED
    said = (
        f"{what}: {lines} line{'s differ' if lines > 1 else ' differs'} from the stub. "
        "Your version goes to the backups."
    )
    if not agreed(said, "Put the stub back?", yes=options.yes):
        screen.notice("Nothing was changed.")
        return PASSED
    kept = exchange(path, before, after)
    back = f"restore {options.tier} {kept.name if kept else 1}"
    screen.notice(
        f"{what} is the stub again. This brings your version back:\n"
        f"  {command(back, options.solutions)}"
    )
    return PASSED


def one_stub(before: bytes, stub: str, function: str, path: Path) -> tuple[str, bytes]:
    """The part's full name, and the learner's file with only that part put back.

    Raises:
        UsageError: there is no such part, or it can't be put back alone.
    """
    from checks.engine.learner.definitions import parsed
    from checks.engine.learner.learners_file import text_of
    from checks.engine.learner.put_back import with_stub

    try:
        name = one_part(function, parsed(stub).definitions, f"the stub of {path.name}")
        return name, with_stub(text_of(before, path.name), stub, name).encode()
    except PartError as error:
        problem = f"{path.name} {error}"
    except FileError as error:
        problem = str(error).rstrip(".")
    raise UsageError(f"{problem}; so only the whole tier can be reset.")
