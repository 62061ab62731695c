"""Real exceptions of wrong code, each made by running it, and what a learner reads of them.

Every case is code that learners of this course write: it is run with the installed PyTorch, and the
words that come with the exception have to point at the cause. The cases stand in `exceptions.txt`:
their names with the tier, the words that have to come, the code. PyTorch's messages change from
version to version, which is why none of them stands there.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

import pytest

from checks.engine.course.verdict import LearnersError
from checks.engine.judging.bonus import snapshots
from checks.engine.sandbox import worker
from checks.engine.sandbox.client import Sandbox, error_in
from checks.engine.sandbox.solution import Solution, Submission
from checks.engine.sandbox.translation import TRANSLATIONS, Scene, translated, worded

CORPUS = Path(__file__).with_name("exceptions.txt")
HEAD = "import numpy as np\nimport torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n"


@dataclass(frozen=True)
class Case:
    """Wrong code in a file of a tier, and words of what has to be said of it."""

    tier: str
    code: str
    says: str


def cases() -> Iterator[tuple[str, Case]]:
    """The cases of the corpus, by their names."""
    for block in CORPUS.read_text(encoding="utf-8").strip().split("\n\n"):
        name, says, code = block.split("\n", 2)
        name, tier = name.removeprefix("# ").removesuffix("]").split(" [")
        yield name, Case(tier, code, says.removeprefix("#: "))


CASES = dict(cases())


def raised(folder: Path, case: Case) -> tuple[LearnersError, Scene]:
    """The exception that the case's code ends with, and what surrounds it, as the judge sees it."""
    folder = folder.resolve()
    file = folder / f"{case.tier}.py"
    body = indent(case.code, "    ")
    file.write_text(f"{HEAD}\ndef go():\n{body}\n", encoding="utf-8")
    names = {"__name__": case.tier}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), names)
            names["go"]()  # type: ignore[operator]
        except Exception as error:
            found = error_in(worker.describe(error, str(folder)), folder)
            return found, Submission(folder, Sandbox()).scene(found)
    raise AssertionError("nothing is wrong with this code")


def test_there_are_many() -> None:
    assert len(CASES) > 190


@pytest.mark.parametrize("name", CASES)
def test_it_points_at_the_cause(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    error, scene = raised(tmp_path, case)
    found = translated(error, case.tier, scene)
    assert case.says in f"{found.why} {found.hint}", f"{worded(error)}\n{found.why}\n{found.hint}"
    assert "{" not in f"{found.why}{found.hint}".replace("{epoch}", "")


def test_the_check_s_own_call_is_compared_with_the_stub(tmp_path: Path) -> None:
    error = LearnersError(
        "TypeError", "sample_noise_numpy() got an unexpected keyword argument 'n'"
    )
    found = translated(error, "beginner", Scene(defined=frozenset({"sample_noise_numpy"})))
    assert "stub's" in found.hint


def test_what_nobody_foresaw_is_told_and_not_guessed(tmp_path: Path) -> None:
    case = Case("beginner", "import struct\nreturn struct.unpack('i', b'')", "")
    error, scene = raised(tmp_path, case)
    found = translated(error, case.tier, scene)
    assert "on the line below" in found.why
    assert found.mistake_id == ""
    for guess in ("shape", "dtype", "type", "above"):
        assert guess not in f"{found.why} {found.hint}"


def test_nothing_says_above_of_a_line_that_stands_below() -> None:
    for entry in TRANSLATIONS:
        assert "line above" not in f"{entry.why} {entry.hint}"


def test_pytorch_s_walls_and_colours_and_places_are_left_out(tmp_path: Path) -> None:
    wall, _ = raised(tmp_path, CASES["seed as an argument of randn"])
    assert "expected one of" in wall.message
    assert worded(wall).endswith("got (int, int, seed=int)")
    coloured, _ = raised(tmp_path, CASES["a whole module loaded"])
    assert "\x1b" not in worded(coloured)
    assert len(worded(coloured).splitlines()) <= 7
    placed, _ = raised(tmp_path, CASES["no such name in torch"])
    assert worded(placed).endswith("from 'torch.nn'")


def test_the_sizes_that_a_check_asks_for_are_known_at_every_seed() -> None:
    for seed in range(50):
        solution = Solution(Submission(Path(), Sandbox(), seed), "bonus", "snapshot_every")
        sizes = snapshots.small(solution)
        meeting = f"16x100 and {sizes['latent_dim']}x{sizes['hidden_dims'][0]}"
        message = f"mat1 and mat2 shapes cannot be multiplied ({meeting})"
        found = translated(LearnersError("RuntimeError", message), "bonus", Scene())
        assert found.mistake_id == "latent-size-assumed"
