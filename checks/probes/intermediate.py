"""Probes for the intermediate tier: the generator, and sampling from it."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from checks.probes import call, layers
from checks.probes.layers import Calls, leaves
from checks.probes.recorder import PIXELS, Recorder
from checks.probes.surroundings import reseeded, traces

Make = Callable[..., nn.Module]

DRAWS = ("rand", "normal", "uniform", "bernoulli")


class _NotAModuleError(Exception):
    """Generator(...) gave something that is no nn.Module."""


def _of_generators(probe: Callable[..., Any]) -> Callable[..., Any]:
    """Hand the probe a function that makes the learner's generators, and report non-modules."""

    @functools.wraps(probe)
    def guarded(solution: ModuleType, **arguments: Any) -> Any:
        def make(*placed: Any, **sizes: Any) -> nn.Module:
            # Where no latent size is asked for, the 100 that the probes feed; None: the default.
            asked = {} if placed else {"latent_dim": 100, **sizes}
            named = {name: size for name, size in asked.items() if size is not None}
            generator = call(solution, "Generator", *placed, **named)
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
    """The same for z times each factor; last of all with far larger weights, too.

    `calls` lists the last of PyTorch's functions that forward calls, `ending` what comes after
    the last layer: see `layers.ending`.
    """
    generator = make().eval()
    with torch.no_grad():
        made = [generator(factor * z) for factor in factors]
        if not all(isinstance(each, Tensor) for each in made):
            return {"outputs": made}
        with Calls() as calls:
            generator(z)
        ending = layers.ending(generator, z[:2])
        for weight in generator.parameters():
            weight.mul_(30)
        made.append(generator(factors[-1] * z))
    return {"outputs": made, "calls": calls.names[-30:], "ending": ending}


@_of_generators
def repeated(make: Make, z: Tensor, other: Tensor) -> dict[str, Any]:
    """Outputs for z, z again and another z, PyTorch's random numbers set back before the last.

    `draws` lists the functions for random numbers that forward calls. `mixed` is the output for the
    first half of z and the second half of the other, `reversed` that for z with each vector's
    numbers in reverse order, and `moved` how far the images move with each latent number alone.
    """
    generator = make().eval()
    with torch.no_grad():
        state = torch.get_rng_state()
        first = generator(z.clone())
        again = generator(z.clone())
        torch.set_rng_state(state)
        different = generator(other.clone())
        with Calls() as calls:
            generator(z.clone())
        half = len(z) // 2
        mixed = generator(torch.cat([z[:half], other[half:]]))
        turned = generator(z.flip(1))
        moved = _moves(generator, z, first) if isinstance(first, Tensor) else []
    draws = [name for name in calls.names if name.startswith(DRAWS)]
    return {
        "first": first, "again": again, "other": different, "draws": draws[:20],
        "mixed": mixed, "reversed": turned, "moved": moved,
    }  # fmt: skip


def _moves(generator: nn.Module, z: Tensor, images: Tensor) -> list[float]:
    n, latent_dim = z.shape
    shifted = z.repeat(latent_dim, 1, 1)  # (number, vector, numbers)
    for number in range(latent_dim):
        shifted[number, :, number] += torch.where(torch.arange(n) % 2 == 0, 6.0, -6.0)
    moved = generator(shifted.flatten(0, 1))
    if images.shape[:1] != (n,) or moved.shape[:1] != (n * latent_dim,):
        return []
    distances = (moved.reshape(latent_dim, n, -1) - images.reshape(1, n, -1)).abs()
    farthest: list[float] = distances.amax((1, 2)).tolist()
    return farthest


@_of_generators
def first_weights(make: Make) -> dict[str, Any]:
    """How weights begin, see `layers.first_weights`, and whether their making is `reseeded`."""
    found = reseeded(make)
    with torch.no_grad():
        return {**layers.first_weights(make(), make()), "reseeded": found}


@_of_generators
def chain(make: Make, z: Tensor, hidden_dims: tuple[int, ...]) -> dict[str, Any]:
    """How the linear layers hand on their numbers, see `layers.chain`.

    No layers where these widths end in an error: `sizes` is there to show it.
    """
    try:
        with torch.no_grad():
            return layers.chain(make(hidden_dims=hidden_dims).eval(), z)
    except (IndexError, ValueError, RuntimeError, TypeError):
        return {"layers": [], "is_plain": False}


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
    first = list(leaves(made))
    again = list(leaves(generator(z)))
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
        "frozen": [name for name, weight in named.items() if not weight.requires_grad],
        "unreached": unreached,
        "unreached_but_used": [n for n in unreached if layers.matters(generator, named[n], z)],
        "steepest": [float(g.abs().max()) for g in gradients.values() if g is not None],
    }


