"""One part of a learner's file is put back to its stub, and no other byte changes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.engine.errors import FileError, PartError
from checks.engine.learner import reset
from checks.engine.learner.source import Source, parsed
from checks.engine.learner.stubs import stub_source
from checks.engine.paths import REFERENCE

TIERS = ("beginner", "intermediate", "advanced", "bonus")
SOLVED = {tier: (REFERENCE / f"{tier}.py").read_text(encoding="utf-8") for tier in TIERS}
STUBS = {tier: stub_source(SOLVED[tier], tier) for tier in TIERS}
PARTS = [(tier, name) for tier in TIERS for name in parsed(STUBS[tier], "The stub").definitions]


def source(text: str) -> Source:
    """A text as a source."""
    return parsed(text, "a.py")


def with_stub(text: str, stub: str, name: str) -> str:
    """A learner's text with one part put back."""
    return reset.with_stub(source(text), source(stub), name).contents.decode()


@pytest.mark.parametrize(("tier", "name"), PARTS)
def test_each_part_alone_and_one_that_was_cut_out(tier: str, name: str) -> None:
    part = source(STUBS[tier]).definitions[name]
    lines = STUBS[tier].splitlines(keepends=True)
    without = "".join(lines[: part.first - 1] + lines[part.last :])
    assert with_stub(without, STUBS[tier], name) == STUBS[tier]

    result = with_stub(SOLVED[tier], STUBS[tier], name)
    solved, changed = source(SOLVED[tier]), source(result)
    for other, there in solved.definitions.items():
        related = other.startswith(f"{name}.") or name.startswith(f"{other}.")
        if other != name and not related:
            now = changed.definitions[other]
            assert (
                changed.lines[now.first - 1 : now.last]
                == (solved.lines[there.first - 1 : there.last])
            )


@pytest.mark.parametrize("tier", TIERS)
def test_all_parts_one_after_the_other_are_the_stub(tier: str) -> None:
    text = re.sub(r"(?m)^ *### (BEGIN|END) SOLUTION\n", "", SOLVED[tier])
    for name in source(STUBS[tier]).definitions:
        text = with_stub(text, STUBS[tier], name)
    assert text == STUBS[tier]


