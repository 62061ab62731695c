"""How generate_images is judged, on a small generator of the kit's own that notes its use."""

from __future__ import annotations

from typing import Any

import numpy as np

from checks.engine.course.check_errors import wrong
from checks.engine.judging.common import expect, statistics
from checks.engine.judging.common.exhibits import sample_beside_normal
from checks.engine.judging.common.seeds import SEEDS, judge_seeds
from checks.engine.judging.common.side_effects import advise_on_seeds, judge_settings
from checks.engine.judging.intermediate.generators import LATENT, same
from checks.engine.sandbox.solution import Evidence, Solution
from checks.engine.sandbox.wire import Array

N_NOISE = 4000  # images, for whose noise the distribution is judged
# The recording generator's weight: its value, its type, whether it learns, its gradient.
SCALE = {"value": 0.7, "dtype": "float32", "requires_grad": True, "gradient": 0.25}


def sampled(
    solution: Solution, *, training: bool = True, by_place: tuple[int, ...] = (), **arguments: Any
) -> Evidence:
    """What generate_images makes of the kit's generator, and how it used it."""
    evidence = solution.probe(
        "sampled", latent_dim=LATENT, training=training, arguments=arguments, by_place=by_place
    )
    return evidence if isinstance(evidence, Evidence) else Evidence()


def drawn(solution: Solution, *seeds: int | None) -> list[Array]:
    """Images of one generator for each seed, one after the other."""
    n_images, latent_dim = solution.size(6, 16), solution.size(LATENT, 16)
    made = solution.probe(
        "drawn_again", n_images=n_images, latent_dim=latent_dim, seeds=list(seeds)
    )
    images = expect.items(made, len(seeds))
    return [expect.array(image, "The images", "tensor") for image in images]


def _images(evidence: Evidence) -> Array:
    return expect.array(evidence["images"], "The images", "tensor")


# --- the images -----------------------------------------------------------------------------------


def judge_shape(solution: Solution) -> None:
    """(n_images, 28, 28), by name, by place and by default."""
    calls: list[dict[str, Any]] = [{"n_images": solution.size(7, 64)}, {"n_images": 1}, {}]
    came = [_images(sampled(solution, **call)).shape for call in calls]
    for call, shape in zip(calls, came, strict=True):
        n = call.get("n_images", 16)
        if shape == (n, 28, 28):
            continue
        mistake = "n-images-ignored" if len(set(came)) == 1 else "images-not-28x28"
        if not call and shape[1:] == (28, 28) and mistake == "images-not-28x28":
            mistake = "default-changed"
        asked = f"n_images={n}" if call else "the default"
        wrong(mistake, expected=f"Shape ({n}, 28, 28) for {asked}.", came=f"Shape {shape}.")
    few = solution.size(3, 16)
    placed = _images(sampled(solution, by_place=(few, 7))).shape
    if placed != (few, 28, 28):
        wrong(
            "parameters-in-other-order",
            expected=f"generate_images(generator, {few}, 7): {few} images, shape ({few}, 28, 28).",
            came=f"Shape {placed}.",
        )


def judge_pixels(solution: Solution) -> None:
    """The generator's own pixels, row by row."""
    evidence = sampled(solution, n_images=solution.size(7, 64))
    images = _images(evidence)
    expected = "Row by row the 784 pixels that the generator made, in [-1, 1]."
    if evidence["made"] is None:
        wrong("generator-not-called", expected=expected, came="The generator was not called.")
    made = expect.array(evidence["made"], "What the generator made", "tensor").values.astype(float)
    if images.values.size != made.size or images.values.ndim < 2:
        came = f"{made.size:,} pixels were made, and shape {images.shape} came back."
        wrong("images-not-28x28", expected=expected, came=came)
    shown = images.values.astype(float).reshape(made.shape)
    flipped = made.reshape(-1, 28, 28).transpose(0, 2, 1).reshape(made.shape)
    if np.allclose(shown, made, atol=1e-4):
        return
    if np.allclose(shown, flipped, atol=1e-4):
        wrong("images-transposed", expected=expected, came="Rows and columns are swapped.")
    if np.corrcoef(shown.ravel(), made.ravel())[0, 1] > 0.99:
        came = f"The right images, but with values from {shown.min():.3g} to {shown.max():.3g} "
        came += f"where the generator made {made.min():.3g} to {made.max():.3g}."
        wrong("images-rescaled", expected=expected, came=came)
    wrong("images-not-the-generators", expected=expected, came="Other pixels.")


# --- the noise ------------------------------------------------------------------------------------


