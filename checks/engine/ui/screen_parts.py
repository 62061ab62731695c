"""The parts of the screen, each a function from verdicts to text on a `Page`.

One line a check, the details of one that is wrong, the tier table. Colour only repeats what a
symbol or a word already says.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from rich.text import Text

from checks.engine.course.questions import ANSWERS
from checks.engine.course.totals import Totals, total
from checks.engine.course.verdict import Check, Exhibit, Frame, Status, Verdict
from checks.engine.ui.screen_text import Page

FRAMES_SHOWN = 5
LABEL_WIDTH = 16
LINES_LEFT = 5  # of what came and of the hint, in a window with hardly any room


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


def check_line(page: Page, verdict: Verdict, title_width: int, verbose: bool = False) -> Text:
    """One check: symbol, title, how it ended, points."""
    look = LOOKS[verdict.status]
    unjudged = verdict.status is Status.INFRA
    points = "-" if unjudged else f"{verdict.earned}/{verdict.points}"
    is_noted = verdict.status is Status.PASSED and verdict.advice
    word = Text("note", "cyan") if is_noted else Text(look.word, look.style)
    seconds = f"{verdict.seconds:>7.2f} s" if verbose else ""
    title = page.line(verdict.title, "dim" if verdict.status.is_open else "")
    return row(page, verdict.status, title, word, points, title_width, seconds)


def part_of(check: Check | Verdict) -> tuple[str, str]:
    """What a check shares its line with others for: the part that it is about, or its file."""
    subject = check.subject if isinstance(check, Verdict) else ""
    return check.tier, subject or check.about or check.check


def part_name(check: Check | Verdict) -> str:
    """How the line of a part begins; the questions are no part that one writes."""
    return check.title if check.about in ("", ANSWERS) else check.about


def part_lines(page: Page, verdicts: Sequence[Verdict], title_width: int) -> list[Text]:
    """The checks on one part in a line, and below it a line for each that is wrong.

    A file that is wrong as a whole has one line in the place of its tier's checks.
    """
    first = verdicts[0]
    if first.subject:
        said = page.line(f"{first.subject}: no check could begin")
        word = Text(LOOKS[first.status].word, LOOKS[first.status].style)
        points = f"0/{sum(each.points for each in verdicts)}"
        return [row(page, first.status, said, word, points, max(title_width, said.cell_len))]
    if part_name(first) == first.title:
        return [check_line(page, each, title_width) for each in verdicts]
    passed = sum(each.status is Status.PASSED for each in verdicts)
    is_open = all(each.status.is_open for each in verdicts)
    urgent = [each for each in verdicts if each.status.is_wrong or each.status is Status.INFRA]
    left = [each for each in verdicts if each.status is not Status.PASSED]
    status = (urgent or left or verdicts)[0].status
    judged = [each for each in verdicts if each.status is not Status.INFRA]
    look = LOOKS[status]
    word = Text(look.word if is_open else f"{passed} of {len(verdicts)}", look.style)
    if not left:
        word = Text("note" if any(each.advice for each in verdicts) else "", "cyan")
    points = f"{sum(e.earned for e in judged)}/{sum(e.points for e in judged)}" if judged else "-"
    name = page.line(part_name(first), "dim" if is_open else "")
    lines = [row(page, status, name, word, points, title_width)]
    for each in urgent:
        start = Text("    ").append_text(lead(page, symbol(page, each.status)))
        title = (
            page.line(each.title)
            .append("  ")
            .append(LOOKS[each.status].word, LOOKS[each.status].style)
        )
        lines.append(page.hang(start, title))
    return lines


def waits_for(verdicts: Sequence[Verdict]) -> str:
    """What checks on one part wait for, in a sentence; "" where none does."""
    return next((each.came for each in verdicts if each.status is Status.BLOCKED), "")


def row(
    page: Page, status: Status, title: Text, word: Text, points: str, width: int, end: str = ""
) -> Text:
    """A line of the list: symbol, title, word and points, each in its column."""
    tail = Text.assemble("  ", word, " " * (WORD_WIDTH - word.cell_len), f"{points:>7}")
    tail.append(end, "dim")
    start = lead(page, symbol(page, status))
    room = page.width - start.cell_len - tail.cell_len
    return page.hang(start, title, tail, room=min(room, max(width, 24)))


def key_line(page: Page, keys: Mapping[str, str]) -> Text:
    """The keys that work, each with its word."""
    line = Text()
    for key, word in keys.items():
        line.append(key, "bold cyan").append(f" {word}  ", "dim")
    line.rstrip()
    return page.hang(Text(), line)


def headline(page: Page, file: str, sums: Totals) -> Text:
    """A file, and how far it is, in one line."""
    width = 24 if page.width >= 80 else 8
    said = f"  {sums.passed}/{sums.checks} checks"
    return Text.assemble(page.line(file, "bold"), "  ", bar(page, sums, width), said)


def next_line(page: Page, step: str, file: str = "") -> Text:
    """The next thing to do; the name of the file in it is a link."""
    return page.hang(Text("Next: ", "bold"), page.with_link(page.text(step), file))


def stand_ins(page: Page, verdict: Verdict) -> list[Text]:
    """Which earlier tiers were taken from the reference for this check, and why."""
    return [
        under(page, page.text(f"Checked with the reference's {e.tier}: {e.reason}.", "cyan"))
        for e in verdict.stand_ins
    ]


def under(page: Page, body: Text) -> Text:
    """A quieter line below a check's own."""
    return page.hang(lead(page, Text("")), body)


