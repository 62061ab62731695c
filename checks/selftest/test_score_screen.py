"""The screens of `score`, and who beats whom: boards, budgets, words, narrow windows."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from checks.engine.quality.leaderboard import (
    Board,
    Entry,
    boards,
    entries_of,
    figures_for,
    goals,
    mark_of,
)
from checks.engine.training.recipes import FIGURES
from checks.engine.training.run_store import Run
from checks.engine.ui.score_screen import (
    RunShown,
    board_blocks,
    challenge_blocks,
    run_blocks,
    table,
)
from checks.engine.ui.screen_text import Page
from checks.selftest.run_folders import make_score, make_scores

EPOCHS = {"minimal": 5, "tuned": 20}


def page(width: int = 80, encoding: str = "utf-8") -> tuple[Page, io.TextIOWrapper]:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(
        file=stream, width=width, force_terminal=False, markup=False, highlight=False, emoji=False
    )
    return Page(console), stream


def printed(make: Any, *arguments: Any, width: int = 80, encoding: str = "utf-8") -> str:
    """What these blocks look like on a page."""
    sheet, stream = page(width, encoding)
    for block in make(sheet, *arguments):
        sheet.console.print(block)
    stream.flush()
    raw = stream.buffer.getvalue()  # type: ignore[attr-defined]
    return str(raw.decode(encoding))


def a_run(name: str, epoch: int, images: int, seconds: float, **configuration: Any) -> Run:
    held = {"name": name, "code": "exercises", "recipe": None, "device": "cpu"} | configuration
    state = {"epoch": epoch, "images_seen": images, "cpu_seconds": seconds}
    return Run(Path("runs") / name, held, state)


def scored(*epochs: tuple[int, float], features: str = "drawn-1-a") -> dict[str, Any]:
    """Scores of a run by epoch and Fréchet distance."""
    made = make_scores()
    values = {
        str(e): make_score(f, coverage=0.5, n_digits=10, accuracy=0.7) | {"no_digit": 0.0}
        for e, f in epochs
    }
    return made | {"features": features, "epochs": values}


MINIMAL = a_run("minimal", 5, 5000, 10, code="recipe", recipe="minimal"), scored((5, 90.0))
TUNED = a_run("best", 20, 20_000, 60, code="recipe", recipe="tuned"), scored((10, 9.0), (20, 8.0))


# Who beats whom -----------------------------------------------------------------------------------


def test_boards_keep_apart_what_cannot_be_compared() -> None:
    real = a_run("real", 5, 5000, 9), scored((5, 1.0), features="mnist-1-b")
    made = boards([real, MINIMAL, TUNED], Path("nowhere"))
    assert [[entry.name for entry in board.entries] for board in made] == [
        ["best", "minimal"], ["real"],
    ]  # fmt: skip
    assert [entry.epoch for entry in made[0].histories] == [10]


def test_an_epoch_has_its_share_of_the_cost() -> None:
    run = a_run("mine", 20, 20_000, 60.0)
    found = entries_of(run, scored((5, 1.0), (20, 2.0)))
    assert [(e.epoch, e.images_seen, e.cpu_seconds) for e in found] == [
        (5, 5000, 15.0), (20, 20_000, 60.0),
    ]  # fmt: skip
    assert entries_of(a_run("none", 0, 0, 0.0), scored((0, 1.0)))[0].cpu_seconds == 0


def state_of(*runs: tuple[Run, dict[str, Any]]) -> list[tuple[str, bool, str, str]]:
    """Each goal: what is to be beaten, whether it is, by whom, and by whom over the budget."""
    (board,) = boards(runs, Path("nowhere"))
    return [
        (
            goal.mark.name,
            goal.met,
            f"{goal.best.name} {goal.best.epoch}" if goal.best else "",
            f"{goal.over_budget.name} {goal.over_budget.epoch}" if goal.over_budget else "",
        )
        for goal in goals(board, EPOCHS)
    ]


def test_the_challenge_counts_at_the_same_budget_only() -> None:
    mine = a_run("mine", 20, 20_000, 50.0), scored((5, 40.0), (20, 7.0))
    assert state_of(MINIMAL, TUNED, mine)[0] == ("minimal", False, "", "mine 5"), "12.5 s by then"
    assert state_of(MINIMAL, TUNED, mine)[1] == ("best", True, "mine 20", "mine 20")
    quick = a_run("quick", 20, 20_000, 40.0), scored((5, 40.0), (20, 8.5))
    assert state_of(MINIMAL, TUNED, quick) == [
        ("minimal", True, "quick 5", "quick 5"), ("best", False, "quick 20", ""),
    ]  # fmt: skip
    long = a_run("long", 40, 40_000, 80.0), scored((40, 3.0))
    assert state_of(MINIMAL, TUNED, quick, long)[1] == ("best", False, "quick 20", "long 40")


def test_recipes_the_reference_and_other_devices_do_not_count() -> None:
    others = [
        (a_run("a", 5, 5000, 9, recipe="sprint"), scored((5, 1.0))),
        (a_run("b", 5, 5000, 9, code="reference"), scored((5, 1.0))),
        (a_run("c", 5, 5000, 9, device="cuda:0"), scored((5, 1.0))),
    ]
    assert state_of(MINIMAL, *others) == [("minimal", False, "", "")]


def test_a_recipe_cut_short_is_nothing_to_beat() -> None:
    short = a_run("short", 3, 3000, 6, code="recipe", recipe="minimal"), scored((3, 120.0))
    assert state_of(short) == []
    assert state_of(short, MINIMAL)[0][0] == "minimal"


ROW = {"epochs": 5, "seconds": 9.0, "cpu_seconds": 10.0, "images_seen": 5000, "frechet": 90.0,
       "kernel": 5.0, "precision": 0.1, "recall": 0.2, "density": 0.05, "n_digits": 1,
       "coverage": 0.01, "accuracy": 0.9}  # fmt: skip


def figures_file(place: Path, features: str = "drawn-1-a") -> Path:
    path = place / "figures.json"
    held = {"features": features, "data": "digits", "recipes": {"minimal": ROW}}
    path.write_text(json.dumps(held), encoding="utf-8")
    return path


def test_the_figures_that_come_with_the_kit_are_read() -> None:
    features = json.loads(FIGURES.read_text(encoding="utf-8"))["features"]
    assert {entry.name for entry in figures_for(features)} >= {"minimal", "tuned"}


def test_figures_of_the_kit_stand_where_they_compare(tmp_path: Path) -> None:
    path = figures_file(tmp_path)
    assert [entry.name for entry in figures_for("drawn-1-a", path)] == ["minimal"]
    assert figures_for("drawn-1-z", path) == []
    (board,) = boards([(a_run("mine", 5, 5000, 10.0), scored((5, 40.0)))], path)
    assert [(entry.name, entry.is_figure) for entry in board.entries] == [
        ("mine", False), ("minimal", True),
    ]  # fmt: skip
    assert goals(board, EPOCHS)[0].met
    # What was trained here comes before what was measured elsewhere.
    (board,) = boards([MINIMAL], path)
    mark = mark_of(board, "minimal", 5)
    assert mark is not None
    assert not mark.is_figure


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", "[" * 10**5, '{"features": "drawn-1-a", "recipes": {"a": {}}}',
                '{"features": "drawn-1-a", "recipes": {"a": {"frechet": NaN}}}', None],
)  # fmt: skip
def test_broken_figures_are_none(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "figures.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert figures_for("drawn-1-a", path) == []


# What is shown ------------------------------------------------------------------------------------


def test_the_board_and_the_challenge_in_words(tmp_path: Path) -> None:
    mine = a_run("mine", 20, 20_000, 40.0), scored((5, 40.0), (20, 8.5))
    (board,) = boards([MINIMAL, TUNED, mine], tmp_path / "none")
    text = printed(board_blocks, board)
    names = [line.split()[0] for line in text.splitlines()[2:5]]
    assert names == ["best", "mine", "minimal"]
    assert "Runs on digits that the kit draws  the best first" in text
    assert "20,000     40      10     8.50" in text
    assert "coverage" not in text
    assert "coverage    D" in printed(board_blocks, board, True)
    said = " ".join(printed(challenge_blocks, goals(board, EPOCHS), True).split())
    assert "✓ minimal is beaten: mine after epoch 5 has a Fréchet distance of 40.0 against 90.0, " \
        "with 5,000 images and 10 s of processor time, within its 5,000 images" in said  # fmt: skip
    assert "○ best is still to beat: 8.00 with 20,000 images and 60 s of processor time. On this " \
        "budget mine after epoch 20 comes nearest, with 8.50." in said  # fmt: skip


def test_the_challenge_says_what_is_missing(tmp_path: Path) -> None:
    said = printed(challenge_blocks, [], True)
    assert "python run_checks.py train --recipe minimal" in said
    (board,) = boards([MINIMAL], tmp_path / "none")
    said = printed(challenge_blocks, goals(board, EPOCHS), False)
    assert "No run of your own code yet: python run_checks.py train makes one." in said
    (board,) = boards([(a_run("mine", 5, 9000, 10.0), scored((5, 40.0)))], figures_file(tmp_path))
    said = " ".join(printed(challenge_blocks, goals(board, EPOCHS), True).split())
    assert "as measured on another machine. mine after epoch 5 gets below it, with 9,000" in said


SCORES = make_scores() | {
    "epochs": {
        str(epoch): make_score(9.0 - epoch / 10, coverage=0.3, n_digits=10, accuracy=0.7)
        | {"digits": [0.31, 0.04, 0.001, *[0.09] * 7], "no_digit": 0.02}
        for epoch in range(0, 60, 3)
    }
}
SHOWN = RunShown("mine", "exercises, 57 epochs, digits", "100 images seen", SCORES)


def test_a_run_leads_with_what_a_learner_looks_for() -> None:
    beside = {"tuned": make_score(9.0, coverage=0.5, n_digits=10),
              "minimal": make_score(128.0, coverage=0.0, n_digits=0)}  # fmt: skip
    text = printed(run_blocks, RunShown("mine", "", "", SCORES, beside))
    lines = text.splitlines()
    first = lines.index("After epoch 57") + 1
    assert [line.split() for line in lines[first : first + 3]] == [
        ["this", "run", "real", "minimal", "noise"],
        ["digits", "recognized", "10", "10", "0", "1"],
        ["Fréchet", "distance", "3.30", "2.50", "128.0", "1900.0"],
    ]
    assert "How many of the ten digits can be recognized" in " ".join(text.split())
    assert "recall" not in text
    assert lines[lines.index("The way there") + 1].split() == ["epoch", "digits", "Fréchet"]


def test_one_run_beside_what_is_known() -> None:
    text = printed(run_blocks, replace(SHOWN, has_all=True))
    assert "After epoch 57" in text
    said = " ".join(text.split())
    assert "this run real collapsed untrained noise digits recognized 10 10 1 1 1 Fréchet" in said
    assert "\n  Fréchet distance       3.30   2.50     1100.0     1500.0  1900.0\n" in text
    assert "Next to real images. How far the images as a whole lie from real ones" in said
    assert "D tells apart The discriminator's accuracy: at 50%" in said
    lines = text.splitlines()
    bars = lines[lines.index("Digits  an even share is 10%") + 1 :]
    assert bars[0] == "  0  " + "━" * 24 + "   31%  often"
    assert bars[1].split() == ["1", "━━━", "4%", "rare"]
    assert bars[2].split() == ["2", "0%", "missing"]
    assert bars[3].split() == ["3", "━━━━━━━", "9%"]
    assert "2% of the images read as no digit at all." in text
    way = lines[lines.index("The way there") + 2 :]
    assert [line.split()[0] for line in way[:12]] == [
        "0", "6", "9", "15", "21", "27", "30", "36", "42", "48", "51", "57",
    ]  # fmt: skip


def test_recipes_stand_beside_it_where_there_is_room() -> None:
    beside = {name: make_score(9.0, coverage=0.5, n_digits=10) for name in ("tuned", "minimal")}
    shown = RunShown("mine", "", "", SCORES, beside, has_all=True)
    wide, narrow = (printed(run_blocks, shown, width=width) for width in (100, 78))
    everything = "this run real tuned minimal collapsed untrained noise"
    assert everything in " ".join(wide.split())
    assert everything.replace(" untrained", "") in " ".join(narrow.split())


@given(width=st.integers(24, 130), encoding=st.sampled_from(["utf-8", "ascii"]))
def test_nothing_is_wider_than_the_window(width: int, encoding: str) -> None:
    mine = (
        a_run("mine" * 20, 20, 20_000_000, 4e5, code="/a/b/submission-of-someone"),
        scored((20, 8.5)),
    )
    (board,) = boards([MINIMAL, TUNED, mine], Path("nowhere"))
    for text in (
        printed(run_blocks, SHOWN, width=width, encoding=encoding),
        printed(run_blocks, replace(SHOWN, has_all=True), width=width, encoding=encoding),
        printed(board_blocks, board, width=width, encoding=encoding),
        printed(challenge_blocks, goals(board, EPOCHS), True, width=width, encoding=encoding),
    ):
        assert max(map(len, text.splitlines())) <= width, text


def test_hostile_names_are_made_visible() -> None:
    entry = Entry("\x1b[31mred\n", "\x07bell", 1, 1, 1.0, {"frechet": 1.0})
    text = printed(board_blocks, Board("drawn-1-a", "drawn", [entry]))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\\x1b[31mred" in text


def test_columns_go_before_rows_are_stacked() -> None:
    heads, rows = ["", "alpha", "beta", "gamma"], [["one", "1", "2", "3"]]
    assert "alpha  beta  gamma" in printed(table, heads, rows, ["beta"], width=40)
    narrow = printed(table, heads, rows, ["beta"], width=20)
    assert "alpha  gamma" in narrow
    assert "beta" not in narrow
    stacked = printed(table, heads, rows, ["beta"], width=12)
    assert "alpha: 1 beta: 2 gamma: 3" in " ".join(stacked.split())
