"""What a notebook shows: HTML without scripts, and beside it the same as plain text.

The plain text is what the terminal would show; a notebook that is converted to a PDF, or looked at
on a page that shows no HTML, has that.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from checks.engine.course.totals import by_cause, tally, total
from checks.engine.course.verdict import Check, Exhibit, Frame, Status, Verdict
from checks.engine.ui.screen import Screen

if TYPE_CHECKING:
    from jinja2 import Template

HERE = Path(__file__).parent
TEXT_WIDTH = 88


@dataclass(frozen=True)
class Shown:
    """One output of a cell: `html`, and `text` for where there is none."""

    html: str
    text: str


@dataclass(frozen=True)
class Line:
    """A line of the learner's code: where it stands, in words, and its text."""

    where: str
    source: str


@dataclass(frozen=True)
class Picture:
    """An image with its caption; `address` is a `data:` address that holds it."""

    caption: str
    address: str


@dataclass(frozen=True)
class Page:
    """What stands on one output, from top to bottom."""

    heading: str = ""
    mood: str = ""  # "good" or "bad"
    mistake: str = ""
    notes: Sequence[str] = ()
    paragraphs: Sequence[str] = ()
    labelled: Sequence[tuple[str, str]] = ()  # a label, and a text beside it
    stacked: bool = False  # labels above their texts
    after: Sequence[str] = ()
    code: str = ""
    pictures: Sequence[Picture] = ()
    exhibits: Sequence[Exhibit] = ()
    next: str = ""
    more: dict[str, Any] = field(default_factory=dict)


def shown(page: Page) -> Shown:
    """A page that is not about verdicts, in both forms."""
    rows = [page.heading, page.mistake, *page.notes, *page.paragraphs]
    rows += [f"{label}: {text}" for label, text in page.labelled if text]
    rows += [*page.after, page.code, *(f"[{each.caption}]" for each in page.pictures)]
    rows += [f"Next: {page.next}"] if page.next else []
    return Shown(_html(page), "\n".join(filter(None, rows)))


def verdicts_shown(
    verdicts: Sequence[Verdict],
    where: Callable[[Frame], str],
    notes: Sequence[str] = (),
    next_step: str = "",
) -> Shown:
    """What a run of checks found.

    Args:
        verdicts: in the course's order.
        where: where a line stands, in words: "cell [5], line 3".
        notes: sentences to be read first.
        next_step: what to do next.
    """
    passed = [verdict for verdict in verdicts if verdict.status is Status.PASSED]
    failed = [verdict for verdict in verdicts if verdict.status is Status.INFRA]
    causes = [*by_cause(verdicts), *([verdict] for verdict in failed)]
    wrong = [
        {
            "verdict": first,
            "lines": [Line(where(frame), frame.source) for frame in _lines_of(first)],
            "others": [other.title for other in others],
        }
        for first, *others in causes
    ]
    waiting: dict[str, list[str]] = {}
    for verdict in verdicts:
        if verdict.status.is_open:
            waiting.setdefault(verdict.came or verdict.title, []).append(verdict.title)
    sums = total(tally(verdicts))
    heading = f"{sums.passed} of {sums.checks} checks pass" if sums.checks else "Nothing was judged"
    mood = "bad" if wrong else "good" if len(passed) == len(verdicts) else ""
    more = {
        "wrong": wrong,
        "waiting": waiting,
        "passed": passed,
        "passed_line": f"{len(passed)} passed",
        "advised": any(verdict.advice for verdict in passed),
    }
    page = Page(heading, mood, notes=notes, next=next_step, more=more)
    return Shown(_html(page), "\n".join([*notes, _as_text(verdicts, next_step)]))


def _lines_of(verdict: Verdict) -> Sequence[Frame]:
    """The learner's lines that a verdict is about."""
    if verdict.frames:
        return verdict.frames[-5:]
    return (verdict.location,) if verdict.location else ()


def _as_text(verdicts: Sequence[Verdict], next_step: str) -> str:
    console = Console(
        file=io.StringIO(),
        width=TEXT_WIDTH,
        color_system=None,
        force_jupyter=False,
        force_terminal=False,
    )
    checks = [Check(v.check, v.tier, v.title, v.points, v.about) for v in verdicts]
    with Screen(console) as screen:
        screen.start(checks)
        for verdict in verdicts:
            screen.verdict(verdict)
        screen.finish(verdicts, next_step)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().strip("\n")


def _html(page: Page) -> str:
    from markupsafe import Markup

    style = Markup((HERE / "view.css").read_text(encoding="utf-8"))
    fields = {name: getattr(page, name) for name in page.__dataclass_fields__ if name != "more"}
    return _template().render(style=style, **fields, **page.more)


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    empty: dict[str, Any] = {
        "wrong": (),
        "waiting": {},
        "passed": (),
        "passed_line": "",
        "advised": False,
    }
    environment.globals.update(empty)
    return environment.get_template("view.html.j2")
