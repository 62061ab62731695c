"""`python run_checks.py notebook [TIER]`: the exercises as notebooks, or a notebook's answers back.

A notebook has the same parts as the exercise file, with a cell below each that checks it. With
--from, what a notebook holds is put into the exercise file; a backup is kept of what stood there.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from checks.engine.commands.common import PASSED, folder, one_of, tier_names
from checks.engine.course.listing import course
from checks.engine.errors import FileError, UsageError
from checks.engine.files import read_plain, reason, replace
from checks.engine.learner.backups import back_up, exchange
from checks.engine.learner.notebook import MAX_BYTES, cells, code, defined_in
from checks.engine.learner.source import load
from checks.engine.learner.transfer import transferred
from checks.engine.notebook.writer import notebook
from checks.engine.paths import short, tiers

EXAMPLES = (
    ("python run_checks.py notebook", "all tiers, written to notebooks/"),
    (
        "python run_checks.py notebook beginner --to my_notebooks",
        "one, written to a folder of yours",
    ),
    ("python run_checks.py notebook --from my.ipynb", "a notebook's answers into exercises/"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which tiers, and where to."""
    add = parser.add_argument
    add("tier", nargs="?", type=_tier, default="all", metavar="TIER", help=tier_names("all"))
    add("--to", metavar="DIR", help="where to write (default: notebooks, with --from: exercises)")
    add("--solved", action="store_true", help="with the reference's solutions")
    add("--colab", metavar="URL", default="",
        help="have the first cell fetch the kit from this repository, if need be")  # fmt: skip
    add("--from", dest="source", metavar="FILE", help="take the answers out of this notebook")


def _tier(name: str) -> str:
    return one_of(name, [*tiers(), "all"], "tier")


def run(options: argparse.Namespace) -> int:
    """Write the notebooks, or take one in."""
    from checks.engine.ui.screen import Screen, make_console

    with Screen(make_console()) as screen:
        for line in take_in(options) if options.source else write_out(options):
            screen.notice(line)
    return PASSED


def write_out(options: argparse.Namespace) -> list[str]:
    """Write the notebooks; a sentence on each."""
    target = Path(options.to or "notebooks").absolute()
    chosen = tiers() if options.tier == "all" else [options.tier]
    made = {tier: notebook(tier, solved=options.solved, url=options.colab) for tier in chosen}
    said = []
    try:
        target.mkdir(parents=True, exist_ok=True)
        for tier, contents in made.items():
            path = target / f"{tier}.ipynb"
            kept = ""
            if path.exists():
                before = path.read_bytes()
                if before == contents:
                    said.append(f"{short(path)} is up to date.")
                    continue
                kept = f"; what stood there is kept in {short(back_up(path, before).path)}"
            replace(path, contents)
            said.append(f"Wrote {short(path)}{kept}.")
    except OSError as error:
        raise UsageError(f"{short(target)} cannot be written to: {reason(error)}.") from None
    return said


def take_in(options: argparse.Namespace) -> list[str]:
    """Put a notebook's answers into the exercise files; a sentence on each."""
    path = Path(options.source)
    target = folder(options.to or "exercises", "--to")
    try:
        given = cells(read_plain(path, MAX_BYTES), path.name)
    except FileNotFoundError:
        raise UsageError(f"--from {options.source}: there is no such file.") from None
    listed = course()
    found = defined_in(given)
    said: list[str] = []
    for tier in tiers() if options.tier == "all" else [options.tier]:
        parts = {each.about for each in listed if each.check.tier == tier}
        own = parts - {"ANSWERS"}
        if not own & found:
            continue
        taken = code(given, parts, f"{tier}.py")
        before = load(target, tier)
        after = transferred(taken, before, path.name)
        file = target / f"{tier}.py"
        kept = exchange(file, before.contents, after.contents)
        said += taken.notes
        missing = sorted(own - found)
        if missing:
            said.append(f"{path.name} has no {', '.join(missing)}; that stays as it is.")
        where = f"; what stood there is kept in {short(kept.path)}" if kept else ""
        said.append(f"Put the {tier} tier's answers into {short(file)}{where}.")
    if not said:
        raise FileError(f"{path.name} defines none of the parts that the exercises ask for.")
    return said
