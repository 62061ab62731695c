"""Probes for the training loop: what train_gan does, as PyTorch's own hooks see it."""

from __future__ import annotations

import contextlib
import inspect
import io
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.dropout import _DropoutNd

from checks.probes import call, failure, part
from checks.probes.loop_watch import LoopWatch, watching, weights_of
from checks.probes.networks import flat


class Printed(io.StringIO):
    """What was printed, and after how many optimizer steps the first number was."""

    def __init__(self, watch: LoopWatch) -> None:
        super().__init__()
        self.watch = watch
        self.began: int | None = None

    def write(self, text: str) -> int:
        """Keep the text."""
        if self.began is None and any(char.isdigit() for char in text):
            self.began = self.watch.n_steps
        return super().write(text)


def training_run(solution: ModuleType, images: Tensor, **settings: Any) -> dict[str, Any]:
    """A short run of train_gan: what it returned, printed, called, fed and stepped, in order.

    `given` says of each network handed to the callback what it is, see `_given`.
    """
    called: list[Any] = []
    given: list[tuple[Any, str]] = []

    def on_epoch_end(epoch: Any, generator: Any) -> None:
        called.append(epoch if isinstance(epoch, int) else type(epoch).__name__)
        given.append((generator, _given(watch, generator)))
        watch.events.append({"kind": "epoch"})

    with watching(solution, images) as watch:
        printed = Printed(watch)
        with contextlib.redirect_stdout(printed):
            returned = call(solution, "train_gan", images, on_epoch_end=on_epoch_end, **settings)
    print(printed.getvalue(), end="")
    report: dict[str, Any] = {
        "lines": printed.getvalue().splitlines()[:200],
        "printed_after": printed.began,
        "called": called,
        "is_triple": isinstance(returned, (tuple, list)) and len(returned) == 3,
    }
    if not report["is_triple"]:
        return report
    generator, discriminator, history = returned
    report["types"] = [
        isinstance(generator, watch.classes["G"]),
        isinstance(discriminator, watch.classes["D"]),
        isinstance(history, list),
    ]
    report["history"] = history
    if all(isinstance(network, nn.Module) for network in (generator, discriminator)):
        report |= _resolved(watch, {"G": generator, "D": discriminator})
        report["given"] = ["G" if network is generator else name for network, name in given]
    return report


def _given(watch: LoopWatch, network: Any) -> str:
    """What the callback got: "G" (as it is now, or an equal copy), "D", "other G" or "other"."""
    if isinstance(network, watch.classes["D"]):
        return "D"
    if not isinstance(network, watch.classes["G"]):
        return "other"
    weights = flat(network)
    trained = (flat(other) for other in watch.networks["G"])
    return "G" if any(map(weights.equal, trained)) or not watch.networks["G"] else "other G"


def _resolved(watch: LoopWatch, returned: dict[str, nn.Module]) -> dict[str, Any]:
    """The events with networks named, and what is to be known of each network's weights."""
    held = {key: {id(w) for w in weights_of(one)} for key, one in watch.optimizers.items()}
    stepped = set().union(*held.values())
    trained = {name: _trained(watch, name, one, stepped) for name, one in returned.items()}
    names: dict[int, str] = {}  # of the modules that speak for a network
    weights: list[tuple[str, bool, set[int]]] = []
    for name, network in trained.items():
        for one in {id(one): one for one in [network, *watch.networks[name]]}.values():
            # forward() called by hand passes the hooks by; its first layer then speaks for it.
            inner = (m for m in one.modules() if m is not one and id(m) in watch.modules)
            names |= {id(one): name, id(next(inner, one)): name}
            weights.append((name, one is network, {id(weight) for weight in one.parameters()}))
    numbers = {key: number for number, key in enumerate(watch.optimizers)}
    events: list[dict[str, Any]] = []
    for event in watch.events:
        if event["kind"] == "call":
            name = names.get(event.pop("module"), "")
            is_within = name in {names.get(other) for other in event.pop("inside")}
            if name and not is_within:
                events.append({**event, "network": name})
        elif event["kind"] == "step":
            key = event.pop("optimizer")
            owners = [(name, back) for name, back, those in weights if held[key] & those]
            found = sorted({name for name, _ in owners})
            events.append(
                {
                    **event,
                    "optimizer": numbers[key],
                    "owner": {0: "other", 1: "".join(found), 2: "both"}[len(found)],
                    "returned": any(back for _, back in owners),
                }
            )
        else:
            events.append(event)
    of = {n: [w for one in watch.networks[n] or [trained[n]] for w in one.parameters()]
          for n in trained}  # fmt: skip
    trainable = {
        name: [id(weight) in stepped for weight in network.parameters() if weight.requires_grad]
        for name, network in trained.items()
    }
    return {
        "events": events,
        "passes": watch.passes(of),
        "held": {name: [sum(those), len(those)] for name, those in trainable.items()},
        "mode_matters": {
            name: any(map(_depends_on_mode, network.modules())) for name, network in trained.items()
        },
    }


