"""How `train` ends other than well, and what of it is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from checks.engine.commands.common import INTERRUPTED, NOT_ALL
from checks.engine.course.next_step import command
from checks.engine.errors import RunError
from checks.engine.files import remove
from checks.engine.paths import short
from checks.engine.training import run_store
from checks.engine.training.failures import lost, unwritten, verdict_of
from checks.engine.training.request import Request
from checks.engine.training.supervisor import Event, note

if TYPE_CHECKING:
    from checks.engine.ui.training_screen import TrainingScreen


def stopped(request: Request) -> int:
    """Ctrl-C: say what is kept, and how to go on."""
    from checks.engine.ui.training_screen import TrainingScreen, make_console

    screen, folder = TrainingScreen(make_console()), Path(request.folder)
    note(folder, "stopped")
    epoch = reached_by(folder)
    if epoch or request.resume:
        screen.say(f"Stopped. Kept in {place(folder)}: {counted(epoch)}.")
        screen.next(f"go on from there:\n  {command(f'train --resume {folder.name}')}")
    else:
        discard(request)
        screen.say("Stopped before the first epoch was over, so nothing is kept.")
    return INTERRUPTED


def failed(request: Request, screen: TrainingScreen, last: Event, epoch: int) -> int:
    """The learner's code did not go through, or its results can't be kept."""
    solutions, folder = Path(request.solutions), Path(request.folder)
    mine = command("advanced", None if request.code == "exercises" else request.code)
    if part := unwritten(last, solutions):
        if epoch == 0:
            discard(request)
        screen.notice(f"Training needs {part}, which is still to be written.")
        screen.next(f"write it, and check it:\n  {mine}")
        return NOT_ALL
    screen.show_mistake(verdict_of(last, solutions, epoch))
    say_kept(screen, folder, epoch)
    if last.get("kind") == "storage":
        screen.next(f"make room, then go on:\n  {command(f'train --resume {folder.name}')}")
    else:
        screen.next(f"fix it; the checks may say more:\n  {mine}")
    return NOT_ALL


def broken_off(request: Request, screen: TrainingScreen, last: Event, epoch: int) -> int:
    """The process that trained has gone without a word."""
    folder, verdict = Path(request.folder), lost(str(last["how"]), epoch)
    note(folder, "failed", verdict.came)
    screen.show_mistake(verdict)
    say_kept(screen, folder, epoch)
    if epoch:
        screen.next(f"go on from there:\n  {command(f'train --resume {folder.name}')}")
    return NOT_ALL


def say_kept(screen: TrainingScreen, folder: Path, epoch: int) -> None:
    """What is there of a run that ended badly."""
    screen.say(f"Kept in {place(folder)}: {counted(epoch)}, and what your code printed.")


def discard(request: Request) -> None:
    """Remove the folder of a new run that has nothing in it."""
    if not request.resume and reached_by(Path(request.folder)) == 0:
        remove(Path(request.folder))


def reached_by(folder: Path) -> int:
    """The last whole epoch of a run; 0 where nothing can be read."""
    try:
        return int(run_store.read(folder).state["epoch"])
    except RunError:
        return 0


def counted(epochs: int) -> str:
    """So many epochs, in words."""
    return "1 epoch" if epochs == 1 else f"{epochs or 'no'} epochs"


def said_time(seconds: float) -> str:
    """A time in words."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def place(path: Path) -> str:
    """A path from here, or as it is."""
    shown = short(path)
    return shown if shown != path.name else str(path)
