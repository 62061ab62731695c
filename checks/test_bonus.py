"""The bonus tier: images on the screen, loss curves, snapshots during training.

Nothing here is left to chance: the images that the figures must show are random and known, 784
pixels each, so none is ever taken for another; two draws of noise are never equal.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from checks.engine import expect
from checks.engine.check import Solution, check, wrong
from checks.engine.drawings import (
    converted,
    drawn,
    figure_of,
    found_all,
    grid_evidence,
    judge_order,
    judge_pixels,
    judge_shades,
    random_images,
    tiled,
)
from checks.engine.generators import listed
from checks.engine.outcomes import NotWrittenError
from checks.engine.pictures import Picture, find
from checks.engine.questions import judge_answers
from checks.engine.snapshots import (
    EVERY,
    N_EPOCHS,
    SMALL,
    noise_at,
    picture_at,
    reloaded,
    snapshots,
    written,
)
from checks.engine.solution import Evidence
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


@check("The grid has as many rows and columns as asked for", about=GRID, points=1)
def test_grid_sizes(solution: Solution) -> None:
    images = random_images(solution, 6)
    judge_order(drawn(solution, images, rows=2, cols=3), images, 3)
    judge_order(drawn(solution, images[:5], rows=2, cols=3), images[:5], 3)


@check("The grid takes flat images as well", about=GRID, points=1)
def test_grid_flat(solution: Solution) -> None:
    images = random_images(solution, 6)
    judge_order(drawn(solution, images.reshape(6, 784), rows=2, cols=3), images, 3)


@check("make_grid's picture has the right shape", about=TILES, points=1)
def test_tiles_shape(solution: Solution) -> None:
    for n, n_columns in ((16, 4), (10, 5)):
        tiled(solution, random_images(solution, n), n_columns)


@check("make_grid's picture shows the images, row by row, in [0, 1]", about=TILES, points=1)
def test_tiles_images(solution: Solution) -> None:
    images = random_images(solution, 10)
    values = tiled(solution, images, 5).values.astype(float)
    gray = values.mean(axis=0)
    if np.ptp(values, axis=0).max() > 0.01:
        wrong("grid-not-gray", expected="Equal channels: shades of gray.", came="Colours.")
    height, width = gray.shape
    picture = Picture(gray, (0, width, 0, height))
    judge_order([picture], images, 5)
    for found, image in zip(found_all([picture], images), images, strict=True):
        if np.allclose(found.shades, image, atol=1e-3):
            solution.advise("pixels-not-rescaled", "The picture's values are still in [-1, 1].")
            return
        judge_shades(found.shades, image, tolerance=0.002)


# --- losses ---------------------------------------------------------------------------------------


@check("Both losses are drawn, epoch by epoch", about=LOSSES, points=1)
def test_curves(solution: Solution) -> None:
    history, evidence = plotted(solution)
    for network in ("discriminator", "generator"):
        if not curves_of(evidence, history, network):
            wrong(
                "curve-missing",
                expected=f"A curve with the {network}'s {len(history)} losses.",
                came=f"{len(curves(evidence))} curves on the figure, none of them that one.",
            )


@check("The curves say which network they belong to", about=LOSSES, points=1)
def test_curves_labelled(solution: Solution) -> None:
    history, evidence = plotted(solution)
    legend = [expect.texts(expect.items(e, 2)) for e in expect.entries(evidence["legend"])]
    texts = expect.texts(evidence["labels"]) + [text for text, _ in legend]
    titles = expect.texts(evidence["titles"])
    texts += [title for title in titles if len(networks_in(title)) < 2]  # both: which is which?
    for network in ("discriminator", "generator"):
        if not any(network in networks_in(text) for text in texts):
            wrong(
                "curves-unlabelled",
                expected="A legend, or names at the axes, with generator and discriminator.",
                came=f"No curve is called the {network}'s. What there is to read: "
                + (", ".join(repr(text[:30]) for text in texts if text)[:200] or "nothing")
                + ".",
            )
        other = {"discriminator": "generator", "generator": "discriminator"}[network]
        colours = [curve.get("colour") for curve in curves_of(evidence, history, network)]
        if len({colour for _, colour in legend}) == len(legend) and any(
            networks_in(text) == {other} and colour in colours for text, colour in legend
        ):
            wrong(
                "curves-swapped",
                expected=f"The {network}'s losses under the {network}'s name.",
                came=f"The legend calls them the {other}'s.",
            )


# --- snapshots ------------------------------------------------------------------------------------


@check("Snapshots at every k-th epoch, a picture and a checkpoint each", about=SNAPSHOTS, points=1)
def test_snapshot_epochs(solution: Solution) -> None:
    seen = snapshots(solution)
    chosen = [epoch for epoch in range(1, N_EPOCHS + 1) if epoch % EVERY == 0]
    wrote = [epoch for epoch, at in enumerate(seen, start=1) if written(at)]
    asked = (
        f"every={EVERY}: files at the epochs {listed(map(str, chosen))} of {N_EPOCHS}, no others."
    )
    if wrote != chosen:
        always = wrote == list(range(1, N_EPOCHS + 1))
        wrong(
            "snapshot-every-ignored" if always else "snapshot-wrong-epochs",
            expected=asked,
            came=f"Files at the epochs {listed(map(str, wrote))}." if wrote else "No files at all.",
        )
    for epoch in chosen:
        names = written(seen[epoch - 1])
        outside = [name for name in names if not name.startswith("runs/first/")]
        if outside:
            wrong("snapshot-elsewhere", expected="All files in the folder that was named.",
                  came=f"{outside[0]} is elsewhere.")  # fmt: skip
        n_pictures = len(expect.entries(seen[epoch - 1]["pictures"]))
        if n_pictures != 1 or len(names) < 2:
            wrong(
                "snapshot-files",
                expected="One PNG picture and one checkpoint for each chosen epoch.",
                came=f"At epoch {epoch}: {listed(names)}.",
            )
        nameless = [n for n in names if not re.search(rf"(?<!\d)0*{epoch}(?!\d)", n)]
        if nameless:
            wrong("snapshot-name", expected=f"The epoch, {epoch}, in the name of each file.",
                  came=f"{nameless[0].removeprefix('runs/first/')}.")  # fmt: skip


@check("A snapshot's picture shows what the generator makes", about=SNAPSHOTS, points=1)
def test_snapshot_picture(solution: Solution) -> None:
    dark, bright = (picture_at(snapshots(solution), epoch) for epoch in (EVERY, 2 * EVERY))
    darker = dark["dark"] - bright["dark"]
    brighter = bright["bright"] - dark["bright"]
    expected = "A dark picture from images that are black, a bright one from white images."
    if min(darker, brighter) < -0.15:
        wrong("colours-inverted", expected=expected, came="The other way round.")
    if darker < 0.1 or brighter < 0.1:
        wrong(
            "snapshot-picture",
            expected=expected,
            came=f"{dark['dark']:.0%} dark dots from black images, {bright['dark']:.0%} from white "
            "ones.",
        )


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
    one = noise_at(snapshots(solution, EVERY, n_images=9, seed=1), EVERY)
    other = noise_at(snapshots(solution, EVERY, n_images=9, seed=2), EVERY)
    if one.shape[0] % 9:
        wrong("n-images-ignored", expected="9 latent vectors for n_images=9.",
              came=f"{one.shape[0]} of them.")  # fmt: skip
    if one.shape == other.shape and np.array_equal(one.values, other.values):
        wrong("seed-constant", expected="Other noise for another seed.",
              came="Seeds 1 and 2 gave the same noise.")  # fmt: skip


@check("Snapshots make their folder", about=SNAPSHOTS, points=1)
def test_snapshot_folder(solution: Solution) -> None:
    if solution.probe("needs_folder", directory="runs/one/two", sizes=SMALL) is not False:
        wrong(
            "snapshot-folder",
            expected="The folder runs/one/two is made, and those above it.",
            came="FileNotFoundError: the folder is not there.",
        )


@check("After a snapshot, training goes on in the same mode", about=SNAPSHOTS, points=1)
def test_snapshot_mode(solution: Solution) -> None:
    for training, mistake in ((True, "mode-not-restored"), (False, "mode-always-training")):
        seen = snapshots(solution, N_EPOCHS if training else EVERY, training=training)
        noise_at(seen, EVERY)
        if any(at["training_after"] is not training for at in seen):
            names = ("eval", "training")
            wrong(
                mistake,
                expected=f"A generator that came in {names[training]} mode leaves in it.",
                came=f"It left in {names[not training]} mode.",
            )
        if any(at["random_state_kept"] is not True for at in seen) and not solution.advice:
            solution.advise("global-seed-clobbered", "Snapshots change the global random state.")


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


# --- what the checks share ------------------------------------------------------------------------


def plotted(solution: Solution) -> tuple[list[dict[str, float]], Evidence]:
    """(a training's history, what plot_losses draws of it)."""
    rng = np.random.default_rng(solution.seed)
    history = [
        {"epoch": epoch, "discriminator_loss": d, "generator_loss": g}
        for epoch, (d, g) in enumerate(rng.uniform(0.2, 3, (6, 2)).tolist(), start=1)
    ]
    return history, figure_of(expect.record(solution.probe("losses_figure", history=history)))


def curves(evidence: Evidence) -> list[Evidence]:
    """The curves on the figure."""
    return [expect.record(curve) for curve in expect.entries(evidence["curves"])]


def curves_of(evidence: Evidence, history: list[dict[str, float]], network: str) -> list[Evidence]:
    """The curves that show this network's losses."""
    losses = [entry[f"{network}_loss"] for entry in history]
    return [
        curve
        for curve in curves(evidence)
        if isinstance(curve["y"], Array)
        and curve["y"].shape == (len(losses),)
        and np.allclose(curve["y"].values.astype(float), losses)
        and curve["visible"] is True
    ]


def networks_in(text: str) -> set[str]:
    """The networks that a text names: Generator, g_loss, D, loss of the discriminator, …"""
    words = re.findall("[a-z]+", text.lower())
    named = {"generator" for word in words if word == "g" or word.startswith("gen")}
    return named | {"discriminator" for word in words if word == "d" or word.startswith("dis")}
