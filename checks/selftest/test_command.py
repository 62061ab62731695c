"""The command as a person meets it: `python run_checks.py …`.

In a process of its own (`run`) where that is the point: its exit status, its pipes, how it is
stopped, what is missing when it starts. Else in this one (`in_process.run`): it is the same `main`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from checks.engine.paths import EXERCISES, KIT
from checks.engine.sandbox.client import CAN_FORK
from checks.selftest import in_process
from checks.selftest.in_process import environment as environment  # other tests take it here
from checks.selftest.sandboxes import running, soon

COMMAND = [sys.executable, str(KIT / "run_checks.py")]
REFERENCE = (KIT / "reference" / "beginner.py").read_text(encoding="utf-8")
STUBS = (EXERCISES / "beginner.py").read_text(encoding="utf-8")
on_linux = pytest.mark.skipif(not CAN_FORK, reason="needs Linux's processes")


def run(
    *arguments: object, cwd: Path = KIT, command: Sequence[str] = COMMAND, **extra: Any
) -> subprocess.CompletedProcess[str]:
    """The command's end, with all that it said; never a traceback."""
    done = subprocess.run(
        [*command, *map(str, arguments)],
        cwd=cwd, env=environment(**extra), capture_output=True, encoding="utf-8", errors="replace",
        timeout=120, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    return done


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Makes a folder of solutions with this beginner.py."""

    def make(source: str | bytes) -> Path:
        place = tmp_path / uuid.uuid4().hex
        place.mkdir()
        text = source if isinstance(source, bytes) else dedent(source).encode()
        (place / "beginner.py").write_bytes(text)
        return place

    return make


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence that says what is the matter, on the error stream and nowhere else."""
    assert done.stdout == ""
    assert done.stderr.startswith("Problem: ")
    text = " ".join(done.stderr.split())
    assert text.endswith((".", "?"))
    return text


# Exit status, screen, reports ---------------------------------------------------------------------


def test_all_passed_is_0_and_the_reports_agree_with_the_screen(tmp_path: Path) -> None:
    data, xml = tmp_path / "report.json", tmp_path / "report.xml"
    done = run("beginner", "--solutions", "reference", "--json", data, "--junit", xml, "--seed", 3,
               "--verbose")  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    report = json.loads(data.read_text(encoding="utf-8"))
    passed = len(re.findall(r"^  ✓ ", done.stdout, re.MULTILINE))
    assert passed == report["total"]["checks"] == report["total"]["passed"] > 10
    assert f"{passed}/{passed}" in done.stdout
    assert report["meta"]["seed"] == 3
    assert len(ET.parse(xml).findall(".//testcase")) == passed


def test_not_all_passed_is_1_and_says_what_to_mend(
    tmp_path: Path, folder: Callable[[str], Path]
) -> None:
    wrong = REFERENCE.replace("standard_normal(", "random(")
    assert wrong != REFERENCE
    data, xml = tmp_path / "report.json", tmp_path / "report.xml"
    place = folder(wrong)
    done = in_process.run(
        "beginner", "--solutions", place, "--json", data, "--junit", xml, COLUMNS="60"
    )
    assert done.returncode == 1
    assert max(map(len, done.stdout.splitlines())) <= 60
    report = json.loads(data.read_text(encoding="utf-8"))
    lines, fixed = done.stdout.split("To fix")
    assert len(re.findall(r"^ {6}✗ ", lines, re.MULTILINE)) == report["total"]["wrong"] > 0
    assert "uniform" in fixed
    assert "Next: fix" in done.stdout
    root = ET.parse(xml).getroot()
    assert root.get("tests") == str(report["total"]["checks"])
    assert root.get("failures") == str(report["total"]["wrong"])


def test_stubs_are_to_do_wherever_the_command_runs_and_whatever_can_be_printed(
    tmp_path: Path, folder: Callable[[str], Path]
) -> None:
    place = folder(STUBS)
    plain = in_process.run("beginner", "--solutions", place.name, cwd=place.parent, NO_COLOR="1")
    assert plain.returncode == 1
    assert "Next: write sample_noise_numpy" in plain.stdout
    assert "✗" not in plain.stdout
    assert plain.stdout.count("to do") == 5  # one line a function, and one for the questions
    for encoding, start in (("ascii", run), ("cp1252", in_process.run)):
        narrow = start("beginner", "--solutions", place, PYTHONIOENCODING=encoding)
        assert (narrow.returncode, narrow.stderr) == (1, "")
        assert narrow.stdout.isascii()
        assert narrow.stdout.count("to do") == plain.stdout.count("to do")


def test_another_folder_without_a_tier_runs_all_and_shows_them_at_a_glance(
    folder: Callable[[str], Path],
) -> None:
    done = in_process.run("--solutions", folder(STUBS))
    assert done.returncode == 1
    for tier in ("beginner", "intermediate", "advanced", "bonus"):
        assert re.search(rf"^  {tier} ", done.stdout, re.MULTILINE), done.stdout
    assert "Next: " in done.stdout
    assert "○" not in done.stdout


def test_verbose_shows_what_was_printed(folder: Callable[[str], Path]) -> None:
    place = folder("print('hello \\x1b[31m there')\nraise ValueError('my own words')\n")
    done = in_process.run("beginner", "--solutions", place, "--verbose")
    assert done.returncode == 1
    for text in ("hello \\x1b[31m there", "my own words", "beginner.py"):
        assert text in done.stdout
    assert "\x1b" not in done.stdout


# Wrong usage --------------------------------------------------------------------------------------

USAGE = {
    "an unknown tier": (["beginer"], "did you mean beginner?"),
    "an unknown option": (["--solution=x"], "--solution"),
    "a seed that is none": (["--seed", "x"], "--seed"),
    "two tiers": (["beginner", "advanced"], "advanced"),
    "no such folder": (["--solutions", "no/such/folder"], "there is no such folder"),
    "a file for a folder": (["--solutions", "run_checks.py"], "a folder is wanted"),
    "no folder for data": (["--data", "no/such"], "--data no/such"),
    "no folder for a report": (["--json", "no/such/file.json"], "there is no folder"),
    "a watched report": (["beginner", "--watch", "--json", "x.json"], "--json belongs to a single"),
    "another": (["--watch", "--junit", "x.xml"], "--junit belongs to a single"),
    "all tiers watched": (["all", "--watch"], "one tier at a time"),
}


@pytest.mark.parametrize("name", USAGE)
def test_wrong_usage_is_2_and_one_sentence(name: str) -> None:
    arguments, said = USAGE[name]
    done = in_process.run(*arguments)
    assert done.returncode == 2
    assert said in sentence(done)


def test_a_report_that_cannot_be_written_is_said_after_the_verdicts(
    tmp_path: Path, folder: Callable[[str], Path]
) -> None:
    done = in_process.run("beginner", "--solutions", folder(REFERENCE), "--json", tmp_path)
    assert done.returncode == 2
    assert "can't be written" in " ".join(done.stderr.split())


def test_help_names_every_tier() -> None:
    done = in_process.run("--help")
    assert done.returncode == 0
    for text in ("beginner", "intermediate", "advanced", "bonus", "stubs", "--solutions", "--seed"):
        assert text in done.stdout


# The learner's files ------------------------------------------------------------------------------


def test_a_missing_file_and_a_folder_in_its_place_are_explained(tmp_path: Path) -> None:
    done = in_process.run("beginner", "--solutions", tmp_path)
    assert done.returncode == 1
    assert "There is no beginner.py" in done.stdout
    (tmp_path / "beginner.py").mkdir()
    done = in_process.run("beginner", "--solutions", tmp_path)
    assert done.returncode == 1
    assert "beginner.py is a folder" in done.stdout


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_explained(folder: Callable[[str], Path]) -> None:
    place = folder(REFERENCE)
    (place / "beginner.py").chmod(0)
    done = in_process.run("beginner", "--solutions", place)
    assert done.returncode == 1
    assert "cannot be read" in done.stdout


# The kit's own faults -----------------------------------------------------------------------------


def test_a_package_that_the_kit_lacks_is_3_and_one_sentence() -> None:
    hidden = (
        "import importlib.util, runpy, sys\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name == 'torch' else find(name)\n"
        f"runpy.run_path({str(KIT / 'run_checks.py')!r}, run_name='__main__')\n"
    )
    done = run(command=[sys.executable, "-c", hidden])
    assert done.returncode == 3
    assert "Problem: torch" in done.stdout
    assert "-m pip install -r requirements.txt" in done.stdout


def test_a_package_that_is_broken_is_3_and_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "if 'checks.engine.runner.judge' in sys.orig_argv: sys.modules['pytest'] = None\n"
    )
    done = run("beginner", "--solutions", "reference", PYTHONPATH=str(tmp_path))
    assert done.returncode == 3
    assert "The checks did not start" in sentence(done)


