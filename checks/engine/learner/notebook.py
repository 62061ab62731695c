"""Notebooks as learners hand them in: the code of their cells, as the file that a tier would be.

Nothing is run. A cell's magics (`%matplotlib inline`) and shell lines (`!pip install …`) become
comments. Of what is left a tier keeps what it asks for, and what these parts use: imports,
functions, classes, and the assignments that they read. All else (a training, a plot, a `check()`)
is dropped, so that importing the file runs no more than importing an exercise does.

A cell is numbered as people count code cells, from 1; `Code.place` leads from a line of the file
back to the cell and the line that it came from.
"""

from __future__ import annotations

import ast
import json
import re
import symtable
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from checks.engine.errors import FileError
from checks.engine.learner.learners_file import MAX_SOURCE
from checks.engine.learner.source import LINE, end, plain, start
from checks.engine.parsing import parsed

MAX_BYTES = 50 * 2**20
ANSWERS = frozenset({"ANSWERS", "REFLECTION"})
# Cell magics whose body is the Python that stands in the cell; others make it something else.
PYTHON_MAGICS = frozenset({"time", "timeit", "capture", "prun", "python", "python3", "debug"})
MAX_TURNS = 50
MAX_STATEMENTS = 2000
MAGIC = re.compile(r"\s*(?:[%!?]|[\w., ]+=\s*[%!]|[\w.\[\]'\"]+\?{1,2}\s*$)")
WRITE = re.compile(r"%%(?:writefile|file)\s+(?:-a\s+)?(\S+)\s*$")
# Packages that only a notebook's surroundings have: of no use to what is checked.
SURROUNDINGS = frozenset({"google", "IPython", "ipywidgets", "checks"})


@dataclass(frozen=True)
class Cell:
    """A code cell: its number, counted from 1, its text, and when it was run, if that is known."""

    number: int
    text: str
    run: int | None = None


@dataclass(frozen=True)
class Place:
    """A line of a cell; both are counted from 1."""

    cell: int
    line: int


@dataclass(frozen=True)
class Code:
    """A tier's file out of cells; `notes` are sentences on what was done on the way."""

    text: str
    places: tuple[Place | None, ...] = ()
    notes: tuple[str, ...] = ()

    def place(self, line: int) -> Place | None:
        """Where a line of the text, counted from 1, came from."""
        return self.places[line - 1] if 0 < line <= len(self.places) else None


@dataclass(frozen=True)
class Names:
    """The module's names that a statement binds and uses.

    `at_once` are those of `uses` that have to be there as soon as the statement runs.
    """

    binds: frozenset[str]
    uses: frozenset[str]
    at_once: frozenset[str]


@dataclass(frozen=True)
class _Statement:
    """A top-level statement: its lines in its cell, and its names."""

    cell: int
    first: int
    last: int
    lines: tuple[str, ...]
    node: ast.stmt
    names: Names


# From a file to its cells -------------------------------------------------------------------------


