"""What is wrong with a run of train_gan: its images, its updates, its optimizers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from checks.engine.judging.advanced.loop import Loop, Update
from checks.engine.judging.advanced.loop_losses import NAMES, leftover_finding
from checks.engine.judging.advanced.loss_findings import ADVICE, Finding
from checks.engine.judging.common import expect


def image_finding(loop: Loop) -> Finding | None:
    """What is wrong with the images that D learned from; None if nothing is."""
    expected = (
        f"In each epoch all {loop.n_images} images once, in batches of {loop.batch_size} and a "
        f"last one of {loop.n_images % loop.batch_size}."
    )
    if finding := _epochs_finding(loop):
        return finding
    updates = loop.of("both") or loop.turns_of("D")
    if not updates and loop.updates:
        return update_finding(loop)
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
    if sum(update.n_unknown for update in updates) > n_real / 10:
        return None  # real images, but changed so that nobody knows which
    if not n_real and any(update.n_strange or update.fakes for update in updates):
        came = "The discriminator learned from none of the images that were passed in."
        return Finding("images", "never-sees-real", expected, came)
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
    if sizes and max(sizes) != loop.batch_size:
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
    if max(len(loop.turns_of(name)) for name in NAMES) > wanted:
        return Finding("updates", "too-many-steps", expected, came)
    order = "".join(update.owner for update in loop.updates if update.owner in "DG")
    if "D" * loop.batches in order and "G" * loop.batches in order:
        came = "A whole epoch of the discriminator's steps, then one of the generator's."
        return Finding("updates", "phases-apart", expected, came)
    if max(n_d, n_g) > wanted:
        return _batch_finding(loop) or Finding(ADVICE, "too-many-steps", expected, came)
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
        max(update.fakes)
        for update in loop.of("G")
        if update.fakes
        and not any(
            least <= count <= 2 * loop.batch_size for count in (*update.fakes, sum(update.fakes))
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


def rate_finding(
    loop: Loop, again: Mapping[str, Any], asked: tuple[float, float]
) -> Finding | None:
    """A network whose first rate does not grow with the argument; `again` are the second run's.

    A schedule may hang on the number of steps, so the rates need not grow by the same factor.
    """
    expected = f"A larger rate for {asked[1]:g} than for {asked[0]:g}, in both networks."
    if not loop.updates:
        return Finding("rate", "learning-rate-ignored", expected, "No optimizer step.")
    for name, written in NAMES.items():
        first = next((update.rates for update in loop.of(name)), [])
        second = expect.numbers(again.get(name, []))
        if not (first and len(first) == len(second)):
            continue
        if any(b < 1.01 * a for a, b in zip(first, second, strict=True)):
            came = (
                f"The {written}'s first step is taken at {first[0]:g} for {asked[0]:g}, and at "
                f"{second[0]:g} for {asked[1]:g}."
            )
            return Finding("rate", "learning-rate-ignored", expected, came)
    return None


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
    if finding := _still_finding(updates) or _reset_finding(loop, updates):
        return finding
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
    return _noise_finding(loop) or leftover_finding(loop)


def _still_finding(updates: Mapping[str, Sequence[Update]]) -> Finding | None:
    """A network whose steps found no gradients, or those of the turn before."""
    expected = "A gradient at each step, from this batch's loss."
    passes = [one for owner in updates for update in updates[owner] for one in update.passes]
    for name, written in NAMES.items():
        mine = updates[name]
        if not any(update.has_gradient for update in mine):
            came = f"At {len(mine)} of {len(mine)} steps the {written}'s weights had no gradient."
            own = [one for update in mine for one in update.passes]
            if any(name in one.reached for one in own or passes):
                mistake = "zero-grad-before-step"
            elif name == "G" and not any(_graphs_of_g(updates)):
                mistake = "no-grad-in-generator-step"
            elif name == "G" and all(update.shown and not update.fakes for update in mine):
                mistake = "generator-step-without-fakes"
            elif name == "G" and all(update.cut and all(update.cut) for update in mine):
                mistake = "detach-in-generator-step"
            elif (pulls := [f for one in own for f in one.forces.values()]) and not np.any(
                np.concatenate(pulls)
            ):
                mistake = "scores-constant"
                came = "The loss was the same whatever the scores: its gradient was 0 at each."
            else:
                n_passes = sum(bool(update.passes) for update in mine)
                mistake = "graph-cut" if n_passes > len(mine) / 2 else "no-backward"
            return Finding("optimizers", mistake, expected, came)
        frozen = [update for update in mine if update.is_frozen and not update.has_gradient]
        if len(frozen) > len(mine) / 2:
            came = f"At {len(frozen)} of {len(mine)} steps the {written}'s weights were frozen."
            return Finding("optimizers", "left-frozen", expected, came)
        late = [{one.number for one, _ in u.parts}.isdisjoint(p.number for p in u.passes)
                for u in mine]  # fmt: skip
        if not mine[0].has_gradient and all(late):
            came = f"The {written}'s first step found no gradients, and each later one old ones."
            return Finding("optimizers", "step-before-backward", expected, came)
    return None


def _reset_finding(loop: Loop, updates: Mapping[str, Sequence[Update]]) -> Finding | None:
    """Weights that are drawn anew in each epoch."""
    for name, written in NAMES.items():
        resets = [update for update in updates[name] if update.is_reset]
        if loop.epochs - 1 <= len(resets) <= len(updates[name]) / 2:
            came = f"{len(resets)} times the {written}'s weights were replaced between two steps."
            expected = "Weights that go on from where the last step left them."
            return Finding("optimizers", "weights-drawn-anew", expected, came)
    return None


def _graphs_of_g(updates: Mapping[str, Sequence[Update]]) -> list[bool]:
    """Whether G was called with a graph: in its own turns, or where D's images serve both."""
    own = [graph for update in updates["G"] for graph in update.graphs]
    return own or [graph for update in updates["D"] for graph in update.graphs]


def _noise_finding(loop: Loop) -> Finding | None:
    for name in NAMES:  # G's images may be made before D's step and serve both
        sums = [round(draw.total, 3) for update in loop.of(name) for draw in update.draws]
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
