"""What a class hands in: each platform's export by its own rules, odd names, hostile archives.

The exports are built here by the rules that the platforms' own programs follow.
"""

from __future__ import annotations

import io
import json
import os
import re
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from checks.engine.classroom.grading import record_of
from checks.engine.classroom.handed_in import parts_of
from checks.engine.classroom.intake import Intake, read_roster, take_in
from checks.engine.classroom.results import in_cell
from checks.engine.course.listing import course
from checks.engine.course.verdict import Frame
from checks.engine.errors import UsageError
from checks.engine.learner.notebook import Place
from checks.engine.paths import EXERCISES, tiers

PARTS = parts_of(course())
# A person, the id that the platform gave, and the name as the platform sorts it.
PEOPLE = {
    "301": "Lovelace, Ada",
    "302": "O'Brien, Anna",
    "303": "_12_, Bob",
    "304": "Müller, Jörg",
    "305": "Smith, Jones99",
    "306": "Kim, Min",
    "307": "Kim, Min",  # two people of one name
    "308": "=cmd|' /C calc'!A0, Eve",
}


def text(key: str, tier: str = "beginner") -> bytes:
    """A file whose owner can be told from it."""
    return f'"""{tier} of {key}."""\n'.encode()


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def canvas(key: str, name: str, file: str, number: int) -> str:
    """A name in Canvas's zip: the sortable name without all but word characters, in small."""
    defused = re.sub(r"_(\d+)_", r"-\1-", name)
    word = re.sub(r"[^-\w]", "", defused).lower()
    return f"{word}_{key}_{number}_{file}"


def canvas_export(folder: Path) -> Path:
    files = {}
    for i, (key, name) in enumerate(PEOPLE.items()):
        for j, tier in enumerate(tiers()):
            files[canvas(key, name, f"{tier}.py", 9000 + 10 * i + j)] = text(key, tier)
    late = canvas("305", PEOPLE["305"], "x_7_8_y.txt", 77).replace("_305", "_LATE_305")
    return zipped(folder / "submissions.zip", {**files, late: b"a note"})


def moodle_name(name: str) -> str:
    """First name first, as in Moodle's folders, whose underscores become spaces."""
    last, first = name.split(", ")
    return re.sub(r"[/:\\|]", "", f"{first} {last}").replace("_", " ")


def moodle_export(folder: Path) -> Path:
    return zipped(folder / "moodle.zip", {
        f"{moodle_name(name)}_{key}_assignsubmission_file/{tier}.py": text(key, tier)
        for key, name in PEOPLE.items() for tier in tiers()
    })  # fmt: skip


def flat_moodle_export(folder: Path) -> Path:
    return zipped(folder / "moodle.zip", {
        f"{moodle_name(name)}_{key}_assignsubmission_file_{tier}.py": text(key, tier)
        for key, name in PEOPLE.items() for tier in tiers()
    })  # fmt: skip


def gradescope_export(folder: Path) -> Path:
    lines, files = [], {}
    for number, (key, name) in enumerate(PEOPLE.items(), 123):
        quoted = name.replace("'", "''")
        lines += [
            f"submission_{number}:",
            "  :submitters:",
            f"  - :name: '{quoted}'",
            f"    :sid: '{key}'",
            f"    :email: {key}@x.edu",
            "  :created_at: 2026-11-20 10:11:12.000000000 Z",
            "  :score: 0.0",
        ]
        for tier in tiers():
            files[f"assignment_5_export/submission_{number}/{tier}.py"] = text(key, tier)
    yml = "---\n" + "\n".join(lines) + "\n"
    files["assignment_5_export/submission_metadata.yml"] = yml.encode()
    return zipped(folder / "gradescope.zip", files)


def blackboard_export(folder: Path) -> Path:
    files = {}
    for key in PEOPLE:
        for when in ("2026-11-19-10-11-12", "2026-11-20-10-11-12"):
            head = f"GAN Exercises_u_{key}_attempt_{when}"
            files[f"{head}.txt"] = f"Name: {PEOPLE[key]} (u_{key})\nAssignment: GAN".encode()
            for tier in tiers():
                newest = key if when > "2026-11-20" else "old"
                files[f"{head}_{tier}.py"] = text(newest, tier)
    return zipped(folder / "gradebook_GAN.zip", files)


