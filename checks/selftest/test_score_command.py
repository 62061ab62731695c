"""`python run_checks.py score`, on runs made by hand; the classifier is as it is, trained once."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import torch

from checks.engine.data.digits import draw_digits
from checks.engine.quality import scoring
from checks.engine.quality.classifier import N_FEATURES, NO_DIGIT, classifier_for
from checks.engine.quality.material import material
from checks.engine.quality.score_file import FILE, VERSION
from checks.engine.training import run_store as runs
from checks.selftest import in_process, test_command
from checks.selftest.run_folders import make_run, make_scores, write_json
from checks.selftest.test_command import sentence
from checks.selftest.test_quality_classifier import share_right


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the runs are."""
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the classifier is kept, once its whole training is done."""
    return tmp_path_factory.mktemp("cache")


def score(place: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    cache = str(place.parent / "cache")
    return test_command.run("score", *arguments, GAN_KIT_RUNS=str(place), GAN_KIT_CACHE=cache)


def scored(place: Path, name: str, epochs: int = 30, **configuration: object) -> Path:
    """A run whose scores stand already."""
    folder = make_run(place, name, snapshots=(epochs,), epochs=epochs, configuration=configuration)
    held = make_scores([epochs]) | {"features": f"drawn-{VERSION}-abc"}
    write_json(folder / FILE, held)
    return folder


def test_without_runs_it_says_what_makes_one(place: Path) -> None:
    done = score(place)
    assert done.returncode == 2
    assert sentence(done) == \
        "Problem: There is no run to score yet: python run_checks.py train makes one."  # fmt: skip


def test_an_unknown_run_is_one_sentence(place: Path) -> None:
    scored(place, "first")
    done = score(place, "frist")
    assert done.returncode == 2
    assert "did you mean first?" in sentence(done)


def test_broken_runs_are_one_sentence(place: Path) -> None:
    folder = make_run(place, "broken", snapshots=(30,))
    (folder / "samples" / "epoch_030.npz").write_bytes(b"nothing")
    make_run(place, "empty", snapshots=())
    cases = (
        ("empty", "Problem: The run empty has no samples to score yet."),
        ("broken", "Problem: epoch_030.npz of the run broken is damaged."),
    )
    for name, said in cases:
        done = score(place, name)
        assert (done.returncode, sentence(done)) == (2, said)
        assert not (place / name / FILE).exists()


def test_one_run_is_scored_and_shown(
    place: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process, which has PyTorch loaded; what stands then is shown by one of its own."""
    monkeypatch.setattr(scoring, "_scorers", {})
    monkeypatch.setattr(runs.runs, "__defaults__", (place,))
    folder = make_run(place, "only", snapshots=(0, 30))
    done = in_process.run("score", GAN_KIT_CACHE=str(cache))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("only  exercises, 30 epochs, embedded digits, 2,000 images\n")
    for part in ("After epoch 30", "What it says", "Digits  an even share", "The way there"):
        assert f"\n{part}" in done.stdout
    assert "As good as real images" in done.stdout or "ext to real images" in done.stdout
    held = json.loads((folder / FILE).read_text(encoding="utf-8"))
    assert held["epochs"]["30"]["n_digits"] == 10
    assert held["epochs"]["30"]["frechet"] < 1 < 100 < held["epochs"]["0"]["frechet"]
    assert score(place, "only").stdout == done.stdout


def test_its_classifier_reads_drawn_digits_that_it_has_not_seen(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAN_KIT_CACHE", str(cache))
    classifier = classifier_for(material("drawn"))
    images, labels = map(torch.from_numpy, draw_digits(1000, seed=77))
    assert share_right(classifier, images, labels) > 0.95
    noise = torch.randint(0, 256, (500, 28, 28), dtype=torch.uint8)
    assert share_right(classifier, noise, torch.full((500,), NO_DIGIT)) > 0.99
    assert classifier.features(images).shape == (1000, N_FEATURES)


def test_several_runs_are_a_board(place: Path) -> None:
    scored(place, "mine")
    scored(place, "minimal", epochs=30, code="recipe", recipe="minimal")
    make_run(place, "bare", snapshots=())
    done = score(place)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Runs on digits that the kit draws  the best first\n")
    assert "minimal is still to beat" in " ".join(done.stdout.split())
    assert "The run bare has no samples to score yet." in done.stdout
    assert not (place.parent / "cache").exists(), "what stands needs no classifier"
