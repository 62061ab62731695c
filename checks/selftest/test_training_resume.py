"""A training that was stopped goes on to what an unbroken one comes to, to the last bit."""

from __future__ import annotations

import builtins
import io
import os
import random
import shutil
import sys
from collections import deque
from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import nn

from checks.engine.commands.recipes import known_recipes
from checks.engine.paths import KIT
from checks.engine.training import frames, runs, sampling, storing
from checks.engine.training.putting import Putting
from checks.engine.training.taking import Taking
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

VARIANTS = {
    "reference": REFERENCE, "loader": LOADER, "scheduled": SCHEDULED, "class": CLASS,
    "inline": INLINE,
}  # fmt: skip


# To the last bit ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VARIANTS)
def test_stopped_and_resumed_is_unbroken_to_the_last_bit(name: str, tmp_path: Path) -> None:
    unbroken = Training(tmp_path / "unbroken", VARIANTS[name])
    whole = unbroken.go()
    assert whole.ending is None
    assert unbroken.said() == ""
    for stops in ((1,), (3, 4)):
        broken = Training(tmp_path / f"stopped{stops}", VARIANTS[name])
        for epoch in stops:
            broken.go(stop_after=epoch)
        supervisor = broken.go()
        assert supervisor.ending is None
        assert broken.said() == ""
        assert differing(unbroken.weights(), broken.weights()) == []
        assert same_losses(whole.records.rows, supervisor.records.rows)
        assert (broken.run / "samples" / "epoch_005.npz").exists()
    assert len(unbroken.weights()) > 20


def test_a_run_is_prolonged_to_what_a_longer_one_comes_to(tmp_path: Path) -> None:
    long, short = (Training(tmp_path / name, INLINE, epochs=5) for name in ("long", "short"))
    long.go()
    short.go(epochs=3)
    supervisor = short.go(epochs=5)
    assert differing(long.weights(), short.weights()) == []
    assert [row[0] for row in supervisor.records.rows] == [1, 2, 3, 4, 5]


def test_a_recipe_is_resumed_like_any_other_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {"module": "recipes", "code": "recipe", "recipe": "tuned"}
    asked |= {"batch_size": None, "latent_dim": None, "snapshots": (1,)}
    ends = []
    for name, parts in (("whole", (3,)), ("parts", (1, 2, 3))):
        place = tmp_path / name
        solutions(place / "code", REFERENCE)
        shutil.copy(KIT / "reference" / "recipes.py", place / "code")
        for number, epochs in enumerate(parts):
            events, run = carried_out(place, monkeypatch, **asked, epochs=epochs, resume=number > 0)
            assert end_of(events)["state"] == "finished", events
        ends.append(flat(storing.load_tensors(run / "last.pt")))
        expected = known_recipes()["tuned"]
        assert runs.read(run).configuration["batch_size"] == expected.batch_size
        assert runs.read(run).configuration["learning_rate"] == expected.learning_rate
    assert differing(*ends) == []


def test_known_steps_are_not_taken_again_in_the_epoch_that_is_repeated(tmp_path: Path) -> None:
    counted = variant(
        (
            '    """Move D once: down the gradient of L_D(D(x), D(G(z))).\n',
            '    COUNT()\n    """Move D once: down the gradient of L_D(D(x), D(G(z))).\n',
        ),
        ("IMAGE_PIXELS = 28 * 28\n", "IMAGE_PIXELS = 28 * 28\nfrom builtins import COUNT\n"),
    )
    training = Training(tmp_path / "run", counted, epochs=3)
    steps: list[int] = []
    builtins.COUNT = lambda: steps.append(1)  # type: ignore[attr-defined]
    try:
        training.go(stop_after=2)
        assert len(steps) == 2 * 4
        training.go()
    finally:
        del builtins.COUNT  # type: ignore[attr-defined]
    assert len(steps) == 2 * 4 + 1 + 4


# What can't be continued is said ------------------------------------------------------------------


def test_a_generator_in_the_variables_is_named_when_the_run_goes_on(tmp_path: Path) -> None:
    endless = variant(
        (
            "    history: list[dict[str, float]] = []\n",
            "    history: list[dict[str, float]] = []\n"
            "    def forever():\n        while True:\n            yield 1\n"
            "    batches = forever()\n",
        ),
        (LOOP, LOOP + "            next(batches)\n"),
    )
    training = Training(tmp_path / "run", endless, epochs=3)
    training.go(stop_after=1)
    assert training.said() == ""
    training.go()
    assert "train_gan.batches" in training.said()
    assert "may differ" in training.said()


