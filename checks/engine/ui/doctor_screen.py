"""What the terminal shows of an examination: the bug first, then what was looked at."""

from __future__ import annotations

from rich.text import Text

from checks.engine.doctor import xray
from checks.engine.doctor.examination import Examination
from checks.engine.doctor.finding import Finding
from checks.engine.ui import screen_parts as parts
from checks.engine.ui.score_screen import table
from checks.engine.ui.screen_text import Page

LOOKED_AT = (
    "It looked at what each network was fed, at every backward pass and step, at what was cleared "
    "when, at the labels and the formula behind each score, at modes, noise, ranges and the order "
    "of the data. It can't see what shows only after hours, such as collapse, nor functions that "
    "were never called."
)


def blocks(page: Page, examination: Examination) -> list[Text]:
    """The whole screen."""
    name = examination.script.file
    if not examination.ran:
        problem = page.hang(Text("Could not run: ", "bold yellow"), page.text(examination.why))
        return [page.line(name, "bold"), problem, *_findings(page, examination),
                *_stand_ins(page, examination)]  # fmt: skip
    bugs = [f for f in examination.findings if f.level == "bug"]
    count = f"{len(bugs)} bug{'s' * (len(bugs) != 1)} found" if bugs else "no bug found"
    said = [
        page.hang(
            page.line(name, "bold"), page.line(f"  {count}", "bold red" if bugs else "bold green")
        )
    ]
    said += _findings(page, examination)
    said += [Text(), page.line("What was seen", "bold"), *_networks(page, examination)]
    said += _steps(page, examination)
    said += _stand_ins(page, examination)
    if not bugs:
        said += [Text(), page.hang(Text("  "), page.text(LOOKED_AT, "dim"))]
    return [*said, Text()]


def _findings(page: Page, examination: Examination) -> list[Text]:
    return [block for each in examination.findings for block in _finding(page, examination, each)]


def _finding(page: Page, examination: Examination, finding: Finding) -> list[Text]:
    is_bug = finding.level == "bug"
    mark = Text("x" if page.ascii_only else "✗", "red") if is_bug else Text("-", "cyan")
    title = page.line(finding.title, "bold red" if is_bug else "cyan")
    place, script = finding.place, examination.script
    shown = [Text(), page.hang(parts.lead(page, mark), title)]
    if place.file:
        code = script.line(place.file, place.line).strip()
        where = page.line(script.where(place.file, place.line), "cyan", limit=400)
        if place.file == script.file and not script.cells:
            where = page.place(str(script.folder / place.file), place.line)
        shown.append(parts.under(page, where))
        if code:
            shown.append(parts.under(page, page.line(f"  {code}")))
    shown.append(parts.under(page, page.text(finding.evidence)))
    if is_bug:
        shown.append(parts.under(page, page.text(finding.mistake.why, "dim")))
        shown.append(parts.under(page, page.text(f"Try: {finding.mistake.hints[1]}")))
    return shown


def _networks(page: Page, examination: Examination) -> list[Text]:
    roles = examination.roles
    if roles is None:
        return []
    rows = [("discriminator", xray.network_said(roles.discriminator))]
    if roles.generator is not None:
        rows.insert(0, ("generator", xray.network_said(roles.generator)))
    if loss := xray.loss_said(examination):
        rows.append(("losses", loss))
    return [
        page.hang(page.line(f"  {name:<15}", "dim"), page.text(text)) for name, text in rows
    ]  # fmt: skip


def _steps(page: Page, examination: Examination) -> list[Text]:
    steps = xray.steps_shown(examination)
    if not steps:
        return []
    has_left = any(step.left_over for step in steps)
    heads = ["step", "of the", "at", "real scores", "fake scores", *["and"] * has_left]
    rows = [
        [str(s.number), s.network, s.where, s.real, s.fake, *[s.left_over] * has_left]
        for s in steps
    ]  # fmt: skip
    return [Text(), *table(page, heads, rows, ["and", "at"], left=6)]


def _stand_ins(page: Page, examination: Examination) -> list[Text]:
    said = xray.stand_ins_said(examination)
    if not said:
        return []
    rows = [page.hang(Text("  "), page.text(f"{each}.", "dim")) for each in said[:12]]
    return [Text(), page.line("Stand-ins", "bold"), *rows]
