"""The parser of all commands: argparse, with a help that begins with the purpose and examples."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from checks.engine.errors import UsageError

WIDEST = 80  # columns; longer lines are hard to read, and many terminals have no more
FURTHER = "python run_checks.py COMMAND --help tells more about a command, with examples."
COLUMN = 20  # where the texts of options begin


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, and whose help begins with the purpose."""

    def __init__(
        self,
        command: str,
        purpose: str,
        examples: Sequence[tuple[str, str]] = (),
        groups: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """A parser without options but --help.

        Args:
            command: what is typed, as in "python run_checks.py quiz".
            purpose: a docstring: what the command is for, in a paragraph or several.
            examples: commands that work, each with what it does.
            groups: other commands by what they are for, each with what it does.
        """
        super().__init__(
            prog=command, add_help=False, allow_abbrev=False,
            formatter_class=lambda prog: argparse.HelpFormatter(prog, 2, COLUMN, columns()),
        )  # fmt: skip
        self.color = False  # from Python 3.14 on; the same help everywhere
        self.purpose, self.examples, self.groups = purpose, examples, groups or {}
        self.words: list[str] = []
        self.titled = {title: self.add_argument_group(title) for title in ("Arguments", "Options")}
        self.add_argument("-h", "--help", action="help", help="show this and do nothing else")

    def add_argument(self, *names: Any, **settings: Any) -> argparse.Action:
        """An argument, among those of its kind."""
        if names[0].startswith("-"):
            return self.titled["Options"].add_argument(*names, **settings)
        word = settings["metavar"] + " ..." * (settings.get("nargs") in ("*", "+"))
        self.words.append(f"[{word}]" if settings.get("nargs") in ("?", "*") else word)
        return self.titled["Arguments"].add_argument(*names, **settings)

    def add_mutually_exclusive_group(self, **settings: Any) -> Any:
        """Options of which one excludes the others."""
        return self.titled["Options"].add_mutually_exclusive_group(**settings)

    def error(self, message: str) -> NoReturn:
        text = message[0].upper() + message[1:]
        stop = "" if text.endswith("?") else "."
        raise UsageError(f"{text}{stop} See {self.prog} --help.")

    def format_usage(self) -> str:
        lines = [[self.prog, *self.words], [self.prog, "COMMAND"]][: 2 if self.groups else 1]
        return "\n".join(["Usage:", *(f"  {' '.join([*line, '[OPTIONS]'])}" for line in lines)])

    def format_help(self) -> str:
        self.usage = argparse.SUPPRESS  # argparse's own line names every option
        blocks = [filled(text) for text in paragraphs(self.purpose)]
        blocks += ["Examples:\n" + listed(self.examples, max(map(len, dict(self.examples))) + 2)]
        blocks += [self.format_usage()]
        blocks += [f"{title}:\n{listed(group.items())}" for title, group in self.groups.items()]
        blocks += [super().format_help()]
        if self.groups:
            blocks += [filled(FURTHER)]
        return "\n\n".join(block.strip("\n") for block in blocks) + "\n"


def columns() -> int:
    """How wide the help may be."""
    return max(min(shutil.get_terminal_size().columns, WIDEST), 40)


def listed(rows: Any, column: int = COLUMN - 2) -> str:
    """Names, each with what it does beside it, or below it where that would not fit."""
    fits = all(2 + column + len(what) <= columns() for _, what in rows)
    gap = "  " if fits else "\n" + " " * 6
    return "\n".join(
        f"  {name.ljust(column - 2) if fits else name}{gap}{what if fits else filled(what, 6)[6:]}"
        for name, what in rows
    )


def filled(text: str, indent: int = 0) -> str:
    """A paragraph in the help's width."""
    lead = " " * indent
    return textwrap.fill(
        text, columns(), initial_indent=lead, subsequent_indent=lead, break_on_hyphens=False
    )


def paragraphs(docstring: str) -> list[str]:
    """A docstring's paragraphs, without the command that it may begin with."""
    found = [" ".join(part.split()) for part in docstring.strip().split("\n\n")]
    if found and found[0].startswith("`python "):
        said = found[0].partition("`: ")[2]
        found[0] = said[:1].upper() + said[1:]
    return [part for part in found if part]
