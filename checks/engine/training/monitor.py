"""What can be seen of an epoch while it runs: batches through the optimizers, losses through the
learner's step functions, or through the loss functions where the loop does without steps.

Per batch this costs a few calls of a Python function; numbers are read from the device only when
they are shown, at most ten times a second.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import torch
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from checks.engine.training.losses import Pair
from checks.engine.training.run_store import LOSSES

# Whose return values tell a loss: those of a step before those of the loss function itself.
SOURCES = {loss: (loss.replace("_loss", "_step"), loss) for loss in LOSSES}
PAUSE = 0.1  # seconds between two looks


@dataclass
class Monitor:
    """The batches of the epoch that runs.

    `batches` is how many an epoch should have; what the first one really had takes its place.
    `show` gets the share that is done and the two losses, where they are known. `before_step` is
    called before each step of an optimizer until it returns True.
    """

    batches: int
    show: Callable[[float, Pair], None]
    before_step: Callable[[], bool] | None = None
    _returned: dict[str, list[Any]] = field(default_factory=dict)  # in this epoch, by function
    _leader: int = 0
    _count: int = 0
    _next: float = 0.0

    @contextmanager
    def watching(self, modules: list[ModuleType]) -> Iterator[None]:
        """Count the batches and note the losses of the learner's modules meanwhile."""
        hooks = [
            register_optimizer_step_pre_hook(self._before),
            register_optimizer_step_post_hook(self._after),
        ]
        wrapped = self._wrap(modules)
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()
            for module, name, original in wrapped:
                setattr(module, name, original)

    def epoch_ended(self) -> None:
        """Start counting anew."""
        self.batches = self._count or self.batches
        self._count = self._leader = 0
        self._returned.clear()

    def means(self) -> Pair | None:
        """The mean losses of the epoch so far; None where they are not both known."""
        means = [self._mean(name) for name in LOSSES]
        return None if None in means else (float(means[0] or 0), float(means[1] or 0))

    def _mean(self, loss: str) -> float | None:
        values = self._values(loss)
        try:
            return sum(map(float, values)) / len(values) if values else None
        except (TypeError, ValueError, RuntimeError):
            return None

    def _last(self, loss: str) -> float:
        values = self._values(loss)
        try:
            return float(values[-1]) if values else math.nan
        except (TypeError, ValueError, RuntimeError):
            return math.nan

    def _values(self, loss: str) -> list[Any]:
        return next(filter(None, map(self._returned.get, SOURCES[loss])), [])

    # Batches.

    def _before(self, *ignored: Any) -> None:
        if self.before_step is not None and self.before_step():
            self.before_step = None

    def _after(self, optimizer: torch.optim.Optimizer, *ignored: Any) -> None:
        if not self._leader:
            self._leader = id(optimizer)
        if id(optimizer) == self._leader:
            self._count += 1
            now = time.perf_counter()
            if now >= self._next:
                self._next = now + PAUSE
                share = min(self._count / max(self.batches, 1), 1.0)
                self.show(share, (self._last(LOSSES[0]), self._last(LOSSES[1])))

    # Losses.

    def _wrap(self, modules: list[ModuleType]) -> list[tuple[ModuleType, str, Any]]:
        wrapped = []
        for module in modules:
            for name in [name for names in SOURCES.values() for name in names]:
                original = vars(module).get(name)
                if callable(original):
                    setattr(module, name, self._wrapper(original, name))
                    wrapped.append((module, name, original))
        return wrapped

    def _wrapper(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*given: Any, **named: Any) -> Any:
            returned = function(*given, **named)
            # A loss with its graph would keep the whole batch in memory until the epoch's end.
            is_tensor = isinstance(returned, torch.Tensor)
            value = returned.detach() if is_tensor else returned
            self._returned.setdefault(name, []).append(value)
            return returned

        return wrapper
