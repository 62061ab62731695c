"""The learner's code inside the worker's process: locked in, imported, called, explained."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import multiprocessing
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from checks.engine.errors import UnfitError
from checks.engine.paths import KIT
from checks.engine.sandbox import isolation, worker
from checks.engine.training import monitor
from checks.engine.training.recipes import known_recipes
from checks.engine.training.request import SCRATCH

PIXELS = 28 * 28
PASSED_THROUGH = [os.path.realpath(file) for file in (__file__, monitor.__file__)]  # to their code


def enter(solutions: Path, run: Path, *, locked: bool) -> None:
    """Stand where the learner's files are the first thing an import finds.

    Relative paths start in the run's folder, so that what a learner's training writes stays with
    its run. With `locked`, on Linux with Landlock, only Python, its libraries, the solutions and
    the run's folder are in reach from here on, and only the latter can be written.
    """
    scratch = run / SCRATCH
    scratch.mkdir(exist_ok=True)
    request = {
        "solutions": os.fsencode(os.path.realpath(solutions)).decode("latin-1"),
        "scratch": os.path.realpath(scratch),
    }
    worker.enter(request)
    for name, module in sys.modules.items():
        if name.startswith("checks.") and hasattr(module, "__path__"):
            module.__path__ = []
    tempfile.tempdir = str(scratch)
    os.chdir(run)
    writable = [os.path.realpath(run), "/dev/null", "/dev/shm"]
    if locked and isolation.restrict_here(worker.readable(request), writable):
        # A DataLoader's workers are forks: from here on this process starts no program.
        with contextlib.suppress(RuntimeError, ValueError):
            multiprocessing.set_start_method("fork", force=True)


def load(solutions: Path, name: str) -> ModuleType:
    """The learner's module, imported anew with all of theirs that it uses."""
    for each in own_modules(solutions):
        del sys.modules[each.__name__]
    importlib.invalidate_caches()
    return importlib.import_module(name)


def beside(module: ModuleType) -> ModuleType:
    """The `advanced` that a module uses, or the module itself."""
    return sys.modules.get("advanced", module)


def own_modules(solutions: Path) -> list[ModuleType]:
    """The learner's modules that are loaded, in the order in which they were."""
    root = os.path.join(os.path.realpath(solutions), "")
    found = []
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and _real_folder(os.path.dirname(path)).startswith(root):
            found.append(module)
    return found


@cache
def _real_folder(folder: str) -> str:
    return os.path.join(os.path.realpath(folder), "")


def normalized(module: ModuleType, images: Tensor) -> Tensor:
    """Images as the learner's `normalize_images` makes them, where there is one.

    Raises:
        UnfitError: it does not do what it should.
    """
    own = getattr(module, "normalize_images", None)
    if own is None or not len(images):
        return (images.float() / 127.5 - 1).flatten(1)
    made = own(images.clone())
    if (
        isinstance(made, Tensor)
        and made.is_floating_point()
        and made.shape == (len(images), PIXELS)
    ):
        return made.detach()
    came = type(made).__name__
    if isinstance(made, Tensor):
        came = f"{str(made.dtype).removeprefix('torch.')} of shape {tuple(made.shape)}"
    raise UnfitError(
        f"normalize_images should make a float32 tensor of shape {(len(images), PIXELS)}, "
        f"and made {came}."
    )


def training_of(
    module: ModuleType, configuration: Mapping[str, Any], done: int
) -> Callable[[Tensor, Callable[..., None]], Any]:
    """A call of the learner's `train_gan`, or of the recipe's, with everything but the images.

    It trains for the epochs that are left after those that are `done`.

    Raises:
        UnfitError: there is none.
    """
    epochs, batch_size = configuration["epochs"] - done, configuration["batch_size"]
    if configuration["recipe"]:
        recipe = module.RECIPES[configuration["recipe"]]
        return lambda images, on_epoch_end: module.train_recipe(
            images, recipe, epochs=epochs, batch_size=batch_size, on_epoch_end=on_epoch_end
        )
    train_gan = getattr(module, "train_gan", None)
    if not callable(train_gan):
        raise UnfitError("advanced.py defines no train_gan.")
    return lambda images, on_epoch_end: train_gan(
        images,
        epochs=epochs,
        batch_size=batch_size,
        latent_dim=configuration["latent_dim"],
        learning_rate=configuration["learning_rate"],
        on_epoch_end=on_epoch_end,
    )


def recipe_of(name: str) -> dict[str, Any]:
    """The figures of one of the reference's recipes.

    Raises:
        UnfitError: there is none of this name.
    """
    recipes = known_recipes()
    if name not in recipes:
        raise UnfitError(f"There is no recipe {name!r}; there are {', '.join(recipes)}.")
    return dataclasses.asdict(recipes[name])


def describe(error: BaseException, solutions: Path) -> dict[str, Any]:
    """An exception as plain values, with the learner's own lines only."""
    found = worker.describe(error, str(solutions))
    if found["status"] == "error" and isinstance(error, torch.OutOfMemoryError):
        found["status"] = "memory"
    return found


def is_ours(error: BaseException, solutions: Path) -> bool:
    """Whether an exception comes from the kit's own code, which the learner's has called."""
    own, kit = os.path.join(os.path.realpath(solutions), ""), os.path.join(KIT, "checks", "")
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = os.path.realpath(frame.filename)
        if file.startswith(own):
            return False
        if file.startswith(kit):
            return file not in PASSED_THROUGH
    return False
