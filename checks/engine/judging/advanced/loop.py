"""What a short run of train_gan did, read from what the probe saw.

The probe reports, in order, each call of the two networks (with the numbers of the real images
that it was fed), each backward pass, each optimizer step and each end of an epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import ceil, frexp
from typing import Any

import numpy as np

from checks.engine.judging.advanced.draws import Draw
from checks.engine.judging.common import expect
from checks.engine.sandbox.solution import Evidence
from checks.engine.sandbox.wire import Array

Numbers = np.ndarray[Any, Any]
LEFT_OVER = 0.05  # a pass or an old gradient with a smaller factor is rounding
UNEXPLAINED = 0.02  # a gradient of which more is no pass's was changed by hand: it is not read


@dataclass
class Call:
    """One call of D: of which real images (-1 for others), which rows are G's, what it said.

    `is_real` includes images that are real, changed so that nobody knows which they are (mirrored,
    for example). `is_cut` says that no gradient can go on from its images into G, `is_coarse` that
    the scores are in half precision.
    """

    number: int
    real: Numbers
    is_real: Numbers
    is_fake: Numbers
    is_cut: bool
    scores: Numbers | None = None
    is_coarse: bool = False
    n_noisy: int = 0

    @property
    def is_strange(self) -> Numbers:
        """Which rows are neither real nor G's."""
        return np.asarray(~self.is_real & ~self.is_fake)


@dataclass
class Pass:
    """One backward pass: its loss, the networks it added gradients to, its pull at each score."""

    number: int
    loss: float
    reached: str
    forces: dict[int, Numbers]  # dL/dscore, by the number of D's call
    has_penalty: bool


@dataclass
class Update:
    """One optimizer step: whose weights, at what rates, and what came before it.

    `parts` are the passes that its gradient is made of, each with its factor, `kept` is the share
    of the gradient of the same optimizer's last step that is in it once more.
    `is_frozen` says that none of the weights wanted gradients, `is_reset` that they were no longer
    those that the last step had left.
    `real` are the real images that D learned from in it, or was shown since its last step;
    `n_unknown` those of which nobody can tell which they are, `n_strange` the images that were
    neither real nor G's. `modes` are those of the network's calls since its last step.
    Since the last step of any network: `shown` says whether D was shown real images, `fakes` holds
    the number of other ones in each of its calls, `cut` whether these came without a
    graph, `draws` are the batches of z, `graphs` says of each call of G whether it had a graph, and
    `passes` are the backward passes.
    """

    owner: str
    rates: list[float]
    optimizer: int = 0
    is_returned: bool = True
    has_gradient: bool = True
    has_state: bool = False
    is_frozen: bool = False
    is_reset: bool = False
    parts: list[tuple[Pass, float]] = field(default_factory=list)
    kept: float = 0.0
    unexplained: float = 0.0
    real: list[int] = field(default_factory=list)
    n_unknown: int = 0
    n_strange: int = 0
    shown: bool = False
    fakes: list[int] = field(default_factory=list)
    cut: list[bool] = field(default_factory=list)
    modes: list[bool] = field(default_factory=list)
    draws: list[Draw] = field(default_factory=list)
    graphs: list[bool] = field(default_factory=list)
    passes: list[Pass] = field(default_factory=list)

    @property
    def loss(self) -> float | None:
        """The loss that it went down; None where none was seen.

        A loss that was scaled up for half precision, by a power of two, comes with a factor that
        undoes it; one that the optimizer climbs, with a negative one.
        """
        parts = [
            one.loss * (abs(factor) if _is_scale(abs(factor)) else 1) * (-1 if factor < 0 else 1)
            for one, factor in self.parts
        ]
        return sum(parts) if parts else None

    @property
    def n_rows(self) -> int:
        """Images in its batch."""
        return len(set(self.real)) if self.owner == "D" else max(self.fakes, default=0)


def _is_scale(factor: float) -> bool:
    return 0 < factor < 0.6 and abs(frexp(factor)[0] - 0.5) < 1e-4


