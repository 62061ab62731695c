"""What the bonus checks ask of checkpoints, and what they make of the answers."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from checks.engine.course.check_errors import wrong
from checks.engine.judging.bonus.snapshots import refuse, refuse_callback, small
from checks.engine.judging.common import expect
from checks.engine.sandbox.solution import Evidence, Solution
from checks.engine.sandbox.wire import Array


def reloaded(solution: Solution) -> Evidence:
    """Two generators as they were saved and as they came back."""
    sizes = small(solution)
    rng = np.random.default_rng(solution.seed)
    z = rng.standard_normal((8, sizes["latent_dim"])).astype(np.float32)
    report = solution.probe("reloaded", directory="runs/saved", sizes=sizes, z=Array(z, "tensor"))
    evidence = expect.record(report)
    if "no_checkpoint" in evidence:
        wrong("snapshot-files", expected="A checkpoint at every second epoch.", came="None.")
    if "not_a_callback" in evidence:
        refuse_callback(evidence["not_a_callback"])
    if "returned" in evidence:
        refuse(evidence["returned"], "not-a-generator", "A generator.")
    if "failed" in evidence:
        missing = expect.texts(evidence["sizes_missing"])
        _refuse_loading(str(evidence["failed"]), missing, sizes)
    return evidence


def _refuse_loading(text: str, missing: list[str], sizes: dict[str, Any]) -> NoReturn:
    mistake, came = "load-failed", text[:300]
    if "Unsupported global" in text:
        mistake, came = "load-only-weights", text.partition(". ")[0] + "."  # what follows is long
    elif "state_dict" in text:
        mistake = "load-other-sizes"
    elif missing and text.startswith("KeyError"):
        mistake = "checkpoint-without-sizes"
        came = f"{came}. The checkpoint does not hold {' nor '.join(missing)}."
    wrong(
        mistake,
        expected=f"A generator with {sizes['latent_dim']} latent numbers and hidden layers of "
        f"{sizes['hidden_dims']} comes back as it was saved.",
        came=came,
    )


def judge_loading(solution: Solution, evidence: Evidence) -> None:
    """Loading leaves the file as it is, and takes care what it lets in."""
    if not all(kept is True for kept in expect.items(evidence["kept"], 2)):
        wrong(
            "checkpoint-not-kept",
            expected="The same file after loading as before.",
            came="It is gone, or holds something else.",
        )
    loads = [expect.record(load) for load in expect.entries(evidence["loads"])]
    if any(load["takes_code"] is True for load in loads):
        solution.advise("load-runs-code")
    if any(load["has_place"] is not True for load in loads):
        solution.advise("load-needs-device")
