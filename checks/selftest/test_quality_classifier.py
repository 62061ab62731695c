"""The classifier behind the scores: how well it reads, what it keeps, and what broken files do."""

from __future__ import annotations

import json
import os
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from checks.engine.data.digits import draw_digits
from checks.engine.data.mnist import RAW
from checks.engine.errors import MaterialError
from checks.engine.quality import calibration as known_images
from checks.engine.quality import classifier as classifiers
from checks.engine.quality import material as materials
from checks.engine.quality.calibration import calibration
from checks.engine.quality.classifier import (
    Classifier,
    classifier_for,
    no_digits,
    trained,
)
from checks.engine.quality.material import Material, material
from checks.selftest.test_mnist import REAL_MNIST, mnist_files, write_mnist


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache in place of the user's."""
    monkeypatch.setenv("GAN_KIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "quality"


@pytest.fixture(scope="module")
def learned() -> tuple[Material, Classifier]:
    """Few images, and the classifier that a second's training makes of them."""
    with pytest.MonkeyPatch.context() as patch:
        make_small(patch)
        images = material("drawn")
        return images, trained(images)


@pytest.fixture
def small(learned: tuple[Material, Classifier], monkeypatch: pytest.MonkeyPatch) -> Material:
    """These images; a training on them comes to that classifier at once."""
    make_small(monkeypatch)
    images, classifier = learned
    monkeypatch.setattr(classifiers, "trained", lambda given: deepcopy(classifier))
    return images


def make_small(patch: pytest.MonkeyPatch) -> None:
    """Let the classifier train for a second only."""
    patch.setattr(materials, "N_TRAINING", 1500)
    patch.setattr(materials, "N_COMPARED", 600)
    patch.setattr(classifiers, "EPOCHS", 3)


def share_right(classifier: Classifier, images: Tensor, labels: Tensor) -> float:
    read = classifier.classes(classifier.features(images)).argmax(dim=1)
    return (read == labels).float().mean().item()


# How well it reads --------------------------------------------------------------------------------


@pytest.mark.skipif(not REAL_MNIST.is_dir(), reason="no real MNIST in ../shared/mnist")
def test_it_reads_real_digits_that_it_has_not_seen(cache: Path) -> None:
    from torchvision.datasets import MNIST

    found = material("mnist", str(REAL_MNIST))
    test = MNIST(REAL_MNIST, train=False)
    assert torch.equal(found.reference, test.data[: len(found.reference)])
    assert share_right(classifier_for(found), test.data, test.targets) > 0.97


def test_probabilities_and_the_scale_of_the_features(small: Material, cache: Path) -> None:
    classifier = classifier_for(small)
    features = classifier.features(small.reference)
    assert features.var(dim=0).mean().item() == pytest.approx(1, abs=1e-4)
    classes = classifier.classes(features)
    assert classes.shape == (600, 11)
    torch.testing.assert_close(classes.sum(dim=1), torch.ones(600))


def test_training_is_the_same_every_time_and_leaves_no_trace(
    learned: tuple[Material, Classifier], small: Material
) -> None:
    torch.manual_seed(5)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    assert same(trained(small), learned[1])
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_what_is_no_digit_is_made_of_digits_and_noise() -> None:
    digits = classifiers.as_input(torch.from_numpy(draw_digits(200)[0]))
    others = no_digits(digits, 100)
    assert others.shape == (100, 1, 28, 28)
    assert others.min() >= 0
    assert others.max() <= 1
    puzzles = others[50:75].flatten(start_dim=1).sort(dim=1).values
    whole = digits.flatten(start_dim=1).sort(dim=1).values
    assert all((puzzle == whole).all(dim=1).any() for puzzle in puzzles), "tiles that moved"


# What it keeps ------------------------------------------------------------------------------------


def counted(patch: pytest.MonkeyPatch) -> list[int]:
    """A list that grows with each training."""
    done: list[int] = []
    train = classifiers.trained

    def count(images: Material) -> Classifier:
        done.append(1)
        return train(images)

    patch.setattr(classifiers, "trained", count)
    return done


def same(one: Classifier, other: Classifier) -> bool:
    mine, its = one.state_dict(), other.state_dict()
    return all(torch.equal(mine[name], its[name]) for name in mine)


def test_it_is_trained_once(small: Material, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = counted(monkeypatch)
    first, second = classifier_for(small), classifier_for(small)
    assert len(done) == 1
    assert same(first, second)
    assert [path.name for path in cache.iterdir()] == [f"{small.name}.pt"]


class Evil:
    """Does something when it is unpickled."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.place),)


BROKEN = ("cut", "empty", "other", "pickle", "nan", "huge", "folder")


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_file_is_made_anew(
    small: Material, cache: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    classifier = classifier_for(small)
    path = cache / f"{small.name}.pt"
    whole = path.read_bytes()
    weights = classifier.state_dict()
    if how == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "other":
        torch.save({"something": torch.zeros(3)}, path)
    elif how == "pickle":
        torch.save({**weights, "scale": Evil(cache / "evil")}, path)
    elif how == "nan":
        torch.save({**weights, "scale": torch.tensor(float("nan"))}, path)
    elif how == "huge":
        monkeypatch.setattr(classifiers, "LARGEST", 100)
    else:
        path.unlink()
        path.mkdir()
    done = counted(monkeypatch)
    assert same(classifier_for(small), classifier)
    assert len(done) == 1
    assert not (cache / "evil").exists()
    if how not in ("huge", "folder"):
        assert same(classifiers.loaded(path) or Classifier(), classifier)


def test_without_a_cache_it_works_all_the_same(
    small: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("GAN_KIT_CACHE", str(tmp_path / "file"))
    done = counted(monkeypatch)
    assert same(classifier_for(small), classifier_for(small))
    assert len(done) == 2


def test_another_version_or_other_images_have_other_names(
    small: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = (small.images, small.labels, small.reference, small.others)
    one, other = Material("mnist", *parts), Material("mnist", *parts[:3], small.others[1:])
    assert len({one.name, other.name, small.name}) == 3
    monkeypatch.setattr(materials, "VERSION", 99)
    assert Material("mnist", *parts).name not in (one.name, other.name)


def test_the_drawn_digits_are_those_that_the_version_stands_for() -> None:
    """If this fails because the digits were changed on purpose, raise VERSION in `score_file`."""
    images, _ = draw_digits(200, materials.SEEDS[1])
    assert float(images.mean()) == pytest.approx(33.908, abs=0.01)


# MNIST in a folder --------------------------------------------------------------------------------


def mnist_folder(place: Path, n_training: int, n_testing: int) -> Path:
    return write_mnist(place, mnist_files(n_training, n_testing))


@pytest.mark.parametrize("below", ["", "MNIST", "MNIST/raw"])
def test_the_three_sets_share_no_image(tmp_path: Path, below: str) -> None:
    folder = mnist_folder(tmp_path, 2000, 600)
    found = material("mnist", str(folder / below))
    sizes = (len(found.images), len(found.reference), len(found.others))
    assert sizes == (1000, 600, 1000)
    parts = torch.cat([found.images, found.reference, found.others]).flatten(start_dim=1)
    assert len(parts.unique(dim=0)) == len(parts)


def test_too_few_images_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(MaterialError, match=r"too small to score with.* 1,400 and 600\.$"):
        material("mnist", str(mnist_folder(tmp_path, 1400, 600)))
    with pytest.raises(MaterialError, match=r"does not exist\..* --data names the folder\.$"):
        material("mnist", str(tmp_path / "nowhere"))


def test_broken_images_for_testing_are_one_sentence(tmp_path: Path) -> None:
    folder = mnist_folder(tmp_path, 1600, 600)
    path = folder / RAW / "t10k-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-5000])
    with pytest.raises(MaterialError, match="for testing"):
        material("mnist", str(folder))


# The calibration ----------------------------------------------------------------------------------


def test_known_images_come_out_as_they_should(
    small: Material, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = classifier_for(small)
    reference = classifier.features(small.reference)
    found = calibration(small, classifier, reference)
    real, noise, stuck = found["real"], found["noise"], found["collapsed"]
    assert real["frechet"] < 2 < 20 < stuck["frechet"] < noise["frechet"]
    assert (real["n_digits"], noise["n_digits"]) == (10, 0)
    assert real["precision"] > 0.6
    assert noise["precision"] < 0.05
    assert stuck["recall"] < 0.05 < 0.6 < real["recall"]
    assert stuck["n_digits"] <= 5
    assert found["untrained"]["coverage"] < 0.05
    assert all(
        sum(each["digits"]) + each["no_digit"] == pytest.approx(1) for each in found.values()
    )
    assert abs(real["kernel"]) < 0.1 < noise["kernel"]

    def measured(*_: object) -> None:
        raise AssertionError("measured again")

    with monkeypatch.context() as patch:
        patch.setattr(known_images, "measured", measured)
        kept = calibration(small, classifier, reference)
    assert {name: each["frechet"] for name, each in kept.items()} == {
        name: each["frechet"] for name, each in found.items()
    }


def test_a_broken_calibration_is_made_anew(small: Material, cache: Path) -> None:
    classifier = classifier_for(small)
    reference = classifier.features(small.reference)
    found = calibration(small, classifier, reference)
    path, weights = cache / f"{small.name}.json", known_images.fingerprint(classifier)
    whole = path.read_text(encoding="utf-8")
    held = json.loads(whole)
    cut = {name: each for name, each in held["calibration"].items() if name != "noise"}
    for broken in (
        "", "{", "[]", "null", "[" * 10**5, json.dumps(held | {"classifier": "another"}),
        json.dumps(held | {"calibration": cut}), whole.replace('"n_digits": 10', '"n_digits": 11'),
        whole.replace('"kernel": ', '"kernel": NaN, "x": '), "x" * 2**25,
    ):  # fmt: skip
        path.write_text(broken, encoding="utf-8")
        assert known_images.loaded(path, weights) is None, broken[:80]
    assert calibration(small, classifier, reference) == found
    assert path.read_text(encoding="utf-8") == whole
