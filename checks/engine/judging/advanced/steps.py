"""What a training step really did, read off the change of the weights.

With plain SGD an update is the gradient that made it. Any loss of the scores has a gradient that
is a sum over images, sum_i d_i J_i, where J_i = ds_i/dweights is how image i's score (before the
sigmoid) hangs on the weights, and d_i = dL/ds_i is the force with which the loss pulls at it. The
judge knows the weights and what the networks were fed, so it computes all J_i itself, adds what
an earlier step may have left behind, and solves for the forces. `loss_reading` then tells the
labels and the formula from them. What is left over is a gradient of something else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from checks.engine.sandbox.wire import Array
from checks.probes.image_sorter import ImageSorter
from checks.probes.networks import WatchedDiscriminator, WatchedGenerator, watched_networks

torch.set_num_threads(1)  # the matrices are small: threads would only wait for each other

LEARNING_RATE = 0.002
# Rounding in float32 leaves about 1e-4 of an update unexplained; a missing clearing leaves 0.3.
UNEXPLAINED = 0.01
COARSELY_UNEXPLAINED = 0.1  # the same in half precision, which rounds to 0.4 %
LEFT_OVER = 0.05


@dataclass
class Call:
    """One call of a network: what went in and came out, shape (N, width)."""

    inputs: Tensor
    outputs: Tensor
    has_graph: bool
    got_gradient: bool  # whether a backward came by
    is_coarse: bool  # in half precision
    is_late: bool  # only after the optimizer's step, so that it had no part in the update


@dataclass
class Step:
    """One step as the probe saw it, with what the judge has read off it."""

    name: str
    index: int
    real: Tensor
    returned: Any
    before: dict[str, Tensor]
    after: dict[str, Tensor]
    gradients: dict[str, Tensor]
    received: dict[str, bool]  # whether a backward pass of this step added to the gradients
    n_passes: int  # backward passes in this step
    stepped: dict[str, int]
    training: dict[str, bool]
    frozen: dict[str, bool]
    calls: dict[str, list[Call]]
    is_watched: bool  # of the kit's networks; of the learner's own, less can be told
    # Read off:
    fed_real: list[int] = field(default_factory=list)  # numbers of the real rows that D saw
    real_rows: Tensor | None = None  # these rows as D saw them, perhaps with noise on them
    fed_fake: Tensor | None = None  # rows that G made, each once, from `latents`, as D saw them
    changes: Tensor | None = None  # what was added to them before D saw them
    n_noisy: int = 0
    latents: Tensor | None = None
    drawn: Tensor | None = None  # all latent vectors that G was fed
    strange: Tensor | None = None  # rows that D saw and that are neither
    reads: bool = False  # whether the forces below explain the update
    unexplained: float = 0.0
    real_forces: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]] | None = None  # (p, d)
    fake_forces: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]] | None = None
    left_over: dict[str, float] = field(default_factory=dict)  # share of what earlier steps left
    right: Tensor | None = None  # the gradient that belonged here, where it can be told

    @property
    def n_strange(self) -> int:
        """How many rows D saw that are neither real images nor G's own."""
        return 0 if self.strange is None else len(self.strange)

    @property
    def is_coarse(self) -> bool:
        """Whether scores or images were computed in half precision."""
        return any(call.is_coarse for calls in self.calls.values() for call in calls)

    @property
    def n_fakes(self) -> int:
        """How many of G's images D saw."""
        return 0 if self.fed_fake is None else len(self.fed_fake)

    def moved(self, network: str) -> float:
        """How far the network's weights went."""
        return float((self.after[network] - self.before[network]).norm())

    @property
    def gradient(self) -> Tensor:
        """The gradient that the optimizer applied to the network whose step this is."""
        return (self.before[self.name] - self.after[self.name]) / LEARNING_RATE


def telling_seed(seed: int, real_batches: list[Tensor]) -> int:
    """The first seed from here on whose D gives the images scores that differ well.

    Forces can be read only off scores that differ, and near 0 and 1 there is little force left.
    """
    for candidate in range(1000 * seed, 1000 * seed + 1000):
        generator, discriminator = watched_networks(candidate)
        rng = torch.Generator().manual_seed(candidate)
        with torch.no_grad():
            fakes = generator(torch.randn(64, generator.latent_dim, generator=rng))
            groups = [discriminator(rows) for rows in (*real_batches, fakes)]
        if all(p.std() > 0.12 and p.min() > 0.02 and p.max() < 0.98 for p in groups):
            return candidate
    return 1000 * seed