# What surrounds it --------------------------------------------------------------------------------

AROUND: dict[str, dict[str, Any]] = {
    "a plugin that is not there": {"PYTEST_PLUGINS": "no_such_plugin", "PYTEST_ADDOPTS": "--nope"},
    "a safe path": {"PYTHONSAFEPATH": "1", "PYTHONPATH": "/no/such/folder:"},
}


@pytest.mark.parametrize("name", AROUND)
def test_it_starts_whatever_surrounds_it(name: str, folder: Callable[[str], Path]) -> None:
    done = run("beginner", "--solutions", folder(STUBS), **AROUND[name])
    assert (done.returncode, done.stderr) == (1, "")
    assert "Next: write sample_noise_numpy" in done.stdout


def test_an_isolated_python_starts_it() -> None:
    done = run("--help", command=[sys.executable, "-I", str(KIT / "run_checks.py")])
    assert done.returncode == 0


@pytest.mark.parametrize("name", ["random.py", "torch.py", "numpy/__init__.py"])
def test_a_file_in_the_place_of_a_module_is_named_and_is_2(name: str, tmp_path: Path) -> None:
    shutil.copy(KIT / "run_checks.py", tmp_path)
    shutil.copytree(KIT / "checks/engine", tmp_path / "checks/engine")
    shutil.copy(KIT / "checks/__init__.py", tmp_path / "checks")
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("raise SystemExit('found in the place of another')\n")
    (tmp_path / "test.py").write_text("")  # hides nothing that anybody imports
    done = run("beginner", command=[sys.executable, str(tmp_path / "run_checks.py")])
    assert done.returncode == 2
    text = sentence(done)
    shown, module = name.split("/")[0], file.stem if "/" not in name else "numpy"
    assert f"{shown} has the name of " in text
    assert f" {module}, and an import finds it first" in text


