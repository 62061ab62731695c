"""One request in the worker's process: what it needs, the training, and how it ended."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import torch

from checks.engine.errors import (
    ClaimedError,
    DataError,
    KeptError,
    RunError,
    StoringError,
    UnfitError,
)
from checks.engine.training import checkpoint, dataset, devices, learner_code, run_record, run_store
from checks.engine.training.request import DEFAULT_EPOCHS, Request
from checks.engine.training.run_lock import claim
from checks.engine.training.run_record import RunRecord
from checks.engine.training.tensorboard import Log
from checks.engine.training.trainer import Trainer

Emit = Callable[..., None]
BATCH_SIZE, LATENT_DIM, LEARNING_RATE = 64, 100, 5e-4


class RefusedError(Exception):
    """The training can't begin as asked for; the text is one sentence."""


REFUSALS = (RefusedError, DataError, KeptError, RunError)


def carry_out(request: Request, emit: Emit) -> None:
    """Carry out a request; every way in which it can end is an event."""
    folder = Path(request.folder)
    try:
        with claim(folder) as lock:
            if hasattr(os, "register_at_fork"):  # a DataLoader's worker must not hold it
                os.register_at_fork(after_in_child=lock.close)
            job = Job(request, folder, emit)
            job.prepare()
            job.run()
    except ClaimedError:
        emit("usage", text=f"The run {folder.name} is being trained by another process.")
    except StoringError as error:
        emit("usage", text=f"The run {folder.name} can't be kept: {error}")
    except REFUSALS as error:
        emit("usage", text=str(error))
    except OSError as error:
        emit("usage", text=f"The folder of the run {folder.name} can't be used: {error.strerror}.")


