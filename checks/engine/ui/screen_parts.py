"""The parts of the screen, each a function from verdicts to text on a `Page`.

One line a check, the details of one that is wrong, the tier table. Colour only repeats what a
symbol or a word already says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from checks.engine.course.totals import Totals, total
from checks.engine.course.verdict import Exhibit, Frame, Status, Verdict
from checks.engine.ui.screen_text import Page

FRAMES_SHOWN = 5
LABEL_WIDTH = 16


@dataclass(frozen=True)
class Look:
    """How a status looks: its symbol, the same in ASCII, its word, its colour."""

    symbol: str
    ascii: str
    word: str
    style: str


LOOKS = {
    Status.PASSED: Look("✓", "ok", "", "green"),
    Status.FAILED: Look("✗", "x", "failed", "bold red"),
    Status.TODO: Look("○", "-", "to do", "dim"),
    Status.BLOCKED: Look("·", ".", "waiting", "dim"),
    Status.ERROR: Look("✗", "x", "error", "bold red"),
    Status.TIMEOUT: Look("✗", "x", "timed out", "bold red"),
    Status.MEMORY: Look("✗", "x", "memory", "bold red"),
    Status.CRASHED: Look("✗", "x", "crashed", "bold red"),
    Status.MISSING: Look("✗", "x", "missing", "bold red"),
    Status.INFRA: Look("!", "!", "KIT FAULT", "bold reverse magenta"),
}
WORD_WIDTH = max(len(look.word) for look in LOOKS.values())


def symbol(page: Page, status: Status) -> Text:
    """The status' symbol, in its colour."""
    look = LOOKS[status]
    return Text(look.ascii if page.ascii_only else look.symbol, style=look.style)


def lead(page: Page, mark: Text) -> Text:
    """What a check's line starts with; as wide for every symbol."""
    width = 2 if page.ascii_only else 1
    return Text.assemble("  ", mark, " " * (width - mark.cell_len + 1))


def check_line(page: Page, verdict: Verdict, title_width: int, verbose: bool) -> Text:
    """One check: symbol, title, how it ended, points."""
    look = LOOKS[verdict.status]
    unjudged = verdict.status is Status.INFRA
    points = "-" if unjudged else f"{verdict.earned}/{verdict.points}"
    word, style = look.word, look.style
    if verdict.status is Status.PASSED and verdict.advice:
        word, style = "note", "cyan"
    tail = Text.assemble("  ", (word, style), " " * (WORD_WIDTH - len(word)), f"{points:>7}")
    if verbose:
        tail.append(f"{verdict.seconds:>7.2f} s", "dim")
    start = lead(page, symbol(page, verdict.status))
    calm = "dim" if verdict.status.is_open else ""
    room = page.width - start.cell_len - tail.cell_len
    title = page.line(verdict.title, calm)
    return page.hang(start, title, tail, room=min(room, max(title_width, 24)))


def file_line(page: Page, verdict: Verdict, points: int, title_width: int) -> Text:
    """One line for a file that is wrong as a whole, in the place of its tier's checks."""
    look = LOOKS[verdict.status]
    tail = Text.assemble(
        "  ", (look.word, look.style), " " * (WORD_WIDTH - len(look.word)), f"{f'0/{points}':>7}"
    )
    start = lead(page, symbol(page, verdict.status))
    room = page.width - start.cell_len - tail.cell_len
    said = page.line(f"{verdict.subject}: no check could begin")
    return page.hang(start, said, tail, room=min(room, max(title_width, 24)))


def stand_ins(page: Page, verdict: Verdict) -> list[Text]:
    """Which earlier tiers were taken from the reference for this check, and why."""
    return [
        under(page, page.text(f"Checked with the reference's {e.tier}: {e.reason}.", "cyan"))
        for e in verdict.stand_ins
    ]


def under(page: Page, body: Text) -> Text:
    """A quieter line below a check's own."""
    return page.hang(lead(page, Text("")), body)


def paragraphs(page: Page, verdict: Verdict) -> list[Text]:
    """Expected, came, why and hint, each with its label in the margin."""
    blocks = []
    for label, said in (
        ("Expected", verdict.expected),
        ("What came", verdict.came),
        ("Why it matters", verdict.why),
        ("Try", verdict.hint),
    ):
        if said:
            start = lead(page, Text(""))
            start.append(label.ljust(LABEL_WIDTH), "bold")
            blocks.append(page.hang(start, page.text(said, limit=1200, lines=16)))
    return blocks


def details(page: Page, verdict: Verdict, verbose: bool) -> list[Text]:
    """All that helps to fix one check that is wrong, or says how the kit failed."""
    head = page.line(verdict.subject or verdict.title, "bold")
    if verdict.status is not Status.FAILED:
        head.append("  ", "not bold").append(
            LOOKS[verdict.status].word, LOOKS[verdict.status].style
        )
    blocks = [page.hang(lead(page, symbol(page, verdict.status)), head)]
    if verdict.mistake:
        blocks.append(under(page, page.line(verdict.mistake, "red")))
    if verdict.location and not verdict.frames and not verdict.subject:
        where = Text.assemble("In ", page.place(verdict.location.file, verdict.location.line))
        blocks.append(under(page, where))
    blocks.append(Text())
    blocks += paragraphs(page, verdict)
    blocks += further(page, verdict)
    blocks += [row for each in verdict.exhibits for row in exhibit(page, each)]
    blocks += traceback(page, verdict.frames, limit=30 if verbose else FRAMES_SHOWN)
    if verbose:
        blocks += printed(page, verdict.output)
    return blocks


