"""Tables of evidence for the screen: a sample beside N(0, 1), a loss beside its formula."""

from __future__ import annotations

from typing import Any

import numpy as np

from checks.engine.course.verdict import Exhibit
from checks.engine.judging.common import expect

Numbers = np.ndarray[Any, Any]

# Quantiles of N(0, 1), from any table of the normal distribution.
NORMAL_QUANTILES = {0.01: -2.326, 0.1: -1.282, 0.25: -0.674, 0.5: 0.0, 0.75: 0.674, 0.9: 1.282,
                    0.99: 2.326}  # fmt: skip


def sample_beside_normal(values: Numbers) -> Exhibit:
    """The quantiles of finite numbers, of any shape, beside those of N(0, 1)."""
    came = np.quantile(values, list(NORMAL_QUANTILES))
    rows = [
        (f"{share:.0%} lie below", f"{wanted:.2f}", expect.rounded(value))
        for (share, wanted), value in zip(NORMAL_QUANTILES.items(), came, strict=True)
    ]
    rows.append(("mean", "0.00", expect.rounded(values.mean())))
    rows.append(("deviation", "1.00", f"{values.std():.2f}"))
    return Exhibit(f"The {values.size:,} numbers, sorted", ("", "N(0, 1)", "yours"), tuple(rows))


def gradient_beside_formula(groups: dict[str, tuple[Numbers, Numbers, Numbers]]) -> Exhibit:
    """How a loss pulls at single scores.

    Args:
        groups: by kind of image ("real", "fake") the scores, the right formula's gradient at
            each, and the one that came, shape (N,) each. A positive gradient lowers the score.
    """
    rows = []
    for kind, (scores, wanted, came) in groups.items():
        for position in np.argsort(scores)[:: max(len(scores) // 3, 1)]:
            numbers = (f"{round(float(array[position]), 3) + 0.0:+.3f}" for array in (wanted, came))
            rows.append((f"{kind} image scored {scores[position]:.2f}", *numbers))
    return Exhibit(
        "The gradient of the loss at single scores",
        ("", "right", "yours"),
        tuple(rows),
        "Gradient descent lowers a score whose gradient is positive and raises one whose gradient "
        "is negative. One factor for all of them changes nothing but the pace.",
    )