GIVEN = '''"""A tier."""

X = 1

# Part 1 ---


def f():
    """Do it."""
    # Your code here.
    raise NotImplementedError("f")


# Part 2 ---


class C:
    """A class."""

    def one(self):
        # Your code here.
        raise NotImplementedError("C.one")

    def two(self):
        # Your code here.
        raise NotImplementedError("C.two")


# Question "q": Why?
#   a) Because.
#   b) So.
ANSWERS = {
    "q": "?",
}
'''
F = GIVEN[GIVEN.index("def f") : GIVEN.index("\n\n\n# Part 2")]
ONE = GIVEN[GIVEN.index("    def one") : GIVEN.index("\n\n    def two")]
QUESTION, ANSWERS = (
    GIVEN[GIVEN.index("# Question") : GIVEN.index("ANSWERS")],
    """\
ANSWERS = {
    "q": "?",
}
""",
)
CASES = {
    "comments and decorators belong": (
        "f",
        "X = 1\n# about f\n@wraps\n@more(\n1)\ndef f(): return 2\n    # old\n\n  # older\n# not\n",
        f"X = 1\n{F}\n# not\n",
    ),
    "a heading above it stays": (
        "f", "# Part 1 ---\n# mine\ndef f(): pass\n", f"# Part 1 ---\n{F}\n",
    ),
    "of two with one name the last counts": (
        "f", "def f(): return 1\n\ndef f(): return 2\n", f"def f(): return 1\n\n{F}\n",
    ),
    "a name that is assigned": ("f", "f = lambda: 1\nX = 2\n", f"{F}\nX = 2\n"),
    "a text with comments in it": (
        "f", 'Y = """\n# Part 1 ---\n#"""\ndef f(): pass\n', f'Y = """\n# Part 1 ---\n#"""\n{F}\n',
    ),
    "no line end at the end": ("f", "X = 1\ndef f(): return 1", f"X = 1\n{F}\n"),
    "nothing there": ("f", "", f"{F}\n"),
    "after its heading": (
        "f", "# Part 1 ---\n\nprint('# Part 1 ---')\n",
        f"# Part 1 ---\n\n\n{F}\n\n\nprint('# Part 1 ---')\n",
    ),
    "before what follows it": ("f", "class C: pass", f"{F}\n\n\nclass C: pass"),
    "after what precedes it": ("f", "X = 5\nprint()\n", f"X = 5\n\n\n{F}\n\n\nprint()\n"),
    "a method": (
        "C.one",
        "class C:\n    x = 1\n    # of one\n    def one(self):\n        return 1\n        # old\n"
        "    # of two\n    def two(self): pass\n",
        f"class C:\n    x = 1\n{ONE}\n    # of two\n    def two(self): pass\n",
    ),
    "a missing method": (
        "C.one", "class C:\n    x = 1\n\n    def two(self): pass\n",
        f"class C:\n    x = 1\n\n{ONE}\n\n    def two(self): pass\n",
    ),
    "answers with their questions": (
        "ANSWERS", 'X = 1\n# Question "q": Why not?\n#   a) Because.\nANSWERS = {"q": "a"}\n',
        f"X = 1\n{QUESTION}{ANSWERS}",
    ),
    "answers away from their questions": (
        "ANSWERS", QUESTION + '\nANSWERS = {"q": "a"}\nX = 2\n', f"{QUESTION}\n{ANSWERS}X = 2\n",
    ),
    "answers that are gone, below their questions": (
        "ANSWERS", QUESTION + "X = 2\n", f"{QUESTION}{ANSWERS}X = 2\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("case", CASES)
def test_one_part_is_put_back_and_no_other_byte(case: str, line_end: str, mark: str) -> None:
    name, before, after = CASES[case]
    if not re.search("\n", before) and line_end != "\n":
        return  # there is no line to learn the line ends from
    changed = with_stub(mark + before.replace("\n", line_end), GIVEN, name)
    assert changed == mark + after.replace("\n", line_end)


REFUSED = {
    "other indentation": (
        "C.one",
        "class C:\n  def one(self): pass\n",
        "indents C.one differently",
    ),
    "no class to put it in": ("C.one", "X = 1\n", "has no class C"),
    "a class in one line": ("C.one", "class C: pass\n", "can't have C.one put back alone"),
    "two in one line": ("f", "f = 1; X = 2\n", "something else in one line"),
    "a syntax error": ("f", "X = 1\ndef f(:\n", "a.py:2 is not valid Python yet"),
    "a null byte": ("f", "X = '\0'\n", "is not valid Python"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_done_surely_is_not_done(case: str) -> None:
    name, before, words = REFUSED[case]
    with pytest.raises((PartError, FileError), match=re.escape(words)):
        with_stub(before, GIVEN, name)


# Whatever else stands in the file, outside the part nothing changes.

AROUND = st.lists(
    st.sampled_from(
        [
            "X = 1", "# a note", "#", "", "", 'T = """\n# f\ndef f(): no\n"""', "\x0c", "print(f)",
            "if X:\n    def f(): 1", "def g():\n    def f(): pass\n    return f\n    # end",
            "class D:\n    def f(self): pass", "import f as other", "s = 'ä' \\\n  'b'",
            "@g\ndef h(): ...", "x = [\n# in brackets\n]", "for i in ():\n\tpass", "# Part 3 ---",
            "def F(): pass",
        ]
    ),
    max_size=6,
)  # fmt: skip
HEADS = ["def f(a, b=1):", "@h\ndef f():", "async def f():", "class f:", "def f(\n  # a\n  a):"]
BODY = [
    "    x = 1", "    # why", "", "    def f(): 1", '    y = """\nend\n"""', "    z = 2  # x",
]  # fmt: skip
TARGET = st.builds(
    lambda above, head, body, below: "\n".join([*above, head, *body, "    pass", *below]),
    st.lists(st.sampled_from(["# about f", "#about", "# def f():"]), max_size=2),
    st.sampled_from(HEADS),
    st.lists(st.sampled_from(BODY), max_size=5),
    st.lists(st.sampled_from(["    # old", " # older", "\t# tab"]), max_size=2),
)


@settings(max_examples=300)
@given(AROUND, TARGET, AROUND, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_nothing_outside_of_the_part_changes(
    before: list[str], target: str, after: list[str], line_end: str, ends: bool
) -> None:
    head = "\n".join([*before, "Y = 0", ""])
    tail = "\n".join(["", "Z = 0", *after]) + "\n" * ends
    text = (head + target + tail).replace("\n", line_end)
    changed = with_stub(text, GIVEN, "f")
    assert changed == (head + F + tail).replace("\n", line_end)
