"""A session: one run of the checks, from the command's side.

Starts the judge, passes its events on as they come, and keeps the books: a check that was
announced and never judged is the kit's fault, and is reported as such.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checks.engine.course.verdict import Check, Status, Verdict
from checks.engine.errors import InfraError, UsageError
from checks.engine.files import remove
from checks.engine.processes import start
from checks.engine.sandbox.isolation import Isolation

END_SECONDS = 10.0
TICK, MOST_TICKS = 5.0, 120  # ten minutes without a word, however long a computer was asleep


@dataclass
class Listener:
    """What to do as a run goes on; each is called with what its name says."""

    collected: Callable[[list[Check]], None] = lambda checks: None
    running: Callable[[str], None] = lambda check: None
    verdict: Callable[[Verdict], None] = lambda verdict: None
    notice: Callable[[str], None] = lambda text: None


@dataclass
class Judge:
    """The judge's process, for one run or for many."""

    process: subprocess.Popen[str] | None = None
    keeps_spare: bool = False  # where there is no fork, a process in reserve: for many runs
    workers: int = 2  # checks made at a time, where there are as many cores
    runs: int = 0
    isolation: Isolation = field(default_factory=lambda: Isolation.of(-1))  # once a run has ended
    _cancelled: int = 0
    _writing: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _waits: bool = False  # for a word of the judge, and not for whoever listens here
    _heard: bool = False  # since it was last asked
    _is_stuck: bool = False
    _errors: Any = field(default=None, repr=False)
    _scratch: str = field(default="", repr=False)

    def start(self) -> None:
        """Begin to load; `run` waits for it."""
        if self.process is not None:
            return
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        self._scratch = tempfile.mkdtemp(prefix="gan-checks-")
        self.process = start(
            "checks.engine.runner.judge", self._scratch,
            variables={
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "PYTEST_PLUGINS": "",
                "GAN_KIT_WORKERS": str(self.workers), "MALLOC_ARENA_MAX": "1",
            },
            hides_secrets=False, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self._errors, encoding="utf-8",
        )  # fmt: skip

    def run(
        self,
        tiers: Iterable[str],
        solutions: Path,
        seed: int = 0,
        data: Path | None = None,
        listener: Listener | None = None,
        only: Sequence[str] = (),
    ) -> list[Verdict]:
        """Run the checks of these tiers on a folder of solutions; `data` is a folder with MNIST.

        With `only`, these checks alone, in this order. A run that is cancelled returns the
        verdicts that came before.

        Raises:
            InfraError: the judge broke before it had even listed the checks.
        """
        listener = listener or Listener()
        self.start()
        self.runs += 1
        request: dict[str, Any] = {"run": self.runs, "tiers": list(tiers), "checks": list(only)}
        request["spare"] = self.keeps_spare
        request |= {"solutions": str(solutions), "seed": seed, "data": str(data) if data else ""}
        checks: list[Check] = []
        verdicts: dict[str, Verdict] = {}
        try:
            self._listen(request, listener, checks, verdicts)
        except BaseException:
            self.close()  # whatever it was, this judge is in the middle of something
            raise
        if self._cancelled == self.runs:
            return list(verdicts.values())
        for check in checks:
            if check.check not in verdicts:
                verdicts[check.check] = _stuck(check) if self._is_stuck else _missing(check)
                listener.verdict(verdicts[check.check])
        return [verdicts[check.check] for check in checks]

    def cancel(self) -> None:
        """Break off the run that goes on, from another thread."""
        self._cancelled = self.runs
        self._write({"cancel": self.runs})

    def _write(self, message: dict[str, Any]) -> None:
        process = self.process
        if process is None or process.stdin is None:
            return
        with self._writing, contextlib.suppress(OSError, ValueError):
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()

    def _listen(
        self,
        request: dict[str, Any],
        listener: Listener,
        checks: list[Check],
        verdicts: dict[str, Verdict],
    ) -> None:
        """Take the events of one run as they come; close a judge that ends before its run does."""
        ended = False
        for event in self._events(request):
            if event["event"] == "collected":
                checks += [Check(**entry) for entry in event["checks"]]
                listener.collected(checks)
            elif event["event"] == "running":
                listener.running(event["check"])
            elif event["event"] == "verdict":
                verdict = Verdict.from_json(event["verdict"])
                verdicts[verdict.check] = verdict
                listener.verdict(verdict)
            elif event["event"] == "notice":
                listener.notice(event["text"])
            elif event["event"] == "usage":
                raise UsageError(event["message"])
            elif event["event"] == "infra":
                raise InfraError(event["message"])
            elif event["event"] == "end":
                self.isolation = Isolation.of(event["isolation"])
                break
        else:
            ended = True
        if not checks:
            raise InfraError(f"The checks did not start: {self._last_words()}.")
        if ended:
            self.close()

    def _events(self, request: dict[str, Any]) -> Iterable[dict[str, Any]]:
        assert self.process is not None
        assert self.process.stdout is not None
        self._waits, self._is_stuck = True, False
        ended = threading.Event()
        threading.Thread(target=self._count, args=(self.process, ended), daemon=True).start()
        self._write(request)
        try:
            with contextlib.suppress(ValueError):  # half a line, or none: it broke off
                for line in self.process.stdout:
                    self._waits, self._heard = False, True
                    yield json.loads(line)
                    self._waits = True
        finally:
            ended.set()

    def _count(self, process: subprocess.Popen[str], ended: threading.Event) -> None:
        """End a judge that is not heard for too long: something that it was sent keeps it busy."""
        ticks = 0
        while not ended.wait(TICK):
            heard, self._heard = self._heard, False
            ticks = 0 if heard or not self._waits else ticks + 1
            if ticks >= MOST_TICKS:
                self._is_stuck = True
                process.kill()
                return

    def _last_words(self) -> str:
        lines: list[str] = []
        with contextlib.suppress(ValueError):  # closed by now
            self._errors.seek(0)
            lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1].rstrip(".") if lines else "the judge's process ended without a word"

    def close(self) -> None:
        """End the process, and with it what it runs; safe to call from several threads."""
        with self._writing:
            process, self.process = self.process, None
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                stream and stream.close()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        remove(Path(self._scratch))
        self._errors.close()

    def __enter__(self) -> Judge:
        self.start()
        return self

    def __exit__(self, *ignored: object) -> None:
        self.close()


def _missing(check: Check) -> Verdict:
    return Verdict(
        **dataclasses.asdict(check),
        status=Status.INFRA,
        came="This check was announced and never judged: the process that judges broke off.",
        hint="Run it again; if it stays so, report it with what --verbose shows.",
    )


def _stuck(check: Check) -> Verdict:
    return Verdict(
        **dataclasses.asdict(check),
        status=Status.TIMEOUT,
        came="The checks had not got any further for ten minutes, and were ended.",
        expected="Answers that take a moment to look at.",
        why="What your code hands back has to be looked at, and that must come to an end.",
        hint="In the first check that ended like this: what does your code hand back there, and "
        "how large is it?",
    )
