"""How a training can end badly, in a learner's words: what came, why it matters, what to try.

A learner's exception gets the words, and the lines of their code alone, that the checks give it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from checks.engine.course.verdict import Frame, LearnersError, Status, Verdict
from checks.engine.sandbox.client import MAX_FRAMES, MAX_MESSAGE, Sandbox
from checks.engine.sandbox.solution import Submission
from checks.engine.sandbox.translation import translated, worded
from checks.engine.training.supervisor import Event
from checks.mistakes import CATALOGUE

# For what is no exception: what was expected, why it matters, what to try.
WORDS = {
    "broken": (
        "Losses that stay finite numbers.",
        "From the first NaN on every weight is NaN, and no later epoch brings it back.",
        "Try a smaller --learning-rate. Then look for a logarithm or a division of your own: "
        "F.binary_cross_entropy stays finite at scores of exactly 0 and 1.",
    ),
    "storage": (
        "A place to write to.",
        "A training that can't be kept would be lost with its process.",
        "Make room, or name another folder in GAN_KIT_RUNS; then go on with --resume.",
    ),
    "unfit": (
        "What the stub's docstring promises.",
        "The training hands one part's results to the next.",
        "The checks look at each part by itself and say more.",
    ),
    "nothing": (
        "A generator, a discriminator and the history of their losses.",
        "Without a generator there is nothing to make images with.",
        "Compare the line `return …` with the stub's Returns.",
    ),
}


def unwritten(event: Event, solutions: Path) -> str:
    """The part that training needs and that is still to be written; "" if it is not that."""
    error = error_of(event, solutions)
    if error is None or "NotImplementedError" not in error.bases or not error.raised_by_learner:
        return ""
    file, line, function = error.frames[-1]
    part = Submission(solutions, Sandbox()).part_at(file, line) or function
    return f"{part} in {Path(file).name}"


def verdict_of(event: Event, solutions: Path, epoch: int) -> Verdict:
    """The bad end of a training, as the screen shows a check that is wrong."""
    kind, error = str(event.get("kind", "")), error_of(event, solutions)
    came, status = str(event["problem"]), Status.ERROR
    expected, why, hint = WORDS.get(kind, ("A training that goes through.", "", ""))
    mistake = ""
    if error is not None:
        described = event["error"]
        expected = "A training that goes through; instead your code raised an exception."
        came = worded(error)
        if described.get("status") == "memory":
            status, came = Status.MEMORY, "Your code asked for more memory than there is."
            why = "What is kept of each batch adds up over an epoch."
            hint = "Look for a list that grows with tensors: keep loss.item(), not the loss."
        elif described.get("status") == "exit":
            came, expected = "Your code called exit and ended the program.", "A return value."
            why = "Whoever calls train_gan goes on after it."
            hint = "Return from the function instead, and keep exit for the main block."
        else:
            plain = translated(error, "advanced", Submission(solutions, Sandbox()).scene(error))
            why, hint = plain.why, plain.hint
            known = CATALOGUE.get(plain.mistake_id)
            mistake = known.name if known else ""
    return Verdict(
        check="train",
        tier="advanced",
        title=f"Training, epoch {epoch + 1}" if kind != "nothing" else "Training",
        points=0,
        status=status if kind == "exception" else Status.FAILED,
        expected=expected,
        came=came.strip(),
        why=why,
        hint=hint,
        mistake=mistake,
        frames=frames_of(error, solutions),
    )


def lost(how: str, epoch: int) -> Verdict:
    """The process was gone without an end."""
    return Verdict(
        check="train",
        tier="advanced",
        title=f"Training, epoch {epoch + 1}",
        points=0,
        status=Status.CRASHED,
        expected="A training that goes through.",
        came=f"The process that trained broke down: {how}.",
        why="Python code alone does not do that: a call into the system or a C library does, or "
        "the system itself when its memory runs out.",
        hint="Look for os._exit, os.kill or ctypes; and watch how much memory the training takes.",
    )


def error_of(event: Event, solutions: Path) -> LearnersError | None:
    """The learner's exception of an event, checked: code that nobody vouches for wrote it."""
    found = event.get("error")
    if not isinstance(found, dict):
        return None
    frames = []
    try:
        for name, line, function in found["frames"][:MAX_FRAMES]:
            file = solutions / str(name)
            if file.resolve().is_relative_to(solutions) and file.is_file():
                frames.append((str(file), int(line), str(function)[:100]))
        return LearnersError(
            type=str(found["type"])[:100],
            message=str(found["message"])[:MAX_MESSAGE],
            bases=tuple(str(base)[:100] for base in found["bases"][:MAX_FRAMES]),
            frames=tuple(frames),
            raised_by_learner=found["raised_by_learner"] is True and bool(frames),
        )
    except (KeyError, TypeError, ValueError):
        return None


def frames_of(error: LearnersError | None, solutions: Path) -> tuple[Frame, ...]:
    """The learner's own lines, with their text."""
    submission = Submission(solutions, Sandbox())
    frames: list[Frame] = []
    for file, line, function in error.frames if error else ():
        lines = submission.text(Path(file)).splitlines()
        source: Any = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        frames.append(Frame(file, line, function, source[:200]))
    return tuple(frames)
