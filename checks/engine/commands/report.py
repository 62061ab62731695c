"""`python run_checks.py report [RUN]`: a page that shows a training run, in one file.

Its samples over time, its losses, its scores, and what was set. Without RUN it is the newest run's;
`train` writes the page by itself when it is done, and this writes it again.
"""

from __future__ import annotations

import argparse
import webbrowser
from pathlib import Path

from checks.engine.commands.common import PASSED
from checks.engine.errors import UsageError

EXAMPLES = (
    ("python run_checks.py report", "the newest run's page"),
    ("python run_checks.py report first --open", "the run called first, in the browser"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which run, and whether to look at it."""
    add = parser.add_argument
    add("run", nargs="?", default="", help="a run's name (default: the newest)", metavar="RUN")
    add("--open", action="store_true", help="open the page in the browser")


def run(options: argparse.Namespace) -> int:
    """Write the report, and say where it is."""
    from checks.engine.report import write_report
    from checks.engine.training.run_store import find, latest

    chosen = find(options.run) if options.run else latest()
    if chosen is None:
        raise UsageError("There is no run to report on: python run_checks.py train makes one.")
    path = write_report(chosen)
    show(path, opened=options.open and open_in_browser(path), asked=options.open)
    return PASSED


def open_in_browser(path: Path) -> bool:
    """Show the page; whether a browser took it."""
    try:
        return webbrowser.open(path.absolute().as_uri())
    except (webbrowser.Error, OSError, ValueError):
        return False


def show(path: Path, *, opened: bool, asked: bool) -> None:
    """Where the page is: a link, where the terminal has links."""
    from rich.text import Text

    from checks.engine.ui.screen import Screen, make_console
    from checks.engine.ui.screen_text import Page, file_link, relative

    page = Page(make_console())
    shown = page.line(relative(str(path)), "cyan", limit=400)
    shown = page.linked(shown, file_link(str(path.absolute())))
    # Never wrapped: a path in two halves can't be copied.
    page.console.print(Text.assemble(("Report: ", "bold"), shown), soft_wrap=True)
    if asked and not opened:
        Screen(page.console).notice("No browser could be started here: open that file yourself.")
