"""How often chance alone would fail right code, and how often it would let wrong code pass.

    python -m checks.benchmarks.calibration [--seeds 1000] [--near 200] [--slow-seeds 20]
                                            [--checks a,b]

Every check that hangs on chance runs as it ships, on the reference, once a seed: the step checks,
which are exact but meet other networks with each seed, on one seed in ten; the long training on
`--slow-seeds`. The statistics are taken from the very numbers that the check judged, so the first
table shows how far right code stays away from each bound. The second runs the checks on
near-misses: code that is a little wrong, and has to be refused. Any false alarm or miss makes the
exit status 1. NumPy's unseeded noise is new at each run; all else repeats.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from rich.console import Console
from rich.table import Table

from checks.benchmarks import ticking
from checks.engine.data import training_images
from checks.engine.judging.advanced import steps
from checks.engine.judging.advanced.advanced_parts import FALL
from checks.engine.judging.advanced.samples import CLEARLY_CLOSER, VARIED
from checks.engine.judging.beginner.noise import ALIKE
from checks.engine.judging.common import frechet, statistics
from checks.engine.judging.intermediate.generators import LATENT
from checks.engine.paths import REFERENCE, tiers
from checks.engine.sandbox import client as sandbox
from checks.engine.sandbox.solution import Submission
from checks.selftest.mutants import Variant, checks_of, ending, mutated
from checks.selftest.test_advanced_mistakes import (
    BACK,
    CLEAR,
    D_CALLS,
    FAKE_LOSS,
    G_CALL,
    ITEM,
    REAL_LOSS,
    STEP,
    d_update,
    g_update,
)

Numbers = np.ndarray[Any, Any]
Z = statistics.Z_BOUND
N_NOISE, N_SAMPLING = 200 * 100, 4000 * LATENT  # how many numbers the noise checks judge
WIDTH = 150  # columns, where no terminal says how many there are


@dataclass(frozen=True)
class Statistic:
    """A number that a check compares with a bound; `of` takes what the watched function took.

    `side` says where right code lies: "below" or "above" the bound, or "within" ± the bound.
    `chance` is the stated probability that right code does not.
    """

    name: str
    of: Callable[..., float]
    bound: float
    side: str
    chance: str


@dataclass(frozen=True)
class Stochastic:
    """Checks of one tier that hang on chance, and the function through which their numbers go."""

    tier: str
    names: tuple[str, ...]
    where: str
    statistics: tuple[Statistic, ...]
    share: int = 1  # it runs on one seed in so many
    is_slow: bool = False


@dataclass
class Tally:
    """What became of one entry's runs: its values, one row a run, and the seeds that failed."""

    runs: int = 0
    failed: list[str] = field(default_factory=list)
    values: list[list[float]] = field(default_factory=list)


# --- the statistics -------------------------------------------------------------------------------


def standardized(values: Numbers) -> Numbers:
    """The values with their own mean and deviation taken out."""
    return np.asarray((values - values.mean()) / values.std())


def closest(noise: Any, what: str) -> float:
    """The largest correlation of two rows or two columns."""
    table = noise.values.astype(float)
    return max(statistics.closest_pair(rows)[2] for rows in (table, table.T))


def neighbours(axis: int) -> Callable[..., float]:
    """The mean product of neighbours along the axis, in standard errors."""
    return lambda noise, what: statistics.neighbour_z(
        standardized(noise.values.astype(float)), axis
    )


def row_lengths(noise: Any, what: str) -> float:
    """The deviation of the rows' squared lengths."""
    return float(np.square(standardized(noise.values.astype(float))).sum(axis=1).std())


def ks_distance(noise: Any, what: str) -> float:
    """The distance of the numbers' shape from a normal distribution's."""
    return statistics.ks_distance(standardized(noise.values.astype(float)), statistics.normal_cdf)


def raw_ks_distance(noise: Any, what: str) -> float:
    """The distance from N(0, 1) itself."""
    return statistics.ks_distance(noise.values.astype(float), statistics.normal_cdf)


def fall(losses: list[float], opponent: str, bound: float = FALL) -> float:
    """The mean of the last five losses against that of the first three."""
    return float(np.mean(losses[-5:]) / np.mean(losses[:3]))


def closeness(untrained: Numbers, trained: Numbers, digits: Numbers, closer: float) -> float:
    """The distance to the digits after training against that before."""
    return float(frechet.distance(trained, digits) / frechet.distance(untrained, digits))


def variety(untrained: Numbers, trained: Numbers, digits: Numbers, closer: float) -> float:
    """How much the samples' pixels vary against how much the digits' do."""
    return float(trained.std(axis=0).mean() / digits.std(axis=0).mean())


def unexplained(seen: list[steps.Step], name: str) -> float:
    """The largest share of an update that the clean gradient leaves unexplained."""
    return max(step.unexplained for step in seen if step.name == name)


