"""A teacher's own gradebook, filled in: Canvas's export, or Moodle's grading worksheet.

Rows are matched by the platform's ids, never by names. Whoever could not be judged is left out: an
empty cell can erase a grade. What was in the file goes back as it was.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from checks.engine.classroom.intake import read_table
from checks.engine.classroom.results import UNGRADED, Graded, number, scaled
from checks.engine.errors import UsageError

CANVAS_IDS = ("ID", "SIS User ID", "SIS Login ID", "Integration ID")
CANVAS_FIRST = ("Student", "LastName", "FirstName", *CANVAS_IDS, "Root Account", "Section")
ASSIGNMENT = re.compile(r".+\((\d+)\)$")
POINTS_POSSIBLE = "Points Possible"
PARTICIPANT = re.compile(r"\D*(\d+)")


@dataclass
class Gradebook:
    """A gradebook as it was read.

    `ids` are the columns in which a student may be found, `column` the one for the grades; `kept`
    are the columns that go back, and `heads` how many rows stand before the students'.
    """

    kind: str
    rows: list[list[str]]
    ids: list[int]
    column: int
    kept: list[int]
    heads: int
    most: float | None
    delimiter: str = ","
    comma: bool = False


@dataclass
class Filled:
    """A gradebook with its grades, and who is not in it."""

    name: str
    text: str
    count: int
    notes: list[str] = field(default_factory=list)


def read(path: Path, column: str = "") -> Gradebook:
    """A teacher's gradebook.

    Args:
        path: Canvas's export or Moodle's grading worksheet.
        column: the title of the column for the grades, where several could be meant.

    Raises:
        UsageError: it is neither, or the column is not clear.
    """
    rows = read_table(path)
    width = max((len(row) for row in rows), default=0)
    rows = [row + [""] * (width - len(row)) for row in rows if any(row)]
    if not rows:
        raise UsageError(f"{path.name}: there is nothing in it.")
    heads = [cell.strip() for cell in rows[0]]
    delimiter = ";" if ";" in path.read_text(encoding="utf-8-sig").split("\n")[0] else ","
    if "ID" in heads and heads[0] in ("Student", "LastName"):
        return canvas(path, rows, heads, column, delimiter)
    return moodle(path, rows, heads, column, delimiter)


def canvas(
    path: Path, rows: list[list[str]], heads: list[str], column: str, delimiter: str
) -> Gradebook:
    """Canvas's export: the columns that say who it is, and one assignment."""
    above = [row for row in rows[1:4] if POINTS_POSSIBLE in row[0] or not row[heads.index("ID")]]
    possible = next((row for row in above if POINTS_POSSIBLE in row[0]), None)
    fits = [
        place
        for place, head in enumerate(heads)
        if head not in CANVAS_FIRST
        and (head == column if column else ASSIGNMENT.fullmatch(head))
        and not (possible and "(read only)" in possible[place])
    ]
    chosen = the_one(path, heads, fits, column)
    kept = [place for place, head in enumerate(heads) if head in CANVAS_FIRST] + [chosen]
    ids = [heads.index(name) for name in CANVAS_IDS if name in heads]
    most = as_number(possible[chosen]) if possible else None
    return Gradebook("Canvas", rows, ids, chosen, kept, 1 + len(above), most, delimiter)


def moodle(
    path: Path, rows: list[list[str]], heads: list[str], column: str, delimiter: str
) -> Gradebook:
    """Moodle's worksheet, whose titles are in the site's language: known by what stands below."""
    people = rows[1:]
    is_worksheet = bool(people) and all(PARTICIPANT.fullmatch(row[0].strip()) for row in people)
    if not is_worksheet:
        raise UsageError(
            f"{path.name}: this is neither Canvas's gradebook export nor Moodle's grading "
            "worksheet."
        )
    constant = [
        place for place in range(1, len(heads))
        if len({row[place] for row in people}) == 1 and as_number(people[0][place]) is not None
    ]  # fmt: skip
    if column:
        fits = [place for place, head in enumerate(heads) if head == column]
    else:  # the grade stands left of the maximum, which is the same for all
        fits = [place - 1 for place in constant if place > 1 and is_grades(people, place - 1)]
    chosen = the_one(path, heads, fits[:1] if not column else fits, column)
    most = people[0][chosen + 1] if chosen + 1 < len(heads) else ""
    everything = list(range(len(heads)))
    found = Gradebook("Moodle", rows, [0], chosen, everything, 1, as_number(most), delimiter)
    found.comma = "," in most
    return found


