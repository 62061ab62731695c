"""How fast the kit is and how much memory it takes; the README's figures come from here.

    python -m checks.benchmarks.speed [PART ...] [--repeat N] [--data DIR]

The parts, all of them unless some are named:

    cold      the first tier in a fresh process, against one that only imports PyTorch
    all       every tier on two cores, against the same, and the share that is training
    judge     a tier in a judge that has run it before, against a fresh pytest
    watch     from save to verdict in watch mode, against a fresh pytest
    training  images per second of train_gan and of a recipe, against the lesson's DataLoader
    memory    peak memory of all processes of a run, against one that only imports PyTorch

What is compared runs in turns and counts with the median, so that a slow minute of the machine
hits both sides. The exit status is 0 when every target was met and 1 when one was missed. Let
nothing else run meanwhile.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from checks.benchmarks import MNIST_FOLDER, memory
from checks.engine.course.listing import course
from checks.engine.course.verdict import Status
from checks.engine.paths import KIT, REFERENCE
from checks.engine.runner.session import Judge
from checks.selftest.terminals import Terminal, copy_kit

MAX_COLD_RATIO = 1.2
MAX_ALL_SECONDS, MAX_ALL_RATIO, MAX_ALL_TRAINING_SECONDS = 9.0, 5.0, 4.0
MIN_LOADED_RATIO = 4.0
MAX_WATCH_SECONDS = 4.0
MIN_RECIPE_RATIO = 2.0

CORES = 2
SAVES = 4  # in watch mode, for each turn
TRAINED_ON = 8000  # images
IMPORT_TORCH = [sys.executable, "-c", "import torch"]
TRAINING_CHECKS = {
    "test_samples_get_closer",
    "test_discriminator_loss_falls",
    "test_generator_loss_falls",
    "test_training_returns",
}
# A line of each tier that can be written in many ways that are right.
EDITS = {
    "beginner": ("return rng.standard_normal((n_samples, latent_dim))",
                 "return rng.normal(size=(n_samples, latent_dim), scale=1.0 + {} * 0)"),
    "intermediate": ("layers += [nn.Linear(width, IMAGE_PIXELS), nn.Tanh()]",
                     "layers += [nn.Linear(width, IMAGE_PIXELS + {} * 0), nn.Tanh()]"),
    "advanced": ("return real_loss + fake_loss", "return real_loss + fake_loss + {} * 0"),
}  # fmt: skip


class FailedError(Exception):
    """Something that was to be timed failed; the text is one sentence."""


@dataclass(frozen=True)
class Row:
    """A line of the table; `met` is None where there is no target or nothing was measured."""

    what: str
    figure: str
    target: str = ""
    met: bool | None = None


@dataclass(frozen=True)
class Options:
    """What the command was asked for."""

    data: Path
    repeat: int


Part = Callable[[Options], Iterator[Row]]


# What is timed ------------------------------------------------------------------------------------


def checks_command(tier: str, *more: str) -> list[str]:
    """The command that checks the reference's solutions of a tier."""
    return [sys.executable, "run_checks.py", tier, "--solutions", "reference", *more]


def pytest_command(tier: str) -> list[str]:
    """A tier's checks with plain pytest."""
    file = f"checks/test_{tier}.py"
    return [sys.executable, "-m", "pytest", "-q", file, "--solutions=reference"]


def seconds_of(command: Sequence[str]) -> float:
    """Wall time of a command that has to succeed, run in the kit's folder."""
    began = time.perf_counter()
    ended = subprocess.run(command, cwd=KIT, stdin=subprocess.DEVNULL, capture_output=True)
    seconds = time.perf_counter() - began
    if ended.returncode != 0:
        said = (ended.stdout + ended.stderr).decode("utf-8", "replace").strip().splitlines()
        last = said[-1].strip() if said else "without a word"
        shown = " ".join(["python", *command[1:]])
        raise FailedError(f"{shown} ended with status {ended.returncode}: {last}")
    return seconds


def in_turns(
    one: Callable[[], float], other: Callable[[], float], repeat: int
) -> tuple[float, float]:
    """The medians of two measurements, after one of each that does not count."""
    pairs = [(one(), other()) for _ in range(repeat + 1)][1:]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)


def at_most(most: float, what: str, value: float, figure: str, unit: str = "") -> Row:
    """A row whose value should not be larger."""
    return Row(what, figure, f"≤ {most:g}{unit}", value <= most)


def at_least(least: float, what: str, value: float, figure: str) -> Row:
    """A row whose value should not be smaller."""
    return Row(what, figure, f"≥ {least:g}", value >= least)


# The parts ----------------------------------------------------------------------------------------


