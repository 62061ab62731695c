"""A comparison with the reference on the screen: side by side, or one above the other.

In a wide terminal the learner's lines stand on the left and the reference's on the right, between
them `|` where lines differ, `<` where a line is only the learner's and `>` where it is only the
reference's. In a narrow one, and where there is no terminal, `-` and `+` stand before the lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from checks.engine.learner.diff import Change, PartDiff, State
from checks.engine.ui.screen_text import Page

WIDE = 120  # columns; in fewer, lines stand one above the other
WIDEST = 204  # columns; no line of code needs more than half of them
ROWS_SHOWN = 400  # of one change
YOURS, THEIRS = "red", "green"

Row = tuple[Text | None, str, Text | None]  # yours, the mark between them, the reference's


def show(
    console: Console, files: tuple[str, str], parts: Sequence[PartDiff], *, asked: bool = False
) -> None:
    """All parts in their order; of those that are the same only that they are.

    Args:
        console: where to.
        files: the learner's file and the reference's.
        parts: what has been compared.
        asked: whether these very parts were asked for; then own words are shown as well.
    """
    page = Page(console)
    for part in parts:
        title = Text(part.name, "bold")
        if part.state.value:
            title.append(f": {part.state.value}", "not bold")
        console.print(page.hang(Text(), title))
        if part.state is State.SAME or (part.state is State.OWN_WORDS and not asked):
            continue
        rows = [*_heads(page, files, part), *_rows(page, part)]
        if not console.is_terminal:
            for mark, text in _stacked(rows):
                for line in text.split("\n", allow_blank=True):
                    console.print(Text(f"{mark} ") + line, soft_wrap=True)
        else:
            is_wide = console.width >= WIDE
            side = (min(console.width, WIDEST) - 3) // 2
            table = Table.grid(padding=(0, 1))
            for width in (side, 1, side) if is_wide else (1, console.width - 3):
                table.add_column(width=width, overflow="fold")
            for cells in rows if is_wide else _stacked(rows):
                table.add_row(*(_folded(c) if isinstance(c, Text) else c for c in cells))
            console.print(table)
        console.print()


def _heads(page: Page, files: tuple[str, str], part: PartDiff) -> Iterator[Row]:
    """Where the part begins in both files."""
    yours = Text("Yours, ") + page.place(files[0], part.your_line)
    theirs = Text("The reference, ") + page.place(files[1], part.their_line)
    yield (yours if part.your_line else None), "|", theirs


def _rows(page: Page, part: PartDiff) -> Iterator[Row]:
    """The lines of a part, with a sign where some that are the same are left out."""
    for number, group in enumerate(part.groups):
        if number:
            yield Text("…"), " ", Text("…")
        for change in group:
            yield from _change(page, change)


def _change(page: Page, change: Change) -> Iterator[Row]:
    """The rows of one change; where lines face each other, the words that differ are bold."""
    yours, theirs = (
        [page.text(text, lines=60) for text in texts[:ROWS_SHOWN]]
        for texts in (change.yours, change.theirs)
    )
    if not change.same:
        for text, style in [(t, YOURS) for t in yours] + [(t, THEIRS) for t in theirs]:
            text.stylize(style)
        for one, other in zip(yours, theirs, strict=False) if len(yours) == len(theirs) else ():
            _mark_words(one, other)
    for text in theirs:
        text.highlight_regex(r"(?m)(?:^|(?<=\s))#.*$", "cyan")
    for left, right in zip_longest(yours, theirs):
        yield left, " " if change.same else "<" if not right else ">" if not left else "|", right
    if (more := max(len(change.yours), len(change.theirs)) - ROWS_SHOWN) > 0:
        text = Text(f"… and {more} more lines")
        yield text, " ", text


def _mark_words(yours: Text, theirs: Text) -> None:
    """Bring out the words in which two lines differ."""
    first, second = (re.findall(r"\d[\w.]*|\w+|\W", text.plain) for text in (yours, theirs))
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            for text, words, start, end in ((yours, first, a, b), (theirs, second, c, d)):
                place = sum(map(len, words[:start]))
                text.stylize("bold", place, place + sum(map(len, words[start:end])))


def _folded(text: Text) -> Group:
    """Lines of code for a narrow place: what continues a line is indented as far as the line."""
    lines = text.split("\n", allow_blank=True)
    indents = [len(line.plain) - len(line.plain.lstrip(" ")) for line in lines]
    pairs = zip(lines, indents, strict=True)
    return Group(*(Padding(line[indent:], (0, 0, 0, indent)) for line, indent in pairs))


def _stacked(rows: Sequence[Row]) -> Iterator[tuple[str, Text]]:
    """One above the other, of consecutive rows that differ yours first, each with its mark."""
    theirs: list[Text] = []
    for yours, mark, other in rows:
        if mark == " ":
            yield from (("+", text) for text in theirs)
            theirs = []
            if other:
                yield " ", other
            continue
        if yours:
            yield "-", yours
        if other:
            theirs.append(other)
    yield from (("+", text) for text in theirs)
