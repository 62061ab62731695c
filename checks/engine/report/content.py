"""What a report shows of a run's folder: plain values within limits, whatever the files hold.

Nobody vouches for these files. A number is a finite one of a sensible size or None, text is bounded
and cannot steer what shows it, lists are thinned out to what a page can carry. A part that can't be
read is left out and named in `Content.left_out`; the others are shown all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from checks.engine.errors import RunError
from checks.engine.plain_text import inert
from checks.engine.quality import read_scores
from checks.engine.training import run_store
from checks.engine.training.run_store import Run

MAX_SNAPSHOTS = 40
MAX_EPOCHS = 400  # points of a curve, rows of a table
MAX_TEXT = 300  # characters
MAX_NUMBER = 1e12
LOSSES = ("discriminator_loss", "generator_loss")
MEASURES = ("frechet", "kernel", "precision", "recall", "density", "coverage", "accuracy")
YARDSTICKS = {
    "real": "real images",
    "untrained": "untrained",
    "noise": "noise",
    "collapsed": "collapsed",
}

Pixels = NDArray[np.uint8]
Item = TypeVar("Item")


@dataclass(frozen=True)
class Snapshot:
    """The grid at the end of an epoch: uint8 `(64, 28, 28)`, the same noise in the same places."""

    epoch: int
    grid: Pixels


@dataclass(frozen=True)
class Score:
    """How good images are: `MEASURES` by name, None for what is not known, and their digits.

    `digits` are the shares of 0 to 9, `n_digits` says how many of the ten appear.
    """

    label: str
    measures: Mapping[str, float | None]
    digits: tuple[float, ...]
    n_digits: int


@dataclass(frozen=True)
class Scores:
    """Scores of epochs, in order, beside those of images that are known to be good or bad."""

    reference: str
    epochs: Mapping[int, Score]
    yardsticks: Mapping[str, Score]


@dataclass(frozen=True)
class Content:
    """All that a report shows; `losses` are rows of the epoch and both losses (None where NaN)."""

    name: str
    configuration: Mapping[str, Any]
    state: Mapping[str, Any]
    snapshots: Sequence[Snapshot]
    n_snapshots: int
    walk: Pixels | None
    losses: Sequence[tuple[int, float | None, float | None]]
    scores: Scores | None
    left_out: Sequence[str]


def read(run: Run) -> Content:
    """What there is of a run."""
    left_out: list[str] = []
    snapshots, n_snapshots, walk = _snapshots(run, left_out)
    return Content(
        name=text(run.folder.name, limit=100),
        configuration=run.configuration,
        state=run.state,
        snapshots=snapshots,
        n_snapshots=n_snapshots,
        walk=walk,
        losses=_losses(run, left_out),
        scores=_scores(run),
        left_out=left_out,
    )


# Plain values -------------------------------------------------------------------------------------


def number(value: object) -> float | None:
    """A finite number of a sensible size, else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) <= MAX_NUMBER else None  # False for NaN, too


def whole(value: object) -> int | None:
    """A whole number from 0 on, else None."""
    found = number(value)
    return int(found) if found is not None and found >= 0 and found == int(found) else None


def text(value: object, limit: int = MAX_TEXT) -> str:
    """A text on one line with nothing in it that steers its reader; "" for what is no text."""
    return inert(" ".join(value[: limit + 1].split()), limit) if isinstance(value, str) else ""


def part(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A mapping inside a mapping; an empty one where there is none."""
    inner = values.get(name)
    return inner if isinstance(inner, dict) else {}


def thinned(items: Sequence[Item], most: int) -> list[Item]:
    """At most this many of them, evenly spread, with the first and the last."""
    if len(items) <= most:
        return list(items)
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]


# Parts of the folder ------------------------------------------------------------------------------


def _snapshots(run: Run, left_out: list[str]) -> tuple[list[Snapshot], int, Pixels | None]:
    """The snapshots to show, how many there are, and the last walk from noise to noise."""
    try:
        files = run_store.samples(run)
    except (RunError, OSError) as error:
        left_out.append(f"The samples: {text(str(error))}")
        return [], 0, None
    found, walk, broken = [], None, 0
    for epoch, path in thinned(sorted(files.items()), MAX_SNAPSHOTS):
        try:
            arrays = run_store.load_samples(path)
            found.append(Snapshot(epoch, arrays["grid"]))
            walk = arrays.get("walk", walk)
        except (RunError, OSError, KeyError) as error:
            if not broken:
                left_out.append(text(str(error)))
            broken += 1
    if broken > 1:
        left_out.append(f"{broken} snapshots in all could not be read.")
    return found, len(files), walk


def _losses(run: Run, left_out: list[str]) -> list[tuple[int, float | None, float | None]]:
    try:
        history = run_store.history(run)
    except (RunError, OSError) as error:
        left_out.append(f"The losses: {text(str(error))}")
        return []
    rows = {}
    for entry in history:
        epoch = whole(entry.get("epoch"))
        if epoch is not None:
            rows[epoch] = (epoch, number(entry.get(LOSSES[0])), number(entry.get(LOSSES[1])))
    return thinned([rows[epoch] for epoch in sorted(rows)], MAX_EPOCHS)


def _scores(run: Run) -> Scores | None:
    held = read_scores(run)
    if held is None or not held["epochs"]:
        return None
    epochs = {int(epoch): score for epoch, score in held["epochs"].items()}
    return Scores(
        "the digits that the kit draws" if held["reference_kind"] == "drawn" else "MNIST",
        {
            each: _score(f"epoch {each}", epochs[each])
            for each in thinned(sorted(epochs), MAX_EPOCHS)
        },
        {name: _score(label, held["calibration"][name]) for name, label in YARDSTICKS.items()},
    )


def _score(label: str, values: Mapping[str, Any]) -> Score:
    measures = {name: values[name] for name in MEASURES}
    return Score(label, measures, tuple(values["digits"]), values["n_digits"])
