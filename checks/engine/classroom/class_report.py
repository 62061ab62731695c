"""The class at a glance: who stands where, what was misunderstood, what to say in the next lecture.

`summary` counts; `page` shows it, in one file that needs nothing else. Students' code appears as
anonymous excerpts only.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from checks.engine.classroom.feedback import page_style
from checks.engine.classroom.results import UNGRADED, Graded
from checks.engine.course.verdict import Check, Status
from checks.engine.html import environment, policy
from checks.mistakes import CATALOGUE

HERE = Path(__file__).parent
BINS = 10
TOGETHER, SHOWN_PAIRS = 3, 8  # students who have both, before a pair is worth a word
SLOWEST = 10
MAX_ROWS = 400
LEAST_CLASS = 5  # before it is odd that nobody, or everybody, passes a check


@dataclass(frozen=True)
class CheckRow:
    """How a class did on one check."""

    check: Check
    passed: int
    of: int
    is_odd: bool

    @property
    def share(self) -> float:
        """The share that passed, in percent."""
        return 100 * self.passed / self.of if self.of else 0.0


@dataclass(frozen=True)
class MistakeRow:
    """A named mistake: how many made it, and what to say about it."""

    id: str
    name: str
    count: int
    symptom: str
    why: str
    hints: tuple[str, ...]
    excerpt: str


@dataclass(frozen=True)
class TierRow:
    """How far a class came in one tier."""

    tier: str
    handed_in: int
    complete: int
    mean: float


@dataclass(frozen=True)
class Moved:
    """A student whose points are not what they were, and why."""

    title: str
    before: float
    after: float
    why: str


@dataclass(frozen=True)
class Summary:
    """A class, counted."""

    students: int
    judged: int
    median: float
    of: int
    bins: tuple[int, ...]
    tiers: tuple[TierRow, ...]
    checks: tuple[CheckRow, ...]
    mistakes: tuple[MistakeRow, ...]
    unnamed: int
    pairs: tuple[tuple[str, str, int], ...]
    moved: tuple[Moved, ...]
    slowest: tuple[tuple[str, float], ...]
    left_out: tuple[tuple[str, str, str], ...]
    missing: tuple[str, ...]
    late: tuple[tuple[str, str], ...]


def summary(students: Sequence[Graded]) -> Summary:
    """Count what there is to count."""
    judged = [each for each in students if each.standing not in UNGRADED]
    present = [each for each in judged if each.record.files]
    of = students[0].of if students else 0
    points = [each.points() for each in present]
    by_student = {each.key: mistakes_of(each) for each in present}
    counts = Counter(name for names in by_student.values() for name in names)
    pairs = Counter(
        pair for names in by_student.values() for pair in combinations(sorted(names), 2)
    )
    often = [(*pair, count) for pair, count in pairs.most_common(SHOWN_PAIRS) if count >= TOGETHER]
    return Summary(
        len(students),
        len(judged),
        statistics.median(points) if points else 0.0,
        of,
        bins(points, of),
        tuple(tier_row(present, tier) for tier in (students[0].tiers if students else ())),
        tuple(check_row(present, check) for check in (students[0].checks if students else ())),
        tuple(mistake_row(present, name, count) for name, count in ranked(counts)),
        sum(has_unnamed(each) for each in present),
        tuple((name_of(one), name_of(two), count) for one, two, count in often),
        tuple(moved(judged)),
        tuple(slowest(present)),
        tuple((e.title, e.standing, e.note()) for e in students if e.standing in UNGRADED),
        tuple(each.title for each in students if each.standing == "missing"),
        tuple((e.title, e.note()) for e in present if is_late(e)),
    )


def mistakes_of(student: Graded) -> frozenset[str]:
    """The ids of the mistakes that a student made."""
    first = {each.mistake_id for each in student.verdicts if each.mistake_id}
    return frozenset(first | {o.mistake_id for each in student.verdicts for o in each.further})


def has_unnamed(student: Graded) -> bool:
    """Whether something is wrong that no mistake of the catalogue names."""
    return any(each.status.is_wrong and not each.mistake_id for each in student.verdicts)


def ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """The most frequent first; of equals in the catalogue's order."""
    order = {name: place for place, name in enumerate(CATALOGUE)}
    return sorted(counts.items(), key=lambda each: (-each[1], order.get(each[0], 0)))