def cells(contents: bytes, name: str) -> list[Cell]:
    """The code cells of a notebook.

    Args:
        contents: the file's bytes.
        name: what the file is called, for messages.

    Raises:
        FileError: this is no notebook that Python can be taken from; the text says why.
    """
    if len(contents) > MAX_BYTES:
        size = f"{len(contents) / 2**20:.0f} MB"
        raise FileError(f"{name} has {size}; clear the outputs of all cells and save it again.")
    try:
        notebook = json.loads(contents.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise FileError(f"{name} is not a notebook: its contents are no JSON.") from None
    if not isinstance(notebook, dict) or "nbformat" not in notebook:
        raise FileError(f"{name} is not a notebook: it has no cells.")
    if notebook["nbformat"] != 4:
        raise FileError(
            f"{name} is in an old format of notebooks; open it in JupyterLab and save it again."
        )
    if (language := _language(notebook)) not in ("python", ""):
        raise FileError(f"{name} is a notebook in {language}, not in Python.")
    found: list[Cell] = []
    listed = notebook.get("cells")
    for cell in listed if isinstance(listed, list) else ():
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source, count = cell.get("source", ""), cell.get("execution_count")
        if isinstance(source, list):
            source = "".join(line for line in source if isinstance(line, str))
        if isinstance(source, str):
            run = count if isinstance(count, int) else None
            found.append(Cell(len(found) + 1, plain(source), run))
    if not any(cell.text.strip() for cell in found):
        raise FileError(f"{name} holds no code.")
    if sum(len(cell.text) for cell in found) > MAX_SOURCE:
        raise FileError(f"{name} holds more than {MAX_SOURCE // 2**20} MB of code.")
    return found


def _language(notebook: dict[str, object]) -> str:
    """The language that the notebook says it is in, "" where it says nothing."""
    metadata = notebook.get("metadata")
    for section, key in (("language_info", "name"), ("kernelspec", "language")):
        inner = metadata.get(section) if isinstance(metadata, dict) else None
        said = inner.get(key) if isinstance(inner, dict) else None
        if isinstance(said, str) and said:
            return "python" if said.lower() in ("python", "ipython") else said[:40]
    return ""


# From cells to a tier's file ----------------------------------------------------------------------


def defined_in(given: Iterable[Cell]) -> frozenset[str]:
    """All names that the cells define, whatever they are for."""
    found = frozenset[str]()
    for cell in given:
        python, _ = python_of(cell)
        found = found.union(*(each.names.binds for each in _statements(cell, python) or ()))
    return found


def code(given: Sequence[Cell], parts: Collection[str], file: str = "") -> Code:
    """What a tier's file would hold, out of the cells of a notebook.

    Args:
        given: the cells, in the notebook's order.
        parts: the names that the tier asks for, such as "Generator".
        file: the tier's file name: a cell that begins with `%%writefile` and this name is taken
            as the whole file.
    """
    for cell in reversed(given):
        if file and (written := _written(cell, file)):
            return written
    notes: list[str] = []
    statements: list[_Statement] = []
    for cell in given:
        python, error = python_of(cell)
        read = None if error else _statements(cell, python)
        if read is None:
            notes.append(f"Cell {cell.number} is left out, since it is not valid Python{error}.")
        else:
            statements += read
    kept = _needed(statements, frozenset(parts) | ANSWERS)
    notes += _repeated(kept, statements)
    runs = [cell.run for cell in given if cell.run is not None]
    if runs != sorted(runs):
        notes.append(
            "The cells were run in another order than the one they stand in; they are read from "
            "top to bottom."
        )
    return _joined(_in_order(kept), notes)


def _written(cell: Cell, file: str) -> Code | None:
    """The body of a cell that writes the file."""
    head, _, body = cell.text.lstrip("\n").partition("\n")
    match = WRITE.match(head)
    if match is None or PurePath(match[1].strip("'\"")).name != file:
        return None
    skipped = cell.text.count("\n") - body.count("\n")
    lines = body.split("\n")
    places = tuple(Place(cell.number, skipped + 1 + i) for i in range(len(lines)))
    return Code(body, places)


def python_of(cell: Cell) -> tuple[str, str]:
    """A cell's text as Python, line for line; and what is wrong with it, "" where nothing is."""
    lines = cell.text.split("\n")
    first = next((line for line in lines if line.strip()), "")
    if first.startswith("%%"):
        word = first[2:].split()[0] if first[2:].split() else ""
        if word not in PYTHON_MAGICS:
            return "\n".join(f"# {line}" for line in lines), ""
        lines[lines.index(first)] = f"# {first}"
    error = ""
    for turn in range(MAX_TURNS):  # a line at a time, where Python stumbles
        try:
            parsed("\n".join(lines))
            return "\n".join(lines), ""
        except SyntaxError as problem:
            error = f" (line {problem.lineno}: {problem.msg})" if problem.lineno else ""
            at = (problem.lineno or 0) - 1
        except (ValueError, RecursionError, MemoryError) as problem:
            return cell.text, f" ({problem})"
        magic = [i for i, line in enumerate(lines) if MAGIC.match(line)]
        if not magic:
            break
        for i in [at] if at in magic else magic[:1] if turn < MAX_TURNS - 2 else magic:
            _comment_out(lines, i)
    return cell.text, error


def _comment_out(lines: list[str], at: int) -> None:
    """Make a magic a comment, with the lines that it goes on in; a block keeps a statement."""
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    before = f"{indent}pass  # "
    while at < len(lines):
        goes_on = lines[at].rstrip().endswith("\\")
        lines[at] = before + lines[at].strip().rstrip("\\")
        if not goes_on:
            break
        before, at = "# ", at + 1


def _statements(cell: Cell, python: str) -> list[_Statement] | None:
    """A cell's top-level statements; None where Python's parser accepts what its compiler won't."""
    lines = [line.rstrip("\r\n") for line in LINE.findall(python)]
    found = []
    try:
        for node in parsed(python).body:
            first, last = start(node), end(node)
            text = tuple(lines[first - 1 : last])
            found.append(_Statement(cell.number, first, last, text, node, names(node)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return found


def names(node: ast.stmt) -> Names:
    """The names that a top-level statement binds and uses."""
    table = symtable.symtable(ast.unparse(node), "<cell>", "exec")
    binds, at_once = set[str](), set[str]()
    for symbol in table.get_symbols():
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
            binds.add(symbol.get_name())
        if symbol.is_referenced():
            at_once.add(symbol.get_name())
    uses = set(at_once)
    waiting = list(table.get_children())
    while waiting:
        inner = waiting.pop()
        found = {s.get_name() for s in inner.get_symbols() if s.is_global() and s.is_referenced()}
        uses |= found
        if inner.get_type() == "class":
            at_once |= found
        waiting += inner.get_children()
    return Names(frozenset(binds), frozenset(uses), frozenset(at_once))


def _needed(statements: Sequence[_Statement], wanted: frozenset[str]) -> list[_Statement]:
    """The statements that the wanted names hang on, in their order."""
    bound: dict[str, list[int]] = {}
    for number, each in enumerate(statements):
        if not _from_surroundings(each.node):
            for name in each.names.binds:
                bound.setdefault(name, []).append(number)
    kept: set[int] = set()
    waiting, known = set(wanted), set(wanted)
    while waiting:
        name = waiting.pop()
        for number in reversed(bound.get(name, ())):
            if number not in kept:
                kept.add(number)
                new = statements[number].names.uses - known
                known |= new
                waiting |= new
            if name not in statements[number].names.at_once:
                break  # else it builds on an earlier value
    changing = {
        number
        for number, each in enumerate(statements)
        if (root := _changed(each.node)) and root in known and not _from_surroundings(each.node)
    }
    return [statements[number] for number in sorted(kept | changing)]


def _changed(node: ast.stmt) -> str:
    """The name whose entry or attribute an assignment without a call sets, as in `ANSWERS["a"]`."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return ""
    target: ast.expr = node.targets[0]
    if not isinstance(target, (ast.Attribute, ast.Subscript)):
        return ""
    if any(isinstance(each, (ast.Call, ast.Await)) for each in ast.walk(node)):
        return ""
    while isinstance(target, (ast.Attribute, ast.Subscript)):
        target = target.value
    return target.id if isinstance(target, ast.Name) else ""


def _from_surroundings(node: ast.stmt) -> bool:
    """An import of what only notebooks have."""
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")[0] in SURROUNDINGS and not node.level
    if isinstance(node, ast.Import):
        return all(alias.name.split(".")[0] in SURROUNDINGS for alias in node.names)
    return False


def _repeated(kept: Sequence[_Statement], statements: Sequence[_Statement]) -> list[str]:
    """A sentence for each function or class that is defined twice."""
    notes = []
    for each in kept:
        if not isinstance(each.node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        name = each.node.name
        cells = [other.cell for other in statements if name in other.names.binds]
        if len(cells) > 1:
            before = ", ".join(str(cell) for cell in dict.fromkeys(cells[:-1]))
            notes.append(
                f"{name} is defined in cell {before} and again in cell {cells[-1]}; "
                "the last one counts."
            )
    return list(dict.fromkeys(notes))


def _in_order(kept: Sequence[_Statement]) -> list[_Statement]:
    """The statements from top to bottom; one that needs a later one at once comes after it."""
    if len(kept) > MAX_STATEMENTS:
        return list(kept)
    to_come = Counter(name for each in kept for name in each.names.binds)
    waiting, ready = list(kept), list[_Statement]()
    while waiting:
        for each in waiting:
            if all(
                to_come[name] == (name in each.names.binds)
                for name in each.names.at_once
                if to_come[name]
            ):
                break
        else:
            each = waiting[0]  # they need one another: as they stand
        to_come.subtract(each.names.binds)
        waiting.remove(each)
        ready.append(each)
    return ready


def _joined(kept: Sequence[_Statement], notes: Sequence[str]) -> Code:
    """The statements as a file, with the way back to their cells."""
    lines: list[str] = []
    places: list[Place | None] = []
    taken: set[Place] = set()
    for i, each in enumerate(kept):
        own = [Place(each.cell, number) for number in range(each.first, each.last + 1)]
        if own[0] in taken:  # two statements on one line: both came with the first
            continue
        compound = not isinstance(each.node, (ast.Import, ast.ImportFrom, ast.Assign))
        if i and compound:
            lines += ["", ""]
            places += [None, None]
        lines += each.lines
        places += own
        taken.update(own)
    return Code("\n".join(lines) + "\n", tuple(places), tuple(notes))
