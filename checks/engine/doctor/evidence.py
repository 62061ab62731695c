"""What the child has seen of a script, as records; whatever else comes back is no evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from checks.engine.sandbox.wire import Array

Numbers = np.ndarray[Any, Any]
Label = tuple[tuple[int, ...], tuple[float, ...]]  # the shape of labels, and a fingerprint


@dataclass(frozen=True)
class Place:
    """A line of the script's; `file` is "" where no line is known."""

    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class Module:
    """A module that was called: its own weights by number, and the modules within it."""

    id: int
    kind: str
    name: str
    weights: frozenset[int]
    size: int
    inner: frozenset[int]
    layers: tuple[str, ...]
    is_bounded: bool = False  # its weights are clipped, or otherwise held in check
    layer_weights: tuple[frozenset[int], ...] = ()  # of each of the layers


@dataclass(frozen=True)
class Optimizer:
    """An optimizer, where it was made, and what it holds."""

    id: int
    kind: str
    at: int
    place: Place
    weights: frozenset[int]
    rates: tuple[float, ...]


@dataclass(frozen=True)
class Call:
    """One call of a module: with what, in which mode, and what came out.

    `sources` are the earlier calls that its input was made of, `cut` says that no gradient goes
    back into these. `made_rows` and `real_rows` are known where both kinds may stand in one batch.
    """

    number: int
    module: int
    parent: int
    at: int
    place: Place
    graph: bool
    training: bool
    shapes: tuple[tuple[int, ...], ...]
    sources: frozenset[int] = frozenset()
    is_real: bool = False
    is_noise: bool = False
    has_noise: bool = False
    cut: bool = False
    range: tuple[float, ...] = ()
    print: tuple[float, ...] = ()
    out: tuple[int, ...] = ()
    out_range: tuple[float, ...] = ()
    ends: tuple[str, ...] = ()
    scores: Numbers | None = None
    made_rows: Numbers | None = None
    real_rows: Numbers | None = None
    range_of_others: tuple[float, ...] = ()
    conditions: tuple[tuple[float, ...], ...] = ()  # a fingerprint of each input
    has_own_label: bool = False  # labels that came with data are in an input, or made it

    @property
    def rows(self) -> int:
        """Images in it."""
        return self.shapes[0][0] if self.shapes and self.shapes[0] else 0


@dataclass(frozen=True)
class Pass:
    """One backward pass: whose weights it reached, and its pull at the outputs of each call."""

    number: int
    at: int
    place: Place
    losses: tuple[float, ...]
    has_penalty: bool
    reached: frozenset[int]
    forces: Mapping[int, Numbers]
    sources: frozenset[int]
    of_inputs: bool = False  # the gradients of images were taken, not of weights


@dataclass(frozen=True)
class Step:
    """One step of an optimizer: the passes in it, each with its factor, and what it moved."""

    number: int
    optimizer: int
    at: int
    place: Place
    parts: tuple[tuple[int, float], ...]
    kept: float
    moved: frozenset[int]
    has_gradient: frozenset[int]
    rates: tuple[float, ...]
    is_finite: bool
    way: float = 0.0  # the largest change of any weight
    undone: float = 0.0  # the share of the step before that something else has taken back since


@dataclass(frozen=True)
class Zeroing:
    """Gradients were cleared."""

    at: int
    place: Place
    weights: frozenset[int]


@dataclass(frozen=True)
class Event:
    """Something of a loader, a loss or another oddity: its kind, and what belongs to it."""

    kind: str
    at: int
    place: Place
    more: Mapping[str, Any]


@dataclass(frozen=True)
class Crash:
    """The exception that ended the script."""

    type: str
    bases: tuple[str, ...]
    message: str
    frames: tuple[tuple[str, int, str], ...]
    by_stand_in: str

    @property
    def place(self) -> Place:
        """The script's innermost line on the way."""
        return Place(self.frames[-1][0], self.frames[-1][1]) if self.frames else Place()


@dataclass
class Seen:
    """All that was seen of one run."""

    ended: str
    crash: Crash | None
    stand_ins: list[tuple[str, str]]
    modules: dict[int, Module] = field(default_factory=dict)
    optimizers: dict[int, Optimizer] = field(default_factory=dict)
    calls: dict[int, Call] = field(default_factory=dict)
    passes: list[Pass] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    zeroings: list[Zeroing] = field(default_factory=list)
    batches: list[Event] = field(default_factory=list)
    losses: list[Event] = field(default_factory=list)
    oddities: list[Event] = field(default_factory=list)
    graphs: list[tuple[str, int]] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)  # that came with the data
    penalties: list[tuple[Place, bool]] = field(default_factory=list)  # was a pass through it?
    cpu: float = 0.0

    def calls_of(self, module: int) -> Iterator[Call]:
        """The calls of a module, in order."""
        return (call for call in self.calls.values() if call.module == module)