def test_among_the_solutions_it_is_said_as_well(folder: Callable[[str], Path]) -> None:
    place = folder(REFERENCE)
    (place / "random.py").write_text("x = 1\n")
    (place / "helpers.py").write_text("x = 1\n")
    done = in_process.run("beginner", "--solutions", place)
    assert done.returncode == 0
    said = " ".join(done.stdout.split())
    assert "random.py has the name of Python's own module random" in said
    assert "helpers.py" not in said


# Ends before its time -----------------------------------------------------------------------------

SLOW = "import os, time\nif os.fork() == 0: os.setsid()\ntime.sleep(100)\n"


def started(place: Path, mark: str, **settings: int) -> subprocess.Popen[bytes]:
    """The command on a file that sleeps, once that file's processes are there."""
    process = subprocess.Popen(
        [*COMMAND, "beginner", "--solutions", str(place)],
        env=environment(GAN_KIT_MARK=mark), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    # The command, the judge, the process that forks, the learner's child, and its own.
    assert soon(lambda: len(running(mark)) >= 5, 60)
    return process


@on_linux
def test_an_interrupt_is_130_a_clean_line_and_nothing_left(folder: Callable[[str], Path]) -> None:
    mark = uuid.uuid4().hex
    process = started(folder(SLOW), mark)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said.decode().strip() == "Stopped."
    assert soon(lambda: running(mark) == [])


@on_linux
def test_a_command_that_is_killed_leaves_nothing_running(
    folder: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = uuid.uuid4().hex
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    process = started(folder(SLOW), mark)
    process.kill()
    process.communicate(timeout=30)
    assert soon(lambda: running(mark) == [])
    assert list(scratch.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell's pipe")
def test_a_reader_that_has_seen_enough_is_no_fault(folder: Callable[[str], Path]) -> None:
    line = f"{sys.executable} run_checks.py beginner --solutions {folder(STUBS)} | head -n 1"
    done = run(command=["sh", "-c", line])
    assert done.stderr == ""


# The other ways in --------------------------------------------------------------------------------


def test_stubs_are_written_to_a_folder(tmp_path: Path) -> None:
    done = in_process.run("stubs", "--to", tmp_path / "new")
    assert done.returncode == 0
    assert (tmp_path / "new" / "beginner.py").read_text(encoding="utf-8") == STUBS
    assert "beginner.py" in "".join(done.stdout.split())
    again = in_process.run("stubs", "--to", tmp_path / "new")
    assert again.returncode == 0


def test_plain_pytest_runs_the_same_checks(folder: Callable[[str], Path]) -> None:
    pytest_alone = [sys.executable, "-m", "pytest", "-q", "-rs", "checks/test_beginner.py"]
    done = run("--solutions=reference", command=pytest_alone)
    assert done.returncode == 0, done.stdout
    assert re.search(r"\d+ passed", done.stdout)
    wrong = STUBS.replace('raise NotImplementedError("noise_statistics")', "return 1.0, 0.0")
    assert wrong != STUBS
    done = run(f"--solutions={folder(wrong)}", command=pytest_alone)
    assert done.returncode == 1
    assert re.search(r"^2 failed, 1\d skipped in", done.stdout, re.MULTILINE)
    assert "Write sample_noise_numpy" in done.stdout
    assert "Expected: For [[1.0, 2.0], [3.0, 4.0]]: mean 2.500" in done.stdout
    for ours in ("solution.call", "raise WrongError", "def test_", "def judge_"):
        assert ours not in done.stdout
