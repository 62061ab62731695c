"""The beginner tier: random noise, and whether it is what a GAN can start from.

False alarms: the two distribution checks and the two independence checks judge fresh draws of a
right solution. Each of their bounds is broken by chance with a probability of at most 1e-7 (see
`checks/engine/statistics.py`), at most 5e-7 for a check as a whole. Nothing else here is left to
chance: two unseeded draws of 700 numbers are never equal.
"""

from __future__ import annotations

from checks.engine import moments, noise, walks
from checks.engine.check import Solution, check
from checks.engine.questions import judge_answers

NUMPY, TORCH = "sample_noise_numpy", "sample_noise_torch"


@check("NumPy noise has the shape you ask for", about=NUMPY, points=1)
def test_numpy_shape(solution: Solution) -> None:
    noise.judge_shape(solution, NUMPY)


@check("NumPy noise is an array of floats", about=NUMPY, points=1)
def test_numpy_floats(solution: Solution) -> None:
    noise.judge_floats(noise.sample(solution, NUMPY))


@check("NumPy noise comes from N(0, 1)", about=NUMPY, points=2)
def test_numpy_normal(solution: Solution) -> None:
    noise.judge_distribution(solution, NUMPY)


@check("NumPy noise: every number is drawn for itself", about=NUMPY, points=1)
def test_numpy_independent(solution: Solution) -> None:
    noise.judge_independence(solution, NUMPY)


@check("NumPy noise: same seed, same noise; other seed, other noise", about=NUMPY, points=1)
def test_numpy_seed(solution: Solution) -> None:
    noise.judge_seed(solution, NUMPY)


@check("NumPy noise is new at every call without a seed", about=NUMPY, points=1)
def test_numpy_fresh(solution: Solution) -> None:
    noise.judge_fresh(solution, NUMPY)


@check("NumPy noise leaves the global random state and settings alone", about=NUMPY, points=1)
def test_numpy_global_state(solution: Solution) -> None:
    noise.judge_global_state(solution, NUMPY)


@check("PyTorch noise has the shape you ask for", about=TORCH, points=1)
def test_torch_shape(solution: Solution) -> None:
    noise.judge_shape(solution, TORCH)


@check("PyTorch noise is a float32 tensor", about=TORCH, points=1)
def test_torch_float32(solution: Solution) -> None:
    noise.judge_float32(noise.sample(solution, TORCH))


@check("PyTorch noise comes from N(0, 1)", about=TORCH, points=2)
def test_torch_normal(solution: Solution) -> None:
    noise.judge_distribution(solution, TORCH)


@check("PyTorch noise: every number is drawn for itself", about=TORCH, points=1)
def test_torch_independent(solution: Solution) -> None:
    noise.judge_independence(solution, TORCH)


@check("PyTorch noise: same seed, same noise; other seed, other noise", about=TORCH, points=1)
def test_torch_seed(solution: Solution) -> None:
    noise.judge_seed(solution, TORCH)


@check("PyTorch noise is new at every call without a seed", about=TORCH, points=1)
def test_torch_fresh(solution: Solution) -> None:
    noise.judge_fresh(solution, TORCH)


@check("PyTorch noise leaves the global random state and settings alone", about=TORCH, points=1)
def test_torch_global_state(solution: Solution) -> None:
    noise.judge_global_state(solution, TORCH)


@check("Mean and deviation of a NumPy array", about="noise_statistics", points=1)
def test_statistics_numpy(solution: Solution) -> None:
    moments.judge_statistics(solution, "array")


@check("Mean and deviation of a PyTorch tensor", about="noise_statistics", points=1)
def test_statistics_torch(solution: Solution) -> None:
    moments.judge_statistics(solution, "tensor")


@check("The walk has as many steps as asked for", about="interpolate_noise", points=1)
def test_interpolation_count(solution: Solution) -> None:
    walks.judge_count(solution)


@check("The walk begins at start and ends at end", about="interpolate_noise", points=1)
def test_interpolation_ends(solution: Solution) -> None:
    walks.judge_ends(solution)


@check("The walk moves on in even steps", about="interpolate_noise", points=1)
def test_interpolation_even(solution: Solution) -> None:
    walks.judge_even(solution)


@check("The questions on noise", about="ANSWERS", points=2)
def test_questions(solution: Solution) -> None:
    judge_answers(solution)
