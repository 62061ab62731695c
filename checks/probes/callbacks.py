"""A generator while a learner's callback has it: what it is fed, what is done to it."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn


class Log:
    """What the learner's generators are fed while they are watched, and what they give back."""

    def __init__(self, images: Tensor | None = None) -> None:
        self.images = images
        self.noise: list[Tensor] = []
        self.in_training = False
        self._places: dict[bytes, int] = {}

    def instead(self, z: Tensor, made: Any) -> Any:
        """The log's own images in the place of those that were made: the first for the first z."""
        if self.images is None or not isinstance(made, Tensor) or not z.dim():
            return made
        rows = [row.tobytes() for row in z.detach().cpu().numpy().reshape(-1, z.shape[-1])]
        places = [self._places.setdefault(row, len(self._places)) for row in rows]
        chosen = self.images[[place % len(self.images) for place in places]]
        fits = chosen.numel() == made.numel()
        return made * 0 + chosen.reshape(made.shape) if fits else made  # with the graph of `made`


@contextmanager
def watched(generator: nn.Module, log: Log) -> Iterator[None]:
    """Note what the generator's class is fed; with images in the log, it gives these.

    The class's forward is exchanged rather than a hook hung on: a hook would travel along with a
    generator that is saved as a whole.
    """
    kind = type(generator)
    forward = kind.forward

    def noting(self: nn.Module, z: Tensor, *rest: Any, **named: Any) -> Any:
        log.noise.append(z.detach().clone())
        log.in_training |= self.training
        return log.instead(z, forward(self, z, *rest, **named))

    kind.forward = noting
    try:
        yield
    finally:
        kind.forward = forward


def depends_on_mode(generator: nn.Module, latent_dim: int) -> bool:
    """Whether the generator makes other images of the same noise in training mode."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        z, twin = torch.randn(4, latent_dim), copy.deepcopy(generator)
        return not torch.allclose(twin.train()(z), twin.eval()(z), atol=1e-6)


@contextmanager
def traces_left(generator: nn.Module) -> Iterator[dict[str, Any]]:
    """What is not as it was afterwards: put back, so that each epoch is seen by itself."""
    before = {name: (one.detach().clone(), one.requires_grad) for name, one in _state(generator)}
    learning = [weight for weight in generator.parameters() if weight.requires_grad]
    for weight in learning:
        weight.grad = torch.ones_like(weight)
    traces: dict[str, Any] = {}
    yield traces
    now = dict(_state(generator))
    traces["gradients_off"] = not torch.is_grad_enabled()
    traces["frozen"] = [n for n, (_, learns) in before.items() if learns and not _learns(now, n)]
    traces["changed"] = [n for n, (value, _) in before.items() if not _is_equal(value, now.get(n))]
    traces["gradients_kept"] = all(
        weight.grad is not None and bool((weight.grad == 1).all()) for weight in learning
    )
    torch.set_grad_enabled(True)
    for name, (value, learns) in before.items():
        if name in now:
            now[name].data = value
            now[name].requires_grad_(learns)


def _state(generator: nn.Module) -> Iterator[tuple[str, Tensor]]:
    return itertools.chain(generator.named_parameters(), generator.named_buffers())


def _learns(weights: dict[str, Tensor], name: str) -> bool:
    return name in weights and weights[name].requires_grad


def _is_equal(one: Tensor, other: Tensor | None) -> bool:
    return other is not None and one.dtype == other.dtype and one.equal(other)
