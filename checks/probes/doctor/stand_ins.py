"""What stands in for a script's surroundings: packages, devices, plots, downloads, programs.

Each is quiet, and each that is used is said. A crash that one of them brought about is known by it.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import re
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import nn

from checks.probes.doctor import lightning

# Packages that a training does without: of no use to what it learns.
QUIET = {"wandb", "tensorboard", "tensorboardX", "tqdm", "IPython", "google", "visdom", "mlflow",
         "comet_ml", "neptune", "clearml", "imageio", "matplotlib", "seaborn", "plotly",
         "torchsummary", "torchinfo", "torchviz", "termcolor", "colorama", "rich", "ipywidgets",
         "fire", "livelossplot", "torchmetrics", "torch_fidelity", "pytorch_fid", "coloredlogs",
         "loguru", "hiddenlayer", "gdown", "wget", "kaggle", "cv2", "progressbar",
         "alive_progress"}  # fmt: skip
LIGHTNING = ("pytorch_lightning", "lightning")
IMPORTS = re.compile(r"^\s*(?:from|import)\s+([\w.]+)", re.MULTILINE)


class StandIn:
    """Takes everything that is done with it, and gives itself back."""

    def __init__(self, name: str = "") -> None:
        self.__dict__["_stand_in_name"] = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return StandIn(f"{self._stand_in_name}.{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs and isinstance(args[0], (types.FunctionType, type)):
            return args[0]  # a decorator
        return StandIn(f"{self._stand_in_name}()")

    def __getitem__(self, key: Any) -> Any:
        return StandIn(f"{self._stand_in_name}[…]")

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *ignored: object) -> None:
        pass

    def __mro_entries__(self, bases: Any) -> tuple[type, ...]:
        return (nn.Module,) if "Module" in self._stand_in_name else ()

    def __repr__(self) -> str:
        return f"<stand-in for {self._stand_in_name}>"


def is_stand_in(value: Any) -> bool:
    """Whether a value, or one that it holds, is a stand-in of a package that is missing."""
    if isinstance(value, (list, tuple)):
        return any(isinstance(each, StandIn) for each in value[:10])
    return isinstance(value, (StandIn, StandInModule))


class StandInModule(types.ModuleType):
    """A package that is not installed."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return StandIn(f"{self.__name__}.{name}")


class Progress:
    """tqdm: goes through what it is given."""

    def __init__(self, iterable: Any = None, *args: Any, total: Any = None, **kwargs: Any) -> None:
        self.iterable, self.total = iterable, total
        self.n = 0

    def __iter__(self) -> Iterator[Any]:
        return iter(self.iterable if self.iterable is not None else ())

    def __len__(self) -> int:
        return len(self.iterable)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *ignored: object) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: None

    @staticmethod
    def write(*args: Any, **kwargs: Any) -> None:
        """Nothing."""


class Surroundings:
    """What is missing around a script, and what has been said of it."""

    def __init__(self, root: str, text: str) -> None:
        self.root, self.text = root, text
        self.said: list[dict[str, str]] = []
        self.missing: set[str] = set()  # packages that are no mere ornament
        self.unknown_size = False  # whether the stand-in images may have another size

    def say(self, kind: str, what: str) -> None:
        """Note, once, that something stands in."""
        entry = {"kind": kind, "what": what}
        if entry not in self.said:
            self.said.append(entry)

    def blamed(self, error: BaseException) -> str:
        """The stand-in behind an error, if its text names one."""
        text = f"{type(error).__name__}: {error}"
        if "stand-in for" in text or "StandIn" in text:
            return "named"
        return ""

    @property
    def imported(self) -> set[str]:
        """The packages that the sources import."""
        return {name.split(".")[0] for name in IMPORTS.findall(self.text)}


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """The last that is asked for a module: a stand-in for each that nobody else has."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.surroundings = surroundings

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for every name of a script's import that has no other."""
        top = name.split(".")[0]
        known = sys.modules.get(top)
        if "." in name and known is not None and not isinstance(known, StandInModule):
            return None
        if not self._asked_by_script():
            return None
        if top in LIGHTNING:
            self.surroundings.say("package", top)
        elif top in QUIET or top in self.surroundings.imported:
            self.surroundings.say("package", top)
            if top not in QUIET:
                self.surroundings.missing.add(top)
        else:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def _asked_by_script(self) -> bool:
        frame: types.FrameType | None = sys._getframe(2)
        while frame is not None:
            name = frame.f_code.co_filename
            if name.startswith(self.surroundings.root):
                return True
            if not name.startswith("<frozen importlib") and name != __file__:
                return False
            frame = frame.f_back
        return False

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """The module itself."""
        module = StandInModule(spec.name)
        module.__path__ = []
        top = spec.name.split(".")[0]
        if top == "tqdm":
            module.__dict__.update(
                tqdm=Progress, trange=lambda *n, **more: Progress(range(*n)),
                tqdm_notebook=Progress, auto=module, notebook=module,
            )  # fmt: skip
        if top in LIGHTNING:
            module.__dict__.update(lightning.NAMES)
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing is left to do."""


@contextlib.contextmanager
def standing_in(surroundings: Surroundings) -> Iterator[None]:
    """Packages, cards, pictures, programs and downloads, quiet inside the block."""
    finder = Finder(surroundings)
    sys.meta_path.append(finder)
    if surroundings.imported & {"tensorboard"} or "torch.utils.tensorboard" in surroundings.text:
        _without_tensorboard(surroundings)
    with contextlib.ExitStack() as stack:
        stack.callback(sys.meta_path.remove, finder)
        for owner, name, value in [
            *_of_cards(surroundings), *_of_programs(surroundings), *_of_pictures(surroundings),
            *_of_files(surroundings), *_of_optimizers(surroundings),
        ]:  # fmt: skip
            stack.enter_context(replaced(owner, name, value))
        yield


@contextlib.contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Another value under this name inside the block."""
    missing = object()
    before = owner.__dict__.get(name, missing)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if before is missing:
            delattr(owner, name)
        else:
            setattr(owner, name, before)


