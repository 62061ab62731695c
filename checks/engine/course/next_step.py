"""What to do next: after a run, at a glance, at each save."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from checks.engine.course.totals import next_verdict
from checks.engine.course.verdict import Status, Verdict
from checks.engine.paths import short, tiers


@dataclass(frozen=True)
class NextStep:
    """What to do, and the command that belongs to it.

    `what` is in words, as in "fix noise_statistics in exercises/beginner.py"; `command` is what
    stands behind `python run_checks.py`; with `is_edit`, a file is edited before it is run.
    """

    what: str
    command: str
    is_edit: bool = False

    def said(self, solutions: str | None = None) -> str:
        """The step with its command on a line of its own, on the same folder of solutions."""
        lead = ", then run" if self.is_edit else ""
        return f"{self.what}{lead}:\n  {command(self.command, solutions)}"


TRAINING = NextStep("train your GAN for real, and look at what it makes", "train")


def next_step(verdicts: Sequence[Verdict]) -> NextStep | None:
    """What to do after these verdicts; None where there is nothing that a learner could do."""
    following = next_verdict(verdicts)
    if following is None:
        if any(verdict.status is not Status.PASSED for verdict in verdicts):
            return None
        for each in (each for verdict in verdicts for each in verdict.stand_ins):
            return NextStep(f"fix {each.tier}.py", each.tier, is_edit=True)
        later = tiers()[tiers().index(verdicts[-1].tier) + 1 :]
        return NextStep(f"on to {later[0]}", later[0]) if later else TRAINING
    where = following.location
    if following.status is Status.MISSING:
        what = f"put {following.subject} in its place"
    elif following.subject:
        what = f"fix {following.subject}"
    elif following.status is Status.BLOCKED:
        what = f"write {following.awaited or 'what it waits for'}"
    elif following.status.is_open:
        what = f"{following.came[0].lower()}{following.came[1:].rstrip('.')}"
    elif where:
        what = f"fix {where.function} in {short(where.file)}"
    else:
        what = f"fix the {following.tier} file"
    return NextStep(what, following.tier, is_edit=True)


def command(words: str, solutions: str | None = None) -> str:
    """A command to run, on the same folder of solutions."""
    quoted = f'"{solutions}"' if solutions and " " in solutions else solutions
    return f"python run_checks.py {words}" + (f" --solutions {quoted}" if quoted else "")
