"""How the arguments of the learner's discriminator are judged: hidden_dims and dropout."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np

from checks.engine.course.check_errors import wrong
from checks.engine.judging.advanced.discriminators import (
    images_for,
    judge_registered,
    learning,
    scores_of,
)
from checks.engine.judging.common import expect
from checks.engine.judging.common.parameters import listed
from checks.engine.sandbox.solution import Solution
from checks.engine.sandbox.wire import Array

WIDTHS: list[tuple[int, ...]] = [(40,), (72, 24, 48), ()]  # sizes that nobody has as a default
DROPOUTS = (0.5, 0.2, 0.0, None)


def judge_widths(solution: Solution) -> None:
    """hidden_dims sets the widths of any number of hidden layers, in order."""
    tried = [tuple(solution.size(width) for width in widths) for widths in WIDTHS]
    found = expect.items(solution.probe("widths", hidden_dims=tried), len(tried))
    refused, missing = "", []
    for asked, report in zip(tried, map(expect.record, found), strict=True):
        if "refused" in report:
            said = f"hidden_dims={asked} ended in {report['refused']!s:.100}."
            if not asked:
                solution.advise("hidden-dims-fixed-count", said)
            refused = refused or (said if asked else "")
            continue
        shapes = [tuple(expect.numbers(shape)) for shape in expect.entries(report["shapes"])]
        sizes = {size for shape in shapes for size in shape}
        missing.append([w for w in asked if not sizes & {w, 2 * w}])  # maxout has twice the width
        _judge_order(asked, shapes)
    if not refused and not any(missing):
        return
    asked, absent = next(((w, m) for w, m in zip(tried, missing, strict=False) if m), ((), []))
    is_ignored = not refused and missing[0] and len(absent) == len(asked)
    wrong(
        "discriminator-widths-ignored" if is_ignored else "hidden-dims-fixed-count",
        expected="One hidden layer for each entry of hidden_dims, of that width: "
        f"{' and '.join(map(str, tried[:2]))} were tried.",
        came=refused or f"For {asked}, no weights of width {listed(map(str, absent))}.",
    )


def _judge_order(asked: tuple[int, ...], shapes: list[tuple[float, ...]]) -> None:
    """Wrong only where the matrices form the chain from 784 to 1 through another order."""
    links = {frozenset(shape) for shape in shapes if len(shape) == 2}
    orders = [
        order
        for order in permutations(asked)
        if all(frozenset(link) in links for link in pairwise((784, *order, 1)))
    ]
    if orders and asked not in orders:
        wrong(
            "discriminator-widths-order",
            expected=f"For hidden_dims={asked}, {' → '.join(map(str, (784, *asked, 1)))}.",
            came=f"{' → '.join(map(str, (784, *orders[0], 1)))}.",
        )


def judge_dropout(solution: Solution) -> None:
    """Scores vary in training mode and stand still in eval mode; the share is the one asked for."""
    images = Array(images_for(solution, 32), "tensor")
    evidence = expect.record(solution.probe("dropout_effect", images=images, shares=DROPOUTS))
    said = {
        mode: [scores_of(scores).ravel() for scores in expect.items(evidence[mode], 2)]
        for mode in ("training", "evaluating")
    }
    spread = {
        mode: float(np.abs(first - second).max()) if first.shape == second.shape else 1.0
        for mode, (first, second) in said.items()
    }
    if spread["evaluating"] > 1e-5:
        judge_registered(learning(solution))
        dropped = expect.numbers(evidence["dropped_evaluating"])
        draws = expect.texts(evidence["draws_evaluating"])
        is_noise = bool(draws) and not dropped
        wrong(
            "discriminator-own-noise" if is_noise else "discriminator-dropout-in-eval",
            expected="In eval mode the same images get the same scores.",
            came=f"They differ by up to {spread['evaluating']:.3f}"
            + (f"; {draws[0]} was called." if is_noise else "."),
        )
    if spread["training"] < 1e-5:
        if np.ptp(said["training"][0]) < 1e-6:
            wrong(
                "scores-constant",
                expected="Another image, another score.",
                came=f"{said['training'][0][0]:.3f} for each of {len(images.values)} images.",
            )
        wrong(
            "dropout-missing",
            expected="With dropout=0.5 the scores vary from call to call in training mode.",
            came="They are the same at each call.",
        )
    zeros = float(np.mean(said["training"][0] == 0))
    if zeros > 0.1 and said["evaluating"][0].min() > 0.01:
        wrong(
            "dropout-on-scores",
            expected="Scores that stay probabilities in training mode.",
            came=f"With dropout=0.5, {zeros:.0%} of the scores are exactly 0 in training mode, and "
            f"the largest is {said['training'][0].max():.2f}.",
        )
    shares = [expect.numbers(each) for each in expect.items(evidence["dropped"], len(DROPOUTS))]
    _judge_shares(solution, shares)


def _judge_shares(solution: Solution, dropped: list[list[float]]) -> None:
    """The shares that nn.Dropout and its like dropped; dropout written by hand leaves none."""
    _, _, at_zero, by_default = dropped
    follows = True
    for asked, shares in zip(DROPOUTS[:2], dropped, strict=False):
        if shares and asked not in shares:
            follows = False
            expected, came = f"A share of {asked} for dropout={asked}.", f"{shares[0]:g}."
    if follows and at_zero and not dropped[0] + dropped[1]:
        follows, expected, came = False, "Nothing dropped for dropout=0.0.", f"{at_zero[0]:g}."
    if not follows:
        wrong("dropout-other-share", expected=expected, came=f"A share of {came}")
    if at_zero:
        solution.advise(
            "dropout-other-share",
            f"With dropout=0.0 there is still one with a share of {at_zero[0]:g}.",
        )
    elif by_default:
        solution.advise(
            "dropout-other-share",
            f"Discriminator() drops a share of {by_default[0]:g}, where the agreed default is 0.0.",
        )
