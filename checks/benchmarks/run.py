"""The kit's benchmarks, in one table; the README's figures come from here.

    python -m checks.benchmarks.run [--only a,b] [--repeat N] [--data DIR]

What is compared runs in turns and counts with the median, so that a slow minute of the machine
hits both sides. The exit status is 0 when every target was met and 1 when one was missed. Let
nothing else run meanwhile.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
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

from checks.benchmarks import memory
from checks.engine.course.verdict import Status
from checks.engine.paths import KIT, REFERENCE
from checks.engine.runner.session import Judge

MNIST_FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "mnist"

MAX_COLD_RATIO = 1.2
MAX_SECONDS = 9.0
MAX_ALL_RATIO = 5.0
MAX_TRAINING_SECONDS = 4.0
MIN_LOADED_RATIO = 4.0
MIN_TRAINING_RATIO = 2.0

CORES = 2
LONG_REPEATS = 2  # of what takes long by itself
IMPORT_TORCH = [sys.executable, "-c", "import torch"]
TRAINING_CHECKS = {
    "test_samples_get_closer",
    "test_discriminator_loss_falls",
    "test_generator_loss_falls",
    "test_training_returns",
}


class FailedError(Exception):
    """Something that was to be timed failed; the text is one sentence."""


@dataclass(frozen=True)
class Row:
    """A line of the table; `met` is None where there is no target or nothing was measured."""

    name: str
    what: str
    figure: str
    target: str = ""
    met: bool | None = None


@dataclass(frozen=True)
class Options:
    """What the command was asked for."""

    data: Path
    repeat: int


def checks_command(tier: str, *more: str) -> list[str]:
    """The command that checks the reference's solutions of a tier."""
    return [sys.executable, "run_checks.py", tier, "--solutions", "reference", *more]


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


def cold_start(options: Options) -> Iterator[Row]:
    """(a) A fresh process that checks the first tier, against one that only imports PyTorch."""
    kit, torch_alone = in_turns(
        partial(seconds_of, checks_command("beginner")),
        partial(seconds_of, IMPORT_TORCH),
        options.repeat,
    )
    ratio = kit / torch_alone
    yield Row(
        "a",
        "run_checks.py beginner, cold, against import torch",
        f"{ratio:.2f} ({kit:.2f} s / {torch_alone:.2f} s)",
        f"≤ {MAX_COLD_RATIO}",
        ratio <= MAX_COLD_RATIO,
    )


def everything(options: Options) -> Iterator[Row]:
    """(b) All tiers on two cores, against a process that only imports PyTorch, and the part of it
    that is training."""
    trainings = []
    with two_cores() as cores, tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")

        def all_checks() -> float:
            seconds = seconds_of(checks_command("all", "--json", str(report)))
            trainings.append(training_seconds(report))
            return seconds

        total, torch_alone = in_turns(all_checks, partial(seconds_of, IMPORT_TORCH), options.repeat)
    training, ratio = median(trainings), total / torch_alone
    yield Row(
        "b",
        f"run_checks.py all on {cores} cores, against import torch",
        f"{ratio:.1f} ({total:.1f} s / {torch_alone:.2f} s)",
        f"≤ {MAX_ALL_RATIO:.0f}",
        ratio <= MAX_ALL_RATIO,
    )
    for what, seconds, most in (
        (f"run_checks.py all on {cores} cores", total, MAX_SECONDS),
        ("of which training", training, MAX_TRAINING_SECONDS),
    ):
        yield Row("b", what, f"{seconds:.1f} s", f"≤ {most:.0f} s", seconds <= most)


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
    """(c) Checks in a judge that has run them before, against a fresh pytest process."""
    with Judge() as judge:
        for tier in ("beginner", "intermediate"):
            loaded, fresh = in_turns(
                partial(judged_seconds, judge, tier),
                partial(seconds_of, pytest_command(tier)),
                options.repeat,
            )
            ratio = fresh / loaded
            yield Row(
                "c",
                f"{tier} in a loaded judge, times faster than a fresh pytest",
                f"{ratio:.1f} ({fresh:.2f} s / {loaded:.2f} s)",
                f"≥ {MIN_LOADED_RATIO:.0f}",
                ratio >= MIN_LOADED_RATIO,
            )


