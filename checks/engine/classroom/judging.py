"""One submission before the judge: tier by tier, within a time, with a second chance for the kit.

`judge_tiers` knows nothing of ledgers and classes, so that it runs in a thread here as well as on
another machine.
"""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from checks.engine.course.verdict import Check, Frame, Status, Verdict
from checks.engine.errors import InfraError
from checks.engine.files import remove
from checks.engine.runner.session import Judge, Listener

TRIES = 3  # of what the kit itself could not do
GRACE = 30.0  # after which a judge that does not hear is ended
LOADING = 60.0  # what a judge may take to load beside a submission's own time
RENEWED_AFTER = 50
SPENT = "Not run any more: this submission had used the {seconds:.0f} seconds that it is given."


class BrokenOffError(Exception):
    """Nobody waits for the verdicts any more."""


@dataclass
class Bench:
    """A place where submissions are judged: one judge that stays loaded, renewed now and then."""

    judge: Judge = field(default_factory=lambda: Judge(workers=1))
    served: int = 0
    is_stopped: bool = False

    def stop(self) -> None:
        """Break off what is being judged, from another thread."""
        self.is_stopped = True
        self.judge.cancel()

    def ready(self) -> Judge:
        """The judge, loaded or loading."""
        if self.judge.process is None or self.served >= RENEWED_AFTER:
            self.renew()
        return self.judge

    def renew(self) -> None:
        """Begin with a fresh judge."""
        self.judge.close()
        self.judge, self.served = Judge(workers=1), 0

    def close(self) -> None:
        """End the judge's process."""
        self.judge.close()


@dataclass(frozen=True)
class Wanted:
    """What is to be judged of one submission: its files by name, and each tier's checks."""

    files: Mapping[str, bytes]
    tiers: Mapping[str, Sequence[Check]]
    seed: int = 0
    data: Path | None = None
    budget: float = 240.0


@contextlib.contextmanager
def laid_out(files: Mapping[str, bytes]) -> Iterator[Path]:
    """A folder that holds these files, under a name that says nothing about anybody."""
    place = Path(tempfile.mkdtemp(prefix="gan-class-"))
    try:
        folder = place / "exercises"
        folder.mkdir()
        for name, contents in files.items():
            (folder / name).write_bytes(contents)
        yield folder.resolve()
    finally:
        remove(place)


def judge_tiers(
    bench: Bench,
    wanted: Wanted,
    begun: Callable[[str], None] = lambda tier: None,
    judged: Callable[[str, list[Verdict]], None] = lambda tier, verdicts: None,
) -> None:
    """Judge a submission; `judged` hears each tier's verdicts, one for every check, as they fall.

    Raises:
        BrokenOffError: the bench was stopped.
    """
    left = wanted.budget
    with laid_out(wanted.files) as folder:
        for tier, checks in wanted.tiers.items():
            begun(tier)
            began = time.monotonic()
            found = judge_tier(bench, wanted, folder, checks, left)
            left -= time.monotonic() - began
            judged(tier, [neutral(found[check.check]) for check in checks])
    bench.served += 1


def judge_tier(
    bench: Bench, wanted: Wanted, folder: Path, checks: Sequence[Check], seconds: float
) -> dict[str, Verdict]:
    """The verdicts on these checks of one tier; what the kit could not do is tried twice more."""
    found: dict[str, Verdict] = {}
    for _ in range(TRIES):
        open_ones = [check for check in checks if is_unjudged(found.get(check.check))]
        if not open_ones:
            break
        if found:
            bench.renew()
        try:
            found |= run_once(bench, wanted, folder, open_ones, seconds)
        except InfraError as error:
            if bench.is_stopped:
                raise BrokenOffError from None
            bench.renew()
            found |= {check.check: unjudged(check, str(error)) for check in open_ones}
    return found


def run_once(
    bench: Bench, wanted: Wanted, folder: Path, checks: Sequence[Check], seconds: float
) -> dict[str, Verdict]:
    """One run of the judge, broken off when the time is over."""
    judge = bench.ready()
    if seconds <= 0:
        return {check.check: over_time(check, wanted.budget) for check in checks}
    seconds += LOADING if judge.runs == 0 else 0
    is_over = threading.Event()
    process = judge.process

    def break_off() -> None:
        is_over.set()
        judge.cancel()

    def end() -> None:  # it does not even hear that it shall stop
        if process is not None:
            process.kill()

    timers = [threading.Timer(seconds, break_off), threading.Timer(seconds + GRACE, end)]
    for timer in timers:
        timer.daemon = True
        timer.start()
    tier, names = checks[0].tier, [check.check for check in checks]
    came: dict[str, Verdict] = {}

    def keep(verdict: Verdict) -> None:
        came[verdict.check] = verdict

    try:
        judge.run([tier], folder, wanted.seed, wanted.data, Listener(verdict=keep), only=names)
    except InfraError:
        if not is_over.is_set():
            raise
    finally:
        for timer in timers:
            timer.cancel()
    if bench.is_stopped:
        raise BrokenOffError
    if is_over.is_set():
        bench.renew()
        came = {check: each for check, each in came.items() if each.status is not Status.INFRA}
        rest = [check for check in checks if check.check not in came]
        return came | {check.check: over_time(check, wanted.budget) for check in rest}
    missing = [check for check in checks if check.check not in came]
    return came | {c.check: unjudged(c, "The judge said nothing about it.") for c in missing}


def is_unjudged(verdict: Verdict | None) -> bool:
    """Whether there is no verdict yet, or none that says anything about the learner."""
    return verdict is None or verdict.status is Status.INFRA


def unjudged(check: Check, why: str) -> Verdict:
    """The verdict where the kit itself failed."""
    return Verdict(**dataclasses.asdict(check), status=Status.INFRA, came=why)


def over_time(check: Check, budget: float) -> Verdict:
    """The verdict where a submission's time was over before the check could run."""
    return Verdict(
        **dataclasses.asdict(check),
        status=Status.TIMEOUT,
        came=SPENT.format(seconds=budget),
        expected="All checks of a submission, long before that.",
        why="One submission that never ends would keep the whole class waiting.",
        hint="Look at the check that was running before this one.",
    )


def neutral(verdict: Verdict) -> Verdict:
    """The verdict without a path of the machine that it fell on."""
    frames = tuple(neutral_frame(frame) for frame in verdict.frames)
    location = neutral_frame(verdict.location) if verdict.location else None
    return dataclasses.replace(verdict, frames=frames, location=location)


def neutral_frame(frame: Frame) -> Frame:
    """A line of a learner's file by the file's name alone."""
    return dataclasses.replace(frame, file=Path(frame.file).name)
