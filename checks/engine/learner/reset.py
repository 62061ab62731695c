"""One definition of a learner's file put back to its stub; every other byte stays as it is."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from checks.engine.errors import FileError, PartError
from checks.engine.learner.source import Definition, Source, defined, end, start


def with_stub(learners: Source, given: Source, name: str) -> Source:
    """A learner's file with one definition as the stub has it; all else stays as it is.

    Where the definition is missing, it is put in where the stub has it.

    Raises:
        PartError: that can't be done surely.
    """
    part = given.definitions[name]
    owner = name.rpartition(".")[0]
    if owner and not isinstance(_node(learners, owner), ast.ClassDef):
        raise PartError(f"has no class {owner} for {name} to stand in")

    if name in learners.definitions:
        place = _own_lines(learners, given, part)
        before = after = 0
    else:
        place, before, after = _gap(learners, given, part, owner)
    newline = _line_end(learners, place.first)
    block = [line + newline for line in _stub_lines(learners, given, part, place)]
    head, tail = learners.lines[: place.first - 1], learners.lines[place.last :]
    lead = [newline] if head and not head[-1].endswith(("\r", "\n")) else []
    blank = [newline]
    changed = [*head, *lead, *before * blank, *block, *after * blank, *tail]
    return _sure(learners, "".join(changed), part, owner)


def differing_lines(one: bytes, other: bytes) -> int:
    """How many lines differ between two versions of a file, whatever their line ends are.

    Lines that only changed places count as one.
    """
    first, second = (
        data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n") for data in (one, other)
    )
    if first == second:
        return 0
    counts = Counter(first), Counter(second)
    return max((counts[0] - counts[1]).total(), (counts[1] - counts[0]).total(), 1)


@dataclass(frozen=True)
class _Place:
    """Lines to be replaced; none where `last` is smaller than `first`."""

    first: int
    last: int


def _own_lines(learners: Source, given: Source, part: Definition) -> _Place:
    """The learner's definition, without comments above it that the stub has for something else."""
    mine = learners.definitions[part.name]
    if mine.node.col_offset != part.node.col_offset:
        raise PartError(f"indents {part.name} differently from the stub")
    inside = range(start(mine.node), end(mine.node) + 1)
    for sibling in mine.siblings:
        if sibling is not mine.node and (start(sibling) in inside or end(sibling) in inside):
            raise PartError(f"has {part.name} and something else in one line")
    own = range(part.first, part.last + 1)
    elsewhere = {given.bare(n) for n in range(1, len(given.lines) + 1) if n not in own}
    elsewhere -= {given.bare(n) for n in own}
    first = start(mine.node)
    while first > mine.first and learners.bare(first - 1) not in elsewhere:
        first -= 1
    return _Place(first, mine.last)


def _stub_lines(learners: Source, given: Source, part: Definition, place: _Place) -> list[str]:
    """The stub's lines without their ends, less the comments that stay in the learner's file."""
    replaced = range(place.first, place.last + 1)
    stay = {learners.bare(n) for n in learners.free if n not in replaced}
    first = part.first
    while first < start(part.node) and given.bare(first) in stay:
        first += 1
    return [given.bare(n) for n in range(first, part.last + 1)]


def _gap(learners: Source, given: Source, part: Definition, owner: str) -> tuple[_Place, int, int]:
    """Where a missing definition goes, and how many blank lines it needs before and after."""
    comments = [given.bare(line) for line in range(part.first, start(part.node))]
    if comments and not owner and (found := _block(learners, comments)):
        return _Place(found, found + len(comments) - 1), 0, 0

    index = part.siblings.index(part.node)
    line = 0
    if not owner:
        previous = end(part.siblings[index - 1]) if index else 0
        heading = [b for n in range(previous + 1, part.first) if (b := given.bare(n))]
        line = _block(learners, heading[-1:])
    body = learners.tree.body
    if isinstance(class_ := _node(learners, owner), ast.ClassDef):
        body = class_.body
    if not line:
        line = _behind(learners, body, part.siblings[:index], part.siblings[index + 1 :], owner)
    before = _blanks(given.lines[: part.first - 1][::-1]) if line else 0
    after = _blanks(given.lines[part.last :]) if learners.lines[line:] else 0
    # The blank lines that stand there serve for both.
    before = max(0, before - _blanks(learners.lines[:line][::-1]))
    there = _blanks(learners.lines[line:])
    used = min(before, there)
    after = max(0, after - (there - used))
    return _Place(line + used + 1, line + used), before - used, after


