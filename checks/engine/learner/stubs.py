"""Exercises from reference solutions: everything stays but what stands between the delimiters.

The delimiters are nbgrader's, each alone on its line:

    ### BEGIN SOLUTION
    ### END SOLUTION

* Directly in a function or method, a region becomes a comment and a `raise NotImplementedError`
  with the part's own name ("sample_noise_numpy", "Generator.forward").
* At module level, a region holds assignments of strings or dictionaries. The names and keys stay,
  the values go: "?" for each entry of a dictionary, "" for a string. Comments in it go too.
* A file without a delimiter is no exercise; only `kit.py`, which all of them use, goes along.

So the questions, comments above `ANSWERS` in the form that `course/questions.py` reads, stay; the
comment above each entry of `ANSWERS`, which says why that choice is right, goes.
"""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from checks.engine.errors import StubError
from checks.engine.files import replace
from checks.engine.learner.backups import back_up
from checks.engine.learner.source import end, plain, start
from checks.engine.parsing import parsed
from checks.engine.paths import STUBS, short

HELPER = "kit.py"  # what the lessons borrow, the same beside the reference and the exercises
BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
# Comments that somebody meant as a delimiter: one that is misspelt must not leak a solution.
LOOKS_LIKE_A_DELIMITER = re.compile(r"#\W*(BEGIN|END)\W*SOLUTION\b", re.IGNORECASE)


class Action(str, Enum):
    """What `write_stubs` did with one file."""

    WRITTEN = "written"  # it was not there
    UNCHANGED = "unchanged"  # it was there already, word for word
    REPLACED = "replaced"  # it was there with other contents, which are in the backup now


@dataclass(frozen=True)
class StubFile:
    """One exercise file after `write_stubs`; `backup` is set where an older file was replaced."""

    path: Path
    action: Action
    backup: Path | None = None


# The text of a stub -------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Region:
    """A solution: the numbers of its two delimiter lines, counted from 1."""

    begin: int
    end: int

    def holds(self, statement: ast.stmt) -> bool:
        """Whether the whole statement stands between the delimiters."""
        return self.begin < start(statement) and end(statement) < self.end

    def cuts(self, statement: ast.stmt) -> bool:
        """Whether a delimiter stands within the statement."""
        first, last = start(statement), end(statement)
        return first < self.begin <= last or first < self.end <= last


@dataclass(frozen=True)
class _Block:
    """Where a solution may stand: a function's body or the module's.

    `name` is the function's dotted name ("Generator.forward", "" for the module); `around` are the
    definitions that the block is in, its own included.
    """

    body: Sequence[ast.stmt]
    name: str
    around: tuple[ast.AST, ...]


