"""A lesson's pictures inside the notebook: those that its script shows in a terminal."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from checks.engine.data import pretrained
from checks.engine.notebook.kernel import Output
from checks.engine.notebook.view import Page, Picture, shown
from checks.engine.report.pictures import Pixels, address, sheet
from checks.engine.ui.lesson_pictures import drawn, pixels

if TYPE_CHECKING:
    from torch import Tensor

COLUMNS = 10
MOST = 100  # images in a picture
MAX_BYTES = 2**22  # of a picture that the learner's code wrote


def show_noise(noise: np.ndarray[Any, Any] | Tensor) -> None:
    """Latent vectors `(N, 100)` as the trained generator draws them."""
    _show("Your noise, each row turned into a digit by a trained generator", drawn(noise))


def show_walk(walk: np.ndarray[Any, Any] | Tensor) -> None:
    """The steps of a walk between two latent vectors, `(n_steps, 100)`, in the same way."""
    _show("Your walk from one latent vector to another, drawn by the same generator", drawn(walk))


def show_untrained(images: Tensor) -> None:
    """Images of a generator that has learned nothing, `(N, 28, 28)`, beside a trained one's."""
    mine = pixels(images.detach().cpu().numpy())
    noise = np.random.default_rng(0).standard_normal((len(mine), pretrained.LATENT_DIM))
    both = {"your generator's": mine, "a trained one's": drawn(noise)}
    _output([
        Picture(name, address(sheet(each[:16], columns=4)))
        for name, each in both.items() if each is not None
    ])  # fmt: skip


def show_images(images: Tensor, name: str = "") -> None:
    """Images that a generator made, `(N, 28, 28)` in [-1, 1]."""
    _show(name, pixels(images.detach().cpu().numpy()))


def show_pictures(folder: str) -> None:
    """The PNG files of a folder, by name, each with its name below it."""
    found = []
    for path in sorted(Path(folder).glob("*.png")):
        if path.is_file() and path.stat().st_size < MAX_BYTES:
            encoded = base64.b64encode(path.read_bytes()).decode("ascii")
            found.append(Picture(path.stem, f"data:image/png;base64,{encoded}"))
    _output(found)


def training_images(count: int | None = None) -> Tensor:
    """Real images to train on, uint8 `(N, 28, 28)`: MNIST, or where it can't be had drawn digits.

    Raises:
        DataError: there is no network, and what is kept of MNIST is damaged.
    """
    from checks.engine.data.mnist import training_images as images_of

    digits = images_of(None, count)
    if digits.notice:
        print(digits.notice)
    print(f"Training on {digits.source}")
    return digits.images


def _show(caption: str, images: Pixels | None) -> None:
    if images is not None:
        _output([Picture(caption, address(sheet(images[:MOST], columns=COLUMNS)))])


def _output(pictures: Sequence[Picture]) -> None:
    Output().show(shown(Page(pictures=pictures)))
