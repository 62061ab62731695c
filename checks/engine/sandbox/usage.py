"""The memory of a child and of all that it started, together (Linux).

A limit of the system's holds for each process alone. What a fork shares with where it came from is
not counted: only what has grown since.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection

_HELD = re.compile(r"^Rss(?:Anon|Shmem):\s+(\d+) kB$", re.M)
MOST_PROCESSES = 512


class Usage:
    """Looks at one child, by its number and the handle of its process."""

    def __init__(self, pid: int, handle: int, others: Collection[int]) -> None:
        """Begin; `others` are children of this process that don't belong to it."""
        self.root = _number_of(handle)
        # In the same namespace, what it leaves behind becomes a child of this process.
        self.adopts = self.root == str(pid)
        self.others = {str(other) for other in others}
        self.before = 0

    def grown(self) -> int:
        """Bytes that it and its descendants hold beyond what this process holds.

        More than any limit, where there are too many of them.
        """
        self.before = self.before or held("self")
        waiting = [*(_children("self") if self.adopts else []), self.root]
        seen = {"", *self.others}
        total = 0
        while waiting and len(seen) <= MOST_PROCESSES:
            if (pid := waiting.pop()) not in seen:
                seen.add(pid)
                total += max(0, held(pid) - self.before)
                waiting += _children(pid)
        return total if len(seen) <= MOST_PROCESSES else 2**62


def held(pid: str) -> int:
    """Bytes of its own, and shared ones without a file; 0 where that can't be seen."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return 1024 * sum(int(number) for number in _HELD.findall(status.read()))
    except OSError:
        return 0


def _number_of(handle: int) -> str:
    """The process's number as `/proc` counts, which may be another than here."""
    try:
        with open(f"/proc/self/fdinfo/{handle}") as information:
            return next(line.split()[1] for line in information if line.startswith("Pid:"))
    except (OSError, StopIteration):
        return ""


def _children(pid: str) -> list[str]:
    found: list[str] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as children:
                found += children.read().split()
    return found
