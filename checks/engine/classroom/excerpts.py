"""The few lines of a learner's code that a mistake is about, without a word on whose they are."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from checks.engine.parsing import parsed

MAX_LINES, MAX_WIDTH = 14, 100
MAX_STRING = 24


class _Anonymous(ast.NodeTransformer):
    """Takes out what could hold a name: docstrings, and strings that are no short word."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        """Cut long strings short."""
        if isinstance(node.value, str) and len(node.value) > MAX_STRING:
            return ast.Constant("…")
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.Constant:
        """A text that is put together says nothing about a mistake."""
        return ast.Constant("…")

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """Docstrings go."""
        if isinstance(node.value, ast.Constant):
            return None
        return self.generic_visit(node)


def excerpt(source: bytes, part: str, line: int = 0) -> str:
    """A part of a file, written anew without comments and docstrings; "" where there is none.

    Args:
        source: the file.
        part: a function or class at its top level.
        line: of a traceback, counted from 1: the method that holds it is enough.
    """
    try:
        tree = parsed(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    nodes = [node for node in tree.body if getattr(node, "name", "") == part.partition(".")[0]]
    if not nodes:
        return ""
    chosen: ast.AST = nodes[-1]
    for node in ast.walk(chosen):
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or 0):
            chosen = node
    try:
        text = ast.unparse(ast.fix_missing_locations(_Anonymous().visit(chosen)))
    except (ValueError, RecursionError):
        return ""
    lines = [row[:MAX_WIDTH] for row in text.splitlines() if row.strip()]
    return "\n".join(lines[:MAX_LINES] + ["    …"] * (len(lines) > MAX_LINES))


def excerpts_of(
    files: Mapping[str, bytes], wrong: Mapping[str, tuple[str, str, int]]
) -> dict[str, str]:
    """The excerpt for each wrong verdict, from (tier, part, line) by the check's id."""
    known: dict[tuple[str, str, int], str] = {}
    for place in wrong.values():
        if place not in known:
            tier, part, line = place
            known[place] = excerpt(files.get(f"{tier}.py", b""), part, line)
    return {check: known[place] for check, place in wrong.items()}
