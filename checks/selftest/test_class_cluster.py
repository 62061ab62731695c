"""A class in parts: on a real cluster of several processes, and in shards that are joined."""

from __future__ import annotations

import importlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from checks.engine.classroom import cluster, pool
from checks.engine.classroom.cluster import judge_on_cluster
from checks.engine.classroom.grading import Outcome, Plan, grade, merge, shard
from checks.engine.classroom.handed_in import HandedIn
from checks.engine.classroom.pool import Progress
from checks.engine.course.verdict import Status
from checks.engine.errors import DamagedError, UsageError
from checks.engine.paths import KIT
from checks.selftest.classes import (
    StandIn,
    conditions,
    handed_in,
    intake,
    text_of,
    work_of_stand_in,
)

WORDS = ("passed", "failed", "todo", "error")


def a_class(size: int) -> list[HandedIn]:
    return [
        handed_in(f"s{number:02}", beginner=text_of("beginner", WORDS[number % 4], number))
        for number in range(size)
    ]


def endings(outcome: Outcome) -> dict[str, tuple[str, list[str]]]:
    return {
        each.key: (each.standing, sorted({v.status.value for v in each.verdicts}))
        for each in outcome.students
    }


@pytest.fixture(scope="module")
def workers() -> Iterator[Any]:
    """A scheduler and two workers, each a process of its own."""
    distributed = pytest.importorskip("distributed")
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(KIT)
    dask = importlib.import_module("dask")
    try:
        with (
            dask.config.set({"distributed.scheduler.allowed-failures": 1}),
            distributed.LocalCluster(
                n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
                host="127.0.0.1",
            ) as started,
        ):  # fmt: skip
            yield started
    finally:
        os.environ.pop("PYTHONPATH")
        if before is not None:
            os.environ["PYTHONPATH"] = before


def test_a_cluster_loses_nothing_when_a_worker_is_killed(
    workers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One worker is killed in the middle, and one submission kills whoever has it."""
    monkeypatch.setattr(pool, "judge_tiers", StandIn())
    students = a_class(24)
    whole = grade(Plan(tmp_path / "here", conditions("beginner")), intake(*students), Progress())
    students.append(handed_in("hostile", beginner="'ends the worker'"))
    finished: list[str] = []
    middle = threading.Event()

    def note(student: str, seconds: float) -> None:
        finished.append(student)
        if len(finished) == 6:
            middle.set()

    def kill_one() -> None:
        middle.wait(60)
        for worker in [*workers.workers.values()][:1]:
            os.kill(worker.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_one)
    killer.start()
    remote = partial(judge_on_cluster, address=workers.scheduler_address, work=work_of_stand_in)
    plan = Plan(tmp_path / "there", conditions("beginner"), remote=remote)
    outcome = grade(plan, intake(*students), Progress(finished=note))
    killer.join()
    found = endings(outcome)
    assert found.pop("hostile") == ("graded", ["crashed"])
    assert found == endings(whole)
    assert len(finished) == len(students)


def test_a_cluster_that_cannot_be_used_is_said(
    workers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plan(address: str) -> Plan:
        remote = partial(judge_on_cluster, address=address, work=work_of_stand_in)
        return Plan(tmp_path / str(time.time_ns()), conditions("beginner"), remote=remote)

    monkeypatch.setattr(cluster, "kit_version", lambda: "another")
    with pytest.raises(UsageError, match="another version"):
        grade(plan(workers.scheduler_address), intake(*a_class(1)), Progress())
    monkeypatch.setattr(cluster, "TIMEOUT", 1)
    with pytest.raises(UsageError, match="no scheduler"):
        grade(plan("tcp://127.0.0.1:9"), intake(*a_class(1)), Progress())


def test_shards_joined_are_the_whole_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "judge_tiers", StandIn())
    students = a_class(7)
    whole = grade(Plan(tmp_path / "whole", conditions("beginner")), intake(*students), Progress())
    parts = []
    for part in (1, 2, 3):
        mine = intake(*students)
        shard(mine, part, 3)
        parts.append(tmp_path / f"part{part}")
        grade(Plan(parts[-1], conditions("beginner")), mine, Progress())
    joined, _ = merge(Plan(tmp_path / "all", conditions()), parts)
    assert endings(joined) == endings(whole)
    assert (tmp_path / "all" / "report.html").is_file()
    assert {v.status for each in joined.students for v in each.verdicts} >= {Status.FAILED}
    other = tmp_path / "other"
    grade(Plan(other, conditions("beginner", seed=1)), intake(*students[:1]), Progress())
    with pytest.raises(UsageError, match="other conditions"):
        merge(Plan(tmp_path / "mixed", conditions()), [parts[0], other])
    with pytest.raises(DamagedError):
        merge(Plan(tmp_path / "none", conditions()), [tmp_path / "nothing"])
