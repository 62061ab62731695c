"""A class from what came in to grades: the ledger, the pool, what is known and what is not."""

from __future__ import annotations

import csv
import io
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from checks.engine.classroom import pool
from checks.engine.classroom.grading import Outcome, Plan, grade
from checks.engine.classroom.handed_in import HandedIn
from checks.engine.classroom.judging import Bench, Wanted, judge_tiers
from checks.engine.classroom.ledger import FILE, Ledger
from checks.engine.classroom.pool import Progress
from checks.engine.classroom.tables import grades, harmless
from checks.engine.course.verdict import Check, Status, Verdict
from checks.engine.errors import DamagedError, InfraError
from checks.engine.paths import EXERCISES, KIT, REFERENCE, tiers
from checks.engine.runner.session import Judge, Listener
from checks.selftest import in_process
from checks.selftest.classes import (
    CHECKS,
    StandIn,
    conditions,
    graded,
    handed_in,
    intake,
    text_of,
    verdict,
)

BEGINNER = sum(check.tier == "beginner" for check in CHECKS)
CODE = (REFERENCE / "beginner.py").read_text(encoding="utf-8")


def other(text: str) -> str:
    """The same code with the word in a value, so that it is other code."""
    return f"{CODE}\nsample_noise_numpy.word = 'ends as {text}'\n"


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """No judge is started."""
    found = StandIn()
    monkeypatch.setattr(pool, "judge_tiers", found)
    return found


def run(out: Path, *students: HandedIn, again: tuple[str, ...] = (), workers: int = 1) -> Outcome:
    plan = Plan(out, conditions("beginner"), workers, again=again)
    return grade(plan, intake(*students), Progress())


def rows(outcome: Outcome) -> dict[str, dict[str, str]]:
    found = csv.DictReader(io.StringIO(grades(outcome.students, ["beginner"])))
    return {row["student"]: row for row in found}


def test_the_same_code_is_judged_once_whoever_handed_it_in(
    stand_in: StandIn, tmp_path: Path
) -> None:
    commented = CODE.replace("import", "# a comment of its own\nimport", 1)
    students = [handed_in("ada", beginner=CODE), handed_in("bob", beginner=commented)]
    first = run(tmp_path, *students)
    assert stand_in.judged == [("beginner", BEGINNER)]
    assert {row["status"] for row in rows(first).values()} == {"graded"}
    assert {row["points"] for row in rows(first).values()} == {"23"}
    again = run(tmp_path, *students)
    assert len(stand_in.judged) == 1
    assert rows(again) == rows(first)
    run(tmp_path, *students, again=("all",))
    assert len(stand_in.judged) == 3
    run(tmp_path, *students, again=("bob",))
    assert len(stand_in.judged) == 4


@pytest.mark.parametrize(
    ("status", "shared", "kept"),
    [("failed", False, True), ("timeout", False, True), ("crashed", False, True),
     ("memory", False, True), ("todo", True, True), ("infra", False, False)],
)  # fmt: skip
def test_what_is_everybodys_and_what_is_ones_own(
    stand_in: StandIn, tmp_path: Path, status: str, shared: bool, kept: bool
) -> None:
    """A mistake names lines, so it is another's only with the very same bytes."""
    bad = other(status)
    bobs = bad.replace("import", "# a comment of its own\nimport", 1)
    run(tmp_path, handed_in("ada", beginner=bad))
    asked = len(stand_in.judged)
    run(tmp_path, handed_in("ada", beginner=bad))
    assert (len(stand_in.judged) == asked) is kept
    asked = len(stand_in.judged)
    run(tmp_path, handed_in("bob", beginner=bobs))
    assert (len(stand_in.judged) == asked) is shared
    if status == "failed":
        asked = len(stand_in.judged)
        run(tmp_path, handed_in("eve", beginner=bad))
        assert len(stand_in.judged) == asked


def test_a_timeout_gets_a_second_chance_alone(stand_in: StandIn, tmp_path: Path) -> None:
    found = run(tmp_path, handed_in("ada", beginner=other("timeout")))
    assert stand_in.judged == [("beginner", BEGINNER), ("beginner", 1)]
    assert rows(found)["ada"]["status"] == "graded"
    assert "over time" in rows(found)["ada"]["note"]
    ledger = Ledger(tmp_path)
    assert any("alone" in what for _, what in ledger.events())
    ledger.close()


