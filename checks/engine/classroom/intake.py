"""From folders, archives and exports to students with files; identities are never guessed.

What the names leave open stands in `unclear`, for a person to decide.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from checks.engine.classroom.archives import (
    ARCHIVES,
    READ,
    Entry,
    Listing,
    UnreadableError,
    in_folder,
    on_disk_archive,
    shown,
    within,
)
from checks.engine.classroom.exports import Export, Owned, by_folder, by_pattern, recognized, stem
from checks.engine.classroom.handed_in import HandedIn, Parts, by_name, take
from checks.engine.errors import KitError, UsageError
from checks.engine.files import read_plain

MAX_TABLE = 20 * 2**20


@dataclass(frozen=True)
class Person:
    """Somebody who should be there, as a roster says."""

    id: str
    name: str = ""
    email: str = ""


@dataclass
class Intake:
    """A class as it came in.

    `unclear` are files that nobody can be found for: a path, and why. `notes` are sentences for
    the teacher.
    """

    platforms: list[str] = field(default_factory=list)
    students: dict[str, HandedIn] = field(default_factory=dict)
    unclear: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def take_in(
    inputs: Sequence[Path],
    parts: Parts,
    *,
    pattern: re.Pattern[str] | None = None,
    roster: Sequence[Person] = (),
) -> Intake:
    """Read what was handed in.

    Args:
        inputs: folders and archives: of one student each, or of a whole class.
        parts: by tier, what its file defines.
        pattern: how a file's path tells its owner, where no platform's rules fit.
        roster: who should be there.

    Raises:
        UsageError: nothing is there, or nobody can be recognized.
    """
    intake = Intake()
    for path in inputs:
        add_input(intake, path, parts, pattern)
    if not intake.students:
        raise UsageError(
            f"{', '.join(path.name for path in inputs)}: no student's files were found there."
        )
    add_roster(intake, roster)
    return intake


def add_input(intake: Intake, path: Path, parts: Parts, pattern: re.Pattern[str] | None) -> None:
    """Add what one folder or archive holds."""
    listing = listing_of(path)
    entries = unwrapped(listing.entries, list(parts))
    if not entries:
        raise UsageError(f"{path.name}: there is no file in it, and submissions were expected.")
    export = by_pattern(entries, pattern) if pattern else recognized(entries)
    if export is None and is_one_student(entries, list(parts)):
        key = path.name if path.is_dir() else stem(path.name)
        export = Export("folders", [Owned(entry, key, path=entry.path) for entry in entries])
    if export is None:
        export = by_folder(entries)
        wanted = [entry for entry in entries if entry.name.lower().endswith(READ)]
        nobodys = [entry for entry in export.stray if entry in wanted]
        if not export.owned or len(nobodys) > len(wanted) / 2:
            raise UsageError(unrecognized(path, entries))
    intake.platforms.append(export.platform)
    intake.notes += [*export.notes, *listing.problems]
    add_export(intake, export, parts)


def listing_of(path: Path) -> Listing:
    """The files of an input.

    Raises:
        UsageError: it is neither a folder nor an archive that can be read.
    """
    if path.is_dir():
        return in_folder(path)
    if not path.exists():
        raise UsageError(f"{path}: there is no such folder or archive.")
    if not path.is_file() or not path.name.lower().endswith(ARCHIVES):
        raise UsageError(
            f"{path}: a folder or an archive ({', '.join(ARCHIVES[:3])}) of submissions is wanted."
        )
    try:
        return on_disk_archive(path)
    except UnreadableError as error:
        raise UsageError(str(error)) from None


def unwrapped(entries: list[Entry], tiers: Sequence[str]) -> list[Entry]:
    """The entries without folders that hold all of them, as archives and downloads have."""
    while entries:
        tops = {entry.path.partition("/")[0] for entry in entries}
        inner = list(within(entries, next(iter(tops))))
        is_wrapper = len(tops) == 1 and len(inner) == len(entries)
        if not is_wrapper or recognized(entries):
            break
        if is_one_student(inner, tiers):  # a class of one, whose folder is the student's
            break
        entries = inner
    return entries


def is_one_student(entries: Sequence[Entry], tiers: Sequence[str]) -> bool:
    """Whether the tiers' files lie at the top: one student's folder, not a class's."""
    tops = [entry for entry in entries if "/" not in entry.path]
    named = [by_name(entry, tiers)[0] for entry in tops if entry.name.lower().endswith(READ)]
    is_named = any(named)
    inside = [entry for entry in entries if entry.path.startswith("exercises/")]
    return (is_named and max(Counter(filter(None, named)).values()) == 1) or bool(inside)


