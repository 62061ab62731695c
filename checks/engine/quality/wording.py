"""What the measures are called, what they say, and how a value stands beside known images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KINDS = {
    "real": "real images",
    "untrained": "an untrained generator",
    "noise": "noise",
    "collapsed": "a collapsed generator",
}


@dataclass(frozen=True)
class Measure:
    """A measure for people: its title, whether more is better, what it says in a few words.

    `form` is how a value is written; `name` is the value's in a score.
    """

    name: str
    title: str
    form: str
    says: str
    larger_is_better: bool = True
    is_calibrated: bool = True  # its value says most among those of known images

    def written(self, value: float | None) -> str:
        """The value as it stands in a table."""
        if value is None:
            return "–"
        if self.form == "distance":
            return f"{value:.1f}" if abs(value) >= 9.95 else f"{value:.2f}"
        if self.form == "percent":
            return f"{value:.0%}"
        return self.form.format(value + 0.0 if abs(value) >= 5e-4 else 0.0)


MEASURES = (  # the two that come first are shown first, the others where they are asked for
    Measure(
        "n_digits", "digits recognized", "{:.0f}",
        "how many of the ten digits can be recognized in the images",
        is_calibrated=False,
    ),
    Measure(
        "frechet", "Fréchet distance", "distance",
        "how far the images as a whole lie from real ones, in looks and in variety; 0 is best",
        larger_is_better=False,
    ),
    Measure(
        "kernel", "kernel distance", "{:.3f}",
        "the same question put in another way; right for any number of images",
        larger_is_better=False,
    ),
    Measure("precision", "precision", "percent", "how many of your images look like some real one"),
    Measure("recall", "recall", "percent", "how many real images are like some of yours"),
    Measure(
        "density", "density", "{:.2f}",
        "how many real images lie around each of yours; about 1 for real ones",
    ),
    Measure("coverage", "coverage", "percent", "how many real images have one of yours nearby"),
    Measure(
        "accuracy", "D tells apart", "percent",
        "the discriminator's accuracy: at 50% it can only guess, at 100% it sees through all",
        is_calibrated=False,
    ),
)  # fmt: skip
NAMED = {measure.name: measure for measure in MEASURES}
LEADING = MEASURES[:2]
FRECHET = NAMED["frechet"]


def standing(measure: Measure, value: float, known: Mapping[str, Mapping[str, Any]]) -> str:
    """In words, where a value lies among those of known images, such as "beyond noise".

    Args:
        known: scores by what they are of; see `KINDS`. Real images have to be among them.
    """
    sign = 1 if measure.larger_is_better else -1
    best = sign * known["real"][measure.name]
    mine = sign * value
    if mine >= best:
        return "as good as real images"
    marks = {name: sign * known[name][measure.name] for name in KINDS if name in known}
    worse = {name: mark for name, mark in marks.items() if mark <= mine}
    better = {name: mark for name, mark in marks.items() if mine < mark <= best}
    if not worse:
        return f"no better than {KINDS[min(marks, key=lambda name: marks[name])]}"
    below = max(worse, key=lambda name: worse[name])
    above = min(better, key=lambda name: better[name])
    done = (mine - worse[below]) / (better[above] - worse[below])
    if mine - worse[below] < 0.02 * (best - worse[below]):
        return f"no better than {KINDS[below]}"
    if above == "real" and done > 0.98:
        return "next to real images"
    nearer = KINDS[above if done > 0.5 else below]
    much = "much " if not 0.2 < done < 0.8 else ""
    return f"between {KINDS[below]} and {KINDS[above]}, {much}nearer to {nearer}"
