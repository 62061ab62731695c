"""What is wrong with a run of train_gan: its images, its updates, its optimizers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from checks.engine.judging.advanced.loop import Loop, Update
from checks.engine.judging.advanced.loss_findings import ADVICE, Finding

NAMES = {"G": "generator", "D": "discriminator"}


def image_finding(loop: Loop) -> Finding | None:
    """What is wrong with the images that D learned from; None if nothing is."""
    expected = (
        f"In each epoch all {loop.n_images} images once, in batches of {loop.batch_size} and a "
        f"last one of {loop.n_images % loop.batch_size}."
    )
    if finding := _epochs_finding(loop):
        return finding
    updates = loop.of("D", "both")
    n_real, n_strange = (
        sum(len(set(update.real)) for update in updates),
        sum(update.n_strange for update in updates),
    )
    if n_strange > max(n_real, loop.n_images / 2):
        came = (
            f"The discriminator was shown {n_strange} images that are neither among those passed "
            "in nor the generator's."
        )
        return Finding("images", "real-images-changed", expected, came)
    if not n_real:
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
    wanted = loop.steps_wanted
    expected = (
        f"{loop.batches} batches an epoch and {loop.epochs} epochs: {wanted} steps of each network."
    )
    if finding := _epochs_finding(loop):
        return finding
    n_d, n_g = len(loop.of("D")), len(loop.of("G"))
    came = f"{n_d} steps of the discriminator, {n_g} of the generator."
    if loop.of("both"):
        came = f"{len(loop.of('both'))} steps of an optimizer that holds both networks' weights."
        return Finding("updates", "one-optimizer-for-both", expected, came)
    if loop.of("other") and not (n_d and n_g):
        came = f"{came} {len(loop.of('other'))} of weights that belong to neither."
        return Finding("updates", "wrong-optimizer-weights", expected, came)
    if not (n_d and n_g) and max(n_d, n_g) >= 2 * wanted:
        return Finding("updates", "wrong-optimizer-weights", expected, came)
    if n_d == n_g < wanted and (finding := image_finding(loop)):
        return finding
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
    return _batch_finding(loop)


def _epochs_finding(loop: Loop) -> Finding | None:
    """Another number of whole epochs than asked for, and as many entries in the history."""
    n_d, n_g = len(loop.of("D")), len(loop.of("G"))
    if n_d != n_g or n_d != loop.batches * loop.n_entries or loop.n_entries == loop.epochs:
        return None
    expected = f"{loop.epochs} epochs of {loop.batches} batches."
    return Finding("images", "epochs-ignored", expected, f"{loop.n_entries} epochs.")


def _batch_finding(loop: Loop) -> Finding | None:
    """Far more or far fewer fake images in G's steps than real ones in the batch."""
    least = min(loop.batch_size, loop.n_images % loop.batch_size or loop.batch_size) / 2
    off = [
        max(update.forged)
        for update in loop.of("G")
        if update.forged
        and not any(
            least <= count <= 2 * loop.batch_size for count in (*update.forged, sum(update.forged))
        )
    ]
    if len(off) <= loop.steps_wanted / 2:
        return None
    return Finding(
        "updates",
        "batch-size-ignored",
        f"In each of the generator's steps about as many fake images as the batch has real "
        f"ones: {loop.batch_size}.",
        f"In {len(off)} of its {len(loop.of('G'))} steps the generator made {_range(off)}.",
    )


def returned_finding(loop: Loop) -> Finding | None:
    """A network that took steps and did not come back."""
    for name, written in NAMES.items():
        updates = loop.of(name)
        n_back = sum(update.is_returned for update in updates)
        if n_back < len(updates):
            came = f"Of the {len(updates)} steps of a {written}, the one returned took {n_back}."
            expected = "The networks that were trained, from the first step to the last."
            return Finding("returned", "trained-networks-not-returned", expected, came)
    return None


def optimizer_finding(loop: Loop, held: Mapping[str, Sequence[float]]) -> Finding | None:
    """What is wrong with how the optimizers move the weights; `held` of how many weights they do.

    An optimizer without a memory may be made anew: nothing is lost.
    """
    expected = "Two optimizers, one for all weights of each network, from the first batch on."
    updates = {name: loop.of(name) for name in NAMES}
    if not all(updates.values()) or loop.of("both"):
        return update_finding(loop)
    n_steps = len(updates["G"])
    if loop.is_swapped:
        came = (
            "The discriminator scored real and fake images, and then the generator's optimizer "
            f"stepped: {sum(update.shown for update in updates['G'])} of {n_steps} times."
        )
        return Finding("optimizers", "optimizers-swapped", expected, came)
    if all(update.cut and all(update.cut) and not update.has_gradient for update in updates["G"]):
        came = f"At {n_steps} of {n_steps} steps none of the generator's weights had a gradient."
        return Finding("optimizers", "detach-in-generator-step", "A gradient at each step.", came)
    for name, written in NAMES.items():
        n_held, n_all = held.get(name, (0, 0))
        if 0 < n_held < n_all:
            came = f"{n_held:g} of the {written}'s {n_all:g} weight tensors are in its optimizer."
            return Finding("optimizers", "optimizer-holds-a-part", expected, came)
    for name, written in NAMES.items():
        made = {u.optimizer for u in updates[name] if u.has_state and u.is_returned}
        if len(made) > 1:
            came = f"{len(made)} optimizers stepped the {written}, one after the other."
            return Finding("optimizers", "optimizer-remade", expected, came)
    return _noise_finding(loop) or _uncleared_finding(updates)


def _uncleared_finding(updates: Mapping[str, Sequence[Update]]) -> Finding | None:
    for name, written in NAMES.items():
        count = sum(update.uncleared for update in updates[name])
        if count > len(updates[name]) / 2:
            came = (
                f"At {count} of {len(updates[name])} steps the {written}'s weights had gradients "
                "of an earlier step when backward() was called."
            )
            expected = "Cleared gradients before each backward()."
            return Finding("optimizers", "gradients-never-cleared", expected, came)
    return None


def _noise_finding(loop: Loop) -> Finding | None:
    for name in NAMES:  # G's images may be made before D's step and serve both
        sums = [round(number, 3) for update in loop.of(name) for number in update.latent_sums]
        if len(sums) >= loop.steps_wanted and len(set(sums)) <= 2:  # full batches and the last one
            came = f"In {len(sums)} batches the same latent vectors."
            return Finding("optimizers", "noise-reused", "Fresh noise in each batch.", came)
    return None


def mode_finding(loop: Loop, name: str, matters: Any) -> Finding | None:
    """A network that was in eval mode at all steps of an epoch: advice, if its mode matters not."""
    epochs = [
        [mode for update in epoch for mode in update.modes]
        for epoch in loop.epochs_of(loop.of(name))
    ]
    if not epochs:
        return update_finding(loop)
    n_off = sum(bool(modes) and not any(modes) for modes in epochs)
    if not n_off:
        return None
    came = f"In {n_off} of {len(epochs)} epochs the {NAMES[name]} learned in eval mode."
    expected = "Both networks in training mode at every step."
    aspect = "modes" if matters is True else ADVICE
    return Finding(aspect, "training-in-eval-mode", expected, came)


def _range(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return str(low) if low == high else f"{low} to {high}"
