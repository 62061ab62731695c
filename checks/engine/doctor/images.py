"""Images of one's own in the place of drawn digits: MNIST's files, or pictures in a folder."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

from checks.engine.errors import DataError

N_IMAGES = 256
MAX_BYTES = 20 * 2**20
HEAD = 16  # bytes before the pixels of MNIST's files
PICTURES = (".png", ".jpg", ".jpeg", ".bmp")
Images = tuple["np.ndarray", "np.ndarray"]


def images_in(folder: Path) -> Images:
    """Images uint8 `(N, 28, 28)` or `(N, 64, 64, 3)`, and labels int64 `(N,)`.

    Raises:
        DataError: there are none in this folder.
    """
    if not folder.is_dir():
        raise DataError(f"--data {folder}: there is no such folder.")
    for path in sorted(folder.rglob("train-images*ubyte*")):
        if path.is_file():
            return _of_mnist(path)
    pictures = [p for p in sorted(folder.rglob("*")) if p.suffix.lower() in PICTURES]
    if not pictures:
        raise DataError(f"--data {folder}: neither MNIST's files nor pictures are in it.")
    return _of_pictures(pictures[:N_IMAGES])


def _of_mnist(path: Path) -> Images:
    wanted = HEAD + N_IMAGES * 28 * 28
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        contents = file.read(wanted)
    pixels = np.frombuffer(contents, np.uint8, offset=HEAD)
    images = pixels[: len(pixels) // 784 * 784].reshape(-1, 28, 28).copy()
    return images, np.arange(len(images), dtype=np.int64) % 10


def _of_pictures(paths: list[Path]) -> Images:
    from PIL import Image

    images = []
    for path in paths:
        if path.stat().st_size <= MAX_BYTES:
            with Image.open(path) as picture:
                images.append(np.asarray(picture.convert("RGB").resize((64, 64)), np.uint8))
    return np.stack(images), np.zeros(len(images), np.int64)
