"""The quiz as a person meets it: questions on the screen, answers in the file."""

from __future__ import annotations

import codecs
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from checks.engine.course.questions import key
from checks.engine.learner.progress import load
from checks.engine.paths import EXERCISES, KIT, REFERENCE, tiers
from checks.experiments import experiments
from checks.experiments import run as run_experiment
from checks.selftest.in_process import environment, run
from checks.selftest.test_command import COMMAND

each_tier = pytest.mark.parametrize("tier", tiers())


def quiz(
    typed: str, *arguments: object, cwd: Path = KIT, **extra: str
) -> subprocess.CompletedProcess[str]:
    """The command's end; what is typed comes through a pipe. Never a traceback."""
    return run("quiz", *arguments, cwd=cwd, typed=typed, **extra)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the exercises."""
    place = tmp_path / "mine"
    shutil.copytree(EXERCISES, place, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    return place


def typed(letters: Iterable[str]) -> str:
    return "".join(f"{letter}\n" for letter in letters)


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence of a command that could not do its work."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.startswith("Problem: ")
    return " ".join(done.stderr.split())


# What is written ----------------------------------------------------------------------------------


@each_tier
def test_right_answers_go_into_the_file_and_nothing_else_changes(tier: str, folder: Path) -> None:
    file = folder / f"{tier}.py"
    before = file.read_bytes()
    names = sorted(path.name for path in folder.iterdir())
    right = key(tier)
    done = quiz(typed(right.values()), tier, "--solutions", folder, "--no-predict")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("✓ Right.") == len(right)
    assert f"{len(right)} of {len(right)} right in" in done.stdout
    assert f"python run_checks.py {tier} --solutions" in done.stdout
    for name, letter in right.items():
        before = before.replace(f'"{name}": "?"'.encode(), f'"{name}": "{letter}"'.encode())
    assert file.read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == names


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_line_ends_mark_and_missing_last_newline_stay(folder: Path, mark: bytes) -> None:
    file = folder / "beginner.py"
    text = file.read_bytes().rstrip(b"\n").replace(b"\n", b"\r\n")
    file.write_bytes(mark + text)
    done = quiz("d\nq\n", "beginner", "--solutions", folder)
    assert done.returncode == 1
    assert "1 of 4 right" in done.stdout
    assert file.read_bytes() == mark + text.replace(
        b'"noise_purpose": "?"', b'"noise_purpose": "d"'
    )


def test_each_choice_is_written_as_it_is_made_and_a_right_one_stays(folder: Path) -> None:
    file = folder / "beginner.py"
    assert quiz("a\n", "beginner", "--solutions", folder).returncode == 1
    assert '"noise_purpose": "a"' in file.read_text(encoding="utf-8")
    again = quiz("d\nq\n", "beginner", "--solutions", folder)
    assert "Your file says a), and that is not it yet." in again.stdout
    assert '"noise_purpose": "d"' in file.read_text(encoding="utf-8")

    before = file.read_bytes()
    again = quiz("a\nq\n", "beginner", "--solutions", folder, "--again")
    assert "What is the random noise z for?" in again.stdout
    assert file.read_bytes() == before
    only_open = quiz("q\n", "beginner", "--solutions", folder)
    assert "What is the random noise z for?" not in only_open.stdout
    assert "4 questions; you are asked 3 of them" in only_open.stdout


@pytest.mark.parametrize(
    ("answers_text", "reason"),
    [
        ("ANSWERS = dict.fromkeys(['noise_purpose'], '?')", "not a plain dictionary"),
        ("ANSWERS = {}\nANSWERS['noise_purpose'] = '?'", "line 2 does something else"),
        ("x = 1", "the file holds no ANSWERS"),
    ],
)
def test_what_cannot_be_written_surely_is_left_to_the_hand(
    folder: Path, answers_text: str, reason: str
) -> None:
    file = folder / "beginner.py"
    file.write_text(answers_text, encoding="utf-8")
    done = quiz("a\nd\nq\n", "beginner", "--solutions", folder)
    assert (done.returncode, done.stderr) == (1, "")
    said = " ".join(done.stdout.split())
    assert f"Write this into ANSWERS in {file.name} by hand, since" in said
    assert reason in said
    assert said.count('"noise_purpose": "d"') == 1
    assert '"noise_purpose": "a"' not in said
    assert file.read_text(encoding="utf-8") == answers_text


def test_other_forms_of_answers_are_filled_in(folder: Path) -> None:
    file = folder / "beginner.py"
    file.write_text("ANSWERS = {'real_images': None}  # mine", encoding="utf-8")
    right = key("beginner")
    done = quiz(typed(right.values()), "beginner", "--solutions", folder, "--no-predict")
    assert done.returncode == 0
    assert file.read_text(encoding="utf-8") == (
        """ANSWERS = {'real_images': "b", "noise_purpose": "d", "other_noise": "c", """
        """"interpolation": "b"}  # mine"""
    )


