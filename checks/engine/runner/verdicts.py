"""Where a verdict is made: from how a check ended to what the learner reads.

A check that raises nothing has passed. The errors in `course/check_errors.py` say what came;
anything else is the kit's own fault, unless the same check goes through on the reference.
"""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Any

import pytest

from checks.engine.course.check import described
from checks.engine.course.check_errors import CheckEndedError, CrashedError
from checks.engine.course.verdict import Frame, Status, Verdict
from checks.engine.paths import REFERENCE
from checks.engine.sandbox import client as sandbox
from checks.engine.sandbox.solution import Solution, Submission


def verdict_of(
    item: pytest.Item, view: Solution | None, ended: BaseException | None, seconds: float
) -> Verdict:
    """The verdict on a check that has just run.

    Args:
        item: the check, as pytest knows it.
        view: what it had in its hands; None where it did not even begin.
        ended: what it raised; None where it has passed.
        seconds: how long it took.
    """
    check = described(item)
    base = Verdict(**dataclasses.asdict(check), status=Status.PASSED, seconds=seconds)
    if view is not None:
        base = dataclasses.replace(
            base,
            advice=tuple(view.advice),
            exhibits=tuple(view.exhibits),
            output="".join(view.output),
            location=_location(view, view.tier, view.about),
            stand_ins=view.stand_ins,
        )
    if ended is None:
        return base
    if not isinstance(ended, CheckEndedError):
        text = f"{type(ended).__name__}: {ended}"[:500]
        if view is None or not works_on_the_reference(item, view):
            return dataclasses.replace(base, status=Status.INFRA, came=text, advice=())
        ended = CrashedError(
            f"What your code handed back is nothing that the check can look at ({text}).",
            expected="Values of the kind that the stub describes.",
            why="A check can only judge what it can read.",
            hint="Print what your function returns, and compare it with the stub's Returns.",
        )
    return dataclasses.replace(
        base,
        status=ended.status,
        came=ended.came,
        expected=ended.expected,
        why=ended.why,
        hint=ended.hint,
        awaited=ended.awaited,
        mistake=ended.mistake.name if ended.mistake else "",
        mistake_id=ended.mistake.id if ended.mistake else "",
        further=ended.further,
        subject=ended.subject,
        location=_location(view, *ended.blamed) if view and ended.blamed[1] else base.location,
        frames=_frames(view.submission, ended) if view else (),
        advice=(),
    )


@functools.cache
def reference(seed: int) -> Submission:
    """The reference under check, its answers kept."""
    return Submission(REFERENCE, sandbox.shared(), seed)


def works_on_the_reference(item: pytest.Item, view: Solution) -> bool:
    """Whether a check that broke goes through on the reference: then the kit is not to blame.

    A report can be made up, and an odd one may break a check; nobody gets out of a check that way.
    """
    assert isinstance(item, pytest.Function)
    try:
        item.obj(Solution(reference(view.seed), view.tier, view.about))
    except Exception:
        return False
    return True


def _location(view: Solution, tier: str, part: str) -> Frame | None:
    line = view.submission.line_of(tier, part)
    path = view.submission.folder / f"{tier}.py"
    return _frame(view.submission, path, line, part) if line else None


def _frames(submission: Submission, ended: CheckEndedError) -> tuple[Frame, ...]:
    if ended.error is None:
        return ()
    frames = [_frame(submission, Path(file), line, name) for file, line, name in ended.error.frames]
    if frames and ended.error.column:
        frames[-1] = pointed_at(frames[-1], submission, ended.error.column)
    return tuple(frames)


def _frame(submission: Submission, path: Path, line: int, function: str) -> Frame:
    return Frame(str(path), line, function, submission.line(path, line).strip()[:200])


def pointed_at(frame: Frame, submission: Submission, column: int) -> Frame:
    """The frame with the place in its line that Python points at, in a piece around it."""
    line = submission.line(Path(frame.file), frame.line)
    place = max(column - 1 - (len(line) - len(line.lstrip())), 0)
    source, cut = line.strip(), max(place - 60, 0)
    lead = "…" if cut else ""
    return dataclasses.replace(
        frame, source=(lead + source[cut:])[:200], column=place - cut + len(lead) + 1
    )


def plain_text(verdict: Verdict) -> str:
    """A verdict as plain pytest shows it."""
    rows = [verdict.subject or verdict.title, verdict.mistake and f"Mistake: {verdict.mistake}"]
    for label in ("expected", "came", "why", "hint"):
        text: Any = getattr(verdict, label)
        rows.append(text and f"{label.capitalize()}: {text}")
    rows += [f"Also: {other.mistake}. {other.came}" for other in verdict.further]
    rows += [f"{frame.file}:{frame.line}: {frame.source}" for frame in verdict.frames]
    return "\n".join(filter(None, rows))
