"""`python run_checks.py train` as a person meets it, on a copy of the kit.

Most commands run in one process there, which forks their workers; what is interrupted or killed
has processes of its own from the start.
"""

from __future__ import annotations

import base64
import io
import json
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from checks.engine import cli
from checks.engine.commands import train, train_requests
from checks.engine.data.digits import draw_digits
from checks.engine.sandbox import landlock
from checks.engine.training import run_record, supervisor, tensorboard
from checks.engine.training import run_store as kept
from checks.engine.training.run_store import SEEN
from checks.engine.ui.preview import HALF
from checks.engine.ui.training_screen import TrainingScreen, clock
from checks.selftest.in_process import Copy, environment
from checks.selftest.sandboxes import running, soon
from checks.selftest.terminals import CONTROL, copy_kit
from checks.selftest.test_training_resume import REFERENCE, variant
from checks.selftest.trainings import differing, flat, solutions

SMALL = ("--images", "256", "--batch-size", "32")
RANGE = "for epoch in range(1, epochs + 1):\n"
# The scores have tests of their own, and take seconds.
STAND_IN = """
class ScoreError(Exception):
    pass

def score_run(run, progress=print):
    progress("Scoring")
    measures = {"frechet": 50.0, "n_digits": 7}
    return {"epochs": {"2": measures}, "calibration": {"real": measures, "untrained": measures}}

def read_scores(run):
    return None
"""
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at Linux's processes")


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """A kit whose exercises are solved by the reference, the networks small."""
    place = copy_kit(tmp_path_factory.mktemp("kit"))
    shutil.rmtree(place / "exercises")
    solutions(place / "exercises", REFERENCE)
    quality = place / "checks" / "engine" / "quality"
    shutil.rmtree(quality, ignore_errors=True)
    quality.mkdir()
    (quality / "__init__.py").write_text(STAND_IN, encoding="utf-8")
    (place / "no-cache").write_text("")
    with Copy(place, forks_workers=True) as copy:
        yield copy


def settings(kit: Copy) -> dict[str, str]:
    """No download is tried: the cache is a file."""
    return {
        "GAN_KIT_CACHE": str(kit.folder / "no-cache"),
        "GAN_KIT_RUNS": str(kit.folder / "runs"),
    }


def trained(kit: Copy, *words: object, status: int = 0, **extra: str) -> str:
    """What the command says, in one line, once it has ended as it should."""
    done = kit.run("train", *map(str, words), **settings(kit) | extra)
    assert done.returncode == status, done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())


def state(kit: Copy, name: str) -> dict[str, Any]:
    return dict(kept.read(kit.folder / "runs" / name).state)


# A training ---------------------------------------------------------------------------------------


def test_a_run_from_its_beginning_to_its_report_and_beyond(kit: Copy) -> None:
    said = trained(kit, *SMALL, "--epochs", 2)
    assert "The kit's own drawn digits stand in" in said
    assert "Training on embedded digits, 256 images" in said
    assert re.search(r"Epoch 1/2 loss: D \d\.\d+ G \d\.\d+ [\d,]+ images/s Epoch 2/2", said)
    assert "Done: 2 epochs in" in said
    assert "kept in runs/exercises-1." in said
    assert "Measuring the samples … 7 of the ten digits can be recognized. Fréchet" in said
    assert "Fréchet distance: 50.0 (real images 50.0, untrained 50.0)" in said
    assert "Report: runs/exercises-1/report.html" in said
    assert "python run_checks.py report exercises-1 --open" in said
    place = kit.folder / "runs" / "exercises-1"
    held = kept.read(place)
    assert held.state["state"] == "finished"
    assert held.configuration["code"] == "exercises"
    assert held.configuration["data"]["kind"] == "drawn"
    assert list(kept.samples(held)) == [0, 1, 2]
    assert kept.load_samples(kept.samples(held)[2])["real_scores"].shape == (1000,)
    assert (place / "output.txt").read_text().startswith("Epoch 1/2: discriminator")
    assert (place / "report.html").exists()
    assert not (place / ".scratch").exists()

    assert "There is a run of this name" in cased(trained(kit, "--name", "exercises-1", status=2))
    said = trained(kit, "--resume", "exercises-1")
    assert "is finished: 2 epochs of 2" in said
    assert "train --resume exercises-1 --epochs 4" in said
    said = trained(kit, "--resume", "exercises-1", "--epochs", 3)
    assert "Going on after epoch 2, on embedded digits" in said
    assert "Epoch 3/3" in said
    assert "Epoch 2/3" not in said
    assert [row["epoch"] for row in kept.history(kept.read(place))] == [1, 2, 3]
    output = (place / "output.txt").read_text().splitlines()
    assert [line.split(":")[0] for line in output] == [
        "Epoch 1/2", "Epoch 2/2", "Going on after epoch 2; the code itself counts from 1.",
        "Epoch 1/1",
    ]  # fmt: skip


