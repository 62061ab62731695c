"""The sandbox: runs one probe on a learner's module in a child process, under limits.

The contract, to the last limit:

* CPU time: `seconds`, where the system counts it (POSIX), so that a busy machine costs nobody;
* wall clock: several times that (`wall`), for what sleeps or waits; without a count of CPU time,
  `seconds`; then the child and all that it started are killed;
* memory: `memory` bytes beyond what PyTorch itself takes, with all processes together (Linux);
* a file it writes: `file` bytes (POSIX); where, and what else is in reach: see `isolation.py`;
* what it prints: the first 64 KiB (`MAX_OUTPUT`) are kept, the rest is read and dropped;
* of the environment, only what Python, PyTorch and Matplotlib need is passed on;
* what it answers: one message in the wire format, within its caps; anything else is `garbled`.

However it ends, `run` returns an `Outcome`; only the kit's own failures raise `SandboxError`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import math
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from checks.engine.course.verdict import LearnersError
from checks.engine.errors import SandboxError
from checks.engine.files import remove
from checks.engine.processes import n_workers
from checks.engine.sandbox import wire
from checks.engine.sandbox.isolation import Isolation
from checks.engine.sandbox.worker_process import (
    CAN_FORK,
    Ended,
    ForkedTwin,
    Forks,
    LinkLost,
    Served,
)

__all__ = ["CAN_FORK", "Limits", "Outcome", "Sandbox"]

MAX_FRAMES = 12
STAND_INS = "stand_ins"  # the folder in the child's scratch folder
WAITING = 120.0  # at most so many seconds more of the clock than of CPU time
MAX_MESSAGE = 2000
Found = TypeVar("Found")


@dataclass(frozen=True)
class Limits:
    """What one probe may use; CPU time in seconds, sizes in bytes."""

    seconds: float = 20.0
    memory: int = 2**30
    file: int = 256 * 2**20

    def for_child(self) -> dict[str, int]:
        """What the child sets for itself."""
        cpu, wall = math.ceil(self.seconds), math.ceil(self.wall) + 1
        return {"memory": self.memory, "cpu": cpu, "wall": wall, "file": self.file}

    @property
    def wall(self) -> float:
        """After how many seconds it ends also without having computed."""
        if importlib.util.find_spec("resource") is None:  # no count of CPU time
            return self.seconds
        return min(4 * self.seconds, self.seconds + WAITING)


@contextlib.contextmanager
def scratch_folder() -> Iterator[str]:
    """A temporary folder, removed at the end, whatever has been put there."""
    folder = tempfile.mkdtemp(prefix="gan-check-")
    try:
        yield folder
    finally:
        remove(Path(folder))


@dataclass(frozen=True)
class Outcome:
    """How a probe ended.

    `status` is "ok" (with `evidence`), "error" or "exit" (with `error`), "timeout", "memory",
    "crashed" (`detail` says how), "oversized" or "garbled". `seconds` are those of the clock, `cpu`
    those that it computed, where they are known.
    """

    status: str
    evidence: Any = None
    error: LearnersError | None = None
    detail: str = ""
    output: str = ""
    seconds: float = 0.0
    cpu: float | None = None


def usual_method() -> str:
    """How this system starts children; `GAN_KIT_CHILDREN=serve` asks for what Windows does."""
    chosen = os.environ.get("GAN_KIT_CHILDREN", "")
    return "fork" if CAN_FORK and chosen != "serve" else "serve"


@dataclass
class Sandbox:
    """Children for probes; `method` is "fork" or "serve" (one process for many requests).

    With `keeps_spare`, a second process for "serve" has PyTorch loaded already when the first has
    to be replaced. A twin of another sandbox works beside it; with "fork" it shares what that one
    has loaded.
    """

    method: str = field(default_factory=usual_method)
    keeps_spare: bool = False
    twin_of: Sandbox | None = None
    _spare: Served | None = field(default=None, repr=False)
    _link: Forks | Served | None = field(default=None, repr=False)
    _origin: Forks | Served | None = field(default=None, repr=False)
    _preloaded: set[str] = field(default_factory=set, repr=False)
    _served: Path | None = field(default=None, repr=False)
    _busy: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def start(self) -> None:
        """Begin to load PyTorch in the background; `run` waits for it where needed.

        A twin waits here until the other sandbox has loaded it.
        """
        is_forked = self.twin_of is not None and self.method == "fork" and self._link is not None
        if is_forked and self.twin_of and self._origin is not self.twin_of._link:
            self._replace()  # a twin ends with the process that it was forked from
        if self._link is None:
            self._link = self._forks() if self.method == "fork" else self._served_link()

    def _forks(self) -> Forks:
        if self.twin_of is None:
            return Forks()
        self._preloaded = set(self.twin_of._preloaded)
        link = self.twin_of._with_link(_twin)
        self._origin = self.twin_of._link
        return link

    def _served_link(self) -> Served:
        link, self._spare = self._spare or Served(), None
        if self.keeps_spare:
            self._spare = Served()
        return link

    def preload(self, modules: Iterable[str], tier: str = "") -> None:
        """Load heavy libraries once, and what the tier's probes want, instead of in every child.

        It waits until PyTorch is loaded, so that the first run does not count the time for that.
        """
        wanted = {*modules, f"for {tier}"}
        with self._busy, contextlib.suppress(LinkLost, SandboxError):  # `run` will meet it
            if wanted <= self._preloaded:
                return
            if self.twin_of is not None and self.method == "fork":
                self.twin_of.preload(modules, tier)
                self._replace()  # the next twin has it
                self.start()
            else:
                missing = sorted(set(modules) - self._preloaded)
                self._with_link(lambda link: link.preload(missing, tier))
            self._preloaded |= wanted

    def run(
        self,
        solutions: Path,
        module: str,
        probe: str,
        arguments: dict[str, Any],
        seed: int = 0,
        limits: Limits | None = None,
        stand_ins: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Run `checks.probes.<module>.<probe>(learner's module, **arguments)` in a child.

        `stand_ins` are the sources of modules that an import finds before the learner's own.

        Raises:
            SandboxError: no child can be started.
        """
        limits = limits or Limits()
        solutions = Path(os.path.realpath(solutions))
        with scratch_folder() as place:
            # Beside the scratch folder, which is another one where the child has its own files.
            scratch, beside = Path(place) / "scratch", Path(place) / STAND_INS
            scratch.mkdir()
            if stand_ins:
                beside.mkdir()
            for name, source in (stand_ins or {}).items():
                (beside / f"{name}.py").write_text(source, encoding="utf-8")
            message = wire.pack(
                {
                    "solutions": os.fsencode(solutions).decode("latin-1"),
                    "module": module,
                    "probe": probe,
                    "arguments": arguments,
                    "seed": seed,
                    "salt": (salt := secrets.token_hex(16)),
                    "limits": limits.for_child(),
                    "scratch": os.path.realpath(scratch),
                    "stand_ins": os.path.realpath(beside) if stand_ins else "",
                }
            )
            with self._busy:
                if self.method == "serve" and self._served not in (None, solutions):
                    self._replace()  # one learner's code never meets another's process
                self._served = solutions
                began = time.perf_counter()
                try:
                    ended = self._with_link(lambda link: link.exchange(message, limits.wall))
                except LinkLost as lost:
                    ended = Ended(status="crashed", detail=str(lost))
                seconds = time.perf_counter() - began
        return _outcome(ended, seconds, solutions, salt)

    def missing(self) -> int:
        """What its children are not shut in with, see `isolation.found`; it waits for that."""
        if self.method != "fork":
            return -1
        with contextlib.suppress(LinkLost, SandboxError):
            self.preload(())
            return self._with_link(lambda link: link.missing)
        return -1

    @property
    def isolation(self) -> Isolation:
        """The same, as a level."""
        return Isolation.of(self.missing())

    def interrupt(self) -> None:
        """End the probe that runs, from another thread; its `run` then says "crashed"."""
        if (link := self._link) is not None:
            link.interrupt()

    def close(self) -> None:
        """End the processes."""
        self._replace()
        if self._spare is not None:
            self._spare.close()
        self._spare = None

    def _replace(self) -> None:
        """End the process that is used; the next request gets another."""
        if self._link is not None:
            self._link.close()
        self._link = None
        self._preloaded.clear()

    def _with_link(self, use: Callable[[Forks | Served], Found]) -> Found:
        """Use the link; where its process has gone before it was asked, a fresh one is."""
        with self._busy:
            for last_try in (False, True):
                self.start()
                assert self._link is not None
                try:
                    found = use(self._link)
                except LinkLost as lost:
                    self._replace()
                    if lost.asked:
                        raise
                    if last_try:
                        text = f"the sandbox process does not start: {lost}"
                        raise SandboxError(text) from None
                    continue
                if self._link.spent:
                    self._replace()
                    self.start()
                return found
        raise AssertionError


