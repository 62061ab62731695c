"""The beginner tier: random noise, and whether it is what a GAN can start from.

False alarms: the two distribution checks and the two independence checks judge fresh draws of a
right solution. Each of their bounds is broken by chance with a probability of at most 1e-7 (see
`checks/engine/statistics.py`), at most 5e-7 for a check as a whole. Nothing else here is left to
chance: two unseeded draws of 700 numbers are never equal.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from checks.engine import expect, statistics
from checks.engine.check import Solution, check, wrong
from checks.engine.exhibits import sample_beside_normal
from checks.engine.questions import judge_answers
from checks.engine.wire import Array

Numbers = np.ndarray[Any, Any]

NUMPY, TORCH = "sample_noise_numpy", "sample_noise_torch"
SIZES = [(1, 7), (7, 1), (64, 3), (5, 200)]
SAMPLE = {"n_samples": 200, "latent_dim": 100}
WALKS = [(2, 100), (5, 3), (6, 100), (8, 100)]  # steps, latent size


@check("NumPy noise has the shape you ask for", about=NUMPY, points=1)
def test_numpy_shape(solution: Solution) -> None:
    judge_shape(solution, NUMPY)


@check("NumPy noise is an array of floats", about=NUMPY, points=1)
def test_numpy_floats(solution: Solution) -> None:
    noise = sample(solution, NUMPY)
    if noise.values.dtype.kind != "f":
        wrong("noise-integers", expected="Floats.", came=f"Numbers of type {noise.dtype}.")


@check("NumPy noise comes from N(0, 1)", about=NUMPY, points=2)
def test_numpy_normal(solution: Solution) -> None:
    judge_distribution(solution, NUMPY)


@check("NumPy noise: every number is drawn for itself", about=NUMPY, points=1)
def test_numpy_independent(solution: Solution) -> None:
    judge_independence(solution, NUMPY)


@check("NumPy noise: same seed, same noise; other seed, other noise", about=NUMPY, points=1)
def test_numpy_seed(solution: Solution) -> None:
    judge_seed(solution, NUMPY)


@check("NumPy noise is new at every call without a seed", about=NUMPY, points=1)
def test_numpy_fresh(solution: Solution) -> None:
    judge_fresh(solution, NUMPY)


@check("NumPy noise with a seed leaves the global random state alone", about=NUMPY, points=1)
def test_numpy_global_state(solution: Solution) -> None:
    judge_global_state(solution, NUMPY)


@check("PyTorch noise has the shape you ask for", about=TORCH, points=1)
def test_torch_shape(solution: Solution) -> None:
    judge_shape(solution, TORCH)


@check("PyTorch noise is a float32 tensor", about=TORCH, points=1)
def test_torch_float32(solution: Solution) -> None:
    noise = sample(solution, TORCH)
    if noise.values.dtype.kind in "iub":
        wrong("noise-integers", expected="float32.", came=f"Numbers of type {noise.dtype}.")
    if noise.dtype != "float32":
        wrong("noise-dtype", expected="float32.", came=f"{noise.dtype}.")


@check("PyTorch noise comes from N(0, 1)", about=TORCH, points=2)
def test_torch_normal(solution: Solution) -> None:
    judge_distribution(solution, TORCH)


@check("PyTorch noise: every number is drawn for itself", about=TORCH, points=1)
def test_torch_independent(solution: Solution) -> None:
    judge_independence(solution, TORCH)


@check("PyTorch noise: same seed, same noise; other seed, other noise", about=TORCH, points=1)
def test_torch_seed(solution: Solution) -> None:
    judge_seed(solution, TORCH)


@check("PyTorch noise is new at every call without a seed", about=TORCH, points=1)
def test_torch_fresh(solution: Solution) -> None:
    judge_fresh(solution, TORCH)


@check("PyTorch noise with a seed leaves the global random state alone", about=TORCH, points=1)
def test_torch_global_state(solution: Solution) -> None:
    judge_global_state(solution, TORCH)


@check("Mean and deviation of a NumPy array", about="noise_statistics", points=1)
def test_statistics_numpy(solution: Solution) -> None:
    judge_statistics(solution, "array")


@check("Mean and deviation of a PyTorch tensor", about="noise_statistics", points=1)
def test_statistics_torch(solution: Solution) -> None:
    judge_statistics(solution, "tensor")


@check("The walk has as many steps as asked for", about="interpolate_noise", points=1)
def test_interpolation_count(solution: Solution) -> None:
    for n_steps, latent_dim in WALKS:
        walk = walked(solution, n_steps, latent_dim)[2]
        if walk.shape != (n_steps, latent_dim):
            wrong(
                "interpolation-count",
                expected=f"Shape ({n_steps}, {latent_dim}) for {n_steps} steps between vectors of "
                f"{latent_dim} numbers.",
                came=f"Shape {walk.shape}.",
            )


@check("The walk begins at start and ends at end", about="interpolate_noise", points=1)
def test_interpolation_ends(solution: Solution) -> None:
    start, end, walk = walked(solution, 6, 100)
    rows = walk.values.reshape(-1, 100 if walk.values.size % 100 == 0 else max(walk.values.size, 1))
    for name, vector, row in (("start", start, rows[:1]), ("end", end, rows[-1:])):
        if row.shape != (1, 100) or not np.allclose(row[0], vector, atol=1e-4):
            place = "first" if name == "start" else "last"
            came = "another vector"
            if row.shape == (1, 100) and np.allclose(row[0], end if name == "start" else start):
                came = "the other end"
            wrong(
                "interpolation-ends",
                expected=f"The {place} row is `{name}` itself.",
                came=f"The {place} row is {came}.",
            )


@check("The walk moves on in even steps", about="interpolate_noise", points=1)
def test_interpolation_even(solution: Solution) -> None:
    n_steps = 8
    start, end, walk = walked(solution, n_steps, 100)
    rows = walk.values.astype(float)
    even = np.linspace(0, 1, n_steps)
    if rows.shape == (n_steps, 100):
        straight = (1 - even)[:, None] * start + even[:, None] * end
        cosine = start @ end / np.linalg.norm(start) / np.linalg.norm(end)
        angle = np.arccos(cosine)
        spherical = (
            np.sin((1 - even) * angle)[:, None] * start + np.sin(even * angle)[:, None] * end
        ) / np.sin(angle)
        if any(np.allclose(rows, way, atol=1e-3) for way in (straight, spherical)):
            return
    moved = np.linalg.norm(np.diff(rows, axis=0), axis=1) if rows.ndim == 2 else np.zeros(0)
    wrong(
        "interpolation-uneven",
        expected="Eight rows, each the same way further along the straight line (or the arc) from "
        "start to end.",
        came="Steps of length " + ", ".join(f"{step:.2f}" for step in moved[:8]) + "."
        if len(moved)
        else f"Shape {walk.shape}.",
    )


@check("The questions on noise", about="ANSWERS", points=2)
def test_questions(solution: Solution) -> None:
    judge_answers(solution)


def drawn(solution: Solution, function: str, *calls: dict[str, int]) -> list[Array]:
    """The noise of these calls, each an array of the function's own kind, of finite numbers."""
    kind = "array" if function == NUMPY else "tensor"
    draws = [expect.array(noise, "The noise", kind) for noise in solution.call(function, *calls)]
    for noise in draws:
        expect.finite(noise, "The noise")
    return draws


