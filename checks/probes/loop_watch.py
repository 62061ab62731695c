"""What PyTorch's own hooks see of a training: calls of modules, backward calls, optimizer steps."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.optim.optimizer import register_optimizer_step_post_hook

from checks.probes import part
from checks.probes.networks import PIXELS, flat

NETWORKS = {"G": "Generator", "D": "Discriminator"}
N_REMEMBERED = 4096


class LoopWatch:
    """Notes each call of a module, each backward call and each optimizer step.

    `networks` are the instances of the learner's two classes that were called, by "G" and "D".
    """

    def __init__(self, solution: ModuleType, images: Tensor) -> None:
        self.classes = {name: part(solution, written) for name, written in NETWORKS.items()}
        self.events: list[dict[str, Any]] = []
        self.modules: dict[int, nn.Module] = {}  # kept: the id of what is gone is used again
        self.starts: dict[int, Tensor] = {}  # the networks' weights when first seen
        self.optimizers: dict[int, Any] = {}
        self.networks: dict[str, list[nn.Module]] = {name: [] for name in NETWORKS}
        self.losses: list[float] = []  # of the backward calls since the last step
        self.uncleared: set[int] = set()  # optimizers with gradients before the first of these
        rng = torch.Generator().manual_seed(0)
        # Four random projections: another image has the same four by chance about once in 1e15.
        self.directions = torch.randn(PIXELS, 4, generator=rng, dtype=torch.float64)
        self.real = self.prints(images)
        self.forged = torch.zeros(0, 4, dtype=torch.float64)

    def prints(self, rows: Tensor) -> Tensor:
        """Each row's fingerprint, shape (N, 4)."""
        return rows.detach().double() @ self.directions

    def saw_call(self, module: nn.Module, arguments: Any) -> None:
        """Before a module runs: what it was fed."""
        if not (arguments and isinstance(arguments[0], Tensor) and arguments[0].dim() == 2):
            return
        if id(module) not in self.modules:
            self.modules[id(module)] = module
            for name, written in self.classes.items():
                if isinstance(module, written):
                    self.networks[name].append(module)
                    self.starts[id(module)] = flat(module)
        rows = arguments[0].detach()
        event = {
            "kind": "call",
            "module": id(module),
            "columns": rows.shape[1],
            "rows": len(rows),
            "graph": torch.is_grad_enabled(),
            "training": module.training,
            "sum": float(rows.double().sum()),
        }
        if rows.shape[1] == PIXELS:
            prints = self.prints(rows)
            event["cut"] = not arguments[0].requires_grad
            event["real"] = _nearest(prints, self.real)
            event["n_forged"] = int((_nearest(prints, self.forged) >= 0).sum())
        self.events.append(event)

    def saw_output(self, module: nn.Module, arguments: Any, output: Any) -> None:
        """After a module ran: images that it made."""
        if isinstance(output, Tensor) and output.dim() == 2 and output.shape[1] == PIXELS:
            self.forged = torch.cat([self.forged, self.prints(output)])[-N_REMEMBERED:]

    def saw_backward(self, tensors: Any, weights: Any = None) -> None:
        """Before gradients are computed: of which numbers, and what lies there already."""
        if not self.losses:
            self.uncleared = {key for key, one in self.optimizers.items() if _has_gradient(one)}
        for tensor in [tensors] if isinstance(tensors, Tensor) else tensors:
            weight = weights if isinstance(weights, Tensor) else 1.0
            self.losses.append(float((tensor.detach().double() * weight).sum()))

    def saw_step(self, optimizer: Any, *ignored: Any) -> None:
        """After an optimizer's step."""
        key = id(optimizer)
        self.optimizers[key] = optimizer
        state = [value for entry in optimizer.state.values() for value in entry.values()]
        self.events.append(
            {
                "kind": "step",
                "optimizer": key,
                "rates": [float(group["lr"]) for group in optimizer.param_groups],
                "has_gradient": _has_gradient(optimizer),
                "has_state": any(isinstance(value, Tensor) for value in state),
                "uncleared": key in self.uncleared,
                "losses": self.losses,
            }
        )
        self.losses, self.uncleared = [], set()

    @property
    def n_steps(self) -> int:
        """Optimizer steps so far."""
        return sum(event["kind"] == "step" for event in self.events)


def _nearest(prints: Tensor, known: Tensor) -> Tensor:
    """For each fingerprint the number of the known one that it equals, -1 where none does."""
    if not len(known):
        return torch.full((len(prints),), -1)
    gaps, index = torch.cdist(prints, known, p=float("inf")).min(dim=1)
    return torch.where(gaps < 1e-3, index, -1)


def weights_of(optimizer: Any) -> list[Tensor]:
    """The weights that an optimizer moves."""
    return [weight for group in optimizer.param_groups for weight in group["params"]]


def _has_gradient(optimizer: Any) -> bool:
    return any(w.grad is not None and bool(w.grad.any()) for w in weights_of(optimizer))


@contextlib.contextmanager
def watching(solution: ModuleType, images: Tensor) -> Iterator[LoopWatch]:
    """A LoopWatch that sees everything inside the block."""
    watch = LoopWatch(solution, images)
    backward, grad = torch.autograd.backward, torch.autograd.grad

    def seen_backward(tensors: Any, grad_tensors: Any = None, *more: Any, **named: Any) -> None:
        watch.saw_backward(tensors, grad_tensors)
        backward(tensors, grad_tensors, *more, **named)

    def seen_grad(outputs: Any, *more: Any, **named: Any) -> Any:
        if not named.get("create_graph"):  # else a part of a loss, not the loss
            watch.saw_backward(outputs)
        return grad(outputs, *more, **named)

    handles = [
        register_module_forward_pre_hook(watch.saw_call),
        register_module_forward_hook(watch.saw_output),
        register_optimizer_step_post_hook(watch.saw_step),
    ]
    torch.autograd.backward, torch.autograd.grad = seen_backward, seen_grad
    try:
        yield watch
    finally:
        torch.autograd.backward, torch.autograd.grad = backward, grad
        for handle in handles:
            handle.remove()
