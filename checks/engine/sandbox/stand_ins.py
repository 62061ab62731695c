"""The reference's tiers as stand-ins: for a later tier whose earlier one cannot be imported.

One slip in the first file would otherwise end every check of the course.
"""

from __future__ import annotations

import ast
from functools import cache

from checks.engine.parsing import parsed
from checks.engine.paths import REFERENCE, tiers


def is_there(tier: str) -> bool:
    """Whether there is a reference for a tier; a class may have been given the kit without."""
    return (REFERENCE / f"{tier}.py").is_file()


@cache
def source(tier: str) -> str:
    """The reference's file without its comments and without the answers to its questions."""
    tree = parsed((REFERENCE / f"{tier}.py").read_bytes())
    tree.body = [node for node in tree.body if "ANSWERS" not in assigned(node)]
    return ast.unparse(tree)


def assigned(node: ast.stmt) -> list[str]:
    """The names that a statement gives a value to."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def earlier(tier: str) -> list[str]:
    """The tiers before a tier, in their order."""
    order = tiers()
    return order[: order.index(tier)] if tier in order else []


def imported(tree: ast.Module | None) -> set[str]:
    """The modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found
