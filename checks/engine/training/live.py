"""What can be seen of an epoch while it runs: batches through the optimizers, losses through the
learner's two step functions.

Per batch this costs a few calls of a Python function; numbers are read from the device only when
they are shown, at most ten times a second.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import torch
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from checks.engine.training.losses import Pair
from checks.engine.training.runs import LOSSES

STEPS = dict(zip(("discriminator_step", "generator_step"), LOSSES, strict=True))
PAUSE = 0.1  # seconds between two looks


@dataclass
class Live:
    """The batches of the epoch that runs.

    `batches` is how many an epoch should have; what the first one really had takes its place.
    `show` gets the share that is done and the two losses, where they are known.
    """

    batches: int
    show: Callable[[float, Pair], None]
    before_first: Callable[[], None] | None = None
    rushes: bool = False  # an epoch that is only gone through: known steps are not taken again
    _losses: dict[str, Any] = field(default_factory=dict)
    _sums: dict[str, list[Any]] = field(default_factory=dict)
    _leader: int = 0
    _count: int = 0
    _next: float = 0.0

    def watch(self, modules: list[ModuleType]) -> Callable[[], None]:
        """Begin; what comes back ends it."""
        before = register_optimizer_step_pre_hook(self._before)
        after = register_optimizer_step_post_hook(self._after)
        wrapped = self._wrap(modules)

        def end() -> None:
            before.remove()
            after.remove()
            for module, name, original in wrapped:
                setattr(module, name, original)

        return end

    def epoch_ended(self) -> None:
        """Start counting anew."""
        if self._count and not self.rushes:
            self.batches = self._count
        self._count = self._leader = 0
        self.rushes = False
        self._sums.clear()

    def means(self) -> Pair | None:
        """The mean losses of the epoch so far; None where they are not both known."""
        means = [self._mean(name) for name in LOSSES]
        return None if None in means else (float(means[0] or 0), float(means[1] or 0))

    def _mean(self, name: str) -> float | None:
        values = self._sums.get(name)
        try:
            return sum(map(float, values)) / len(values) if values else None
        except (TypeError, ValueError, RuntimeError):
            return None

    # Batches.

    def _before(self, *ignored: Any) -> None:
        if self.before_first is not None:
            before_first, self.before_first = self.before_first, None
            before_first()

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

    def _last(self, name: str) -> float:
        try:
            return float(self._losses.get(name, math.nan))
        except (TypeError, ValueError, RuntimeError):
            return math.nan

    # Losses.

    def _wrap(self, modules: list[ModuleType]) -> list[tuple[ModuleType, str, Any]]:
        wrapped = []
        for module in modules:
            for name, loss in STEPS.items():
                original = vars(module).get(name)
                if callable(original):
                    setattr(module, name, self._wrapper(original, loss))
                    wrapped.append((module, name, original))
        return wrapped

    def _wrapper(self, step: Callable[..., Any], loss: str) -> Callable[..., Any]:
        values = self._sums

        @functools.wraps(step)
        def wrapper(*given: Any, **named: Any) -> Any:
            if self.rushes and type(known := self._losses.get(loss)) is float:
                return known
            returned = step(*given, **named)
            # A loss with its graph would keep the whole batch in memory until the epoch's end.
            is_tensor = isinstance(returned, torch.Tensor)
            value = returned.detach() if is_tensor else returned
            self._losses[loss] = value
            values.setdefault(loss, []).append(value)
            return returned

        return wrapper
