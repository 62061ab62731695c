"""The stub of a tier or of a part put back, after a question; the learner's version is kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from checks.engine.course.next_step import command
from checks.engine.errors import FileError, PartError, UsageError
from checks.engine.learner.backups import exchange
from checks.engine.learner.learners_file import contents
from checks.engine.learner.reset import differing_lines, with_stub
from checks.engine.learner.source import one_part, parsed
from checks.engine.learner.stubs import stub_of
from checks.engine.paths import REFERENCE, short
from checks.engine.ui.prompt import agreed


def put_stub_back(
    folder: Path,
    tier: str,
    say: Callable[[str], None],
    *,
    function: str = "",
    reference: Path = REFERENCE,
    solutions: str | None = None,
    yes: bool = False,
) -> None:
    """Replace a tier's file, or a part of it, by its stub.

    Args:
        folder: where the file stands.
        tier: the file's name without its ending.
        say: what a sentence is told to.
        function: the part; "" for the whole file.
        reference: the folder whose solutions the stubs are made from.
        solutions: the folder as it was named on the command line.
        yes: not to ask.

    Raises:
        KitError: it can't be done; then nothing has changed.
    """
    if folder == reference:
        raise UsageError(f"{short(folder)}: the stubs would replace the reference solutions.")
    path = folder / f"{tier}.py"
    stub = stub_of(reference, tier)
    if not function and not os.path.lexists(path):
        exchange(path, None, stub.encode())
        say(f"{short(path)} was not there; now it is, as a stub.")
        return
    before = contents(folder, tier)
    what, after = short(path), stub.encode()
    if function:
        name, after = one_stub(before, stub, function, path)
        what = f"{name} in {what}"
    lines = differing_lines(before, after)
    if not lines:
        say(f"{what} is the stub already.")
        return
    said = (
        f"{what}: {lines} line{'s differ' if lines > 1 else ' differs'} from the stub. "
        "Your version goes to the backups."
    )
    if not agreed(said, "Put the stub back?", yes=yes):
        say("Nothing was changed.")
        return
    kept = exchange(path, before, after)
    back = f"restore {tier} {kept.name if kept else 1}"
    say(f"{what} is the stub again. This brings your version back:\n  {command(back, solutions)}")


def one_stub(before: bytes, stub: str, function: str, path: Path) -> tuple[str, bytes]:
    """The part's full name, and the learner's file with only that part put back.

    Raises:
        UsageError: there is no such part, or it can't be put back alone.
    """
    given = parsed(stub, "The stub")
    name = one_part(function, given.definitions, f"the stub of {path.name}")
    try:
        return name, with_stub(parsed(before, path.name), given, name).contents
    except PartError as error:
        problem = f"{path.name} {error}"
    except FileError as error:
        problem = str(error).rstrip(".")
    raise UsageError(f"{problem}; so only the whole tier can be reset.")
