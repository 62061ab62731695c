"""How fast the training loops are: against the lesson's template, and against arithmetic alone.

    python -m checks.benchmarks.training [--data DIR] [--repeat N] [--device cpu] [--threads N]

Images per second of the recipes' loop and of the reference's `train_gan`, each beside the lesson's
template (a `DataLoader` over PIL transforms) with the very same networks.

The floor of the arithmetic is what the matrix products of a batch take by themselves. They are
counted from the layers, no more of them than the two steps need: D's step asks for no gradients
of G, G's step for none of D's weights. Each kind is timed alone, in its own shape. Biases,
non-linearities, losses and optimizers are not in it; what the optimizers must read and write is
measured as well and shown beside it.

What is compared runs in turns and counts with the median; one thread's time is that of its
processor. The exit status is 0 when every target was met and 1 when one was missed. Let nothing
else run meanwhile.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import torch
from rich.console import Console
from torch import Tensor, nn
from torch.utils.data import Subset
from torchvision.datasets import MNIST

from checks.benchmarks import ticking
from checks.benchmarks.run import MNIST_FOLDER, Row, table_of
from checks.benchmarks.template import (
    BATCH_SIZE,
    WARM_UP,
    mnist_through_pil,
    train_from_template,
)

from advanced import normalize_images, train_gan  # isort: skip
from recipes import RECIPES, Recipe, RecipeDiscriminator, RecipeGenerator, train_recipe  # isort: skip

MIN_TEMPLATE_RATIO = 2.0
MIN_FLOOR_SHARE = 0.5
BYTES_PER_WEIGHT = 7 * 4  # Adam reads a weight, its gradient and two means, and writes all but one
LARGE = 2048  # rows and columns of matrices that keep a processor as busy as can be
CALLS, TRIES = 10, 3  # of a product, in each turn

TIMED = ("minimal", "lab")


# The arithmetic -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Product:
    """A matrix product of a linear layer on a batch; they all take as many operations."""

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


# The clock ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Clock:
    """Wall time on a device; with a single thread, the time that it had of the processor."""

    device: torch.device
    threads: int

    def now(self) -> float:
        """Seconds, once all that was asked of the device is done."""
        if self.device.type != "cpu":
            getattr(torch, self.device.type).synchronize()
            return time.perf_counter()
        return time.process_time() if self.threads == 1 else time.perf_counter()

    def seconds(self, work: Callable[[], object], calls: int = 1) -> float:
        """What one call takes."""
        began = self.now()
        for _ in range(calls):
            work()
        return (self.now() - began) / calls

    def least(self, work: Callable[[], object]) -> float:
        """What one call takes when nothing else disturbs it."""
        work()
        return min(self.seconds(work, CALLS) for _ in range(TRIES))


# What is timed ------------------------------------------------------------------------------------


def loops(
    dataset: MNIST | Subset[MNIST], pixels: Tensor, device: torch.device
) -> dict[str, Callable[[], object]]:
    """One epoch of each loop, by name; the recipe `lab` has the reference's networks."""
    minimal, lab = (RECIPES[name] for name in TIMED)
    images = normalize_images(pixels).to(device)

    def template_of_minimal() -> None:
        networks = RecipeGenerator(minimal), RecipeDiscriminator(minimal)
        train_from_template(dataset, networks, device)

    return {
        "minimal": partial(train_recipe, images, minimal, 1, BATCH_SIZE),
        "template of minimal": template_of_minimal,
        "lab": partial(train_recipe, images, lab, 1, BATCH_SIZE),
        "train_gan": partial(train_gan, images, 1, BATCH_SIZE),
        "template": partial(train_from_template, dataset, None, device),
    }


def arithmetic(device: torch.device) -> dict[Product | str, Callable[[], object]]:
    """Each product of the recipes, a large one, and an optimizer's traffic over all weights."""
    large = torch.randn(LARGE, LARGE, device=device)
    read = torch.randn(2, weights(RECIPES[TIMED[0]]), device=device)
    written = torch.empty_like(read[0])
    kinds = {kind for name in TIMED for kind in products(RECIPES[name])}
    return {
        **{kind: kind.call(device) for kind in kinds},
        "large": lambda: large @ large,
        "traffic": lambda: torch.add(read[0], read[1], out=written),
    }