def cased(text: str) -> str:
    """The text with a capital after each colon, as sentences begin."""
    return re.sub(r": (\w)", lambda match: f": {match[1].upper()}", text)


def test_stubs_are_named_as_what_is_to_be_written_first(kit: Copy, tmp_path: Path) -> None:
    start, end = REFERENCE.index("def generator_step("), REFERENCE.index("# Part 5:")
    stub = 'def generator_step(*given):\n    raise NotImplementedError("generator_step")\n\n\n'
    place = solutions(tmp_path / "mine", REFERENCE[:start] + stub + REFERENCE[end:])
    said = trained(kit, *SMALL, "--epochs", 2, "--solutions", place, status=1)
    assert "Training needs generator_step in advanced.py, which is still to be written." in said
    assert "python run_checks.py advanced --solutions" in said
    assert not list((kit.folder / "runs").glob("mine*"))


def test_an_exception_in_epoch_3_and_a_sudden_end_in_epoch_2(kit: Copy, tmp_path: Path) -> None:
    wrong = variant((RANGE, f"{RANGE}        if epoch == 3:\n            images = images[:, :9]\n"))
    place = solutions(tmp_path / "wrong", wrong)
    said = trained(kit, *SMALL, "--epochs", 4, "--solutions", place, "--name", "wrong", status=1)
    assert "Training, epoch 3" in said
    assert "scores: Tensor = self.layers(images)" in said
    assert "Kept in runs/wrong: 2 epochs, and what your code printed." in said
    assert state(kit, "wrong")["state"] == "failed"
    gone = variant((RANGE, f"{RANGE}        if epoch == 2:\n            import os; os._exit(0)\n"))
    place = solutions(tmp_path / "gone", gone)
    said = trained(kit, *SMALL, "--epochs", 4, "--solutions", place, "--name", "gone", status=1)
    assert "ended without a word, as os._exit does" in said
    assert "Kept in runs/gone: 1 epoch" in said
    assert state(kit, "gone")["state"] == "failed"
    assert "ended without a word" in state(kit, "gone")["problem"]


@pytest.mark.skipif(landlock.version() < 1, reason="needs Linux with Landlock")
def test_a_training_reads_no_other_files_and_writes_into_its_run_alone(
    kit: Copy, tmp_path: Path
) -> None:
    aim = tmp_path / "aim"
    curious = variant(
        (
            RANGE,
            f"{RANGE}        import os\n"
            '        open("mine.txt", "w").write(str(os.environ.get("MY_TOKEN")))\n'
            f"        for path in ({str(aim)!r}, {str(kit.folder / 'exercises' / 'x')!r}):\n"
            "            try:\n                open(path, 'w')\n"
            "            except OSError:\n                pass\n"
            "            else:\n                raise ValueError(path)\n"
            "        try:\n"
            f"            open({str(kit.folder / 'reference' / 'advanced.py')!r})\n"
            "        except OSError:\n            pass\n"
            "        else:\n            raise ValueError('reference')\n",
        )
    )
    place = solutions(tmp_path / "curious", curious)
    trained(
        kit, *SMALL, "--epochs", 1, "--solutions", place, "--name", "curious", "--every", 1,
        MY_TOKEN="secret",
    )  # fmt: skip
    assert (kit.folder / "runs" / "curious" / "mine.txt").read_text() == "None"
    assert not aim.exists()


