"""ANSWERS in a learner's file: one choice changes, and every other byte stays."""

from __future__ import annotations

import codecs
import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.engine.course.questions import tier_questions
from checks.engine.errors import ByHandError, FileError
from checks.engine.learner.answers import choices, with_choice, write
from checks.engine.learner.source import Source, parsed
from checks.engine.paths import EXERCISES, tiers

# A value as a learner may have written it, and the same with the choice "b" in it.
VALUES = {
    '"?"': '"b"',
    "'?'": "'b'",
    'u"?"': 'u"b"',
    "r'a'": "r'b'",
    '"""c"""': '"""b"""',
    "'''\n'''": "'''b'''",
    '""': '"b"',
    '"d)"': '"b"',
    r'"\""': '"b"',
    '"ä → 💡"': '"b"',
    "None": '"b"',
    "...": '"b"',
    "c": '"b"',
    "2": '"b"',
    '("?")': '("b")',
    '( # why\n "?" )': '( # why\n "b" )',
}
BEFORE = [
    "",
    '"""Ä docstring with ANSWERS = {"one": "a"} in it."""\n',
    "# ANSWERS = {}\n\n",
    "x = '💡'; y = 'é'; ",
    "\fimport os\n",
    'text = """\n### ANSWERS\n"""\n',
    "def f():\n    return ANSWERS['one']\n\n\n",
    "ANSWERS = {'one': 'a'}\n",
]
AFTER = ["", "\n", "\n\ndef main():\n    print(ANSWERS)\n", "  # ünd so weiter\nz = 1", "; z = 1\n"]
SPACES = ["", " ", "\n    ", "  # Größe\n    ", " \\\n ", "\n\n\t"]
HEADS = ["ANSWERS = ", "ANSWERS: dict[str, str] = ", "ANSWERS=", "A = ANSWERS = "]
NAMES = ["one", "two", "three", "four"]

space = st.sampled_from(SPACES)


@st.composite
def files(draw: st.DrawFn) -> tuple[str, str, str]:
    """A file's text, the question to answer, and the text with "b" as its choice."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5))  # one may come twice
    chosen = draw(st.sampled_from(names))
    last = len(names) - 1 - names[::-1].index(chosen)
    old = new = draw(st.sampled_from(BEFORE)) + draw(st.sampled_from(HEADS)) + "{"
    for i, name in enumerate(names):
        quote = draw(st.sampled_from("\"'"))
        value = draw(st.sampled_from(sorted(VALUES)))
        lead = f"{draw(space)}{quote}{name}{quote}{draw(space)}:{draw(space)}"
        comma = "," if i < len(names) - 1 or draw(st.booleans()) else ""
        tail = draw(space) + comma + draw(space)
        old += lead + value + tail
        new += lead + (VALUES[value] if i == last else value) + tail
    end = draw(space) + "}" + draw(st.sampled_from(AFTER))
    return old + end, chosen, new + end


def as_bytes(text: str, newline: str, mark: bool) -> bytes:
    return (codecs.BOM_UTF8 if mark else b"") + text.replace("\n", newline).encode()


@settings(max_examples=400)
@given(files(), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_only_the_chosen_value_changes(
    made: tuple[str, str, str], newline: str, mark: bool
) -> None:
    old, name, new = made
    source = parsed(as_bytes(old, newline, mark), "a.py")
    changed = with_choice(source, name, "b")
    assert changed.contents == as_bytes(new, newline, mark)
    assert choices(changed) == choices(source) | {name: "b"}
    assert with_choice(changed, name, "b").contents == changed.contents


def is_left_out_of(shorter: str, longer: str) -> bool:
    """Whether the shorter text is the longer one with some characters taken out."""
    rest = iter(longer)
    return all(character in rest for character in shorter)


@settings(max_examples=400)
@given(files(), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_a_missing_entry_is_put_in_and_nothing_is_taken_out(
    made: tuple[str, str, str], newline: str, mark: bool
) -> None:
    source = parsed(as_bytes(made[0], newline, mark), "a.py")
    changed = with_choice(source, "new", "c")
    assert choices(changed) == choices(source) | {"new": "c"}
    assert is_left_out_of(source.text, changed.text)
    assert len(changed.text) - len(source.text) <= len('\r\n    "new": "c",,') + 4
    assert changed.mark == source.mark
    again = with_choice(parsed(changed.contents, "a.py"), "new", "a")
    assert again.text == changed.text.replace('"new": "c"', '"new": "a"')


def changed(source: str, name: str = "x", letter: str = "b") -> str:
    return with_choice(parsed(source.encode(), "a.py"), name, letter).text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("ANSWERS = {}\n", 'ANSWERS = {"x": "b"}\n'),
        ("ANSWERS = {\n}\n", 'ANSWERS = {\n    "x": "b",\n}\n'),
        ("ANSWERS = {  # all\n}", 'ANSWERS = {  # all\n    "x": "b",\n}'),
        ('ANSWERS = {"y": "a"}', 'ANSWERS = {"y": "a", "x": "b"}'),
        ('ANSWERS = {"y": "a",}', 'ANSWERS = {"y": "a", "x": "b",}'),
        ('ANSWERS = {\n  "y": "a"\n}', 'ANSWERS = {\n  "y": "a",\n  "x": "b",\n}'),
        (
            'ANSWERS = {\n\t"y": ("a"),  # } , )\n\t# more\n}',
            'ANSWERS = {\n\t"y": ("a"),  # } , )\n\t"x": "b",\n\t# more\n}',
        ),
        (
            "# Your choices, one letter each:\r\n\r\nmain()",
            '# Your choices, one letter each:\r\nANSWERS = {\r\n    "x": "b",\r\n}\r\n\r\nmain()',
        ),
        (
            "# Your choices, one letter each:",
            '# Your choices, one letter each:\nANSWERS = {\n    "x": "b",\n}\n',
        ),
    ],
)
def test_where_a_missing_entry_goes(source: str, expected: str) -> None:
    assert changed(source) == expected


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("", "holds no ANSWERS"),
        ('"""\n# Your choices, one letter each:\n"""\n', "form of its own"),
        ("def f():\n    pass\n# Your choices, one letter each:\n    pass\n", "form of its own"),
        ("ANSWERS = dict(x='?')", "not a plain dictionary in line 1"),
        ("ANSWERS = {'x': '?'}\nANSWERS = other", "not a plain dictionary in line 2"),
        ("ANSWERS = None", "not a plain dictionary"),
        ("ANSWERS: dict", "line 1 does something else"),
        ("if 1:\n    ANSWERS = {'x': '?'}", "line 2 does something else"),
        ("ANSWERS = {}\nANSWERS['x'] = 'a'", "line 2 does something else"),
        ("ANSWERS = {'x': '?'}\nANSWERS |= {}", "line 2 does something else"),
        ("ANSWERS = {'x': '?'}\nANSWERS.update(x='a')", "line 2 does something else"),
        ("ANSWERS = {'x': '?'}\ndel ANSWERS", "line 2 does something else"),
        ("from y import ANSWERS", "line 1 does something else"),
        ("ANSWERS, y = {'x': '?'}, 1", "line 1 does something else"),
        ("ANSWERS = {'x': '?', **more}", "an entry that is computed"),
        ("ANSWERS = {k: '?'}", "an entry that is computed"),
        ("ANSWERS = {'x': 'a' + ''}", "put together from parts"),
        ("ANSWERS = {'x': 'a' 'b'}", "put together from parts"),
        ("ANSWERS = {'x': f'a'}", "put together from parts"),
        ("ANSWERS = {'x': pick('a')}", "put together from parts"),
    ],
)
def test_what_is_left_to_the_learner(source: str, why: str) -> None:
    with pytest.raises(ByHandError, match=why):
        changed(source)


