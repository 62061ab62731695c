"""Probes for the advanced tier: the losses, the two steps, and the loop."""

from __future__ import annotations

import contextlib
import io
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from checks.probes import call, discriminators, failure, part
from checks.probes.gradient_ledger import GradientLedger
from checks.probes.networks import (
    PIXELS,
    Watched,
    flat,
    flat_gradients,
    lacks,
    standing_in,
    watched_networks,
)
from checks.probes.training import odd_training as odd_training
from checks.probes.training import trained_twice as trained_twice
from checks.probes.training import training_arguments as training_arguments
from checks.probes.training import training_run as training_run


def warm_up() -> None:
    """Load what the first optimizer of a process pulls in: a second's worth of modules."""
    torch.optim.Adam([nn.Parameter(torch.zeros(1))]).step()


# --- pixels ---------------------------------------------------------------------------------


def normalized(solution: ModuleType, batches: list[Tensor]) -> dict[str, Any]:
    """What `normalize_images` makes of each batch, and whether it left the batches alone."""
    given = [batch.clone() for batch in batches]
    rows = [call(solution, "normalize_images", batch) for batch in given]
    kept = [torch.equal(*pair) for pair in zip(given, batches, strict=True)]
    return {"rows": rows, "kept": all(kept)}


# --- the discriminator ----------------------------------------------------------------------


def scores(solution: ModuleType, batches: list[Tensor]) -> dict[str, Any]:
    """What new discriminators say: plainly, far too strong, taught, and along a bias."""
    return discriminators.scores(part(solution, "Discriminator"), batches)


def bends(solution: ModuleType, n_pairs: int, scales: list[float], seed: int) -> list[Any]:
    """Scores at pairs of points and halfway between them, at each scale."""
    return discriminators.bends(part(solution, "Discriminator"), n_pairs, scales, seed)


def discriminator_learning(solution: ModuleType, images: Tensor) -> dict[str, Any]:
    """Which weights are used, known and reached by the gradient, and whether the images are."""
    return discriminators.learning(part(solution, "Discriminator"), images)


def dropout_effect(
    solution: ModuleType, images: Tensor, shares: list[float | None]
) -> dict[str, Any]:
    """What dropout does to the scores in each mode, and the shares that are dropped."""
    return discriminators.dropout_effect(part(solution, "Discriminator"), images, shares)


def widths(solution: ModuleType, hidden_dims: list[tuple[int, ...]]) -> list[dict[str, Any]]:
    """For each choice of hidden layers: the shapes of all weights, or how it was refused."""
    return discriminators.widths(part(solution, "Discriminator"), hidden_dims)


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
            if any(tensor.grad is not None for tensor in inputs):
                report["gradients"] = [
                    torch.zeros_like(tensor) if tensor.grad is None else tensor.grad
                    for tensor in inputs
                ]
        reports.append(report)
        if isinstance(loss, Tensor) and loss.numel() != 1:
            # No loss at all: another case would only end in an error about shapes.
            return reports + [report] * (len(cases) - len(reports))
    return reports


# --- the steps ------------------------------------------------------------------------------


