"""Samples of a training that goes on, taken without disturbing it.

The same latent vectors each time, drawn on the CPU from fixed seeds, so that two snapshots differ
by what was learned in between. Every random state and every network's mode is afterwards what it
was before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from checks.engine.errors import NoImagesError
from checks.engine.training.checkpoint import random_states, restore_random_states
from checks.engine.training.run_store import GRID, MANY, SCORED, SEEN, WALK

PIXELS = 28 * 28
GRID_SEED, MANY_SEED, WALK_SEED = 0, 1, 2

Numbers = np.ndarray[Any, Any]


@contextmanager
def undisturbed(networks: Iterable[nn.Module]) -> Iterator[None]:
    """Evaluation without graphs; random states and modes as before when it is over."""
    modes = [(part, part.training) for network in networks for part in network.modules()]
    states = random_states()
    try:
        with torch.no_grad():
            for part, _ in modes:
                part.training = False
            yield
    finally:
        for part, was_training in modes:
            part.training = was_training
        restore_random_states(states)


def snapshot(
    generator: nn.Module,
    discriminator: nn.Module | None,
    real: Tensor,
    latent_dim: int,
    *,
    walk: bool = False,
) -> dict[str, Numbers]:
    """The arrays of a file of samples, but for `epoch`.

    Args:
        generator: takes noise `(N, latent_dim)`.
        discriminator: None where it is not known.
        real: normalized images that the training has not seen, `(1000, 784)`, on its device.
        latent_dim: how many numbers a latent vector has.
        walk: whether to go from one latent vector to another, too.

    Raises:
        NoImagesError: the generator's images are not `(N, 784)` numbers.
    """
    networks = [generator] if discriminator is None else [generator, discriminator]
    with undisturbed(networks):
        many = generated(generator, noise(MANY, latent_dim, MANY_SEED), real.device)
        arrays = {
            "grid": pixels(generated(generator, noise(GRID, latent_dim, GRID_SEED), real.device)),
            "many": pixels(many),
            "real_scores": np.empty(0, np.float32),
            "fake_scores": np.empty(0, np.float32),
        }
        if walk:
            steps = pixels(generated(generator, walks(latent_dim), real.device))
            arrays["walk"] = steps.reshape(*WALK, 28, 28)
        if discriminator is not None and len(real) == SCORED:
            scores = scored(discriminator, real), scored(discriminator, many[:SCORED])
            if scores[0] is not None and scores[1] is not None:
                arrays["real_scores"], arrays["fake_scores"] = scores[0], scores[1]
    return arrays


def glance(generator: nn.Module, latent_dim: int, device: torch.device) -> Numbers | None:
    """A few images, uint8 `(SEEN, 28, 28)`, for whoever watches; None if that is not what comes."""
    with undisturbed([generator]):
        try:
            z = noise(GRID, latent_dim, GRID_SEED)[:SEEN]  # those that the grid begins with
            return pixels(generated(generator, z, device))
        except Exception:  # a glance must not end a training
            return None


def noise(n: int, latent_dim: int, seed: int) -> Tensor:
    """Latent vectors `(n, latent_dim)`, the same ones each time."""
    return torch.randn(n, latent_dim, generator=torch.Generator().manual_seed(seed))


def walks(latent_dim: int) -> Tensor:
    """Latent vectors on the way between pairs, `(9 × 12, latent_dim)`.

    Along the great circle: half way on the straight line a vector is shorter than any that noise
    of many dimensions has, and than any that the generator was trained on.
    """
    pairs, steps = WALK
    start, end = noise(2 * pairs, latent_dim, WALK_SEED).view(2, pairs, 1, latent_dim)
    share = torch.linspace(0, 1, steps).view(1, steps, 1)
    cosine = nn.functional.cosine_similarity(start, end, dim=-1).unsqueeze(-1).clamp(-0.999, 0.999)
    angle = torch.arccos(cosine)
    ways: Tensor = torch.sin((1 - share) * angle) * start + torch.sin(share * angle) * end
    return (ways / torch.sin(angle)).reshape(pairs * steps, latent_dim)


def generated(generator: nn.Module, z: Tensor, device: torch.device) -> Tensor:
    """The generator's images `(N, 784)` on its device.

    Raises:
        NoImagesError: that is not what it makes.
    """
    parts = [generator(part.to(device)) for part in z.split(500)]
    if not all(isinstance(part, Tensor) for part in parts):
        raise NoImagesError("The generator returns something else than a tensor.")
    images = torch.cat(parts)
    if images.numel() != len(z) * PIXELS or not images.is_floating_point():
        shape = tuple(images.shape)
        raise NoImagesError(f"The generator makes {shape} of {len(z)} latent vectors, not images.")
    return images.detach().reshape(len(z), PIXELS)


def pixels(images: Tensor) -> Numbers:
    """Images in [-1, 1], `(N, 784)`, as uint8 `(N, 28, 28)`; NaN becomes black."""
    scaled = ((images.float() + 1) * 127.5).nan_to_num(0).round().clamp(0, 255)
    values: Numbers = scaled.to("cpu", torch.uint8).view(-1, 28, 28).numpy()
    return values


def scored(discriminator: nn.Module, images: Tensor) -> Numbers | None:
    """A score for each of the images, float32 `(N,)`; None if that is not what comes."""
    try:
        scores = discriminator(images)
    except Exception:
        return None
    if not isinstance(scores, Tensor) or scores.numel() != len(images):
        return None
    values: Numbers = scores.detach().float().cpu().reshape(-1).numpy()
    return values


# Which network is which ---------------------------------------------------------------------------


def find_generator(
    networks: Iterable[nn.Module], latent_dim: int, device: torch.device
) -> nn.Module | None:
    """The network among these that makes images of latent vectors."""
    for network in _named_first(networks, "g"):
        with undisturbed([network]):
            try:
                generated(network, noise(2, latent_dim, GRID_SEED), device)
            except Exception:
                continue
        return network
    return None


def find_discriminator(networks: Iterable[nn.Module], images: Tensor) -> nn.Module | None:
    """The network among these that gives each image a score."""
    for network in _named_first(networks, "d"):
        with undisturbed([network]):
            scores = scored(network, images[:2])
        if scores is not None:
            return network
    return None


def _named_first(networks: Iterable[nn.Module], letter: str) -> list[nn.Module]:
    """Those first whose class begins as the role does."""
    return sorted(networks, key=lambda network: type(network).__name__[0].lower() != letter)
