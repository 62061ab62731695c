"""Probes for the advanced tier: the losses, the two steps, and the loop."""

from __future__ import annotations

import contextlib
import io
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.optim.optimizer import register_optimizer_step_post_hook

from checks.probes import call, part
from checks.probes.networks import PIXELS, flat, flat_gradients, watched_networks


def warm_up() -> None:
    """Load what the first optimizer of a process pulls in: a second's worth of modules."""
    torch.optim.Adam([nn.Parameter(torch.zeros(1))]).step()


# --- the discriminator ----------------------------------------------------------------------


def scores(solution: ModuleType, batches: list[Tensor]) -> dict[str, Any]:
    """What a new discriminator says to each batch, and whether gradients reach its weights.

    `sure` is what it says to the last batch and its negative, both 1,000 times as strong, with all
    its weights 30 times as strong.
    """
    discriminator = part(solution, "Discriminator")()
    discriminator.eval()
    with torch.no_grad():
        said = [discriminator(batch) for batch in batches]
    discriminator.train()
    discriminator(batches[-1]).sum().backward()
    parameters = list(discriminator.parameters())
    n_reached = sum(p.grad is not None for p in parameters)
    discriminator.eval()
    with torch.no_grad():
        for parameter in parameters:
            parameter.mul_(30)
        strong = torch.cat([batches[-1], -batches[-1]]) * 1000
        sure = discriminator(strong)
    return {
        "scores": said,
        "sure": sure,
        "n_parameters": len(parameters),
        "n_reached": n_reached,
    }


def dropout_effect(solution: ModuleType, images: Tensor) -> dict[str, Any]:
    """Scores of the same images twice in each mode, with a dropout of one half."""
    discriminator = part(solution, "Discriminator")(dropout=0.5)
    with torch.no_grad():
        discriminator.train()
        training = [discriminator(images) for _ in range(2)]
        discriminator.eval()
        evaluating = [discriminator(images) for _ in range(2)]
    return {"training": training, "evaluating": evaluating}


def widths(solution: ModuleType, hidden_dims: list[tuple[int, ...]]) -> list[list[int]]:
    """For each choice of hidden layers: the sizes of all weights' axes."""
    found = []
    for dims in hidden_dims:
        discriminator = part(solution, "Discriminator")(hidden_dims=dims)
        discriminator.eval()
        with torch.no_grad():
            discriminator(torch.zeros(2, PIXELS))
        found.append(sorted({size for p in discriminator.parameters() for size in p.shape}))
    return found


# --- the losses -----------------------------------------------------------------------------


def losses(solution: ModuleType, function: str, cases: list[list[Tensor]]) -> list[dict[str, Any]]:
    """For each case of scores: the loss, and its gradient at each of the scores."""
    reports = []
    for case in cases:
        inputs = [tensor.clone().requires_grad_() for tensor in case]
        loss = call(solution, function, *inputs)
        report: dict[str, Any] = {"loss": loss, "gradients": None}
        if isinstance(loss, Tensor) and loss.requires_grad and loss.numel() == 1:
            loss.backward()
            report["gradients"] = [
                torch.zeros_like(tensor) if tensor.grad is None else tensor.grad
                for tensor in inputs
            ]
        reports.append(report)
    return reports


# --- the steps ------------------------------------------------------------------------------


