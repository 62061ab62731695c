"""Probes for the beginner tier: random noise."""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

import numpy as np
import torch

from checks.probes import call


def returned(solution: ModuleType, function: str, calls: list[dict[str, Any]]) -> list[Any]:
    """What the function returns for each set of named arguments, in order, in one process."""
    return [call(solution, function, **arguments) for arguments in calls]
