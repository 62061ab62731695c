"""`score_run`: what it measures, what it takes from before, and what broken folders say."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checks.engine.data.digits import draw_digits
from checks.engine.errors import ScoreError
from checks.engine.paths import KIT
from checks.engine.quality import read_scores, score_run, scoring
from checks.engine.quality.score_file import FILE, MAX_BYTES
from checks.engine.quality.scoring import finished_scores
from checks.engine.training.run_store import MANY, Run, read
from checks.selftest.run_folders import make_run, make_scores
from checks.selftest.test_command import environment
from checks.selftest.test_quality_classifier import make_small, mnist_folder


@pytest.fixture(scope="module", autouse=True)
def small_kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache of its own, and a classifier that is trained in a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAN_KIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(scoring, "_scorers", {})
        make_small(patch)
        yield


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run whose samples go from noise to digits."""
    return read(make_run(tmp_path, snapshots=(0, 30)))


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder of such a run, scored; and the scores."""
    folder = make_run(tmp_path_factory.mktemp("measured"), snapshots=(0, 30))
    return folder, score_run(read(folder))


@pytest.fixture
def scored(measured: tuple[Path, dict[str, Any]], tmp_path: Path) -> tuple[Run, dict[str, Any]]:
    """A run like that, with its scores."""
    folder, scores = measured
    return read(shutil.copytree(folder, tmp_path / folder.name)), deepcopy(scores)


def rewritten(path: Path, **arrays: Any) -> None:
    """Replace arrays of a file of samples, as a run that goes on does."""
    held = dict(np.load(path))
    np.savez(path, **(held | arrays))
    later(path)


def later(path: Path) -> None:
    """Let a file be newer than whatever was written until now."""
    status = path.stat()
    os.utime(path, (status.st_atime, status.st_mtime + 10))


# What is measured ---------------------------------------------------------------------------------


def test_all_snapshots_are_scored_as_agreed(run: Run) -> None:
    said: list[str] = []
    found = score_run(run, said.append)
    assert json.loads((run.folder / FILE).read_text(encoding="utf-8")) == found
    assert read_scores(run) == found
    assert (found["format"], found["reference_kind"]) == (1, "drawn")
    assert found["features"].startswith("drawn-")
    assert list(found["epochs"]) == ["0", "30"]
    assert set(found["calibration"]) == {"real", "noise", "untrained", "collapsed"}
    for score in (*found["epochs"].values(), *found["calibration"].values()):
        assert set(score) - {"accuracy"} == {
            "frechet", "kernel", "precision", "recall", "density", "coverage", "digits",
            "n_digits", "no_digit",
        }  # fmt: skip
        assert len(score["digits"]) == 10
    noise, digits = found["epochs"]["0"], found["epochs"]["30"]
    assert digits["frechet"] < 3 < 50 < noise["frechet"]
    assert (noise["n_digits"], digits["n_digits"]) == (0, 10)
    assert noise["accuracy"] == 1.0
    assert any("epoch 30 (2 of 2)" in each for each in said)


def test_missing_digits_are_seen_and_unknown_scores_are_none(tmp_path: Path) -> None:
    folder = make_run(tmp_path, snapshots=(30,))
    labels = np.arange(MANY) % 5  # no 5 … 9
    empty = np.empty(0, np.float32)
    rewritten(
        folder / "samples" / "epoch_030.npz",
        many=draw_digits(MANY, 3, labels)[0], real_scores=empty, fake_scores=empty,
    )  # fmt: skip
    found = score_run(read(folder))
    score, real = found["epochs"]["30"], found["calibration"]["real"]
    assert score["accuracy"] is None
    assert min(score["digits"][:5]) > 0.15
    assert sum(score["digits"][5:]) < 0.08
    assert score["recall"] < real["recall"] - 0.05
    assert score["coverage"] < real["coverage"] - 0.2
    assert score["precision"] > 0.6


def test_mnist_is_scored_with_mnist(tmp_path: Path) -> None:
    folder = str(mnist_folder(tmp_path / "data", 1600, 600))
    data = {"source": "MNIST", "folder": folder, "images": 1600, "kind": "mnist", "limit": None}
    run = read(make_run(tmp_path, snapshots=(30,), configuration={"data": data}))
    found = score_run(run)
    assert found["reference_kind"] == "mnist"
    assert found["features"].startswith("mnist-")
    shutil.move(folder, tmp_path / "moved")
    scoring._scorers.clear()
    with pytest.raises(ScoreError, match=r"does not exist\..* --data names the folder\.$"):
        score_run(run)
    assert score_run(run, data=str(tmp_path / "moved")) == found


# What stands --------------------------------------------------------------------------------------


def test_what_stands_is_not_measured_again(
    scored: tuple[Run, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, first = scored
    measured: list[str] = []
    score = scoring.Scorer.score

    def counted(self: scoring.Scorer, arrays: dict[str, Any]) -> dict[str, Any]:
        measured.append(str(arrays["epoch"]))
        return score(self, arrays)

    monkeypatch.setattr(scoring.Scorer, "score", counted)
    assert score_run(run) == first
    assert finished_scores(run) == first
    assert measured == []
    path = run.folder / "samples" / "epoch_030.npz"
    rewritten(path, many=dict(np.load(run.folder / "samples" / "epoch_000.npz"))["many"])
    assert finished_scores(run) is None
    again = score_run(run)
    assert measured == ["30"]
    assert again["epochs"]["30"]["frechet"] == pytest.approx(first["epochs"]["0"]["frechet"])
    later(run.folder / FILE)
    later(run.folder / FILE)
    shutil.copy(path, path.with_name("epoch_040.npz"))
    assert finished_scores(run) is None
    assert list(score_run(run)["epochs"]) == ["0", "30", "40"]


def test_scores_of_another_classifier_are_made_anew(scored: tuple[Run, dict[str, Any]]) -> None:
    run, first = scored
    (run.folder / FILE).write_text(json.dumps(first | {"features": "drawn-0-older"}))
    later(run.folder / FILE)
    assert finished_scores(run) is None
    assert score_run(run) == first


def test_broken_scores_count_as_none(scored: tuple[Run, dict[str, Any]]) -> None:
    run, first = scored
    whole = json.dumps(first)
    noise = dict(first["calibration"]["noise"])
    for broken in (
        "", "{", "[]", "null", "3", "[" * 10**5, "x" * (MAX_BYTES + 1),
        whole.replace('"format": 1', '"format": 2'), whole.replace('"drawn"', '"other"'),
        json.dumps(first | {"epochs": {"-1": noise}}), json.dumps(first | {"epochs": [noise]}),
        json.dumps(first | {"epochs": {"1": noise | {"frechet": float("nan")}}}),
        json.dumps(first | {"epochs": {"1": noise | {"frechet": 10**400}}}),
        json.dumps(first | {"epochs": {"1": noise | {"digits": [0.5] * 9}}}),
        json.dumps(first | {"epochs": {"1": noise | {"digits": [7] * 10}}}),
        json.dumps(first | {"epochs": {"1": noise | {"n_digits": True + 10}}}),
        json.dumps(first | {"epochs": {"1": noise | {"accuracy": "all"}}}),
        json.dumps(first | {"calibration": {"real": noise}}),
        json.dumps(first | {"features": "x" * 10**4}),
    ):  # fmt: skip
        (run.folder / FILE).write_text(broken, encoding="utf-8")
        assert read_scores(run) is None, broken[:100]
    assert score_run(run) == first


def test_the_scores_of_the_reports_tests_are_what_is_agreed(scored: tuple[Run, Any]) -> None:
    run, _ = scored
    (run.folder / FILE).write_text(json.dumps(make_scores() | {"more": 1}), encoding="utf-8")
    assert read_scores(run) == make_scores()


# Broken and hostile folders -----------------------------------------------------------------------


def test_a_run_without_samples_is_one_sentence(tmp_path: Path) -> None:
    run = read(make_run(tmp_path, "bare", snapshots=()))
    with pytest.raises(ScoreError, match=r"^The run bare has no samples to score yet\.$"):
        score_run(run)
    assert not (run.folder / FILE).exists()


def test_one_broken_snapshot_does_not_cost_the_others(run: Run) -> None:
    path = run.folder / "samples" / "epoch_000.npz"
    path.write_bytes(path.read_bytes()[:1000])
    assert list(score_run(run)["epochs"]) == ["30"]
    for other in (run.folder / "samples").iterdir():
        other.write_bytes(b"PK\x03\x04 nothing")
        later(other)
        later(other)
    with pytest.raises(ScoreError, match=r"^epoch_000\.npz of the run first is damaged\.$"):
        score_run(run)


def test_pickles_are_not_opened(run: Run) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(run.folder / "evil"),)

    path = run.folder / "samples" / "epoch_030.npz"
    whole = dict(np.load(path))
    for name in ("many", "real_scores"):
        np.savez(path, **(whole | {name: np.array([Evil()], object)}))
        later(path)
        (run.folder / FILE).unlink(missing_ok=True)
        assert list(score_run(run)["epochs"]) == ["0"]
    assert not (run.folder / "evil").exists()


def test_a_folder_on_a_network_is_not_asked_for(tmp_path: Path) -> None:
    for folder in ("\\\\server\\share", "//server/share"):
        data = {"source": "MNIST", "folder": folder, "images": 1, "kind": "mnist", "limit": None}
        name = f"far{len(os.listdir(tmp_path))}"
        run = read(make_run(tmp_path, name, snapshots=(30,), configuration={"data": data}))
        with pytest.raises(ScoreError, match=r"--data names a folder"):
            score_run(run)


def test_scores_that_cannot_be_written_are_one_sentence(run: Run) -> None:
    (run.folder / FILE).mkdir()
    (run.folder / FILE / "in the way").touch()
    with pytest.raises(ScoreError, match=r"^The scores of the run first can't be written: .*\.$"):
        score_run(run)


def test_reading_scores_loads_no_pytorch() -> None:
    code = "import sys, checks.engine.quality, checks.engine.quality.leaderboard; " \
        "from checks.engine.ui import score_screen; " \
        "sys.exit(bool({'torch', 'numpy'} & set(sys.modules)))"  # fmt: skip
    assert subprocess.run([sys.executable, "-c", code], cwd=KIT, env=environment()).returncode == 0
