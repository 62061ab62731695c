"""Starting over loses nothing: `reset` and `restore`, as commands and piece by piece."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.engine import cli
from checks.engine.learner import backups
from checks.engine.learner.learners_file import MAX_SOURCE
from checks.engine.learner.reset import differing_lines
from checks.engine.learner.stubs import stub_source
from checks.engine.paths import KIT
from checks.selftest.in_process import environment, run
from checks.selftest.test_command import COMMAND, sentence
from checks.selftest.test_reset_parts import SOLVED, STUBS

WORK = SOLVED["beginner"].replace("### BEGIN SOLUTION", "# mine").replace("### END SOLUTION", "#")
on_posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a learner's beginner.py, every part of it written."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "beginner.py").write_bytes(WORK.encode())
    return folder


def stands(folder: Path) -> bytes:
    """What is in the learner's file now."""
    return (folder / "beginner.py").read_bytes()


def kept(folder: Path) -> list[bytes]:
    """The contents of all backups, the newest first."""
    return [each.path.read_bytes() for each in backups.backups(folder / "beginner.py")]


def said(done: subprocess.CompletedProcess[str], status: int = 0) -> str:
    """What the command said when it ended as it should, in one line."""
    assert done.returncode == status, done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())


# A whole tier -------------------------------------------------------------------------------------


def test_a_tier_is_reset_and_brought_back(place: Path) -> None:
    text = said(run("reset", "beginner", "--yes", "--solutions", place))
    assert stands(place) == STUBS["beginner"].encode()
    assert kept(place) == [WORK.encode()]
    (backup,) = (place / ".backup").iterdir()
    assert re.fullmatch(r"beginner\.\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.py", backup.name)
    name = backup.name.removeprefix("beginner.").removesuffix(".py")
    assert f"python run_checks.py restore beginner {name}" in text

    text = said(run("restore", "beginner", name, "--solutions", place))
    assert stands(place) == WORK.encode()
    assert kept(place) == [STUBS["beginner"].encode(), WORK.encode()]
    assert backups.backups(place / "beginner.py")[0].name in text


def test_nothing_happens_where_nobody_can_be_asked(place: Path) -> None:
    done = run("reset", "beginner", "--solutions", place)
    assert done.returncode == 2
    assert "--yes" in sentence(done)
    assert stands(place) == WORK.encode()
    assert not (place / ".backup").exists()


@on_posix
@pytest.mark.parametrize("typed", ["yes\n", "Y\n", "no\n", "\n", "sure\n", "\x04"])
def test_only_an_explicit_yes_goes_on(place: Path, typed: str) -> None:
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "reset", "beginner", "--solutions", str(place)],
        stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
    )  # fmt: skip
    os.close(theirs)
    assert process.stderr is not None
    asked = b""
    while b"(yes/no)" not in asked:
        asked += os.read(process.stderr.fileno(), 1000)
    os.write(ours, typed.encode())
    shown, _ = process.communicate(timeout=30)
    with suppress(OSError):
        os.close(ours)
    assert process.returncode == 0
    lines = differing_lines(WORK.encode(), STUBS["beginner"].encode())
    assert f"{lines} lines differ from the stub" in asked.decode()
    if typed.strip().lower() in ("y", "yes"):
        assert stands(place) == STUBS["beginner"].encode()
        assert kept(place) == [WORK.encode()]
    else:
        assert b"Nothing was changed" in shown
        assert stands(place) == WORK.encode()
        assert not (place / ".backup").exists()


def test_a_stub_is_left_alone_and_a_missing_file_is_written(place: Path) -> None:
    windows = STUBS["beginner"].replace("\n", "\r\n").encode()
    (place / "beginner.py").write_bytes(windows)
    assert "is the stub already" in said(run("reset", "beginner", "--solutions", place))
    part = run("reset", "beginner", "ANSWERS", "--solutions", place)
    assert "ANSWERS in beginner.py is the stub already" in said(part)
    assert stands(place) == windows
    (place / "beginner.py").unlink()
    done = run("reset", "beginner", "ANSWERS", "--solutions", place)
    assert "There is no beginner.py" in sentence(done)
    assert "was not there" in said(run("reset", "beginner", "--solutions", place))
    assert stands(place) == STUBS["beginner"].encode()
    assert not (place / ".backup").exists()