@_of_generators
def sizes(
    make: Make, latent_dim: int | None, hidden_dims: tuple[int, ...] | None
) -> dict[str, Any]:
    """What becomes of the sizes asked for: the attribute, the weights' shapes, what goes in.

    `accepts` is the width of the latent vectors that the generator takes: the one asked for, or
    the default of 100, or the one that its attribute says. `refused` instead, where these hidden
    layers end in an error.
    """
    try:
        return _sizes(make, latent_dim, hidden_dims)
    except (IndexError, ValueError) as error:
        if hidden_dims is None:
            raise
        return {"refused": f"{type(error).__name__}: {error}"}
    except (RuntimeError, TypeError) as error:
        # Layers that do not fit each other are for the learner to see; but whether there has to be
        # a hidden layer at all can be argued about.
        if hidden_dims != ():
            raise
        return {"refused": f"{type(error).__name__}: {error}"}


def _sizes(
    make: Make, latent_dim: int | None, hidden_dims: tuple[int, ...] | None
) -> dict[str, Any]:
    generator = make(latent_dim=latent_dim, hidden_dims=hidden_dims).eval()
    kept = getattr(generator, "latent_dim", None)
    evidence: dict[str, Any] = {"attribute": kept}
    width = 100 if latent_dim is None else latent_dim
    try:
        made = generator(torch.ones(2, width))
        evidence["accepts"] = width
    except RuntimeError:
        others = [size for size in (100, kept) if type(size) is int and 0 < size < 10_000]
        accepted = [size for size in others if _takes(generator, size)]
        if not accepted:
            raise
        made = generator(torch.ones(2, accepted[0]))
        evidence["accepts"] = accepted[0]
    used = list(leaves(made)) if isinstance(made, Tensor) else []
    weights = used or generator.parameters()  # no leaves where the graph is cut
    return evidence | {"output": made, "shapes": [tuple(weight.shape) for weight in weights]}


def _takes(generator: nn.Module, width: int) -> bool:
    with suppress(RuntimeError):
        generator(torch.ones(2, width))
        return True
    return False


@_of_generators
def placed_sizes(make: Make, arguments: list[Any]) -> dict[str, Any]:
    """The latent size of a generator whose arguments are passed by place, or the error's text."""
    try:
        generator = make(*arguments)
    except (TypeError, ValueError, IndexError) as error:
        return {"refused": f"{type(error).__name__}: {error}"}
    return {"attribute": getattr(generator, "latent_dim", None)}


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


def sampled(
    solution: ModuleType,
    latent_dim: int,
    training: bool,
    arguments: dict[str, Any],
    by_place: tuple[Any, ...] = (),
) -> dict[str, Any]:
    """What `generate_images` makes with a recording generator, and how it used it.

    `scale` is the generator's weight afterwards: 0.7, a float32 that has a gradient of 0.25, if
    nothing has changed.
    """
    generator = Recorder(latent_dim).train(training)
    generator.scale.grad = torch.tensor(0.25)
    images = call(solution, "generate_images", generator, *by_place, **arguments)
    noise = [z.reshape(len(z), -1) if z.dim() else z.reshape(1, 1) for z in generator.noise]
    scale = generator.scale
    return {
        "images": images,
        "noise": torch.cat(noise) if noise else None,
        "made": torch.cat([made.reshape(-1, PIXELS) for made in generator.made]) if noise else None,
        "trained_while_sampling": list(generator.modes),
        "graphs": list(generator.graphs),
        "training_after": generator.training,
        "scale": {
            "value": round(float(scale), 4),
            "dtype": str(scale.dtype).removeprefix("torch."),
            "requires_grad": scale.requires_grad,
            "gradient": None if scale.grad is None else float(scale.grad),
        },
    }


def mode_after_failure(solution: ModuleType, training: bool) -> bool:
    """The mode in which `generate_images` leaves a generator that raises an error."""
    generator = Recorder(5).train(training)
    generator.fails = True
    with suppress(FloatingPointError):
        call(solution, "generate_images", generator, n_images=3)
    return generator.training


def drawn_again(
    solution: ModuleType, n_images: int, latent_dim: int, seeds: list[int | None]
) -> list[Any]:
    """Images of one recording generator for each seed, one after the other."""
    generator = Recorder(latent_dim).eval()
    return [
        call(solution, "generate_images", generator, n_images=n_images, seed=seed)
        if seed is not None
        else call(solution, "generate_images", generator, n_images=n_images)
        for seed in seeds
    ]


def global_state_after(solution: ModuleType, n_images: int, seed: int) -> dict[str, Any]:
    """What sampling with a seed and without one leave behind: see `traces`."""
    generator = Recorder(5).eval()

    def sample(**seeds: int) -> None:
        call(solution, "generate_images", generator, n_images=n_images, **seeds)

    return traces(lambda: sample(seed=seed), sample)
