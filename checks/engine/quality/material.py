"""The images that scores are made with: some to train the classifier on, others to compare with.

Three sets that share no image. The classifier learns from the first. Generated images are compared
with the second, the reference: MNIST's images for testing, or digits drawn with another seed, which
no generator has been trained on. The third are real images as well, and tell what a perfect
generator would get. All of them come from the kind of data that the run was trained on.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from checks.engine.data.digits import draw_digits
from checks.engine.data.mnist import RAW, training_images
from checks.engine.errors import DataError, MaterialError
from checks.engine.paths import cache_folder
from checks.engine.quality.score_file import VERSION

N_TRAINING = 8000
N_COMPARED = 2000  # in the reference, and in the other real images
LEAST_TRAINING, LEAST_COMPARED = 1000, 500
SEEDS = (271_828, 314_159, 161_803)  # of the drawn digits; far from those that are trained on


@dataclass(frozen=True)
class Material:
    """uint8 images `(N, 28, 28)` of three kinds; `labels`, int64 `(N,)`, are those of `images`.

    `kind` is "mnist" or "drawn".
    """

    kind: str
    images: Tensor
    labels: Tensor
    reference: Tensor
    others: Tensor

    @cached_property
    def name(self) -> str:
        """What tells scores made with these images from others; for file names as well.

        Drawn digits are the same everywhere but for a gray level here and there, so they go by
        their seeds and not by their pixels.
        """
        content = hashlib.sha256(f"{self.kind} {SEEDS}".encode())
        if self.kind == "mnist":
            for part in (self.images, self.labels, self.reference, self.others):
                content.update(part.contiguous().numpy().tobytes())
        return f"{self.kind}-{VERSION}-{content.hexdigest()[:10]}"


def material(kind: str, folder: str | None = None) -> Material:
    """The images for runs on this kind of data.

    Args:
        kind: "mnist" or "drawn".
        folder: where MNIST lies; None for the kit's cache folder, which is not filled here.

    Raises:
        MaterialError: MNIST is not there, or too little of it.
    """
    return drawn() if kind == "drawn" else mnist(folder)


def drawn() -> Material:
    """Digits that the kit draws."""
    sizes = (N_TRAINING, N_COMPARED, N_COMPARED)
    (images, labels), (reference, _), (others, _) = (
        draw_digits(size, seed) for size, seed in zip(sizes, SEEDS, strict=True)
    )
    parts = (torch.from_numpy(part) for part in (images, labels, reference, others))
    return Material("drawn", *parts)


def mnist(folder: str | None) -> Material:
    """MNIST: the classifier gets the first images for training, the last ones are compared."""
    try:
        place = Path(folder) if folder else cache_folder()
        found = training_images(place)
    except DataError as error:
        raise MaterialError(f"{error} Scores need it: --data names the folder.") from None
    reference = test_images(place)[:N_COMPARED]
    n_others = min(N_COMPARED, len(found.images) - LEAST_TRAINING)
    if min(n_others, len(reference)) < LEAST_COMPARED:
        raise MaterialError(
            f"The MNIST in {place} is too small to score with: scores need at least "
            f"{LEAST_TRAINING + LEAST_COMPARED:,} images for training and {LEAST_COMPARED} for "
            f"testing, and there are {len(found.images):,} and {len(reference):,}."
        )
    n_training = min(N_TRAINING, len(found.images) - n_others)
    return Material(
        "mnist",
        found.images[:n_training],
        found.labels[:n_training],
        reference,
        found.images[-n_others:],
    )


def test_images(folder: Path) -> Tensor:
    """MNIST's images for testing, uint8 `(N, 28, 28)`, from a folder that has been looked at."""
    from torchvision.datasets import MNIST

    roots = [root for root in (folder, folder.parent, folder.parent.parent) if is_root(root)]
    try:
        images: Tensor = MNIST(roots[0], train=False).data
    except Exception:  # torchvision says it in many ways, and the folder may have gone meanwhile
        images = torch.empty(0)
    if images.dtype != torch.uint8 or images.shape[1:] != (28, 28):
        raise MaterialError(f"MNIST's images for testing in {folder} are broken or cut short.")
    return images


def is_root(folder: Path) -> bool:
    """Whether this is the folder that torchvision would be given."""
    return os.path.isdir(folder / RAW)
