"""Everything that a training needs to go on: taken at an epoch's end, put back into a new call."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import FrameType, FunctionType, ModuleType
from typing import Any

from torch import Tensor, nn

from checks.engine.errors import MismatchError
from checks.engine.training.frames import made_anew, set_variables
from checks.engine.training.keepers import put_random, take_random
from checks.engine.training.putting import Putting
from checks.engine.training.taking import Taking

Taken = dict[str, Any]


@dataclass(frozen=True)
class Scope:
    """Whose states these are: the learner's modules; `given` are tensors that were handed in."""

    modules: list[ModuleType]
    given: tuple[Tensor, ...]

    def is_own(self, kind: type) -> bool:
        """Whether a class is the learner's."""
        module = sys.modules.get(kind.__module__)
        return module is not None and module in self.modules

    def take(self, frames: Iterable[FrameType]) -> tuple[Taken, list[tuple[str, nn.Module]]]:
        """The states of the running functions, of the modules, and all random numbers.

        Returns:
            What is to be kept, and the networks that were met, by path.
        """
        taking = Taking(self.is_own, self.given)
        states: dict[str, Any] = {}
        for name, frame in _named(frames):
            unused = made_anew(frame)
            used = {key: value for key, value in frame.f_locals.items() if key not in unused}
            states[name] = taking.take(used, name)
        for module in self.modules:
            name = f"{module.__name__}.py"
            states[name] = taking.take(_globals(module), name)
        taken = {"states": states, "unsaved": taking.unsaved, "random": take_random()}
        return taken, taking.networks()

    def put(self, frames: Iterable[FrameType], taken: Taken, epochs: tuple[int, int]) -> None:
        """Put all of it back into functions that have come to the same place.

        `epochs` is for how many epochs it was taken and for how many it goes on.

        Raises:
            MismatchError: this is other code.
        """
        putting = Putting(renamed=epochs)
        places: dict[str, FrameType | ModuleType] = dict(_named(frames))
        places |= {f"{module.__name__}.py": module for module in self.modules}
        for name, states in taken["states"].items():
            place = places.get(name)
            if place is None:
                raise MismatchError(f"{name} is no part of it any more")
            values = place.f_locals if isinstance(place, FrameType) else vars(place)
            changed = putting.put(dict(values), states, name)
            if isinstance(place, FrameType):
                set_variables(place, changed)
            else:
                vars(place).update(changed)
        put_random(taken["random"])


def _named(frames: Iterable[FrameType]) -> list[tuple[str, FrameType]]:
    """Running functions by name; one that runs twice gets a number."""
    named: dict[str, FrameType] = {}
    for frame in frames:
        name, number = frame.f_code.co_name, 1
        while (key := name if number == 1 else f"{name}-{number}") in named:
            number += 1
        named[key] = frame
    return list(named.items())


def _globals(module: ModuleType) -> Mapping[str, Any]:
    """A module's own variables; no text, and nothing of Python's."""
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("__")
        and not isinstance(value, (str, FunctionType, ModuleType, type))
    }
