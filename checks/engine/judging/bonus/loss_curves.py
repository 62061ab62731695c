"""What the bonus checks ask of loss curves, and what they make of the answers."""

from __future__ import annotations

import re

import numpy as np

from checks.engine.course.check_errors import wrong
from checks.engine.judging.bonus.drawings import figure_of
from checks.engine.judging.common import expect
from checks.engine.sandbox.solution import Evidence, Solution
from checks.engine.sandbox.wire import Array

History = list[dict[str, float]]

NETWORKS = ("discriminator", "generator")


def plotted(solution: Solution) -> tuple[History, History, Evidence]:
    """(a training's history, another's, what plot_losses draws of them one after the other)."""
    rng = np.random.default_rng(solution.seed)
    history, other = (
        [
            {"epoch": epoch, "discriminator_loss": d, "generator_loss": g}
            for epoch, (d, g) in enumerate(rng.uniform(0.2, 3, (n, 2)).tolist(), start=1)
        ]
        for n in (6, 5)
    )
    report = solution.probe("losses_figure", histories=[history, other])
    return history, other, figure_of(expect.record(report))


def curves_of(drawn: object, history: History, network: str) -> list[Evidence]:
    """The curves among those that show this network's losses."""
    losses = np.array([entry[f"{network}_loss"] for entry in history])
    curves = [expect.record(curve) for curve in expect.entries(drawn)]
    return [curve for curve in curves if curve["visible"] is True and _is_close(curve["y"], losses)]


def _is_close(values: object, wanted: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bool:
    return (
        isinstance(values, Array)
        and values.shape == wanted.shape
        and np.allclose(values.values.astype(float), wanted)
    )


def judge_curves(solution: Solution, evidence: Evidence, history: History) -> None:
    """Each network's losses have a curve, over the epochs."""
    epochs = np.array([entry["epoch"] for entry in history], dtype=float)
    for network in NETWORKS:
        drawn = curves_of(evidence["curves"], history, network)
        if not drawn:
            wrong(
                "curve-missing",
                expected=f"A curve with the {network}'s {len(history)} losses.",
                came=f"{len(expect.entries(evidence['curves']))} curves to be seen on the figure, "
                "none of them that one.",
            )
        places = [curve["x"] for curve in drawn if isinstance(curve["x"], Array)]
        if not places or any(_is_close(place, epochs) for place in places):
            continue
        x = places[0].values.astype(float)
        if x.shape != epochs.shape or not (np.diff(x) > 0).all():
            wrong(
                "curves-off-epochs",
                expected=f"The {network}'s losses over the epochs, 1 to {len(history)}.",
                came="Other places, and not from left to right.",
            )
        if not solution.advice:
            text = f"The curves run from {x[0]:g} to {x[-1]:g}, the epochs from 1."
            solution.advise("curves-off-epochs", text)


def judge_names(solution: Solution, evidence: Evidence, history: History) -> None:
    """A legend, or a text beside each curve, says which network it belongs to."""
    legend = [expect.texts(expect.items(e, 2)) for e in expect.entries(evidence["legend"])]
    sides = [expect.texts(expect.items(e, 2)) for e in expect.entries(evidence["labels"])]
    texts = [text for pair in sides for text in pair] + [text for text, _ in legend]
    others = expect.texts(evidence["titles"]) + expect.texts(evidence["texts"])
    texts += [text for text in others if len(networks_in(text)) < 2]  # both: which is which?
    for network in NETWORKS:
        if not any(network in networks_in(text) for text in texts):
            wrong(
                "curves-unlabelled",
                expected="A legend, or names at the axes, with generator and discriminator.",
                came=f"No curve is called the {network}'s. What there is to read: "
                + (", ".join(repr(text[:30]) for text in texts if text)[:200] or "nothing")
                + ".",
            )
        other = NETWORKS[network == NETWORKS[0]]
        drawn = curves_of(evidence["curves"], history, network)
        colours = [curve.get("colour") for curve in drawn]
        if len({colour for _, colour in legend}) == len(legend) and any(
            networks_in(text) == {other} and colour in colours for text, colour in legend
        ):
            wrong(
                "curves-swapped",
                expected=f"The {network}'s losses under the {network}'s name.",
                came=f"The legend calls them the {other}'s.",
            )
    _judge_axes(solution, [*sides, expect.texts(expect.items(evidence["figure_labels"], 2))])


def _judge_axes(solution: Solution, sides: list[list[str]]) -> None:
    """The axes have names, and the right ones."""
    for across, up in sides:
        if "loss" in across.lower() and "epoch" in up.lower():
            wrong(
                "axes-names-swapped",
                expected="Epochs from left to right, losses upwards.",
                came=f"{across[:30]!r} at the x axis and {up[:30]!r} at the y axis.",
            )
    missing = [
        name
        for name, texts in zip(("x axis", "y axis"), zip(*sides, strict=True), strict=True)
        if not any(texts)
    ]
    if missing:
        solution.advise("axes-unnamed", f"There is no name at the {' nor at the '.join(missing)}.")


def networks_in(text: str) -> set[str]:
    """The networks that a text names: Generator, g_loss, D, lossD, loss of the discriminator, …"""
    words = re.findall("[a-z]+", text.lower())
    words += [word.lower() for word in re.findall("[A-Z]?[a-z]+|[A-Z]+(?![a-z])", text)]
    named = {"generator" for word in words if word == "g" or word.startswith("gen")}
    return named | {"discriminator" for word in words if word == "d" or word.startswith("dis")}


def judge_figure_of_its_own(evidence: Evidence, first: History) -> None:
    """A second call draws a figure of its own, and the history stays as it is."""
    if evidence["kept"] is not True:
        wrong(
            "history-changed",
            expected="The history that came in stays as it is.",
            came="It is another one after the drawing.",
        )
    left = [network for network in NETWORKS if curves_of(evidence["again"], first, network)]
    if left:
        wrong(
            "figure-drawn-over",
            expected="A second call draws the second training's curves, and no others.",
            came=f"The first training's curves are there again ({' and '.join(left)}).",
        )
