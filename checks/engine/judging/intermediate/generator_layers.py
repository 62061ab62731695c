"""How the generator's layers are judged: what lies between them, and the sizes asked for."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np

from checks.engine.course.check_errors import wrong
from checks.engine.judging.common import expect
from checks.engine.judging.common.affine import is_affine
from checks.engine.judging.common.parameters import listed
from checks.engine.judging.intermediate.generators import generated, latents, outputs
from checks.engine.sandbox.solution import Evidence, Solution
from checks.engine.sandbox.wire import Array

MIXED = (72, 48, 88)  # neither rising nor falling, and of sizes that nobody has as a default


def widths_for(solution: Solution, widths: tuple[int, ...] = MIXED) -> tuple[int, ...]:
    """Those widths, in the same order of size; see `Solution.size`."""
    return tuple(solution.size(width) for width in widths)


# --- what lies between --------------------------------------------------------------------------


def judge_nonlinear(solution: Solution) -> None:
    """The network is not affine before its last activation, nor any two layers of it."""
    start, end = latents(solution, 32).reshape(2, 16, 100)
    between = (start + end) / 2
    scales = [4.0**power for power in range(-3, 4)]
    points = np.concatenate([start, end, between])
    made = outputs(solution, [(scale * points).astype(np.float32) for scale in scales])
    if any(image.shape[:1] != (48,) for image in made):
        wrong("generator-shape", expected="Shape (48, 784).", came=f"Shape {made[0].shape}.")
    if is_affine([image.values.astype(float).reshape(3, 16, -1) for image in made]):
        wrong(
            "generator-linear",
            expected="Halfway between two latent vectors, something else than halfway between "
            "their two images (before the last activation).",
            came="Exactly halfway, for 16 pairs of vectors at seven scales: however many layers "
            "there are, they act as a single linear one.",
        )
    _judge_between(solution)


def _chain(solution: Solution) -> tuple[list[tuple[float, float, bool]], bool]:
    """(width taken, width made, straight into the next) of each linear layer; is that all?"""
    z = Array(latents(solution, 8), "tensor")
    evidence = generated(solution, "chain", z=z, hidden_dims=widths_for(solution))
    found = []
    for entry in expect.entries(evidence["layers"]):
        layer = expect.record(entry)
        takes, makes = (expect.number(layer[name], "A width") for name in ("takes", "makes"))
        found.append((takes, makes, layer["straight"] is True))
    return found, evidence["is_plain"] is True


def _judge_between(solution: Solution) -> None:
    """Wrong only where a hidden layer's numbers go into one linear layer, as they are."""
    layers, _ = _chain(solution)
    mixed = widths_for(solution)
    for width in mixed:
        straight = [is_straight for _, makes, is_straight in layers if makes == width]
        if straight and all(straight):
            wrong(
                "nonlinearity-missing",
                expected="After each hidden layer a non-linearity, before the next linear layer.",
                came=f"For hidden_dims={mixed}, the layer of width {width} hands its numbers to "
                "the next linear layer as they are: the two act as one.",
            )


# --- sizes --------------------------------------------------------------------------------------


def judge_latent_dim(solution: Solution) -> None:
    """latent_dim decides how long z is, and is kept; by name, by place and by default."""
    for latent_dim in (solution.size(64, 24), 100, None):
        evidence = generated(solution, "sizes", latent_dim=latent_dim, hidden_dims=None)
        _judge_latent_dim(evidence, latent_dim)
    placed, widths = solution.size(60), widths_for(solution, (40, 72))
    evidence = generated(solution, "placed_sizes", arguments=[placed, widths])
    if "refused" in evidence or evidence["attribute"] != placed:
        wrong(
            "parameters-in-other-order",
            expected=f"Generator({placed}, {widths}): latent vectors of {placed} numbers, hidden "
            f"layers of {widths[0]} and {widths[1]}.",
            came=f"{evidence['refused']!s:.100}."
            if "refused" in evidence
            else f"Its latent_dim is {evidence['attribute']!s:.20}.",
        )


def _judge_latent_dim(evidence: Evidence, asked: int | None) -> None:
    kept, accepts = evidence["attribute"], evidence["accepts"]
    wanted, call = (100, "") if asked is None else (asked, f"latent_dim={asked}")
    if accepts != wanted:
        wrong(
            "default-changed" if asked is None else "latent-dim-ignored",
            expected=f"Generator({call}) takes vectors of {wanted} numbers.",
            came=f"It takes vectors of {accepts!s:.20} numbers.",
        )
    if kept is None or type(kept) is not int or kept != wanted:
        came = "There is no such attribute." if kept is None else f"It is {kept!r}."
        wrong(
            "latent-dim-not-kept",
            expected=f"generator.latent_dim is {wanted} when that was asked for.",
            came=came if kept is None or type(kept) is int else expect.named(kept),
        )


def judge_hidden_dims(solution: Solution) -> None:
    """hidden_dims sets the widths of any number of hidden layers, in order."""
    missing, refused = [], ""
    tried = widths_for(solution, (40,)), widths_for(solution)
    for widths in tried:
        evidence = generated(solution, "sizes", latent_dim=100, hidden_dims=widths)
        if "refused" in evidence:
            refused = refused or f"hidden_dims={widths} ended in {evidence['refused']!s:.100}."
            continue
        shapes = [expect.numbers(shape) for shape in expect.entries(evidence["shapes"])]
        found = {size for shape in shapes for size in shape}
        # A gated layer (GLU) has twice the width that it hands on.
        missing.append([w for w in widths if not found & {w, 2 * w}])
    if refused or any(missing):
        ignored = not refused and [len(m) for m in missing] == [len(w) for w in tried]
        pairs = zip(tried, missing, strict=False)
        widths, absent = next(((w, m) for w, m in pairs if m), ((), []))
        wrong(
            "hidden-dims-ignored" if ignored else "hidden-dims-fixed-count",
            expected="One hidden layer for each entry of hidden_dims, of that width: "
            f"{' and '.join(map(str, tried))} were tried.",
            came=refused or f"For {widths}, no weights of width {listed(map(str, absent))}.",
        )
    _judge_order(solution)
    if "refused" in (none := generated(solution, "sizes", latent_dim=100, hidden_dims=())):
        solution.advise(
            "hidden-dims-fixed-count",
            f"No hidden layer at all, hidden_dims=(), ended in {none['refused']!s:.100}.",
        )


def _judge_order(solution: Solution) -> None:
    """Wrong only where all there is is one chain of linear layers, each with something between.

    A block may hold several layers of its width, and several may work on the pixels. A layer of
    another width is worth a word.
    """
    layers, is_plain = _chain(solution)
    mixed = widths_for(solution)
    widths = [100, *(int(makes) for _, makes, _ in layers)]
    if not is_plain or any(straight for *_, straight in layers):
        return
    if [takes for takes, _, _ in layers] != widths[:-1] or widths[-1] != 784:
        return
    blocks = [width for width, _ in groupby(widths[1:]) if width != 784]
    is_order = sorted(blocks) == sorted(mixed)
    if blocks == list(mixed) or not (is_order or set(mixed) < set(blocks)):
        return
    if not is_order:
        came = f"For hidden_dims={mixed} the layers are {_arrows(widths)}."
        solution.advise("hidden-layer-added", came)
        return
    wrong(
        "generator-widths-order",
        expected=f"For hidden_dims={mixed}: {_arrows([100, *mixed, 784])}.",
        came=f"{_arrows(widths)}.",
    )


def _arrows(widths: list[Any]) -> str:
    return " → ".join(map(str, widths))