def unrecognized(path: Path, entries: Sequence[Entry]) -> str:
    """What to say where no names could be understood, with an example to begin from."""
    some = [entry.path for entry in entries[:3]]
    seen = ", ".join(shown(each) for each in some)
    example = re.sub(r"[^/_\W]+", "(?P<student>[^/_]+)", re.escape(some[0]), count=1)
    example = re.sub(r"(?<=\+\)).*", ".*", example)
    return (
        f"{path.name}: nobody can tell whose files these are (such as {seen}). Say how a path "
        f"names its student: --names '{example}'"
    )


def add_export(intake: Intake, export: Export, parts: Parts) -> None:
    """Give each student what is theirs; of several attempts the newest counts."""
    by_key: dict[str, list[Owned]] = {}
    for each in export.owned:
        by_key.setdefault(each.key, []).append(each)
    for key, owned in by_key.items():
        if key in intake.students:
            intake.unclear.append((key, "This student is in more than one of the inputs."))
            continue
        names = sorted({each.name for each in owned if each.name})
        student = HandedIn(key, names[0] if names else "", export.emails.get(key, ""))
        newest = max(each.attempt for each in owned)
        attempts = {each.attempt for each in owned if not each.is_note}
        if len(attempts) > 1:
            student.notes.append(f"Of {len(attempts)} attempts the newest was taken.")
        mine = [each for each in owned if each.attempt == newest and not each.is_note]
        if any(each.late for each in mine):
            student.notes.append("Handed in late.")
        entries = [Entry(each.path, each.entry.read, each.entry.modified) for each in mine]
        take(student, entries, parts)
        intake.students[key] = student
        intake.unclear += [(f"{key}: {path}", why) for path, why in student.unclear]
    for entry in export.stray:
        if entry.name.lower().endswith(READ):
            intake.unclear.append((entry.path, "Its name does not tell whose it is."))


# The roster ---------------------------------------------------------------------------------------


def add_roster(intake: Intake, roster: Sequence[Person]) -> None:
    """Who should be there and is not, and the names of those who are.

    People are matched by id or e-mail address; by a full name only where it is one person's.
    """
    known = {student.key: student for student in intake.students.values()}
    emails = {s.email.lower(): s for s in intake.students.values() if s.email}
    names = Counter(student.name.casefold() for student in intake.students.values())
    listed = Counter(person.name.casefold() for person in roster)
    found: set[str] = set()
    for person in roster:
        student = known.get(person.id) or emails.get(person.email.lower() or "-")
        student = student or known.get(person.email)
        small = person.name.casefold()
        if student is None and small and names[small] == 1 == listed[small]:
            student = next(s for s in intake.students.values() if s.name.casefold() == small)
        if student is None:
            missing = HandedIn(person.id, person.name, person.email)
            intake.students[person.id] = missing
            found.add(person.id)
        else:
            student.name, student.email = student.name or person.name, person.email or student.email
            found.add(student.key)
    if roster and (extra := [s.title for s in intake.students.values() if s.key not in found]):
        some = ", ".join(shown(each) for each in extra[:5])
        intake.notes.append(f"Not on the roster: {some}{' …' * (len(extra) > 5)}.")


def read_roster(path: Path) -> list[Person]:
    """The people of a CSV file with the columns id, name and email.

    Raises:
        UsageError: it can't be read, or has no such columns.
    """
    rows = read_table(path)
    heads = [cell.strip().lower() for cell in rows[0]] if rows else []
    if "id" not in heads:
        raise UsageError(f"{path.name}: a first row with id, name and email is wanted.")
    people = []
    for row in rows[1:]:
        said = dict(zip(heads, (cell.strip() for cell in row), strict=False))
        if said.get("id"):
            people.append(Person(said["id"], said.get("name", ""), said.get("email", "")))
    return people


def read_table(path: Path) -> list[list[str]]:
    """The rows of a CSV file, whichever of comma and semicolon parts its cells.

    Raises:
        UsageError: it can't be read.
    """
    try:
        text = read_plain(path, MAX_TABLE).decode("utf-8-sig")
    except (OSError, KitError, UnicodeDecodeError):
        raise UsageError(f"{path}: this can't be read as a table (CSV in UTF-8).") from None
    head = text.splitlines()[:3]
    delimiter = ";" if sum(r.count(";") for r in head) > sum(r.count(",") for r in head) else ","
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise UsageError(f"{path.name}: this is no table: {error}.") from None


def only_inputs(paths: Iterable[str]) -> list[Path]:
    """The inputs as paths, each of which has to be there.

    Raises:
        UsageError: one is not.
    """
    found = [Path(path) for path in paths]
    for path in found:
        if not path.exists():
            raise UsageError(f"{path}: there is no such folder or archive.")
    return found
