"""The record of an experiment, and how one is run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from checks.engine.course.verdict import Exhibit
from checks.engine.paths import REFERENCE


@dataclass(frozen=True)
class Outcome:
    """What an experiment showed: its numbers, and the letter that they bear out ("" if none)."""

    shown: Exhibit
    letter: str


@dataclass(frozen=True)
class Experiment:
    """A question whose answer is computed.

    `measure(seed)` takes less than two seconds and imports what it needs by itself; the
    reference's files are there under their own names (`from advanced import Discriminator`). `why`
    says in plain sentences what lies behind the result.
    """

    name: str
    question: str
    choices: Mapping[str, str]
    measure: Callable[[int], Outcome]
    why: str


def run(experiment: Experiment, seed: int = 0) -> Outcome:
    """The outcome of an experiment; the random state is afterwards as it was.

    The first one takes the time of loading PyTorch, too.
    """
    import torch

    reference = str(REFERENCE)
    sys.path.insert(0, reference)  # its files import one another by their bare names
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # networks this small keep one core busy, more would mostly wait
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return experiment.measure(seed)
    finally:
        torch.set_num_threads(threads)
        sys.path.remove(reference)


def nearest(value: float, choices: Mapping[str, float], tolerance: float = 0.2) -> str:
    """The letter whose number is nearest to the value; "" if even that one is not near."""
    letter = min(choices, key=lambda each: abs(choices[each] - value))
    return letter if abs(choices[letter] - value) <= tolerance else ""
