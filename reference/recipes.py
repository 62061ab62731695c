"""Recipes: five GANs for handwritten digits, to train and to compare yours with.

What a recipe is
    All that you chose by hand in the advanced tier, as data: the widths of the layers, the
    optimizer's settings, how long to train. Read `RECIPES` from top to bottom: each entry changes
    a few choices of the one before, and its sentence says what to expect. Below it, a few lines
    make the networks of any recipe and train them.

What is different from your train_gan
    The game is the same, the contract too. The loop only takes care not to waste time:

    * D scores real and fake images in one call, in one batch of twice the size.
    * G's step asks `backward` for gradients of G's weights alone (`inputs=`). The gradient still
      flows through D, but nobody computes those of D's weights, which would be thrown away.
    * The losses are added up where they are, on the images' device, and read once an epoch.
      `.item()` makes the program wait until the number is there, and a GPU then stands idle.
    * Adam is `fused`: one pass over the weights instead of a dozen.
    * Dropout tosses its coins with `rand`, which takes a processor a third of the time that
      `bernoulli` does, and `nn.Dropout` uses that one.
    * `index_select` copies a batch's images row by row, `images[rows]` number by number.

Reused fakes or fresh noise
    G's step can score the same fake images that D has just been trained on, or make new ones from
    fresh noise. The former saves one run of G, the latter shows G twice as many latent vectors.

How to work
    `python run_checks.py recipes` lists the recipes with what they have reached, and
    `python run_checks.py train --recipe minimal` trains one.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from advanced import discriminator_loss, generator_loss
from torch import Tensor, nn

IMAGE_PIXELS = 28 * 28


@dataclass(frozen=True)
class Recipe:
    """What a GAN is made of, and how it is trained."""

    name: str
    what: str  # a sentence: what it is, and what to expect
    latent_dim: int = 100
    generator_dims: tuple[int, ...] = (256, 512)  # G's hidden layers, from noise to image
    discriminator_dims: tuple[int, ...] = (512, 256)  # D's, from image to score
    slopes: tuple[float, float] = (0.2, 0.2)  # of LeakyReLU in G and in D; with 0 it is ReLU
    batch_norm: bool = False  # in G, after each hidden layer
    dropout: float = 0.0  # in D, after each hidden layer
    learning_rate: float = 2e-4
    betas: tuple[float, float] = (0.9, 0.999)  # Adam's memory, of gradients and of their squares
    fresh_noise: bool = True  # G's step makes new images; else it reuses those of D's step
    batch_size: int = 64
    epochs: int = 5
    snapshots: tuple[int, ...] = ()  # the epochs whose samples are kept


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="minimal",
            what="The least that is a GAN: three linear layers each, ReLU, Adam as it comes. "
            "Its five epochs are over before most digits take shape.",
            slopes=(0, 0),
            fresh_noise=False,
            epochs=5,
            snapshots=(1, 5),
        ),
        Recipe(
            name="sprint",
            what="A shorter latent vector, and LeakyReLU in D, so that no gradient is cut off on "
            "its way to G. On a few thousand images, ten epochs hardly lead beyond noise.",
            latent_dim=64,
            slopes=(0, 0.2),
            fresh_noise=False,
            epochs=10,
            snapshots=(5, 10),
        ),
        Recipe(
            name="lab",
            what="The layers of the advanced tier's networks, and an Adam that forgets faster. "
            "Compare the samples of epochs 10, 20 and 30: expect digits, though hardly all ten.",
            dropout=0.3,
            betas=(0.5, 0.999),
            epochs=30,
            snapshots=(10, 20, 30),
        ),
        Recipe(
            name="deep",
            what="A layer more in each network. It begins slowly, and has a hundred epochs for it.",
            generator_dims=(256, 512, 1024),
            discriminator_dims=(1024, 512, 256),
            dropout=0.3,
            epochs=100,
            snapshots=tuple(range(10, 101, 10)),
        ),
        Recipe(
            name="tuned",
            what="What somebody does who has been here before: batch normalization in G, dropout "
            "in D, larger steps on smaller batches. Expect all ten digits.",
            batch_norm=True,
            dropout=0.3,
            learning_rate=1e-3,
            betas=(0.5, 0.999),
            fresh_noise=False,
            batch_size=32,
            epochs=24,
            snapshots=(8, 16, 24),
        ),
    )
}


# The networks -------------------------------------------------------------------------------------


class Dropout(nn.Dropout):
    """`nn.Dropout`, with coins that cost less: see the top of this file."""

    def forward(self, x: Tensor) -> Tensor:
        """Set a random share p of the numbers to 0; the others grow, to make up for them."""
        if not self.training:
            return x
        kept = torch.rand_like(x).gt_(self.p)  # 1 or 0
        return x * (kept / (1 - self.p))


def hidden_layers(
    widths: tuple[int, ...], slope: float, batch_norm: bool = False, dropout: float = 0.0
) -> list[nn.Module]:
    """A block from each width to the next: linear, normalized, bent, and partly switched off."""
    layers: list[nn.Module] = []
    for width, next_width in pairwise(widths):
        layers.append(nn.Linear(width, next_width))
        if batch_norm:
            layers.append(nn.BatchNorm1d(next_width))
        layers.append(nn.LeakyReLU(slope) if slope else nn.ReLU())
        if dropout:
            layers.append(Dropout(dropout))
    return layers


class RecipeGenerator(nn.Sequential):
    """G of a recipe: latent vectors (N, latent_dim) to images (N, 784) in [-1, 1]."""

    def __init__(self, recipe: Recipe) -> None:
        """Make the layers."""
        widths = (recipe.latent_dim, *recipe.generator_dims)
        hidden = hidden_layers(widths, recipe.slopes[0], batch_norm=recipe.batch_norm)
        super().__init__(*hidden, nn.Linear(widths[-1], IMAGE_PIXELS), nn.Tanh())
        self.latent_dim = recipe.latent_dim
        self.hidden_dims = recipe.generator_dims


class RecipeDiscriminator(nn.Sequential):
    """D of a recipe: images (N, 784) to scores (N, 1) in (0, 1)."""

    def __init__(self, recipe: Recipe) -> None:
        """Make the layers."""
        widths = (IMAGE_PIXELS, *recipe.discriminator_dims)
        hidden = hidden_layers(widths, recipe.slopes[1], dropout=recipe.dropout)
        super().__init__(*hidden, nn.Linear(widths[-1], 1), nn.Sigmoid())


# The loop -----------------------------------------------------------------------------------------


def adam(network: nn.Module, recipe: Recipe) -> torch.optim.Adam:
    """An optimizer for one network's weights."""
    return torch.optim.Adam(
        network.parameters(), lr=recipe.learning_rate, betas=recipe.betas, fused=True
    )


