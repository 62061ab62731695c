"""Questions and their reasons: as the reference holds them, and as a wrong choice hears them."""

from __future__ import annotations

import contextlib
import io
import sys

import pytest

from checks.engine.course.questions import (
    Answer,
    Question,
    answers,
    questions,
    tier_answers,
    tier_questions,
)
from checks.engine.paths import tiers
from checks.engine.ui.dialogue import Dialogue, StoppedError
from checks.engine.ui.quiz_screen import ask
from checks.engine.ui.screen_text import make_console

EVERY = [
    pytest.param(question, tier_answers(tier)[question.name], id=f"{tier}-{question.name}")
    for tier in tiers()
    for question in tier_questions(tier)
]


# What a wrong choice hears ------------------------------------------------------------------------


def heard(
    monkeypatch: pytest.MonkeyPatch, question: Question, answer: Answer, letters: str
) -> tuple[list[str], list[str]]:
    """What is said after each letter, as one line each, and what was kept."""
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{letter}\n" for letter in letters)))
    monkeypatch.setenv("COLUMNS", "100")
    kept: list[str] = []

    def keep(name: str, letter: str) -> None:
        assert name == question.name
        kept.append(letter)

    with contextlib.suppress(StoppedError):
        ask(Dialogue(make_console(out)), question, answer, keep)
    _, *after = out.getvalue().split("Your choice (a-d, s, q): ")
    return [" ".join(text.split())[1:].strip() for text in after], kept


@pytest.mark.parametrize(("question", "answer"), EVERY)
def test_a_first_wrong_choice_does_not_give_the_right_one_away(
    question: Question, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for letter in question.choices:
        if letter == answer.letter:
            continue
        (first, *_), kept = heard(monkeypatch, question, answer, letter)
        assert kept == [letter]
        assert first.startswith(f"✗ Not {letter}). ")
        assert answer.against[letter] in first
        for other in question.choices:
            assert f"{other})" not in first.removeprefix(f"✗ Not {letter}).")
        assert question.choices[answer.letter].rstrip(".") not in first
        assert answer.why not in first


@pytest.mark.parametrize(("question", "answer"), EVERY)
def test_a_second_wrong_choice_hears_the_reason_and_the_choice_stays_open(
    question: Question, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other, third = (each for each in question.choices if each != answer.letter)
    said, kept = heard(monkeypatch, question, answer, one + other + third + answer.letter)
    assert kept == [one, other, third, answer.letter]
    assert answer.why in said[1]
    assert f"{answer.letter})" not in said[1]
    assert answer.why not in said[2]
    assert said[3].endswith("✓ Right.")
    said, _ = heard(monkeypatch, question, answer, answer.letter)
    assert said == [f"✓ Right. {answer.why}"]


@pytest.mark.parametrize(("question", "answer"), EVERY)
def test_every_wrong_choice_has_its_reason(question: Question, answer: Answer) -> None:
    assert sorted([*answer.against, answer.letter]) == list(question.choices)
    for letter, text in answer.against.items():
        assert text.endswith((".", "?"))
        assert text not in question.choices.values(), letter
    assert len(set(answer.against.values())) == len(answer.against)


# The format in the reference ----------------------------------------------------------------------

SOURCE = """
# Question "why": Why is
# that so?
#   a) Because
#      it is.
#   b) Because it is not.

ANSWERS = {
    # It is
    # so.
    #   b) No:
    #      it is.
    "why": "a",
    "bare": "b",
}
"""


def test_reasons_are_read_from_the_comments_above_an_entry() -> None:
    assert questions(SOURCE) == [
        Question("why", "Why is that so?", {"a": "Because it is.", "b": "Because it is not."})
    ]
    assert answers(SOURCE) == {
        "why": Answer("a", "It is so.", {"b": "No: it is."}), "bare": Answer("b"),
    }  # fmt: skip
    assert answers("x = 1") == {}


def test_a_reference_without_reasons_can_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    question = Question("bare", "Why?", {"a": "So.", "b": "Or so.", "c": "No.", "d": "Yes."})
    said, _ = heard(monkeypatch, question, Answer("b"), "acb")
    assert said[0] == "✗ Not a). The lesson at the top of the file tells otherwise."
    assert said[2].endswith("✓ Right.")
