"""The experiments: well asked, quick, the same at every seed, and decided by what they measure."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch

from checks.engine.paths import KIT, REFERENCE, tiers
from checks.experiments import Experiment, Outcome, experiments, nearest, run

SEEDS = 20
ALL = [(tier, each) for tier in tiers() for each in experiments(tier)]
each_experiment = pytest.mark.parametrize(
    "experiment", [each for _, each in ALL], ids=[f"{tier}-{each.name}" for tier, each in ALL]
)


@cache
def outcome(name: str, seed: int) -> Outcome:
    """What an experiment came to with this seed; run once."""
    return run(named(name), seed)


def named(name: str) -> Experiment:
    (found,) = (each for _, each in ALL if each.name == name)
    return found


@pytest.fixture
def reference(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, Any], None]:
    """Puts something else in the place of a part of the reference, while the test runs."""
    monkeypatch.syspath_prepend(str(REFERENCE))

    def put(module: str, name: str, part: Any) -> None:
        monkeypatch.setattr(f"{module}.{name}", part)

    return put


def test_every_tier_has_some_and_an_unknown_one_has_none() -> None:
    assert all(len(experiments(tier)) >= 2 for tier in ("beginner", "intermediate", "bonus"))
    assert len(experiments("advanced")) >= 3
    assert experiments("nonexistent") == ()
    names = [each.name for _, each in ALL]
    assert len(set(names)) == len(names) >= 6


@each_experiment
def test_it_is_well_asked(experiment: Experiment) -> None:
    assert experiment.question.endswith("?")
    assert list(experiment.choices) == list("abcd")
    assert experiment.why.endswith(".")
    lengths = [len(choice) for choice in experiment.choices.values()]
    assert all(choice.endswith(".") for choice in experiment.choices.values())
    assert max(lengths) <= 1.25 * min(lengths), "a choice stands out by its length"


@each_experiment
def test_the_answer_is_the_same_at_every_seed(experiment: Experiment) -> None:
    outcomes = [outcome(experiment.name, seed) for seed in range(SEEDS)]
    assert len({each.letter for each in outcomes}) == 1
    assert outcomes[0].letter in experiment.choices
    for each in outcomes:
        assert all(len(row) == len(each.shown.heads) for row in each.shown.rows)
        assert all(len(cell) <= 40 for row in each.shown.rows for cell in row)
        assert any(character.isdigit() for row in each.shown.rows for character in row[-1])


@each_experiment
def test_it_is_quick_and_the_same_seed_gives_the_same(experiment: Experiment) -> None:
    first = outcome(experiment.name, 7)
    start = time.process_time()
    again = run(experiment, 7)
    assert time.process_time() - start < 2
    assert again == first


@each_experiment
def test_it_leaves_no_trace(experiment: Experiment) -> None:
    state, threads, path = torch.get_rng_state(), torch.get_num_threads(), list(sys.path)
    run(experiment, 3)
    assert torch.equal(torch.get_rng_state(), state)
    assert (torch.get_num_threads(), sys.path) == (threads, path)


def test_letters_cannot_be_guessed() -> None:
    letters = Counter(outcome(each.name, 0).letter for _, each in ALL)
    assert max(letters.values()) <= len(ALL) / 2
    assert len(letters) >= 3


# The numbers decide -------------------------------------------------------------------------------


def test_other_noise_has_other_lengths(reference: Callable[[str, str, Any], None]) -> None:
    import numpy as np

    noises: dict[str, Callable[..., Any]] = {
        "a": lambda n, size, seed: np.full((n, size), 0.01),
        "b": lambda n, size, seed: np.random.default_rng(seed).standard_normal((n, size)),
        "c": lambda n, size, seed: np.full((n, size), 10.0),
        "d": lambda n, size, seed: np.full((n, size), 2.0) * np.linspace(0, 1, n)[:, None],
        "": lambda n, size, seed: np.full((n, size), 0.5),
    }
    for letter, noise in noises.items():
        reference("beginner", "sample_noise_numpy", noise)
        assert run(named("lengths")).letter == letter


def test_a_spherical_walk_keeps_the_length(reference: Callable[[str, str, Any], None]) -> None:
    def spherical(start: torch.Tensor, end: torch.Tensor, n_steps: int) -> torch.Tensor:
        angle = torch.acos((start @ end) / (start.norm() * end.norm()))
        w = torch.linspace(0, 1, n_steps)[:, None]
        walk = torch.sin((1 - w) * angle) * start + torch.sin(w * angle) * end
        return walk / torch.sin(angle)

    reference("beginner", "interpolate_noise", spherical)
    assert run(named("midpoints")).letter == "a"


def test_other_losses_have_other_gradients(reference: Callable[[str, str, Any], None]) -> None:
    reference("advanced", "generator_loss", lambda scores: torch.log(1 - scores).mean())
    assert run(named("vanishing")).letter == "a"


def test_another_loss_has_another_best_guess(reference: Callable[[str, str, Any], None]) -> None:
    reference("advanced", "discriminator_loss", lambda real, fake: fake.mean())
    assert run(named("guess")).letter == "c"
    reference("advanced", "discriminator_loss", lambda real, fake: (1 - real + fake).mean())
    assert run(named("guess")).letter == "b"


def test_a_judge_that_stands_still_leaves_the_loss(
    reference: Callable[[str, str, Any], None],
) -> None:
    reference("advanced", "discriminator_step", lambda *_: 0.0)
    assert run(named("stricter_judge")).letter == "a"


def test_a_generator_that_ignores_the_noise(reference: Callable[[str, str, Any], None]) -> None:
    reference("intermediate", "generate_images", lambda *_: torch.zeros(16, 28, 28))
    assert run(named("fixed_noise")).letter == "b"


def test_the_nearest_choice_has_to_be_near() -> None:
    assert nearest(0.71, {"a": 1, "b": 0.7}) == "b"
    assert nearest(0.4, {"a": 1, "b": 0.7}) == ""


def test_pytorch_is_loaded_only_to_run_one() -> None:
    code = (
        "import sys\n"
        "from checks.experiments import experiments\n"
        f"print([len(experiments(tier)) > 0 for tier in {tiers()!r}], 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=KIT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [*["[True,", "True,", "True,", "True]"], "False"]
