"""All measures of a set of images, against a reference set, through the classifier's eyes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from checks.engine.quality.classifier import NO_DIGIT, Classifier
from checks.engine.quality.distances import frechet_distance, kernel_distance
from checks.engine.quality.neighbours import neighbourhoods

APPEARS = 0.01  # a digit that fewer images show does not count as one the generator can make
Score = dict[str, Any]


def measured(classifier: Classifier, reference: Tensor, images: Tensor) -> Score:
    """Every measure but the discriminator's accuracy.

    Args:
        reference: features of real images, shape (N, F).
        images: uint8, shape (M, 28, 28).

    Returns:
        `frechet` and `kernel` (see `distances`), `precision`, `recall`, `density` and `coverage`
        (see `neighbours`), `digits`: the share of images that read as 0 … 9, `no_digit`: the share
        that reads as none, `n_digits`: how many of the ten appear, in at least 1 % of the images.
    """
    features = classifier.features(images)
    read = classifier.classes(features).argmax(dim=1)
    shares = (torch.bincount(read, minlength=NO_DIGIT + 1) / len(images)).tolist()
    return {
        "frechet": frechet_distance(reference, features),
        "kernel": kernel_distance(reference, features),
        **neighbourhoods(reference, features),
        "digits": shares[:NO_DIGIT],
        "no_digit": shares[NO_DIGIT],
        "n_digits": sum(share >= APPEARS for share in shares[:NO_DIGIT]),
    }


def discriminator_accuracy(
    real_scores: np.ndarray[Any, Any], fake_scores: np.ndarray[Any, Any]
) -> float | None:
    """The share of images that the discriminator told right, as the advanced tier measures it.

    A real image is right with a score above 0.5, a generated one with a score below; a score of
    exactly 0.5 is right half of the time.

    Args:
        real_scores: D's scores of real images, shape (N,).
        fake_scores: D's scores of generated ones, shape (M,).

    Returns:
        From 0 to 1: 0.5 is a D that can only guess, 1 one that sees through everything. None where
        scores are missing or are no numbers.
    """
    if not (len(real_scores) and len(fake_scores)):
        return None
    if not (np.isfinite(real_scores).all() and np.isfinite(fake_scores).all()):
        return None
    right = np.concatenate([np.sign(real_scores - 0.5), np.sign(0.5 - fake_scores)])
    return float((1 + right.mean()) / 2)
