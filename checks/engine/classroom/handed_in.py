"""What one student handed in: which of the files is which tier's, and what was assumed.

A file is known by its name, then by its name without what systems and people add to it (`-1`,
` (1)`, `_final`, `.txt`), then by the parts that it defines. Two that could be the same tier's are
never chosen between.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from checks.engine.classroom.archives import (
    FOREIGN,
    MAX_FILE,
    Allowance,
    Entry,
    UnreadableError,
    in_archive,
    shown,
)
from checks.engine.course.listing import Listed
from checks.engine.errors import FileError
from checks.engine.learner.learners_file import MAX_SOURCE
from checks.engine.learner.notebook import MAX_BYTES, Cell, Place, cells, code, defined_in
from checks.engine.parsing import parsed

MAX_OWN = 20  # modules of the student's own beside the tiers' files
KITS_OWN = {"reference", "checks", ".backup", "runs", "snapshots"}  # of a whole kit handed in
# What a file name gets on its way: a copy's number, and what people add to say which one counts.
NUMBER = re.compile(r"[-_ ]?\((\d+)\)|(?<=[a-z])-(\d+)$")
SOURCE_ENDINGS = (".py", ".py.txt", ".pyw")
NOTEBOOK_ENDINGS = (".ipynb", ".ipynb.txt", ".ipynb.json")


@dataclass(frozen=True)
class TierFile:
    """A tier's file: its text as Python reads it, and the path under which it was handed in.

    Of a notebook, `places` say which cell each line of the text came from.
    """

    contents: bytes
    path: str
    places: tuple[Place | None, ...] = ()

    @property
    def digest(self) -> str:
        """A fingerprint of its bytes."""
        return hashlib.sha256(self.contents).hexdigest()


@dataclass
class HandedIn:
    """One student with what was handed in, told apart by `key`.

    `own` are modules of the student's own, by name; `notes` say what was assumed or left out,
    `problems` what kept a file from being read, `unclear` what nobody can decide from outside:
    a path, and why.
    """

    key: str
    name: str = ""
    email: str = ""
    files: dict[str, TierFile] = field(default_factory=dict)
    own: dict[str, TierFile] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    unclear: list[tuple[str, str]] = field(default_factory=list)

    @property
    def title(self) -> str:
        """How people call the student."""
        return self.name or self.key

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to judge."""
        return not self.files

    def contents(self) -> dict[str, bytes]:
        """All files by the names under which they are judged."""
        files = {**self.own, **self.files}
        return {f"{name}.py": file.contents for name, file in files.items()}


@dataclass(frozen=True)
class Candidate:
    """A file that may be a tier's: `rank` is smaller for what fits better."""

    entry: Entry
    version: int
    rank: tuple[int, ...]
    assumed: bool


Parts = Mapping[str, frozenset[str]]  # by tier, the names that its file has to define


def parts_of(course: Sequence[Listed]) -> dict[str, frozenset[str]]:
    """By tier, the functions and classes that only its file defines."""
    found: dict[str, set[str]] = {}
    for listed in course:
        name = listed.about.partition(".")[0]
        if not name.isupper():  # every tier has its ANSWERS
            found.setdefault(listed.check.tier, set()).add(name)
    return {tier: frozenset(names) for tier, names in found.items()}


def take(student: HandedIn, entries: Sequence[Entry], parts: Parts) -> None:
    """Find each tier's file among what a student handed in."""
    found = [entry for entry in opened(student, entries) if not is_kits_own(entry)]
    by_content = []
    candidates: dict[str, list[Candidate]] = {tier: [] for tier in parts}
    notebooks = [entry for entry in found if is_notebook(entry)]
    for entry in found:
        if entry not in notebooks and entry.name.lower().endswith(SOURCE_ENDINGS):
            tier, candidate = by_name(entry, list(parts))
            if candidate is None:
                by_content.append(entry)
            else:
                candidates[tier].append(candidate)
    for tier, those in candidates.items():
        choose(student, tier, those)
    take_by_content(student, by_content, parts)
    take_notebooks(student, notebooks, parts)


