"""Probes for the intermediate tier: the generator, and sampling from it."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from checks.probes import call
from checks.probes.beginner import _global_state

Make = Callable[..., nn.Module]

DRAWS = ("rand", "normal", "uniform", "bernoulli")


class _NotAModuleError(Exception):
    """Generator(...) gave something that is no nn.Module."""


def _of_generators(probe: Callable[..., Any]) -> Callable[..., Any]:
    """Hand the probe a function that makes the learner's generators, and report non-modules."""

    @functools.wraps(probe)
    def guarded(solution: ModuleType, **arguments: Any) -> Any:
        def make(**sizes: Any) -> nn.Module:
            generator = call(solution, "Generator", **sizes)
            if not isinstance(generator, nn.Module):
                raise _NotAModuleError(type(generator).__name__)
            return generator

        try:
            return probe(make, **arguments)
        except _NotAModuleError as error:
            return {"not_a_module": str(error)}

    return guarded


@_of_generators
def outputs(make: Make, latents: list[Tensor]) -> dict[str, Any]:
    """What a new generator makes of each batch of latent vectors, in eval mode."""
    generator = make().eval()
    with torch.no_grad():
        return {"outputs": [generator(z) for z in latents]}


@_of_generators
def batches(make: Make, latents: list[Tensor]) -> dict[str, Any]:
    """The same, batch size by batch size; where one fails, another size that does not."""
    generator = make().eval()
    with torch.no_grad():
        try:
            return {"outputs": [generator(z) for z in latents]}
        except RuntimeError:
            for n in (16, 32, 64, 100, 128, 256):
                with suppress(RuntimeError):
                    generator(torch.ones(n, 100))
                    return {"only": n}
            raise


@_of_generators
def pushed_outputs(make: Make, z: Tensor, factors: list[float]) -> dict[str, Any]:
    """The same for z times each factor; last of all with far larger weights, too."""
    generator = make().eval()
    with torch.no_grad():
        made = [generator(factor * z) for factor in factors]
        for weight in generator.parameters():
            weight.mul_(30)
        return {"outputs": [*made, generator(factors[-1] * z)]}


@_of_generators
def repeated(make: Make, z: Tensor, other: Tensor) -> dict[str, Any]:
    """Outputs for z, z again and another z, PyTorch's random numbers set back before the last.

    `draws` lists the functions for random numbers that forward calls.
    """
    generator = make().eval()
    with torch.no_grad():
        state = torch.get_rng_state()
        first = generator(z)
        again = generator(z)
        torch.set_rng_state(state)
        different = generator(other)
        with _Calls() as calls:
            generator(z)
    draws = [name for name in calls.names if name.startswith(DRAWS)]
    return {"first": first, "again": again, "other": different, "draws": draws[:20]}


