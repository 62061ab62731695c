"""What the terminal shows: complete, within its width and encoding, and safe from what it shows."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import ConsoleDimensions

from checks.engine.course.totals import next_verdict, tally, total
from checks.engine.course.verdict import Check, Exhibit, Frame, Status, Verdict
from checks.engine.plain_text import inert
from checks.engine.ui.screen import Screen, make_console
from checks.engine.ui.screen_parts import LOOKS
from checks.engine.ui.screen_text import Page, file_link
from checks.engine.ui.watch import KEYS
from checks.engine.ui.watch_screen import WatchScreen

FILE = str(Path.cwd() / "exercises" / "advanced.py")
COLOUR = re.compile(r"\x1b\[[\d;]*m")
LINK = re.compile(r"\x1b\]8;[\w=;-]*?[;]([!-~]*)\x1b\\")


class FakeStream(io.StringIO):
    """A stream that is a terminal or isn't, and that refuses what its encoding lacks."""

    def __init__(self, *, terminal: bool = False, encoding: str = "utf-8") -> None:
        super().__init__()
        self._terminal = terminal
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return self._terminal

    def write(self, text: str) -> int:
        text.encode(self._encoding)
        return super().write(text)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same screen on a laptop, in CI and in an editor's test panel."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "JPY_PARENT_PID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("rich.console.detect_legacy_windows", lambda: False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "40")


def verdict(status: Status, number: int = 0, tier: str = "advanced", **fields: object) -> Verdict:
    """A verdict with something in every field that its status has."""
    wrong = status.is_wrong
    came = "Waits for Generator." if status is Status.BLOCKED else ""
    common = Verdict(
        check=f"test_{tier}.py::test_{status.value}_{number}",
        tier=tier,
        title=f"{status.value} {number}: D is moved by its own loss – and by nothing × else",
        points=3,
        status=status,
        expected="A loss ≤ 0.7, along ∇ of log D(x) …" if wrong else "",
        came="The loss — 3.2 ± 0.1." if wrong else came,
        why="Without it, nothing is learned. " * 5 if wrong else "",
        hint="Look at the sign." if wrong else "",
        mistake="Gradients never cleared" if wrong else "",
        location=Frame(FILE, 42, "discriminator_step", "") if wrong else None,
        seconds=0.25,
    )
    return replace(common, **fields)  # type: ignore[arg-type]


EVERY_STATUS = [verdict(status) for status in Status]


def checks_of(verdicts: Sequence[Verdict]) -> list[Check]:
    return [Check(v.check, v.tier, v.title, v.points, v.about) for v in verdicts]


def show(
    verdicts: Sequence[Verdict],
    stream: FakeStream | None = None,
    next_step: str = "write it, then run: python run_checks.py advanced",
    **options: bool,
) -> str:
    """All that one run writes."""
    stream = stream or FakeStream()
    with Screen(make_console(stream), **options) as screen:
        screen.loading()
        screen.start(checks_of(verdicts))
        for each in verdicts:
            screen.running(each.check)
            screen.verdict(each)
        screen.finish(verdicts, next_step)
    return stream.getvalue()


