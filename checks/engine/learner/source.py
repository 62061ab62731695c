"""A source file: its text, its syntax tree, and its definitions with their lines.

A definition is a function, a class or an assigned name of the module ("noise_statistics",
"ANSWERS") or a method of a class ("Generator.forward"). Its lines are those of the statement, its
decorators, the comments directly above, and the indented comments that follow its body.
"""

from __future__ import annotations

import ast
import codecs
import difflib
import io
import re
import tokenize
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from checks.engine import parsing
from checks.engine.errors import FileError, UsageError
from checks.engine.learner import learners_file

# What Python takes for a line; str.splitlines would also end one at a form feed.
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True)
class Definition:
    """A definition and its lines, counted from 1, both included."""

    name: str
    first: int
    last: int
    node: ast.stmt
    siblings: Sequence[ast.stmt]


@dataclass(frozen=True)
class Source:
    """A file that parses: its byte order mark, and its lines with their ends."""

    mark: bytes
    lines: tuple[str, ...]
    encoding: str
    tree: ast.Module

    @property
    def text(self) -> str:
        """The file's text, with its line ends as they are."""
        return "".join(self.lines)

    @property
    def contents(self) -> bytes:
        """The file's bytes."""
        return self.mark + self.text.encode(self.encoding)

    def changed(self, text: str) -> Source:
        """The same file with another text.

        Raises:
            FileError: the text is not valid Python.
            UnicodeEncodeError: the file's encoding lacks a character.
        """
        return parsed(self.mark + text.encode(self.encoding), "The changed file")

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        """By name, in the file's order; of several with one name the last, which counts."""
        found: dict[str, Definition] = {}
        for i, statement in enumerate(self.tree.body):
            if not (name := defined(statement)):
                continue
            if name in found:
                found = {n: d for n, d in found.items() if n.partition(".")[0] != name}
            found[name] = self._definition(name, self.tree.body, i)
            body = statement.body if isinstance(statement, ast.ClassDef) else []
            for j, inner in enumerate(body):
                if inner_name := defined(inner):
                    dotted = f"{name}.{inner_name}"
                    found[dotted] = self._definition(dotted, body, j)
        return found

    @cached_property
    def free(self) -> frozenset[int]:
        """The lines outside all statements: the blank ones, and comments of the module."""
        taken = {n for s in self.tree.body for n in range(start(s), end(s) + 1)}
        return frozenset(set(range(1, len(self.lines) + 1)) - taken)

    def bare(self, line: int) -> str:
        """A line's text without its end and what is blank before it."""
        return self.lines[line - 1].rstrip()

    def _definition(self, name: str, siblings: Sequence[ast.stmt], index: int) -> Definition:
        node = siblings[index]
        first, last = start(node), end(node)
        above = end(siblings[index - 1]) if index else 0
        below = len(self.lines) + 1
        if index + 1 < len(siblings):
            below = start(siblings[index + 1])
        while first - 1 > above and _comment_at(self.lines[first - 2]) == node.col_offset:
            first -= 1
        for number in range(last + 1, below):
            if (indent := _comment_at(self.lines[number - 1])) is None:
                if self.lines[number - 1].strip():
                    break
            elif indent > node.col_offset:
                last = number
            else:
                break
        return Definition(name, first, last, node, siblings)


def load(folder: Path, tier: str) -> Source:
    """A tier's file.

    Raises:
        FileError: it isn't there, can't be read or is not valid Python.
    """
    return parsed(learners_file.contents(folder, tier), f"{tier}.py")


def parsed(contents: bytes | str, name: str) -> Source:
    """A file's bytes, or its text, as a source; `name` is for messages.

    Raises:
        FileError: this is no text, or not valid Python.
    """
    contents = contents.encode() if isinstance(contents, str) else contents
    mark = codecs.BOM_UTF8 if contents.startswith(codecs.BOM_UTF8) else b""
    body = contents[len(mark) :]
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(body).readline)[0]
        text = body.decode(encoding)
        if text.encode(encoding) != body:  # an encoding with several ways to write one thing
            raise LookupError(encoding)
    except (SyntaxError, UnicodeError, LookupError):
        before, bad, _ = body.decode("utf-8", "replace").partition("\ufffd")
        where = f": line {before.count(chr(10)) + 1} holds bytes that are not UTF-8" if bad else ""
        raise FileError(f"{name} is not text that Python can read{where}.") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a learner's string is of no concern here
            tree = parsing.parsed(plain(text))
    except SyntaxError as error:
        place = f"{name}:{error.lineno}" if error.lineno else name
        raise FileError(f"{place} is not valid Python yet: {error.msg}.") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise FileError(f"{name} is not valid Python yet: {error}.") from None
    return Source(mark, tuple(LINE.findall(text)), encoding, tree)


def one_part(name: str, parts: Collection[str], file: str) -> str:
    """The part of a file that is meant by a name, whatever its case.

    Raises:
        UsageError: there is none; the text names the nearest one.
    """
    if name in parts:
        return name
    small = {part.lower(): part for part in parts}
    if name.lower() in small:
        return small[name.lower()]
    near = difflib.get_close_matches(name.lower(), small, n=1)
    guess = f"did you mean {small[near[0]]}?" if near else f"its parts are {', '.join(parts)}."
    raise UsageError(f"There is no {name} in {file}; {guess}")


def plain(text: str) -> str:
    """Text with line feeds alone at its lines' ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def defined(statement: ast.stmt) -> str:
    """The one name that a statement defines, or ""."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return statement.name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
    return ""


def start(statement: ast.stmt) -> int:
    """A statement's first line, its decorators included."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def end(statement: ast.stmt) -> int:
    """A statement's last line."""
    return statement.end_lineno or statement.lineno


def _comment_at(line: str) -> int | None:
    """How far a line that is a comment is indented; None for any other line."""
    text = line.lstrip(" \t\f")
    return len(line) - len(text) if text.startswith("#") else None
