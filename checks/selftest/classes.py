"""Classes for tests: students, a stand-in for the judge that starts no process, verdicts at hand.

`python -m checks.selftest.classes SUBMISSIONS OUT` grades with the stand-in in a process of its
own, for tests that kill it.
"""

from __future__ import annotations

import base64
import dataclasses
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import msgspec

from checks.engine.classroom import pool
from checks.engine.classroom.cluster import Delivery, Order
from checks.engine.classroom.grading import Plan, grade
from checks.engine.classroom.handed_in import HandedIn, TierFile, parts_of
from checks.engine.classroom.intake import Intake, take_in
from checks.engine.classroom.judging import Bench, Wanted
from checks.engine.classroom.keys import Conditions
from checks.engine.classroom.ledger import Record
from checks.engine.classroom.pool import Progress
from checks.engine.classroom.results import Graded
from checks.engine.course.listing import course
from checks.engine.course.verdict import Check, Frame, Status, Verdict
from checks.engine.paths import tiers
from checks.mistakes import CATALOGUE

COURSE = tuple(course())
CHECKS = tuple(each.check for each in COURSE)
ABOUT = {each.check.check: each.about for each in COURSE}


def conditions(*chosen: str, seed: int = 0) -> Conditions:
    """The conditions of a class of these tiers, or of all."""
    return Conditions(COURSE, chosen or tuple(tiers()), seed)


def handed_in(key: str, name: str = "", **files: str) -> HandedIn:
    """A student who handed in these texts, by tier."""
    held = {tier: TierFile(text.encode(), f"{tier}.py") for tier, text in files.items()}
    return HandedIn(key, name, files=held)


def intake(*students: HandedIn, platform: str = "folders") -> Intake:
    """These students as a class."""
    return Intake([platform], {student.key: student for student in students})


def verdict(
    check: Check, status: Status = Status.PASSED, mistake: str = "", line: int = 0
) -> Verdict:
    """A verdict with all the words that a real one has."""
    found = Verdict(**dataclasses.asdict(check), status=status, seconds=0.25)
    if status is Status.FAILED and mistake:
        found = named(found, mistake)
    elif status.is_wrong:
        found = dataclasses.replace(
            found, came=f"It ended as {status.value}.", expected="An end.", why="It matters.",
            hint="Look at it.",
        )  # fmt: skip
    elif status.is_open:
        found = dataclasses.replace(found, came="Write it.")
    if line:
        place = Frame(f"{check.tier}.py", line, ABOUT[check.check], "return noise")
        found = dataclasses.replace(found, location=place, frames=(place,))
    return found


def named(found: Verdict, mistake: str) -> Verdict:
    """The verdict with a mistake of the catalogue, as a check names it."""
    known = CATALOGUE[mistake]
    return dataclasses.replace(
        found, came="Shape (5,).", expected="Shape (1, 5).", why=known.why,
        hint=" ".join(known.hints[:2]), mistake=known.name, mistake_id=known.id,
    )  # fmt: skip


def graded(
    key: str, name: str = "", wrong_ones: Mapping[str, str] | None = None,
    absent: Sequence[str] = (), **fields: object,
) -> Graded:  # fmt: skip
    """A student with all right but these checks, each with the id of its mistake."""
    wrong_ones = wrong_ones or {}
    files = {tier: f"{tier}.py" for tier in tiers() if tier not in absent}
    verdicts = tuple(
        verdict(check, Status.FAILED, wrong_ones[check.check], 7)
        if check.check in wrong_ones else verdict(check)
        for check in CHECKS if check.tier not in absent
    )  # fmt: skip
    excerpts = dict.fromkeys(wrong_ones, "def wrong():\n    return 1")
    record = Record(key, name, files=files, digest=key)
    found = Graded(record, CHECKS, verdicts, excerpts)
    return dataclasses.replace(found, **fields)  # type: ignore[arg-type]


@dataclass
class StandIn:
    """Judges by words in the files: one that says "ends as failed" ends its checks so.

    `judged` are the checks that it was asked about, student by student.
    """

    seconds: float = 0.0
    judged: list[tuple[str, int]] = field(default_factory=list)

    def __call__(
        self, bench: Bench, wanted: Wanted,
        begun: Callable[[str], None] = lambda tier: None,
        judged: Callable[[str, list[Verdict]], None] = lambda tier, verdicts: None,
    ) -> None:  # fmt: skip
        """What `judge_tiers` does."""
        for tier, checks in wanted.tiers.items():
            begun(tier)
            time.sleep(self.seconds)
            text = wanted.files[f"{tier}.py"].decode()
            self.judged.append((tier, len(checks)))
            judged(tier, [verdict(check, status_in(text)) for check in checks])


def work_of_stand_in(order: bytes) -> bytes:
    """What a cluster's worker does with the stand-in; a file may end the worker's process."""
    wanted = msgspec.json.decode(order, type=Order)
    found: list[Verdict] = []
    for tier, checks in wanted.tiers.items():
        text = base64.b64decode(wanted.files[f"{tier}.py"]).decode()
        if "ends the worker" in text:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.15)
        found += [verdict(check, status_in(text)) for check in checks]
    return msgspec.json.encode(Delivery(found))


def text_of(tier: str, word: str, number: int = 0) -> str:
    """A tier's file whose checks the stand-in ends so; with another number it is other code."""
    parts = dict.fromkeys(each.about for each in COURSE if each.check.tier == tier)
    return "".join(f"{part} = ['ends as {word}', {number}]\n" for part in parts)


def status_in(text: str) -> Status:
    """The status that a text names in "ends as STATUS"; passed where it names none."""
    found = re.search(r"ends as (\w+)", text)
    return Status(found.group(1)) if found else Status.PASSED


def main() -> None:
    """Grade a folder with the stand-in, slowly."""
    found = take_in([Path(sys.argv[1])], parts_of(COURSE))
    plan = Plan(Path(sys.argv[2]), conditions(), workers=2)
    with patch.object(pool, "judge_tiers", StandIn(0.02)):
        grade(plan, found, Progress(finished=lambda student, seconds: print(student, flush=True)))


if __name__ == "__main__":
    main()
