"""`python run_checks.py report`: which run it takes, where the page is, what stands in the way."""

from __future__ import annotations

import argparse
import os
import subprocess
import webbrowser
from contextlib import suppress
from pathlib import Path

import pytest

from checks.engine.commands import report
from checks.engine.training import run_store as runs
from checks.selftest.run_folders import make_run
from checks.selftest.test_command import COMMAND, environment, run, sentence

NEWER = {"began": "2026-05-01T10:00:00+00:00"}


def test_the_newest_run_without_a_name_and_any_by_its_name(tmp_path: Path) -> None:
    old = make_run(tmp_path, "old", snapshots=[1])
    new = make_run(tmp_path, "new", snapshots=[1], configuration=NEWER)
    done = run("report", cwd=tmp_path, GAN_KIT_RUNS=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"Report: {Path('new', 'report.html')}\n"
    assert (new / "report.html").is_file()
    assert not (old / "report.html").exists()
    done = run("report", "old", GAN_KIT_RUNS=str(tmp_path), COLUMNS="20")
    assert done.stdout == f"Report: {old / 'report.html'}\n"  # never wrapped
    assert (old / "report.html").is_file()


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_in_a_terminal_the_path_is_a_link(tmp_path: Path) -> None:
    import pty

    path = make_run(tmp_path / "a b", snapshots=[]) / "report.html"
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "report"], stdin=theirs, stdout=theirs, stderr=theirs,
        env=environment(TERM="xterm-256color", GAN_KIT_RUNS=str(path.parents[1])),
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    with suppress(OSError):
        while part := os.read(ours, 1 << 16):
            shown += part
    os.close(ours)
    assert process.wait(60) == 0
    assert f";{path.as_uri()}\x1b\\" in shown.decode()
    assert "a%20b" in path.as_uri()


def test_where_there_is_no_run_it_says_how_to_make_one(tmp_path: Path) -> None:
    done = run("report", GAN_KIT_RUNS=str(tmp_path / "none"))
    assert done.returncode == 2
    assert "python run_checks.py train makes one" in sentence(done)


def test_a_run_that_is_not_there_or_broken_is_one_sentence(tmp_path: Path) -> None:
    make_run(tmp_path, "first", snapshots=[])
    (make_run(tmp_path, "second", snapshots=[]) / "run.json").write_text("{")
    for name, words in (("frist", "did you mean first?"), ("second", "is damaged"), ("../x", "no")):
        done = run("report", name, GAN_KIT_RUNS=str(tmp_path))
        assert done.returncode == 2
        assert words in sentence(done)


def test_a_page_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (make_run(tmp_path, snapshots=[]) / "report.html").mkdir()
    done = run("report", GAN_KIT_RUNS=str(tmp_path))
    assert done.returncode == 2
    assert "report.html can't be written into first" in sentence(done)


@pytest.mark.parametrize(("opens", "words"), [(True, ""), (False, "open that file yourself")])
def test_open_starts_the_browser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    opens: bool, words: str,
) -> None:  # fmt: skip
    asked: list[str] = []

    def started(url: str) -> bool:
        asked.append(url)
        if not opens:
            raise webbrowser.Error("no browser")
        return True

    folder = make_run(tmp_path, snapshots=[])
    monkeypatch.setattr(webbrowser, "open", started)
    parser = argparse.ArgumentParser()
    report.add_arguments(parser)
    monkeypatch.setattr(runs, "find", lambda name: runs.read(folder))
    assert report.run(parser.parse_args(["first", "--open"])) == 0
    assert asked == [(folder / "report.html").as_uri()]
    assert words in " ".join(capsys.readouterr().out.split())
