"""The intermediate tier: the generator, and the images that it makes.

False alarms: one check judges a fresh draw, 20,000 numbers that must come from N(0, 1); right code
fails it with a probability of at most 3e-7 (see `checks/engine/statistics.py`). All the rest
compares what one network made with what it made elsewhere, or random tensors that are never equal
by chance.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from checks.engine import expect, statistics
from checks.engine.affine import is_affine
from checks.engine.check import Solution, check, wrong
from checks.engine.exhibits import sample_beside_normal
from checks.engine.generators import (
    LATENT,
    drawn,
    generated,
    judge_registered,
    latents,
    learning,
    listed,
    outputs,
    same,
    sampled,
    tensors,
)
from checks.engine.questions import judge_answers
from checks.engine.wire import Array

Numbers = np.ndarray[Any, Any]

NETWORK, SAMPLING = "Generator", "generate_images"
WIDTHS = [(40,), (48, 72, 88)]  # sizes that nobody has as a default


# --- Generator ------------------------------------------------------------------------------------


@check("One flat image of 784 pixels for each latent vector", about=NETWORK, points=1)
def test_shape(solution: Solution) -> None:
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


@check("Pixels fill the range [-1, 1] and never leave it", about=NETWORK, points=2)
def test_range(solution: Solution) -> None:
    factors = [1.0, 1000.0]
    z = latents(solution, 32)
    evidence = generated(solution, "pushed_outputs", z=Array(z, "tensor"), factors=factors)
    made = tensors(evidence["outputs"], len(factors) + 1)
    plain = made[0].values.astype(float)
    every = np.concatenate([image.values.astype(float).ravel() for image in made])
    if every.size == 0:
        wrong("generator-shape", expected="Shape (32, 784).", came=f"Shape {plain.shape}.")
    low, high = float(every.min()), float(every.max())
    mistake = ""
    if low >= 0 and plain.ndim == 2 and any(np.allclose(plain.sum(axis), 1) for axis in (0, 1)):
        mistake = "generator-softmax-output"
    elif low >= 0 and np.mean(plain == 0) > 0.1:
        mistake = "generator-relu-output"
    elif low < -1 - 1e-5 or high > 1 + 1e-5:
        mistake = "generator-no-tanh"
    elif low >= 0:
        mistake = "generator-sigmoid-output"
    elif low > -0.9 or high < 0.9:
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


@check("Another z gives another image, the same z the same", about=NETWORK, points=1)
def test_uses_input(solution: Solution) -> None:
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
        wrong(
            "generator-ignores-input",
            expected="Other latent vectors give other images.",
            came="All the latent vectors gave the same image.",
        )


@check("More than one linear layer: a non-linearity in between", about=NETWORK, points=2)
def test_nonlinear(solution: Solution) -> None:
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


@check("PyTorch knows every weight that the generator uses", about=NETWORK, points=1)
def test_registered(solution: Solution) -> None:
    judge_registered(learning(solution))


@check("The gradient reaches every weight", about=NETWORK, points=1)
def test_gradient(solution: Solution) -> None:
    evidence = learning(solution)
    unreached = expect.texts(evidence["unreached"])
    cut = expect.texts(evidence["unreached_but_used"])
    steepest = expect.numbers(evidence["steepest"])
    expected = "After backward, each of the generator's weights has a gradient."
    if not unreached and not steepest:
        judge_registered(evidence)
    if not np.isfinite(steepest).all():
        wrong("not-finite", expected=expected, came="A gradient that is NaN or infinite.")
    if cut:
        wrong("generator-graph-cut", expected=expected, came=f"None for {listed(cut)}.")
    if unreached:
        came = f"None for {listed(unreached)}; changing it does not change the images either."
        wrong("unused-layer", expected=expected, came=came)
    if not any(slope > 0 for slope in steepest):
        wrong("generator-graph-cut", expected=expected, came="Gradients of 0 everywhere.")


@check("latent_dim is kept, and decides the size of z", about=NETWORK, points=1)
def test_latent_dim(solution: Solution) -> None:
    for latent_dim in (64, 100):
        evidence = generated(solution, "sizes", latent_dim=latent_dim, hidden_dims=None)
        kept, accepts = evidence["attribute"], evidence["accepts"]
        if accepts != latent_dim:
            wrong(
                "latent-dim-ignored",
                expected=f"Generator(latent_dim={latent_dim}) takes vectors of {latent_dim} "
                "numbers.",
                came="It takes vectors of 100 numbers, the default.",
            )
        if kept is None or type(kept) is not int or kept != latent_dim:
            came = "There is no such attribute." if kept is None else f"It is {kept!r}."
            wrong(
                "latent-dim-not-kept",
                expected=f"generator.latent_dim is {latent_dim} when that was asked for.",
                came=came if kept is None or type(kept) is int else expect.named(kept),
            )


@check("hidden_dims decides the hidden layers, any number of them", about=NETWORK, points=1)
def test_hidden_dims(solution: Solution) -> None:
    missing, refused = [], ""
    for widths in WIDTHS:
        evidence = generated(solution, "sizes", latent_dim=100, hidden_dims=widths)
        if "refused" in evidence:
            refused = refused or f"hidden_dims={widths} ended in {evidence['refused']!s:.100}."
            continue
        shapes = [expect.numbers(shape) for shape in expect.entries(evidence["shapes"])]
        found = {size for shape in shapes for size in shape}
        # A gated layer (GLU) has twice the width that it hands on.
        missing.append([w for w in widths if not found & {w, 2 * w}])
    if not refused and not any(missing):
        return
    ignored = not refused and [len(m) for m in missing] == [len(w) for w in WIDTHS]
    widths, absent = next(((w, m) for w, m in zip(WIDTHS, missing, strict=False) if m), ((), []))
    wrong(
        "hidden-dims-ignored" if ignored else "hidden-dims-fixed-count",
        expected="One hidden layer for each entry of hidden_dims, of that width: "
        f"{' and '.join(map(str, WIDTHS))} were tried.",
        came=refused or f"For {widths}, no weights of width {listed(map(str, absent))}.",
    )


@check("Weights that are saved and loaded give the same images", about=NETWORK, points=1)
def test_state_dict(solution: Solution) -> None:
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


# --- generate_images ------------------------------------------------------------------------------


@check("As many images of 28 × 28 as asked for", about=SAMPLING, points=1)
def test_images_shape(solution: Solution) -> None:
    calls: list[dict[str, Any]] = [{"n_images": 7}, {"n_images": 1}, {}]
    came = [
        expect.array(sampled(solution, **call)["images"], "The images", "tensor").shape
        for call in calls
    ]
    for call, shape in zip(calls, came, strict=True):
        n = call.get("n_images", 16)
        if shape == (n, 28, 28):
            continue
        mistake = "n-images-ignored" if len(set(came)) == 1 else "images-not-28x28"
        asked = f"n_images={n}" if call else "the default"
        wrong(mistake, expected=f"Shape ({n}, 28, 28) for {asked}.", came=f"Shape {shape}.")


@check("The images are what the generator makes", about=SAMPLING, points=1)
def test_images_are_the_generators(solution: Solution) -> None:
    evidence = sampled(solution, n_images=7)
    images = expect.array(evidence["images"], "The images", "tensor")
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
        came = f"The right images, but with values from {shown.min():.3g} to {shown.max():.3g}."
        wrong("images-rescaled", expected=expected, came=came)
    wrong("images-not-the-generators", expected=expected, came="Other pixels.")


@check("The noise fits the generator and comes from N(0, 1)", about=SAMPLING, points=1)
def test_images_noise(solution: Solution) -> None:
    evidence = sampled(solution, n_images=4000)
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
    is_normal = (
        values.size == 4000 * LATENT
        and statistics.ks_distance(values, statistics.normal_cdf) < statistics.ks_bound(values.size)
        and abs(statistics.mean_z(values)) < statistics.Z_BOUND
        and abs(statistics.deviation_z(values)) < statistics.Z_BOUND
    )
    if not is_normal:
        came = f"Values from {values.min():.2f} to {values.max():.2f}, mean {values.mean():.2f}, "
        came += f"deviation {values.std():.2f}."
        wrong("sampling-noise-not-normal", expected=expected, came=came)


@check("Sampling happens in eval mode", about=SAMPLING, points=1)
def test_eval_mode(solution: Solution) -> None:
    modes = sampled(solution, n_images=7)["trained_while_sampling"]
    if not isinstance(modes, list) or True in modes:
        wrong(
            "sampling-in-training-mode",
            expected="generator.training is False while the images are made.",
            came="The generator came in training mode, and made the images in training mode.",
        )


@check("Afterwards the generator is in the mode it came in", about=SAMPLING, points=1)
def test_mode_restored(solution: Solution) -> None:
    for training, mistake in ((True, "mode-not-restored"), (False, "mode-always-training")):
        names = {True: "training", False: "eval"}
        after = sampled(solution, training=training, n_images=7)["training_after"] is True
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


@check("The images drag no graph along", about=SAMPLING, points=1)
def test_no_graph(solution: Solution) -> None:
    evidence = sampled(solution, n_images=7)
    if expect.array(evidence["images"], "The images", "tensor").requires_grad:
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


@check("Same seed, same images; other seed, other images", about=SAMPLING, points=1)
def test_images_seed(solution: Solution) -> None:
    first, other, again, zero, zero_again = drawn(solution, 7, 8, 7, 0, 0)
    for seed, one, two in ((7, first, again), (0, zero, zero_again)):
        if not same(one, two):
            wrong(
                "seed-ignored",
                expected="Twice the same images for twice the same seed.",
                came=f"Two calls with seed {seed} gave different images.",
            )
    if same(first, other):
        wrong(
            "seed-constant",
            expected="Other images for another seed.",
            came="Seeds 7 and 8 gave the same images.",
        )


@check("Without a seed, new images at every call", about=SAMPLING, points=1)
def test_images_fresh(solution: Solution) -> None:
    first, _, second = drawn(solution, None, 3, None)
    if same(first, second):
        wrong(
            "noise-never-new",
            expected="New noise, so new images, at every call without a seed.",
            came="Two calls without a seed gave the same images.",
        )


@check("Sampling with a seed leaves the global random state alone", about=SAMPLING, points=1)
def test_images_global_state(solution: Solution) -> None:
    kept = expect.record(solution.probe("global_state_after", seed=5))
    changed = [library for library in ("NumPy", "PyTorch", "Python") if kept[library] is not True]
    if changed:
        wrong(
            "global-seed-clobbered",
            expected="Sampling with a seed leaves the global random numbers as they were.",
            came=f"After the call, {' and '.join(changed)} would go on with other numbers than "
            "before.",
        )


@check("The questions on the generator", about="ANSWERS", points=2)
def test_questions(solution: Solution) -> None:
    judge_answers(solution)
