"""Images to train on: MNIST from a folder or by download, else the embedded digits.

    real = training_images()
    print(real.source, real.notice)

Only a folder that was asked for can be wrong (`DataError`). Without one, whatever stands between
the learner and MNIST (no network, a broken file, a full disk) ends in the embedded digits and one
plain line, `notice`.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import io
import os
import sys
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from torch import Tensor

from checks.engine.data.digits import draw_digits
from checks.engine.errors import DataError as DataError  # the exercises ask for it here
from checks.engine.paths import cache_folder

N_EMBEDDED = 10_000
TIMEOUT = 10.0  # seconds without a byte from the server
TOO_LARGE = 100_000_000  # bytes; MNIST's largest file has 10 million
RAW = Path("MNIST", "raw")  # where torchvision keeps the files


@dataclass(frozen=True)
class Images:
    """Training images: uint8 `(N, 28, 28)` with 0 black, labels int64 `(N,)` from 0 to 9.

    `source` says in a few words where they come from; `notice` is one plain line where that isn't
    what one would expect, else empty.
    """

    images: Tensor
    labels: Tensor
    source: str
    notice: str = ""


def training_images(data: str | Path | None = None, limit: int | None = None) -> Images:
    """MNIST's training images, the first `limit` of them.

    Args:
        data: a folder in torchvision's layout (`data/MNIST/raw/train-images-idx3-ubyte` and the
            other three), or that `MNIST` or `raw` folder itself. None: the cache folder, filled
            by a download the first time; failing that, 10,000 embedded digits.
        limit: at least 1; None for all.

    Raises:
        DataError: `data` is given and isn't a folder that holds MNIST intact.
        ValueError: `limit` is less than 1.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"limit must be at least 1, not {limit}")
    if data is not None:
        return _from_folder(Path(data), limit)
    try:
        return _from_cache(limit)
    except DataError as error:
        count = N_EMBEDDED if limit is None else min(limit, N_EMBEDDED)
        images, labels = draw_digits(count)
        return Images(
            torch.from_numpy(images),
            torch.from_numpy(labels),
            source=f"embedded digits, {count:,} images",
            notice=f"{error} The kit's own drawn digits stand in for it.",
        )


def _from_cache(limit: int | None) -> Images:
    cache = cache_folder()
    with contextlib.suppress(DataError):
        return _from_folder(cache, limit)
    try:
        _download_into(cache)
    except OSError:
        raise DataError(f"MNIST could not be downloaded: cannot write to {cache}.") from None
    return _from_folder(cache, limit)


def _from_folder(folder: Path, limit: int | None) -> Images:
    if not os.path.isdir(folder):
        problem = "is a file, not a folder" if os.path.exists(folder) else "does not exist"
        raise DataError(f"The data folder {folder} {problem}.")
    root = root_of(folder)
    mnist = _torchvision_mnist()
    for archive, _ in mnist.resources:
        if not os.path.isfile(file := root / RAW / Path(archive).stem):
            raise DataError(f"The folder {folder} does not hold MNIST: there is no {file}.")
    try:
        dataset = mnist(root, train=True)
    except OSError as error:
        raise DataError(f"The MNIST files in {folder} cannot be read: {error.strerror}.") from None
    except Exception:  # torchvision says it in many ways, from AssertionError to ValueError
        raise DataError(f"The MNIST files in {folder} are broken or cut short.") from None
    images, labels = dataset.data, dataset.targets
    if not _is_mnist(images, labels):
        raise DataError(f"The files in {folder} do not hold labelled images of 28×28 pixels.")
    images, labels = images[:limit], labels[:limit]
    return Images(images, labels, source=f"MNIST from {folder}, {len(images):,} images")


def _torchvision_mnist() -> Any:
    """torchvision's class `MNIST`; imported only where it is needed, for that takes seconds."""
    try:
        from torchvision.datasets import MNIST
    except (ImportError, RuntimeError):  # RuntimeError: a torchvision made for another torch
        raise DataError("torchvision, which reads MNIST, cannot be imported.") from None
    return MNIST


def root_of(folder: Path) -> Path:
    """torchvision's root for `folder`, which may be the root, its `MNIST` or its `MNIST/raw`."""
    folder = folder.absolute()
    for root, below in ((folder.parent, "MNIST"), (folder.parent.parent, RAW)):
        if folder == root / below and not os.path.isdir(folder / RAW):
            return root
    return folder


def _is_mnist(images: Tensor, labels: Tensor) -> bool:
    return (
        images.dtype == torch.uint8
        and images.shape == (len(labels), 28, 28)
        and len(labels) > 0
        and bool((labels <= 9).all())
    )


def _download_into(cache: Path) -> None:
    """Fetch MNIST into `cache`, where its files appear only once they are whole and checked.

    Raises:
        DataError: no server had the files intact.
        OSError: `cache` can't be written.
    """
    mnist = _torchvision_mnist()
    (cache / RAW).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="download-") as folder:
        fresh = Path(folder) / RAW
        fresh.mkdir(parents=True)
        with _progress() as progress:
            task = progress.add_task("Downloading MNIST", total=None)
            for archive, md5 in mnist.resources:
                addresses = [mirror + archive for mirror in mnist.mirrors]
                content = _fetch(addresses, md5, progress, task)
                (fresh / archive).write_bytes(content)
        # With the archives in place torchvision fetches nothing: it checks and unpacks them.
        with contextlib.redirect_stdout(io.StringIO()):
            mnist(folder, download=True)
        for archive, _ in mnist.resources:
            name = Path(archive).stem
            os.replace(fresh / name, cache / RAW / name)


def _progress() -> Progress:
    """A bar on stderr while it is a terminal, nothing otherwise; gone when done."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    quiet = sys.stderr is None or not sys.stderr.isatty()
    return Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet)


def _fetch(addresses: list[str], md5: str, progress: Progress, task: TaskID) -> bytes:
    """The bytes with this checksum from the first of `addresses` that has them."""
    reason = "no server is known"
    for address in addresses:
        content = bytearray()
        try:
            request = urllib.request.Request(address, headers={"User-Agent": "gan-exercise-kit"})
            with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
                progress.reset(task, total=response.length)
                while (part := response.read(1 << 16)) and len(content) < TOO_LARGE:
                    content += part
                    progress.update(task, completed=len(content))
        except urllib.error.HTTPError as error:
            reason = f"the server answered {error.code}"
        except (OSError, http.client.HTTPException):
            reason = "no connection"
        else:
            if hashlib.md5(content, usedforsecurity=False).hexdigest() == md5:
                return bytes(content)
            reason = "a file arrived broken"
    raise DataError(f"MNIST could not be downloaded: {reason}.")
