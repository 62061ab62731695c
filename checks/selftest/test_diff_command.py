"""A solution beside the reference, as it is shown, and what is asked before."""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest

from checks.engine.commands import diff
from checks.engine.course.listing import course
from checks.engine.course.verdict import Status, Verdict
from checks.engine.learner import progress
from checks.engine.learner.fingerprint import fingerprints
from checks.selftest.in_process import environment, run
from checks.selftest.test_command import COMMAND
from checks.selftest.test_command import sentence as problem
from checks.selftest.test_diff import REFERENCE

on_posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX")

# How it is shown, pinned --------------------------------------------------------------------------

MINE = '''\
def mean(numbers):
    """The mean."""
    # mine
    total = 0
    for number in numbers: total += number
    return total / len(numbers)


class Net:
    def __init__(self, width):
        self.width = width
        for layer in self.layers:
            if layer.wide:
                layer.start(0.02)
        self.on = True

    def forward(self, x):
        return self.last(x)


def helper(): pass
'''


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A learner's folder and a teacher's."""
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    for folder, text in ((mine, MINE), (theirs, REFERENCE)):
        folder.mkdir()
        (folder / "beginner.py").write_text(text, encoding="utf-8")
    return mine, theirs


FOLDERS = ("--yes", "--solutions", "mine", "--reference", "theirs")


def shown(folders: tuple[Path, Path], *words: str, columns: int = 0) -> str:
    """What `diff beginner` shows, without colours: in a terminal of a width, or in a pipe."""
    extra = {"FORCE_COLOR": "1", "COLUMNS": str(columns), "TERM": "xterm"} if columns else {}
    done = run("diff", "beginner", *words, *FOLDERS, cwd=folders[0].parent, **extra)
    assert (done.returncode, done.stderr) == (0, "")
    text = re.sub(r"\x1b\[[\d;]*m|\x1b\]8;.*?\x1b\\", "", done.stdout)
    return text.replace("\\beginner.py", "/beginner.py")  # on Windows


PIPED = """\
mean
- Yours, mine/beginner.py:1
+ The reference, theirs/beginner.py:1
  def mean(numbers):
-     total = 0
-     for number in numbers: total += number
+     total = sum(numbers)  # one pass in C, faster than a loop
      return total / len(numbers)  # (n,)

"""
WIDE = """\
mean
Yours, mine/beginner.py:1                                  | The reference, theirs/beginner.py:1
def mean(numbers):                                           def mean(numbers):
    total = 0                                              |     total = sum(numbers)  # one pass in C, faster than a
                                                                 loop
    for number in numbers: total += number                 <
    return total / len(numbers)                                  return total / len(numbers)  # (n,)

"""  # noqa: E501
NARROW = """\
Net.__init__
- Yours, mine/beginner.py:10
+ The reference, theirs/beginner.py:12
      self.width = width
      # Weights that are all zero would learn
      # the same thing for ever
      for layer in self.layers:
          if layer.wide:
-             layer.start(0.02)
+             layer.start(0.2)
      self.on = True