def _trained(watch: LoopWatch, name: str, returned: nn.Module, stepped: set[int]) -> nn.Module:
    """The network whose steps made the returned one what it is: itself, or the one of which it is
    a later copy or a mean over the training."""
    if any(id(weight) in stepped for weight in returned.parameters()):
        return returned
    weights = flat(returned)
    for one in watch.networks[name]:
        end, start = flat(one), watch.starts[id(one)]
        way = float((start - end).norm())
        if end.shape == weights.shape and float((weights - end).norm()) < (1 - 1e-6) * way:
            return one
    return returned


def _depends_on_mode(module: nn.Module) -> bool:
    if isinstance(module, _DropoutNd):
        return module.p > 0
    return isinstance(module, _NormBase) and module.track_running_stats


def odd_training(solution: ModuleType, images: Tensor, **settings: Any) -> dict[str, Any]:
    """An epoch whose last batch has one image: the first learning rates, and how it failed.

    `rates` holds, by network, those of its first step.
    """
    failed: dict[str, Any] | None = None
    networks: tuple[Any, ...] = ()
    with watching(solution, images) as watch, contextlib.redirect_stdout(io.StringIO()):
        try:
            networks = tuple(call(solution, "train_gan", images, epochs=1, **settings))[:2]
        except Exception as error:
            failed = failure(error, solution)
    weights = {
        name: {id(weight) for one in (*watch.networks[name], *made) for weight in one.parameters()}
        for name, made in zip("GD", [networks[:1], networks[1:]], strict=True)
        if all(isinstance(one, nn.Module) for one in made)
    }
    rates: dict[str, list[float]] = {}
    for event in watch.events:
        if event["kind"] == "step":
            held = {id(weight) for weight in weights_of(watch.optimizers[event["optimizer"]])}
            for name, those in weights.items():
                if those & held:
                    rates.setdefault(name, event["rates"])
    return {"failed": failed, "rates": rates}


def trained_twice(solution: ModuleType, images: Tensor, **settings: Any) -> dict[str, Any]:
    """Two short trainings from two random states, without a callback: what they share.

    `needs_callback`: the first one called None; both were then given a callback that does nothing.
    """
    before = images.clone()
    runs: list[Any] = []
    lengths: list[Any] = []
    needs_callback = False
    with contextlib.redirect_stdout(io.StringIO()):
        for seed in (1, 2):
            torch.manual_seed(seed)
            try:
                run = call(solution, "train_gan", images, **settings)
            except TypeError as error:
                if needs_callback or "'NoneType' object is not callable" not in str(error):
                    raise
                needs_callback = True
            if needs_callback:
                settings["on_epoch_end"] = lambda *ignored: None
                torch.manual_seed(seed)
                run = call(solution, "train_gan", images, **settings)
            runs.append(run)
            lengths.append(len(run[2]))
    first, second = (run[:2] for run in runs)
    return {
        "needs_callback": needs_callback,
        "entries": lengths,
        "same_networks": any(one is other for one, other in zip(first, second, strict=True)),
        "same_weights": [
            flat(one).equal(flat(other)) for one, other in zip(first, second, strict=True)
        ],
        "images_changed": not images.equal(before),
    }


def training_arguments(solution: ModuleType) -> dict[str, Any]:
    """train_gan's parameters in order, with their defaults; None where they cannot be read."""
    try:
        parameters = inspect.signature(part(solution, "train_gan")).parameters.values()
    except (TypeError, ValueError):
        return {"parameters": None}
    found = [
        {
            "name": one.name,
            "kind": one.kind.name,
            "is_required": one.default is one.empty,
            "default": None if one.default is one.empty else one.default,
        }
        for one in parameters
    ]
    return {"parameters": found}