def test_a_class_keeps_the_seed_that_was_drawn_for_it(stand_in: StandIn, tmp_path: Path) -> None:
    """Answers that somebody recorded at a known seed are of no use, and a run can go on."""
    students = intake(handed_in("ada", beginner=CODE))
    for folder in ("one", "two", "one"):
        plan = Plan(tmp_path / folder, conditions("beginner"), draws_seed=True)
        grade(plan, students, Progress())
    assert len(stand_in.judged) == 2
    ledgers = [Ledger(tmp_path / folder) for folder in ("one", "two")]
    assert ledgers[0].last_seed() != ledgers[1].last_seed()
    for ledger in ledgers:
        ledger.close()


def test_standings_and_hostile_names(stand_in: StandIn, tmp_path: Path) -> None:
    unclear = handed_in("eve", beginner=CODE)
    unclear.unclear.append(("a/beginner.py", "beginner.py could be two."))
    unread = HandedIn("dan", problems=["work.zip can't be opened as an archive (x)."])
    found = run(
        tmp_path, handed_in("=cmd|' /C calc'!A0", "\x1b[2JBob\nx", beginner=CODE), unclear, unread,
        handed_in("gus", "Gus"), handed_in("kim", beginner=other("infra")),
    )  # fmt: skip
    text = grades(found.students, ["beginner"])
    assert "\x1b" not in text
    assert len(text.splitlines()) == 6
    read = rows(found)
    standings = {key: row["status"] for key, row in read.items()}
    assert standings == {
        "'=cmd|' /C calc'!A0": "graded", "eve": "unclear", "dan": "unclear", "gus": "missing",
        "kim": "infra",
    }  # fmt: skip
    assert {key: row["points"] for key, row in read.items() if key in ("eve", "dan", "kim")} == {
        "eve": "", "dan": "", "kim": "",
    }  # fmt: skip
    assert read["gus"]["points"] == "0"
    assert [harmless(cell) for cell in ("-1.5", "-x", "@a")] == ["-1.5", "'-x", "'@a"]


def test_a_missing_file_is_said_as_such_and_points_are_scaled() -> None:
    text = grades([graded("ada", absent=["bonus"])], tiers(), to=100)
    of = sum(check.points for check in CHECKS)
    share = sum(check.points for check in CHECKS if check.tier != "bonus") / of
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["status"], row["note"]) == ("partly", "no bonus.py was handed in")
    assert (row["points"], row["of"], row["bonus"]) == (f"{100 * share:.2f}", "100", "0")


# The ledger ---------------------------------------------------------------------------------------


def class_of(folder: Path, size: int) -> Path:
    words = ["passed", "failed", "todo", "error", "blocked"]
    for number in range(size):
        place = folder / f"s{number:02}"
        place.mkdir(parents=True)
        for tier in tiers():
            text = text_of(tier, words[number % 5], number)
            (place / f"{tier}.py").write_text(text, encoding="utf-8")
    return folder


