"""The parser of a command's words, with help for people who see the command for the first time.

The help begins with what the command is for, then shows examples that work, and only then how its
words go together. All of that stands in the command's module: its docstring, whose first words
may be the command itself, EXAMPLES, and the texts of its options.
"""

from __future__ import annotations

import argparse
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from typing import NoReturn

from checks.engine.commands.common import UsageError

Examples = Sequence[tuple[str, str]]
WIDEST = 80  # columns; longer lines are hard to read, and many terminals have no more
COLUMN = 20  # where the texts of options begin


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, and whose help begins with the purpose."""

    def __init__(
        self,
        command: str,
        purpose: str,
        examples: Examples = (),
        groups: Mapping[str, Mapping[str, str]] | None = None,
        further: str = "",
    ) -> None:
        """A parser without options but --help.

        Args:
            command: what is typed, as in "python run_checks.py quiz".
            purpose: a docstring: what the command is for, in a paragraph or several.
            examples: commands that work, each with what it does.
            groups: other commands by what they are for, each with what it does.
            further: a sentence at the end.
        """
        super().__init__(prog=command, add_help=False, allow_abbrev=False)
        self.color = False  # from Python 3.14 on; the same help everywhere
        self.purpose, self.examples = purpose, examples
        self.groups, self.further = groups or {}, further
        self._optionals.title = "Options"
        self.add_argument("-h", "--help", action="help", help="show this and do nothing else")

    def error(self, message: str) -> NoReturn:
        text = message[0].upper() + message[1:]
        stop = "" if text.endswith("?") else "."
        raise UsageError(f"{text}{stop} See {self.prog} --help.")

    def format_help(self) -> str:
        width = max(min(shutil.get_terminal_size().columns, WIDEST), 40)
        rows = [
            *(part for text in paragraphs(self.purpose) for part in ("", filled(text, width))),
            *self._examples(width),
            *self._usage(width),
            *self._commands(width),
            *self._options(width),
        ]
        if self.further:
            rows += ["", filled(self.further, width)]
        return "\n".join(rows).strip("\n") + "\n"

    def _examples(self, width: int) -> list[str]:
        """The examples, what each does beside it, or below it where it would not fit."""
        rows = ["", "Examples:"] if self.examples else []
        column = max((len(example) for example, _ in self.examples), default=0) + 4
        beside = all(column + len(what) <= width for _, what in self.examples)
        for example, what in self.examples:
            rows.append(f"  {example:<{column - 2}}{what}" if beside else f"  {example}")
            if not beside:
                rows.append(filled(what, width, "      "))
        return rows

    def _usage(self, width: int) -> list[str]:
        """How the words go together, options by that word alone, and what the words are."""
        words = []
        for action in self._positionals._group_actions:
            word = f"{action.metavar}" + (" ..." if action.nargs in ("*", "+") else "")
            words.append(f"[{word}]" if action.nargs in ("?", "*") else word)
        rows = ["", "Usage:", f"  {' '.join([self.prog, *words])} [OPTIONS]"]
        rows += [f"  {self.prog} COMMAND [OPTIONS]"] * bool(self.groups)
        arguments = self._arguments(self._positionals, width)
        return [*rows, "", *arguments] if arguments else rows

    def _commands(self, width: int) -> list[str]:
        """The other commands in their groups."""
        rows = []
        for title, commands in self.groups.items():
            rows += ["", f"{title}:"]
            rows += [beside(name, what, width) for name, what in commands.items()]
        return rows

    def _options(self, width: int) -> list[str]:
        """What else can be said, in its groups."""
        rows = []
        for group in self._action_groups:
            arguments = self._arguments(group, width)
            if arguments and group is not self._positionals:
                rows += ["", f"{group.title}:", *arguments]
        return rows

    def _arguments(self, group: argparse._ArgumentGroup, width: int) -> list[str]:
        """The arguments of a group, each with its text; --help comes last."""
        actions = sorted(group._group_actions, key=lambda action: action.dest == "help")
        shown = [each for each in actions if each.help != argparse.SUPPRESS]
        return [beside(named(each), each.help or "", width) for each in shown]


def named(action: argparse.Action) -> str:
    """What is typed for an argument."""
    value = "" if action.nargs == 0 else str(action.metavar or action.dest.upper())
    return " ".join(filter(None, [", ".join(action.option_strings), value]))


def beside(name: str, what: str, width: int) -> str:
    """A name, and beside it in a column of its own what it is."""
    lead = f"  {name}"
    gap = " " * COLUMN
    if len(lead) + 2 > COLUMN:
        return f"{lead}\n{filled(what, width, gap)}"
    return filled(what, width, gap).replace(gap, lead.ljust(COLUMN), 1)


def filled(text: str, width: int, indent: str = "") -> str:
    """A paragraph in that width."""
    return textwrap.fill(
        text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def paragraphs(docstring: str) -> list[str]:
    """A docstring's paragraphs, without the command that it may begin with."""
    found = [" ".join(part.split()) for part in docstring.strip().split("\n\n")]
    if found and found[0].startswith("`python "):
        said = found[0].partition("`: ")[2]
        found[0] = said[:1].upper() + said[1:]
    return [part for part in found if part]
