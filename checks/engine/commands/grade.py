"""`python run_checks.py grade SUBMISSIONS`: grade a class, and write what helps.

SUBMISSIONS are folders or archives: one folder for each student, or what Canvas, Moodle,
Gradescope, Blackboard or Brightspace exports. Nobody's identity is guessed: what the names leave
open stands in unclear.csv.

Every verdict is kept the moment it falls. Whatever breaks the work off, the same command goes on
where it was; what has not changed since costs nothing.

`bundle gradescope` or `bundle classroom50` in place of SUBMISSIONS packs what these need to grade
by themselves, into the zip that --out names.
"""

from __future__ import annotations

import argparse
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from checks.engine.classroom import gradebooks
from checks.engine.classroom.bundles import KINDS, write_bundle
from checks.engine.classroom.exports import stem
from checks.engine.classroom.grading import STATUSES, Outcome, Plan, grade, merge, shard
from checks.engine.classroom.handed_in import parts_of
from checks.engine.classroom.intake import Intake, only_inputs, read_roster, take_in
from checks.engine.classroom.keys import Conditions
from checks.engine.classroom.pool import Remote
from checks.engine.classroom.results import UNGRADED
from checks.engine.commands.common import (
    INFRA,
    NOT_ALL,
    PASSED,
    isolation_here,
    shut_in,
    tier_names,
)
from checks.engine.commands.common import folder as folder_of
from checks.engine.commands.common import tier as tier_of
from checks.engine.course.listing import Listed, course
from checks.engine.errors import UsageError
from checks.engine.paths import tiers
from checks.engine.processes import n_cores
from checks.engine.sandbox.isolation import Isolation

if TYPE_CHECKING:
    from checks.engine.ui.screen_text import Page

EXAMPLES = (
    ("python run_checks.py grade submissions.zip", "an export, or a folder for each student"),
    ("python run_checks.py grade submissions.zip --dry-run", "what would be graded, and whose"),
    ("python run_checks.py grade bundle gradescope --out autograder.zip", "for Gradescope"),
)
SHOWN = 5
STRANGERS = """Here a submission could reach your files and your network, and a class hands in \
code that you have not read. Put the submissions into the kit's folder and grade in a container:

docker run --rm -it -v "${PWD}:/kit" -w /kit python:3.12 bash -c "
  pip install -r requirements.txt
  python run_checks.py grade submissions.zip"

Or say --trust, if you vouch for what was handed in."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to grade, and how."""
    add = parser.add_argument
    add("submissions", nargs="+", metavar="SUBMISSIONS", help="folders or archives")
    add("--out", metavar="DIR", help="where it all goes (default: grades/ and the input's name)")
    add("--tier", action="append", type=tier_of, metavar="TIER",
        help=f"only this one, and others named so: {tier_names()}")  # fmt: skip
    add("--dry-run", action="store_true", help="only say what was handed in, and by whom")
    add("--roster", metavar="FILE", help="CSV with id, name and email: who should be there")
    add("--names", type=pattern, metavar="REGEX",
        help="how a path names its student: (?P<student>…), perhaps (?P<name>…)")  # fmt: skip
    add("--gradebook", metavar="FILE",
        help="your Canvas export or Moodle grading worksheet, to be filled in")  # fmt: skip
    add("--column", default="", metavar="NAME", help="which of its columns gets the grades")
    add("--points", type=positive, metavar="N", help="scale all points to this many")
    add("--workers", type=count, default=0, metavar="N",
        help="how many are judged at a time (default: one for each core)")  # fmt: skip
    add("--budget", type=positive, default=240.0, metavar="SECONDS",
        help="what one submission may take (default: 240)")  # fmt: skip
    add("--again", action="append", default=[], metavar="WHAT",
        help="grade anew what is failed, infra, timeout or all, or a student's id")  # fmt: skip
    add("--similar", type=share, metavar="SHARE",
        help="list pairs that are alike in this share, for you to read: 0.6, say")  # fmt: skip
    add("--cluster", metavar="ADDRESS",
        help="work on a Dask cluster: its scheduler's address or file")  # fmt: skip
    add("--shard", type=shard_of, metavar="K/N", help="only every N-th student, from the K-th on")
    add("--merge", action="store_true",
        help="SUBMISSIONS are folders that --shard has graded: join them")  # fmt: skip
    add("--seed", type=int, metavar="N",
        help="draw the challenges from this seed (default: drawn once for the class)")  # fmt: skip
    add("--data", metavar="DIR", help="folder with MNIST, for the checks that train")
    add("--trust", action="store_true",
        help="run the submissions even where nothing shuts them in")  # fmt: skip


