"""The lesson's training template, against which the reference's and the recipes' loops are timed.

This is the loop that most GAN tutorials have: a `DataLoader` over torchvision's MNIST, which turns
each image into a PIL picture, then into a tensor, then normalizes it, and stacks 64 of them. The
optimizers and the two steps are the reference's own, and so are the networks unless others are
given: all that differs from `train_gan` is how the images get to them.
"""

from __future__ import annotations

import contextlib
import io
import sys
import time
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader, Subset
from torchvision import transforms
from torchvision.datasets import MNIST

from checks.engine.paths import REFERENCE

sys.path.insert(0, str(REFERENCE))  # its files import one another by their bare names

from advanced import (
    Discriminator,
    discriminator_step,
    generator_step,
    normalize_images,
    train_gan,
)
from intermediate import Generator

BATCH_SIZE = 64
LATENT_DIM = 100
LEARNING_RATE = 2e-4
WARM_UP = 3_200  # images


def mnist_through_pil(data: Path) -> MNIST:
    """The training images, each made into a PIL picture and back whenever it is asked for."""
    to_tensor = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    return MNIST(data, train=True, transform=to_tensor)


def train_from_template(
    dataset: MNIST | Subset[MNIST],
    networks: tuple[Any, Any] | None = None,
    device: torch.device | str = "cpu",
) -> None:
    """One epoch as the lesson's template has it, of G and D, or of the reference's networks."""
    loader = DataLoader(dataset, batch_size=BATCH_SIZE, shuffle=True)
    generator, discriminator = networks or (Generator(LATENT_DIM), Discriminator(dropout=0.3))
    generator.to(device)
    discriminator.to(device)
    g_optimizer = torch.optim.Adam(generator.parameters(), lr=LEARNING_RATE, betas=(0.5, 0.999))
    d_optimizer = torch.optim.Adam(discriminator.parameters(), lr=LEARNING_RATE, betas=(0.5, 0.999))
    d_losses, g_losses = [], []
    for images, _ in loader:
        real_images = images.flatten(start_dim=1).to(device)
        d_losses.append(discriminator_step(generator, discriminator, d_optimizer, real_images))
        g_losses.append(generator_step(generator, discriminator, g_optimizer, len(images)))
    d_loss, g_loss = sum(d_losses) / len(d_losses), sum(g_losses) / len(g_losses)
    print(f"Epoch 1/1: discriminator {d_loss:.3f}, generator {g_loss:.3f}")


def train_from_reference(pixels: torch.Tensor) -> None:
    """One epoch of the reference, from the same raw pixels."""
    train_gan(normalize_images(pixels), 1, BATCH_SIZE, LATENT_DIM, LEARNING_RATE)


def images_per_second(data: Path, repeat: int) -> tuple[list[float], list[float]]:
    """The reference's and the template's speeds, measured in turns on one core."""
    dataset = mnist_through_pil(data)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    reference, template = [], []
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            train_from_reference(dataset.data[:WARM_UP])
            train_from_template(Subset(dataset, range(WARM_UP)))
            for _ in range(repeat):
                began = time.perf_counter()
                train_from_reference(dataset.data)
                between = time.perf_counter()
                train_from_template(dataset)
                ended = time.perf_counter()
                reference.append(len(dataset) / (between - began))
                template.append(len(dataset) / (ended - between))
    finally:
        torch.set_num_threads(threads)
    return reference, template
