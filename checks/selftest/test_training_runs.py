"""Runs on the disk: which there are, what is in them, and nothing taken on trust."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checks.engine.errors import ClaimedError, RunError
from checks.engine.paths import KIT
from checks.engine.training import run_store as kept
from checks.engine.training.run_lock import claim, is_claimed
from checks.selftest.run_folders import make_run
from checks.selftest.test_command import environment


def arrays(**other: Any) -> dict[str, Any]:
    """What a file of samples holds, with some of it replaced."""
    usual = {
        "grid": np.zeros((64, 28, 28), np.uint8),
        "many": np.zeros((2000, 28, 28), np.uint8),
        "real_scores": np.zeros(1000, np.float32),
        "fake_scores": np.zeros(0, np.float32),
        "epoch": np.array(3),
    }
    return usual | other


def refused(path: Path) -> str:
    """The sentence with which a file of samples is refused."""
    with pytest.raises(RunError) as caught:
        kept.load_samples(path)
    return str(caught.value)


# Which there are ----------------------------------------------------------------------------------


def test_runs_come_newest_first_and_broken_ones_are_left_out(tmp_path: Path) -> None:
    for day, name in enumerate(("b", "c", "a"), 1):
        make_run(tmp_path, name, configuration={"began": f"2026-01-0{day}T00:00:00+00:00"})
    (make_run(tmp_path, "broken") / "run.json").write_text("{")
    (make_run(tmp_path, "older") / "run.json").write_text('{"format": 0}')
    (tmp_path / "no-run").mkdir()
    (tmp_path / "file").write_text("")
    assert [run.name for run in kept.runs(tmp_path)] == ["a", "c", "b"]
    newest = kept.latest(tmp_path)
    assert newest is not None
    assert newest.name == "a"
    assert kept.runs(tmp_path / "nowhere") == []
    assert kept.latest(tmp_path / "nowhere") is None


def test_a_run_is_found_by_its_name_or_path_or_the_nearest_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RunError, match="nor any other"):
        kept.find("first", tmp_path)
    make_run(tmp_path, "exercises-1")
    assert kept.find("exercises-1", tmp_path).folder == tmp_path / "exercises-1"
    monkeypatch.chdir(tmp_path)
    assert kept.find("./exercises-1", tmp_path).name == "exercises-1"
    with pytest.raises(RunError, match="did you mean exercises-1"):
        kept.find("exercise-1", tmp_path)
    with pytest.raises(RunError, match="the latest is exercises-1"):
        kept.find("xyz", tmp_path)
    for outside in ("..", "../x", "/", "", "a/b"):
        with pytest.raises(RunError):
            kept.find(outside, tmp_path)


@pytest.mark.parametrize("name", ["exercises-1", "a", "My_run.2", "x" * 64, "console"])
def test_names_that_a_run_may_have(name: str) -> None:
    assert kept.NAME.fullmatch(name)


@pytest.mark.parametrize(
    "name",
    ["", "-x", ".x", "x.", "a b", "a/b", "..", "con", "NUL.txt", "com1", "é", "x" * 65, "a\n"],
)
def test_names_that_a_run_may_not_have(name: str) -> None:
    assert not kept.NAME.fullmatch(name)


# What is in them ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("run.json", "[]", "run.json of the run first is damaged"),
        ("run.json", "[" * 100_000, "damaged"),
        ("run.json", '{"format": 2}', "another version"),
        ("state.json", "nothing", "state.json of the run first is damaged"),
        ("state.json", '{"state": "asleep"}', "damaged"),
        ("state.json", '{"epoch": NaN}', "damaged"),
    ],
)
def test_a_broken_run_is_one_sentence(tmp_path: Path, file: str, text: str, said: str) -> None:
    (make_run(tmp_path) / file).write_text(text)
    with pytest.raises(RunError, match=said):
        kept.find("first", tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0}, {"epochs": "many"}, {"epochs": True}, {"name": None}, {"snapshots": "10"},
        {"snapshots": [1.5]}, {"learning_rate": float("inf")}, {"recipe": 3}, {"data": {}},
        {"environment": []},
    ],
)  # fmt: skip
def test_a_configuration_is_looked_at(tmp_path: Path, wrong: dict[str, Any]) -> None:
    make_run(tmp_path, configuration=wrong)
    with pytest.raises(RunError, match=r"run\.json of the run first is damaged"):
        kept.find("first", tmp_path)


def test_a_text_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (make_run(tmp_path) / "history.csv").open("wb") as file:
        file.truncate(kept.MAX_TEXT + 1)
    with pytest.raises(RunError, match="far too large"):
        kept.history(kept.find("first", tmp_path))


def test_history_is_numbers_and_may_be_nan(tmp_path: Path) -> None:
    text = "epoch,discriminator_loss,generator_loss,seconds\n1,1.5,nan,0.25\n2,inf,2,0.5\n"
    make_run(tmp_path, history=text)
    first, second = kept.history(kept.find("first", tmp_path))
    assert (first["epoch"], first["discriminator_loss"], first["seconds"]) == (1.0, 1.5, 0.25)
    assert first["generator_loss"] != first["generator_loss"]
    assert second["discriminator_loss"] == float("inf")
    make_run(tmp_path, "second", history=text.replace("1.5", "high"))
    with pytest.raises(RunError, match=r"history\.csv of the run second is damaged"):
        kept.history(kept.find("second", tmp_path))
    make_run(tmp_path, "third", history="epoch,loss\n1,2\n")
    with pytest.raises(RunError, match="damaged"):
        kept.history(kept.find("third", tmp_path))


def test_samples_come_in_the_order_of_their_epochs(tmp_path: Path) -> None:
    place = make_run(tmp_path, snapshots=(0, 10, 9))
    (place / "samples" / "notes.npz").write_text("")
    (place / "samples" / "epoch_1234.npz").write_text("")
    found = kept.samples(kept.find("first", tmp_path))
    assert list(found) == [0, 9, 10, 1234]
    assert kept.load_samples(found[10])["grid"].shape == (64, 28, 28)


# Samples that nobody vouches for ------------------------------------------------------------------


def test_samples_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "epoch_003.npz"
    scores = np.arange(1000, dtype=np.float32)
    walk = np.full((9, 12, 28, 28), 7, np.uint8)
    np.savez(path, **arrays(real_scores=scores, walk=walk))
    found = kept.load_samples(path)
    assert (found["real_scores"] == scores).all()
    assert (found["walk"] == 7).all()
    assert int(found["epoch"]) == 3
    np.savez_compressed(path, **arrays(epoch=np.array([4])))
    assert "walk" not in kept.load_samples(path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"grid": np.zeros((64, 28, 28), np.float32)},
        {"grid": np.zeros((63, 28, 28), np.uint8)},
        {"grid": np.asfortranarray(np.zeros((64, 28, 28), np.uint8))},
        {"many": np.zeros((4000, 28, 28), np.uint8)},
        {"real_scores": np.zeros(1000, object)},
        {"real_scores": np.zeros((10, 100), np.float32)},
        {"epoch": np.array("three")},
        {"walk": np.zeros(3, np.uint8)},
    ],
)
def test_samples_of_another_form_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    path = tmp_path / "epoch_003.npz"
    np.savez(path, **arrays(**wrong))
    assert "epoch_003.npz of the run" in refused(path)


def test_samples_that_are_no_archive_or_only_a_part_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "epoch_003.npz"
    np.savez(path, **arrays())
    whole = path.read_bytes()
    for content in (
        b"",
        b"PK",
        whole[:-100],
        whole[:5000],
        b"\0" * 1000,
        whole[:200] + whole[300:],
    ):
        path.write_bytes(content)
        assert "damaged" in refused(path)
    path.unlink()
    assert "damaged" in refused(path)
    np.savez(path, grid=arrays()["grid"])
    assert "damaged" in refused(path)


def test_a_bomb_of_zeros_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "epoch_003.npz"
    np.savez(path, **arrays())
    with zipfile.ZipFile(path) as archive:
        parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content + bytes(300 * 2**20) if name == "grid.npy" else content)
    assert path.stat().st_size < 2**20
    assert "damaged" in refused(path)


def test_a_header_that_promises_far_too_much_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "epoch_003.npz"
    header = io.BytesIO()
    shape = {"descr": "|u1", "fortran_order": False, "shape": (10**15,)}
    np.lib.format.write_array_header_1_0(header, shape)
    np.savez(path, **arrays())
    with zipfile.ZipFile(path) as archive:
        parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (parts | {"grid.npy": header.getvalue()}).items():
            archive.writestr(name, content)
    assert "damaged" in refused(path)


# Whose run it is ----------------------------------------------------------------------------------


def test_a_run_is_claimed_by_one_process_at_a_time(tmp_path: Path) -> None:
    place = make_run(tmp_path, state={"state": "running", "epoch": 3})
    assert kept.find("first", tmp_path).state["state"] == "stopped"
    assert not is_claimed(place)
    hold = (
        "import sys; from pathlib import Path; from checks.engine.training.run_lock import claim;"
    )
    hold += f" lock = claim(Path({str(place)!r})); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold], cwd=KIT, env=environment(), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert is_claimed(place)
        assert kept.find("first", tmp_path).state["state"] == "running"
        with pytest.raises(ClaimedError):
            claim(place)
        holder.kill()
        holder.wait()
    assert not is_claimed(place)
    claim(place).close()


def test_the_folder_of_all_runs_can_be_elsewhere(tmp_path: Path) -> None:
    ask = "from checks.engine.training.run_store import RUNS; print(RUNS)"
    for extra, where in (({}, KIT / "runs"), ({"GAN_KIT_RUNS": str(tmp_path)}, tmp_path)):
        settings = {k: v for k, v in environment().items() if k != "GAN_KIT_RUNS"} | extra
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", ask], cwd=KIT, env=settings, check=True,
            capture_output=True, text=True,
        )  # fmt: skip
        assert Path(done.stdout.strip()) == where
        assert "torch" not in done.stderr
        assert "numpy" not in done.stderr


def test_a_state_that_is_missing_is_that_of_a_run_just_begun(tmp_path: Path) -> None:
    os.remove(make_run(tmp_path) / "state.json")
    run = kept.find("first", tmp_path)
    assert (run.state["state"], run.state["epoch"]) == ("stopped", 0)
