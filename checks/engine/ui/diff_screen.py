"""A comparison with the reference, as it is shown: side by side, one above the other, or plain.

In a wide terminal the learner's lines stand on the left and the reference's on the right, between
them `|` where words differ, `<` where a line is only the learner's and `>` where it is only the
reference's. In a narrow one, and where there is no terminal, `-` and `+` stand before the lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from rich.console import Console
from rich.text import Text

from checks.engine.learner.code_lines import CodeLine, words
from checks.engine.learner.comparison import Comparison, Row, State, Stretch
from checks.engine.ui.screen_text import Page, relative

WIDE = 120  # columns; in fewer, lines stand one above the other
WIDEST = 204  # columns; no line of code needs more than half of them
ROWS_SHOWN = 400  # of one stretch
LINES_SHOWN = 60  # of one row
LINE_LIMIT = 2000  # characters of one row
HEAD_LIMIT = 50  # characters of the line that a function begins with
CONTEXT, GAP = 3, 4  # lines beside a difference; lines that are left out, at least
MARGIN, FURTHER = 2, 4  # before each line, and before what continues one that is too long
YOURS, THEIRS = "red", "green"
LEGEND = {
    True: "| other words   < only in yours   > only in the reference",
    False: "- yours   + the reference",
}
REMARKS = {
    State.SAME: "as in the reference",
    State.OWN_WORDS: "your own words, which no reference can be right about",
    State.MISSING: "not in your file",
    State.UNWRITTEN: "still to be written",
}


@dataclass(frozen=True)
class Files:
    """The two files that are compared."""

    yours: str
    theirs: str


def show(
    console: Console,
    files: Files,
    compared: Sequence[Comparison],
    extra: Sequence[str] = (),
    *,
    asked: bool = False,
) -> None:
    """All parts in their order; those that are the same by their names only.

    Args:
        console: where to.
        files: what is compared.
        compared: the parts.
        extra: the names of what only the learner has.
        asked: whether these very parts were asked for; then own words are shown as well.
    """
    page = Page(console)
    full = [part for part in compared if part.state not in (State.SAME, State.OWN_WORDS)]
    if asked:
        full = [part for part in compared if part.state is not State.SAME]
    if console.is_terminal:
        blocks = _screen(page, files, compared, full)
    else:
        blocks = _unified(page, files, compared, full)
    for block in blocks:
        console.print(block, soft_wrap=not console.is_terminal)
    if extra:
        said = page.text(f"Only in yours, and not compared: {', '.join(extra)}.")
        console.print(page.hang(Text(), said) if console.is_terminal else Text("# ") + said)


# In a terminal ------------------------------------------------------------------------------------


def _screen(
    page: Page, files: Files, compared: Sequence[Comparison], full: Sequence[Comparison]
) -> Iterator[Text]:
    """The blocks of the screen."""
    wide = page.console.width >= WIDE
    if full:
        yield Text(f"{LEGEND[wide]}\n", "dim")
    named = False
    for part in compared:
        title = Text(part.name, "bold")
        if part.state in REMARKS:
            title.append(f": {REMARKS[part.state]}", "not bold")
        if part not in full:
            named = True
            yield page.hang(Text(), title)
            continue
        yield Text("\n") + title if named else title
        named = False
        yield from _heads(page, files, part, wide)
        for stretch in _in_short(part.stretches):
            if isinstance(stretch, int):
                yield Text("    ") + page.line(f"… {stretch} lines as in the reference", "dim")
                continue
            yield from _side_by_side(page, stretch) if wide else _stacked(page, stretch)
            for label, said in _said(stretch):
                yield page.hang(Text(f"  {label}: ", "bold cyan"), page.text(said, "cyan"))
        yield Text()


def _in_short(stretches: Sequence[Stretch]) -> Iterator[Stretch | int]:
    """The stretches, with a number of lines for what is the same and far from any difference."""
    last = len(stretches) - 1
    for place, stretch in enumerate(stretches):
        rows = stretch.rows
        if place == 0 and stretch.same:
            rows = (_short_head(rows[0]), *rows[1:])
        first = 1 if place == 0 else CONTEXT
        end = len(rows) - (0 if place == last else CONTEXT)
        if not stretch.same or end - first < GAP:
            yield replace(stretch, rows=rows)
            continue
        yield replace(stretch, rows=rows[:first])
        yield end - first
        if rows[end:]:
            yield replace(stretch, rows=rows[end:])


def _short_head(row: Row) -> Row:
    """The line that a function begins with, its parameters left out where they take many lines."""
    head = re.match(r"(?:async )?def \w+\(", row.yours.text if row.yours else "")
    if not head or not row.yours or len(row.yours.text) <= HEAD_LIMIT:
        return row
    line = replace(row.yours, text=f"{head[0]}…):")
    return Row(line, line)


def _heads(page: Page, files: Files, part: Comparison, wide: bool) -> Iterator[Text]:
    """Where the part begins in both files."""
    yours = Text()
    if part.your_line:
        yours = Text.assemble(("Yours, ", "dim"), page.place(files.yours, part.your_line))
    theirs = Text.assemble(("The reference, ", "dim"), page.place(files.theirs, part.their_line))
    if wide:
        yield from _beside(page, [yours], " ", [theirs])
        return
    if yours:
        yield Text("  - ", "dim") + yours
    yield Text("  + ", "dim") + theirs


def _side_by_side(page: Page, stretch: Stretch) -> Iterator[Text]:
    """Yours on the left, the reference's on the right."""
    width = _column(page)
    for row in stretch.rows[:ROWS_SHOWN]:
        left, right = _highlighted(page, row, stretch.same)
        mark = " " if stretch.same else "|" if left and right else "<" if left else ">"
        cells = [_folded(page, text, width) if text else [] for text in (left, right)]
        yield from _beside(page, cells[0], mark, cells[1])
    yield from _rest(stretch)


