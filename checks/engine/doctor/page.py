"""The page about an examination: one file that needs nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from checks.engine.doctor import xray
from checks.engine.doctor.examination import Examination
from checks.engine.errors import ReportError
from checks.engine.html import environment, policy

HERE = Path(__file__).parent
TEMPLATE = "page.html.j2"


def write_page(examination: Examination, path: Path) -> None:
    """Write the page.

    Raises:
        ReportError: it can't be written there.
    """
    try:
        path.write_text(render(examination), encoding="utf-8", errors="replace")
    except OSError as error:
        raise ReportError(f"{path.name} can't be written: {error.strerror}.") from None


def render(examination: Examination) -> str:
    """The page's text."""
    from markupsafe import Markup

    style = Markup((HERE / "page.css").read_text(encoding="utf-8"))
    roles = examination.roles
    networks = []
    if roles is not None:
        both = [("Generator", roles.generator), ("Discriminator", roles.discriminator)]
        networks = [(name, xray.network_said(m), m.layers) for name, m in both if m is not None]
    return environment(HERE).get_template(TEMPLATE).render(
        style=style,
        policy=policy(style),
        examination=examination,
        bugs=[f for f in examination.findings if f.level == "bug"],
        findings=[_shown(examination, f) for f in examination.findings],
        networks=networks,
        loss=xray.loss_said(examination),
        fed=_fed(examination),
        steps=xray.steps_shown(examination),
        stand_ins=xray.stand_ins_said(examination),
        lines=_lines(examination),
    )  # fmt: skip


def _shown(examination: Examination, finding: Any) -> dict[str, Any]:
    place = finding.place
    return {
        "finding": finding,
        "where": examination.script.where(place.file, place.line),
        "anchor": f"line-{place.line}" if place.file == examination.script.file else "",
    }


def _fed(examination: Examination) -> list[tuple[str, str, str, str]]:
    """The first calls of D: where, how many images, whose, and in which mode."""
    roles = examination.roles
    if roles is None:
        return []
    rows = []
    for call in list(roles.seen.calls_of(roles.discriminator.id))[:12]:
        n_real, n_fake = int(roles.reals(call).sum()), int(roles.fakes(call).sum())
        what = [f"{n_real} real"] * bool(n_real) + [f"{n_fake} fake"] * bool(n_fake)
        cut = " (cut off from the generator)" if n_fake and call.cut else ""
        where = examination.script.where(call.place.file, call.place.line)
        shown = " and ".join(what) or ("noise" if call.is_noise else "a blend of both")
        span = f"{call.range[0]:.2f} to {call.range[1]:.2f}" if call.range else ""
        rows.append((where, shown + cut, span, "training" if call.training else "eval"))
    return rows


def _lines(examination: Examination) -> list[tuple[int, str, str]]:
    """The script's lines, each with the level of what was found there."""
    script = examination.script
    levels: dict[int, str] = {}
    for finding in examination.findings:
        if finding.place.file == script.file:
            levels.setdefault(finding.place.line, finding.level)
    return [
        (number, text, levels.get(number, ""))
        for number, text in enumerate(script.source.splitlines(), 1)
    ]
