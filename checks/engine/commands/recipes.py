"""`python run_checks.py recipes`: five GANs to train and to compare yours with.

Each with its networks, its settings, how long it trains and how good it gets. Their code stands in
reference/recipes.py, to be read once your advanced tier has passed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from checks.engine.commands.common import PASSED, reference
from checks.engine.training.recipes import FIGURES, known_recipes, measured

if TYPE_CHECKING:
    from recipes import Recipe
    from rich.text import Text

    from checks.engine.ui.screen_text import Page

EXAMPLES = (("python run_checks.py recipes", "what there is to train, and how good it gets"),)

DISTANCE = "The Fréchet distance is that from fake images to real ones: the smaller, the better."
IMAGE_PIXELS = 28 * 28
INDENT = "  "


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There is nothing to choose."""


def run(options: argparse.Namespace) -> int:
    """Show the recipes, in the order of their file."""
    from checks.engine.ui.screen_text import Page, make_console

    reference()
    page = Page(make_console())
    figures = measured(FIGURES)
    for recipe in known_recipes().values():
        for block in blocks_of(page, recipe, figures.recipes.get(recipe.name, {})):
            page.console.print(block)
    if figures.recipes:
        said = f"The figures were measured on {figures.data}. {DISTANCE}"
        page.console.print(page.hang(page.text(""), page.text(said)))
    return PASSED


# How it is shown ----------------------------------------------------------------------------------


def blocks_of(page: Page, recipe: Recipe, row: dict[str, float | None]) -> Iterator[Text]:
    """A recipe's lines: what it is, its networks and settings, its figures, its command."""
    yield page.hang(page.text(""), page.text(recipe.name, "bold"))
    yield page.hang(page.text(INDENT), page.text(recipe.what))
    for label, said in (
        ("G", generator_line(recipe)),
        ("D", discriminator_line(recipe)),
        ("settings", settings_line(recipe)),
        ("figures", figures_line(recipe, row)),
    ):
        yield page.hang(page.text(f"{INDENT}{label:<10}", "dim"), page.text(said))
    command = f"python run_checks.py train --recipe {recipe.name}"
    yield page.hang(page.text(INDENT), page.text(command, "cyan"))
    yield page.text("")


def generator_line(recipe: Recipe) -> str:
    """G's widths and what stands between them."""
    widths = (recipe.latent_dim, *recipe.generator_dims, IMAGE_PIXELS)
    normalized = ", batch normalization" if recipe.batch_norm else ""
    return f"{chain(widths)}, {bend(recipe.slopes[0])}{normalized}, tanh"


def discriminator_line(recipe: Recipe) -> str:
    """D's widths and what stands between them."""
    widths = (IMAGE_PIXELS, *recipe.discriminator_dims, 1)
    dropped = f", dropout {recipe.dropout:g}" if recipe.dropout else ""
    return f"{chain(widths)}, {bend(recipe.slopes[1])}{dropped}, sigmoid"


def chain(widths: tuple[int, ...]) -> str:
    """Widths as in "100-256-512-784"."""
    return "-".join(map(str, widths))


def bend(slope: float) -> str:
    """The non-linearity with this slope below 0."""
    return f"LeakyReLU {slope:g}" if slope else "ReLU"


def settings_line(recipe: Recipe) -> str:
    """How it is trained."""
    noise = "fresh noise for G's step" if recipe.fresh_noise else "G's step reuses D's fakes"
    first, second = recipe.betas
    return (
        f"{recipe.epochs} epochs in batches of {recipe.batch_size}, "
        f"Adam {recipe.learning_rate:g} with betas {first:g} and {second:g}, {noise}"
    )


def figures_line(recipe: Recipe, row: dict[str, float | None]) -> str:
    """How long it took and how good it was, as far as that was measured."""
    epochs = row.get("epochs") or recipe.epochs
    shown = {
        "seconds": "{:,.0f} s",
        "frechet": "Fréchet distance {:.3g}",
        "n_digits": "{:.0f} of 10 digits",
        "accuracy": "D tells {:.0%} apart",
    }
    parts = [text.format(row[name]) for name, text in shown.items() if row.get(name) is not None]
    if not parts:
        return "not measured"
    cut = "" if epochs == recipe.epochs else f"after {epochs:.0f} of its {recipe.epochs} epochs: "
    return cut + ", ".join(parts)
