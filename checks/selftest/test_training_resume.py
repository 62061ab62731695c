"""A training that was stopped goes on: an epoch lost at most, the same networks and optimizers.

A recipe, and the reference's own loop, come to the very weights of an unbroken run.
"""

from __future__ import annotations

import io
import os
import random
import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from checks.engine.errors import MismatchError
from checks.engine.paths import KIT
from checks.engine.training import run_record, sampling
from checks.engine.training import run_store as runs
from checks.engine.training.checkpoint import Checkpoint
from checks.engine.training.recipes import known_recipes
from checks.engine.training.trainer import Trainer
from checks.selftest.trainings import (
    Training,
    carried_out,
    differing,
    end_of,
    flat,
    same_losses,
    solutions,
)

REFERENCE = (KIT / "reference" / "advanced.py").read_text(encoding="utf-8")
LOOP = "for rows in torch.randperm(len(images)).split(batch_size):\n"
START = "def train_gan("


def variant(*changes: tuple[str, str]) -> str:
    """The reference with text replaced."""
    source = REFERENCE
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new)
    return source


def with_train_gan(source: str, above: str = "") -> str:
    """The reference with another train_gan, and perhaps something above it."""
    head, _, rest = REFERENCE.partition(START)
    _, _, tail = rest.partition("    ### END SOLUTION\n")
    return f"{head}{dedent(above)}\n{dedent(source)}\n{tail}"


STEPS = """
            d_losses.append(discriminator_step(generator, discriminator, d_optimizer, x))
            g_losses.append(generator_step(generator, discriminator, g_optimizer, len(x)))
"""

LOADER = variant(
    (
        "    history: list[dict[str, float]] = []\n",
        "    history: list[dict[str, float]] = []\n"
        "    from torch.utils.data import DataLoader, TensorDataset\n"
        "    loader = DataLoader(TensorDataset(images), batch_size=batch_size, shuffle=True)\n",
    ),
    (LOOP, "for (real_images,) in loader:\n            rows = real_images\n"),
    ("            real_images = images[rows]\n", ""),
)

# Its own order of the images, a schedule, averages of the weights, a rate by the epoch's number.
SCHEDULED = variant(
    (
        "    history: list[dict[str, float]] = []\n",
        """    history: list[dict[str, float]] = []
    order = torch.Generator().manual_seed(5)
    schedule = torch.optim.lr_scheduler.OneCycleLR(g_optimizer, max_lr=0.01, total_steps=60)
    average = {name: weight.clone() for name, weight in generator.state_dict().items()}
    smooth = torch.optim.swa_utils.AveragedModel(generator)
""",
    ),
    (LOOP, "for rows in torch.randperm(len(images), generator=order).split(batch_size):\n"),
    (
        "        d_loss, g_loss = sum(",
        """            schedule.step()
            for name, weight in generator.state_dict().items():
                average[name].mul_(0.9).add_(weight, alpha=0.1)
        smooth.update_parameters(generator)
        for group in d_optimizer.param_groups:
            group["lr"] = learning_rate * (1 - epoch / epochs)
        d_loss, g_loss = sum(""",
    ),
)