def name_of(mistake: str) -> str:
    """A mistake's name."""
    return CATALOGUE[mistake].name if mistake in CATALOGUE else mistake


def bins(points: Sequence[float], of: int) -> tuple[int, ...]:
    """How many are in each tenth of the points; the last holds those who have them all."""
    found = [0] * BINS
    for each in points:
        found[min(int(BINS * each / max(of, 1)), BINS - 1)] += 1
    return tuple(found)


def tier_row(students: Sequence[Graded], tier: str) -> TierRow:
    """How far they came in a tier."""
    checks = [c for c in (students[0].checks if students else ()) if c.tier == tier]
    of = sum(check.points for check in checks)
    with_file = [each for each in students if tier not in each.absent]
    complete = sum(each.points(tier) == of for each in with_file)
    mean = statistics.fmean(each.points(tier) for each in students) if students else 0.0
    return TierRow(tier, len(with_file), complete, 100 * mean / of if of else 0.0)


def check_row(students: Sequence[Graded], check: Check) -> CheckRow:
    """How they did on a check, those without a file among those who did not pass."""
    passed = sum(
        any(v.check == check.check and v.status is Status.PASSED for v in each.verdicts)
        for each in students
    )
    is_odd = len(students) >= LEAST_CLASS and passed in (0, len(students))
    return CheckRow(check, passed, len(students), is_odd)


def mistake_row(students: Sequence[Graded], mistake: str, count: int) -> MistakeRow:
    """A mistake with the shortest excerpt that shows it."""
    excerpts = [
        each.excerpts[verdict.check]
        for each in students for verdict in each.verdicts
        if verdict.mistake_id == mistake and each.excerpts.get(verdict.check)
    ]  # fmt: skip
    chosen = min(excerpts, key=lambda text: (len(text), text), default="")
    if (known := CATALOGUE.get(mistake)) is None:
        return MistakeRow(mistake, mistake, count, "", "", (), chosen)
    return MistakeRow(mistake, known.name, count, known.symptom, known.why, known.hints, chosen)


def moved(students: Sequence[Graded]) -> list[Moved]:
    """Who has other points than last time, the largest change first."""
    found = [
        Moved(
            each.title, each.before, each.points(),
            "handed in anew" if each.is_new else "the same files under other checks",
        )
        for each in students if each.before is not None and each.before != each.points()
    ]  # fmt: skip
    return sorted(found, key=lambda each: -abs(each.after - each.before))[:MAX_ROWS]


def slowest(students: Sequence[Graded]) -> list[tuple[str, float]]:
    """Whose checks took longest."""
    times = sorted(((each.title, each.seconds) for each in students), key=lambda e: -e[1])
    return times[:SLOWEST]


def is_late(student: Graded) -> bool:
    """Whether something of a student's did not end by itself."""
    ends = (Status.TIMEOUT, Status.MEMORY, Status.CRASHED)
    return any(each.status in ends for each in student.verdicts)


# How it is shown ----------------------------------------------------------------------------------


def page(counted: Summary, title: str, facts: Sequence[tuple[str, str]]) -> str:
    """`report.html`: the class in one file, for light and dark screens.

    Args:
        counted: the class.
        title: what it is called.
        facts: under what conditions it was judged, as labels and values.
    """
    from markupsafe import Markup

    style = Markup(page_style())  # the kit's own, so it is not escaped
    template = environment(HERE).get_template("class_report.html.j2")
    return template.render(
        counted=counted, title=title, facts=facts, style=style, policy=policy(style),
        highest=max([1, *counted.bins]),
    )  # fmt: skip


def as_data(counted: Summary, students: Sequence[Graded]) -> dict[str, Any]:
    """The same for programs."""
    return {
        "schema": 1,
        "students": [
            {
                "student": each.key, "name": each.record.name, "status": each.standing,
                "points": None if each.standing in UNGRADED else each.points(), "of": each.of,
                "tiers": {tier: each.points(tier) for tier in each.tiers},
                "files": each.record.files, "note": each.note(),
                "mistakes": sorted(mistakes_of(each)),
            }
            for each in students
        ],
        "checks": {
            row.check.check: {"title": row.check.title, "passed": row.passed, "of": row.of}
            for row in counted.checks
        },
        "mistakes": {row.id: row.count for row in counted.mistakes},
    }  # fmt: skip