def judge_noise(solution: Solution) -> None:
    """A vector of N(0, 1) for each image, as long as the generator asks."""
    wanted = solution.size(N_NOISE, 64)
    evidence = sampled(solution, n_images=wanted)
    expected = (
        f"Noise from N(0, 1), {LATENT} numbers a row for a generator of latent size {LATENT}."
    )
    if evidence["noise"] is None:
        wrong("generator-not-called", expected=expected, came="The generator was not called.")
    noise = expect.array(evidence["noise"], "The noise", "tensor")
    if noise.shape[1:] != (LATENT,):
        came = f"Noise of shape {noise.shape}."
        wrong("latent-size-assumed", expected=expected, came=came)
    expect.finite(noise, "The noise")
    values = noise.values.astype(float).ravel()
    if values.size:
        solution.show(sample_beside_normal(values))
    if len(noise.values) < wanted:
        came = f"{len(noise.values)} latent vectors for n_images={wanted}."
        wrong("n-images-ignored", expected="A latent vector for each image.", came=came)
    different = len(np.unique(noise.values, axis=0))
    if different < len(noise.values):  # five float32 numbers are never equal by chance
        came = f"{different:,} different vectors for {len(noise.values):,} images."
        wrong("noise-repeated", expected="A latent vector of its own for each image.", came=came)
    is_normal = (
        values.size == wanted * LATENT
        and statistics.ks_distance(values, statistics.normal_cdf) < statistics.ks_bound(values.size)
        and abs(statistics.mean_z(values)) < statistics.Z_BOUND
        and abs(statistics.deviation_z(values)) < statistics.Z_BOUND
    )
    if not is_normal:
        low, high, mean = map(expect.rounded, (values.min(), values.max(), values.mean()))
        came = f"Values from {low} to {high}, mean {mean}, deviation {values.std():.2f}."
        wrong("sampling-noise-not-normal", expected=expected, came=came)


def judge_seed(solution: Solution) -> None:
    """The same images for the same seed, and none of them for another."""
    images = drawn(solution, *SEEDS, 7, 0)
    *_, seven, zero = images
    judge_seeds(dict(zip(SEEDS, images, strict=False)), {7: seven, 0: zero}, "images", same)


def judge_fresh(solution: Solution) -> None:
    """New images at each call without a seed."""
    first, _, second = drawn(solution, None, 3, None)
    if same(first, second):
        wrong(
            "noise-never-new",
            expected="New noise, so new images, at every call without a seed.",
            came="Two calls without a seed gave the same images.",
        )


# --- no trace -------------------------------------------------------------------------------------


def judge_eval_mode(solution: Solution) -> None:
    """The generator is in eval mode while it makes the images."""
    modes = sampled(solution, n_images=solution.size(7, 64))["trained_while_sampling"]
    if not isinstance(modes, list) or True in modes:
        wrong(
            "sampling-in-training-mode",
            expected="generator.training is False while the images are made.",
            came="The generator came in training mode, and made the images in training mode.",
        )


def judge_mode_restored(solution: Solution) -> None:
    """Afterwards it is in the mode in which it came, even if it failed."""
    for training, mistake in ((True, "mode-not-restored"), (False, "mode-always-training")):
        names = {True: "training", False: "eval"}
        after = (
            sampled(solution, training=training, n_images=solution.size(7, 64))["training_after"]
            is True
        )
        if after is not training:
            wrong(
                mistake,
                expected=f"A generator that came in {names[training]} mode leaves in it.",
                came=f"It left in {names[after]} mode.",
            )
    if solution.probe("mode_after_failure", training=True) is not True:
        solution.advise(
            "mode-not-restored",
            "When the generator raises an error, it stays in eval mode (try and finally help).",
        )


def judge_generator_unchanged(solution: Solution) -> None:
    """The generator's weights and their type are what they were, and they still learn."""
    scale = expect.record(sampled(solution, n_images=solution.size(7, 64))["scale"])
    said = {
        "value": "Its weights have other values.",
        "dtype": f"Its weights are of type {scale['dtype']!s:.20} now.",
        "requires_grad": "Its weights are frozen: requires_grad is False.",
    }
    if scale["gradient"] != SCALE["gradient"]:
        said_of = "The gradients that the generator's weights had are gone, or others."
        solution.advise("sampling-changes-generator", said_of)
    for name in said:
        if scale[name] != SCALE[name]:
            wrong(
                "sampling-changes-generator",
                expected="After sampling, the generator's weights are what they were before.",
                came=said[name],
            )


def judge_graph(solution: Solution) -> None:
    """The images have no graph."""
    evidence = sampled(solution, n_images=solution.size(7, 64))
    if _images(evidence).requires_grad:
        wrong(
            "sampling-keeps-graph",
            expected="Images without a graph: requires_grad is False.",
            came="requires_grad is True.",
        )
    if isinstance(evidence["graphs"], list) and True in evidence["graphs"]:
        solution.advise(
            "sampling-keeps-graph",
            "The graph is cut off at the end, but recorded all the same on the way.",
        )


def judge_global_state(solution: Solution) -> None:
    """No call changes a setting; one that sets the global random numbers gets a word of advice."""
    evidence = expect.record(
        solution.probe("global_state_after", n_images=solution.size(4, 64), seed=5)
    )
    judge_settings(evidence)
    advise_on_seeds(solution, evidence, "Sampling")