def further(page: Page, verdict: Verdict) -> list[Text]:
    """The other mistakes that the same evidence shows, a line each."""
    blocks = []
    for number, other in enumerate(verdict.further):
        start = lead(page, Text(""))
        start.append(("" if number else "And besides").ljust(LABEL_WIDTH), "bold")
        body = page.line(other.mistake, "red")
        body.append_text(page.text(f". {other.came}"))
        blocks.append(page.hang(start, body))
    return blocks


def exhibit(page: Page, shown: Exhibit) -> list[Text]:
    """A table of evidence, its columns as wide as they need to be; stacked where too narrow."""
    blocks = [Text(), under(page, page.line(shown.title, "bold"))]
    table = [[page.line(cell, limit=60) for cell in row] for row in (shown.heads, *shown.rows)]
    widths = [max(row[i].cell_len for row in table) for i in range(len(shown.heads))]
    start = lead(page, Text(""))
    if start.cell_len + sum(widths) + 3 * (len(widths) - 1) > page.width:
        blocks += stacked(page, table)
    else:
        for number, row in enumerate(table):
            line = start.copy()
            for i, cell in enumerate(row):
                padded = cell.copy()
                padded.pad_right(widths[i] - cell.cell_len + 3 * (i + 1 < len(row)))
                padded.stylize("dim" if number == 0 or i == 0 else "")
                line.append_text(padded)
            line.rstrip()
            blocks.append(line)
    if shown.note:
        blocks.append(under(page, page.text(shown.note)))
    return blocks


def stacked(page: Page, table: list[list[Text]]) -> list[Text]:
    """The table for a narrow window: below each row's name its cells, a line each."""
    heads, *rows = table
    blocks = []
    for row in rows:
        blocks.append(under(page, row[0]))
        for head, cell in zip(heads[1:], row[1:], strict=True):
            body = (
                Text.assemble("  ", head, ": ", cell) if head.plain else Text.assemble("  ", cell)
            )
            blocks.append(under(page, body))
    return blocks


def traceback(page: Page, frames: Sequence[Frame], limit: int) -> list[Text]:
    """The learner's own lines, the one that raised last."""
    if not frames:
        return []
    blocks = [Text()]
    if len(frames) > limit:
        blocks.append(under(page, page.text(f"… {len(frames) - limit} more calls above", "dim")))
    for frame in frames[-limit:]:
        is_named = frame.function not in ("", "<module>")
        function = page.line(f"  in {frame.function}" if is_named else "", "dim", limit=80)
        blocks.append(under(page, Text.assemble(page.place(frame.file, frame.line), function)))
        indent = lead(page, Text(""))
        indent.append("    ")
        blocks.append(page.hang(indent, page.line(frame.source.strip(), limit=160)))
        if frame.column:
            before = page.line(frame.source[: frame.column - 1], limit=160)
            if indent.cell_len + before.cell_len < page.width:
                blocks.append(Text.assemble(indent, " " * before.cell_len, ("^", "bold red")))
    return blocks


def printed(page: Page, output: str, lines: int = 20) -> list[Text]:
    """The end of what the learner's code printed."""
    rows = output.rstrip()[-2000:].split("\n")
    if not output.strip():
        return []
    earlier = "Printed, its end:" if len(output) > 2000 or len(rows) > lines else "Printed:"
    blocks = [Text(), under(page, Text(earlier, "dim"))]
    bar = lead(page, Text(""))
    bar.append("| " if page.ascii_only else "│ ", "dim")
    return blocks + [page.hang(bar, page.line(row, limit=400)) for row in rows[-lines:]]


def tier_table(page: Page, tiers: Sequence[Totals]) -> Text:
    """Each tier: a bar, checks passed of all, points earned of all."""
    rows = [*tiers, total(tiers)] if len(tiers) > 1 else list(tiers)
    names = max((page.line(row.tier, limit=24).cell_len for row in rows), default=0)
    bar_width = 24 if page.width >= 80 else max(4, min(10, page.width - names - 21))
    blank = " " * (names + bar_width + 6)
    table = Text.assemble(blank, ("checks   points", "dim"))
    for row in rows:
        table.append("\n")
        name = page.line(row.tier, limit=24)
        name.pad_right(names - name.cell_len)
        if row.tier == "all":
            name.stylize("bold")
        table.append_text(
            Text.assemble(
                "  ", name, "  ", bar(page, row, bar_width), "  ",
                f"{row.passed}/{row.checks}".rjust(6), "  ",
                f"{row.earned}/{row.points}".rjust(7),
            )
        )  # fmt: skip
        if row.unjudged:
            table.append("  ")
            table.append(f"{row.unjudged} not judged", "bold magenta")
        elif row.missing:
            table.append("  ")
            table.append("no file", "red")
        elif row.stand_ins and row.tier != "all" and page.width >= 80:
            table.append("  ")
            table.append(f"reference's {row.stand_ins[0]}", "cyan")
    return table


def bar(page: Page, row: Totals, width: int) -> Text:
    """Passed, wrong and open checks as parts of one line."""
    whole = max(row.checks, 1)
    passed = width * row.passed // whole
    wrong = min(-(-width * row.wrong // whole), width - passed)
    full, broken, empty = ("#", "x", ".") if page.ascii_only else ("━", "╍", "─")
    return Text.assemble(
        (full * passed, "green"),
        (broken * wrong, "red"),
        (empty * (width - passed - wrong), "dim"),
    )
