"""States put back by path, into the objects that a new call of the same code has made.

Objects keep their identity: a state goes into the object that stands at the path where it was
taken. Plain values and containers change in place where they can.
"""

from __future__ import annotations

import collections
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from checks.engine.errors import MismatchError
from checks.engine.training.keepers import KEEPERS, PLAIN, unpacked
from checks.engine.training.states import ABSENT, attributes_of

KEEPER = {keeper.kind: keeper for keeper in KEEPERS}


@dataclass
class Putting:
    """One walk.

    `renamed` are a plain number before and after that is left as it is (the number of epochs, where
    a run is prolonged).
    """

    renamed: tuple[int, int] | None = None
    _at: dict[str, Any] = field(default_factory=dict)

    def put(self, values: Mapping[str, Any], taken: Mapping[str, Any], root: str) -> dict[str, Any]:
        """Put states back in place.

        Returns:
            What could not be changed in place: names with their new values, for the caller.

        Raises:
            MismatchError: something with a state of its own is not there, or is another thing.
        """
        changed = {}
        for name, item in taken.items():
            present = values.get(name, ABSENT)
            new = self._put(present, item, f"{root}.{name}")
            if new is not present:
                changed[name] = new
        return changed

    def _put(self, present: Any, taken: Any, path: str) -> Any:
        if not isinstance(taken, dict):
            is_renamed = self.renamed is not None and (taken, present) == self.renamed
            return (
                present
                if is_renamed or (type(present) is type(taken) and present == taken)
                else taken
            )
        kind = taken["kind"]
        if kind == "same":
            return self._at.get(taken["path"], present)
        new = getattr(self, f"_put_{kind}")(present, taken, path)
        self._at[path] = new
        return new

    def _put_tensor(self, present: Any, taken: Any, path: str) -> Tensor:
        values: Tensor = taken["values"]
        if isinstance(present, Tensor) and present.shape == values.shape:
            try:
                with torch.no_grad():
                    return present.copy_(values)
            except RuntimeError:  # a view of one number many times, say
                pass
        device = present.device if isinstance(present, Tensor) else taken["device"]
        return values.to(device)

    def _put_array(self, present: Any, taken: Any, path: str) -> np.ndarray[Any, Any]:
        values: np.ndarray[Any, Any] = unpacked(taken["values"])
        if (
            isinstance(present, np.ndarray)
            and (present.shape, present.dtype) == (values.shape, values.dtype)
            and present.flags.writeable
        ):
            present[...] = values
            return present
        return values

    def _put_kept(self, present: Any, taken: Any, path: str) -> Any:
        keeper = KEEPER[taken["what"]]
        if not keeper.fits(present):
            raise MismatchError(f"{path} is not there after the first epoch")
        try:
            keeper.put(present, taken["state"])
        except Exception:
            raise MismatchError(f"what was kept of {path} does not fit it any more") from None
        if isinstance(present, nn.Module):
            for name, part in present.named_modules():
                self._at.setdefault(f"{path}.{name}" if name else path, part)
                held = taken["parts"].get(name, {})
                self._put_attributes(part, held, f"{path}.{name}")
        return present

    def _put_set(self, present: Any, taken: Any, path: str) -> Any:
        if not isinstance(present, set):
            return set(taken["items"])
        present.clear()
        present.update(taken["items"])
        return present

    def _put_list(self, present: Any, taken: Any, path: str) -> Any:
        items = taken["items"]
        if isinstance(items, list):
            new = items
        else:
            there = list(present) if isinstance(present, (list, tuple, collections.deque)) else []
            new = []
            for n, item in items.items():
                now = there[n] if n < len(there) else ABSENT
                new.append(self._put_item(now, item, f"{path}[{n}]"))
        if isinstance(present, list):
            present[:] = new
            return present
        if isinstance(present, collections.deque):
            present.clear()
            present.extend(new)
            return present
        if isinstance(present, tuple):
            same = len(new) == len(present) and all(map(lambda a, b: a is b, new, present))
            make = getattr(type(present), "_make", tuple)
            return present if same else make(new)
        return new

    def _put_dict(self, present: Any, taken: Any, path: str) -> Any:
        there: dict[Any, Any] = present if isinstance(present, dict) else {}
        new = {
            key: self._put_item(there.get(key, ABSENT), item, f"{path}[{key!r}]")
            for key, item in taken["items"].items()
        }
        if taken["own"]:
            for key in [key for key in there if type(key) in PLAIN and key not in new]:
                del there[key]
        there.update(new)
        return there

    def _put_item(self, present: Any, item: Any, path: str) -> Any:
        """An item of a container; one that was not kept stays as it is."""
        if item is not None:
            return self._put(present, item[0], path)
        if present is ABSENT:
            raise MismatchError(f"{path} is not there after the first epoch")
        return present

    def _put_object(self, present: Any, taken: Any, path: str) -> Any:
        if present is ABSENT:
            raise MismatchError(f"{path} is not there after the first epoch")
        self._put_attributes(present, taken["attributes"], path)
        return present

    def _put_attributes(self, value: Any, taken: Mapping[str, Any], path: str) -> None:
        for name, new in self.put(attributes_of(value), taken, path).items():
            held = getattr(value, "__dict__", None)
            if isinstance(held, dict) and not isinstance(value, nn.Module):
                held[name] = new
            else:
                object.__setattr__(value, name, new)
