"""What GitHub Actions shows: annotations beside the code, and a summary of the job.

An annotation is a line of output that the runner takes for a command. What a learner's code says
could be such a line, too, so the runner is told to obey nothing while the checks are shown.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

from checks.engine.course.totals import by_cause, tally, total
from checks.engine.course.verdict import Verdict
from checks.engine.errors import ReportError
from checks.engine.paths import KIT
from checks.engine.plain_text import inert

MOST = 10  # annotations of a step; GitHub drops the others without a word
MAX_SUMMARY = 2**20 - 2**10  # bytes of a step; of a longer one nothing is shown


def is_github() -> bool:
    """Whether this runs in a GitHub Actions job."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def silence() -> tuple[str, str]:
    """The line from which on the runner obeys nothing, and the one that ends that."""
    word = secrets.token_hex(16)
    return f"::stop-commands::{word}", f"::{word}::"


def error_lines(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """A line for each thing to fix, as many as GitHub shows."""
    for group in by_cause(verdicts)[:MOST]:
        first = group[0]
        place = first.frames[-1] if first.frames else first.location
        where = (
            f"file={escaped_property(from_root(place.file))},line={place.line}," if place else ""
        )
        title = escaped_property(first.mistake or first.title)
        said = (first.came, first.expected and f"Expected: {first.expected}", first.hint)
        text = escaped("\n".join(filter(None, said)))
        yield f"::error {where}title={title}::{text}"


def from_root(file: str) -> str:
    """A file's path as the repository has it."""
    try:
        return Path(file).relative_to(KIT).as_posix()
    except ValueError:
        return Path(file).name


def escaped(text: str) -> str:
    """A command's message."""
    plain = inert(text)
    return plain.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escaped_property(text: str) -> str:
    """The value of a command's property."""
    return escaped(text).replace(":", "%3A").replace(",", "%2C")


def summary(verdicts: Sequence[Verdict]) -> str:
    """The job's page in Markdown: points by tier, and what to fix."""
    tiers = tally(verdicts)
    whole = total(tiers)
    lines = [f"## {whole.earned} of {whole.points} points", "", "| tier | checks | points |",
             "|---|---|---|"]  # fmt: skip
    lines += [f"| {t.tier} | {t.passed} of {t.checks} | {t.earned} of {t.points} |" for t in tiers]
    for group in by_cause(verdicts):
        first = group[0]
        lines += ["", f"### {marked(first.mistake or first.title)}", ""]
        said = {"Expected": first.expected, "What came": first.came,
                "Why it matters": first.why, "Try": first.hint}  # fmt: skip
        lines += [f"- **{label}:** {marked(text)}" for label, text in said.items() if text]
    text = "\n".join(lines) + "\n"
    return text.encode()[:MAX_SUMMARY].decode("utf-8", "ignore")


def marked(text: str) -> str:
    """Text in which Markdown and HTML see nothing."""
    plain = inert(text).replace("&", "&amp;").replace("<", "&lt;").replace("\n", " ")
    return "".join(f"\\{each}" if each in "\\`*_[]|#" else each for each in plain)


def write_summary(verdicts: Sequence[Verdict]) -> None:
    """Add to the file that GitHub shows as the job's summary, where it names one.

    Raises:
        ReportError: it can't be written.
    """
    if not (named := os.environ.get("GITHUB_STEP_SUMMARY")):
        return
    try:
        with Path(named).open("a", encoding="utf-8") as file:
            file.write(summary(verdicts))
    except OSError as error:
        raise ReportError(f"The job's summary can't be written: {error.strerror}.") from None
