"""Probes for the beginner tier: random noise."""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

import numpy as np
import torch

from checks.probes import call


def global_state_after(solution: ModuleType, function: str, seed: int) -> dict[str, Any]:
    """A seeded draw, and whether it left each global source of random numbers as it was."""
    before = _global_state()
    noise = call(solution, function, n_samples=10, latent_dim=10, seed=seed)
    after = _global_state()
    return {"noise": noise, "kept": {name: before[name] == after[name] for name in before}}


def _global_state() -> dict[str, Any]:
    name, keys, position, has_gauss, gauss = np.random.get_state()
    return {
        "NumPy": (name, bytes(np.asarray(keys)), position, has_gauss, gauss),
        "PyTorch": torch.get_rng_state().numpy().tobytes(),
        "Python": random.getstate(),
    }
