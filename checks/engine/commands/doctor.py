"""`python run_checks.py doctor FILE`: what is wrong with any PyTorch script that trains a GAN.

The script runs unedited for a few steps, shut in and without a network, on digits that the kit
draws. Every backward pass, every step and every score is watched; what is wrong is named from that,
the root cause first. FILE may be a notebook, or a folder with a script in it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from checks.engine.commands.common import INFRA, NOT_ALL, PASSED
from checks.engine.errors import ReportError, UsageError

EXAMPLES = (
    ("python run_checks.py doctor gan.py", "look at a script"),
    ("python run_checks.py doctor gan.py -- --lr 0.1", "with arguments of its own"),
    ("python run_checks.py doctor gan.ipynb --report gan.html", "and a page about a notebook"),
)
TAKES_REST = True
MAX_STEPS = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which script, and what to write about it."""
    add = parser.add_argument
    add("file", help="a .py file, a notebook, or a folder", metavar="FILE")
    add("--steps", type=int, default=3, metavar="N", help="steps of each network (default: 3)")
    add(
        "--data",
        metavar="DIR",
        help="a folder of images, or MNIST's files, in place of drawn digits",
    )
    add("--json", metavar="FILE", help="what was found, for programs")
    add("--report", metavar="FILE", help="what was found, as a page")


def run(options: argparse.Namespace) -> int:
    """Examine the script; 0 no bug, 1 a bug, 3 it could not be run."""
    from checks.engine.doctor.examination import examine
    from checks.engine.doctor.images import images_in
    from checks.engine.doctor.page import write_page
    from checks.engine.doctor.source import script_of
    from checks.engine.sandbox.client import shared
    from checks.engine.ui.doctor_screen import blocks
    from checks.engine.ui.screen import Screen, make_console

    if not 1 <= options.steps <= MAX_STEPS:
        raise UsageError(f"--steps {options.steps}: from 1 to {MAX_STEPS} can be looked at.")
    script = script_of(Path(options.file), options.rest)
    images = images_in(Path(options.data)) if options.data else None
    screen = Screen(make_console())
    try:
        screen.loading("Running the script …")
        found = examine(script, shared(), images, options.steps)
    finally:
        screen.close()
    for block in blocks(screen.page, found):
        screen.page.console.print(block)
    if options.json:
        _write(Path(options.json), json.dumps(as_json(found), indent=2) + "\n")
    if options.report:
        write_page(found, Path(options.report))
        screen.notice(f"Report: {options.report}")
    if not found.ran:
        return INFRA
    return NOT_ALL if found.has_bug else PASSED


def as_json(found: Any) -> dict[str, Any]:
    """What was found, in plain values."""
    from checks.engine.doctor import xray

    roles = found.roles
    generator = roles.generator if roles else None
    findings = []
    for each in found.findings:
        entry = {
            "id": each.id, "level": each.level, "title": each.title, "file": each.place.file,
            "line": each.place.line, "evidence": each.evidence,
        }  # fmt: skip
        cells = found.script.cells
        if each.place.file == found.script.file and 0 < each.place.line <= len(cells):
            entry["cell"], entry["line"] = cells[each.place.line - 1]
        findings.append(entry)
    return {
        "ran": found.ran,
        "why": found.why,
        "generator": xray.network_said(generator) if generator else None,
        "discriminator": xray.network_said(roles.discriminator) if roles else None,
        "findings": findings,
        "stand_ins": xray.stand_ins_said(found),
    }


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ReportError(f"{path.name} can't be written: {error.strerror}.") from None