class Job:
    """One request: `prepare` it, then `run` it."""

    def __init__(self, request: Request, folder: Path, emit: Emit) -> None:
        self.request, self.folder, self.emit = request, folder, emit
        self.solutions = Path(request.solutions)
        self.configuration: dict[str, Any] = {}
        self.kept: dict[str, Any] | None = None
        self.resumed = 0
        self.trainer: Trainer | None = None
        self.log: Log | None = None

    # Before the learner's code.

    def prepare(self) -> None:
        """Load everything, and write down what the run is."""
        run_record.clean(self.folder)
        self.code = dataset.code_of(self.solutions, self.request.module)
        if self.request.resume:
            self._take_up()
        wanted = self.configuration["device"] if self.request.resume else self.request.device
        self.device = devices.device_of(wanted)
        self.emit("stage", text="Fetching the images …")
        if self.request.resume:
            self.dataset = dataset.same_dataset(self.configuration["data"])
        else:
            self.dataset = dataset.load_dataset(self.request.data, self.request.images)
            self.configuration = self._configure()
        if self.dataset.notice:
            self.emit("notice", text=self.dataset.notice)
        torch.set_num_threads(self.configuration["threads"])
        # What Adam remembers of a dead ReLU's gradients shrinks at every step, and a processor is
        # slow with numbers below 1e-38: the later epochs of *minimal* took 1.6 times as long.
        torch.set_flush_denormal(True)
        if not self.request.resume:  # else when it is clear that the run can go on
            run_record.store_json(self.folder / "run.json", self.configuration)
        if self.request.tensorboard:
            if (self.folder / "tensorboard").is_symlink():
                raise RefusedError("tensorboard in the run's folder is a link: remove it.")
            self.log = Log(self.folder / "tensorboard", self.kept["epoch"] if self.kept else 0)

    def _configure(self) -> dict[str, Any]:
        """What goes into `run.json`, from the request, the recipe's figures and the defaults."""
        asked = self.request
        recipe = learner_code.recipe_of(asked.recipe) if asked.recipe else {}
        epochs = asked.epochs or recipe.get("epochs") or DEFAULT_EPOCHS
        return {
            "format": run_store.FORMAT,
            "name": self.folder.name,
            "began": datetime.now(timezone.utc).astimezone().isoformat(timespec="milliseconds"),
            "code": asked.code,
            "recipe": asked.recipe,
            "epochs": epochs,
            "batch_size": asked.batch_size or recipe.get("batch_size") or BATCH_SIZE,
            "latent_dim": asked.latent_dim or recipe.get("latent_dim") or LATENT_DIM,
            "learning_rate": asked.learning_rate or recipe.get("learning_rate") or LEARNING_RATE,
            "seed": asked.seed,
            "device": self.device.type,
            "threads": devices.THREADS,
            "snapshots": asked.chosen(epochs, recipe.get("snapshots") or ()),
            "data": self.dataset.description,
            "environment": devices.environment(self.device),
        }

    def _take_up(self) -> None:
        """Read a run that is to go on, and see that it can.

        Raises:
            RefusedError: it can't.
        """
        run = run_store.read(self.folder)
        try:
            kept = run_record.load_tensors(self.folder / "last.pt")
        except StoringError as error:
            raise RefusedError(f"{error} So the run can't go on.") from None
        if kept.get("format") == 1:
            raise RefusedError(
                f"The run {run.name} was kept by an earlier version of these exercises, which this "
                "one can't go on from: begin a new run."
            )
        if not is_complete(kept):
            raise RefusedError(f"last.pt of the run {run.name} is damaged. So it can't go on.")
        if kept["code"] != self.code:
            raise RefusedError(
                f"The code has changed since the run {run.name} was stopped, so it can't go on: "
                "put the code back as it was, or begin a new run."
            )
        epochs = self.request.epochs or run.configuration["epochs"]
        if epochs <= kept["epoch"]:
            raise RefusedError(
                f"The run {run.name} has gone through {kept['epoch']} epochs already."
            )
        chosen = set(run.configuration["snapshots"])
        if self.request.snapshots or self.request.every or epochs != run.configuration["epochs"]:
            behind = {epoch for epoch in chosen if epoch <= kept["epoch"]}
            chosen = behind | set(self.request.chosen(epochs, ()))
        self.configuration = run.configuration | {"epochs": epochs, "snapshots": sorted(chosen)}
        self.kept, self.resumed = kept, int(run.state["resumed"]) + 1

    # The learner's code.

    def run(self) -> None:
        """Train, on the CPU if the learner's code works nowhere else, and say how it ended."""
        try:
            self._train()
        except UnfitError as error:
            self._fail("unfit", str(error))
        except StoringError as error:
            self._fail("storage", str(error))
        except BaseException as error:
            if isinstance(error, Exception) and learner_code.is_ours(error, self.solutions):
                raise
            if self._may_use_the_cpu(error):
                self._use_the_cpu(error)
                self.run()
            else:
                described = learner_code.describe(error, self.solutions)
                self._fail("exception", sentence_of(described), error=described)

    def _train(self) -> None:
        self.emit("stage", text="Loading the solutions …")
        learner_code.enter(self.solutions, self.folder, locked=self.device.type == "cpu")
        module = learner_code.load(self.solutions, self.request.module)
        normalizing = learner_code.beside(module)
        images = learner_code.normalized(normalizing, self.dataset.images).to(self.device)
        real = learner_code.normalized(normalizing, self.dataset.held_out).to(self.device)
        done = self.kept["epoch"] if self.kept else 0
        train = learner_code.training_of(module, self.configuration, done)
        latent_dim = self.configuration["latent_dim"]
        record = RunRecord(self.folder, len(images), latent_dim, real, resumed=self.resumed)
        record.log = self.log or record.log
        checksum = self.dataset.description["checksum"]
        self.trainer = Trainer(
            self.configuration, learner_code.own_modules(self.solutions), images, train, record,
            self.emit, self.code, checksum, self.kept,
        )  # fmt: skip
        self._begin(record)
        self.trainer.run()
        self._end(self.trainer)

    def _begin(self, record: RunRecord) -> None:
        self.emit(
            "begin",
            epochs=self.configuration["epochs"],
            done=record.done,
            images=record.n_images,
            source=self.dataset.description["source"],
            device=self.device.type,
            device_name=self.configuration["environment"]["device_name"],
        )

    def _may_use_the_cpu(self, error: BaseException) -> bool:
        may_choose = self.request.device == "auto" and not self.request.resume
        begun = self.trainer is not None and self.trainer.record.done > 0
        is_about_it = isinstance(error, Exception) and devices.speaks_of_devices(str(error))
        return self.device.type != "cpu" and may_choose and not begun and is_about_it

    def _use_the_cpu(self, error: BaseException) -> None:
        (first, *_) = str(error).splitlines() or [""]
        self.emit("notice", text=f"Your code does not work on {self.device.type} ({first[:150]}), "
                  "so it trains on the CPU.")  # fmt: skip
        self.device = devices.device_of("cpu")
        self.configuration["device"] = "cpu"
        self.configuration["environment"] = devices.environment(self.device)
        run_record.store_json(self.folder / "run.json", self.configuration)

    # How it ended.

    def _end(self, trainer: Trainer) -> None:
        if trainer.ending is None:
            self.emit("end", state="finished", problem="")
        elif trainer.ending.status == "mismatch":  # nothing of the run was touched
            self.emit("usage", text=f"The run {self.folder.name} can't go on with this code: "
                      f"{trainer.ending.text}.")  # fmt: skip
        else:
            self._fail(trainer.ending.status, trainer.ending.text)

    def _fail(self, kind: str, problem: str, **more: Any) -> None:
        self._keep("failed", problem)
        self.emit("end", state="failed", kind=kind, problem=problem, **more)

    def _keep(self, state: str, problem: str) -> None:
        """Note the end in `state.json`, if there is still place for it."""
        nothing = RunRecord(self.folder, 0, 0, torch.empty(0))
        record = self.trainer.record if self.trainer else nothing
        if self.trainer is None and self.kept:
            record.take_over(self.kept)
            record.n_images, record.resumed = self.configuration["data"]["images"], self.resumed
        with contextlib.suppress(StoringError):
            record.store_state(state, problem)


def is_complete(kept: dict[str, Any]) -> bool:
    """Whether `last.pt` holds all that belongs there."""
    kinds = {
        "epoch": int, "code": str, "checksum": str, "history": list, "seconds": float,
        "cpu_seconds": float, "networks": list, "optimizers": list, "random": dict,
    }  # fmt: skip
    if not all(isinstance(kept.get(name), kind) for name, kind in kinds.items()):
        return False
    parts = [(part, {"kind", "weights"}) for part in kept["networks"]]
    parts += [(part, {"shapes", "state"}) for part in kept["optimizers"]]
    return kept.get("format") == checkpoint.FORMAT and all(
        isinstance(part, dict) and names <= set(part) for part, names in parts
    )


def sentence_of(described: dict[str, Any]) -> str:
    """A learner's exception in one sentence, for `state.json`."""
    kind, message = described["type"], " ".join(str(described["message"]).split())[:300]
    where = ""
    if described["frames"]:
        file, line, _ = described["frames"][-1]
        where = f" ({file}:{line})"
    text = {
        "exit": "The code called exit.",
        "memory": f"The code asked for more memory than there is{where}.",
    }.get(described["status"])
    return text or f"{kind}: {message}{where}"
