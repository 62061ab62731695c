"""What platforms are given, and what they get back: by the documented layouts and fields."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from checks.engine.classroom import autograders
from checks.engine.classroom.judging import Bench
from checks.engine.course.verdict import Status
from checks.engine.paths import EXERCISES, REFERENCE
from checks.selftest import in_process
from checks.selftest.classes import CHECKS, StandIn, graded
from checks.selftest.test_class_outputs import FIRST, NAMES, hostile

OF = sum(check.points for check in CHECKS)
FORMATS = ("text", "html", "simple_format", "md", "ansi")
VISIBLE = ("hidden", "after_due_date", "after_published", "visible")


def test_gradescopes_fields_are_as_documented() -> None:
    for student in (graded("1", "Ada", {FIRST: NAMES[0]}, ["bonus"]), hostile()):
        said = json.loads(json.dumps(autograders.gradescope(student, 12.3)))
        assert set(said) <= {"score", "execution_time", "output", "output_format", "visibility",
                             "stdout_visibility", "tests"}  # fmt: skip
        assert said["output_format"] in FORMATS
        assert said["stdout_visibility"] in VISIBLE
        assert said["score"] == student.points() == sum(test["score"] for test in said["tests"])
        assert sum(test["max_score"] for test in said["tests"]) == OF
        for test in said["tests"]:
            assert test["status"] in ("passed", "failed")
            assert test["output_format"] in FORMATS
            assert test["visibility"] in VISIBLE
            assert all(isinstance(tag, str) for tag in test["tags"])
            assert "\r" not in test["output"]
            assert "\x1b" not in test["output"]
        numbers = [test["number"] for test in said["tests"]]
        assert len(set(numbers)) == len(numbers) == len(CHECKS)


def test_classroom50s_fields_are_as_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLASSROOM", "autumn")
    said = json.loads(json.dumps(autograders.classroom50(graded("1"), 1.0)))
    assert set(said) == {"schema", "classroom", "assignment", "submission", "commit", "release",
                         "review", "datetime", "score", "max-score", "tests"}  # fmt: skip
    assert (said["schema"], said["classroom"]) == ("classroom50/result/v1", "autumn")
    assert (said["score"], said["max-score"]) == (OF, OF)
    assert {*said["tests"][0]} == {"test-name", "passed", "score", "max-score"}


@pytest.mark.parametrize("kind", ["gradescope", "classroom50"])
def test_a_platform_gets_a_result_from_the_first_tier_on(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a file, with one, and when the kit fails."""
    monkeypatch.setattr(autograders, "judge_tiers", StandIn())
    monkeypatch.setattr(Bench, "close", lambda self: None)
    folder, target, _ = autograders.places(kind, tmp_path)
    folder.mkdir(exist_ok=True)
    assert autograders.main([kind, str(tmp_path), "beginner"]) == 0
    assert json.loads(target.read_text(encoding="utf-8"))["score"] == 0
    (folder / "beginner (1).py").write_text("x = 1", encoding="utf-8")
    assert autograders.main([kind, str(tmp_path), "beginner"]) == 0
    assert json.loads(target.read_text(encoding="utf-8"))["score"] > 0
    (folder / "beginner (1).py").write_text(f"'ends as {Status.INFRA.value}'", encoding="utf-8")
    assert autograders.main([kind, str(tmp_path), "beginner"]) == 3


@pytest.mark.skipif(os.name != "posix", reason="Gradescope's images are Linux")
def test_gradescopes_bundle_runs_where_it_is_unpacked(tmp_path: Path) -> None:
    """The documented layout in a folder of its own; the one test here with a real judge."""
    target = tmp_path / "autograder.zip"
    done = in_process.run("grade", "bundle", "gradescope", "--out", target, "--tier", "beginner")
    assert done.returncode == 0, done.stderr
    assert "4 GB" in done.stdout
    root = tmp_path / "autograder"
    with zipfile.ZipFile(target) as packed:
        assert {"setup.sh", "run_autograder"} <= set(packed.namelist())
        assert packed.getinfo("run_autograder").external_attr >> 16 == 0o755
        packed.extractall(root / "source")
    run = (root / "source" / "run_autograder").read_text(encoding="utf-8")
    assert run.startswith("#!/usr/bin/env bash\n")
    assert "\r" not in run
    run = run.replace("/autograder/python/bin/python", sys.executable)
    run = run.replace("/autograder", str(root))
    (root / "submission").mkdir()
    (root / "submission" / "beginner.py").write_bytes((REFERENCE / "beginner.py").read_bytes())
    (root / "submission" / "advanced.py").write_bytes((EXERCISES / "advanced.py").read_bytes())
    ended = subprocess.run(["bash", "-c", run], cwd=root, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    said = json.loads((root / "results" / "results.json").read_text(encoding="utf-8"))
    points = sum(check.points for check in CHECKS if check.tier == "beginner")
    assert said["score"] == points == sum(test["score"] for test in said["tests"])


def test_a_bundle_is_asked_for_as_it_should_be(tmp_path: Path) -> None:
    for words in (["bundle"], ["bundle", "moodle", "--out", tmp_path / "a.zip"],
                  ["bundle", "gradescope", "--out", tmp_path]):  # fmt: skip
        assert in_process.run("grade", *words).returncode == 2
