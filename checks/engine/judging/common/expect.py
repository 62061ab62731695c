"""What checks ask of a returned value before they look inside it, and how they name what came."""

from __future__ import annotations

from typing import Any

import numpy as np

from checks.engine.course.check_errors import wrong
from checks.engine.sandbox.solution import Evidence
from checks.engine.sandbox.wire import Array, Other

KINDS = {"tensor": "PyTorch tensor", "array": "NumPy array", "scalar": "NumPy scalar"}


def named(value: Any) -> str:
    """What a value is, in words: "a PyTorch tensor of shape (3, 4), float32"."""
    if isinstance(value, Array):
        if value.kind == "scalar" or value.shape == ():
            return f"a {KINDS[value.kind]}, {value.values.item()!r}"
        return f"a {KINDS[value.kind]} of shape {value.shape}, {value.dtype}"
    if isinstance(value, Other):
        is_method = "method" in value.type_name
        return "a method" if is_method else f"something of type {value.type_name}"
    if value is None:
        return "None"
    if isinstance(value, (list, tuple, dict)):
        return f"a {type(value).__name__} of {len(value)}"
    text = repr(value)
    return f"{type(value).__name__} {text[:60]}{'…' if len(text) > 60 else ''}"


def array(value: Any, what: str, kind: str = "") -> Array:
    """The value, if it is an array or tensor (of the kind asked for)."""
    wanted = f"a {KINDS[kind]}" if kind else "an array or tensor"
    if value is None:
        wrong("nothing-returned", expected=f"{what}: {wanted}.", came="None.")
    if not isinstance(value, Array) or (kind and value.kind != kind):
        wrong("other-type", expected=f"{what}: {wanted}.", came=f"{named(value)}.".capitalize())
    return value


def number(value: Any, what: str) -> float:
    """The value, if it is a plain number."""
    if isinstance(value, Array) and value.kind == "scalar":
        value = value.values.item()
    if type(value) not in (int, float):
        came = f"{named(value)}.".capitalize()
        wrong(no_number(value), expected=f"{what}: a plain Python float.", came=came)
    return float(value)


def no_number(value: Any) -> str:
    """The mistake of whoever hands this back in the place of a number."""
    if value is None:
        return "nothing-returned"
    is_method = isinstance(value, Other) and "method" in value.type_name
    return "method-not-called" if is_method else "not-a-float"


def rounded(value: float, digits: int = 2) -> str:
    """The number as text with so many digits; what rounds to 0 has no sign."""
    return f"{round(float(value), digits) + 0.0:.{digits}f}"


def finite(value: Array, what: str) -> None:
    """No NaN and no infinity in the array."""
    values = value.values.astype(float)
    if not np.isfinite(values).all():
        bad = "NaN" if np.isnan(values).any() else "infinity"
        wrong("not-finite", expected=f"{what}: finite numbers.", came=f"{bad} among them.")


def items(value: Any, count: int) -> list[Any]:
    """The entries of a probe's list; a report without as many is a forged one."""
    if not isinstance(value, (list, tuple)) or len(value) != count:
        Evidence().__missing__("")
    return list(value)


def entries(value: Any) -> list[Any]:
    """The entries of a probe's list, however many; a report with something else is a forged one."""
    if not isinstance(value, (list, tuple)):
        Evidence().__missing__("")
    return list(value)


def texts(value: Any) -> list[str]:
    """The texts in a probe's list; a report with anything else is a forged one."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(text, str) for text in value):
        Evidence().__missing__("")
    return list(value)


def numbers(value: Any) -> list[float]:
    """The numbers in a probe's list; a report with anything else is a forged one."""
    if not isinstance(value, (list, tuple)) or not all(type(x) in (int, float) for x in value):
        Evidence().__missing__("")
    return [float(x) for x in value]


def record(value: Any) -> Evidence:
    """A probe's dictionary; a report with something else is a forged one."""
    if not isinstance(value, dict):
        Evidence().__missing__("")
    return Evidence(value)
