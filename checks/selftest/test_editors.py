"""The editor: which one, and how it is told the line; and links to lines on the screen."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from checks.engine.paths import KIT
from checks.engine.ui import editors, screen_text
from checks.selftest.pseudo import in_terminal
from checks.selftest.test_command import environment

FILE = Path("exercises") / "beginner.py"
LINK = re.compile(r"\x1b\]8;[^;]*;([^\x1b]+)\x1b\\(.*?)\x1b\]8;;\x1b\\")
WINDOW = ("TERM_PROGRAM", "TERM_PROGRAM_VERSION", "VSCODE_GIT_ASKPASS_NODE")
on_posix = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")


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


# Links --------------------------------------------------------------------------------------------

CODE = {"TERM_PROGRAM": "vscode", "TERM_PROGRAM_VERSION": "1.104.0"}
WINDOWS = {
    "a terminal": ({}, "file:///course/a%20b.py"),
    "VS Code": (CODE, "vscode://file/course/a%20b.py:7"),
    "VS Code, installed": (
        CODE | {"VSCODE_GIT_ASKPASS_NODE": "/usr/share/code/code"},
        "vscode://file/course/a%20b.py:7",
    ),
    "VS Code on a Mac": (
        CODE | {"VSCODE_GIT_ASKPASS_NODE": "/Applications/x.app/Contents/Code Helper (Plugin)"},
        "vscode://file/course/a%20b.py:7",
    ),
    "VS Code's next version": (
        CODE | {"TERM_PROGRAM_VERSION": "1.105.0-insider"},
        "vscode-insiders://file/course/a%20b.py:7",
    ),
    "VS Code over SSH": (CODE | {"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}, ""),
    "VS Code's server": (CODE | {"VSCODE_GIT_ASKPASS_NODE": "/home/me/.vscode-server/node"}, ""),
    "an editor built on it": (CODE | {"VSCODE_GIT_ASKPASS_NODE": "/usr/share/codium/codium"}, ""),
}


@on_posix
@pytest.mark.parametrize("name", WINDOWS)
def test_a_link_leads_to_the_line_where_the_terminal_knows_lines(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables, link = WINDOWS[name]
    for each in (*WINDOW, *screen_text.VSCODE_ELSEWHERE):
        monkeypatch.delenv(each, raising=False)
    for each, value in variables.items():
        monkeypatch.setenv(each, value)
    assert screen_text.place_link("/course/a b.py", 7) == link
    assert screen_text.place_link("not/absolute.py", 7) == ""


SHOWN = [
    sys.executable, "run_checks.py", "diff", "beginner", "noise_statistics", "--yes",
    "--solutions", "exercises",
]  # fmt: skip


@on_posix
def test_the_bytes_in_a_terminal_hold_links_and_elsewhere_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in (*WINDOW, *screen_text.VSCODE_ELSEWHERE):
        monkeypatch.delenv(name, raising=False)
    links = dict(LINK.findall(in_terminal(SHOWN, KIT).written))
    files = [(KIT / folder / "beginner.py").as_uri() for folder in ("exercises", "reference")]
    assert list(links) == files
    assert re.search(r"exercises/beginner\.py:\d+", links[files[0]])

    coded = LINK.findall(in_terminal(SHOWN, KIT, variables={"TERM_PROGRAM": "vscode"}).written)
    assert len(coded) == 2
    for (link, text), file in zip(coded, files, strict=True):
        line = re.search(r"\.py:(\d+)", text)
        assert line is not None
        assert link == f"{file.replace('file:///', 'vscode://file/')}:{line[1]}"

    for plain in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        written = in_terminal(SHOWN, KIT, variables=plain).written
        assert "beginner.py" in written
        assert "\x1b]8" not in written
    piped = subprocess.run(SHOWN, cwd=KIT, env=environment(TERM="xterm"), capture_output=True)
    assert b"beginner.py" in piped.stdout
    assert b"\x1b" not in piped.stdout
