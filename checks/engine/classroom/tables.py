"""The plain tables: grades for everybody, and what nobody could assign."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from checks.engine.classroom.results import Graded, number, scaled
from checks.engine.plain_text import inert

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for a formula
MAX_CELL = 1000


def grades(students: Sequence[Graded], tiers: Sequence[str], to: float | None = None) -> str:
    """`grades.csv`: one row for each student, and no points where there is no grade.

    Args:
        students: everybody.
        tiers: a column for each, with the points as the checks give them.
        to: what all points together are scaled to.
    """
    heads = ["student", "name", "points", "of", *tiers, "status", "note"]
    rows = []
    for each in students:
        standing = each.standing
        is_graded = standing not in ("unclear", "infra")
        points = number(scaled(each.points(), each.of, to)) if is_graded else ""
        of = number(to if to is not None else each.of)
        by_tier = [
            str(each.points(tier)) if is_graded and tier in each.tiers else "" for tier in tiers
        ]
        rows.append([each.key, each.record.name, points, of, *by_tier, standing, each.note()])
    return table([heads, *rows])


def unclear(found: Iterable[tuple[str, str]]) -> str:
    """`unclear.csv`: files and students that nobody can be found for, and why."""
    return table([["what", "why"], *found])


def table(rows: Iterable[Sequence[str]]) -> str:
    """A table for a spreadsheet, in which nothing that strangers wrote is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow([harmless(cell) for cell in row])
    return text.getvalue()


def harmless(cell: str) -> str:
    """A cell in one line that no spreadsheet takes for a formula."""
    plain = inert(cell.replace("\n", " "), MAX_CELL)
    is_formula = cell.startswith(FORMULA) and not is_number(cell)
    return f"'{plain}" if is_formula else plain


def is_number(cell: str) -> bool:
    """Whether a cell is a plain number, perhaps below zero."""
    return cell.removeprefix("-").replace(".", "", 1).isdecimal()
