"""`python run_checks.py score [RUN]`: how good a training run's images are.

RUN is the name of one run: how many of the ten digits can be recognized in its images, and their
Fréchet distance, which compares the mean and the spread of what a small classifier sees in them and
in real ones. Real images, noise and the recipe minimal stand beside it. Without a name and with
several runs: all of them side by side, the best first, and the challenge to beat the recipes.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from checks.engine.commands.common import PASSED
from checks.engine.course.next_step import command
from checks.engine.errors import ScoreError, UsageError
from checks.engine.training.recipes import known_recipes

if TYPE_CHECKING:
    from checks.engine.quality.leaderboard import Board
    from checks.engine.training.run_store import Run
    from checks.engine.ui.screen import Screen

EXAMPLES = (
    ("python run_checks.py score", "your runs side by side; the only one where there is one"),
    ("python run_checks.py score first", "the run called first"),
    ("python run_checks.py score first --all", "with six more measures"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which run."""
    add = parser.add_argument
    add("run", nargs="?", default="", help="a run's name (default: all of them)", metavar="RUN")
    add("--all", action="store_true", help="every measure, beside failed generators as well")
    add("--data", metavar="DIR", help="folder with MNIST, where it has moved since the training")


def run(options: argparse.Namespace) -> int:
    """Score what is not scored yet, and show it."""
    from checks.engine.training.run_store import find, runs
    from checks.engine.ui.screen import Screen, make_console

    found = [find(options.run)] if options.run else runs()
    if not found:
        raise UsageError("There is no run to score yet: python run_checks.py train makes one.")
    with Screen(make_console()) as screen:
        if len(found) == 1:
            show_run(screen, found[0], options.data, options.all)
        else:
            show_all(screen, found, options.data, options.all)
    return PASSED


# One run ------------------------------------------------------------------------------------------


def show_run(screen: Screen, run: Run, data: str | None, has_all: bool) -> None:
    """The measures of one run, in figures and in words."""
    from checks.engine.ui.score_screen import RunShown, run_blocks

    scores = scores_of(screen, run, data)
    shown = RunShown(
        name=run.name,
        what=what(run),
        cost=f"{run.state['images_seen']:,.0f} images seen, {run.state['cpu_seconds']:,.0f} s of "
        "processor time",
        scores=scores,
        recipes=recipes_beside(run, scores["features"]),
        has_all=has_all,
    )
    print_blocks(screen, run_blocks(screen.page, shown))
    images, every = command(f"report {run.name} --open"), command(f"score {run.name} --all")
    if has_all:
        next_step(screen, f"look at its images:\n  {images}")
    else:
        next_step(screen, f"look at its images, and at six more measures:\n  {images}\n  {every}")


def what(run: Run) -> str:
    """Whose code was trained, for how long, on what."""
    recipe, code = run.configuration["recipe"], run.configuration["code"]
    whose = f"the recipe {recipe}" if recipe else code
    epochs = int(run.state["epoch"])
    return f"{whose}, {epochs:,} epoch{'s' * (epochs != 1)}, {run.configuration['data']['source']}"


def recipes_beside(run: Run, features: str) -> dict[str, Mapping[str, Any]]:
    """The scores of the recipes to beat, as far as they compare: trained here, else the kit's."""
    from checks.engine.quality.leaderboard import CHALLENGE, boards, mark_of
    from checks.engine.quality.scoring import finished_scores
    from checks.engine.training.run_store import runs

    scored = [(each, scores) for each in runs() if (scores := finished_scores(each))]
    epochs = recipes_epochs()
    found: dict[str, Mapping[str, Any]] = {}
    for board in boards(scored):
        for name in reversed(CHALLENGE) if board.features == features else ():
            mark = mark_of(board, name, epochs.get(name, 1))
            if mark and run.configuration["recipe"] != name:
                found[name] = mark.score
    return found


def scores_of(screen: Screen, run: Run, data: str | None) -> dict[str, Any]:
    """The run's scores: those that stand, or fresh ones."""
    from checks.engine.quality.scoring import finished_scores, score_run

    standing = finished_scores(run) if data is None else None
    try:
        return standing or score_run(run, screen.loading, data)
    finally:
        screen.close()


# All runs -----------------------------------------------------------------------------------------


def show_all(screen: Screen, found: list[Run], data: str | None, has_all: bool) -> None:
    """The boards, and the challenge on each of them."""
    from checks.engine.quality.leaderboard import boards, goals
    from checks.engine.ui.score_screen import board_blocks, challenge_blocks

    scored, left_out = [], []
    for run in found:
        try:
            scored.append((run, scores_of(screen, run, data)))
        except ScoreError as error:
            left_out.append(str(error))
    if not scored:
        raise ScoreError(left_out[0])
    epochs = recipes_epochs()
    made = boards(scored)
    for board in made:
        print_blocks(screen, board_blocks(screen.page, board, has_all))
        own = has_own(board)
        print_blocks(screen, challenge_blocks(screen.page, goals(board, epochs), own))
    for problem in left_out:
        screen.notice(problem)
    best = next((each for each in made[0].entries if not each.is_figure), None)
    if best:
        next_step(screen, f"see what a run's figures mean:\n  {command(f'score {best.name}')}")


def has_own(board: Board) -> bool:
    """Whether a run on the board counts for the challenge."""
    return any(entry.is_own for entry in (*board.entries, *board.histories))


def recipes_epochs() -> Mapping[str, int]:
    """How long each recipe trains."""
    return {name: recipe.epochs for name, recipe in known_recipes().items()}


def print_blocks(screen: Screen, blocks: list[Any]) -> None:
    """Show them one below the other."""
    for block in blocks:
        screen.page.console.print(block)


def next_step(screen: Screen, step: str) -> None:
    """The next thing to do."""
    from rich.text import Text

    page = screen.page
    page.console.print(page.hang(Text("Next: ", "bold"), page.text(step)))