class _Calls(TorchFunctionMode):
    """Notes the names of PyTorch's functions as they are called."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        self.names.append(str(getattr(func, "__name__", "")))
        return func(*args, **(kwargs or {}))


def warm_up() -> None:
    """Load what the first backward of a process pulls in, most of half a second's worth.

    By name: a backward in the process that forks could leave threads behind.
    """
    for module in ("torch.fx.experimental.symbolic_shapes", "torch.nested._internal.nested_tensor"):
        with suppress(ImportError):
            importlib.import_module(module)


@_of_generators
def learning(make: Make, z: Tensor) -> dict[str, Any]:
    """Which weights take part in the computation, are registered, and get a gradient."""
    generator = make().train()
    made = generator(z)
    if not isinstance(made, Tensor):
        return {"output": made}
    first = list(_leaves(made))
    again = list(_leaves(generator(z)))
    named = dict(generator.named_parameters())
    known = {id(weight) for weight in named.values()}
    strangers = [leaf for leaf in first if id(leaf) not in known]
    if made.requires_grad:
        # No symmetry of the output may cancel the gradient, so each pixel gets its own weight.
        made.backward(torch.linspace(-1, 2, made.numel(), dtype=made.dtype).view_as(made))
    gradients = {name: weight.grad for name, weight in named.items()}
    unreached = [name for name, gradient in gradients.items() if gradient is None]
    return {
        "n_parameters": sum(weight.numel() for weight in named.values()),
        "strangers": [tuple(leaf.shape) for leaf in strangers],
        "made_anew": bool(strangers) and not {id(x) for x in again} & {id(x) for x in strangers},
        "unreached": unreached,
        "unreached_but_used": [name for name in unreached if _matters(generator, named[name], z)],
        "steepest": [float(g.abs().max()) for g in gradients.values() if g is not None],
    }


def _leaves(made: Tensor) -> Iterator[Tensor]:
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


def _matters(generator: nn.Module, weight: Tensor, z: Tensor) -> bool:
    """Whether the output is another one with this weight changed."""
    generator.eval()
    with torch.no_grad():
        before = generator(z)
        weight.add_(torch.linspace(0.5, 1.5, weight.numel()).view_as(weight))
        after = generator(z)
    return not torch.equal(before, after)


@_of_generators
def sizes(make: Make, latent_dim: int, hidden_dims: tuple[int, ...] | None) -> dict[str, Any]:
    """What becomes of the sizes asked for: the attribute, the weights' shapes, what goes in.

    `accepts` is the width of the latent vectors that the generator takes: the one asked for, or
    the default of 100.
    """
    asked: dict[str, Any] = {"latent_dim": latent_dim}
    if hidden_dims is not None:
        asked["hidden_dims"] = hidden_dims
    try:
        generator = make(**asked).eval()
    except (IndexError, ValueError) as error:
        if hidden_dims is None:
            raise
        return {"refused": f"{type(error).__name__}: {error}"}
    evidence: dict[str, Any] = {"attribute": getattr(generator, "latent_dim", None)}
    try:
        made = generator(torch.ones(2, latent_dim))
        evidence["accepts"] = latent_dim
    except RuntimeError:
        made = _with_default_width(generator)
        if made is None:
            raise
        evidence["accepts"] = 100
    used = list(_leaves(made)) if isinstance(made, Tensor) else []
    weights = [*generator.parameters(), *used]
    return evidence | {"output": made, "shapes": [tuple(weight.shape) for weight in weights]}


def _with_default_width(generator: nn.Module) -> Any:
    with suppress(RuntimeError):
        return generator(torch.ones(2, 100))
    return None


@_of_generators
def round_trip(make: Make, z: Tensor, batches: list[Tensor]) -> dict[str, Any]:
    """Outputs of a generator, of a new one, and of that one with the first one's state."""
    generator, other = make().train(), make().eval()
    with torch.no_grad():
        for batch in batches:  # so that running statistics, if any, are no longer the initial ones
            generator(batch)
        generator.eval()
        original, fresh = generator(z), other(z)
        state = {name: value.clone() for name, value in generator.state_dict().items()}
        other.load_state_dict(state)
        return {"original": original, "fresh": fresh, "loaded": other(z)}


class Recorder(nn.Module):
    """A small generator of the kit's own that notes down how it is used."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.hidden_dims = (8,)
        self.scale = nn.Parameter(torch.tensor(0.7))
        self.dropout = nn.Dropout(0.5)
        self.noise: list[Tensor] = []
        self.made: list[Tensor] = []
        self.modes: list[bool] = []
        self.graphs: list[bool] = []
        self.fails = False

    def forward(self, z: Tensor) -> Tensor:
        """A fixed projection of z, through tanh; any width will do."""
        if self.fails:
            raise FloatingPointError("the generator failed on purpose")
        rng = torch.Generator().manual_seed(1)
        projection = torch.randn(z.shape[-1], 784, generator=rng)
        images = torch.tanh(self.dropout(z.float() @ projection * self.scale))
        self.noise.append(z.detach().clone())
        self.made.append(images.detach().clone())
        self.modes.append(self.training or self.dropout.training)
        self.graphs.append(images.requires_grad)
        return images


def sampled(
    solution: ModuleType, latent_dim: int, training: bool, arguments: dict[str, Any]
) -> dict[str, Any]:
    """What `generate_images` makes with a recording generator, and how it used it."""
    generator = Recorder(latent_dim).train(training)
    images = call(solution, "generate_images", generator, **arguments)
    noise = [z.reshape(len(z), -1) if z.dim() else z.reshape(1, 1) for z in generator.noise]
    return {
        "images": images,
        "noise": torch.cat(noise) if noise else None,
        "made": torch.cat([made.reshape(-1, 784) for made in generator.made]) if noise else None,
        "trained_while_sampling": generator.modes,
        "graphs": generator.graphs,
        "training_after": generator.training,
    }


def mode_after_failure(solution: ModuleType, training: bool) -> bool:
    """The mode in which `generate_images` leaves a generator that raises an error."""
    generator = Recorder(5).train(training)
    generator.fails = True
    with suppress(FloatingPointError):
        call(solution, "generate_images", generator, n_images=3)
    return generator.training


def drawn_again(solution: ModuleType, seeds: list[int | None]) -> list[Any]:
    """Images of one recording generator for each seed, one after the other."""
    generator = Recorder(5).eval()
    return [
        call(solution, "generate_images", generator, n_images=6, seed=seed)
        if seed is not None
        else call(solution, "generate_images", generator, n_images=6)
        for seed in seeds
    ]


def global_state_after(solution: ModuleType, seed: int) -> dict[str, bool]:
    """Whether seeded sampling left each global source of random numbers as it was."""
    generator = Recorder(5).eval()
    before = _global_state()
    call(solution, "generate_images", generator, n_images=4, seed=seed)
    after = _global_state()
    return {name: before[name] == after[name] for name in before}
