"""What counts as a difference from the reference, and where the reference's comments stand."""

from __future__ import annotations

import ast
import re
import time
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.engine.learner import diff
from checks.engine.learner.diff import PartDiff, State
from checks.engine.learner.stubs import stub_source
from checks.selftest.test_reset_parts import SOLVED, STUBS, TIERS, source

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


def solved_parts(reference: str, stub: str) -> list[str]:
    """The parts that a learner writes."""
    return diff.solved_parts(source(reference), source(stub))


def compare(learners: str, reference: str, stub: str, names: list[str]) -> list[PartDiff]:
    """A learner's text beside the reference's."""
    return diff.compare(source(learners), source(reference), source(stub), names)


def compared(learners: str, name: str) -> PartDiff:
    """One part of a learner's file beside the small reference."""
    (part,) = compare(dedent(learners), REFERENCE, STUB, [name])
    return part


def theirs(part: PartDiff, *, same: bool | None = None) -> str:
    """The reference's lines that are shown, or only those that differ, or only those that don't."""
    changes = [change for group in part.groups for change in group]
    shown = [change for change in changes if same in (None, change.same)]
    return "\n".join(line for change in shown for line in change.theirs)


def yours(part: PartDiff) -> list[str]:
    """The learner's lines that differ."""
    changes = [change for group in part.groups for change in group if not change.same]
    return [line for change in changes for line in change.yours]


# What counts as a difference ----------------------------------------------------------------------


def test_the_parts_are_what_the_stub_blanks() -> None:
    assert solved_parts(REFERENCE, STUB) == [
        "mean",
        "Net.__init__",
        "Net.forward",
        "ANSWERS",
        "TEXT",
    ]
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
        states = {part.name: part.state for part in compare(text, SOLVED[tier], STUBS[tier], parts)}
        words = {"REFLECTION": State.OWN_WORDS} if tier == "bonus" else {}
        assert states == dict.fromkeys(parts, State.SAME) | words


@each_tier
def test_a_stub_is_unwritten(tier: str) -> None:
    parts = solved_parts(SOLVED[tier], STUBS[tier])
    for part in compare(STUBS[tier], SOLVED[tier], STUBS[tier], parts):
        if part.name != "REFLECTION":
            assert part.state is State.UNWRITTEN


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
    "in other lines, with comments": """
        def mean(numbers):
            # Mine.
            total = sum(
                numbers
            )

            return total / len(numbers)  # and so on
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
    part = compared("ANSWERS = {\n  'one': 'a',\n  'two': 'a'\n}\n", "ANSWERS")
    assert '# The second is right this time around\n    "two": "b",' in theirs(part)
    assert compared("TEXT = 'theirs'\n", "TEXT").state is State.OWN_WORDS


# Which lines, and with which comments -------------------------------------------------------------


def test_only_the_lines_that_differ_are_told_apart() -> None:
    other = """
        def mean(numbers):
            total = 0  # mine
            return  total / len( numbers )
    """
    part = compared(other, "mean")
    assert yours(part) == ["    total = 0"]
    reason = "    total = sum(numbers)  # one pass in C, faster than a loop"
    assert theirs(part, same=False) == reason
    assert theirs(part, same=True).endswith("    return total / len(numbers)  # (n,)")


def test_a_part_that_is_not_there_shows_all_of_the_reference() -> None:
    part = compared("x = 1\n", "Net.__init__")
    assert (part.your_line, yours(part)) == (0, [])
    assert theirs(part).startswith("def __init__(self, width):\n    self.width = width\n    # Wei")


def test_a_comment_stands_above_the_line_that_it_explains() -> None:
    text = """
    class Net:
        def __init__(self, width):
            self.width = width
            for layer in self.layers:
                if layer.wide:
                    layer.start(0.1)
            self.on = True
    """
    part = compared(text, "Net.__init__")
    assert theirs(part, same=False) == "            layer.start(0.2)"
    above = (
        "    # Weights that are all zero would learn\n    # the same thing for ever\n    for layer"
    )
    assert above in theirs(part, same=True)


def test_what_is_far_from_a_difference_is_left_out() -> None:
    text = SOLVED["advanced"].replace("Discriminator(dropout=0.3)", "Discriminator()")
    (part,) = compare(text, SOLVED["advanced"], STUBS["advanced"], ["train_gan"])
    assert "Discriminator(dropout=0.3)" in theirs(part)
    assert len(theirs(part).splitlines()) < 12


@each_tier
def test_every_comment_of_the_reference_can_be_shown(tier: str) -> None:
    """Whoever wrote nothing is shown every comment of the solved parts."""
    parts = solved_parts(SOLVED[tier], STUBS[tier])
    shown = "\n".join(map(theirs, compare("", SOLVED[tier], STUBS[tier], parts)))
    solved = "\n".join(re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", SOLVED[tier], re.S))
    comments = re.findall(r"(?m)# (.*)$", solved)
    assert comments
    assert all(comment in shown for comment in comments)
    assert "SOLUTION" not in shown


# Any file ----------------------------------------------------------------------------------------


def test_a_file_that_repeats_itself_takes_no_time() -> None:
    text = "def mean(numbers):\n" + "    total = sum(numbers)\n" * 4_000
    started = time.process_time()  # other work on the machine costs it nothing
    compared(text, "mean")
    compared("class C: pass\n" * 10_000, "mean")
    compared("".join(f"class C{i}: pass\n" for i in range(10_000)), "mean")
    assert time.process_time() - started < 20


@settings(max_examples=150)
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
    for part in compare(text, SOLVED[tier], STUBS[tier], parts):
        if part.state is State.SAME:
            continue
        (alone,) = compare("", SOLVED[tier], STUBS[tier], [part.name])
        assert set(theirs(part).splitlines()) <= set(theirs(alone).splitlines())
        if part.state is State.DIFFERENT:
            assert any(not change.same for group in part.groups for change in group)
