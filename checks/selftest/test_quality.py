"""The measures of `checks.engine.quality`, on sets of which one knows what has to come out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from checks.engine.quality.distances import frechet_distance, kernel_distance
from checks.engine.quality.measures import discriminator_accuracy
from checks.engine.quality.neighbours import BLOCK, distances, neighbourhoods, radii
from checks.engine.quality.wording import KINDS, MEASURES, NAMED, standing

N, F = 600, 8


def bell(n: int = N, seed: int = 0, width: int = F) -> Tensor:
    """Numbers `(n, width)` from N(0, 1)."""
    return torch.randn(n, width, generator=torch.Generator().manual_seed(seed))


def exact(n: int = N, seed: int = 0, width: int = F) -> Tensor:
    """The same with a mean of exactly 0 and a covariance that is exactly the identity."""
    values = bell(n, seed, width).double()
    values -= values.mean(dim=0)
    covariance = values.T @ values / (n - 1)
    whitened: Tensor = values @ torch.linalg.inv(torch.linalg.cholesky(covariance)).T
    return whitened


# The two distances --------------------------------------------------------------------------------


def test_equal_sets_are_at_no_distance() -> None:
    assert frechet_distance(bell(), bell()) < 1e-9
    # Its expectation is 0 for two sets drawn by themselves; equal ones end below.
    assert kernel_distance(bell(), bell()) < 0
    assert frechet_distance(bell(), bell().flip(0)) < 1e-9


@settings(max_examples=30)
@given(
    shift=st.lists(st.floats(-5, 5), min_size=F, max_size=F),
    spreads=st.lists(st.floats(0.1, 4), min_size=F, max_size=F),
    seed=st.integers(0, 100),
)
def test_shifted_and_stretched_bells_are_as_far_apart_as_the_formula_says(
    shift: list[float], spreads: list[float], seed: int
) -> None:
    """With covariances I and diag(s²) the distance is |m|² + Σ (s - 1)²."""
    m, s = torch.tensor(shift, dtype=torch.float64), torch.tensor(spreads, dtype=torch.float64)
    expected = float(m.square().sum() + (s - 1).square().sum())
    real, fake = exact(seed=seed), exact(seed=seed + 1) * s + m
    assert frechet_distance(real, fake) == pytest.approx(expected, abs=1e-6)
    assert frechet_distance(fake, real) == pytest.approx(expected, abs=1e-6)


@settings(max_examples=30)
@given(turn=st.floats(0, math.pi), wide=st.floats(0, 4), narrow=st.floats(0, 4))
def test_bells_that_lie_across_each_other_are_as_far_apart_as_the_formula_says(
    turn: float, wide: float, narrow: float
) -> None:
    """In the plane, tr (C1 C2)^½ is (tr C1 C2 + 2 (det C1 det C2)^½)^½."""
    turned = torch.tensor([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    one, other = torch.tensor([2.0, 0.5]).double(), torch.tensor([wide, narrow]).double()
    c1, c2 = torch.diag(one**2), turned.double().T @ torch.diag(other**2) @ turned.double()
    cross = ((c1 @ c2).trace() + 2 * one.prod() * other.prod()).sqrt()
    expected = float(c1.trace() + c2.trace() - 2 * cross)
    real, fake = exact(width=2) * one, exact(seed=1, width=2) * other @ turned.double()
    assert frechet_distance(real, fake) == pytest.approx(expected, abs=1e-5)


@settings(max_examples=20)
@given(seed=st.integers(0, 100), n=st.integers(20, 60), m=st.integers(20, 60))
def test_the_kernel_distance_is_the_unbiased_estimate(seed: int, n: int, m: int) -> None:
    real, fake = bell(n, seed).double(), bell(m, seed + 1).double() * 1.5 + 0.3
    xx, yy, xy = ((a @ b.T / F + 1) ** 3 for a, b in ((real, real), (fake, fake), (real, fake)))
    within = [kernel[~torch.eye(len(kernel), dtype=torch.bool)].mean() for kernel in (xx, yy)]
    expected = float(sum(within) - 2 * xy.mean())
    assert kernel_distance(real, fake) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_the_kernel_distance_is_about_0_for_two_sets_from_one_source() -> None:
    found = [kernel_distance(bell(seed=2 * i), bell(seed=2 * i + 1)) for i in range(20)]
    assert abs(float(np.mean(found))) < 3 * float(np.std(found)) / math.sqrt(20)
    assert kernel_distance(bell(seed=1), bell(seed=2) + 1) > 20 * float(np.std(found))


def test_the_distances_are_those_that_torchmetrics_1_9_has() -> None:
    i, j = np.indices((40, 5))
    real = torch.from_numpy(np.sin(1 + 3 * i + 7 * j + i * j))
    fake = torch.from_numpy(1.5 * np.cos(2 * i + 5 * j + 2 * i * j) + 0.3)
    assert frechet_distance(real, fake) == pytest.approx(1.18967336524421, rel=1e-12)
    assert kernel_distance(real, fake) == pytest.approx(0.488891450693203, rel=1e-12)


def test_a_set_of_one_image_over_and_over_is_measured_too() -> None:
    stuck = bell(1).expand(N, F)
    expected = float(
        bell(seed=3).var(dim=0).sum() + (bell(seed=3).mean(dim=0) - stuck[0]).norm() ** 2
    )
    assert frechet_distance(bell(seed=3), stuck) == pytest.approx(expected, rel=1e-3)
    assert math.isfinite(kernel_distance(bell(seed=3), stuck))


# Precision, recall, density, coverage -------------------------------------------------------------


def test_equal_sets_are_precise_and_complete() -> None:
    found = neighbourhoods(bell(), bell())
    assert (found["precision"], found["recall"], found["coverage"]) == (1, 1, 1)
    assert found["density"] == pytest.approx(1.2, abs=0.05)  # k neighbours and itself, of k


def test_two_sets_from_one_source_are_nearly_so() -> None:
    found = neighbourhoods(bell(seed=1), bell(seed=2))
    assert found["precision"] > 0.75
    assert found["recall"] > 0.75
    assert found["coverage"] > 0.9
    assert found["density"] == pytest.approx(1, abs=0.12)


def clusters(labels: Tensor, seed: int) -> Tensor:
    """Ten narrow heaps far from each other, a row in the heap of each label."""
    centres = 20 * torch.eye(10, F + 2)
    return centres[labels] + bell(len(labels), seed, F + 2)


def test_missing_modes_cost_recall_and_coverage_but_no_precision() -> None:
    all_ten, three = torch.arange(N) % 10, torch.arange(N) % 3
    whole = neighbourhoods(clusters(all_ten, 1), clusters(all_ten, 2))
    part = neighbourhoods(clusters(all_ten, 1), clusters(three, 2))
    assert part["precision"] > whole["precision"] - 0.05
    assert part["recall"] < 0.3 + 0.05
    assert part["coverage"] < 0.3 + 0.01
    assert min(whole["recall"], whole["coverage"]) > 0.7


def test_noise_costs_precision_and_density() -> None:
    found = neighbourhoods(bell(), 30 * bell(seed=1))
    assert found["precision"] < 0.01
    assert found["density"] < 0.01
    assert found["coverage"] < 0.01


def test_one_odd_real_image_does_not_make_noise_look_real() -> None:
    real = torch.cat([bell(), bell(1, seed=4) + 60])
    far = bell(seed=5) + 55
    assert distances(real[-1:], far).max() < distances(real[-1:], real[:-1]).min()
    assert neighbourhoods(real, far)["precision"] == 0
    assert neighbourhoods(real, far)["density"] == 0


@settings(max_examples=15)
@given(n=st.integers(6, BLOCK + 40), m=st.integers(6, BLOCK + 40), seed=st.integers(0, 9))
def test_blocks_change_nothing(n: int, m: int, seed: int) -> None:
    """The plain definition, on whole matrices."""
    real, fake = bell(n, seed, 3), bell(m, seed + 10, 3) * 1.2
    ball = {k: (radii(real)[k][:, None], radii(fake)[k][None]) for k in (3, 5)}
    apart = distances(real, fake)
    found = neighbourhoods(real, fake)
    assert found == pytest.approx(
        {
            "precision": (apart <= ball[3][0]).any(0).float().mean().item(),
            "recall": (apart <= ball[3][1]).any(1).float().mean().item(),
            "density": (apart <= ball[5][0]).sum().item() / (5 * m),
            "coverage": (apart <= ball[5][0]).any(1).float().mean().item(),
        }
    )
    plain = distances(real, real).sort(dim=1).values
    for k in (3, 5):
        assert torch.equal(radii(real)[k], plain[:, k].clamp(max=plain[:, k].quantile(0.98)))


# The discriminator's accuracy ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("real", "fake", "expected"),
    [
        ([0.9, 0.8], [0.1, 0.2], 1.0),
        ([0.1, 0.2], [0.9, 0.8], 0.0),
        ([0.9, 0.2], [0.1, 0.2, 0.3, 0.9], 4 / 6),
        ([0.5, 0.5], [0.5, 0.5], 0.5),
        ([], [], None),
        ([0.3], [], None),
        ([float("nan")], [0.3], None),
    ],
)
def test_the_discriminators_accuracy(
    real: list[float], fake: list[float], expected: float | None
) -> None:
    found = discriminator_accuracy(np.array(real, np.float32), np.array(fake, np.float32))
    assert found == (expected if expected is None else pytest.approx(expected))


# In words -----------------------------------------------------------------------------------------


def known(**values: float) -> dict[str, dict[str, Any]]:
    return {name: {"frechet": value, "recall": value} for name, value in values.items()}


FRECHET_KNOWN = known(real=0.3, collapsed=70.0, untrained=127.0, noise=125.0)
RECALL_KNOWN = known(real=0.8, collapsed=0.0, untrained=0.0, noise=0.0)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("frechet", 0.2, "as good as real images"),
        ("frechet", 0.5, "next to real images"),
        ("frechet", 6.0, "between a collapsed generator and real images, much nearer to real"),
        ("frechet", 30.0, "between a collapsed generator and real images, nearer to real images"),
        ("frechet", 50.0, "real images, nearer to a collapsed generator"),
        ("frechet", 69.9, "no better than a collapsed generator"),
        ("frechet", 90.0, "between noise and a collapsed generator, nearer to a collapsed gen"),
        ("frechet", 126.0, "no better than an untrained generator"),
        ("frechet", 140.0, "no better than an untrained generator"),
        ("recall", 0.9, "as good as real images"),
        ("recall", 0.0, "no better than an untrained generator"),
        ("recall", 0.1, "real images, much nearer to an untrained generator"),
    ],
)
def test_a_value_among_known_ones_in_words(name: str, value: float, said: str) -> None:
    marks = FRECHET_KNOWN if name == "frechet" else RECALL_KNOWN
    assert said in standing(NAMED[name], value, marks)


@given(value=st.floats(-10, 200), name=st.sampled_from(["frechet", "recall"]))
def test_there_are_words_for_every_value(value: float, name: str) -> None:
    marks = FRECHET_KNOWN if name == "frechet" else RECALL_KNOWN
    said = standing(NAMED[name], value, marks)
    assert any(kind in said for kind in KINDS.values())


def test_values_are_written_with_the_digits_that_mean_something() -> None:
    written = {measure.name: measure.written for measure in MEASURES}
    assert written["frechet"](0.304) == "0.30"
    assert written["frechet"](121.57) == "121.6"
    assert written["kernel"](-0.0001) == "0.000"
    assert written["recall"](0.756) == "76%"
    assert written["n_digits"](10) == "10"
    assert written["accuracy"](None) == "–"
