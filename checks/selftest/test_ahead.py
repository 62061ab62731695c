"""What takes seconds begins with the run: its end is awaited, and nobody waits for it in vain."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from checks.engine import sandbox
from checks.engine.ahead import Ahead, Attempt
from checks.engine.links import KIT
from checks.engine.memory.course import course
from checks.engine.outcomes import CheckEndedError, CrashedError
from checks.engine.solution import Solution, Submission
from checks.selftest.test_command import environment

SAMPLES = "test_advanced.py::test_samples_get_closer"


def solution(folder: Path) -> Solution:
    return Solution(Submission(folder, sandbox.second()), "beginner", "go")


def test_attempts_are_made_in_order_and_their_ends_are_kept(tmp_path: Path) -> None:
    came: list[str] = []
    fails = SystemExit("no")  # no Exception, and yet no reason to wait for ever

    def right(view: Solution) -> None:
        came.append(view.about)

    def fail(view: Solution) -> None:
        came.append("fails")
        raise fails

    view = solution(tmp_path)
    begun = Ahead({"a": Attempt(right, view), "b": Attempt(fail, view)})
    second = begun.result("b")
    assert second is not None
    assert second.error is fails
    assert begun.result("another") is None
    assert came == ["go", "fails"]


def test_a_run_that_ends_takes_what_it_began_with_it(tmp_path: Path) -> None:
    (tmp_path / "beginner.py").write_text("def go():\n    while True: pass\n")
    view = solution(tmp_path.resolve())
    started = threading.Event()
    ended: list[CheckEndedError] = []

    def hang(view: Solution) -> None:
        started.set()
        try:
            view.call("go", {})
        except CheckEndedError as error:
            ended.append(error)

    begun = Ahead({"a": Attempt(hang, view), "b": Attempt(hang, view)})
    started.wait()
    begun.stop()
    assert [type(error) for error in ended] == [CrashedError]  # ended, not left to its limit
    assert not begun.thread.is_alive()
    sandbox.second().close()


@pytest.mark.parametrize("cores", [1, 2])
def test_verdicts_come_in_order_whenever_they_were_found(tmp_path: Path, cores: int) -> None:
    """The same verdicts in the same places with one core and with two."""
    broken = (KIT / "reference" / "advanced.py").read_text(encoding="utf-8")
    marker = "return F.binary_cross_entropy(fake_scores, torch.ones_like(fake_scores))"
    assert broken.count(marker) == 1
    for name in ("beginner", "intermediate"):
        (tmp_path / f"{name}.py").write_bytes((KIT / "reference" / f"{name}.py").read_bytes())
    (tmp_path / "advanced.py").write_text(
        broken.replace(marker, 'raise NotImplementedError("generator_loss")'), encoding="utf-8"
    )
    report = tmp_path / "verdicts.json"
    program = f"import os; os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:{cores}])"
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system does not let a test choose its cores")
    command = f"{program}; import runpy, sys; sys.argv[0] = 'run_checks.py'; " + (
        "runpy.run_path('run_checks.py', run_name='__main__')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", command, "advanced", "--solutions", str(tmp_path), "--json",
         str(report)], cwd=KIT, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 1, ended.stderr
    verdicts: list[dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))["verdicts"]
    assert [v["check"] for v in verdicts] == [
        each.check.check for each in course() if each.check.tier == "advanced"
    ]
    samples = next(verdict for verdict in verdicts if verdict["check"] == SAMPLES)
    assert samples["status"] == "blocked"
    assert "generator_loss" in samples["came"]
