"""Fingerprints of the code that each check hangs on: the same code, the same fingerprint.

A check's fingerprint covers the learner's parts that it looks at, whatever of the learner's code
these use (in the same file, in other tiers' files, in files of the learner's own), and all that
runs when one of the files involved is imported: an import that fails there fails every check. It
covers what the kit judges with as well. Layout, comments and docstrings don't count, and
neither does another function of the same file that nothing here uses.

Where code can reach what nobody sees in its names (`import *`, `globals()`, `importlib`), every
file of the folder counts, down to the last byte. Nothing of the learner's is ever run.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from checks.engine.course.listing import Listed, Part
from checks.engine.errors import FileError
from checks.engine.learner.learners_file import contents
from checks.engine.learner.statements import Import, Piece, Statements, statements
from checks.engine.paths import KIT

JUDGES = ("probes", "engine/judging", "engine/sandbox", "engine/data")  # beside a tier's checks
MAX_FILES = 200  # of a package of the learner's own
# With one of these in hand, code gets at names that do not stand in it.
UNSEEN = frozenset(
    (
        "__builtins__", "__file__", "__import__", "__loader__", "__spec__", "builtins", "compile",
        "eval", "exec", "gc", "globals", "importlib", "inspect", "locals", "pkgutil", "runpy",
        "sys", "vars",
    )
)  # fmt: skip


def fingerprints(folder: Path, listed: Sequence[Listed], kit: Path = KIT) -> dict[str, str]:
    """Each check's fingerprint on the solutions in a folder, by the check's id.

    Two parts, for the learner's code and for the kit's: `code_of` is the first.
    """
    files = Files(folder.resolve())
    codes = {parts: code(files, parts) for parts in {each.parts for each in listed}}
    editions = {tier: edition(kit, tier) for tier in {each.check.tier for each in listed}}
    return {e.check.check: f"{codes[e.parts]}-{editions[e.check.tier]}" for e in listed}


def edition(kit: Path, tier: str) -> str:
    """A short fingerprint of what the kit judges a tier with: its checks, probes and judgements.

    Where lines end does not count, for Git may change that.
    """
    named = (
        kit / "checks" / f"test_{tier}.py", kit / "reference" / f"{tier}.py",
        kit / "checks" / "release.json",
    )  # fmt: skip
    files = [file for file in named if file.is_file()]
    for folder in JUDGES:
        files += sorted((kit / "checks" / folder).rglob("*.py"))
    found = hashlib.sha256()
    for file in files:
        text = file.read_bytes().replace(b"\r\n", b"\n")
        found.update(f"{file.relative_to(kit).as_posix()} {len(text)} ".encode() + text)
    return found.hexdigest()[:8]


def code_of(fingerprint: str) -> str:
    """The part of a fingerprint that stands for the learner's code."""
    return fingerprint.split("-")[0]


@dataclass
class Files:
    """The Python files of a folder, each read once."""

    folder: Path
    _sources: dict[str, Statements] = field(default_factory=dict, repr=False)

    @cached_property
    def names(self) -> frozenset[str]:
        """What lies in the folder."""
        try:
            return frozenset(os.listdir(self.folder))
        except OSError:
            return frozenset()

    def source(self, module: str) -> Statements:
        """The statements of a module's file."""
        if module not in self._sources:
            try:
                self._sources[module] = statements(contents(self.folder, module))
            except FileError as error:
                self._sources[module] = Statements(opaque=f"{error} {stamp(self.folder, module)}")
        return self._sources[module]

    def package(self, name: str) -> str:
        """A fingerprint of a package of the learner's own, byte by byte."""
        files: list[str] = []
        for place, folders, found in os.walk(self.folder / name):
            folders.sort()
            files += sorted(os.path.join(place, file) for file in found if file.endswith(".py"))
            if len(files) > MAX_FILES:
                break
        return self.whole(files[:MAX_FILES])

    @cached_property
    def everything(self) -> str:
        """A fingerprint of all files in the folder, byte by byte."""
        return self.whole(sorted(name for name in self.names if name.endswith(".py")))

    def whole(self, files: Iterable[str]) -> str:
        """A fingerprint of these files, byte by byte."""
        lines = []
        for file in files:
            path = self.folder / file
            name = path.relative_to(self.folder).as_posix()
            lines.append(f"{name} {bytes_of(path.parent, path.stem)}")
        return hashlib.sha256("\n".join(lines).encode("utf-8", "backslashreplace")).hexdigest()


def bytes_of(folder: Path, module: str) -> str:
    """A fingerprint of a file's bytes, or of what keeps it from being read."""
    try:
        return hashlib.sha256(contents(folder, module)).hexdigest()
    except FileError as error:
        return f"{error} {stamp(folder, module)}"


