"""Images side by side in one, as PNG and as addresses that hold the image itself."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def sheet(images: Pixels, columns: int = 8) -> Pixels:
    """Images `(N, H, W)` row by row in one `(rows × H, columns × W)`; unused places are black."""
    count, high, wide = images.shape
    rows = max(1, -(-count // columns))
    filled = np.zeros((rows * columns, high, wide), np.uint8)
    filled[:count] = images
    tiles = filled.reshape(rows, columns, high, wide).transpose(0, 2, 1, 3)
    whole: Pixels = tiles.reshape(rows * high, columns * wide)
    return whole


def png(pixels: Pixels) -> bytes:
    """A gray image `(H, W)` as a PNG, as small as it gets without loss."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG", optimize=True)
    return file.getvalue()


def address(pixels: Pixels) -> str:
    """The image as a `data:` address."""
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode("ascii")
