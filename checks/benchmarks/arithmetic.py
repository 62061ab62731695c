"""What a batch of a recipe's training cannot do without: matrix products, and the optimizers' work.

The products are counted from the layers, no more of them than the two steps need: D's step asks
for no gradients of G, G's step for none of D's weights. What each takes is measured alone, in its
own shape. Biases, non-linearities and losses are not in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor, nn

from checks.benchmarks.template import BATCH_SIZE

from recipes import Recipe, RecipeDiscriminator, RecipeGenerator  # isort: skip

BYTES_PER_WEIGHT = 7 * 4  # Adam reads a weight, its gradient and two means, and writes all but one
BYTES_PER_SUM = 3 * 4
LARGE = 2048  # rows and columns of matrices that keep a processor as busy as can be


@dataclass(frozen=True)
class Product:
    """A matrix product of a linear layer on a batch; its three kinds take as many operations."""

    kind: str  # forward, or backward to the layer's weights or inputs
    images: int
    inputs: int
    outputs: int

    @property
    def operations(self) -> int:
        """Multiplications and additions."""
        return 2 * self.images * self.inputs * self.outputs

    def call(self, device: torch.device) -> Callable[[], Tensor]:
        """The product on random matrices, laid out as PyTorch has them in a layer."""
        made = partial(torch.randn, device=device)
        x, weights = made(self.images, self.inputs), made(self.outputs, self.inputs)
        gradient = made(self.images, self.outputs)
        if self.kind == "forward":
            return lambda: x @ weights.t()
        if self.kind == "weights":
            return lambda: gradient.t() @ x
        return lambda: gradient @ weights


def products(recipe: Recipe) -> Counter[Product]:
    """The matrix products that a batch needs, with how often each."""
    n = BATCH_SIZE
    g_layers, d_layers = layers(RecipeGenerator(recipe)), layers(RecipeDiscriminator(recipe))
    needed: list[Product] = []

    def add(kind: str, images: int, shapes: Sequence[tuple[int, int]]) -> None:
        needed.extend(Product(kind, images, inputs, outputs) for inputs, outputs in shapes)

    add("forward", n, g_layers)
    add("forward", 2 * n, d_layers)  # D's step: real and forged images
    add("weights", 2 * n, d_layers)
    add("inputs", 2 * n, d_layers[1:])  # nobody asks for the gradient of an image
    if recipe.fresh_noise:
        add("forward", n, g_layers)
    add("forward", n, d_layers)  # G's step: through D, back to the image, and through G
    add("inputs", n, d_layers)
    add("weights", n, g_layers)
    add("inputs", n, g_layers[1:])
    return Counter(needed)


def layers(network: nn.Module) -> list[tuple[int, int]]:
    """Inputs and outputs of each linear layer."""
    linear = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    return [(layer.in_features, layer.out_features) for layer in linear]


def weights(recipe: Recipe) -> int:
    """How many numbers the two optimizers move."""
    networks = (RecipeGenerator(recipe), RecipeDiscriminator(recipe))
    return sum(weight.numel() for network in networks for weight in network.parameters())


def large_product(device: torch.device) -> Callable[[], Tensor]:
    """A product that leaves nothing to be wished for in its shape."""
    matrix = torch.randn(LARGE, LARGE, device=device)
    return lambda: matrix @ matrix


def in_a_row(recipe: Recipe, device: torch.device) -> Callable[[], None]:
    """All products of a batch, on matrices of their own: none finds its numbers in a near cache."""
    calls = [product.call(device) for product in products(recipe).elements()]

    def multiply() -> None:
        for call in calls:
            call()

    return multiply


def traffic(recipe: Recipe, device: torch.device) -> Callable[[], Tensor]:
    """Add one vector as long as all weights to another: `BYTES_PER_SUM` for each number.

    Like Adam, this writes only what it has read. A sum written elsewhere would cost more than its
    bytes: a processor fetches the lines of its cache before it writes to them.
    """
    read, written = torch.randn(2, weights(recipe), device=device)
    return lambda: written.add_(read)


def coins(recipe: Recipe, device: torch.device) -> Callable[[], Tensor]:
    """The random numbers of a batch's dropout: for both steps, one for each number of a layer."""
    tossed = torch.empty(3 * BATCH_SIZE * sum(recipe.discriminator_dims), device=device)
    return tossed.uniform_


def narrow(recipe: Recipe) -> Recipe:
    """The recipe with next to nothing to multiply: what remains is the price of its calls."""
    return replace(recipe, latent_dim=4, generator_dims=(4, 4), discriminator_dims=(4, 4))
