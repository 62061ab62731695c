"""One training: the learner's `train_gan` runs, and at each epoch's end everything is kept.

A training that is resumed is called for the epochs that are left. A `Checkpoint` puts the states of
its networks and optimizers back as they are first used; the epochs are counted here, whatever the
learner's code counts.
"""

from __future__ import annotations

import base64
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor, nn

from checks.engine.errors import MismatchError, NoImagesError, StoringError
from checks.engine.training import checkpoint, run_record, sampling
from checks.engine.training.checkpoint import Checkpoint
from checks.engine.training.devices import wait_for
from checks.engine.training.losses import Pair, broken, pairs_of
from checks.engine.training.monitor import Monitor
from checks.engine.training.run_record import RunRecord

Train = Callable[[Tensor, Callable[..., None]], Any]


class EndedError(BaseException):
    """The training is over, for the reason in `ending`; no `except Exception` stops it."""


@dataclass(frozen=True)
class Ending:
    """Why a training ended before its time: "broken" losses, "storage", "mismatch", "nothing"."""

    status: str
    text: str


@dataclass
class Trainer:
    """One training; `train(images, on_epoch_end)` calls the learner's code.

    `code` and `checksum` say which code and which images these are. `kept` is what `last.pt` holds
    where a run is resumed. `emit` gets the name of an event and its fields.
    """

    configuration: dict[str, Any]
    modules: list[ModuleType]
    images: Tensor
    train: Train
    record: RunRecord
    emit: Callable[..., None]
    code: str
    checksum: str
    kept: dict[str, Any] | None = None
    ending: Ending | None = None
    generator: Any = None
    _told: set[str] = field(default_factory=set)
    _n_looked_at: int = 0  # networks among which the generator is not

    def __post_init__(self) -> None:
        self.epochs: int = self.configuration["epochs"]
        if self.kept:
            self.record.take_over(self.kept)
        self.n_before = self.record.done
        self.checkpoint = Checkpoint(self.kept)
        batches = math.ceil(len(self.images) / self.configuration["batch_size"])
        self.monitor = Monitor(batches, self._show, self._resumed if self.kept else self._untrained)

    # The call.

    def run(self) -> None:
        """Train to the end, or until `ending` says why not.

        Raises:
            Exception: whatever the learner's code ends with.
            StoringError: there is no place for what has been reached.
        """
        if self.kept:
            print(
                f"Going on after epoch {self.n_before}; the code itself counts from 1.", flush=True
            )
        else:
            self.record.store_state("running")
        self._seed()
        self._start_clock()
        returned = None
        try:
            with self.checkpoint.watching(), self.monitor.watching(self.modules):
                returned = self.train(self.images, self.on_epoch_end)
        except (EndedError, MismatchError):
            pass
        except Exception:  # one that the learner's code has made of a mismatch, perhaps
            if not self.checkpoint.mismatch:
                raise
        if self.checkpoint.mismatch:
            self.fail("mismatch", self.checkpoint.mismatch)
        if self.ending is None:
            self._close(returned)

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
        self.emit("batch", epoch=self.record.done + 1, share=share, losses=losses)

    def _untrained(self) -> bool:
        """Keep samples of the generator before its first step; whether that is over."""
        networks = self.checkpoint.networks
        if len(networks) == self._n_looked_at:
            return False
        self._n_looked_at = len(networks)
        latent_dim, device = self.configuration["latent_dim"], self.images.device
        try:
            with self.checkpoint.paused():
                self.generator = sampling.find_generator(networks, latent_dim, device)
                if self.generator is None:
                    return False
                self._let_see()
                self._find_discriminator()
                self.record.store_samples(0, self.generator, walk=False)
        except StoringError as error:
            self._end("storage", str(error))
        except NoImagesError:
            pass
        self._start_clock()
        return True

    def _resumed(self) -> bool:
        """From here on the run is this one, once all that was kept has found its place."""
        if self.checkpoint.is_waiting:
            return False
        run_record.store_json(self.record.folder / "run.json", self.configuration)
        self.record.store_state("running")
        return True

    def _find_discriminator(self) -> None:
        if self.record.discriminator is None:
            others = [each for each in self.checkpoint.networks if each is not self.generator]
            self.record.discriminator = sampling.find_discriminator(others, self.record.real)

    def on_epoch_end(self, epoch: Any = None, generator: Any = None, *ignored: Any) -> None:
        """What the learner's `train_gan` calls; keeps everything that there is to keep."""
        if self.ending is not None or self.checkpoint.mismatch:
            raise EndedError
        wait_for(self.images.device)
        times = time.perf_counter() - self.began, time.process_time() - self.cpu_began
        try:
            if self.record.done < self.epochs:
                self._epoch_ended(generator, times)
            else:
                self.tell("more", "Your train_gan goes on after the last epoch.")
        except StoringError as error:
            self._end("storage", str(error))
        self.monitor.epoch_ended()
        self._start_clock()

    def _epoch_ended(self, generator: Any, times: tuple[float, float]) -> None:
        losses = self.monitor.means()
        self.generator = generator
        if isinstance(generator, nn.Module):
            self.checkpoint.handed_over(generator)
        self._stop_if_broken(losses, times[0])
        self.record.add(losses, *times)
        done = self.record.done
        with self.checkpoint.paused():
            self._let_see()
            self._find_discriminator()
            if done in self.configuration["snapshots"] or done == self.epochs:
                self.store_samples(done)
            else:
                self.record.log(done, self.record.losses, None)
        self._store_checkpoint()
        self.record.store_state("running")
        self.emit("epoch", epoch=done, losses=self.record.losses, seconds=times[0])

    def _let_see(self) -> None:
        """A few of the generator's images, for whoever watches."""
        if isinstance(self.generator, nn.Module):
            latent_dim, device = self.configuration["latent_dim"], self.images.device
            images = sampling.glance(self.generator, latent_dim, device)
            if images is not None:
                self.emit("glance", images=base64.b64encode(images.tobytes()).decode("ascii"))

    def _stop_if_broken(self, losses: Pair | None, seconds: float) -> None:
        problem = broken(losses) if losses else ""
        if not problem and isinstance(self.generator, nn.Module):
            weights = [w for w in self.generator.parameters() if w.is_floating_point()]
            if not all(bool(torch.isfinite(weight).all()) for weight in weights):
                problem = "the generator's weights became NaN"
        if problem:
            epoch = self.record.done + 1
            rows = self.record.rows
            rows.append([epoch, *(losses or (math.nan, math.nan)), seconds])
            self._end("broken", f"In epoch {epoch} {problem}.")

    # What is kept.

    def store_samples(self, epoch: int) -> None:
        """Keep samples of the generator, where it is one."""
        if not isinstance(self.generator, nn.Module):
            self.tell("no generator", "Your train_gan hands its on_epoch_end no generator, as it "
                       "should after the epoch's number; so there are no samples.")  # fmt: skip
            return
        try:
            self.record.store_samples(epoch, self.generator, walk=epoch == self.epochs)
        except NoImagesError as error:
            self.tell("unusable", f"There are no samples: {error}")
            return
        self.emit("snapshot", epoch=epoch)

    def _store_checkpoint(self) -> None:
        content = {"format": checkpoint.FORMAT, "code": self.code, "checksum": self.checksum}
        content |= self.record.as_kept() | self.checkpoint.states()
        run_record.store_tensors(self.record.folder / "last.pt", content)

    # The end.

    def _close(self, returned: Any) -> None:
        """Close the books with what `train_gan` returned, as far as that is what it should be."""
        generator, history = self._parts(returned)
        if self.record.done == self.n_before:
            self.tell("never", "Your train_gan never called on_epoch_end, so only the end of the "
                      "training is kept, and it can't be resumed.")  # fmt: skip
            if not self._keep_only_the_end(generator, history):
                return
        elif self.record.done < self.epochs:
            n_done = self.record.done
            self.tell("early", f"Your train_gan ended after {n_done} of {self.epochs} epochs.")
            self.epochs = n_done
            self.store_samples(n_done)
        rows = self.record.rows[self.n_before :]
        if history and len(history) == len(rows):
            for row, losses in zip(rows, history, strict=True):
                row[1:3] = losses
            if problem := next(filter(None, map(broken, history)), ""):
                self.fail("broken", f"The training went through, but {problem}.")
                return
        self.record.store_state("finished")

    def _parts(self, returned: Any) -> tuple[Any, list[Pair]]:
        """The generator and the history that were returned."""
        if isinstance(returned, tuple) and len(returned) == 3:
            generator, discriminator, history = returned
            if isinstance(discriminator, nn.Module) and self.record.discriminator is None:
                self.record.discriminator = discriminator
            if isinstance(generator, nn.Module) and (pairs := pairs_of(history)) is not None:
                return generator, pairs
        what = type(returned).__name__
        if isinstance(returned, tuple):
            what = f"({', '.join(type(part).__name__ for part in returned)})"
        self.tell(
            "returned",
            "Your train_gan should return (generator, discriminator, history), the history with "
            f"both losses of each epoch, and returned {what}.",
        )
        first = returned[0] if isinstance(returned, tuple) and returned else returned
        return first if isinstance(first, nn.Module) else self.generator, []

    def _keep_only_the_end(self, generator: Any, history: list[Pair]) -> bool:
        """Keep a training that was not heard of while it ran; whether there is anything to keep."""
        if not isinstance(generator, nn.Module):
            self.fail("nothing", "The training left nothing behind: no generator came back from "
                      "train_gan, nor through on_epoch_end.")  # fmt: skip
            return False
        self.generator = generator
        epochs = len(history) or self.epochs - self.n_before
        seconds = (time.perf_counter() - self.began) / epochs
        cpu_seconds = (time.process_time() - self.cpu_began) / epochs
        for number in range(epochs):
            self.record.add(history[number] if history else None, seconds, cpu_seconds)
        self.epochs = self.record.done
        self.store_samples(self.record.done)
        return True
