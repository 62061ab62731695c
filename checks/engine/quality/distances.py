"""Distances between two sets of features, in double precision.

Both compare what is seen in generated images with what is seen in real ones, as a whole: images
that look wrong and kinds of images that are missing both count.
"""

from __future__ import annotations

from torch import Tensor

from checks.engine.judging.common import frechet


def frechet_distance(real: Tensor, fake: Tensor) -> float:
    """How far two normal distributions fitted to the sets lie apart; see `frechet.between`.

    Args:
        real: shape (N, F), N at least 2.
        fake: shape (M, F), M at least 2.

    Returns:
        0 or more, smaller is better, in squares of the features' unit. With few images it comes
        out too large: two sets of real images don't reach 0.
    """
    return frechet.between(real.double().numpy(), fake.double().numpy())


def kernel_distance(real: Tensor, fake: Tensor) -> float:
    """The squared maximum mean discrepancy with the kernel k(x, y) = (x·y / F + 1)³, unbiased.

        mean of k(x, x') + mean of k(y, y') - 2 mean of k(x, y),  each over pairs of two images

    (Gretton et al., 2012, lemma 6; as a score for GANs: Bińkowski et al., 2018.) It assumes no bell
    shape, and is right on average for sets of any size, which is why it may end slightly below 0.

    Args:
        real: shape (N, F), N at least 2.
        fake: shape (M, F), M at least 2.

    Returns:
        0 on average for two sets from one source; smaller is better.
    """
    real, fake = real.double(), fake.double()
    apart = _kernel(real, fake).mean()
    return float(_mean_of_pairs(real) + _mean_of_pairs(fake) - 2 * apart)


def _kernel(one: Tensor, other: Tensor) -> Tensor:
    """The kernel of each with each, shapes (N, F) and (M, F) -> (N, M)."""
    return (one @ other.T / one.shape[1] + 1) ** 3


def _mean_of_pairs(values: Tensor) -> Tensor:
    """The kernel's mean over all pairs of two different rows."""
    kernel, n = _kernel(values, values), len(values)
    return (kernel.sum() - kernel.trace()) / (n * (n - 1))