# fmt: off
NORMAL = (
    Statistic("KS distance", ks_distance, statistics.ks_bound(N_NOISE), "below", "1e-7"),
    Statistic("mean, z", lambda noise, _: statistics.mean_z(noise.values), Z, "within", "1e-7"),
    Statistic("square, z", lambda noise, _: statistics.deviation_z(noise.values), Z, "within",
              "1e-7"),
)
INDEPENDENT = (
    Statistic("closest pair", closest, 0.9, "below", "1e-30"),
    Statistic("rows, z", neighbours(0), Z, "within", "1e-7"),
    Statistic("columns, z", neighbours(1), Z, "within", "1e-7"),
    Statistic("row lengths", row_lengths, ALIKE * 200**0.5, "above", "1e-15"),
)
SAMPLING = (
    Statistic("KS distance", raw_ks_distance, statistics.ks_bound(N_SAMPLING), "below", "1e-7"),
    *NORMAL[1:],
)
FALLING = (Statistic("end / start", fall, FALL, "below", "1e-6"),)
SAMPLES = (
    # Of the short training; a longer one follows where this is not enough.
    Statistic("after / before", closeness, CLEARLY_CLOSER, "below", "1e-6"),
    Statistic("spread ratio", variety, VARIED, "above", "1e-6"),
)
STEPS = (Statistic("unexplained", unexplained, steps.UNEXPLAINED, "below", "exact"),)

FINITE = "checks.engine.judging.common.expect.finite"  # where each draw of noise passes
JUDGED = "checks.engine.judging.advanced.advanced_parts.judge_"
SAMPLED = "checks.engine.judging.advanced.samples.judge_samples"
FOUND = "checks.test_advanced.findings"
ASPECTS = ("moves", "is_fed", "step_loss", "step_clean", "step_returns", "step_modes")

STOCHASTIC = (
    Stochastic("beginner", ("test_numpy_normal",), FINITE, NORMAL),
    Stochastic("beginner", ("test_torch_normal",), FINITE, NORMAL),
    Stochastic("beginner", ("test_numpy_independent",), FINITE, INDEPENDENT),
    Stochastic("beginner", ("test_torch_independent",), FINITE, INDEPENDENT),
    Stochastic("intermediate", ("test_images_noise",), FINITE, SAMPLING),
    Stochastic("advanced", ("test_discriminator_loss_falls",), f"{JUDGED}falling", FALLING),
    Stochastic("advanced", ("test_generator_loss_falls",), f"{JUDGED}falling", FALLING),
    Stochastic("advanced", tuple(f"test_discriminator_{it}" for it in ASPECTS), FOUND, STEPS,
               share=10),
    Stochastic("advanced", tuple(f"test_generator_{it}" for it in ASPECTS), FOUND, STEPS, share=10),
    Stochastic("advanced", ("test_samples_get_closer",), SAMPLED, SAMPLES, is_slow=True),
)
# fmt: on


# --- the near-misses ------------------------------------------------------------------------------

DRAW = "return rng.standard_normal((n_samples, latent_dim))"
T_DRAW = "return torch.randn(n_samples, latent_dim, generator=rng)"
G_DRAW = "z = sample_noise_torch(n_images, generator.latent_dim, seed).to(device)"
TRAINED = "return generator, discriminator, history"
MEAN_DIGIT = """
    last = [layer for layer in generator.modules() if isinstance(layer, nn.Linear)][-1]
    with torch.no_grad():
        last.weight.zero_()
        last.bias.copy_(torch.atanh(images.mean(dim=0).clamp(-0.99, 0.99)))"""
ONE_BATCH = (
    "for rows in torch.randperm(len(images)).split(batch_size):",
    "for rows in (torch.arange(batch_size),):",
)


def near(name: str, check: str, *replacements: tuple[str, str]) -> tuple[str, Variant]:
    """A check, and the solution that it has to refuse."""
    tier = next(tier for tier in tiers() if check in checks_of(tier))
    return check, Variant(name, tier, replacements)


