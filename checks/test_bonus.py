"""The bonus tier: images on the screen, loss curves, snapshots during training.

Nothing here is left to chance: the images that the figures must show are random and known, 784
pixels each, so none is ever taken for another; two draws of noise are never equal.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from checks.engine.course.check import check
from checks.engine.course.check_errors import NotWrittenError, wrong
from checks.engine.judging.bonus import loss_curves as curves
from checks.engine.judging.bonus.checkpoints import judge_loading, reloaded
from checks.engine.judging.bonus.drawings import (
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
from checks.engine.judging.bonus.grid_positions import N_IMAGES
from checks.engine.judging.bonus.image_finder import find
from checks.engine.judging.bonus.sample_grid import judge_tiles, tiled
from checks.engine.judging.bonus.snapshots import (
    EVERY,
    coded,
    in_eval_mode,
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
from checks.engine.judging.common import expect
from checks.engine.judging.common.answers import judge_answers
from checks.engine.sandbox.solution import Solution
from checks.engine.sandbox.wire import Array

Numbers = np.ndarray[Any, Any]

PIXELS, GRID, TILES = "to_pixels", "plot_image_grid", "make_sample_grid"
LOSSES, SNAPSHOTS, LOADING = "plot_losses", "snapshot_every", "load_generator"
GENERATOR = "intermediate.Generator"


# --- images ---------------------------------------------------------------------------------------


@check("-1 becomes 0, 0 becomes 0.5, 1 becomes 1", about=PIXELS, points=1)
def test_pixel_values(solution: Solution) -> None:
    """Your to_pixels gets random images, vivid ones and pale ones. All of them have to move along
    the same straight line, from -1 … 1 to 0 … 1, whatever other pixels there are, and the images
    that were handed over must stay as they were.

    Networks work on [-1, 1] and screens on [0, 1], so this undoes the scaling of the real images.
    Stretched to its own darkest and brightest pixel, a pale image would look better than it is.

    Hint: Think of it in two moves: first shift the range so that it begins at 0, then shrink it.
    """
    full, pale = random_images(solution, 6), random_images(solution, 6) * 0.3 - 0.2
    for images in (full, pale):
        (made,) = converted(solution, images)
        values = made.values.astype(float)
        if values.size != images.size:
            wrong("pixels-shape", expected="Shape (6, 28, 28).", came=f"Shape {made.shape}.")
        judge_pixels(values.reshape(images.shape), images)


@check("Flat and square images both come out as (N, 28, 28)", about=PIXELS, points=1)
def test_pixel_shape(solution: Solution) -> None:
    """Your to_pixels gets five flat images of shape (5, 784), five square ones of shape (5, 28,
    28), and a single flat one. All have to come out as (N, 28, 28).

    G makes flat rows, and a picture has two sides. One function for both forms spares everybody who
    draws the question which of them it is.

    Hint: A change of shape can be told 28 and 28 and left to work out the number of images by
    itself.
    """
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
    """Your plot_image_grid draws 16 random images, and the check looks for them on the figure. All
    must be there, the right way up, row by row with four in each row.

    A grid is read like a page. Only in a fixed order can you find the same z again in another grid.

    Hint: Go through the images and the places of the grid side by side; subplots hands out its
    places row by row.
    """
    images = random_images(solution, 16)
    judge_order(drawn(solution, images), images, 4)


@check("On the grid, -1 is black, 1 is white, all between is gray", about=GRID, points=1)
def test_grid_gray(solution: Solution) -> None:
    """The check looks at the colors on the figure: -1 must be black, 1 white, and what lies
    between gray. Pale images that are stretched to their own range bring advice.

    Matplotlib by default colors numbers from violet to yellow and stretches each image to its own
    limits. Both hide how bright G's pixels really are.

    Hint: imshow can be told a color map, and which numbers are black and white.
    """
    images = random_images(solution, 16)
    shown = drawn(solution, images)
    if any(picture.is_coloured for picture in shown):
        wrong("grid-not-gray", expected="Shades of gray.", came="Colors.")
    for found, image in zip(found_all(shown, images), images, strict=True):
        judge_shades(found.shades, image, tolerance=0.13)  # Greys_r bends
    pale = images[:4] * 0.4
    for paler, image in zip(find(drawn(solution, pale, rows=2, cols=2), pale), pale, strict=True):
        if paler is not None and np.ptp(paler.shades) > 1.3 * np.ptp(image) / 2:
            solution.advise("grid-stretched")
            return


@check("The grid has no axes", about=GRID, points=1)
def test_grid_axes(solution: Solution) -> None:
    """The check counts ticks around the images on the figure, and there must be none. Ticks at
    places without an image, or frames around the images, bring advice.

    Pixel numbers say nothing about a digit. In a grid of 16 they take room from the images and draw
    the eye away from them.

    Hint: Every place of the grid can have its axes switched off, the unused ones too.
    """
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
    """Your plot_image_grid draws 5 images on 2 × 3 places and 18 on 6 × 3, each in one place, and
    then grids of one row, of one column and of a single place.

    Batches come in all sizes. With a single row or column, subplots returns a list of axes, or one
    alone, instead of a table.

    Hint: Use rows and cols instead of numbers of your own, and look up squeeze in the documentation
    of subplots.
    """
    few, many = random_images(solution, 5), random_images(solution, 18)
    shown = drawn(solution, few, rows=2, cols=3)
    judge_order(shown, few, 3)
    judge_once(shown, few)
    judge_order(drawn(solution, many, rows=6, cols=3), many, 3)
    judge_thin(solution)


@check("The grid takes flat images as well", about=GRID, points=1)
def test_grid_flat(solution: Solution) -> None:
    """Your plot_image_grid gets six flat images of shape (6, 784) on 2 × 3 places. They have to
    appear as pictures of 28 × 28, row by row.

    G's own output is flat. You should not have to reshape it before you can look at it.

    Hint: You already have a function that gives flat images their two sides back.
    """
    images = random_images(solution, 6)
    judge_order(drawn(solution, images.reshape(6, 784), rows=2, cols=3), images, 3)


@check("Drawing leaves the images alone, and opens no window", about=GRID, points=1)
def test_grid_alone(solution: Solution) -> None:
    """Drawing must leave the images as they were and open no window. A file that is saved, or
    images with a graph that cannot be drawn, bring advice.

    What becomes of a figure is up to the caller: one saves it, the next shows it. A function that
    only draws can be used for both.

    Hint: Work on what your to_pixels gives, return the figure, and leave show and savefig to
    others.
    """
    judge_figure_alone(solution, grid_evidence(solution, random_images(solution, 16)))
    images = Array(random_images(solution, 4), "tensor")
    if solution.probe("grid_of_graph", images=images) != "":
        solution.advise("graph-on-images")


@check("make_grid's picture has the right shape", about=TILES, points=1)
def test_tiles_shape(solution: Solution) -> None:
    """Your make_sample_grid tiles 16 images in the default's 4 columns, and 10 images in 5. With
    make_grid's own border the shapes are (3, 122, 122) and (3, 62, 152); any other border is right
    as well.

    make_grid puts 2 pixels around each image, so that k images in a row are 30 · k + 2 pixels wide,
    and makes three channels, as color pictures have.

    Hint: make_grid wants a dimension for the channel, (N, 1, 28, 28), and its nrow is the number of
    images in a row.
    """
    tiled(solution, (random_images(solution, 16), None), (random_images(solution, 10), 5))


@check("make_grid's picture shows the images, row by row, in [0, 1]", about=TILES, points=1)
def test_tiles_images(solution: Solution) -> None:
    """The check looks at the pixels of two tiled pictures, of 20 images and of 7 pale ones. Each
    image has to be in its place, row by row, in gray, every pixel from [-1, 1] moved to [0, 1].
    Images that are stretched to their own range bring advice.

    As tensors in [0, 1] pictures can be saved by any tool. If each is stretched to its own range,
    two of them can no longer be compared.

    Hint: Bring the images to [0, 1] before you tile them; then there is nothing left to normalize.
    """
    full = random_images(solution, 20)
    pale = random_images(solution, 7) * 0.3 - 0.2
    asked = ((full, 5), (pale, 3))
    for picture, (images, n_columns) in zip(tiled(solution, *asked), asked, strict=True):
        judge_tiles(solution, picture, images, n_columns)


# --- losses ---------------------------------------------------------------------------------------


@check("Both losses are drawn, epoch by epoch", about=LOSSES, points=1)
def test_curves(solution: Solution) -> None:
    """Your plot_losses draws a history of six epochs with random losses. The check looks for one
    curve with D's losses and one with G's, over the epochs from left to right; a count that does
    not begin at 1 brings advice.

    The two losses are moves in one game: L_D = 2 log 2 and L_G = log 2 mean that D can only guess.
    Seen together they show who is ahead.

    Hint: Take the numbers of one kind out of all the entries into a list, then draw that list; do
    it once for each loss.
    """
    history, _, evidence = curves.plotted(solution)
    curves.judge_curves(solution, evidence, history)


@check("The curves say which network they belong to", about=LOSSES, points=1)
def test_curves_labelled(solution: Solution) -> None:
    """The check reads the legend and the other texts on the figure: each curve has to bear its own
    network's name. Axes without a name bring advice.

    Two lines without names can be read either way, and a D that wins looks like a G that wins.

    Hint: plot takes a label for each curve, but it shows only once a legend is asked for.
    """
    history, _, evidence = curves.plotted(solution)
    curves.judge_names(solution, evidence, history)


@check("Each call draws a figure of its own and keeps the history", about=LOSSES, points=1)
def test_curves_alone(solution: Solution) -> None:
    """Your plot_losses is called again with another history. The second figure must not show the
    first one's curves, and a history must be unchanged after it was drawn.

    To compare two trainings, you draw two figures. If the second one holds four curves, nobody can
    tell whose they are.

    Hint: Make a new figure in each call, instead of drawing on the one that happens to be current.
    """
    history, _, evidence = curves.plotted(solution)
    curves.judge_figure_of_its_own(evidence, history)


# --- snapshots ------------------------------------------------------------------------------------


@check(
    "Snapshots at every k-th epoch, a picture and a checkpoint each",
    about=SNAPSHOTS,
    uses=(GENERATOR,),
    points=1,
)
def test_snapshot_epochs(solution: Solution) -> None:
    """A callback of snapshot_every(..., every=3) is called for the epochs 1 to 7. At 3 and at 6,
    and only there, it has to write one PNG and a checkpoint into the folder, with the epoch in both
    names.

    A picture shows what G could do, a checkpoint brings it back. Without the epoch in its name the
    next snapshot would overwrite it.

    Hint: The function returns another function, made inside it: that one gets the epoch, and a
    remainder tells whether it is one of the chosen.
    """
    judge_epochs(snapshots(solution))


@check(
    "A snapshot's picture shows what the generator makes",
    about=SNAPSHOTS,
    uses=(GENERATOR,),
    points=1,
)
def test_snapshot_picture(solution: Solution) -> None:
    """At some epochs the generator is made to give black images, at others white ones, and then 18
    images of known shades. The PNGs have to be dark and bright accordingly, and show all 18 the
    right way up.

    The pictures are what a person judges the training by. They have to show G's images as they are,
    all of them.

    Hint: You have the parts already: one function makes the images, another draws them, and a
    figure can save itself.
    """
    judge_shares(snapshots(solution))
    judge_places(solution, seed=1)


@check("Every snapshot uses the same noise", about=SNAPSHOTS, uses=(GENERATOR,), points=1)
def test_snapshot_noise(solution: Solution) -> None:
    """The check compares the latent vectors from which G makes the pictures at the epochs 3 and 6.
    They have to be the same.

    With z held still, a change from G(z) to another G(z) comes from training alone. New noise would
    show other images anyway.

    Hint: The seed is the same at every epoch, and your generate_images knows what to do with one.
    """
    seen = snapshots(solution)
    first, second = (noise_at(seen, epoch) for epoch in (EVERY, 2 * EVERY))
    if first.shape != second.shape or not np.array_equal(first.values, second.values):
        wrong(
            "snapshot-new-noise",
            expected="The same latent vectors at each snapshot.",
            came=f"Epochs {EVERY} and {2 * EVERY} were drawn from different noise.",
        )


@check("Snapshots keep to n_images and seed", about=SNAPSHOTS, uses=(GENERATOR,), points=1)
def test_snapshot_arguments(solution: Solution) -> None:
    """The check reads the defaults, every=10, n_images=16 and seed=0, then asks for 18 images with
    the seeds 1 and 2. There must be 18 latent vectors, and others for another seed.

    How many images, and which ones, is for the caller to choose. The same seed in two trainings
    makes their pictures comparable.

    Hint: The inner function sees the arguments of the outer one: hand both on to where the images
    are made.
    """
    judge_defaults(solution)
    at_epochs = coded(solution, seed=1)
    one, later = (noise_at(at_epochs, epoch) for epoch in (1, 2))
    other = noise_at(in_eval_mode(solution, seed=2), 1)
    if one.shape[0] % N_IMAGES:
        wrong("n-images-ignored", expected=f"{N_IMAGES} latent vectors for n_images={N_IMAGES}.",
              came=f"{one.shape[0]} of them.")  # fmt: skip
    if one.shape == other.shape and np.array_equal(one.values, other.values):
        if one.shape == later.shape and not np.array_equal(one.values, later.values):
            wrong("snapshot-new-noise", expected="The seed's own noise at each snapshot.",
                  came="Whatever the seed, each snapshot draws anew.")  # fmt: skip
        wrong("seed-constant", expected="Other noise for another seed.",
              came="Seeds 1 and 2 gave the same noise.")  # fmt: skip


@check("Snapshots make their folder", about=SNAPSHOTS, uses=(GENERATOR,), points=1)
def test_snapshot_folder(solution: Solution) -> None:
    """Your snapshot_every is given a folder, runs/one/two, that is not there yet. It has to be
    made, with the folders above it; if that happens only at the first snapshot, there is advice.

    A training may take an hour before its first snapshot. It would be a pity if it then ended for
    want of a folder.

    Hint: Path has a method that makes a folder, with switches for those above it and for one that
    is already there.
    """
    judge_folder(solution)


@check(
    "After a snapshot, training goes on as if nothing had happened",
    about=SNAPSHOTS,
    uses=(GENERATOR,),
    points=1,
)
def test_snapshot_mode(solution: Solution) -> None:
    """The generator comes in training mode and in eval mode. After each call the mode, the weights,
    whether they want gradients, and PyTorch's recording must be as before; images are to be made in
    eval mode wherever that matters. Gradients or global random numbers that have changed bring
    advice.

    A snapshot is a look through the window. If it changed G, a training with snapshots would come
    out differently from one without.

    Hint: Your generate_images leaves no trace by itself; change nothing else about the generator
    that you were handed.
    """
    for training, seen in ((True, snapshots(solution)), (False, in_eval_mode(solution, seed=2))):
        noise_at(seen, EVERY if training else 1)
        judge_mode(seen, training)
        judge_traces(solution, seen)


@check(
    "A generator that was saved comes back", about=LOADING, uses=(SNAPSHOTS, GENERATOR), points=1
)
def test_loaded_images(solution: Solution) -> None:
    """A generator with 17 latent numbers and hidden layers of 40, 24 and 56 is saved at two epochs
    and loaded again. It has to make the same images of the same z, and the files must stay. Loading
    that may run code from the file, or that does not say where to put the weights, brings advice.

    Weights fit only into layers of their own sizes. A checkpoint therefore has to hold the sizes
    too, or nobody can build the network that they belong to.

    Hint: First make a Generator of the sizes from the checkpoint, then put the saved weights into
    it.
    """
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


@check(
    "A generator that comes back is ready to sample",
    about=LOADING,
    uses=(SNAPSHOTS, GENERATOR),
    points=1,
)
def test_loaded_mode(solution: Solution) -> None:
    """A generator that was saved in the middle of training is loaded. It has to come back in eval
    mode.

    You load a generator to make images. In training mode its dropout and batch normalization
    would make them worse, and different each time.

    Hint: A new module is in training mode until somebody switches it.
    """
    if True in expect.entries(reloaded(solution)["training"]):
        wrong("loaded-in-training-mode", expected="A generator in eval mode.",
              came="A generator in training mode.")  # fmt: skip


# --- words ----------------------------------------------------------------------------------------


@check("The questions on samples and losses", about="ANSWERS", points=2)
def test_questions(solution: Solution) -> None:
    """Your letters in ANSWERS are compared with the right ones. A wrong choice is named, without
    telling which one is right; a question that still has a question mark counts as not written yet.

    Samples and curves are easily misread: a loss that rises may be good news, and fine images may
    be mode collapse.

    Hint: Read the lesson at the top of the file, and ask of each choice what you would then see in
    a grid of 16.
    """
    judge_answers(solution)


@check("What you saw at epochs 10, 20 and 30 (a person reads it)", about="REFLECTION", points=1)
def test_reflection(solution: Solution) -> None:
    """The check only looks whether REFLECTION holds some sentences of text. What they say is for a
    person to read.

    No number at this scale tells how good the digits are; somebody has to look and say what is
    there. Stray dots, broken lines and one digit in too many places (mode collapse) show at a
    glance.

    Hint: Put the pictures of epochs 10, 20 and 30 side by side, and write down one thing that got
    better and one that did not.
    """
    text = solution.probe("value", name="REFLECTION")
    if not isinstance(text, str):
        wrong("other-type", expected="Text.", came=f"{expect.named(text)}.".capitalize())
    if len(text.strip()) < 40:
        raise NotWrittenError(f"Write a few sentences into REFLECTION in {solution.file()}.")
