"""What a short run of train_gan did, from its events to what is wrong with them.

The probe reports, in order, each call of the two networks (with the numbers of the real images
that it was fed), each optimizer step and each end of an epoch.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from checks.engine.loss_findings import Finding
from checks.engine.solution import Evidence
from checks.engine.wire import Array


@dataclass
class Update:
    """One optimizer step: whose weights, at what rates, and the real images since the last."""

    owner: str
    rates: list[float]
    real: list[int] = field(default_factory=list)


@dataclass
class Loop:
    """A run of train_gan on `n_images` images: its updates, and the widths that G was fed."""

    n_images: int
    batch_size: int
    epochs: int
    updates: list[Update] = field(default_factory=list)
    latent_widths: set[int] = field(default_factory=set)

    @property
    def batches(self) -> int:
        """Batches in an epoch, the last and shorter one included."""
        return ceil(self.n_images / self.batch_size)

    def of(self, *owners: str) -> list[Update]:
        """The updates of these networks."""
        return [update for update in self.updates if update.owner in owners]

    def epochs_of(self, updates: list[Update]) -> list[list[Update]]:
        """The updates in as many equal parts as there are epochs."""
        size = max(1, ceil(len(updates) / self.epochs))
        return [updates[i : i + size] for i in range(0, len(updates), size)]


def loop_of(events: Any, n_images: int, batch_size: int, epochs: int) -> Loop:
    """The run behind a list of events."""
    loop = Loop(n_images, batch_size, epochs)
    since: list[int] = []
    try:
        for kind, *note in events:
            if kind == "step":
                update = Update(str(note[0]), [float(rate) for rate in note[1]])
                if update.owner != "G":
                    update.real, since = since, []
                loop.updates.append(update)
            elif kind == "G":
                loop.latent_widths.add(int(note[0]))
            elif kind == "D" and isinstance(note[3], Array) and note[2] is True:
                since += [int(number) for number in note[3].values if number >= 0]
    except (TypeError, ValueError, IndexError):
        Evidence().__missing__("")
    return loop


def image_finding(loop: Loop) -> Finding | None:
    """What is wrong with the images that D learned from; None if nothing is."""
    expected = (
        f"In each epoch all {loop.n_images} images once, in batches of {loop.batch_size} and a "
        f"last one of {loop.n_images % loop.batch_size}."
    )
    updates = loop.of("D", "both")
    if not any(update.real for update in updates):
        came = "The discriminator learned from none of the images that were passed in."
        return Finding("images", "images-missed", expected, came)
    sizes = [len(set(update.real)) for update in updates if update.real]
    for epoch in loop.epochs_of(updates):
        seen = Counter(number for update in epoch for number in set(update.real))
        missed = loop.n_images - len(seen)
        again = sum(count > 1 for count in seen.values())
        came = f"In one epoch {missed} images were left out, {again} came more than once."
        if len(seen) <= loop.batch_size:
            came = f"In one epoch it learned from {len(seen)} images only."
            return Finding("images", "images-missed", expected, came)
        if missed and again:
            return Finding("images", "images-repeated", expected, came)
        if missed and missed == loop.n_images % loop.batch_size:
            return Finding("images", "last-batch-dropped", expected, came)
        if missed:
            return Finding("images", "images-missed", expected, came)
        if again:
            return Finding("images", "images-repeated", expected, came)
    if max(sizes) != loop.batch_size:
        came = f"The batches had up to {max(sizes)} images."
        return Finding("images", "batch-size-not-honoured", expected, came)
    return None


def is_unshuffled(loop: Loop) -> bool:
    """Whether two epochs showed D the images in the same order of batches."""
    first, second, *_ = [
        [set(update.real) for update in epoch] for epoch in loop.epochs_of(loop.of("D"))
    ] + [[], [set()]]
    return first == second


def update_finding(loop: Loop) -> Finding | None:
    """What is wrong with which network was updated when; None if nothing is."""
    wanted = loop.batches * loop.epochs
    expected = (
        f"{loop.batches} batches an epoch and {loop.epochs} epochs: {wanted} steps of each network."
    )
    n_d, n_g = len(loop.of("D")), len(loop.of("G"))
    came = f"{n_d} steps of the discriminator, {n_g} of the generator."
    if loop.of("both"):
        came = f"{len(loop.of('both'))} steps of an optimizer that holds both networks' weights."
        return Finding("updates", "one-optimizer-for-both", expected, came)
    if loop.of("other") and not (n_d and n_g):
        came = f"{came} {len(loop.of('other'))} of weights that belong to neither."
        return Finding("updates", "wrong-optimizer-weights", expected, came)
    if n_d and not n_g and n_d >= 2 * wanted:
        return Finding("updates", "wrong-optimizer-weights", expected, came)
    short = wanted - loop.epochs * bool(loop.n_images % loop.batch_size)
    for count, mistake in ((n_g, "generator-steps-missing"), (n_d, "discriminator-steps-missing")):
        if count < min(wanted, short):
            return Finding("updates", mistake, expected, came)
    if max(n_d, n_g) > wanted:
        return Finding("updates", "too-many-steps", expected, came)
    order = "".join(update.owner for update in loop.updates if update.owner in "DG")
    if "D" * loop.batches in order and "G" * loop.batches in order:
        came = "A whole epoch of the discriminator's steps, then one of the generator's."
        return Finding("updates", "phases-apart", expected, came)
    if n_g < wanted or n_d < wanted:
        mistake = "last-batch-dropped" if n_g == n_d else "generator-steps-missing"
        return Finding("updates", mistake, expected, came)
    return None
