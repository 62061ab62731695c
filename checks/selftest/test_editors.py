"""The editor: which one, and how it is told the line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from checks.engine.terminal import editors

FILE = Path("exercises") / "beginner.py"


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (["code"], ["code", "-g", f"{FILE}:7"]),
        (["/usr/bin/vim"], ["/usr/bin/vim", "+7", str(FILE)]),
        (["code", "--wait"], ["code", "--wait", "-g", f"{FILE}:7"]),
        (["an-editor-of-one's-own"], ["an-editor-of-one's-own", str(FILE)]),
    ],
)
def test_the_line_is_said_in_the_editors_way(chosen: list[str], expected: list[str]) -> None:
    assert editors.command(chosen, FILE, 7) == expected


def test_visual_comes_before_editor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "nano")
    assert editors.editor() == ["nano"]
    monkeypatch.setenv("VISUAL", "code --wait")
    assert editors.editor() == ["code", "--wait"]


def test_no_editor_and_one_that_is_missing_are_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("VISUAL", "EDITOR", "TERM_PROGRAM"):
        monkeypatch.delenv(name, raising=False)
    if os.name == "posix":
        assert "EDITOR" in editors.open_at(FILE, 1)
    monkeypatch.setenv("EDITOR", str(tmp_path / "missing"))
    assert "does not start" in editors.open_at(FILE, 1)
