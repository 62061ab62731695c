"""The bonus tier: images on the screen, loss curves, snapshots during training.

Nothing here is left to chance: the images that the figures must show are random and known, 784
pixels each, so none is ever taken for another; two draws of noise are never equal.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from checks.engine import curves, expect
from checks.engine.check import Solution, check, wrong
from checks.engine.checkpoints import judge_loading, reloaded
from checks.engine.drawings import (
    converted,
    drawn,
    found_all,
    grid_evidence,
    judge_figure_alone,
    judge_once,
    judge_order,
    judge_pixels,
    judge_shades,
    judge_thin,
    random_images,
)
from checks.engine.outcomes import NotWrittenError
from checks.engine.pictures import find
from checks.engine.places import N_IMAGES
from checks.engine.questions import judge_answers
from checks.engine.snapshots import (
    EVERY,
    N_EPOCHS,
    coded,
    judge_defaults,
    judge_epochs,
    judge_folder,
    judge_mode,
    judge_places,
    judge_shares,
    judge_traces,
    noise_at,
    snapshots,
)
from checks.engine.tiles import judge_tiles, tiled
from checks.engine.wire import Array

Numbers = np.ndarray[Any, Any]

PIXELS, GRID, TILES = "to_pixels", "plot_image_grid", "make_sample_grid"
LOSSES, SNAPSHOTS, LOADING = "plot_losses", "snapshot_every", "load_generator"


# --- images ---------------------------------------------------------------------------------------


@check("-1 becomes 0, 0 becomes 0.5, 1 becomes 1", about=PIXELS, points=1)
def test_pixel_values(solution: Solution) -> None:
    full, pale = random_images(solution, 6), random_images(solution, 6) * 0.3 - 0.2
    for images in (full, pale):
        (made,) = converted(solution, images)
        values = made.values.astype(float)
        if values.size != images.size:
            wrong("pixels-shape", expected="Shape (6, 28, 28).", came=f"Shape {made.shape}.")
        judge_pixels(values.reshape(images.shape), images)


@check("Flat and square images both come out as (N, 28, 28)", about=PIXELS, points=1)
def test_pixel_shape(solution: Solution) -> None:
    images = random_images(solution, 5)
    batches = [images.reshape(5, 784), images, images[:1].reshape(1, 784)]
    for batch, made in zip(batches, converted(solution, *batches), strict=True):
        if made.shape != (len(batch), 28, 28):
            wrong(
                "pixels-shape",
                expected=f"Shape ({len(batch)}, 28, 28) for images of shape {batch.shape}.",
                came=f"Shape {made.shape}.",
            )


@check("The grid shows all the images, row by row", about=GRID, points=1)
def test_grid_order(solution: Solution) -> None:
    images = random_images(solution, 16)
    judge_order(drawn(solution, images), images, 4)


@check("On the grid, -1 is black, 1 is white, all between is gray", about=GRID, points=1)
def test_grid_gray(solution: Solution) -> None:
    images = random_images(solution, 16)
    shown = drawn(solution, images)
    if any(picture.is_coloured for picture in shown):
        wrong("grid-not-gray", expected="Shades of gray.", came="Colours.")
    for found, image in zip(found_all(shown, images), images, strict=True):
        judge_shades(found.shades, image, tolerance=0.13)  # Greys_r bends
    pale = images * 0.4
    for paler, image in zip(find(drawn(solution, pale), pale), pale, strict=True):
        if paler is not None and np.ptp(paler.shades) > 1.3 * np.ptp(image) / 2:
            solution.advise("grid-stretched")
            return


@check("The grid has no axes", about=GRID, points=1)
def test_grid_axes(solution: Solution) -> None:
    evidence = grid_evidence(solution, random_images(solution, 16))
    ticks = expect.number(evidence["ticks"], "The number of ticks")
    if ticks:
        wrong("grid-axes", expected="Images without ticks and numbers around them.",
              came=f"{ticks:.0f} ticks on the figure.")  # fmt: skip
    half = grid_evidence(solution, random_images(solution, 5), rows=2, cols=3)
    if half["ticks_elsewhere"] != 0:
        solution.advise("grid-axes", "The places without an image still show their axes.")
    elif evidence["frames"] != 0:
        solution.advise("grid-axes", "There are no ticks, but a frame around each image.")


@check("The grid has as many rows and columns as asked for", about=GRID, points=1)
def test_grid_sizes(solution: Solution) -> None:
    few, many = random_images(solution, 5), random_images(solution, 20)
    shown = drawn(solution, few, rows=2, cols=3)
    judge_order(shown, few, 3)
    judge_once(shown, few)
    judge_order(drawn(solution, many, rows=4, cols=5), many, 5)
    judge_thin(solution)


@check("The grid takes flat images as well", about=GRID, points=1)
def test_grid_flat(solution: Solution) -> None:
    images = random_images(solution, 6)
    judge_order(drawn(solution, images.reshape(6, 784), rows=2, cols=3), images, 3)


@check("Drawing leaves the images alone, and neither saves nor shows", about=GRID, points=1)
def test_grid_alone(solution: Solution) -> None:
    judge_figure_alone(grid_evidence(solution, random_images(solution, 16)))
    images = Array(random_images(solution, 4), "tensor")
    if solution.probe("grid_of_graph", images=images) != "":
        solution.advise("graph-on-images")


@check("make_grid's picture has the right shape", about=TILES, points=1)
def test_tiles_shape(solution: Solution) -> None:
    tiled(solution, (random_images(solution, 16), None), (random_images(solution, 10), 5))


@check("make_grid's picture shows the images, row by row, in [0, 1]", about=TILES, points=1)
def test_tiles_images(solution: Solution) -> None:
    full = random_images(solution, 20)
    pale = random_images(solution, 7) * 0.3 - 0.2
    asked = ((full, 5), (pale, 3))
    for picture, (images, n_columns) in zip(tiled(solution, *asked), asked, strict=True):
        judge_tiles(picture, images, n_columns)


# --- losses ---------------------------------------------------------------------------------------


@check("Both losses are drawn, epoch by epoch", about=LOSSES, points=1)
def test_curves(solution: Solution) -> None:
    history, _, evidence = curves.plotted(solution)
    curves.judge_curves(solution, evidence, history)


@check("The curves say which network they belong to", about=LOSSES, points=1)
def test_curves_labelled(solution: Solution) -> None:
    history, _, evidence = curves.plotted(solution)
    curves.judge_names(solution, evidence, history)


@check("Each call draws a figure of its own and keeps the history", about=LOSSES, points=1)
def test_curves_alone(solution: Solution) -> None:
    history, _, evidence = curves.plotted(solution)
    curves.judge_figure_of_its_own(evidence, history)


# --- snapshots ------------------------------------------------------------------------------------


@check("Snapshots at every k-th epoch, a picture and a checkpoint each", about=SNAPSHOTS, points=1)
def test_snapshot_epochs(solution: Solution) -> None:
    judge_epochs(snapshots(solution))


@check("A snapshot's picture shows what the generator makes", about=SNAPSHOTS, points=1)
def test_snapshot_picture(solution: Solution) -> None:
    judge_shares(snapshots(solution))
    judge_places(solution, seed=1)


@check("Every snapshot uses the same noise", about=SNAPSHOTS, points=1)
def test_snapshot_noise(solution: Solution) -> None:
    seen = snapshots(solution)
    first, second = (noise_at(seen, epoch) for epoch in (EVERY, 2 * EVERY))
    if first.shape != second.shape or not np.array_equal(first.values, second.values):
        wrong(
            "snapshot-new-noise",
            expected="The same latent vectors at each snapshot.",
            came=f"Epochs {EVERY} and {2 * EVERY} were drawn from different noise.",
        )


@check("Snapshots keep to n_images and seed", about=SNAPSHOTS, points=1)
def test_snapshot_arguments(solution: Solution) -> None:
    judge_defaults(solution)
    one = noise_at(coded(solution, seed=1), 1)
    other = noise_at(coded(solution, seed=2, n_epochs=1), 1)
    if one.shape[0] % N_IMAGES:
        wrong("n-images-ignored", expected=f"{N_IMAGES} latent vectors for n_images={N_IMAGES}.",
              came=f"{one.shape[0]} of them.")  # fmt: skip
    if one.shape == other.shape and np.array_equal(one.values, other.values):
        wrong("seed-constant", expected="Other noise for another seed.",
              came="Seeds 1 and 2 gave the same noise.")  # fmt: skip


@check("Snapshots make their folder", about=SNAPSHOTS, points=1)
def test_snapshot_folder(solution: Solution) -> None:
    judge_folder(solution)


@check("After a snapshot, training goes on as if nothing had happened", about=SNAPSHOTS, points=1)
def test_snapshot_mode(solution: Solution) -> None:
    for training in (True, False):
        seen = snapshots(solution, N_EPOCHS if training else EVERY, training=training)
        noise_at(seen, EVERY)
        judge_mode(seen, training)
        judge_traces(solution, seen)


@check("A generator that was saved comes back", about=LOADING, points=1)
def test_loaded_images(solution: Solution) -> None:
    evidence = reloaded(solution)
    originals = expect.items(evidence["originals"], 2)
    made = expect.items(evidence["made_in_eval_mode"], 2)
    for epoch, original, image in zip((2, 4), originals, made, strict=True):
        before = expect.array(original, "The generator's output", "tensor")
        after = expect.array(image, "The loaded generator's output", "tensor")
        if before.shape != after.shape or not np.allclose(before.values, after.values, atol=1e-5):
            wrong(
                "weights-not-loaded",
                expected=f"The images that the generator made when it was saved, at epoch {epoch}.",
                came="Other images from the same noise.",
            )
    judge_loading(solution, evidence)


@check("A generator that comes back is ready to sample", about=LOADING, points=1)
def test_loaded_mode(solution: Solution) -> None:
    if True in expect.entries(reloaded(solution)["training"]):
        wrong("loaded-in-training-mode", expected="A generator in eval mode.",
              came="A generator in training mode.")  # fmt: skip


# --- words ----------------------------------------------------------------------------------------


@check("The questions on samples and losses", about="ANSWERS", points=2)
def test_questions(solution: Solution) -> None:
    judge_answers(solution)


@check("What you saw at epochs 10, 20 and 30 (a person reads it)", about="REFLECTION", points=1)
def test_reflection(solution: Solution) -> None:
    text = solution.probe("value", name="REFLECTION")
    if not isinstance(text, str):
        wrong("other-type", expected="Text.", came=f"{expect.named(text)}.".capitalize())
    if len(text.strip()) < 40:
        raise NotWrittenError(f"Write a few sentences into REFLECTION in {solution.file()}.")
