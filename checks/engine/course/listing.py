"""The course as a list: every check in order, with what it is about.

Read from `checks/test_*.py` with `ast`, so that whoever only wants to look at the course waits for
neither pytest nor PyTorch. What stands here is what the judge announces when it has collected the
checks; a self-test compares the two.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.engine.course.reliance import Library, Part, assigned, parts
from checks.engine.course.verdict import Check
from checks.engine.paths import KIT, tiers


@dataclass(frozen=True)
class Listed:
    """One check of the course.

    `about` is the learner's function, class or value that it is about, `function` the check's own
    name in `checks/test_<tier>.py`. `parts` are the learner's parts that its evidence comes from,
    as (tier, name): first the one that it is about, then others that its probes use beside it.
    """

    check: Check
    about: str
    function: str
    parts: tuple[Part, ...]


def course(kit: Path = KIT) -> list[Listed]:
    """All checks, in the order in which they run."""
    library = Library(kit)
    found: list[Listed] = []
    for tier in tiers():
        file = kit / "checks" / f"test_{tier}.py"
        if file.is_file():
            tree = ast.parse(file.read_text(encoding="utf-8"))
            library.put(f"checks.test_{tier}", tree)
            found += listed(tier, tree)
    about: dict[str, set[str]] = {}
    for each in found:
        about.setdefault(each.check.tier, set()).add(each.about)
    return [
        Listed(each.check, each.about, each.function, tuple(with_others(library, each, about)))
        for each in found
    ]


def with_others(library: Library, each: Listed, about: dict[str, set[str]]) -> list[Part]:
    """The part that a check is about, and after it those that its probes use as well."""
    others = parts(library, each.check.tier, each.function, about)
    return [*each.parts, *sorted(others - set(each.parts))]


def listed(tier: str, tree: ast.Module) -> Iterator[Listed]:
    """The checks of one file; their `parts` are what they are about, no more."""
    constants: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            for name, value in assigned(node):
                if isinstance(value, ast.Constant):
                    constants[name] = value.value
        elif isinstance(node, ast.FunctionDef):
            for mark in node.decorator_list:
                if (said := announced(mark, constants)) is not None:
                    title, about, points = said
                    check = Check(f"test_{tier}.py::{node.name}", tier, title, points)
                    yield Listed(check, about, node.name, ((tier, about),))


def announced(mark: ast.expr, constants: dict[str, Any]) -> tuple[str, str, int] | None:
    """(title, about, points) where a decorator is `@check(title, about=…, points=…)`, else None."""
    if not isinstance(mark, ast.Call) or not isinstance(mark.func, ast.Name):
        return None
    if mark.func.id != "check":
        return None
    named = {keyword.arg: keyword.value for keyword in mark.keywords}
    values = (mark.args[0] if mark.args else named["title"], named["about"], named["points"])
    title, about, points = (value_of(value, constants) for value in values)
    return title, about, points


def value_of(node: ast.expr, constants: dict[str, Any]) -> Any:
    """A literal's value, or that of the constant of this name."""
    return constants[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)