Net.forward: as in the reference
"""


def test_where_there_is_no_terminal_one_stands_above_the_other(folders: tuple[Path, Path]) -> None:
    assert shown(folders, "mean") == PIPED
    everything = shown(folders)
    assert everything.startswith(PIPED)
    for line in (
        "Net.forward: as in the reference",
        "ANSWERS: not in your file",
        "TEXT: your own words, which no reference can be right about",
    ):
        assert f"\n{line}\n" in everything


def test_a_wide_terminal_has_both_side_by_side(folders: tuple[Path, Path]) -> None:
    text = shown(folders, "mean", columns=120)
    assert [line.rstrip() for line in text.splitlines()] == WIDE.splitlines()
    for width in (100, 120, 300):
        text = shown(folders, columns=width)
        assert max(map(len, text.splitlines())) <= width


def test_a_narrow_one_has_one_above_the_other(folders: tuple[Path, Path]) -> None:
    text = shown(folders, "Net", columns=70)
    assert [line.rstrip() for line in text.splitlines()] == NARROW.splitlines()
    for width in (40, 99):
        text = shown(folders, columns=width)
        code = [line for line in text.splitlines() if "beginner.py" not in line]
        assert max(map(len, code)) <= width


@pytest.mark.parametrize("columns", [60, 130])
def test_a_long_word_is_folded_and_not_cut(folders: tuple[Path, Path], columns: int) -> None:
    text = MINE.replace("total = 0", f"total = {'7' * 300}")
    (folders[0] / "beginner.py").write_text(text, encoding="utf-8")
    assert shown(folders, "mean", columns=columns).count("7") == 300


def test_changed_words_stand_out(folders: tuple[Path, Path]) -> None:
    told = run(
        "diff", "beginner", "Net", *FOLDERS, cwd=folders[0].parent,
        FORCE_COLOR="1", COLUMNS="70", TERM="xterm",
    ).stdout  # fmt: skip
    assert "\x1b[1;31m0.02\x1b[0m" in told
    assert "\x1b[1;32m0.2\x1b[0m" in told


def test_own_words_are_shown_when_asked_for(folders: tuple[Path, Path]) -> None:
    (folders[0] / "beginner.py").write_text("TEXT = '''\nours\nand more\n'''\n")
    assert "- ours\n- and more\n" in shown(folders, "text")


def test_nothing_that_the_learner_wrote_moves_the_cursor(folders: tuple[Path, Path]) -> None:
    hostile = "total = '\x1b[2J\u202e' + " + "a" * 5000 + "\n    x = 1" * 3000
    (folders[0] / "beginner.py").write_text(MINE.replace("total = 0", hostile), encoding="utf-8")
    for told in (shown(folders), shown(folders, columns=120)):
        assert "\\x1b[2J\\u202e" in told
        assert "\x1b" not in told
        assert len(told.splitlines()) < 1500


# Asking first -------------------------------------------------------------------------------------


def test_a_tier_that_has_not_passed_is_not_shown_where_nobody_can_be_asked(
    folders: tuple[Path, Path],
) -> None:
    done = run("diff", "beginner", "--solutions", folders[0], "--reference", folders[1])
    assert done.returncode == 2
    assert "--yes" in problem(done)


def test_a_tier_that_has_passed_is_shown_at_once(folders: tuple[Path, Path]) -> None:
    mine = folders[0]
    checks = [each for each in course() if each.check.tier == "beginner"]
    verdicts = [Verdict(**vars(each.check), status=Status.PASSED) for each in checks]

    def remembered(verdicts: list[Verdict]) -> bool:
        progress.remember(mine, verdicts, fingerprints(mine, checks), datetime.now())
        return diff.has_passed(mine, "beginner")

    assert not remembered([])
    assert not remembered(verdicts[1:])
    assert remembered(verdicts)
    done = run("diff", "beginner", "--solutions", mine, "--reference", folders[1])
    assert done.returncode == 0
    assert "+     total = sum(numbers)" in done.stdout
    assert not diff.has_passed(mine, "intermediate")
    (mine / "beginner.py").write_text(MINE + "X = 1\nprint(X)\n")
    assert not diff.has_passed(mine, "beginner")


@on_posix
@pytest.mark.parametrize("typed", ["yes\n", "no\n", "\n"])
def test_the_question_stands_on_the_error_stream(folders: tuple[Path, Path], typed: str) -> None:
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "diff", "beginner", "--solutions", str(folders[0]),
         "--reference", str(folders[1])],
        stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
    )  # fmt: skip
    os.close(theirs)
    os.write(ours, typed.encode())
    out, asked = process.communicate(timeout=30)
    with suppress(OSError):
        os.close(ours)
    assert process.returncode == 0
    assert b"not passed this tier yet" in asked
    assert (b"sum(numbers)" in out) == (typed == "yes\n")
    assert (b"Nothing was shown" in out) == (typed != "yes\n")


# What will not do ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (b"def f(:\n", "beginner.py:1 is not valid Python yet"),
        (b"x = '\xff'\n", "line 1 holds bytes that are not UTF-8"),
        (b"\0", "not valid Python"),
        (b"x = " + b"-" * 100_000 + b"1", "not valid Python"),
        (None, "There is no beginner.py"),
    ],
)
def test_a_file_that_cannot_be_compared(
    folders: tuple[Path, Path], contents: bytes | None, words: str
) -> None:
    if contents is None:
        (folders[0] / "beginner.py").unlink()
    else:
        (folders[0] / "beginner.py").write_bytes(contents)
    done = run("diff", "beginner", "--yes", "--solutions", folders[0])
    assert done.returncode == 2
    assert words in problem(done)


def test_wrong_usage(folders: tuple[Path, Path]) -> None:
    for arguments, answer in (
        (["diff"], "TIER"),
        (["diff", "beginer"], "did you mean beginner?"),
        (["diff", "beginner", "interpolate"], "did you mean interpolate_noise?"),
        (["diff", "beginner", "main"], "There is no main"),
        (["diff", "beginner", "--reference", "checks"], "No such file"),
    ):
        done = run(*arguments)
        assert done.returncode == 2
        assert answer in problem(done)