def pattern(text: str) -> re.Pattern[str]:
    """A regular expression with a group `student`, as an argparse type."""
    try:
        found = re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from None
    if "student" not in found.groupindex:
        raise argparse.ArgumentTypeError(f"{text!r} has no group (?P<student>…)")
    return found


def share(text: str) -> float:
    """A share from 0 to 1, as an argparse type."""
    found = positive(text)
    if found > 1:
        raise argparse.ArgumentTypeError(f"a share up to 1 is wanted, not {text!r}")
    return found


def shard_of(text: str) -> tuple[int, int]:
    """Which part of how many, as an argparse type."""
    part, _, of = text.partition("/")
    if not (part.isdecimal() and of.isdecimal() and 1 <= int(part) <= int(of) <= 10_000):
        raise argparse.ArgumentTypeError(f"K/N is wanted, as in 1/8, not {text!r}")
    return int(part), int(of)


def positive(text: str) -> float:
    """A number above 0, as an argparse type."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < 1e6:
        raise argparse.ArgumentTypeError(f"a number above 0 is wanted, not {text!r}")
    return found


def count(text: str) -> int:
    """A whole number from 1 on, as an argparse type."""
    if not text.isdecimal() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError(f"a whole number from 1 to 256 is wanted, not {text!r}")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Take in, judge, hand back."""
    from checks.engine.ui.grading_screen import GradingScreen
    from checks.engine.ui.screen_text import Page, make_console

    if options.submissions[0] == "bundle" and not Path("bundle").exists():
        return bundle(options)
    inputs = only_inputs(options.submissions)
    listed = course()
    if options.merge:
        return join(options, inputs, listed)
    parts = parts_of(listed)
    roster = read_roster(Path(options.roster)) if options.roster else []
    intake = take_in(inputs, parts, pattern=options.names, roster=roster)
    book = gradebooks.read(Path(options.gradebook), options.column) if options.gradebook else None
    if options.shard:
        shard(intake, *options.shard)
    page = Page(make_console())
    say_intake(page, intake, listed_tiers := options.tier or tiers())
    if options.dry_run:
        return PASSED
    chosen = tuple(tier for tier in tiers() if tier in listed_tiers)
    data = folder_of(options.data, "--data") if options.data else None
    isolation = isolation_here()
    if isolation.level != "full" and not options.cluster:
        page.console.print(page.text(shut_in(isolation)))
        refuse_strangers(isolation, options.trust)
    if options.shard and options.seed is None:
        raise UsageError("--shard needs --seed N, the same one for all parts.")
    conditions = Conditions(tuple(listed), chosen, options.seed or 0, data)
    refuse_unknown(options.again, intake)
    out = out_folder(options.out, inputs)
    if options.shard and options.out is None:
        out = out.with_name(f"{out.name}-{options.shard[0]}-of-{options.shard[1]}")
    plan = Plan(
        out, conditions, options.workers or n_cores(), options.budget,
        options.again, options.points, book, stem(inputs[0].resolve().name),
        remote_of(options.cluster), options.similar, options.seed is None, isolation.level,
    )  # fmt: skip
    with GradingScreen(page.console) as screen:
        outcome = grade(plan, intake, screen.progress)
    return say_outcome(page, outcome)


def bundle(options: argparse.Namespace) -> int:
    """Pack what a platform needs to grade by itself, and say what has to be set there."""
    from checks.engine.ui.screen import Screen, make_console

    kind = options.submissions[1] if len(options.submissions) == 2 else ""
    if not kind or options.out is None:
        raise UsageError(
            f"grade bundle {' or '.join(KINDS)} --out FILE.zip is how it is asked for."
        )
    said = write_bundle(kind, Path(options.out), options.tier or ())
    Screen(make_console()).notice(f"{options.out} is written. {said}")
    return PASSED


