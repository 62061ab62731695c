"""ANSWERS in a learner's file: read without running it, changed one choice at a time.

Only the choice changes: line ends, quotes, comments and encoding stay byte for byte. Where that
can't be done surely, the error says why.
"""

from __future__ import annotations

import ast
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from checks.engine.course.questions import ANSWERS as NAME
from checks.engine.errors import ByHandError, FileError
from checks.engine.files import replace
from checks.engine.learner.source import Source, load

MARKER = re.compile(r"# Your choices\b")  # the stub's last comment line above ANSWERS
STRING = re.compile(r"""([rRuU]?)('''|\"{3}|'|")(?:\\.|(?!\2).)*\2""", re.DOTALL)
CHANGING = {"update", "setdefault", "pop", "popitem", "clear", "__setitem__", "__delitem__"}


# Files --------------------------------------------------------------------------------------------


def check_writable(folder: Path, tier: str) -> None:
    """End with a sentence where the file could be read and not written.

    Raises:
        FileError: it is read-only, or stands in a folder that is.
    """
    path = Path(os.path.realpath(folder / f"{tier}.py"))
    writable = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
    if not path.stat().st_mode & writable or not os.access(path, os.W_OK):
        raise FileError(f"{path.name} is read-only, so no answer can be written into it.")
    if not os.access(path.parent, os.W_OK):
        raise FileError(f"The folder of {path.name} is read-only, so no answer can be written.")


def write(folder: Path, tier: str, name: str, letter: str) -> None:
    """Put one choice into a tier's file, in one go.

    Raises:
        FileError: the file can't be read or written.
        ByHandError: it can't be done surely; the file is as it was.
    """
    before = load(folder, tier)
    after = with_choice(before, name, letter)
    if after.contents == before.contents:
        return
    check_writable(folder, tier)
    try:
        replace(Path(os.path.realpath(folder / f"{tier}.py")), after.contents)
    except OSError as error:
        raise FileError(f"{tier}.py cannot be written: {error.strerror or error}.") from None


# Reading ------------------------------------------------------------------------------------------


def choices(source: Source) -> dict[str, str]:
    """The choices that stand in the file as plain text, by question; none where it is computed."""
    try:
        found = _answers(source.tree)
    except ByHandError:
        return {}
    given: dict[str, str] = {}
    for key, value in zip(found.keys, found.values, strict=True) if found else ():
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            plain = isinstance(value, ast.Constant) and isinstance(value.value, str)
            given[key.value] = value.value if plain else ""  # type: ignore[attr-defined]
    return given


def _answers(tree: ast.Module) -> ast.Dict | None:
    """The dictionary that ANSWERS is in the end; None where the file doesn't have the name."""
    bound: ast.expr | None = None
    accepted: set[ast.expr] = set()
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=targets, value=value):
                mine = [t for t in targets if isinstance(t, ast.Name) and t.id == NAME]
                bound = value if mine else bound
                accepted.update(mine)
            case ast.AnnAssign(target=ast.Name("ANSWERS") as name, value=ast.expr() as value):
                bound = value
                accepted.add(name)
    for line in sorted(_changes(tree, accepted)):
        raise ByHandError(f"line {line} does something else with {NAME}")
    if bound is None:
        return None
    if not isinstance(bound, ast.Dict):
        raise ByHandError(f"{NAME} is not a plain dictionary in line {bound.lineno}")
    for key in bound.keys:
        if not isinstance(key, ast.Constant):
            raise ByHandError(f"{NAME} holds an entry that is computed in line {bound.lineno}")
    return bound


def _changes(tree: ast.Module, accepted: set[ast.expr]) -> Iterator[int]:
    """The lines where ANSWERS is bound or changed but by its assignments."""
    for node in ast.walk(tree):
        match node:
            case ast.Name("ANSWERS", ast.Store() | ast.Del()) if node not in accepted:
                yield node.lineno
            case ast.Subscript(value=ast.Name("ANSWERS"), ctx=ast.Store() | ast.Del()):
                yield node.lineno
            case ast.Attribute(value=ast.Name("ANSWERS"), attr=attr) if attr in CHANGING:
                yield node.lineno
            case ast.FunctionDef(name="ANSWERS") | ast.ClassDef(name="ANSWERS"):
                yield node.lineno
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                if any((each.asname or each.name) == NAME for each in names):
                    yield node.lineno
            case ast.Global(names=names) if NAME in names:
                yield node.lineno


# Writing ------------------------------------------------------------------------------------------


def with_choice(source: Source, name: str, letter: str) -> Source:
    """The file with one choice in place, and all else as it was.

    An entry's value changes; a missing entry is put in as the last one, and a missing ANSWERS
    below the comment that announces it.

    Raises:
        ByHandError: that can't be done surely.
    """
    if choices(source).get(name) == letter:
        return source
    found = _answers(source.tree)
    lines = _Lines(source)
    if found is None:
        changed = _with_new_answers(lines, name, letter)
    else:
        values = {
            key.value: value
            for key, value in zip(found.keys, found.values, strict=True)
            if isinstance(key, ast.Constant)
        }  # of two entries with one key the last, which counts
        if name in values:
            changed = _with_value(lines, values[name], letter)
        else:
            changed = _with_entry(lines, found, f'"{name}": "{letter}"')
    return _sure(source, changed, name, letter)


