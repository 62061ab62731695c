"""What all parts of a program share: the global random numbers, and PyTorch's settings."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

Act = Callable[[], Any]


def random_states() -> dict[str, Any]:
    """Where each library's global random numbers stand, by the library's name; to be compared."""
    name, keys, position, has_gauss, gauss = np.random.get_state()
    return {
        "NumPy": (name, bytes(np.asarray(keys)), position, has_gauss, gauss),
        "PyTorch": torch.get_rng_state().numpy().tobytes(),
        "Python": random.getstate(),
    }


def settings() -> dict[str, str]:
    """PyTorch's settings that hold for the whole process, by name."""
    return {
        "gradients": "recorded" if torch.is_grad_enabled() else "not recorded",
        "the default dtype": str(torch.get_default_dtype()),
        "the default device": str(torch.get_default_device()),
    }


def traces(seeded: Act, unseeded: Act) -> dict[str, Any]:
    """What a call with a seed and one without leave behind.

    `kept`: whether the seeded one left each library's random numbers where they stood.
    `set_by_seed` and `reseeded`: whether the seeded one and the other one set them, see there.
    `settings`: those that are others after both, each as [name, before, after].
    """
    before, states = settings(), random_states()
    seeded()
    kept = {name: state == states[name] for name, state in random_states().items()}
    found = {"kept": kept, "set_by_seed": reseeded(seeded), "reseeded": reseeded(unseeded)}
    after = settings()
    changed = [[name, before[name], after[name]] for name in before if before[name] != after[name]]
    return {**found, "settings": changed}


def reseeded(act: Act) -> dict[str, bool]:
    """Whether a call puts each library's global random numbers to a place of its own choice.

    It may draw from them. Then the place where they stand afterwards depends on the place where
    they stood before, and on nothing else.
    """
    act()  # what is set up once for all, at the first call, does not count
    states = []
    for seed in (1, 1, 2):
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        act()
        states.append(random_states())
    first, again, other = states
    return {name: first[name] != again[name] or first[name] == other[name] for name in first}
