"""What the terminal shows of scores: one run beside what is known, or all runs side by side.

Numbers stand in columns as long as the window is wide enough for them; then columns go that matter
least, and at last the rows are stacked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.text import Text

from checks.engine.quality.leaderboard import Board, Entry, Goal
from checks.engine.quality.wording import FRECHET, LEADING, MEASURES, NAMED, Measure, standing
from checks.engine.ui import screen_parts as parts
from checks.engine.ui.screen_text import Page

GAP = "  "
BAR = 24  # cells of the longest bar
LABEL = max(len(measure.title) for measure in MEASURES) + 2
MISSING, RARE, OFTEN = 0.01, 0.05, 0.2  # shares of a digit; an even one is 0.1
SNAPSHOTS = 12  # rows of the progress
BESIDE = ("this run", "real", "minimal", "noise")  # what the measures that lead stand beside
SHORT = {"n_digits": "digits", "frechet": "Fréchet", "kernel": "kernel", "accuracy": "D"}
# Columns of the board by what they show, in the order in which narrow windows lose them.
LOST = ("D", "coverage", "code", "epochs")
ON_DATA = {"mnist": "MNIST", "drawn": "digits that the kit draws"}


@dataclass(frozen=True)
class RunShown:
    """One run's scores as `score_run` gives them, with figures of recipes to compare with.

    With `has_all` every measure is shown, else the two that lead, beside what matters most.
    """

    name: str
    what: str  # whose code, how long, on what
    cost: str  # images seen, processor time
    scores: Mapping[str, Any]
    recipes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    has_all: bool = False


# One run ------------------------------------------------------------------------------------------


def run_blocks(page: Page, shown: RunShown) -> list[Text]:
    """A run: the measures beside known images, what they say, the digits, the way there."""
    last = max(shown.scores["epochs"], key=int)
    score, known = shown.scores["epochs"][last], shown.scores["calibration"]
    measures = MEASURES if shown.has_all else LEADING
    blocks = [
        page.hang(page.line(shown.name, "bold"), page.line(f"  {shown.what}", "dim")),
        page.hang(Text(), page.line(shown.cost, "dim")),
        Text(),
        page.line(f"After epoch {last}", "bold"),
        *beside(page, shown, score, measures),
        Text(),
        page.line("What it says", "bold"),
        *meanings(page, score, known, measures),
        Text(),
        *digits(page, score),
    ]
    if len(shown.scores["epochs"]) > 1:
        blocks += [
            Text(),
            page.line("The way there", "bold"),
            *progress(page, shown.scores, measures),
        ]
    return [*blocks, Text()]


def beside(
    page: Page, shown: RunShown, score: Mapping[str, Any], measures: Sequence[Measure]
) -> list[Text]:
    """The measures of a run, of known images and of recipes: a row each."""
    known = shown.scores["calibration"]
    columns = {"this run": score, "real": known["real"], **shown.recipes}
    columns |= {name: known[name] for name in ("collapsed", "untrained", "noise")}
    if not shown.has_all:
        columns = {name: columns[name] for name in BESIDE if name in columns}
    rows = [
        [
            measure.title,
            *(measure.written(each.get(measure.name)) for each in columns.values()),
        ]
        for measure in measures
    ]
    lost = ["untrained", "minimal", "collapsed", "tuned"]
    return table(page, ["", *columns], rows, lost, bold=1)


def meanings(
    page: Page,
    score: Mapping[str, Any],
    known: Mapping[str, Mapping[str, Any]],
    measures: Sequence[Measure],
) -> list[Text]:
    """Each measure in words: how good it is, and what it is."""
    blocks = []
    for measure in measures:
        value = score[measure.name]
        if value is None:
            continue
        lead = page.text(f"  {measure.title:<{LABEL}}")
        where = f"{capital(standing(measure, value, known))}. " if measure.is_calibrated else ""
        says = page.text(f"{capital(measure.says)}.", "dim")
        blocks.append(page.hang(lead, Text.assemble(page.text(where), says)))
    return blocks


def capital(words: str) -> str:
    """The words as the beginning of a sentence."""
    return words[0].upper() + words[1:]


def digits(page: Page, score: Mapping[str, Any]) -> list[Text]:
    """A bar for each digit, with a word where it is missing, rare or often."""
    shares = score["digits"]
    blocks = [page.hang(page.line("Digits", "bold"), page.line("  an even share is 10%", "dim"))]
    full = "#" if page.ascii_only else "━"
    whole = max(OFTEN, *shares)
    for digit, share in enumerate(shares):
        word, style = judged(share)
        bar = full * round(BAR * share / whole)
        line = Text.assemble(f"  {digit}  ", (f"{bar:<{BAR}}", style), f"  {share:4.0%}")
        blocks.append(line.append(f"  {word}" if word else "", style))
    unread = score["no_digit"]
    if unread >= MISSING / 2:
        said = f"{unread:.0%} of the images read as no digit at all."
        blocks.append(page.hang(Text("  "), page.text(said)))
    return blocks


def judged(share: float) -> tuple[str, str]:
    """A digit's share in a word, and its colour."""
    if share < MISSING:
        return "missing", "red"
    if share < RARE:
        return "rare", "yellow"
    return ("often", "yellow") if share > OFTEN else ("", "green")


def progress(page: Page, scores: Mapping[str, Any], measures: Sequence[Measure]) -> list[Text]:
    """The measures of each snapshot, a row each."""
    epochs = sorted(map(int, scores["epochs"]))
    if len(epochs) > SNAPSHOTS:
        last = len(epochs) - 1
        epochs = [epochs[round(i * last / (SNAPSHOTS - 1))] for i in range(SNAPSHOTS)]
    heads = {measure.name: SHORT.get(measure.name, measure.title) for measure in measures}
    rows = []
    for epoch in epochs:
        score = scores["epochs"][str(epoch)]
        rows.append([f"{epoch:,}", *(NAMED[name].written(score[name]) for name in heads)])
    lost = [SHORT.get(name, name) for name in ("density", "kernel", "accuracy", "precision")]
    return table(page, ["epoch", *heads.values()], rows, lost)