def train_recipe(
    images: Tensor,
    recipe: Recipe,
    epochs: int | None = None,
    batch_size: int | None = None,
    on_epoch_end: Callable[[int, RecipeGenerator], None] | None = None,
) -> tuple[RecipeGenerator, RecipeDiscriminator, list[dict[str, float]]]:
    """Train a recipe's networks on real images; the contract is that of `train_gan`.

    Args:
        images: normalized real images, shape (N, 784), on the device to train on.
        epochs: times through all images; the recipe's number if None.
        batch_size: images in a batch, at most; the recipe's number if None.

    Returns:
        (generator, discriminator, history), the history with one entry per epoch.

    Raises:
        ValueError: a batch would have a single image, and the recipe normalizes batches.
    """
    epochs = recipe.epochs if epochs is None else epochs
    batch_size = recipe.batch_size if batch_size is None else batch_size
    n_batches = math.ceil(len(images) / batch_size)
    if recipe.batch_norm and len(images) < 2 * n_batches:
        raise ValueError("Batch normalization needs at least two images in each batch.")
    device = images.device
    generator = RecipeGenerator(recipe).to(device)
    discriminator = RecipeDiscriminator(recipe).to(device)
    g_optimizer, d_optimizer = adam(generator, recipe), adam(discriminator, recipe)
    g_weights = list(generator.parameters())

    history: list[dict[str, float]] = []
    for epoch in range(1, epochs + 1):
        losses = torch.zeros(2, device=device)
        # Batches of nearly the same size: a last one of a single image can't be normalized.
        for rows in torch.randperm(len(images), device=device).tensor_split(n_batches):
            z = torch.randn(len(rows), recipe.latent_dim, device=device)
            fake_images = generator(z)

            both_kinds = torch.cat([images.index_select(0, rows), fake_images.detach()])
            real_scores, fake_scores = discriminator(both_kinds).chunk(2)
            d_loss = discriminator_loss(real_scores, fake_scores)
            d_optimizer.zero_grad()
            d_loss.backward()
            d_optimizer.step()

            if recipe.fresh_noise:
                fake_images = generator(torch.randn_like(z))
            g_loss = generator_loss(discriminator(fake_images))
            g_optimizer.zero_grad()
            g_loss.backward(inputs=g_weights)
            g_optimizer.step()

            losses += torch.stack([d_loss.detach(), g_loss.detach()])

        d_mean, g_mean = (losses / n_batches).tolist()
        history.append({"epoch": epoch, "discriminator_loss": d_mean, "generator_loss": g_mean})
        print(f"Epoch {epoch}/{epochs}: discriminator {d_mean:.3f}, generator {g_mean:.3f}")
        if on_epoch_end is not None:
            on_epoch_end(epoch, generator)
    return generator, discriminator, history