def test_answers_count_at_once_in_a_folder_of_ones_own(folder: Path) -> None:
    """The variable says whose files they are, so nothing else has to, on any command."""
    mine: dict[str, Any] = {"GAN_KIT_SOLUTIONS": str(folder)}
    done = quiz(typed(key("beginner").values()), "beginner", "--no-predict", **mine)
    assert "--solutions" not in done.stdout
    assert "Next: run the checks of beginner" in done.stdout
    entries = load(folder).entries
    assert [(check, entry.status.value) for check, entry in entries.items()] == [
        ("test_beginner.py::test_questions", "passed")
    ]
    assert "1/20" in run(**mine).stdout
    gone = run("hint", GAN_KIT_SOLUTIONS=str(folder / "gone"))
    assert "there is no such folder" in sentence(gone)


# Which tier, and how it ends ----------------------------------------------------------------------


def test_without_a_tier_the_first_open_one_is_asked(folder: Path) -> None:
    shutil.copy(REFERENCE / "beginner.py", folder / "beginner.py")
    done = quiz("", "--solutions", folder)
    assert done.returncode == 1
    assert "The intermediate tier has 4 questions; you are asked all of them." in done.stdout
    wrong = (folder / "beginner.py").read_text(encoding="utf-8")
    wrong = wrong.replace('"real_images": "b"', '"real_images": "c"')
    (folder / "beginner.py").write_text(wrong, encoding="utf-8")
    done = quiz("", "--solutions", folder)
    assert "The beginner tier has 4 questions; you are asked 1 of them." in done.stdout
    assert "Your file says c)" in done.stdout


def test_with_everything_right_there_is_nothing_to_ask() -> None:
    done = quiz("", "--solutions", "reference")
    assert (done.returncode, done.stderr) == (0, "")
    assert "The questions of every tier are answered correctly." in done.stdout
    done = quiz("", "bonus", "--solutions", "reference", "--no-predict")
    assert done.returncode == 0
    assert "All 3 questions of the bonus tier are answered correctly." in done.stdout


def test_skipping_ending_and_what_is_no_choice(folder: Path) -> None:
    done = quiz("\ne\nbanana\x1b[2J\nS\n(B).\n Quit \n", "beginner", "--solutions", folder)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.count("That is none of the choices") == 2
    assert "\x1b" not in done.stdout
    assert "1 of 4 right" in done.stdout
    assert "Predict" not in done.stdout
    given = (folder / "beginner.py").read_text(encoding="utf-8")
    assert '"noise_purpose": "?"' in given
    assert '"real_images": "b"' in given


def test_the_answers_so_far_are_kept_when_the_input_ends(folder: Path) -> None:
    done = quiz("d\nb", "beginner", "--solutions", folder)
    assert (done.returncode, done.stderr) == (1, "")
    assert "2 of 4 right" in done.stdout
    assert "python run_checks.py quiz beginner --solutions" in done.stdout