# All runs -----------------------------------------------------------------------------------------


def board_blocks(page: Page, board: Board, has_all: bool = False) -> list[Text]:
    """Runs side by side, the best first."""
    measures = ["n_digits", "frechet", *(("coverage", "accuracy") if has_all else ())]
    heads = ["", "code", "epochs", "images", "CPU s", *(SHORT.get(m, m) for m in measures)]
    rows = [cells(entry, measures) for entry in board.entries]
    title = f"Runs on {ON_DATA.get(board.kind, board.kind)}"
    notes = "images: seen in training, CPU s: processor time, digits: of the ten"
    notes += ", D: how many images D tells apart" if has_all else ""
    if any(entry.is_figure for entry in board.entries):
        notes += ", *: came with the kit, measured on another machine"
    return [
        page.hang(page.line(title, "bold"), page.line("  the best first", "dim")),
        *table(page, heads, rows, [head for head in LOST if head in heads], left=2),
        page.hang(Text("  "), page.text(f"{notes}.", "dim")),
        Text(),
    ]


def cells(entry: Entry, measures: Sequence[str]) -> list[str]:
    """What stands in a row of the board."""
    device = "" if entry.device == "cpu" else f" {entry.device}"
    return [
        f"{entry.name[:20]}{'*' if entry.is_figure else ''}",
        "" if entry.code == entry.name else f"{entry.code[:12]}{device}",
        f"{entry.epoch:,}",
        f"{entry.images_seen:,}",
        f"{entry.cpu_seconds:,.0f}",
        *(NAMED[name].written(entry.score.get(name)) for name in measures),
    ]


def challenge_blocks(page: Page, goals: Sequence[Goal], has_own: bool) -> list[Text]:
    """The challenge, in words: which recipe is beaten, by what, on what budget."""
    title = page.line("The challenge", "bold")
    beat = "beat minimal, then tuned, with as many images and as much processor time"
    blocks = [page.hang(title, page.line(f"  {beat}", "dim"))]
    if not goals:
        said = "There is nothing to beat yet. Train the first recipe on the same images:"
        blocks.append(page.hang(Text("  "), page.text(said)))
        blocks.append(page.text("    python run_checks.py train --recipe minimal", "cyan"))
    elif not has_own:
        said = "No run of your own code yet: python run_checks.py train makes one."
        blocks.append(page.hang(Text("  "), page.text(said)))
    for goal in goals if has_own else ():
        mark = Text("ok" if page.ascii_only else "✓", "green") if goal.met else Text("○", "dim")
        mark = Text("-", "dim") if page.ascii_only and not goal.met else mark
        blocks.append(page.hang(parts.lead(page, mark), page.text(said_of(goal))))
    return [*blocks, Text()]


def said_of(goal: Goal) -> str:
    """How one part of the challenge stands."""
    mark, best, over_budget = goal.mark, goal.best, goal.over_budget
    budget = f"its {cost(mark)}"
    target = FRECHET.written(mark.frechet)
    if goal.met and best:
        return (
            f"{mark.name} is beaten: {told(best)} has a Fréchet distance of "
            f"{FRECHET.written(best.frechet)} against {target}, with {cost(best)}, "
            f"within {budget}."
        )
    elsewhere = " as measured on another machine" if mark.is_figure else ""
    said = f"{mark.name} is still to beat: {target} with {cost(mark)}{elsewhere}."
    if best:
        said += f" On this budget {told(best)} comes nearest, with {FRECHET.written(best.frechet)}."
    if over_budget:
        said += f" {told(over_budget)} gets below it, with {cost(over_budget)}."
    return said


def told(entry: Entry) -> str:
    """A run after an epoch."""
    return f"{entry.name} after epoch {entry.epoch:,}"


def cost(entry: Entry) -> str:
    """What it took."""
    return f"{entry.images_seen:,} images and {entry.cpu_seconds:,.0f} s of processor time"


# Tables -------------------------------------------------------------------------------------------


def table(
    page: Page,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    lost: Sequence[str] = (),
    left: int = 1,
    bold: int = -1,
) -> list[Text]:
    """Rows under their heads, the first `left` columns to the left and numbers to the right.

    Where the window is too narrow, the columns headed by `lost` go, the first of them first; where
    that is not enough, the rows are stacked. `bold` is the column that the others are held against.
    """
    grid = [[page.line(cell, limit=60) for cell in row] for row in (heads, *rows)]
    kept = list(range(len(heads)))
    for gone in (None, *(i for head in lost for i in kept if heads[i] == head)):
        if gone is not None:
            kept.remove(gone)
        widths = [max(row[i].cell_len for row in grid) for i in kept]
        if 2 + sum(widths) + len(GAP) * (len(kept) - 1) <= page.width:
            break
    else:
        return parts.stacked(page, grid)
    blocks = []
    for number, row in enumerate(grid):
        line = Text(GAP)
        for place, (i, width) in enumerate(zip(kept, widths, strict=True)):
            cell = row[i].copy()
            pad = " " * (width - cell.cell_len)
            cell = Text.assemble(cell, pad) if i < left else Text.assemble(pad, cell)
            cell.stylize("dim" if number == 0 else "bold" if i == bold else "")
            line.append_text(cell).append(GAP if place + 1 < len(kept) else "")
        line.rstrip()
        blocks.append(line)
    return blocks