def bare_blackboard_export(folder: Path) -> Path:
    """Without the texts: the user is what comes after all that the names share."""
    return zipped(folder / "gradebook_GAN.zip", {
        f"GAN_2_{key}_attempt_2026-11-20-10-11-12_{tier}.py": text(key, tier)
        for key in PEOPLE for tier in tiers()
    })  # fmt: skip


def brightspace_export(folder: Path) -> Path:
    files = {"index.html": b"<p>"}
    for key, name in PEOPLE.items():
        clean = re.sub(r"[|!/\\]", "", name)
        for when, owner in (("Nov 9, 2026 211 PM", "old"), ("Nov 20, 2026 1011 AM", key)):
            for tier in tiers():
                files[f"{key}-678910 - {clean} - {when}/{tier}.py"] = text(owner, tier)
    return zipped(folder / "brightspace.zip", files)


def plain_folders(folder: Path) -> Path:
    for key in PEOPLE:
        (folder / "class" / key).mkdir(parents=True)
        for tier in tiers():
            (folder / "class" / key / f"{tier}.py").write_bytes(text(key, tier))
    return folder / "class"


EXPORTS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "canvas": (canvas_export, "Canvas"),
    "moodle": (moodle_export, "Moodle"),
    "moodle-flat": (flat_moodle_export, "Moodle"),
    "gradescope": (gradescope_export, "Gradescope"),
    "blackboard": (blackboard_export, "Blackboard"),
    "blackboard-bare": (bare_blackboard_export, "Blackboard"),
    "brightspace": (brightspace_export, "Brightspace"),
    "folders": (plain_folders, "folders"),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_recognized_and_every_file_finds_its_owner(name: str, tmp_path: Path) -> None:
    make, platform = EXPORTS[name]
    if name == "gradescope":
        pytest.importorskip("yaml")
    found = take_in([make(tmp_path)], PARTS)
    assert found.platforms == [platform]
    assert not found.unclear
    lead = "" if name != "blackboard" else "u_"
    assert {key.removeprefix(lead) for key in found.students} == {*PEOPLE}
    for key, student in found.students.items():
        owner = key.removeprefix(lead)
        held = {tier: file.contents for tier, file in student.files.items()}
        assert held == {tier: text(owner, tier) for tier in tiers()}


def test_canvas_ids_are_read_from_the_left(tmp_path: Path) -> None:
    files = {
        "smith_jones99_LATE_5_6_x_7_8_beginner.py": b"1",
        "LATE_anon_7_8_beginner.py": b"2",
        "obrienanna_9_10_beginner-1.py": b"3",
        "obrienanna_9_11_beginner.py": b"old",
        "müllerjörg_12_text.html": b"<p>",
    }
    found = take_in([zipped(tmp_path / "c.zip", files)], PARTS)
    got = {key: s.files["beginner"].contents for key, s in found.students.items() if s.files}
    assert got == {"5": b"1", "7": b"2", "9": b"3"}
    assert "Handed in late." in found.students["5"].notes


def one(folder: Path, files: dict[str, bytes]) -> Intake:
    """The intake of one student's files beside another's."""
    place = folder / "class"
    for path, content in {**{f"ada/{p}": c for p, c in files.items()}, "bob/x.txt": b""}.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(content)
    return take_in([place], PARTS)


STUB = (EXERCISES / "advanced.py").read_bytes()
PACKED = {
    "top-folder": ({"my work/exercises/beginner.py": b"1"}, b"1", False),
    "copy": ({"beginner (1).py": b"2", "beginner.py": b"1"}, b"2", True),
    "text": ({"beginner.py.txt": b"1"}, b"1", True),
    "case": ({"Beginner_final.PY": b"1"}, b"1", True),
    "exact-before-final": ({"beginner.py": b"1", "beginner_final.py": b"2"}, b"1", True),
    "utf16": ({"beginner.py": "x = 'ü'".encode("utf-16")}, "x = 'ü'".encode(), True),
    "whole-kit": ({"exercises/beginner.py": b"1", "exercises/.backup/beginner.2.py": b"0",
                   "checks/stubs/beginner.py": b"0", "checks/test_beginner.py": b"0",
                   "reference/beginner.py": b"0"}, b"1", False),
}  # fmt: skip


