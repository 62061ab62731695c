"""What a class gets back: gradebooks, feedback, the class report, in every case safe to open."""

from __future__ import annotations

import csv
import dataclasses
import html
import io
import json
import re
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from checks.engine.classroom import class_report, feedback, gradebooks, pool, similarity
from checks.engine.classroom.excerpts import excerpt
from checks.engine.classroom.grading import Plan, grade
from checks.engine.classroom.ledger import Record
from checks.engine.classroom.pool import Progress
from checks.engine.classroom.results import Graded
from checks.engine.course.verdict import Status
from checks.engine.errors import UsageError
from checks.engine.paths import EXERCISES, REFERENCE
from checks.mistakes import CATALOGUE
from checks.selftest.classes import (
    CHECKS,
    StandIn,
    conditions,
    graded,
    handed_in,
    intake,
    verdict,
)
from checks.selftest.test_class_intake import PEOPLE, moodle_name

NAMES = list(CATALOGUE)
FIRST, SECOND, THIRD = (CHECKS[place].check for place in (0, 30, 60))
OF = sum(check.points for check in CHECKS)


# Gradebooks ---------------------------------------------------------------------------------------


def canvas_book(folder: Path, delimiter: str = ",", extra: str = "") -> Path:
    """What Canvas exports: a row of points, a student of another group, a test student."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["Student", "ID", "SIS Login ID", "Section", "GAN exercises (4711)",
                     "Current Score", *filter(None, [extra])])  # fmt: skip
    writer.writerow(
        ["    Points Possible", "", "", "", "139", "(read only)", *["10"] * bool(extra)]
    )
    for key, name in [*PEOPLE.items(), ("999", "Test Student")]:
        writer.writerow([name, key, f"login{key}", "S1", "12", "50", *["3"] * bool(extra)])
    path = folder / "canvas-export.csv"
    path.write_text("\ufeff" + stream.getvalue(), encoding="utf-8")
    return path


def canvas_import(text: str) -> dict[str, tuple[str, str]]:
    """Canvas's importer by its rules: id to (assignment's id, grade); a blank one is a change."""
    head = "\n".join(text.splitlines()[:3])
    delimiter = ";" if head.count(";") > head.count(",") else ","
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    first = rows[0]
    assert "Student" in first[0]
    assert first[1] == "ID"
    known = ("Student", "ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account")
    last = max(place for place, cell in enumerate(first) if cell in known)
    assert "Section" in first[last + 1]
    found = {}
    for row in rows[1:]:
        if "Points Possible" in row[0]:
            continue
        for place in range(last + 2, len(first)):
            match = re.search(r"\((\d+)\)$", first[place])
            assert match, f"{first[place]} would become a new assignment"
            found[row[1]] = (match[1], row[place])
    return found


def everybody(**fields: object) -> list[Graded]:
    """All people of the exports, with points that differ."""
    found = []
    for place, (key, name) in enumerate(PEOPLE.items()):
        wrong = {check.check: NAMES[0] for check in CHECKS[:place]}
        found.append(graded(key, name, wrong, **fields))  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_canvas_reads_the_filled_gradebook_back(tmp_path: Path, delimiter: str) -> None:
    students = everybody()
    students[2] = dataclasses.replace(students[2], is_done=False)  # could not be judged
    book = gradebooks.read(canvas_book(tmp_path, delimiter))
    filled = gradebooks.filled(book, students)
    read = canvas_import(filled.text)
    assert read == {
        each.key: ("4711", str(each.points())) for each in students if each is not students[2]
    }
    assert filled.count == len(read) == len(PEOPLE) - 1
    assert any("Left out" in note for note in filled.notes)
    assert any("1 rows" in note for note in filled.notes)


def test_a_column_that_is_not_clear_is_asked_for(tmp_path: Path) -> None:
    path = canvas_book(tmp_path, extra="Essay (4712)")
    with pytest.raises(UsageError, match="--column"):
        gradebooks.read(path)
    book = gradebooks.read(path, "Essay (4712)")
    read = canvas_import(gradebooks.filled(book, everybody(), to=10).text)
    assert read["301"] == ("4712", "10")
    assert all(len(grade.partition(".")[2]) <= 2 for _, grade in read.values())
    assert any(f"out of {OF}" in note for note in gradebooks.filled(book, everybody()).notes)
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n", encoding="utf-8")
    for wrong in (other, tmp_path / "none.csv"):
        with pytest.raises(UsageError):
            gradebooks.read(wrong)


def moodle_book(folder: Path, comma: bool) -> Path:
    """Moodle's worksheet, in English or on a German site with its decimal comma."""
    heads = ["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade",
             "Grade can be changed", "Last modified (submission)", "Last modified (grade)",
             "Feedback comments"]  # fmt: skip
    if comma:
        heads = ["ID", "Vollständiger Name", "E-Mail-Adresse", "Status", "Bewertung", "Bestwertung",
                 "Bewertung kann geändert werden", "Zuletzt geändert (Abgabe)",
                 "Zuletzt geändert (Bewertung)", "Feedback als Kommentar"]  # fmt: skip
    word, most = ("Teilnehmer/in", "100,00") if comma else ("Participant", "100.00")
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(heads)
    for key, name in PEOPLE.items():
        writer.writerow([f"{word}{' ' * (not comma)}{key}", moodle_name(name), "a@x.edu",
                         "Submitted", "", most, "Yes", "-", "-", "<p>Nice\n</p>"])  # fmt: skip
    path = folder / "Grades.csv"
    path.write_text(stream.getvalue(), encoding="utf-8")
    return path


