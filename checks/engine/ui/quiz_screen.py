"""The quiz: a question is asked until it is right or skipped, an experiment is predicted once."""

from __future__ import annotations

from collections.abc import Callable

from checks.engine.course.questions import Answer, Question
from checks.engine.errors import InfraError
from checks.engine.ui.dialogue import Dialogue


def ask(
    dialogue: Dialogue,
    question: Question,
    answer: Answer,
    keep: Callable[[str, str], None],
    before: str = "",
) -> None:
    """Ask one question; `keep` is called with its name and every choice that is made.

    `before` is what the file says so far.

    The first wrong choice is told why it isn't it, the second hears the whole reason, which names
    no letter: the choice stays the learner's.
    """
    dialogue.question(question.text, question.choices)
    if before in question.choices and before != answer.letter:
        dialogue.under(f"Your file says {before}), and that is not it yet.")
    wrong = 0
    while letter := dialogue.choice("Your choice", question.choices):
        keep(question.name, letter)
        if letter == answer.letter:
            dialogue.tick("Right." if wrong > 1 else f"Right. {answer.why}")
            return
        wrong += 1
        against = answer.against.get(letter, "The lesson at the top of the file tells otherwise.")
        dialogue.cross(f"Not {letter}). {against}")
        if wrong == 2 and answer.why:
            dialogue.under(f"{answer.why} Which of the choices says so?")


def predict(dialogue: Dialogue, tier: str, seed: int) -> None:
    """Ask for the outcome of each of a tier's experiments, run it, and show what came out.

    Raises:
        InfraError: an experiment could not be run.
    """
    from checks.experiments import experiments, run

    found = experiments(tier)
    if not found:
        return
    dialogue.say("Predict, then see", "bold")
    dialogue.text(
        "What will come out? Say what you expect, and a small experiment runs. Predictions are not "
        "graded, and your file stays as it is."
    )
    for number, experiment in enumerate(found, 1):
        dialogue.heading(f"Prediction {number} of {len(found)}")
        dialogue.question(experiment.question, experiment.choices)
        letter = dialogue.choice("Your prediction", experiment.choices)
        if not letter:
            continue
        dialogue.working("Running the experiment …")
        try:
            outcome = run(experiment, seed)
        except Exception as error:
            kind = type(error).__name__
            said = f"An experiment of the kit could not be run ({kind}: {error})."
            raise InfraError(said) from error
        dialogue.table(outcome.shown)
        if outcome.letter not in experiment.choices:
            dialogue.cross("These numbers bear out none of the choices.")
            continue
        came = f"{outcome.letter}) {experiment.choices[outcome.letter]}"
        if letter == outcome.letter:
            dialogue.tick(f"As you predicted: {came}")
        else:
            dialogue.cross(f"You predicted {letter}). The numbers say: {came}")
        dialogue.under(experiment.why)
