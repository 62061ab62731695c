"""How a check can end early: the one family of exceptions that a check function raises.

`runner/verdicts.py` turns each into a `Verdict`. Anything else that a check raises is the kit's
own fault (`infra`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from checks.engine.course.verdict import Further, LearnersError, Status
from checks.mistakes import CATALOGUE, Mistake


class CheckEndedError(Exception):
    """A check that ends without having passed; `str()` is what plain pytest shows."""

    status = Status.INFRA

    def __init__(
        self,
        came: str,
        *,
        expected: str = "",
        why: str = "",
        hint: str = "",
        awaited: str = "",
        mistake: Mistake | None = None,
        further: Iterable[Further] = (),
        error: LearnersError | None = None,
        output: str = "",
        subject: str = "",
        blamed: tuple[str, str] = ("", ""),
    ) -> None:
        self.came, self.expected, self.why, self.hint = came, expected, why, hint
        self.awaited, self.subject = awaited, subject
        self.blamed = blamed  # (tier, part), where it is another part than the check is about
        self.mistake, self.error, self.output = mistake, error, output
        self.further = tuple(further)
        parts = [mistake.name if mistake else "", expected and f"Expected: {expected}"]
        parts += [(expected and f"What came: {came}") or came, why and f"Why it matters: {why}"]
        parts += [hint and f"Try: {hint}"]
        super().__init__("\n".join(filter(None, parts)))


class WrongError(CheckEndedError):
    """The evidence says no, and the diagnosis says why."""

    status = Status.FAILED


class NotWrittenError(CheckEndedError):
    """The part that the check is about is still a stub."""

    status = Status.TODO


class WaitsError(CheckEndedError):
    """Another part, which the check needs, is still a stub."""

    status = Status.BLOCKED


class LearnersCodeError(CheckEndedError):
    """The learner's code raised an exception."""

    status = Status.ERROR


class OverTimeError(CheckEndedError):
    """The learner's code did not end in time."""

    status = Status.TIMEOUT


class OverMemoryError(CheckEndedError):
    """The learner's code wanted more memory than there is for it."""

    status = Status.MEMORY


class CrashedError(CheckEndedError):
    """The child ended, or answered with something other than evidence."""

    status = Status.CRASHED


class NoFileError(CheckEndedError):
    """The tier's file was not handed in."""

    status = Status.MISSING


def wrong(
    mistake_id: str,
    *,
    expected: str,
    came: str,
    further: Iterable[tuple[str, str]] = (),
    blamed: tuple[str, str] = ("", ""),
) -> NoReturn:
    """End the check with a named mistake: the catalogue says why it matters and what to try.

    `further` holds the id of every other mistake that the same evidence shows, with what came.
    `blamed` is the (tier, part) to look at, where that is not the part that the check is about.
    """
    mistake = CATALOGUE[mistake_id]
    raise WrongError(
        came,
        expected=expected,
        why=mistake.why,
        hint=" ".join(mistake.hints[:2]),
        mistake=mistake,
        further=[Further(name, CATALOGUE[name].name, said) for name, said in further],
        blamed=blamed,
    )
