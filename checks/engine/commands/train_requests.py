"""What `train` asks of the worker: a new run, or one that goes on; and what is refused."""

from __future__ import annotations

import argparse
import difflib
import time
from pathlib import Path

from checks.engine.commands.common import folder as folder_of
from checks.engine.commands.common import reference
from checks.engine.commands.common import solutions as solutions_of
from checks.engine.course.next_step import command
from checks.engine.errors import UsageError
from checks.engine.learner.learners_file import obstacle
from checks.engine.paths import KIT, REFERENCE
from checks.engine.training import run_store
from checks.engine.training.recipes import known_recipes
from checks.engine.training.request import Request
from checks.engine.training.run_lock import PAUSE, TRIES

# What a run that is resumed has settled already, and what a recipe has.
SETTLED = (
    "solutions", "recipe", "data", "images", "batch_size", "learning_rate", "latent_dim", "seed",
    "device", "name",
)  # fmt: skip
OF_RECIPES = ("solutions", "learning_rate", "latent_dim")


class NothingLeftError(Exception):
    """The run is finished; the text says so, and how to prolong it."""


def refuse_clashes(options: argparse.Namespace) -> None:
    """See that the options go together.

    Raises:
        UsageError: two of them don't.
    """
    given = {name for name, value in vars(options).items() if value not in (None, False)}

    def clash(first: str, names: tuple[str, ...], why: str) -> None:
        for name in names:
            if first in given and name in given:
                raise UsageError(f"--{first} and --{name.replace('_', '-')}: {why}")

    clash("resume", SETTLED, "a run goes on as it began; leave the second one out.")
    clash("recipe", OF_RECIPES, "a recipe has its own; leave one of them out.")
    clash("snapshots", ("every",), "both say when samples are kept; leave one of them out.")


def to_begin(options: argparse.Namespace) -> Request:
    """The request for a new run, whose folder is there when this returns.

    Raises:
        UsageError: it can't begin.
    """
    module, code = "advanced", "recipe"
    if options.recipe:
        one_recipe(options.recipe)
        solutions, module = REFERENCE, "recipes"
    else:
        solutions = solutions_of(options)
        inside = solutions.parent == KIT and solutions.name in ("exercises", "reference")
        code = solutions.name if inside else str(solutions)
        if problem := obstacle(solutions, module):
            raise UsageError(f"{problem} That is the file that is trained.")
    data = folder_of(options.data, "--data") if options.data else None
    name = options.name or next_name(options.recipe or solutions.name)
    return Request(
        folder=str(new_folder(name)),
        solutions=str(solutions),
        module=module,
        code=code,
        recipe=options.recipe,
        epochs=options.epochs,
        batch_size=options.batch_size,
        latent_dim=options.latent_dim,
        learning_rate=options.learning_rate,
        seed=options.seed or 0,
        snapshots=options.snapshots or (),
        every=options.every,
        device=options.device or "auto",
        data=str(data) if data else None,
        images=options.images,
        tensorboard=options.tensorboard,
    )


def next_name(stem: str) -> str:
    """A name that no run has: what is trained, and a number."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in stem)
    plain = plain.strip("-_")[:50] or "run"
    taken = [0]
    for path in run_store.RUNS.glob(f"{plain}-*"):
        number = path.name.removeprefix(f"{plain}-")
        taken.append(int(number) if number.isdecimal() and len(number) < 9 else 0)
    return f"{plain}-{max(taken) + 1}"


def new_folder(name: str) -> Path:
    """A run's folder, made here.

    Raises:
        UsageError: the name won't do or is taken, or the folder can't be made.
    """
    if not run_store.NAME.fullmatch(name):
        raise UsageError(
            f"--name {name}: a run's name is one word of letters, digits, '-', '_' and '.'."
        )
    folder = run_store.RUNS / name
    try:
        run_store.RUNS.mkdir(parents=True, exist_ok=True)
        folder.mkdir()
    except OSError as error:
        if not folder.is_dir():
            why = (error.strerror or type(error).__name__).lower()
            raise UsageError(f"No run can be kept in {run_store.RUNS}: {why}.") from None
        raise UsageError(
            f"--name {name}: there is a run of this name; choose another, or go on with it: "
            f"{command(f'train --resume {name}')}"
        ) from None
    return folder


def to_resume(options: argparse.Namespace) -> Request:
    """The request to go on with a run.

    Raises:
        UsageError: it can't go on.
        NothingLeftError: it is finished.
    """
    run = found(options.resume)
    reached, wanted = run.state["epoch"], options.epochs or run.configuration["epochs"]
    again = f"train --resume {run.name}"
    if run.state["state"] == "finished" and wanted <= reached:
        raise NothingLeftError(
            f"The run {run.name} is finished: {reached} epochs of {wanted}. This prolongs it:\n"
            f"  {command(f'{again} --epochs {reached * 2}')}"
        )
    if reached == 0 and not (run.folder / "last.pt").exists():
        raise UsageError(
            f"The run {run.name} has no whole epoch to go on from; begin a new one: "
            f"{command('train')}"
        )
    code = run.configuration["code"]
    module = "recipes" if code == "recipe" else "advanced"
    own = {"recipe": "reference", "exercises": "exercises", "reference": "reference"}
    solutions = KIT / own[code] if code in own else Path(code)
    if not solutions.is_dir():
        raise UsageError(f"The run {run.name} trains code in {code}, and that folder is gone.")
    return Request(
        folder=str(run.folder),
        solutions=str(solutions),
        module=module,
        code=code,
        recipe=run.configuration["recipe"],
        resume=True,
        epochs=options.epochs,
        snapshots=options.snapshots or (),
        every=options.every,
        tensorboard=options.tensorboard,
    )


def found(name: str) -> run_store.Run:
    """The run of this name that nobody trains.

    Raises:
        RunError: there is none, or it is broken.
        UsageError: somebody trains it.
    """
    for _ in range(TRIES):  # one that was killed may take a moment to be gone
        run = run_store.find(name)
        if run.state["state"] != "running":
            return run
        time.sleep(PAUSE)
    raise UsageError(f"The run {run.name} is being trained by another process.")


def one_recipe(name: str) -> None:
    """See that there is a recipe of this name.

    Raises:
        UsageError: there is none.
    """
    reference()
    if name not in (known := list(known_recipes())):
        near = difflib.get_close_matches(name, known, n=1)
        guess = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
        raise UsageError(f"There is no recipe {name!r}; {guess}")
