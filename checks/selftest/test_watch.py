"""Watch mode as a person meets it: in a terminal of its own, with files that are saved."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.engine.paths import EXERCISES, REFERENCE
from checks.selftest.in_process import environment
from checks.selftest.terminals import SECONDS, Terminal, copy_kit
from checks.selftest.test_sandbox import METHODS

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
DRAW = "return rng.standard_normal((n_samples, latent_dim))"
TRAINING = "generator = Generator(latent_dim).to(images.device)"  # how train_gan begins


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_kit(tmp_path_factory.mktemp("kit"))


@pytest.fixture
def beginner(kit: Path) -> Path:
    """The learner's file, solved, and nothing remembered of it."""
    for name in (".progress.json", ".last_run.json"):
        (kit / "exercises" / name).unlink(missing_ok=True)
    return Path(shutil.copy(REFERENCE / "beginner.py", kit / "exercises"))


@pytest.fixture(params=METHODS)
def children(request: pytest.FixtureRequest) -> str:
    """How children are started: both ways have to serve the learner alike."""
    return str(request.param)


@pytest.fixture
def terminal(kit: Path, beginner: Path, children: str) -> Iterator[Terminal]:
    opened = Terminal(kit, "beginner", children=children)
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=METHODS)
def opened(kit: Path, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    """A session that several tests go on with, the last of which ends it; press r to begin."""
    shutil.copy(REFERENCE / "beginner.py", kit / "exercises")
    terminal = Terminal(kit, "beginner", children=str(request.param))
    yield terminal
    terminal.close()


def test_a_session_from_save_to_save(terminal: Terminal, beginner: Path) -> None:
    right = beginner.read_text(encoding="utf-8")
    terminal.wait("20 checks pass", "on to intermediate: press n", "q quit")

    beginner.write_text(right.replace(DRAW, "return rng.random((n_samples, latent_dim))"))
    shown = terminal.wait("Uniform noise instead of normal", "N(0, 1) yours", "q quit")
    assert shown.index("NumPy noise comes from N(0, 1)") < shown.index("Try")

    terminal.press("h")
    assert "Where to look" not in terminal.wait("The idea", "2 more", "q quit")
    terminal.press("h")
    terminal.wait("The idea", "Where to look", "1 more", "q quit")
    terminal.press("e")
    terminal.wait("about sample_noise_numpy", "q quit")
    terminal.press("l")
    terminal.wait("intermediate", "advanced", "bonus", "q quit")
    terminal.press("o")
    terminal.wait("q quit")
    terminal.press("?")

    beginner.write_text("def broken(:\n")
    terminal.wait("Python cannot read beginner.py", "q quit")
    beginner.unlink()
    terminal.wait("beginner.py missing", "q quit")
    terminal.resize(30, 60)
    beginner.write_text(right, encoding="utf-8")
    terminal.wait("20 checks pass", "q quit")

    terminal.suspend()
    assert terminal.is_as_before()
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.wait("20 checks pass", "q quit")
    assert terminal.modes() != terminal.before

    terminal.press("n")
    terminal.wait("intermediate.py", "to do", "q quit")
    terminal.press("x")
    terminal.wait("is the stub already", "q quit")
    terminal.press("q")
    assert terminal.end() == 0
    assert terminal.is_as_before()


@pytest.mark.parametrize("running", [True, False], ids=["in a run", "between runs"])
def test_ctrl_c_ends_it_and_the_terminal_is_clean(
    terminal: Terminal, beginner: Path, running: bool
) -> None:
    terminal.wait("20 checks pass", "q quit")
    if running:  # in one that stays: of a quick one a slow terminal may never show a row
        right = beginner.read_text(encoding="utf-8")
        beginner.write_text(right.replace(DRAW, f"__import__('time').sleep(100)\n    {DRAW}"))
        terminal.wait("watching", "NumPy noise")
    terminal.press("\x03")
    assert terminal.end() == 130, terminal.shown
    assert terminal.is_as_before()


def test_a_save_during_a_run_restarts_it(opened: Terminal, kit: Path, beginner: Path) -> None:
    opened.press("r")
    opened.wait("20 checks pass")
    advanced = kit / "exercises" / "advanced.py"
    stub = advanced.read_bytes()
    solved = (REFERENCE / "advanced.py").read_text(encoding="utf-8")
    hangs = solved.replace(TRAINING, f"__import__('time').sleep(100)\n    {TRAINING}")
    wrong = solved.replace(TRAINING, "raise NotImplementedError").replace("/ 127.5 - 1", "/ 255")
    try:
        shutil.copy(REFERENCE / "intermediate.py", kit / "exercises")
        opened.wait("intermediate.py", "q quit")
        advanced.write_text(hangs, encoding="utf-8")
        opened.wait("train_gan returns generator, discriminator and history")
        advanced.write_text(wrong, encoding="utf-8")
        opened.wait("What came", "0 → 0.000")
        beginner.write_text(beginner.read_text(encoding="utf-8") + "\nEXTRA = 1\n")
        assert "Well done" in opened.wait("20 checks pass", "q quit")
    finally:
        advanced.write_bytes(stub)
        shutil.copy(EXERCISES / "intermediate.py", kit / "exercises")


def test_kill_leaves_terminal_and_progress_sane(
    opened: Terminal, kit: Path, beginner: Path
) -> None:
    opened.press("r")
    opened.wait("20 checks pass")
    beginner.write_text(beginner.read_text(encoding="utf-8").replace(DRAW, f"{DRAW} + 1"))
    opened.wait("NumPy noise comes from N(0, 1)")
    os.kill(opened.pid, signal.SIGKILL)
    assert opened.end() == -signal.SIGKILL
    assert opened.is_as_before()
    held = json.loads((kit / "exercises" / ".progress.json").read_text(encoding="utf-8"))
    assert held["checks"]["test_beginner.py::test_numpy_shape"]["status"] == "passed"
    glance = subprocess.run(
        [sys.executable, "run_checks.py"], cwd=kit, capture_output=True, text=True, check=False,
        env=environment(),
    )  # fmt: skip
    assert glance.returncode == 1
    assert "sample_noise_numpy" in glance.stdout


def test_without_a_terminal_verdicts_come_line_by_line(
    kit: Path, beginner: Path, children: str
) -> None:
    process = subprocess.Popen(
        [sys.executable, "run_checks.py", "watch", "beginner"], cwd=kit,
        env=environment(GAN_KIT_CHILDREN=children),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    lines: list[str] = []

    def until(text: str) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if text in line:
                return
        raise AssertionError(text)

    try:
        until("Well done")
        until("Next")
        beginner.write_text(beginner.read_text(encoding="utf-8").replace(DRAW, f"{DRAW} + 1"))
        until("Next")
    finally:
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=SECONDS)
    said = "".join(lines)
    words = " ".join(said.split())
    assert process.returncode == 130
    assert "\x1b" not in said + rest
    assert "q quit" not in said + rest
    assert "20,000 numbers: mean 1.0" in words or "20,000 numbers: mean 0.9" in words
    assert "Traceback" not in errors
