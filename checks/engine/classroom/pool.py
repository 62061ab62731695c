"""The pool: one loaded judge for each worker, a queue of submissions, and the ledger behind it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from checks.engine.classroom.excerpts import excerpts_of
from checks.engine.classroom.handed_in import HandedIn
from checks.engine.classroom.judging import Bench, BrokenOffError, Wanted, judge_tiers, laid_out
from checks.engine.classroom.keys import Conditions, Key, keys, of_tier
from checks.engine.classroom.ledger import Ledger
from checks.engine.course.verdict import Check, Status, Verdict
from checks.engine.errors import KitError


@dataclass
class Progress:
    """What to do as the work goes on; each is called with what its name says, from any thread."""

    started: Callable[[int, int], None] = lambda total, known: None
    working: Callable[[int, str, str], None] = lambda worker, student, tier: None
    idle: Callable[[int], None] = lambda worker: None
    finished: Callable[[str, float], None] = lambda student, seconds: None
    notice: Callable[[str], None] = lambda text: None


@dataclass(frozen=True)
class Job:
    """A student whose code has to be judged, with the keys of all its checks."""

    student: HandedIn
    keys: Mapping[str, Key]


# Judges these elsewhere, and keeps each one's verdicts as they come.
Remote = Callable[["Pool", Sequence[Job]], None]


@dataclass
class Pool:
    """How a class is judged: the conditions, and how many at a time.

    `again` are the statuses that are not taken from the ledger, `redone` the students of whom
    nothing is. Stubs as they were handed out are known by their bytes and judged first.
    """

    ledger: Ledger
    conditions: Conditions
    progress: Progress = field(default_factory=Progress)
    workers: int = 1
    budget: float = 240.0
    again: Collection[Status] = ()
    redone: Collection[str] = ()
    stubs: Mapping[str, bytes] = field(default_factory=dict)
    remote: Remote | None = None
    stopped: threading.Event = field(default_factory=threading.Event)

    def judge(self, students: Sequence[HandedIn]) -> None:
        """Judge everybody whose verdicts are not in the ledger yet.

        Raises:
            KitError: the ledger can't be written.
        """
        jobs = [job for student in students if (job := self.job(student)) is not None]
        self.progress.started(len(students), len(students) - len(jobs))
        if self.remote is not None:
            self.remote(self, jobs)
        else:
            self.run(sorted(jobs, key=self.order), self.workers)
        if not self.stopped.is_set():
            self.second_chances(jobs)

    def job(self, student: HandedIn) -> Job | None:
        """What has to be judged of a student; None where all of it is known, and kept."""
        if student.is_empty:
            self.ledger.set_state(student.key, "done")
            return None
        with laid_out(student.contents()) as folder:
            found = keys(folder, self.conditions, list(student.files))
        job = Job(student, found)
        if self.take_known(job):
            return job
        self.ledger.set_state(student.key, "done")
        return None

    def order(self, job: Job) -> tuple[bool, int]:
        """Cheap ones first, whose verdicts others may share; then the longest."""
        files = job.student.files
        is_stub = all(self.stubs.get(tier) == file.contents for tier, file in files.items())
        return not is_stub, -len(files)

    def take_known(self, job: Job) -> dict[str, list[Check]]:
        """Keep what the ledger knows already; the rest, by tier."""
        student = job.student.key
        is_redone = student in self.redone
        again = tuple(Status) if is_redone else self.again
        known = self.ledger.known(student, job.keys.values(), again)
        mine = {check: job.keys[check] for check in known}
        verdicts = [kept.verdict for kept in known.values()]
        excerpts = {check: kept.excerpt for check, kept in known.items()}
        self.ledger.keep(student, mine, verdicts, excerpts)
        rest: dict[str, list[Check]] = {}
        for each in self.conditions.checks:
            if each.check.check in job.keys and each.check.check not in known:
                rest.setdefault(each.check.tier, []).append(each.check)
        return rest

    # Workers ----------------------------------------------------------------------------------

    def run(self, jobs: Sequence[Job], workers: int) -> None:
        """Judge these, as many at a time as there are workers."""
        waiting = list(jobs)
        lock = threading.Lock()
        failures: list[KitError] = []

        def work(number: int) -> None:
            bench = Bench()
            benches.append(bench)
            try:
                while not self.stopped.is_set():
                    with lock:
                        if not waiting:
                            break
                        job = waiting.pop(0)
                    self.judge_one(job, bench, number)
                    self.progress.idle(number)
            except BrokenOffError:
                pass
            except KitError as error:
                failures.append(error)
                self.stopped.set()
            finally:
                bench.close()

        benches: list[Bench] = []
        threads = [
            threading.Thread(target=work, args=(number,), daemon=True)
            for number in range(min(workers, len(jobs)))
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(0.2)
        except KeyboardInterrupt:
            self.stopped.set()
            for bench in benches:
                bench.stop()
            for thread in threads:
                thread.join(5.0)
            raise
        if failures:
            raise failures[0]

    def judge_one(self, job: Job, bench: Bench, number: int) -> None:
        """Judge a student's submission, and keep each tier's verdicts as they fall."""
        student = job.student
        rest = self.take_known(job)
        began = time.monotonic()
        self.ledger.set_state(student.key, "running")

        def begun(tier: str) -> None:
            self.progress.working(number, student.title, tier)

        def judged(tier: str, verdicts: list[Verdict]) -> None:
            self.keep(job, tier, verdicts)

        wanted = Wanted(
            student.contents(), rest, self.conditions.seed, self.conditions.data, self.budget
        )
        judge_tiers(bench, wanted, begun, judged)
        self.ledger.set_state(student.key, "done")
        self.progress.finished(student.title, time.monotonic() - began)

    def keep(self, job: Job, tier: str, verdicts: Sequence[Verdict]) -> None:
        """Keep the verdicts on a tier, with the code that each mistake is about."""
        about = {each.check.check: each.about for each in self.conditions.checks}
        wrong = {
            verdict.check: place_of(verdict, about[verdict.check])
            for verdict in verdicts
            if verdict.status.is_wrong
        }
        excerpts = excerpts_of(job.student.contents(), wrong)
        self.ledger.keep(job.student.key, of_tier(job.keys, tier), verdicts, excerpts)

    def second_chances(self, jobs: Sequence[Job]) -> None:
        """Whoever was over time once is judged once more, alone: the machine may have been busy.

        The first check that was over time is tried; where it is again, the others stand.
        """
        late = []
        for job in jobs:
            kept = self.ledger.verdicts(job.student.key)
            over = [c for c in job.keys if c in kept and kept[c].verdict.status is Status.TIMEOUT]
            if over:
                late.append((job, over))
        bench = Bench()
        try:
            for job, over in late:
                if self.stopped.is_set():
                    return
                self.second_chance(job, over, bench)
        finally:
            bench.close()

    def second_chance(self, job: Job, over: Sequence[str], bench: Bench) -> None:
        """One check that was over time, alone; and the rest of them where it comes through."""
        student = job.student
        before = self.ledger.verdicts(student.key)
        checks = {each.check.check: each.check for each in self.conditions.checks}
        first: list[Verdict] = []

        def judged(tier: str, verdicts: list[Verdict]) -> None:
            first.extend(verdicts)
            self.keep(job, tier, verdicts)

        def again(names: Sequence[str]) -> None:
            tiers: dict[str, list[Check]] = {}
            for name in names:
                tiers.setdefault(checks[name].tier, []).append(checks[name])
            wanted = Wanted(
                student.contents(), tiers, self.conditions.seed, self.conditions.data, self.budget
            )
            judge_tiers(bench, wanted, judged=judged)

        self.progress.working(0, student.title, "once more, alone")
        again(over[:1])
        times = f"{before[over[0]].verdict.seconds:.0f} s, then {first[0].seconds:.0f} s alone"
        self.ledger.note(student.key, f"{over[0]} was over time: {times}.")
        if first[0].status is not Status.TIMEOUT and over[1:]:
            again(over[1:])
        self.progress.idle(0)


def place_of(verdict: Verdict, about: str) -> tuple[str, str, int]:
    """Tier, part and line of the code that a wrong verdict is about."""
    if verdict.frames:
        frame = verdict.frames[-1]
        return frame.file.removesuffix(".py"), about, frame.line
    return verdict.tier, about, 0