def contents(out: Path) -> list[tuple[object, ...]]:
    file = sqlite3.connect(out / FILE)
    found = list(file.execute("SELECT student, chk, code, text, status FROM verdict ORDER BY 1, 2"))
    states = list(file.execute("SELECT key, state FROM student ORDER BY 1"))
    assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    file.close()
    return found + states


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_killed_at_any_moment_the_same_command_goes_on(tmp_path: Path) -> None:
    """Nothing that was finished is judged again but one tier a worker, and the end is the same."""
    submissions = class_of(tmp_path / "class", 12)
    command = [sys.executable, "-m", "checks.selftest.classes", str(submissions)]
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    subprocess.run([*command, str(whole)], cwd=KIT, check=True, stdout=subprocess.DEVNULL)
    drawn = random.Random(0)
    for _ in range(5):
        process = subprocess.Popen([*command, str(broken)], cwd=KIT, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(drawn.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    subprocess.run([*command, str(broken)], cwd=KIT, check=True, stdout=subprocess.DEVNULL)
    assert contents(broken) == contents(whole)


def test_one_process_at_a_time_and_no_other_file(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    with pytest.raises(InfraError, match="Another process"):
        Ledger(tmp_path)
    ledger.close()
    Ledger(tmp_path).close()
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"{FILE}{suffix}").unlink(missing_ok=True)
    (tmp_path / FILE).write_bytes(b"no ledger" * 1000)
    with pytest.raises(DamagedError):
        Ledger(tmp_path)


# Before the judge ---------------------------------------------------------------------------------


class FailingJudge(Judge):
    """Breaks as often as it is told; nothing is started."""

    failures = 0

    def start(self) -> None:
        """Nothing."""

    def run(
        self, tiers: object, solutions: Path, *ignored: object, **named: object
    ) -> list[Verdict]:
        self.runs += 1
        listener, only = ignored[-1], named["only"]
        assert isinstance(listener, Listener)
        assert isinstance(only, list)
        if FailingJudge.failures:
            FailingJudge.failures -= 1
            raise InfraError("The checks did not start.")
        for check in CHECKS:
            if check.check in only:
                listener.verdict(verdict(check, line=3))
        return []


@pytest.mark.parametrize(("failures", "status"), [(2, Status.PASSED), (3, Status.INFRA)])
def test_what_the_kit_cannot_do_is_tried_twice_more(
    monkeypatch: pytest.MonkeyPatch, failures: int, status: Status
) -> None:
    monkeypatch.setattr("checks.engine.classroom.judging.Judge", FailingJudge)
    FailingJudge.failures = failures
    checks: list[Check] = [check for check in CHECKS if check.tier == "beginner"]
    came: list[Verdict] = []
    wanted = Wanted({"beginner.py": b""}, {"beginner": checks})
    judge_tiers(Bench(FailingJudge()), wanted, judged=lambda tier, found: came.extend(found))
    assert [each.status for each in came] == [status] * len(checks)
    FailingJudge.failures = 0


class HangingJudge(FailingJudge):
    """Says one verdict and goes on for ever, unless it is told to stop."""

    def run(
        self, tiers: object, solutions: Path, *ignored: object, **named: object
    ) -> list[Verdict]:
        self.runs += 1
        listener = ignored[-1]
        assert isinstance(listener, Listener)
        listener.verdict(verdict(CHECKS[0]))
        told.wait(10)
        return []

    def cancel(self) -> None:
        told.set()


told = threading.Event()


def test_a_submissions_time_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is over is broken off, what was judged stands, and the next tier does not begin."""
    monkeypatch.setattr("checks.engine.classroom.judging.Judge", HangingJudge)
    monkeypatch.setattr(Bench, "ready", lambda self: self.judge)
    came: list[Verdict] = []
    tiers = {tier: [c for c in CHECKS if c.tier == tier][:3] for tier in ("beginner", "bonus")}
    bench = Bench(HangingJudge(runs=1))
    wanted = Wanted({"beginner.py": b""}, tiers, budget=0.2)
    judge_tiers(bench, wanted, judged=lambda tier, found: came.extend(found))
    assert [each.status.value for each in came] == ["passed", *["timeout"] * 5]
    assert all("Not run any more" in each.came for each in came[1:])


def test_a_class_is_graded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one test here with a real judge."""
    monkeypatch.setattr(Bench, "ready", lambda self: in_process.judge())
    monkeypatch.setattr(Bench, "close", lambda self: None)
    for name, source in (("right", REFERENCE), ("stub", EXERCISES)):
        (tmp_path / "class" / name).mkdir(parents=True)
        shutil.copy(source / "beginner.py", tmp_path / "class" / name)
    out = tmp_path / "out"
    done = in_process.run(
        "grade", tmp_path / "class", "--out", out, "--tier", "beginner", "--workers", 1
    )
    assert done.returncode == 0, done.stdout + done.stderr
    text = (out / "grades.csv").read_text(encoding="utf-8")
    found = {row["student"]: row for row in csv.DictReader(io.StringIO(text))}
    assert {key: (row["points"], row["status"]) for key, row in found.items()} == {
        "right": ("23", "graded"), "stub": ("0", "graded"),
    }  # fmt: skip
    file = sqlite3.connect(out / FILE)
    held = "".join(text for (text,) in file.execute("SELECT verdict FROM verdict"))
    file.close()
    assert str(tmp_path) not in held
    assert tempfile.gettempdir() not in held
    dry = in_process.run("grade", tmp_path / "class", "--dry-run")
    assert (dry.returncode, "2 students" in dry.stdout) == (0, True)


@pytest.mark.parametrize(
    ("variable", "level", "trusts", "status"),
    [("GAN_KIT_ISOLATION", "process", (), 2), ("GAN_KIT_CHILDREN", "serve", (), 2),
     ("GAN_KIT_ISOLATION", "process", ("--trust",), 0), ("GAN_KIT_ISOLATION", "process",
     ("--dry-run",), 0), ("GAN_KIT_ISOLATION", "partial", (), 0)],
)  # fmt: skip
def test_strangers_code_is_not_run_where_nothing_shuts_it_in(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, level: str,
    trusts: tuple[str, ...], status: int,
) -> None:  # fmt: skip
    monkeypatch.setenv(variable, level)
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "beginner.py").write_text(CODE, encoding="utf-8")
    out = tmp_path / "out"
    done = in_process.run("grade", tmp_path, "--tier", "beginner", "--out", out, *trusts)
    assert done.returncode == status, done.stdout + done.stderr
    assert ("docker run" in done.stderr and "--trust" in done.stderr) is (status == 2)
    assert bool(stand_in.judged) is (status == 0 and "--dry-run" not in trusts)
