"""What a short run of train_gan did, read from what the probe saw.

The probe reports, in order, each call of the two networks (with the numbers of the real images
that it was fed), each optimizer step and each end of an epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

from checks.engine.judging.common import expect
from checks.engine.sandbox.solution import Evidence
from checks.engine.sandbox.wire import Array


@dataclass
class Update:
    """One optimizer step: whose weights, at what rates, and what came before it.

    `real` are the real images that D was shown since its last step, `n_strange` the images among
    them that were neither real nor G's, `modes` those of the network's calls since its last step.
    Since the last step of any network: `shown` says whether D was shown real images, `forged`
    holds the number of forged ones in each call of D, `cut` whether these came without a graph,
    `latent_sums` the sum of all numbers in each batch of z, and `losses` what backward() was called
    on.
    """

    owner: str
    rates: list[float]
    optimizer: int = 0
    is_returned: bool = True
    has_gradient: bool = True
    has_state: bool = False
    uncleared: bool = False
    losses: list[float] = field(default_factory=list)
    real: list[int] = field(default_factory=list)
    n_strange: int = 0
    shown: bool = False
    forged: list[int] = field(default_factory=list)
    cut: list[bool] = field(default_factory=list)
    modes: list[bool] = field(default_factory=list)
    latent_sums: list[float] = field(default_factory=list)

    @property
    def loss(self) -> float | None:
        """The loss that it went down; None where backward() was not seen."""
        return sum(self.losses) if self.losses else None

    @property
    def n_rows(self) -> int:
        """Images in its batch."""
        return len(set(self.real)) if self.owner == "D" else max(self.forged, default=0)


@dataclass
class Loop:
    """A run of train_gan on `n_images` images: its updates, and the widths that G was fed.

    `ends` holds, for each call of the callback, how many updates came before it.
    """

    n_images: int
    batch_size: int
    epochs: int
    n_entries: int = 0
    updates: list[Update] = field(default_factory=list)
    latent_widths: set[int] = field(default_factory=set)
    ends: list[int] = field(default_factory=list)

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
        updates = self.of("G")
        n_shown = sum(update.shown for update in updates)
        return n_shown > len(updates) / 2 and not any(update.has_gradient for update in updates)

    def of(self, *owners: str) -> list[Update]:
        """The updates of these networks."""
        return [update for update in self.updates if update.owner in owners]

    def epochs_of(self, updates: Sequence[Update]) -> list[list[Update]]:
        """The updates in as many equal parts as there are epochs."""
        size = max(1, ceil(len(updates) / self.epochs))
        return [list(updates[i : i + size]) for i in range(0, len(updates), size)]


@dataclass
class _Since:
    """What has been seen since a step."""

    real: list[int] = field(default_factory=list)
    n_strange: int = 0
    shown: bool = False
    forged: list[int] = field(default_factory=list)
    cut: list[bool] = field(default_factory=list)
    modes: dict[str, list[bool]] = field(default_factory=lambda: {"D": [], "G": []})
    latent_sums: list[float] = field(default_factory=list)


def loop_of(report: Evidence, n_images: int, batch_size: int, epochs: int) -> Loop:
    """The run behind the probe's report."""
    history = report["history"]
    loop = Loop(n_images, batch_size, epochs, len(history) if isinstance(history, list) else 0)
    since = _Since()
    for entry in expect.entries(report["events"]):
        event = expect.record(entry)
        try:
            _read(event, loop, since)
        except (TypeError, ValueError, OverflowError):
            Evidence().__missing__("")
    return loop


def _read(event: Evidence, loop: Loop, since: _Since) -> None:
    if event["kind"] == "epoch":
        loop.ends.append(len(loop.updates))
    elif event["kind"] == "step":
        loop.updates.append(_update(event, since))
    elif event["network"] == "G":
        loop.latent_widths.add(int(event["columns"]))
        if event["graph"] is True:
            since.modes["G"].append(event["training"] is True)
            since.latent_sums.append(float(event["sum"]))
    elif event["graph"] is True and isinstance(event.get("real"), Array):
        real = [int(number) for number in event["real"].values.ravel() if number >= 0]
        n_forged = max(0, int(event["rows"]) - len(real))
        since.real += real
        since.shown = since.shown or bool(real)
        since.n_strange += max(0, n_forged - int(event["n_forged"]))
        since.modes["D"].append(event["training"] is True)
        if n_forged:
            since.forged.append(n_forged)
            since.cut.append(event["cut"] is True)


def _update(event: Evidence, since: _Since) -> Update:
    """The update of an event, which begins anew what has been seen since."""
    update = Update(
        str(event["owner"]),
        expect.numbers(event["rates"]),
        int(event["optimizer"]),
        event["returned"] is True,
        event["has_gradient"] is True,
        event["has_state"] is True,
        event["uncleared"] is True,
        expect.numbers(event["losses"]),
        shown=since.shown,
        forged=since.forged,
        cut=since.cut,
        latent_sums=since.latent_sums,
    )
    since.shown, since.forged, since.cut, since.latent_sums = False, [], [], []
    if update.owner != "G":
        update.real, since.real = since.real, []
        update.n_strange, since.n_strange = since.n_strange, 0
    if update.owner in since.modes:
        update.modes, since.modes[update.owner] = since.modes[update.owner], []
    return update
