"""Whose file is it? The names that each learning platform gives to what it exports.

An export is recognized by the share of its files whose names follow one platform's rules. The key
of a student is the platform's own id, never a name: two people of one name stay two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from checks.engine.classroom.archives import Entry, UnreadableError

SHARE = 0.8  # of the files that have to fit a platform's rules
MAX_METADATA, MAX_NOTE = 20 * 2**20, 2**16


@dataclass(frozen=True)
class Owned:
    """A file and its owner, as an export's names tell.

    `path` is the file's name within what the student handed in, `attempt` grows with every new
    attempt; `is_note` marks what the platform adds itself.
    """

    entry: Entry
    key: str
    name: str = ""
    path: str = ""
    attempt: str = ""
    late: bool = False
    is_note: bool = False


@dataclass
class Export:
    """A class as it was exported: which platform, whose files, and files that nobody owns."""

    platform: str
    owned: list[Owned] = field(default_factory=list)
    stray: list[Entry] = field(default_factory=list)
    emails: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


# Canvas: name, "_LATE", the person's id, the file's id, the file's name. The first two numbers from
# the left are the ids: a name never holds such, a file's name may.
ANONYMOUS = re.compile(r"(?P<late>LATE_)?anon_(?P<id>[A-Za-z0-9]+)_\d+_(?P<file>.+)")
CANVAS = re.compile(r"(?P<name>.+?)(?P<late>_LATE)?_(?P<id>\d+)_\d+_(?P<file>.+)")
CANVAS_TEXT = re.compile(r"(?P<name>.+?)(?P<late>_LATE)?_(?P<id>\d+)_(?P<file>(?:text|link)\.html)")
MOODLE = re.compile(
    r"(?P<name>[^/]+?)_(?P<id>\d+)_assignsubmission_(?P<plugin>file|onlinetext)_?(?P<file>.*)", re.S
)
BLACKBOARD = re.compile(
    r"(?P<head>.+)_attempt_(?P<when>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|(?P<note>\.txt))"
)
BLACKBOARD_NAME = re.compile(r"^Name: (?P<name>[^\n]*?) \((?P<user>[^()\n]+)\)\s*$", re.MULTILINE)
BRIGHTSPACE = re.compile(
    r"(?P<id>\d+)-(?P<other>\d+) - (?P<name>.+) - (?P<when>\w+ \d{1,2}, \d{4} \d{3,4} [AP]M)"
)
GRADESCOPE = re.compile(r"submission_(?P<id>\d+)")


def recognized(entries: Sequence[Entry]) -> Export | None:
    """The export that these files are; None where no platform's rules fit."""
    readers: dict[str, Callable[[Sequence[Entry]], list[Owned]]] = {
        "Gradescope": from_gradescope,
        "Moodle": from_moodle,
        "Blackboard": from_blackboard,
        "Brightspace": from_brightspace,
        "Canvas": from_canvas,
    }
    for platform, reader in readers.items():
        owned = reader(entries)
        if entries and len(owned) >= SHARE * len(entries):
            mine = {id(each.entry) for each in owned}
            stray = [entry for entry in entries if id(entry) not in mine]
            export = Export(platform, owned, stray)
            return with_metadata(export, entries) if platform == "Gradescope" else export
    return None


def by_pattern(entries: Iterable[Entry], pattern: re.Pattern[str]) -> Export:
    """The owners that a teacher's own pattern finds: a group `student`, perhaps `name`, `file`."""
    export = Export("pattern")
    for entry in entries:
        found = pattern.search(entry.path)
        groups = found.groupdict() if found else {}
        if not groups.get("student"):
            export.stray.append(entry)
            continue
        path = groups.get("file") or entry.name
        name = groups.get("name") or ""
        export.owned.append(Owned(entry, groups["student"], name, path))
    return export


def by_folder(entries: Iterable[Entry]) -> Export:
    """One folder, or one archive, for each student."""
    export = Export("folders")
    for entry in entries:
        student, slash, path = entry.path.partition("/")
        if slash:
            export.owned.append(Owned(entry, student, path=path))
        elif entry.is_archive:
            export.owned.append(Owned(entry, stem(student), path=student))
        else:
            export.stray.append(entry)
    return export


def stem(name: str) -> str:
    """A file's name without its ending, which may be a double one."""
    short = re.sub(r"\.tar$", "", name.rpartition(".")[0] or name)
    return short or name


def from_canvas(entries: Sequence[Entry]) -> list[Owned]:
    """The files of a Canvas download."""
    found = []
    for entry in entries:
        top, slash, rest = entry.path.partition("/")
        for pattern in (ANONYMOUS, CANVAS, CANVAS_TEXT):
            if match := pattern.fullmatch(top):
                given = match.groupdict()
                path = f"{given['file']}/{rest}" if slash else given["file"]
                late, name = bool(given["late"]), given.get("name") or ""
                is_note = pattern is CANVAS_TEXT
                found.append(Owned(entry, given["id"], name, path, late=late, is_note=is_note))
                break
    return found


def from_moodle(entries: Sequence[Entry]) -> list[Owned]:
    """The files of a Moodle download, in folders or flat."""
    found = []
    for entry in entries:
        if match := MOODLE.fullmatch(entry.path):
            path = match["file"].lstrip("/")
            is_note = match["plugin"] == "onlinetext"
            name = match["name"].replace("_", " ").strip()
            found.append(Owned(entry, match["id"], name, path, is_note=is_note))
    return found