@dataclass
class Loop:
    """A run of train_gan on `n_images` images: its updates, and the widths that G was fed.

    `ends` holds, for each call of the callback, how many updates came before it; `calls` are D's,
    by number.
    """

    n_images: int
    batch_size: int
    epochs: int
    n_entries: int = 0
    updates: list[Update] = field(default_factory=list)
    latent_widths: set[int] = field(default_factory=set)
    ends: list[int] = field(default_factory=list)
    calls: dict[int, Call] = field(default_factory=dict)

    @property
    def batches(self) -> int:
        """Batches in an epoch, the last and shorter one included."""
        return ceil(self.n_images / self.batch_size)

    @property
    def steps_wanted(self) -> int:
        """Steps that each network should have taken."""
        return self.batches * self.epochs

    @property
    def is_complete(self) -> bool:
        """Whether each network took as many steps as it should have."""
        return all(len(self.of(name)) == self.steps_wanted for name in "DG")

    @property
    def is_swapped(self) -> bool:
        """Whether G's optimizer steps where D has been shown real images, and moves nothing."""
        updates, others = self.of("G"), self.of("D")
        n_shown = sum(update.shown for update in updates)
        if n_shown <= len(updates) / 2 or any(update.has_gradient for update in updates):
            return False
        return sum(update.shown for update in others) < len(others) / 2

    def of(self, *owners: str) -> list[Update]:
        """The updates of these networks."""
        return [update for update in self.updates if update.owner in owners]

    def turns_of(self, owner: str) -> list[Update]:
        """The updates of a network, but several in a row on a batch, or on parts of one, as one."""
        turns: list[Update] = []
        last: Update | None = None
        for update in self.updates:
            if update.owner == owner:
                turn = update
                if last is not None and last.owner == owner:
                    together = [*dict.fromkeys([*turns[-1].real, *update.real])]
                    if set(turns[-1].real) == set(update.real):
                        turns.pop()
                    elif len(together) <= self.batch_size:
                        part = turns.pop()
                        turn = replace(
                            update,
                            real=together,
                            n_unknown=part.n_unknown + update.n_unknown,
                            n_strange=part.n_strange + update.n_strange,
                        )
                turns.append(turn)
            last = update
        return turns

    def epochs_of(self, updates: Sequence[Update]) -> list[list[Update]]:
        """The updates in as many equal parts as there are epochs."""
        size = max(1, ceil(len(updates) / self.epochs))
        return [list(updates[i : i + size]) for i in range(0, len(updates), size)]


@dataclass
class _Since:
    """What has been seen since a step."""

    real: list[int] = field(default_factory=list)
    n_unknown: int = 0
    n_strange: int = 0
    shown: bool = False
    fakes: list[int] = field(default_factory=list)
    cut: list[bool] = field(default_factory=list)
    modes: dict[str, list[bool]] = field(default_factory=lambda: {"D": [], "G": []})
    draws: list[Draw] = field(default_factory=list)
    graphs: list[bool] = field(default_factory=list)
    n_passes: int = 0


def loop_of(report: Evidence, n_images: int, batch_size: int, epochs: int) -> Loop:
    """The run behind the probe's report."""
    history = report["history"]
    loop = Loop(n_images, batch_size, epochs, len(history) if isinstance(history, list) else 0)
    since = _Since()
    events = [expect.record(entry) for entry in expect.entries(report["events"])]
    try:
        entries = expect.entries(report["passes"])
        passes = [_pass(number, expect.record(entry)) for number, entry in enumerate(entries)]
        for event in events:
            _read(event, loop, since, passes)
    except (TypeError, ValueError, OverflowError, IndexError, AttributeError):
        Evidence().__missing__("")
    return loop


def _pass(number: int, entry: Evidence) -> Pass:
    forces = {
        int(call): _numbers(gradient)
        for call, gradient in (expect.items(one, 2) for one in expect.entries(entry["forces"]))
    }
    loss = sum(expect.numbers(entry["losses"]))
    return Pass(number, loss, str(entry["reached"]), forces, entry["has_penalty"] is True)


