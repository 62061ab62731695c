"""The little of PyTorch Lightning that a GAN needs, for where it is not installed."""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn


class Settings(dict[str, Any]):
    """Hyperparameters, by key or as attributes."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


class LightningModule(nn.Module):
    """A module with a training step; what is logged is dropped."""

    automatic_optimization = True
    current_epoch = global_step = 0
    device = torch.device("cpu")

    _optimizers: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self.__dict__["_optimizers"] = []
        self.__dict__["trainer"] = None

    def save_hyperparameters(self, *names: Any, **more: Any) -> None:
        """Keep the arguments of the constructor that is running."""
        frame = sys._getframe(1)
        values = inspect.getargvalues(frame)
        given = {name: values.locals[name] for name in values.args if name != "self"}
        if values.keywords:
            given |= values.locals[values.keywords]
        for each in names:
            if isinstance(each, dict):
                given |= each
        self.__dict__["hparams"] = Settings(given)

    def optimizers(self, use_pl_optimizer: bool = True) -> Any:
        """The optimizers: one, or a list."""
        return self._optimizers[0] if len(self._optimizers) == 1 else list(self._optimizers)

    def lr_schedulers(self) -> Any:
        """None are kept."""
        return None

    def manual_backward(self, loss: torch.Tensor, *args: Any, **kwargs: Any) -> None:
        """A backward pass of the script's own."""
        loss.backward(*args, **kwargs)

    def toggle_optimizer(self, optimizer: Any, *ignored: Any) -> None:
        """Let only the weights of this optimizer learn."""
        held = {id(w) for group in optimizer.param_groups for w in group["params"]}
        kept = {}
        for other in self._optimizers:
            for group in other.param_groups:
                for weight in group["params"]:
                    kept[id(weight)] = weight, weight.requires_grad
                    weight.requires_grad_(id(weight) in held)
        self.__dict__["_toggled"] = kept

    def untoggle_optimizer(self, *ignored: Any) -> None:
        """Undo the last toggle."""
        for weight, needed in self.__dict__.pop("_toggled", {}).values():
            weight.requires_grad_(needed)

    def clip_gradients(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is clipped."""

    def log(self, *args: Any, **kwargs: Any) -> None:
        """Dropped."""

    def log_dict(self, *args: Any, **kwargs: Any) -> None:
        """Dropped."""

    def print(self, *args: Any, **kwargs: Any) -> None:
        """Dropped."""

    @property
    def logger(self) -> Any:
        """Takes everything."""
        return Anything()


class LightningDataModule:
    """Data with loaders."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.trainer = None

    save_hyperparameters = LightningModule.save_hyperparameters

    def prepare_data(self) -> None:
        """Nothing by default."""

    def setup(self, stage: str = "") -> None:
        """Nothing by default."""


class Anything:
    """Takes everything."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return Anything()


class Trainer:
    """Goes through the batches, and through the optimizers in turn where the module leaves it."""

    def __init__(self, *args: Any, max_epochs: int | None = None, **kwargs: Any) -> None:
        self.max_epochs = max_epochs or 1000
        self.accumulated = 0
        self.current_epoch = self.global_step = 0
        self.logger = Anything()
        self.is_last_batch = False
        self.num_training_batches = 3

    def fit(
        self, model: Any, train_dataloaders: Any = None, val_dataloaders: Any = None,
        datamodule: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        """Train the module."""
        data = datamodule
        if data is None and hasattr(train_dataloaders, "train_dataloader"):
            data = train_dataloaders
        model.__dict__["trainer"] = self
        model.__dict__.setdefault("_optimizers", [])
        if data is not None:
            data.prepare_data()
            with contextlib.suppress(TypeError):
                data.setup("fit")
            loader = data.train_dataloader()
        else:
            for name in ("prepare_data", "setup"):
                with contextlib.suppress(TypeError):
                    getattr(model, name, lambda *_: None)(*(["fit"] if name == "setup" else []))
            loader = train_dataloaders
            loader = model.train_dataloader() if loader is None else loader
        model.__dict__["_optimizers"] = list(_optimizers(model.configure_optimizers()))
        model.train()
        _call(model, "on_fit_start")
        _call(model, "on_train_start")
        for epoch in range(self.max_epochs):
            model.__dict__["current_epoch"] = self.current_epoch = epoch
            _call(model, "on_train_epoch_start")
            for number, batch in enumerate(loader):
                self._step(model, batch, number)
                model.__dict__["global_step"] = self.global_step = self.global_step + 1
            _call(model, "on_train_epoch_end")
            _call(model, "on_epoch_end")

    def _step(self, model: Any, batch: Any, number: int) -> None:
        wanted = inspect.signature(model.training_step).parameters
        more = [number] if len(wanted) > 1 or "batch_idx" in wanted else []
        if not model.automatic_optimization:
            model.training_step(batch, *more)
            return
        for index, optimizer in enumerate(model._optimizers):
            takes_index = "optimizer_idx" in wanted or len(wanted) > 2
            model.toggle_optimizer(optimizer)
            loss = model.training_step(batch, *more, *([index] if takes_index else []))
            loss = loss.get("loss") if isinstance(loss, dict) else loss
            if loss is not None:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            model.untoggle_optimizer(optimizer)

    def __getattr__(self, name: str) -> Any:
        return Anything()


def _call(model: Any, name: str) -> None:
    with contextlib.suppress(AttributeError):
        hook = getattr(model, name)
        hook()


def _optimizers(found: Any) -> Iterator[Any]:
    if isinstance(found, torch.optim.Optimizer):
        yield found
    elif isinstance(found, dict):
        yield from _optimizers(found.get("optimizer"))
    elif isinstance(found, (list, tuple)):
        for each in found:
            yield from _optimizers(each)


def seed_everything(seed: int = 0, *args: Any, **kwargs: Any) -> int:
    """Begin random numbers at a seed."""
    torch.manual_seed(seed)
    return seed


NAMES: dict[str, Any] = {
    "LightningModule": LightningModule,
    "LightningDataModule": LightningDataModule,
    "Trainer": Trainer,
    "seed_everything": seed_everything,
    "Callback": object,
}
