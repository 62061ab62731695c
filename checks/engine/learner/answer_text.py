"""ANSWERS in the text of a learner's file: read without running it, changed one choice at a time.

Only the choice changes: line ends, quotes, comments and encoding stay byte for byte. Where that
can't be done surely, the error says why.
"""

from __future__ import annotations

import ast
import codecs
import io
import re
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from checks.engine.errors import ByHandError, FileError
from checks.engine.learner.definitions import LINE

NAME = "ANSWERS"
MARKER = re.compile(r"# Your choices\b")  # the stub's last comment line above ANSWERS
STRING = re.compile(r"""([rRuU]?)('''|\"{3}|'|")(?:\\.|(?!\2).)*\2""", re.DOTALL)
CHANGING = {"update", "setdefault", "pop", "popitem", "clear", "__setitem__", "__delitem__"}


@dataclass(frozen=True)
class Sheet:
    """A file that parses: `mark` and the encoded `text` put together are its bytes."""

    mark: bytes
    text: str
    encoding: str
    tree: ast.Module

    @property
    def contents(self) -> bytes:
        """The file's bytes."""
        return self.mark + self.text.encode(self.encoding)


# Reading ------------------------------------------------------------------------------------------


def parsed(contents: bytes, name: str) -> Sheet:
    """A file's bytes as text and tree; `name` is for messages.

    Raises:
        FileError: they are not valid Python.
    """
    mark = codecs.BOM_UTF8 if contents.startswith(codecs.BOM_UTF8) else b""
    body = contents[len(mark) :]
    try:
        declared, _ = tokenize.detect_encoding(io.BytesIO(contents).readline)
        encoding = "utf-8" if mark else declared
        text = body.decode(encoding)
        if text.encode(encoding) != body:  # an encoding with several ways to write one thing
            raise LookupError(encoding)
    except (SyntaxError, UnicodeError, LookupError):
        raise FileError(f"{name} is not text that Python can read.") from None
    return Sheet(mark, text, encoding, _tree(text, name))


def _tree(text: str, name: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a learner's string is not the quiz's business
            return ast.parse(text)
    except SyntaxError as error:
        place = f"{name}:{error.lineno}" if error.lineno else name
        raise FileError(f"{place} is not valid Python yet: {error.msg}. Mend it first.") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise FileError(f"{name} is not valid Python yet: {error}. Mend it first.") from None


def choices(sheet: Sheet) -> dict[str, str]:
    """The choices that stand in the file as plain text, by question; none where it is computed."""
    try:
        found = _answers(sheet.tree)
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


def with_choice(sheet: Sheet, name: str, letter: str) -> Sheet:
    """The file with one choice in place, and all else as it was.

    An entry's value changes; a missing entry is put in as the last one, and a missing ANSWERS
    below the comment that announces it.

    Raises:
        ByHandError: that can't be done surely.
    """
    if choices(sheet).get(name) == letter:
        return sheet
    found = _answers(sheet.tree)
    lines = _Lines(sheet.text)
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
    return _sure(sheet, changed, name, letter)


class _Lines:
    """A text and where its lines begin, to turn the parser's places into the text's."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = LINE.findall(text)
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


def _sure(sheet: Sheet, changed: str, name: str, letter: str) -> Sheet:
    """The changed text as a sheet, once it is seen to differ in that one choice only."""
    try:
        changed.encode(sheet.encoding)
        result = Sheet(sheet.mark, changed, sheet.encoding, _tree(changed, NAME))
        before, after = (_without_choice(each.tree, name) for each in (sheet, result))
    except (FileError, UnicodeEncodeError, RecursionError):
        raise ByHandError(f"{NAME} stands in a form of its own") from None
    if before != after or choices(result) != choices(sheet) | {name: letter}:
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
