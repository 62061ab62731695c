"""From save to verdict: how long watch mode takes, beside a cold pytest on the same tier.

    python -m checks.benchmarks.latency [--saves 20]

Drives the real command in a pseudo-terminal on a copy of the kit with everything solved. Each save
changes one function, another one each time. Two times are taken: until the first verdict is on the
screen, and until the whole tier has been checked once more.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from checks.engine.links import KIT
from checks.selftest.terminals import Terminal, copy_kit

# A line of each tier that can be written in another way that is right, one save after the other.
EDITS = {
    "beginner": ("return rng.standard_normal((n_samples, latent_dim))",
                 "return rng.normal(size=(n_samples, latent_dim), scale=1.0 + {} * 0)"),
    "intermediate": ("layers += [nn.Linear(width, IMAGE_PIXELS), nn.Tanh()]",
                     "layers += [nn.Linear(width, IMAGE_PIXELS + {} * 0), nn.Tanh()]"),
    "advanced": ("return real_loss + fake_loss", "return real_loss + fake_loss + {} * 0"),
}  # fmt: skip


@dataclass
class Times:
    """Seconds until the first verdict, and until the last, for each save."""

    first: list[float]
    whole: list[float]


def watched(tier: str, saves: int) -> Times:
    """Watch mode's times on one tier."""
    times = Times([], [])
    with tempfile.TemporaryDirectory(prefix="gan-latency-") as scratch:
        kit = copy_kit(Path(scratch))
        for source in (KIT / "reference").glob("*.py"):
            shutil.copy(source, kit / "exercises")
        path = kit / "exercises" / f"{tier}.py"
        text = path.read_text(encoding="utf-8")
        old, new = EDITS[tier]
        assert text.count(old) == 1
        terminal = Terminal(kit, tier)
        try:
            terminal.wait("checks pass", "q quit")
            for number in range(saves):
                began = time.perf_counter()
                path.write_text(text.replace(old, new.format(number)), encoding="utf-8")
                terminal.wait("✓")
                times.first.append(time.perf_counter() - began)
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
    for head in ("First verdict", "Whole tier", "Cold pytest", "Ratio"):
        table.add_column(head, justify="right")
    for tier in EDITS:
        times = watched(tier, options.saves)
        first, whole = statistics.median(times.first), statistics.median(times.whole)
        fresh = cold(tier)
        seconds = (f"{value:.2f} s" for value in (first, whole, fresh))
        table.add_row(tier, *seconds, f"{fresh / whole:.1f}")
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
