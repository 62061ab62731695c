"""PyTorch's and Python's confusing errors, in words: the exception on one side, the mistake behind
it on the other.

The words of the message choose a family; the numbers in it, the learner's own statement and what
their files define choose the cause. Where two causes are left, both are named. The first entry that
fits is taken, so what asks for more stands before what asks for less.
"""

from __future__ import annotations

import re

from checks.engine.course.verdict import LearnersError
from checks.engine.sandbox.translation import (
    calls,
    files,
    gradients,
    language,
    networks,
    shapes,
    values,
)
from checks.engine.sandbox.translation.record import Scene, Translation

__all__ = ["TRANSLATIONS", "Scene", "Translation", "translated", "worded"]

TRANSLATIONS = (
    *files.TRANSLATIONS,
    *gradients.TRANSLATIONS,
    *networks.TRANSLATIONS,
    *shapes.TRANSLATIONS,
    *values.TRANSLATIONS,
    *calls.TRANSLATIONS,
    *language.TRANSLATIONS,
)
# What PyTorch adds for those who write PyTorch: all other forms of a call, the place in C++.
WALLS = re.compile(
    r",? but expected one of:\n.*|\nException raised from .*|\nCompile with `?TORCH_USE.*"
    r"|\nCUDA kernel errors might.*|\s*\(triggered internally at .*\)",
    re.DOTALL,
)
COLOURS = re.compile(r"\x1b\[[\d;]*m")
PLACE = re.compile(r" \((?:/|[A-Za-z]:\\)[^)]*\.py\)$")
MAX_LINES = 6


def translated(error: LearnersError, tier: str, scene: Scene) -> Translation:
    """The translation that fits, or what can be said of any exception."""
    for entry in TRANSLATIONS:
        if (fitting := entry.fitted(error, tier, scene)) is not None:
            return fitting
    if not error.frames:
        return Translation(
            "",
            "An exception ended the check's call of your code, outside of your own lines.",
            "Read the message word for word, and compare the line `def …` with the stub's.",
        )
    return Translation(
        "",
        "An exception ended your code on the line below; nothing after it has run.",
        "Read the message word for word: it says what Python or PyTorch could not do. Then print "
        "the values that this line uses, just before it.",
    )


def worded(error: LearnersError) -> str:
    """The exception as its last line shows it, without what only PyTorch's authors can use."""
    said = PLACE.sub("", WALLS.sub("", COLOURS.sub("", error.message)).strip())
    lines = said.splitlines()
    if len(lines) > MAX_LINES:
        said = "\n".join([*lines[:MAX_LINES], "…"])
    return f"{error.type}: {said}" if said else error.type