def test_a_count_of_epochs_that_starts_anew_is_said_and_ended(tmp_path: Path) -> None:
    anew = variant(
        (
            "for epoch in range(1, epochs + 1):",
            "for epoch in [number + 1 for number in range(epochs)]:",
        )
    )
    unbroken = Training(tmp_path / "unbroken", anew, epochs=4)
    unbroken.go()
    training = Training(tmp_path / "run", anew, epochs=4)
    training.go(stop_after=2)
    supervisor = training.go()
    assert "counts its epochs anew" in training.said()
    assert supervisor.ending is None
    assert [row[0] for row in supervisor.records.rows] == [1, 2, 3, 4]
    assert differing(unbroken.weights(), training.weights()) == []


def test_other_networks_are_a_mismatch_and_the_run_stays_as_it_is(tmp_path: Path) -> None:
    training = Training(tmp_path / "run", REFERENCE, epochs=3)
    training.go(stop_after=1)
    before = {path: path.read_bytes() for path in training.run.rglob("*.*")}
    code = training.solutions / "advanced.py"
    code.write_text(code.read_text().replace("hidden_dims=(24,)", "hidden_dims=(25,)"))
    supervisor = training.go()
    assert supervisor.ending is not None
    assert supervisor.ending.status == "mismatch"
    assert "train_gan.discriminator" in supervisor.ending.text
    assert {path: path.read_bytes() for path in training.run.rglob("*.*")} == before


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


def test_states_go_back_into_the_objects_that_are_there() -> None:
    class Own:
        __slots__ = ("counted", "rng")

        def __init__(self) -> None:
            self.counted, self.rng = 0, np.random.RandomState(1)

    def things() -> dict[str, Any]:
        weights = torch.zeros(3)
        return {
            "weights": weights, "again": weights, "own": Own(), "pair": (1, [weights, 2]),
            "recent": deque([1.5], maxlen=2), "array": np.zeros(2), "words": {"a", "b"},
            "table": {"x": 1, 2: torch.ones(1)}, "point": Point(1, 2), "torch": torch.Generator(),
            "none": None, "late": None, "dtype": torch.float32, "print": print,
        }  # fmt: skip

    taken_from = things()
    taken_from["weights"].add_(7)
    taken_from["own"].counted = 5
    taken_from["own"].rng.rand()
    taken_from["recent"].extend([2.5, 3.5])
    taken_from["array"] += 4
    taken_from["words"].add("c")
    taken_from["table"]["y"] = [1.0, 2.0]
    taken_from["point"] = Point(1, 9)
    taken_from["torch"].manual_seed(9)
    taken_from["late"] = 3
    taken = Taking(lambda kind: kind in (Own, Point)).take(taken_from, "f")
    buffer = io.BytesIO()
    torch.save(taken, buffer)
    buffer.seek(0)
    taken = torch.load(buffer, weights_only=True)

    new = things()
    was = dict(new)
    changed = Putting().put(new, taken, "f")
    assert changed == {"point": Point(1, 9), "late": 3}
    assert new["again"] is new["weights"]
    assert new["weights"].tolist() == [7, 7, 7]
    assert new["pair"] is was["pair"]
    assert new["own"].counted == 5
    assert new["own"].rng.rand() == taken_from["own"].rng.rand()
    assert list(new["recent"]) == [2.5, 3.5]
    assert new["array"].tolist() == [4, 4]
    assert new["words"] == {"a", "b", "c"}
    assert new["table"]["y"] == [1.0, 2.0]
    assert torch.equal(new["torch"].get_state(), taken_from["torch"].get_state())


class Point(NamedTuple):
    """A tuple with names."""

    x: int
    y: int


def test_the_images_themselves_and_what_has_a_graph_are_not_kept() -> None:
    images = torch.zeros(100, 784)
    weight = torch.ones(1, requires_grad=True)
    values = {"images": images, "part": images[3:9], "loss": weight * 2, "weight": weight}
    assert set(Taking(lambda kind: False, [images]).take(values, "f")) == {"weight"}
    small = Taking(lambda kind: False).take({"row": images[5]}, "f")["row"]["values"]
    assert small.untyped_storage().nbytes() == 784 * 4


def test_variables_that_the_next_epoch_sets_anew_are_not_kept() -> None:
    def running(images: list[int], epochs: int) -> frozenset[str]:
        found = frozenset({"nothing"})
        best = total = 0
        for epoch in range(epochs):
            batches, losses = list(images), []
            for batch in batches:
                total += batch
                last = batch
                losses.append(last)
            loss = sum(losses)
            found = frames.made_anew(sys._getframe())
            best = max(best, loss)
            rate = best * epoch
            if rate > 1:
                rare = rate
        return found | {f"{rare} {last} {total}"[:0]}

    assert running([1, 2], 3) - {""} == {"batches", "losses", "rate"}


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