def read_steps(evidence: list[Any], real_batches: list[Tensor], seed: int) -> list[Step]:
    """The steps of the evidence, each with its update explained.

    Raises:
        KeyError, TypeError, ValueError, RuntimeError: the evidence is not what the probe sends.
    """
    steps = [_step(report, real_batches) for report in evidence]
    generator, discriminator = watched_networks(seed)
    generator.double()
    discriminator.double()
    previous: dict[str, Tensor] = {}
    held: dict[str, Tensor] = {}
    for step in (step for step in steps if step.is_watched):
        _load(generator, step.before["G"])
        _load(discriminator, step.before["D"])
        _sort_rows(step, generator)
        suspects = {}
        if step.name in previous:
            suspects["its own last step"] = previous[step.name]
        other = "the generator's step" if step.name == "D" else "the discriminator's step"
        if step.name in held and held[step.name].norm() > 0:
            suspects[other] = held[step.name]
        _explain(step, generator, discriminator, suspects)
        step.right = _right_gradient(step, generator, discriminator)
        previous[step.name] = step.gradient
        opponent = "G" if step.name == "D" else "D"
        # What this step left in the other network, beyond what was there before it. Where it has
        # cleared that one, nothing is left, and no difference either.
        left = step.gradients[opponent]
        is_cleared = not left.any()
        held[opponent] = left if is_cleared else left - _last_gradients(steps, step, opponent)
    return steps


