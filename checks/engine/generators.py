"""What the intermediate checks ask of a generator, and what they make of the answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from checks.engine import expect
from checks.engine.outcomes import wrong
from checks.engine.solution import Evidence, Solution
from checks.engine.wire import Array

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


def learning(solution: Solution) -> Evidence:
    """Which weights are used, are registered, and get a gradient."""
    evidence = generated(solution, "learning", z=Array(latents(solution, 16), "tensor"))
    if "output" in evidence:
        expect.array(evidence["output"], "The generator's output", "tensor")
    return evidence


def judge_registered(evidence: Evidence) -> None:
    """Every weight that takes part in the computation is among generator.parameters()."""
    strangers = evidence["strangers"]
    if not strangers and evidence["n_parameters"] != 0:
        return
    shapes = listed(map(str, strangers)) if isinstance(strangers, list) else ""
    wrong(
        "layers-in-forward" if evidence["made_anew"] is True else "unregistered-layers",
        expected="Every weight that the images depend on is among generator.parameters().",
        came=f"Used, and not among them: weights of shape {shapes}."
        if shapes
        else "generator.parameters() is empty.",
    )


def listed(names: Iterable[str]) -> str:
    """The first few names, for a sentence."""
    every = list(names)
    return ", ".join(every[:4]) + (f" and {len(every) - 4} more" if len(every) > 4 else "")


def sampled(solution: Solution, *, training: bool = True, **arguments: Any) -> Evidence:
    """What generate_images makes of the kit's own small generator, and how it used it."""
    evidence = solution.probe("sampled", latent_dim=LATENT, training=training, arguments=arguments)
    return evidence if isinstance(evidence, Evidence) else Evidence()


def drawn(solution: Solution, *seeds: int | None) -> list[Array]:
    """Images of one generator for each seed, one after the other."""
    images = expect.items(solution.probe("drawn_again", seeds=list(seeds)), len(seeds))
    return [expect.array(image, "The images", "tensor") for image in images]
