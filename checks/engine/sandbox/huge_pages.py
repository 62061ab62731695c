"""Huge pages for a process that forks often (Linux 6.1 and later).

A fork copies the table of all pages, and its end takes the copy apart: with PyTorch loaded that is
some 100,000 entries, most of what a quick probe costs. Where 512 neighbouring pages lie in one huge
page they are one entry. What C libraries allocate lies so from the start where glibc can do that
(see `worker_process.VARIABLES`). To move the rest, Python's objects above all, takes about 5 ms for
each huge page, half a second in all, so it is worth its while in a process that has many forks
before it, and it is done where nothing waits.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator

HUGE = 2 << 20
COLLAPSE = 25  # MADV_COLLAPSE
PRIVATE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw-p \S+ 00:00 0\s*(\[heap\])?")


def collapsing() -> Iterator[None]:
    """Move this process's memory to huge pages, one at each step; ends where there are none."""
    try:
        with open("/proc/self/maps") as maps:
            ranges = [line for line in map(PRIVATE.fullmatch, maps.read().splitlines()) if line]
        advise = ctypes.CDLL(None).madvise
    except (OSError, AttributeError):
        return
    advise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for line in ranges:
        first, end = -(-int(line[1], 16) // HUGE), int(line[2], 16) // HUGE
        for page in range(first, end):
            yield
            advise(page * HUGE, HUGE, COLLAPSE)  # one that cannot be moved stays as it is