def measure(data: Path, repeat: int, clock: Clock) -> Taken:
    """The median seconds of everything, taken in turns."""
    dataset = mnist_through_pil(data)
    few = range(min(WARM_UP, len(dataset)))
    for work in loops(Subset(dataset, few), dataset.data[:WARM_UP], clock.device).values():
        work()
    timed = loops(dataset, dataset.data, clock.device)
    seconds: dict[str, list[float]] = {name: [] for name in timed}
    floors: dict[Product | str, list[float]] = {}
    for _ in ticking("Training", range(repeat)):
        for name, work in timed.items():
            seconds[name].append(clock.seconds(work))
        for kind, work in arithmetic(clock.device).items():
            floors.setdefault(kind, []).append(clock.least(work))
    return Taken(
        len(dataset),
        {name: median(each) for name, each in seconds.items()},
        {kind: median(each) for kind, each in floors.items()},
    )


@dataclass(frozen=True)
class Taken:
    """Seconds of one epoch of each loop and of one call of each piece of arithmetic."""

    images: int
    loops: Mapping[str, float]
    arithmetic: Mapping[Product | str, float]

    def speed(self, loop: str) -> float:
        """Images per second."""
        return self.images / self.loops[loop]


# The table ----------------------------------------------------------------------------------------


def rows_of(taken: Taken) -> Iterator[Row]:
    """All that was measured, the figures with a target first."""
    for loop, template, target in (
        ("minimal", "template of minimal", True),
        ("lab", "template", True),
        ("train_gan", "template", False),
    ):
        ratio = taken.speed(loop) / taken.speed(template)
        yield Row(
            "a",
            f"images per second, {loop} against the template",
            f"{ratio:.2f} ({taken.speed(loop):,.0f} / {taken.speed(template):,.0f})",
            f"≥ {MIN_TEMPLATE_RATIO:g}" if target else "",
            ratio >= MIN_TEMPLATE_RATIO if target else None,
        )
    for name in TIMED:
        yield from floor_rows(name, taken)


def floor_rows(name: str, taken: Taken) -> Iterator[Row]:
    """A recipe's batch, beside what its arithmetic takes by itself."""
    recipe = RECIPES[name]
    needed = products(recipe)
    operations = sum(kind.operations * count for kind, count in needed.items())
    floor = sum(taken.arithmetic[kind] * count for kind, count in needed.items())
    ideal = operations * taken.arithmetic["large"] / (2 * LARGE**3)
    # The traffic that was timed is three numbers of four bytes for each weight of `minimal`.
    moved = BYTES_PER_WEIGHT * weights(recipe)
    traffic = taken.arithmetic["traffic"] * moved / (12 * weights(RECIPES[TIMED[0]]))
    batch = taken.loops[name] * BATCH_SIZE / taken.images
    yield Row(
        "b",
        f"{name}: share of the floor's speed (its products alone / a batch)",
        f"{floor / batch:.2f} ({floor * 1e3:.2f} ms / {batch * 1e3:.2f} ms)",
        f"≥ {MIN_FLOOR_SHARE:g}",
        floor / batch >= MIN_FLOOR_SHARE,
    )
    for what, seconds, amount, unit in (
        ("its products in their own shapes", floor, operations, "operations"),
        (f"as many operations in one product of {LARGE:,}²", ideal, operations, "operations"),
        ("what its optimizers read and write", traffic, moved, "bytes"),
        ("all else: activations, losses, calls", batch - floor - traffic, 0, ""),
    ):
        rate = f": {amount / 1e6:,.0f} million {unit}, {amount / seconds / 1e9:,.0f} G/s"
        yield Row("c", f"{name}: {what}", f"{seconds * 1e3:.2f} ms{rate if unit else ''}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m checks.benchmarks.training")
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("--data", type=Path, default=MNIST_FOLDER, metavar="DIR", help="folder with MNIST")
    add("--repeat", type=int, default=3, metavar="N", help="turns (default: 3)")
    add("--device", default="cpu", help="cpu (default), cuda or mps")
    add("--threads", type=int, default=1, metavar="N", help="of the processor (default: 1)")
    given = parser.parse_args()
    if given.repeat < 1 or given.threads < 1:
        parser.error("--repeat and --threads must be at least 1")
    if not given.data.is_dir():
        parser.error(f"--data {given.data}: there is no such folder")
    try:
        clock = Clock(torch.zeros(1, device=given.device).device, given.threads)
    except (RuntimeError, AssertionError) as error:
        parser.error(f"--device {given.device} can't be used: {str(error).splitlines()[0]}")

    torch.set_num_threads(given.threads)
    with contextlib.redirect_stdout(io.StringIO()):
        rows = list(rows_of(measure(given.data, given.repeat, clock)))
    console = Console()
    console.print(table_of(rows))
    console.print(f"On {given.device}, {given.threads} threads, batches of {BATCH_SIZE}.")
    return 1 if any(row.met is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