# A class with everything in attributes, a while loop, counters, random numbers of three kinds.
CLASS = with_train_gan(
    """
    def train_gan(images, epochs=5, batch_size=64, latent_dim=100, learning_rate=2e-4,
                  on_epoch_end=None):
        return Training(images, epochs, batch_size, latent_dim, learning_rate, on_epoch_end).fit()
    """,
    """
    import collections
    import random

    import numpy as np

    CALLS = [0]


    class Counting(Discriminator):
        def __init__(self):
            super().__init__(dropout=0.2)
            self.calls = 0
            self.register_buffer("seen", torch.zeros(1), persistent=False)

        def forward(self, images):
            self.calls += self.training
            if self.training:
                self.seen += len(images)
            return super().forward(images) * (1 - 1e-4 / (self.calls + self.seen.item()))


    class Training:
        def __init__(self, images, epochs, batch_size, latent_dim, learning_rate, on_epoch_end):
            self.images, self.epochs, self.batch_size = images, epochs, batch_size
            self.generator, self.discriminator = Generator(latent_dim), Counting()
            self.optimizers = {
                "d": torch.optim.RMSprop(self.discriminator.parameters(), lr=learning_rate),
                "g": torch.optim.AdamW(self.generator.parameters(), lr=learning_rate),
            }
            self.numpy, self.python = np.random.default_rng(3), random.Random(4)
            self.recent, self.history = collections.deque(maxlen=3), []
            self.epoch = self.batches = 0
            self.on_epoch_end = on_epoch_end

        def fit(self):
            while self.epoch < self.epochs:
                self.epoch += 1
                self.one_epoch()
            return self.generator, self.discriminator, self.history

        def one_epoch(self):
            losses = []
            for rows in np.array_split(self.numpy.permutation(len(self.images)), 3):
                CALLS[0] += 1
                self.batches += 1
                x = self.images[torch.from_numpy(rows)]
                x = x + self.python.random() * 0.01 + random.random() * 0.01
                x = x + np.random.rand() * 0.01 + len(self.recent) * 0.01 + CALLS[0] * 1e-3
                d, g = self.discriminator, self.generator
                losses.append(discriminator_step(g, d, self.optimizers["d"], x))
                if self.batches % 2:
                    self.recent.append(generator_step(g, d, self.optimizers["g"], len(x)))
            entry = {"epoch": self.epoch, "discriminator_loss": sum(losses) / 3}
            self.history.append(entry | {"generator_loss": sum(self.recent) / len(self.recent)})
            if self.on_epoch_end is not None:
                self.on_epoch_end(self.epoch, self.generator)
    """,
)

# Written out in one function: nothing but local variables, tensors as losses, batch-norm, gradients
# that are cleared after the step, and images that are put into a new order again and again.
INLINE = with_train_gan(
    """
    def train_gan(images, epochs=5, batch_size=64, latent_dim=100, learning_rate=2e-4,
                  on_epoch_end=None):
        G = nn.Sequential(nn.Linear(latent_dim, 32), nn.BatchNorm1d(32), nn.ReLU(),
                          nn.Linear(32, 784), nn.Tanh())
        D = Discriminator((16,), 0.1)
        opts = [torch.optim.SGD(N.parameters(), lr=0.05, momentum=0.9) for N in (G, D)]
        history, step, best, last = [], 0, float("inf"), None
        for i in list(range(epochs)):
            images = images[torch.randperm(len(images))]
            means = torch.zeros(2)
            for x in images.split(batch_size):
                z = torch.randn(len(x), latent_dim) * (1 + step * 1e-3)
                fake = G(z)
                d_loss = discriminator_loss(D(x), D(fake.detach()))
                d_loss.backward()
                opts[1].step(); D.zero_grad()
                g_loss = generator_loss(D(fake)) * (1 if best > 0.5 else 0.5)
                g_loss.backward()
                opts[0].step(); G.zero_grad(); D.zero_grad()
                means += torch.stack([d_loss.detach(), g_loss.detach()])
                step += 1
                last = d_loss.item()
            best = min(best, last + step * 1e-3 + i)
            history.append({"epoch": i + 1, "discriminator_loss": means[0].item(),
                            "generator_loss": means[1].item()})
            if on_epoch_end:
                on_epoch_end(i + 1, G)
        return G, D, history
    """
)

EXACT = {"reference": REFERENCE, "loader": LOADER}
OWN = {"scheduled": SCHEDULED, "class": CLASS, "inline": INLINE}


# To the last bit ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXACT)
def test_stopped_and_resumed_is_unbroken_to_the_last_bit(name: str, tmp_path: Path) -> None:
    unbroken = Training(tmp_path / "unbroken", EXACT[name])
    whole = unbroken.go()
    assert whole.ending is None
    assert unbroken.said() == ""
    for stops in ((1,), (3, 4)):
        broken = Training(tmp_path / f"stopped{stops}", EXACT[name])
        for epoch in stops:
            broken.go(stop_after=epoch)
        trainer = broken.go()
        assert trainer.ending is None
        assert broken.said() == ""
        assert differing(unbroken.weights(), broken.weights()) == []
        assert same_losses(whole.record.rows, trainer.record.rows)
        assert (broken.run / "samples" / "epoch_005.npz").exists()
    assert len(unbroken.weights()) > 20


