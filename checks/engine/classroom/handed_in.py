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
    MAX_NOTEBOOK,
    Allowance,
    Entry,
    UnreadableError,
    in_archive,
    shown,
)
from checks.engine.course.listing import Listed
from checks.engine.learner.learners_file import MAX_SOURCE
from checks.engine.parsing import parsed

MAX_OWN = 20  # modules of the student's own beside the tiers' files
KITS_OWN = {"reference", "checks", ".backup", "runs", "snapshots"}  # of a whole kit handed in
# What a file name gets on its way: a copy's number, and what people add to say which one counts.
NUMBER = re.compile(r"[-_ ]?\((\d+)\)|(?<=[a-z])-(\d+)$")
SOURCE_ENDINGS = (".py", ".py.txt", ".pyw")
NOTEBOOK_ENDINGS = (".ipynb", ".ipynb.txt", ".ipynb.json")


@dataclass(frozen=True)
class TierFile:
    """A tier's file: its text as Python reads it, and the path under which it was handed in."""

    contents: bytes
    path: str

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
        for tier, name in listed.parts:
            if name[:1].isalpha() and not name.isupper():
                found.setdefault(tier, set()).add(name.partition(".")[0])
    return {tier: frozenset(names) for tier, names in found.items()}


def take(student: HandedIn, entries: Sequence[Entry], parts: Parts) -> None:
    """Find each tier's file among what a student handed in."""
    found = [entry for entry in opened(student, entries) if not is_kits_own(entry)]
    by_content = []
    candidates: dict[str, list[Candidate]] = {tier: [] for tier in parts}
    for entry in found:
        if entry.name.lower().endswith((*SOURCE_ENDINGS, *NOTEBOOK_ENDINGS)):
            tier, candidate = by_name(entry, list(parts))
            if candidate is None:
                by_content.append(entry)
            else:
                candidates[tier].append(candidate)
    for tier, those in candidates.items():
        choose(student, tier, those)
    take_by_content(student, by_content, parts)


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
    is_notebook = entry.name.lower().endswith(NOTEBOOK_ENDINGS)
    try:
        contents = entry.read(MAX_NOTEBOOK if is_notebook else MAX_FILE)
        reader = notebook if is_notebook or looks_like_notebook(contents) else python
        return TierFile(reader(student, entry, contents), entry.path)
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


def notebook(student: HandedIn, entry: Entry, contents: bytes) -> bytes:
    """The Python that a notebook holds.

    The one place where notebooks are read; until they are, whoever handed one in is told so.
    """
    raise UnreadableError(
        f"{shown(entry.path)} was handed in as a notebook, which is not graded: "
        "save its cells as a .py file."
    )


def looks_like_notebook(contents: bytes) -> bool:
    """Whether a file called .py is a notebook's JSON."""
    head = contents[:2000].lstrip()
    return head.startswith(b"{") and b'"cells"' in head
