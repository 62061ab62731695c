"""The loop that most GAN tutorials have, against which the reference's and a recipe's are timed.

A `DataLoader` over torchvision's MNIST turns each image into a PIL picture, then into a tensor,
normalizes it, and stacks 64 of them. The optimizers and the two steps are the reference's own: all
that differs is how the images get to the networks.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import MNIST

from checks.engine.paths import REFERENCE

sys.path.insert(0, str(REFERENCE))  # its files import one another by their bare names

from advanced import discriminator_step, generator_step

BATCH_SIZE = 64
LEARNING_RATE = 2e-4


def through_pil(data: Path, n_images: int) -> MNIST:
    """The first training images, each made into a PIL picture and back whenever it is asked for."""
    to_tensor = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    images = MNIST(data, train=True, transform=to_tensor)
    images.data, images.targets = images.data[:n_images], images.targets[:n_images]
    return images


def train_one_epoch(images: MNIST, generator: Any, discriminator: Any) -> None:
    """One epoch as the lesson has it."""
    loader = DataLoader(images, batch_size=BATCH_SIZE, shuffle=True)
    g_optimizer, d_optimizer = (
        torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, betas=(0.5, 0.999))
        for network in (generator, discriminator)
    )
    d_losses, g_losses = [], []
    for batch, _ in loader:
        real_images = batch.flatten(start_dim=1)
        d_losses.append(discriminator_step(generator, discriminator, d_optimizer, real_images))
        g_losses.append(generator_step(generator, discriminator, g_optimizer, len(batch)))
    d_loss, g_loss = sum(d_losses) / len(d_losses), sum(g_losses) / len(g_losses)
    print(f"Epoch 1/1: discriminator {d_loss:.3f}, generator {g_loss:.3f}")
