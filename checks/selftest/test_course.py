"""The list of checks that is read from their source is the one that the judge announces."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from checks.engine.course.check import described
from checks.engine.course.check_errors import WaitsError
from checks.engine.course.listing import course, listed
from checks.engine.course.reliance import Library, edition, probes
from checks.engine.paths import CHECKS, KIT, REFERENCE, tiers
from checks.engine.sandbox import client as sandbox
from checks.engine.sandbox.solution import Submission
from checks.selftest.mutants import checks_of, ending

COURSE = course()
PARTS = {each.check.check: set(each.parts) for each in COURSE}
LONG = {"trained_samples"}  # noted, and not run


class Collected:
    """A plugin for pytest that keeps what it has found."""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        marks = [(item, item.get_closest_marker("check")) for item in session.items]
        found = [(item, mark.kwargs["about"]) for item, mark in marks if mark is not None]
        self.checks = [described(item) for item, _ in found]
        self.about = [about for _, about in found]
        self.names = [item.name for item, _ in found]


def test_the_list_is_what_the_judge_announces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    files = [str(CHECKS / f"test_{tier}.py") for tier in tiers()]
    alone = ["-o", "addopts=--import-mode=importlib", "-p", "no:terminal", "-p", "no:cacheprovider"]
    came = Collected()
    assert pytest.main(["--collect-only", *alone, *files], plugins=[came]) == 0
    assert [each.check for each in COURSE] == came.checks
    assert [each.about for each in COURSE] == came.about
    assert [each.function for each in COURSE] == came.names


def test_the_list_is_read_without_pytest_numpy_and_torch() -> None:
    line = (
        "import sys\nfrom checks.engine.course.listing import course\nassert course()\n"
        "print(sorted({'pytest', 'numpy', 'torch', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", line], cwd=KIT, capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_check_may_be_written_in_every_way_that_python_has() -> None:
    source = """
    from checks.engine.course.check import check
    from checks.engine.sandbox.solution import Solution
    ONE, TWO = "first", "second"
    THREE = "third"
    @check("A", about=ONE, points=1)
    def test_a(solution): ...
    @other
    @check(points=2, about=TWO, title="B")
    def test_b(solution): ...
    @check("C", about=THREE, points=3)
    def test_c(solution): ...
    @check("D" " and E", about="fourth", points=4)
    def test_d(solution): ...
    @fixture
    def test_no_check(solution): ...
    """
    found = list(listed("x", ast.parse(dedent(source))))
    assert [(e.check.check, e.check.title, e.about, e.check.points) for e in found] == [
        ("test_x.py::test_a", "A", "first", 1),
        ("test_x.py::test_b", "B", "second", 2),
        ("test_x.py::test_c", "C", "third", 3),
        ("test_x.py::test_d", "D and E", "fourth", 4),
    ]


# What a check hangs on beside the part that it is about -------------------------------------------

OTHERS = {
    "test_beginner.py::test_torch_seed": set(),
    "test_intermediate.py::test_shape": set(),
    "test_intermediate.py::test_images_seed": set(),
    "test_advanced.py::test_discriminator_loss": set(),
    "test_advanced.py::test_discriminator_moves": {("advanced", "generator_step")},
    "test_advanced.py::test_generator_step_clean": {("advanced", "discriminator_step")},
    "test_advanced.py::test_discriminator_loss_falls": {("advanced", "Discriminator")},
    "test_bonus.py::test_grid_order": set(),
    "test_bonus.py::test_loaded_images": {
        ("bonus", "Generator"), ("bonus", "snapshot_every"), ("intermediate", "Generator"),
    },
}  # fmt: skip


@pytest.mark.parametrize("check", OTHERS)
def test_a_check_hangs_on_what_its_probes_use_as_well(check: str) -> None:
    (found,) = (each for each in COURSE if each.check.check == check)
    assert found.parts[0] == (found.check.tier, found.about)
    assert set(found.parts[1:]) == OTHERS[check]


@pytest.mark.parametrize("tier", tiers())
def test_no_check_asks_for_more_than_the_list_says(
    tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the reference: every probe that is really asked was seen in the check's source, and every
    part of the learner's that is named to a probe is among the check's parts."""
    asked: list[tuple[str, dict[str, Any]]] = []
    ask = Submission.ask

    def noting(self: Submission, *arguments: Any) -> Any:
        asked.append((arguments[2], arguments[3]))
        if arguments[2] in LONG:
            raise WaitsError("It has been asked, which is enough.")
        return ask(self, *arguments)

    monkeypatch.setattr(Submission, "ask", noting)
    submission = Submission(REFERENCE, sandbox.shared())
    library = Library(KIT)
    names = {each.about for each in COURSE}
    own = set(library.module(f"checks.probes.{tier}").mentions)
    for name in checks_of(tier):
        asked.clear()
        ending(tier, name, submission)
        assert asked
        foreseen = probes(library, tier, name)
        parts = {part for _, part in PARTS[f"test_{tier}.py::{name}"]}
        for probe, arguments in asked:
            assert probe in foreseen or probe not in own, (name, probe)
            named = {each for each in arguments.values() if isinstance(each, str)} & names
            assert named <= parts, (name, probe)


# The kit's own version ----------------------------------------------------------------------------


def test_an_edition_covers_what_the_checks_of_a_tier_import(tmp_path: Path) -> None:
    def put(name: str, text: str) -> None:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())

    put("checks/test_x.py", "from checks.engine import one\nfrom checks.engine.two import (\n a)\n")
    put("checks/engine/one.py", "def f():\n    from checks.engine import three\n")
    for name in ("two", "three", "four"):
        put(f"checks/engine/{name}.py", "A = 1\n")
    put("checks/probes/x.py", "")
    put("reference/x.py", "ANSWERS = {}\n")
    before = edition(tmp_path, "x")
    assert edition(tmp_path, "x") == before
    for name in ("checks/engine/four.py", "reference/y.py", "checks/probes/y.py"):
        put(name, "A = 2\n")
        assert edition(tmp_path, "x") == before, name
    put("checks/engine/two.py", "A = 1\r\n")
    assert edition(tmp_path, "x") == before
    for name in ("engine/one", "engine/two", "engine/three", "probes/x", "test_x"):
        text = (tmp_path / f"checks/{name}.py").read_text(encoding="utf-8")
        put(f"checks/{name}.py", text + "B = 2\n")
        after = edition(tmp_path, "x")
        assert after != before, name
        before = after
    put("reference/x.py", "ANSWERS = {'a': 'b'}\n")
    assert edition(tmp_path, "x") != before
