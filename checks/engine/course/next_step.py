"""What to do next: after a run, at a glance, at each save."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace

from checks.engine.course.questions import ANSWERS
from checks.engine.course.totals import next_verdict
from checks.engine.course.verdict import Status, Verdict
from checks.engine.paths import short, tiers


@dataclass(frozen=True)
class NextStep:
    """What to do, and the command that belongs to it.

    `what` is in words, as in "fix noise_statistics in exercises/beginner.py"; `command` is what
    stands behind `python run_checks.py`; with `is_edit`, `file` is edited before it is run. `then`
    is what comes after it, or helps with it.
    """

    what: str
    command: str
    is_edit: bool = False
    file: str = ""
    then: NextStep | None = None

    def said(self, solutions: str | None = None) -> str:
        """The step with its command on a line of its own, on the same folder of solutions."""
        lead = ", then run" if self.is_edit else ""
        later = f"\n{self.then.said(solutions)}" if self.then else ""
        return f"{self.what}{lead}:\n  {command(self.command, solutions)}{later}"


HINT = NextStep("or get a hint on it", "hint")
TRAINING = NextStep(
    "train your GAN for real", "train", then=NextStep("then look at it", "report --open")
)


def next_step(verdicts: Sequence[Verdict], stuck: Container[str] = ()) -> NextStep | None:
    """What to do after these verdicts; None where there is nothing that a learner could do.

    On a check in `stuck`, which has failed before, there is a hint.
    """
    following = next_verdict(verdicts)
    if following is None:
        if any(verdict.status is not Status.PASSED for verdict in verdicts):
            return None
        for each in (each for verdict in verdicts for each in verdict.stand_ins):
            return NextStep(f"fix {each.tier}.py", each.tier, is_edit=True)
        last = verdicts[-1]
        later = tiers()[tiers().index(last.tier) + 1 :]
        if not later:
            return TRAINING
        look = f"see what it makes (python {short(file_of(last))}), then " if last.location else ""
        return NextStep(f"{look}on to {later[0]}", later[0])
    if following.about == ANSWERS and following.status in (Status.TODO, Status.FAILED):
        return NextStep("answer the questions", f"quiz {following.tier}")
    step = NextStep(what(following), following.tier, is_edit=True, file=file_of(following))
    return replace(step, then=HINT) if following.check in stuck else step


def what(following: Verdict) -> str:
    """What there is to do about a check that has not passed, in words."""
    where = following.location
    if following.status is Status.MISSING:
        return f"put {following.subject} in its place"
    if following.subject:
        return f"fix {following.subject}"
    if following.status is Status.BLOCKED:
        return f"write {following.awaited or 'what it waits for'}"
    if following.status.is_open:
        return f"{following.came[0].lower()}{following.came[1:].rstrip('.')}"
    if where:
        return f"fix {where.function} in {short(where.file)}"
    return f"fix the {following.tier} file"


def file_of(following: Verdict) -> str:
    """The file that is to be edited; "" where none is known."""
    return following.location.file if following.location else ""


def command(words: str, solutions: str | None = None) -> str:
    """A command to run, on the same folder of solutions."""
    quoted = f'"{solutions}"' if solutions and " " in solutions else solutions
    return f"python run_checks.py {words}" + (f" --solutions {quoted}" if quoted else "")