def pytest_command(tier: str) -> list[str]:
    """A tier's checks with plain pytest."""
    file = f"checks/test_{tier}.py"
    return [sys.executable, "-m", "pytest", "-q", file, "--solutions=reference"]


def judged_seconds(judge: Judge, tier: str) -> float:
    """One run of a tier in this judge."""
    began = time.perf_counter()
    verdicts = judge.run([tier], REFERENCE)
    seconds = time.perf_counter() - began
    for verdict in verdicts:
        if verdict.status is not Status.PASSED:
            raise FailedError(f"{verdict.check} did not pass in the judge: {verdict.came}")
    return seconds


def training(options: Options) -> Iterator[Row]:
    """(d) The reference's loop against the lesson's template, on one core and real images."""
    what = "images per second in train_gan, against the lesson's template"
    if not options.data.is_dir():
        yield Row("d", what, f"skipped: {options.data} isn't there", f"≥ {MIN_TRAINING_RATIO:.0f}")
        return
    from checks.benchmarks.template import images_per_second

    speeds = images_per_second(options.data, min(options.repeat, LONG_REPEATS))
    reference, template = (median(speed) for speed in speeds)
    ratio = reference / template
    yield Row(
        "d",
        what,
        f"{ratio:.2f} ({reference:,.0f} / {template:,.0f})",
        f"≥ {MIN_TRAINING_RATIO:.0f}",
        ratio >= MIN_TRAINING_RATIO,
    )


def peak_memory(options: Options) -> Iterator[Row]:
    """(e) Peak memory of all processes of a run, against that of importing PyTorch."""
    if not memory.AVAILABLE:
        yield Row("e", "peak memory", "skipped: only Linux says how much processes share")
        return
    torch_alone = peak_of(IMPORT_TORCH)
    for tier in ("beginner", "all"):
        kit = peak_of(checks_command(tier))
        yield Row(
            "e",
            f"peak memory of run_checks.py {tier}, against import torch",
            f"{kit / torch_alone:.2f} ({kit / 2**20:.0f} MiB / {torch_alone / 2**20:.0f} MiB)",
        )


def peak_of(command: Sequence[str]) -> int:
    """Peak memory of a command that has to succeed."""
    most, status = memory.peak(command, KIT)
    if status != 0:
        raise FailedError(f"{' '.join(['python', *command[1:]])} ended with status {status}")
    return most


BENCHMARKS: dict[str, Callable[[Options], Iterator[Row]]] = {
    "a": cold_start,
    "b": everything,
    "c": loaded_judge,
    "d": training,
    "e": peak_memory,
}


def measure(name: str, options: Options) -> list[Row]:
    """A benchmark's rows; what fails misses its target."""
    rows: list[Row] = []
    try:
        rows.extend(BENCHMARKS[name](options))
    except FailedError as error:
        rows.append(Row(name, str(error), "failed", met=False))
    return rows


def table_of(rows: Sequence[Row]) -> Table:
    """The rows as they are shown."""
    table = Table("", "What", "Figure", "Target", "Met")
    said = {True: "yes", False: "[red]no[/red]", None: "–"}
    for row in rows:
        table.add_row(row.name, row.what, row.figure, row.target, said[row.met])
    return table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m checks.benchmarks.run", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--data", type=Path, default=MNIST_FOLDER, metavar="DIR")
    parser.add_argument("--only", default=",".join(BENCHMARKS), metavar="a,b", help="some of a–e")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="turns (default: 5)")
    given = parser.parse_args()
    names = given.only.split(",")
    if unknown := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are a to e")
    if given.repeat < 1:
        parser.error("--repeat must be at least 1")

    options = Options(given.data, given.repeat)
    rows: list[Row] = []
    with Console(stderr=True).status("") as status:
        for name in names:
            status.update(f"Measuring {name}: {BENCHMARKS[name].__name__.replace('_', ' ')}")
            rows += measure(name, options)

    console = Console()
    console.print(table_of(rows))
    missed = [row for row in rows if row.met is False]
    for row in missed:
        console.print(f"Missed: {row.what}: {row.figure}, target {row.target}", markup=False)
    if not missed:
        console.print("Every target that was measured is met.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