def stub_source(reference_source: str, path: str | Path) -> str:
    """The exercise that belongs to a reference solution.

    Args:
        reference_source: the reference file's text.
        path: the reference file's name, for messages only.

    Raises:
        StubError: a delimiter is out of place, or the result would not be valid Python.
    """
    source = plain(reference_source)
    try:
        tree = parsed(source)
    except SyntaxError as error:
        raise _error(path, error.lineno, f"not valid Python: {error.msg}") from None
    except ValueError as error:  # a null byte
        raise _error(path, None, f"not valid Python: {error}") from None

    lines = source.split("\n")
    for region in reversed(_regions(source, path)):  # from below, so that line numbers stay true
        lines[region.begin - 1 : region.end] = _blank(region, tree, path)
    stub = "\n".join(lines)

    try:
        compile(stub, str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        message = f"without its solutions the file is not valid Python: {error.msg}"
        raise _error(path, None, message) from None
    return stub


def _regions(source: str, path: str | Path) -> list[_Region]:
    """The solutions, from top to bottom."""
    lines = source.split("\n")
    regions: list[_Region] = []
    begin: int | None = None
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT or not LOOKS_LIKE_A_DELIMITER.match(token.string):
            continue
        line = token.start[0]
        text = lines[line - 1].strip()
        if text == BEGIN and begin is None:
            begin = line
        elif text == BEGIN:
            raise _error(path, line, f'"{BEGIN}" in the solution that began in line {begin}')
        elif text == END and begin is not None:
            regions.append(_Region(begin, line))
            begin = None
        elif text == END:
            raise _error(path, line, f'"{END}" without a "{BEGIN}" before it')
        else:
            raise _error(path, line, f'a delimiter reads "{BEGIN}" or "{END}", alone on its line')
    if begin is not None:
        raise _error(path, begin, f'"{BEGIN}" without an "{END}" after it')
    return regions


def _blocks(node: ast.AST, name: str = "", around: tuple[ast.AST, ...] = ()) -> Iterator[_Block]:
    """The bodies of the module and of all functions and methods in it."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        name = f"{name}.{node.name}" if name else node.name
        around = (*around, node)
    if isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef)):
        yield _Block(node.body, name, around)
    for child in ast.iter_child_nodes(node):
        yield from _blocks(child, name, around)


def _blank(region: _Region, tree: ast.Module, path: str | Path) -> list[str]:
    """The lines that take a solution's place."""
    places = [
        block
        for block in _blocks(tree)
        if any(region.holds(statement) for statement in block.body)
        and not any(isinstance(node, ast.stmt) and region.holds(node) for node in block.around)
    ]
    if len(places) != 1:
        message = (
            "a solution must hold whole statements, directly in one function or at module level"
        )
        raise _error(path, region.begin, message)
    (block,) = places
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node not in block.around and region.cuts(node):
            raise _error(
                path, region.begin, f"this solution cuts the statement of line {node.lineno}"
            )

    solution = [statement for statement in block.body if region.holds(statement)]
    if not block.name:
        return [line for statement in solution for line in _blank_assignment(statement, path)]
    indent = " " * solution[0].col_offset
    return [f"{indent}# Your code here.", f'{indent}raise NotImplementedError("{block.name}")']


def _blank_assignment(statement: ast.stmt, path: str | Path) -> list[str]:
    """The lines of a module-level assignment without its answers."""
    match statement:
        case ast.Assign(targets=[ast.Name() as name], value=value):
            left = name.id
        case ast.AnnAssign(target=ast.Name() as name, annotation=annotation, value=value):
            left = f"{name.id}: {ast.unparse(annotation)}"
        case _:
            message = "at module level, a solution holds plain assignments only"
            raise _error(path, statement.lineno, message)

    match value:
        case ast.Constant(value=str()):
            return [f'{left} = ""']
        case ast.Dict(keys=keys):
            names = [key.value for key in keys if isinstance(key, ast.Constant)]
            if len(names) == len(keys) and all(isinstance(name, str) for name in names):
                entries = [f'    {json.dumps(name, ensure_ascii=False)}: "?",' for name in names]
                return [f"{left} = {{", *entries, "}"]
    message = "at module level, only a string or a dictionary with strings as keys can be blanked"
    raise _error(path, statement.lineno, message)


def _error(path: str | Path, line: int | None, message: str) -> StubError:
    place = f"{path}:{line}" if line else f"{path}"
    return StubError(f"{place}: {message}.")


# Files --------------------------------------------------------------------------------------------


def write_stubs(source_folder: str | Path, target_folder: str | Path) -> list[StubFile]:
    """Write the exercise for each `*.py` of a folder of reference solutions.

    A file in which no solution is marked, such as the recipes, is not for the learner to write: it
    gets none. Nobody's work is lost: a file that stands there with other contents is first copied
    to `.backup/NAME.DATE.py` in the target folder, under a name that is new. A file that is right
    already is left alone. Nothing at all is written unless every stub can be made.

    Returns:
        What was done, one entry per file, by name.

    Raises:
        StubError: a folder or file that cannot be read or written, or a reference solution with
            delimiters out of place.
    """
    source, target = Path(source_folder), Path(target_folder)
    if not source.is_dir():
        raise StubError(f"{source}: there is no such folder.")
    references = sorted(source.glob("*.py"))
    if not references:
        raise StubError(f"{source}: there is no Python file in this folder.")
    if source.resolve() == target.resolve():
        raise StubError(f"{target}: the exercises would replace the reference solutions.")

    stubs = {}
    for path in references:
        text = read_reference(path)
        stub = stub_source(text, path)
        if stub != plain(text) or path.name == HELPER:
            stubs[path.name] = stub
    if not stubs.keys() - {HELPER}:
        raise StubError(f'{source}: no file in this folder marks a solution with "{BEGIN}".')
    try:
        target.mkdir(parents=True, exist_ok=True)
        return [_write_stub(target / name, stub) for name, stub in stubs.items()]
    except OSError as error:
        raise StubError(f"{error.filename or target}: {error.strerror or error}.") from error


def read_reference(path: Path) -> str:
    """A reference file's text.

    Raises:
        StubError: it can't be read, or is no UTF-8 text.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _error(path, line, "this is not UTF-8 text") from None
    except OSError as error:
        raise StubError(f"{path}: {error.strerror or error}.") from error


def stub_of(reference: Path, tier: str) -> str:
    """A tier's stub: from its reference solution, or as it was handed out without one.

    Raises:
        StubError: there is neither, or the solution's delimiters are out of place.
    """
    if not reference.is_dir() and STUBS.is_dir():
        return read_reference(STUBS / f"{tier}.py")
    return solved_and_stub(reference, tier)[1]


def solved_and_stub(reference: Path, tier: str) -> tuple[str, str]:
    """A tier's reference solution, and the stub that is generated from it.

    Raises:
        StubError: there is none, or its delimiters are out of place.
    """
    path = reference / f"{tier}.py"
    solved = read_reference(path)
    return solved, stub_source(solved, short(path))


def _write_stub(path: Path, stub: str) -> StubFile:
    """Put one stub in its place, after a backup of what stands there."""
    contents = stub.encode("utf-8")
    if not path.exists():
        replace(path, contents)
        return StubFile(path, Action.WRITTEN)
    present = path.read_bytes()
    if present.replace(b"\r\n", b"\n") == contents:  # git may have checked it out with CRLF
        return StubFile(path, Action.UNCHANGED)
    backup = back_up(path, present).path
    replace(path, contents)
    return StubFile(path, Action.REPLACED, backup)
