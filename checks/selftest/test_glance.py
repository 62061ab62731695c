"""`python run_checks.py` without a tier: the course at a glance, on a small kit of its own."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from textwrap import dedent

import pytest

from checks.engine.course.listing import course
from checks.engine.course.verdict import Status, Verdict
from checks.engine.learner.fingerprint import fingerprints
from checks.engine.learner.progress import PROGRESS, load, remember
from checks.engine.paths import KIT
from checks.selftest.in_process import Copy, environment

CHECKS = {
    "beginner": """
        from checks.engine.course.check import check
        from checks.engine.sandbox.solution import Solution
        from checks.engine.course.check_errors import wrong

        @check("One is one", about="one", points=2)
        def test_one(solution: Solution) -> None:
            if solution.call("one", {}) != [1]:
                wrong("noise-shape", expected="1.", came="Something else.")

        @check("Two is two", about="two", points=3)
        def test_two(solution: Solution) -> None:
            if solution.call("two", {}) != [2]:
                wrong("noise-shape", expected="2.", came="Something else.")
    """,
    "intermediate": """
        from checks.engine.course.check import check
        from checks.engine.sandbox.solution import Solution

        @check("Three is there", about="three", points=1)
        def test_three(solution: Solution) -> None:
            solution.call("three", {})

        @check("Four is there", about="four", points=4)
        def test_four(solution: Solution) -> None:
            solution.call("four", {})
    """,
}
SOLUTIONS = {
    "beginner": "def one():\n    return 1\n\n\ndef two():\n    return 2\n",
    "intermediate": "from beginner import one\n\n\ndef three():\n    return one() + 2\n\n\n"
    "def four():\n    return 4\n",
}
ONE, TWO = "test_beginner.py::test_one", "test_beginner.py::test_two"
THREE, FOUR = "test_intermediate.py::test_three", "test_intermediate.py::test_four"


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A kit with two tiers of two checks each, all of them solved and none of them checked."""
    place = tmp_path / "kit"
    unwanted = shutil.ignore_patterns("__pycache__", "test_*.py", "selftest", "benchmarks")
    shutil.copytree(KIT / "checks", place / "checks", ignore=unwanted)
    for name in ("run_checks.py", ".pytest.ini"):
        shutil.copy(KIT / name, place)
    (place / "exercises").mkdir()
    for tier, text in CHECKS.items():
        source = dedent(text).lstrip()
        (place / "checks" / f"test_{tier}.py").write_text(source, encoding="utf-8")
        (place / "exercises" / f"{tier}.py").write_text(SOLUTIONS[tier], encoding="utf-8")
    return place


def ended(kit: Path, **checks: Status) -> None:
    """Remember that checks ended like this on the present code."""
    folder = kit / "exercises"
    listed = {each.function.removeprefix("test_"): each.check for each in course(kit)}
    words = {Status.TODO: "Write {} in exercises/{}.py.", Status.BLOCKED: "Waits for one in here."}
    verdicts = [
        Verdict(
            **vars(listed[name]), status=status,
            came=words.get(status, "").format(name, listed[name].tier), awaited="one in here",
        )
        for name, status in checks.items()
    ]  # fmt: skip
    present = fingerprints(folder, course(kit), kit)
    assert remember(folder, verdicts, present, datetime.now(timezone.utc)) == ""


