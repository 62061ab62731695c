"""The grading of a class, from what came in to what goes out; what the command `grade` does."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from pathlib import Path

from checks.engine.classroom import class_report, feedback, gradebooks, similarity, tables
from checks.engine.classroom.handed_in import HandedIn
from checks.engine.classroom.intake import Intake
from checks.engine.classroom.keys import Conditions, kit_version
from checks.engine.classroom.ledger import FILE, Ledger, Record, Score
from checks.engine.classroom.pool import Pool, Progress, Remote
from checks.engine.classroom.results import UNGRADED, Graded, graded
from checks.engine.course.verdict import Status
from checks.engine.errors import InfraError, UsageError
from checks.engine.files import reason, replace
from checks.engine.paths import EXERCISES, REFERENCE
from checks.engine.runner import reports

STATUSES = {
    "failed": (Status.FAILED, Status.ERROR, Status.CRASHED, Status.MEMORY, Status.MISSING),
    "infra": (Status.INFRA,),
    "timeout": (Status.TIMEOUT,),
    "all": tuple(Status),
}


@dataclass(frozen=True)
class Plan:
    """How a class is to be graded.

    `again` are words of STATUSES, or keys of students, whose verdicts are not taken from the
    ledger. `points` is what all points are scaled to. With `draws_seed` the seed is drawn when a
    class is graded first, and kept in its ledger.
    """

    out: Path
    conditions: Conditions
    workers: int = 1
    budget: float = 240.0
    again: Collection[str] = ()
    points: float | None = None
    gradebook: gradebooks.Gradebook | None = None
    title: str = "The class"
    remote: Remote | None = None
    similar: float | None = None
    draws_seed: bool = False
    isolation: str = "not known"


@dataclass
class Outcome:
    """A class graded: everybody, the files that were written, and what the teacher should know."""

    students: list[Graded]
    files: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def grade(plan: Plan, intake: Intake, progress: Progress) -> Outcome:
    """Judge everybody who has not been judged, and write what there is to hand back.

    A run that is broken off leaves the finished ones in the ledger, and the tables of these.

    Raises:
        InfraError: nothing can be written.
        KeyboardInterrupt: it was broken off.
    """
    students = list(intake.students.values())
    ledger = Ledger(plan.out)
    try:
        if plan.draws_seed:  # kept answers are of no use with a seed that nobody knows
            known = ledger.last_seed()
            seed = secrets.randbelow(2**31) if known is None else known
            plan = replaced(plan, conditions=replaced(plan.conditions, seed=seed))
        settings = {
            "tiers": plan.conditions.tiers, "seed": plan.conditions.seed,
            "platforms": intake.platforms, "unclear": intake.unclear,
        }  # fmt: skip
        ledger.begin(kit_version(), settings, [record_of(each) for each in students])
        pool = Pool(
            ledger, plan.conditions, progress, plan.workers, plan.budget,
            again=[status for word in plan.again for status in STATUSES.get(word, ())],
            redone=[word for word in plan.again if word not in STATUSES],
            stubs=stubs(plan.conditions.tiers), remote=plan.remote,
        )  # fmt: skip
        try:
            pool.judge(students)
        finally:
            outcome = hand_back(plan, ledger, intake)
        ledger.end(scores(outcome))
        return outcome
    finally:
        ledger.close()


def merge(plan: Plan, folders: Sequence[Path]) -> tuple[Outcome, Intake]:
    """Join what was graded apart, as in an array job, and write what there is to hand back.

    Raises:
        UsageError: they were not graded under the same conditions.
        InfraError: nothing can be written.
    """
    ledger, intake = Ledger(plan.out), Intake()
    try:
        ledger.begin(kit_version(), {}, [])
        known: dict[str, object] = {}
        for folder in folders:
            settings = ledger.absorb(folder / FILE)
            same = {name: settings.get(name) for name in ("tiers", "seed", "kit")}
            if known and same != known:
                raise UsageError(f"{folder} was graded under other conditions than the first.")
            known = same
            intake.platforms += texts(settings.get("platforms"))
            intake.unclear += [(one, two) for one, two in pairs(settings.get("unclear"))]
        tiers = tuple(texts(known.get("tiers")))
        conditions = replaced(plan.conditions, tiers=tiers, seed=int(str(known.get("seed") or 0)))
        plan = replaced(plan, conditions=conditions)
        outcome = hand_back(plan, ledger, intake)
        ledger.end(scores(outcome))
        return outcome, intake
    finally:
        ledger.close()


def texts(held: object) -> list[str]:
    """The texts in a list from a ledger."""
    return [str(each) for each in held] if isinstance(held, list) else []


def pairs(held: object) -> list[tuple[str, str]]:
    """The pairs of texts in a list from a ledger."""
    rows = held if isinstance(held, list) else []
    return [(str(row[0]), str(row[1])) for row in rows if isinstance(row, list) and len(row) == 2]


def shard(intake: Intake, part: int, of: int) -> None:
    """Leave every `of`-th student in a class, from the `part`-th on (from 1)."""
    keys = sorted(intake.students)
    intake.students = {key: intake.students[key] for key in keys[part - 1 :: of]}
    intake.unclear = intake.unclear if part == 1 else []


def scores(outcome: Outcome) -> dict[str, Score]:
    """What everybody has who has a grade, for the next run to compare with."""
    return {
        each.key: Score(each.points(), each.record.digest)
        for each in outcome.students
        if each.standing not in UNGRADED
    }


def record_of(student: HandedIn) -> Record:
    """What the ledger keeps of a student."""
    digests = [f"{name} {file.digest}" for name, file in sorted(student.files.items())]
    return Record(
        student.key,
        student.name,
        student.email,
        {tier: file.path for tier, file in student.files.items()},
        hashlib.sha256(" ".join(digests).encode()).hexdigest()[:16],
        student.notes,
        student.problems,
        [f"{path}: {why}" for path, why in student.unclear],
        {
            tier: [(each.cell, each.line) if each else (0, 0) for each in file.places]
            for tier, file in student.files.items() if file.places
        },
    )  # fmt: skip


def stubs(tiers: Sequence[str]) -> dict[str, bytes]:
    """The exercises as they are handed out, by tier."""
    files = {tier: EXERCISES / f"{tier}.py" for tier in tiers}
    return {tier: file.read_bytes() for tier, file in files.items() if file.is_file()}


def hand_back(plan: Plan, ledger: Ledger, intake: Intake) -> Outcome:
    """Write all that there is to say about a class."""
    checks = [each.check for each in plan.conditions.checks]
    outcome = Outcome(graded(ledger, checks))
    students = outcome.students
    counted = class_report.summary(students)
    facts = facts_of(plan, intake)
    files: dict[str, str | bytes] = {
        "grades.csv": tables.grades(students, plan.conditions.tiers, plan.points),
        "report.html": class_report.page(counted, plan.title, facts),
        "class.json": as_json(class_report.as_data(counted, students) | {"facts": dict(facts)}),
    }
    if intake.unclear:
        files["unclear.csv"] = tables.unclear(intake.unclear)
    if plan.gradebook is not None:
        book = gradebooks.filled(plan.gradebook, students, plan.points)
        files[book.name] = book.text
        outcome.notes += book.notes
    files |= feedback_files(plan, intake, students)
    if plan.similar is not None:
        files["similar.html"] = similar_page(plan, intake, plan.similar)
    for name, text in files.items():
        write(plan.out / name, text)
    outcome.files = [plan.out / name for name in files if "/" not in name]
    outcome.files.append(plan.out / "feedback")
    return outcome


def feedback_files(
    plan: Plan, intake: Intake, students: Sequence[Graded]
) -> dict[str, str | bytes]:
    """What each student gets back, by the file's path, and for Moodle all of it in one."""
    files: dict[str, str | bytes] = {}
    places, pages = feedback.folders(students), []
    for each in students:
        if not each.record.files and not each.record.problems:
            continue
        words = feedback.feedback(each, plan.points)
        page, place = feedback.as_html(words), f"feedback/{places[each.key]}"
        files[f"{place}/feedback.html"] = page
        files[f"{place}/feedback.md"] = feedback.as_markdown(words)
        files[f"{place}/verdicts.json"] = reports.as_json(each.verdicts, {"student": each.key})
        pages.append((each, page))
    if "Moodle" in intake.platforms:
        files["feedback-moodle.zip"] = feedback.moodle_zip(pages)
    return files


