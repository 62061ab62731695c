"""Runs on the disk as a training leaves them, without a training: for tests of what reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from checks.engine.data.digits import draw_digits
from checks.engine.training.run_store import GRID, MANY, SCORED, WALK

Pixels = NDArray[np.uint8]


def make_run(
    folder: Path,
    name: str = "first",
    *,
    snapshots: Iterable[int] = (0, 10, 20, 30),
    epochs: int = 30,
    configuration: dict[str, Any] | None = None,
    state: dict[str, Any] | None = None,
    scores: dict[str, Any] | None = None,
    history: str | None = None,
) -> Path:
    """Write `folder/name` as `train` does, finished unless `state` says otherwise.

    `configuration` and `state` replace single entries of the two files; `scores` is what goes into
    `scores.json` (no such file where None), `history` the text of `history.csv`.

    Returns:
        The run's folder.
    """
    place = folder / name
    (place / "samples").mkdir(parents=True)
    chosen = sorted(snapshots)
    held = {
        "format": 1, "name": name, "began": "2026-03-14T15:09:26+00:00", "code": "exercises",
        "recipe": None, "epochs": epochs, "batch_size": 64, "latent_dim": 100,
        "learning_rate": 0.0002, "seed": 7, "device": "cpu", "threads": 2,
        "snapshots": [epoch for epoch in chosen if epoch],
        "data": {"source": "embedded digits, 2,000 images", "folder": None, "images": 2000,
                 "kind": "drawn", "limit": 2000},
        "environment": {"python": "3.12.1", "torch": "2.9.0", "torchvision": "0.24.0",
                        "numpy": "2.3.0", "platform": "Linux-6.1-x86_64", "cores": 2,
                        "device_name": "a processor"},
    }  # fmt: skip
    ending = {
        "state": "finished", "epoch": epochs, "seconds": 41.5, "cpu_seconds": 60.2,
        "images_seen": 2000 * epochs, "problem": "", "resumed": 0,
    }  # fmt: skip
    write_json(place / "run.json", held | (configuration or {}))
    write_json(place / "state.json", ending | (state or {}))
    (place / "history.csv").write_text(make_history(epochs) if history is None else history)
    for epoch in chosen:
        write_samples(place, epoch, share=epoch / epochs, last=epoch == chosen[-1])
    if scores is not None:
        write_json(place / "scores.json", scores)
    return place


def write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


def make_history(epochs: int) -> str:
    """Losses that settle down."""
    rows = ["epoch,discriminator_loss,generator_loss,seconds"]
    rows += [f"{epoch},{1.39 - 0.8 / epoch:.6f},{0.7 + 1.5 / epoch:.6f},1.38"
             for epoch in range(1, epochs + 1)]  # fmt: skip
    return "\n".join(rows) + "\n"


def write_samples(place: Path, epoch: int, *, share: float, last: bool = False) -> None:
    """The arrays of a snapshot: noise, of which this share has become digits."""
    arrays: dict[str, Any] = {
        "grid": blend(GRID, share, seed=0),
        "many": blend(MANY, share, seed=1),
        "real_scores": np.full(SCORED, 0.7, np.float32),
        "fake_scores": np.full(SCORED, 0.3, np.float32),
        "epoch": np.array(epoch, np.int64),
    }
    if last:
        count = WALK[0] * WALK[1]
        arrays["walk"] = blend(count, share, seed=2).reshape(*WALK, 28, 28)
    np.savez(place / "samples" / f"epoch_{epoch:03d}.npz", **arrays)


def blend(count: int, share: float, seed: int) -> Pixels:
    """Images `(count, 28, 28)` between noise and digits."""
    digits, noise = _digits_and_noise(count, seed)
    mixed: Pixels = ((1 - share) * noise + share * digits).astype(np.uint8)
    return mixed


@cache
def _digits_and_noise(count: int, seed: int) -> tuple[Pixels, Pixels]:
    digits = draw_digits(count, seed=seed)[0]
    return digits, np.random.default_rng(seed).integers(0, 256, digits.shape, np.uint8)


def make_scores(epochs: Iterable[int] = (0, 10, 20, 30)) -> dict[str, Any]:
    """What `scores.json` holds: they get better from one epoch to the next."""
    chosen = list(epochs)
    return {
        "format": 1, "features": "digits-1", "reference_kind": "drawn",
        "epochs": {
            str(epoch): make_score(1500.0 / 4**i, coverage=0.9 * (i + 1) / len(chosen),
                                   n_digits=min(10, 1 + 4 * i), accuracy=0.9 - 0.1 * i)
            for i, epoch in enumerate(chosen)
        },
        "calibration": {
            "real": make_score(2.5, coverage=0.96, n_digits=10),
            "noise": make_score(1900.0, coverage=0.0, n_digits=1),
            "untrained": make_score(1500.0, coverage=0.01, n_digits=1),
            "collapsed": make_score(1100.0, coverage=0.05, n_digits=1),
        },
    }  # fmt: skip


def make_score(
    frechet: float, *, coverage: float, n_digits: int, accuracy: float | None = None
) -> dict[str, Any]:
    """One entry of `scores.json`."""
    digits = [1 / n_digits if digit < n_digits else 0.0 for digit in range(10)]
    return {
        "frechet": frechet, "kernel": frechet / 200, "precision": coverage, "recall": coverage,
        "density": coverage, "coverage": coverage, "digits": digits, "no_digit": 0.0,
        "n_digits": n_digits, "accuracy": accuracy,
    }  # fmt: skip
