"""A file that can't be used is one statement about the file, with its line and the place in it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from checks.engine.course.check_errors import CheckEndedError
from checks.engine.course.verdict import Status
from checks.engine.learner.file_problem import file_problem, unreadable
from checks.engine.paths import REFERENCE
from checks.engine.sandbox import client as sandbox
from checks.engine.sandbox import stand_ins
from checks.engine.sandbox.solution import Submission
from checks.engine.ui.glance import show
from checks.selftest import in_process
from checks.selftest.mutants import ending

GOOD = (REFERENCE / "beginner.py").read_bytes()


@dataclass(frozen=True)
class Bad:
    """Bytes that Python can't read, where they go wrong, and what has to be said of them."""

    raw: bytes
    line: int
    column: int
    says: str


BAD = {
    "a bracket": Bad(b"x = 1\ny = (1,\nz = 2\n", 2, 5, "has no partner: close it"),
    "a bracket too many": Bad(b"x = 1)\n", 1, 6, "count the brackets"),
    "a colon": Bad(b"def f()\n    pass\n", 1, 8, "end in a colon"),
    "a quote": Bad(b"x = 'text\n", 1, 5, "closing quote is missing"),
    "a block": Bad(b"def f():\nx = 1\n", 2, 1, "opens a block"),
    "an indent": Bad(b"x = 1\n  y = 2\n", 2, 2, "further to the right"),
    "tabs and spaces": Bad(b"def f():\n    x = 1\n\ty = 2\n", 3, 1, "turn tabs into spaces"),
    "a dedent": Bad(b"if 1:\n    x = 1\n  y = 2\n", 3, 8, "line it up"),
    "one for two": Bad(b"if x = 1:\n    pass\n", 1, 4, "two, ==, compare"),
    "a comma": Bad(b"x = [1 2]\n", 1, 6, "a comma or an operator"),
    "print": Bad(b"print 'x'\n", 1, 1, "print is a function"),
    "curly quotes": Bad("x = “a”\n".encode(), 1, 5, "Type it anew"),
    "an odd space": Bad("x =\u00a01\n".encode(), 1, 4, "Type it anew"),
    "a return outside": Bad(b"x = 1\nreturn x\n", 2, 1, "lost its indentation"),
    "a break outside": Bad(b"break\n", 1, 1, "not in a loop"),
    "pip": Bad(b"import os\n!pip install torch\n", 2, 1, "a notebook's command"),
    "magic": Bad(b"%matplotlib inline\n", 1, 1, "a notebook's command"),
    "a merge": Bad(b"<<<<<<< HEAD\nx = 1\n", 1, 1, "a mark that git leaves"),
    "a prompt": Bad(b">>> x = 1\n", 1, 1, "copied with its prompt"),
    "a fence": Bad(b"```python\nx = 1\n```\n", 1, 1, "a page of text"),
    "UTF-16": Bad("x = 1\n".encode("utf-16"), 0, 0, "choose UTF-8"),
    "UTF-16 without a mark": Bad("x = 1\n".encode("utf-16-le"), 0, 0, "choose UTF-8"),
    "null bytes": Bad(b"x = 1\ny = '" + b"a" * 20 + b"\0'\n", 2, 0, "damaged"),
    "Latin-1": Bad("x = 1\nn = 'März'\n".encode("latin-1"), 2, 7, "“ä”"),
    "Latin-1 at once": Bad("n = 'März'\n".encode("latin-1"), 1, 7, "choose UTF-8"),
    "an encoding that is none": Bad(b"# coding: latin-17\nx = 1\n", 1, 0, "names an encoding"),
    "nothing": Bad(b"", 0, 0, "is empty"),
    "comments alone": Bad(b"# to do\n", 0, 0, "is empty"),
}


@pytest.mark.parametrize("name", BAD)
def test_it_is_said_in_words_and_with_its_place(name: str) -> None:
    bad = BAD[name]
    found = unreadable("beginner.py", bad.raw)
    assert found is not None
    assert bad.says in f"{found.came} {found.hint}", found
    assert found.line == bad.line
    # Where in the line Python points differs from version to version.
    assert found.column == bad.column or (found.column > 0 and bad.column > 0 and found.type)
    assert "beginner.py" in found.came