def from_gradescope(entries: Sequence[Entry]) -> list[Owned]:
    """The files of a Gradescope export: a folder for each submission, and its metadata."""
    found = []
    for entry in entries:
        top, _, path = entry.path.partition("/")
        if path and (match := GRADESCOPE.fullmatch(top)):
            found.append(Owned(entry, match["id"], path=path))
    return found


def from_brightspace(entries: Sequence[Entry]) -> list[Owned]:
    """The files of a Brightspace download: a folder for each attempt of a student."""
    matches = [(entry, BRIGHTSPACE.fullmatch(entry.path.partition("/")[0])) for entry in entries]
    fitting = [(entry, match) for entry, match in matches if match]
    firsts = {match["id"] for _, match in fitting}
    names = {(match["id"], match["name"]) for _, match in fitting}
    # One of the numbers is the student's; where the first is everybody's, it is the second.
    number = "id" if len(firsts) == len(names) else "other"
    return [
        Owned(entry, match[number], match["name"], entry.path.partition("/")[2],
              attempt=brightspace_time(match["when"]))
        for entry, match in fitting
    ]  # fmt: skip


def brightspace_time(text: str) -> str:
    """A Brightspace date, so that later ones sort behind; as it stands where it is no English."""
    day, _, clock = text.rpartition(", ")
    year, hour, half = clock.split(" ")
    try:
        when = datetime.strptime(f"{day}, {year} {hour.zfill(4)} {half}", "%b %d, %Y %I%M %p")
    except ValueError:
        return text
    return when.isoformat()


def from_blackboard(entries: Sequence[Entry]) -> list[Owned]:
    """The files of a Blackboard download: a text about each attempt, and the files beside it."""
    matches = [(entry, BLACKBOARD.fullmatch(entry.path)) for entry in entries]
    fitting = [(entry, match) for entry, match in matches if match]
    users = blackboard_users(fitting)
    found = []
    for entry, match in fitting:
        key, name = users[match["head"]]
        path, is_note = match["file"] or entry.name, bool(match["note"])
        found.append(Owned(entry, key, name, path, attempt=match["when"], is_note=is_note))
    return found


def blackboard_users(
    fitting: Sequence[tuple[Entry, re.Match[str]]],
) -> dict[str, tuple[str, str]]:
    """User and full name for each "Assignment_user".

    The text about an attempt says who it is, "Name: Ada Lovelace (ada_l)"; without it the user is
    what comes after all that the names share.
    """
    heads = sorted({match["head"] for _, match in fitting})
    shared = len(heads[0]) if heads else 0
    while shared and (len(heads) == 1 or len({head[:shared] for head in heads}) > 1):
        shared = heads[0].rfind("_", 0, shared)
        if shared < 0 or len(heads) == 1:
            break
    found = {head: (head[max(shared, 0) :].lstrip("_"), "") for head in heads}
    for entry, match in fitting:
        said = BLACKBOARD_NAME.search(note_of(entry)) if match["note"] else None
        if said and match["head"].endswith(f"_{said['user']}"):
            found[match["head"]] = (said["user"], said["name"])
    return found


def note_of(entry: Entry) -> str:
    """The text about an attempt; "" where it can't be read."""
    try:
        return entry.read(MAX_NOTE).decode("utf-8", "replace")
    except UnreadableError:
        return ""


# Gradescope's metadata ----------------------------------------------------------------------------


def with_metadata(export: Export, entries: Sequence[Entry]) -> Export:
    """Each submission under its submitters' own ids, as far as the metadata can be read."""
    files = [entry for entry in entries if entry.name == "submission_metadata.yml"]
    export.stray = [entry for entry in export.stray if entry not in files]
    if not files:
        export.notes.append(
            "There is no submission_metadata.yml, so students go by their submission's number."
        )
        return export
    try:
        submitters = read_metadata(files[0])
    except ImportError:
        export.notes.append(
            "Students go by their submission's number: to read their names, "
            "python -m pip install pyyaml."
        )
        return export
    except (UnreadableError, ValueError) as error:
        export.notes.append(f"Students go by their submission's number: {error}")
        return export
    owned: list[Owned] = []
    for each in export.owned:
        people = submitters.get(each.key) or {each.key: ("", "")}
        for key, (name, email) in people.items():
            owned.append(Owned(each.entry, key, name, each.path))
            if email:
                export.emails[key] = email
    export.owned = owned
    return export


def read_metadata(entry: Entry) -> Mapping[str, dict[str, tuple[str, str]]]:
    """By a submission's number, its submitters: their ids, each with name and e-mail address.

    Raises:
        ImportError: PyYAML is not installed.
        UnreadableError, ValueError: the file is something else.
    """
    import yaml

    try:
        held = yaml.safe_load(entry.read(MAX_METADATA))
    except yaml.YAMLError:
        raise ValueError("submission_metadata.yml is not valid.") from None
    if not isinstance(held, dict):
        raise ValueError("submission_metadata.yml is not what Gradescope writes.")
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for folder, about in held.items():
        match = GRADESCOPE.fullmatch(str(folder))
        people = about.get(":submitters") if isinstance(about, dict) else None
        if not match or not isinstance(people, list):
            continue
        found[match["id"]] = {}
        for person in people:
            if isinstance(person, dict):
                said = {
                    name: str(person.get(f":{name}") or "") for name in ("sid", "email", "name")
                }
                key = said["sid"] or said["email"] or match["id"]
                found[match["id"]][key] = (said["name"], said["email"])
    return found
