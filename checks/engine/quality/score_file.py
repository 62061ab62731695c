"""`scores.json` in a run's folder: reading what nobody vouches for, without PyTorch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FORMAT = 1
# Raised when the classifier, its training, a measure or the drawn digits change: figures of two
# versions can't be compared.
VERSION = 1
FILE = "scores.json"
MAX_BYTES = 2**24
MAX_EPOCHS = 10_000
LIMIT = 1e12  # no measure gets as far
NUMBERS = ("frechet", "kernel", "precision", "recall", "density", "coverage")


def loaded(folder: Path) -> dict[str, Any] | None:
    """The scores in a run's folder, as `score_run` describes them; None where there are none.

    A file that is broken, or of another version, counts as none: it can be made again.
    """
    path = folder / FILE
    try:
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            return None
        return checked(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def is_current(scores: dict[str, Any]) -> bool:
    """Whether scores were made by this version of the kit."""
    return str(scores["features"]).startswith(f"{scores['reference_kind']}-{VERSION}-")


def checked(held: dict[str, Any]) -> dict[str, Any]:
    """The scores, with nothing in them but what belongs there.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: they are something else.
    """
    features, kind = held["features"], held["reference_kind"]
    if held["format"] != FORMAT or not isinstance(features, str) or len(features) > 100:
        raise ValueError("another version")
    if kind not in ("mnist", "drawn") or len(held["epochs"]) > MAX_EPOCHS:
        raise ValueError("another kind")
    epochs = {number(epoch): checked_score(score) for epoch, score in held["epochs"].items()}
    return {
        "format": FORMAT,
        "features": features,
        "reference_kind": kind,
        "epochs": {str(epoch): epochs[epoch] for epoch in sorted(epochs)},
        "calibration": {
            name: checked_score(held["calibration"][name])
            for name in ("real", "noise", "untrained", "collapsed")
        },
    }


def number(epoch: str) -> int:
    """An epoch's number."""
    if not (epoch.isascii() and epoch.isdecimal() and len(epoch) < 10):
        raise ValueError(epoch)
    return int(epoch)


def checked_score(held: dict[str, Any]) -> dict[str, Any]:
    """One score, every number in it finite.

    Raises:
        KeyError, TypeError, ValueError: it is something else.
    """
    accuracy = held.get("accuracy")
    digits = [finite(share) for share in held["digits"]]
    no_digit = finite(held.get("no_digit", max(0.0, 1 - sum(digits))))
    if len(digits) != 10 or not all(0 <= share <= 1 for share in digits):
        raise ValueError("digits")
    if held["n_digits"] not in range(11):
        raise ValueError("n_digits")
    return {
        **{name: finite(held[name]) for name in NUMBERS},
        "digits": digits,
        "no_digit": no_digit,
        "n_digits": int(held["n_digits"]),
        "accuracy": None if accuracy is None else finite(accuracy),
    }


def finite(value: Any) -> float:
    """A number of a sensible size."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(value)
    if not abs(value) < LIMIT:  # false for NaN, too
        raise ValueError(value)
    return float(value)
