"""What a training has in its hands between two epochs, taken down as plain data.

`Taking` goes from named roots (the variables of the functions that run, the globals of the
learner's modules) through attributes, lists, tuples and dictionaries, and finds by path whatever
carries a state: `train_gan.generator`, `train_gan.loader.generator`. Plain values and containers of
the learner's own are taken too. `Putting` puts all of it back.
"""

from __future__ import annotations

import collections
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from checks.engine.training.keepers import PLAIN, Keeper, keeper_of, own_memory, packed
from checks.engine.training.states import ABSENT, attributes_of

MAX_DEPTH = 8
MAX_VALUES = 50_000
MAX_BYTES = 2**31  # of tensors that belong to no network
STATELESS = (
    type, ModuleType, FunctionType, BuiltinFunctionType, MethodType, torch.dtype, torch.device,
)  # fmt: skip
OWN_OF_MODULES = frozenset(nn.Module().__dict__)


@dataclass
class Taking:
    """One walk.

    `is_own` says whether a class is the learner's, `given` are tensors that were handed in and need
    not be kept. `unsaved` are paths whose state can't be kept.
    """

    is_own: Callable[[type], bool]
    given: Iterable[Tensor] = ()
    unsaved: list[str] = field(default_factory=list)
    _seen: dict[int, str] = field(default_factory=dict)
    _alive: list[Any] = field(default_factory=list)  # or an id could be taken by another object
    _at: dict[str, Any] = field(default_factory=dict)
    _bytes: int = 0

    def __post_init__(self) -> None:
        self._memory = {_memory(tensor) for tensor in self.given}

    def take(self, values: Mapping[str, Any], root: str) -> dict[str, Any]:
        """What is to be kept of named values, as plain data."""
        taken = {
            name: self._take(value, f"{root}.{name}", 0, True) for name, value in values.items()
        }
        return {name: value for name, value in taken.items() if value is not ABSENT}

    def _take(self, value: Any, path: str, depth: int, own: bool) -> Any:
        if type(value) in PLAIN:
            return value if own else ABSENT
        if isinstance(value, STATELESS):
            return ABSENT
        if (known := self._seen.get(id(value))) is not None:
            return {"kind": "same", "path": known}
        if depth > MAX_DEPTH or len(self._seen) > MAX_VALUES:
            self._miss(path)
            return ABSENT
        self._know(value, path)
        if isinstance(value, Tensor):
            return self._take_tensor(value, path) if own else ABSENT
        if isinstance(value, np.ndarray):
            return (
                {"kind": "array", "values": packed(value)}
                if own and value.dtype != object
                else ABSENT
            )
        if (keeper := keeper_of(value)) is not None:
            return self._take_kept(keeper, value, path, depth)
        if isinstance(value, (list, tuple, collections.deque, dict, set)):
            return self._take_container(value, path, depth, own)
        if isinstance(value, Iterator) and not isinstance(value, io.IOBase):
            self._miss(path)
            return ABSENT
        return self._take_object(value, path, depth)

    def _take_tensor(self, tensor: Tensor, path: str) -> Any:
        if tensor.grad_fn is not None or _memory(tensor) in self._memory:
            return ABSENT
        self._bytes += tensor.numel() * tensor.element_size()
        if self._bytes > MAX_BYTES:
            self._miss(path)
            return ABSENT
        return {"kind": "tensor", "values": own_memory(tensor), "device": tensor.device.type}

    def _take_kept(self, keeper: Keeper, value: Any, path: str, depth: int) -> Any:
        try:
            taken = {"kind": "kept", "what": keeper.kind, "state": keeper.take(value)}
        except Exception:
            self._miss(path)
            return ABSENT
        if isinstance(value, nn.Module):
            taken["parts"] = {}
            for name, part in value.named_modules():
                self._know(part, f"{path}.{name}" if name else path)
                if self.is_own(type(part)):
                    parts = self._attributes(part, f"{path}.{name}", depth, OWN_OF_MODULES)
                    taken["parts"][name] = parts
        return taken

    def _take_container(self, value: Any, path: str, depth: int, own: bool) -> Any:
        if isinstance(value, set):
            good = own and all(type(item) in PLAIN for item in value)
            return {"kind": "set", "items": list(value)} if good else ABSENT
        if isinstance(value, dict):
            items = {
                key: self._take(item, f"{path}[{key!r}]", depth + 1, own)
                for key, item in value.items()
                if type(key) in PLAIN
            }
            kind = "dict"
        elif own and all(type(item) in (int, float) for item in value):
            return {"kind": "list", "items": list(value)}
        else:
            numbered = enumerate(value)
            items = {n: self._take(item, f"{path}[{n}]", depth + 1, own) for n, item in numbered}
            kind = "list"
        if all(item is ABSENT for item in items.values()) and (items or not own):
            return ABSENT
        plain = {key: None if item is ABSENT else [item] for key, item in items.items()}
        return {"kind": kind, "items": plain, "own": own}

    def _take_object(self, value: Any, path: str, depth: int) -> Any:
        own = self.is_own(type(value))
        if not own and not type(value).__module__.startswith("torch"):
            return ABSENT
        taken = self._attributes(value, path, depth, frozenset(), own)
        return {"kind": "object", "attributes": taken} if taken else ABSENT

    def _attributes(
        self, value: Any, path: str, depth: int, without: frozenset[str], own: bool = True
    ) -> dict[str, Any]:
        taken = {
            name: self._take(item, f"{path}.{name}", depth + 1, own)
            for name, item in attributes_of(value).items()
            if name not in without
        }
        return {name: item for name, item in taken.items() if item is not ABSENT}

    def networks(self) -> list[tuple[str, nn.Module]]:
        """The networks that were met, by path, in the order in which they were."""
        return [(path, each) for path, each in self._at.items() if isinstance(each, nn.Module)]

    def _know(self, value: Any, path: str) -> None:
        self._seen.setdefault(id(value), path)
        self._at.setdefault(path, value)
        self._alive.append(value)

    def _miss(self, path: str) -> None:
        if len(self.unsaved) < 20:
            self.unsaved.append(path)


def _memory(tensor: Tensor) -> int:
    """Where a tensor's numbers lie; views of it lie there too."""
    try:
        return tensor.untyped_storage().data_ptr() or id(tensor)
    except (RuntimeError, NotImplementedError):
        return id(tensor)
