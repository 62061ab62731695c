"""The judge's end of the line to the processes that run learners' code (the other is `worker.py`).

A link sends one request at a time and brings back how it `Ended`. `Forks` talks to a process that
forks a child for each request (Linux); `Served` to one that runs all requests itself and is
replaced when it is `spent`.
"""

from __future__ import annotations

import contextlib
import os
import queue
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from typing import Any, BinaryIO

from checks.engine.errors import SandboxError, WireError
from checks.engine.processes import kill, start
from checks.engine.sandbox import wire
from checks.engine.sandbox.worker_end import END, Why

MAX_OUTPUT = 64 * 2**10
START_SECONDS = 180.0
END_SECONDS = 15.0
WORKER = "checks.engine.sandbox.worker"
VARIABLES = {
    "MPLBACKEND": "Agg", "PYTHONIOENCODING": "utf-8:replace", "PYTHONUNBUFFERED": "1",
    "CUDA_VISIBLE_DEVICES": "", "HIP_VISIBLE_DEVICES": "",  # the checks run on the CPU
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # quicker forks: see huge_pages.py
}  # fmt: skip
CAN_FORK = sys.platform == "linux" and hasattr(os, "fork")


@dataclass
class Ended:
    """What came back from a child: its bytes, how it ended, what it printed, its CPU seconds."""

    message: bytes = b""
    status: str = "ok"
    detail: str = ""
    output: bytes = b""
    cpu: float | None = None


class LinkLost(Exception):  # noqa: N818 (it is an ending, not always an error)
    """The process at the other end is gone; `asked` says whether the request had reached it."""

    def __init__(self, text: str, asked: bool) -> None:
        super().__init__(text)
        self.asked = asked


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


