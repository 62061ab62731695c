"""No check passes on an answer that was made up, nor lets its sender off as the kit's fault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checks.engine.course.check_errors import CheckEndedError
from checks.engine.course.verdict import Status
from checks.engine.paths import EXERCISES, tiers
from checks.engine.sandbox.client import Outcome, Sandbox
from checks.engine.sandbox.solution import Solution, Submission
from checks.engine.sandbox.wire import Array, Other
from checks.selftest import in_process
from checks.selftest.mutants import checks_of


def array(values: Any, kind: str = "array") -> Array:
    made = np.asarray(values)
    return Array(made, kind, made.dtype.name)


ANSWERS: list[Any] = [
    None, True, 3, -1.5, float("nan"), float("inf"), "x", "", Other("x"),
    [], (), {}, [None], [[1]], [1, 2], (1.0, 2.0), ("a", "b"), {"a": 1},
    array(3.0), array(np.zeros(0)), array(np.zeros((0, 100))), array(np.zeros((5, 5))),
    array(np.full((200, 100), np.nan)), array(np.zeros((200, 100)), "tensor"),
    array(np.ones((200, 100), bool)), array(np.zeros((2, 2)), "scalar"),
    array(np.full((6, 100), np.inf, np.float32), "tensor"), array(np.full((200, 100), 1e308)),
    (array(1.0), array(2.0)), {"ANSWERS": array(np.zeros(2))},
]  # fmt: skip


class Liar(Sandbox):
    """A sandbox in which the child always hands back the same, whatever it was asked."""

    def __init__(self, answer: Any, as_list: bool) -> None:
        super().__init__()
        self.answer, self.as_list = answer, as_list

    def preload(self, modules: Any, tier: str = "") -> None:
        """Nothing to load."""

    def run(self, *asked: Any, **how: Any) -> Outcome:
        """The made-up answer, or a list of it as long as the calls asked for."""
        arguments = asked[3] if len(asked) > 3 else {}
        count = len(arguments.get("calls", (None,)))
        return Outcome("ok", [self.answer] * count if self.as_list else self.answer)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("tier", tiers())
def test_no_check_passes_on_a_made_up_answer(tier: str) -> None:
    passed = []
    for answer in ANSWERS:
        for as_list in (False, True):
            submission = Submission(EXERCISES, Liar(answer, as_list))
            for name, function in checks_of(tier).items():
                about = function.pytestmark[-1].kwargs["about"]  # type: ignore[attr-defined]
                try:
                    function(Solution(submission, tier, about))
                except (CheckEndedError, Exception):
                    continue
                if name != "test_numpy_floats":  # judges the type alone, and 1e308 is a float
                    passed.append(f"{name}: {'a list of ' * as_list}{answer!r}")
    assert passed == []


FORGERY = """
import os, struct, json

text = json.dumps(
    {"$dict": [["status", "ok"], ["evidence", {"$list": []}]]}
).encode()
os.write(3, struct.pack("<4sIQ", b"GANK", len(text), 0) + text)
os._exit(0)
"""


def test_a_forged_answer_is_the_senders_fault(tmp_path: Path) -> None:
    for tier in tiers():
        (tmp_path / f"{tier}.py").write_text(FORGERY)
    verdicts = in_process.judge().run(tiers(), tmp_path)
    blocked = {verdict.check for verdict in verdicts if verdict.status is Status.BLOCKED}
    assert blocked <= {"test_advanced.py::test_samples_get_closer"}  # by the steps that are wrong
    others = {verdict.status for verdict in verdicts if verdict.check not in blocked}
    assert others <= {Status.FAILED, Status.CRASHED, Status.ERROR}
