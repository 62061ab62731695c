"""A question in the terminal: whether there is somebody to ask, and what is answered."""

from __future__ import annotations

import sys

from checks.engine.errors import UsageError

YES = ("y", "yes")


def can_ask() -> bool:
    """Whether somebody sits at a terminal to answer."""
    return sys.stdin is not None and sys.stdin.isatty()


def answer(said: str, question: str) -> str:
    """What is typed after a question; "" at the end of the input.

    On the error stream, so that it is seen where standard output goes to a file or a pager.
    """
    from rich.text import Text

    from checks.engine.ui.screen import make_console
    from checks.engine.ui.screen_text import Page

    page = Page(make_console(sys.stderr))
    page.console.print(page.hang(Text(), page.text(said)))
    page.console.print(page.line(question, "bold"), end=" ")
    sys.stderr.flush()
    if hasattr(sys.stdin, "reconfigure"):  # what is typed may be in another encoding
        sys.stdin.reconfigure(errors="replace")
    return sys.stdin.readline().strip()


def agreed(said: str, question: str, *, yes: bool) -> bool:
    """Whether to go on: `--yes` was given, or the answer is an explicit yes.

    Raises:
        UsageError: there is nobody to ask.
    """
    if yes:
        return True
    if not can_ask():
        raise UsageError(
            "Nothing was done, as this asks first and there is no terminal to ask in: "
            "--yes goes on without asking."
        )
    return answer(said, f"{question} (yes/no)").lower() in YES