def stamp(folder: Path, module: str) -> str:
    """Size and time of a file that can't be looked into."""
    try:
        found = (folder / f"{module}.py").stat()
    except OSError:
        return ""
    return f"{found.st_size} {found.st_mtime_ns}"


@dataclass
class Reach:
    """What a check hangs on, as far as it has been followed."""

    files: Files
    items: dict[str, set[int]] = field(default_factory=dict)
    on_import: dict[str, set[str]] = field(default_factory=dict)
    notes: set[str] = field(default_factory=set)
    waiting: list[Part] = field(default_factory=list)

    def digest(self) -> str:
        """A fingerprint of it all, each file's statements in the order in which they stand."""
        lines = sorted(self.notes)
        for module in sorted(self.on_import):
            source = self.files.source(module)
            keys = [source.items[number].piece.key for number in sorted(self.items[module])]
            lines += [module, source.opaque, *keys, "-", *sorted(self.on_import[module])]
        if "everything" in self.notes:
            lines.append(self.files.everything)
        return hashlib.sha256("\n".join(lines).encode("utf-8", "backslashreplace")).hexdigest()


def code(files: Files, parts: Iterable[Part]) -> str:
    """A fingerprint of the learner's code that these parts hang on."""
    return followed(files, parts).digest()[:12]


def followed(files: Files, parts: Iterable[Part]) -> Reach:
    """All that these parts, as (module, name), hang on."""
    reach = Reach(files)
    for module, name in parts:
        import_file(reach, module)
        reach.waiting.append((module, name))
    seen: set[Part] = set()
    while reach.waiting:
        part = reach.waiting.pop()
        if part not in seen:
            seen.add(part)
            follow_name(reach, *part)
    return reach


def import_file(reach: Reach, module: str) -> None:
    """Everything that runs when a file of the learner's is imported."""
    if module in reach.items:
        return
    reach.items[module], reach.on_import[module] = set(), set()
    for number, item in enumerate(reach.files.source(module).items):
        if item.always or any(is_own(reach.files, module, name) for name in item.decorators):
            reach.items[module].add(number)
            for each in item.piece.imports if item.is_import else ():
                follow_import(reach, each, used=False)
            if not item.is_import:
                follow_piece(reach, module, item.piece)
        for piece in item.on_import:
            reach.on_import[module].add(piece.key)
            follow_piece(reach, module, piece)


def is_own(files: Files, module: str, name: str) -> bool:
    """Whether a name of a file stands for code of the learner's, and not for a library's."""
    source = files.source(module)
    items = [source.items[number] for number in source.defined.get(name, [])]
    imported = [each for item in items for each in item.piece.imports if each.bound == name]
    roots = {each.module.split(".")[0] for each in imported}
    local = {f"{root}.py" for root in roots} | roots
    return any(not item.is_import for item in items) or bool(local & files.names)


def follow_name(reach: Reach, module: str, name: str) -> None:
    """What a name of a file stands for; "" is the whole file."""
    source = reach.files.source(module)
    numbers = source.defined.get(name, []) if name else range(len(source.items))
    if not numbers and not source.opaque:
        reach.notes.add(f"{module} has no {name}")
    for number in numbers:
        item = source.items[number]
        reach.items[module].add(number)
        if item.is_import:
            for each in item.piece.imports:
                if name in ("", each.bound):
                    follow_import(reach, each, used=True)
        else:
            follow_piece(reach, module, item.piece)


def follow_piece(reach: Reach, module: str, piece: Piece) -> None:
    """What a piece of code uses."""
    if piece.uses & UNSEEN:
        reach.notes.add("everything")
    defined = reach.files.source(module).defined
    reach.waiting += [(module, name) for name in piece.uses if name in defined]
    for each in piece.imports:
        follow_import(reach, each, used=True)


def follow_import(reach: Reach, imported: Import, used: bool) -> None:
    """What an import brings: a name or all of the learner's own file, if it is one of these."""
    root = imported.module.split(".")[0]
    if imported.name == "*" or not root or (used and root in UNSEEN):
        reach.notes.add("everything")
    if root in reach.files.names:
        reach.notes.add(f"{root}/ {reach.files.package(root)}")
    if f"{root}.py" not in reach.files.names:
        return
    import_file(reach, root)
    source = reach.files.source(root)
    if imported.name:
        reach.notes.add(f"{root} has {imported.name}: {imported.name in source.defined}")
    if used:
        name = imported.name if imported.name in source.defined else ""
        reach.waiting.append((root, name))