def cold(options: Options) -> Iterator[Row]:
    """A fresh process that checks the first tier."""
    kit, torch_alone = in_turns(
        partial(seconds_of, checks_command("beginner")),
        partial(seconds_of, IMPORT_TORCH),
        options.repeat,
    )
    ratio = kit / torch_alone
    figure = f"{ratio:.2f} ({kit:.2f} s / {torch_alone:.2f} s)"
    yield at_most(MAX_COLD_RATIO, "beginner, cold, against import torch", ratio, figure)


def everything(options: Options) -> Iterator[Row]:
    """All tiers on two cores, and the part of it that is training."""
    trainings = []
    with two_cores() as cores, tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")

        def all_checks() -> float:
            seconds = seconds_of(checks_command("all", "--json", str(report)))
            trainings.append(training_seconds(report))
            return seconds

        total, torch_alone = in_turns(all_checks, partial(seconds_of, IMPORT_TORCH), options.repeat)
    ratio, training = total / torch_alone, median(trainings)
    what, figure = f"all on {cores} cores", f"{ratio:.1f} ({total:.1f} s / {torch_alone:.2f} s)"
    yield at_most(MAX_ALL_RATIO, f"{what}, against import torch", ratio, figure)
    yield at_most(MAX_ALL_SECONDS, what, total, f"{total:.1f} s", " s")
    figure = f"{training:.1f} s"
    yield at_most(MAX_ALL_TRAINING_SECONDS, "of which training", training, figure, " s")


@contextlib.contextmanager
def two_cores() -> Iterator[int]:
    """Let what starts meanwhile have two cores, where that can be arranged; yields how many."""
    if sys.platform != "linux":
        yield os.cpu_count() or 1
        return
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(mine)[:CORES])
    try:
        yield len(os.sched_getaffinity(0))
    finally:
        os.sched_setaffinity(0, mine)


def training_seconds(report: Path) -> float:
    """The time of the checks that train, from a run's JSON."""
    seconds = {
        verdict["check"].split("::")[-1]: float(verdict["seconds"])
        for verdict in json.loads(report.read_text(encoding="utf-8"))["verdicts"]
    }
    if missing := TRAINING_CHECKS - seconds.keys():
        raise FailedError(f"There is no check named {', '.join(sorted(missing))}.")
    return sum(seconds[name] for name in TRAINING_CHECKS)


def loaded_judge(options: Options) -> Iterator[Row]:
    """Checks in a judge that has run them before."""
    with Judge() as judge:
        for tier in ("beginner", "intermediate"):
            loaded, fresh = in_turns(
                partial(judged_seconds, judge, tier),
                partial(seconds_of, pytest_command(tier)),
                options.repeat,
            )
            ratio = fresh / loaded
            what = f"{tier} in a loaded judge, times faster than a fresh pytest"
            figure = f"{ratio:.1f} ({fresh:.2f} s / {loaded:.2f} s)"
            yield at_least(MIN_LOADED_RATIO, what, ratio, figure)


def judged_seconds(judge: Judge, tier: str) -> float:
    """One run of a tier in this judge."""
    began = time.perf_counter()
    verdicts = judge.run([tier], REFERENCE)
    seconds = time.perf_counter() - began
    for verdict in verdicts:
        if verdict.status is not Status.PASSED:
            raise FailedError(f"{verdict.check} did not pass in the judge: {verdict.came}")
    return seconds


def watch(options: Options) -> Iterator[Row]:
    """The real command in a pseudo-terminal, on a copy of the kit with everything solved."""
    for tier in EDITS:
        first: list[float] = []
        with tempfile.TemporaryDirectory(prefix="gan-speed-") as scratch:
            kit = copy_kit(Path(scratch))
            for source in REFERENCE.glob("*.py"):
                shutil.copy(source, kit / "exercises")
            with contextlib.closing(Terminal(kit, tier)) as terminal:
                terminal.wait("checks pass", "q quit")
                whole, fresh = in_turns(
                    partial(saved_seconds, terminal, kit / "exercises" / f"{tier}.py", first),
                    partial(seconds_of, pytest_command(tier)),
                    options.repeat,
                )
        n_checks = sum(each.check.tier == tier for each in course())
        said = f"watch mode, {tier}: from save"
        seconds = median(first)
        yield Row(f"{said} to the first verdict, times faster than a fresh pytest",
                  f"{fresh / seconds:.1f} ({fresh:.2f} s / {seconds:.2f} s)")  # fmt: skip
        what = f"{said} until all {n_checks} checks are through, the same"
        figure = f"{fresh / whole:.1f} ({fresh:.2f} s / {whole:.2f} s)"
        yield Row(what, figure, f"≤ {MAX_WATCH_SECONDS:g} s", whole <= MAX_WATCH_SECONDS)