Change = tuple[Any, str, Any]


def _without_tensorboard(surroundings: Surroundings) -> None:
    try:
        found = importlib.util.find_spec("tensorboard") is not None
    except (ImportError, ValueError):
        found = False
    if not found:
        surroundings.say("package", "tensorboard")
        for name in ("torch.utils.tensorboard", "torch.utils.tensorboard.writer"):
            sys.modules.setdefault(name, StandInModule(name))


def _of_optimizers(surroundings: Surroundings) -> Iterator[Change]:
    """`betas=(0, 0.9)`, which many scripts have and PyTorch refuses since 2.7: as floats."""
    for kind in (torch.optim.Adam, torch.optim.AdamW):
        made = kind.__init__

        def make(optimizer: Any, *args: Any, made: Any = made, **kwargs: Any) -> None:
            args_, betas = list(args), kwargs.get("betas", args[2] if len(args) > 2 else ())
            if any(isinstance(beta, int) for beta in betas):
                surroundings.say("betas", f"betas={betas}")
                if "betas" in kwargs:
                    kwargs["betas"] = tuple(map(float, betas))
                else:
                    args_[2] = tuple(map(float, betas))
            made(optimizer, *args_, **kwargs)

        yield kind, "__init__", make


def _of_cards(surroundings: Surroundings) -> Iterator[Change]:
    def on_cpu(module: nn.Module, *args: Any, **kwargs: Any) -> nn.Module:
        surroundings.say("device", "cuda")
        return module

    yield nn.Module, "cuda", on_cpu
    for name in ("set_device", "synchronize", "empty_cache", "manual_seed", "manual_seed_all"):
        yield torch.cuda, name, lambda *args, **kwargs: None
    for name in ("FloatTensor", "LongTensor", "DoubleTensor", "ByteTensor", "IntTensor"):
        yield torch.cuda, name, getattr(torch, name)
    yield torch.cuda, "get_device_name", lambda *args, **kwargs: "CPU"
    yield torch, "compile", lambda model=None, *args, **kwargs: model or (lambda each: each)


def _of_programs(surroundings: Surroundings) -> Iterator[Change]:
    import subprocess

    def not_run(*args: Any, **kwargs: Any) -> Any:
        surroundings.say("program", _said(args))
        return subprocess.CompletedProcess(args[:1], 0, "", "")

    for name in ("run",):
        yield subprocess, name, not_run
    for name in ("call", "check_call"):
        yield subprocess, name, lambda *args, **kwargs: not_run(*args).returncode
    yield subprocess, "check_output", lambda *args, **kwargs: (not_run(*args), b"")[1]
    yield os, "system", lambda *args: (not_run(*args), 0)[1]


def _said(args: Any) -> str:
    shown = args[0] if args else ""
    return " ".join(map(str, shown)) if isinstance(shown, (list, tuple)) else str(shown)[:100]


def _of_pictures(surroundings: Surroundings) -> Iterator[Change]:
    """Figures are neither shown nor drawn; where Matplotlib is there, it is made still."""
    quiet: Callable[..., None] = lambda *args, **kwargs: None  # noqa: E731
    if "matplotlib" in surroundings.imported:
        with contextlib.suppress(ImportError):
            import matplotlib.pyplot as plt
            from matplotlib.figure import Figure

            for name in ("show", "pause", "savefig", "draw"):
                yield plt, name, quiet
            yield Figure, "savefig", quiet
    if "torchvision" in surroundings.imported:
        with contextlib.suppress(ImportError):
            import torchvision.utils

            yield torchvision.utils, "save_image", quiet


def _of_files(surroundings: Surroundings) -> Iterator[Change]:
    """What can't be written where the script wants it is not written."""
    save, opened, makedirs, mkdir = torch.save, builtins.open, os.makedirs, os.mkdir

    def save_quietly(what: Any, *args: Any, **kwargs: Any) -> None:
        with contextlib.suppress(OSError, RuntimeError):
            save(what, *args, **kwargs)

    def open_quietly(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        try:
            return opened(file, mode, *args, **kwargs)
        except OSError:
            if not isinstance(mode, str) or not set(mode) & set("wax"):
                raise
            surroundings.say("file", str(file)[:100])
            return opened(os.devnull, mode.replace("x", "w"), *args, **kwargs)

    def made_quietly(make: Any) -> Any:
        def quietly(*args: Any, **kwargs: Any) -> None:
            try:
                make(*args, **kwargs)
            except FileExistsError:
                raise
            except OSError:
                surroundings.say("file", str(args[0])[:100] if args else "")

        return quietly

    yield torch, "save", save_quietly
    yield builtins, "open", open_quietly
    yield os, "makedirs", made_quietly(makedirs)
    yield os, "mkdir", made_quietly(mkdir)