def paragraphs(page: Page, verdict: Verdict, without: Container[str] = ()) -> list[Text]:
    """Expected, came, why and hint, each with its label in the margin."""
    blocks = []
    for name, label, said in (
        ("expected", "Expected", verdict.expected),
        ("came", "What came", verdict.came),
        ("why", "Why it matters", verdict.why),
        ("hint", "Try", verdict.hint),
    ):
        if said and name not in without:
            start = lead(page, Text(""))
            start.append(label.ljust(LABEL_WIDTH), "bold")
            block = page.hang(start, page.text(said, limit=1200, lines=16))
            blocks.append(beginning(block, LINES_LEFT) if "ends" in without else block)
    return blocks


def beginning(block: Text, lines: int) -> Text:
    """The first lines of a block, with a mark where there are more."""
    rows = block.split("\n")
    return Text("\n").join(rows[:lines]).append(" …" if len(rows) > lines else "")


def details(
    page: Page, verdict: Verdict, verbose: bool = False, without: Container[str] = ()
) -> list[Text]:
    """All that helps to fix one check that is wrong, or says how the kit failed.

    For a low window `without` some of it: "tables", earlier "calls", "why", "expected", or the
    "ends" of what is long.
    """
    head = page.line(verdict.subject or verdict.title, "bold")
    if verdict.status is not Status.FAILED:
        head.append("  ", "not bold").append(
            LOOKS[verdict.status].word, LOOKS[verdict.status].style
        )
    blocks = [page.hang(lead(page, symbol(page, verdict.status)), head)]
    if verdict.mistake:
        blocks.append(under(page, page.line(verdict.mistake, "red")))
    if verdict.location and not verdict.frames and not verdict.subject:
        where = Text.assemble("In ", page.place(*_where(verdict.location)))
        blocks.append(under(page, where))
    calls = 1 if "calls" in without else 30 if verbose else FRAMES_SHOWN
    blocks += [*traceback(page, verdict.frames, limit=calls), Text()]
    blocks += paragraphs(page, verdict, without)
    blocks += further(page, verdict)
    if "tables" not in without:
        blocks += [row for each in verdict.exhibits for row in exhibit(page, each)]
    if verbose:
        blocks += printed(page, verdict.output)
    return blocks


def _where(frame: Frame) -> tuple[str, int, int]:
    return frame.file, frame.line, frame.cell


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
    blocks: list[Text] = []
    if len(frames) > limit:
        blocks.append(under(page, page.text(f"… {len(frames) - limit} more calls above", "dim")))
    for frame in frames[-limit:]:
        is_named = frame.function not in ("", "<module>")
        function = page.line(f"  in {frame.function}" if is_named else "", "dim", limit=80)
        blocks.append(under(page, Text.assemble(page.place(*_where(frame)), function)))
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
