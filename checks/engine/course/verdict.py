"""What the kit says about one check: the dataclasses that travel from judge to screen.

A `Verdict` is the only thing that the judge sends to the screen, to the JSON report and to the
JUnit report, so everything that a learner reads about a check is in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

import msgspec

# How a check stands on the code as it is now: see `learner.progress`.
State = Literal["passed", "failed", "changed", "todo", "unchecked", "blocked"]


class Status(str, Enum):
    """How a check ended."""

    PASSED = "passed"  # right, perhaps with advice
    FAILED = "failed"  # the evidence says no, and the diagnosis says why
    TODO = "todo"  # still NotImplementedError: not started, not red
    BLOCKED = "blocked"  # needs something unfinished, which is named
    ERROR = "error"  # the learner's own exception
    TIMEOUT = "timeout"  # over the wall-clock limit
    MEMORY = "memory"  # over the memory limit
    CRASHED = "crashed"  # the process ended without an answer
    MISSING = "missing"  # no such file was handed in
    INFRA = "infra"  # the kit's own fault: loud, and never counted as a zero

    @property
    def is_open(self) -> bool:
        """Not done yet, and nobody's mistake."""
        return self in (Status.TODO, Status.BLOCKED)

    @property
    def is_wrong(self) -> bool:
        """Something for the learner to fix."""
        return not self.is_open and self not in (Status.PASSED, Status.INFRA)


@dataclass(frozen=True)
class Frame:
    """One line of the learner's own code.

    `file` is an absolute path, `line` counts from 1, `source` is that line's text, stripped.
    `column` counts from 1 in `source`, where Python points at a place in it; 0 where it doesn't.
    In a notebook `line` counts within the `cell`, and that from 1; 0 for a file of Python.
    """

    file: str
    line: int
    function: str
    source: str
    column: int = 0
    cell: int = 0


@dataclass(frozen=True)
class LearnersError:
    """An exception that the learner's code ended with; `frames` are (file, line, function).

    `column` is where in the last frame's line Python points at, counted from 1; 0 for nowhere.
    """

    type: str
    message: str
    bases: tuple[str, ...] = ()
    frames: tuple[tuple[str, int, str], ...] = ()
    raised_by_learner: bool = False
    column: int = 0


@dataclass(frozen=True)
class Exhibit:
    """Evidence as a small table: what was seen, beside what should have been.

    `heads` and every row are equally long; a row's first cell says what the row is about. `note`
    is a sentence below the table.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        if any(len(row) != len(self.heads) for row in self.rows):
            raise ValueError("a row is longer or shorter than the heads")


@dataclass(frozen=True)
class Further:
    """A second mistake that the same evidence shows: its id, its name, and what came of it."""

    mistake_id: str
    mistake: str
    came: str


@dataclass(frozen=True)
class StandIn:
    """A tier of the reference's, taken in the place of the learner's, and why."""

    tier: str
    reason: str


@dataclass(frozen=True)
class Verdict:
    """The end of one check, in words.

    Text fields are plain sentences (no markup); any of them may be empty. `expected`, `came`,
    `why` and `hint` are there for everything that `is_wrong`; `came` alone says what is missing
    for a to-do and what it waits for when blocked. `frames` is the learner's traceback, outermost
    first; `location` is where the checked function stands in the learner's file. `subject` is there
    where it is the file that is wrong and not what the check is about: all checks of its tier end
    the same way then.
    """

    check: str  # e.g. "test_beginner.py::test_shape": the pytest node, for --json and re-runs
    tier: str
    title: str
    points: int
    status: Status
    expected: str = ""
    came: str = ""
    why: str = ""
    hint: str = ""
    awaited: str = ""  # what a blocked check waits for: a part, and the file it belongs to
    mistake: str = ""  # the catalogue's name of the mistake, e.g. "Gradients never cleared"
    mistake_id: str = ""  # its id, for reports
    further: tuple[Further, ...] = ()  # other mistakes that were seen beside it
    exhibits: tuple[Exhibit, ...] = ()  # the evidence, also of a check that has passed
    advice: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()
    location: Frame | None = None
    output: str = ""  # what the learner's code printed, bounded; shown on request
    seconds: float = 0.0
    subject: str = ""  # the file, as a person names it
    stand_ins: tuple[StandIn, ...] = ()  # earlier tiers that were taken from the reference
    about: str = ""  # the learner's function, class or value that the check is about

    @property
    def earned(self) -> int:
        """Points for this check."""
        return self.points if self.status is Status.PASSED else 0

    def to_json(self) -> dict[str, Any]:
        """A dictionary that `json.dumps` takes."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Verdict:
        """The verdict back from `to_json`.

        Raises:
            msgspec.ValidationError: this is something else.
        """
        return msgspec.convert(data, cls)


@dataclass(frozen=True)
class Check:
    """A check that is about to run: what the judge has collected.

    `about` is the learner's function, class or value that it is about.
    """

    check: str
    tier: str
    title: str
    points: int
    about: str = ""
