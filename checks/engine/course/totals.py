"""What a list of verdicts adds up to: tier by tier, for the screen and for the reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from checks.engine.course.questions import ANSWERS
from checks.engine.course.verdict import Check, Status, Verdict


@dataclass(frozen=True)
class Totals:
    """The sums of one tier, or of several.

    `checks` and `points` count what could be judged, so that a fault of the kit's own is never
    counted as a zero: those checks stand in `unjudged` alone.
    """

    tier: str
    checks: int = 0
    passed: int = 0
    wrong: int = 0
    unjudged: int = 0
    points: int = 0
    earned: int = 0
    missing: int = 0  # of the wrong ones, those whose file was not handed in
    stand_ins: tuple[str, ...] = ()  # the tiers that were taken from the reference for these checks

    @property
    def complete(self) -> bool:
        """Every check of the tier was judged and has passed."""
        return self.checks > 0 and self.passed == self.checks and not self.unjudged


def tally(verdicts: Iterable[Verdict], expected: Iterable[Check] = ()) -> list[Totals]:
    """The totals of each tier, in the order in which the tiers first appear.

    A check in `expected` without a verdict counts in `checks` and `points`, and as not passed.
    """
    judged = {verdict.check: verdict for verdict in verdicts}
    pending = {check.check: check for check in expected}
    tiers: dict[str, Totals] = {}
    for item in (pending | judged).values():
        before = tiers.get(item.tier, Totals(item.tier))
        tiers[item.tier] = add(before, of_one(item))
    return list(tiers.values())


def of_one(item: Verdict | Check) -> Totals:
    """What one check adds to its tier."""
    if isinstance(item, Check):
        return Totals(item.tier, checks=1, points=item.points)
    if item.status is Status.INFRA:
        return Totals(item.tier, unjudged=1)
    return Totals(
        item.tier,
        checks=1,
        passed=int(item.status is Status.PASSED),
        wrong=int(item.status.is_wrong),
        points=item.points,
        earned=item.earned,
        missing=int(item.status is Status.MISSING),
        stand_ins=tuple(each.tier for each in item.stand_ins),
    )


def add(one: Totals, other: Totals) -> Totals:
    """Two sums in one, under the first's name."""
    return Totals(
        one.tier,
        checks=one.checks + other.checks,
        passed=one.passed + other.passed,
        wrong=one.wrong + other.wrong,
        unjudged=one.unjudged + other.unjudged,
        points=one.points + other.points,
        earned=one.earned + other.earned,
        missing=one.missing + other.missing,
        stand_ins=tuple(dict.fromkeys(one.stand_ins + other.stand_ins)),
    )


def total(tiers: Iterable[Totals], name: str = "all") -> Totals:
    """The sum over several tiers."""
    result = Totals(name)
    for tier in tiers:
        result = add(result, tier)
    return result


def by_cause(verdicts: Iterable[Verdict]) -> list[list[Verdict]]:
    """The wrong verdicts, those with one cause together.

    A file that does not even import, say, or one mistake in a step that several checks look at.
    Exceptions on one line are one cause, whatever numbers the message holds each time.
    """
    causes: dict[tuple[object, ...], list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.status.is_wrong:
            is_named = verdict.mistake_id or verdict.status is not Status.FAILED
            alone = "" if is_named else verdict.check
            is_raised = verdict.status is Status.ERROR and verdict.frames and not verdict.subject
            how = verdict.frames[-1:] if is_raised else (verdict.came, verdict.frames)
            cause = (verdict.tier, verdict.mistake_id, how, alone)
            causes.setdefault(cause, []).append(verdict)
    return list(causes.values())


def next_verdict(verdicts: Sequence[Verdict]) -> Verdict | None:
    """The check to work on next: in the first unfinished tier, one that is wrong before a to-do.

    Someone who has just written something wants to hear about that first, a later tier builds on an
    earlier one, and the questions come when the code is done. None when nothing is left that a
    learner could do.
    """
    for tier in dict.fromkeys(verdict.tier for verdict in verdicts):
        mine = [verdict for verdict in verdicts if verdict.tier == tier]
        wrong = (verdict for verdict in mine if verdict.status.is_wrong)
        to_do = [verdict for verdict in mine if verdict.status is Status.TODO]
        code = (verdict for verdict in to_do if verdict.about != ANSWERS)
        waiting = (verdict for verdict in mine if verdict.status is Status.BLOCKED)
        for candidates in (wrong, code, waiting, iter(to_do)):
            if (found := next(candidates, None)) is not None:
                return found
    return None
