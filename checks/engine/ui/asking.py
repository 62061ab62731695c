"""What reset, restore and diff share: questions, names of parts, and files that are replaced."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Collection
from pathlib import Path

from checks.engine.errors import UsageError
from checks.engine.files import replace
from checks.engine.learner import backups
from checks.engine.learner.backups import Backup
from checks.engine.learner.stubs import read_reference, stub_source
from checks.engine.paths import short

YES = ("y", "yes")


# Questions ----------------------------------------------------------------------------------------


def can_ask() -> bool:
    """Whether somebody sits at a terminal to answer."""
    return sys.stdin is not None and sys.stdin.isatty()


def answer(said: str, question: str) -> str:
    """What is typed after a question; "" at the end of the input.

    On the error stream, so that it is seen where standard output goes to a file or a pager.
    """
    from rich.text import Text

    from checks.engine.ui.screen import make_console
    from checks.engine.ui.screen_text import Page

    page = Page(make_console(sys.stderr))
    page.console.print(page.hang(Text(), page.text(said)))
    page.console.print(page.line(question, "bold"), end=" ")
    sys.stderr.flush()
    if hasattr(sys.stdin, "reconfigure"):  # what is typed may be in another encoding
        sys.stdin.reconfigure(errors="replace")
    return sys.stdin.readline().strip()


def agreed(said: str, question: str, *, yes: bool) -> bool:
    """Whether to go on: `--yes` was given, or the answer is an explicit yes.

    Raises:
        UsageError: there is nobody to ask.
    """
    if yes:
        return True
    if not can_ask():
        raise UsageError(
            "Nothing was done, as this asks first and there is no terminal to ask in: "
            "--yes goes on without asking."
        )
    return answer(said, f"{question} (yes/no)").lower() in YES


# Names --------------------------------------------------------------------------------------------


def one_part(name: str, parts: Collection[str], file: str) -> str:
    """The part of a file that is meant by a name, whatever its case.

    Raises:
        UsageError: there is none; the text names the nearest one.
    """
    if name in parts:
        return name
    small = {part.lower(): part for part in parts}
    if name.lower() in small:
        return small[name.lower()]
    near = difflib.get_close_matches(name.lower(), small, n=1)
    guess = f"did you mean {small[near[0]]}?" if near else f"its parts are {', '.join(parts)}."
    raise UsageError(f"There is no {name} in {file}; {guess}")


# Files --------------------------------------------------------------------------------------------


def solved_and_stub(reference: Path, tier: str) -> tuple[str, str]:
    """A tier's reference solution, and the stub that is generated from it.

    Raises:
        StubError: there is none, or its delimiters are out of place.
    """
    path = reference / f"{tier}.py"
    solved = read_reference(path)
    return solved, stub_source(solved, short(path))


def exchange(path: Path, before: bytes | None, after: bytes) -> Backup | None:
    """Put contents in a learner's file after a backup of those that were looked at.

    Args:
        path: the file, in its resolved folder.
        before: what stands there; None where nothing does.
        after: what shall stand there.

    Returns:
        The backup; None where there was nothing to keep.

    Raises:
        UsageError: the file can't be written, or has changed since it was looked at. Then what
            stands there is as it was.
    """
    folder = path.parent / backups.FOLDER
    if os.path.islink(folder):
        raise UsageError(f"{short(folder)} is a link, and backups belong in a folder.")
    if os.path.exists(path) and not os.access(path, os.W_OK):
        raise UsageError(f"{short(path)} is read-only; nothing was changed.")
    kept = None
    doing = "kept in a backup"
    try:
        if (path.read_bytes() if path.exists() else None) != before:
            raise UsageError(f"{short(path)} has changed meanwhile; nothing was done.")
        if before is not None:
            kept = backups.back_up(path, before)
        doing = "replaced"
        replace(path.resolve(), after)
    except OSError as error:
        what = f"{short(path)} can't be {doing}: {error.strerror or error}"
        raise UsageError(f"{what}; nothing was changed.") from None
    return kept
