"""The functions that are running: their variables, and the loop over the epochs that they stand in.

A training that is resumed is called anew and has to go on in the middle. Its variables can be set
from outside, as a debugger does it. Where its loop stands can't; so `Ranges` stands for `range` in
the learner's modules and hands the resumed loop what is left of its numbers.
"""

from __future__ import annotations

import ast
import builtins
import ctypes
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import CodeType, FrameType, ModuleType
from typing import Any

Loop = ast.For | ast.AsyncFor | ast.While
LOOPS = (ast.For, ast.AsyncFor, ast.While)
TRANSPARENT = ("tqdm", "list", "tuple")  # what hands a range's numbers on as they are


def running(folder: str, until: CodeType) -> list[FrameType]:
    """The frames of a folder's code, from the innermost to what ours (`until`) has called."""
    root = os.path.join(os.path.realpath(folder), "")
    found = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code is not until:
        if _is_below(frame.f_code.co_filename, root):
            found.append(frame)
        frame = frame.f_back
    return found


@cache
def _is_below(file: str, root: str) -> bool:
    return os.path.realpath(file).startswith(root)


def set_variables(frame: FrameType, values: Mapping[str, Any]) -> None:
    """Give variables of a running function other values."""
    if not values:
        return
    frame.f_locals.update(values)
    if sys.version_info < (3, 13):  # from then on f_locals writes through (PEP 667)
        ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))


# Where a function stands --------------------------------------------------------------------------


@cache
def _functions(file: str) -> dict[tuple[str, int], ast.AST]:
    """The functions of a file by name and first line, decorators included."""
    try:
        with open(file, "rb") as source:
            tree = ast.parse(source.read())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return {}
    found: dict[tuple[str, int], ast.AST] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            found[node.name, first] = node
    return found


def _loops(code: CodeType) -> list[Loop]:
    """The loops of a function, in the order of the source."""
    node = _functions(code.co_filename).get((code.co_name, code.co_firstlineno))
    found = [each for each in ast.walk(node) if isinstance(each, LOOPS)] if node else []
    return sorted(found, key=lambda loop: (loop.lineno, loop.col_offset))


def _around(code: CodeType, line: int) -> list[tuple[int, Loop]]:
    """The loops whose body holds a line, the outermost first, each with its number."""
    return [
        (number, loop)
        for number, loop in enumerate(_loops(code))
        if loop.body[0].lineno <= line <= (loop.body[-1].end_lineno or 0)
    ]


def made_anew(frame: FrameType) -> frozenset[str]:
    """Variables that are set before they are read, from here on through the next round of a loop.

    What they hold now is never looked at again. In doubt a variable is not among them.
    """
    line = frame.f_lineno
    rest: list[tuple[str, bool]] = []  # from here to the end of the loops' bodies
    never_read: list[set[str]] = []
    for depth, (_, loop) in enumerate(reversed(_around(frame.f_code, line))):
        for statement in loop.body:
            is_later = statement.lineno > line
            if is_later or (depth == 0 and (statement.end_lineno or 0) >= line):
                rest += _uses(statement, is_later)
        heads = [loop.test] if isinstance(loop, ast.While) else [loop.target]
        first: dict[str, bool] = {}
        for name, sets in [
            *rest,
            *(use for part in (*heads, *loop.body) for use in _uses(part, True)),
        ]:
            first.setdefault(name, sets)
        never_read.append({name for name, sets in first.items() if sets})
    shared = {*frame.f_code.co_cellvars, *frame.f_code.co_freevars}
    return frozenset(set.intersection(*never_read) - shared if never_read else ())


def _uses(node: ast.AST, always: bool) -> Iterator[tuple[str, bool]]:
    """The names that a statement uses, in order; and whether it sets them for certain."""
    parts: list[ast.AST] = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.Name):
        yield node.id, always and isinstance(node.ctx, ast.Store)
    elif isinstance(node, ast.AugAssign):  # reads what it sets
        parts, always = parts[:0], False
        yield from ((each.id, False) for each in ast.walk(node) if isinstance(each, ast.Name))
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):  # the value comes before the names
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        parts = [part for part in (node.value, *targets) if part is not None]
    elif not isinstance(node, (ast.Tuple, ast.List, ast.Starred, ast.Expr)):
        always = False  # a branch, an inner loop, an expression: what it sets may not be set
    for part in parts:
        yield from _uses(part, always)


# The loop over the epochs -------------------------------------------------------------------------


@dataclass
class Ranges:
    """`range` in the learner's modules, for one training of so many epochs.

    While a training runs from its beginning it notes which loop counts the epochs (`loop_of`). A
    training that is resumed goes through that `loop` once, then through what is left after `done`.
    """

    epochs: int
    loop: tuple[str, int] | None = None
    done: int = 0
    _calls: list[tuple[int, CodeType, int]] = field(default_factory=list)

    def numbers(self, caller: FrameType, *given: Any) -> range | list[int]:
        """What `range` returns, or what is left of it."""
        whole = builtins.range(*given)
        if len(whole) != self.epochs or whole.start not in (0, 1) or whole.step != 1:
            return whole
        number = _header(caller.f_code, caller.f_lineno)
        if number is None:
            return whole
        if self.loop is None:
            self._calls = [*self._calls[-50:], (id(caller), caller.f_code, number)]
        elif self.loop == (caller.f_code.co_name, number):
            self.loop = None
            return [whole.start, *whole[self.done :]]
        return whole

    def loop_of(self, frames: list[FrameType]) -> tuple[str, int] | None:
        """The loop that counts the epochs: its function's name and its number in there."""
        for frame in reversed(frames):
            for number, _ in _around(frame.f_code, frame.f_lineno):
                if (id(frame), frame.f_code, number) in self._calls:
                    return frame.f_code.co_name, number
        return None

    def stand_in(self, modules: list[ModuleType]) -> None:
        """Take `range`'s place in modules that have no `range` of their own."""

        class Standing(type):
            def __call__(cls, *given: Any) -> Any:
                return self.numbers(sys._getframe(1), *given)

            def __instancecheck__(cls, value: Any) -> bool:
                return isinstance(value, builtins.range)

        for module in modules:
            vars(module).setdefault("range", Standing("range", (), {}))


@cache
def _header(code: CodeType, line: int) -> int | None:
    """The number of the loop whose head is a `range` on this line."""
    for number, loop in enumerate(_loops(code)):
        if isinstance(loop, ast.While) or not loop.iter.lineno <= line <= (
            loop.iter.end_lineno or 0
        ):
            continue
        head = loop.iter
        if isinstance(head, ast.Call) and _name(head) in TRANSPARENT and head.args:
            head = head.args[0]
        if isinstance(head, ast.Call) and _name(head) == "range":
            return number
    return None


def _name(call: ast.Call) -> str:
    called = call.func
    return called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