def sample(solution: Solution, function: str) -> Array:
    """The 20,000 numbers on which the distribution is judged."""
    (noise,) = drawn(solution, function, SAMPLE)
    if noise.shape != (200, 100):
        wrong("noise-shape", expected="Shape (200, 100).", came=f"Shape {noise.shape}.")
    return noise


def judge_shape(solution: Solution, function: str) -> None:
    calls = [{"n_samples": n, "latent_dim": dim} for n, dim in SIZES]
    draws = drawn(solution, function, *calls, {})
    came = [noise.shape for noise in draws]
    sizes = [*SIZES, (100, 100)]
    for wanted, shape in zip(sizes, came, strict=True):
        if shape == wanted:
            continue
        mistake = "noise-shape"
        if len(set(came)) == 1:
            mistake = "noise-size-ignored"
        elif came == [size[::-1] for size in sizes]:
            mistake = "noise-transposed"
        n, dim = wanted
        asked = f"{n} samples of {dim} numbers" if wanted in SIZES else "the defaults"
        wrong(mistake, expected=f"Shape {wanted} for {asked}.", came=f"Shape {shape}.")


def judge_distribution(solution: Solution, function: str) -> None:
    noise = sample(solution, function)
    values = noise.values.astype(float).ravel()
    mean, deviation = float(values.mean()), float(values.std())
    bound = statistics.ks_bound(values.size)
    standardized = (values - mean) / (deviation or 1)
    is_normal = statistics.ks_distance(standardized, statistics.normal_cdf) < bound
    is_uniform = statistics.ks_distance(standardized, statistics.uniform_cdf) < bound
    seen = f"mean {mean:.3f}, deviation {deviation:.3f}, values from {values.min():.2f} to "
    came = f"{values.size:,} numbers: {seen}{values.max():.2f}."
    expected = "Values from N(0, 1): mean 0, deviation 1, most of them between -3 and 3."
    solution.show(sample_beside_normal(values))
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
    if names:
        first, *others = names
        shown = {
            "noise-shifted": f"Mean {mean:.3f}.",
            "noise-scaled": f"Deviation {deviation:.3f}.",
        }
        # What is uniform has another mean or deviation by its nature.
        further = [(name, shown[name]) for name in others if is_normal]
        wrong(first, expected=expected, came=came, further=further)


