"""What train_gan's history holds, beside the losses that the run went down.

The right entries are the mean of an epoch's losses, over batches or over images, or the last
batch's, and half or twice of these, as a loss may be summed or averaged over real and fake
images. What is none of them is refused only where it is clearly something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from checks.engine.course.check_errors import wrong
from checks.engine.judging.advanced.loop import Loop
from checks.engine.judging.advanced.loss_findings import ADVICE, Finding
from checks.engine.judging.common import expect
from checks.engine.sandbox.wire import Array

LOSSES = {"D": "discriminator_loss", "G": "generator_loss"}
KEYS = ("epoch", *LOSSES.values())
EXPECTED = "In each entry the mean of the epoch's losses."
Epochs = list[list[tuple[float, int]]]  # for each epoch each batch's loss, and its images
Numbers = np.ndarray[Any, Any]


def judge_history(history: Any, loop: Loop) -> None:
    """One entry an epoch: its number from 1, and both losses as floats."""
    entries = history if isinstance(history, list) else []
    expected = f"{loop.epochs} entries for {loop.epochs} epochs, each with {', '.join(KEYS)}."
    if len(entries) != loop.epochs:
        wrong(_miscounted(len(entries), loop), expected=expected, came=f"{len(entries)} entries.")
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict) or any(key not in entry for key in KEYS):
            named = ", ".join(map(str, entry)) if isinstance(entry, dict) else expect.named(entry)
            wrong("history-wrong", expected=expected, came=f"An entry with {named}.")
        if entry["epoch"] != number:
            came = f"Entry {number} has epoch {entry['epoch']}."
            wrong("history-wrong", expected=f"Epochs 1 to {loop.epochs}.", came=came)
        for key in LOSSES.values():
            value = entry[key]
            if isinstance(value, Array) and value.kind != "scalar":
                came = f"{key}: {expect.named(value)}."
                wrong("history-not-floats", expected="Both losses as floats.", came=came)
            if not np.isfinite(expect.number(value, f"{key} in the history")):
                wrong("not-finite", expected="Finite losses.", came=f"{key}: {value}.")


def _miscounted(n_entries: int, loop: Loop) -> str:
    if loop.is_complete and n_entries == loop.steps_wanted:
        return "history-entry-per-batch"
    if loop.is_complete and 0 < n_entries < loop.epochs:
        return "history-overwritten"
    return "history-wrong" if loop.is_complete else "epochs-ignored"


def value_finding(history: Any, loop: Loop) -> Finding | None:
    """What is wrong with the losses in a history that is in form; None where nothing is.

    With the aspect "advice": the numbers are none that we know.
    """
    known = {name: run for name in LOSSES if (run := _losses(loop, name)) is not None}
    if not loop.is_complete or loop.is_swapped or len(known) < len(LOSSES):
        return None
    said = {name: np.array([expect.number(e[key], key) for e in history])
            for name, key in LOSSES.items()}  # fmt: skip
    others = {"D": "G", "G": "D"}
    read = {
        name: _reading(said[name], run, known[others[name]], loop) for name, run in known.items()
    }
    if set(read.values()) == {"other"}:
        came = "Under each key stand the losses of the other network."
        return Finding("history", "history-losses-swapped", EXPECTED, came)
    for name, mistake in read.items():
        values = ", ".join(f"{value:.4g}" for value in said[name])
        means = ", ".join(f"{value:.4g}" for value in _mean(known[name]))
        came = f"{LOSSES[name]}: {values}. The means are {means}."
        if mistake == "other":
            return Finding("history", "history-one-loss-twice", EXPECTED, came)
        if mistake == "unknown":
            lasts = ", ".join(f"{epoch[-1][0]:.4g}" for epoch in known[name])
            came = f"{LOSSES[name]}: {values}. Means: {means}. Last batches: {lasts}."
            is_constant = float(np.ptp(said[name])) < 1e-9
            aspect = "history" if is_constant else ADVICE
            return Finding(aspect, "history-other-numbers", EXPECTED, came)
        if mistake:
            return Finding("history", mistake, EXPECTED, came)
    return None


def _losses(loop: Loop, name: str) -> Epochs | None:
    """Each batch's loss; None where one was not seen."""
    found: Epochs = []
    others = {
        one.number for update in loop.of({"D": "G", "G": "D"}[name]) for one, _ in update.parts
    }
    for epoch in loop.epochs_of(loop.of(name)):
        found.append([])
        for update in epoch:
            if not others.isdisjoint(one.number for one, _ in update.parts):
                return None  # one pass for both networks: nobody knows what each one's loss was
            if update.loss is None or not update.n_rows or not np.isfinite(update.loss):
                return None
            found[-1].append((update.loss, update.n_rows))
    return found


