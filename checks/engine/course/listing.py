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

from checks.engine.course.verdict import Check
from checks.engine.parsing import parsed
from checks.engine.paths import KIT, tiers

Part = tuple[str, str]  # (tier, name)


@dataclass(frozen=True)
class Listed:
    """One check of the course.

    `function` is the check's own name in `checks/test_<tier>.py`. `parts` are the learner's parts
    that its evidence comes from: first the one that it is about, then those that it `uses`.
    """

    check: Check
    function: str
    parts: tuple[Part, ...]

    @property
    def about(self) -> str:
        """The learner's function, class or value that it is about."""
        return self.check.about


def course(kit: Path = KIT) -> list[Listed]:
    """All checks, in the order in which they run."""
    files = [(tier, kit / "checks" / f"test_{tier}.py") for tier in tiers()]
    texts = [(tier, file.read_text(encoding="utf-8")) for tier, file in files if file.is_file()]
    return [each for tier, text in texts for each in listed(tier, parsed(text))]


def headline(tier: str, kit: Path = KIT) -> str:
    """What a tier is about and how long it takes: the first line of its lesson."""
    lessons = (kit / folder / f"{tier}.py" for folder in ("reference", "exercises"))
    lesson = next((path for path in lessons if path.is_file()), None)  # some kits have no reference
    text = lesson.read_text(encoding="utf-8", errors="replace") if lesson else ""
    first = text.partition("\n")[0]
    return first.strip('"').partition(": ")[2] if first.startswith('"""') else ""


def listed(tier: str, tree: ast.Module) -> Iterator[Listed]:
    """The checks of one file."""
    constants: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            for name, value in assigned(node):
                if isinstance(value, ast.Constant):
                    constants[name] = value.value
        elif isinstance(node, ast.FunctionDef):
            for mark in node.decorator_list:
                if (said := announced(mark, constants)) is not None:
                    name = f"test_{tier}.py::{node.name}"
                    check = Check(name, tier, said["title"], said["points"], said["about"])
                    uses = [part_of(tier, name) for name in said.get("uses", ())]
                    yield Listed(check, node.name, ((tier, check.about), *uses))


def part_of(tier: str, name: str) -> Part:
    """The part that a check of this tier means by "name", or by "tier.name"."""
    other, _, its_name = name.rpartition(".")
    return other or tier, its_name


def announced(mark: ast.expr, constants: dict[str, Any]) -> dict[str, Any] | None:
    """The arguments where a decorator is `@check(title, about=…, …)`, else None."""
    if not isinstance(mark, ast.Call) or not isinstance(mark.func, ast.Name):
        return None
    if mark.func.id != "check":
        return None
    given = {keyword.arg: keyword.value for keyword in mark.keywords if keyword.arg}
    given |= dict(zip(("title",), mark.args, strict=False))
    return {name: value_of(value, constants) for name, value in given.items()}


def value_of(node: ast.expr, constants: dict[str, Any]) -> Any:
    """The value of a literal, of the constant of this name, or of a tuple of these."""
    if isinstance(node, ast.Tuple):
        return tuple(value_of(each, constants) for each in node.elts)
    return constants[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)


def assigned(node: ast.Assign) -> Iterator[tuple[str, ast.expr]]:
    """Each name of an assignment with its value, its own one where `A, B = "a", "b"`."""
    for target in node.targets:
        if isinstance(target, ast.Name):
            yield target.id, node.value
        elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            for element, value in zip(target.elts, node.value.elts, strict=False):
                if isinstance(element, ast.Name):
                    yield element.id, value
