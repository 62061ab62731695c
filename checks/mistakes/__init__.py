"""The catalogue of named mistakes: what goes wrong in learners' code, and how to say it.

One record a mistake, one file a tier; a check names one by its id: `wrong("label-swap", …)`.
"""

from __future__ import annotations

import importlib
import pkgutil

from checks.mistakes.record import Mistake

__all__ = ["CATALOGUE", "Mistake"]


def _collect() -> dict[str, Mistake]:
    catalogue: dict[str, Mistake] = {}
    for found in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{found.name}")
        for mistake in getattr(module, "MISTAKES", ()):
            if mistake.id in catalogue:
                raise ValueError(f"two mistakes are called {mistake.id}")
            catalogue[mistake.id] = mistake
    return catalogue


CATALOGUE = _collect()
