"""The sandbox: runs one probe on a learner's module in a child process, under limits.

The contract, to the last limit:

* wall clock: the child and all that it started are killed when `seconds` are over;
* CPU time: twice that, where the system counts it (POSIX);
* memory: `memory` bytes beyond what PyTorch itself takes (Linux);
* a file it writes: `file` bytes (POSIX); where: its scratch folder, gone afterwards, and, with
  Landlock, nowhere else; nor can it read elsewhere, start programs, connect or send signals;
* what it prints: the first `MAX_OUTPUT` bytes are kept, the rest is read and dropped;
* what it answers: one message in the wire format, within its caps; anything else is `garbled`.

However it ends, `run` returns an `Outcome`; only the kit's own failures raise `SandboxError`.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from checks.engine import wire

KIT = Path(__file__).resolve().parents[2]
MAX_OUTPUT = 64 * 2**10
START_SECONDS = 180.0
CAN_FORK = sys.platform == "linux" and hasattr(os, "fork")


class SandboxError(Exception):
    """The kit cannot run a child: its own fault, never the learner's."""


@dataclass(frozen=True)
class Limits:
    """What one probe may use; times in seconds, sizes in bytes."""

    seconds: float = 20.0
    memory: int = 2**30
    file: int = 256 * 2**20

    def for_child(self) -> dict[str, int]:
        """What the child sets for itself."""
        return {"memory": self.memory, "cpu": int(2 * self.seconds) + 1, "file": self.file}


