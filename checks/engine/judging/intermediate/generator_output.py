"""How the generator's images are judged: their shape, their range, and what they depend on."""

from __future__ import annotations

from typing import Any

import numpy as np

from checks.engine.course.check_errors import wrong
from checks.engine.judging.common import expect
from checks.engine.judging.common.endings import activation_before, is_clamped, path_of
from checks.engine.judging.common.parameters import listed
from checks.engine.judging.intermediate.generators import (
    generated,
    judge_first_weights,
    latents,
    learning,
    same,
    tensors,
)
from checks.engine.sandbox.solution import Evidence, Solution
from checks.engine.sandbox.wire import Array

Numbers = np.ndarray[Any, Any]

# PyTorch's names, without underscores, of what only rescales numbers, rearranges them or looks.
RESCALING = {"add", "radd", "sub", "rsub", "mul", "rmul", "div", "rdiv", "truediv", "neg"}
HARMLESS = {"get", "dim", "size", "view", "reshape", "flatten", "unflatten", "squeeze", "to"}
HARMLESS |= {"clamp", "clip", "min", "max", "amin", "amax", "float", "byte", "uint8", "round"}


def judge_shape(solution: Solution) -> None:
    """(N, 784) for each N, float32."""
    sizes = [64, 7, 1]
    asked = [Array(latents(solution, n), "tensor") for n in sizes]
    evidence = generated(solution, "batches", latents=asked)
    if "only" in evidence:
        wrong(
            "generator-batch-fixed",
            expected="Any number of latent vectors: batches of 64, 7 and 1 were tried.",
            came=f"It works for {evidence['only']!s:.5} latent vectors, and fails for others.",
        )
    made = tensors(evidence["outputs"], len(sizes))
    came = [image.shape for image in made]
    for n, shape in zip(sizes, came, strict=True):
        if shape == (n, 784):
            continue
        mistake = "generator-shape"
        if len(set(came)) == 1 and len(shape) == 2:
            mistake = "generator-batch-fixed"
        elif len(shape) > 2 and shape[-2:] == (28, 28):
            mistake = "generator-not-flat"
        vectors = "one latent vector" if n == 1 else f"{n} latent vectors"
        wrong(mistake, expected=f"Shape ({n}, 784) for {vectors}.", came=f"Shape {shape}.")
    for image in made:
        if image.dtype != "float32":
            wrong("generator-dtype", expected="float32.", came=f"{image.dtype}.")


# --- the range ----------------------------------------------------------------------------------


def judge_range(solution: Solution) -> None:
    """From -1 to 1, whatever comes in, and with a slope on the way."""
    factors = [1.0, 1000.0]
    z = latents(solution, 32)
    evidence = generated(solution, "pushed_outputs", z=Array(z, "tensor"), factors=factors)
    given = expect.entries(evidence["outputs"])
    made = tensors(given, max(len(given), len(factors)))
    plain = made[0].values.astype(float)
    every = np.concatenate([image.values.astype(float).ravel() for image in made])
    if every.size == 0:
        wrong("generator-shape", expected="Shape (32, 784).", came=f"Shape {plain.shape}.")
    low, high = float(every.min()) + 0.0, float(every.max()) + 0.0  # and -0 is 0
    path = path_of(evidence["ending"], "The generator's output")
    if activation := activation_before(evidence["ending"], path, -1, 1):
        wrong(
            "activation-before-tanh",
            expected="The numbers of the last linear layer go into the tanh as they are.",
            came=f"They go through {activation} first.",
        )
    is_rescaled = _is_rescaled(expect.texts(evidence["calls"]))
    mistake = ""
    if low >= 0 and plain.ndim == 2 and any(np.allclose(plain.sum(axis), 1) for axis in (0, 1)):
        mistake = "generator-softmax-output"
    elif low >= 0 and np.mean(plain == 0) > 0.1:
        mistake = "generator-relu-output"
    elif low < -1 - 1e-5 or high > 1 + 1e-5:
        mistake = "generator-rescaled" if is_rescaled else "generator-no-tanh"
    elif low >= 0:
        mistake = "generator-rescaled" if is_rescaled else "generator-sigmoid-output"
    elif low > -0.9 or high < 0.9:
        judge_first_weights(solution)
        twice = abs(high - np.tanh(1)) < 0.01
        mistake = "generator-tanh-twice" if twice else "generator-short-range"
    if mistake:
        wrong(
            mistake,
            expected="Pixels from -1 (black) to 1 (white): both ends can be reached, and no input "
            "however large leads beyond them.",
            came=f"For small and very large inputs and weights, values from {low:.3g} to "
            f"{high:.3g}.",
        )
    if path is not None and is_clamped(path, -0.96, 0.96):
        # Eight epochs on 8,000 images: the samples' distance is 44 where it is 35 with a tanh.
        solution.advise(
            "generator-clamped",
            "As the last layer's numbers grow evenly, the pixels climb in a straight line and stop "
            f"at {path.max():.2f}: beyond, the gradient is 0.",
        )


