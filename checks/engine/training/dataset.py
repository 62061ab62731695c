"""What a training is made from: the images, those that are held out, the learner's code."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from checks.engine.data import mnist
from checks.engine.data.digits import draw_digits
from checks.engine.errors import DataError
from checks.engine.learner.fingerprint import Files, code
from checks.engine.paths import cache_folder
from checks.engine.training.run_store import SCORED

HELD_OUT_SEED = 1  # the digits to train on are drawn with 0


@dataclass(frozen=True)
class Dataset:
    """Images to train on, uint8 `(N, 28, 28)`, and others, `(1000, 28, 28)` or none.

    `description` is what `run.json` says of them.
    """

    images: Tensor
    held_out: Tensor
    description: dict[str, Any]
    notice: str = ""


def load_dataset(folder: str | None, limit: int | None) -> Dataset:
    """Images as they were asked for.

    Raises:
        DataError: the folder does not hold them.
    """
    found = mnist.training_images(folder, limit)
    kind = "drawn" if found.notice else "mnist"
    held_out = drawn(SCORED, HELD_OUT_SEED) if found.notice else test_images(folder)
    return Dataset(
        found.images,
        held_out,
        {
            "source": found.source,
            "folder": str(Path(folder).absolute()) if folder else None,
            "images": len(found.images),
            "kind": kind,
            "limit": limit,
            "checksum": checksum(found.images),
        },
        found.notice,
    )


def same_dataset(description: Mapping[str, Any]) -> Dataset:
    """The images that a run began with.

    Raises:
        DataError: they are not there any more.
    """
    if description["kind"] == "drawn":  # not what may have been downloaded since
        images = drawn(description["images"], 0)
        found = Dataset(images, drawn(SCORED, HELD_OUT_SEED), dict(description))
    else:
        found = load_dataset(description["folder"], description.get("limit"))
    if checksum(found.images) != description.get("checksum"):
        raise DataError(
            "The images are not those that the run began with, so it can't go on as it was."
        )
    return found


def drawn(n: int, seed: int) -> Tensor:
    """Digits drawn by the kit, uint8 `(n, 28, 28)`."""
    return torch.from_numpy(draw_digits(n, seed)[0])


def test_images(folder: str | None) -> Tensor:
    """The first thousand of MNIST's images for testing; none where these are fewer."""
    try:
        from torchvision.datasets import MNIST

        root = mnist.root_of(Path(folder)) if folder else cache_folder()
        images: Tensor = MNIST(root, train=False).data[:SCORED]
    except Exception:  # torchvision says it in many ways
        images = torch.empty(0)
    return images if images.shape == (SCORED, 28, 28) else torch.empty(0, 28, 28, dtype=torch.uint8)


def checksum(images: Tensor) -> str:
    """What tells these images from others."""
    return hashlib.sha256(images.contiguous().numpy().tobytes()).hexdigest()[:16]


def code_of(solutions: Path, module: str) -> str:
    """A fingerprint of the code that a training hangs on; comments and layout don't count."""
    function = "train_recipe" if module == "recipes" else "train_gan"
    parts = [(module, function), ("advanced", "normalize_images")]
    return code(Files(solutions.resolve()), parts)