def test_a_run_is_prolonged_to_what_a_longer_one_comes_to(tmp_path: Path) -> None:
    long, short = (Training(tmp_path / name, REFERENCE, epochs=5) for name in ("long", "short"))
    long.go()
    short.go(epochs=3)
    trainer = short.go(epochs=5)
    assert differing(long.weights(), short.weights()) == []
    assert [row[0] for row in trainer.record.rows] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("recipe", ["lab", "tuned"])
def test_a_recipe_comes_to_the_weights_of_an_unbroken_run(
    recipe: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {"module": "recipes", "code": "recipe", "recipe": recipe}
    asked |= {"batch_size": None, "latent_dim": None, "snapshots": (1,)}
    ends = []
    for name, parts in (("whole", (3,)), ("parts", (1, 2, 3))):
        place = tmp_path / name
        solutions(place / "code", REFERENCE)
        shutil.copy(KIT / "reference" / "recipes.py", place / "code")
        for number, epochs in enumerate(parts):
            events, run = carried_out(place, monkeypatch, **asked, epochs=epochs, resume=number > 0)
            assert end_of(events)["state"] == "finished", events
        ends.append(flat(run_record.load_tensors(run / "last.pt")))
        expected = known_recipes()[recipe]
        assert runs.read(run).configuration["batch_size"] == expected.batch_size
        assert runs.read(run).configuration["learning_rate"] == expected.learning_rate
    assert differing(*ends) == []


# A loop of the learner's own ----------------------------------------------------------------------


@pytest.mark.parametrize("name", OWN)
def test_another_loop_goes_on_with_the_same_networks_and_optimizers(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = Training(tmp_path / "run", OWN[name])
    stopped = training.go(stop_after=2)
    kept = run_record.load_tensors(training.run / "last.pt")
    assert len(kept["networks"]) == len(kept["optimizers"]) == 2
    at_first_step: list[dict[str, Any]] = []
    begin = Trainer._resumed

    def resumed(trainer: Trainer) -> bool:
        if not at_first_step:
            at_first_step.append(deepcopy(trainer.checkpoint.states()))
            assert len(trainer.checkpoint.networks) == 2
        return begin(trainer)

    monkeypatch.setattr(Trainer, "_resumed", resumed)
    trainer = training.go()
    (states,) = at_first_step
    for what in ("networks", "optimizers"):
        found = differing(flat({what: kept[what]}), flat({what: states[what]}))
        # What batch normalization counts has moved with the first images.
        assert [path for path in found if "/1.running" not in path and "/1.num" not in path] == []
    assert trainer.ending is None
    assert training.said() == ""
    rows = trainer.record.rows
    assert [row[0] for row in rows] == [1, 2, 3, 4, 5]
    assert same_losses(rows[:2], stopped.record.rows)
    assert all(loss == loss for row in rows for loss in row)
    shown = [event["epoch"] for event in training.events if event["event"] == "epoch"]
    assert shown == [1, 2, 3, 4, 5]
    assert (training.run / "samples" / "epoch_005.npz").exists()


AVERAGED = variant(
    (
        "    history: list[dict[str, float]] = []\n",
        "    history: list[dict[str, float]] = []\n"
        "    import copy\n"
        "    average = copy.deepcopy(generator).eval()\n",
    ),
    (
        "            on_epoch_end(epoch, generator)\n",
        "            for mean, weight in zip(average.parameters(), generator.parameters()):\n"
        "                mean.data.lerp_(weight.data, 0.1)\n"
        "            on_epoch_end(epoch, average)\n",
    ),
)


def test_an_averaged_generator_that_is_handed_over_goes_on_too(tmp_path: Path) -> None:
    training = Training(tmp_path / "run", AVERAGED)
    training.go(stop_after=2)
    before = run_record.load_tensors(training.run / "last.pt")["networks"]
    training.go(stop_after=3)
    after = run_record.load_tensors(training.run / "last.pt")["networks"]
    assert len(before) == len(after) == 3
    assert differing(flat(before[2]), flat(after[2])) == []
    assert differing(flat(before[0]), flat(after[0])) != []
    training.go(stop_after=4)
    last = run_record.load_tensors(training.run / "last.pt")["networks"]
    assert training.go().ending is None
    assert len(last) == 3


def test_a_copy_that_is_handed_over_is_no_network_of_its_own(tmp_path: Path) -> None:
    copies = variant(
        (
            "on_epoch_end(epoch, generator)",
            "on_epoch_end(epoch, __import__('copy').deepcopy(generator))",
        )
    )
    unbroken, training = (Training(tmp_path / name, copies) for name in ("unbroken", "run"))
    unbroken.go()
    training.go(stop_after=2)
    training.go()
    assert differing(unbroken.weights(), training.weights()) == []
    assert len(run_record.load_tensors(training.run / "last.pt")["networks"]) == 2


def test_what_the_code_prints_says_where_it_was_resumed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    training = Training(tmp_path / "run", REFERENCE, epochs=3)
    training.go(stop_after=2)
    training.go()
    said = [line.split(":")[0] for line in capfd.readouterr().out.splitlines()]
    assert said == [
        "Epoch 1/3", "Epoch 2/3", "Going on after epoch 2; the code itself counts from 1.",
        "Epoch 1/1",
    ]  # fmt: skip


# What can't be continued is said ------------------------------------------------------------------


def test_other_networks_are_a_mismatch_and_the_run_stays_as_it_is(tmp_path: Path) -> None:
    training = Training(tmp_path / "run", REFERENCE, epochs=3)
    training.go(stop_after=1)
    before = {path: path.read_bytes() for path in training.run.rglob("*.*")}
    code = training.solutions / "advanced.py"
    code.write_text(code.read_text().replace("hidden_dims=(24,)", "hidden_dims=(25,)"))
    trainer = training.go()
    assert trainer.ending is not None
    assert trainer.ending.status == "mismatch"
    said = "its Discriminator has other layers than the Discriminator that was kept"
    assert trainer.ending.text == said
    assert {path: path.read_bytes() for path in training.run.rglob("*.*")} == before


@pytest.mark.parametrize(
    "handled", ["d_losses.append(0.0)", "raise ValueError('no step') from error"]
)
def test_a_mismatch_is_not_hidden_by_an_except(handled: str, tmp_path: Path) -> None:
    step = (
        "            d_losses.append("
        "discriminator_step(generator, discriminator, d_optimizer, real_images))\n"
    )
    hiding = variant(
        (
            step,
            "            try:\n    " + step + "            except Exception as error:\n"
            f"                {handled}\n",
        )
    )
    training = Training(tmp_path / "run", hiding, epochs=3)
    training.go(stop_after=1)
    code = training.solutions / "advanced.py"
    code.write_text(code.read_text().replace("hidden_dims=(24,)", "hidden_dims=(25,)"))
    trainer = training.go()
    assert trainer.ending is not None
    assert trainer.ending.status == "mismatch"
    assert run_record.load_tensors(training.run / "last.pt")["epoch"] == 1


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A place with the reference's code, trained for two epochs of four."""
    solutions(tmp_path / "code", REFERENCE)
    return tmp_path


def test_changed_code_and_broken_files_are_refused_in_a_sentence(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events, run = carried_out(place, monkeypatch, epochs=2)
    assert end_of(events)["state"] == "finished"
    before = {path: path.read_bytes() for path in run.rglob("*.*") if path.is_file()}

    def refusal(**asked: int) -> str:
        events, _ = carried_out(place, monkeypatch, resume=True, **asked)
        now = {path: path.read_bytes() for path in run.rglob("*.*") if path.is_file()}
        assert now == before
        assert end_of(events)["event"] == "usage"
        return str(end_of(events)["text"])

    assert "has gone through 2 epochs already" in refusal(epochs=2)
    code = place / "code" / "advanced.py"
    source = code.read_text()
    code.write_text(source.replace("betas=(0.5, 0.999)", "betas=(0.4, 0.999)"))
    assert "The code has changed since" in refusal(epochs=3)
    code.write_text(source + "# a comment\n")
    last = run / "last.pt"
    kept = last.read_bytes()
    for broken in (b"", b"nothing", kept[: len(kept) // 2]):
        last.write_bytes(broken)
        before[last] = broken
        assert "last.pt of the run run is damaged" in refusal(epochs=3)
    torch.save({"format": 1, "states": {}}, last)
    before[last] = last.read_bytes()
    assert "was kept by an earlier version of these exercises" in refusal(epochs=3)
    last.unlink()
    del before[last]
    assert "is not there" in refusal(epochs=3)
    last.write_bytes(kept)
    before[last] = kept
    events, _ = carried_out(place, monkeypatch, resume=True, epochs=3, every=1)
    assert end_of(events)["state"] == "finished"
    run_now = runs.read(run)
    assert run_now.configuration["epochs"] == run_now.state["epoch"] == 3
    assert run_now.configuration["snapshots"] == [1, 2, 3]
    assert run_now.state["resumed"] == 1


def test_a_last_state_that_would_run_code_is_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events, run = carried_out(place, monkeypatch, epochs=1)
    mark = place / "mark"

    class Harm:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(mark),)

    torch.save({"epoch": 1, "states": Harm()}, run / "last.pt")
    events, _ = carried_out(place, monkeypatch, resume=True, epochs=2)
    assert "damaged" in end_of(events)["text"]
    assert not mark.exists()


# Piece by piece -----------------------------------------------------------------------------------


def used(network: Callable[[torch.Tensor], torch.Tensor], optimizer: torch.optim.Optimizer) -> None:
    """One step of a network."""
    network(torch.randn(4, 3)).sum().backward()
    optimizer.step()
    optimizer.zero_grad()


def networks() -> tuple[nn.Sequential, nn.Sequential]:
    first = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Tanh())
    return first, nn.Sequential(nn.Linear(3, 1))


def test_states_go_back_in_the_order_in_which_networks_are_used() -> None:
    first, second = networks()
    one, two = torch.optim.Adam(first.parameters(), lr=0.1), torch.optim.SGD(second.parameters())
    two.param_groups[0]["lr"] = np.float64(0.25)
    checkpoint = Checkpoint()
    with checkpoint.watching():
        for _ in range(3):
            used(first, one)
            used(second, two)
            nn.MSELoss()(torch.zeros(1), torch.zeros(1))
        with checkpoint.paused():
            networks()[0](torch.randn(4, 3))
    assert checkpoint.networks == [first, second]
    assert checkpoint.optimizers == [one, two]
    buffer = io.BytesIO()
    torch.save(checkpoint.states(), buffer)
    drawn = torch.rand(1), random.random(), np.random.rand()
    kept = torch.load(io.BytesIO(buffer.getvalue()), weights_only=True)

    checkpoint = Checkpoint(kept)
    with checkpoint.watching():
        first, second = networks()
        assert (torch.rand(1), random.random(), np.random.rand()) == drawn
        one = torch.optim.Adam(first.parameters(), lr=0.1)
        two = torch.optim.SGD(second.parameters())
        first(torch.zeros(4, 3))
        # What waits for its network is kept on, however often the training is stopped.
        assert differing(flat(checkpoint.states()["networks"][1]), flat(kept["networks"][1])) == []
        assert len(checkpoint.states()["optimizers"]) == 2
        second(torch.zeros(4, 3)).sum().backward()
        assert differing(flat(checkpoint.states()["networks"][1]), flat(kept["networks"][1])) == []
        one.step()
        two.step()
    assert two.param_groups[0]["lr"] == 0.25
    assert float(one.state_dict()["state"][0]["step"]) == 3


def test_optimizers_that_are_made_anew_and_networks_that_are_dropped_do_not_pile_up() -> None:
    first, _ = networks()
    checkpoint = Checkpoint()
    with checkpoint.watching():
        for _ in range(4):
            used(first, torch.optim.Adam(first.parameters()))
            networks()[0](torch.randn(4, 3))
    assert len(checkpoint.states()["networks"]) == 1
    assert len(checkpoint.states()["optimizers"]) <= 1


@pytest.mark.filterwarnings("ignore:Using `torch.compile")
def test_a_compiled_network_is_one_too() -> None:
    network = nn.Sequential(nn.Linear(3, 1))
    checkpoint, compiled = Checkpoint(), torch.compile(network, backend="eager")
    optimizer = torch.optim.SGD(network.parameters())
    with checkpoint.watching():
        used(compiled, optimizer)
    assert checkpoint.networks == [compiled]
    assert checkpoint.optimizers == [optimizer]


def test_an_optimizer_of_other_weights_is_a_mismatch() -> None:
    first, second = networks()
    checkpoint, optimizer = Checkpoint(), torch.optim.Adam(first.parameters())
    with checkpoint.watching():
        used(first, optimizer)
    checkpoint = Checkpoint(checkpoint.states() | {"networks": []})
    with checkpoint.watching(), pytest.raises(MismatchError, match="its optimizer SGD moves other"):
        used(second, torch.optim.SGD(second.parameters()))
    assert checkpoint.mismatch


def test_samples_disturb_nothing() -> None:
    generator = nn.Sequential(nn.Linear(8, 784), nn.BatchNorm1d(784), nn.Dropout(), nn.Tanh())
    discriminator = nn.Sequential(nn.Linear(784, 1), nn.Dropout(), nn.Sigmoid())
    generator[2].eval()
    modes = [part.training for part in (*generator.modules(), *discriminator.modules())]
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    states = torch.get_rng_state(), np.random.get_state(legacy=False), random.getstate()
    real = torch.zeros(1000, 784)
    one = sampling.snapshot(generator, discriminator, real, 8, walk=True)
    torch.manual_seed(4)
    two = sampling.snapshot(generator, discriminator, real, 8, walk=True)
    torch.set_rng_state(states[0])
    assert str(np.random.get_state(legacy=False)) == str(states[1])
    assert random.getstate() == states[2]
    after = generator.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert [p.training for p in (*generator.modules(), *discriminator.modules())] == modes
    assert all((one[name] == two[name]).all() for name in one)
    assert one["walk"].shape == (9, 12, 28, 28)
    assert one["fake_scores"].shape == (1000,)


def test_a_walk_keeps_the_length_of_its_vectors() -> None:
    ways = sampling.walks(100).view(9, 12, 100)
    lengths = ways.norm(dim=-1)
    assert (lengths.min(dim=1).values > 0.9 * lengths[:, [0, -1]].min(dim=1).values).all()
    ends = sampling.noise(18, 100, sampling.WALK_SEED).view(2, 9, 100)
    assert torch.allclose(ways[:, 0], ends[0], atol=1e-4)
    assert torch.allclose(ways[:, -1], ends[1], atol=1e-4)


def test_a_mismatch_of_the_second_optimizer_leaves_the_run_as_it_is(tmp_path: Path) -> None:
    training = Training(tmp_path / "run", REFERENCE, epochs=3)
    training.go(stop_after=1)
    before = {path: path.read_bytes() for path in training.run.rglob("*.*")}
    code = training.solutions / "advanced.py"
    whole = "torch.optim.Adam(generator.parameters()"
    text = code.read_text()
    assert text.count(whole) == 1
    code.write_text(text.replace(whole, "torch.optim.Adam(list(generator.parameters())[1:]"))
    trainer = training.go()
    assert trainer.ending is not None
    assert trainer.ending.status == "mismatch"
    assert {path: path.read_bytes() for path in training.run.rglob("*.*")} == before
