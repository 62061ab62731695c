"""A learner's file beside the reference: which parts differ, in which lines, and why.

Parts are compared by their logical lines (`code_lines`), so formatting, comments, docstrings and
what is left of the stub are no difference. Where the reference gives a reason for a line, the
difference carries it.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import Enum
from itertools import zip_longest

from checks.engine.learner import tasks
from checks.engine.learner.code_lines import CodeFile, CodeLine, canonical, words
from checks.engine.learner.definitions import Definition, end, parsed, start

ALIKE = 0.5  # lines that share this much of their words stand side by side
ALIKE_AT_MOST = 900  # pairs of lines that are looked at for that
ALIKE_LENGTH = 300  # characters; longer lines are not looked at


class State(str, Enum):
    """How a part compares."""

    SAME = "same"  # but for formatting and comments
    DIFFERENT = "different"
    MISSING = "missing"  # it is not in the learner's file
    UNWRITTEN = "unwritten"  # it is the stub still
    OWN_WORDS = "own words"  # free text, which has no right version


@dataclass(frozen=True)
class Row:
    """What stands side by side; `alike` tells lines that differ in some words only."""

    yours: CodeLine | None
    theirs: CodeLine | None
    alike: bool = False


@dataclass(frozen=True)
class Stretch:
    """Consecutive rows, all the same or all different, and the reference's reason for them.

    `task` is what the docstring asks for there, where no comment gives a reason.
    """

    same: bool
    rows: tuple[Row, ...]
    reason: str = ""
    task: str = ""


@dataclass(frozen=True)
class Comparison:
    """One part: the lines where it begins in both files (0 where it isn't), and its stretches."""

    name: str
    state: State
    your_line: int
    their_line: int
    stretches: tuple[Stretch, ...] = ()


def solved_parts(reference: str, stub: str) -> list[str]:
    """The parts that a learner writes: functions, methods and values that the stub blanks."""
    solved, given = parsed(reference).definitions, parsed(stub).definitions
    names = [
        name for name in solved
        if name in given and ast.dump(solved[name].node) != ast.dump(given[name].node)
    ]  # fmt: skip
    return [name for name in names if not any(other.startswith(f"{name}.") for other in names)]


def only_yours(learners: str, reference: str) -> list[str]:
    """The functions and classes, and methods of shared classes, that only the learner has.

    Raises:
        PartError: the learner's file is not valid Python.
    """
    known, mine = parsed(reference).definitions, parsed(learners).definitions
    return [
        name
        for name, part in mine.items()
        if name not in known
        and not isinstance(part.node, (ast.Assign, ast.AnnAssign))
        and ("." not in name or name.partition(".")[0] in known)
    ]


def compare(learners: str, reference: str, names: Sequence[str]) -> list[Comparison]:
    """The named parts of the reference, each beside the learner's.

    Raises:
        PartError: the learner's file is not valid Python.
    """
    yours, theirs = CodeFile.of(parsed(learners)), CodeFile.of(parsed(reference))
    return [_compared(yours, theirs, name) for name in names]


def _compared(yours: CodeFile, theirs: CodeFile, name: str) -> Comparison:
    """One part."""
    part, mine = theirs.source.definitions[name], yours.source.definitions.get(name)
    your_line, their_line = start(mine.node) if mine else 0, start(part.node)
    if isinstance(getattr(part.node, "value", None), ast.Constant):
        texts = (_text_lines(mine) if mine else [], _text_lines(part))
        rows = tuple(Row(a, b) for a, b in zip_longest(*texts))
        return Comparison(name, State.OWN_WORDS, your_line, their_line, (Stretch(False, rows),))

    left, right = _lines(yours, mine) if mine else [], _lines(theirs, part)
    if isinstance(part.node, (ast.Assign, ast.AnnAssign)):  # entries may stand in any order
        order = [line.key.partition(":")[0] for line in right]
        left.sort(key=lambda line: [line.key.startswith(f"{key}:") for key in order], reverse=True)
    left_over = canonical(f"raise NotImplementedError({name!r})")
    written = [line for line in left if line.key != left_over]
    if mine is None:
        state = State.MISSING
    elif [line.place for line in written] == [line.place for line in right] or (
        _written(mine) == _written(part)
    ):
        return Comparison(name, State.SAME, your_line, their_line)
    elif written != left and {line.place for line in written} <= {line.place for line in right}:
        state = State.UNWRITTEN
    else:
        state = State.DIFFERENT
    owner = theirs.source.definitions.get(name.rpartition(".")[0])
    asked = tasks.asked_of(part.node, owner.node if owner else None)
    stretches = tuple(_with_tasks(_stretches(written, right), asked))
    return Comparison(name, state, your_line, their_line, stretches)


def _lines(file: CodeFile, part: Definition) -> list[CodeLine]:
    """A part's lines; those of a dictionary are its entries."""
    value = getattr(part.node, "value", None)
    if not isinstance(value, ast.Dict):
        return file.lines(start(part.node), end(part.node), _docstrings(part.node))
    items = zip(value.keys, value.values, strict=True)
    return [file.entry(key, each) for key, each in items if key]


def _text_lines(part: Definition) -> list[CodeLine]:
    """The lines of a part that is a text."""
    value = getattr(part.node, "value", None)
    text = value.value if isinstance(value, ast.Constant) else ""
    return [CodeLine(0, line, line) for line in str(text).strip().split("\n")]


def _docstrings(node: ast.AST) -> set[int]:
    """The lines on which docstrings begin."""
    return {
        block.body[0].lineno
        for block in ast.walk(node)
        if isinstance(block, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        and ast.get_docstring(block, clean=False) is not None
        and block.body[0].lineno > block.lineno
    }


def _written(part: Definition) -> str:
    """What a part says to Python, without docstrings and what is left of the stub."""
    left_over = canonical(f"raise NotImplementedError({part.name!r})")
    try:
        node = copy.deepcopy(part.node)
        for block in ast.walk(node):
            if isinstance(block, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                if ast.get_docstring(block, clean=False) is not None:
                    del block.body[0]
                if block is node:
                    block.body = [
                        s for s in block.body
                        if not isinstance(s, ast.Raise) or ast.unparse(s) != left_over
                    ]  # fmt: skip
        return ast.dump(node)
    except RecursionError:
        return f"{part.first}"


# Which lines belong side by side ------------------------------------------------------------------


def _stretches(left: Sequence[CodeLine], right: Sequence[CodeLine]) -> Iterator[Stretch]:
    """The rows of two parts in stretches."""
    matcher = SequenceMatcher(
        None, [line.place for line in left], [line.place for line in right], autojunk=False
    )
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            yield Stretch(True, tuple(map(Row, left[a:b], right[c:d])))
        elif c == d:  # only in yours: the comment of the line above may speak of it
            rows = tuple(Row(line, None) for line in left[a:b])
            reason = right[c - 1].reason if c else ""
            spoken_of = any(tasks.names(line.text) & tasks.names(reason) for line in left[a:b])
            yield Stretch(False, rows, reason if spoken_of else "")
        else:
            yield from _by_reason(_paired(left[a:b], right[c:d]))


def _with_tasks(stretches: Iterable[Stretch], asked: tasks.Asked) -> Iterator[Stretch]:
    """The stretches; those without a reason with what the docstrings ask for, each said once."""
    said: set[str] = set()
    for stretch in stretches:
        if stretch.same or stretch.reason:
            yield stretch
            continue
        yours = [row.yours.text for row in stretch.rows if row.yours]
        theirs = [row.theirs.text for row in stretch.rows if row.theirs]
        found = tasks.task(asked, theirs, yours) or tasks.task(asked, yours, theirs)
        yield replace(stretch, task="" if found in said else found)
        said.add(found)


def _by_reason(rows: Iterable[Row]) -> Iterator[Stretch]:
    """Rows that differ, in stretches that end where their reason does."""
    stretch: list[Row] = []
    reason = ""
    for row in rows:
        given = row.theirs.reason if row.theirs else reason
        if reason and given != reason:
            yield Stretch(False, tuple(stretch), reason)
            stretch, reason = [], ""
        stretch.append(row)
        reason = given
    yield Stretch(False, tuple(stretch), reason)


def _paired(left: Sequence[CodeLine], right: Sequence[CodeLine]) -> Iterator[Row]:
    """Lines that differ, the most alike side by side and the rest in their order."""
    best = ALIKE
    pair: tuple[int, int] | None = None
    if len(left) * len(right) <= ALIKE_AT_MOST:
        for i, mine in enumerate(left):
            for j, theirs in enumerate(right):
                if (ratio := _alike(mine.text, theirs.text)) > best:
                    best, pair = ratio, (i, j)
    if pair is None:
        yield from (Row(mine, theirs) for mine, theirs in zip_longest(left, right))
        return
    i, j = pair
    yield from _paired(left[:i], right[:j])
    yield Row(left[i], right[j], alike=True)
    yield from _paired(left[i + 1 :], right[j + 1 :])


def _alike(one: str, other: str) -> float:
    """How much of their words two lines share."""
    if max(len(one), len(other)) > ALIKE_LENGTH:
        return 0.0
    first, second = ([w for w in words(text) if w[0].isalnum()] for text in (one, other))
    return SequenceMatcher(None, first, second, autojunk=False).ratio()
