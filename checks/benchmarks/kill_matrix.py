"""The kill matrix: which check catches which wrong solution, and what it says.

    python -m checks.benchmarks.kill_matrix [TIER ...] [--check NAME] [--quick] [--all-checks]

One row a mutant of the self-tests' tables, one column a check of its tier:

    #  fails and names the expected mistake      .  passes
    x  fails and names another one               -  waits for another part

The check that has to catch the mutant is on the left, with what it named. Then the right solutions
in other styles, of which every check has to pass. `--quick` runs the expected check of each mutant
alone, `--all-checks` also those checks that train for seconds. Exit status 1 if a mutant gets away
or is not named, or a right solution is refused.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from checks.benchmarks import ticking
from checks.engine.course.check_errors import CheckEndedError
from checks.engine.paths import tiers
from checks.engine.sandbox import client as sandbox
from checks.engine.sandbox.solution import Submission
from checks.selftest.mutants import (
    Mutant,
    Variant,
    checks_of,
    ending,
    mutants,
    mutated,
    refusals,
    variants,
)

LONG = {"test_samples_get_closer"}  # checks that train for seconds: run where they are expected


@dataclass
class Row:
    """What became of one mutant: how each check that ran ended, by its name."""

    mutant: Mutant
    endings: dict[str, CheckEndedError | None] = field(default_factory=dict)

    @property
    def is_caught(self) -> bool:
        """Whether the expected check fails."""
        ended = self.endings[self.mutant.check]
        return ended is not None and ended.status.is_wrong

    @property
    def is_named(self) -> bool:
        """Whether it names the expected mistake, and the others where there are several."""
        ended = self.endings[self.mutant.check]
        if ended is None or named(ended) != self.mutant.mistake:
            return False
        return {other.mistake_id for other in ended.further} == set(self.mutant.further)


def named(ended: CheckEndedError) -> str:
    """The id of the mistake that a check named, or how it ended without naming one."""
    return ended.mistake.id if ended.mistake else ended.status.value


def run(mutant: Mutant, folder: Path, names: Sequence[str]) -> Row:
    """The mutant under these checks; they share what the probes saw."""
    submission = Submission(mutated(folder, mutant).resolve(), sandbox.shared())
    return Row(mutant, {name: ending(mutant.tier, name, submission) for name in names})


def columns(mutant: Mutant, options: argparse.Namespace) -> list[str]:
    """The checks to run on a mutant, in course order."""
    if options.quick:
        return [mutant.check]
    skipped = set() if options.all_checks else LONG - {mutant.check}
    return [name for name in checks_of(mutant.tier) if name not in skipped]


def cell(row: Row, name: str) -> str:
    """One check's mark in a mutant's row."""
    if name not in row.endings:
        return " "
    ended = row.endings[name]
    if ended is None:
        return "."
    if ended.status.is_open:
        return "-"
    return "#" if named(ended) == row.mutant.mistake else "x"


def print_matrix(console: Console, tier: str, rows: list[Row]) -> None:
    """One tier's matrix with the numbers of the columns' checks below it."""
    names = list(checks_of(tier))
    width = max(len(str(row.mutant)) for row in rows)
    console.print(f"\n{tier}: {len(rows)} mutants, {len(names)} checks", style="bold")
    tens = "".join(str(i // 10) if i % 10 == 0 else " " for i in range(1, len(names) + 1))
    console.print(" " * width, tens.rstrip())
    console.print(" " * width, "".join(str(i % 10) for i in range(1, len(names) + 1)))
    for row in rows:
        marks = "".join(cell(row, name) for name in names)
        verdict = "" if row.is_named else "NOT NAMED" if row.is_caught else "GOT AWAY"
        said = ", ".join([row.mutant.mistake, *row.mutant.further])
        number = names.index(row.mutant.check) + 1
        console.print(f"{row.mutant!s:{width}} {marks}  {number:>2}: {said} {verdict}".rstrip())
    for number, name in enumerate(names, 1):
        console.print(f"  {number:>2} {name}", style="dim")


def print_sums(console: Console, rows: list[Row], refused: dict[str, list[str]]) -> None:
    """The totals, tier by tier."""
    console.print()
    for tier in dict.fromkeys(row.mutant.tier for row in rows):
        mine = [row for row in rows if row.mutant.tier == tier]
        caught = sum(row.is_caught for row in mine)
        right = sum(row.is_named for row in mine)
        console.print(f"{tier}: {caught} of {len(mine)} mutants caught, {right} named right")
        for row in (row for row in mine if not row.is_named):
            ended = row.endings[row.mutant.check]
            console.print(f"  {row.mutant}: {named(ended) if ended else 'passes'}")
    kept = sum(not failures for failures in refused.values())
    console.print(f"right solutions in other styles: {kept} of {len(refused)} accepted")
    for name, failures in refused.items():
        for failure in failures:
            console.print(f"REFUSED {name}: {failure}")


def judge_right_ones(chosen: list[Variant], scratch: Path) -> dict[str, list[str]]:
    """What each right solution was refused for: nothing, if all is well."""
    return {
        f"{variant.tier}: {variant}": refusals(variant, scratch / f"right-{number}")
        for number, variant in enumerate(ticking("Right solutions", chosen))
    }


def main() -> int:
    """Print the matrix."""
    name = "python -m checks.benchmarks.kill_matrix"
    parser = argparse.ArgumentParser(prog=name, description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("tier", nargs="*", default=[], metavar="TIER", help="these tiers only")
    parser.add_argument("--check", metavar="NAME", default="", help="mutants of this check only")
    parser.add_argument("--quick", action="store_true", help="the expected checks alone")
    parser.add_argument("--all-checks", action="store_true", help="the long ones on all mutants")
    options = parser.parse_args()
    for tier in options.tier:
        if tier not in tiers():
            parser.error(f"there is no tier {tier!r} ({', '.join(tiers())})")
    selected = options.tier or tiers()
    chosen = [
        mutant
        for mutant in mutants()
        if mutant.tier in selected and options.check in ("", mutant.check)
    ]
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="gan-kill-matrix-") as scratch:
        for number, mutant in enumerate(ticking("Mutants", chosen)):
            rows.append(run(mutant, Path(scratch) / str(number), columns(mutant, options)))
        right = [each for each in variants() if each.tier in selected and not options.check]
        refused = judge_right_ones(right, Path(scratch))
    if not options.quick:
        for tier in dict.fromkeys(row.mutant.tier for row in rows):
            print_matrix(console, tier, [row for row in rows if row.mutant.tier == tier])
    print_sums(console, rows, refused)
    return int(not all(row.is_named for row in rows) or any(refused.values()))


if __name__ == "__main__":
    sys.exit(main())