# fmt: off
NEAR = (
    near("shifted by 0.1", "test_numpy_normal", (DRAW, f"{DRAW} + 0.1")),
    near("shifted by 0.1", "test_torch_normal", (T_DRAW, f"{T_DRAW} + 0.1")),
    near("scaled by 1.1", "test_numpy_normal", (DRAW, f"{DRAW} * 1.1")),
    near("scaled by 1.1", "test_torch_normal", (T_DRAW, f"{T_DRAW} * 1.1")),
    near("uniform, deviation 1", "test_numpy_normal",
         (DRAW, "return rng.uniform(-(3**0.5), 3**0.5, (n_samples, latent_dim))")),
    near("uniform, deviation 1", "test_torch_normal",
         (T_DRAW, "return (torch.rand(n_samples, latent_dim, generator=rng) - 0.5) * 12**0.5")),
    near("neighbours averaged", "test_numpy_independent",
         (DRAW, f"x = {DRAW[7:]}\n    return (x + np.roll(x, 1, axis=1)) / 2**0.5")),
    near("neighbours averaged", "test_torch_independent",
         (T_DRAW, f"x = {T_DRAW[7:]}\n    return (x + x.roll(1, dims=0)) / 2**0.5")),
    near("half of the rows repeated", "test_numpy_independent",
         (DRAW, f"x = {DRAW[7:]}\n    return x[np.arange(n_samples) // 2]")),
    near("half of the rows repeated", "test_torch_independent",
         (T_DRAW, f"x = {T_DRAW[7:]}\n    return x[torch.arange(n_samples) // 2]")),
    near("uniform from 0 to 1", "test_images_noise",
         (G_DRAW, "z = torch.rand(n_images, generator.latent_dim)")),
    near("shifted by 0.1", "test_images_noise", (G_DRAW, f"{G_DRAW} + 0.1")),
    near("scaled by 1.1", "test_images_noise", (G_DRAW, f"{G_DRAW} * 1.1")),
    near("never steps", "test_discriminator_loss_falls",
         d_update(D_CALLS, CLEAR, BACK, ITEM)),
    near("labels by the toss of a coin", "test_discriminator_loss_falls",
         (REAL_LOSS, REAL_LOSS.replace("torch.ones_like(real_scores)",
                                       "torch.rand_like(real_scores).round()")),
         (FAKE_LOSS, FAKE_LOSS.replace("torch.zeros_like(fake_scores)",
                                       "torch.rand_like(fake_scores).round()"))),
    near("never steps", "test_generator_loss_falls", g_update(G_CALL, CLEAR, BACK, ITEM)),
    near("a tenth of the last gradient kept", "test_discriminator_step_clean",
         d_update(D_CALLS, "for p in discriminator.parameters():",
                  "    p.grad = None if p.grad is None else 0.1 * p.grad", BACK, STEP, ITEM)),
    near("fake images count 5 % more", "test_discriminator_step_loss",
         ("return real_loss + fake_loss", "return real_loss + 1.05 * fake_loss")),
    near("one real image left out", "test_discriminator_is_fed",
         (D_CALLS, D_CALLS.replace("(real_images)", "(real_images[1:])"))),
    near("a tenth of the last gradient kept", "test_generator_step_clean",
         g_update(G_CALL, "for p in generator.parameters():",
                  "    p.grad = None if p.grad is None else 0.1 * p.grad", BACK, STEP, ITEM)),
    near("another generator is returned", "test_samples_get_closer",
         (TRAINED, "return Generator(latent_dim), discriminator, history"), ONE_BATCH),
    near("every image the mean digit", "test_samples_get_closer",
         (TRAINED, f"{MEAN_DIGIT.strip()}\n    {TRAINED}"), ONE_BATCH),
)
# fmt: on


# --- the runs -------------------------------------------------------------------------------------


