"""A learner's file beside the reference: which parts differ, and in which lines.

Parts are compared with `difflib`, line by line and by what a line says to Python: comments,
docstrings, blank lines and spaces are no difference. The reference's lines keep their comments,
for these say why it does things its way.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from typing import Any

from checks.engine.learner.source import Source, end, plain, start
from checks.engine.learner.statements import piece_of
from checks.engine.learner.stubs import BEGIN, END

CONTEXT = 3  # lines that are shown beside a difference
DOCUMENTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class State(str, Enum):
    """How a part compares, as it is said beside its name; layout and comments never count."""

    SAME = "as in the reference"
    DIFFERENT = ""
    MISSING = "not in your file"
    UNWRITTEN = "still to be written"
    OWN_WORDS = "your own words, which no reference can be right about"


@dataclass(frozen=True)
class Change:
    """Consecutive lines: the same on both sides, or yours in place of the reference's.

    A line of the reference begins with the comments that stand above it.
    """

    same: bool
    yours: tuple[str, ...]
    theirs: tuple[str, ...]


@dataclass(frozen=True)
class PartDiff:
    """One part: the lines where it begins in both files (0 where it isn't), and what differs.

    Between two groups of changes, lines that are the same are left out.
    """

    name: str
    state: State
    your_line: int
    their_line: int
    groups: tuple[tuple[Change, ...], ...] = ()


def solved_parts(reference: Source, stub: Source) -> list[str]:
    """The parts that a learner writes: functions, methods and values that the stub blanks."""
    solved, given = reference.definitions, stub.definitions
    names = [
        name for name in solved
        if name in given and ast.dump(solved[name].node) != ast.dump(given[name].node)
    ]  # fmt: skip
    return [name for name in names if not any(other.startswith(f"{name}.") for other in names)]


def compare(
    learners: Source, reference: Source, stub: Source, names: Sequence[str]
) -> list[PartDiff]:
    """The named parts of the reference, each beside the learner's."""
    yours, theirs = _Rows.of(learners), _Rows.of(reference)
    found = []
    for name in names:
        part, own = reference.definitions[name].node, learners.definitions.get(name)
        said = _said(own.node) if own else None
        if isinstance(getattr(part, "value", None), ast.Constant):
            state = State.OWN_WORDS
        elif own is None:
            state = State.MISSING
        elif said == _said(part):
            state = State.SAME
        elif said == _said(stub.definitions[name].node):
            state = State.UNWRITTEN
        else:
            state = State.DIFFERENT
        left = yours.lines(own.node, comments=False) if own else []
        right = theirs.lines(part, comments=True)
        # The reasons for answers that are right already would only bury the others.
        context = CONTEXT if isinstance(part, DOCUMENTED) else 0
        groups = () if state is State.SAME else _groups(left, right, context)
        found.append(PartDiff(name, state, start(own.node) if own else 0, start(part), groups))
    return found


def _said(node: ast.stmt) -> Any:
    """What a part says to Python, without docstrings; a table says the same in any order."""
    value = getattr(node, "value", None)
    try:
        if isinstance(value, ast.Dict):
            items = zip(value.keys, value.values, strict=True)
            return {piece_of(key).key if key else "**": piece_of(each).key for key, each in items}
        return piece_of(node).key
    except RecursionError:
        return node


# Lines --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Line:
    """One line of code: what it says, which is compared, and how it is written."""

    words: tuple[object, ...]
    text: str


@dataclass(frozen=True)
class _Rows:
    """A file's rows, by number: what each says to Python, and where its comment begins."""

    texts: Sequence[str]
    words: dict[int, list[object]]
    comments: dict[int, int]

    @classmethod
    def of(cls, source: Source) -> _Rows:
        """The rows of a file; tokens that can't be told apart are left out."""
        text = plain(source.text)
        rows = cls(text.split("\n"), {}, {})
        depth = 0
        with suppress(tokenize.TokenError, SyntaxError):  # a file that parses has neither
            for token in tokenize.generate_tokens(io.StringIO(text).readline):
                row, column = token.start
                depth += (token.type == tokenize.INDENT) - (token.type == tokenize.DEDENT)
                if token.type == tokenize.COMMENT:
                    rows.comments[row] = column
                elif token.string.strip():
                    rows.words.setdefault(row, [depth]).append(token.string)
                    for inner in range(row + 1, token.end[0] + 1):  # of a long text
                        rows.words.setdefault(inner, []).append(rows.texts[inner - 1])
        return rows

    def lines(self, part: ast.stmt, comments: bool) -> list[_Line]:
        """The lines of a part without its docstrings, with its comments or without."""
        documents = [
            block.body[0]
            for block in ast.walk(part)
            if isinstance(block, DOCUMENTED) and ast.get_docstring(block, clean=False) is not None
            and block.body[0].lineno > block.lineno
        ]  # fmt: skip
        left_out = {row for each in documents for row in range(each.lineno, end(each) + 1)}
        found: list[_Line] = []
        above: list[str] = []
        for row in range(start(part), end(part) + 1):
            text, column = self.texts[row - 1], self.comments.get(row)
            text = text if comments or column is None else text[:column]
            text = text[min(part.col_offset, len(text) - len(text.lstrip())) :].rstrip()
            if row in left_out:
                continue
            if row in self.words:
                found.append(_Line(tuple(self.words[row]), "\n".join([*above, text])))
                above = []
            elif text and text.strip() not in (BEGIN, END):
                above.append(text)
        return found


def _groups(
    left: Sequence[_Line], right: Sequence[_Line], context: int
) -> tuple[tuple[Change, ...], ...]:
    """What differs between two lists of lines, with some lines beside it that don't."""
    first, second = ([line.words for line in lines] for lines in (left, right))
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return tuple(
        tuple(
            Change(
                tag == "equal",
                tuple(line.text for line in left[a:b]),
                tuple(line.text for line in right[c:d]),
            )
            for tag, a, b, c, d in group
            if a < b or c < d
        )
        for group in matcher.get_grouped_opcodes(context)
    )