class Forks:
    """A process with PyTorch loaded that forks a child for each request (Linux)."""

    spent = False

    def __init__(self) -> None:
        """Start it; what is asked of it before it has loaded waits."""
        self.channel, theirs = socket.socketpair()
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115
        self.running = 0
        self.has_handles = False
        self.is_interrupted = False
        self._ending = threading.Lock()
        self.handle = -1  # of the process that runs, where the system has such handles
        self.missing = -1  # see `isolation.found`
        with theirs:
            self._begin(theirs.fileno())

    def _begin(self, theirs: int) -> None:
        self.process = _start(
            "fork", str(theirs), pass_fds=[theirs],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.errors,
        )  # fmt: skip

    def preload(self, modules: list[str], tier: str) -> None:
        """Load these, and what the tier's probes want loaded."""
        message = wire.pack({"preload": modules, "tier": tier})
        self._send(len(message).to_bytes(8, "little") + message)
        answer = self._receive(16, START_SECONDS)
        self.missing = int.from_bytes(answer, "little", signed=True)

    def fork_twin(self, theirs: int) -> None:
        """Have the process fork a twin that serves this end of a socket."""
        message = wire.pack({"twin": True})
        self._send_handles(len(message), [theirs])
        self._send(message)
        self._receive(16, START_SECONDS)

    def exchange(self, message: bytes, seconds: float) -> Ended:
        """Send a request, wait for its child's end."""
        self.is_interrupted = False
        evidence, evidence_in = os.pipe()
        output, output_in = os.pipe()
        readers = (
            _Reader(evidence, wire.HEADER.size + wire.MAX_JSON + wire.MAX_BUFFERS + 1),
            _Reader(output, MAX_OUTPUT),
        )
        try:
            self._send_handles(len(message), [evidence_in, output_in])
            self._send(message)
        finally:
            os.close(evidence_in)
            os.close(output_in)
        self._await_child()
        ended = Ended()
        try:
            status = self._receive(END.size, seconds)
        except TimeoutError:
            ended.status = "timeout"
            self._kill_running()
            status = self._receive(END.size, END_SECONDS)
        finally:
            self._let_go()
        self.running = 0
        for reader in readers:
            reader.join(5)
        ended.message, ended.output = (bytes(reader.kept) for reader in readers)
        code, milliseconds, why = END.unpack(status)
        ended.cpu = milliseconds / 1000
        # One that was interrupted may not have got as far as to be shut in.
        if why == Why.NOT_ISOLATED and ended.status == "ok" and not self.is_interrupted:
            raise SandboxError("a process can't be shut in as the system had promised")
        if why == Why.MEMORY:
            ended.status, ended.message = "memory", b""
        elif why == Why.TIME:
            ended.status = "timeout"
        elif ended.status == "ok" and os.WIFSIGNALED(code):
            ended.status, ended.detail = _signalled(os.WTERMSIG(code))
        return ended

    def _await_child(self) -> None:
        """Its number, and where there are such, a handle that means no other process later."""
        with contextlib.suppress(OSError):
            self.channel.settimeout(START_SECONDS)
        try:
            number, handles, _, _ = socket.recv_fds(self.channel, 8, 1)
        except OSError:
            number, handles = b"", []
        self.handle = handles[0] if handles else -1
        if number and len(number) < 8:
            number += self._receive(8 - len(number), START_SECONDS)
        if not number:
            raise self._lost()
        self.has_handles = bool(handles)
        self.running = int.from_bytes(number, "little")

    def _let_go(self) -> None:
        with self._ending:
            if self.handle >= 0:
                os.close(self.handle)
            self.handle = -1

    def interrupt(self) -> None:
        """End the request that runs, if one does; its `exchange` then comes back at once."""
        self.is_interrupted = True
        self._kill_running()

    def _send_handles(self, size: int, handles: list[int]) -> None:
        """The size of a message and the handles that go with it; `_send` meets what breaks."""
        with contextlib.suppress(OSError):
            socket.send_fds(self.channel, [size.to_bytes(8, "little")], handles)

    def _send(self, data: bytes) -> None:
        try:
            self.channel.settimeout(START_SECONDS)
            self.channel.sendall(data)
        except OSError:
            raise self._lost() from None

    def _receive(self, size: int, seconds: float) -> bytes:
        """That many bytes; a `TimeoutError` only while the child may still be stopped."""
        data = b""
        with contextlib.suppress(OSError):
            self.channel.settimeout(seconds)
        while len(data) < size:
            try:
                part = self.channel.recv(size - len(data))
            except TimeoutError:
                if self.running and seconds != END_SECONDS:
                    raise
                part = b""
            except OSError:
                part = b""
            if not part:
                raise self._lost()
            data += part
        return data

    def _lost(self) -> LinkLost:
        self.errors.seek(0)
        last = self.errors.read().decode("utf-8", "replace").strip().splitlines()[-1:]
        return LinkLost("".join(last) or "it ended without a word", asked=self.running != 0)

    def _kill_running(self) -> None:
        with self._ending, contextlib.suppress(OSError):
            if self.handle >= 0:
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)
            elif self.running and not self.has_handles:  # a group of number 0 would be our own
                os.killpg(self.running, signal.SIGKILL)

    def close(self) -> None:
        was_running = self.running
        self._kill_running()  # its parent then ends what it left behind, and itself
        with contextlib.suppress(OSError):
            self.channel.shutdown(socket.SHUT_RDWR)
        self._end(patience=2 if was_running else 0)
        self.channel.close()
        self.errors.close()

    def _end(self, patience: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(patience)
        kill(self.process)


class ForkedTwin(Forks):
    """A process like that of another link, and forked from it: all that it has is loaded at once.

    It ends when its channel closes, and not with the other process.
    """

    def __init__(self, original: Forks) -> None:
        self.original = original
        super().__init__()

    def _begin(self, theirs: int) -> None:
        self.original.fork_twin(theirs)

    def _end(self, patience: float) -> None:
        """The closed channel is the end of it."""


class Served:
    """A process that runs the requests itself, to be replaced once it is `spent` (Windows, macOS).

    It is spent when a request did not end as it should: nothing that such a request may have left
    behind is to meet the next one.
    """

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        self.process = _start("serve", stdin=pipe, stdout=pipe, stderr=pipe)
        self.answers: queue.Queue[bytes | None] = queue.Queue()
        self.output = bytearray()
        self.ready = self.spent = False
        self.missing = -1
        for work in (self._read_answers, self._read_output):
            threading.Thread(target=work, daemon=True).start()

    def _read_answers(self) -> None:
        message: bytes | None = b""
        while message is not None:
            try:
                message = wire.read(_stream(self.process.stdout))
            except (WireError, OSError, ValueError):
                self.answers.put(b"garbled")
                message = None
            self.answers.put(message)

    def _read_output(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := os.read(_stream(self.process.stderr).fileno(), 1 << 16):
                self.output += chunk[: max(0, MAX_OUTPUT - len(self.output))]

    def preload(self, modules: list[str], tier: str) -> None:
        """Load these."""
        self._await_ready()
        self._send(wire.pack({"preload": modules, "tier": tier}))

    def exchange(self, message: bytes, seconds: float) -> Ended:
        """Send a request, wait for its answer."""
        self._await_ready()
        if self.process.poll() is not None or not self.answers.empty():
            raise LinkLost("it answered or ended without being asked", asked=False)
        self.output.clear()
        self._send(message)
        try:
            answer = self.answers.get(timeout=seconds)
        except queue.Empty:
            self.spent = True
            return Ended(status="timeout", output=bytes(self.output))
        self._let_the_reader_catch_up()
        ended = Ended(message=answer or b"", output=bytes(self.output))
        if answer is None or answer == b"garbled":
            self.spent = True
            with contextlib.suppress(subprocess.TimeoutExpired):
                if answer is None and self.process.wait(5) < 0:
                    ended.status, ended.detail = _signalled(-self.process.returncode)
        return ended

    def _let_the_reader_catch_up(self) -> None:
        """What was printed is in its pipe by now: wait until its reader has taken it."""
        pipe = _stream(self.process.stderr)
        deadline = time.monotonic() + 0.5
        while os.name == "posix" and time.monotonic() < deadline and self.process.poll() is None:
            if not select.select([pipe], [], [], 0)[0]:
                break
            time.sleep(0.001)
        time.sleep(0.002)

    def interrupt(self) -> None:
        """End the request that runs, and with it the process; `exchange` then comes back."""
        self.spent = True
        self.process.kill()

    def _await_ready(self) -> None:
        if self.ready:
            return
        try:
            self.ready = self.answers.get(timeout=START_SECONDS) is not None
        except queue.Empty:
            raise LinkLost("it does not get ready", asked=False) from None
        if not self.ready:
            last = self.output.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise LinkLost("".join(last) or "it ended without a word", asked=False)

    def _send(self, message: bytes) -> None:
        try:
            stream = _stream(self.process.stdin)
            stream.write(message)
            stream.flush()
        except OSError:
            raise LinkLost("it ended between two checks", asked=False) from None

    def close(self) -> None:
        kill(self.process)


def _stream(stream: Any) -> BinaryIO:
    assert stream is not None
    return stream  # type: ignore[no-any-return]


def _start(*arguments: str, **settings: Any) -> subprocess.Popen[bytes]:
    return start(WORKER, *arguments, variables=VARIABLES, hides_secrets=True, **settings)


def _signalled(number: int) -> tuple[str, str]:
    if number == getattr(signal, "SIGXCPU", None):
        return "timeout", ""
    with contextlib.suppress(ValueError):
        return "crashed", f"it was ended by signal {signal.Signals(number).name}"
    return "crashed", f"it was ended by signal {number}"
