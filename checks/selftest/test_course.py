"""The list of checks that is read from their source is the one that the judge announces."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from checks.engine.course.check import described
from checks.engine.course.check_errors import CheckEndedError
from checks.engine.course.listing import Part, course, listed
from checks.engine.learner.fingerprint import Files, followed
from checks.engine.paths import CHECKS, KIT, REFERENCE, tiers
from checks.engine.sandbox import client as sandbox
from checks.engine.sandbox.solution import Solution, Submission
from checks.selftest.mutants import checks_of

COURSE = course()
SHORT = {"trained_samples": {"epochs": 1, "n_samples": 4}}  # of seconds, a moment is enough


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
    @check("C", about=THREE, uses=(ONE, "y.fifth"), points=3)
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
    assert found[2].parts == (("x", "third"), ("x", "first"), ("y", "fifth"))


# What a check uses beside the part that it is about -----------------------------------------------

RECORDER = """
import os as _os
_ran = set()
def _run(part):
    if part not in _ran:
        _ran.add(part)
        _os.write(2, f"\\n~ran {part}\\n".encode())
"""


def recorded(tier: str, text: str) -> str:
    """A tier's file whose functions and classes tell when they run, past all that is redirected."""
    tree = ast.parse(text)
    for node in tree.body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        for function in inner:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and isinstance(
                function, ast.FunctionDef
            ):
                function.body[:0] = ast.parse(f"_run({f'{tier}.{node.name}'!r})").body
    first = 1 + next(i for i, node in enumerate(tree.body) if isinstance(node, ast.ImportFrom))
    tree.body[first:first] = ast.parse(RECORDER).body  # below `from __future__`
    return ast.unparse(tree)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference, recorded."""
    folder = tmp_path_factory.mktemp("recorded")
    for tier in tiers():
        text = (REFERENCE / f"{tier}.py").read_text(encoding="utf-8")
        (folder / f"{tier}.py").write_text(recorded(tier, text), encoding="utf-8")
    return folder


def reached(files: Files, parts: tuple[Part, ...]) -> set[Part]:
    """The functions and classes that count for a check on these parts."""
    reach = followed(files, parts)
    return {
        (tier, name)
        for tier, numbers in reach.items.items()
        for number in numbers
        for name in files.source(tier).items[number].bound
    }


@pytest.mark.parametrize("tier", tiers())
def test_a_check_declares_all_that_its_evidence_runs_and_no_more(
    tier: str, reference: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What runs beside the learner's own calls is what the check is about, and what it `uses`."""
    ask = Submission.ask
    shortened: list[str] = []

    def ask_shortly(self: Submission, *question: Any) -> Any:
        tier, about, probe, arguments, limits = question
        shortened.extend(SHORT.keys() & {probe})
        return ask(self, tier, about, probe, arguments | SHORT.get(probe, {}), limits)

    monkeypatch.setattr(Submission, "ask", ask_shortly)
    submission, files = Submission(reference, sandbox.shared()), Files(REFERENCE)
    for each in (each for each in COURSE if each.check.tier == tier):
        view = Solution(submission, tier, each.about)
        shortened.clear()
        try:
            checks_of(tier)[each.function](view)
        except CheckEndedError:
            assert shortened
        told = re.findall(r"~ran (\w+)\.(\w+)", "".join(view.output))
        ran = {name for _, name in told}  # the advanced tier's Generator is imported there
        assert ran >= {name for _, name in each.parts[1:]}, each.check.check
        assert set(told) <= reached(files, each.parts), each.check.check
