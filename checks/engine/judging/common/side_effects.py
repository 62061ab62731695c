"""Whether a call leaves alone what all parts of a program share: random numbers and settings."""

from __future__ import annotations

from checks.engine.course.check_errors import wrong
from checks.engine.judging.common import expect
from checks.engine.sandbox.solution import Evidence

LIBRARIES = ("NumPy", "PyTorch", "Python")


def judge_traces(evidence: Evidence, seeded: str, unseeded: str) -> None:
    """What a probe's `traces` found; `seeded` and `unseeded` say what was called, in words.

    A call with a seed leaves the global random numbers where they stand. One without may draw from
    them. No call sets them, and none changes a setting for good.
    """
    kept = expect.record(evidence["kept"])
    if changed := [library for library in LIBRARIES if kept[library] is not True]:
        wrong(
            "global-seed-clobbered",
            expected=f"{seeded} leaves the global random numbers as they were.",
            came=f"After the call, {' and '.join(changed)} would go on with other numbers than "
            "before.",
        )
    judge_reseeded(evidence, unseeded)
    for change in expect.entries(evidence["settings"]):
        name, before, after = expect.texts(expect.items(change, 3))
        wrong(
            "global-settings-changed",
            expected="PyTorch's settings are the same after the call as before it.",
            came=f"{name.capitalize()}: {before} before, {after} after.",
        )


def judge_reseeded(evidence: Evidence, what: str) -> None:
    """Whatever draws from the global random numbers goes on where they stand, and sets no seed."""
    found = expect.record(evidence["reseeded"])
    if reseeded := [library for library in LIBRARIES if found[library] is not False]:
        wrong(
            "global-seed-clobbered",
            expected=f"{what} may draw from the global random numbers, but never seeds them.",
            came=f"Afterwards {' and '.join(reseeded)} would go on from another place than the "
            "one where the numbers before the call would have led.",
        )
