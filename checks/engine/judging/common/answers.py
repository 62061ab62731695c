"""How the learner's choices in ANSWERS are judged."""

from __future__ import annotations

from checks.engine.course.check_errors import NotWrittenError, WrongError
from checks.engine.course.questions import key, tier_questions
from checks.engine.sandbox.solution import Solution
from checks.mistakes import CATALOGUE

OPEN = "?"


def judge_answers(solution: Solution) -> None:
    """End the check unless every question is answered correctly.

    A wrong choice is named, with its text, and the right one is not.
    """
    right = key(solution.tier)
    given = solution.probe("value", name="ANSWERS")
    texts = {question.name: question for question in tier_questions(solution.tier)}
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