@dataclass(frozen=True)
class LearnersError:
    """An exception that the learner's code ended with; `frames` are (file, line, function)."""

    type: str
    message: str
    bases: tuple[str, ...] = ()
    frames: tuple[tuple[str, int, str], ...] = ()
    raised_by_learner: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a probe ended.

    `status` is "ok" (with `evidence`), "error" or "exit" (with `error`), "timeout", "memory",
    "crashed" (`detail` says how), "oversized" or "garbled".
    """

    status: str
    evidence: Any = None
    error: LearnersError | None = None
    detail: str = ""
    output: str = ""
    seconds: float = 0.0


@dataclass
class _Ended:
    """What came back from a child: its bytes, how it ended, what it printed."""

    message: bytes = b""
    status: str = "ok"
    detail: str = ""
    output: bytes = b""


@dataclass
class Sandbox:
    """Children for probes; `method` is "fork" or "serve" (one process for many requests)."""

    method: str = "fork" if CAN_FORK else "serve"
    _link: _Forks | _Served | None = field(default=None, repr=False)
    _preloaded: set[str] = field(default_factory=set, repr=False)

    def start(self) -> None:
        """Begin to load PyTorch in the background; `run` waits for it where needed."""
        if self._link is None:
            self._link = _Forks() if self.method == "fork" else _Served()

    def preload(self, modules: Iterable[str]) -> None:
        """Load heavy libraries once, instead of in every child."""
        missing = sorted(set(modules) - self._preloaded)
        if missing:
            self._preloaded.update(missing)
            self._with_link(lambda link: link.preload(missing))

    def run(
        self,
        solutions: Path,
        module: str,
        probe: str,
        arguments: dict[str, Any],
        seed: int = 0,
        limits: Limits | None = None,
    ) -> Outcome:
        """Run `checks.probes.<module>.<probe>(learner's module, **arguments)` in a child."""
        limits = limits or Limits()
        with tempfile.TemporaryDirectory(
            prefix="gan-check-", ignore_cleanup_errors=True
        ) as scratch:
            message = wire.pack(
                {
                    "solutions": str(solutions),
                    "module": module,
                    "probe": probe,
                    "arguments": arguments,
                    "seed": seed,
                    "limits": limits.for_child(),
                    "scratch": os.path.realpath(scratch),
                }
            )
            began = time.perf_counter()
            ended = self._with_link(lambda link: link.exchange(message, limits.seconds))
        return _outcome(ended, time.perf_counter() - began)

    def close(self) -> None:
        """End the processes."""
        if self._link is not None:
            self._link.close()
        self._link = None

    def _with_link(self, use: Any) -> Any:
        self.start()
        assert self._link is not None
        try:
            return use(self._link)
        except _LinkLost as lost:
            self.close()
            self._preloaded.clear()
            if lost.before_start:
                raise SandboxError(f"the sandbox process does not start: {lost}") from None
            return _Ended(status="crashed", detail=str(lost))


class _LinkLost(Exception):
    def __init__(self, text: str, before_start: bool) -> None:
        super().__init__(text)
        self.before_start = before_start


class _Reader(threading.Thread):
    """Reads a pipe to its end, keeps the first `cap` bytes."""

    def __init__(self, handle: int, cap: int) -> None:
        super().__init__(daemon=True)
        self.handle, self.cap, self.kept = handle, cap, bytearray()
        self.start()

    def run(self) -> None:
        with contextlib.suppress(OSError), os.fdopen(self.handle, "rb", buffering=0) as pipe:
            while chunk := pipe.read(1 << 16):
                self.kept += chunk[: max(0, self.cap - len(self.kept))]


class _Forks:
    """A process with PyTorch loaded that forks a child for each request (Linux)."""

    def __init__(self) -> None:
        self.channel, theirs = socket.socketpair()
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115
        with theirs:
            self.process = _start("fork", str(theirs.fileno()), pass_fds=[theirs.fileno()],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=self.errors)  # fmt: skip
        self.started = False

    def preload(self, modules: list[str]) -> None:
        message = wire.pack({"preload": modules})
        self._send(len(message).to_bytes(8, "little") + message)
        self._receive(16, START_SECONDS)

    def exchange(self, message: bytes, seconds: float) -> _Ended:
        """Send a request, wait for its child's end."""
        evidence, evidence_in = os.pipe()
        output, output_in = os.pipe()
        readers = (
            _Reader(evidence, wire.HEADER.size + wire.MAX_JSON + wire.MAX_BUFFERS + 1),
            _Reader(output, MAX_OUTPUT),
        )
        try:
            size = len(message).to_bytes(8, "little")
            with contextlib.suppress(OSError):
                socket.send_fds(self.channel, [size], [evidence_in, output_in])
            self._send(message)
        finally:
            os.close(evidence_in)
            os.close(output_in)
        pid = int.from_bytes(self._receive(8, START_SECONDS), "little")
        ended = _Ended()
        try:
            status = self._receive(16, seconds)
        except TimeoutError:
            ended.status = "timeout"
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)
            status = self._receive(16, START_SECONDS)
        for reader in readers:
            reader.join(5)
        ended.message, ended.output = (bytes(reader.kept) for reader in readers)
        code = int.from_bytes(status[:8], "little")
        if ended.status == "ok" and os.WIFSIGNALED(code):
            ended.status, ended.detail = _signalled(os.WTERMSIG(code))
        return ended

    def _send(self, data: bytes) -> None:
        try:
            self.channel.settimeout(START_SECONDS)
            self.channel.sendall(data)
        except OSError:
            raise self._lost() from None

    def _receive(self, size: int, seconds: float) -> bytes:
        data = b""
        self.channel.settimeout(seconds)
        while len(data) < size:
            try:
                part = self.channel.recv(size - len(data))
            except TimeoutError:
                raise
            except OSError:
                part = b""
            if not part:
                raise self._lost()
            data += part
        self.started = True
        return data

    def _lost(self) -> _LinkLost:
        self.errors.seek(0)
        last = self.errors.read().decode("utf-8", "replace").strip().splitlines()[-1:]
        return _LinkLost(*last or ["it ended without a word"], before_start=not self.started)

    def close(self) -> None:
        self.channel.close()
        _kill(self.process)
        self.errors.close()


