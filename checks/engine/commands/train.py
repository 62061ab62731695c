"""`python run_checks.py train`: train your GAN on handwritten digits, with your own train_gan.

Samples, losses, networks and optimizers are kept under runs/NAME at the end of each epoch, so that
Ctrl-C costs one epoch at most: --resume NAME goes on from there, for the epochs that are left. At
the end you see samples, how good they are, and where the report is.

MNIST is downloaded once; without a network, digits that the kit draws itself stand in for it.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from checks.engine.commands.common import PASSED
from checks.engine.commands.train_ends import (
    broken_off,
    counted,
    discard,
    failed,
    place,
    said_time,
    stopped,
)
from checks.engine.commands.train_requests import (
    NothingLeftError,
    refuse_clashes,
    to_begin,
    to_resume,
)
from checks.engine.course.next_step import command
from checks.engine.errors import InfraError, ReportError, RunError, ScoreError, UsageError
from checks.engine.training import run_store, tensorboard
from checks.engine.training.request import DEFAULT_EPOCHS, Request
from checks.engine.training.supervisor import Event, Supervisor

if TYPE_CHECKING:
    from checks.engine.ui.training_screen import TrainingScreen

EXAMPLES = (
    ("python run_checks.py train", "your advanced.py, on all of MNIST"),
    ("python run_checks.py train --epochs 5 --images 8000", "a short one"),
    ("python run_checks.py train --recipe tuned", "a GAN to compare yours with"),
    ("python run_checks.py train --resume exercises-1", "go on where it stopped"),
)
MOST = 10_000_000
PREVIEWED = 10  # images
Value = TypeVar("Value", int, float)


# The words ----------------------------------------------------------------------------------------


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to train, on what, how long, and where it is kept."""
    add = parser.add_argument
    add("--resume", metavar="RUN", help="go on with this run where it stopped")
    add("--recipe", metavar="RECIPE", help="train one of the kit's recipes instead of your code")
    add("--epochs", type=whole, metavar="N",
        help=f"times through all images (default: {DEFAULT_EPOCHS}, or the recipe's)")  # fmt: skip
    add("--images", type=whole, metavar="N", help="train on the first N images (default: all)")
    add("--name", metavar="NAME", help="what to call the run (default: exercises-1, and so on)")
    add = parser.add_argument_group("Samples").add_argument
    add("--snapshots", type=epochs, metavar="N,N", help="keep samples after these epochs")
    add("--every", type=whole, metavar="N", help="keep samples after every N epochs")
    add("--tensorboard", action="store_true", help="log for TensorBoard too, where it is installed")
    add = parser.add_argument_group("Settings").add_argument
    add("--batch-size", type=whole, metavar="N", help="images in a batch (default: 64)")
    add("--learning-rate", type=positive, metavar="X", help="of both optimizers (default: 0.0005)")
    add("--latent-dim", type=whole, metavar="N", help="numbers in a latent vector (default: 100)")
    add("--seed", type=seed, metavar="N", help="same seed, same run (default: 0)")
    add("--device", choices=("auto", "cpu", "cuda", "mps"), metavar="DEVICE",
        help="cpu, cuda or mps (default: the fastest that is there)")  # fmt: skip
    add = parser.add_argument_group("For teachers and other data").add_argument
    add("--solutions", metavar="DIR", help="train the code in this folder (default: exercises)")
    add("--data", metavar="DIR", help="folder with MNIST, instead of a download")


def number(kind: Callable[[str], Value], least: float, what: str) -> Callable[[str], Value]:
    """An argparse type: a finite number that is large enough."""

    def read(text: str) -> Value:
        try:
            value = kind(text)
        except ValueError:
            value = kind("-1")
        if not (math.isfinite(value) and least <= value <= MOST):
            raise argparse.ArgumentTypeError(f"{text} is not {what}")
        return value

    return read


whole = number(int, 1, "a whole number from 1 on")
seed = number(int, 0, "a whole number from 0 on")
positive = number(float, 1e-12, "a number above 0")