def test_a_kit_that_does_not_work_here_is_3_and_one_sentence(kit: Copy, tmp_path: Path) -> None:
    """PyTorch can't be imported in the worker's process."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nif 'checks.engine.training.worker' in sys.orig_argv:\n"
        "    sys.modules['torch'] = None\n"
    )
    command = [sys.executable, "run_checks.py", "train", "--name", "broken"]
    done = subprocess.run(
        command, cwd=kit.folder, env=environment(**settings(kit), PYTHONPATH=str(tmp_path)),
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 3
    said = " ".join((done.stdout + done.stderr).split())
    assert "Problem: The training broke off: ModuleNotFoundError" in said
    assert not (kit.folder / "runs" / "broken").exists()


# Stopped, killed, and resumed ---------------------------------------------------------------------

SLOWER = variant((RANGE, f"{RANGE}        import time; time.sleep(0.15)\n"))


def begun(kit: Copy, *words: object, mark: str = "") -> subprocess.Popen[str]:
    """The command, on its way."""
    return subprocess.Popen(
        [sys.executable, "run_checks.py", "train", *map(str, words)], cwd=kit.folder, text=True,
        env=environment(**settings(kit), GAN_KIT_MARK=mark), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def epochs_of(place: Path) -> int:
    """How many epochs a run's `state.json` tells of."""
    try:
        return int(json.loads((place / "state.json").read_bytes())["epoch"])
    except (OSError, ValueError):
        return 0


@on_linux
def test_an_interrupt_says_what_is_kept_and_how_to_go_on(kit: Copy, tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    code = solutions(tmp_path / "slow", SLOWER)
    words = (*SMALL, "--epochs", 50, "--solutions", code, "--name", "slow")
    command = begun(kit, *words, mark=mark)
    place = kit.folder / "runs" / "slow"
    assert soon(lambda: epochs_of(place) >= 2, 60)
    assert kept.read(place).state["state"] == "running"
    assert "is being trained by another process" in trained(kit, "--resume", "slow", status=2)
    command.send_signal(signal.SIGINT)
    said, errors = command.communicate(timeout=30)
    assert command.returncode == 130, errors
    reached = state(kit, "slow")["epoch"]
    text = " ".join(said.split())
    assert f"Stopped. Kept in runs/slow: {reached} epochs." in text
    assert "python run_checks.py train --resume slow" in text
    assert state(kit, "slow")["state"] == "stopped"
    assert soon(lambda: running(mark) == [])


@on_linux
def test_an_interrupt_before_the_first_epoch_leaves_nothing(kit: Copy, tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    command = begun(kit, *SMALL, "--name", "early", mark=mark)
    assert soon(lambda: (kit.folder / "runs" / "early").exists(), 60)
    assert soon(lambda: len(running(mark)) == 2, 60)
    command.send_signal(signal.SIGINT)
    said, _ = command.communicate(timeout=30)
    assert command.returncode == 130
    assert "nothing is kept" in " ".join(said.split())
    assert not (kit.folder / "runs" / "early").exists()
    assert soon(lambda: running(mark) == [])


@on_linux
def test_killed_five_times_and_resumed_it_comes_to_the_same_weights(
    kit: Copy, tmp_path: Path
) -> None:
    code = solutions(tmp_path / "code", SLOWER)
    words = (*SMALL, "--epochs", 9, "--seed", 5, "--snapshots", 3, "--solutions", code)
    trained(kit, *words, "--name", "unbroken")
    place, mark = kit.folder / "runs" / "killed", uuid.uuid4().hex
    chance, kills = random.Random(), 0
    again: tuple[object, ...] = (*words, "--name", "killed")
    while kills < 5:
        command = begun(kit, *again, mark=mark)
        reached = epochs_of(place)
        deadline = time.monotonic() + 60
        while epochs_of(place) == reached and command.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 0.3))
        command.kill()
        command.communicate()
        assert soon(lambda: running(mark) == [], 10), "the worker outlives its command"
        kills += 1
        if kept.read(place).state["state"] == "finished":
            break
        assert soon(lambda: kept.read(place).state["state"] == "stopped")
        again = ("--resume", "killed")
    if kept.read(place).state["state"] != "finished":
        trained(kit, "--resume", "killed")
    one, two = (
        flat(run_record.load_tensors(kit.folder / "runs" / n / "last.pt"))
        for n in ("unbroken", "killed")
    )
    assert differing(one, two) == []
    for epoch in (0, 3, 9):
        grids = [
            kept.load_samples(kit.folder / "runs" / name / "samples" / f"epoch_{epoch:03d}.npz")[
                "grid"
            ]
            for name in ("unbroken", "killed")
        ]
        assert (grids[0] == grids[1]).all()
    held = kept.read(place)
    assert held.state["epoch"] == 9
    assert held.state["resumed"] >= 3
    assert [row["epoch"] for row in kept.history(held)] == list(range(1, 10))
    assert not list(place.rglob("*.tmp"))