@pytest.mark.parametrize("comma", [False, True])
def test_moodle_reads_the_filled_worksheet_back(tmp_path: Path, comma: bool) -> None:
    students = everybody()
    filled = gradebooks.filled(gradebooks.read(moodle_book(tmp_path, comma)), students, to=100)
    heads, *rows = csv.reader(io.StringIO(filled.text, newline=""))
    assert heads[4] == ("Bewertung" if comma else "Grade")
    read = {re.sub(r"\D", "", row[0]): row for row in rows}
    for each in students:
        grade = read[each.key][4]
        assert ("," in grade) == (comma and "." in f"{100 * each.points() / OF:.2f}".rstrip(".0"))
        assert float(grade.replace(",", ".")) == pytest.approx(100 * each.points() / OF, abs=0.006)
        assert read[each.key][8:] == ["-", "<p>Nice\n</p>"]


def test_moodles_feedback_finds_its_people() -> None:
    pages = [(each, f"<p>{each.key}") for each in everybody()]
    packed = zipfile.ZipFile(io.BytesIO(feedback.moodle_zip(pages)))
    pattern = r"[^/_]+_(\d+)_assignfeedback_file/feedback\.html"
    found = {}
    for path in packed.namelist():
        match = re.fullmatch(pattern, path)
        assert match, path
        assert not path.startswith((".", "~"))
        found[match[1]] = packed.read(path).decode()
    assert found == {key: f"<p>{key}" for key in PEOPLE}


# Feedback -----------------------------------------------------------------------------------------

HOSTILE = "<script>alert(1)</script> ![x](http://a) \x1b[2J [b](http://b) | =1+1"


def hostile() -> Graded:
    """A student whose every text is hostile."""
    bad = dataclasses.replace(
        verdict(CHECKS[0], Status.ERROR, line=3), came=HOSTILE, output=HOSTILE,
    )  # fmt: skip
    found = graded("1", HOSTILE)
    return dataclasses.replace(
        found, verdicts=(bad, *found.verdicts[1:]),
        record=Record("1", HOSTILE, files=found.record.files, notes=[HOSTILE]),
    )  # fmt: skip


def test_hostile_words_do_nothing() -> None:
    words = feedback.feedback(hostile())
    page = feedback.as_html(words)
    assert "<script" not in page
    assert "\x1b" not in page
    assert "default-src 'none'; script-src 'none'" in html.unescape(page)
    comment = feedback.as_markdown(words)
    assert "<script" not in comment
    assert not re.search(r"(?<!\\)\[\w*(?<!\\)\]\(", comment)
    assert feedback.slug("../../etc\x00/Con") == "etc-Con"
    assert feedback.slug("nul") == "student-nul"
    names = ["Ada", "ada", "../Ada", "Ada/", "İ", "Müller, Jörg", "…"]
    places = feedback.folders([graded(f"{i}", name) for i, name in enumerate(names)])
    twins = feedback.folders([graded("a b"), graded("A-b"), graded("a/b")])
    for found in (places, twins):
        assert len({place.casefold() for place in found.values()}) == len(found)
        assert all(re.fullmatch(r"[\w-]+", place) for place in found.values())


def test_a_student_reads_what_is_wrong_where_and_what_was_assumed() -> None:
    record = Record("1", "Ada", files={"beginner": "b (1).py"}, notes=["b (1).py was taken."])
    student = graded("1", "Ada", {FIRST: NAMES[0]}, ["intermediate", "advanced", "bonus"])
    words = feedback.feedback(dataclasses.replace(student, record=record))
    known = CATALOGUE[NAMES[0]]
    for text in (feedback.as_html(words), feedback.as_markdown(words, 5000)):
        plain = text.replace("\\", "").replace("&#39;", "'")
        for said in (known.name, "beginner.py, line 7", "b (1).py was taken", "No advanced.py"):
            assert said in plain
    many = graded("1", "Ada", {check.check: NAMES[i % 40] for i, check in enumerate(CHECKS)})
    comment = feedback.as_markdown(feedback.feedback(many))
    assert len(comment) <= 2000
    assert comment.endswith("feedback.html.\n")


def test_an_excerpt_says_nothing_about_whose_it_is() -> None:
    source = b'''# Ada Lovelace, 30001
class Generator:
    """By Ada Lovelace."""
    def forward(self, z):  # Ada
        print(f"ada {z}", "written by Ada Lovelace of group 3")
        return z
    def other(self): pass
'''
    shown = excerpt(source, "Generator", 5)
    assert shown.splitlines()[0] == "def forward(self, z):"
    assert "ada" not in shown.lower()
    assert len(excerpt(b"def f():\n" + b"    x = 1\n" * 100, "f").splitlines()) == 15
    assert excerpt(b"def (", "f") == excerpt(b"x = 1", "f") == ""