def test_a_closed_input_ends_it() -> None:
    code = (
        "import os, sys; os.close(0)\n"
        f"os.execv(sys.executable, [sys.executable, {COMMAND[1]!r}, 'quiz', 'beginner'])"
    )
    if os.name != "posix":
        pytest.skip("Windows hands on no closed input")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", env=environment(),
        timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    assert "0 of 4 right" in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signal")
def test_ctrl_c_stops_it_and_keeps_the_answers(folder: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "quiz", "beginner", "--solutions", str(folder)], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(b"d\n")
    process.stdin.flush()
    for _ in range(200):
        if b'"noise_purpose": "d"' in (folder / "beginner.py").read_bytes():
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.decode().strip() == "Stopped."
    assert b"Traceback" not in out
    assert b'"noise_purpose": "d"' in (folder / "beginner.py").read_bytes()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda file: file.unlink(), "There is no beginner.py"),
        (lambda file: (file.unlink(), file.mkdir()), "beginner.py is a folder"),
        (lambda file: file.write_text("def f(:"), "beginner.py:1 is not valid Python yet"),
        (lambda file: file.write_bytes(b"'\xff'"), "beginner.py is not text"),
        (lambda file: file.chmod(0o444), "beginner.py is read-only"),
    ],
)
def test_a_file_that_will_not_do_is_said_in_one_sentence(
    folder: Path, spoil: Callable[[Path], object], words: str
) -> None:
    spoil(folder / "beginner.py")
    for tier in ("beginner", ""):
        done = quiz("d\n", *filter(None, [tier]), "--solutions", folder)
        assert words in sentence(done)
        assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["begginer"], "did you mean beginner?"),
        (["--solutions", "nowhere"], "there is no such folder"),
        (["--predict", "--no-predict"], "not allowed with"),
        (["--seed", "x"], "a seed is a whole number"),
    ],
)
def test_wrong_usage(arguments: list[str], words: str) -> None:
    assert words in sentence(quiz("", *arguments))


@pytest.mark.parametrize("columns", ["50", "80"])
def test_nothing_is_wider_than_the_window(folder: Path, columns: str) -> None:
    wrong = "a\nb\nc\nd\n" * 5 + "a\n" * 5
    done = quiz(wrong, "advanced", "--solutions", folder, COLUMNS=columns)
    assert max(map(len, done.stdout.splitlines())) <= int(columns)


def test_a_terminal_without_these_letters(folder: Path) -> None:
    done = quiz("a\nd\nq\n", "beginner", "--solutions", folder, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.isascii()


def test_pytorch_is_not_loaded_for_the_questions(folder: Path) -> None:
    code = (
        "import sys; from checks.engine.cli import main\n"
        f"main(['quiz', 'beginner', '--solutions', {str(folder)!r}])\n"
        "sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=KIT, env=environment(), input="d\nb\n",
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


# Predictions --------------------------------------------------------------------------------------


def test_predictions_are_asked_after_the_questions_and_leave_the_file(folder: Path) -> None:
    right = key("beginner")
    first, *_ = experiments("beginner")
    letter = run_experiment(first).letter
    other = next(each for each in first.choices if each != letter)
    done = quiz(typed([*right.values(), letter, "s"]), "beginner", "--solutions", folder)
    assert done.returncode == 0
    questions_part, predictions = done.stdout.split("Predict, then see")
    assert questions_part.count("Right.") == 4
    assert "not graded" in predictions
    assert f"As you predicted: {letter})" in predictions
    assert predictions.count("Running the experiment") == 1

    before = (folder / "beginner.py").read_bytes()
    done = quiz(typed([other, "q"]), "beginner", "--solutions", folder, "--predict")
    assert (done.returncode, done.stderr) == (0, "")
    said = " ".join(done.stdout.split())
    assert f"You predicted {other}). The numbers say: {letter}) {first.choices[letter]}" in said
    assert " ".join(first.why.split()) in said
    assert "Question" not in said
    assert (folder / "beginner.py").read_bytes() == before