def glance(kit: Path, *options: str, status: int = 1, **extra: str) -> str:
    """What the command shows, with the exit status that it has to have."""
    done = subprocess.run(
        [sys.executable, *options, "run_checks.py"], cwd=kit, env=environment(**extra),
        capture_output=True, encoding="utf-8", errors="replace", check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == status, done.stdout + done.stderr
    return done.stderr if options else done.stdout


def edit(kit: Path, tier: str, old: str, new: str) -> None:
    file = kit / "exercises" / f"{tier}.py"
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("statuses", [{}, {"one": Status.BLOCKED, "two": Status.TODO}])
def test_a_welcome_comes_before_there_is_something_to_show(
    kit: Path, statuses: dict[str, Status]
) -> None:
    """What the course is, how long it takes, which file to open; and nothing is wrong."""
    (kit / "reference").mkdir()
    lesson = '"""Beginner: ones and twos. (Half an hour.)\n\nMore."""\n'
    (kit / "reference" / "beginner.py").write_text(lesson, encoding="utf-8")
    if statuses:
        ended(kit, **statuses)
    text = glance(kit, status=0)
    assert text.startswith("Welcome!")
    assert "  beginner      ones and twos. (Half an hour.)\n  intermediate\n" in text
    assert "Open exercises/beginner.py in your editor and write one." in text
    assert "python run_checks.py beginner\n" in text
    assert "points" not in text
    assert len(text.splitlines()) < 24
    assert (kit / "exercises" / PROGRESS).exists() == bool(statuses)


def test_what_has_changed_and_what_comes_next(kit: Path) -> None:
    ended(kit, one=Status.PASSED, two=Status.PASSED, three=Status.PASSED, four=Status.TODO)
    edit(kit, "beginner", "return 1", "return 1 + 0")
    assert (
        glance(kit)
        == """
                                          checks   points
  beginner      ━━━━━━━━━━━━────────────     1/2      3/5
  intermediate  ────────────────────────     0/2      0/5
  all           ━━━━━━──────────────────     1/4     3/10

Changed since it was checked, itself or what it uses:
  one in exercises/beginner.py
  three in exercises/intermediate.py

Next: check again what has changed:
        python run_checks.py beginner
"""
    )


def test_a_narrow_window_without_symbols(kit: Path) -> None:
    ended(kit, one=Status.FAILED, two=Status.PASSED, three=Status.PASSED)
    edit(kit, "intermediate", "def four", "print()\n\n\ndef four")
    text = glance(kit, COLUMNS="48", PYTHONIOENCODING="ascii", NO_COLOR="1")
    assert (
        text
        == """
                            checks   points
  beginner      #####xxxxx     1/2      3/5
  intermediate  ..........     0/2      0/5
  all           ##xxx.....     1/4     3/10

Changed since it was checked, itself or what it
uses:
  three in exercises/intermediate.py

Next: fix one in exercises/beginner.py, then
      run:
        python run_checks.py beginner
"""
    )


NEXT = {
    "a wrong one comes first": (
        {"one": Status.TODO, "two": Status.ERROR},
        "fix two in exercises/beginner.py, then run:\npython run_checks.py beginner",
    ),
    "then what has still to be written": (
        {"one": Status.BLOCKED, "two": Status.TODO, "three": Status.PASSED},
        "write two in exercises/beginner.py, then run:\npython run_checks.py beginner",
    ),
    "then what nobody has looked at": (
        {"one": Status.PASSED}, "run the checks of beginner:\npython run_checks.py beginner",
    ),
    "at last what waits": (
        {"one": Status.BLOCKED, "two": Status.PASSED},
        "write one in here, then run:\npython run_checks.py beginner",
    ),
    "a new tier": (
        {"one": Status.PASSED, "two": Status.PASSED},
        "run the checks of intermediate:\npython run_checks.py intermediate",
    ),
    "an earlier tier": (
        {"one": Status.PASSED, "three": Status.FAILED},
        "run the checks of beginner:\npython run_checks.py beginner",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NEXT)
def test_the_next_step_is_in_the_first_unfinished_tier(kit: Path, name: str) -> None:
    statuses, said = NEXT[name]
    ended(kit, **statuses)
    (found,) = re.findall(r"^Next: (.*)", glance(kit), re.MULTILINE | re.DOTALL)
    assert re.sub(r"\n +", "\n", found).strip() == said


def test_a_second_failure_on_new_code_brings_up_the_hint(kit: Path) -> None:
    ended(kit, one=Status.FAILED)
    ended(kit, one=Status.FAILED)  # the same code again
    assert "run_checks.py hint" not in glance(kit)
    edit(kit, "beginner", "return 1", "return 3")
    ended(kit, one=Status.FAILED)
    assert "or get a hint on it:\n        python run_checks.py hint" in glance(kit)
    ended(kit, one=Status.PASSED)
    assert "run_checks.py hint" not in glance(kit)


def test_open_questions_lead_to_the_quiz(kit: Path) -> None:
    file = kit / "checks" / "test_beginner.py"
    file.write_text(file.read_text(encoding="utf-8").replace('about="two"', 'about="ANSWERS"'))
    ended(kit, one=Status.PASSED, two=Status.TODO)
    assert "answer the questions:\n        python run_checks.py quiz beginner" in glance(kit)


def test_all_done_is_0(kit: Path) -> None:
    ended(kit, one=Status.PASSED, two=Status.PASSED, three=Status.PASSED, four=Status.PASSED)
    text = glance(kit, status=0)
    assert "\n\nWell done: all 4 checks pass.\nNext: train your GAN for real" in text
    shown = [line.strip() for line in text.splitlines() if "run_checks.py" in line]
    assert shown == ["python run_checks.py train", "python run_checks.py report --open"]
    assert "Changed" not in text


def test_a_kit_that_is_newer_says_so_itself(kit: Path) -> None:
    ended(kit, one=Status.PASSED, two=Status.PASSED, three=Status.PASSED, four=Status.PASSED)
    checks = kit / "checks" / "test_intermediate.py"
    checks.write_text(checks.read_text(encoding="utf-8") + "# new\n", encoding="utf-8")
    text = glance(kit)
    assert "\nThe checks themselves have changed since they ran: intermediate.\n" in text
    assert "in exercises" not in text
    assert "check again what has changed:\n        python run_checks.py intermediate" in text


def test_a_damaged_file_is_one_sentence_and_stays(kit: Path) -> None:
    file = kit / "exercises" / PROGRESS
    file.write_text('{"schema": 1, "ch', encoding="utf-8")
    text = glance(kit)
    assert text.startswith(".progress.json is damaged. Nothing in it counts, ")
    assert "Welcome" not in text
    assert "Next: run the first checks:" in text
    assert file.read_text(encoding="utf-8") == '{"schema": 1, "ch'


def test_odd_files_in_the_exercises_are_no_reason_to_break_off(kit: Path) -> None:
    ended(kit, one=Status.PASSED, three=Status.PASSED)
    (kit / "exercises" / "beginner.py").unlink()
    (kit / "exercises" / "beginner.py").mkdir()
    (kit / "exercises" / "intermediate.py").write_bytes(b"\0")
    assert "  all           ────────────────────────     0/4     0/10\n" in glance(kit)


def test_nothing_heavy_is_loaded_and_nothing_is_written(kit: Path) -> None:
    ended(kit, one=Status.PASSED, two=Status.FAILED, three=Status.TODO)
    edit(kit, "beginner", "return 1", "return 1 + 0")
    before = {path: path.stat().st_mtime_ns for path in (kit / "exercises").iterdir()}
    loaded = re.findall(r"\| +([\w.]+)$", glance(kit, "-X", "importtime"), re.MULTILINE)
    assert "rich.text" in loaded
    roots = {name.split(".")[0] for name in loaded}
    assert not roots & {"torch", "torchvision", "numpy", "matplotlib", "pytest", "PIL"}
    assert before == {path: path.stat().st_mtime_ns for path in (kit / "exercises").iterdir()}


@pytest.mark.parametrize("option", [["--json", "x.json"], ["--seed", "3"], ["--verbose"]])
def test_what_belongs_to_a_run_asks_for_a_tier(kit: Path, option: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "run_checks.py", *option], cwd=kit, env=environment(),
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert f"{option[0]} belongs to a run of the checks: say which tier, or all." in " ".join(
        done.stderr.split()
    )


def test_a_run_is_remembered_and_one_on_another_folder_is_not(kit: Path) -> None:
    """The command itself, from the first run to the last word."""
    exercises, other = kit / "exercises", kit / "other"
    shutil.copytree(exercises, other)
    edit(kit, "beginner", "return 2", "return 3")
    with Copy(kit) as copy:
        run = copy.run
        assert run("all", "--solutions", "other").returncode == 0
        assert "━━━━━━━━━━━━━━━━━━━━━━━━     4/4    10/10\n" in run("--solutions", "other").stdout
        assert sorted(path.name for path in other.iterdir()) == ["beginner.py", "intermediate.py"]
        unwritten = sorted(path.name for path in exercises.iterdir())
        assert unwritten == ["beginner.py", "intermediate.py"]

        done = run("all")
        assert (done.returncode, done.stderr) == (1, "")
        entries = load(exercises).entries
        assert {check: entry.status.value for check, entry in entries.items()} == {
            ONE: "passed", TWO: "failed", THREE: "passed", FOUR: "passed",
        }  # fmt: skip
        assert entries[TWO].mistake == "noise-shape"
        assert "Next: fix two in exercises/beginner.py" in glance(kit)
        edit(kit, "beginner", "return 3", "return 2")
        assert "  two in exercises/beginner.py\n" in glance(kit)
        (exercises / PROGRESS).rename(exercises / "aside")
        (exercises / PROGRESS).mkdir()
        done = run("beginner")
        assert (done.returncode, done.stderr) == (0, "")
        assert "This run is not remembered: .progress.json is not a plain file." in done.stdout
        (exercises / PROGRESS).rmdir()
        (exercises / "aside").rename(exercises / PROGRESS)
        assert run("beginner").returncode == 0
    assert "Well done: all 4 checks pass." in glance(kit, status=0)
