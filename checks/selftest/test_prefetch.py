"""Two workers make the checks: their ends are awaited in order, and nobody waits in vain."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checks.engine.course.check_errors import (
    CheckEndedError,
    CrashedError,
    NotWrittenError,
    WrongError,
)
from checks.engine.course.listing import course
from checks.engine.course.verdict import Status
from checks.engine.paths import KIT, REFERENCE
from checks.engine.runner.prefetch import Attempt, Prefetch
from checks.engine.runner.session import Listener
from checks.engine.sandbox import client as sandbox
from checks.engine.sandbox.client import Sandbox
from checks.engine.sandbox.solution import Solution, Submission
from checks.selftest.in_process import environment, judge, run

LOADED = "import sys\ndef go(): return '{}' in sys.modules\n"
SAMPLES = "test_advanced.py::test_samples_get_closer"


@pytest.fixture(scope="module")
def boxes() -> Iterator[tuple[Sandbox, Sandbox]]:
    """Two sandboxes, the second one the first one's twin."""
    first = Sandbox()
    second = Sandbox(twin_of=first)
    yield first, second
    second.close()
    first.close()


@pytest.fixture
def two(tmp_path: Path, boxes: tuple[Sandbox, Sandbox]) -> list[Submission]:
    """A submission to be asked through both."""
    submission = Submission(tmp_path.resolve(), boxes[0])
    return [submission, submission.through(boxes[1])]


def attempt(function: Any, about: str = "go", needs: tuple[Attempt, ...] = ()) -> Attempt:
    return Attempt(function, "beginner", about, needs)


def ends_with(error: BaseException | None = None) -> Any:
    """A check that ends like this."""

    def ending(view: Solution) -> None:
        if error is not None:
            raise error

    return ending


def test_every_end_is_kept_whatever_it_is(two: list[Submission]) -> None:
    fails = SystemExit("no")  # no Exception, and yet no reason to wait for ever
    made = {"a": attempt(ends_with()), "b": attempt(ends_with(fails)), "c": attempt(ends_with())}
    prefetch = Prefetch(made, two)
    ends = [prefetch.result(name) for name in "abc"]
    assert [end and end.error for end in ends] == [None, fails, None]
    assert all(end and end.view for end in ends)
    assert prefetch.result("another") is None


def test_two_checks_run_side_by_side(two: list[Submission]) -> None:
    both = threading.Barrier(2, timeout=60)
    made = {name: attempt(lambda view: both.wait()) for name in "ab"}
    prefetch = Prefetch(made, two)
    ends = [prefetch.result(name) for name in "ab"]
    assert [end and end.error for end in ends] == [None, None]


@pytest.mark.parametrize(
    ("ended", "status"),
    [(None, None), (WrongError("x"), Status.BLOCKED), (NotWrittenError("x"), None)],
    ids=["passed", "wrong", "to do"],
)
def test_what_needs_others_waits_for_them_and_is_blocked_by_what_is_wrong(
    two: list[Submission], ended: CheckEndedError | None, status: Status | None
) -> None:
    first = attempt(ends_with(ended), about="generator_step")
    last = attempt(ends_with(), needs=(first,))
    prefetch = Prefetch({"last": last, "first": first}, two)
    end = prefetch.result("last")
    assert end is last
    assert first.done.is_set()
    if status is None:
        assert last.error is None
    else:
        assert isinstance(last.error, CheckEndedError)
        assert last.error.status is status
        assert last.error.came == "Waits for generator_step, which has to be right first."


def test_a_run_that_ends_takes_what_it_began_with_it(two: list[Submission]) -> None:
    (two[0].folder / "beginner.py").write_text("def go(number):\n    while True: pass\n")
    started = threading.Barrier(3, timeout=60)
    ended: list[CheckEndedError] = []

    def hang(view: Solution) -> None:
        started.wait()
        try:
            view.call("go", {"number": id(view)})
        except CheckEndedError as error:
            ended.append(error)

    two[0].preload("beginner")
    prefetch = Prefetch({name: attempt(hang) for name in "abcd"}, two)
    started.wait()
    prefetch.stop()
    assert {type(error) for error in ended} == {CrashedError}  # ended, not left to its limit
    assert len(ended) == 2


def test_the_same_question_is_asked_once(two: list[Submission]) -> None:
    (two[0].folder / "beginner.py").write_text(
        "import os, time\ndef go():\n    time.sleep(0.2)\n    return os.getpid()\n"
    )
    came: list[Any] = []

    def go(view: Solution) -> None:
        came.append(view.call("go", {}))

    made = {name: attempt(go) for name in "abcd"}
    prefetch = Prefetch(made, two)
    for name in made:
        prefetch.result(name)
    assert len(came) == 4
    assert len({pid for (pid,) in came}) == 1


# The processes ------------------------------------------------------------------------------------


