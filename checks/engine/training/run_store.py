"""Training runs on the disk: which there are, and what is in them.

A run is a folder `runs/NAME/` at the kit's top, or below the folder that `GAN_KIT_RUNS` names. What
lies there was written beside a learner's code, so nobody vouches for it: sizes are capped, arrays
are read without pickle and only in the shapes that they should have, and whatever is broken ends in
one sentence.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import math
import os
import re
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import msgspec

from checks.engine.errors import DamagedError, KeptError, RunError
from checks.engine.files import read_plain
from checks.engine.paths import KIT
from checks.engine.training.run_lock import is_claimed

if TYPE_CHECKING:
    import numpy as np

RUNS = Path(os.environ.get("GAN_KIT_RUNS") or KIT / "runs").absolute()
FORMAT = 1
MAX_SAMPLES = 32 * 2**20  # bytes of a file with samples
MAX_TEXT = 4 * 2**20  # bytes of a JSON or CSV file
MAX_EPOCHS = 1_000_000
LOSSES = ("discriminator_loss", "generator_loss")
COLUMNS = ("epoch", *LOSSES, "seconds")
# A name is a folder on every system, and one word on the command line.
NAME = re.compile(
    r"(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))[a-z0-9](?:[\w.-]{0,62}\w)?", re.I | re.A
)

GRID, MANY, SCORED, WALK = 64, 2000, 1000, (9, 12)
SEEN = 5  # images that are shown while it trains
ARRAYS: dict[str, tuple[str, tuple[tuple[int, ...], ...]]] = {  # dtype, and the shapes it may have
    "grid": ("|u1", ((GRID, 28, 28),)),
    "many": ("|u1", ((MANY, 28, 28),)),
    "real_scores": ("<f4", ((SCORED,), (0,))),
    "fake_scores": ("<f4", ((SCORED,), (0,))),
    "epoch": ("<i8", ((), (1,))),
    "walk": ("|u1", ((*WALK, 28, 28),)),
}
OPTIONAL = {"walk"}


Content = TypeVar("Content")
Count = Annotated[int, msgspec.Meta(ge=0)]
Amount = Annotated[float, msgspec.Meta(ge=0, le=1e12)]


@dataclass(frozen=True)
class Data:
    """What `run.json` says of the images."""

    source: str
    images: Count
    kind: Literal["mnist", "drawn"]
    folder: str | None = None


@dataclass(frozen=True)
class Configuration:
    """What others read from `run.json` without asking; there is more in it."""

    name: str
    began: str
    code: str
    recipe: str | None
    epochs: Annotated[int, msgspec.Meta(ge=1, le=MAX_EPOCHS)]
    batch_size: Count
    latent_dim: Count
    learning_rate: Amount
    seed: Count
    threads: Count
    device: str
    snapshots: list[int]
    data: Data
    environment: dict[str, Any]


@dataclass(frozen=True)
class State:
    """What `state.json` holds; an entry that is missing is as it is at the beginning."""

    state: Literal["running", "finished", "stopped", "failed"] = "running"
    epoch: Count = 0
    seconds: Amount = 0.0
    cpu_seconds: Amount = 0.0
    images_seen: Count = 0
    problem: str = ""
    resumed: Count = 0


@dataclass(frozen=True)
class Run:
    """A run: its folder, what is in `run.json` and what is in `state.json`."""

    folder: Path
    configuration: dict[str, Any]
    state: dict[str, Any]

    @property
    def name(self) -> str:
        """What the command line calls it."""
        return self.folder.name


def runs(folder: Path = RUNS) -> list[Run]:
    """All runs, the newest first; broken ones are left out."""
    found = []
    for name in _names(folder):
        try:
            found.append(read(folder / name))
        except RunError:
            continue
    return sorted(found, key=lambda run: (run.configuration["began"], run.name), reverse=True)


def latest(folder: Path = RUNS) -> Run | None:
    """The run that began last."""
    return next(iter(runs(folder)), None)


def find(name: str, folder: Path = RUNS) -> Run:
    """The run of this name, or of a path that leads to it.

    Raises:
        RunError: there is none, or it is broken.
    """
    names = _names(folder)
    given = Path(name)
    if name not in names and given.parent.absolute() == folder:
        name = given.name
    if name in names:
        return read(folder / name)
    if not names:
        raise RunError(
            f"There is no run {name!r}, nor any other: python run_checks.py train makes one."
        )
    near = difflib.get_close_matches(name, names, n=1)
    last = latest(folder)
    guess = f"did you mean {near[0]}?" if near else f"the latest is {last.name}." if last else ""
    raise RunError(f"There is no run {name!r}; {guess}" if guess else f"There is no run {name!r}.")


def read(folder: Path) -> Run:
    """The run in a folder. One that says it is running, and is not, was stopped.

    Raises:
        RunError: it is broken.
    """
    configuration = _json(folder, "run.json")
    if configuration.get("format") != FORMAT:
        raise RunError(f"The run {folder.name} is from another version of these exercises.")
    _converted(folder, "run.json", configuration, Configuration)
    held = _json(folder, "state.json") if (folder / "state.json").exists() else {}
    state = asdict(_converted(folder, "state.json", held, State))
    if state["state"] == "running" and not is_claimed(folder):
        state["state"] = "stopped"
    return Run(folder, configuration, state)


def history(run: Run) -> list[dict[str, float]]:
    """`epoch`, `discriminator_loss`, `generator_loss` and `seconds` of each epoch; may be NaN.

    Raises:
        RunError: it can't be read.
    """
    path = run.folder / "history.csv"
    if not path.exists():
        return []
    rows = list(csv.DictReader(_text(path).splitlines()))
    try:
        return [{name: float(row[name]) for name in COLUMNS} for row in rows]
    except (KeyError, TypeError, ValueError):
        raise RunError(f"history.csv of the run {run.name} is damaged.") from None


def samples(run: Run) -> dict[int, Path]:
    """The files with samples, by epoch, in order."""
    found = {}
    is_plain = not (run.folder / "samples").is_symlink()
    for path in _listed(run.folder / "samples") if is_plain else []:
        match = re.fullmatch(r"epoch_(\d{3,7})\.npz", path.name)
        if match and path.is_file():
            found[int(match[1])] = path
    return dict(sorted(found.items()))


def load_samples(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays of a file of samples, by name; `walk` is there only at a run's end.

    Raises:
        RunError: it is broken, or holds something else.
    """
    damaged = RunError(f"{path.name} of the run {path.parent.parent.name} is damaged.")
    try:
        content = read_plain(path, MAX_SAMPLES, within=path.parent.parent)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
            if not set(ARRAYS) - OPTIONAL <= set(entries):
                raise damaged
            return {
                name: _array(archive, entries[name], name) for name in ARRAYS if name in entries
            }
    except (OSError, KeptError, ValueError, KeyError, EOFError, NotImplementedError, RuntimeError,
            zipfile.BadZipFile, zipfile.LargeZipFile):  # fmt: skip
        raise damaged from None


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> np.ndarray[Any, Any]:
    """One array, read only once its header says what it should."""
    import numpy as np
    from numpy.lib import format as npy

    dtype, shapes = ARRAYS[name]
    largest = max(math.prod(shape) for shape in shapes) * np.dtype(dtype).itemsize
    if entry.file_size > largest + 4096:
        raise ValueError(name)
    with archive.open(entry) as file:
        version = npy.read_magic(file)
        if version != (1, 0):
            raise ValueError(name)
        shape, columns_first, found = npy.read_array_header_1_0(file)
        if found != np.dtype(dtype) or shape not in shapes or columns_first:
            raise ValueError(name)
        values: np.ndarray[Any, Any] = np.frombuffer(file.read(largest + 1), dtype)
    copy: np.ndarray[Any, Any] = values.reshape(shape).copy()
    return copy


def _names(folder: Path) -> list[str]:
    """The folders that may be runs."""
    found = _listed(folder)
    return [
        path.name for path in found if NAME.fullmatch(path.name) and (path / "run.json").exists()
    ]


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _text(path: Path) -> str:
    what = f"{path.name} of the run {path.parent.name}"
    try:
        return read_plain(path, MAX_TEXT).decode("utf-8", "replace")
    except DamagedError:
        raise RunError(f"{what} is far too large to be read.") from None
    except KeptError:
        raise RunError(f"{what} is not a file, or can't be read.") from None
    except OSError as error:
        raise RunError(f"{what} can't be read: {error.strerror}.") from None


def _json(folder: Path, name: str) -> dict[str, Any]:
    try:
        held = json.loads(_text(folder / name))
    except (ValueError, RecursionError):
        held = None
    if not isinstance(held, dict):
        raise RunError(f"{name} of the run {folder.name} is damaged.")
    return held


def _converted(folder: Path, name: str, held: dict[str, Any], kind: type[Content]) -> Content:
    try:
        return msgspec.convert(held, kind)
    except msgspec.ValidationError:
        raise RunError(f"{name} of the run {folder.name} is damaged.") from None