def _twin(link: Forks | Served) -> Forks:
    assert isinstance(link, Forks)
    return ForkedTwin(link)


def _outcome(ended: Ended, seconds: float, solutions: Path, salt: str) -> Outcome:
    """What a child's end means. Whatever it claims was written by code that nobody vouches for."""
    output = ended.output.decode("utf-8", "replace")
    spent: dict[str, Any] = {"seconds": seconds, "cpu": ended.cpu}
    if ended.status != "ok":
        return Outcome(ended.status, detail=ended.detail, output=output, **spent)
    if not ended.message:
        detail = "it ended without an answer, as os._exit does"
        return Outcome("crashed", detail=detail, output=output, **spent)
    try:
        answer = wire.unpack(ended.message)
        status = answer["status"]
        if answer["salt"] != salt:
            return Outcome(
                "garbled", detail="the answer to another request", output=output, **spent
            )
        if status == "ok":
            return Outcome("ok", answer["evidence"], output=output, **spent)
        if status == "oversized":
            detail = str(answer["message"])[:MAX_MESSAGE]
            return Outcome(status, detail=detail, output=output, **spent)
        if status in ("error", "exit", "memory"):
            error = error_in(answer, solutions)
            return Outcome(status, error=error, output=output, **spent)
    except Exception as error:
        return Outcome("garbled", detail=str(error), output=output, **spent)
    return Outcome("garbled", detail="an unknown answer", output=output, **spent)


