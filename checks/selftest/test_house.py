"""The house: which room may use which, read from the imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from checks.engine.commands import COMMANDS
from checks.engine.paths import CHECKS, KIT, tiers

# From the bottom up: a room uses what stands before it in this list, never what comes after it.
ROOMS = [
    ("errors", "shadowing"),
    ("paths",),
    ("parsing", "files", "html", "plain_text", "processes"),
    ("mistakes",),
    ("course", "data"),
    ("learner",),
    ("probes",),
    ("sandbox",),
    ("judging",),
    tuple(f"test_{tier}" for tier in tiers()),
    ("experiments",),
    ("runner",),
    ("conftest",),
    ("training",),
    ("quality",),
    ("report",),
    ("doctor",),
    ("classroom",),
    ("ui",),
    ("notebook",),
    ("commands",),
    ("cli",),
]
LEVEL = {room: level for level, rooms in enumerate(ROOMS) for room in rooms}
FILES = {
    ".".join(path.relative_to(KIT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in CHECKS.rglob("*.py")
    if not {"selftest", "benchmarks"} & set(path.parts)
}


def room_of(module: str) -> str:
    """The room that a module stands in: a folder, or a file of its own."""
    parts = module.removeprefix("checks.").removeprefix("engine.").split(".")
    return parts[0]


def imports_of(module: str) -> Iterator[str]:
    """The kit's modules that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in FILES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "checks":
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in FILES else node.module or ""


IMPORTS = {module: sorted({*imports_of(module)} - {module}) for module in FILES}


@pytest.mark.parametrize("module", FILES)
def test_arrows_point_down(module: str) -> None:
    room = room_of(module)
    if room in ("checks", "engine"):
        assert not IMPORTS[module]
        return
    upward = [
        other for other in IMPORTS[module]
        if room_of(other) != room and LEVEL[room_of(other)] >= LEVEL[room]
    ]  # fmt: skip
    assert not upward


def test_there_are_no_circles() -> None:
    left = {module: {*others} for module, others in IMPORTS.items()}
    while free := [module for module, others in left.items() if not others & left.keys()]:
        for module in free:
            del left[module]
    assert not left


@pytest.mark.parametrize("name", ["check", *COMMANDS])
def test_no_command_imports_another(name: str) -> None:
    commands = {f"checks.engine.commands.{other}" for other in ("check", *COMMANDS)}
    assert not commands & {*IMPORTS[f"checks.engine.commands.{name}"]}