def test_what_python_reads_is_no_problem() -> None:
    latin = b"# -*- coding: latin-1 -*-\nn = 'M\xe4rz'\n"
    windows = GOOD.replace(b"\n", b"\r\n")
    for raw in (GOOD, b"\xef\xbb\xbf" + GOOD, windows, latin, b"if 1:\n\tx = 1\n"):
        assert unreadable("beginner.py", raw) is None


NEAR = {
    "beginner (1).py": "beginner (1).py",
    "Beginner.PY": "Beginner.PY",
    "beginner.ipynb": "notebook --from FILE",
    "beginner.py.txt": "beginner.py.txt",
    "beginer.py": "beginer.py",
    "my_beginner_final.py": "my_beginner_final.py",
    "week1/beginner.py": "week1/beginner.py",
    "notes.py": "",
    ".beginner.py.swp": "",
    "beginner.pyc": "",
}


@pytest.mark.parametrize("name", NEAR)
def test_a_missing_file_is_named_with_what_lies_near(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("x = 1\n")
    found = file_problem(tmp_path.resolve(), "beginner")
    if name == "Beginner.PY" and found is None:
        pytest.skip("this file system knows no capital letters")
    assert found is not None
    assert found.is_missing
    said = f"{found.came} {found.hint}"
    assert said.startswith("There is no beginner.py in ")
    assert NEAR[name] in said
    assert ("What is there" in said) == bool(NEAR[name])


# In a run -----------------------------------------------------------------------------------------


def with_beginner(folder: Path, beginner: bytes | None) -> Path:
    """The reference's files with another beginner.py, or without one."""
    for file in REFERENCE.glob("*.py"):
        shutil.copy(file, folder)
    (folder / "beginner.py").unlink()
    if beginner is not None:
        (folder / "beginner.py").write_bytes(beginner)
    return folder.resolve()


IMPORTS = {
    "a slip": (GOOD + b"\nx = (1,\n", "'(' was never closed", "x = (1,"),
    "input": (GOOD + b"\nseed = int(input('seed? '))\n", "EOFError", "seed = int(input('seed? '))"),
    "a package": (b"import no_such_package\n" + GOOD, "no_such_package", "import no_such_package"),
}


@pytest.mark.parametrize("name", IMPORTS)
def test_a_run_says_it_once_on_the_screen_and_in_each_report(name: str, tmp_path: Path) -> None:
    raw, said, line = IMPORTS[name]
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "beginner.py").write_bytes(raw)
    data, xml = tmp_path / "report.json", tmp_path / "report.xml"
    done = in_process.run("beginner", "--solutions", folder, "--json", data, "--junit", xml)
    assert done.returncode == 1
    assert done.stdout.count("✗") == 2  # in the list, and above its words
    assert done.stdout.count(line) == 1
    for text in (said, "beginner.py: no check could begin", "Next: fix beginner.py"):
        assert text in " ".join(done.stdout.split())
    assert "NumPy noise" not in done.stdout
    verdicts = json.loads(data.read_text())["verdicts"]
    assert {each["subject"] for each in verdicts} == {"beginner.py"}
    assert all(each["frames"][-1]["source"] == line for each in verdicts)
    errors = [error.text or "" for error in ET.parse(xml).iter("error")]
    assert len(errors) == len(verdicts)
    assert sum(line in text or said in text for text in errors) == 1
    if name == "a slip":
        assert f"{line}\n        ^".replace("        ^", " " * (8 + 4) + "^") in done.stdout


def test_missing_files_are_a_line_each_where_no_tier_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    (folder / "sub").mkdir(parents=True)
    for name in ("beginner (1).py", "intermediate.ipynb", "sub/advanced.py"):
        (folder / name).write_text("x = 1\n")
    data, xml = tmp_path / "report.json", tmp_path / "report.xml"
    done = in_process.run("--solutions", folder, "--json", data, "--junit", xml)
    assert done.returncode == 1
    rows = [row.strip() for row in done.stdout.splitlines()]
    assert '✗ There is no beginner.py in files. What is there: "beginner (1).py".' in rows
    assert '✗ There is no intermediate.py in files. What is there: "intermediate.ipynb".' in rows
    assert '✗ There is no advanced.py in files. What is there: "sub/advanced.py".' in rows
    assert "✗ There is no bonus.py in files." in rows
    assert done.stdout.count("✗") == 4
    assert done.stdout.count("no file") == 5
    report = json.loads(data.read_text())
    assert {each["status"] for each in report["verdicts"]} == {"missing"}
    assert report["total"]["missing"] == report["total"]["wrong"] == report["total"]["checks"]
    assert {error.get("type") for error in ET.parse(xml).iter("error")} == {"missing"}


