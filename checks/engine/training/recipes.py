"""The recipes of `reference/recipes.py`, and what was measured of them."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from checks.engine.errors import InfraError
from checks.engine.parsing import parsed
from checks.engine.paths import REFERENCE

if TYPE_CHECKING:
    from recipes import Recipe

SOURCE = REFERENCE / "recipes.py"
FIGURES = REFERENCE / "recipes_figures.json"


@dataclass(frozen=True)
class Figures:
    """What was measured: on which images, and for each recipe its figures by name."""

    data: str = ""
    recipes: dict[str, dict[str, float | None]] = field(default_factory=dict)


@cache
def known_recipes() -> dict[str, Recipe]:
    """The recipes by name, without loading PyTorch, which the rest of their file needs.

    Of that file only the class and the table are run.

    Raises:
        InfraError: they are not there.
    """
    values: dict[str, Any] = {"__name__": "recipes"}
    try:
        tree = parsed(SOURCE.read_text(encoding="utf-8"))
        tree.body = [node for node in tree.body if is_data(node)]
        exec(compile(tree, str(SOURCE), "exec", dont_inherit=True), values)
        found: dict[str, Recipe] = values["RECIPES"]
    except (OSError, ValueError, SyntaxError, NameError, KeyError, TypeError) as error:
        raise InfraError(f"reference/recipes.py holds no recipes: {error}.") from None
    return found


def is_data(node: ast.stmt) -> bool:
    """Whether a statement is `Recipe`, `RECIPES`, or what these need."""
    match node:
        case ast.ClassDef(name="Recipe") | ast.Assign(targets=[ast.Name(id="RECIPES")]):
            return True
        case ast.ImportFrom(module="dataclasses"):
            return True
    return False


def measured(file: Path) -> Figures:
    """The figures that were measured; none where there is no file of them, or a broken one."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Figures)
    except (OSError, msgspec.MsgspecError, RecursionError):
        return Figures()