def _behind(
    learners: Source,
    body: Sequence[ast.stmt],
    earlier: Sequence[ast.stmt],
    later: Sequence[ast.stmt],
    owner: str,
) -> int:
    """The line after which something belongs that stands between these statements of the stub."""
    for statement in reversed(earlier):
        if match := _same(statement, body):
            name = f"{owner}.{defined(match)}" if owner else defined(match)
            known = learners.definitions.get(name)
            return known.last if known and known.node is match else end(match)
    for statement in later:
        if match := _same(statement, body):
            name = f"{owner}.{defined(match)}" if owner else defined(match)
            known = learners.definitions.get(name)
            return (known.first if known and known.node is match else start(match)) - 1
    return end(body[-1]) if owner else len(learners.lines)


def _same(statement: ast.stmt, body: Sequence[ast.stmt]) -> ast.stmt | None:
    """The statement of a body that defines the same name, or else says the same."""
    name, said = defined(statement), _dump(statement)
    for other in reversed(body):
        if defined(other) == name if name else _dump(other) == said:
            return other
    return None


def _block(source: Source, wanted: Sequence[str]) -> int:
    """The first line of consecutive lines outside all statements that read so; 0 if not once."""
    found = [
        first
        for first in range(1, len(source.lines) - len(wanted) + 2)
        if source.bare(first) == wanted[0]
        and all(
            first + i in source.free and source.bare(first + i) == text
            for i, text in enumerate(wanted)
        )
    ] if wanted else []  # fmt: skip
    return found[0] if len(found) == 1 else 0


def _blanks(lines: Sequence[str]) -> int:
    """How many of the lines are blank before the first that isn't."""
    return next((i for i, line in enumerate(lines) if line.strip()), len(lines))


def _line_end(source: Source, line: int) -> str:
    """How lines end at a place of a file."""
    for text in (*source.lines[line - 1 : line], *source.lines[:1]):
        if match := re.search(r"(?:\r\n|\r|\n)$", text):
            return match[0]
    return "\n"


def _node(source: Source, name: str) -> ast.stmt | None:
    return source.definitions[name].node if name in source.definitions else None


def _dump(node: ast.AST) -> str:
    try:
        return ast.dump(node)
    except RecursionError:
        raise PartError("is nested too deeply to be taken apart") from None


def _sure(learners: Source, text: str, part: Definition, owner: str) -> Source:
    """The changed file, if all statements but the definition are as before and it is the stub's."""
    try:
        changed = learners.changed(text)
    except (FileError, UnicodeEncodeError):
        raise PartError(f"can't have {part.name} put back alone") from None
    before, after = _bodies(learners, owner), _bodies(changed, owner)
    old, new = learners.definitions.get(part.name), changed.definitions.get(part.name)
    wanted = _dump(part.node)
    rest_before = [_dump(s) for body in before for s in body if not old or s is not old.node]
    rest_after = [_dump(s) for body in after for s in body if not new or s is not new.node]
    if new is None or _dump(new.node) != wanted or rest_before != rest_after:
        raise PartError(f"can't have {part.name} put back alone")
    return changed


def _bodies(source: Source, owner: str) -> list[Sequence[ast.stmt]]:
    """The module's statements, and those of the class `owner` on their own."""
    class_ = _node(source, owner) if owner else None
    if not isinstance(class_, ast.ClassDef):
        return [source.tree.body]
    return [[s for s in source.tree.body if s is not class_], class_.body,
            [_without_body(class_)]]  # fmt: skip


def _without_body(class_: ast.ClassDef) -> ast.ClassDef:
    """A class without what is in it: its name, bases and decorators."""
    return ast.ClassDef(
        **{name: value for name, value in ast.iter_fields(class_) if name != "body"}, body=[]
    )
