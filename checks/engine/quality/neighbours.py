"""Four measures from nearest neighbours: do the images look real, and is all that is real there?

Around each image of a set lies a ball that reaches to its k-th nearest neighbour in the set; the
balls together stand for where such images can lie.
"""

from __future__ import annotations

import torch
from torch import Tensor

K_PRECISION = 3  # the neighbours that Kynkäänniemi et al. take
K_DENSITY = 5  # and Naeem et al.
BLOCK = 500  # rows whose distances are in memory at once
WIDEST = 0.98  # of the balls, by their radius; wider ones are cut to this one


def neighbourhoods(real: Tensor, fake: Tensor) -> dict[str, float]:
    """Precision, recall, density and coverage of generated images.

    * precision: share of generated images in a real image's ball. From 0 to 1; low for images that
      look like nothing real. (Kynkäänniemi et al., 2019)
    * recall: share of real images in a generated image's ball. From 0 to 1; low when kinds of
      images are missing. (same)
    * density: in how many real images' balls a generated image lies, as a share of k; about 1 for
      real images, and above where images crowd at the most usual places. (Naeem et al., 2020)
    * coverage: share of real images with a generated one in their ball. From 0 to 1. (same)

    One odd real image far from all others has a ball that holds whatever lies around it. So balls
    are at most as wide as all but the widest 2 % are.

    Args:
        real: features, shape (N, F), N at least 6.
        fake: features, shape (M, F), M at least 6.

    Returns:
        The four by name; larger is better.
    """
    near_real, near_fake = radii(real), radii(fake)
    wide, narrow = near_real[K_DENSITY][:, None], near_real[K_PRECISION][:, None]
    is_precise = torch.zeros(len(fake), dtype=torch.bool)
    recalled = covered = n_balls = 0
    for start in range(0, len(real), BLOCK):
        rows = slice(start, start + BLOCK)
        apart = distances(real[rows], fake)
        is_precise |= (apart <= narrow[rows]).any(dim=0)
        recalled += int((apart <= near_fake[K_PRECISION]).any(dim=1).sum())
        inside = apart <= wide[rows]
        n_balls += int(inside.sum())
        covered += int(inside.any(dim=1).sum())
    return {
        "precision": is_precise.float().mean().item(),
        "recall": recalled / len(real),
        "density": n_balls / (K_DENSITY * len(fake)),
        "coverage": covered / len(real),
    }


def radii(features: Tensor) -> dict[int, Tensor]:
    """By number of neighbours, how far away from each of `(N, F)` the last of them is, `(N,)`."""
    largest = max(K_PRECISION, K_DENSITY)
    found = []
    for start in range(0, len(features), BLOCK):
        apart = distances(features[start : start + BLOCK], features)
        found.append(apart.topk(largest + 1, largest=False).values)  # the nearest is itself
    nearest = torch.cat(found)
    return {
        k: nearest[:, k].clamp(max=nearest[:, k].quantile(WIDEST)) for k in (K_PRECISION, K_DENSITY)
    }


def distances(one: Tensor, other: Tensor) -> Tensor:
    """Distances `(N, M)`, exactly 0 between equal rows."""
    return torch.cdist(one, other, compute_mode="donot_use_mm_for_euclid_dist")