class _Lines:
    """A text and where its lines begin, to turn the parser's places into the text's."""

    def __init__(self, source: Source) -> None:
        self.text = source.text
        self.lines = source.lines
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))

    def start(self, node: ast.expr) -> int:
        return self._at(node.lineno, node.col_offset)

    def end(self, node: ast.expr) -> int:
        return self._at(node.end_lineno or 0, node.end_col_offset or 0)

    def line_end(self, at: int) -> tuple[int, str]:
        """Where the line of a place ends, and how."""
        match = re.compile(r"\r\n|\r|\n").search(self.text, at)
        return (match.start(), match[0]) if match else (len(self.text), "")

    def indent(self, answers: ast.Dict) -> str:
        """How far the entries of a dictionary are indented."""
        key = answers.keys[-1] if answers.keys else None
        before = self.text[self.starts[key.lineno - 1] : self.start(key)] if key else ""
        return before if before and before.isspace() else "    "

    def _at(self, line: int, column: int) -> int:
        """A place in the text; the parser counts columns in bytes of UTF-8."""
        before = self.lines[line - 1].encode()[:column].decode() if column else ""
        return self.starts[line - 1] + len(before)


def _with_value(lines: _Lines, value: ast.expr, letter: str) -> str:
    start, end = lines.start(value), lines.end(value)
    written = lines.text[start:end]
    if string := STRING.fullmatch(written):
        prefix, quote = string.groups()
        new = f"{prefix}{quote}{letter}{quote}"
    elif re.fullmatch(r"None|\.\.\.|[A-Za-z]|\d+", written):  # b without its quotes, say
        new = f'"{letter}"'
    else:
        raise ByHandError(f"the entry in line {value.lineno} is put together from parts")
    return lines.text[:start] + new + lines.text[end:]


def _with_entry(lines: _Lines, answers: ast.Dict, entry: str) -> str:
    """The text with one more entry, on a line of its own where the brace has one."""
    text, brace = lines.text, lines.end(answers) - 1
    behind = start = lines.end(answers.values[-1]) if answers.values else lines.start(answers) + 1
    comma = ""
    # Between the last value and the brace stand only blanks, comments, brackets and a comma.
    for match in re.finditer(r"#[^\r\n]*|[),]", text[start:brace]):
        if not match[0].startswith("#"):
            behind = start + match.end()
            comma = "," if match[0] == "," else comma
    missing = "," if answers.values and not comma else ""
    end, newline = lines.line_end(behind)
    if end < brace and re.fullmatch(r"[ \t\f]*(?:#.*)?", text[behind:end]):
        entry = f"{newline}{lines.indent(answers)}{entry},"
        return text[:behind] + missing + text[behind:end] + entry + text[end:]
    blank = " " if answers.values else ""
    return text[:behind] + missing + blank + entry + comma + text[behind:]


def _with_new_answers(lines: _Lines, name: str, letter: str) -> str:
    """The text with an ANSWERS of one entry, below the last comment that announces it."""
    marked = [number for number, line in enumerate(lines.lines, 1) if MARKER.match(line)]
    if not marked:
        raise ByHandError(f"the file holds no {NAME}")
    at = lines.starts[marked[-1]]
    _, newline = lines.line_end(lines.starts[marked[-1] - 1])
    lead, newline = ("", newline) if newline else ("\n", "\n")
    block = newline.join([f"{NAME} = {{", f'    "{name}": "{letter}",', "}", ""])
    return lines.text[:at] + lead + block + lines.text[at:]


def _sure(source: Source, changed: str, name: str, letter: str) -> Source:
    """The changed file, once it is seen to differ in that one choice only."""
    try:
        result = source.changed(changed)
        before, after = (_without_choice(each.tree, name) for each in (source, result))
    except (FileError, UnicodeEncodeError, RecursionError):
        raise ByHandError(f"{NAME} stands in a form of its own") from None
    if before != after or choices(result) != choices(source) | {name: letter}:
        raise ByHandError(f"{NAME} stands in a form of its own")
    return result


def _without_choice(tree: ast.Module, name: str) -> list[str]:
    """All that the file says but this choice."""
    answers = _answers(tree)
    said = [
        ast.dump(statement)
        for statement in tree.body
        if answers is None or getattr(statement, "value", None) is not answers
    ]
    pairs = list(zip(answers.keys, answers.values, strict=True)) if answers else []
    mine = [i for i, (key, _) in enumerate(pairs) if isinstance(key, ast.Constant)
            and key.value == name]  # fmt: skip
    kept = [pair for i, pair in enumerate(pairs) if i not in mine[-1:]]
    return said + [ast.dump(node) for pair in kept for node in pair if node is not None]
