"""What counts as a difference from the reference, and why the reference differs."""

from __future__ import annotations

import ast
import re
import time
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.engine.learner.code_lines import canonical, sentence, words
from checks.engine.learner.comparison import Comparison, State, compare, only_yours, solved_parts
from checks.engine.learner.stubs import stub_source
from checks.selftest.test_put_back import SOLVED, STUBS, TIERS

each_tier = pytest.mark.parametrize("tier", TIERS)

REFERENCE = '''\
def mean(numbers):
    """The mean."""
    ### BEGIN SOLUTION
    total = sum(numbers)  # one pass in C, faster than a loop
    return total / len(numbers)  # (n,)
    ### END SOLUTION


class Net:
    """A net."""

    def __init__(self, width):
        """Make it."""
        self.width = width
        ### BEGIN SOLUTION
        # Weights that are all zero would learn
        # the same thing for ever
        for layer in self.layers:
            if layer.wide:
                layer.start(0.2)
        self.on = True
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return self.last(x)
        ### END SOLUTION


### BEGIN SOLUTION
ANSWERS = {
    # The first is right, as everybody knows.
    #   b) No comment on another choice is shown.
    "one": "a",
    # The second is right this time around
    "two": "b",
}
TEXT = "mine"
### END SOLUTION


def main():
    print(mean([1, 2]))
'''
STUB = stub_source(REFERENCE, "beginner.py")
PARTS = solved_parts(REFERENCE, STUB)


def compared(learners: str, name: str) -> Comparison:
    """One part of a learner's file beside the small reference."""
    (part,) = compare(dedent(learners), REFERENCE, [name])
    return part


def reasons(part: Comparison) -> list[str]:
    """Why the reference differs, as far as it says."""
    return [stretch.reason for stretch in part.stretches if stretch.reason]


# What counts as a difference ----------------------------------------------------------------------


def test_the_parts_are_what_the_stub_blanks() -> None:
    assert PARTS == ["mean", "Net.__init__", "Net.forward", "ANSWERS", "TEXT"]
    for tier in TIERS:
        parts = solved_parts(SOLVED[tier], STUBS[tier])
        assert "ANSWERS" in parts
        assert not {"main", "try_every_part", "IMAGE_PIXELS", "Generator"} & set(parts)


@each_tier
def test_the_reference_is_as_in_the_reference_however_it_is_written(tier: str) -> None:
    parts = solved_parts(SOLVED[tier], STUBS[tier])
    plain = ast.unparse(ast.parse(SOLVED[tier]))  # no comments, other quotes, other line ends
    wordy = re.sub(r"(?m)^( +)(return|raise|for|if) ", r"\1# why\n\n\1\2  ", SOLVED[tier])
    left_over = (
        SOLVED[tier].replace("        ### END SOLUTION", "").replace("    ### END SOLUTION", "")
    )
    windows = SOLVED[tier].replace("\n", "\r\n")
    for text in (SOLVED[tier], plain, wordy, left_over, windows, "\ufeff" + SOLVED[tier]):
        states = {part.name: part.state for part in compare(text, SOLVED[tier], parts)}
        words = {"REFLECTION": State.OWN_WORDS} if tier == "bonus" else {}
        assert states == dict.fromkeys(parts, State.SAME) | words
        assert only_yours(text, SOLVED[tier]) == []


@each_tier
def test_a_stub_is_unwritten(tier: str) -> None:
    parts = solved_parts(SOLVED[tier], STUBS[tier])
    for part in compare(STUBS[tier], SOLVED[tier], parts):
        if part.name == "ANSWERS":
            assert part.state is State.DIFFERENT
        elif part.name != "REFLECTION":
            assert part.state is State.UNWRITTEN
            assert all(row.yours is None for s in part.stretches if not s.same for row in s.rows)


SAME = {
    "a docstring of one's own": """
        def mean(numbers):
            "Another."
            total = sum(numbers)
            return total / len(numbers)
        """,
    "no docstring, in two lines": """
        def mean(numbers):
            total = sum(numbers); return total / len(numbers)
        """,
    "what is left of the stub": """
        def mean(numbers):
            # Your code here.
            total = sum(
                numbers,
            )
            return (total / len(numbers))
            raise NotImplementedError("mean")
        """,
}


@pytest.mark.parametrize("case", SAME)
def test_no_difference(case: str) -> None:
    assert compared(SAME[case], "mean").state is State.SAME


def test_another_part_s_error_is_a_difference() -> None:
    part = compared("def mean(numbers):\n    raise NotImplementedError('other')\n", "mean")
    assert part.state is State.DIFFERENT
    assert compared("x = 1\n", "mean").state is State.MISSING
    assert compared("class Net: pass\n", "Net.forward").state is State.MISSING