def calibrate(entries: list[Stochastic], seeds: int, slow_seeds: int) -> list[Tally]:
    """Run the entries' checks on the reference, seed by seed; Ctrl-C ends it with what there is."""
    tallies = [Tally() for _ in entries]
    with contextlib.suppress(KeyboardInterrupt):
        for seed in ticking("Right code", range(max(seeds, slow_seeds))):
            submission = Submission(REFERENCE, sandbox.shared(), seed)
            training_images.normalized.cache_clear()  # it would keep every seed's images
            for entry, tally in zip(entries, tallies, strict=True):
                wanted = slow_seeds if entry.is_slow else -(-seeds // entry.share)
                if seed < wanted:
                    run(entry, submission, tally)
    return tallies


def run(entry: Stochastic, submission: Submission, tally: Tally) -> None:
    """One run of an entry's checks, with what they judged."""
    module, _, function = entry.where.rpartition(".")
    owner = importlib.import_module(module)
    with patch.object(owner, function, wraps=getattr(owner, function)) as watched:
        for name in entry.names:
            if ended := ending(entry.tier, name, submission):
                tally.failed.append(f"{name}, seed {submission.seed}: {ended.came}")
    tally.runs += 1
    if watched.called:
        judged = watched.call_args.args
        tally.values.append([statistic.of(*judged) for statistic in entry.statistics])


def misses(cases: list[tuple[str, Variant]], seeds: int) -> list[int]:
    """How often each near-miss passes the check that has to refuse it."""
    found = [0] * len(cases)
    with tempfile.TemporaryDirectory(prefix="gan-calibration-") as scratch:
        folders = [mutated(Path(scratch) / str(i), case) for i, (_, case) in enumerate(cases)]
        for seed in ticking("Near-misses", range(seeds if cases else 0)):
            for index, (check, case) in enumerate(cases):
                submission = Submission(folders[index].resolve(), sandbox.shared(), seed)
                found[index] += ending(case.tier, check, submission) is None
    return found


# --- the tables -----------------------------------------------------------------------------------


def gap(statistic: Statistic, mean: float, deviation: float) -> float:
    """How many standard deviations lie between the mean and the bound."""
    between = {
        "below": statistic.bound - mean,
        "above": mean - statistic.bound,
        "within": statistic.bound - abs(mean),
    }
    return between[statistic.side] / deviation if deviation > 0 else float("inf")


def extreme(statistic: Statistic, values: Numbers) -> float:
    """The value that came nearest to the bound, or went farthest beyond it."""
    ways = {"below": np.argmax(values), "above": np.argmin(values)}
    return float(values[ways.get(statistic.side, np.argmax(np.abs(values)))])


def table_of_checks(entries: list[Stochastic], tallies: list[Tally]) -> Table:
    """One row a statistic."""
    table = Table("Check", title="Right code")
    heads = ("Seeds", "False alarms", "Statistic", "Mean", "Spread", "Extreme", "Bound")
    for head in (*heads, "σ between", "Stated chance"):
        table.add_column(head, justify="left" if head == "Statistic" else "right")
    for entry, tally in zip(entries, tallies, strict=True):
        many = len(entry.names) > 1
        title = f"{entry.names[0]} and {len(entry.names) - 1} more" if many else entry.names[0]
        first = [title, f"{tally.runs:,}", str(len(tally.failed))]
        for column, statistic in enumerate(entry.statistics):
            values = np.array([row[column] for row in tally.values])
            table.add_row(*first, *cells(statistic, values))
            first = ["", "", ""]
        table.add_section()
    return table


def cells(statistic: Statistic, values: Numbers) -> list[str]:
    """A statistic's part of its row."""
    sign = {"below": "<", "above": ">", "within": "±"}[statistic.side]
    bound = f"{sign} {statistic.bound:.3g}"
    if not len(values):
        return [statistic.name, "–", "–", "–", bound, "–", statistic.chance]
    mean, deviation = float(values.mean()), float(values.std())
    numbers = [f"{x:.3g}" for x in (mean, deviation, extreme(statistic, values))]
    away = gap(statistic, mean, deviation)
    shown = f"{away:.1f}" if away < 1000 else "> 1000"
    return [statistic.name, *numbers, bound, shown, statistic.chance]


def table_of_misses(cases: list[tuple[str, Variant]], found: list[int], seeds: int) -> Table:
    """One row a near-miss."""
    table = Table("Near-miss", "Check that has to refuse it", title="Wrong code, nearly right")
    for head in ("Seeds", "Misses"):
        table.add_column(head, justify="right")
    for (check, case), count in zip(cases, found, strict=True):
        table.add_row(case.name, check, f"{seeds:,}", str(count))
    return table


# --- the command ----------------------------------------------------------------------------------


def selected(parser: argparse.ArgumentParser, wanted: str) -> list[str]:
    """The names of the checks asked for; all of them for "".

    An unknown name ends the program.
    """
    known = [name for entry in STOCHASTIC for name in entry.names]
    names = wanted.split(",") if wanted else known
    for name in names:
        if name not in known:
            parser.error(f"no stochastic check is called {name}; there are {', '.join(known)}")
    return names


def main() -> int:
    """Print both tables; 1 on a false alarm or a miss."""
    name = "python -m checks.benchmarks.calibration"
    parser = argparse.ArgumentParser(prog=name, description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seeds", type=int, default=1000, metavar="N", help="for right code")
    parser.add_argument("--near", type=int, default=200, metavar="N", help="for near-misses")
    parser.add_argument("--slow-seeds", type=int, default=20, metavar="N", help="for long training")
    parser.add_argument("--checks", default="", metavar="A,B", help="only these (default: all)")
    options = parser.parse_args()
    names = selected(parser, options.checks)
    entries = [entry for entry in STOCHASTIC if set(entry.names) & set(names)]
    cases = [(check, case) for check, case in NEAR if check in names]
    for check, case in cases:
        assert check in checks_of(case.tier)

    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    tallies = calibrate(entries, options.seeds, options.slow_seeds)
    console.print(table_of_checks(entries, tallies))
    for failure in (failure for tally in tallies for failure in tally.failed):
        console.print(f"False alarm: {failure}", highlight=False, markup=False)
    found = misses(cases, options.near)
    if cases:
        console.print(table_of_misses(cases, found, options.near))
    return int(any(tally.failed for tally in tallies) or any(found))


if __name__ == "__main__":
    sys.exit(main())
