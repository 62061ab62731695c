"""Two small networks that write down what they are fed, for watching the training steps.

The child builds them for the learner's steps, the judge builds the same ones to recompute what
should have happened. They are plain on purpose: no dropout, no batch normalization, so that an
update depends on the inputs and the weights alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

LATENT_DIM = 8
HIDDEN_DIM = 24
PIXELS = 784


class Log(list[dict[str, Any]]):
    """Notes of calls; a copy of a network writes into the same one."""

    def __deepcopy__(self, memo: Any) -> Log:
        return self

    def __copy__(self) -> Log:
        return self


class Watched(nn.Module):
    """A network that notes each call in its `log`: inputs, outputs, and how it was called."""

    def __init__(self, name: str, *layers: nn.Module) -> None:
        super().__init__()
        self.name = name
        self.layers = nn.Sequential(*layers)
        self.log = Log()
        self.stepped: dict[str, int] = {}  # the optimizers' steps so far, where someone counts
        self.hidden_dims = (HIDDEN_DIM,)

    def forward(self, inputs: Tensor) -> Tensor:
        """Run the layers and note the call."""
        outputs: Tensor = self.layers(inputs)
        note = {
            "network": self.name,
            "inputs": inputs.detach().clone(),
            "outputs": outputs.detach().clone(),
            "has_graph": bool(outputs.requires_grad),
            "got_gradient": False,  # whether a backward has come by
            "training": self.training,
            "after_steps": sum(self.stepped.values()),
        }
        if outputs.requires_grad:
            outputs.register_hook(lambda gradient: note.update(got_gradient=True))
        self.log.append(note)
        return outputs


class WatchedGenerator(Watched):
    """G: (N, LATENT_DIM) -> (N, 784) in [-1, 1]."""

    def __init__(self) -> None:
        super().__init__(
            "G",
            nn.Linear(LATENT_DIM, HIDDEN_DIM),
            nn.LeakyReLU(0.2),
            nn.Linear(HIDDEN_DIM, PIXELS),
            nn.Tanh(),
        )
        self.latent_dim = LATENT_DIM


class WatchedDiscriminator(Watched):
    """D: (N, 784) -> (N, 1) in (0, 1)."""

    def __init__(self) -> None:
        super().__init__(
            "D",
            nn.Linear(PIXELS, HIDDEN_DIM),
            nn.LeakyReLU(0.2),
            nn.Linear(HIDDEN_DIM, 1),
            nn.Sigmoid(),
        )


def lacks(error: Exception, solution: ModuleType) -> bool:
    """Whether code asks a watched network for what only the learner's own class has.

    For example `discriminator.logits(images)`: right where that class has such a method.
    """
    if not isinstance(error, AttributeError) or not isinstance(error.obj, Watched):
        return False
    own = getattr(solution, type(error.obj).__name__, None)
    return own is not None and hasattr(own(), error.name or "")


# A learner who asks one of them for something that it lacks reads these names in the error.
WatchedGenerator.__name__, WatchedDiscriminator.__name__ = "Generator", "Discriminator"


class PlainGenerator(nn.Module):
    """G as the stub describes it, to stand in the place of a learner's under suspicion."""

    def __init__(self, latent_dim: int = 100, hidden_dims: tuple[int, ...] = (256, 512)) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.layers = nn.Sequential(*_blocks(latent_dim, hidden_dims, PIXELS, 0.0), nn.Tanh())

    def forward(self, z: Tensor) -> Tensor:
        """(N, latent_dim) -> (N, 784)."""
        made: Tensor = self.layers(z)
        return made


class PlainDiscriminator(nn.Module):
    """D as the stub describes it, for the same purpose."""

    def __init__(self, hidden_dims: tuple[int, ...] = (512, 256), dropout: float = 0.0) -> None:
        super().__init__()
        self.layers = nn.Sequential(*_blocks(PIXELS, hidden_dims, 1, dropout), nn.Sigmoid())

    def forward(self, images: Tensor) -> Tensor:
        """(N, 784) -> (N, 1)."""
        said: Tensor = self.layers(images)
        return said


def _blocks(first: int, hidden: tuple[int, ...], last: int, dropout: float) -> list[nn.Module]:
    parts: list[nn.Module] = []
    for width, following in pairwise((first, *hidden)):
        parts += [nn.Linear(width, following), nn.LeakyReLU(0.2), nn.Dropout(dropout)]
    return [*parts, nn.Linear((first, *hidden)[-1], last)]


@contextmanager
def standing_in(own: type[nn.Module] | Any, name: str) -> Iterator[None]:
    """A plain network in the place of the learner's `own` of this name, in all their files."""
    plain = {"Generator": PlainGenerator, "Discriminator": PlainDiscriminator}[name]
    places = [m for m in list(sys.modules.values()) if vars(m).get(name) is own]
    for module in places:
        setattr(module, name, plain)
    try:
        yield
    finally:
        for module in places:
            setattr(module, name, own)


def watched_networks(seed: int) -> tuple[WatchedGenerator, WatchedDiscriminator]:
    """G and D with weights drawn from a seed, wide enough for scores that differ by image."""
    rng = torch.Generator().manual_seed(seed)
    networks = WatchedGenerator(), WatchedDiscriminator()
    with torch.no_grad():
        for network in networks:
            for parameter in network.parameters():
                fan_in = parameter.shape[1] if parameter.dim() > 1 else 4
                spread = 1.0 / fan_in**0.5
                parameter.copy_(torch.randn(parameter.shape, generator=rng) * spread)
        for parameter in networks[1].layers[2].parameters():
            parameter.mul_(3.0)
    return networks


def flat(network: nn.Module) -> Tensor:
    """All weights in one vector."""
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])


def flat_gradients(network: nn.Module) -> Tensor:
    """All gradients in one vector; zeros where there is none."""
    return torch.cat(
        [
            torch.zeros(parameter.numel()) if parameter.grad is None else parameter.grad.flatten()
            for parameter in network.parameters()
        ]
    )
