"""From a notebook's code into a tier's file: definitions are put in place, all else stays.

A definition that both have is replaced. What is new comes below the file's imports, or, where it
needs the file's own definitions as soon as it runs, at the end. Comments and the main block stay.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from checks.engine.errors import FileError
from checks.engine.learner.notebook import Code, Place, names
from checks.engine.learner.source import Source, defined, end, parsed, start
from checks.engine.learner.statements import Import, imports_of, is_main_block


def transferred(code: Code, into: Source, name: str) -> Source:
    """The file with the notebook's code in it.

    Args:
        code: what `notebook.code` made of the cells.
        into: the tier's file.
        name: the notebook, for messages.

    Raises:
        FileError: it can't be done surely; the text says what stands in the way.
    """
    given = parsed(code.text, name)
    known = [ast.dump(statement) for statement in into.tree.body]
    early, late = list[str](), list[str]()
    result = into
    own = {each for statement in into.tree.body for each in names(statement).binds}
    for statement in given.tree.body:
        lines = _lines(given, statement)
        if defined(statement) in result.definitions:
            result = _replaced(result, defined(statement), lines)
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            if not set(imports_of(statement)) <= _imports(into):
                early += lines
        elif ast.dump(statement) not in known:
            needs_more = names(statement).at_once & (own - {i.bound for i in _imports(into)})
            (late if needs_more else early).extend([*_gap(statement), *lines])
    result = _with_lines(result, _main_line(result), [*late, "", ""] if late else [])
    return _with_lines(result, _imports_end(result), early)


def places(code: Code, within: Source) -> dict[int, Place]:
    """Where the lines of a file came from that holds the code, by their numbers."""
    given = parsed(code.text, "")
    found: dict[int, Place] = {}
    for name, there in within.definitions.items():
        here = given.definitions.get(name)
        if "." in name or here is None:
            continue
        offset = start(there.node) - start(here.node)
        for line in range(start(here.node), end(here.node) + 1):
            if place := code.place(line):
                found[line + offset] = place
    return found


def _lines(source: Source, statement: ast.stmt) -> list[str]:
    """A statement's lines, with the comments that go on below it inside its body."""
    part = source.definitions.get(defined(statement))
    last = part.last if part and part.node is statement else end(statement)
    return [source.bare(number) for number in range(start(statement), last + 1)]


def _replaced(source: Source, name: str, lines: Sequence[str]) -> Source:
    """The file with other lines for a definition; the comments above it stay."""
    part = source.definitions[name]
    first = start(part.node)
    for sibling in part.siblings:
        if sibling is not part.node and start(sibling) <= part.last and end(sibling) >= first:
            raise FileError(
                f"The tier's file has {name} and something else in one line; nothing was changed."
            )
    before, after = source.lines[: first - 1], source.lines[part.last :]
    newline = _line_end(source)
    return source.changed("".join([*before, *(line + newline for line in lines), *after]))


def _with_lines(source: Source, after: int, lines: Sequence[str]) -> Source:
    """The file with more lines, after the one with this number."""
    if not lines:
        return source
    newline = _line_end(source)
    head, tail = list(source.lines[:after]), source.lines[after:]
    if head and not head[-1].endswith(("\r", "\n")):
        head[-1] += newline
    return source.changed("".join([*head, *(line + newline for line in lines), *tail]))


def _gap(statement: ast.stmt) -> list[str]:
    """The blank lines above a new statement."""
    is_long = isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    return ["", ""] if is_long else [""]


def _imports(source: Source) -> set[Import]:
    """What the file imports, name by name."""
    return {
        each
        for statement in source.tree.body
        if isinstance(statement, (ast.Import, ast.ImportFrom))
        for each in imports_of(statement)
    }


def _imports_end(source: Source) -> int:
    """The line after which an import goes."""
    last = 0
    for i, statement in enumerate(source.tree.body):
        is_docstring = i == 0 and isinstance(statement, ast.Expr)
        if is_docstring or isinstance(statement, (ast.Import, ast.ImportFrom)):
            last = end(statement)
        elif defined(statement):
            break
    return last


def _main_line(source: Source) -> int:
    """The line after the last definition, before what runs the file as a script."""
    for statement in source.tree.body:
        if is_main_block(statement):
            return start(statement) - 1
    return len(source.lines)


def _line_end(source: Source) -> str:
    return "\r\n" if source.lines and source.lines[0].endswith("\r\n") else "\n"
