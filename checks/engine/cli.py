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

from checks.engine.commands import COMMANDS
from checks.engine.commands.common import INFRA, INTERRUPTED, USAGE, Parser, UsageError
from checks.engine.session import InfraError, UnusableError

PROGRAM = "python run_checks.py"
DESCRIPTION = """\
Check your solutions to the exercises.

  python run_checks.py              all tiers at a glance, and what to do next
  python run_checks.py beginner     the checks of one tier, in words
  python run_checks.py all          the checks of every tier
"""


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    try:
        module, options = parse(arguments)
        status: int = module.run(options)
        return status
    except (UsageError, UnusableError) as error:
        show_problem(error)
        return USAGE
    except InfraError as error:
        show_problem(error)
        return INFRA
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return INTERRUPTED


def parse(arguments: Sequence[str]) -> tuple[Any, argparse.Namespace]:
    """The module of the command that was asked for, and its options."""
    name = arguments[0] if arguments and arguments[0] in COMMANDS else ""
    module = importlib.import_module(f"checks.engine.commands.{name or 'check'}")
    parser = Parser(
        prog=f"{PROGRAM} {name}".strip(),
        description=DESCRIPTION + commands() if not name else f"{module.__doc__}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    return module, parser.parse_args(arguments[1:] if name else arguments)


def commands() -> str:
    """The other commands, a line each."""
    return "".join(f"  {PROGRAM} {name:<12} {what}\n" for name, what in COMMANDS.items())


def show_problem(error: Exception) -> None:
    """One clear sentence, on the error stream."""
    from checks.engine.terminal.screen import Screen, make_console

    Screen(make_console(sys.stderr)).problem(str(error))
