"""A ledger of gradients: what each backward pass added to which weights, and what a step applied.

It knows weights, scores and passes, and no networks: whoever keeps it tells it which weights to
follow, which tensors are scores, and when an optimizer has stepped.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

SAMPLED = 256  # entries of each weight's gradient: enough to tell one pass from another
Gradients = dict[int, Tensor]  # by the weight's id, a sample of its gradient


@dataclass
class Pass:
    """One call of backward() or autograd.grad().

    `losses` holds what it went back from, `added` what it added to the gradients of each weight
    that it reached, `forces` the gradient of the loss at each tensor of scores, by its number.
    `has_penalty` says that gradients of gradients may be among them: these are no plain loss of
    the scores. `of_inputs` says that the gradients of something else than weights were asked for.
    """

    losses: list[float]
    added: Gradients = field(default_factory=dict)
    forces: dict[int, Tensor] = field(default_factory=dict)
    has_penalty: bool = False
    of_inputs: bool = False


@dataclass
class Applied:
    """What the gradient that an optimizer applied was made of.

    `parts` holds the number of each pass since the same optimizer's last step that is in it, with
    the factor that it goes in with (1, unless something scaled or clipped it; below 0 where the
    optimizer climbs); `kept` how much of the gradient at that last step is still there;
    `unexplained` the share that is neither.
    """

    parts: list[tuple[int, float]] = field(default_factory=list)
    kept: float = 0.0
    unexplained: float = 0.0


class GradientLedger:
    """Writes down every pass while it is `watching`; ask it what a step `applied`."""

    def __init__(self) -> None:
        self.passes: list[Pass] = []
        self._weights: dict[int, Tensor] = {}
        self._open: Pass | None = None
        self.penalties: list[bool] = []  # gradients taken with a graph: was it ever gone through?
        self._penalty = False  # whether gradients with a graph were taken since the last pass
        self._last: dict[int, tuple[int, Gradients]] = {}  # by optimizer: passes then, gradients

    def follow(self, weights: Iterable[Tensor]) -> None:
        """Watch the gradients of these weights from now on."""
        for weight in weights:
            if not isinstance(weight, torch.nn.parameter.UninitializedParameter):
                self._weights[id(weight)] = weight

    def expect(self, number: int, scores: Tensor) -> None:
        """Note the gradient that passes bring to these scores, under this number."""

        def note(gradient: Tensor) -> None:
            if self._open is not None:
                known = self._open.forces.get(number)
                gradient = gradient.detach().double()
                self._open.forces[number] = gradient if known is None else known + gradient

        if scores.requires_grad:
            scores.register_hook(note)

    def applied(self, optimizer: Any) -> Applied:
        """What the gradients are made of that this optimizer has just applied."""
        held = [w for group in optimizer.param_groups for w in group["params"]]
        now = {id(w): _sample(w.grad) for w in held if w.grad is not None}
        start, before = self._last.get(id(optimizer), (0, {}))
        self._last[id(optimizer)] = len(self.passes), now
        held_keys = [id(weight) for weight in held]
        target = _column(held, now)
        numbers = [
            number
            for number in range(start, len(self.passes))
            if any(key in self.passes[number].added for key in held_keys)
        ]
        columns = [_column(held, self.passes[number].added) for number in numbers]
        kept = _column(held, before)
        factors, unexplained = _solved(target, [*columns, kept])
        climbs = all(group.get("maximize") for group in optimizer.param_groups)
        parts = [(n, -f if climbs else f) for n, f in zip(numbers, factors, strict=False) if f]
        return Applied(parts, factors[-1], unexplained)

    def reached(self, number: int, weights: Iterable[Tensor]) -> bool:
        """Whether a pass added to the gradient of any of these weights."""
        return any(id(weight) in self.passes[number].added for weight in weights)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """See every pass inside the block."""
        backward, grad = torch.autograd.backward, torch.autograd.grad

        def seen_backward(tensors: Any, grad_tensors: Any = None, *more: Any, **named: Any) -> None:
            with self._pass(tensors, grad_tensors) as entry:
                before = {key: _sample(weight.grad) for key, weight in self._weights.items()}
                backward(tensors, grad_tensors, *more, **named)
                for key, weight in self._weights.items():
                    change = _sample(weight.grad) - before[key]
                    if bool(change.any()):
                        entry.added[key] = change

        def seen_grad(outputs: Any, inputs: Any, *more: Any, **named: Any) -> Any:
            # With a graph it is a part of a loss, and not the loss.
            if named.get("create_graph", more[2] if len(more) > 2 else False):
                self._penalty = True
                found = grad(outputs, inputs, *more, **named)
                self.took(found)
                return found
            asked = [inputs] if isinstance(inputs, Tensor) else list(inputs)
            with self._pass(outputs, None) as entry:
                entry.of_inputs = not any(id(one) in self._weights for one in asked)
                found = grad(outputs, asked, *more, **named)
                for weight, gradient in zip(asked, found, strict=True):
                    if id(weight) in self._weights and gradient is not None:
                        entry.added[id(weight)] = _sample(gradient)
                return found

        torch.autograd.backward, torch.autograd.grad = seen_backward, seen_grad
        try:
            yield
        finally:
            torch.autograd.backward, torch.autograd.grad = backward, grad

    def took(self, gradients: Sequence[Tensor | None]) -> None:
        """Gradients were taken with a graph, for a penalty: note it when a pass goes through it."""
        number = len(self.penalties)
        self.penalties.append(False)

        def note(_: Tensor) -> None:
            self.penalties[number] = True

        for gradient in gradients:
            if gradient is not None and gradient.requires_grad:
                gradient.register_hook(note)

    @contextlib.contextmanager
    def _pass(self, tensors: Any, weights: Any) -> Iterator[Pass]:
        weight = weights.detach().double() if isinstance(weights, Tensor) else 1.0
        losses = [
            float((tensor.detach().double() * weight).sum())
            for tensor in ([tensors] if isinstance(tensors, Tensor) else tensors)
        ]
        entry = Pass(losses, has_penalty=self._penalty)
        self._penalty, self._open = False, entry
        self.passes.append(entry)
        try:
            yield entry
        finally:
            self._open = None


def _sample(gradient: Tensor | None) -> Tensor:
    """Some entries of a gradient, the same ones each time; zero where there is none."""
    if gradient is None:
        return torch.zeros(1, dtype=torch.float64)
    stride = gradient.numel() // SAMPLED | 1  # odd, so that it runs through all columns
    return gradient.detach().reshape(-1)[::stride].double()


def _column(weights: Sequence[Tensor], gradients: Gradients) -> np.ndarray[Any, Any]:
    """The sampled gradients of these weights in one column."""
    pieces = []
    for weight in weights:
        size = len(range(0, weight.numel(), weight.numel() // SAMPLED | 1))
        piece = gradients.get(id(weight))
        pieces.append(torch.zeros(size) if piece is None else piece.expand(size))
    return torch.cat(pieces).double().numpy() if pieces else np.zeros(1)


def _solved(
    target: np.ndarray[Any, Any], columns: Sequence[np.ndarray[Any, Any]]
) -> tuple[list[float], float]:
    """How much of each column makes up the target, and the share of it that none does."""
    size = float(np.linalg.norm(target))
    if not size or not np.isfinite(size):
        return [0.0] * len(columns), 0.0
    table = np.stack(columns, axis=1)
    sizes = np.linalg.norm(table, axis=0)
    used = (sizes > 0) & np.isfinite(sizes)
    factors = np.zeros(len(columns))
    if used.any():
        unit = table[:, used] / sizes[used]
        solution, *_ = np.linalg.lstsq(unit, target, rcond=1e-9)
        factors[used] = solution / sizes[used]
        target = target - unit @ solution
    shares = np.abs(factors) * sizes / size
    return [float(f) if s > 1e-3 else 0.0 for f, s in zip(factors, shares, strict=True)], float(
        np.linalg.norm(target) / size
    )