def _is_rescaled(calls: list[str]) -> bool:
    """Whether the last thing that forward does after a tanh is arithmetic.

    (tanh(x) + 1) / 2 is a sigmoid, number for number: only the calls tell the two apart.
    """
    if "tanh" not in calls:
        return False
    after = {name.strip("_") for name in calls[len(calls) - calls[::-1].index("tanh") :]}
    return bool(after & RESCALING) and after <= RESCALING | HARMLESS


# --- what they depend on ------------------------------------------------------------------------


def judge_input(solution: Solution) -> None:
    """An image depends on all of its own latent vector, and on nothing else."""
    z, other = latents(solution, 16).reshape(2, 8, 100)
    evidence = generated(solution, "repeated", z=Array(z, "tensor"), other=Array(other, "tensor"))
    first, again, different = tensors([evidence[x] for x in ("first", "again", "other")], 3)
    if not same(first, again):
        mistake = "dropout-always-on"
        if learning(solution)["made_anew"] is True:
            mistake = "layers-in-forward"
        elif same(first, different) or evidence["draws"]:
            mistake = "generator-own-noise"
        wrong(
            mistake,
            expected="In eval mode, the same latent vectors give the same images.",
            came="Two calls with the same latent vectors gave different images.",
        )
    rows = first.values.astype(float).reshape(first.shape[0] if first.shape else 1, -1)
    if same(first, different) or (np.ptp(rows, axis=0) < 1e-6).all():
        judge_first_weights(solution)
        wrong(
            "generator-ignores-input",
            expected="Other latent vectors give other images.",
            came="All the latent vectors gave the same image.",
        )
    _judge_neighbours(first, evidence)
    _judge_numbers(first, evidence)


def _judge_neighbours(first: Array, evidence: Evidence) -> None:
    (mixed,) = tensors([evidence["mixed"]], 1)
    half = len(first.values) // 2
    if mixed.shape == first.shape:
        gap = float(np.abs(mixed.values[:half] - first.values[:half]).max(initial=0))
        if gap > 1e-3:
            wrong(
                "images-depend-on-batch",
                expected="In eval mode, the same latent vector gives the same image, whatever else "
                "is in the batch.",
                came=f"With other vectors beside them, {half} images changed by up to {gap:.2g}.",
            )


def _judge_numbers(first: Array, evidence: Evidence) -> None:
    (turned,) = tensors([evidence["reversed"]], 1)
    if same(first, turned):
        wrong(
            "weights-all-equal",
            expected="Each latent number has weights of its own.",
            came="With the numbers of each vector in reverse order, the images were the same.",
        )
    moved = expect.numbers(evidence["moved"])
    farthest = max(moved, default=0.0)
    idle = [str(number) for number, distance in enumerate(moved) if distance < 1e-5 * farthest]
    if idle:
        wrong(
            "latent-numbers-unused",
            expected="The image changes with each of the latent numbers.",
            came=f"{len(idle)} of {len(moved)} could be changed without any effect: numbers "
            f"{listed(idle)}.",
        )