def test_another_encoding_stays() -> None:
    text = '# -*- coding: latin-1 -*-\ns = "Größe"\nANSWERS = {"x": "?"}  # é\n'.encode("latin-1")
    source = with_choice(parsed(text, "a.py"), "x", "b")
    assert source.contents == text.replace(b'"?"', b'"b"')
    with pytest.raises(ByHandError):
        with_choice(source, "frage_ж", "b")


@pytest.mark.parametrize("tier", tiers())
def test_the_stubs_answers_are_read_and_written(tier: str) -> None:
    text = (EXERCISES / f"{tier}.py").read_bytes()
    source = parsed(text, f"{tier}.py")
    asked = [question.name for question in tier_questions(tier)]
    assert choices(source) == dict.fromkeys(asked, "?")
    for name in asked:
        source = with_choice(source, name, "a")
    assert source.contents == text.replace(b'": "?"', b'": "a"')


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (b"x = 1\ndef f(:\n", "a.py:2 is not valid Python yet"),
        (b"x = '\0'", "not valid Python yet"),
        (b"s = '\xff'", "not text that Python can read"),
        ("ANSWERS = {}".encode("utf-16"), "not text that Python can read"),
        (b"# coding: nonsense\n", "not text that Python can read"),
        (b"(" * 5000, "not valid Python yet"),
    ],
)
def test_what_is_not_python_is_said_in_one_sentence(contents: bytes, words: str) -> None:
    with pytest.raises(FileError, match=words) as raised:
        parsed(contents, "a.py")
    assert "\n" not in str(raised.value)
    assert str(raised.value).endswith(".")


def test_an_odd_escape_in_the_file_is_no_matter(recwarn: pytest.WarningsRecorder) -> None:
    assert changed("s = '\\d'\nANSWERS = {'x': '?'}").endswith("{'x': 'b'}")
    assert not recwarn.list


# On the disk --------------------------------------------------------------------------------------

TEXT = b"ANSWERS = {'x': '?'}\r\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o664])
def test_mode_and_link_stay(tmp_path: Path, mode: int) -> None:
    real = tmp_path / "real.py"
    real.write_bytes(TEXT)
    real.chmod(mode)
    (tmp_path / "a.py").symlink_to("real.py")
    write(tmp_path, "a", "x", "b")
    assert (tmp_path / "a.py").is_symlink()
    assert real.read_bytes() == TEXT.replace(b"?", b"b")
    assert stat.S_IMODE(real.stat().st_mode) == mode
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.py", "real.py"]


def test_an_answer_that_stands_there_is_not_written_again(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(TEXT)
    write(tmp_path, "a", "x", "b")
    before = (tmp_path / "a.py").stat()
    write(tmp_path, "a", "x", "b")
    assert (tmp_path / "a.py").stat() == before


def test_a_failed_write_leaves_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.py").write_bytes(TEXT)
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(FileError, match=r"a\.py cannot be written: Permission denied\."):
        write(tmp_path, "a", "x", "b")
    assert [path.name for path in tmp_path.iterdir()] == ["a.py"]
    assert (tmp_path / "a.py").read_bytes() == TEXT


def test_what_is_read_only_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(TEXT)
    path.chmod(0o444)
    try:
        with pytest.raises(FileError, match=r"a\.py is read-only"):
            write(tmp_path, "a", "x", "b")
        assert path.read_bytes() == TEXT
    finally:
        path.chmod(0o644)


def test_a_source_is_its_file() -> None:
    assert parsed(TEXT, "a.py").contents == TEXT
    assert isinstance(parsed(b"", "a.py"), Source)
