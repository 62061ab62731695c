"""`python run_checks.py [TIER]`: check what you wrote in exercises/, and say what is wrong.

Without TIER nothing runs: it shows at once where you stand and what to do next.
"""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from checks.engine.commands import COMMANDS
from checks.engine.commands.common import (
    INFRA,
    NOT_ALL,
    PASSED,
    one_of,
    shut_in,
    tier_names,
)
from checks.engine.commands.common import folder as folder_of
from checks.engine.commands.common import solutions as solutions_of
from checks.engine.course.next_step import next_step
from checks.engine.course.release import this_release
from checks.engine.course.verdict import Status, Verdict
from checks.engine.errors import UsageError
from checks.engine.learner.file_problem import hidden_modules
from checks.engine.learner.notebook_folder import opened
from checks.engine.learner.progress import load
from checks.engine.learner.recording import is_remembered, record
from checks.engine.paths import tiers
from checks.engine.runner import github, reports
from checks.engine.runner.session import Judge, Listener

EXAMPLES = (
    ("python run_checks.py", "where you stand, and what to do next"),
    ("python run_checks.py beginner", "check exercises/beginner.py"),
    ("python run_checks.py beginner --watch", "check it whenever you save it"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of a run of the checks."""
    add = parser.add_argument
    add("tier", nargs="?", type=_tier, help=tier_names("all"), metavar="TIER")
    add("--watch", action="store_true", help="check again whenever you save a file")
    add("--explain", action="store_true", help="show also what was seen of checks that passed")
    add("--verbose", action="store_true",
        help="show every failure, with times and what your code printed")  # fmt: skip
    add = parser.add_argument_group("For teachers and other data").add_argument
    add("--solutions", metavar="DIR",
        help="check the files in this folder; without TIER, all (default: exercises)")  # fmt: skip
    add("--data", metavar="DIR", help="folder with MNIST, to train on")
    add("--seed", type=int, metavar="N", help="draw the challenges from this seed")
    add("--json", metavar="FILE", help="write the verdicts to a file, as JSON")
    add("--junit", metavar="FILE", help="the same, as JUnit XML")
    add("--github", action="store_true",
        help="mark what is wrong for GitHub Actions (there, by itself)")  # fmt: skip
    add("--version", action="store_true", help="versions, and the isolation here")


def _tier(name: str) -> str:
    if name in COMMANDS:
        raise argparse.ArgumentTypeError(f"the command {name!r} comes first, its options after it")
    known = [*tiers(), "all"]
    return one_of(name, known, "tier", [*known, *COMMANDS])


def run(options: argparse.Namespace) -> int:
    """Run the checks and show what they found, or without a tier what is remembered."""
    solutions = solutions_of(options)
    remembers = options.solutions is None and is_remembered(solutions)
    data = folder_of(options.data, "--data") if options.data else None
    for name, file in (("--json", options.json), ("--junit", options.junit)):
        if file and not Path(file).absolute().parent.is_dir():
            raise UsageError(f"{name} {file}: there is no folder {Path(file).absolute().parent}.")
    if options.tier is None and remembers:
        return at_a_glance(options, solutions)
    selected = tiers() if options.tier in (None, "all") else [options.tier]
    seed = options.seed
    if seed is None:  # answers that somebody has kept are of no use with another seed
        seed = secrets.randbelow(2**31) if options.solutions else 0
    for_github = options.github or github.is_github()
    closed, open_again = github.silence()
    if for_github:
        print(closed, flush=True)
    with Judge() as judge, opened(solutions) as given:
        from checks.engine.ui.screen import Screen, make_console  # while the judge loads

        with Screen(
            make_console(),
            verbose=options.verbose,
            overview=options.tier is None,
            explain=options.explain,
        ) as screen:
            for notice in (notices := [*given.notes, *hidden_modules(solutions)]):
                screen.notice(notice)
            screen.loading()
            recording = record(solutions) if remembers else None
            came: list[Verdict] = []

            def take(verdict: Verdict) -> None:
                came.append(given.in_cells(verdict))
                screen.verdict(came[-1])

            listener = Listener(screen.start, screen.running, take, screen.notice)
            try:
                verdicts = judge.run(selected, given.folder, seed, data, listener)
            finally:  # a run that is broken off has said something, too
                notice = recording.keep(came) if recording and came else ""
            if notice:
                screen.notice(notice)
            verdicts = [given.in_cells(verdict) for verdict in verdicts]
            if options.solutions and options.seed is None:
                screen.notice(f"Challenges drawn from seed {seed}; --seed {seed} repeats them.")
            if options.solutions and judge.isolation.level != "full":
                screen.notice(shut_in(judge.isolation))
            step = next_step(verdicts, load(solutions).stuck if remembers else ())
            said = step.said(options.solutions) if step else ""
            screen.finish(verdicts, said, step.file if step else "")
    if for_github:
        print(open_again, *github.error_lines(verdicts), sep="\n", flush=True)
        github.write_summary(verdicts)
    meta = {"solutions": str(solutions), "tiers": selected, "seed": seed, "notices": notices}
    write_reports(verdicts, options, meta | {"isolation": asdict(judge.isolation)})
    if any(verdict.status is Status.INFRA for verdict in verdicts):
        return INFRA
    return PASSED if all(v.status is Status.PASSED for v in verdicts) else NOT_ALL


def refuse_with_watch(options: argparse.Namespace) -> None:
    """See that nothing is asked for beside `--watch` that it has no use for."""
    for name in ("json", "junit", "github", "verbose", "explain"):
        if getattr(options, name):
            raise UsageError(f"--{name} belongs to a single run of the checks, without --watch.")
    if options.tier == "all":
        raise UsageError(
            "--watch is on one tier at a time; without any it begins with what is next."
        )


def at_a_glance(options: argparse.Namespace, solutions: Path) -> int:
    """Show where the learner stands; nothing is run, so what belongs to a run is refused."""
    from checks.engine.ui.glance import show
    from checks.engine.ui.screen import Screen, make_console

    if (release := this_release()) and (heading := release.heading()):
        Screen(make_console()).notice(heading)
    for name in ("data", "seed", "json", "junit", "github", "verbose", "explain"):
        if getattr(options, name) not in (None, False):
            raise UsageError(f"--{name} belongs to a run of the checks: say which tier, or all.")
    return PASSED if show(solutions) else NOT_ALL


def write_reports(
    verdicts: Sequence[Verdict], options: argparse.Namespace, meta: dict[str, Any]
) -> None:
    """The files that were asked for."""

    if options.json:
        reports.write_json(options.json, verdicts, meta)
    if options.junit:
        reports.write_junit(options.junit, verdicts)
