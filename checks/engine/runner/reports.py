"""The reports that other programs read: JSON (`--json`) and JUnit XML (`--junit`).

Both appear at their path complete or not at all, and hold whatever the learner's code said
without ceasing to be valid JSON or XML.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from checks.engine.course.totals import Totals, tally, total
from checks.engine.course.verdict import Status, Verdict
from checks.engine.errors import ReportError
from checks.engine.files import replace

SCHEMA = 1  # raised when a field of the JSON report changes its meaning or goes away

# XML 1.0 has no way to write these, not even escaped.
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_json(
    path: str | os.PathLike[str],
    verdicts: Sequence[Verdict],
    meta: Mapping[str, Any] | None = None,
) -> None:
    """Write what `as_json` makes of the verdicts. Raises `ReportError`."""
    write_whole(Path(path), as_json(verdicts, meta))


def as_json(verdicts: Sequence[Verdict], meta: Mapping[str, Any] | None = None) -> str:
    """The verdicts, their totals per tier, and `meta` (what ran, with what, how it ended).

    `Verdict.from_json` takes each of `verdicts` back. A tier's `checks` and `points` leave out
    what the kit could not judge (`unjudged`).
    """
    tiers = tally(verdicts)
    report = {
        "schema": SCHEMA,
        "meta": dict(meta or {}),
        "total": sums(total(tiers)),
        "tiers": {tier.tier: sums(tier) for tier in tiers},
        "verdicts": [verdict.to_json() for verdict in verdicts],
    }
    # Escaped to ASCII: half a surrogate pair in a learner's message could not be encoded.
    return json.dumps(report, indent=2, ensure_ascii=True) + "\n"


def sums(totals: Totals) -> dict[str, Any]:
    """A tier's totals without its name; `stand_ins` are the tiers taken from the reference."""
    fields = asdict(totals)
    del fields["tier"]
    return fields


def write_junit(path: str | os.PathLike[str], verdicts: Sequence[Verdict]) -> None:
    """Write the verdicts as JUnit XML: one suite a tier, one case a check.

    `failed` is a failure, a to-do or blocked check is skipped, everything else that did not
    pass is an error whose type is the status. Raises `ReportError`.
    """
    from xml.etree import ElementTree as ET

    root = ET.Element("testsuites", counts(verdicts))
    for tier in dict.fromkeys(verdict.tier for verdict in verdicts):
        mine = [verdict for verdict in verdicts if verdict.tier == tier]
        suite = ET.SubElement(root, "testsuite", {"name": xml_text(tier)} | counts(mine))
        for verdict in mine:
            attributes = {
                "classname": xml_text(verdict.tier),
                "name": xml_text(verdict.title),
                "time": f"{verdict.seconds:.3f}",
            }
            case = ET.SubElement(suite, "testcase", attributes)
            kind = junit_kind(verdict.status)
            if kind == "skipped":
                ET.SubElement(case, kind, message=xml_text(verdict.came or verdict.status.value))
            elif kind:
                message = xml_text(verdict.mistake or first_line(verdict.came) or verdict.title)
                result = ET.SubElement(case, kind, message=message, type=verdict.status.value)
                first = next(each for each in mine if each.subject == verdict.subject)
                is_told = bool(verdict.subject) and verdict is not first
                told = f"The same as in {first.title}: it is about the whole file."
                result.text = xml_text(told if is_told else explanation(verdict))
            if verdict.output:
                ET.SubElement(case, "system-out").text = xml_text(verdict.output)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    write_whole(Path(path), f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n')


def junit_kind(status: Status) -> str:
    """The element that a status becomes; empty when passed."""
    if status is Status.PASSED:
        return ""
    if status.is_open:
        return "skipped"
    return "failure" if status is Status.FAILED else "error"


def counts(verdicts: Sequence[Verdict]) -> dict[str, str]:
    """The counts that JUnit wants on a suite."""
    kinds = [junit_kind(verdict.status) for verdict in verdicts]
    return {
        "tests": str(len(kinds)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "skipped": str(kinds.count("skipped")),
        "time": f"{sum(verdict.seconds for verdict in verdicts):.3f}",
    }


def explanation(verdict: Verdict) -> str:
    """A verdict's words and places, as plain lines."""
    labels = ("Expected", "What came", "Why it matters", "Try")
    said = zip(labels, (verdict.expected, verdict.came, verdict.why, verdict.hint), strict=True)
    lines = [f"{label}: {text}" for label, text in said if text]
    places = verdict.frames or ((verdict.location,) if verdict.location else ())
    for place in places:
        is_named = place.function not in ("", "<module>")
        cell = f", cell {place.cell}, line " if place.cell else ":"
        lines.append(f"{place.file}{cell}{place.line}" + f" in {place.function}" * is_named)
        if place.column:
            lines += [place.source, " " * (place.column - 1) + "^"]
    lines += [f"Checked with the reference's {e.tier}: {e.reason}." for e in verdict.stand_ins]
    return "\n".join(lines)


def first_line(text: str) -> str:
    """The first line of `text`, empty when there is none."""
    return text.split("\n", 1)[0]


def xml_text(text: str) -> str:
    """`text` with what XML can't hold as visible escapes."""
    return NOT_IN_XML.sub(lambda found: ascii(found.group())[1:-1], text)


def write_whole(path: Path, text: str) -> None:
    """Write a file in one step, so that a reader never meets half of it.

    A device or a pipe (`/dev/stdout`) can only be written to directly.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_text(text, encoding="utf-8")
            return
        replace(path.resolve(), text.encode("utf-8"))  # a link stays a link
    except (OSError, ValueError) as error:
        raise ReportError(
            f"The report can't be written to {path}: {reason(path, error)}."
        ) from error


def reason(path: Path, error: Exception) -> str:
    """Why writing failed, in words."""
    with contextlib.suppress(OSError, ValueError):
        if path.is_dir():
            return "it is a folder"
        if not path.parent.is_dir():
            return f"there is no folder {path.parent}"
    return (getattr(error, "strerror", None) or str(error)).rstrip(".").lower()
