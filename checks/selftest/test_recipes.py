"""The recipes: what each one's networks are, the loop's contract, and the list on the screen."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from checks.engine.data.training_images import normalized
from checks.engine.errors import InfraError
from checks.engine.paths import KIT, REFERENCE
from checks.engine.training import recipes
from checks.selftest.test_command import environment

NAMES = ("minimal", "sprint", "lab", "deep", "tuned")
WIDTHS = {
    "minimal": ([100, 256, 512, 784], [784, 512, 256, 1]),
    "sprint": ([64, 256, 512, 784], [784, 512, 256, 1]),
    "lab": ([100, 256, 512, 784], [784, 512, 256, 1]),
    "deep": ([100, 256, 512, 1024, 784], [784, 1024, 512, 256, 1]),
    "tuned": ([100, 256, 512, 784], [784, 512, 256, 1]),
}
BENDS: dict[str, tuple[type[nn.Module], type[nn.Module]]] = {
    "minimal": (nn.ReLU, nn.ReLU),
    "sprint": (nn.ReLU, nn.LeakyReLU),
    "lab": (nn.LeakyReLU, nn.LeakyReLU),
    "deep": (nn.LeakyReLU, nn.LeakyReLU),
    "tuned": (nn.LeakyReLU, nn.LeakyReLU),
}
EPOCHS = {"minimal": 5, "lab": 30, "deep": 100}
SNAPSHOTS = {"lab": (10, 20, 30), "deep": tuple(range(10, 101, 10))}
DROPOUT = {"minimal": False, "deep": True, "tuned": True}

each_recipe = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def module() -> Iterator[Any]:
    """`reference/recipes.py`; the names that it and its imports take are free again afterwards."""
    own = ("beginner", "intermediate", "advanced", "recipes")
    before = {name: sys.modules.pop(name) for name in own if name in sys.modules}
    path = list(sys.path)
    sys.path.insert(0, str(REFERENCE))
    try:
        yield importlib.import_module("recipes")
    finally:
        sys.path[:] = path
        for name in own:
            sys.modules.pop(name, None)
        sys.modules.update(before)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def images() -> Tensor:
    """128 drawn digits."""
    return torch.from_numpy(normalized(128))


def widths(network: nn.Module) -> list[int]:
    """The numbers that go into each linear layer, and those that come out of the last."""
    linear = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    assert all(one.out_features == next_.in_features for one, next_ in pairwise(linear))
    return [*(layer.in_features for layer in linear), linear[-1].out_features]


def has(network: nn.Module, kind: type[nn.Module]) -> bool:
    return any(isinstance(layer, kind) for layer in network.modules())


# The networks -------------------------------------------------------------------------------------


def test_the_recipes_are_those_of_the_courses(module: Any) -> None:
    assert tuple(module.RECIPES) == NAMES
    assert all(recipe.name == name for name, recipe in module.RECIPES.items())
    for name, epochs in EPOCHS.items():
        assert module.RECIPES[name].epochs == epochs
    for name, snapshots in SNAPSHOTS.items():
        assert module.RECIPES[name].snapshots == snapshots
    for name in ("minimal", "sprint", "deep"):
        assert module.RECIPES[name].learning_rate == 2e-4
    assert not module.RECIPES["minimal"].fresh_noise
    assert module.RECIPES["deep"].fresh_noise
    assert module.RECIPES["tuned"].batch_norm
    assert module.RECIPES["tuned"].betas[0] == 0.5


@each_recipe
def test_networks_of_a_recipe(module: Any, name: str) -> None:
    recipe = module.RECIPES[name]
    generator, discriminator = module.RecipeGenerator(recipe), module.RecipeDiscriminator(recipe)
    assert (widths(generator), widths(discriminator)) == WIDTHS[name]
    for network, bend in zip((generator, discriminator), BENDS[name], strict=True):
        assert has(network, bend)
        assert not has(network, nn.ReLU if bend is nn.LeakyReLU else nn.LeakyReLU)
    assert isinstance(generator[-1], nn.Tanh)
    assert isinstance(discriminator[-1], nn.Sigmoid)
    assert has(discriminator, nn.Dropout) == DROPOUT.get(name, recipe.dropout > 0)
    assert has(generator, nn.BatchNorm1d) == (name == "tuned")
    assert not has(discriminator, nn.BatchNorm1d)
    assert generator.latent_dim == recipe.latent_dim == widths(generator)[0]


def test_dropout_does_what_that_of_pytorch_does(module: Any) -> None:
    dropout, x = module.Dropout(0.3), torch.full((1000, 1000), 7.0, requires_grad=True)
    dropped = dropout(x)
    dropped.sum().backward()
    off = dropped == 0
    assert abs(off.float().mean() - 0.3) < 0.003  # six and a half standard deviations
    torch.testing.assert_close(dropped, torch.where(off, 0.0, 10.0))
    torch.testing.assert_close(x.grad, torch.where(off, 0.0, 1 / 0.7))
    assert not torch.equal(dropout(x) == 0, off)
    assert torch.equal(dropout.eval()(x), x)


@each_recipe
def test_snapshots_lie_within_the_epochs(module: Any, name: str) -> None:
    recipe = module.RECIPES[name]
    assert recipe.snapshots
    assert all(1 <= epoch <= recipe.epochs for epoch in recipe.snapshots)
    assert recipe.snapshots[-1] == recipe.epochs


# The loop -----------------------------------------------------------------------------------------


@each_recipe
def test_one_epoch_keeps_the_contract(
    module: Any, name: str, images: Tensor, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = module.RECIPES[name]
    seen = []
    generator, discriminator, history = module.train_recipe(
        images, recipe, 1, 50, lambda epoch, network: seen.append((epoch, network))
    )
    assert seen == [(1, generator)]
    (entry,) = history
    assert list(entry) == ["epoch", "discriminator_loss", "generator_loss"]
    assert entry["epoch"] == 1
    assert all(isinstance(entry[key], float) and 0 < entry[key] < 10 for key in list(entry)[1:])
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("Epoch 1/1: ")

    generator.eval()
    forged = generator(torch.randn(3, generator.latent_dim))
    assert forged.shape == (3, 784)
    assert forged.abs().max() <= 1
    scores = discriminator(forged)
    assert scores.shape == (3, 1)
    assert 0 <= scores.min() <= scores.max() <= 1


@dataclass
class Calls:
    """What the networks were fed, in order."""

    noise: list[Tensor] = field(default_factory=list)
    scored: list[Tensor] = field(default_factory=list)
    forged: list[Tensor] = field(default_factory=list)


@pytest.fixture
def calls(module: Any, monkeypatch: pytest.MonkeyPatch) -> Calls:
    """A record of all calls of networks that a recipe makes from now on."""
    seen = Calls()

    class WatchedGenerator(module.RecipeGenerator):  # type: ignore[misc]
        def forward(self, z: Tensor) -> Tensor:
            forged: Tensor = super().forward(z)
            seen.noise.append(z.detach().clone())
            seen.forged.append(forged.detach().clone())
            return forged

    class WatchedDiscriminator(module.RecipeDiscriminator):  # type: ignore[misc]
        def forward(self, images: Tensor) -> Tensor:
            seen.scored.append(images.detach().clone())
            scores: Tensor = super().forward(images)
            return scores

    monkeypatch.setattr(module, "RecipeGenerator", WatchedGenerator)
    monkeypatch.setattr(module, "RecipeDiscriminator", WatchedDiscriminator)
    return seen


def test_numbers_come_from_the_recipe(module: Any, images: Tensor, calls: Calls) -> None:
    recipe = replace(module.RECIPES["minimal"], epochs=2, batch_size=64)
    _, _, history = module.train_recipe(images, recipe)
    assert [entry["epoch"] for entry in history] == [1, 2]
    assert [len(z) for z in calls.noise] == [64] * 4


def test_minimal_reuses_its_forgeries(module: Any, images: Tensor, calls: Calls) -> None:
    module.train_recipe(images, module.RECIPES["minimal"], 1)
    (first, second), scored = calls.forged, calls.scored
    assert [len(each) for each in scored] == [128, 64, 128, 64]
    assert torch.equal(scored[1], first)
    assert torch.equal(scored[3], second)


def test_deep_draws_fresh_noise(module: Any, images: Tensor, calls: Calls) -> None:
    module.train_recipe(images, module.RECIPES["deep"], 1)
    assert len(calls.noise) == 4
    assert len({tuple(z[0, :3].tolist()) for z in calls.noise}) == 4
    assert torch.equal(calls.scored[0][64:], calls.forged[0])
    assert torch.equal(calls.scored[1], calls.forged[1])


@pytest.mark.parametrize("name", ["minimal", "tuned"])
def test_every_image_is_seen_once_an_epoch(
    module: Any, name: str, images: Tensor, calls: Calls
) -> None:
    module.train_recipe(images, module.RECIPES[name], 1, 50)
    sizes = (43, 43, 42)  # no batch is much smaller than the others
    real = [images[:n] for images, n in zip(calls.scored[::2], sizes, strict=True)]
    assert [len(each) for each in calls.scored[1::2]] == list(sizes)
    seen = sorted(torch.cat(real).tolist())
    assert seen == sorted(images.tolist())
    assert not torch.equal(torch.cat(real), images)


def test_a_single_image_is_no_batch_to_normalize(module: Any, images: Tensor) -> None:
    _, _, history = module.train_recipe(images[:65], module.RECIPES["tuned"], 1, 64)
    assert len(history) == 1
    module.train_recipe(images[:3], module.RECIPES["minimal"], 1, 1)
    with pytest.raises(ValueError, match="at least two images"):
        module.train_recipe(images[:3], module.RECIPES["tuned"], 1, 2)


def test_the_short_cuts_change_nothing(module: Any, images: Tensor) -> None:
    """Two calls of D, every gradient, and an Adam that isn't fused come to the same weights."""
    recipe = replace(module.RECIPES["lab"], dropout=0.0)
    torch.manual_seed(3)
    generator, discriminator, history = module.train_recipe(images, recipe, 2)
    torch.manual_seed(3)
    plain_generator, plain_discriminator, losses = plainly(module, images, recipe, 2)
    for network, plain in ((generator, plain_generator), (discriminator, plain_discriminator)):
        for weight, expected in zip(network.parameters(), plain.parameters(), strict=True):
            torch.testing.assert_close(weight, expected, rtol=1e-3, atol=1e-5)
    told = [(entry["discriminator_loss"], entry["generator_loss"]) for entry in history]
    assert told == [pytest.approx(each, rel=1e-4) for each in losses]