# The class ----------------------------------------------------------------------------------------


def a_class() -> list[Graded]:
    mistakes = [{FIRST: NAMES[0]}, {FIRST: NAMES[0], SECOND: NAMES[1]}, {THIRD: NAMES[2]}, {}]
    found = [graded(f"{i}", f"Name{i} Lastname", mistakes[i % 4]) for i in range(20)]
    found[1] = dataclasses.replace(found[1], before=120.0, is_new=True)
    found[3] = dataclasses.replace(found[3], is_done=False)
    found.append(graded("20", "Gone", absent=["beginner", "intermediate", "advanced", "bonus"]))
    return found


def test_the_class_is_counted_as_it_is() -> None:
    students = a_class()
    counted = class_report.summary(students)
    truth = Counter(
        v.mistake_id
        for each in students if each.standing == "graded"
        for v in each.verdicts if v.mistake_id
    )  # fmt: skip
    assert {row.id: row.count for row in counted.mistakes} == truth
    assert counted.mistakes[0].id == NAMES[0]
    assert counted.pairs == ((*sorted_names(0, 1), 5),)
    assert [(row.title, row.before, row.why) for row in counted.moved] == [
        ("Name1 Lastname", 120.0, "handed in anew")
    ]
    assert counted.missing == ("Gone",)
    assert [name for name, *_ in counted.left_out] == ["Name3 Lastname"]
    assert sum(counted.bins) == 19
    rows = {row.check.check: row for row in counted.checks}
    assert (rows[FIRST].passed, rows[FIRST].of) == (9, 19)
    assert rows[CHECKS[5].check].is_odd


def sorted_names(*places: int) -> list[str]:
    return [CATALOGUE[name].name for name in sorted(NAMES[place] for place in places)]


def test_the_report_is_one_file_and_its_lecture_names_nobody() -> None:
    students = [*a_class(), hostile()]
    text = class_report.page(class_report.summary(students), HOSTILE, [("Seed", "0")])
    assert "<script" not in text
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", text)
    assert "style=" not in text.replace("<style>", "")
    lecture = text[text.index("What to say in the next") : text.index("Check by check")]
    assert "Lastname" not in lecture
    assert CATALOGUE[NAMES[0]].name in lecture


def test_all_of_it_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "judge_tiers", StandIn())
    people = intake(
        handed_in("301", "Ada Lovelace", beginner="x = 1"), handed_in("302", "Bob"),
        platform="Moodle",
    )  # fmt: skip
    plan = Plan(tmp_path, conditions("beginner"), title="GAN")
    grade(plan, people, Progress())
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert written >= {
        "grades.csv", "report.html", "class.json", "feedback-moodle.zip",
        "feedback/Ada-Lovelace-301/feedback.html", "feedback/Ada-Lovelace-301/feedback.md",
        "feedback/Ada-Lovelace-301/verdicts.json",
    }  # fmt: skip
    data = json.loads((tmp_path / "class.json").read_text(encoding="utf-8"))
    assert [each["status"] for each in data["students"]] == ["graded", "missing"]
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.html")}
    grade(plan, people, Progress())
    assert times == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.html")}


# Alike --------------------------------------------------------------------------------------------


def test_only_what_is_alike_beyond_the_exercise_is_listed() -> None:
    """A copy with other names is found; reference, stub and right solutions of many are not."""
    reference = (REFERENCE / "advanced.py").read_bytes()
    stub = (EXERCISES / "advanced.py").read_bytes()
    odd = reference.decode() + (
        "\n\ndef odd(values):\n    total = 3\n    for index, value in enumerate(values):\n"
        "        if value > 17 and index % 5 == 2:\n            total += value * 31 - index // 7\n"
        "        elif index < 40:\n            total -= (value - 11) ** 2 + index * 13\n"
        "    while total > 900:\n        total = total // 3 + 19\n"
        "    return [total, total * 2, values[3:17:2], {'odd': total % 23}]\n"
    )
    renamed = odd.replace("total", "summe").replace("index", "i").replace("value", "wert")
    many = {f"s{number}": {"advanced": reference} for number in range(20)}
    files = {
        **many,
        "stub": {"advanced": stub},
        "a": {"advanced": odd.encode()},
        "b": {"advanced": renamed.encode() + b"# mine"},
        "broken": {"advanced": b"def ("},
    }
    found = similarity.pairs(files, {"advanced": [stub, reference]}, 0.6)
    assert [(pair.one, pair.other) for pair in found] == [("a", "b")]
    assert found[0].parts == ("odd",)
    assert found[0].share > 0.9
    text = similarity.page(found, 0.6)
    assert "summe" in text
    assert "<script" not in similarity.page([dataclasses.replace(found[0], one=HOSTILE)], 0.6)
