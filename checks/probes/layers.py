"""What can be seen of a network from outside: its weights, and how its layers hand on numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

Hook = Callable[[nn.Module, tuple[Any, ...], Any], Any]

MOVES = torch.arange(-32, 33) / 8  # what the last layer is made to say, from -4 to 4
WITH_WEIGHTS = (nn.Linear, nn.Bilinear, nn.modules.conv._ConvNd)
PRODUCTS = ("linear", "bilinear", "matmul", "rmatmul", "mm", "addmm", "bmm", "baddbmm", "einsum",
            "conv")  # fmt: skip


class Calls(TorchFunctionMode):
    """Notes the names of PyTorch's functions as they are called."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        self.names.append(str(getattr(func, "__name__", "")))
        return func(*args, **(kwargs or {}))


def leaves(made: Tensor) -> Iterator[Tensor]:
    """The tensors that the computation's gradient ends at."""
    waiting, seen = [made.grad_fn], set()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        waiting += [function for function, _ in node.next_functions]
        if hasattr(node, "variable"):
            yield node.variable


# --- the end ------------------------------------------------------------------------------------


def ending(network: nn.Module, inputs: Tensor) -> dict[str, Any]:
    """What comes after a network's last linear (or convolutional) layer.

    `after`: the names of PyTorch's functions that are called there. `path`: the first values that
    the network makes of each input while that layer is made to say each of MOVES, everywhere;
    shape (moves, values). None where no such layer is the last one to bring in weights.
    """
    called: list[tuple[nn.Module, int]] = []
    with Calls() as calls:

        def note(layer: nn.Module, *_: Any) -> None:
            called.append((layer, len(calls.names)))

        made = _hooked(network, dict.fromkeys(_with_weights(network), note), inputs)
    if not called or not isinstance(made, Tensor):
        return {"after": [], "path": None}
    layer, position = called[-1]
    after = [name.strip("_") for name in calls.names[position:]]
    if any(name.startswith(PRODUCTS) for name in after):
        return {"after": [], "path": None}
    path = []
    for move in MOVES.tolist():
        said = _hooked(network, {layer: lambda *run, m=move: torch.full_like(run[2], m)}, inputs)
        path.append(said[..., :16].flatten())
    return {"after": after[-30:], "path": torch.stack(path)}


def _with_weights(network: nn.Module) -> list[nn.Module]:
    return [layer for layer in network.modules() if isinstance(layer, WITH_WEIGHTS)]


def matters(network: nn.Module, weight: Tensor, inputs: Tensor) -> bool:
    """Whether the output, in eval mode, is another one with this weight changed."""
    network.eval()
    with torch.no_grad():
        before = network(inputs.clone())
        weight.add_(torch.linspace(0.5, 1.5, weight.numel()).view_as(weight))
        after = network(inputs.clone())
    return not torch.equal(before, after)


# --- the first weights --------------------------------------------------------------------------


def first_weights(network: nn.Module, other: nn.Module) -> dict[str, Any]:
    """How a new network's weights begin, and whether another new one has weights of its own.

    `n_matrices`: how many of the parameters are tables (no bias, no lone row). `constant`: names of
    those whose numbers are all equal; `nonzero` the same of linear layers' weights that aren't 0.
    `shared`: names of the parameters that both networks have in one place in memory.
    """
    matrices = {
        name: weight
        for name, weight in network.named_parameters()
        if not nn.parameter.is_lazy(weight) and sum(size > 1 for size in weight.shape) > 1
    }
    constant = {
        name for name, weight in matrices.items() if bool((weight == weight.flatten()[0]).all())
    }
    linear = {
        f"{place}.weight".lstrip(".")
        for place, layer in network.named_modules()
        if isinstance(layer, nn.Linear)
    }
    places = {_place(weight) for weight in network.parameters()} - {0}
    return {
        "n_matrices": len(matrices),
        "constant": sorted(constant),
        "nonzero": sorted(name for name in constant & linear if bool(matrices[name].any())),
        "shared": [name for name, weight in other.named_parameters() if _place(weight) in places],
    }


def _place(weight: Tensor) -> int:
    return 0 if nn.parameter.is_lazy(weight) or not weight.numel() else weight.data_ptr()


# --- what goes from layer to layer --------------------------------------------------------------


@dataclass
class _Call:
    """One call of a linear layer."""

    layer: nn.Linear
    taken: Tensor
    made: Tensor


def chain(
    network: nn.Module, z: Tensor, factors: tuple[float, ...] = (1.0, 1000.0)
) -> dict[str, Any]:
    """The linear layers in the order in which they are called.

    `layers`: for each call the widths that it took and made, and whether it is `straight`: its
    numbers go into the next linear layer as they are, and nowhere else. `is_plain`: each layer is
    called once, and no other parameter is a table.
    """
    network(z)  # a lazy layer has its weights after the first call
    calls, far = _linear_calls(network, z), _linear_calls(network, 1000 * z)
    alone = [_goes_nowhere_else(network, z, calls, place) for place in range(len(calls))]
    # Some non-linearities leave small numbers as they are, hence the large ones.
    for weight in network.parameters():
        weight.mul_(30)
    runs = [calls, far, _linear_calls(network, 1000 * z)]
    straight = [
        is_alone and all(_hands_on(run, place) for run in runs)
        for place, is_alone in enumerate(alone)
    ]
    once = [call for call in calls if sum(other.layer is call.layer for other in calls) == 1]
    own = {id(p) for call in calls for p in call.layer.parameters()}
    return {
        "layers": [
            {"takes": call.taken.shape[-1], "makes": call.made.shape[-1], "straight": is_straight}
            for call, is_straight in zip(calls, straight, strict=True)
        ],
        "is_plain": len(once) == len(calls)
        and all(id(p) in own for p in network.parameters() if p.dim() > 1),
    }


def _linear_calls(network: nn.Module, z: Tensor) -> list[_Call]:
    calls: list[_Call] = []

    def note(layer: nn.Module, taken: tuple[Any, ...], made: Any) -> None:
        if isinstance(layer, nn.Linear) and taken:
            calls.append(_Call(layer, taken[0].clone(), made.clone()))

    _hooked(network, dict.fromkeys(_linear(network), note), z)
    return calls


def _linear(network: nn.Module) -> list[nn.Module]:
    return [layer for layer in network.modules() if isinstance(layer, nn.Linear)]


def _hooked(network: nn.Module, hooks: dict[nn.Module, Hook], z: Tensor) -> Tensor:
    handles = [layer.register_forward_hook(hook) for layer, hook in hooks.items()]
    try:
        made: Tensor = network(z.clone())
    finally:
        for handle in handles:
            handle.remove()
    return made


def _hands_on(calls: list[_Call], place: int) -> bool:
    """Whether the next linear layer took exactly what this one made."""
    return place + 1 < len(calls) and torch.equal(calls[place].made, calls[place + 1].taken)


def _goes_nowhere_else(network: nn.Module, z: Tensor, calls: list[_Call], place: int) -> bool:
    """Whether nothing changes with this layer's numbers as long as the next one makes the same."""
    if not _hands_on(calls, place) or calls[place].layer is calls[place + 1].layer:
        return False
    held = calls[place + 1].made

    def made_with(numbers: Tensor) -> Tensor:
        hooks: dict[nn.Module, Hook] = {
            calls[place].layer: lambda *_: numbers.clone(),
            calls[place + 1].layer: lambda *_: held.clone(),
        }
        return _hooked(network, hooks, z)

    as_it_is = calls[place].made
    return torch.equal(made_with(as_it_is), made_with(as_it_is.flip(0) + 1))
