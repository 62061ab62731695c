"""The command line: what was asked for, who does it, and the exit status.

Exit status: 0 all selected checks passed, 1 not all, 2 wrong usage, 3 the kit itself failed,
130 interrupted.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from checks.engine.links import KIT
from checks.engine.session import InfraError, Judge, Listener, UnusableError, tiers
from checks.engine.totals import next_verdict
from checks.engine.verdict import Status, Verdict

PASSED, NOT_ALL, USAGE, INFRA, INTERRUPTED = 0, 1, 2, 3, 130

DESCRIPTION = """\
Check your solutions to the exercises.

  python run_checks.py              all tiers at a glance, and what to do next
  python run_checks.py beginner     the checks of one tier, in words
  python run_checks.py all          the checks of every tier
  python run_checks.py stubs        write the exercises anew from the reference solutions
"""


class UsageError(Exception):
    """The command can't be carried out as given; the text is one sentence."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence."""

    def error(self, message: str) -> NoReturn:
        text = message[0].upper() + message[1:]
        stop = "" if text.endswith("?") else "."
        raise UsageError(f"{text}{stop} See python run_checks.py --help.")


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    try:
        options = parser().parse_args(arguments)
        if options.tier == "stubs":
            return stubs(options)
        return check(options)
    except (UsageError, UnusableError) as error:
        show_problem(error)
        return USAGE
    except InfraError as error:
        show_problem(error)
        return INFRA
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return INTERRUPTED


def show_problem(error: Exception) -> None:
    """One clear sentence, on the error stream."""
    from checks.engine.screen import Screen, make_console

    Screen(make_console(sys.stderr)).problem(str(error))


def parser() -> Parser:
    """What the command understands."""
    result = Parser(
        prog="python run_checks.py",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    names = ", ".join(tiers())
    result.add_argument(
        "tier", nargs="?", type=_tier, help=f"{names}, or all; or the command stubs", metavar="TIER"
    )
    add = result.add_argument
    add("--solutions", metavar="DIR", help="folder with the files to check (default: exercises)")
    add("--data", metavar="DIR", help="folder with MNIST, for the checks that train")
    add("--seed", type=int, default=0, metavar="N", help="seed of the run (default: 0)")
    add("--json", metavar="FILE", help="write the verdicts as JSON")
    add("--junit", metavar="FILE", help="write the verdicts as JUnit XML")
    add("--verbose", action="store_true", help="every failure, with times and what was printed")
    add("--explain", action="store_true", help="the evidence of what has passed, too")
    add("--to", metavar="DIR", help="stubs: folder to write to (default: exercises)")
    return result


def _tier(name: str) -> str:
    known = [*tiers(), "all", "stubs"]
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, n=1)
    meant = f"; did you mean {near[0]}?" if near else ""
    raise argparse.ArgumentTypeError(f"there is no tier {name!r} ({', '.join(known[:-1])}){meant}")


def check(options: argparse.Namespace) -> int:
    """Run the checks and show what they found."""
    folder = _folder(options.solutions or "exercises", "--solutions")
    data = _folder(options.data, "--data") if options.data else None
    for name, file in (("--json", options.json), ("--junit", options.junit)):
        if file and not Path(file).absolute().parent.is_dir():
            raise UsageError(f"{name} {file}: there is no folder {Path(file).absolute().parent}.")
    selected = tiers() if options.tier in (None, "all") else [options.tier]
    with Judge() as judge:
        from checks.engine.screen import Screen, make_console  # while the judge loads

        with Screen(
            make_console(),
            verbose=options.verbose,
            overview=options.tier is None,
            explain=options.explain,
        ) as screen:
            screen.loading()
            listener = Listener(screen.start, screen.running, screen.verdict, screen.notice)
            verdicts = judge.run(selected, folder, options.seed, data, listener)
            screen.finish(verdicts, next_step(verdicts, options))
    write_reports(verdicts, options, {"solutions": str(folder), "tiers": selected})
    if any(verdict.status is Status.INFRA for verdict in verdicts):
        return INFRA
    return PASSED if all(v.status is Status.PASSED for v in verdicts) else NOT_ALL


def write_reports(
    verdicts: Sequence[Verdict], options: argparse.Namespace, meta: dict[str, Any]
) -> None:
    """The files that were asked for."""
    from checks.engine import reports

    try:
        if options.json:
            reports.write_json(options.json, verdicts, meta | {"seed": options.seed})
        if options.junit:
            reports.write_junit(options.junit, verdicts)
    except reports.ReportError as error:
        raise UsageError(str(error)) from None


def _folder(name: str, option: str) -> Path:
    """The folder, taken from where the command runs, or else from the kit."""
    for path in (Path(name), KIT / name):
        if path.is_dir():
            return path.resolve()
    if Path(name).exists():
        raise UsageError(f"{option} {name}: that is a file, and a folder is wanted.")
    raise UsageError(f"{option} {name}: there is no such folder.")


def next_step(verdicts: Sequence[Verdict], options: argparse.Namespace) -> str:
    """What to do next, in words, with the command to run."""
    command = "  python run_checks.py {}"
    if options.solutions:
        command += f" --solutions {options.solutions}"
    following = next_verdict(verdicts)
    if following is None:
        if any(verdict.status is not Status.PASSED for verdict in verdicts):
            return ""
        later = tiers()[tiers().index(verdicts[-1].tier) + 1 :]
        return f"on to {later[0]}:\n" + command.format(later[0]) if later else ""
    command = command.format(following.tier)
    if following.status is Status.BLOCKED:
        awaited = following.came.removeprefix("Waits for ").split(", which")[0]
        return f"write {awaited}, then run:\n{command}"
    if following.status.is_open:
        return f"{following.came[0].lower()}{following.came[1:].rstrip('.')}, then run:\n{command}"
    where = following.location
    what = f"{where.function} in {_short(where.file)}" if where else f"the {following.tier} file"
    return f"mend {what}, then run:\n{command}"


def _short(file: str) -> str:
    try:
        return Path(file).relative_to(Path.cwd()).as_posix()
    except ValueError:
        return Path(file).name


def stubs(options: argparse.Namespace) -> int:
    """Write the exercises from the reference; what they replace is kept."""
    from checks.engine.screen import Screen, make_console
    from checks.engine.stubs import StubError, write_stubs

    source = _folder(options.solutions or "reference", "--solutions")
    target = Path(options.to) if options.to else KIT / "exercises"
    try:
        files = write_stubs(source, target)
    except StubError as error:
        raise UsageError(str(error)) from None
    with Screen(make_console()) as screen:
        for written in files:
            kept = f"; your version is now {written.backup}" if written.backup else ""
            screen.notice(f"{written.path}: {written.action.value}{kept}")
    return PASSED