def is_grades(people: Sequence[Sequence[str]], place: int) -> bool:
    """Whether a column holds nothing but numbers and empty cells."""
    cells = [row[place].strip() for row in people]
    return all(cell in ("", "-") or as_number(cell) is not None for cell in cells)


def the_one(path: Path, heads: Sequence[str], fits: Sequence[int], column: str) -> int:
    """The column for the grades, if there is exactly one."""
    if len(fits) == 1:
        return fits[0]
    if column:
        raise UsageError(f"{path.name}: there is no column {column!r}.")
    names = ", ".join(repr(heads[place]) for place in fits)
    raise UsageError(
        f"{path.name}: --column NAME says which column the grades go into"
        + (f": {names}." if names else ".")
    )


def as_number(text: str) -> float | None:
    """A number as these files hold it, with a point or a comma; None for anything else."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


def filled(book: Gradebook, students: Sequence[Graded], to: float | None = None) -> Filled:
    """The gradebook with everybody's grade who has one; the others' rows are left out."""
    by_key = {each.key: each for each in students}
    people = book.rows[book.heads :]
    keys = [key_of(book, row, by_key) for row in people]
    often = Counter(key for key in keys if key)
    rows = [[row[place] for place in book.kept] for row in book.rows[: book.heads]]
    count = 0
    for row, key in zip(people, keys, strict=True):
        student = by_key.get(key)
        if student is None or often[key] > 1 or student.standing in UNGRADED:
            continue
        if row[book.column].strip().upper() == "EX":  # excused in Canvas
            continue
        grade = number(scaled(student.points(), student.of, to))
        cells = [" ".join(cell.splitlines()) if book.kind == "Canvas" else cell for cell in row]
        cells[book.column] = grade.replace(".", ",") if book.comma else grade
        rows.append([cells[place] for place in book.kept])
        count += 1
    stream = io.StringIO()
    csv.writer(stream, delimiter=book.delimiter, lineterminator="\n").writerows(rows)
    name = f"{book.kind.lower()}.csv"
    return Filled(name, stream.getvalue(), count, notes_on(book, by_key, keys, often, students, to))


def key_of(book: Gradebook, row: Sequence[str], known: Mapping[str, Graded]) -> str:
    """The student of a row, by the first of its ids that somebody has; "" for nobody."""
    for place in book.ids:
        cell = row[place].strip()
        if book.kind == "Moodle" and (match := PARTICIPANT.fullmatch(cell)):
            cell = match[1]
        if cell and cell in known:
            return cell
    return ""


def notes_on(
    book: Gradebook, known: Mapping[str, Graded], keys: Sequence[str], often: Counter[str],
    students: Sequence[Graded], to: float | None,
) -> list[str]:  # fmt: skip
    """What the teacher should know about a gradebook that was filled in."""
    notes = []
    of = to if to is not None else (students[0].of if students else 0)
    if book.most is not None and book.most != of:
        most = number(book.most)
        notes.append(
            f"The gradebook's column has {most} points and these grades are out of {number(of)}: "
            f"--points {most} scales them."
        )
    if twice := [known[key].title for key, count in often.items() if count > 1]:
        notes.append(f"More than one row, so none was filled in: {', '.join(twice)}.")
    if absent := [each.title for each in students if each.key not in often]:
        some = ", ".join(absent[:5]) + " …" * (len(absent) > 5)
        notes.append(f"Not in the gradebook: {some}.")
    if without := sum(not key for key in keys):
        notes.append(f"{without} rows of the gradebook belong to nobody here and were left out.")
    if ungraded := [each.title for each in students if each.standing in UNGRADED]:
        some = ", ".join(ungraded[:5]) + " …" * (len(ungraded) > 5)
        notes.append(f"Left out of the gradebook, since there is no grade: {some}.")
    return notes
