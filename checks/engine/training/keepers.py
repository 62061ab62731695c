"""Kinds of objects that carry a state of their own: how it is taken down and put back, in place.

What comes out is plain: dictionaries, lists, tuples, numbers, text and tensors, so that it can be
read back as data, without running code. It shares memory with the objects until it is written.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

PLAIN = (bool, int, float, str, type(None))
ARRAY = "array:"


@dataclass(frozen=True)
class Keeper:
    """One kind: whether an object is of it, its state as plain data, and that state put back."""

    kind: str
    fits: Callable[[Any], bool]
    take: Callable[[Any], Any]
    put: Callable[[Any, Any], None]


def keeper_of(value: Any) -> Keeper | None:
    """The first kind that fits."""
    return next((keeper for keeper in KEEPERS if keeper.fits(value)), None)


# Plain data ---------------------------------------------------------------------------------------


def packed(value: Any) -> Any:
    """A state as plain data; what has no plain form, such as a function, is left out as None."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, Tensor):
        return own_memory(value)
    if isinstance(value, np.ndarray):
        return (ARRAY, value.dtype.str, list(value.shape), _bytes(value))
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {key: packed(item) for key, item in value.items() if _is_key(key)}
    if isinstance(value, tuple):
        return tuple(packed(item) for item in value)
    if isinstance(value, list):
        return [packed(item) for item in value]
    return None


def unpacked(value: Any) -> Any:
    """A state as it was before `packed`."""
    if isinstance(value, tuple):
        if len(value) == 4 and value[0] == ARRAY:
            _, dtype, shape, content = value
            return np.frombuffer(content.numpy().tobytes(), np.dtype(dtype)).reshape(shape).copy()
        return tuple(unpacked(item) for item in value)
    if isinstance(value, dict):
        return {key: unpacked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unpacked(item) for item in value]
    return value


def own_memory(tensor: Tensor) -> Tensor:
    """The tensor without its graph; not as a small view of something large."""
    tensor = tensor.detach()
    if tensor.layout is not torch.strided:
        return tensor.clone()
    large = tensor.untyped_storage().nbytes() > tensor.numel() * tensor.element_size()
    return tensor.clone() if large or type(tensor) is not Tensor else tensor


def _bytes(array: np.ndarray[Any, Any]) -> Tensor:
    return torch.frombuffer(bytearray(array.tobytes() or b"\0"), dtype=torch.uint8)[: array.nbytes]


def _is_key(key: Any) -> bool:
    return type(key) in PLAIN or (isinstance(key, tuple) and all(map(_is_key, key)))


# Networks -----------------------------------------------------------------------------------------


def take_module(module: nn.Module) -> dict[str, Any]:
    """Weights, buffers, gradients, and each part's mode."""
    weights = module.state_dict()
    return {
        "weights": packed(weights),
        "buffers": packed({n: b for n, b in module.named_buffers() if n not in weights}),
        "gradients": packed({n: p.grad for n, p in module.named_parameters()}),
        "trained": {name: part.training for name, part in module.named_modules()},
        "free": {name: weight.requires_grad for name, weight in module.named_parameters()},
    }


def put_module(module: nn.Module, state: dict[str, Any]) -> None:
    """The same, back into the network that is there."""
    module.load_state_dict(unpacked(state["weights"]))
    buffers = dict(module.named_buffers())
    with torch.no_grad():
        for name, values in state["buffers"].items():
            buffers[name].copy_(values)
    for name, weight in module.named_parameters():
        gradient = state["gradients"][name]
        weight.grad = None if gradient is None else gradient.to(weight.device, copy=True)
        weight.requires_grad_(state["free"][name])
    for name, part in module.named_modules():
        part.training = state["trained"][name]


def on_cpu(module: nn.Module) -> dict[str, Any]:
    """A network's weights as plain data on the CPU."""
    state = packed(module.state_dict())
    return {
        name: value.cpu() if isinstance(value, Tensor) else value for name, value in state.items()
    }


# Random numbers -----------------------------------------------------------------------------------


def take_random() -> dict[str, Any]:
    """The global random states of torch (on every device), NumPy and Python."""
    states: dict[str, Any] = {
        "torch": torch.get_rng_state(),
        "numpy": packed(np.random.get_state(legacy=False)),
        "python": random.getstate(),
    }
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        states["cuda"] = torch.cuda.get_rng_state_all()
    if torch.backends.mps.is_available():
        states["mps"] = torch.mps.get_rng_state()
    return states


def put_random(states: Mapping[str, Any]) -> None:
    """The same, put back."""
    torch.set_rng_state(states["torch"])
    np.random.set_state(unpacked(states["numpy"]))
    random.setstate(states["python"])
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(states["cuda"])
    if "mps" in states and torch.backends.mps.is_available():
        torch.mps.set_rng_state(states["mps"])


def _put_bits(generator: np.random.Generator, state: Any) -> None:
    generator.bit_generator.state = unpacked(state)


# All kinds ----------------------------------------------------------------------------------------


def _has_states(value: Any) -> bool:
    """Optimizers, schedulers, scalers, and whatever else works like them."""
    kind = type(value)
    return callable(getattr(kind, "state_dict", None)) and callable(
        getattr(kind, "load_state_dict", None)
    )


KEEPERS = (
    Keeper("network", lambda value: isinstance(value, nn.Module), take_module, put_module),
    Keeper(
        "random numbers of torch",
        lambda value: isinstance(value, torch.Generator),
        lambda value: value.get_state(),
        lambda value, state: value.set_state(state),
    ),
    Keeper(
        "random numbers of NumPy",
        lambda value: isinstance(value, np.random.Generator),
        lambda value: packed(value.bit_generator.state),
        _put_bits,
    ),
    Keeper(
        "older random numbers of NumPy",
        lambda value: isinstance(value, np.random.RandomState),
        lambda value: packed(value.get_state(legacy=False)),
        lambda value, state: value.set_state(unpacked(state)),
    ),
    Keeper(
        "random numbers of Python",
        lambda value: isinstance(value, random.Random),
        lambda value: packed(value.getstate()),
        lambda value, state: value.setstate(unpacked(state)),
    ),
    Keeper(
        "state",
        _has_states,
        lambda value: packed(value.state_dict()),
        lambda value, state: value.load_state_dict(unpacked(state)),
    ),
)
