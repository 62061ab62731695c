"""What a training needs to go on: its networks, its optimizers and the random states.

PyTorch's own hooks tell which networks and optimizers a running `train_gan` uses, in the order in
which it first uses them. Their states are kept at each epoch's end. A training that is resumed is
called anew for the epochs that are left, and each network gets its weights back right before it is
first used, each optimizer its state right before its first step. What else the loop remembers, such
as the schedule of a learning rate, begins anew.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn
from weakref import WeakSet, ref

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.module import (
    register_module_forward_pre_hook,
    register_module_module_registration_hook,
)
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_pre_hook

from checks.engine.errors import MismatchError

PLAIN = (bool, int, float, str, type(None))
FORMAT = 2  # of what `states` returns


class Checkpoint:
    """The networks and optimizers of one call of `train_gan`, noticed as they are used.

    `kept` is what `states` returned at the end of an earlier call, where that one is resumed.
    """

    def __init__(self, kept: Mapping[str, Any] | None = None) -> None:
        self._networks: list[ref[nn.Module]] = []  # what the learner's code drops is dropped here
        self._optimizers: list[ref[Optimizer]] = []
        self._parts: WeakSet[nn.Module] = WeakSet()  # of all networks, with the networks themselves
        self._kept_networks = list(kept["networks"]) if kept else []  # those still to be restored
        self._kept_optimizers = list(kept["optimizers"]) if kept else []
        self._kept_random = kept["random"] if kept else None
        self._has_random = False
        self._is_paused = False
        self.mismatch = ""  # what did not fit, in the middle of a sentence

    @property
    def networks(self) -> list[nn.Module]:
        """The networks in use."""
        return [network for each in self._networks if (network := each()) is not None]

    @property
    def optimizers(self) -> list[Optimizer]:
        """The optimizers in use."""
        return [optimizer for each in self._optimizers if (optimizer := each()) is not None]

    @property
    def is_waiting(self) -> bool:
        """Whether something that was kept has not been put back yet."""
        return bool(self._kept_networks or self._kept_optimizers)

    def states(self) -> dict[str, Any]:
        """All that is to be kept, as plain data; it shares memory with the networks."""
        networks = [
            {"kind": type(network).__name__, "weights": plain(network.state_dict())}
            for network in self.networks
        ]
        optimizers = [
            {"shapes": _shapes(optimizer), "state": plain(optimizer.state_dict())}
            for optimizer in self.optimizers
        ]
        return {
            "networks": networks + self._kept_networks,
            "optimizers": optimizers + self._kept_optimizers,
            "random": random_states(),
        }

    # Noticing them, and restoring their states.

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Notice what is used meanwhile; `MismatchError` comes up where it does not fit."""
        hooks = [
            register_module_module_registration_hook(self._layer_added),
            register_module_forward_pre_hook(self._module_called),
            register_optimizer_step_pre_hook(self._before_step),
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Notice nothing: it is the kit that uses networks meanwhile."""
        self._is_paused = True
        try:
            yield
        finally:
            self._is_paused = False

    def handed_over(self, generator: nn.Module) -> None:
        """Notice the generator that `on_epoch_end` got: it may be an average that nobody calls."""
        if generator not in self._parts and not any(
            _same_weights(generator, network) for network in self.networks
        ):
            self._notice(generator)

    def _layer_added(self, *ignored: Any) -> None:
        # The networks are being made. When the last layer is there, its first weights are drawn,
        # and the next random number is the one that an unbroken training would draw.
        if self._kept_random is not None:
            restore_random_states(self._kept_random)
            self._has_random = True

    def _module_called(self, module: nn.Module, *ignored: Any) -> None:
        if torch.compiler.is_compiling():  # a layer of a network that has been noticed
            return
        if self.mismatch:  # an `except` of the learner's code has swallowed it
            self._refuse(self.mismatch)
        if not self._is_paused and module not in self._parts:
            self._notice(module)

    def _notice(self, network: nn.Module) -> None:
        self._parts.update(network.modules())
        if not network.state_dict():  # a loss, say, or an activation
            return
        if self._kept_random is not None:
            if not self._has_random:
                restore_random_states(self._kept_random)
            self._kept_random = None
        self._networks = [each for each in self._networks if each() is not None] + [ref(network)]
        if self._kept_networks:
            kept, name = self._kept_networks.pop(0), type(network).__name__
            try:
                network.load_state_dict(kept["weights"])
            except Exception:  # torch says it in many ways
                self._refuse(f"its {name} has other layers than the {kept['kind']} that was kept")

    def _before_step(self, optimizer: Optimizer, *ignored: Any) -> None:
        if any(each() is optimizer for each in self._optimizers):
            return
        alive = [each for each in self._optimizers if each() is not None]
        self._optimizers = [*alive, ref(optimizer)]
        if self._kept_optimizers:
            kept = self._kept_optimizers.pop(0)
            try:
                if kept["shapes"] != _shapes(optimizer):
                    raise ValueError
                optimizer.load_state_dict(kept["state"])
            except Exception:
                name = type(optimizer).__name__
                self._refuse(f"its optimizer {name} moves other weights than the one that was kept")

    def _refuse(self, mismatch: str) -> NoReturn:
        self.mismatch = mismatch
        raise MismatchError(mismatch) from None


def _shapes(optimizer: Optimizer) -> list[list[int]]:
    """Those of the weights that an optimizer moves."""
    return [list(weight.shape) for group in optimizer.param_groups for weight in group["params"]]


def _same_weights(one: nn.Module, other: nn.Module) -> bool:
    """Whether a network is another's copy, or has that one's weights in another frame."""
    weights = list(one.parameters()), list(other.parameters())
    return len(weights[0]) == len(weights[1]) and all(
        a.shape == b.shape and torch.equal(a.cpu().float(), b.cpu().float())
        for a, b in zip(*weights, strict=True)
    )


# Plain data ---------------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """A state as data that can be read back without running code; what is none becomes None."""
    if isinstance(value, Tensor):
        return value.detach()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = [plain(item) for item in value]
        return tuple(items) if isinstance(value, tuple) else items
    return value if type(value) in PLAIN else None


def on_cpu(network: nn.Module) -> dict[str, Any]:
    """A network's weights as plain data on the CPU."""
    return {
        name: value.cpu() if isinstance(value, Tensor) else value
        for name, value in plain(network.state_dict()).items()
    }


# Random states ------------------------------------------------------------------------------------


def random_states() -> dict[str, Any]:
    """The global random states of torch (on every device), NumPy and Python, as plain data."""
    name, key, *rest = np.random.get_state()
    states: dict[str, Any] = {
        "torch": torch.get_rng_state(),
        "numpy": (name, np.asarray(key).tolist(), *rest),
        "python": random.getstate(),
    }
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        states["cuda"] = torch.cuda.get_rng_state_all()
    if torch.backends.mps.is_available():
        states["mps"] = torch.mps.get_rng_state()
    return states


def restore_random_states(states: Mapping[str, Any]) -> None:
    """The same, put back."""
    torch.set_rng_state(states["torch"])
    np.random.set_state(states["numpy"])
    random.setstate(states["python"])
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(states["cuda"])
    if "mps" in states and torch.backends.mps.is_available():
        torch.mps.set_rng_state(states["mps"])
