"""What the bonus checks ask of images and figures, and what they make of the answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from checks.engine.course.check_errors import wrong
from checks.engine.judging.bonus.image_finder import (
    Found,
    Picture,
    find,
    in_order,
    n_places,
    pictures,
)
from checks.engine.judging.common import expect
from checks.engine.judging.common.parameters import listed
from checks.engine.sandbox.solution import Evidence, Solution
from checks.engine.sandbox.wire import Array

Numbers = np.ndarray[Any, Any]

FLAT = 0.1  # between the darkest and the brightest shade, where nothing can be made out

# What becomes of pixels from -1 to 1 that are not brought to [0, 1], or not as floats: the mistake,
# in words, and how. An image that has been changed like this is there, and must not count as lost.
CHANGED: tuple[tuple[str, str, Callable[[Numbers], Numbers]], ...] = (
    (
        "pixels-clipped",
        "All pixels are there, but everything from -1 to 0 is shown as black.",
        lambda pixels: np.clip(pixels, 0, 1),
    ),
    (
        "pixels-wrapped",
        "Negative pixels are shown bright: as whole numbers they start over from 255.",
        lambda pixels: np.trunc(pixels * 255) % 256 / 255,
    ),
    (
        "pixels-wrapped",
        "Negative pixels are shown bright: as whole numbers they start over from 255.",
        lambda pixels: np.trunc(pixels * 127.5) % 256 / 255,
    ),
    (
        "pixels-to-255",
        "All but pure black is shown as white.",
        lambda pixels: np.clip((pixels + 1) / 2 * 255, 0, 1),
    ),
    (
        "pixels-whole",
        "Only pixels of exactly 1 are bright, all others are black: the fractions are cut off.",
        lambda pixels: np.floor((pixels + 1) / 2),
    ),
)


def random_images(solution: Solution, n: int) -> Numbers:
    """n random images, shape (n, 28, 28), each with pixels of -1, 0 and 1 among others."""
    images = np.random.default_rng(solution.seed).uniform(-1, 1, (n, 28, 28))
    images[:, 3, :3] = (-1, 0, 1)
    return images.astype(np.float32)


def converted(solution: Solution, *batches: Numbers) -> list[Array]:
    """What to_pixels makes of each batch."""
    report = solution.probe("pixels", batches=[Array(batch, "tensor") for batch in batches])
    made = []
    for batch, entry in zip(batches, expect.items(report, len(batches)), strict=True):
        evidence = expect.record(entry)
        pixels = expect.array(evidence["made"], "The pixels", "tensor")
        expect.finite(pixels, "The pixels")
        left = expect.array(evidence["batch"], "The images that came in")
        if left.shape == batch.shape and not np.allclose(left.values, batch):
            wrong(
                "input-changed",
                expected="The images that came in stay as they are.",
                came="They have other values afterwards.",
            )
        made.append(pixels)
    return made


def judge_pixels(values: Numbers, images: Numbers, tolerance: float = 1e-4) -> None:
    """Every pixel is (v + 1) / 2."""
    right = (images + 1) / 2
    if np.allclose(values, right, atol=tolerance):
        return
    low, high = images.min(), images.max()
    guesses = {
        "pixels-not-rescaled": images,
        "pixels-clipped": np.clip(images, 0, 1),
        "pixels-to-255": 255 * right,
        "colours-inverted": 1 - right,
        "images-transposed": right.transpose(0, 2, 1),
    }
    named = [name for name, guess in guesses.items() if np.allclose(values, guess, atol=0.01)]
    if any(np.allclose(values, way, atol=0.01) for way in stretched(images)):
        named.append("pixels-stretched")
    if np.abs(values - 255 * right).max() < 1:
        named.append("pixels-to-255")
    wrong(
        (named or ["pixels-wrong"])[0],
        expected=f"Values from {right.min():.3g} to {right.max():.3g} for images from {low:.3g} to "
        f"{high:.3g}, each pixel in its place.",
        came=f"Values from {values.min():.3g} to {values.max():.3g}.",
    )


def stretched(images: Numbers) -> list[Numbers]:
    """The images stretched to the darkest and brightest pixel of all, and each to its own."""
    found = []
    for axes in ((0, 1, 2), (1, 2)):
        low = images.min(axis=axes, keepdims=True)
        found.append((images - low) / np.ptp(images, axis=axes, keepdims=True))
    return found


def grid_evidence(solution: Solution, images: Numbers, **sizes: int) -> Evidence:
    """What plot_image_grid draws."""
    report = solution.probe("grid_figure", images=Array(images, "tensor"), sizes=sizes)
    return figure_of(expect.record(report))


def drawn(solution: Solution, images: Numbers, **sizes: int) -> list[Picture]:
    """The pictures that plot_image_grid draws."""
    return pictures(grid_evidence(solution, images, **sizes)["pictures"])


def figure_of(evidence: Evidence) -> Evidence:
    """The evidence, if what came back was a figure."""
    if "returned" in evidence:
        came = evidence["returned"]
        wrong(
            "nothing-returned" if came is None else "not-a-figure",
            expected="The Matplotlib figure itself.",
            came="None." if came is None else f"{expect.named(came)}.".capitalize(),
        )
    return evidence


def found_all(shown: list[Picture], images: Numbers) -> list[Found]:
    """Where each image is; all of them have to be there."""
    there = [one for one in find(shown, images) if one is not None]
    if len(there) < len(images):
        refuse_images(shown, images, len(there))
    return there


def refuse_images(shown: list[Picture], images: Numbers, n_found: int) -> NoReturn:
    """Say what became of images that are not to be found."""
    turned = {
        "upside down": images[:, ::-1],
        "mirrored": images[:, :, ::-1],
        "with rows and columns swapped": images.transpose(0, 2, 1),
    }
    for way, others in turned.items():
        if all(find(shown, others)):
            wrong("grid-turned", expected="Images the right way up.", came=f"Images {way}.")
    for mistake, came, changed in CHANGED:
        if all(find(shown, changed(images).astype(np.float32))):
            expected = "-1 is shown as black (0), 0 as mid-gray (0.5), 1 as white (1)."
            wrong(mistake, expected=expected, came=came)
    grays = [picture.gray for picture in shown]
    if not n_found and grays and max(np.ptp(gray) for gray in grays) < FLAT:
        darkest, brightest = min(g.min() for g in grays), max(g.max() for g in grays)
        wrong(
            "grid-shades",
            expected="-1 is shown as black (0), 0 as mid-gray (0.5), 1 as white (1).",
            came=f"One shade all over: everything lies between {darkest:.2f} and {brightest:.2f}.",
        )
    wrong(
        "grid-images-missing",
        expected=f"All the {len(images)} images that were handed in, each of 28 × 28 pixels.",
        came=f"{n_found} of them on the figure.",
    )


def judge_order(shown: list[Picture], images: Numbers, n_columns: int) -> None:
    """The images stand row by row, n_columns in each row."""
    found = found_all(shown, images)
    if in_order(found, n_columns):
        return
    n_rows = -(-len(images) // n_columns)
    down = [k % n_rows * n_columns + k // n_rows for k in range(n_rows * n_columns)]
    by_columns = len(images) == len(down) and in_order(
        [found[down.index(k)] for k in range(len(down))], n_columns
    )
    others = [n for n in range(1, len(images) + 1) if in_order(found, n)]
    mistake, came = "grid-order", "Another order."
    if by_columns:
        came = "Column by column."
    elif others:
        mistake, came = "grid-columns", f"{others[0]} images in a row."
    wrong(mistake, expected=f"Row by row, {n_columns} images in each row.", came=came)


def judge_once(shown: list[Picture], images: Numbers) -> None:
    """No image stands in more than one place."""
    counts = n_places(shown, images)
    again = [f"image {k} in {n} places" for k, n in enumerate(counts, start=1) if n > 1]
    if again:
        wrong(
            "grid-images-repeated",
            expected="Each image in one place; what is left of the grid stays empty.",
            came=f"{listed(again)}.".capitalize(),
        )


def judge_thin(solution: Solution) -> None:
    """Grids of a single row, a single column, a single place."""
    sizes, images = ((1, 3), (3, 1), (1, 1)), random_images(solution, 3)
    report = solution.probe(
        "thin_grids", images=Array(images, "tensor"), sizes=[list(size) for size in sizes]
    )
    grids = zip(sizes, expect.items(report, len(sizes)), strict=True)
    for (rows, cols), evidence in ((size, expect.record(grid)) for size, grid in grids):
        if "failed" in evidence:
            wrong(
                "grid-axes-squeezed",
                expected=f"A figure for rows={rows} and cols={cols}.",
                came=str(evidence["failed"])[:300],
            )
        few = images[: rows * cols]
        judge_order(pictures(figure_of(evidence)["pictures"]), few, cols)


def judge_figure_alone(solution: Solution, evidence: Evidence) -> None:
    """Drawing leaves the images as they are and shows nothing; a saved file is worth a word."""
    if evidence["images_kept"] is not True:
        wrong(
            "input-changed",
            expected="The images that came in stay as they are.",
            came="They have other values after the drawing.",
        )
    done = expect.texts(evidence["done"])
    if "shown" in done:
        wrong(
            "figure-shown-or-saved",
            expected="The figure comes back, and the caller saves or shows it.",
            came="A call of show.",
        )
    if done:
        solution.advise("figure-shown-or-saved", "Drawing also saves the figure to a file.")


def judge_shades(shades: Numbers, image: Numbers, tolerance: float) -> None:
    """An image as it is shown: -1 black, 1 white."""
    right = (image + 1) / 2
    if np.abs(shades - right).max() < tolerance:
        return
    mistake = "grid-shades"
    if np.abs(shades - (1 - right)).max() < tolerance:
        mistake = "colours-inverted"
    elif np.abs(shades - np.clip(image, 0, 1)).max() < tolerance:
        mistake = "pixels-clipped"
    elif np.abs(shades - 255 * right).max() < 1:
        mistake = "pixels-to-255"
    black, gray, white = (expect.rounded(shades[image == pixel].mean()) for pixel in (-1, 0, 1))
    wrong(
        mistake,
        expected="-1 is shown as black (0), 0 as mid-gray (0.5), 1 as white (1).",
        came=f"-1 is shown as {black}, 0 as {gray}, 1 as {white}.",
    )