def similar_page(plan: Plan, intake: Intake, least: float) -> str:
    """The pairs that are alike, for a person to read."""
    files = {
        each.title: {tier: file.contents for tier, file in each.files.items()}
        for each in intake.students.values()
    }
    given = {
        tier: [
            (folder / f"{tier}.py").read_bytes()
            for folder in (EXERCISES, REFERENCE) if (folder / f"{tier}.py").is_file()
        ]
        for tier in plan.conditions.tiers
    }  # fmt: skip
    return similarity.page(similarity.pairs(files, given, least), least)


def facts_of(plan: Plan, intake: Intake) -> list[tuple[str, str]]:
    """Under what conditions a class was judged."""
    return [
        ("Handed in through", " and ".join(dict.fromkeys(intake.platforms))),
        ("Tiers", ", ".join(plan.conditions.tiers)),
        ("Seed", str(plan.conditions.seed)),
        ("Isolation of the code under check", plan.isolation),
        ("The kit's checks", kit_version()),
    ]


def as_json(data: dict[str, object]) -> str:
    """Data for programs; ASCII, since half a surrogate pair could not be encoded."""
    return json.dumps(data, indent=1, ensure_ascii=True) + "\n"


def write(path: Path, text: str | bytes) -> None:
    """Write a file that is there whole or not at all; one that is right already stays.

    Raises:
        InfraError: it can't be written.
    """
    contents = text.encode("utf-8", "replace") if isinstance(text, str) else text
    try:
        if path.is_file() and path.read_bytes() == contents:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, contents)
    except OSError as error:
        raise InfraError(f"{path.name} can't be written: {reason(error)}.") from None
