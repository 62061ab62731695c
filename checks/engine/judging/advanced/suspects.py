"""Which part is to blame where all of them together fail: run it again without the suspect.

A training may fail although its steps and its loop are right, since one of the networks can't
learn. So where it has failed, and only there, it runs again with a plain network in that one's
place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from checks.engine.course.check_errors import CheckEndedError, WrongError, wrong
from checks.engine.sandbox.solution import Solution

SUSPECTS = {
    "Generator": ("intermediate", "generator-cannot-learn"),
    "Discriminator": ("advanced", "discriminator-cannot-teach"),
}


def probe(solution: Solution, name: str, /, instead_of: str = "", **arguments: Any) -> Any:
    """Run a probe, with a plain network in the place of one of the learner's."""
    if not instead_of:
        return solution.probe(name, **arguments)
    return solution.probe("replaced", probe=name, name=instead_of, **arguments)


def find_to_blame(
    refused: WrongError, names: Iterable[str], judge_without: Callable[[str], None]
) -> NoReturn:
    """Refuse for the network without which all is right; for what was found, if there is none.

    `judge_without` judges with a plain network in the place of the one named, and raises what is
    wrong.
    """
    for name in names:
        try:
            judge_without(name)
        except CheckEndedError:
            continue
        tier, mistake = SUSPECTS[name]
        wrong(
            mistake,
            expected=refused.expected,
            came=f"{refused.came} With another {name} in its place it succeeds: look at {name}.",
            blamed=(tier, name),
        )
    raise refused