class _Served:
    """A process that runs the requests itself, replaced when it breaks (Windows, macOS)."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        self.process = _start("serve", stdin=pipe, stdout=pipe, stderr=pipe)
        self.answers: queue.Queue[bytes | None] = queue.Queue()
        self.output = bytearray()
        self.ready = False
        for work in (self._read_answers, self._read_output):
            threading.Thread(target=work, daemon=True).start()

    def _read_answers(self) -> None:
        message: bytes | None = b""
        while message is not None:
            try:
                message = wire.read(_stream(self.process.stdout))
            except (wire.WireError, OSError, ValueError):
                self.answers.put(b"garbled")
                message = None
            self.answers.put(message)

    def _read_output(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := os.read(_stream(self.process.stderr).fileno(), 1 << 16):
                self.output += chunk[: max(0, MAX_OUTPUT - len(self.output))]

    def preload(self, modules: list[str]) -> None:
        self._await_ready()
        self._send(wire.pack({"preload": modules}))

    def exchange(self, message: bytes, seconds: float) -> _Ended:
        self._await_ready()
        self.output.clear()
        self._send(message)
        try:
            answer = self.answers.get(timeout=seconds)
        except queue.Empty:
            self._replace()
            return _Ended(status="timeout", output=bytes(self.output))
        if answer is None or answer == b"garbled":
            code = self.process.wait(5) if answer is None else 0
            ended = _Ended(message=answer or b"", output=bytes(self.output))
            if code < 0:
                ended.status, ended.detail = _signalled(-code)
            self._replace()
            return ended
        time.sleep(0.001)  # what was printed is in its pipe by now; let its reader take it
        return _Ended(message=answer, output=bytes(self.output))

    def _await_ready(self) -> None:
        if not self.ready:
            first = self.answers.get(timeout=START_SECONDS)
            if first is None:
                last = self.output.decode("utf-8", "replace").strip().splitlines()[-1:]
                raise _LinkLost(*last or ["it ended without a word"], before_start=True)
            self.ready = True

    def _send(self, message: bytes) -> None:
        try:
            stream = _stream(self.process.stdin)
            stream.write(message)
            stream.flush()
        except OSError:
            raise _LinkLost("it ended between two checks", before_start=False) from None

    def _replace(self) -> None:
        printed = bytes(self.output)
        self.close()
        self.__init__()  # type: ignore[misc]
        self.output += printed

    def close(self) -> None:
        _kill(self.process)


def _stream(stream: Any) -> BinaryIO:
    assert stream is not None
    return stream  # type: ignore[no-any-return]


def _start(*arguments: str, **settings: Any) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "PYTHONIOENCODING": "utf-8:replace",
        "PYTHONUNBUFFERED": "1",
        "MPLBACKEND": "Agg",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(KIT), os.environ.get("PYTHONPATH")])),
    }
    if os.name == "posix":
        settings["start_new_session"] = True
    command = [sys.executable, "-m", "checks.engine.child", *arguments]
    return subprocess.Popen(command, cwd=KIT, env=environment, **settings)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The process and what it started."""
    if os.name == "posix":
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)],
                       capture_output=True, check=False)  # fmt: skip
    with contextlib.suppress(OSError):
        process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _signalled(number: int) -> tuple[str, str]:
    if number == getattr(signal, "SIGXCPU", None):
        return "timeout", ""
    with contextlib.suppress(ValueError):
        return "crashed", f"it was ended by signal {signal.Signals(number).name}"
    return "crashed", f"it was ended by signal {number}"


def _outcome(ended: _Ended, seconds: float) -> Outcome:
    output = ended.output.decode("utf-8", "replace")
    if ended.status != "ok":
        return Outcome(ended.status, detail=ended.detail, output=output, seconds=seconds)
    if not ended.message:
        detail = "it ended without an answer, as os._exit does"
        return Outcome("crashed", detail=detail, output=output, seconds=seconds)
    try:
        answer = wire.unpack(ended.message)
        status = answer["status"]
        if status == "ok":
            return Outcome("ok", answer["evidence"], output=output, seconds=seconds)
        if status == "oversized":
            return Outcome(status, detail=answer["message"], output=output, seconds=seconds)
        if status in ("error", "exit", "memory"):
            error = LearnersError(
                type=str(answer["type"]),
                message=str(answer["message"]),
                bases=tuple(str(base) for base in answer["bases"]),
                frames=tuple((str(f), int(line), str(name)) for f, line, name in answer["frames"]),
                raised_by_learner=answer["raised_by_learner"] is True,
            )
            return Outcome(status, error=error, output=output, seconds=seconds)
    except (wire.WireError, KeyError, TypeError, ValueError) as error:
        return Outcome("garbled", detail=str(error), output=output, seconds=seconds)
    return Outcome("garbled", detail="an unknown answer", output=output, seconds=seconds)


@cache
def shared() -> Sandbox:
    """This process's sandbox, kept from one run to the next."""
    return Sandbox()
