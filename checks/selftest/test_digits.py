"""The embedded digits keep MNIST's conventions, and a classifier that learns them reads MNIST."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from checks.engine.data.digits import BOX, SIDE, draw_digits
from checks.engine.data.strokes import DOTS, STYLES, styles

MNIST_RAW = Path(__file__).resolve().parents[2].parent / "shared" / "mnist" / "MNIST" / "raw"

counts = st.integers(0, 40)
seeds = st.integers(0, 2**32)
few = settings(max_examples=25)


@pytest.fixture(scope="module")
def many() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    return draw_digits(3000, seed=11)


@few
@given(counts, seeds)
def test_shapes_types_and_balance(n: int, seed: int) -> None:
    images, labels = draw_digits(n, seed)
    assert images.shape == (n, SIDE, SIDE)
    assert images.dtype == np.uint8
    assert labels.shape == (n,)
    assert labels.dtype == np.int64
    frequency = np.bincount(labels, minlength=10)
    assert len(frequency) == 10
    assert np.ptp(frequency) <= 1


@few
@given(counts, seeds)
def test_same_seed_same_images_and_the_global_state_is_left_alone(n: int, seed: int) -> None:
    np.random.seed(5)
    first = draw_digits(n, seed)
    untouched = np.random.random()
    np.random.seed(5)
    assert np.random.random() == untouched
    np.random.seed(6)
    again = draw_digits(n, seed)
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])


@few
@given(st.lists(st.integers(0, 9), max_size=30), seeds)
def test_labels_are_drawn_in_the_order_asked_for(labels: list[int], seed: int) -> None:
    images, drawn = draw_digits(len(labels), seed, labels)
    assert drawn.tolist() == labels
    assert drawn.dtype == np.int64
    assert len(images) == len(labels)


def test_other_seeds_draw_other_images() -> None:
    labels = list(range(10))
    first, _ = draw_digits(10, 0, labels)
    second, _ = draw_digits(10, 1, labels)
    assert all((a != b).any() for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize(
    ("n", "labels"),
    [(-1, None), (2, [1]), (1, [10]), (1, [-1]), (1, [1.5]), (1, ["1"]), (2, [[1, 2]])],
)
def test_wrong_requests_are_refused(n: int, labels: list[object] | None) -> None:
    with pytest.raises(ValueError, match="must"):
        draw_digits(n, labels=labels)  # type: ignore[arg-type]


def test_the_ink_fits_the_box_of_20_pixels(many: tuple[NDArray[np.uint8], object]) -> None:
    images, _ = many
    sizes = []
    for axis in (1, 2):
        inked = images.max(axis=axis) > 0
        first = inked.argmax(axis=1)
        last = SIDE - 1 - inked[:, ::-1].argmax(axis=1)
        sizes.append(last - first + 1)
    width, height = sizes
    longer = np.maximum(width, height)
    assert longer.max() <= BOX
    # And it fills the box, but for what a slanted pen's round end leaves of the last pixel.
    assert longer.min() >= BOX - 2
    assert (longer == BOX).mean() > 0.95


def test_the_ink_is_centred_by_mass(many: tuple[NDArray[np.uint8], object]) -> None:
    images = many[0].astype(np.float64)
    middles = np.arange(SIDE) + 0.5
    mass = images.sum(axis=(1, 2))
    for axis in (1, 2):
        centre = (images.sum(axis=axis) * middles).sum(axis=1) / mass
        assert np.abs(centre - SIDE / 2).max() <= 0.5 + 1e-6


def test_white_ink_on_black_with_soft_edges(many: tuple[NDArray[np.uint8], object]) -> None:
    images, _ = many
    assert (images.max(axis=(1, 2)) >= 200).all()
    black, gray = (images == 0).mean(), ((images > 0) & (images < 255)).mean()
    assert 0.7 < black < 0.9
    assert 0.05 < gray < 0.2
    assert 25 < images.mean() < 41  # real MNIST: 33


def test_every_digit_has_several_styles() -> None:
    known = styles()
    assert sorted(STYLES) == list(range(10))
    assert min(len(variants) for variants in STYLES.values()) >= 5
    for digit in range(10):
        assert known.shares[known.digits == digit].sum() == pytest.approx(1)


def test_curves_pass_through_their_points() -> None:
    """The first and the last point of a style are where its pen goes down and up."""
    known = styles()
    assert known.curves.shape[:2] == (len(known.digits), DOTS)
    dots = known.curves @ known.controls
    texts = [text for variants in STYLES.values() for _, text in variants]
    for number, text in enumerate(texts):
        words = text.split()
        for word, dot in ((words[0], dots[number, 0]), (words[-1], dots[number, -1])):
            point = np.array(word.rstrip("!").split(","), float) / 100
            assert np.abs(dot - point).max() < 0.02
        assert (known.joined[number] == 0).sum() == text.count("|")


def test_neither_torch_nor_any_imaging_package_is_needed() -> None:
    script = (
        "import sys; from checks.engine.data.digits import draw_digits; draw_digits(10);"
        "print([m for m in ('torch', 'scipy', 'PIL', 'matplotlib') if m in sys.modules])"
    )
    root = Path(__file__).resolve().parents[2]
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


def ridge_classifier(
    images: NDArray[np.uint8], labels: NDArray[np.int64], n_features: int = 600
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Random ReLU features and the linear map on top of them, by regularized least squares."""
    projection = np.random.default_rng(0).normal(size=(784, n_features)) / 28
    features = random_features(images, projection)
    targets = np.eye(10)[labels] - 0.1
    gram = features.T @ features + 1.0 * np.eye(n_features)
    return projection, np.linalg.solve(gram, features.T @ targets)


def random_features(
    images: NDArray[np.uint8], projection: NDArray[np.float64]
) -> NDArray[np.float64]:
    features: NDArray[np.float64] = np.maximum(images.reshape(-1, 784) / 255 @ projection, 0)
    return features


def share_right(
    classifier: tuple[NDArray[np.float64], NDArray[np.float64]],
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
) -> float:
    projection, weights = classifier
    scores = random_features(images, projection) @ weights
    return float((scores.argmax(axis=1) == labels).mean())


def test_digits_can_be_told_apart_and_are_not_all_alike(
    many: tuple[NDArray[np.uint8], NDArray[np.int64]],
) -> None:
    images, labels = many
    other, other_labels = draw_digits(1000, seed=12)
    assert share_right(ridge_classifier(images, labels), other, other_labels) > 0.85
    for digit in range(10):
        one = images[labels == digit].reshape(-1, 784).astype(float)
        assert len(np.unique(one, axis=0)) == len(one)
        assert one.std(axis=0).mean() > 20


@pytest.mark.skipif(not MNIST_RAW.is_dir(), reason="no real MNIST in ../shared/mnist to compare")
def test_a_classifier_that_learned_them_reads_real_mnist() -> None:
    """No convolutions here, so it runs in seconds; `checks.benchmarks.digits` has the real one."""
    real = np.fromfile(MNIST_RAW / "t10k-images-idx3-ubyte", np.uint8)[16:].reshape(-1, 28, 28)
    real_labels = np.fromfile(MNIST_RAW / "t10k-labels-idx1-ubyte", np.uint8)[8:].astype(np.int64)
    images, labels = draw_digits(6000, seed=3)
    share = share_right(ridge_classifier(images, labels), real, real_labels)
    assert share > 0.79
