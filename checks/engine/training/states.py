"""What taking states and putting them back have in common: names, and where attributes are."""

from __future__ import annotations

from typing import Any


class Absent:
    """Nothing is there; also, nothing is to be kept."""


ABSENT = Absent()


def attributes_of(value: Any) -> dict[str, Any]:
    """An object's own attributes, also those in slots."""
    found = dict(getattr(value, "__dict__", {}))
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                found.setdefault(name, getattr(value, name))
    return found
