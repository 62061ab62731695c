"""Are all the weights that a network uses among its parameters()?"""

from __future__ import annotations

from collections.abc import Iterable

from checks.engine.course.check_errors import wrong
from checks.engine.judging.common import expect
from checks.engine.sandbox.solution import Evidence


def judge_registered(evidence: Evidence, network: str, outputs: str, mistake: str) -> None:
    """Every weight that takes part in the computation is among the network's parameters().

    Args:
        evidence: `strangers`, `n_parameters` and `made_anew`, as the probes on learning find them.
        network: "generator" or "discriminator".
        outputs: what the network makes, in a word.
        mistake: the id of the mistake, but for layers that are made anew in every call.
    """
    strangers = expect.entries(evidence["strangers"])
    if not strangers and evidence["n_parameters"] != 0:
        return
    shapes = listed(map(str, strangers))
    wrong(
        "layers-in-forward" if evidence["made_anew"] is True else mistake,
        expected=f"Every weight that the {outputs} depend on is among {network}.parameters().",
        came=f"Used, and not among them: weights of shape {shapes}."
        if shapes
        else f"{network}.parameters() is empty.",
    )


def listed(names: Iterable[str]) -> str:
    """The first few names, for a sentence."""
    every = list(names)
    return ", ".join(every[:4]) + (f" and {len(every) - 4} more" if len(every) > 4 else "")
