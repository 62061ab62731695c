"""The multiple-choice questions: read from the reference's comments, compared with ANSWERS.

A question stands in the file as comment lines,

    # Question "why_tanh": Why does the generator end in tanh?
    #   a) …
    #   b) …

and the key is the reference's own ANSWERS, read without running the file.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from checks.engine.outcomes import NotWrittenError, WrongError
from checks.engine.sandbox import KIT
from checks.engine.solution import Solution
from checks.mistakes import CATALOGUE

OPEN = "?"


@dataclass
class Question:
    """One question: its name, its text, and the text of each choice by letter."""

    name: str
    text: str
    choices: dict[str, str] = field(default_factory=dict)


def questions(source: str) -> list[Question]:
    """The questions in a file's comments, in order."""
    found: list[Question] = []
    inside = False
    for line in source.splitlines():
        comment = re.match(r"#(?: (.*))?$", line)
        body = (comment.group(1) or "") if comment else ""
        head = re.match(r'Question "(\w+)": (.*)', body)
        choice = re.match(r"\s+([a-z])\) (.*)", body)
        if head:
            found.append(Question(head.group(1), head.group(2)))
            inside = True
        elif choice and inside:
            found[-1].choices[choice.group(1)] = choice.group(2)
        elif not body.strip():
            inside = False
        elif inside and not found[-1].choices:
            found[-1].text += " " + body.strip()
        elif inside:
            last = list(found[-1].choices)[-1]
            found[-1].choices[last] += " " + body.strip()
    return found


def key(tier: str) -> dict[str, str]:
    """The right letters, by question."""
    for node in ast.parse(_reference(tier)).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Name) and target.id == "ANSWERS":
            assert isinstance(node, ast.Assign)
            answers: dict[str, str] = ast.literal_eval(node.value)
            return answers
    raise ValueError(f"reference/{tier}.py holds no ANSWERS")


def judge_answers(solution: Solution) -> None:
    """End the check unless every question is answered, and rightly.

    A wrong choice is named, with its text, and the right one is not.
    """
    right = key(solution.tier)
    given = solution.probe("value", name="ANSWERS")
    texts = {question.name: question for question in questions(_reference(solution.tier))}
    if not isinstance(given, dict):
        _refuse("a dictionary with a letter for each question", "something else")
    missing = [name for name in right if given.get(name) in (None, "", OPEN)]
    lines = []
    for name in right:
        letter = given.get(name)
        if name in missing or letter == right[name]:
            continue
        choice = texts[name].choices.get(letter) if isinstance(letter, str) else None
        said = f"{letter}) {choice}" if choice else "a letter that is not among the choices"
        lines.append(f"{texts[name].text} You chose: {said}")
    if lines:
        _refuse(f"{len(right)} right answers", "\n".join(lines))
    if missing:
        raise NotWrittenError(
            f"Answer {len(missing)} question{'s' * (len(missing) > 1)} in "
            f"{solution.file()}: {', '.join(missing)}."
        )


def _refuse(expected: str, came: str) -> None:
    mistake = CATALOGUE["wrong-answer"]
    raise WrongError(
        came,
        expected=expected[0].upper() + expected[1:] + ".",
        why=mistake.why,
        hint=" ".join(mistake.hints[:2]),
        mistake=mistake,
    )


def _reference(tier: str) -> str:
    return (KIT / "reference" / f"{tier}.py").read_text(encoding="utf-8")
