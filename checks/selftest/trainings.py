"""Trainings in this process, small and quick, for tests of what is kept of them and of resuming."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from checks.engine.data.digits import draw_digits
from checks.engine.paths import REFERENCE
from checks.engine.training import dataset, devices, job, learner_code, run_record, supervisor
from checks.engine.training.request import Request
from checks.engine.training.run_record import RunRecord
from checks.engine.training.trainer import Trainer

IMAGES = torch.from_numpy(draw_digits(100, seed=3)[0])
LATENT_DIM, BATCH_SIZE = 8, 32
NAMES = ("beginner", "intermediate", "advanced", "bonus", "recipes")


class KilledError(BaseException):
    """Stands for a process that is killed: nothing of ours runs after it."""


def solutions(folder: Path, advanced: str) -> Path:
    """A folder with this `advanced.py` and the reference's other files, the networks small."""
    folder.mkdir(parents=True)
    sources = {"advanced": advanced}
    for name in ("beginner", "intermediate"):
        sources[name] = (REFERENCE / f"{name}.py").read_text(encoding="utf-8")
    for name, source in sources.items():
        for widths in ("(256, 512)", "(512, 256)"):
            source = source.replace(f"hidden_dims: tuple[int, ...] = {widths}", "hidden_dims=(24,)")
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    return folder


@contextmanager
def as_in_a_process_of_its_own(folder: Path) -> Iterator[None]:
    """Modules, path and random numbers are afterwards what they were."""
    modules, path = dict(sys.modules), list(sys.path)
    for name in NAMES:
        sys.modules.pop(name, None)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    sys.path.insert(0, str(folder))
    torch.set_num_threads(1)
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # tests edit within a second
    try:
        yield
    finally:
        sys.dont_write_bytecode = writes
        for name in NAMES:
            sys.modules.pop(name, None)
        sys.modules.update(modules)
        sys.path[:] = path
        torch.set_rng_state(state)
        torch.set_num_threads(threads)
        torch.set_flush_denormal(False)


class Training:
    """A run in a folder: `go` trains it, or goes on with it; `events` is what was said."""

    def __init__(self, place: Path, advanced: str, epochs: int = 5, **configuration: Any) -> None:
        self.solutions = solutions(place / "code", advanced)
        self.run = place / "run"
        self.run.mkdir()
        self.epochs, self.configuration = epochs, configuration
        self.events: list[dict[str, Any]] = []

    def go(self, stop_after: int = 0, epochs: int = 0) -> Trainer:
        """Train to the end, or until a kill right after an epoch."""
        configuration = {
            "epochs": epochs or self.epochs, "batch_size": BATCH_SIZE, "latent_dim": LATENT_DIM,
            "learning_rate": 1e-3, "seed": 11, "snapshots": [2], "recipe": None,
        } | self.configuration  # fmt: skip
        last = self.run / "last.pt"
        kept = run_record.load_tensors(last) if last.exists() else None

        def emit(event: str, **fields: Any) -> None:
            self.events.append({"event": event, **fields})
            if event == "epoch" and fields["epoch"] == stop_after:
                raise KilledError

        with as_in_a_process_of_its_own(self.solutions):
            module = learner_code.load(self.solutions, "advanced")
            images = learner_code.normalized(module, IMAGES)
            modules, done = learner_code.own_modules(self.solutions), kept["epoch"] if kept else 0
            record = RunRecord(self.run, len(images), LATENT_DIM, images[:0])
            train = learner_code.training_of(module, configuration, done)
            trainer = Trainer(
                configuration, modules, images, train, record, emit, "code", "images", kept,
            )  # fmt: skip
            try:
                trainer.run()
            except KilledError:
                assert stop_after
            return trainer

    def said(self, event: str = "notice") -> str:
        """All texts of these events."""
        return " ".join(each["text"] for each in self.events if each["event"] == event)

    def weights(self) -> dict[str, torch.Tensor]:
        """Every tensor of `last.pt`, by path: networks, optimizers, random states."""
        return flat(run_record.load_tensors(self.run / "last.pt"))


def flat(kept: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Every tensor of what `last.pt` holds, by path."""
    return dict(_tensors(kept, ""))


def _tensors(value: Any, path: str) -> Iterator[tuple[str, torch.Tensor]]:
    if isinstance(value, torch.Tensor):
        yield path, value
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, (list, tuple)):
        items = enumerate(value)
    for key, item in items:
        yield from _tensors(item, f"{path}/{key}")


def differing(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> list[str]:
    """The paths at which two trainings have come to something else; not to the last bit equal."""
    found = sorted(set(one) ^ set(other))
    for path in sorted(set(one) & set(other)):
        same = one[path].shape == other[path].shape and one[path].dtype == other[path].dtype
        if not (same and bool(((one[path] == other[path]) | (one[path] != one[path])).all())):
            found.append(path)
    return found


def same_losses(one: list[list[float]], other: list[list[float]]) -> bool:
    """Whether two histories tell the same, but for the time that it took."""
    pairs = zip(one, other, strict=True)
    return len(one) == len(other) and all(
        a == b or (math.isnan(a) and math.isnan(b))
        for x, y in pairs
        for a, b in zip(x[:3], y[:3], strict=True)
    )


def carried_out(
    place: Path, monkeypatch: pytest.MonkeyPatch, **asked: Any
) -> tuple[list[dict[str, Any]], Path]:
    """What the worker says to a request, in this process, without giving up its rights.

    `place` holds the code in `code`; the run is `place/run`.
    """
    run = place / "run"
    run.mkdir(exist_ok=True)
    events: list[dict[str, Any]] = []
    monkeypatch.setattr(learner_code, "enter", lambda *given, **named: None)
    monkeypatch.setattr(devices, "THREADS", torch.get_num_threads())
    held_out = torch.empty(0, 28, 28, dtype=torch.uint8)
    said = {"source": "drawn", "folder": None, "images": 100, "kind": "drawn", "limit": 100}
    found = dataset.Dataset(IMAGES, held_out, said | {"checksum": dataset.checksum(IMAGES)})
    monkeypatch.setattr(dataset, "load_dataset", lambda *given: found)
    monkeypatch.setattr(dataset, "same_dataset", lambda *given: found)
    request = Request(
        folder=str(run), solutions=str(place / "code"), module="advanced", code="code", epochs=4,
        batch_size=BATCH_SIZE, latent_dim=LATENT_DIM, device="cpu",
    )  # fmt: skip
    request = dataclasses.replace(request, **asked)

    def emit(event: str, **fields: Any) -> None:
        line = json.dumps({"event": event, **fields}).encode()
        event_as_read = supervisor.checked(line)
        assert event_as_read is not None, line
        events.append(event_as_read)

    with as_in_a_process_of_its_own(place / "code"):
        job.carry_out(request, emit)
    return events, run


def end_of(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The one last event."""
    last = [event for event in events if event["event"] in supervisor.LAST]
    assert last == events[-1:]
    return last[0]