# What is refused ----------------------------------------------------------------------------------


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No runs yet; nothing is trained."""
    monkeypatch.setattr(kept, "RUNS", tmp_path / "runs")
    monkeypatch.setattr(train, "carried_out", lambda request: 0)
    monkeypatch.setattr(kept.find, "__defaults__", (tmp_path / "runs",))
    return tmp_path


def refusal(capsys: pytest.CaptureFixture[str], *words: object, status: int = 2) -> str:
    """The one sentence with which the command is refused."""
    assert cli.main(["train", *map(str, words)]) == status
    said = capsys.readouterr()
    assert said.out == ""
    text = " ".join(said.err.split())
    assert text.startswith("Problem: ")
    return text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--resume", "x", "--seed", "3"], "--resume and --seed"),
        (["--resume", "x", "--batch-size", "3"], "--resume and --batch-size"),
        (["--resume", "x", "--device", "auto"], "--resume and --device"),
        (["--recipe", "lab", "--solutions", "reference"], "--recipe and --solutions"),
        (["--recipe", "lab", "--latent-dim", "9"], "--recipe and --latent-dim"),
        (["--every", "2", "--snapshots", "3"], "--snapshots and --every"),
        (["--recipe", "labb"], "did you mean lab?"),
        (["--recipe", "x"], "there are minimal, "),
        (["--epochs", "0"], "0 is not a whole number from 1 on"),
        (["--epochs", "1e3"], "1e3 is not"),
        (["--learning-rate", "nan"], "nan is not a number above 0"),
        (["--learning-rate", "-1"], "is not a number above 0"),
        (["--seed", "-1"], "-1 is not a whole number from 0 on"),
        (["--snapshots", "1,,2"], "is not a whole number"),
        (["--device", "tpu"], "Argument --device: invalid choice"),
        (["--name", "a b"], "one word of letters"),
        (["--name", "../x"], "one word of letters"),
        (["--solutions", "nowhere"], "there is no such folder"),
        (["--data", "nowhere"], "there is no such folder"),
        (["--resume", "nothing"], "nor any other: python run_checks.py train makes one"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(
    place: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert said in refusal(capsys, *words)
    assert not list(place.glob("runs/*"))


def test_a_folder_without_the_file_or_with_another_thing_in_its_place(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "There is no advanced.py in" in refusal(capsys, "--solutions", place)
    (place / "advanced.py").mkdir()
    assert "advanced.py is a folder" in refusal(capsys, "--solutions", place)


def test_a_place_that_cannot_be_written_is_one_sentence(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "runs").write_text("a file")
    assert "No run can be kept in" in refusal(capsys)
    (place / "runs").unlink()

    def forbidden(*given: object, **named: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", forbidden)
    assert "permission denied" in refusal(capsys)


def test_tensorboard_is_asked_for_before_anything_is_done(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tensorboard, "is_there", lambda: False)
    assert "python -m pip install tensorboard" in refusal(capsys, "--tensorboard")
    assert not (place / "runs").exists()


def test_names_count_up(place: Path) -> None:
    assert train_requests.next_name("exercises") == "exercises-1"
    for name in ("exercises-2", "exercises-x", "exercises-10", "minimal-3"):
        (place / "runs" / name).mkdir(parents=True)
    assert train_requests.next_name("exercises") == "exercises-11"
    assert train_requests.next_name("minimal") == "minimal-4"
    assert train_requests.next_name("Zoë's work!") == "Zo--s-work-1"
    assert train_requests.next_name("...") == "run-1"


# What comes over the line -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        b"", b"nothing", b"[]", b'{"event": "unknown"}', b'{"event": "stage"}',
        b'{"event": "stage", "text": 3}', b'{"event": "epoch", "epoch": 1, "losses": [1]}',
        b'{"event": "epoch", "epoch": 1, "losses": [1, "2"], "seconds": 1}',
        b'{"event": "epoch", "epoch": true, "losses": [1, 2], "seconds": 1}',
        b'{"event": "batch", "epoch": 1, "share": NaN, "losses": [1, 2]}',
        b'{"event": "batch", "epoch": -1, "share": 0.5, "losses": [1, 2]}', b"[" * 100_000,
        b'{"event": "glance", "images": "AAAA"}', b'{"event": "glance", "images": "!"}',
    ],
)  # fmt: skip
def test_an_event_that_is_none_is_passed_over(line: bytes) -> None:
    assert supervisor.checked(line) is None


def test_an_event_is_taken_with_whole_numbers_for_others() -> None:
    line = b'{"event": "epoch", "epoch": 1, "losses": [1, NaN], "seconds": 1}'
    event = supervisor.checked(line)
    assert event is not None
    assert event["seconds"] == 1.0


# The screen ---------------------------------------------------------------------------------------


def screen(
    width: int, ticks: list[float], **options: Any
) -> tuple[TrainingScreen, Callable[[], str]]:
    """A screen on a terminal of this width, and what its live line says now."""
    console = Console(width=width, force_terminal=True, file=io.StringIO(), **options)
    shown = TrainingScreen(console, clock=lambda: ticks[-1])
    return shown, lambda: CONTROL.sub("", shown._now().plain)


@pytest.mark.parametrize("width", [30, 50, 80, 120])
def test_the_live_line_fits_and_tells_speed_and_time_left(width: int) -> None:
    ticks = [0.0]
    shown, now = screen(width, ticks)
    shown.loading()
    shown.close()
    assert "Loading PyTorch" in now()
    begin = {"epochs": 10, "done": 0, "images": 1000, "source": "MNIST", "device": "cpu"}
    shown.event({"event": "begin", **begin})
    assert "Epoch  1/10" in now()
    assert "left" not in now()
    for part in range(1, 9):
        ticks.append(part * 0.25)
        shown.event({"event": "batch", "epoch": 1, "share": part / 10, "losses": [1.25, 0.75]})
    line = now()
    assert len(line) < width
    if width >= 80:
        assert "loss: D 1.250  G 0.750" in line
        assert "400 images/s" in line
        assert "0:23 left" in line
    shown.event({"event": "epoch", "epoch": 10, "losses": [1.0, float("nan")], "seconds": 2.0})
    assert "Epoch 10/10" in now()


def test_images_are_seen_above_the_live_line() -> None:
    shown, _ = screen(80, [0.0], color_system="truecolor", legacy_windows=False)
    begin = {"epochs": 3, "done": 0, "images": 1000, "source": "MNIST", "device": "cpu"}
    shown.event({"event": "begin", **begin})
    digits = draw_digits(SEEN, labels=range(SEEN))[0]
    images = base64.b64encode(digits.tobytes()).decode("ascii")
    event = supervisor.checked(json.dumps({"event": "glance", "images": images}).encode())
    assert event is not None
    shown.event(event)
    with shown.page.console.capture() as caught:
        shown.page.console.print(shown._shown())
    *picture, line = CONTROL.sub("", caught.get()).splitlines()
    assert [row.count(HALF) for row in picture] == [14 * SEEN] * 7
    assert "Epoch 1/3" in line
    shown.measuring("Loading PyTorch …")
    assert "Measuring the samples: loading PyTorch …" in str(shown._shown())
    shown.close()


def test_times_as_people_say_them() -> None:
    assert [clock(seconds) for seconds in (0.4, 7, 59.6, 750, 3723, -1)] == [
        "0:00", "0:07", "1:00", "12:30", "1:02:03", "0:00",
    ]  # fmt: skip
