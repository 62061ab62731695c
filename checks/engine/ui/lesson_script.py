"""A lesson's file run by itself, as in `python exercises/beginner.py`: its `main`, its options."""

from __future__ import annotations

import argparse
import ast
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from checks.engine.errors import DataError
from checks.engine.ui.screen_text import Page, make_console

if TYPE_CHECKING:
    from torch import Tensor


def run(main: Callable[[], None]) -> None:
    """Run a lesson's `main`; where a part is still to be written, say which."""
    try:
        main()
    except NotImplementedError as unfinished:
        part, *place = unfinished.args or ("",)
        if not str(part).replace(".", "").isidentifier():
            raise  # PyTorch raises it as well
        file, line = place or traceback.extract_tb(unfinished.__traceback__)[-1][:2]
        page = Page(make_console())
        said = Text.assemble("Next to write: ", str(part), ", in ")
        page.console.print(said.append_text(page.place(str(file), line or 1)), soft_wrap=True)


def training(
    file: str, epochs: int, images: int | None = None, out: str = ""
) -> tuple[Tensor, argparse.Namespace]:
    """The real images for a lesson that trains, and what its options say.

    Args:
        file: the lesson's.
        epochs, images, out: what they are unless told; without an `out` there is no such option.

    Returns:
        uint8 images `(N, 28, 28)`; `epochs`, `out` and what else was asked for.

    Raises:
        NotImplementedError: a part of the lesson is unwritten; then nothing is loaded.
    """
    parser = argparse.ArgumentParser(description="Train a GAN on handwritten digits.")
    add = parser.add_argument
    add("--data", metavar="DIR", help="folder with MNIST; without it, a download")
    add("--epochs", type=int, default=epochs, help=f"times through all images ({epochs})")
    add("--images", type=int, default=images, help=f"how many to train on ({images or 'all'})")
    if out:
        add("--out", default=out, metavar="DIR", help=f"folder to write to ({out})")
    options = parser.parse_args()
    for part, line in unwritten(Path(file)):
        raise NotImplementedError(part, file, line)

    import torch

    from checks.engine.data.mnist import training_images

    try:
        digits = training_images(options.data, options.images)
    except (DataError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    if digits.notice:
        print(digits.notice)
    print(f"Training on {digits.source}")
    torch.set_num_threads(1)  # networks this small keep one core busy, more would mostly wait
    return digits.images, options


def unwritten(file: Path) -> list[tuple[str, int]]:
    """The parts of a lesson that are still as they came, each with its line."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8-sig"))):
        match node:
            case ast.Raise(
                exc=ast.Call(
                    func=ast.Name(id="NotImplementedError"), args=[ast.Constant(value=str(part))]
                )
            ):
                found.append((part, node.lineno))
    return sorted(found, key=lambda each: each[1])
