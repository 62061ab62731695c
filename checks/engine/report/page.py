"""`report.html`: all there is to see of a run, in one file that needs nothing else.

The template, its style and its script stand beside this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checks.engine.errors import ReportError
from checks.engine.files import clear_drafts, reason, replace
from checks.engine.html import environment, policy
from checks.engine.report import wording
from checks.engine.report.animation import animation
from checks.engine.report.charts import SMALL, bar_chart, line_chart
from checks.engine.report.content import Content, Scores, Snapshot, read, thinned
from checks.engine.report.pictures import address, sheet

if TYPE_CHECKING:
    from markupsafe import Markup

    from checks.engine.training.run_store import Run

HERE = Path(__file__).parent
TEMPLATE = "page.html.j2"
REPORT, ANIMATION = "report.html", "samples.gif"
MAX_SHARE_ROWS = 40
LEVELS = ("real", "noise", "collapsed")  # drawn into a chart; the tables have all of them
COLUMNS = {
    "frechet": "Fréchet",
    "kernel": "Kernel",
    "precision": "Precision",
    "recall": "Recall",
    "density": "Density",
    "coverage": "Coverage",
    "accuracy": "D’s accuracy",
}


def write_report(run: Run) -> Path:
    """Write a run's `report.html`, and `samples.gif` where it has samples.

    Returns:
        The path of the page.

    Raises:
        ReportError: the run's folder can't be written to.
    """
    content = read(run)
    path = run.folder / REPORT
    files = {path.with_name(ANIMATION): animation(content.snapshots)} if content.snapshots else {}
    files[path] = render(content).encode("utf-8", "replace")
    for file, contents in files.items():
        try:
            clear_drafts(file)
            replace(file, contents)
        except OSError as error:
            raise ReportError(
                f"{file.name} can't be written into {run.folder.name}: {reason(error)}."
            ) from None
    return path


def render(content: Content) -> str:
    """The page of this content."""
    from markupsafe import Markup

    # Files of the kit's own: these two are no data, so they are not escaped.
    style, script = (
        Markup((HERE / name).read_text(encoding="utf-8")) for name in ("page.css", "page.js")
    )
    scores = content.scores
    shares = _shares(scores) if scores else []
    return environment(HERE).get_template(TEMPLATE).render(
        words=wording,
        style=style,
        script=script,
        policy=policy(style, script),
        content=content,
        has_animation=bool(content.snapshots),
        frames=[_frame(each, scores) for each in content.snapshots],
        walk=None if content.walk is None else address(_walk(content.walk)),
        losses=_losses(content),
        gaps=[row[0] for row in content.losses if None in row],
        charts=_charts(scores) if scores else [],
        columns=COLUMNS,
        shares=shares,
        bars=bar_chart(shares[-1][1]) if shares else None,
    )  # fmt: skip


# What the template draws --------------------------------------------------------------------------


def _frame(snapshot: Snapshot, scores: Scores | None) -> dict[str, Any]:
    score = scores.epochs.get(snapshot.epoch) if scores else None
    return {
        "epoch": snapshot.epoch,
        "image": address(sheet(snapshot.grid)),
        "caption": wording.caption(snapshot.epoch, score),
    }


def _walk(walk: Any) -> Any:
    """Walks `(W, steps, 28, 28)` as one image, a row each."""
    return sheet(walk.reshape(-1, *walk.shape[2:]), columns=walk.shape[1])


def _losses(content: Content) -> Markup | None:
    rows = content.losses
    curves = [("discriminator", [row[1] for row in rows]), ("generator", [row[2] for row in rows])]
    return line_chart([row[0] for row in rows], curves, "loss")


def _charts(scores: Scores) -> list[tuple[str, str, Markup]]:
    """Titles of charts, a word on how to read each, and the charts."""
    epochs = list(scores.epochs)

    def drawn(name: str, y_name: str, **how: Any) -> Markup | None:
        curve = [each.measures[name] for each in scores.epochs.values()]
        beside = [scores.yardsticks[kind] for kind in LEVELS if kind in scores.yardsticks]
        levels = [(each.label, each.measures[name]) for each in beside]
        return line_chart(epochs, [(y_name, curve)], y_name, levels=levels, **how)

    counts = [float(each.n_digits) for each in scores.epochs.values()]
    found = (
        (
            "Fréchet distance: lower is better",
            "How far the generated images lie from real ones, as a digit classifier sees them. It "
            "notices both bad drawing and missing variety. The axis is logarithmic.",
            drawn("frechet", "Fréchet distance", log=True),
        ),
        (
            "Coverage: higher is better",
            "Of all real images, the share that has a generated one close by. A generator that "
            "draws well but only a few shapes stays low.",
            drawn("coverage", "coverage", bounds=(0.0, 1.0), size=SMALL),
        ),
        (
            "Digits: ten is all of them",
            "How many of the ten digits make up at least a hundredth of the images. Fewer than "
            "ten that stay fewer are a sign of mode collapse.",
            line_chart(epochs, [("digits", counts)], "digits", bounds=(0.0, 10.0), size=SMALL),
        ),
    )
    return [(title, reading, chart) for title, reading, chart in found if chart is not None]


def _shares(scores: Scores) -> Sequence[tuple[int, tuple[float, ...]]]:
    """Digit shares by epoch."""
    return thinned([(epoch, each.digits) for epoch, each in scores.epochs.items()], MAX_SHARE_ROWS)