def plainly(
    module: Any, images: Tensor, recipe: Any, epochs: int
) -> tuple[nn.Module, nn.Module, list[tuple[float, float]]]:
    """The loop as the lesson has it."""
    generator, discriminator = module.RecipeGenerator(recipe), module.RecipeDiscriminator(recipe)
    settings = {"lr": recipe.learning_rate, "betas": recipe.betas, "foreach": False}
    g_optimizer = torch.optim.Adam(generator.parameters(), **settings)
    d_optimizer = torch.optim.Adam(discriminator.parameters(), **settings)
    history = []
    for _ in range(epochs):
        d_losses, g_losses = [], []
        for rows in torch.randperm(len(images)).split(recipe.batch_size):
            forged = generator(torch.randn(len(rows), recipe.latent_dim)).detach()
            real_scores, fake_scores = discriminator(images[rows]), discriminator(forged)
            d_loss = F.binary_cross_entropy(real_scores, torch.ones_like(real_scores))
            d_loss = d_loss + F.binary_cross_entropy(fake_scores, torch.zeros_like(fake_scores))
            d_optimizer.zero_grad()
            d_loss.backward()
            d_optimizer.step()
            scores = discriminator(generator(torch.randn(len(rows), recipe.latent_dim)))
            g_loss = F.binary_cross_entropy(scores, torch.ones_like(scores))
            g_optimizer.zero_grad()
            g_loss.backward()
            g_optimizer.step()
            d_losses.append(d_loss.item())
            g_losses.append(g_loss.item())
        history.append((fmean(d_losses), fmean(g_losses)))
    return generator, discriminator, history