def steps(
    solution: ModuleType, about: str, seed: int, real_batches: list[Tensor],
    learning_rate: float, until_error: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    """D, G, D, G on watched networks with plain SGD, so that an update is its gradient.

    Trouble in the function that the check is not about leaves that step out, no more; trouble in
    the function itself goes through, or with `until_error` ends the sequence after its first step.
    The first two steps find the networks in training mode, the others in eval mode.
    """
    generator, discriminator = watched_networks(seed)
    networks = {"G": generator, "D": discriminator}
    optimizers = {
        name: torch.optim.SGD(network.parameters(), lr=learning_rate)
        for name, network in networks.items()
    }
    stepped = {"G": 0, "D": 0}
    for name, optimizer in optimizers.items():
        count_steps(optimizer, name, stepped)
    reports: list[dict[str, Any]] = []
    for index, name in enumerate("DGDG"):
        for network in networks.values():
            network.train(index < 2)
            network.log.clear()
        stepped.update(G=0, D=0)
        real = real_batches[index // 2]
        before = {key: flat(network) for key, network in networks.items()}
        try:
            if name == "D":
                returned = call(
                    solution, "discriminator_step",
                    generator, discriminator, optimizers["D"], real.clone(),
                )  # fmt: skip
            else:
                returned = call(
                    solution, "generator_step",
                    generator, discriminator, optimizers["G"], len(real),
                )  # fmt: skip
        except Exception:
            if about != {"D": "discriminator_step", "G": "generator_step"}[name]:
                continue
            if until_error and any(report["step"] == name for report in reports):
                break
            raise
        reports.append(
            {
                "step": name,
                "index": index,
                "returned": returned,
                "before": before,
                "after": {key: flat(network) for key, network in networks.items()},
                "gradients": {key: flat_gradients(network) for key, network in networks.items()},
                "stepped": dict(stepped),
                "calls": [dict(note) for network in networks.values() for note in network.log],
                "training": {key: network.training for key, network in networks.items()},
                "frozen": {
                    key: not all(p.requires_grad for p in network.parameters())
                    for key, network in networks.items()
                },
            }
        )
    return reports


def count_steps(optimizer: torch.optim.Optimizer, name: str, stepped: dict[str, int]) -> None:
    """Count the optimizer's steps in `stepped[name]`."""

    def count(*ignored: Any) -> None:
        stepped[name] += 1

    optimizer.register_step_post_hook(count)


def falling_losses(
    solution: ModuleType, function: str, seed: int, batches: list[Tensor]
) -> list[Any]:
    """What many steps of one network return while the other one stands still."""
    generator, discriminator = watched_networks(seed)
    returned = []
    if function == "discriminator_step":
        learning: nn.Module = part(solution, "Discriminator")()
        optimizer = torch.optim.Adam(learning.parameters(), lr=1e-3)
        for batch in batches:
            returned.append(call(solution, function, generator, learning, optimizer, batch))
    else:
        optimizer = torch.optim.Adam(generator.parameters(), lr=1e-2)
        for batch in batches:
            count = len(batch)
            returned.append(call(solution, function, generator, discriminator, optimizer, count))
    return returned


# --- accuracy -------------------------------------------------------------------------------


class FirstPixel(nn.Module):
    """A discriminator whose score is the image's first pixel, and that notes its mode."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.modes: list[bool] = []

    def forward(self, images: Tensor) -> Tensor:
        """The first pixel of each image, shape (N, 1)."""
        self.modes.append(self.training)
        return images[:, :1] * self.weight


def accuracies(
    solution: ModuleType, cases: list[list[list[float]]], training: bool
) -> dict[str, Any]:
    """The accuracy for each case of (real scores, fake scores), and the mode it was taken in."""
    discriminator = FirstPixel()
    discriminator.train(training)
    shares = []
    for case in cases:
        images = [torch.zeros(len(column), PIXELS) for column in case]
        for batch, column in zip(images, case, strict=True):
            batch[:, 0] = torch.tensor(column)
        shares.append(call(solution, "discriminator_accuracy", discriminator, *images))
    return {
        "shares": shares,
        "modes": list(discriminator.modes),
        "training_after": discriminator.training,
    }


# --- the loop -------------------------------------------------------------------------------


class LoopWatch:
    """Notes, through PyTorch's global hooks, each call of a network and each optimizer step."""

    def __init__(self, images: Tensor) -> None:
        self.events: list[tuple[str, int, Any]] = []
        self.optimizers: dict[int, Any] = {}
        rng = torch.Generator().manual_seed(0)
        # Four random projections: another image has the same four by chance about once in 1e15.
        self.directions = torch.randn(PIXELS, 4, generator=rng, dtype=torch.float64)
        self.prints = images.double() @ self.directions

    def which(self, rows: Tensor) -> Tensor:
        """The number of each row among the real images, -1 for one that is none of them."""
        prints = rows.detach().double() @ self.directions
        gaps = (prints[:, None] - self.prints[None]).abs().amax(dim=2)
        nearest, index = gaps.min(dim=1)
        return torch.where(nearest < 1e-3, index, -1)

    def saw_call(self, module: nn.Module, arguments: Any) -> None:
        if arguments and isinstance(arguments[0], Tensor) and arguments[0].dim() == 2:
            rows = arguments[0]
            found = self.which(rows) if rows.shape[1] == PIXELS else None
            note = (rows.shape[1], len(rows), torch.is_grad_enabled(), found)
            self.events.append(("call", id(module), note))

    def saw_step(self, optimizer: Any, *ignored: Any) -> None:
        self.optimizers[id(optimizer)] = optimizer
        rates = [float(group["lr"]) for group in optimizer.param_groups]
        self.events.append(("step", id(optimizer), rates))


@contextlib.contextmanager
def watching(images: Tensor) -> Any:
    """A LoopWatch that sees everything inside the block."""
    watch = LoopWatch(images)
    handles = [
        register_module_forward_pre_hook(watch.saw_call),
        register_optimizer_step_post_hook(watch.saw_step),
    ]
    try:
        yield watch
    finally:
        for handle in handles:
            handle.remove()


def training_run(solution: ModuleType, images: Tensor, **settings: Any) -> dict[str, Any]:
    """A short run of train_gan: what it returned, printed, called, fed and stepped, in order."""
    called: list[Any] = []
    watch: LoopWatch

    def on_epoch_end(epoch: Any, generator: Any) -> None:
        called.append(epoch if isinstance(epoch, int) else type(epoch).__name__)
        watch.events.append(("epoch", 0, isinstance(generator, nn.Module)))

    printed = io.StringIO()
    with watching(images) as watch, contextlib.redirect_stdout(printed):
        returned = call(solution, "train_gan", images, on_epoch_end=on_epoch_end, **settings)
    print(printed.getvalue(), end="")
    report: dict[str, Any] = {
        "lines": printed.getvalue().splitlines()[:200],
        "called": called,
        "is_triple": isinstance(returned, (tuple, list)) and len(returned) == 3,
    }
    if not report["is_triple"]:
        return report
    generator, discriminator, history = returned
    report["types"] = [
        isinstance(generator, part(solution, "Generator")),
        isinstance(discriminator, part(solution, "Discriminator")),
        isinstance(history, list),
    ]
    report["history"] = history
    report["latent_dim"] = getattr(generator, "latent_dim", None)
    if all(isinstance(network, nn.Module) for network in (generator, discriminator)):
        report["events"] = _resolved(watch, generator, discriminator)
    return report


def _resolved(watch: LoopWatch, generator: nn.Module, discriminator: nn.Module) -> list[Any]:
    """The events with networks named: ["D", columns, rows, with a graph, numbers of the real
    images] for a call, ["step", "G" / "D" / "both" / "other", rates] and ["epoch"]."""
    called = {key for kind, key, _ in watch.events if kind == "call"}
    names: dict[int, str] = {}
    for name, network in (("G", generator), ("D", discriminator)):
        # forward() called by hand passes the hooks by; its first layer then speaks for it.
        heard = next((m for m in network.modules() if id(m) in called), None)
        names[id(heard)] = name
    weights = {
        name: {id(p) for p in network.parameters()}
        for name, network in (("G", generator), ("D", discriminator))
    }
    events: list[Any] = []
    for kind, key, note in watch.events:
        if kind == "call" and key in names:
            columns, rows, graph, found = note
            events.append([names[key], columns, rows, graph, found])
        elif kind == "step":
            held = {id(p) for group in watch.optimizers[key].param_groups for p in group["params"]}
            owners = [name for name in "GD" if held & weights[name]]
            owner = {0: "other", 1: "".join(owners), 2: "both"}[len(owners)]
            events.append(["step", owner, note])
        elif kind == "epoch":
            events.append(["epoch"])
    return events


def trained_samples(
    solution: ModuleType, images: Tensor, n_samples: int, **settings: Any
) -> dict[str, Any]:
    """Samples of a generator after training on the images, and of a new one."""
    latent_dim = settings["latent_dim"]
    untrained = part(solution, "Generator")(latent_dim)
    with contextlib.redirect_stdout(io.StringIO()):
        trained = call(solution, "train_gan", images, **settings)[0]
    return {
        name: _sampled(generator, n_samples, latent_dim)
        for name, generator in (("untrained", untrained), ("trained", trained))
    }


def _sampled(generator: nn.Module, n_samples: int, latent_dim: int) -> np.ndarray[Any, Any]:
    generator.eval()
    with torch.no_grad():
        samples = generator(torch.randn(n_samples, latent_dim)).reshape(n_samples, PIXELS)
    return np.asarray(samples.numpy().astype(np.float16))
