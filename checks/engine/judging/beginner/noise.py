"""How the learner's noise is judged.

Each bound on a draw of 20,000 numbers is broken by right code with a probability of at most 1e-7
(see `checks/engine/judging/common/statistics.py`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from checks.engine.course.check_errors import wrong
from checks.engine.judging.common import expect, statistics
from checks.engine.judging.common.exhibits import sample_beside_normal
from checks.engine.judging.common.seeds import SEEDS, equal, judge_seeds
from checks.engine.judging.common.side_effects import judge_traces
from checks.engine.sandbox.solution import Solution
from checks.engine.sandbox.wire import Array

Numbers = np.ndarray[Any, Any]

NUMPY = "sample_noise_numpy"
SIZES = [(1, 7), (7, 1), (64, 3), (5, 200)]
FAR = 1e6  # of values beyond, no squares are taken
# Over 100 rows or more, a deviation of this share of the right one or less has probability below
# 1e-15 (chi-squared with 99 degrees of freedom).
ALIKE = 1 / 3


def drawn(solution: Solution, function: str, *calls: dict[str, int]) -> list[Array]:
    """The noise of these calls, each an array of the function's own kind, of finite numbers."""
    draws = [_checked(noise, function) for noise in solution.call(function, *calls)]
    for noise in draws:
        expect.finite(noise, "The noise")
    return draws


def _checked(noise: Any, function: str) -> Array:
    return expect.array(noise, "The noise", "array" if function == NUMPY else "tensor")


def sample(solution: Solution, function: str) -> Array:
    """The 20,000 numbers on which the distribution is judged."""
    asked = _many(solution)
    (noise,) = drawn(solution, function, asked)
    return _of_shape(noise, asked)


def _many(solution: Solution) -> dict[str, int]:
    return {"n_samples": solution.size(200, 32), "latent_dim": solution.size(100, 32)}


def _few(solution: Solution) -> dict[str, int]:
    return {"n_samples": solution.size(20, 32), "latent_dim": solution.size(35, 32)}


def _of_shape(noise: Array, asked: dict[str, int]) -> Array:
    shape = asked["n_samples"], asked["latent_dim"]
    if noise.shape != shape:
        wrong("noise-shape", expected=f"Shape {shape}.", came=f"Shape {noise.shape}.")
    return noise


# --- shape and type -----------------------------------------------------------------------------


def judge_shape(solution: Solution, function: str) -> None:
    """(n_samples, latent_dim), by name, by place and by default."""
    asked_for = [(n, dim if dim < 100 else solution.size(dim, 64)) for n, dim in SIZES]
    calls = [{"n_samples": n, "latent_dim": dim} for n, dim in asked_for]
    came = [noise.shape for noise in drawn(solution, function, *calls, {})]
    sizes = [*asked_for, (100, 100)]
    for wanted, shape in zip(sizes, came, strict=True):
        if shape == wanted:
            continue
        mistake = "noise-shape"
        if len(set(came)) == 1:
            mistake = "noise-size-ignored"
        elif came == [size[::-1] for size in sizes]:
            mistake = "noise-transposed"
        elif came[:-1] == asked_for:
            mistake = "default-changed"
        n, dim = wanted
        asked = f"{n} samples of {dim} numbers" if wanted in asked_for else "the defaults"
        wrong(mistake, expected=f"Shape {wanted} for {asked}.", came=f"Shape {shape}.")
    _judge_places(solution, function)


def _judge_places(solution: Solution, function: str) -> None:
    n, dim, seed = solution.size(5), solution.size(3, 2), solution.size(11, 64)
    named = {"n_samples": n, "latent_dim": dim, "seed": seed}
    first, again = drawn(solution, function, named, named)
    by_place = solution.probe("by_place", function=function, arguments=list(named.values()))
    placed = _checked(by_place, function)
    expected = f"{function}({n}, {dim}, {seed}): {n} samples of {dim} numbers, drawn with the seed "
    expected += f"{seed}."
    if placed.shape != (n, dim):
        wrong("parameters-in-other-order", expected=expected, came=f"Shape {placed.shape}.")
    if equal(first, again) and not equal(first, placed):
        came = f"Other numbers than with n_samples={n}, latent_dim={dim}, seed={seed}."
        wrong("parameters-in-other-order", expected=expected, came=came)


