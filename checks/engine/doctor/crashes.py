"""Exceptions that are a bug of the training, explained."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.engine.doctor.evidence import Crash, Seen
from checks.engine.doctor.finding import Finding, bug
from checks.engine.doctor.roles import Roles

SIZES = re.compile(r"\[?(\d+)(?:, \d+)*\]?")
# By what the message says, whatever surrounds it.
KNOWN = (
    (r"modified by an inplace operation", "stale-scores",
     "backward() needed weights as they were in the forward pass, and a step has changed them in "
     "between."),
    (r"backward through the graph a second time", "second-backward",
     "backward() ran a second time through one graph."),
    (r"does not require grad and does not have a grad_fn", "graph-cut",
     "The loss has no graph: nothing that it was made of leads to a weight."),
    (r"Found dtype Long|result type Float can't be cast|expected .*Float.* but .*Long",
     "label-dtype", "The labels are whole numbers, and the loss needs floats."),
    (r"all elements of input should be between 0 and 1", "scores-not-probabilities",
     "The loss takes probabilities, and the discriminator's scores leave the range from 0 to 1."),
    (r"output with shape \[1, \d+, \d+\] doesn't match the broadcast shape \[3, \d+, \d+\]",
     "normalization-channels",
     "The normalization has three channels, and the images have one."),
)  # fmt: skip
TARGETS = r"target size \((.*?)\).*input size \((.*?)\)"
FEW_STEPS = 2  # a crash that comes later may be none of the training's
UNFIT = (
    r"mat1 and mat2 shapes cannot be multiplied|expected input.* to have \d+ channels|"
    r"Sizes of tensors must match|must match the size|size mismatch|is invalid for input of size"
)


def explained(seen: Seen, roles: Roles | None) -> Iterator[Finding]:
    """What an exception says of the training; nothing where a stand-in is behind it."""
    crash = seen.crash
    if crash is None or crash.by_stand_in or not crash.frames:
        return
    text = f"{crash.type}: {crash.message}"
    for pattern, mistake, meaning in KNOWN:
        if re.search(pattern, text, re.DOTALL):
            yield bug(mistake, crash.place, f"{meaning} PyTorch says: {_short(crash)}")
            return
    if short := _short_batch(seen, crash, text):
        yield short
    elif found := re.search(TARGETS, text, re.DOTALL):
        yield bug(
            "label-shape", crash.place,
            f"Labels of shape {_shape(found[1])} meet scores of shape {_shape(found[2])}. PyTorch "
            f"says: {_short(crash)}",
        )  # fmt: skip
    elif re.search(UNFIT, text) and len(seen.steps) < FEW_STEPS:
        yield bug("shapes-unfit", crash.place, f"The script ends here. PyTorch says: "
                  f"{_short(crash)}")  # fmt: skip


def _short_batch(seen: Seen, crash: Crash, text: str) -> Finding | None:
    """A crash on the last, shorter batch, whose sizes are in the message."""
    given = [each for each in seen.batches if each.kind == "batch"]
    sizes = [int(each.more.get("size", 0)) for each in given]
    if len(sizes) < 2 or sizes[-1] >= max(sizes) or not sizes[-1]:
        return None
    numbers = {int(each) for each in re.findall(r"\d+", text)}
    doubled = {sizes[-1], 2 * sizes[-1]} & numbers and {max(sizes), 2 * max(sizes)} & numbers
    if not doubled and not re.search(UNFIT, text):
        return None
    return bug(
        "short-batch", crash.place,
        f"It ran for {len(sizes) - 1} batches of {max(sizes)} and ended on the last one, which has "
        f"{sizes[-1]}: a size is written down here that should follow the batch. PyTorch says: "
        f"{_short(crash)}",
    )  # fmt: skip


def _shape(text: str) -> str:
    return f"({text.replace('torch.Size', '').strip('([])')})"


def _short(crash: Crash) -> str:
    return f"{crash.type}: {crash.message.strip().splitlines()[0][:160]}" if crash.message else (
        crash.type)  # fmt: skip
