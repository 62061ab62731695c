"""How a check is written: a pytest function under `@check(...)` that takes a `solution`.

@check("NumPy noise has the shape you ask for", about="sample_noise_numpy", points=1)
def test_numpy_shape(solution: Solution) -> None:
    (noise,) = solution.call("sample_noise_numpy", {"n_samples": 7, "latent_dim": 3})
    if noise.shape != (7, 3):
        wrong("noise-shape", expected="(7, 3)", came=str(noise.shape))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pytest

from checks.engine.course.verdict import Check

Function = TypeVar("Function", bound=Callable[..., Any])


def check(
    title: str, *, about: str, points: int, uses: Sequence[str] = (), after: Sequence[str] = ()
) -> Callable[[Function], Function]:
    """Mark a test function as a check.

    Args:
        title: what is right when it passes, in one short line.
        about: the learner's function, class or value that it is about.
        points: what it is worth.
        uses: what else of the learner's its evidence comes from: parts of this tier, or
            "tier.name" of another one. When one of these changes, a pass is forgotten.
        after: for a check that takes seconds, the parts whose own checks come first; where one of
            these has found a mistake, this check is blocked by it and does not run.
    """
    return pytest.mark.check(title=title, about=about, points=points, uses=uses, after=after)


def tier_of(item: pytest.Item) -> str:
    """The tier that a check belongs to: checks/test_beginner.py is about beginner."""
    return item.path.stem.removeprefix("test_")


def described(item: pytest.Item) -> Check:
    """What the judge announces of a check before it runs."""
    mark = item.get_closest_marker("check")
    assert mark is not None
    name = f"{item.path.name}::{item.name}"
    said = mark.kwargs
    return Check(name, tier_of(item), said["title"], said["points"], said["about"])
