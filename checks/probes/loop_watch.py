"""What PyTorch's own hooks see of a training: calls of modules, passes, optimizer steps."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from checks.probes import part
from checks.probes.gradient_ledger import GradientLedger
from checks.probes.image_sorter import ImageSorter
from checks.probes.networks import PIXELS, flat

NETWORKS = {"G": "Generator", "D": "Discriminator"}


class LoopWatch:
    """Notes each call of a module, each backward pass and each optimizer step.

    `networks` are the instances of the learner's two classes that were called, by "G" and "D";
    `ledger` holds what each pass did, and the forces on the scores of each call of D.
    """

    def __init__(self, solution: ModuleType, images: Tensor) -> None:
        self.classes = {name: part(solution, written) for name, written in NETWORKS.items()}
        self.events: list[dict[str, Any]] = []
        self.modules: dict[int, nn.Module] = {}  # kept: the id of what is gone is used again
        self.starts: dict[int, Tensor] = {}  # the networks' weights when first seen
        self.optimizers: dict[int, Any] = {}
        self.ends: dict[int, Tensor] = {}  # what each optimizer holds, as its last step left it
        self.is_reset = False  # whether the step that runs found other weights than those
        self.networks: dict[str, list[nn.Module]] = {name: [] for name in NETWORKS}
        self.ledger = GradientLedger()
        self.sorter = ImageSorter(images)
        self.calls: dict[int, int] = {}  # the number of the last call, by module
        self.lazy: set[int] = set()  # modules whose weights wait for their first input
        self.open: list[int] = []  # modules that run now, the innermost last
        self.inside_d: set[int] = set()  # spectral norm makes rows of 784 numbers, and no images

    def saw_call(self, module: nn.Module, arguments: Any) -> None:
        """Before a module runs: what it was fed, and within which others."""
        inside = list(self.open)
        self.open.append(id(module))
        if id(module) not in self.modules:
            self.modules[id(module)] = module
            for name, written in self.classes.items():
                if isinstance(module, written):
                    self.networks[name].append(module)
            if not any(map(torch.nn.parameter.is_lazy, module.parameters())):
                self._follow(module)
            else:  # it has no weights before its first call is over
                self.lazy.add(id(module))
            if isinstance(module, self.classes["D"]):
                self.inside_d.update(map(id, module.modules()))
        if not (arguments and isinstance(arguments[0], Tensor) and arguments[0].dim() > 1):
            return
        rows = arguments[0].detach().flatten(1)
        number = len(self.events)
        event = {
            "kind": "call",
            "number": number,
            "module": id(module),
            "inside": inside,
            "columns": rows.shape[1],
            "rows": len(rows),
            "graph": torch.is_grad_enabled(),
            "training": module.training,
        }
        if isinstance(module, self.classes["G"]):
            numbers = rows.double()
            event["z"] = [
                float(number)
                for number in (
                    numbers.sum(),
                    numbers.square().sum(),
                    numbers.min(),
                    numbers.max(),
                    (numbers.amax(0) - numbers.amin(0)).max(),
                )
            ]
        elif rows.shape[1] == PIXELS:
            event["cut"] = not arguments[0].requires_grad or arguments[0].is_leaf
            event |= self.sorter.kinds(arguments[0], is_new=not inside)
        self.calls[id(module)] = number
        self.events.append(event)

    def _follow(self, module: nn.Module) -> None:
        """Watch a module's gradients; of a network, keep the weights that it begins with."""
        self.lazy.discard(id(module))
        self.ledger.follow(module.parameters())
        if any(module is one for networks in self.networks.values() for one in networks):
            self.starts[id(module)] = flat(module)

    def saw_output(self, module: nn.Module, arguments: Any, output: Any) -> None:
        """After a module ran: images that it made, or scores."""
        while self.open and self.open.pop() != id(module):
            pass  # one that ended in an error
        if output is None:
            return
        if id(module) in self.lazy:
            self._follow(module)
        if not isinstance(output, Tensor) or output.dim() == 0:
            return
        is_g, columns = isinstance(module, self.classes["G"]), output[:1].numel()
        if is_g or (columns == PIXELS and id(module) not in self.inside_d):
            self.sorter.remember(output)
        number = self.calls.get(id(module), -1)
        if number >= 0 and isinstance(module, self.classes["D"]):
            self.events[number]["scores"] = output.detach().double().flatten()
            self.events[number]["is_coarse"] = output.dtype.itemsize < 4
            self.ledger.expect(number, output)

    def before_step(self, optimizer: Any, *ignored: Any) -> None:
        """Before an optimizer's step: are its weights still those that its last step left?"""
        left = self.ends.get(id(optimizer))
        self.is_reset = left is not None and _is_far(left, _joined(_there(optimizer)))

    def saw_step(self, optimizer: Any, *ignored: Any) -> None:
        """After an optimizer's step."""
        key = id(optimizer)
        self.optimizers[key] = optimizer
        state = [value for entry in optimizer.state.values() for value in entry.values()]
        applied = self.ledger.applied(optimizer)
        held = _there(optimizer)
        self.ends[key] = _joined(held)
        self.events.append(
            {
                "kind": "step",
                "optimizer": key,
                "rates": [float(group["lr"]) for group in optimizer.param_groups],
                "has_gradient": _has_gradient(optimizer),
                "is_frozen": bool(held) and not any(w.requires_grad for w in held),
                "is_reset": self.is_reset,
                "has_state": any(isinstance(value, Tensor) for value in state),
                "passes": len(self.ledger.passes),
                "parts": [list(one) for one in applied.parts],
                "kept": applied.kept,
                "unexplained": applied.unexplained,
            }
        )

    @property
    def n_steps(self) -> int:
        """Optimizer steps so far."""
        return sum(event["kind"] == "step" for event in self.events)

    def passes(self, weights: Mapping[str, Sequence[Tensor]]) -> list[dict[str, Any]]:
        """Every pass in order; `reached` names those whose weights it added something to."""
        return [
            {
                "losses": one.losses,
                "reached": "".join(n for n, w in weights.items() if self.ledger.reached(k, w)),
                "forces": [[call, gradient.flatten()] for call, gradient in one.forces.items()],
                "has_penalty": one.has_penalty,
            }
            for k, one in enumerate(self.ledger.passes)
        ]