@pytest.mark.parametrize("name", PACKED)
def test_wrongly_packed_files_are_found_and_said(name: str, tmp_path: Path) -> None:
    files, expected, is_said = PACKED[name]
    student = one(tmp_path, files).students["ada"]
    assert student.files["beginner"].contents == expected
    assert bool(student.notes) is is_said


def test_a_file_is_known_by_what_it_defines_and_two_are_not_chosen_between(tmp_path: Path) -> None:
    student = one(tmp_path, {"solution.py": STUB, "helpers.py": b"x = 1"}).students["ada"]
    assert student.files["advanced"].contents == STUB
    assert "solution.py was taken for advanced.py" in student.notes[0]
    assert [*student.own] == ["helpers"]
    files = {"a/advanced.py": STUB, "b/advanced.py": STUB + b"#"}
    found = one(tmp_path / "two", files)
    assert not found.students["ada"].files
    assert found.unclear


def test_archives_inside_and_notebooks_are_said(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"w/beginner.py": b"1"})
    nested = zipped(tmp_path / "nested.zip", {"deep.zip": inner.read_bytes()})
    student = one(tmp_path, {
        "work.zip": inner.read_bytes(), "nested.zip": nested.read_bytes(), "x.rar": b"Rar!",
        "advanced.ipynb": b'{"cells": []}', "bonus.py": b'{"cells": [], "nbformat": 4}',
    }).students["ada"]  # fmt: skip
    assert student.files["beginner"].contents == b"1"
    assert set(student.files) == {"beginner"}
    said = "\n".join(student.problems)
    for words in ("deep.zip is an archive inside", "x.rar", "advanced.ipynb is not a notebook",
                  "bonus.py holds no code"):  # fmt: skip
        assert words in said


def notebook(*texts: str) -> bytes:
    held = [{"cell_type": "code", "source": text, "execution_count": None} for text in texts]
    return json.dumps({"nbformat": 4, "cells": held, "metadata": {}}).encode()


def test_a_notebook_is_read_by_its_definitions_and_lines_by_cells(tmp_path: Path) -> None:
    generator = "class Generator:\n    pass\n"
    both = notebook(
        "!pip install torch", f"x = 1\n\n{generator}", "def generator_loss(p): return p"
    )
    found = one(tmp_path, {"my work.ipynb": both, "beginner.py": b"1"})
    student = found.students["ada"]
    assert set(student.files) == {"beginner", "intermediate", "advanced"}
    assert "The definitions in my work.ipynb were taken for advanced.py." in student.notes
    file = student.files["intermediate"]
    line = file.contents.decode().splitlines().index("class Generator:")
    assert file.places[line] == Place(2, 3)
    frame = Frame("intermediate.py", line + 1, "Generator", "class Generator:")
    assert in_cell(frame, record_of(student)) == Frame(
        "my work.ipynb", 3, "Generator", "class Generator:", cell=2
    )
    two = one(
        tmp_path / "two",
        {"a.ipynb": notebook(generator), "b.ipynb": notebook(f"{generator}\n    y = 2")},
    )
    assert not two.students["ada"].files
    assert len(two.unclear) == 1