def _step(report: Any, real_batches: list[Tensor]) -> Step:
    calls: dict[str, list[Call]] = {"G": [], "D": []}
    for note in report["calls"]:
        calls[note["network"]].append(
            Call(
                _tensor(note["inputs"]),
                _tensor(note["outputs"]),
                note["has_graph"] is True,
                note["got_gradient"] is True,
                note["outputs"].dtype in ("bfloat16", "float16"),
                int(note["after_steps"]) > 0,
            )
        )
    before, after, gradients = (
        {name: _tensor(report[key][name]) for name in "GD"}
        for key in ("before", "after", "gradients")
    )
    index = int(report["index"])
    return Step(
        name="DGDG"[index],
        index=index,
        real=real_batches[index // 2].double(),
        returned=report["returned"],
        before=before,
        after=after,
        gradients=gradients,
        received={name: report["received"][name] is True for name in "GD"},
        n_passes=int(report["n_passes"]),
        stepped={name: int(report["stepped"][name]) for name in "GD"},
        training={name: report["training"][name] is True for name in "GD"},
        frozen={name: report["frozen"][name] is True for name in "GD"},
        calls=calls,
        is_watched=report["is_watched"] is True,
    )


def _tensor(array: Any) -> Tensor:
    if not isinstance(array, Array):
        raise TypeError("not an array")
    return torch.from_numpy(np.array(array.values, dtype=np.float64))


def _last_gradients(steps: list[Step], step: Step, network: str) -> Tensor:
    """The gradients that stood in a network before this step began."""
    position = steps.index(step)
    if position == 0:
        return torch.zeros_like(step.gradients[network])
    return steps[position - 1].gradients[network]


def _load(network: nn.Module, weights: Tensor) -> None:
    nn.utils.vector_to_parameters(weights, network.parameters())


def _sort_rows(step: Step, generator: WatchedGenerator) -> None:
    """Which rows D was fed: real images, G's own, or neither."""
    early = {name: [c for c in calls if not c.is_late] for name, calls in step.calls.items()}
    fed = [call.inputs for call in early["D"] if call.inputs.shape[1:] == step.real.shape[1:]]
    if not fed:
        return
    rows = torch.cat(fed)
    made = [call for call in early["G"] if call.inputs.shape[1:] == (generator.latent_dim,)]
    latents = torch.cat([call.inputs for call in made]) if made else rows.new_zeros(0, 8)
    step.drawn = latents
    fakes = torch.cat([call.outputs for call in made]) if made else rows.new_zeros(0, 784)
    sorter = ImageSorter(step.real)
    sorter.remember(fakes)
    kinds = sorter.kinds(rows)
    real_rows = dict(zip(kinds["real"].tolist(), rows, strict=True))
    real_rows.pop(-1, None)
    fake_rows = dict(zip(kinds["fake"].tolist(), rows, strict=True))
    fake_rows.pop(-1, None)
    is_strange = (kinds["real"] < 0) & (kinds["fake"] < 0)
    step.strange = rows[is_strange] if is_strange.any() else None
    step.n_noisy = kinds["n_noisy"]
    step.fed_real, chosen = sorted(real_rows), sorted(fake_rows)
    step.real_rows = _stacked([real_rows[number] for number in step.fed_real])
    step.latents, step.fed_fake = latents[chosen], _stacked([fake_rows[n] for n in chosen])
    step.changes = step.fed_fake - fakes[chosen]


def _stacked(rows: list[Tensor]) -> Tensor:
    return torch.stack(rows) if rows else torch.zeros(0, 784, dtype=torch.float64)


def _groups(step: Step) -> tuple[Tensor, Tensor]:
    """The rows that D was shown as real and as fake; strange ones stand for what is missing."""
    assert step.fed_fake is not None
    assert step.real_rows is not None
    real, fakes = step.real_rows, step.fed_fake
    if step.strange is not None and not len(fakes):
        fakes = step.strange
    elif step.strange is not None and not len(real):
        real = step.strange
    return real, fakes


def _explain(
    step: Step,
    generator: WatchedGenerator,
    discriminator: WatchedDiscriminator,
    suspects: dict[str, Tensor],
) -> None:
    gradient = step.gradient
    if gradient.norm() == 0 or step.fed_fake is None or step.latents is None:
        return
    columns: list[Tensor] = []
    with torch.enable_grad():
        if step.name == "D":
            real, fakes = _groups(step)
            n_real = len(real)
            logits = discriminator.layers[:-1](torch.cat([real, fakes])).squeeze(1)
            weights = list(discriminator.parameters())
        else:
            n_real = 0
            fakes = generator.layers(step.latents) + step.changes
            logits = discriminator.layers[:-1](fakes).squeeze(1)
            weights = list(generator.parameters())
        for score in logits:
            parts = torch.autograd.grad(score, weights, retain_graph=True)
            columns.append(torch.cat([part.flatten() for part in parts]))
    if not columns:
        return
    table = torch.stack([*columns, *suspects.values()], dim=1).numpy()
    target = gradient.numpy()
    sizes = np.linalg.norm(table, axis=0)
    sizes[sizes == 0] = 1
    unit = table / sizes
    # The normal equations: 16 unknowns, and far faster than a decomposition of the tall table.
    solution, *_ = np.linalg.lstsq(unit.T @ unit, unit.T @ target, rcond=1e-12)
    gap = unit @ solution - target
    step.unexplained = float(np.linalg.norm(gap) / np.linalg.norm(target))
    step.reads = step.unexplained < (COARSELY_UNEXPLAINED if step.is_coarse else UNEXPLAINED)
    forces = solution / sizes
    scores = torch.sigmoid(logits).detach().numpy()
    n_rows = len(columns)
    step.real_forces = scores[:n_real], forces[:n_real]
    step.fake_forces = scores[n_real:], forces[n_real:n_rows]
    step.left_over = {
        name: float(share) for name, share in zip(suspects, forces[n_rows:], strict=True)
    }


def _right_gradient(
    step: Step, generator: WatchedGenerator, discriminator: WatchedDiscriminator
) -> Tensor | None:
    """The gradient of the right loss, each mean summed, on this step's latent vectors.

    None where no latent vectors were drawn, so that nobody knows which images it would have had.
    """
    latents = step.latents if step.n_fakes else step.drawn
    if latents is None or not len(latents):
        return None
    with torch.enable_grad():
        fake_logits = discriminator.layers[:-1](generator.layers(latents))
        if step.name == "D":
            real_logits = discriminator.layers[:-1](step.real)
            loss = F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()
            weights = list(discriminator.parameters())
        else:
            loss = F.softplus(-fake_logits).mean()
            weights = list(generator.parameters())
        return torch.cat([part.flatten() for part in torch.autograd.grad(loss, weights)])
