"""The JSON and JUnit reports: complete, valid whatever they hold, written whole or not at all."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.engine.course.verdict import Frame, Status, Verdict
from checks.engine.errors import ReportError
from checks.engine.paths import KIT
from checks.engine.plain_text import inert
from checks.engine.runner import github
from checks.engine.runner.reports import SCHEMA, write_json, write_junit, xml_text

CONTROL = "".join(map(chr, range(32))) + "\x7f\x85\ufffe\uffff<&>\"']]>\ud800 \U0001f600"


def verdict(status: Status, tier: str = "advanced") -> Verdict:
    frame = Frame("/home/learner/advanced.py", 42, "generator_step", "loss.backward()")
    return Verdict(
        check=f"test_{tier}.py::test_{status.value}",
        tier=tier,
        title=f"Title of {status.value}",
        points=2,
        status=status,
        expected="This – exactly.",
        came="That.\nAnd more.",
        mistake="Gradients never cleared" if status is Status.FAILED else "",
        advice=("A note.", "Another."),
        frames=(frame,),
        location=frame,
        seconds=0.5,
    )


EVERY_STATUS = [verdict(status) for status in Status]


def test_json_gives_the_verdicts_back(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_json(path, EVERY_STATUS, {"solutions": "exercises", "exit_status": 1})
    report = json.loads(path.read_text(encoding="utf-8"))
    assert report["schema"] == SCHEMA
    assert report["meta"] == {"solutions": "exercises", "exit_status": 1}
    assert [Verdict.from_json(each) for each in report["verdicts"]] == EVERY_STATUS


def test_json_totals_leave_the_kits_faults_out(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_json(path, [*EVERY_STATUS, verdict(Status.PASSED, tier="bonus")])
    report = json.loads(path.read_text(encoding="utf-8"))
    assert list(report["tiers"]) == ["advanced", "bonus"]
    assert report["tiers"]["advanced"] == {
        "checks": 9, "passed": 1, "wrong": 6, "unjudged": 1, "points": 18, "earned": 2,
        "missing": 1, "stand_ins": [],
    }  # fmt: skip
    assert report["total"]["earned"] == 4


def test_junit_says_how_each_check_ended(tmp_path: Path) -> None:
    path = tmp_path / "report.xml"
    write_junit(path, [*EVERY_STATUS, verdict(Status.PASSED, tier="bonus")])
    root = ET.parse(path).getroot()
    endings = {
        case.get("name", "").removeprefix("Title of "): [(e.tag, e.get("type")) for e in case]
        for case in root.findall("testsuite[@name='advanced']/testcase")
    }
    assert endings == {
        "passed": [],
        "failed": [("failure", "failed")],
        "todo": [("skipped", None)],
        "blocked": [("skipped", None)],
        "error": [("error", "error")],
        "timeout": [("error", "timeout")],
        "memory": [("error", "memory")],
        "crashed": [("error", "crashed")],
        "missing": [("error", "missing")],
        "infra": [("error", "infra")],
    }
    assert root.attrib == {
        "tests": "11", "failures": "1", "errors": "6", "skipped": "2", "time": "5.500",
    }  # fmt: skip
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.get("message") == "Gradients never cleared"
    assert "advanced.py:42 in generator_step" in (failure.text or "")


@settings(max_examples=50)
@given(text=st.just(CONTROL) | st.lists(st.integers(0, 0x10FFFF).map(chr)).map("".join))
def test_both_stay_valid_whatever_they_hold(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    hostile = [
        replace(each, tier=text, title=text, came=text, mistake=text, output=text)
        for each in EVERY_STATUS
    ]
    write_junit(folder / "hostile.xml", hostile)
    assert len(ET.parse(folder / "hostile.xml").findall(".//testcase")) == len(Status)
    write_json(folder / "hostile.json", hostile)
    report = json.loads((folder / "hostile.json").read_text(encoding="ascii"))
    if not any("\ud800" <= character <= "\udfff" for character in text):
        assert [Verdict.from_json(each) for each in report["verdicts"]] == hostile


def test_what_xml_lacks_is_visible() -> None:
    assert xml_text("a\x1b[31m\ud800\n") == "a\\x1b[31m\\ud800\n"


@pytest.mark.parametrize("write", [write_json, write_junit])
def test_a_path_that_cannot_be_written_is_one_sentence(
    write: Callable[..., None], tmp_path: Path
) -> None:
    with pytest.raises(ReportError, match=r"^The report can't be written to .*there is no folder"):
        write(tmp_path / "missing" / "report", EVERY_STATUS)
    with pytest.raises(ReportError, match=r"it is a folder\.$"):
        write(tmp_path, EVERY_STATUS)
    with pytest.raises(ReportError):
        write("nul\0byte", EVERY_STATUS)
    assert list(tmp_path.iterdir()) == []


def test_a_report_is_replaced_whole_and_leaves_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("old and longer than nothing" * 10_000)
    write_json(path, [])
    assert json.loads(path.read_text())["verdicts"] == []
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]


def test_a_failed_write_keeps_the_old_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.json"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ReportError, match="no space left on device"):
        write_json(path, EVERY_STATUS)
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_devices_and_links_stay_what_they_are(tmp_path: Path) -> None:
    write_json(os.devnull, EVERY_STATUS)
    assert not Path(os.devnull).is_file()
    link = tmp_path / "link.xml"
    link.symlink_to(tmp_path / "report.xml")
    write_junit(link, EVERY_STATUS)
    assert link.is_symlink()
    assert (tmp_path / "report.xml").is_file()


# GitHub Actions -----------------------------------------------------------------------------------


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_breaks_out_of_an_annotation(came: str, mistake: str) -> None:
    """One line each, and what GitHub reads out of it is what was said."""
    verdict = Verdict("c", "beginner", "A title", 1, Status.FAILED, came=came, mistake=mistake)
    (line,) = github.error_lines([verdict])
    assert len(line.splitlines()) == 1
    found = re.fullmatch(r"::error title=([^:,]*)::(.*)", line)
    assert found is not None
    title, message = found.groups()
    unescaped = message.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
    assert unescaped == inert(came)
    assert title


def test_annotations_point_at_the_file_and_are_as_many_as_are_shown() -> None:
    place = Frame(str(KIT / "exercises" / "advanced.py"), 169, "f", "x")
    verdicts = [
        Verdict(f"c{i}", "advanced", f"Check {i}", 1, Status.FAILED, came=f"{i}", location=place)
        for i in range(30)
    ]
    lines = [*github.error_lines(verdicts)]
    assert len(lines) == 10
    assert lines[0].startswith("::error file=exercises/advanced.py,line=169,title=Check 0::0")
    text = github.summary([*verdicts, replace(verdicts[0], check="h", came="<b>`x`")])
    assert "0 of 31 points" in text
    assert "<b>" not in text
    many = [replace(each, check=f"{i}{each.check}", came="long " * 300 + str(i))
            for i in range(40) for each in verdicts]  # fmt: skip
    assert len(github.summary(many).encode()) < 2**20


def test_github_hears_no_command_of_a_learners() -> None:
    closed, opened = github.silence()
    assert closed == f"::stop-commands::{opened.strip(':')}"
    assert github.silence() != (closed, opened)
