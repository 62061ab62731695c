"""A folder in which notebooks were handed in: the tiers' files out of them, and the way back.

    with opened(folder) as given:
        verdicts = judge.run(tiers, given.folder)
        shown = [given.in_cells(verdict) for verdict in verdicts]

Where a tier's `.py` is there, it counts; where it isn't, a notebook of the tier's name does, or the
one that defines most of the tier's parts.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import mkdtemp

from checks.engine.course.listing import course
from checks.engine.course.verdict import Frame, Verdict
from checks.engine.errors import FileError, KeptError
from checks.engine.files import read_plain
from checks.engine.learner.learners_file import MAX_SOURCE
from checks.engine.learner.notebook import MAX_BYTES, Cell, Code, cells, code, defined_in
from checks.engine.paths import tiers

MAX_NOTEBOOKS = 20  # of a folder that are looked at


@dataclass(frozen=True)
class Opened:
    """A folder of tiers' files; `taken` are those that came out of a notebook, with its path."""

    folder: Path
    original: Path
    taken: dict[str, tuple[Path, Code]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def in_cells(self, verdict: Verdict) -> Verdict:
        """The verdict with each line where the learner wrote it."""
        if self.folder == self.original:
            return verdict
        location = self._there(verdict.location) if verdict.location else None
        frames = tuple(self._there(frame) for frame in verdict.frames)
        return replace(verdict, location=location, frames=frames)

    def _there(self, frame: Frame) -> Frame:
        path = Path(frame.file)
        notebook, held = self.taken.get(path.stem, (self.original / path.name, Code("")))
        place = held.place(frame.line)
        if place is None:
            return replace(frame, file=str(notebook))
        return replace(frame, file=str(notebook), line=place.line, cell=place.cell)


@contextmanager
def opened(folder: Path) -> Iterator[Opened]:
    """The folder itself where no notebook in it is needed; else a copy with their code."""
    missing = [tier for tier in tiers() if not (folder / f"{tier}.py").exists()]
    found = sorted(folder.glob("*.ipynb"))[:MAX_NOTEBOOKS] if missing else []
    if not found:
        yield Opened(folder, folder)
        return
    taken, notes = _taken(found, missing)
    if not taken:
        yield Opened(folder, folder, notes=tuple(notes))
        return
    copy = Path(mkdtemp(prefix="gan-notebooks-")).resolve()
    try:
        for path in folder.glob("*.py"):
            try:
                (copy / path.name).write_bytes(read_plain(path, MAX_SOURCE))
            except (OSError, KeptError):  # the checks say what is wrong with it
                continue
        for tier, (_, held) in taken.items():
            (copy / f"{tier}.py").write_text(held.text, encoding="utf-8", newline="\n")
        yield Opened(copy, folder, taken, tuple(notes))
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def _taken(found: list[Path], missing: list[str]) -> tuple[dict[str, tuple[Path, Code]], list[str]]:
    """The code of each missing tier out of these notebooks, and sentences on what was done."""
    read: dict[Path, list[Cell]] = {}
    notes = []
    for path in found:
        try:
            read[path] = cells(read_plain(path, MAX_BYTES), path.name)
        except (FileError, KeptError, OSError) as error:
            notes.append(str(error))
    taken = {}
    for tier in missing:
        parts = {each.about for each in course() if each.check.tier == tier}
        own = parts - {"ANSWERS"}
        counts = {path: len(own & defined_in(given)) for path, given in read.items()}
        named = [path for path in counts if path.stem == tier and counts[path]]
        best = max(counts, key=lambda path: counts[path], default=None)
        chosen = named[0] if named else best
        if chosen is None or not counts[chosen]:
            continue
        held = code(read[chosen], parts, f"{tier}.py")
        taken[tier] = (chosen, held)
        notes += [f"{chosen.name}: {note[0].lower()}{note[1:]}" for note in held.notes]
    if taken:
        names = ", ".join(dict.fromkeys(path.name for path, _ in taken.values()))
        notes.insert(0, f"What is checked are the definitions in {names}.")
    return taken, list(dict.fromkeys(notes))
