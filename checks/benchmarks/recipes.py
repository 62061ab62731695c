"""How good the recipes are: each is trained and scored, and its figures are written down.

    python -m checks.benchmarks.recipes [--data DIR | --drawn] [--recipes minimal,tuned]
                                        [--epochs deep=10] [--seconds 60] [--threads 1]

Each recipe is trained on the first 8,000 images of DIR (torchvision's layout; beside the checkout
unless told, and digits that the kit draws where there are none) and its samples are scored as
`run_checks.py score` does it. A recipe that is cut short with --epochs has its whole time
extrapolated from the epochs it was given. The figures go to reference/recipes_figures.json, where
`recipes` and `score` read them; those of other recipes and of other data stay.

With --seconds, *tuned* is trained once more for that long, by the clock: the target is a Fréchet
distance of at most an eighth of *minimal*'s, and all ten digits. The exit status is 1 where it is
missed. Let nothing else run meanwhile.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from checks.benchmarks.digits import MNIST_FOLDER
from checks.engine.errors import DataError, ScoreError
from checks.engine.files import replace
from checks.engine.paths import REFERENCE
from checks.engine.quality.leaderboard import FIGURES
from checks.engine.quality.scoring import Scorer, scorer
from checks.engine.quality.wording import MEASURES
from checks.engine.training.dataset import Dataset, drawn, load_dataset
from checks.engine.training.runs import SCORED
from checks.engine.training.sampling import snapshot

sys.path.insert(0, str(REFERENCE))

from advanced import normalize_images
from recipes import RECIPES, Recipe, train_recipe

N_IMAGES = 8000
SEED = 0
EIGHTH = 8


class TimeIsUpError(Exception):
    """The training has had its time."""


@dataclass(frozen=True)
class Trained:
    """A recipe that was trained: its arrays as a run keeps them, and what it took."""

    arrays: dict[str, Any]
    epochs: int
    seconds: float
    cpu_seconds: float


def trained(images: Tensor, held_out: Tensor, recipe: Recipe, epochs: int) -> Trained:
    """Train a recipe for so many epochs on normalized images (N, 784)."""
    torch.manual_seed(SEED)
    began, cpu_began = time.perf_counter(), time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        generator, discriminator, history = train_recipe(images, recipe, epochs=epochs)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    arrays = snapshot(generator, discriminator, held_out, recipe.latent_dim)
    return Trained(arrays, len(history), seconds, cpu_seconds)


def trained_for(images: Tensor, recipe: Recipe, seconds: float) -> Trained:
    """Train a recipe for so long by the clock, to the end of the epoch before."""
    torch.manual_seed(SEED)
    kept: dict[str, Any] = {}
    began, cpu_began = time.perf_counter(), time.process_time()

    def on_epoch_end(epoch: int, generator: Any) -> None:
        passed = time.perf_counter() - began
        kept.update(epoch=epoch, generator=generator, seconds=passed)
        kept["cpu_seconds"] = time.process_time() - cpu_began
        if passed * (epoch + 1) / epoch > seconds:
            raise TimeIsUpError

    with contextlib.suppress(TimeIsUpError), contextlib.redirect_stdout(io.StringIO()):
        train_recipe(images, recipe, epochs=10**6, on_epoch_end=on_epoch_end)
    arrays = snapshot(kept["generator"], None, torch.empty(0, 784), recipe.latent_dim)
    return Trained(arrays, kept["epoch"], kept["seconds"], kept["cpu_seconds"])


def row_of(made: Trained, recipe: Recipe, n_images: int, measure: Scorer) -> dict[str, Any]:
    """The figures of a recipe, as they are written down."""
    score = measure.score(made.arrays)
    whole = recipe.epochs / made.epochs
    return {
        "epochs": made.epochs,
        "seconds": round(made.seconds, 1),
        "cpu_seconds": round(made.cpu_seconds, 1),
        "images_seen": made.epochs * n_images,
        "whole_seconds": round(made.seconds * max(whole, 1), 1),
        **{
            key: float(f"{value:.4g}")
            for key, value in score.items()
            if isinstance(value, (int, float))
        },
    }


# The file and the table ---------------------------------------------------------------------------


def write(path: Path, features: str, data: str, rows: dict[str, dict[str, Any]]) -> None:
    """Put the rows into the file; those of other recipes and of other data stay.

    Real images come first, whatever was measured last: they are what `recipes` shows.
    """
    sets = [each for each in written(path) if each["features"] != features]
    mine = next((each for each in written(path) if each["features"] == features), {})
    known = (mine.get("recipes", {}) if mine.get("data") == data else {}) | rows
    ordered = {name: known[name] for name in RECIPES if name in known}
    sets.append({"features": features, "data": data, "recipes": ordered})
    first, *others = sorted(sets, key=lambda each: not each["features"].startswith("mnist"))
    content = first | {"others": others}
    replace(path, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())


def written(path: Path) -> list[dict[str, Any]]:
    """The sets of figures in the file, one for each kind of features."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return [held, *held.pop("others", [])]
    except (OSError, ValueError, AttributeError):
        return []