def epochs(text: str) -> tuple[int, ...]:
    """Epochs with commas between them, as an argparse type."""
    return tuple(sorted({whole(part.strip()) for part in text.split(",")}))


# The training -------------------------------------------------------------------------------------


def run(options: argparse.Namespace) -> int:
    """Train, show it as it goes on, and say what became of it."""
    refuse_clashes(options)
    if options.tensorboard and not tensorboard.is_there():
        raise UsageError(tensorboard.MISSING)
    try:
        request = to_resume(options) if options.resume else to_begin(options)
    except NothingLeftError as nothing:
        from checks.engine.ui.screen import Screen, make_console

        Screen(make_console()).notice(str(nothing))
        return PASSED
    return carried_out(request)


def carried_out(request: Request) -> int:
    """Have it trained, and show what comes of it; the exit status."""
    try:
        with Supervisor() as supervisor:  # it loads PyTorch while the screen is made up
            from checks.engine.ui.training_screen import TrainingScreen, make_console

            with TrainingScreen(make_console()) as screen:
                screen.loading()
                reached: list[int] = []
                last = followed(supervisor, request, screen, reached)
            words = supervisor.last_line
    except KeyboardInterrupt:
        return stopped(request)
    if last["event"] == "end" and last["state"] == "finished":
        return finished(request, screen)
    if last["event"] == "end":
        return failed(request, screen, last, max(reached, default=0))
    if last["event"] == "lost" and reached:
        return broken_off(request, screen, last, max(reached))
    discard(request)
    if last["event"] == "usage":
        raise UsageError(last["text"])
    how = words or last.get("how", "")
    raise InfraError(last.get("text") or f"The training did not start: {how}.")


def followed(
    supervisor: Supervisor, request: Request, screen: TrainingScreen, reached: list[int]
) -> Event:
    """Show the events as they come; the last one.

    `reached` gets the number of each epoch that is over, 0 first, once the training has begun.
    """
    last: Event = {}
    for last in supervisor.events(request):
        screen.event(last)
        if last["event"] == "begin":
            reached.append(last["done"])
        if last["event"] == "epoch":
            reached.append(last["epoch"])
            supervisor.keep_output()
    return last


# How it ended -------------------------------------------------------------------------------------


def finished(request: Request, screen: TrainingScreen) -> int:
    """The run is done: look at it."""
    run = run_store.read(Path(request.folder))
    done = f"{counted(run.state['epoch'])} in {said_time(run.state['seconds'])}"
    screen.say(f"Done: {done}, kept in {place(run.folder)}.", "bold green")
    look_at(run, screen)
    return PASSED


def look_at(run: run_store.Run, screen: TrainingScreen) -> None:
    """Show samples, score them, write the report, and say what to do next."""
    from checks.engine.quality import score_run
    from checks.engine.report import write_report
    from checks.engine.ui.preview import preview

    files = run_store.samples(run)
    try:
        if files:
            screen.show(preview(run_store.load_samples(files[max(files)])["grid"][:PREVIEWED]))
            scores = score_run(run, screen.measuring)
            screen.close()
            screen.say(said_scores(scores))
        screen.say(f"Report: {place(write_report(run))}")
    except (RunError, ScoreError, ReportError) as error:
        screen.close()
        screen.notice(str(error))
    screen.next(
        f"look at it in a browser, and compare it:\n"
        f"  {command(f'report {run.name} --open')}\n  {command(f'score {run.name}')}"
    )


def said_scores(scores: dict[str, Any]) -> str:
    """How good the last samples are, beside what real images and no training come to."""
    last = scores["epochs"][max(scores["epochs"], key=int)]
    others = scores["calibration"]
    return (
        f"{last['n_digits']} of the ten digits can be recognized. Fréchet distance: "
        f"{last['frechet']:.1f} (real images {others['real']['frechet']:.1f}, untrained "
        f"{others['untrained']['frechet']:.1f}); the smaller, the better."
    )
