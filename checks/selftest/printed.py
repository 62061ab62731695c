"""Every command that the project prints or writes down, collected from its source.

A command begins with `python run_checks.py`, `python exercises/…`, `python -m …` or the like. In
Markdown it is read from code and from the text between backticks; in Python from every string:
docstrings, messages, and f-strings, where a placeholder keeps its name in braces. Constants of the
same module are put in where a string names them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

from checks.engine.paths import KIT

COMMAND = re.compile(r"(?<![\w/.$(])python (?:run_checks\.py|exercises/|reference/|-m )[^\n`]*")
# Where prose goes on after a command; what a person may have to fill in stays.
PROSE = re.compile(r"[.:;,](?: .*)?$|\).*$| [|>]{1,2} .*$")
HELPER = "command"  # the function that puts "python run_checks.py" before its text
FOLDERS = ("checks", "exercises", "reference")
APART = ("selftest",)  # what tests say is no one's to run


def sources(kit: Path = KIT) -> Iterator[Path]:
    """The files that are looked at."""
    yield from kit.glob("*.md")
    yield kit / "run_checks.py"
    for folder in FOLDERS:
        for path in sorted((kit / folder).rglob("*")):
            if path.suffix in (".py", ".md") and not {*APART} & {*path.relative_to(kit).parts}:
                yield path


def commands_of(path: Path) -> list[str]:
    """The commands that stand in a file, each as it is written there."""
    text = path.read_text(encoding="utf-8")
    texts = [text] if path.suffix == ".md" else list(strings(ast.parse(text)))
    found = [trimmed(match[0]) for said in texts for match in COMMAND.finditer(said)]
    return list(dict.fromkeys(found))


def trimmed(command: str) -> str:
    """The command without the prose that goes on after it."""
    command = command.split("  ")[0]  # in a table of examples, what it does
    command = PROSE.sub("", command).strip()
    return command if command.count('"') % 2 == 0 else command.rpartition('"')[0].strip()


def strings(tree: ast.Module) -> Iterator[str]:
    """The texts in a module, with what is known of their placeholders put in."""
    known = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }
    inside = {
        part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values
    }
    for node in ast.walk(tree):
        if isinstance(node, (ast.Constant, ast.JoinedStr)) and node not in inside:
            yield text_of(node, known)
        elif is_helper(node) and (said := text_of(node.args[0], known)):
            yield f"python run_checks.py {said}"


def is_helper(node: ast.AST) -> TypeGuard[ast.Call]:
    """Whether this is `command(…)`."""
    if not isinstance(node, ast.Call) or not node.args:
        return False
    return isinstance(node.func, ast.Name) and node.func.id == HELPER


def text_of(node: ast.expr, known: dict[str, str]) -> str:
    """A string's text; a placeholder is its source in braces, unless it is a known constant."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if not isinstance(node, ast.JoinedStr):
        return ""
    parts = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            name = ast.unparse(part.value)
            parts.append(known.get(name, "{" + re.sub(r"\W+", "_", name).strip("_") + "}"))
        else:
            parts.append(str(getattr(part, "value", "")))
    return "".join(parts)
