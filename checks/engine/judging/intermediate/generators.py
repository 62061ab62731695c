"""What the intermediate checks ask of a generator, and what they make of the answers."""

from __future__ import annotations

from typing import Any

import numpy as np

from checks.engine.course.check_errors import wrong
from checks.engine.judging.common import expect, parameters
from checks.engine.judging.common.parameters import listed
from checks.engine.judging.common.side_effects import judge_reseeded
from checks.engine.sandbox.solution import Evidence, Solution
from checks.engine.sandbox.wire import Array

Numbers = np.ndarray[Any, Any]

LATENT = 5  # of the small generator that stands in for the learner's where sampling is judged


def latents(solution: Solution, n: int) -> Numbers:
    """n latent vectors of 100 numbers, the run's own; float32."""
    return np.random.default_rng(solution.seed).standard_normal((n, 100)).astype(np.float32)


def generated(solution: Solution, probe: str, **arguments: Any) -> Evidence:
    """The evidence of a probe that makes generators."""
    evidence = solution.probe(probe, **arguments)
    if not isinstance(evidence, Evidence):
        Evidence().__missing__("")
    if "not_a_module" in evidence:
        wrong(
            "not-a-module",
            expected="Generator(…) makes a torch.nn.Module.",
            came=f"Something of type {evidence['not_a_module']!s:.50}.",
        )
    return evidence


def outputs(solution: Solution, batches: list[Numbers]) -> list[Array]:
    """What one new generator, in eval mode, makes of each batch."""
    evidence = generated(solution, "outputs", latents=[Array(z, "tensor") for z in batches])
    return tensors(evidence["outputs"], len(batches))


def tensors(values: Any, count: int) -> list[Array]:
    """So many tensors of finite numbers."""
    made = [
        expect.array(value, "The generator's output", "tensor")
        for value in expect.items(values, count)
    ]
    for image in made:
        expect.finite(image, "The generator's output")
    return made


def same(one: Array, other: Array) -> bool:
    """Whether two tensors are equal up to rounding."""
    return one.shape == other.shape and np.allclose(one.values, other.values, atol=1e-5)


# --- the weights ------------------------------------------------------------------------------


def learning(solution: Solution) -> Evidence:
    """Which weights are used, are registered, and get a gradient."""
    evidence = generated(solution, "learning", z=Array(latents(solution, 16), "tensor"))
    if "output" in evidence:
        expect.array(evidence["output"], "The generator's output", "tensor")
    return evidence


def judge_registered(evidence: Evidence) -> None:
    """Every weight that takes part in the computation is among generator.parameters()."""
    parameters.judge_registered(evidence, "generator", "images", "unregistered-layers")


def judge_gradient(solution: Solution) -> None:
    """Backward from the images reaches every weight."""
    evidence = learning(solution)
    unreached = expect.texts(evidence["unreached"])
    cut = expect.texts(evidence["unreached_but_used"])
    frozen = expect.texts(evidence["frozen"])
    steepest = expect.numbers(evidence["steepest"])
    expected = "After backward, each of the generator's weights has a gradient."
    if not unreached and not steepest:
        judge_registered(evidence)
    if not np.isfinite(steepest).all():
        wrong("not-finite", expected=expected, came="A gradient that is NaN or infinite.")
    if held := [name for name in frozen if name in cut]:
        came = f"requires_grad is False for {listed(held)}."
        wrong("generator-frozen", expected=expected, came=came)
    if cut:
        wrong("generator-graph-cut", expected=expected, came=f"None for {listed(cut)}.")
    if unreached:
        solution.advise("unused-layer", f"The images do not depend on {listed(unreached)}.")
    if not any(slope > 0 for slope in steepest):
        judge_first_weights(solution)
        wrong("generator-graph-cut", expected=expected, came="Gradients of 0 everywhere.")


def judge_first_weights(solution: Solution) -> Evidence:
    """A new generator's weights are not all equal."""
    evidence = generated(solution, "first_weights")
    count = expect.number(evidence["n_matrices"], "The number of weights")
    constant = expect.texts(evidence["constant"])
    # A single layer of zeros may be on purpose: what goes through it grows from nothing.
    if equal := constant if 0 < count == len(constant) else expect.texts(evidence["nonzero"]):
        wrong(
            "weights-all-equal",
            expected="Random first weights: no two units of a layer start alike.",
            came=f"All the numbers in {listed(equal)} are equal.",
        )
    return evidence


def judge_own_weights(solution: Solution) -> None:
    """Each new generator has weights of its own, random ones, and seeds nothing but itself."""
    evidence = judge_first_weights(solution)
    if shared := expect.texts(evidence["shared"]):
        wrong(
            "weights-shared",
            expected="Two generators with weights of their own.",
            came=f"Two new generators have the same tensors for {listed(shared)}.",
        )
    judge_reseeded(evidence, "Making a generator")


def judge_state_dict(solution: Solution) -> None:
    """What one generator's state_dict holds makes another one the same."""
    batches = [Array(3 * latents(solution, 16) + 1, "tensor") for _ in range(3)]
    z = Array(latents(solution, 8), "tensor")
    evidence = generated(solution, "round_trip", z=z, batches=batches)
    original, loaded = tensors([evidence["original"], evidence["loaded"]], 2)
    if not same(original, loaded):
        judge_registered(learning(solution))
        wrong(
            "state-dict-incomplete",
            expected="A new generator with the first one's state_dict makes the same images.",
            came="It makes other images: the state_dict does not hold all that matters.",
        )
