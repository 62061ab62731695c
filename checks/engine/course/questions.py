"""The multiple-choice questions: read from the reference's comments, compared with ANSWERS.

A question stands in the file as comment lines,

    # Question "why_tanh": Why does the generator end in tanh?
    #   a) …
    #   b) …

and the key is the reference's own ANSWERS, read without running the file. Above each of its
entries stands why, and on choices of their own why each of the others isn't it:

    # With ranges that differ, D could tell fake from real by the range.
    #   b) …
    #   c) …
    "why_tanh": "a",
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from checks.engine.course.release import opened, this_release
from checks.engine.parsing import parsed
from checks.engine.paths import REFERENCE, STUBS

ANSWERS = "ANSWERS"  # the name of the choices in a file
COMMENT = re.compile(r"\s*#(?: (.*))?$")
CHOICE = re.compile(r"\s+([a-z])\) (.*)")


@dataclass
class Question:
    """One question: its name, its text, and the text of each choice by letter."""

    name: str
    text: str
    choices: dict[str, str] = field(default_factory=dict)


@dataclass
class Answer:
    """The right choice: its letter, why it is right, and by letter why another one isn't."""

    letter: str
    why: str = ""
    against: dict[str, str] = field(default_factory=dict)


def questions(source: str) -> list[Question]:
    """The questions in a file's comments, in order."""
    found: list[Question] = []
    inside = False
    for line in source.splitlines():
        body = _comment(line) if line.startswith("#") else ""
        head = re.match(r'Question "(\w+)": (.*)', body)
        if head:
            found.append(Question(head.group(1), head.group(2)))
            inside = True
        elif not body.strip():
            inside = False
        elif inside:
            found[-1].text = _read_on(found[-1].text, found[-1].choices, body)
    return found


def answers(source: str) -> dict[str, Answer]:
    """The right choices with their reasons, by question, from a reference's text.

    Empty where the file asks nothing: it holds no ANSWERS, or none that are plain text.
    """
    lines = source.splitlines()
    found: dict[str, Answer] = {}
    for number, name, letter in _entries(parsed(source)):
        answer = found[name] = Answer(letter)
        above = list(takewhile(COMMENT.match, reversed(lines[: number - 1])))
        for line in reversed(above):
            answer.why = _read_on(answer.why, answer.against, _comment(line))
    return found


def tier_questions(tier: str) -> list[Question]:
    """The questions of a tier."""
    return questions(reference_text(tier))


def tier_answers(tier: str) -> dict[str, Answer]:
    """The right choices of a tier with their reasons, by question."""
    if (release := this_release()) is None:
        return answers(reference_text(tier))
    found = {}
    for name, answer in release.answers.get(tier, {}).items():
        right, reasons = opened(release.salt, f"{tier} {name}", answer)
        found[name] = Answer(right, reasons.pop(right, ""), reasons)
    return found


def key(tier: str) -> dict[str, str]:
    """The right letters, by question."""
    found = {name: answer.letter for name, answer in tier_answers(tier).items()}
    if not found:
        raise ValueError(f"reference/{tier}.py holds no ANSWERS")
    return found


def _comment(line: str) -> str:
    """A comment line's text, indented as it stands after `# `."""
    comment = COMMENT.match(line)
    return (comment.group(1) or "") if comment else ""


def _read_on(text: str, choices: dict[str, str], body: str) -> str:
    """The text with one more comment line, which may start or go on with a choice instead."""
    if choice := CHOICE.match(body):
        choices[choice.group(1)] = choice.group(2)
    elif choices:
        choices[list(choices)[-1]] += " " + body.strip()
    else:
        return f"{text} {body.strip()}".strip()
    return text


def _entries(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """The entries of ANSWERS that are plain text: the key's line, key and value."""
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name("ANSWERS")], value=ast.Dict(names, letters)):
                for name, letter in zip(names, letters, strict=True):
                    match name, letter:
                        case ast.Constant(str(text)), ast.Constant(str(value)):
                            yield name.lineno, text, value


def reference_text(tier: str) -> str:
    """The text of a tier's reference solution; of its stub where there is none."""
    folder = REFERENCE if this_release() is None else STUBS
    return (folder / f"{tier}.py").read_text(encoding="utf-8")