@each_recipe
def test_a_seed_makes_a_training_repeatable(module: Any, name: str, images: Tensor) -> None:
    def trained(seed: int) -> list[Tensor]:
        torch.manual_seed(seed)
        generator, discriminator, _ = module.train_recipe(images, module.RECIPES[name], 1)
        return [*generator.state_dict().values(), *discriminator.state_dict().values()]

    first, again, other = trained(1), trained(1), trained(2)
    assert all(torch.equal(one, two) for one, two in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])


# The list -----------------------------------------------------------------------------------------


def test_the_list_reads_the_same_recipes_as_the_module(module: Any) -> None:
    read = {name: asdict(recipe) for name, recipe in recipes.known_recipes().items()}
    assert read == {name: asdict(recipe) for name, recipe in module.RECIPES.items()}


LIST = """
import argparse, sys
from pathlib import Path
from checks.engine.commands import recipes
recipes.FIGURES = Path(sys.argv[1])
status = recipes.run(argparse.Namespace())
assert not {"torch", "numpy"} & set(sys.modules), "loaded for a mere list"
sys.exit(status)
"""


def listed(figures: Path) -> str:
    """What a process of its own shows."""
    done = subprocess.run(
        [sys.executable, "-c", LIST, str(figures)],
        cwd=KIT,
        env=environment(PYTHONIOENCODING="utf-8"),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_the_list_without_figures(tmp_path: Path) -> None:
    text = listed(tmp_path / "none.json")
    for name in NAMES:
        assert f"\n  python run_checks.py train --recipe {name}\n" in text
        assert "-".join(map(str, WIDTHS[name][0])) in text
        assert "-".join(map(str, WIDTHS[name][1])) in text
    assert text.count("not measured") == len(NAMES)
    assert max(map(len, text.splitlines())) <= 80


def test_the_list_with_figures(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    rows: dict[str, dict[str, float | None]] = {
        "minimal": {"epochs": 5, "seconds": 6.2, "frechet": 859.4, "n_digits": 3, "accuracy": 0.97},
        "deep": {"epochs": 10, "seconds": 61, "frechet": 200, "n_digits": 9, "accuracy": None},
    }
    held = {"features": "abc", "data": "8,000 images of MNIST, two cores", "recipes": rows}
    file.write_text(json.dumps(held), encoding="utf-8")
    text = " ".join(listed(file).split())
    assert "6 s, Fréchet distance 859, 3 of 10 digits, D tells 97% apart" in text
    assert "after 10 of its 100 epochs: 61 s, Fréchet distance 200, 9 of 10 digits" in text
    assert text.count("not measured") == len(NAMES) - 2
    assert "8,000 images of MNIST, two cores" in text


@pytest.mark.parametrize(
    "broken", [b"", b"[1]", b"{}", b"\xff", b'{"data": "", "recipes": {"deep": 1}}', b"[" * 10**5]
)
def test_broken_figures_count_as_none(tmp_path: Path, broken: bytes) -> None:
    file = tmp_path / "figures.json"
    file.write_bytes(broken)
    assert recipes.measured(file) == recipes.Figures()


@pytest.mark.parametrize("broken", [b"", b"RECIPES = {", b"RECIPES = {1: x}", b"\xff"])
def test_no_recipes_is_the_kits_own_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: bytes
) -> None:
    (tmp_path / "recipes.py").write_bytes(broken)
    monkeypatch.setattr(recipes, "SOURCE", tmp_path / "recipes.py")
    recipes.known_recipes.cache_clear()
    try:
        with pytest.raises(InfraError, match="holds no recipes"):
            recipes.known_recipes()
    finally:
        recipes.known_recipes.cache_clear()
