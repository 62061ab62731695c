"""Code as logical lines: a statement each, or what stands before a block's colon.

A logical line knows what it says, whatever its formatting; how it was written, without comments;
and the reason that a comment of the solved part gives for it, at the line itself or directly above.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from checks.engine.errors import PartError
from checks.engine.learner.definitions import Source, plain
from checks.engine.learner.stubs import BEGIN, END

MIN_WORDS = 4  # a comment of fewer, such as a shape, gives no reason
NO_REASON = re.compile(r"(noqa|type:|fmt:|pragma|pylint|ruff:|mypy:)")
ON_A_CHOICE = re.compile(r"#\s+[a-z]\) ")  # and what follows: it is about another answer
SKIPPED = (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


@dataclass(frozen=True)
class CodeLine:
    """One logical line: how deep it stands, what it says, how it was written, and the reason."""

    depth: int
    key: str
    text: str
    reason: str = ""

    @property
    def place(self) -> tuple[int, str]:
        """What two lines share that are the same."""
        return self.depth, self.key


@dataclass(frozen=True)
class _Extent:
    """A logical line's depth and the physical lines that it has code on."""

    depth: int
    lines: Sequence[int]


@dataclass(frozen=True)
class CodeFile:
    """A file in logical lines, with its comments and the lines that stand in solved parts."""

    source: Source
    texts: Sequence[str]  # the physical lines without comments
    extents: Sequence[_Extent]
    comments: dict[int, str]
    alone: Collection[int]  # lines that hold nothing but a comment
    solved: Collection[int]

    @classmethod
    def of(cls, source: Source) -> CodeFile:
        """Take a file apart.

        Raises:
            PartError: its lines can't be told.
        """
        texts = plain("".join(source.lines)).split("\n")
        extents: list[_Extent] = []
        comments: dict[int, str] = {}
        solved: set[int] = set()
        depth, begin = 0, 0
        lines: set[int] = set()
        for token in _tokens("\n".join(texts)):
            row, column = token.start
            depth += (token.type == tokenize.INDENT) - (token.type == tokenize.DEDENT)
            if token.type == tokenize.COMMENT:
                comments[row] = token.string
                texts[row - 1] = texts[row - 1][:column].rstrip()
                if token.string == BEGIN:
                    begin = row
                elif token.string == END:
                    solved.update(range(begin + 1, row))
            elif token.type == tokenize.NEWLINE:
                extents.append(_Extent(depth, sorted(lines)))
                lines = set()
            elif token.type not in SKIPPED:
                lines.update(range(row, token.end[0] + 1))
        alone = {row for row in comments if not texts[row - 1].strip()}
        return cls(source, texts, extents, comments, alone, solved)

    def lines(self, first: int, last: int, without: Collection[int]) -> list[CodeLine]:
        """The logical lines between two physical ones, but for those that begin on some."""
        found = []
        inside = [e for e in self.extents if e.lines and first <= e.lines[0] <= last]
        for extent in inside:
            if extent.lines[0] in without:
                continue
            rows = [self.texts[row - 1] for row in extent.lines]
            indent = len(rows[0]) - len(rows[0].lstrip())
            margin = inside[0].depth
            written = "\n".join([rows[0].lstrip(), *(_dedented(row, indent) for row in rows[1:])])
            reason = self._reason(extent.lines[0], extent.lines[-1])
            shown = "\n".join("    " * (extent.depth - margin) + row for row in written.split("\n"))
            found.append(CodeLine(extent.depth - margin, canonical(written), shown, reason))
        return _passed_on(found)

    def entry(self, key: ast.expr, value: ast.expr) -> CodeLine:
        """One entry of a dictionary as a line."""
        said = f"{ast.unparse(key)}: {ast.unparse(value)}"
        text = plain("".join(self.source.lines))
        parts = [ast.get_source_segment(text, node) or ast.unparse(node) for node in (key, value)]
        return CodeLine(0, said, ": ".join(parts), self._reason(key.lineno, _last(value)))

    def _reason(self, first: int, last: int) -> str:
        """What the comments directly above some lines and beside them say."""
        above: list[str] = []
        row = first - 1
        while row in self.alone and row in self.solved:
            above.insert(0, self.comments[row])
            row -= 1
        beside = [self.comments[n] for n in range(first, last + 1)
                  if n in self.comments and n in self.solved]  # fmt: skip
        return " ".join(filter(None, (sentence(above), sentence(beside))))


def canonical(text: str) -> str:
    """A logical line in one formatting."""
    for form in (text, f"{text}\n    pass"):
        try:
            if said := ast.unparse(ast.parse(form)):
                return said
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    if text.startswith("elif "):
        return f"el{canonical(text[2:])}"
    return " ".join(text.split())


def words(text: str) -> list[str]:
    """A line's words, signs and gaps; together they are the line."""
    return re.findall(r"\d[\w.]*|\w+|\s+|[^\w\s]", text)


def sentence(comments: Sequence[str]) -> str:
    """Lines of comment as a sentence; "" for what gives no reason."""
    parts = [comment.lstrip("#").strip() for comment in takewhile(_is_reason, comments)]
    text = " ".join(part for part in parts if part and not NO_REASON.match(part))
    if len(re.findall(r"[^\W\d_]{2,}", text)) < MIN_WORDS:
        return ""
    first = text.split()[0]
    if first.isalpha():
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    try:
        return list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        raise PartError("can't be taken apart into lines") from None


def _is_reason(comment: str) -> bool:
    return not ON_A_CHOICE.match(comment)


def _last(node: ast.expr) -> int:
    return node.end_lineno or node.lineno


def _dedented(row: str, indent: int) -> str:
    """A line without that much of what is blank before it."""
    return row[min(indent, len(row) - len(row.lstrip())) :]


def _passed_on(lines: list[CodeLine]) -> list[CodeLine]:
    """The lines, where a reason given for a block's head holds for its only statement as well."""
    result = list(lines)
    for i, line in enumerate(result):
        block = []
        for each in result[i + 1 :]:
            if each.depth <= line.depth:
                break
            block.append(each)
        inner = [each for each in block if each.depth == line.depth + 1]
        if line.reason and len(inner) == 1 and not inner[0].reason:
            result[i + 1] = replace(inner[0], reason=line.reason)
    return result
