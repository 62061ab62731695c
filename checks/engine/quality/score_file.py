"""`scores.json` in a run's folder: what it may hold, and reading it without trust or PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

import msgspec
from msgspec import Meta

from checks.engine.errors import KitError
from checks.engine.files import read_plain

FORMAT = 1
# Raised when the classifier, its training, a measure or the drawn digits change: figures of two
# versions can't be compared.
VERSION = 1
FILE = "scores.json"
MAX_BYTES = 2**24

Number = Annotated[float, Meta(ge=-1e12, le=1e12)]  # no measure gets as far
Share = Annotated[float, Meta(ge=0, le=1)]
Epoch = Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]{0,8})$")]


class Score(TypedDict):
    """The measures of one set of images; see `measures`."""

    frechet: Number
    kernel: Number
    precision: Number
    recall: Number
    density: Number
    coverage: Number
    digits: Annotated[list[Share], Meta(min_length=10, max_length=10)]
    no_digit: Share
    n_digits: Annotated[int, Meta(ge=0, le=10)]
    accuracy: Share | None


class Calibration(TypedDict):
    """The scores of images that one knows everything about; see `calibration`."""

    real: Score
    noise: Score
    untrained: Score
    collapsed: Score


class Scores(TypedDict):
    """The whole file, as `score_run` describes it."""

    format: Literal[1]
    features: Annotated[str, Meta(max_length=100)]
    reference_kind: Literal["mnist", "drawn"]
    epochs: Annotated[dict[Epoch, Score], Meta(max_length=10_000)]
    calibration: Calibration


def read_json(path: Path, kind: type) -> dict[str, Any] | None:
    """What a file holds of a `TypedDict`, and nothing else; None where it is missing or broken."""
    try:
        held: dict[str, Any] = msgspec.json.decode(read_plain(path, MAX_BYTES), type=kind)
        return held
    except (OSError, KitError, ValueError, RecursionError, msgspec.MsgspecError):
        return None


def loaded(folder: Path) -> dict[str, Any] | None:
    """The scores in a run's folder; None where there are none.

    A file that is broken, or of another version, counts as none: it can be made again.
    """
    return read_json(folder / FILE, Scores)


def is_current(scores: dict[str, Any]) -> bool:
    """Whether scores were made by this version of the kit."""
    return str(scores["features"]).startswith(f"{scores['reference_kind']}-{VERSION}-")
