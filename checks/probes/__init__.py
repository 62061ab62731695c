"""What runs beside the learner's code, in the child, and reports what it saw.

A probe is a plain function `probe(solution, **arguments)`: `solution` is the learner's module, the
arguments come from the check, and what it returns travels back as evidence (numbers, text, lists,
dictionaries, arrays, tensors; see `engine/sandbox/wire.py`). Probes measure and never judge. One
file for each tier, imported before any learner's code.
"""

from __future__ import annotations

import traceback
from types import ModuleType
from typing import Any


class MissingPartError(LookupError):
    """The learner's file does not define what the check is about."""


def part(solution: ModuleType, name: str) -> Any:
    """The learner's function, class or value of that name.

    Raises:
        MissingPartError: there is none.
    """
    try:
        return getattr(solution, name)
    except AttributeError:
        raise MissingPartError(name) from None


def call(solution: ModuleType, function: str, *arguments: Any, **named: Any) -> Any:
    """What the learner's function returns."""
    return part(solution, function)(*arguments, **named)


def failure(error: Exception, solution: ModuleType) -> dict[str, Any]:
    """What was raised, and the innermost of the learner's lines on the way (0 if there is none)."""
    own = getattr(solution, "__file__", None)
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == own]
    text = str(error).strip().partition("\n")[0][:200]
    return {"type": type(error).__name__, "message": text, "line": lines[-1] if lines else 0}


def imported(solution: ModuleType) -> bool:
    """Whether the learner's file can be imported: true, if this is ever asked."""
    return True


def returned(solution: ModuleType, function: str, calls: list[dict[str, Any]]) -> list[Any]:
    """What the function returns for each set of named arguments, in order, in one process."""
    return [call(solution, function, **arguments) for arguments in calls]


def value(solution: ModuleType, name: str) -> Any:
    """A value that the learner's file holds, such as ANSWERS."""
    return part(solution, name)