def test_at_a_glance_files_that_cannot_be_used_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "beginner.py").write_text("x = (1,\n")
    (tmp_path / "intermediate (1).py").write_text("x = 1\n")
    (tmp_path / "random.py").write_text("x = 1\n")
    show(tmp_path.resolve())
    said = " ".join(capsys.readouterr().out.split())
    assert "✗ Python cannot read beginner.py, line 1: '(' was never closed." in said
    assert "✗ There is no intermediate.py in" in said
    assert '"intermediate (1).py"' in said
    assert "Python's own module random" in said


# Stand-ins ----------------------------------------------------------------------------------------

BROKEN = {
    "a slip": (GOOD + b"\nx = (1,\n", "beginner.py cannot be read"),
    "no file": (None, "beginner.py is missing"),
    "an exception": (b"import no_such_package\n" + GOOD, "beginner.py cannot be imported"),
    "an end": (b"import os\nos._exit(1)\n", "beginner.py cannot be imported"),
    "another name": (
        GOOD.replace(b"def sample_noise_torch", b"def noise_torch"),
        "beginner.py defines no sample_noise_torch",
    ),
}
CHECK = "test_images_noise"


def sampled(folder: Path) -> tuple[Submission, CheckEndedError | None]:
    """A check of the second tier, which draws noise by the first one's function."""
    submission = Submission(folder, sandbox.shared())
    return submission, ending("intermediate", CHECK, submission)


@pytest.mark.parametrize("name", BROKEN)
def test_the_reference_stands_in_for_an_earlier_tier(name: str, tmp_path: Path) -> None:
    raw, reason = BROKEN[name]
    submission, ended = sampled(with_beginner(tmp_path, raw))
    assert ended is None, ended
    assert [(e.tier, e.reason) for e in submission.stand_ins("intermediate")] == [
        ("beginner", reason)
    ]


def test_without_a_reference_the_later_tier_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stand_ins, "is_there", lambda tier: False)
    _, ended = sampled(with_beginner(tmp_path, b"x = (1,\n"))
    assert ended is not None
    assert ended.status is Status.BLOCKED
    assert (ended.subject, ended.awaited) == ("beginner.py", "beginner.py")
    assert "beginner.py cannot be read" in ended.came


def test_a_tier_that_can_be_imported_is_taken_as_it_is(tmp_path: Path) -> None:
    stub = GOOD.replace(
        b"    return torch.randn(", b"    raise NotImplementedError\n    torch.randn("
    )
    assert stub != GOOD
    submission, ended = sampled(with_beginner(tmp_path, stub))
    assert ended is not None
    assert ended.status is Status.BLOCKED
    assert submission.stand_ins("intermediate") == ()


def test_a_stand_in_gives_no_answers_away() -> None:
    for tier in ("beginner", "intermediate", "advanced"):
        source = stand_ins.source(tier)
        assert "ANSWERS" not in source
        assert "#" not in source.replace("'#", "")


def test_a_run_says_which_tiers_had_a_stand_in(tmp_path: Path) -> None:
    folder = with_beginner(tmp_path, b"x = (1,\n")
    data = tmp_path / "report.json"
    done = in_process.run("intermediate", "--solutions", folder, "--json", data)
    assert done.returncode == 0
    said = "Checked with the reference's beginner: beginner.py cannot be read."
    assert done.stdout.count(said) == 1
    assert "reference's beginner\n" in done.stdout  # in the table of tiers
    assert "Next: fix beginner.py" in done.stdout
    report = json.loads(data.read_text())
    assert report["tiers"]["intermediate"]["stand_ins"] == ["beginner"]
    assert all(each["stand_ins"][0]["tier"] == "beginner" for each in report["verdicts"])