def join(options: argparse.Namespace, folders: list[Path], listed: list[Listed]) -> int:
    """Join what was graded in parts."""
    from checks.engine.ui.screen_text import Page, make_console

    if options.out is None:
        raise UsageError("--merge needs --out DIR, where all of it goes.")
    book = gradebooks.read(Path(options.gradebook), options.column) if options.gradebook else None
    out = out_folder(options.out, folders)
    plan = Plan(
        out, Conditions(tuple(listed), tuple(tiers())), points=options.points, gradebook=book,
        title=out.resolve().name,
    )  # fmt: skip
    outcome, _ = merge(plan, folders)
    return say_outcome(Page(make_console()), outcome)


def remote_of(address: str | None) -> Remote | None:
    """How to judge elsewhere; None for here."""
    if address is None:
        return None
    from checks.engine.classroom.cluster import judge_on_cluster

    return partial(judge_on_cluster, address=address)


def out_folder(named: str | None, inputs: list[Path]) -> Path:
    """Where the results go."""
    if named is None:
        return Path("grades") / (inputs[0].resolve().name.split(".")[0] or "class")
    out = Path(named)
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {named}: that is a file, and a folder is wanted.")
    return out


def refuse_strangers(isolation: Isolation, is_trusted: bool) -> None:
    """Where nothing shuts code in, run only what the teacher vouches for."""
    if isolation.level == "process" and not is_trusted:
        raise UsageError(STRANGERS)


def refuse_unknown(again: list[str], intake: Intake) -> None:
    """See that `--again` names what there is."""
    for word in again:
        if word not in STATUSES and word not in intake.students:
            known = ", ".join(STATUSES)
            raise UsageError(f"--again {word}: neither {known}, nor a student's id.")


# What is said -------------------------------------------------------------------------------------


def say_intake(page: Page, intake: Intake, wanted: list[str]) -> None:
    """What came in, in a few lines."""
    students = list(intake.students.values())
    platforms = " and ".join(dict.fromkeys(intake.platforms))
    said = [f"{len(students)} {'students' if len(students) != 1 else 'student'} ({platforms})"]
    complete = sum(all(tier in s.files for tier in wanted) for s in students)
    said.append(f"all files found for {complete}")
    page.console.print(page.text("; ".join(said) + ".", "bold"))
    for tier in wanted:
        if lacking := [s for s in students if s.files and tier not in s.files]:
            page.console.print(page.text(f"  {len(lacking)} without {tier}.py"))
    empty = [s for s in students if s.is_empty]
    if empty:
        names = ", ".join(s.title for s in empty[:SHOWN]) + " …" * (len(empty) > SHOWN)
        page.console.print(page.line(f"  nothing to grade from {len(empty)}: {names}"))
    assumed = [(s, note) for s in students for note in (*s.problems, *s.notes)]
    for student, note in assumed[:SHOWN]:
        page.console.print(page.line(f"  {student.title}: {note}"))
    if len(assumed) > SHOWN:
        page.console.print(page.text(f"  … and {len(assumed) - SHOWN} more such notes"))
    if intake.unclear:
        page.console.print(
            page.text(f"  {len(intake.unclear)} unclear, such as {intake.unclear[0][0]}")
        )
    for note in intake.notes:
        page.console.print(page.text(f"  {note}"))


def say_outcome(page: Page, outcome: Outcome) -> int:
    """Who could not be judged, where the results are, and the exit status."""
    students = outcome.students
    left = [each for each in students if each.standing in UNGRADED]
    page.console.print(page.text(f"{len(students) - len(left)} of {len(students)} graded.", "bold"))
    for each in left[: 4 * SHOWN]:
        page.console.print(page.line(f"  {each.title}: {each.standing}; {each.note()}", limit=300))
    if len(left) > 4 * SHOWN:
        page.console.print(page.text(f"  … and {len(left) - 4 * SHOWN} more, in grades.csv"))
    for note in outcome.notes:
        page.console.print(page.text(f"  {note}"))
    for file in outcome.files:
        page.console.print(page.line(f"  {file}", "cyan", limit=400), soft_wrap=True)
    handed_in = [each for each in students if each.record.files]
    if handed_in and all(each.standing == "infra" for each in handed_in):
        return INFRA
    return NOT_ALL if left else PASSED
