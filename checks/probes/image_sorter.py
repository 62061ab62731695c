"""Which of the images that D is shown are real and which are G's, noise on them or not."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

REMEMBERED = 256  # of G's images, the latest
EXACT = 1e-2  # distance of two images that are the same up to rounding
NEARER = 0.8  # a noisy image is closer to its own than to the others by this factor
ALIKE = 0.3  # cosine of a noisy image and its own; of unrelated ones it is near 0
SCALED = 0.3  # noise does not make the image itself fainter or stronger by more
SHIFT = 0.15  # and noise on it does not change its mean brightness by more


class ImageSorter:
    """Knows the real images, remembers G's latest, and sorts rows of 784 pixels by these."""

    def __init__(self, images: Tensor) -> None:
        self.real = images.detach().double().flatten(1)
        self.made = self.real[:0]
        self._last: tuple[Tensor, dict[str, Any]] | None = None  # a layer gets what D got

    def remember(self, images: Tensor) -> None:
        """These have just been made by G."""
        rows = images.detach().double().flatten(1)
        if rows.shape[1] == self.real.shape[1]:
            self.made = torch.cat([self.made, rows])[-REMEMBERED:]

    def kinds(self, images: Tensor, *, is_new: bool = True) -> dict[str, Any]:
        """For each of these the number of the real image that it shows, or of G's; -1 for neither.

        `n_noisy` rows are one of these with something random on top. `looks` says whose mean and
        spread all rows that are neither have, as shifted or mirrored ones do: "real",
        "fake" or "".
        """
        if is_new or self._last is None or images is not self._last[0]:
            self._last = images, self._kinds(images.detach().double().flatten(1))
        return self._last[1]

    def _kinds(self, rows: Tensor) -> dict[str, Any]:
        gaps, numbers = _nearest(rows, self.real)
        made_gaps, made_numbers = _nearest(rows, self.made)
        is_exact = (gaps < EXACT) | (made_gaps < EXACT)
        is_real = (gaps < EXACT) | ~is_exact & self._is_noisy(rows, self.real, gaps, numbers) & (
            gaps < NEARER * made_gaps
        )
        is_fake = ~is_real & (
            (made_gaps < EXACT)
            | ~is_exact
            & self._is_noisy(rows, self.made, made_gaps, made_numbers)
            & (made_gaps < NEARER * gaps)
        )
        strange = rows[~(is_real | is_fake)]
        looks = self._looks(strange) if len(strange) > 1 else ""
        if looks == "real":  # then a likeness may be to another image than its own
            is_real &= is_exact
        return {
            "real": torch.where(is_real, numbers, -1),
            "fake": torch.where(is_fake, made_numbers, -1),
            "n_noisy": int(((is_real | is_fake) & ~is_exact).sum()),
            "looks": looks,
        }

    def _looks(self, rows: Tensor) -> str:
        """Whose images rows look like, pixels taken together: "real", "fake" or ""."""
        mean, spread = float(rows.mean()), float(rows.std())
        for name, known in (("real", self.real), ("fake", self.made[-len(rows) :])):
            if len(known) and abs(mean - float(known.mean())) < SHIFT:
                slack = SHIFT if name == "real" else SHIFT / 2
                if abs(spread / float(known.std()) - 1) < slack:
                    return name
        return ""

    def _is_noisy(self, rows: Tensor, known: Tensor, gaps: Tensor, numbers: Tensor) -> Tensor:
        """Whether rows are like the nearest known image, neither brighter nor fainter."""
        if not len(known):
            return torch.zeros(len(rows), dtype=torch.bool)
        nearest = known[numbers]
        added = rows - nearest
        scaled = (added * nearest).sum(dim=1).abs() / nearest.square().sum(dim=1).clamp(min=1e-9)
        alike = torch.cosine_similarity(rows, nearest) > ALIKE
        return alike & (added.mean(dim=1).abs() < SHIFT) & (scaled < SCALED)


def _nearest(rows: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """The distance of each row to the nearest known image, and that image's number."""
    if not len(known):
        return torch.full((len(rows),), float("inf")), torch.zeros(len(rows), dtype=torch.long)
    # By a matrix product, which is fast, and in 64 bits still exact enough.
    gaps = torch.cdist(rows, known, compute_mode="use_mm_for_euclid_dist").min(dim=1)
    return gaps.values, gaps.indices
