"""`python run_checks.py quiz [TIER]`: the questions of a tier, in the terminal.

Each choice is written into ANSWERS in your file as you make it. After the questions come small
experiments: you predict what will happen, they run, and the numbers decide.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from checks.engine.commands.common import NOT_ALL, PASSED, tier_names
from checks.engine.commands.common import solutions as solutions_of
from checks.engine.commands.common import tier as tier_of
from checks.engine.course.listing import course
from checks.engine.course.next_step import NextStep
from checks.engine.course.questions import ANSWERS, Question, tier_answers, tier_questions
from checks.engine.course.verdict import Status, Verdict
from checks.engine.errors import ByHandError
from checks.engine.learner.answers import check_writable, choices, write
from checks.engine.learner.progress import load as load_progress
from checks.engine.learner.recording import is_remembered, record
from checks.engine.learner.source import load
from checks.engine.paths import REFERENCE, short, tiers

if TYPE_CHECKING:
    from checks.engine.ui.dialogue import Dialogue

EXAMPLES = (
    ("python run_checks.py quiz", "the first tier with a question open or wrong"),
    ("python run_checks.py quiz beginner --again", "all questions of a tier once more"),
)

NO_EXPERIMENTS = (
    "The experiments run on the reference solutions, which are not in this kit; the questions are."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to ask, and whose file the answers go into."""
    add = parser.add_argument
    add("tier", nargs="?", type=tier_of, metavar="TIER",
        help=f"{tier_names()} (default: the first with a question open or wrong)")  # fmt: skip
    add("--again", action="store_true", help="ask also what you have answered correctly")
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--predict", action="store_true", help="only the experiments")
    either.add_argument("--no-predict", action="store_true", help="only the questions")
    add("--solutions", metavar="DIR", help="folder with your files (default: exercises)")
    add("--seed", type=_seed, default=0, metavar="N",
        help="run the experiments from this seed (default: 0)")  # fmt: skip


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a seed is a whole number from 0 on, not {text!r}")
    return int(text) % 2**32


def run(options: argparse.Namespace) -> int:
    """Ask, write, and say where the learner stands."""
    from checks.engine.ui.dialogue import Dialogue, StoppedError
    from checks.engine.ui.glance import standings_of, step
    from checks.engine.ui.quiz_screen import predict
    from checks.engine.ui.screen import make_console

    solutions = solutions_of(options)
    dialogue = Dialogue(make_console())
    tier = options.tier or _first_open(solutions)
    if not tier and not options.again and not options.predict:
        dialogue.say("The questions of every tier are answered correctly.")
        again = NextStep("ask them again", f"quiz {tiers()[0]} --again")
        dialogue.next(again, options.solutions)
        return PASSED
    tier = tier or tiers()[0]
    try:
        if not options.predict:
            _ask_all(dialogue, solutions, tier, options.again)
        if not options.no_predict and REFERENCE.is_dir():
            predict(dialogue, tier, options.seed)
        elif options.predict:
            dialogue.say(NO_EXPERIMENTS)
    except StoppedError:
        pass
    if options.predict:
        return PASSED
    asked, still_open = len(_asked(tier)), len(_open(solutions, tier))
    if asked:
        right = f"{asked - still_open} of {asked}"
        dialogue.say(f"{right} right in {short(solutions / f'{tier}.py')}.", "bold")
    if still_open:
        dialogue.next(NextStep("what is still open", f"quiz {tier}"), options.solutions)
        return NOT_ALL
    following = NextStep("the checks of this tier", tier)
    if asked and options.solutions is None and is_remembered(solutions):
        if notice := _count(solutions, tier):
            dialogue.say(notice)
        following = step(solutions, standings_of(solutions, course(), load_progress(solutions)))
    dialogue.next(following, options.solutions)
    return PASSED


def _count(solutions: Path, tier: str) -> str:
    """Remember that a tier's questions are answered; "", or why that is not remembered."""
    recording = record(solutions)
    checks = [each.check for each in recording.listed if each.about == ANSWERS]
    return recording.keep(
        [Verdict(**vars(each), status=Status.PASSED) for each in checks if each.tier == tier]
    )


def _ask_all(dialogue: Dialogue, solutions: Path, tier: str, again: bool) -> None:
    """Ask what is open in a tier, or `again` everything, and write each choice as it is made."""
    from checks.engine.ui.quiz_screen import ask

    asked, answers = _asked(tier), tier_answers(tier)
    to_ask = asked if again else _open(solutions, tier)
    if not asked:
        dialogue.say(f"There are no questions in the {tier} tier.")
    elif not to_ask:
        dialogue.say(f"All {len(asked)} questions of the {tier} tier are answered correctly.")
    if not to_ask:
        return
    file = short(solutions / f"{tier}.py")
    given = choices(load(solutions, tier))
    check_writable(solutions, tier)
    some = "all of them" if len(to_ask) == len(asked) else f"{len(to_ask)} of them"
    dialogue.say(f"The {tier} tier has {len(asked)} questions; you are asked {some}.", "bold")
    dialogue.text(
        "Type the letter of your choice and press Enter; s skips a question, q ends the quiz. "
        f"Each choice is written into {file} as you make it."
    )

    def keep(name: str, letter: str) -> None:
        right = answers[name].letter
        if given.get(name) == right != letter:  # asked again: what is right stays
            return
        try:
            write(solutions, tier, name, letter)
        except ByHandError as error:
            if letter == right:
                dialogue.by_hand(f'"{name}": "{letter}"', file, str(error))

    for number, question in enumerate(to_ask, 1):
        dialogue.heading(f"Question {number} of {len(to_ask)}")
        ask(dialogue, question, answers[question.name], keep, given.get(question.name, ""))


def _asked(tier: str) -> list[Question]:
    """A tier's questions; those whose answer the reference holds."""
    answers = tier_answers(tier)
    return [question for question in tier_questions(tier) if question.name in answers]


def _open(solutions: Path, tier: str) -> list[Question]:
    """The questions that the learner's file doesn't answer correctly."""

    asked, answers = _asked(tier), tier_answers(tier)
    given = choices(load(solutions, tier)) if asked else {}
    return [each for each in asked if given.get(each.name) != answers[each.name].letter]


def _first_open(solutions: Path) -> str:
    """The first tier with an open question; "" if there is none."""
    return next((tier for tier in tiers() if _open(solutions, tier)), "")