def _stacked(page: Page, stretch: Stretch) -> Iterator[Text]:
    """Yours above, the reference's below."""
    for mark, text in _marked(page, stretch):
        for row in _folded(page, text, page.width - 4):
            yield Text.assemble("  ", (mark, "bold"), " ", row)
    yield from _rest(stretch)


def _beside(page: Page, left: Sequence[Text], mark: str, right: Sequence[Text]) -> Iterator[Text]:
    """Two cells of a row, with the mark between them."""
    width = _column(page)
    for i in range(max(len(left), len(right))):
        row = Text(" " * MARGIN)
        row.append_text(left[i] if i < len(left) else Text())
        row.append(" " * (MARGIN + width - row.cell_len))
        row.append(f" {mark} ", "bold")
        row.append_text(right[i] if i < len(right) else Text())
        row.rstrip()
        yield row


def _column(page: Page) -> int:
    """The width of one side."""
    return (min(page.console.width, WIDEST) - MARGIN - 3) // 2


def _folded(page: Page, text: Text, width: int) -> list[Text]:
    """Lines of code in that width; what continues a line is indented further than it."""
    rows = []
    for line in text.split("\n", allow_blank=True):
        indent = min(len(line.plain) - len(line.plain.lstrip(" ")), width // 3)
        body = line[indent:]
        room = max(width - indent, 8)
        first = next(iter(body.wrap(page.console, room, overflow="fold")), Text())
        rest = body[len(first) :]
        rest = rest[len(rest.plain) - len(rest.plain.lstrip()) :]
        others = rest.wrap(page.console, max(room - FURTHER, 8), overflow="fold")
        for row in (first, *others):
            row.rstrip()
            if row or row is first:
                rows.append(Text(" " * (indent + FURTHER * (row is not first))) + row)
    return rows


# Where there is no terminal -----------------------------------------------------------------------


def _unified(
    page: Page, files: Files, compared: Sequence[Comparison], full: Sequence[Comparison]
) -> Iterator[Text]:
    """The lines of a unified diff, one hunk a part; what is no code begins with `#`."""
    if full:
        yield page.line(f"--- {relative(files.yours)}", limit=400)
        yield page.line(f"+++ {relative(files.theirs)}", limit=400)
    for part in compared:
        if part.state in REMARKS:
            yield Text(f"# {part.name}: {REMARKS[part.state]}")
        if part not in full:
            continue
        lines: list[Text] = []
        counts = [0, 0]
        for stretch in part.stretches:
            for mark, text in _marked(page, stretch):
                rows = [Text(mark) + row for row in text.split("\n", allow_blank=True)]
                counts[0] += len(rows) * (mark != "+")
                counts[1] += len(rows) * (mark != "-")
                lines += rows
            lines += _rest(stretch)
            for label, said in _said(stretch):
                lines.append(Text(f"# {label}: ") + page.line(said, limit=2000))
        place = f"-{part.your_line},{counts[0]} +{part.their_line},{counts[1]}"
        yield Text(f"@@ {place} @@ {part.name}")
        yield from lines


# Lines and their marks ----------------------------------------------------------------------------


def _marked(page: Page, stretch: Stretch) -> list[tuple[str, Text]]:
    """The texts of a stretch, yours before the reference's, each with its mark."""
    pairs = [_highlighted(page, row, stretch.same) for row in stretch.rows[:ROWS_SHOWN]]
    if stretch.same:
        return [(" ", yours) for yours, _ in pairs if yours]
    return [("-", yours) for yours, _ in pairs if yours] + [
        ("+", theirs) for _, theirs in pairs if theirs
    ]


def _said(stretch: Stretch) -> list[tuple[str, str]]:
    """What is said about a difference, with its label."""
    return [
        (label, text)
        for label, text in (("Why", stretch.reason), ("The task", stretch.task))
        if text
    ]


def _rest(stretch: Stretch) -> list[Text]:
    """That there is more than is shown."""
    more = len(stretch.rows) - ROWS_SHOWN
    return [Text(f"# … and {more} more lines", "dim")] if more > 0 else []


def _highlighted(page: Page, row: Row, same: bool) -> tuple[Text | None, Text | None]:
    """Both texts of a row, safe to show; where they differ, in colour, changed words in bold."""
    yours, theirs = _safe(page, row.yours), _safe(page, row.theirs)
    if same:
        return yours, theirs
    if row.alike and yours and theirs:
        first, second = words(yours.plain), words(theirs.plain)
        matcher = SequenceMatcher(None, first, second, autojunk=False)
        for tag, a, b, c, d in matcher.get_opcodes():
            if tag != "equal":
                _mark(yours, first, a, b, YOURS)
                _mark(theirs, second, c, d, THEIRS)
    else:
        for text, style in ((yours, YOURS), (theirs, THEIRS)):
            if text:
                text.stylize(style)
    return yours, theirs


def _mark(text: Text, pieces: Sequence[str], first: int, last: int, style: str) -> None:
    """Bring out some of a text's words."""
    start = sum(map(len, pieces[:first]))
    text.stylize(f"bold {style}", start, start + sum(map(len, pieces[first:last])))


def _safe(page: Page, line: CodeLine | None) -> Text | None:
    return page.text(line.text, limit=LINE_LIMIT, lines=LINES_SHOWN) if line else None
