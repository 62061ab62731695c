"""From what was named on the command line to the script: a file, a notebook, a folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from checks.engine.errors import FileError, UsageError
from checks.engine.learner.learners_file import MAX_SOURCE
from checks.engine.learner.notebook import MAX_BYTES, cells, python_of

ENTRIES = ("main.py", "train.py", "gan.py", "run.py")
IMPORTS = re.compile(r"^\s*(?:from|import)\s+\.?(\w+)", re.MULTILINE)
TRAINS = re.compile(r"\.backward\(|\.fit\(|manual_backward")


@dataclass(frozen=True)
class Script:
    """A script to examine: the file within its folder, its text as Python, its arguments.

    `cells` leads from each line of a notebook's text back to its cell and the line in it.
    """

    folder: Path
    file: str
    source: str
    arguments: Sequence[str] = ()
    cells: tuple[tuple[int, int], ...] = ()

    def line(self, file: str, number: int) -> str:
        """A line of the script's own file, "" for all else."""
        lines = self.source.splitlines()
        return lines[number - 1] if file == self.file and 0 < number <= len(lines) else ""

    def where(self, file: str, line: int) -> str:
        """A place as people look it up."""
        if not file:
            return ""
        if file == self.file and 0 < line <= len(self.cells):
            cell, number = self.cells[line - 1]
            return f"{file}, cell {cell}, line {number}"
        return f"{file}:{line}"


def script_of(named: Path, arguments: Sequence[str] = ()) -> Script:
    """The script that a path means.

    Raises:
        UsageError: there is no such file, or a folder in which no script stands out.
        FileError: it can't be read as Python.
    """
    if named.is_dir():
        named = _entry(named)
    if not named.is_file():
        raise UsageError(f"{named}: there is no such file.")
    if named.suffix not in (".py", ".ipynb"):
        raise UsageError(f"{named.name}: the doctor reads .py files, notebooks and folders.")
    path = named.resolve()
    try:
        with path.open("rb") as file:
            contents = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise FileError(f"{named.name} can't be read: {error.strerror}.") from None
    if path.suffix == ".ipynb":
        text, lines = _of_cells(contents, path.name)
        return Script(path.parent, path.name, text, tuple(arguments), lines)
    if len(contents) > MAX_SOURCE:
        raise FileError(f"{named.name} is too long for a script: more than {MAX_SOURCE} bytes.")
    return Script(path.parent, path.name, contents.decode("utf-8-sig", "replace"), tuple(arguments))


def _of_cells(contents: bytes, name: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """All cells of a notebook in their order, with magics as comments."""
    texts: list[str] = []
    places: list[tuple[int, int]] = []
    for cell in cells(contents, name):
        python, _ = python_of(cell)
        lines = python.split("\n")
        texts += lines
        places += [(cell.number, number + 1) for number in range(len(lines))]
    return "\n".join(texts) + "\n", tuple(places)


def _entry(folder: Path) -> Path:
    """The file of a folder that trains: one of a usual name, or the only one that fits."""
    scripts = sorted([*folder.glob("*.py"), *folder.glob("*.ipynb")])
    for name in ENTRIES:
        if folder / name in scripts:
            return folder / name
    texts = {path: _text(path) for path in scripts}
    imported = {name for text in texts.values() for name in IMPORTS.findall(text)}
    training = [path for path, text in texts.items() if TRAINS.search(text)]
    for chosen in (
        scripts,
        training,
        [path for path in training if path.stem not in imported],
        [path for path in scripts if "__main__" in texts[path]],
    ):
        if len(chosen) == 1:
            return chosen[0]
    if not scripts:
        raise UsageError(f"{folder}: there is no .py file and no notebook in it.")
    names = ", ".join(path.name for path in scripts[:6])
    raise UsageError(f"{folder}: which of its scripts trains? Name one of {names}.")


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_SOURCE).decode("utf-8", "replace")
    except OSError:
        return ""