def judge_floats(noise: Array) -> None:
    """NumPy's noise is floats, of any precision."""
    if noise.values.dtype.kind != "f":
        wrong("noise-integers", expected="Floats.", came=f"Numbers of type {noise.dtype}.")


def judge_float32(noise: Array) -> None:
    """PyTorch's noise is float32, and numbers only."""
    if noise.values.dtype.kind in "iub":
        wrong("noise-integers", expected="float32.", came=f"Numbers of type {noise.dtype}.")
    if noise.dtype != "float32":
        wrong("noise-dtype", expected="float32.", came=f"{noise.dtype}.")
    if noise.requires_grad:
        wrong(
            "noise-requires-grad",
            expected="Noise that is just numbers: requires_grad is False.",
            came="requires_grad is True.",
        )


# --- the distribution ---------------------------------------------------------------------------


def judge_distribution(solution: Solution, function: str) -> None:
    """The numbers of one draw come from N(0, 1)."""
    noise = sample(solution, function)
    table = noise.values.astype(float)
    values = table.ravel()
    mean, deviation = float(values.mean()), float(values.std())
    bound = statistics.ks_bound(values.size)
    standardized = (values - mean) / (deviation or 1)
    seen = f"mean {expect.rounded(mean, 3)}, deviation {deviation:.3f}, values from "
    came = f"{seen}{expect.rounded(values.min())} to {expect.rounded(values.max())}."
    came = f"{values.size:,} numbers: {came}"
    expected = "Values from N(0, 1): mean 0, deviation 1, most of them between -3 and 3."
    solution.show(sample_beside_normal(values))
    is_uniform = statistics.ks_distance(standardized, statistics.uniform_cdf) < bound
    is_cut = not is_uniform and statistics.is_cut(values)
    is_normal = not is_cut and statistics.ks_distance(standardized, statistics.normal_cdf) < bound
    is_shifted = abs(mean) * np.sqrt(values.size) > statistics.Z_BOUND * max(deviation, 0.2)
    spread = values - mean if is_shifted else values
    is_scaled = abs(statistics.deviation_z(spread)) > statistics.Z_BOUND
    found = {
        "noise-uniform": is_uniform,
        "noise-not-normal": not is_normal and not is_uniform,
        "noise-shifted": is_shifted,
        "noise-scaled": is_scaled and is_normal,
    }
    names = [name for name, is_so in found.items() if is_so]
    if not names:
        return
    _judge_repeated(table)
    first, *others = names
    shown = {
        "noise-shifted": f"Mean {expect.rounded(mean, 3)}.",
        "noise-scaled": f"Deviation {deviation:.3f}.",
    }
    # What is uniform, or cut off on one side, has another mean or deviation by its nature.
    further = [(name, shown[name]) for name in others if is_normal]
    if is_cut:
        came += " They are cut off there: a bell has no edge."
    wrong(first, expected=expected, came=came, further=further)


# --- every number for itself --------------------------------------------------------------------


def judge_independence(solution: Solution, function: str) -> None:
    """No rows or columns alike, with a seed or without, and nothing that one number owes others."""
    few_asked, many = _few(solution), _many(solution)
    draws = drawn(solution, function, few_asked, few_asked, {**many, "seed": 11}, many)
    few = [_of_shape(noise, few_asked).values.astype(float) for noise in draws[:2]]
    tables = [_of_shape(noise, many).values.astype(float) for noise in draws[2:]]
    farthest = max(float(np.abs(table).max()) for table in (*few, *tables))
    if farthest > FAR:
        expected = "Values from N(0, 1), most of them between -3 and 3."
        wrong("noise-not-normal", expected=expected, came=f"Values up to {farthest:.3g}.")
    for table, how in zip(tables, ("With a seed, ", ""), strict=True):
        _judge_repeated(table, how)
        _judge_dependent(table, how)
    _judge_standardised([*few, *tables])


