"""Whether a call leaves alone what all parts of a program share: random numbers and settings."""

from __future__ import annotations

from typing import Any

from checks.engine.course.check_errors import wrong
from checks.engine.judging.common import expect
from checks.engine.sandbox.solution import Evidence, Solution

LIBRARIES = ("NumPy", "PyTorch", "Python")


def judge_traces(evidence: Evidence, seeded: str, unseeded: str) -> None:
    """What a probe's `traces` found; `seeded` and `unseeded` say what was called, in words.

    A call with a seed leaves the global random numbers where they stand. One without may draw from
    them. No call sets them, and none changes a setting for good.
    """
    if changed := _libraries(evidence["kept"], False):
        expected = f"{seeded} leaves the global random numbers as they were."
        if not set(changed) & set(_libraries(evidence["set_by_seed"], True)):
            came = f"It took numbers from the global ones of {' and '.join(changed)}."
            wrong("global-numbers-used", expected=expected, came=came)
        came = f"After the call, {' and '.join(changed)} would go on with other numbers."
        wrong("global-seed-clobbered", expected=expected, came=came)
    judge_reseeded(evidence, unseeded)
    judge_settings(evidence)


def judge_settings(evidence: Evidence) -> None:
    """No call changes a setting of PyTorch for good."""
    for change in expect.entries(evidence["settings"]):
        name, before, after = expect.texts(expect.items(change, 3))
        wrong(
            "global-settings-changed",
            expected="PyTorch's settings are the same after the call as before it.",
            came=f"{name.capitalize()}: {before} before, {after} after.",
        )


def advise_on_seeds(solution: Solution, evidence: Evidence, what: str) -> None:
    """A word where a call sets the global random numbers, with a seed or without."""
    found = [evidence["set_by_seed"], evidence["reseeded"]]
    if any(_libraries(each, True) for each in found):
        solution.advise("global-seed-clobbered", f"{what} sets the global random numbers.")


def judge_reseeded(evidence: Evidence, what: str) -> None:
    """Whatever draws from the global random numbers goes on where they stand, and sets no seed."""
    if reseeded := _libraries(evidence["reseeded"], True):
        wrong(
            "global-seed-clobbered",
            expected=f"{what} may draw from the global random numbers, but never seeds them.",
            came=f"Afterwards {' and '.join(reseeded)} would go on from another place than the "
            "one where the numbers before the call would have led.",
        )


def _libraries(found: Any, answer: bool) -> list[str]:
    """The libraries of which a report says this; one that says nothing usable is against them."""
    report = expect.record(found)
    return [library for library in LIBRARIES if report[library] is not (not answer)]
