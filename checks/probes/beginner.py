"""Probes for the beginner tier: random noise."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import torch

from checks.probes import call
from checks.probes.surroundings import traces


def global_state_after(
    solution: ModuleType, function: str, n_samples: int, seed: int
) -> dict[str, Any]:
    """A seeded draw, and what it and one without a seed leave behind: see `traces`."""
    noise: list[Any] = []

    def draw(**seeds: int) -> None:
        noise.append(call(solution, function, n_samples=n_samples, latent_dim=10, **seeds))

    left = traces(lambda: draw(seed=seed), draw)
    return {"noise": noise[0], **left}


def by_place(solution: ModuleType, function: str, arguments: list[Any]) -> Any:
    """What the function returns for arguments that are passed by their place, without names."""
    return call(solution, function, *arguments)


def handed(solution: ModuleType, function: str, calls: list[dict[str, Any]]) -> list[Any]:
    """For each call what is `returned`, and which of the arrays and tensors were `changed`."""
    reports = []
    for arguments in calls:
        before = {name: _numbers(value).copy() for name, value in arguments.items()}
        returned = call(solution, function, **arguments)
        changed = [
            name
            for name, value in arguments.items()
            if not np.array_equal(before[name], _numbers(value))
        ]
        reports.append({"returned": returned, "changed": changed})
    return reports


def _numbers(value: Any) -> Any:
    return value.detach().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