# Layout.


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_no_line_is_wider_than_the_window_or_than_prose(
    width: int, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = show(EVERY_STATUS, FakeStream(encoding=encoding), verbose=True)
    assert max(cell_len(line) for line in text.splitlines()) <= min(width, 100)
    assert not any(line != line.rstrip() for line in text.splitlines())


def test_the_table_of_tiers_fits_a_very_narrow_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    rows = show([verdict(Status.PASSED, tier=tier) for tier in ("beginner", "intermediate")],
                overview=True).splitlines()  # fmt: skip
    table = [row for row in rows if re.search(r" \d+/\d+ +\d+/\d+$", row)]
    assert len(table) == 3
    assert max(map(cell_len, rows)) <= 40


@pytest.mark.parametrize("width", [60, 80, 200])
def test_wrapping_cuts_nothing_off(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    shown = re.sub(r"\s+", " ", show([verdict(Status.FAILED)]))
    for part in ("A loss ≤ 0.7, along ∇ of log D(x) …", "The loss — 3.2 ± 0.1.", "advanced.py:42"):
        assert part in shown


def test_a_log_has_one_width_wherever_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS")
    monkeypatch.setattr("os.get_terminal_size", lambda *_: os.terminal_size((132, 40)))
    assert make_console(FakeStream()).width == 80


def test_points_stand_in_one_column() -> None:
    rows = [line for line in show(EVERY_STATUS).splitlines() if re.search(r" ([03]/3|-)$", line)]
    assert len(rows) == len(Status)
    assert len({len(row) for row in rows}) == 1


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_every_status_has_its_symbol_and_word(status: Status, encoding: str) -> None:
    text = show([verdict(status)], FakeStream(encoding=encoding))
    look = LOOKS[status]
    line = next(line for line in text.splitlines() if status.value in line)
    assert line.lstrip().startswith(look.symbol if encoding == "utf-8" else look.ascii)
    assert look.word in line


def test_statuses_can_be_told_apart_without_colour() -> None:
    assert len({(look.ascii, look.word) for look in LOOKS.values()}) == len(Status)


# One line a function.


def on(about: str, *statuses: Status) -> list[Verdict]:
    """Verdicts on checks of one part."""
    return [
        verdict(status, n, about=about, check=f"{about}{n}") for n, status in enumerate(statuses)
    ]


def test_what_has_passed_or_is_to_do_takes_one_line_a_part() -> None:
    passed, to_do = on("Generator", *[Status.PASSED] * 5), on("train_gan", *[Status.TODO] * 9)
    rows = show([*passed, *to_do]).splitlines()
    assert [row for row in rows if row.startswith("  ✓")] == [
        "  ✓ Generator                            15/15"
    ]
    assert [row for row in rows if row.startswith("  ○")] == [
        "  ○ train_gan                 to do       0/27"
    ]
    assert show([*passed, *to_do], verbose=True).count("✓ ") == 5


def test_a_part_that_is_wrong_names_its_wrong_checks() -> None:
    text = show(on("Generator", Status.PASSED, Status.FAILED, Status.PASSED, Status.TIMEOUT))
    assert "✗ Generator                 2 of 4      6/12" in text
    listed = text[: text.index("To fix")]
    assert listed.count("✗ failed 1: D is moved") == listed.count("✗ timeout 3: D is moved") == 1
    assert "passed" not in listed


def test_a_part_whose_checks_come_apart_has_a_line_for_each_time() -> None:
    first, last = on("Generator", Status.PASSED, Status.PASSED)
    rows = show([first, *on("train_gan", Status.PASSED), last]).splitlines()
    assert [row.split()[1] for row in rows if row.startswith("  ✓")] == [
        "Generator", "train_gan", "Generator",
    ]  # fmt: skip


# Watch mode's page.

TABLE = Exhibit("Seen", ("", "a"), tuple((f"row {n}", "1") for n in range(9)))
CALLS = tuple(Frame(FILE, n, "train_gan", "loss.backward()") for n in range(1, 6))


def page_of(
    verdicts: Sequence[Verdict], columns: int, rows: int, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """What the window shows in the end, its keys included."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("LINES", str(rows))
    stream = FakeStream(terminal=True)
    console = make_console(stream)
    console.size = ConsoleDimensions(columns, rows)
    with WatchScreen(console, "exercises/advanced.py", KEYS) as screen:
        screen.start(checks_of(verdicts))
        for each in verdicts:
            screen.verdict(each)
        screen.finish(verdicts, "fix it, and save.")
        screen.keys(KEYS)
    *_, last = stream.getvalue().split("\x1b[H")
    return COLOUR.sub("", LINK.sub("", last)).splitlines()


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40)])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"exhibits": (TABLE,)},
        {"frames": CALLS, "exhibits": (TABLE,)},
        {"came": "One. " * 200, "frames": CALLS},
        {"came": "One line.\n" * 30, "expected": "Two. " * 90, "hint": "Three. " * 60},
        {"advice": ("Better. " * 20,) * 3},
    ],
    ids=str,
)
def test_headline_what_came_and_what_to_try_are_in_sight(
    fields: dict[str, object], size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [v for n in range(9) for v in on(f"part_{n}", *[Status.PASSED] * 4, Status.FAILED)]
    wrong = replace(verdict(Status.FAILED, about="train_gan"), **fields)  # type: ignore[arg-type]
    shown = page_of([wrong, *others], *size, monkeypatch)
    assert len(shown) < size[1]  # the cursor has a row, too
    text = "\n".join(shown)
    for part in ("36/46 checks", "failed 0: D is moved", "Gradients never cleared", "What came",
                 "Try", "Next: fix it", "q quit"):  # fmt: skip
        assert part in text, part


def test_tables_and_parts_are_shown_where_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = verdict(Status.FAILED, about="train_gan", exhibits=(TABLE,))
    verdicts = [wrong, *on("Generator", Status.PASSED, Status.PASSED)]
    high = "\n".join(page_of(verdicts, 80, 60, monkeypatch))
    assert "row 8" in high
    assert "✓ Generator" in high
    low = "\n".join(page_of(verdicts, 80, 24, monkeypatch))
    assert "row 8" not in low
    assert "Why it matters" in low


# The report.


def test_the_first_three_mistakes_are_explained_and_the_rest_counted() -> None:
    wrong = [verdict(Status.FAILED, number) for number in range(7)]
    text = show(wrong)
    assert text.count("Why it matters") == 3
    assert "… and 4 more" in text
    everything = show(wrong, verbose=True)
    assert everything.count("Why it matters") == 7
    assert "more" not in everything


def test_exceptions_on_one_line_are_one_cause_whatever_their_numbers() -> None:
    def raised(number: int, line: int) -> Verdict:
        frames = (Frame(FILE, 90 + number, "train_gan", "step()"), Frame(FILE, line, "step", "z"))
        error = verdict(Status.ERROR, number, frames=frames)
        return replace(error, mistake_id="", came=f"RuntimeError: shapes {number}x100 and 12x256")

    text = show([raised(number, 7) for number in range(5)] + [raised(5, 8)])
    assert text.count("Why it matters") == 2


def test_the_learners_own_lines_are_shown_relative_to_the_current_folder() -> None:
    deep = tuple(Frame(FILE, line, "step", f"call({line})") for line in range(1, 900))
    text = show([verdict(Status.ERROR, frames=deep)])
    place = str(Path("exercises", "advanced.py"))
    assert f"{place}:899  in step\n        call(899)" in text
    assert "894 more calls above" in text


def test_printed_output_and_seconds_are_shown_on_request_only() -> None:
    noisy = [verdict(status, output="debug 17\n") for status in (Status.PASSED, Status.FAILED)]
    assert "debug" not in show(noisy)
    assert "0.25 s" not in show(noisy)
    assert show(noisy, verbose=True).count("debug 17") == 2
    assert show(noisy, verbose=True).count("0.25 s") == 2


def test_what_several_checks_wait_for_is_said_once() -> None:
    waiting = [verdict(Status.BLOCKED, number) for number in range(3)]
    assert show(waiting).count("Waits for Generator.") == 1


def test_advice_is_verbatim_and_does_not_take_over() -> None:
    advised = [verdict(Status.PASSED, n, advice=(f"Note {n}: use [0.9].",)) for n in range(6)]
    assert "Note 2: use [0.9]." in show(advised)
    assert "Note 3" not in show(advised)
    assert "Note 5" in show(advised, verbose=True)


def test_a_fault_of_the_kit_is_loud_and_no_zero() -> None:
    text = show([verdict(Status.PASSED), verdict(Status.INFRA, came="The judge went away.")])
    assert "KIT FAULT" in text
    assert "The judge went away." in text
    assert "1 not judged" in text
    assert "1/1      3/3" in text
    assert "Well done" not in text


def test_a_check_without_a_verdict_has_not_passed() -> None:
    stream = FakeStream()
    screen = Screen(make_console(stream))
    screen.start(checks_of(EVERY_STATUS))
    screen.finish([verdict(Status.PASSED)])
    assert "1/10" in stream.getvalue()
    assert "Well done" not in stream.getvalue()


def test_all_passed_is_congratulated() -> None:
    text = show([verdict(Status.PASSED)], next_step="python run_checks.py bonus")
    assert "Well done: all 1 checks pass." in text
    assert text.endswith("Next: python run_checks.py bonus\n")


def test_the_overview_is_the_table_the_mistakes_names_and_the_next_step() -> None:
    text = show(EVERY_STATUS, overview=True)
    assert "Gradients never cleared" in text
    assert "Why it matters" not in text
    assert "Next: write it" in text
    assert len(text.splitlines()) < 25


def test_a_wrong_check_comes_before_a_to_do_and_an_early_tier_before_a_late_one() -> None:
    to_do, failed = verdict(Status.TODO, tier="beginner"), verdict(Status.FAILED, tier="beginner")
    late, passed = verdict(Status.FAILED, tier="bonus"), verdict(Status.PASSED, tier="beginner")
    assert next_verdict([passed, to_do, failed, late]) is failed
    assert next_verdict([passed, to_do, late]) is to_do
    assert next_verdict([passed, late]) is late
    assert next_verdict([passed]) is None
    assert f"Next: {failed.title[:20]}" in show([to_do, failed], next_step="")


def test_totals_count_every_status_once() -> None:
    (tier,) = tally(EVERY_STATUS)
    assert (tier.checks, tier.passed, tier.wrong, tier.unjudged) == (9, 1, 6, 1)
    assert (tier.points, tier.earned, tier.missing) == (27, 3, 1)
    assert total([tier, tier]).points == 54


# Terminals.


def test_plain_text_where_there_is_no_terminal() -> None:
    text = show(EVERY_STATUS)
    assert all(character.isprintable() or character == "\n" for character in text)
    assert "Loading" not in text
    again = [replace(each, seconds=each.seconds * 3) for each in EVERY_STATUS]
    assert show(again) == text


def test_no_color_leaves_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[32m" in show(EVERY_STATUS, FakeStream(terminal=True))
    monkeypatch.setenv("NO_COLOR", "1")
    codes = "".join(COLOUR.findall(show(EVERY_STATUS, FakeStream(terminal=True))))
    assert not re.search(r"[\[;](3|4|9|10)\d[;m]", codes)


def test_no_colour_asked_for() -> None:
    stream = FakeStream(terminal=True)
    make_console(stream, no_colour=True).print("x", style="red")
    assert "\x1b[31m" not in stream.getvalue()


def test_a_dumb_terminal_gets_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in show(EVERY_STATUS, FakeStream(terminal=True))


@pytest.mark.parametrize(("name", "terminal"), [("FORCE_COLOR", False), ("JPY_PARENT_PID", True)])
def test_logs_and_notebooks_get_colour_but_no_cursor_and_no_links(
    name: str, terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "1")
    text = show(EVERY_STATUS, FakeStream(terminal=terminal))
    assert "\x1b[32m" in text
    assert "\x1b" not in COLOUR.sub("", text)


def test_lines_of_code_are_links_in_a_terminal() -> None:
    text = show([verdict(Status.FAILED)], FakeStream(terminal=True))
    assert Path(FILE).as_uri() in LINK.findall(text)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437"])
@pytest.mark.parametrize("terminal", [False, True])
def test_our_own_text_is_ascii_without_utf_8(encoding: str, terminal: bool) -> None:
    text = show(EVERY_STATUS, FakeStream(terminal=terminal, encoding=encoding), verbose=True)
    assert text.isascii()
    assert "<= 0.7, along grad  of log D(x) ..." in re.sub(r"\s*\n\s*", " ", text)


def test_a_learners_letters_stay_where_the_encoding_has_them() -> None:
    frame = Frame(str(Path.cwd() / "Übung" / "beginner.py"), 3, "größe", "σ = 'Łódź'")
    erring = [verdict(Status.ERROR, frames=(frame,))]
    western = show(erring, FakeStream(encoding="cp1252"))
    assert "Übung" in western
    assert "größe" in western
    assert "sigma = '?ódz'" in western
    assert "Ubung" in show(erring, FakeStream(encoding="ascii"))


def rows_left(written: str) -> list[str]:
    """What a terminal shows after these bytes: a line of cells, a cursor, and nothing else."""
    rows, row, column = [""], 0, 0
    for code, character in re.findall(
        r"(\x1b\[[\d;?]*[A-Za-z]|\x1b\]8;.*?\x1b\\)|([\s\S])", written
    ):
        if code.endswith("A"):
            row -= int(code[2:-1] or 1)
        elif code == "\x1b[2K":
            rows[row] = ""
        elif character == "\r":
            column = 0
        elif character == "\n":
            row, column = row + 1, 0
            rows += [""] * (row + 1 - len(rows))
        elif character:
            before = rows[row].ljust(column)
            rows[row] = before[:column] + character + before[column + 1 :]
            column += 1
    return [each.rstrip() for each in rows]


def test_the_live_part_leaves_nothing_behind() -> None:
    written = show(EVERY_STATUS, FakeStream(terminal=True))
    assert "Loading PyTorch" in written
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h") == 1
    assert rows_left(written) == show(EVERY_STATUS).split("\n")


def test_an_interrupted_run_gives_the_cursor_back() -> None:
    stream = FakeStream(terminal=True)

    def interrupted() -> None:
        with Screen(make_console(stream)) as screen:
            screen.start(checks_of(EVERY_STATUS))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert stream.getvalue().count("\x1b[?25h") == 1
    assert not any(rows_left(stream.getvalue()))


def test_notices_and_problems_are_sentences() -> None:
    stream = FakeStream(terminal=True)
    with Screen(make_console(stream)) as screen:
        screen.loading()
        screen.notice("Training on the embedded digits.")
        screen.problem("There is no folder [solutions].")
    rows = [row for row in rows_left(stream.getvalue()) if row]
    assert rows == ["Training on the embedded digits.", "Problem: There is no folder [solutions]."]


# Hostile text.

NASTY = st.sampled_from(
    [
        "\x1b]0;owned\x07", "\x1b[2J\x1b[H", "\x9b31m", "\x1bP1$r\x1b\\", "[red]x[/red]", "[/]",
        "\u202egnp.exe", "\u2066", "\u200b", "\ud800", "\udc80", "\r", "\r\n", "\b\b", "\x00",
        "\u2028", "\x85", "\t", "a\u0301\u0301\u0301\u0301\u0301\u0301", "日本語",
        "👩‍👩‍👧", "\U000e0041",
        "[link=file:///x]y[/link]", ":smile:", "\\", "{0}%s", "\n" * 300, "w" * 5000, " " * 300,
    ]
)  # fmt: skip
ANY_CHARACTER = st.integers(0, 0x10FFFF).map(chr)
HOSTILE = st.lists(NASTY | ANY_CHARACTER, max_size=12).map("".join)


@settings(max_examples=60)
@given(text=HOSTILE, setting=st.sampled_from([("utf-8", True), ("utf-8", False), ("cp1252", True)]))
def test_hostile_text_is_inert_everywhere(text: str, setting: tuple[str, bool]) -> None:
    encoding, terminal = setting
    hostile = verdict(
        Status.ERROR, tier=text, title=text, expected=text, came=text, why=text, hint=text,
        mistake=text, output=text, advice=(text,), location=Frame(text, 1, text, text),
        frames=(Frame(text, 1, text, text), Frame("/" + text, 2, text, text)),
    )  # fmt: skip
    blocked = replace(hostile, check="other", status=Status.BLOCKED)
    fault = replace(hostile, check="third", status=Status.INFRA)
    stream = FakeStream(terminal=terminal, encoding=encoding)
    written = show([hostile, blocked, fault], stream, text, verbose=True)
    # What is left without rich's own codes must hold nothing that a terminal obeys.
    written = LINK.sub("", COLOUR.sub("", written))
    written = re.sub(r"\x1b\[(2K|1A|\?25[lh])", "", written)
    assert all(character.isprintable() or character in "\r\n" for character in written)
    if not terminal:
        assert max(map(cell_len, written.split("\n"))) <= 80
        assert len(written) < 60_000


@given(text=HOSTILE, limit=st.integers(1, 300))
def test_inert_text_is_bounded_and_printable(text: str, limit: int) -> None:
    shown = inert(text, limit)
    assert len(shown) <= limit + 1
    assert all(character.isprintable() or character == "\n" for character in shown)
    assert inert(shown, limit + 1) == shown


def test_a_link_leads_to_a_file_of_this_machine_or_nowhere() -> None:
    assert file_link(FILE) == Path(FILE).as_uri()
    for odd in (
        "advanced.py",
        "//server/share/advanced.py",
        "\\\\server\\share\\a.py",
        "",
        "\ud800",
    ):
        assert file_link(odd) == ""


def test_the_old_windows_console_gets_ascii_symbols() -> None:
    console = make_console(FakeStream(terminal=True))
    console.legacy_windows = True
    assert str(Page(console).text("a × b ≤ ü")) == "a x b <= ü"


def test_combining_marks_do_not_pile_up() -> None:
    assert inert("a" + "\u0301" * 9).count("\u0301") == 3
    assert inert("e\u0301té, กำลัง") == "e\u0301té, กำลัง"


def test_100_kb_on_one_line_stay_short() -> None:
    flood = "x" * 100_000
    frame = Frame(FILE, 1, flood, flood)
    text = show([verdict(Status.ERROR, title=flood, came=flood, frames=(frame,), output=flood)])
    assert len(text) < 5000