def seen(report: Any) -> Seen | None:
    """The records of a report; None where it is none."""
    try:
        return _seen(report)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError):
        return None


def _seen(report: Any) -> Seen:
    found = Seen(
        str(report["ended"]),
        _crash(report["error"]),
        [(str(each["kind"]), str(each["what"])[:200]) for each in report["stand_ins"]],
        graphs=[(str(each["name"]), int(each["count"])) for each in report["graphs"]],
        penalties=[(_place(place), reached is True) for place, reached in report["penalties"]],
        labels=[(tuple(map(int, shape)), _floats(of)) for shape, of in report["labels"]],
        cpu=float(report["cpu"]),
    )
    for each in report["modules"]:
        module = Module(
            int(each["id"]), str(each["class"])[:100], str(each["name"])[:100],
            _numbers(each["weights"]), int(each["size"]), _numbers(each["inner"]),
            tuple(str(layer)[:80] for layer in each["layers"]), each["is_bounded"] is True,
            tuple(map(_numbers, each["layer_weights"])),
        )  # fmt: skip
        found.modules[module.id] = module
    for each in report["optimizers"]:
        optimizer = Optimizer(
            int(each["id"]), str(each["kind"])[:100], int(each["at"]), _place(each["place"]),
            _numbers(each["weights"]), _floats(each["rates"]),
        )  # fmt: skip
        found.optimizers[optimizer.id] = optimizer
    for each in report["calls"]:
        call = _call(each)
        found.calls[call.number] = call
    for number, each in enumerate(report["passes"]):
        forces = {int(call): _array(force) for call, force in each["forces"]}
        found.passes.append(Pass(
            number, int(each["at"]), _place(each["place"]), _floats(each["losses"]),
            each["has_penalty"] is True, _numbers(each["reached"]), forces, _numbers(each["from"]),
            each["of_inputs"] is True,
        ))  # fmt: skip
    for number, each in enumerate(report["steps"]):
        parts = tuple((int(which), float(factor)) for which, factor in each["parts"])
        is_read = float(each["unexplained"]) < 0.5
        found.steps.append(Step(
            number, int(each["optimizer"]), int(each["at"]), _place(each["place"]), parts,
            float(each["kept"]) if is_read else 0.0, _numbers(each["moved"]),
            _numbers(each["has_gradient"]), _floats(each["rates"]), each["is_finite"] is True,
            float(each["way"]), float(each["undone"]),
        ))  # fmt: skip
    found.zeroings = [
        Zeroing(int(each["at"]), _place(each["place"]), _numbers(each["weights"]))
        for each in report["zeroings"]
    ]
    found.batches = [_event(each["kind"], each) for each in report["batches"]]
    found.losses = [_event(each["name"], each) for each in report["losses"]]
    found.oddities = [_event(each["kind"], each) for each in report["oddities"]]
    return found


def _call(each: Any) -> Call:
    def rows(name: str) -> Numbers | None:
        return _array(each[name]).astype(bool) if name in each else None

    return Call(
        int(each["number"]), int(each["module"]), int(each["parent"]), int(each["at"]),
        _place(each["place"]), each["graph"] is True, each["training"] is True,
        tuple(tuple(map(int, shape)) for shape in each["shapes"]),
        _numbers(each.get("from", ())), each.get("is_real") is True, each.get("is_noise") is True,
        each.get("has_noise") is True, each.get("cut") is True, _floats(each.get("range", ())),
        _floats(each.get("print", ())), tuple(map(int, each.get("out", ()))),
        _floats(each.get("out_range", ())), tuple(str(e)[:60] for e in each.get("ends", ())),
        _array(each["scores"]).astype(float) if "scores" in each else None,
        rows("made_rows"), rows("real_rows"), _floats(each.get("range_of_others", ())),
        tuple(_floats(one) for one in each["conditions"]), each["has_own_label"] is True,
    )  # fmt: skip


def _event(kind: Any, each: Any) -> Event:
    return Event(str(kind), int(each.get("at", 0)), _place(each["place"]), each)


def _crash(error: Any) -> Crash | None:
    if error is None:
        return None
    frames = tuple((str(f)[:300], int(n), str(name)[:100]) for f, n, name in error["frames"])
    bases = tuple(str(base)[:100] for base in error["bases"])
    return Crash(str(error["type"])[:100], bases, str(error["message"])[:2000], frames,
                 str(error["by_stand_in"])[:100])  # fmt: skip


def _place(value: Any) -> Place:
    return Place(str(value[0])[:300], int(value[1]))


def _numbers(values: Any) -> frozenset[int]:
    return frozenset(int(each) for each in values)


def _floats(values: Any) -> tuple[float, ...]:
    return tuple(float(each) for each in values)


def _array(value: Any) -> Numbers:
    if not isinstance(value, Array):
        raise TypeError("no array")
    return np.asarray(value.values).ravel()