def judge_independence(solution: Solution, function: str) -> None:
    noise = sample(solution, function)
    table = noise.values.astype(float)
    if np.abs(table).max() > 1e6:
        expected = "Values from N(0, 1), most of them between -3 and 3."
        wrong("noise-not-normal", expected=expected, came=f"Values up to {table.max():.3g}.")
    for name, rows in (("Rows", table), ("Columns", table.T)):
        first, second, alike = statistics.closest_pair(rows)
        if alike > 0.9:
            wrong(
                "noise-repeated",
                expected=f"{name} that have nothing in common.",
                came=f"{name} {first} and {second} are {'copies' if alike > 0.999 else 'alike'}"
                f" (correlation {alike:.2f}).",
            )
    table = (table - table.mean()) / (table.std() or 1)
    lengths = np.square(table).sum(axis=1)
    for name, axis in (("one row and the next", 0), ("one column and the next", 1)):
        z = statistics.neighbour_z(table, axis)
        if abs(z) > statistics.Z_BOUND:
            wrong(
                "noise-dependent",
                expected=f"Numbers of {name} have nothing to do with each other.",
                came=f"They move together: {abs(z):.0f} standard errors away from chance.",
            )
    # A row's sum of 100 squares has deviation √200 = 14; over 200 rows below 7 never by chance.
    if lengths.std() < 7:
        wrong(
            "noise-dependent",
            expected="Rows of different lengths, as chance will have it.",
            came="All rows have the same length: they were scaled to it.",
        )


def judge_seed(solution: Solution, function: str) -> None:
    size = {"n_samples": 20, "latent_dim": 35}
    seeds = (7, 8, 7, 0, 0)
    first, other, again, zero, zero_again = drawn(
        solution, function, *({**size, "seed": seed} for seed in seeds)
    )
    for seed, one, two in ((7, first, again), (0, zero, zero_again)):
        if not np.array_equal(one.values, two.values):
            also = " 0 is a seed like any other." if seed == 0 else ""
            wrong(
                "seed-ignored",
                expected=f"Twice the same noise for twice the same seed.{also}",
                came=f"Two calls with seed {seed} gave different numbers.",
            )
    if np.array_equal(first.values, other.values):
        wrong(
            "seed-constant",
            expected="Other noise for another seed.",
            came="Seeds 7 and 8 gave the same numbers.",
        )


