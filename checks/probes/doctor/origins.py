"""Where each tensor came from: real data, random numbers, the outputs of networks.

Every operation of PyTorch passes by here, so that an origin travels along with what is made of a
tensor, also where its graph is cut. Devices that are not there become the CPU on the way.
"""

from __future__ import annotations

import contextlib
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

Origin = frozenset[Any]
NOTHING: Origin = frozenset()
ATTRIBUTE = "_came_from"
REAL, NOISE, LABEL = "real", "noise", "label"
CLIPS = {"clamp", "clamp_", "clip", "clip_"}
RANDOM = {"randn", "rand", "normal", "randn_like", "rand_like", "normal_", "uniform_", "bernoulli",
          "multivariate_normal", "exponential_", "trunc_normal_"}  # fmt: skip
ANEW = {"zeros_like", "ones_like", "empty_like", "full_like", "randn_like", "rand_like",
        "randint_like", "new_zeros", "new_ones", "new_empty", "new_full", "new_tensor", "zero_",
        "fill_", "normal_", "uniform_", "argmax", "max_pool2d_with_indices"}  # fmt: skip
LOSSES = {"binary_cross_entropy", "binary_cross_entropy_with_logits", "mse_loss", "l1_loss",
          "smooth_l1_loss", "cross_entropy", "nll_loss", "soft_margin_loss"}  # fmt: skip
MOVES = {"to", "cuda", "cpu", "type", "mps"}
CARDS = ("cuda", "mps", "xpu", "xla")


def origin(tensor: Tensor) -> Origin:
    """What a tensor came from, as far as is known."""
    return getattr(tensor, ATTRIBUTE, NOTHING)


def mark(tensor: Tensor, came_from: Origin) -> None:
    """Write down where a tensor came from; weights come from nowhere."""
    if not isinstance(tensor, torch.nn.Parameter):
        setattr(tensor, ATTRIBUTE, came_from)


class Origins(TorchFunctionMode):
    """Carries the origins along, and tells the watch of losses, dropout and softmax."""

    def __init__(self, watch: Any) -> None:
        super().__init__()
        self.watch = watch

    def __exit__(self, *ended: Any) -> None:
        """End; where the script's time was over while PyTorch had set this aside, it has ended."""
        with contextlib.suppress(RuntimeError):
            super().__exit__(*ended)  # type: ignore[no-untyped-call,unused-ignore]

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run the function on the CPU, and give its results their origin."""
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if name == "__get__":
            return self._carried(func(*args, **kwargs), args, kwargs, name)
        if name == "cuda":
            return args[0]
        if "device" in kwargs and is_card(kwargs["device"]):
            kwargs = {**kwargs, "device": "cpu"}
        if name in MOVES:
            args = tuple("cpu" if is_card(each) else each for each in args)
            if any(isinstance(each, str) and each.startswith("torch.cuda.") for each in args):
                args = tuple(
                    each.replace("torch.cuda.", "torch.") if isinstance(each, str) else each
                    for each in args
                )
        if name in LOSSES:
            self.watch.saw_loss(name, args, kwargs)
        elif name in CLIPS and args and isinstance(args[0], Tensor):
            self.watch.saw_clip(args[0])
        elif name in ("softmax", "log_softmax"):
            self.watch.saw_softmax(args, kwargs)
        elif "dropout" in name:
            self.watch.saw_dropout(args, kwargs)
        return self._carried(func(*args, **kwargs), args, kwargs, name)

    def _carried(self, result: Any, args: Any, kwargs: Any, name: str) -> Any:
        if isinstance(result, Tensor):
            found = _of_arguments(args, kwargs) if name not in ANEW else NOTHING
            if name in RANDOM:
                found |= {NOISE}
            if found:
                mark(result, found)
        elif isinstance(result, (tuple, list)) and result and isinstance(result[0], Tensor):
            found = _of_arguments(args, kwargs)
            for each in result if found else ():
                if isinstance(each, Tensor):
                    mark(each, found)
        return result


def _of_arguments(args: Any, kwargs: Any) -> Origin:
    found = NOTHING
    for each in (*args, *kwargs.values()) if kwargs else args:
        if isinstance(each, Tensor):
            found |= getattr(each, ATTRIBUTE, NOTHING)
        elif isinstance(each, (list, tuple)):
            for inner in each:
                if isinstance(inner, Tensor):
                    found |= getattr(inner, ATTRIBUTE, NOTHING)
    return found


def is_card(device: Any) -> bool:
    """Whether this names a device other than the CPU; a number names a card too."""
    if isinstance(device, torch.device):
        return device.type in CARDS
    return isinstance(device, str) and device.split(":")[0] in CARDS
