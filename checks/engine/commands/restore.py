"""`python run_checks.py restore TIER [VERSION]`: bring back an earlier version of your file.

Without VERSION the kept versions are listed, the newest first. VERSION is a number of that list or
a date in it. What stands in the file now is kept as well, so that nothing is ever lost.
"""

from __future__ import annotations

import argparse
import difflib
import os
from pathlib import Path

from checks.engine.commands.common import PASSED, tier, tier_names
from checks.engine.commands.common import solutions as solutions_of
from checks.engine.course.next_step import command
from checks.engine.course.verdict import Exhibit
from checks.engine.errors import UsageError
from checks.engine.learner.backups import Backup, backups, exchange
from checks.engine.learner.learners_file import contents
from checks.engine.learner.reset import differing_lines
from checks.engine.paths import short
from checks.engine.ui.prompt import answer, can_ask

EXAMPLES = (
    ("python run_checks.py restore beginner", "list the versions, and ask for one"),
    ("python run_checks.py restore beginner 1", "bring back the newest of them"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which version, and of which file."""
    add = parser.add_argument
    add("tier", type=tier, help=tier_names(), metavar="TIER")
    add("version", nargs="?", default="", help="a number or a date of the list", metavar="VERSION")
    add("--list", action="store_true", help="list the versions and ask nothing")
    add("--solutions", metavar="DIR", help="folder with your files (default: exercises)")


def run(options: argparse.Namespace) -> int:
    """List the versions, or bring one back."""
    from checks.engine.ui.screen import Screen, make_console

    if options.list and options.version:
        raise UsageError("--list shows the versions and brings none back; leave one of them out.")
    folder = solutions_of(options)
    path = folder / f"{options.tier}.py"
    now = contents(folder, options.tier) if os.path.lexists(path) else None
    try:
        kept = backups(path)
    except OSError as error:
        raise UsageError(f"The backups can't be read: {error.strerror or error}.") from None
    screen = Screen(make_console())
    if not kept and not options.version:
        screen.notice(f"There is no earlier version of {short(path)}.")
        return PASSED

    version = options.version
    if not version:
        asks = can_ask() and not options.list
        first = command(f"restore {options.tier} 1", options.solutions)
        show(kept, path, now, "" if asks else f"This brings the newest back:\n  {first}")
        if not asks:
            return PASSED
        version = answer("", "Which one comes back? A number, or nothing to leave all as it is:")
        if not version:
            screen.notice("Nothing was changed.")
            return PASSED
    chosen = choose(version, kept, path)
    after = read(chosen)
    if after == now:
        screen.notice(f"{short(path)} is the version of {chosen.name} already.")
        return PASSED
    replaced = exchange(path, now, after)
    undo = f"; what was there is now {replaced.name}" if replaced else ""
    screen.notice(f"{short(path)} is the version of {chosen.name} again{undo}.")
    return PASSED


def show(kept: list[Backup], path: Path, now: bytes | None, note: str) -> None:
    """The list of versions, the newest first, with a note below it."""
    from checks.engine.ui.screen import make_console
    from checks.engine.ui.screen_parts import exhibit
    from checks.engine.ui.screen_text import Page

    rows = []
    for number, backup in enumerate(kept, 1):
        contents = read(backup)
        differ = differing_lines(contents, now or b"")
        rows.append((
            str(number), backup.name, str(len(contents.splitlines())),
            "as it is now" if not differ else f"{differ} line{'s' * (differ > 1)}",
        ))  # fmt: skip
    page = Page(make_console())
    table = Exhibit(
        f"Earlier versions of {short(path)}",
        ("", "version", "lines", "differs in"),
        tuple(rows),
        note,
    )
    for block in exhibit(page, table)[1:]:
        page.console.print(block)


def choose(version: str, kept: list[Backup], path: Path) -> Backup:
    """The version that is meant by a number or a name.

    Raises:
        UsageError: there is none.
    """
    wanted = Path(version).name.removeprefix(f"{path.stem}.").removesuffix(path.suffix)
    for number, backup in enumerate(kept, 1):
        if wanted in (str(number), backup.name):
            return backup
    near = difflib.get_close_matches(wanted, [backup.name for backup in kept], n=1)
    guess = f"did you mean {near[0]}?" if near else f"there are {len(kept)} of them."
    raise UsageError(f"There is no version {version} of {short(path)}; {guess}")


def read(backup: Backup) -> bytes:
    """A kept version's bytes.

    Raises:
        UsageError: it can't be read.
    """
    try:
        return backup.path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{short(backup.path)} cannot be read: {error.strerror or error}."
        ) from None
