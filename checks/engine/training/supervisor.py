"""One training: the learner's `train_gan` runs, and at each epoch's end everything is kept.

The learner's code has no notion of going on where it stopped. So a training that is resumed is
called as any other, runs through one epoch, which builds all its variables, and at the end of that
epoch every state is put back from `last.pt`. What follows is what an unbroken run does.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor, nn

from checks.engine.errors import MismatchError, NoImagesError, StoringError
from checks.engine.training import frames as running
from checks.engine.training import sampling, storing
from checks.engine.training.closing import close
from checks.engine.training.continuation import Scope
from checks.engine.training.devices import wait_for
from checks.engine.training.learning import silence
from checks.engine.training.live import Live
from checks.engine.training.losses import Pair, broken, reported
from checks.engine.training.records import Records
from checks.engine.training.runs import FORMAT

Train = Callable[[Tensor, Callable[..., None]], Any]


class EndedError(BaseException):
    """The training is over, for the reason in `ending`; no `except Exception` stops it."""


@dataclass(frozen=True)
class Ending:
    """Why a training ended before its time: "broken" losses, "storage", "mismatch", "nothing"."""

    status: str
    text: str


@dataclass
class Supervisor:
    """One training; `train(images, on_epoch_end)` calls the learner's code in a folder.

    `code` and `checksum` say which code and which images these are. `kept` is what `last.pt` holds
    where a run is resumed. `emit` gets the name of an event and its fields.
    """

    configuration: dict[str, Any]
    solutions: str
    scope: Scope
    images: Tensor
    train: Train
    records: Records
    emit: Callable[..., None]
    code: str
    checksum: str
    kept: dict[str, Any] | None = None
    ending: Ending | None = None
    generator: Any = None
    _again: bool = False
    recounts: bool = False
    _offset: int | None = None
    _told: set[str] = field(default_factory=set)
    _repeating: ExitStack = field(default_factory=ExitStack)  # open for the epoch that is repeated

    def __post_init__(self) -> None:
        self.epochs: int = self.configuration["epochs"]
        self.loop: tuple[str, int] | None = None
        if self.kept:
            self.records.take_over(self.kept)
            self._again, self._offset = True, self.kept["offset"]
            self.loop = tuple(self.kept["loop"]) if self.kept["loop"] else None
        batches = math.ceil(len(self.images) / self.configuration["batch_size"])
        before_first = None if self._again else self._before_first
        self.live = Live(batches, self._show, before_first, rushes=self._again)
        self.ranges = running.Ranges(self.epochs, self.loop, self.records.done)

    # The call.

    def run(self) -> None:
        """Train to the end, or until `ending` says why not.

        Raises:
            Exception: whatever the learner's code ends with.
            StoringError: there is no place for what has been reached.
        """
        if not self._again:
            self.records.store_state("running")
        self.ranges.stand_in(self.scope.modules)
        stop_watching = self.live.watch(self.scope.modules)
        self._seed()
        if self._again:
            self._repeating.enter_context(silence())
        self._start_clock()
        returned = None
        try:
            returned = self._call()
        except EndedError:
            pass
        finally:
            self._repeating.close()
            stop_watching()
        if self.ending is None:
            close(self, returned)

    def _call(self) -> Any:
        """The frame above which everything is the learner's."""
        return self.train(self.images, self.on_epoch_end)

    def _frames(self) -> list[FrameType]:
        return running.running(self.solutions, until=Supervisor._call.__code__)

    def _seed(self) -> None:
        seed = self.configuration["seed"]
        random.seed(seed)
        np.random.seed(seed % 2**32)
        torch.manual_seed(seed)

    def _start_clock(self) -> None:
        self.began, self.cpu_began = time.perf_counter(), time.process_time()

    def fail(self, status: str, text: str) -> None:
        """Note why this is no good end."""
        self.ending = Ending(status, text)

    def _end(self, status: str, text: str) -> NoReturn:
        self.fail(status, text)
        raise EndedError

    def tell(self, what: str, text: str) -> None:
        """Say something that is worth knowing, once."""
        if what not in self._told:
            self._told.add(what)
            self.emit("notice", text=text)

    # What happens as it goes on.

    def _show(self, share: float, losses: Pair) -> None:
        if self._again:
            self.emit("again", share=share)
        else:
            self.emit("batch", epoch=self.records.done + 1, share=share, losses=losses)

    def _before_first(self) -> None:
        """The networks are there and have learned nothing yet: keep their samples."""
        _, found = self.scope.take(self._frames())
        latent_dim, device = self.configuration["latent_dim"], self.images.device
        generator = sampling.find_generator(found, latent_dim, device)
        if generator is not None:
            self.generator = generator
            self._find_discriminator(found)
            try:
                self.records.store_samples(0, generator, walk=False)
            except StoringError as error:
                self._end("storage", str(error))
            except NoImagesError:
                pass
        self._start_clock()

    def _find_discriminator(self, found: list[tuple[str, nn.Module]]) -> None:
        if self.records.discriminator is None:
            others = [entry for entry in found if entry[1] is not self.generator]
            network = sampling.find_discriminator(others, self.records.real)
            self.records.discriminator = network

    def on_epoch_end(self, epoch: Any = None, generator: Any = None, *ignored: Any) -> None:
        """What the learner's `train_gan` calls; keeps everything that there is to keep."""
        if self.ending is not None:
            raise EndedError
        wait_for(self.images.device)
        times = time.perf_counter() - self.began, time.process_time() - self.cpu_began
        frames = self._frames()
        try:
            if self._again:
                self._put_back(frames)
            elif self.records.done < self.epochs:
                self._epoch_ended(epoch, generator, times, frames)
            else:
                self.tell("more", "Your train_gan goes on after the last epoch.")
        except StoringError as error:
            self._end("storage", str(error))
        self.live.epoch_ended()
        self._start_clock()

    def _epoch_ended(
        self, epoch: Any, generator: Any, times: tuple[float, float], frames: list[FrameType]
    ) -> None:
        losses = reported(frames, self.scope.is_own) or self.live.means()
        self.generator = generator
        self._stop_if_broken(losses, times[0])
        self.records.add(losses, *times)
        done = self.records.done
        self._compare_numbers(epoch, frames)
        taken, found = self.scope.take(frames)
        self._find_discriminator(found)
        if done in self.configuration["snapshots"] or done == self.epochs:
            self.store_samples(done)
        else:
            self.records.log(done, self.records.losses, None)
        self._store_states(taken)
        self.records.store_state("running")
        self.emit("epoch", epoch=done, losses=self.records.losses, seconds=times[0])
        if self.recounts and done == self.epochs:
            raise EndedError  # it has begun to count anew, and would go on

    def _compare_numbers(self, epoch: Any, frames: list[FrameType]) -> None:
        """See whether the learner's own count of the epochs goes on as ours does."""
        done = self.records.done
        offset = epoch - done if isinstance(epoch, int) else None
        if self.kept is None and done == 1:
            self._offset, self.loop = offset, self.ranges.loop_of(frames)
        elif self.kept is not None and done == self.kept["epoch"] + 1:
            counts_on = self.loop is not None if offset is None else offset == self._offset
            if not counts_on:
                self.recounts = True
                self.tell("recounts", "Your train_gan counts its epochs anew where the run goes "
                           "on, so what follows may differ from an unbroken run.")  # fmt: skip

    def _stop_if_broken(self, losses: Pair | None, seconds: float) -> None:
        problem = broken(losses) if losses else ""
        if not problem and isinstance(self.generator, nn.Module):
            weights = [w for w in self.generator.parameters() if w.is_floating_point()]
            if not all(bool(torch.isfinite(weight).all()) for weight in weights):
                problem = "the generator's weights became NaN"
        if problem:
            epoch = self.records.done + 1
            rows = self.records.rows
            rows.append([epoch, *(losses or (math.nan, math.nan)), seconds])
            self._end("broken", f"In epoch {epoch} {problem}.")

    # What is kept.

    def store_samples(self, epoch: int) -> None:
        if not isinstance(self.generator, nn.Module):
            self.tell("no generator", "Your train_gan hands its on_epoch_end no generator, as it "
                       "should after the epoch's number; so there are no samples.")  # fmt: skip
            return
        try:
            self.records.store_samples(epoch, self.generator, walk=epoch == self.epochs)
        except NoImagesError as error:
            self.tell("unusable", f"There are no samples: {error}")
            return
        self.emit("snapshot", epoch=epoch)

    def _store_states(self, taken: dict[str, Any]) -> None:
        content = {
            "format": FORMAT,
            "epochs": self.epochs,
            "code": self.code,
            "checksum": self.checksum,
            "offset": self._offset,
            "loop": list(self.loop) if self.loop else None,
        }
        content |= self.records.as_kept() | taken
        storing.store_tensors(self.records.folder / "last.pt", content)

    def _put_back(self, frames: list[FrameType]) -> None:
        """Put every state of `last.pt` back: from here on this is the run that was stopped."""
        assert self.kept is not None
        try:
            self.scope.put(frames, self.kept, (self.kept["epochs"], self.epochs))
        except MismatchError as error:
            self._end("mismatch", str(error))
        self._again = False
        self._repeating.close()
        if self.kept["unsaved"]:
            what = ", ".join(self.kept["unsaved"][:3])
            self.tell("unsaved", f"What {what} had come to can't be kept, so what follows may "
                       "differ from an unbroken run.")  # fmt: skip
        self.emit("resumed", epoch=self.records.done)
        storing.store_json(self.records.folder / "run.json", self.configuration)
        self.records.store_state("running")
