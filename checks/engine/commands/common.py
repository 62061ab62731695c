"""What the commands share: exit statuses, and arguments that several take."""

from __future__ import annotations

import argparse
import difflib
import os
from collections.abc import Sequence
from pathlib import Path

from checks.engine.errors import UsageError
from checks.engine.paths import KIT, REFERENCE, exercises, tiers
from checks.engine.sandbox.client import usual_method
from checks.engine.sandbox.isolation import Isolation, found

PASSED, NOT_ALL, INFRA, INTERRUPTED = 0, 1, 3, 130  # wrong usage is 2: see `errors`


def one_of(name: str, known: list[str], what: str, meant: Sequence[str] = ()) -> str:
    """The name if it is known; else the error that argparse shows, with the nearest one.

    `meant` are the names that may have been meant, where these are more than the known ones.
    """
    if name in known:
        return name
    near = difflib.get_close_matches(name, meant or known, n=1)
    guess = f"; did you mean {near[0]}?" if near else ""
    raise argparse.ArgumentTypeError(f"there is no {what} {name!r} ({', '.join(known)}){guess}")


def tier(name: str) -> str:
    """A tier's name, as an argparse type."""
    return one_of(name, tiers(), "tier")


def tier_names(last: str = "") -> str:
    """All tiers' names in a row, for an option's text."""
    *names, end = [*tiers(), *filter(None, [last])]
    return f"{', '.join(names)} or {end}"


def folder(name: str, option: str) -> Path:
    """The folder, taken from where the command runs, or else from the kit."""
    for path in (Path(name), KIT / name):
        if path.is_dir():
            found = path.resolve()
            named = os.path.basename(os.path.abspath(path))
            if found.is_relative_to(REFERENCE) and named != found.name:
                raise UsageError(f"{option} {name}: that is a link to the kit's own reference.")
            return found
    if Path(name).exists():
        raise UsageError(f"{option} {name}: that is a file, and a folder is wanted.")
    raise UsageError(f"{option} {name}: there is no such folder.")


def reference(named: str | None = None, option: str = "--reference") -> Path:
    """The folder with the solved files: the one that was named, or the kit's own.

    Raises:
        UsageError: it is not there, as in a kit that was handed out to students.
    """
    if named is None and not REFERENCE.is_dir():
        raise UsageError(
            "The reference solutions are not in this kit: it was handed out without them, "
            "and this command needs them."
        )
    return folder(named or "reference", option)


def solutions(options: argparse.Namespace) -> Path:
    """The folder with the learner's files: as `--solutions` says, or where they always are."""
    if options.solutions:
        return folder(options.solutions, "--solutions")
    if not exercises().is_dir():
        raise UsageError(f"{exercises()}, the folder of your files: there is no such folder.")
    return exercises().resolve()


def add_check(parser: argparse.ArgumentParser) -> None:
    """A check as the argument, in the words that `course.lessons.find` understands."""
    add = parser.add_argument
    add("check", nargs="*", metavar="CHECK",
        help="a tier and a number, as in beginner 3; the function that it is about; "
        "or words of its title")  # fmt: skip
    add("--solutions", metavar="DIR", help="folder with your files (default: exercises)")


def isolation_here() -> Isolation:
    """How far learners' code is shut in on this machine; ask while there is one thread."""
    return Isolation.of(found() if usual_method() == "fork" else -1)


def shut_in(reached: Isolation) -> str:
    """A level of isolation, in words."""
    missing = f"; missing: {'; '.join(reached.missing)}" if reached.missing else ""
    return f"Isolation of learners' code: {reached.level}{missing}."
