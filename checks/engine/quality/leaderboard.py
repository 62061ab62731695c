"""One's own runs side by side, the recipes' figures, and the challenge: beat these on a budget.

Needs no PyTorch. Fréchet distances compare only where the same classifier has looked at the images
and the same reference was taken, so every `features` has a board of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict

from checks.engine.quality.score_file import Number, read_json
from checks.engine.training.recipes import FIGURES
from checks.engine.training.run_store import Run

CHALLENGE = ("minimal", "tuned")
SLACK = 1.05  # of the budget in processor time, which is never the same twice


@dataclass(frozen=True)
class Entry:
    """One line of a board: a run as it was after an epoch, or a recipe as it was measured.

    `score` holds `frechet`, `n_digits` and whatever else is known; `is_figure` is true for figures
    that came with the kit, measured on another machine.
    """

    name: str
    code: str
    epoch: int
    images_seen: int
    cpu_seconds: float
    score: Mapping[str, Any]
    recipe: str | None = None
    device: str = "cpu"
    is_figure: bool = False

    @property
    def frechet(self) -> float:
        """The distance by which a board is sorted."""
        return float(self.score["frechet"])

    @property
    def is_own(self) -> bool:
        """Whether it counts for the challenge: code of one's own, on a processor."""
        return self.recipe is None and self.code != "reference" and self.device == "cpu"


class Figure(TypedDict):
    """What a recipe took and how good it became, in the file that came with the kit."""

    epochs: int
    cpu_seconds: Number
    images_seen: int
    frechet: Number
    kernel: Number
    precision: Number
    recall: Number
    density: Number
    coverage: Number
    n_digits: Number
    accuracy: Number


class Figures(TypedDict):
    """That file, as far as a board shows it."""

    features: str
    recipes: dict[str, Figure]


@dataclass
class Board:
    """Entries that can be compared, the best first; `histories` are those of earlier epochs."""

    features: str
    kind: str
    entries: list[Entry] = field(default_factory=list)
    histories: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class Goal:
    """How one part of the challenge stands.

    `mark` is what is to be beaten, `best` the own entry on its budget that beats it (then it is
    `met`) or comes nearest, `over_budget` an own entry that beats it at more than its budget.
    """

    mark: Entry
    met: bool
    best: Entry | None
    over_budget: Entry | None


def boards(scored: Iterable[tuple[Run, Mapping[str, Any]]], figures: Path = FIGURES) -> list[Board]:
    """Boards of runs with their scores; the one with the most runs first."""
    found: dict[str, Board] = {}
    for run, scores in scored:
        name = str(scores["features"])
        board = found.setdefault(name, Board(name, str(scores["reference_kind"])))
        *earlier, last = entries_of(run, scores)
        board.entries.append(last)
        board.histories += earlier
    for board in found.values():
        board.entries += figures_for(board.features, figures)
        board.entries.sort(key=lambda entry: entry.frechet)
    return sorted(
        found.values(), key=lambda board: -sum(not entry.is_figure for entry in board.entries)
    )


def entries_of(run: Run, scores: Mapping[str, Any]) -> list[Entry]:
    """A run after each of its scored epochs; what it had cost by then is its share of the whole."""
    state, configuration = run.state, run.configuration
    whole = max(int(state["epoch"]), 1)
    made = []
    for number, score in sorted((int(epoch), score) for epoch, score in scores["epochs"].items()):
        share = min(number / whole, 1.0)
        made.append(
            Entry(
                name=run.name,
                code=configuration["recipe"] or Path(configuration["code"]).name or "?",
                epoch=number,
                images_seen=round(state["images_seen"] * share),
                cpu_seconds=state["cpu_seconds"] * share,
                score=score,
                recipe=configuration["recipe"],
                device=str(configuration["device"]).partition(":")[0],
            )
        )
    return made


def figures_for(features: str, path: Path = FIGURES) -> list[Entry]:
    """The recipes' figures that came with the kit, where they were measured with these features."""
    held = read_json(path, Figures)
    if held is None or held["features"] != features:
        return []
    return [
        Entry(
            name=name,
            code=name,
            epoch=row["epochs"],
            images_seen=row["images_seen"],
            cpu_seconds=row["cpu_seconds"],
            score=row,
            recipe=name,
            is_figure=True,
        )
        for name, row in held["recipes"].items()
    ]


# The challenge ------------------------------------------------------------------------------------


def goals(board: Board, epochs: Mapping[str, int]) -> list[Goal]:
    """How the challenge stands, as far as there is something to beat.

    `epochs` are those of each recipe: a run of one counts once it has gone through them.
    """
    own = [entry for entry in (*board.entries, *board.histories) if entry.is_own]
    found = []
    for recipe in CHALLENGE:
        if (mark := mark_of(board, recipe, epochs.get(recipe, 1))) is None:
            continue
        on_budget = sorted((e for e in own if is_on_budget(e, mark)), key=lambda e: e.frechet)
        better = [entry for entry in own if entry.frechet < mark.frechet]
        over_budget = min(better, key=lambda entry: entry.images_seen, default=None)
        best = on_budget[0] if on_budget else None
        found.append(
            Goal(mark, best is not None and best.frechet < mark.frechet, best, over_budget)
        )
    return found


def mark_of(board: Board, recipe: str, epochs: int) -> Entry | None:
    """What is to be beaten: this machine's best run of the recipe, or else the kit's figures."""
    named = [entry for entry in board.entries if entry.recipe == recipe and entry.device == "cpu"]
    here = [entry for entry in named if not entry.is_figure and entry.epoch >= epochs]
    figures = [entry for entry in named if entry.is_figure]
    return next(iter(here or figures), None)


def is_on_budget(entry: Entry, mark: Entry) -> bool:
    """Whether it saw no more images, and took no more processor time."""
    return (
        0 < entry.images_seen <= mark.images_seen and entry.cpu_seconds <= SLACK * mark.cpu_seconds
    )