def steps(
    solution: ModuleType, about: str, seed: int, real_batches: list[Tensor],
    learning_rate: float, until_error: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    """D, G, D, G on watched networks with plain SGD, so that an update is its gradient.

    Trouble in the function that the check is not about leaves that step out, no more; trouble in
    the function itself goes through, or with `until_error` ends the sequence after its first step.
    The first two steps find the networks in training mode, the others in eval mode. Functions that
    ask for what only the learner's own networks have get these, unwatched.
    """
    given = solution, about, real_batches, learning_rate, until_error
    try:
        return _steps(*given, *watched_networks(seed))
    except AttributeError as error:
        if not lacks(error, solution):
            raise
    own = part(solution, "Generator")(8, (24,)), part(solution, "Discriminator")((24,))
    return _steps(*given, *own)


def _steps(
    solution: ModuleType, about: str, real_batches: list[Tensor], learning_rate: float,
    until_error: bool, generator: nn.Module, discriminator: nn.Module,
) -> list[dict[str, Any]]:  # fmt: skip
    networks = {"G": generator, "D": discriminator}
    watched: list[Watched] = [one for one in networks.values() if isinstance(one, Watched)]
    optimizers = {
        name: torch.optim.SGD(network.parameters(), lr=learning_rate)
        for name, network in networks.items()
    }
    stepped = {"G": 0, "D": 0}
    for one in watched:
        one.stepped = stepped
    for name, optimizer in optimizers.items():
        count_steps(optimizer, name, stepped)
    ledger = GradientLedger()
    for network in networks.values():
        ledger.follow(network.parameters())
    reports: list[dict[str, Any]] = []
    for index, name in enumerate("DGDG"):
        for network in networks.values():
            network.train(index < 2)
        for one in watched:
            one.log.clear()
        stepped.update(G=0, D=0)
        real = real_batches[index // 2]
        before = {key: flat(network) for key, network in networks.items()}
        first_pass = len(ledger.passes)
        try:
            with ledger.watching():
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
        except Exception as error:
            if lacks(error, solution):
                raise
            if about != {"D": "discriminator_step", "G": "generator_step"}[name]:
                continue
            if until_error and any(report["step"] == name for report in reports):
                break
            raise
        reports.append(
            {
                "step": name,
                "is_watched": bool(watched),
                "index": index,
                "returned": returned,
                "before": before,
                "after": {key: flat(network) for key, network in networks.items()},
                "gradients": {key: flat_gradients(network) for key, network in networks.items()},
                "n_passes": len(ledger.passes) - first_pass,
                "received": {
                    key: any(
                        ledger.reached(number, network.parameters())
                        for number in range(first_pass, len(ledger.passes))
                    )
                    for key, network in networks.items()
                },
                "stepped": dict(stepped),
                "calls": [dict(note) for one in watched for note in one.log],
                "training": {key: network.training for key, network in networks.items()},
                "frozen": {
                    key: not all(p.requires_grad for p in network.parameters())
                    for key, network in networks.items()
                },
            }
        )
    return reports


def with_one_image(solution: ModuleType, function: str, seed: int) -> dict[str, Any] | None:
    """How a loss or a step fails on a batch of one image; None where it doesn't.

    The networks have no batch normalization, which would itself refuse such a batch.
    """
    generator, discriminator = watched_networks(seed)
    scores = torch.tensor([[0.3]]), torch.tensor([[0.6]])
    try:
        if function == "discriminator_loss":
            call(solution, function, *scores)
        elif function == "generator_loss":
            call(solution, function, scores[1])
        elif function == "discriminator_step":
            optimizer = torch.optim.SGD(discriminator.parameters(), lr=0.001)
            real = torch.zeros(1, PIXELS)
            call(solution, function, generator, discriminator, optimizer, real)
        else:
            optimizer = torch.optim.SGD(generator.parameters(), lr=0.001)
            call(solution, function, generator, discriminator, optimizer, 1)
    except Exception as error:
        return None if lacks(error, solution) else failure(error, solution)
    return None


def count_steps(optimizer: torch.optim.Optimizer, name: str, stepped: dict[str, int]) -> None:
    """Count the optimizer's steps in `stepped[name]`."""

    def count(*ignored: Any) -> None:
        stepped[name] += 1

    optimizer.register_step_post_hook(count)


def replaced(solution: ModuleType, name: str, probe: str, **arguments: Any) -> dict[str, Any]:
    """What a probe sees with a plain network in the place of the learner's of this name."""
    with standing_in(part(solution, name), name):
        return globals()[probe](solution, **arguments)  # type: ignore[no-any-return]


def falling_losses(
    solution: ModuleType, function: str, seed: int, batches: list[Tensor]
) -> dict[str, Any]:
    """What many steps of one network return while the other one stands still."""
    try:
        return _falling(solution, function, batches, 1e-2, *watched_networks(seed))
    except AttributeError as error:
        if not lacks(error, solution):
            raise
    own = part(solution, "Generator")(), part(solution, "Discriminator")()
    return _falling(solution, function, batches, 1e-3, *own)


def _falling(
    solution: ModuleType, function: str, batches: list[Tensor], rate: float,
    generator: nn.Module, discriminator: nn.Module,
) -> dict[str, Any]:  # fmt: skip
    learning = generator
    returned = []
    if function == "discriminator_step":
        learning = part(solution, "Discriminator")()
        optimizer = torch.optim.Adam(learning.parameters(), lr=1e-3, fused=True)
        for batch in batches:
            returned.append(call(solution, function, generator, learning, optimizer, batch))
    else:
        optimizer = torch.optim.Adam(generator.parameters(), lr=rate, fused=True)
        for batch in batches:
            count = len(batch)
            returned.append(call(solution, function, generator, discriminator, optimizer, count))
    return {"losses": returned, "has_batch_norm": has_batch_norm(learning)}


def has_batch_norm(network: nn.Module) -> bool:
    """Whether a network compares the images of a batch."""
    return any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in network.modules())


# --- accuracy -------------------------------------------------------------------------------


class FirstPixel(nn.Module):
    """A discriminator whose score is the image's first pixel, and that notes how it is used."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.modes: list[bool] = []
        self.graphs: list[bool] = []

    def forward(self, images: Tensor) -> Tensor:
        """The first pixel of each image, shape (N, 1)."""
        said = images[:, :1] * self.weight
        self.modes.append(self.training)
        self.graphs.append(said.requires_grad)
        return said


def accuracies(
    solution: ModuleType, cases: list[list[list[float]]], training: bool
) -> dict[str, Any]:
    """The accuracy for each case of (real scores, fake scores), and how it was taken."""
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
        "graphs": list(discriminator.graphs),
        "training_after": discriminator.training,
        "gradients_on_after": torch.is_grad_enabled(),
        "frozen_after": not discriminator.weight.requires_grad,
    }


# --- the loop -------------------------------------------------------------------------------


def trained_samples(
    solution: ModuleType, images: Tensor, n_samples: int, **settings: Any
) -> dict[str, Any]:
    """Samples of a generator after training on the images, and of a new one.

    `rested` says that no weight of the generator has moved after the first epoch, where there are
    others.
    """
    latent_dim = settings["latent_dim"]
    untrained = part(solution, "Generator")(latent_dim)
    ends: list[Tensor] = []

    def on_epoch_end(epoch: Any, generator: nn.Module) -> None:
        if not ends:
            ends.append(flat(generator))

    with contextlib.redirect_stdout(io.StringIO()):
        trained, opponent = call(
            solution, "train_gan", images, on_epoch_end=on_epoch_end, **settings
        )[:2]
    return {
        "untrained": _sampled(untrained, n_samples, latent_dim),
        "trained": _sampled(trained, n_samples, latent_dim),
        "rested": settings["epochs"] > 1 and any(end.equal(flat(trained)) for end in ends),
        "has_batch_norm": has_batch_norm(opponent),
    }


def _sampled(generator: nn.Module, n_samples: int, latent_dim: int) -> np.ndarray[Any, Any]:
    generator.eval()
    with torch.no_grad():
        samples = generator(torch.randn(n_samples, latent_dim)).reshape(n_samples, PIXELS)
    return np.asarray(samples.numpy().astype(np.float16))
