"""Distances between two sets of features, by torchmetrics.

Both compare what is seen in generated images with what is seen in real ones, as a whole: images
that look wrong and kinds of images that are missing both count.
"""

from __future__ import annotations

import warnings

import torch
from torch import Tensor, nn


class AsTheyAre(nn.Module):
    """What torchmetrics asks for features, where features are what it is given."""

    def __init__(self, num_features: int) -> None:
        """`num_features` is what torchmetrics looks for."""
        super().__init__()
        self.num_features = num_features

    def forward(self, features: Tensor) -> Tensor:
        """The features."""
        return features


def frechet_distance(real: Tensor, fake: Tensor) -> float:
    """How far two normal distributions fitted to the sets lie apart.

        |m1 - m2|² + tr(C1 + C2 - 2 (C1 C2)^½)

    (Dowson and Landau, 1982; as a score for GANs: Heusel et al., 2017, with other features.)

    Args:
        real: shape (N, F), N at least 2.
        fake: shape (M, F), M at least 2.

    Returns:
        0 or more, smaller is better, in squares of the features' unit. With few images it comes
        out too large: two sets of real images don't reach 0.
    """
    from torchmetrics.image.fid import FrechetInceptionDistance

    metric = FrechetInceptionDistance(feature=AsTheyAre(real.shape[1]))
    metric.update(real.double(), real=True)
    metric.update(fake.double(), real=False)
    return max(0.0, metric.compute().item())  # equal sets may end a rounding error below


def kernel_distance(real: Tensor, fake: Tensor) -> float:
    """The squared maximum mean discrepancy with the kernel (x·y / F + 1)³.

    (Gretton et al., 2012; as a score for GANs: Bińkowski et al., 2018.) It assumes no bell shape,
    and is right on average for sets of any size, which is why it may end slightly below 0.

    Args:
        real: shape (N, F), N at least 2.
        fake: shape (M, F), M at least 2.

    Returns:
        0 on average for two sets from one source; smaller is better.
    """
    from torchmetrics.image.kid import KernelInceptionDistance

    n = min(len(real), len(fake))
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")  # that it keeps all features in memory
        torch.manual_seed(0)  # it shuffles, and leaves out what the larger set has more
        features = AsTheyAre(real.shape[1])
        metric = KernelInceptionDistance(feature=features, subsets=1, subset_size=n)
        metric.update(real.double(), real=True)
        metric.update(fake.double(), real=False)
        mean, _ = metric.compute()
    return float(mean)