def _numbers(value: Any) -> Numbers:
    if not isinstance(value, Array):
        Evidence().__missing__("")
    return np.asarray(value.values).ravel()


def _read(event: Evidence, loop: Loop, since: _Since, passes: list[Pass]) -> None:
    if event["kind"] == "epoch":
        loop.ends.append(len(loop.updates))
    elif event["kind"] == "step":
        loop.updates.append(_update(event, loop, since, passes))
    elif event["network"] == "G":
        loop.latent_widths.add(int(event["columns"]))
        since.graphs.append(event["graph"] is True)
        if event["graph"] is True:
            since.modes["G"].append(event["training"] is True)
        if "z" in event:
            numbers = expect.numbers(expect.items(event["z"], 5))
            since.draws.append(Draw(int(event["rows"]) * int(event["columns"]), *numbers))
    elif event["graph"] is True and isinstance(event.get("real"), Array):
        call = _call(event)
        loop.calls[call.number] = call
        n_others = len(call.real) - int(call.is_real.sum())
        since.real += [int(number) for number in call.real if number >= 0]
        since.n_unknown += int((call.is_real & (call.real < 0)).sum())
        since.shown = since.shown or bool(call.is_real.any())
        since.n_strange += int(call.is_strange.sum())
        since.modes["D"].append(event["training"] is True)
        if n_others:
            since.fakes.append(n_others)
            since.cut.append(call.is_cut)


def _call(event: Evidence) -> Call:
    scores = _numbers(event["scores"]) if "scores" in event else None
    real, is_fake = _numbers(event["real"]).astype(int), _numbers(event["fake"]) >= 0
    is_cut = event["cut"] is True
    is_real, looks = real >= 0, event["looks"]
    if not is_cut:  # whatever came along G's graph is G's, however it was changed on the way
        is_fake = ~is_real
    elif looks == "real":
        is_real = ~is_fake
    elif looks == "fake":
        is_fake = ~is_real
    call = Call(int(event["number"]), real, is_real, is_fake, is_cut)
    if scores is not None and len(scores) == len(real) == len(is_fake):
        call.scores = scores.astype(float)
    call.is_coarse = event.get("is_coarse") is True
    call.n_noisy = int(event["n_noisy"])
    return call


def _update(event: Evidence, loop: Loop, since: _Since, passes: list[Pass]) -> Update:
    """The update of an event, which begins anew what has been seen since."""
    n_passes = int(event["passes"])
    parts = [expect.numbers(expect.items(one, 2)) for one in expect.entries(event["parts"])]
    largest = max((abs(factor) for _, factor in parts), default=0.0)
    update = Update(
        str(event["owner"]),
        expect.numbers(event["rates"]),
        int(event["optimizer"]),
        event["returned"] is True,
        event["has_gradient"] is True,
        event["has_state"] is True,
        event["is_frozen"] is True,
        event["is_reset"] is True,
        [(passes[int(n)], factor) for n, factor in parts if abs(factor) > LEFT_OVER * largest],
        float(event["kept"]) if float(event["unexplained"]) < UNEXPLAINED else 0.0,
        float(event["unexplained"]),
        shown=since.shown,
        fakes=since.fakes,
        cut=since.cut,
        draws=since.draws,
        graphs=since.graphs,
        passes=passes[since.n_passes : n_passes],
    )
    since.shown, since.fakes, since.cut = False, [], []
    since.draws, since.graphs, since.n_passes = [], [], n_passes
    if update.owner != "G":
        scored = {number for one, _ in update.parts for number in one.forces} & set(loop.calls)
        learned = [int(n) for number in scored for n in loop.calls[number].real if n >= 0]
        update.real, since.real = learned or since.real, []
        update.n_strange, since.n_strange = since.n_strange, 0
        update.n_unknown, since.n_unknown = since.n_unknown, 0
    if update.owner in since.modes:
        update.modes, since.modes[update.owner] = since.modes[update.owner], []
    return update
