"""What a lesson's own script shows: pictures in the terminal, and larger ones as PNG files.

The digits of the first two tiers come from the generator that the kit has trained. The PNG files
lie where training runs do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table
from rich.text import Text

from checks.engine.data import pretrained
from checks.engine.files import reason, replace
from checks.engine.report.pictures import Pixels, png, sheet
from checks.engine.training.run_store import RUNS
from checks.engine.ui.preview import SMALL, WHOLE, Preview, across, preview
from checks.engine.ui.screen_text import Page, file_link, make_console, relative

if TYPE_CHECKING:
    from torch import Tensor

SCALE = 4  # pixels of a PNG for each pixel of an image
BETWEEN = 6  # cells between two groups of images
HIGH = 30  # lines that all of a lesson takes, a picture pixel by pixel among it
LEAST = 5  # steps of a walk that have to be seen


def show_noise(noise: np.ndarray[Any, Any] | Tensor) -> None:
    """Latent vectors `(N, 100)` as the trained generator draws them."""
    images = drawn(noise)
    if images is not None:
        page = Page(make_console())
        say(page, "Your noise, each row turned into a digit by a trained generator:")
        page.console.print(row_of(page, images))
        keep(page, sheet(images[:100], columns=10), "noise")


def show_walk(walk: np.ndarray[Any, Any] | Tensor) -> None:
    """The steps of a walk between two latent vectors, `(n_steps, 100)`, in the same way."""
    images = drawn(walk)
    if images is not None:
        page = Page(make_console())
        say(page, "Your walk from one latent vector to another, drawn by the same generator:")
        page.console.print(steps_of(page, images))
        keep(page, sheet(images[:100], columns=10), "walk")


def show_untrained(images: Tensor) -> None:
    """Images of a generator that has learned nothing, `(N, 28, 28)`, beside a trained one's."""
    page = Page(make_console())
    mine = pixels(images.detach().cpu().numpy())
    trained = drawn(np.random.default_rng(0).standard_normal((len(mine), pretrained.LATENT_DIM)))
    if trained is None or not len(mine):
        return
    number = max(1, across(page.console.width, WHOLE) // 2)
    table = Table.grid(padding=(0, BETWEEN))
    table.add_row("Your generator's", "A trained one's")
    table.add_row(*(preview(each[:number], number, WHOLE) for each in (mine, trained)))
    page.console.print(table)
    both = [sheet(each[:16], columns=4) for each in (mine, trained)]
    between = np.full((len(both[0]), 28), 128, np.uint8)
    keep(page, np.hstack([both[0], between, both[1]]), "untrained")


def show_images(images: Tensor, name: str) -> None:
    """Images that a generator made, `(N, 28, 28)` in [-1, 1]; `name` is the PNG's."""
    page = Page(make_console())
    made = pixels(images.detach().cpu().numpy())
    page.console.print(row_of(page, made))
    keep(page, sheet(made[:100], columns=10), name)


# The pixels ---------------------------------------------------------------------------------------


def drawn(noise: Any) -> Pixels | None:
    """What the trained generator makes of a learner's vectors; None, and a word, if it can't."""
    try:
        with np.errstate(all="ignore"):
            return pixels(pretrained.generate(np.asarray(noise, np.float32)))
    except (TypeError, ValueError, RuntimeError):
        shape = tuple(getattr(noise, "shape", ())) or type(noise).__name__
        print(f"No picture of this: it takes latent vectors, shape (N, 100), and this is {shape}.")
        return None


def pixels(images: np.ndarray[Any, Any]) -> Pixels:
    """Images in [-1, 1] as uint8; NaN becomes black."""
    scaled = np.nan_to_num((images.reshape(-1, 28, 28) + 1) * 127.5)
    whole: Pixels = scaled.round().clip(0, 255).astype(np.uint8)
    return whole


# Terminal and file --------------------------------------------------------------------------------


def row_of(page: Page, images: Pixels) -> Preview:
    """As many images as stand side by side: pixel by pixel, where the window is high enough."""
    console = page.console
    height = SMALL if console.is_terminal and console.height < HIGH else WHOLE
    number = across(console.width, height)
    return preview(images[:number], number, height)


def steps_of(page: Page, walk: Pixels) -> Preview:
    """As many even steps of a walk as stand side by side, its two ends included."""
    width = page.console.width
    height = WHOLE if across(width, WHOLE) >= LEAST else SMALL
    number = max(2, min(across(width, height), len(walk)))
    chosen = np.linspace(0, len(walk) - 1, number).round().astype(int)
    return preview(walk[chosen], number, height)


def say(page: Page, text: str) -> None:
    """A plain sentence above a picture."""
    page.console.print(page.hang(Text(), page.text(text)))


def keep(page: Page, whole: Pixels, name: str) -> None:
    """Write a PNG, larger than life, and say where it is."""
    path = RUNS / f"{name}.png"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, png(whole.repeat(SCALE, axis=0).repeat(SCALE, axis=1)))
    except OSError as error:
        say(page, f"The picture {path.name} can't be written: {reason(error)}.")
        return
    place = page.linked(page.line(relative(str(path)), "cyan", limit=400), file_link(str(path)))
    line = Text.assemble(page.text("Larger, and more of them: "), place)
    page.console.print(line, soft_wrap=True)