def _judge_repeated(table: Numbers, how: str = "") -> None:
    """No two rows or columns are alike: by chance with probability below 1e-30."""
    if np.abs(table).max() > FAR:
        return
    for name, rows in (("rows", table), ("columns", table.T)):
        first, second, alike = statistics.closest_pair(rows)
        if alike > 0.9:
            came = f"{how}{name} {first} and {second} are {'copies' if alike > 0.999 else 'alike'}"
            wrong(
                "noise-repeated",
                expected=f"{name.capitalize()} that have nothing in common.",
                came=f"{came[0].upper()}{came[1:]} (correlation {alike:.2f}).",
            )


def _judge_dependent(table: Numbers, how: str) -> None:
    table = (table - table.mean()) / (table.std() or 1)
    for name, axis in (("one row and the next", 0), ("one column and the next", 1)):
        z = statistics.neighbour_z(table, axis)
        if abs(z) > statistics.Z_BOUND:
            came = f"{how}they move together: {abs(z):.0f} standard errors away from chance."
            wrong(
                "noise-dependent",
                expected=f"Numbers of {name} have nothing to do with each other.",
                came=came[0].upper() + came[1:],
            )
    for name, lines in (("rows", table), ("columns", table.T)):
        n = lines.shape[1]
        # A sum of n squares has deviation √(2n), one of n numbers √n.
        if np.square(lines).sum(axis=1).std() < ALIKE * np.sqrt(2 * n):
            wrong(
                "noise-dependent",
                expected=f"{name.capitalize()} of different lengths, as chance will have it.",
                came=f"All {name} have the same length: they were scaled to it.",
            )
        if lines.sum(axis=1).std() < ALIKE * np.sqrt(n):
            wrong(
                "noise-dependent",
                expected=f"{name.capitalize()} of different means, as chance will have it.",
                came=f"All {name} have the same mean: it was subtracted.",
            )


def _judge_standardised(tables: list[Numbers]) -> None:
    """By chance a mean or mean square comes so near with probability 2e-3; four times, 2e-11."""
    # The mean square of n numbers divided by their own deviation is 1, or (n - 1) / n.
    factors = [(1.0, (1 - 1 / table.size) ** -0.5) for table in tables]
    squares = [
        min(abs(statistics.deviation_z(table * factor)) for factor in both)
        for table, both in zip(tables, factors, strict=True)
    ]
    exact = []
    if all(abs(statistics.mean_z(table)) < 1e-3 for table in tables):
        exact.append("mean 0")
    if all(z < 1e-3 for z in squares):
        exact.append("deviation 1")
    if exact:
        wrong(
            "noise-standardised",
            expected="A mean near 0 and a deviation near 1, a little different for each draw.",
            came=f"In four draws of four, exactly {' and '.join(exact)}: the numbers were adjusted "
            "to it.",
        )


# --- seeds --------------------------------------------------------------------------------------


def judge_seed(solution: Solution, function: str) -> None:
    """The same noise for the same seed, and nothing of it for another."""
    seeds = (*SEEDS, 7, 0)
    draws = drawn(solution, function, *({**_few(solution), "seed": seed} for seed in seeds))
    again = {7: draws[-2], 0: draws[-1]}
    constant = "generator-without-seed" if _is_unseeded(draws[0]) else "seed-constant"
    judge_seeds(dict(zip(SEEDS, draws, strict=False)), again, "noise", constant=constant)


def judge_fresh(solution: Solution, function: str) -> None:
    """New noise at each call without a seed."""
    # Between the two comes a seeded call: what it does to the next unseeded one counts as well.
    few = _few(solution)
    first, _, second = drawn(solution, function, few, {**few, "seed": 3}, few)
    if equal(first, second):
        wrong(
            "generator-without-seed" if _is_unseeded(first) else "noise-never-new",
            expected="New noise at every call without a seed.",
            came="Two calls without a seed gave the same numbers.",
        )


def _is_unseeded(noise: Array) -> bool:
    """Whether these are the numbers that every new torch.Generator() begins with."""
    first = torch.randn(noise.shape, generator=torch.Generator())
    return noise.kind == "tensor" and np.array_equal(noise.values, first.numpy())


def judge_global_state(solution: Solution, function: str) -> None:
    """No call sets the global random numbers, nor a setting."""
    evidence = expect.record(
        solution.probe(
            "global_state_after", function=function, n_samples=solution.size(10, 64), seed=5
        )
    )
    expect.array(evidence["noise"], "The noise")
    judge_traces(evidence, "A seeded draw", "A draw without a seed")
