"""The command line: what was asked for, who does it, and the exit status.

Exit status: 0 all selected checks passed, or the command did its work; 1 not all; 2 wrong usage;
3 the kit itself failed; 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Any

from checks.engine.commands import COMMANDS, GROUPS
from checks.engine.commands.common import INTERRUPTED
from checks.engine.commands.parser import Parser
from checks.engine.errors import KitError

PROGRAM = "python run_checks.py"


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    try:
        module, options = parse(arguments)
        if getattr(options, "watch", False):  # `beginner --watch` is `watch beginner`
            module.refuse_with_watch(options)
            module, _ = parser_of("watch")
        if getattr(options, "version", None) is True:
            module, _ = parser_of("version")
        status: int = module.run(options)
        return status
    except KitError as error:
        show_problem(error)
        return error.status
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return INTERRUPTED


def parse(arguments: Sequence[str]) -> tuple[Any, argparse.Namespace]:
    """The module of the command that was asked for, and its options."""
    name = arguments[0] if arguments and arguments[0] in COMMANDS else ""
    module, parser = parser_of(name)
    own = list(arguments[1:] if name else arguments)
    rest: list[str] = []
    if getattr(module, "TAKES_REST", False) and "--" in own:
        at = own.index("--")
        own, rest = own[:at], own[at + 1 :]
    options = parser.parse_args(own)
    options.rest = rest  # what stands behind two dashes, for another program
    return module, options


def parser_of(name: str) -> tuple[Any, Parser]:
    """A command's module and parser; "" is the check of a tier."""
    module = importlib.import_module(f"checks.engine.commands.{name or 'check'}")
    parser = Parser(
        f"{PROGRAM} {name}".strip(),
        module.__doc__ or "",
        getattr(module, "EXAMPLES", ()),
        groups={} if name else GROUPS,
    )
    module.add_arguments(parser)
    return module, parser


def show_problem(error: Exception) -> None:
    """One clear sentence, on the error stream."""
    from checks.engine.ui.screen import Screen, make_console

    Screen(make_console(sys.stderr)).problem(str(error))