def saved_seconds(terminal: Terminal, path: Path, first: list[float]) -> float:
    """Save a file in a few ways; the median time until its tier is through.

    `first` gets the times until the first verdict.
    """
    old, new = EDITS[path.stem]
    text = (REFERENCE / path.name).read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise FailedError(f"reference/{path.name} has no single line {old!r} to write anew.")
    whole = []
    for _ in range(SAVES):
        began = time.perf_counter()
        path.write_text(text.replace(old, new.format(len(first))), encoding="utf-8")
        terminal.wait("✓", keep=True)
        first.append(time.perf_counter() - began)
        terminal.wait("checks pass", "q quit")
        whole.append(time.perf_counter() - began)
    return median(whole)


def training(options: Options) -> Iterator[Row]:
    """Loops against the lesson's, with the same networks, on one core and real images."""
    if not options.data.is_dir():
        yield Row("images per second", f"skipped: {options.data} isn't there")
        return
    import torch

    from checks.benchmarks.lesson_loop import BATCH_SIZE, through_pil, train_one_epoch

    from advanced import Discriminator, normalize_images, train_gan  # isort: skip
    from intermediate import Generator  # isort: skip
    from recipes import RECIPES, RecipeDiscriminator, RecipeGenerator, train_recipe  # isort: skip

    torch.set_num_threads(1)
    minimal, lesson = RECIPES["minimal"], through_pil(options.data, TRAINED_ON)
    images = normalize_images(lesson.data)

    def seconds(train: Callable[[], object]) -> float:
        began = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()):
            train()
        return time.process_time() - began

    loops: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "train_gan": (
            lambda: train_gan(images, 1, BATCH_SIZE),
            lambda: train_one_epoch(lesson, Generator(), Discriminator(dropout=0.3)),
        ),
        "the recipe minimal": (
            lambda: train_recipe(images, minimal, 1, BATCH_SIZE),
            lambda: train_one_epoch(lesson, RecipeGenerator(minimal), RecipeDiscriminator(minimal)),
        ),
    }
    for name, (loop, template) in loops.items():
        ours, theirs = in_turns(partial(seconds, loop), partial(seconds, template), options.repeat)
        what = f"images per second in {name}, against the lesson's DataLoader"
        per_second = f"{len(images) / ours:,.0f} / {len(images) / theirs:,.0f}"
        row = Row(what, f"{theirs / ours:.2f} ({per_second})")
        if name == "the recipe minimal":
            row = at_least(MIN_RECIPE_RATIO, what, theirs / ours, row.figure)
        yield row


def peak_memory(options: Options) -> Iterator[Row]:
    """Peak memory of all processes of a run."""
    if not memory.AVAILABLE:
        yield Row("peak memory", "skipped: only Linux says how much processes share")
        return
    torch_alone = peak_of(IMPORT_TORCH)
    for tier in ("beginner", "all"):
        kit = peak_of(checks_command(tier))
        yield Row(
            f"peak memory of {tier}, against import torch",
            f"{kit / torch_alone:.2f} ({kit / 2**20:.0f} MiB / {torch_alone / 2**20:.0f} MiB)",
        )


def peak_of(command: Sequence[str]) -> int:
    """Peak memory of a command that has to succeed."""
    most, status = memory.peak(command, KIT)
    if status != 0:
        raise FailedError(f"{' '.join(['python', *command[1:]])} ended with status {status}")
    return most


PARTS: dict[str, Part] = {
    "cold": cold,
    "all": everything,
    "judge": loaded_judge,
    "watch": watch,
    "training": training,
    "memory": peak_memory,
}


# The command --------------------------------------------------------------------------------------


def measured(part: Part, options: Options) -> Iterator[Row]:
    """A part's rows; what fails misses its target."""
    try:
        yield from part(options)
    except FailedError as error:
        yield Row(str(error), "failed", met=False)


def main() -> int:
    """Measure, and print the table."""
    name = "python -m checks.benchmarks.speed"
    parser = argparse.ArgumentParser(prog=name, description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("part", nargs="*", metavar="PART", help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="turns (default: 5)")
    parser.add_argument("--data", type=Path, default=MNIST_FOLDER, metavar="DIR",
                        help="folder with MNIST")  # fmt: skip
    given = parser.parse_args()
    if unknown := [part for part in given.part if part not in PARTS]:
        parser.error(f"there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    if given.repeat < 1:
        parser.error("--repeat must be at least 1")

    table = Table("What", "Figure", "Target", "Met")
    missed = []
    with Console(stderr=True).status("") as status:
        for part in given.part or PARTS:
            status.update(f"Measuring {part}")
            for row in measured(PARTS[part], Options(given.data, given.repeat)):
                met = {True: "yes", False: "[red]no[/red]", None: "–"}[row.met]
                table.add_row(row.what, row.figure, row.target, met)
                missed += [row] if row.met is False else []
    console = Console()
    console.print(table)
    for row in missed:
        console.print(f"Missed: {row.what}: {row.figure}, target {row.target}", markup=False)
    if not missed:
        console.print("Every target that was measured is met.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
