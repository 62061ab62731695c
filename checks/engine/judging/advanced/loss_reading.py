"""Reading a loss off its gradient: which labels, which formula, which weight.

For one score p = sigmoid(s), every usual loss pulls at s with a force d = dL/ds of a known form
(w > 0 is the weight of a sample, t its label):

    binary cross-entropy              d = w (p - t)
    mean squared error                d = w (p - t) p (1 - p)
    cross-entropy on sigmoid(p)       d = w (sigmoid(p) - t) p (1 - p)
      ("with logits", fed with p)

so a straight line through the points (p, d), divided by the factor where there is one, has slope w
and crosses zero at t. A negative slope is a loss that is climbed instead of descended: for t = 0
that is the saturating generator loss, log(1 - p).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, Any]
# Rounding leaves a gap of about 1e-5 in float32 and up to 0.009 in bfloat16. On scores that differ
# by 0.1 and more, no other usual loss comes nearer to binary cross-entropy than 0.13, while squared
# error and the sigmoid taken twice are 0.002 apart. The right formula is tried first, so that a tie
# never blames right code.
FITS = {"bce": 0.02, "mse": 0.005, "sigmoid-twice": 0.005}
Forces = tuple[Numbers, Numbers]  # scores p and forces d, shape (N,) each


@dataclass(frozen=True)
class Reading:
    """What a group of forces says: `form` is "bce", "mse", "sigmoid-twice", "none" (no force at
    all) or "unknown"; `weight` and `label` are those of the line."""

    form: str
    weight: float = 0.0
    label: float = 0.0

    @property
    def shown(self) -> str:
        """The label as text."""
        return f"{round(self.label, 2) + 0.0:.2f}"  # + 0.0: no -0.00

    def is_labelled(self, label: float, tolerance: float = 0.03) -> bool:
        """Whether the line crosses zero there, descending the loss or climbing it."""
        return abs(self.label - label) < tolerance


def read(p: Numbers, d: Numbers, scale: float) -> Reading:
    """Read the forces d on scores p, both of shape (N,); forces far below `scale` are none.

    Needs scores that differ: with all of them equal, no line is to be had.
    """
    if np.linalg.norm(d) < 1e-3 * scale * np.sqrt(len(d)):
        return Reading("none")
    with np.errstate(all="ignore"):  # a score of exactly 0 or 1 fits no line, and that is all
        return _best_fit(p, d)


def _best_fit(p: Numbers, d: Numbers) -> Reading:
    """The first form whose line fits the forces, or the best of those that are left."""
    slack = p * (1 - p)
    candidates = (
        ("bce", p, d, np.ones_like(p)),
        ("mse", p, d / slack, slack),
        ("sigmoid-twice", 1 / (1 + np.exp(-p)), d / slack, slack),
    )
    fits: list[tuple[float, Reading]] = []
    for form, x, y, factor in candidates:
        slope, intercept = _line(x, y, factor)
        gap = float(np.linalg.norm((slope * x + intercept - y) * factor) / np.linalg.norm(d))
        if gap < FITS[form] and abs(intercept) <= 2 * abs(slope):  # labels are numbers near 0 or 1
            reading = Reading(form, float(slope), float(-intercept / slope))
            if form == "bce":
                return reading
            fits.append((gap, reading))
    return min(fits, key=lambda fit: fit[0])[1] if fits else Reading("unknown")


def mean_cross_entropy(p: Numbers, label: float) -> float:
    """Binary cross-entropy of scores p with one label, averaged over them."""
    return -float(np.mean(label * np.log(p) + (1 - label) * np.log(1 - p)))


def scale_of(*groups: Forces) -> float:
    """The size of a typical force: the root of the mean square."""
    everything = np.concatenate([d for _, d in groups])
    return float(np.linalg.norm(everything) / np.sqrt(max(len(everything), 1)))


def _line(x: Numbers, y: Numbers, weight: Numbers) -> tuple[float, float]:
    table = np.stack([x, np.ones_like(x)], axis=1) * weight[:, None]
    (slope, intercept), *_ = np.linalg.lstsq(table, y * weight, rcond=None)
    return float(slope), float(intercept)


def labels_for(p: Numbers, d: Numbers, weight: float) -> Numbers:
    """The label of each sample, if the loss is binary cross-entropy of this weight."""
    return np.asarray(p - d / weight)
