"""What the bonus checks ask of images and figures, and what they make of the answers."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from checks.engine import expect
from checks.engine.outcomes import wrong
from checks.engine.pictures import Found, Picture, find, in_order, pictures
from checks.engine.solution import Evidence, Solution
from checks.engine.wire import Array

Numbers = np.ndarray[Any, Any]


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
        pixels = expect.array(evidence["made"], "The pixels")
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


def judge_pixels(values: Numbers, images: Numbers) -> None:
    """Every pixel is (v + 1) / 2."""
    right = (images + 1) / 2
    if np.allclose(values, right, atol=1e-4):
        return
    low, high = images.min(), images.max()
    stretched = (images - low) / (high - low)
    own = np.ptp(images, axis=(1, 2), keepdims=True)
    stretched_one_by_one = (images - images.min(axis=(1, 2), keepdims=True)) / own
    guesses = {
        "pixels-not-rescaled": images,
        "pixels-clipped": np.clip(images, 0, 1),
        "pixels-to-255": 255 * right,
        "colours-inverted": 1 - right,
        "images-transposed": right.transpose(0, 2, 1),
        "pixels-stretched": stretched,
    }
    named = [name for name, guess in guesses.items() if np.allclose(values, guess, atol=0.01)]
    if np.allclose(values, stretched_one_by_one, atol=0.01):
        named.append("pixels-stretched")
    if np.abs(values - 255 * right).max() < 1:
        named.append("pixels-to-255")
    wrong(
        (named or ["pixels-wrong"])[0],
        expected=f"Values from {right.min():.3g} to {right.max():.3g} for images from {low:.3g} to "
        f"{high:.3g}, each pixel in its place.",
        came=f"Values from {values.min():.3g} to {values.max():.3g}.",
    )


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
    black, white = shades[image == -1].mean(), shades[image == 1].mean()
    wrong(
        mistake,
        expected="-1 is shown as black (0), 0 as mid-gray (0.5), 1 as white (1).",
        came=f"-1 is shown as {black:.2f}, 0 as {shades[image == 0].mean():.2f}, 1 as {white:.2f}.",
    )


def tiled(solution: Solution, images: Numbers, n_columns: int) -> Array:
    """What make_sample_grid makes, a picture of the right shape."""
    call = {"images": Array(images, "tensor"), "n_columns": n_columns}
    (grid,) = solution.call("make_sample_grid", call)
    made = expect.array(grid, "The picture", "tensor")
    expect.finite(made, "The picture")
    n, shape = len(images), made.shape
    n_rows = -(-n // n_columns)
    if not is_tiling(shape, n_rows, n_columns):
        mistake = "tiles-shape"
        if len(shape) == 3 and shape[2] in (1, 3):
            mistake = "tiles-channels-last"
        elif any(is_tiling(shape, -(-n // columns), columns) for columns in range(1, n + 1)):
            mistake = "tiles-columns"
        wrong(
            mistake,
            expected=f"For {n} images in {n_columns} columns the shape (3, {30 * n_rows + 2}, "
            f"{30 * n_columns + 2}), or another for another padding.",
            came=f"Shape {shape}.",
        )
    return made


def is_tiling(shape: tuple[int, ...], n_rows: int, n_columns: int) -> bool:
    """Whether make_grid gives this shape for so many rows and columns, with some padding."""
    return any(
        shape == (channels, n_rows * (28 + pad) + pad, n_columns * (28 + pad) + pad)
        for channels in (1, 3)
        for pad in range(29)
    )
