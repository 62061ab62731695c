"""What train_gan promises to whoever calls it: its arguments, its callback, its lines of text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from checks.engine.judging.advanced.loop import Loop
from checks.engine.judging.advanced.loss_findings import ADVICE, Finding
from checks.engine.judging.common import expect
from checks.engine.sandbox.solution import Evidence

DEFAULTS = {"epochs": 5, "batch_size": 64, "latent_dim": 100, "learning_rate": 2e-4}
ARGUMENTS = ("images", *DEFAULTS, "on_epoch_end")
GIVEN = {
    "D": "the discriminator",
    "other G": "another generator than the one in training",
    "other": "something else than a generator",
}
FRACTION = re.compile(r"\d[.,]\d|\d[eE][-+]?\d|\bnan\b|\binf\b")


def callback_finding(loop: Loop, called: Any, given: Sequence[str]) -> Finding | None:
    """Calls of on_epoch_end at other times, with other epochs or another network than promised."""
    wanted = list(range(1, loop.epochs + 1))
    if called != wanted:
        came = f"Called with {called}." if called else "It was not called."
        expected = f"Calls with the epochs {wanted}, counted from 1."
        return Finding("callback", "callback-missing", expected, came)
    wrong = [what for what in given if what != "G"]
    if wrong:
        expected = "The generator in training, as it is at the end of the epoch."
        came = f"It was given {GIVEN.get(wrong[-1], GIVEN['other'])}."
        return Finding("callback", "callback-wrong-network", expected, came)
    places = [2 * loop.batches * epoch for epoch in wanted]
    if loop.is_complete and len(loop.updates) == places[-1] and loop.ends != places:
        came = f"It was called after {_listed(loop.ends)} of {places[-1]} steps."
        expected = f"Calls after {_listed(places)} steps, each at the end of its epoch."
        return Finding("callback", "callback-misplaced", expected, came)
    return None


def printed_finding(lines: Sequence[str], printed_after: Any, loop: Loop) -> Finding | None:
    """Too few lines, none with losses in them, or all of them when it is over."""
    lines = [line for line in lines if line.strip()]
    if len(lines) < loop.epochs:
        expected = f"{loop.epochs} lines for {loop.epochs} epochs."
        return Finding("printed", "nothing-printed", expected, f"{len(lines)} lines.")
    expected = "After each epoch a line with its number and both losses."
    if sum(len(FRACTION.findall(line)) for line in lines) < 2 * loop.epochs:
        came = f"Lines such as “{lines[-1].strip()[:60]}”."
        return Finding("printed", "losses-not-printed", expected, came)
    if loop.is_complete and type(printed_after) is int and printed_after >= len(loop.updates):
        came = "Nothing was printed before the last step of the last epoch."
        return Finding("printed", "printed-at-the-end", expected, came)
    return None


def again_finding(report: Evidence) -> Finding | None:
    """What two trainings in one process, from two random states, should not share."""
    expected = "A second training with new networks, other random numbers and a history of its own."
    if report["images_changed"] is True:
        came = "After two trainings, the images passed in were no longer what they had been."
        expected = "The images that were passed in as they were."
        return Finding("again", "callers-images-changed", expected, came)
    if report["same_networks"] is True:
        came = "The second training returned a network of the first one."
        return Finding("again", "training-not-anew", expected, came)
    entries = expect.numbers(report["entries"])
    if len(set(entries)) != 1:
        counts = " and ".join(f"{count:g}" for count in entries)
        came = f"Two trainings of one epoch each returned histories of {counts} entries."
        return Finding("again", "training-not-anew", expected, came)
    if entries and entries[0] != 1:
        came = f"A training of one epoch returned a history of {entries[0]:g} entries."
        return Finding("again", "epochs-ignored", "One epoch, one entry.", came)
    if any(same is True for same in expect.entries(report["same_weights"])):
        came = "From two random states, two trainings ended at the very same weights."
        return Finding(ADVICE, "global-seed-clobbered", expected, came)
    return None


def arguments_finding(parameters: Sequence[Any] | None) -> Finding | None:
    """Another order or other defaults than the stub's; what could not be read is not judged."""
    if parameters is None:
        return None
    found = [expect.record(parameter) for parameter in parameters]
    by_place = [one["name"] for one in found if one["kind"] in ("POSITIONAL_OR_KEYWORD",
                                                              "POSITIONAL_ONLY")]  # fmt: skip
    wanted = [name for name in ARGUMENTS if name in by_place]
    if any(one["kind"] in ("VAR_POSITIONAL", "VAR_KEYWORD") for one in found):
        return None  # what is passed on to where, only the call shows
    are_missing = not {one["name"] for one in found if isinstance(one["name"], str)} >= {*ARGUMENTS}
    if are_missing or by_place[: len(wanted)] != wanted:
        came = f"{', '.join(str(one['name']) for one in found) or 'None'}."
        expected = f"{', '.join(ARGUMENTS)}."
        return Finding("arguments", "arguments-in-other-order", expected, came)
    for one in found:
        name, default = one["name"], one["default"]
        if one["is_required"] is True and name in ARGUMENTS[1:]:
            came = f"{name} has none."
        elif name in DEFAULTS and default is not None and default != DEFAULTS[name]:
            said = repr(default) if type(default) in (int, float) else expect.named(default)
            came = f"{name}={said}."
        else:
            continue
        defaults = ", ".join(f"{key}={value:g}" for key, value in DEFAULTS.items())
        return Finding("arguments", "other-defaults", f"{defaults}, on_epoch_end=None.", came)
    return None


def _listed(counts: Sequence[int]) -> str:
    *first, last = map(str, counts)
    return f"{', '.join(first)} and {last}" if first else last
