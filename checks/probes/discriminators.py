"""What the advanced tier's probes measure on the learner's discriminators.

`make` is the learner's class. Every call gets a copy of the images, so that a network that writes
into them is seen once, by `learning`, and misleads nobody else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from checks.probes.layers import ending, leaves, matters
from checks.probes.networks import PIXELS

Make = Callable[..., nn.Module]

DRAWS = ("randn", "normal")

FIRST_STEP, N_STEPS = 1e-4, 12  # of the lessons: each step twice as far as the one before


def scores(make: Make, batches: list[Tensor]) -> dict[str, Any]:
    """What new discriminators say.

    `scores`: to each batch. `unsure`, `sure`: to the last batch and its negative with all weights
    a hundredth as strong; with all weights 30 times and all images 1,000 times as strong. `taught`:
    to 16 images, step by step, while it is taught to say 0, and another one while taught to say 1.
    `ending`: what comes after the last layer, see `layers.ending`.
    """
    discriminator = make()
    with torch.no_grad():
        _warm(discriminator, batches[-1])
        said = [discriminator(batch.clone()) for batch in batches]
        if not all(isinstance(each, Tensor) for each in said):
            return {"scores": said}
        end = ending(discriminator, batches[-1][:8])
        both = torch.cat([batches[-1], -batches[-1]])
        unsure = _with_weights(discriminator, 0.01, both)
        _fill_zeros(discriminator)
        sure = _with_weights(discriminator, 30 / 0.01, both * 1000)
    return {
        "scores": said,
        "unsure": unsure,
        "sure": sure,
        "taught": [_taught(make().train(), batches[-1][:16], label) for label in (0, 1)],
        "ending": end,
    }


def _warm(discriminator: nn.Module, images: Tensor) -> None:
    """Into eval mode, after a call in training mode.

    Lazy layers have their weights after the first call, and spectral normalization has a norm that
    is not a random number.
    """
    discriminator.train()
    discriminator(images.clone())
    discriminator.eval()


def _with_weights(discriminator: nn.Module, factor: float, images: Tensor) -> Tensor:
    for parameter in discriminator.parameters():
        parameter.mul_(factor)
    made: Tensor = discriminator(images)
    return made


def _fill_zeros(discriminator: nn.Module) -> None:
    """Small random numbers for each matrix of zeros: a last layer may well start with zeros."""
    rng = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in discriminator.parameters():
            if parameter.dim() > 1 and not parameter.any():
                parameter.copy_(torch.randn(parameter.shape, generator=rng) * 0.1)


def _taught(discriminator: nn.Module, images: Tensor, label: int) -> Tensor:
    """Scores of the images before each of some ever larger steps towards this label."""
    seen: list[Tensor] = []
    for step in range(N_STEPS):
        said = discriminator(images.clone())
        if not said.isfinite().all():
            break
        seen.append(said.detach().flatten())
        weights = [p for p in discriminator.parameters() if p.requires_grad]
        if not said.requires_grad or not weights or (seen[-1] - label).abs().max() < 0.05:
            break
        gradients = torch.autograd.grad(said.sum(), weights, allow_unused=True)
        distance = (2 * label - 1) * FIRST_STEP * 2**step
        with torch.no_grad():
            for weight, gradient in zip(weights, gradients, strict=True):
                if gradient is not None:
                    weight.add_(distance * gradient.sign())
    return torch.stack(seen) if seen else torch.zeros(0, len(images))


def bends(make: Make, n_pairs: int, scales: list[float], seed: int) -> list[Any]:
    """Scores, at each scale, of random images: `start`, `end` and halfway between, in one batch."""
    rng = torch.Generator().manual_seed(seed)
    start, end = torch.randn(2, n_pairs, PIXELS, generator=rng)
    points = torch.cat([start, end, (start + end) / 2])
    discriminator = make()
    with torch.no_grad():
        _warm(discriminator, points)
        _fill_zeros(discriminator)
        return [discriminator(scale * points) for scale in scales]


def learning(make: Make, images: Tensor) -> dict[str, Any]:
    """What takes part in the computation, what gets a gradient, what becomes of the images.

    `slope` is the steepest gradient of all weights that are matrices, `image_slope` that of the
    images, None where they get none.
    """
    discriminator = make().train()
    given = images.clone()
    made = discriminator(given)
    if not isinstance(made, Tensor):
        return {"output": made}
    named = dict(discriminator.named_parameters())
    known = {id(weight) for weight in named.values()}
    strangers = [leaf for leaf in leaves(made) if id(leaf) not in known]
    has_graph = made.requires_grad
    _backward(made)
    slopes = [
        float(w.grad.abs().max()) for w in named.values() if w.dim() > 1 and w.grad is not None
    ]
    unreached = [name for name, weight in named.items() if weight.grad is None]
    used = [name for name in unreached if matters(discriminator, named[name], images)]
    discriminator.train()

    _fill_zeros(discriminator)
    source = images.clone().requires_grad_()
    made = discriminator(source.clone())
    again = {id(leaf) for leaf in leaves(made)}
    _backward(made)
    return {
        "n_parameters": len(named),
        "n_frozen": sum(not weight.requires_grad for weight in named.values()),
        "strangers": [tuple(leaf.shape) for leaf in strangers],
        "made_anew": bool(strangers) and not again & {id(leaf) for leaf in strangers},
        "has_graph": has_graph,
        "unreached": unreached,
        "unreached_but_used": used,
        "slope": max(slopes, default=0.0),
        "image_slope": None if source.grad is None else float(source.grad.abs().max()),
        "changed": not torch.equal(given, images),
    }


def _backward(made: Tensor) -> None:
    """Back from the scores, each with a weight of its own: no symmetry may cancel the gradient."""
    if made.requires_grad:
        made.backward(torch.linspace(-1, 2, made.numel(), dtype=made.dtype).view_as(made))


class _Random(TorchFunctionMode):
    """Notes the functions for random numbers, and the shares that are dropped, as they happen."""

    def __init__(self) -> None:
        super().__init__()
        self.draws: list[str] = []
        self.shares: list[float] = []

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        name = str(getattr(func, "__name__", ""))
        if name.startswith(DRAWS):
            self.draws.append(name)
        if "dropout" in name:
            share = kwargs.get("p", args[1] if len(args) > 1 else 0.5)
            is_on = kwargs.get("training", kwargs.get("train", args[2] if len(args) > 2 else True))
            if is_on and isinstance(share, (int, float)) and share > 0:
                self.shares.append(float(share))
        return func(*args, **kwargs)


@contextmanager
def _random() -> Iterator[_Random]:
    with _Random() as random:
        yield random


def dropout_effect(make: Make, images: Tensor, shares: list[float | None]) -> dict[str, Any]:
    """Scores of the same images twice in each mode, with the first of these shares of dropout.

    `dropped` lists, for each share (None: the default), the shares that PyTorch's own functions
    dropped in training mode; `dropped_evaluating` and `draws_evaluating`, for the first one, those
    in eval mode and the functions for random numbers that were called there.
    """
    dropped = []
    with torch.no_grad():
        for share in shares:
            other = (make() if share is None else make(dropout=share)).train()
            with _random() as random:
                other(images.clone())
            dropped.append(random.shares[:20])
        discriminator = make(dropout=shares[0]).train()
        discriminator(images.clone())  # a lazy layer has its weights after the first call
        _fill_zeros(discriminator)
        training = [discriminator(images.clone()) for _ in range(2)]
        discriminator.eval()
        with _random() as random:
            evaluating = [discriminator(images.clone()) for _ in range(2)]
    return {
        "training": training,
        "evaluating": evaluating,
        "dropped": dropped,
        "dropped_evaluating": random.shares[:20],
        "draws_evaluating": random.draws[:20],
    }


def widths(make: Make, hidden_dims: list[tuple[int, ...]]) -> list[dict[str, Any]]:
    """For each choice of hidden layers: the shapes of all weights, or how it was refused."""
    return [_widths(make, dims) for dims in hidden_dims]


def _widths(make: Make, dims: tuple[int, ...]) -> dict[str, Any]:
    # Layers of the wrong sizes may fit each other by chance; where they do not, the error is the
    # learner's to see, but for the choice of no layers at all.
    refusals = (IndexError, ValueError) if dims else (IndexError, ValueError, RuntimeError)
    try:
        discriminator = make(hidden_dims=dims).eval()
        made = discriminator(torch.zeros(2, PIXELS))
    except NotImplementedError:
        raise
    except refusals as error:
        return {"refused": f"{type(error).__name__}: {error}"}
    used = list(leaves(made)) if isinstance(made, Tensor) else []
    weights = {id(weight): weight for weight in (*discriminator.parameters(), *used)}
    return {"shapes": [tuple(weight.shape) for weight in weights.values()]}