def line(name: str, row: dict[str, Any]) -> str:
    """A row of the table."""
    told = [f"{measure.written(row.get(measure.name)):>9}" for measure in MEASURES]
    took = (
        ""
        if "epochs" not in row
        else f"{row['epochs']:>7} {row['seconds']:>8.1f} {row['cpu_seconds']:>8.1f}"
    )
    return f"{name:<12}{took:<25}{''.join(told)}"


def heading() -> str:
    """The table's first line."""
    short = ("Fréchet", "kernel", "precis.", "recall", "density", "coverage", "digits", "D")
    return f"{'':<12}{'epochs':>7} {'seconds':>8} {'CPU s':>8}{''.join(f'{w:>9}' for w in short)}"


# The command --------------------------------------------------------------------------------------


def main() -> int:
    options = arguments()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)  # as `run_checks.py train` has it
    try:
        found = images_for(options)
        kind = found.description["kind"]
        measure = scorer(kind, found.description["folder"], lambda said: print(said, flush=True))
    except (DataError, ScoreError) as error:
        print(error)
        return 2
    images = normalize_images(found.images)
    held_out = normalize_images(found.held_out)[:SCORED]
    print(f"\n{found.description['source']}, {options.threads} threads; scores by {measure.name}")
    print(heading())
    for name, score in measure.calibration.items():
        print(line(name, score))
    rows = {}
    for name in options.recipes:
        recipe = RECIPES[name]
        made = trained(images, held_out, recipe, options.epochs.get(name, recipe.epochs))
        rows[name] = row_of(made, recipe, len(images), measure)
        print(line(name, rows[name]), flush=True)
        if made.epochs < recipe.epochs:
            whole = rows[name]["whole_seconds"]
            print(f"{'':<12}all its {recipe.epochs} epochs would take {whole:,.0f} s")
    if not options.dry:
        data = "real images of MNIST" if kind == "mnist" else "digits that the kit draws"
        write(options.out, measure.name, f"{len(images):,} {data}", rows)
    return target(images, measure, rows, options.seconds) if options.seconds else 0


def target(images: Tensor, measure: Scorer, rows: dict[str, Any], seconds: float) -> int:
    """Whether *tuned* is as good as it should be after so long."""
    if "minimal" not in rows:
        print("The target needs minimal among --recipes.")
        return 2
    made = trained_for(images, RECIPES["tuned"], seconds)
    row = row_of(made, RECIPES["tuned"], len(images), measure)
    print(line(f"tuned {seconds:g} s", row))
    ratio = rows["minimal"]["frechet"] / max(row["frechet"], 1e-9)
    met = ratio >= EIGHTH and row["n_digits"] == 10
    print(
        f"tuned after {seconds:g} s: a Fréchet distance of 1/{ratio:.1f} of minimal's (target: at "
        f"most 1/{EIGHTH}), {row['n_digits']:.0f} of 10 digits: {'met' if met else 'MISSED'}"
    )
    return 0 if met else 1


def images_for(options: argparse.Namespace) -> Dataset:
    """What is trained on."""
    folder = options.data or (MNIST_FOLDER if MNIST_FOLDER.is_dir() else None)
    if options.drawn or folder is None:
        source = f"embedded digits, {options.images:,} images"
        description = {"kind": "drawn", "folder": None, "source": source}
        return Dataset(drawn(options.images, 0), drawn(SCORED, 1), description)
    return load_dataset(str(folder), options.images)


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m checks.benchmarks.recipes", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add = parser.add_argument
    add("--data", type=Path, metavar="DIR", help="folder with MNIST")
    add("--drawn", action="store_true", help="digits that the kit draws, even where MNIST is there")
    add("--recipes", type=names, default=list(RECIPES), metavar="NAMES", help="default: all")
    add("--epochs", type=lengths, default={}, metavar="NAME=N,…", help="cut these short")
    add("--seconds", type=float, default=0, help="of tuned, for the target (0: not measured)")
    add("--threads", type=int, default=1, help="as many as `train` uses: 1")
    add("--images", type=int, default=N_IMAGES, help=argparse.SUPPRESS)
    add("--out", type=Path, default=FIGURES, metavar="FILE", help="where the figures are kept")
    add("--dry", action="store_true", help="write no figures")
    return parser.parse_args()


def names(text: str) -> list[str]:
    """Recipes by name."""
    found = text.split(",")
    if unknown := [name for name in found if name not in RECIPES]:
        raise argparse.ArgumentTypeError(
            f"no recipe {unknown[0]!r}; there are {', '.join(RECIPES)}"
        )
    return found


def lengths(text: str) -> dict[str, int]:
    """Epochs by recipe, as in "deep=10,lab=5"."""
    try:
        pairs = [each.split("=") for each in text.split(",")]
        return {names(name)[0]: max(int(number), 1) for name, number in pairs}
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not like deep=10,lab=5") from None


if __name__ == "__main__":
    sys.exit(main())
