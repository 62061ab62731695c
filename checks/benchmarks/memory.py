"""Peak memory of a command and of everything that it starts (Linux).

A page that several processes share counts once: what is summed is each process's proportional
share (Pss). Other programs that have the same libraries open take a part of it, so measure while
nothing else uses PyTorch.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

PROC = Path("/proc")
EVERY = 0.02  # seconds from one sample to the next
AVAILABLE = sys.platform == "linux" and (PROC / "self" / "smaps_rollup").exists()


def peak(command: Sequence[str], folder: Path) -> tuple[int, int]:
    """The largest sum in bytes that was seen while the command ran, and its exit status."""
    most = 0
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            began = time.perf_counter()
            most = max(most, sum(share(pid) for pid in family(process.pid)))
            time.sleep(max(0.0, EVERY - (time.perf_counter() - began)))
    return most, process.returncode


def family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        with contextlib.suppress(OSError, ValueError):
            child = int(entry.name)
            # "pid (name) state parent …", and a name may hold spaces and parentheses
            parent = (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1]
            children.setdefault(int(parent), []).append(child)
    found = [pid]
    for member in found:  # grows as it goes
        found += children.get(member, [])
    return found


def share(pid: int) -> int:
    """The process's proportional share of memory in bytes; 0 when it has ended."""
    with contextlib.suppress(OSError):
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
