"""What the sandbox's tests share: a sandbox of each kind, and one way to run a learner's source."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

from checks.engine.sandbox.client import Limits, Outcome, Sandbox

HONEST = "def go():\n    return 42\n"
QUICK = Limits(seconds=6)


@dataclass
class Bench:
    """A folder with one file, and the sandbox that runs it."""

    folder: Path
    sandbox: Sandbox = field(default_factory=Sandbox)

    def run(
        self, source: str | bytes, *, probe: str = "returned", limits: Limits = QUICK, **more: Any
    ) -> Outcome:
        """How a call of the source's `go` ends."""
        path = self.folder / "beginner.py"
        path.write_bytes(source if isinstance(source, bytes) else dedent(source).encode())
        arguments = more or {"function": "go", "calls": [{}]}
        return self.sandbox.run(self.folder, "beginner", probe, arguments, limits=limits)

    def honest(self) -> bool:
        """Whether an honest file still gets its honest outcome."""
        outcome = self.run(HONEST)
        return (outcome.status, outcome.evidence, outcome.output) == ("ok", [42], "")


@contextmanager
def bench(folder: Path, method: str) -> Iterator[Bench]:
    """A bench whose sandbox is closed at the end."""
    folder.mkdir(exist_ok=True)
    result = Bench(folder, Sandbox(method))
    try:
        yield result
    finally:
        result.sandbox.close()


def running(mark: str) -> list[int]:
    """The processes that carry a mark in their environment (Linux)."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                alive = b") Z " not in (entry / "stat").read_bytes()
                if alive and mark.encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
    return found


def soon(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether it comes true before the time is over."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def open_handles() -> int:
    """How many file handles this process holds (Linux)."""
    return len(os.listdir("/proc/self/fd"))