def error_in(answer: dict[str, Any], solutions: Path) -> LearnersError:
    """The learner's exception of an answer, held to what an exception may be."""
    frames = []
    for name, line, function in answer["frames"][:MAX_FRAMES]:
        file = solutions / str(name)
        # Files outside the learner's folder are none of theirs, and are not shown to them.
        if file.resolve().is_relative_to(solutions) and file.is_file():
            frames.append((str(file), int(line), str(function)[:100]))
    return LearnersError(
        type=str(answer["type"])[:100],
        message=str(answer["message"])[:MAX_MESSAGE],
        bases=tuple(str(base)[:100] for base in answer["bases"][:MAX_FRAMES]),
        frames=tuple(frames),
        raised_by_learner=answer["raised_by_learner"] is True and bool(frames),
    )


@cache
def shared() -> Sandbox:
    """This process's sandbox, kept from one run to the next."""
    return Sandbox()


@cache
def side_by_side() -> tuple[Sandbox, ...]:
    """Two that work side by side, kept as well; twins of the shared one where there is fork.

    Where one check is made at a time there is the shared one alone.
    """
    if n_workers() == 1:
        return (shared(),)
    if shared().method == "fork":
        return Sandbox("fork", twin_of=shared()), Sandbox("fork", twin_of=shared())
    return shared(), Sandbox(shared().method)