def opened(student: HandedIn, entries: Sequence[Entry]) -> list[Entry]:
    """The files, with those of the student's archives in the archives' place."""
    allowance, found = Allowance(), []
    for entry in entries:
        if entry.name.lower().endswith(FOREIGN):
            student.problems.append(
                f"{shown(entry.path)} is an archive of a kind that is not opened here; "
                "ask for a .zip."
            )
        if not entry.is_archive:
            found.append(entry)
            continue
        try:
            inside = in_archive(entry, allowance)
        except UnreadableError as error:
            student.problems.append(str(error))
            continue
        student.problems += inside.problems
        for each in inside.entries:
            path = f"{stem_of(entry.path)}/{each.path}"
            if each.is_archive or each.name.lower().endswith(FOREIGN):
                student.problems.append(
                    f"{shown(each.path)} is an archive inside an archive and was not opened."
                )
            found.append(Entry(path, each.read, each.modified))
        student.notes.append(f"The files were taken out of {shown(entry.name)}.")
    return found


def is_kits_own(entry: Entry) -> bool:
    """Whether a file lies where only the kit's own files are, in a kit that came back whole."""
    return bool(KITS_OWN & set(PurePosixPath(entry.path).parts[:-1]))


def by_name(entry: Entry, tiers: Sequence[str]) -> tuple[str, Candidate | None]:
    """The tier that a file's name means, and how well it fits."""
    small = entry.name.lower()
    stem, ending = stem_of(small), small[len(stem_of(small)) :]
    numbers = [int(one or two) for one, two in NUMBER.findall(stem)]
    bare = NUMBER.sub("", stem).strip()
    named = [tier for tier in tiers if tier in bare]
    if len(named) != 1:
        return "", None
    (tier,) = named
    depth = entry.path.count("/")
    is_plain, is_python = bare == tier, ending in SOURCE_ENDINGS
    rank = (not is_python, not is_plain, "exercises" not in PurePosixPath(entry.path).parts, depth)
    version = numbers[-1] if numbers and is_plain else 0
    exact = entry.name == f"{tier}.py"
    return tier, Candidate(entry, version, tuple(map(int, rank)), not exact)


def by_stem(path: str, tiers: Sequence[str]) -> str:
    """The one tier that a file's name holds; "" for none, or several."""
    named = [tier for tier in tiers if tier in PurePosixPath(path).name.lower()]
    return named[0] if len(named) == 1 else ""


def stem_of(path: str) -> str:
    """A path without its ending, which may be a double one."""
    return re.sub(r"(?:\.(?:py|ipynb|tar))?\.\w+$", "", path)


def choose(student: HandedIn, tier: str, candidates: Sequence[Candidate]) -> None:
    """Take the best of several files for one tier, if there is a best one."""
    if not candidates:
        return
    best = min(each.rank for each in candidates)
    fitting = [each for each in candidates if each.rank == best]
    newest = max((each.version, each.entry.modified) for each in fitting)
    chosen = [each for each in fitting if (each.version, each.entry.modified) == newest]
    same_place = {each.entry.path.rpartition("/")[0] for each in fitting}
    read = {each.entry.path: reading(student, each.entry) for each in fitting}
    contents = {file.contents for file in read.values() if file}
    if len(contents) > 1 and (len(chosen) > 1 or len(same_place) > 1):
        those = " or ".join(shown(each.entry.path) for each in fitting[:3])
        student.unclear.append((fitting[0].entry.path, f"{tier}.py could be {those}."))
        return
    file = read[chosen[0].entry.path]
    if file is None:
        return
    student.files[tier] = file
    others = [
        each
        for each in candidates
        if each is not chosen[0]
        and (other := reading(student, each.entry)) is not None
        and other.contents != file.contents
    ]
    if chosen[0].assumed or others:
        over = f", not {shown(others[0].entry.path)}" if others else ""
        student.notes.append(f"{shown(file.path)} was taken for {tier}.py{over}.")