def _reading(said: Numbers, run: Epochs, other: Epochs, loop: Loop) -> str:
    """ "" for right numbers, else the mistake, "other" for the other network's, or "unknown"."""
    if any(_fits(said, scale * right) for right in _right(run) for scale in (1, 0.5, 2)):
        return ""
    for mistake, values in _wrong(run, loop):
        if _fits(said, values):
            return mistake
    if any(_fits(said, right) for right in _right(other)):
        return "other"
    return "unknown"


def _right(run: Epochs) -> Iterator[Numbers]:
    """The mean over batches or images, or the last batch's; of sums over a batch also by image."""
    yield _mean(run)
    yield np.array([epoch[-1][0] for epoch in run])
    yield np.array([_by_image(epoch) for epoch in run])
    if _is_summed(run):
        yield np.array([np.mean([loss / rows for loss, rows in epoch]) for epoch in run])
        yield np.array([epoch[-1][0] / epoch[-1][1] for epoch in run])
        yield _sum(run) / np.array([sum(rows for _, rows in epoch) for epoch in run])


def _wrong(run: Epochs, loop: Loop) -> Iterator[tuple[str, Numbers]]:
    sums = _sum(run)
    counts = np.array([len(epoch) for epoch in run])
    yield "history-accumulated", np.cumsum(sums) / np.cumsum(counts)
    yield "history-accumulated", np.cumsum(sums) / counts
    yield "history-accumulated", np.cumsum(sums)
    yield "history-first-batch", np.array([epoch[0][0] for epoch in run])
    if not _is_summed(run):
        for divisor in (1, loop.n_images, loop.batch_size, loop.n_images // loop.batch_size,
                        loop.epochs, loop.steps_wanted):  # fmt: skip
            yield "history-not-averaged", sums / divisor


def _mean(run: Epochs) -> Numbers:
    return np.array([np.mean([loss for loss, _ in epoch]) for epoch in run])


def _sum(run: Epochs) -> Numbers:
    return np.array([sum(loss for loss, _ in epoch) for epoch in run])


def _by_image(epoch: Sequence[tuple[float, int]]) -> float:
    losses, rows = zip(*epoch, strict=True)
    return float(np.average(losses, weights=rows))


def _is_summed(run: Epochs) -> bool:
    """Whether the loss is a sum over the batch: then a batch of 16 has more than one of 7."""
    ratios = []
    for epoch in run:
        for (loss, rows), (next_loss, next_rows) in pairwise(epoch):
            if rows > 1.5 * next_rows and next_loss > 0:
                ratios.append(loss / next_loss)
    return bool(ratios) and float(np.median(ratios)) > 1.5


def _fits(said: Numbers, values: Numbers) -> bool:
    """Equal up to rounding, and to as many digits as the numbers that were said have."""
    tolerance = 2e-4 * np.abs(values) + 1e-6
    for digits in range(1, 6):
        if np.allclose(said, np.round(said, digits), rtol=0, atol=1e-9):
            tolerance = np.maximum(tolerance, 0.51 * 10.0**-digits)
            break
    return said.shape == values.shape and bool((np.abs(said - values) <= tolerance).all())