def test_answers_in_another_order_and_in_one_line() -> None:
    assert compared("ANSWERS: dict = {'two': 'b', 'one': 'a'}\n", "ANSWERS").state is State.SAME
    part = compared("ANSWERS = {'two': 'a', 'one': 'a', 'three': 'c'}\n", "ANSWERS")
    assert part.state is State.DIFFERENT
    assert reasons(part) == ["The second is right this time around."]
    assert compared("TEXT = 'theirs'\n", "TEXT").state is State.OWN_WORDS


def test_only_yours_are_functions_classes_and_methods() -> None:
    text = "x = 1\ndef more(): pass\nclass Net:\n    y = 2\n    def new(self): pass\n"
    text += "class O:\n  def p(): pass\n"
    assert only_yours(text, REFERENCE) == ["more", "Net.new", "O"]


# Why ----------------------------------------------------------------------------------------------


def test_a_reason_comes_with_its_own_difference_alone() -> None:
    other = "def mean(numbers):\n    total = numbers.sum()\n    return total / len(numbers)\n"
    assert reasons(compared(other, "mean")) == ["One pass in C, faster than a loop."]
    other = "def mean(numbers):\n    total = sum(numbers)\n    return total / 2\n"
    assert reasons(compared(other, "mean")) == []


def test_a_reason_above_a_block_holds_for_its_only_statement() -> None:
    why = ["Weights that are all zero would learn the same thing for ever."]
    source = SAME_NET.format(head="for layer in self.layers:", start="0.1", on="True")
    assert reasons(compared(source, "Net.__init__")) == why
    source = SAME_NET.format(head="for layer in self.others:", start="0.2", on="True")
    assert reasons(compared(source, "Net.__init__")) == why
    source = SAME_NET.format(head="for layer in self.layers:", start="0.2", on="False")
    assert reasons(compared(source, "Net.__init__")) == []


SAME_NET = """
class Net:
    def __init__(self, width):
        self.width = width
        {head}
            if layer.wide:
                layer.start({start})
        self.on = {on}
"""


@pytest.mark.parametrize(
    ("comments", "said"),
    [
        (["# (n_steps, 1)"], ""),
        (["# noqa: E501 because of the long link"], ""),
        (["# backward() adds to what is there"], "backward() adds to what is there."),
        (["# why is", "# this so?", "#   a) For no reason at all."], "Why is this so?"),
    ],
)  # fmt: skip
def test_comments_as_sentences(comments: list[str], said: str) -> None:
    assert sentence(comments) == said


@each_tier
def test_every_reason_of_the_reference_can_be_shown(tier: str) -> None:
    """Whoever wrote nothing is shown every comment of the solved parts that gives a reason."""
    parts = solved_parts(SOLVED[tier], STUBS[tier])
    shown = " ".join(r for part in compare("", SOLVED[tier], parts) for r in reasons(part))
    solved = "\n".join(re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", SOLVED[tier], re.S))
    solved = re.sub(r"(?m)^ *#  +[a-z]\) .*\n( *#   .*\n)*", "", solved)
    comments = [comment for comment in re.findall(r"(?m)# (.*)$", solved) if sentence([comment])]
    assert comments
    for comment in comments:
        assert comment[1:] in shown


# One formatting -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = f(1,\n  2,)", "x = f(1, 2)"),
        ("if (a) :", "if a:"),
        ("elif  (a):", "elif a:"),
        ("else :", "else :"),
        ("return ('a')", 'return "a"'),
        ("def f( a ) :", "def f(a):"),
        ("with  a :", "with a:"),
    ],
)
def test_canonical(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)
    assert canonical("elif a:") != canonical("if a:")
    assert "".join(words(one)) == one


# Any file ----------------------------------------------------------------------------------------


def test_a_file_that_repeats_itself_takes_no_time() -> None:
    text = "def mean(numbers):\n" + "    total = sum(numbers)\n" * 4_000
    started = time.monotonic()
    compared(text, "mean")
    compared("class C: pass\n" * 10_000, "mean")
    compared("".join(f"class C{i}: pass\n" for i in range(10_000)), "mean")
    assert time.monotonic() - started < 20


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_file_that_parses_can_be_compared(data: st.DataObject) -> None:
    tier = data.draw(st.sampled_from(TIERS))
    lines = SOLVED[tier].split("\n")
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(lines) - 1))
        other = data.draw(st.sampled_from(lines) | st.sampled_from(["pass", "    x = 1", "else:"]))
        lines[at : at + data.draw(st.integers(0, 3))] = [other]
    text = "\n".join(lines)
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return
    parts = solved_parts(SOLVED[tier], STUBS[tier])
    for part in compare(text, SOLVED[tier], parts):
        if part.state in (State.SAME, State.OWN_WORDS):
            continue
        theirs = [row.theirs for s in part.stretches for row in s.rows if row.theirs]
        (alone,) = compare("", SOLVED[tier], [part.name])
        assert theirs == [row.theirs for s in alone.stretches for row in s.rows if row.theirs]