def take_by_content(student: HandedIn, entries: Sequence[Entry], parts: Parts) -> None:
    """Files whose names say nothing: by what they define; otherwise modules of the student's."""
    texts = {entry.path: file for entry in entries[:MAX_OWN] if (file := reading(student, entry))}
    meant: dict[str, list[TierFile]] = {}
    for file in texts.values():
        defined = names_in(file.contents)
        fitting = [tier for tier, names in parts.items() if len(names & defined) * 2 >= len(names)]
        if len(fitting) > 1:
            those = " and of ".join(f"{tier}.py" for tier in fitting)
            student.unclear.append((file.path, f"It holds parts of {those}."))
        elif fitting:
            meant.setdefault(fitting[0], []).append(file)
        else:
            name = PurePosixPath(file.path).stem
            if name.isidentifier():
                student.own.setdefault(name, file)
    for tier, files in meant.items():
        if tier in student.files:
            continue
        if len({file.contents for file in files}) > 1:
            those = " or ".join(shown(file.path) for file in files[:3])
            student.unclear.append((files[0].path, f"{tier}.py could be {those}."))
        else:
            student.files[tier] = files[0]
            student.notes.append(
                f"{shown(files[0].path)} was taken for {tier}.py, whose parts it defines."
            )


def take_notebooks(student: HandedIn, entries: Sequence[Entry], parts: Parts) -> None:
    """The tiers that no Python file was handed in for, out of the definitions in notebooks.

    A notebook of the tier's name counts; without one, the only one that defines its parts.
    """
    read: dict[str, list[Cell]] = {}
    for entry in entries[:MAX_OWN]:
        try:
            read[entry.path] = cells(entry.read(MAX_BYTES), shown(entry.path))
        except (FileError, UnreadableError) as error:
            student.problems.append(str(error))
    for tier, names in parts.items():
        fitting = {path: given for path, given in read.items() if names & defined_in(given)}
        named = {path: given for path, given in fitting.items() if by_stem(path, [*parts]) == tier}
        chosen = {
            path: code(given, names, f"{tier}.py") for path, given in (named or fitting).items()
        }
        if tier in student.files or not chosen:
            continue
        path, held = next(iter(chosen.items()))
        if len({each.text for each in chosen.values()}) > 1:
            those = " or ".join(map(shown, list(chosen)[:3]))
            student.unclear.append((path, f"{tier}.py could be {those}."))
            continue
        student.files[tier] = TierFile(held.text.encode(), path, held.places)
        said = f"The definitions in {shown(path)} were taken for {tier}.py."
        student.notes += [said, *(f"{shown(path)}: {note}" for note in held.notes)]
    student.notes = list(dict.fromkeys(student.notes))


def names_in(contents: bytes) -> frozenset[str]:
    """The functions and classes that a file defines; it is read and never run."""
    try:
        tree = parsed(contents)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    return frozenset(getattr(node, "name", "") for node in tree.body)


# What a file says ---------------------------------------------------------------------------------


def reading(student: HandedIn, entry: Entry) -> TierFile | None:
    """A file's text; None, and a word to the student, where there is none to be had."""
    try:
        return TierFile(python(student, entry, entry.read(MAX_FILE)), entry.path)
    except UnreadableError as error:
        if str(error) not in student.problems:
            student.problems.append(str(error))
        return None


def python(student: HandedIn, entry: Entry, contents: bytes) -> bytes:
    """A Python file as Python reads it: of what Windows may have saved in UTF-16, the text."""
    for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if contents.startswith(mark):
            try:
                contents = contents.decode("utf-16").encode()
            except UnicodeError:
                raise UnreadableError(f"{shown(entry.path)} is no text that can be read.") from None
            said = f"{shown(entry.path)} was saved as UTF-16; it was read as that."
            student.notes += [said] * (said not in student.notes)
    if len(contents) > MAX_SOURCE:
        raise UnreadableError(f"{shown(entry.path)} is larger than {MAX_SOURCE // 2**20} MB.")
    return contents


def is_notebook(entry: Entry) -> bool:
    """Whether a file is a notebook, whatever it is called."""
    if entry.name.lower().endswith(NOTEBOOK_ENDINGS):
        return True
    if not entry.name.lower().endswith(SOURCE_ENDINGS):
        return False
    try:
        contents = entry.read(MAX_FILE)
    except UnreadableError:
        return False
    head = contents[:2000].lstrip()
    return head.startswith(b"{") and b'"cells"' in head
