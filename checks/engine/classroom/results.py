"""What a class has come to: each student's verdicts, points and standing."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from checks.engine.classroom.ledger import Ledger, Record
from checks.engine.course.verdict import Check, Frame, Status, Verdict
from checks.engine.plain_text import inert

Standing = Literal["graded", "partly", "missing", "unclear", "infra"]
UNGRADED: tuple[Standing, ...] = ("unclear", "infra")  # of whom nothing is said in a gradebook


@dataclass(frozen=True)
class Graded:
    """One student, as far as there is something to say.

    `checks` are those of the tiers that were asked for. `before` are the points of an earlier run,
    if there was one, and `is_new` whether something else had been handed in then.
    """

    record: Record
    checks: tuple[Check, ...]
    verdicts: tuple[Verdict, ...] = ()
    excerpts: dict[str, str] = field(default_factory=dict)
    is_done: bool = True
    before: float | None = None
    is_new: bool = False

    @property
    def key(self) -> str:
        """The student's id."""
        return self.record.key

    @property
    def title(self) -> str:
        """How people call the student; safe to show."""
        return inert(self.record.name or self.record.key, 100)

    @property
    def of(self) -> int:
        """All points that there are."""
        return sum(check.points for check in self.checks)

    @property
    def tiers(self) -> list[str]:
        """The tiers that were asked for."""
        return list(dict.fromkeys(check.tier for check in self.checks))

    @property
    def absent(self) -> list[str]:
        """The tiers of which no file was handed in."""
        return [tier for tier in self.tiers if tier not in self.record.files]

    @property
    def unjudged(self) -> list[Check]:
        """The checks on what was handed in of which there is no verdict: the kit failed."""
        judged = {v.check for v in self.verdicts if v.status is not Status.INFRA}
        return [
            check for check in self.checks
            if check.tier in self.record.files and check.check not in judged
        ]  # fmt: skip

    @property
    def standing(self) -> Standing:
        """Whether there is a grade, and of what kind."""
        if self.record.unclear:
            return "unclear"
        if self.record.files and (not self.is_done or self.unjudged):
            return "infra"
        if self.absent and self.record.problems:  # perhaps handed in, and not to be read
            return "unclear"
        if not self.record.files:
            return "missing"
        return "partly" if self.absent else "graded"

    @property
    def seconds(self) -> float:
        """How long the judging took."""
        return sum(verdict.seconds for verdict in self.verdicts)

    def points(self, tier: str = "") -> int:
        """What was earned, in one tier or in all."""
        return sum(v.earned for v in self.verdicts if tier in ("", v.tier))

    def note(self) -> str:
        """A few words for a table."""
        said = []
        if not self.record.files:
            said.append("nothing was handed in")
        elif self.absent:
            missing = " and ".join(f"{tier}.py" for tier in self.absent)
            said.append(f"no {missing} was handed in")
        if self.record.files and not self.is_done:
            said.append("not judged yet: run the same command again")
        elif self.unjudged:
            said.append(f"{len(self.unjudged)} checks could not be judged, by no fault of theirs")
        for status, words in (
            (Status.TIMEOUT, "over time"), (Status.MEMORY, "over memory"),
            (Status.CRASHED, "broke its process"),
        ):  # fmt: skip
            if count := sum(v.status is status for v in self.verdicts):
                said.append(f"{count} checks {words}")
        sentences = [text.rstrip(".") for text in (*self.record.unclear, *self.record.problems)]
        return "; ".join([*said, *sentences, *(n.rstrip(".") for n in self.record.notes)])


def scaled(points: float, of: int, to: float | None) -> float:
    """Points on another scale, to two places; as they are without one."""
    if to is None or not of:
        return points
    return round(points * to / of, 2)


def number(value: float) -> str:
    """Points for a table: without a decimal part where there is none."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def in_cells(verdict: Verdict, record: Record) -> Verdict:
    """The verdict with each line of a notebook where the learner wrote it."""
    if not record.places:
        return verdict
    location = in_cell(verdict.location, record) if verdict.location else None
    frames = tuple(in_cell(frame, record) for frame in verdict.frames)
    return dataclasses.replace(verdict, frames=frames, location=location)


def in_cell(frame: Frame, record: Record) -> Frame:
    """A line of a tier's file in the notebook that it came from."""
    tier = frame.file.removesuffix(".py")
    places = record.places.get(tier, [])
    if not 0 < frame.line <= len(places):
        return frame
    cell, line = places[frame.line - 1]
    name = record.files[tier].rpartition("/")[2]
    if not cell:
        return dataclasses.replace(frame, file=name)
    return dataclasses.replace(frame, file=name, line=line, cell=cell)


def graded(ledger: Ledger, checks: Sequence[Check]) -> list[Graded]:
    """Everybody in a ledger, with what was found."""
    before = ledger.before()
    wanted = {check.check: place for place, check in enumerate(checks)}
    found = []
    for record, state in ledger.students():
        kept = ledger.verdicts(record.key) if state == "done" else {}
        mine = [
            each for check, each in kept.items()
            if check in wanted and each.verdict.tier in record.files
        ]  # fmt: skip
        mine.sort(key=lambda each: wanted[each.verdict.check])
        earlier = before.get(record.key)
        found.append(
            Graded(
                record,
                tuple(checks),
                tuple(in_cells(each.verdict, record) for each in mine),
                {each.verdict.check: each.excerpt for each in mine if each.excerpt},
                state == "done",
                earlier.points if earlier else None,
                bool(earlier and earlier.files != record.digest),
            )
        )
    return found