@pytest.mark.skipif(not sandbox.CAN_FORK, reason="twins are forked")
class TestTwins:
    """A twin is as good as its original, and independent of it but for its end."""

    @pytest.fixture
    def twins(
        self, tmp_path: Path, boxes: tuple[Sandbox, Sandbox]
    ) -> tuple[Sandbox, Sandbox, Path]:
        (tmp_path / "beginner.py").write_text("def go(): return 42\n")
        return *boxes, tmp_path

    def went(self, box: Sandbox, folder: Path) -> Any:
        asked = {"function": "go", "calls": [{}]}
        outcome = box.run(folder, "beginner", "returned", asked)
        return outcome.evidence if outcome.status == "ok" else outcome

    def test_it_has_loaded_what_the_other_has(self, twins: tuple[Sandbox, Sandbox, Path]) -> None:
        first, second, folder = twins
        (folder / "beginner.py").write_text(LOADED.format("colorsys"))
        assert self.went(second, folder) == [False]
        first.preload(["colorsys"])
        second.preload(["colorsys"])
        assert self.went(first, folder) == self.went(second, folder) == [True]

    def test_what_the_twin_asks_for_is_loaded_in_both(
        self, twins: tuple[Sandbox, Sandbox, Path]
    ) -> None:
        first, second, folder = twins
        (folder / "beginner.py").write_text(LOADED.format("pyclbr"))
        second.preload(["pyclbr"])
        assert self.went(second, folder) == self.went(first, folder) == [True]

    def test_it_is_replaced_when_it_has_gone(self, twins: tuple[Sandbox, Sandbox, Path]) -> None:
        first, second, folder = twins
        (folder / "beginner.py").write_text(
            "import os, signal\ndef go(): os.kill(os.getppid(), signal.SIGKILL)\n"
        )
        self.went(second, folder)
        (folder / "beginner.py").write_text("def go(): return 42\n")
        assert self.went(second, folder) == [42]
        assert self.went(first, folder) == [42]

    def test_a_learner_who_kills_one_does_not_end_the_other(
        self, twins: tuple[Sandbox, Sandbox, Path]
    ) -> None:
        first, second, folder = twins
        assert self.went(second, folder) == [42]
        link = second._link
        (folder / "beginner.py").write_text(
            "import os, signal\ndef go(): os.kill(os.getppid(), signal.SIGKILL)\n"
        )
        self.went(first, folder)
        (folder / "beginner.py").write_text("def go(): return 42\n")
        assert self.went(second, folder) == [42]
        assert second._link is link
        assert self.went(first, folder) == [42]

    def test_neither_ends_with_the_thread_that_began_them(
        self, twins: tuple[Sandbox, Sandbox, Path]
    ) -> None:
        first, second, folder = twins
        first.close()
        second.close()
        beginner = threading.Thread(target=lambda: [self.went(box, folder) for box in twins[:2]])
        beginner.start()
        beginner.join()
        links = first._link, second._link
        (folder / "beginner.py").write_text(
            "import time\ndef go():\n    time.sleep(0.5)\n    return 43\n"
        )
        assert self.went(second, folder) == self.went(first, folder) == [43]
        assert (first._link, second._link) == links

    def test_it_goes_on_when_the_original_is_replaced(
        self, twins: tuple[Sandbox, Sandbox, Path]
    ) -> None:
        first, second, folder = twins
        assert self.went(second, folder) == [42]
        first.close()
        assert self.went(second, folder) == [42]
        assert self.went(first, folder) == [42]


# A whole run --------------------------------------------------------------------------------------


def changed(folder: Path, old: str, new: str) -> None:
    """The reference with one change in its advanced tier."""
    for source in (REFERENCE).glob("*.py"):
        shutil.copy(source, folder)
    advanced = folder / "advanced.py"
    text = advanced.read_text(encoding="utf-8")
    assert text.count(old) == 1
    advanced.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("cores", [1, 2])
def test_verdicts_come_in_order_whenever_they_were_found(tmp_path: Path, cores: int) -> None:
    """The same verdicts in the same places with one core and with all."""
    marker = "return F.binary_cross_entropy(fake_scores, torch.ones_like(fake_scores))"
    changed(tmp_path, marker, 'raise NotImplementedError("generator_loss")')
    report = tmp_path / "verdicts.json"
    words = ["advanced", "--solutions", str(tmp_path), "--json", str(report)]
    if cores > 1:
        ended = run(*words)
    elif hasattr(os, "sched_setaffinity"):
        program = (
            "import os, runpy, sys; os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1]); "
            "sys.argv[0] = 'run_checks.py'; runpy.run_path('run_checks.py', run_name='__main__')"
        )
        ended = subprocess.run(
            [sys.executable, "-c", program, *words], cwd=KIT, env=environment(),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    else:
        pytest.skip("this system does not let a test choose its cores")
    assert ended.returncode == 1, ended.stderr
    verdicts: list[dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))["verdicts"]
    assert [v["check"] for v in verdicts] == [
        each.check.check for each in course() if each.check.tier == "advanced"
    ]
    samples = next(verdict for verdict in verdicts if verdict["check"] == SAMPLES)
    assert samples["status"] == "blocked"
    assert "generator_loss" in samples["came"]


def test_the_long_training_waits_for_the_step_that_is_wrong(tmp_path: Path) -> None:
    changed(tmp_path, "    loss = generator_loss(", "    loss = -generator_loss(")
    asked: list[str] = []
    verdicts = judge().run(["advanced"], tmp_path, listener=Listener(running=asked.append))
    ended = {verdict.check: verdict for verdict in verdicts}
    assert ended["test_advanced.py::test_generator_step_loss"].status is Status.FAILED
    assert ended[SAMPLES].status is Status.BLOCKED
    assert ended[SAMPLES].came == (
        "Waits for generator_step and train_gan, which have to be right first."
    )
    assert asked == list(ended)
