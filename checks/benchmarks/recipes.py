"""How good the recipes are: each is trained and scored as a learner does it, its figures are kept.

    python -m checks.benchmarks.recipes [--data DIR] [--recipes minimal,tuned] [--epochs deep=10]

Each recipe is trained by `run_checks.py train` on the first 8,000 images of DIR (torchvision's
layout; beside the checkout unless told), on the processor. Its figures go to
reference/recipes_figures.json, where `recipes` and `score` read them; those of other recipes stay,
if they were measured on the same images. Let nothing else run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from checks.benchmarks import MNIST_FOLDER, ticking
from checks.engine.files import replace
from checks.engine.paths import KIT
from checks.engine.quality import score_run
from checks.engine.quality.leaderboard import entries_of
from checks.engine.quality.wording import MEASURES
from checks.engine.training.recipes import FIGURES, known_recipes
from checks.engine.training.run_store import read

N_IMAGES = 8000
Row = dict[str, float]


def trained(recipe: str, epochs: int, data: Path, runs: Path) -> tuple[Row, dict[str, Any]]:
    """Train a recipe; its figures as they are kept, and all its scores."""
    command = [sys.executable, "run_checks.py", "train", "--recipe", recipe, "--name", recipe]
    options = {"epochs": epochs, "snapshots": epochs, "images": N_IMAGES, "data": data}
    command += [f"--{name}={value}" for name, value in options.items()]
    environment = os.environ | {"GAN_KIT_RUNS": str(runs)}
    subprocess.run([*command, "--device=cpu"], cwd=KIT, env=environment, check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    run = read(runs / recipe)
    scores = score_run(run)
    entry = entries_of(run, scores)[-1]
    row = {
        "epochs": entry.epoch,
        "seconds": round(run.state["seconds"], 1),
        "cpu_seconds": round(entry.cpu_seconds, 1),
        "images_seen": entry.images_seen,
        **{
            key: float(f"{value:.4g}")
            for key, value in entry.score.items()
            if isinstance(value, (int, float))
        },
    }
    return row, scores


def keep(path: Path, features: str, rows: dict[str, Row]) -> None:
    """Put the rows into the file; those of other recipes stay, if the features are the same."""
    held = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known = (held["recipes"] if held.get("features") == features else {}) | rows
    content = {
        "features": features,
        "data": f"{N_IMAGES:,} real images of MNIST",
        "recipes": {name: known[name] for name in known_recipes() if name in known},
    }
    replace(path, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())


def show(columns: dict[str, dict[str, Any]]) -> None:
    """Figures of recipes and of known images side by side."""
    table = Table("", *columns, box=None)
    for key in ("epochs", "cpu_seconds"):
        table.add_row(key, *(f"{each[key]:g}" if key in each else "" for each in columns.values()))
    for measure in MEASURES:
        written = (measure.written(each.get(measure.name)) for each in columns.values())
        table.add_row(measure.title, *written)
    Console().print(table)


def main() -> int:
    """Train and score the recipes, print their figures and keep them."""
    options = arguments()
    rows: dict[str, Row] = {}
    with tempfile.TemporaryDirectory(prefix="gan-recipes-") as runs:
        for name in ticking("Training", options.recipes):
            epochs = options.epochs.get(name, known_recipes()[name].epochs)
            rows[name], scores = trained(name, epochs, options.data.resolve(), Path(runs))
    show({**rows, **scores["calibration"]})
    if not options.dry:
        keep(FIGURES, scores["features"], rows)
    return 0


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m checks.benchmarks.recipes",
                                     description=__doc__)  # fmt: skip
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("--data", type=Path, default=MNIST_FOLDER, metavar="DIR", help="folder with MNIST")
    add("--recipes", type=names, default=list(known_recipes()), metavar="NAMES", help="these only")
    add("--epochs", type=lengths, default={}, metavar="NAME=N,…", help="cut these short")
    add("--dry", action="store_true", help="keep no figures")
    return parser.parse_args()


def names(text: str) -> list[str]:
    """Recipes by name."""
    found = text.split(",")
    if unknown := [name for name in found if name not in known_recipes()]:
        raise argparse.ArgumentTypeError(
            f"no recipe {unknown[0]!r}; there are {', '.join(known_recipes())}"
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
