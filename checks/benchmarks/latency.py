"""From save to verdict: how long watch mode takes, beside a cold pytest on the same tier.

    python -m checks.benchmarks.latency [--saves 20]

Drives the real command in a pseudo-terminal on a copy of the kit with everything solved. Each save
writes the same line in yet another way that is right. Three times are taken: until the first
verdict is on the screen, until every check of the changed function has its verdict, and until the
whole tier has been checked once more. Let nothing else run meanwhile.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from checks.engine.course.listing import course
from checks.engine.paths import KIT, REFERENCE
from checks.selftest.terminals import Terminal, copy_kit

# A function of each tier, and a line in it that can be written in many ways that are right.
EDITS = {
    "beginner": ("sample_noise_numpy",
                 "return rng.standard_normal((n_samples, latent_dim))",
                 "return rng.normal(size=(n_samples, latent_dim), scale=1.0 + {} * 0)"),
    "intermediate": ("Generator",
                     "layers += [nn.Linear(width, IMAGE_PIXELS), nn.Tanh()]",
                     "layers += [nn.Linear(width, IMAGE_PIXELS + {} * 0), nn.Tanh()]"),
    "advanced": ("discriminator_loss", "return real_loss + fake_loss",
                 "return real_loss + fake_loss + {} * 0"),
}  # fmt: skip


@dataclass
class Times:
    """Seconds for each save: until the first verdict, the changed function's last, the last."""

    first: list[float] = field(default_factory=list)
    changed: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)


def watched(tier: str, saves: int) -> Times:
    """Watch mode's times on one tier."""
    times = Times()
    function, old, new = EDITS[tier]
    titles = [each.check.title for each in course() if each.about == function]
    with tempfile.TemporaryDirectory(prefix="gan-latency-") as scratch:
        kit = copy_kit(Path(scratch))
        for source in (REFERENCE).glob("*.py"):
            shutil.copy(source, kit / "exercises")
        path = kit / "exercises" / f"{tier}.py"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        terminal = Terminal(kit, tier)
        try:
            terminal.wait("checks pass", "q quit")
            for number in range(saves):
                began = time.perf_counter()
                path.write_text(text.replace(old, new.format(number)), encoding="utf-8")
                terminal.wait("✓", keep=True)
                times.first.append(time.perf_counter() - began)
                terminal.wait(*(f"✓ {title}" for title in titles), keep=True)
                times.changed.append(time.perf_counter() - began)
                terminal.wait("checks pass", "q quit")
                times.whole.append(time.perf_counter() - began)
        finally:
            terminal.close()
    return times


def cold(tier: str) -> float:
    """Seconds of a fresh pytest on the tier's checks."""
    command = [sys.executable, "-m", "pytest", "-q", f"checks/test_{tier}.py"]
    began = time.perf_counter()
    subprocess.run([*command, "--solutions=reference"], cwd=KIT, capture_output=True, check=True)
    return time.perf_counter() - began


def main() -> int:
    """Print the table."""
    name = "python -m checks.benchmarks.latency"
    parser = argparse.ArgumentParser(prog=name, description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--saves", type=int, default=20, metavar="N", help="saves of each tier")
    options = parser.parse_args()
    table = Table("Tier", title=f"From save to verdict, median of {options.saves}")
    for head in ("First verdict", "What changed", "Whole tier", "Cold pytest", "Ratio"):
        table.add_column(head, justify="right")
    for tier in EDITS:
        times = watched(tier, options.saves)
        medians = [statistics.median(each) for each in (times.first, times.changed, times.whole)]
        fresh = cold(tier)
        seconds = (f"{value:.2f} s" for value in (*medians, fresh))
        table.add_row(tier, *seconds, f"{fresh / medians[-1]:.1f}")
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