def test_a_teachers_reference_makes_the_stub(place: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    source = "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n"
    (theirs / "beginner.py").write_text(source)
    said(run("reset", "beginner", "--yes", "--reference", theirs, "--solutions", place))
    assert stands(place) == stub_source(source, "").encode()
    (theirs / "beginner.py").write_text("### END SOLUTION\n")
    done = run("reset", "beginner", "--yes", "--reference", theirs, "--solutions", place)
    assert "beginner.py:1: " in sentence(done)
    done = run("reset", "beginner", "--yes", "--reference", theirs, "--solutions", theirs)
    assert "would replace the reference" in sentence(done)


# One part -----------------------------------------------------------------------------------------


def test_a_part_on_the_command_line(place: Path) -> None:
    text = said(run("reset", "beginner", "Interpolate_Noise", "--yes", "--solutions", place))
    assert "interpolate_noise in beginner.py is the stub again" in text
    start = WORK.index("    # mine\n    w = torch.linspace")
    end = WORK.index("\n\n\n", start)
    stub = '    # Your code here.\n    raise NotImplementedError("interpolate_noise")'
    assert stands(place).decode() == WORK[:start] + stub + WORK[end:]
    assert kept(place) == [WORK.encode()]


CONTENTS = (
    st.binary(max_size=200)
    | st.sampled_from([*SOLVED.values(), *STUBS.values(), "x = 1\r\n"]).map(str.encode)
    | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass"))
)


@settings(max_examples=60)
@given(CONTENTS, st.sampled_from(["", "noise_statistics", "ANSWERS"]))
def test_reset_then_restore_gives_the_same_bytes(contents: bytes, part: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "beginner.py")
        path.write_bytes(contents)
        words = ["reset", "beginner", *filter(None, [part]), "--yes", "--solutions", folder]
        status = cli.main(words)
        assert status in ((0, 2) if part else (0,))
        if path.read_bytes() == contents:
            assert not (path.parent / ".backup").exists()
            return
        assert cli.main(["restore", "beginner", "1", "--solutions", folder]) == 0
        assert path.read_bytes() == contents


# Nothing is lost ----------------------------------------------------------------------------------


def interrupted(place: Path, name: str, *words: str) -> None:
    """Run the command in a process that dies on the spot where it first calls `os.NAME`."""
    script = (
        "import os, runpy, sys\n"
        f"os.{name} = lambda *ignored: os._exit(9)\n"
        f"sys.argv = {['run_checks.py', *words, '--solutions', str(place)]!r}\n"
        f"runpy.run_path({str(KIT / 'run_checks.py')!r}, run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=KIT, env=environment(), timeout=60, check=False
    )
    assert done.returncode == 9


@pytest.mark.parametrize("words", [("reset", "beginner", "--yes"), ("restore", "beginner", "1")])
def test_a_death_before_the_file_is_replaced_loses_nothing(
    place: Path, words: tuple[str, ...]
) -> None:
    backups.back_up(place / "beginner.py", b"older")
    interrupted(place, "fsync", *words)  # the backup is written and perhaps not on the disk
    assert stands(place) == WORK.encode()
    for backup in backups.backups(place / "beginner.py"):
        if backup.path.read_bytes() != b"older":
            backup.path.unlink()
    interrupted(place, "replace", *words)
    assert stands(place) == WORK.encode()
    assert sorted(kept(place)) == sorted([WORK.encode(), b"older"])


def test_the_backup_is_on_the_disk_before_the_file_is_replaced(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []

    def watched(name: str) -> None:
        real = getattr(os, name)

        def call(*given: object) -> object:
            events.append(name)
            return real(*given)

        monkeypatch.setattr(os, name, call)

    watched("fsync")
    watched("replace")
    assert cli.main(["reset", "beginner", "--yes", "--solutions", str(place)]) == 0
    first = events.index("replace")
    assert events.count("replace") == 1
    assert events[:first].count("fsync") >= 2  # the backup and the new file
    assert kept(place) == [WORK.encode()]


def test_backups_of_one_second_stand_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "beginner.py"
    contents = [b"%d" % number for number in range(12)]
    for each in contents:
        backups.back_up(path, each)
    assert kept(tmp_path) == contents[::-1]
    assert len({each.name for each in backups.backups(path)}) == len(contents)


def test_a_backup_that_cannot_be_written_leaves_no_part_of_it(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*ignored: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert cli.main(["reset", "beginner", "--yes", "--solutions", str(place)]) == 2
    assert "can't be kept in a backup: No space left" in " ".join(capsys.readouterr().err.split())
    assert stands(place) == WORK.encode()
    assert kept(place) == []
    assert sorted(path.name for path in place.iterdir()) == [".backup", "beginner.py"]


def test_a_file_that_changes_while_the_question_is_open_is_left_alone(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def edits(*ignored: object, **more: object) -> bool:
        (place / "beginner.py").write_bytes(b"newer = 1\n")
        return True

    monkeypatch.setattr("checks.engine.ui.reset.agreed", edits)
    assert cli.main(["reset", "beginner", "--solutions", str(place)]) == 2
    assert "has changed meanwhile" in " ".join(capsys.readouterr().err.split())
    assert stands(place) == b"newer = 1\n"


@on_posix
def test_modes_and_links_inside_the_folder_stay(place: Path) -> None:
    (place / "beginner.py").rename(place / "mine.py")
    (place / "mine.py").chmod(0o640)
    (place / "beginner.py").symlink_to("mine.py")
    said(run("reset", "beginner", "--yes", "--solutions", place))
    assert (place / "beginner.py").is_symlink()
    assert (place / "mine.py").read_bytes() == STUBS["beginner"].encode()
    assert (place / "mine.py").stat().st_mode & 0o777 == 0o640
    assert kept(place) == [WORK.encode()]


# Earlier versions ---------------------------------------------------------------------------------


def test_versions_are_listed_the_newest_first(place: Path) -> None:
    assert "no earlier version" in said(run("restore", "beginner", "--solutions", place))
    folder = place / ".backup"
    folder.mkdir()
    for name, contents in {
        "beginner.2026-11-21T14-03-05.py": WORK.encode(),
        "beginner.2026-11-21T14-03-05.2.py": b"x = 1\n",
        "beginner.2026-11-21T14-03-05.10.py": WORK.encode() + b"y = 1\nz = 2\n",
        "beginner.2025-01-02T00-00-00.py": b"",
        "beginner.2026-02-30T00-00-00.py": b"no such day",
        "beginner.old.py": b"somebody's own",
        "bonus.2026-11-21T14-03-05.py": b"another tier's",
    }.items():
        (folder / name).write_bytes(contents)
    (folder / "beginner.2027-01-01T00-00-00.py").mkdir()
    for words in ([], ["--list"]):
        done = run("restore", "beginner", *words, "--solutions", place)
        rows = [line.split() for line in done.stdout.splitlines() if re.match(r" +\d ", line)]
        assert [row[1] for row in rows] == [
            "2026-11-21T14-03-05.10", "2026-11-21T14-03-05.2", "2026-11-21T14-03-05",
            "2025-01-02T00-00-00",
        ]  # fmt: skip
        assert [row[2] for row in rows] == [
            str(WORK.count("\n") + 2), "1", str(WORK.count("\n")), "0"
        ]  # fmt: skip
        assert " ".join(rows[0][3:]) == "2 lines"
        assert " ".join(rows[2][3:]) == "as it is now"
        assert stands(place) == WORK.encode()

    said(run("restore", "beginner", "2", "--solutions", place))
    assert stands(place) == b"x = 1\n"
    said(run("restore", "beginner", "beginner.2025-01-02T00-00-00.py", "--solutions", place))
    assert stands(place) == b""
    again = run("restore", "beginner", "2025-01-02T00-00-00", "--solutions", place)
    assert "already" in said(again)
    (place / "beginner.py").unlink()
    said(run("restore", "beginner", "2026-11-21T14-03-05", "--solutions", place))
    assert stands(place) == WORK.encode()
    for wrong, guess in (("99", "there are 6"), ("2025-01-02", "mean 2025-01-02T00-00-00?")):
        done = run("restore", "beginner", wrong, "--solutions", place)
        assert guess in sentence(done)
    done = run("restore", "beginner", "1", "--list", "--solutions", place)
    assert "leave one of them out" in sentence(done)


def test_lines_that_differ() -> None:
    assert differing_lines(b"a\r\nb\r", b"a\nb\n") == 0
    assert differing_lines(b"a\nb\nc", b"a\nx\n") == 2
    assert differing_lines(b"", b"a\nb") == 2
    assert differing_lines(b"a\nb", b"b\na") == 1


# What will not do ---------------------------------------------------------------------------------


def test_a_part_of_a_broken_file_cannot_be_reset_and_the_tier_can(place: Path) -> None:
    for broken, words in (
        (b"def f(:\n", "beginner.py:1 is not valid Python yet"),
        (b"x = '\xff'\n", "line 1 holds bytes that are not UTF-8"),
        (b"x = '\0'\n", "is not valid Python"),
        (b"x = " + b"(" * 5000, "is not valid Python"),
    ):
        (place / "beginner.py").write_bytes(broken)
        done = run("reset", "beginner", "ANSWERS", "--yes", "--solutions", place)
        text = sentence(done)
        assert done.returncode == 2
        assert words in text
        assert "only the whole tier can be reset" in text
        assert stands(place) == broken
        said(run("reset", "beginner", "--yes", "--solutions", place))
        assert kept(place)[0] == broken


def obstacles(folder: Path, name: str) -> None:
    """Put something in the place of the learner's file."""
    path = folder / "beginner.py"
    if name == "huge":
        path.write_bytes(b"#" * (MAX_SOURCE + 1))
        return
    path.unlink()
    if name == "folder":
        path.mkdir()
    elif name == "pipe":
        os.mkfifo(path)
    elif name == "link":
        (folder.parent / "outside.py").write_text("x = 1\n")
        path.symlink_to("../outside.py")
    elif name == "dangling":
        path.symlink_to("nowhere.py")


@on_posix
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("folder", "is a folder"), ("pipe", "not a plain file"), ("huge", "larger than 1 MB"),
        ("link", "link to a file outside"), ("dangling", "There is no beginner.py"),
    ],
)  # fmt: skip
def test_what_is_no_learners_file_is_refused(place: Path, name: str, words: str) -> None:
    obstacles(place, name)
    backups.back_up(place / "beginner.py", b"older")
    for command in (
        ["reset", "beginner", "--yes"], ["reset", "beginner", "ANSWERS", "--yes"],
        ["restore", "beginner", "1"], ["diff", "beginner", "--yes"],
    ):  # fmt: skip
        done = run(*command, "--solutions", place)
        assert done.returncode == 2, command
        assert words in sentence(done)
    assert kept(place) == [b"older"]


@on_posix
def test_backups_that_lead_elsewhere_are_neither_read_nor_written(
    place: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.py"
    secret.write_text("secret")
    (place / ".backup").mkdir()
    (place / ".backup" / "beginner.2026-11-21T14-03-05.py").symlink_to(secret)
    assert "no earlier version" in said(run("restore", "beginner", "--solutions", place))
    (place / ".backup" / "beginner.2026-11-21T14-03-05.py").unlink()
    (place / ".backup").rmdir()
    (place / ".backup").symlink_to(tmp_path)
    done = run("reset", "beginner", "--yes", "--solutions", place)
    assert "is a link" in sentence(done)
    (place / ".backup").unlink()
    (place / ".backup").write_text("a file")
    done = run("reset", "beginner", "--yes", "--solutions", place)
    assert "can't be kept in a backup" in sentence(done)
    assert stands(place) == WORK.encode()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everything")
def test_what_may_not_be_written_is_said(place: Path) -> None:
    (place / "beginner.py").chmod(0o444)
    done = run("reset", "beginner", "--yes", "--solutions", place)
    assert "read-only" in sentence(done)
    (place / "beginner.py").chmod(0o644)
    place.chmod(0o555)
    done = run("reset", "beginner", "--yes", "--solutions", place)
    place.chmod(0o755)
    assert "Permission denied" in sentence(done)
    assert stands(place) == WORK.encode()


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["reset", "beginer"], "did you mean beginner?"),
        (["reset", "beginner", "noise_statistic"], "did you mean noise_statistics?"),
        (["reset", "intermediate", "Generator.forwards"], "did you mean Generator.forward?"),
        (["reset", "beginner", "zzz"], "its parts are sample_noise_numpy, "),
        (["reset"], "TIER"),
        (["restore"], "TIER"),
        (["reset", "beginner", "--solutions", "no/such"], "there is no such folder"),
        (["reset", "beginner", "--reference", "no/such"], "there is no such folder"),
        (["reset", "beginner", "--reference", "checks"], "No such file"),
        (["restore", "beginner", "--solutions", "run_checks.py"], "a folder is wanted"),
    ],
)
def test_wrong_usage(words: list[str], answer: str) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert answer in sentence(done)
