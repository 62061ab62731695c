"""The doctor: right scripts in many styles, wrong ones, and what can't be run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.engine.doctor.examination import Examination, examine
from checks.engine.doctor.page import render
from checks.engine.doctor.source import script_of
from checks.engine.errors import UsageError
from checks.engine.sandbox.client import Sandbox
from checks.selftest.doctor_scripts import BROKEN, RIGHT, WRONG, Wrong, notebook_of


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One worker for all scripts of this file."""
    worker = Sandbox()
    yield worker
    worker.close()


def examined(sandbox: Sandbox, folder: Path, source: str, *arguments: str) -> Examination:
    """What the doctor says of a source."""
    path = folder / "gan.py"
    path.write_text(source, encoding="utf-8")
    return examine(script_of(path, arguments), sandbox)


@pytest.mark.parametrize("name", RIGHT)
def test_right_scripts_have_no_bug(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    found = examined(sandbox, tmp_path, RIGHT[name])
    assert found.ran, found.why
    assert found.roles is not None
    assert found.roles.generator is not None
    assert not found.has_bug, found.findings
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gan.py"]  # nothing beside it


@pytest.mark.parametrize("wrong", WRONG, ids=lambda each: f"{each.base}-{each.mistake}")
def test_wrong_scripts_are_named(sandbox: Sandbox, tmp_path: Path, wrong: Wrong) -> None:
    found = examined(sandbox, tmp_path, wrong.source)
    named = [(each.level, each.id) for each in found.findings]
    if wrong.level == "bug":
        assert named[:1] == [("bug", wrong.mistake)]
    else:
        assert ("advice", wrong.mistake) in named
        assert not found.has_bug


@pytest.mark.parametrize("name", BROKEN)
def test_what_can_not_be_run_is_said(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    source, said = BROKEN[name]
    found = examined(sandbox, tmp_path, source)
    assert not found.ran
    assert not found.findings
    assert said in found.why
    assert "could" in render(found) or "Could" in render(found)


def test_arguments_reach_the_script(sandbox: Sandbox, tmp_path: Path) -> None:
    found = examined(sandbox, tmp_path, RIGHT["argparse"], "--lr", "0.3")
    assert [each.id for each in found.findings] == ["learning-rate-hopeless"]


def test_a_notebook_s_places_are_cells(sandbox: Sandbox, tmp_path: Path) -> None:
    wrong = next(each for each in WRONG if each.mistake == "generator-labels-fake")
    head, tail = wrong.source.split("history = []")
    cells = ["%matplotlib inline\n!pip install nothing\n", head, f"history = []{tail}"]
    path = tmp_path / "gan.ipynb"
    path.write_text(notebook_of(*cells), encoding="utf-8")
    script = script_of(path)
    found = examine(script, sandbox)
    first = found.findings[0]
    assert first.id == "generator-labels-fake"
    assert script.where(first.place.file, first.place.line) == "gan.ipynb, cell 3, line 17"


def test_packages_beside_the_script_are_found(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "__init__.py").write_text("from .nets import Painter, Judge\n")
    source = RIGHT["plain"]
    start, end = source.index("class Painter"), source.index("tf = transforms")
    nets = f"import torch.nn as nn\n{source[start:end]}"
    (tmp_path / "models" / "nets.py").write_text(nets)
    main = f"from models import Painter, Judge\n{source[:start]}{source[end:]}"
    (tmp_path / "main.py").write_text(main)
    found = examine(script_of(tmp_path), sandbox)
    assert found.ran
    assert not found.findings


def test_a_folder_without_an_entry_is_wrong_usage(tmp_path: Path) -> None:
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text("loss.backward()\n")
    with pytest.raises(UsageError, match="which of its scripts"):
        script_of(tmp_path)


def test_the_page_marks_the_line(sandbox: Sandbox, tmp_path: Path) -> None:
    wrong = next(each for each in WRONG if each.mistake == "labels-swapped")
    page = render(examined(sandbox, tmp_path, wrong.source))
    marked = page.partition('class="bug"><b>')[2].partition("</span>")[0]
    assert "loss_b" in marked