def judge_fresh(solution: Solution, function: str) -> None:
    size = {"n_samples": 20, "latent_dim": 35}
    # Between the two comes a seeded call: what it does to the next unseeded one counts as well.
    first, _, second = drawn(solution, function, size, {**size, "seed": 3}, size)
    if np.array_equal(first.values, second.values):
        wrong(
            "noise-never-new",
            expected="New noise at every call without a seed.",
            came="Two calls without a seed gave the same numbers.",
        )


def judge_global_state(solution: Solution, function: str) -> None:
    evidence = solution.probe("global_state_after", function=function, seed=5)
    expect.array(evidence["noise"], "The noise")
    kept = expect.record(evidence["kept"])
    changed = [library for library in ("NumPy", "PyTorch", "Python") if kept[library] is not True]
    if changed:
        wrong(
            "global-seed-clobbered",
            expected="A seeded draw leaves the global random numbers as they were.",
            came=f"After the call, {' and '.join(changed)} would go on with other numbers than "
            "before.",
        )


def judge_statistics(solution: Solution, kind: str) -> None:
    tables = [
        np.array([[1.0, 2.0], [3.0, 4.0]]),
        np.array([[-6.0, 0.0, 0.0], [3.0, 3.0, 12.0]]),
        np.linspace(-3, 5, 12).reshape(3, 4),
    ]
    calls = [{"noise": Array(table.astype(np.float32), kind)} for table in tables]
    returned = solution.call("noise_statistics", *calls)
    for table, pair in zip(tables, returned, strict=True):
        if pair is None:
            expect.number(pair, "Mean and deviation")
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            wrong(
                "other-type",
                expected="Two floats: (mean, standard deviation).",
                came=f"{expect.named(pair)}.".capitalize(),
            )
        judge_two_numbers(
            table, expect.number(pair[0], "The mean"), expect.number(pair[1], "The deviation")
        )


def judge_two_numbers(table: Numbers, mean: float, deviation: float) -> None:
    right = float(table.mean())
    # Dividing by n and by n - 1 are both called the standard deviation.
    deviations = [float(table.std(ddof=ddof)) for ddof in (0, 1)]

    def near(value: float, targets: list[float]) -> bool:
        return any(abs(value - target) < 1e-4 for target in targets)

    if near(mean, [right]) and near(deviation, deviations):
        return
    mistake = "statistics-wrong"
    if near(mean, deviations) and near(deviation, [right]):
        mistake = "statistics-swapped"
    elif near(mean, [right]) and near(deviation, [d * d for d in deviations]):
        mistake = "statistics-variance"
    wrong(
        mistake,
        expected=f"For {table.tolist()}: mean {right:.3f}, deviation {deviations[0]:.3f} (or "
        f"{deviations[1]:.3f} when dividing by n - 1).",
        came=f"Mean {mean:.3f}, deviation {deviation:.3f}.",
    )


def walked(solution: Solution, n_steps: int, latent_dim: int) -> tuple[Numbers, Numbers, Array]:
    """(start, end, the learner's walk between them), for one of WALKS."""
    rng = np.random.default_rng(solution.seed)
    calls, ends = [], []
    for steps, size in WALKS:
        start, end = rng.standard_normal((2, size)).astype(np.float32)
        ends.append((start, end))
        calls.append(
            {"start": Array(start, "tensor"), "end": Array(end, "tensor"), "n_steps": steps}
        )
    chosen = WALKS.index((n_steps, latent_dim))
    walk = solution.call("interpolate_noise", *calls)[chosen]
    return *ends[chosen], expect.array(walk, "The walk")
