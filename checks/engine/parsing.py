"""Python's parser, where several threads may want it."""

from __future__ import annotations

import ast
import threading

# Python 3.11 and 3.12 count the parser's depth for all threads together, and two that parse at a
# time end in "SystemError: AST constructor recursion depth mismatch".
PARSING = threading.RLock()


def parsed(text: str | bytes) -> ast.Module:
    """The text's syntax tree.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: it does not parse.
    """
    with PARSING:
        return ast.parse(text)
