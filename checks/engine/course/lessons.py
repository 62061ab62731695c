"""What a check looks at and why, and the hints on what it found: for `explain` and `hint`.

A check explains itself in its docstring: what it looks at and why, with the formula where there is
one, and in a last paragraph that begins with "Hint:" what to think of before anything is known.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from checks.engine.course.listing import Listed
from checks.engine.course.verdict import State, Verdict
from checks.engine.errors import UnknownCheckError
from checks.engine.parsing import parsed
from checks.engine.paths import CHECKS
from checks.mistakes import CATALOGUE

HINT = "Hint:"


@dataclass(frozen=True)
class Lesson:
    """A check's own words: what it looks at and why, in paragraphs, and its first hint."""

    paragraphs: tuple[str, ...]
    hint: str


def lesson(listed: Listed) -> Lesson:
    """What a check says of itself."""
    file = CHECKS / f"test_{listed.check.tier}.py"
    tree = parsed(file.read_text(encoding="utf-8"))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    said = next(ast.get_docstring(node) or "" for node in functions if node.name == listed.function)
    paragraphs = [" ".join(part.split("\n")) for part in inspect.cleandoc(said).split("\n\n")]
    hints = [part for part in paragraphs if part.startswith(HINT)]
    texts = tuple(part for part in paragraphs if part and part not in hints)
    return Lesson(texts, hints[0].removeprefix(HINT).strip() if hints else "")


def ladder(listed: Listed, verdict: Verdict | None) -> tuple[str, ...]:
    """The hints on a check, from the idea to the shape of the line.

    Those of the mistake that was found last; before anything is known, the check's own first.
    """
    if verdict is not None and verdict.mistake_id in CATALOGUE:
        return CATALOGUE[verdict.mistake_id].hints
    if verdict is not None and verdict.hint:
        return (verdict.hint,)
    first = lesson(listed).hint
    return (first,) if first else ()


def number(listed: Listed, course: Sequence[Listed]) -> str:
    """The name under which a check is called for, such as "beginner 3"."""
    mine = [each for each in course if each.check.tier == listed.check.tier]
    return f"{listed.check.tier} {mine.index(listed) + 1}"


def find(
    words: Sequence[str], course: Sequence[Listed], states: Mapping[str, State]
) -> Listed | None:
    """The check that is meant: by tier and number, by the part it is about, or by its title.

    Of several on one part, the first that has not passed; without a word, the one to work on next,
    None where all have passed.

    Raises:
        UnknownCheckError: none is, or several are.
    """
    if not words:
        return next_check(course, states)
    said = " ".join(words).strip().lower()
    for each in course:
        names = (number(each, course), each.check.title.lower(), each.function, each.check.check)
        if said in names:
            return each
    fitting = [each for each in course if each.about.lower() == said]
    fitting = fitting or [each for each in course if each.check.tier == said]
    open_ones = [each for each in fitting if states.get(each.check.check) != "passed"]
    if fitting:
        return (open_ones or fitting)[0]
    fitting = [each for each in course if all(w in each.check.title.lower() for w in said.split())]
    if len(fitting) == 1:
        return fitting[0]
    example = 'python run_checks.py explain "beginner 1"'
    if not fitting:
        raise UnknownCheckError(
            f"No check is called {said!r}: name it by its tier and number, as in {example}."
        )
    some = ", ".join(number(each, course) for each in fitting[:4])
    more = ", …" if len(fitting) > 4 else ""
    raise UnknownCheckError(f"{len(fitting)} checks fit {said!r}: {some}{more}. Name one of them.")


def next_check(course: Sequence[Listed], states: Mapping[str, State]) -> Listed | None:
    """The check to work on: in the first unfinished tier what failed, then what is to be done."""
    for tier in dict.fromkeys(each.check.tier for each in course):
        mine = [each for each in course if each.check.tier == tier]
        for wanted in ("failed", "changed", "todo", "unchecked", "blocked"):
            for each in mine:
                if states[each.check.check] == wanted:
                    return each
    return None