def weights_of(optimizer: Any) -> list[Tensor]:
    """The weights that an optimizer moves."""
    return [weight for group in optimizer.param_groups for weight in group["params"]]


def _there(optimizer: Any) -> list[Tensor]:
    """The weights that wait for no first input."""
    return [w for w in weights_of(optimizer) if not torch.nn.parameter.is_lazy(w)]


def _joined(weights: Sequence[Tensor]) -> Tensor:
    return torch.cat([torch.zeros(0), *(weight.detach().flatten() for weight in weights)])


def _is_far(before: Tensor, now: Tensor) -> bool:
    """Whether weights have gone further than from themselves to 0: new ones, drawn anew, have."""
    return before.shape == now.shape and bool((now - before).norm() > before.norm())


def _has_gradient(optimizer: Any) -> bool:
    return any(w.grad is not None and bool(w.grad.any()) for w in weights_of(optimizer))


@contextlib.contextmanager
def watching(solution: ModuleType, images: Tensor) -> Iterator[LoopWatch]:
    """A LoopWatch that sees everything inside the block."""
    watch = LoopWatch(solution, images)
    handles = [
        register_module_forward_pre_hook(watch.saw_call),
        register_module_forward_hook(watch.saw_output, always_call=True),
        register_optimizer_step_pre_hook(watch.before_step),
        register_optimizer_step_post_hook(watch.saw_step),
    ]
    try:
        with watch.ledger.watching():
            yield watch
    finally:
        for handle in handles:
            handle.remove()
