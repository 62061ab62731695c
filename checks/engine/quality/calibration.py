"""What the measures say of images that one knows everything about, for scores to be read against.

* real: other real images; no generator can be expected to do better.
* noise: every pixel drawn for itself.
* untrained: what a generator makes before it has learned anything.
* collapsed: three real digits over and over, with slight noise: mode collapse.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, TypedDict

import torch
from torch import Tensor

from checks.engine.quality.classifier import Classifier, cached_file, store
from checks.engine.quality.material import Material
from checks.engine.quality.measures import Score, measured
from checks.engine.quality.score_file import Calibration, read_json

SEED = 0
REPEATED = 3  # images of the collapsed generator
GRAIN = 8.0  # gray levels, the spread of the noise on them
WIDTHS, SLOPE = (100, 256, 512, 784), 0.2  # of the untrained generator


class Cached(TypedDict):
    """What is kept for later, and the fingerprint of the classifier that it was made with."""

    classifier: str
    calibration: Calibration


def calibration(material: Material, classifier: Classifier, reference: Tensor) -> dict[str, Score]:
    """The measures of the four kinds of images, from the cache if they are there.

    Args:
        classifier: the material's.
        reference: its features of the material's reference, shape (N, F).
    """
    path = cached_file(f"{material.name}.json")
    weights = fingerprint(classifier)
    if path and (kept := loaded(path, weights)):
        return kept
    n = len(material.reference)
    found = {
        name: {**measured(classifier, reference, make(material, n)), "accuracy": None}
        for name, make in MAKERS.items()
    }
    if path:
        content = {"classifier": weights, "calibration": found}
        store(path, (json.dumps(content, indent=2) + "\n").encode())
    return found


def loaded(path: Path, weights: str) -> dict[str, Score] | None:
    """What is in the file; None where it is broken or was made with another classifier."""
    held = read_json(path, Cached)
    if held is None or held["classifier"] != weights:
        return None
    found: dict[str, Score] = held["calibration"]
    return found


def fingerprint(classifier: Classifier) -> str:
    """What tells this classifier's weights from others."""
    return " ".join(f"{values.double().sum().item():.9g}" for values in classifier.parameters())


# The images ---------------------------------------------------------------------------------------


def real(material: Material, n: int) -> Tensor:
    """Real images that are not in the reference."""
    return material.others[:n]


def noise(material: Material, n: int) -> Tensor:
    """Pixels of any gray, each by itself."""
    return torch.randint(0, 256, (n, 28, 28), dtype=torch.uint8, generator=generator())


def untrained(material: Material, n: int) -> Tensor:
    """What a generator of the course's widths makes of its first weights (He et al., 2015)."""
    draw = generator()
    values = torch.randn(n, WIDTHS[0], generator=draw)
    for place, (before, after) in enumerate(pairwise(WIDTHS)):
        if place:
            values = torch.where(values > 0, values, SLOPE * values)
        spread = (2 / (1 + SLOPE**2) / before) ** 0.5
        values = values @ (spread * torch.randn(before, after, generator=draw))
    images = values.tanh().reshape(n, 28, 28)
    return ((images + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def collapsed(material: Material, n: int) -> Tensor:
    """A few real digits, over and over."""
    rows = torch.arange(n) % REPEATED
    images = material.others[:REPEATED][rows].float()
    grain = GRAIN * torch.randn(images.shape, generator=generator())
    return (images + grain).round().clamp(0, 255).to(torch.uint8)


def generator() -> torch.Generator:
    """Random numbers that are the same every time."""
    return torch.Generator().manual_seed(SEED)


MAKERS: dict[str, Callable[[Material, int], Any]] = {
    "real": real,
    "noise": noise,
    "untrained": untrained,
    "collapsed": collapsed,
}