def hostile_zip(files: dict[str, bytes], **attributes: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for attribute, value in attributes.items():
                setattr(info, attribute, value)
            archive.writestr(info, content)
    return stream.getvalue()


def overlapping() -> bytes:
    """Two names for the same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("beginner.py", b"1" * 1000)
        twin = zipfile.ZipInfo("advanced.py")
        first = archive.infolist()[0]
        for name in ("CRC", "compress_size", "file_size", "header_offset"):
            setattr(twin, name, getattr(first, name))
        archive.filelist.append(twin)
        archive._didModify = True  # type: ignore[attr-defined]
    return stream.getvalue()


def hostile_tar() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        link = tarfile.TarInfo("beginner.py")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return stream.getvalue()


LINK = (stat.S_IFLNK | 0o777) << 16
HOSTILE = {
    "slip": ("a.zip", hostile_zip({"../../beginner.py": b"1"}), "points outside"),
    "absolute": ("a.zip", hostile_zip({"/etc/beginner.py": b"1"}), "points outside"),
    "drive": ("a.zip", hostile_zip({"C:\\beginner.py": b"1"}), "points outside"),
    "device": ("a.zip", hostile_zip({"con.py": b"1"}), "not every system"),
    "escape": ("a.zip", hostile_zip({"\x1b[2Jbeginner.py": b"1"}), r"\x1b[2J"),
    "link": ("a.zip", hostile_zip({"beginner.py": b"/etc/passwd"}, external_attr=LINK), "a link"),
    "bomb": ("a.zip", hostile_zip({"beginner.py": b"\0" * 4_000_000}), "-fold"),
    "large": ("a.zip", hostile_zip({"beginner.py": os.urandom(6_000_000)}), "larger than 5 MB"),
    "overlap": ("a.zip", overlapping(), "overlap"),
    "broken": ("a.zip", b"PK\x03\x04 nothing", "can't be opened"),
    "many": ("a.zip", hostile_zip({f"{i}.py": b"" for i in range(5_001)}), "more than 5,000"),
    "tar-link": ("a.tar.gz", hostile_tar(), "a link"),
    "tar-broken": ("a.tgz", b"\x1f\x8b nothing", "can't be opened"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_its_owners_problem_alone(name: str, tmp_path: Path) -> None:
    file, content, words = HOSTILE[name]
    before = {*tmp_path.rglob("*")}
    found = one(tmp_path, {file: content, "advanced.py": b"1"})
    student = found.students["ada"]
    assert any(words in problem for problem in student.problems), student.problems
    assert set(student.files) == {"advanced"}
    left = {path for path in {*tmp_path.rglob("*")} - before if "class" not in path.parts}
    assert not left
    assert "\x1b" not in "".join(student.problems)


def test_a_link_in_a_folder_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.py"
    secret.write_bytes(b"s")
    (tmp_path / "class" / "ada").mkdir(parents=True)
    (tmp_path / "class" / "ada" / "beginner.py").symlink_to(secret)
    (tmp_path / "class" / "ada" / "advanced.py").write_bytes(b"1")
    found = take_in([tmp_path / "class"], PARTS)
    assert set(found.students["ada"].files) == {"advanced"}


def test_what_cannot_be_recognized_is_refused_with_an_example(tmp_path: Path) -> None:
    files = {f"hw1-{key}-v2-code.py": b"1" for key in ("ada", "bob", "eve")}
    loose = zipped(tmp_path / "loose.zip", files)
    with pytest.raises(UsageError, match="--names") as refused:
        take_in([loose], PARTS)
    assert "hw1-ada-v2-code.py" in str(refused.value)
    found = take_in([loose], PARTS, pattern=re.compile(r"hw1-(?P<student>\w+)-"))
    assert set(found.students) == {"ada", "bob", "eve"}
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path / "none", tmp_path / "text.txt"):
        with pytest.raises(UsageError):
            take_in([path], PARTS)


def test_one_students_folder_is_a_class_of_one() -> None:
    found = take_in([EXERCISES], PARTS)
    assert {key: set(s.files) for key, s in found.students.items()} == {"exercises": {*tiers()}}


def test_the_roster_says_who_is_missing_and_never_joins_two_by_name(tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    rows = ["id;name;email", "301;Ada Lovelace;a@x.edu", "401;Grace Hopper;g@x.edu"]
    rows += ["402;Min Kim;m1@x.edu", "403;Min Kim;m2@x.edu"]
    roster.write_text("\n".join(rows), encoding="utf-8")
    found = take_in([moodle_export(tmp_path)], PARTS, roster=read_roster(roster))
    empty = {key for key, student in found.students.items() if student.is_empty}
    assert empty == {"401", "402", "403"}
    assert found.students["301"].email == "a@x.edu"
    assert any("Not on the roster" in note for note in found.notes)
