"""The process that the learner's code runs in: it runs one probe and hands back evidence.

Started by `worker_process.py`, in one of two ways:

* `fork`: this process loads PyTorch once and never runs learners' code itself; for each request it
  forks a child that does, gives up its rights, answers and ends. A twin, forked as well, does the
  same beside it.
* `serve`: where there is no fork, this process runs the requests itself, one after another, until
  it breaks and a fresh one takes its place.

Only the learner's folder, the probes and the wire format are in reach here: no reference, no
checks, no expected values.
"""

from __future__ import annotations

import collections
import contextlib
import faulthandler
import functools
import gc
import importlib
import math
import os
import pkgutil
import random
import select
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Sequence
from types import ModuleType
from typing import Any, BinaryIO, NoReturn

import checks.probes
from checks.engine.errors import WireError
from checks.engine.paths import KIT
from checks.engine.processes import is_one_of_several
from checks.engine.sandbox import huge_pages, isolation, namespaces, wire
from checks.engine.sandbox.usage import Usage
from checks.engine.sandbox.worker_end import END, Why

EVIDENCE_FD, READY_FD = 3, 4
MAX_FRAMES = 12
PARENT = os.getppid()
PARENT_GONE = getattr(signal, "SIGUSR1", signal.SIGTERM)  # what Linux tells us by
NEARLY = 0.7  # the system's limit counts by ticks, and comes early on a busy machine
LOOK_SECONDS = 0.1  # between two looks at the memory in use
MANY_FORKS = 200  # more than one run of all checks asks of a process
ONE_SUBMISSION = 90  # a little fewer than it asks for
TWINS: set[int] = set()  # this process's own copies, which are no orphans of a learner's
TOO_BIG = ("can't allocate memory", "not enough memory", "DefaultCPUAllocator", "bad_alloc")


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run the request's probe on the learner's module.

    The request holds `solutions` (folder), `module`, `probe`, `arguments`, `seed`. The answer
    holds `status` ("ok", "error", "exit", "memory", "oversized") and `evidence`, or what the
    learner's exception was: `type`, `message`, `frames`, `raised_by_learner`.
    """
    try:
        _seed(request["seed"])
        own = importlib.import_module(f"checks.probes.{request['module']}")
        probe = getattr(own, request["probe"], None) or getattr(checks.probes, request["probe"])
        solution = importlib.import_module(request["module"])
        return {"status": "ok", "evidence": probe(solution, **request["arguments"])}
    except BaseException as error:
        return describe(error, request["solutions"])


def packed_answer(request: dict[str, Any]) -> bytes:
    """`answer`, as a message, with the request's `salt`: no answer serves twice."""
    salt = {"salt": request["salt"]}
    try:
        return wire.pack(answer(request) | salt)
    except WireError as error:
        return wire.pack({"status": "oversized", "message": str(error)} | salt)
    except BaseException as error:
        return wire.pack(describe(error, request["solutions"]) | salt)


def _seed(seed: int) -> None:
    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed)
    torch.default_generator.manual_seed(seed)  # there is no other device here


def describe(error: BaseException, solutions: str) -> dict[str, Any]:
    text = _text(error)
    status = "error"
    if isinstance(error, MemoryError) or any(phrase in text for phrase in TOO_BIG):
        status = "memory"
    elif isinstance(error, SystemExit):
        status = "exit"
    frames, raised_by_learner = _learners_frames(error, solutions)
    return {
        "status": status,
        "type": type(error).__name__,
        "bases": [base.__name__ for base in type(error).__mro__][:8],
        "message": text,
        "frames": frames,
        "raised_by_learner": raised_by_learner,
    }


def _text(error: BaseException) -> str:
    try:
        if isinstance(error, SyntaxError):
            return str(error.msg)
        if isinstance(error, ModuleNotFoundError) and error.name:
            return f"No module named '{error.name}'"
        return str(error)[:2000]
    except Exception:
        return "(its text cannot be read)"


def _learners_frames(error: BaseException, solutions: str) -> tuple[list[list[Any]], bool]:
    """The learner's own lines, [file within the folder, line, function] with the outermost first,
    and whether the last of them raised the error itself."""
    root = os.path.join(os.path.realpath(solutions), "")
    places = [(f.filename, f.lineno, f.name) for f in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno, ""))
    real = [(os.path.realpath(file), line or 1, function) for file, line, function in places]
    frames = [[file.removeprefix(root), *rest] for file, *rest in real if file.startswith(root)]
    if len(frames) > MAX_FRAMES:
        frames = frames[:2] + frames[2 - MAX_FRAMES :]
    return frames, bool(real) and real[-1][0].startswith(root)


# --- one child for each request -------------------------------------------------------------


def serve_forks(channel_fd: int, missing: int) -> None:
    """Fork a child for every request that comes over the socket, until it closes.

    Each child is shut in with what is there: see `isolation.settle`, which returns `missing`.
    """
    _adopt_orphans()
    signal.signal(signal.SIGTERM, _end_all)
    signal.signal(PARENT_GONE, _end_if_alone)
    forks, moving = 0, huge_pages.collapsing()
    with socket.socket(fileno=channel_fd) as channel:
        while True:
            if forks == ONE_SUBMISSION and is_one_of_several():  # the next submission comes
                collections.deque(moving, maxlen=0)
            while forks >= MANY_FORKS and not select.select([channel], [], [], 0)[0]:
                if next(moving, moving) is moving:
                    break
            size, handles, _, _ = socket.recv_fds(channel, 8, 2)
            if len(size) < 8:
                return
            message = _exactly(channel, int.from_bytes(size, "little"))
            request = _plain(wire.unpack(message))
            if "preload" in request:
                _preload(request["preload"])
                _warm_up(request["tier"])
                channel.sendall(missing.to_bytes(16, "little", signed=True))
                continue
            if "twin" in request:
                _fork_twin(channel, handles[0], missing)
                continue
            _warm_up(request["module"])
            gc.freeze()  # or each child's first collection would touch, and so copy, every object
            forks += 1
            is_ready, ready = os.pipe()
            pid = namespaces.fork()
            if pid == 0:
                _become_child(request, (*handles, ready), missing)
            for handle in (*handles, ready):
                os.close(handle)
            with contextlib.suppress(OSError):
                os.setpgid(pid, pid)
            why = _follow(pid, channel, request["limits"]["memory"])
            _, status, usage = os.wait4(pid, 0)
            _end_orphans()
            cpu = usage.ru_utime + usage.ru_stime
            if os.WIFSIGNALED(status) and cpu > NEARLY * request["limits"]["cpu"]:
                why = Why.TIME
            if not os.read(is_ready, 1):  # the learner's code was never reached
                why = Why.NOT_ISOLATED
            os.close(is_ready)
            with contextlib.suppress(OSError):
                channel.sendall(END.pack(status, int(1000 * cpu), why))


def _fork_twin(channel: Any, theirs: int, missing: int) -> None:
    """A second process like this one, with all that is loaded, for the requests of another socket.

    It ends when that socket closes, and not with this process, which a learner's code may kill.
    """
    gc.freeze()
    if (pid := os.fork()) == 0:
        try:
            channel.close()
            os.setsid()
            TWINS.clear()
            die_with_parent(0)
            serve_forks(theirs, missing)
        finally:
            os._exit(0)  # at once, however it ended: what is further up belongs to the other
    TWINS.add(pid)
    os.close(theirs)
    channel.sendall(pid.to_bytes(16, "little"))


@functools.cache
def _warm_up(module: str) -> None:
    """What a tier's probes want done once, before any child: see `warm_up` in the probes."""
    probes = sys.modules.get(f"checks.probes.{module}")
    getattr(probes, "warm_up", lambda: None)()


def _exactly(channel: Any, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = channel.recv(min(size - len(parts), 1 << 20))
        if not part:
            raise SystemExit
        parts += part
    return bytes(parts)


def _become_child(request: dict[str, Any], handles: Sequence[int], missing: int) -> NoReturn:
    """Answer the request and end; the handles are for the evidence, the output and being ready."""
    code = 1
    try:
        with contextlib.suppress(OSError):
            os.setpgid(0, 0)
        die_with_parent(signal.SIGKILL)
        for number in (signal.SIGTERM, PARENT_GONE):
            signal.signal(number, signal.SIG_DFL)
        evidence, output, ready = handles
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((evidence, 250), (output, 251), (ready, 252), (nothing, 0)):
            os.dup2(source, target)
        os.dup2(250, EVIDENCE_FD)
        os.dup2(251, 1)
        os.dup2(251, 2)
        os.dup2(252, READY_FD)
        os.closerange(READY_FD + 1, 4096)
        _limit(request["limits"], is_final=True)
        enter(request)
        isolation.restrict(missing, readable(request), request["scratch"])
        os.write(READY_FD, b"y")
        os.close(READY_FD)
        message = packed_answer(request)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        with os.fdopen(EVIDENCE_FD, "wb") as pipe:
            pipe.write(message)
        code = 0
    finally:
        os._exit(code)


def readable(request: dict[str, Any]) -> list[str]:
    system = ["/lib", "/lib64", "/dev/urandom", "/dev/random", "/sys/devices/system", "/proc/self"]
    system += [f"/proc/{name}" for name in ("cpuinfo", "meminfo", "stat", "filesystems")]
    system += [f"/etc/{name}" for name in
               ("alternatives", "fonts", "ld.so.cache", "localtime", "passwd", "ssl")]  # fmt: skip
    # Not all of a prefix: someone's kit, with the reference in it, may stand below it.
    prefixes = {"/usr", "/usr/local", sys.prefix, sys.base_prefix}
    for name in ("lib", "lib32", "lib64", "share"):
        system += [os.path.join(prefix, name) for prefix in sorted(prefixes)]
    return [*system, *filter(None, sys.path), request["solutions"]]


def _limit(limits: dict[str, int], *, is_final: bool) -> None:
    """Memory, CPU time and file size, where the system has such limits.

    With `is_final` this process is killed when its CPU time is over; else it gets a signal, and can
    be given more for the next request.
    """
    try:
        import resource
    except ImportError:
        return
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limits["file"], limits["file"]))
    used = resource.getrusage(resource.RUSAGE_SELF)
    # In whole seconds, as the system wants them, and never fewer than were promised.
    seconds = math.ceil(used.ru_utime + used.ru_stime) + limits["cpu"]
    with contextlib.suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds if is_final else hard))
    if sys.platform == "linux":
        with open("/proc/self/statm") as statm:
            mapped = int(statm.read().split()[0]) * resource.getpagesize()
        roof = mapped + limits["memory"]
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (roof, roof))


def _follow(pid: int, channel: Any, memory: int) -> int:
    """Tell the judge of a child and wait for its end; why it was ended here, if it was.

    Should the judge go before that, everything ends.
    """
    number = pid.to_bytes(8, "little")
    try:
        handle = os.pidfd_open(pid)
    except (AttributeError, OSError):  # Linux before 5.3 has no such handles
        channel.sendall(number)
        return Why.ITSELF
    try:
        socket.send_fds(channel, [number], [handle])
        usage = Usage(pid, handle, TWINS)
        while True:
            ready = select.select([handle, channel], [], [], LOOK_SECONDS)[0]
            if handle in ready:
                return Why.ITSELF
            if channel in ready:
                _end_all()
            if usage.grown() > memory:
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                return Why.MEMORY
    finally:
        os.close(handle)


def _adopt_orphans() -> None:
    """Linux: what a child leaves running becomes ours, even out of its process group."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def die_with_parent(number: int) -> None:
    """Linux: get this signal when the parent has gone, however it went; 0 for none."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, number, 0, 0, 0)  # PR_SET_PDEATHSIG


def _end_if_alone(*ignored: object) -> None:
    """End everything if the judge has gone, and not only the one of its threads that began this.

    Linux sends the signal for a thread as well; the process then belongs to another of its threads.
    """
    if os.getppid() != PARENT:
        _end_all()


def _end_all(*ignored: object) -> NoReturn:
    """End the running child, what it started, and this process."""
    TWINS.clear()
    _end_orphans()
    os._exit(1)


def _end_orphans() -> None:
    for twin in list(TWINS):
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(twin, os.WNOHANG) == (0, 0):
                continue
        TWINS.discard(twin)
    for _ in range(1000):
        try:
            with open(f"/proc/self/task/{os.getpid()}/children") as listing:
                orphans = [int(pid) for pid in listing.read().split() if int(pid) not in TWINS]
        except OSError:
            return
        if not orphans:
            return
        for orphan in orphans:
            with contextlib.suppress(OSError):
                os.kill(orphan, signal.SIGKILL)
            with contextlib.suppress(OSError):
                os.waitpid(orphan, 0)


# --- one process for all requests -----------------------------------------------------------


def serve_requests(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer every request on the stream, in this process, until it closes."""
    own_modules = set(sys.modules)
    own_path = list(sys.path)
    while (message := wire.read(requests)) is not None:
        request = _plain(wire.unpack(message))
        if "preload" in request:
            _preload(request["preload"])
            own_modules |= set(sys.modules)
            continue
        _limit(request["limits"], is_final=False)
        # Should the judge be gone by then, nobody else ends this process.
        faulthandler.dump_traceback_later(request["limits"]["wall"], exit=True)
        enter(request)
        packed = packed_answer(request)
        faulthandler.cancel_dump_traceback_later()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        _leave([request["solutions"], request["scratch"]], own_modules, own_path)
        answers.write(packed)
        answers.flush()


def _leave(folders: list[str], own_modules: set[str], own_path: list[str]) -> None:
    """Undo what one request most often leaves behind for the next."""
    import torch

    os.chdir(os.path.dirname(os.__file__))  # a folder that stays
    sys.path[:] = own_path
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)
    roots = tuple(os.path.join(os.path.realpath(folder), "") for folder in folders)
    for name in set(sys.modules) - own_modules:
        path = getattr(sys.modules[name], "__file__", None) or ""
        if os.path.realpath(path).startswith(roots):
            del sys.modules[name]


# --- both -----------------------------------------------------------------------------------


def enter(request: dict[str, Any]) -> None:
    """Stand where the learner's own files are the first thing an import finds."""
    request["solutions"] = os.fsdecode(request["solutions"].encode("latin-1"))
    os.chdir(request["scratch"])
    tempfile.tempdir = request["scratch"]
    sys.path[:] = [p for p in sys.path if p and os.path.realpath(p) != os.path.realpath(KIT)]
    sys.path.insert(0, request["solutions"])
    if stand_ins := request.get("stand_ins"):
        sys.path.insert(0, stand_ins)
    sys.dont_write_bytecode = True
    for package in ("checks", "checks.engine", "checks.engine.sandbox", "checks.probes"):
        sys.modules[package].__path__ = []
    # This file runs as __main__; the learner's code finds an empty one.
    sys.modules["__main__"] = ModuleType("__main__")


def _preload(modules: list[str]) -> None:
    for module in modules:
        with contextlib.suppress(BaseException):
            importlib.import_module(module)


def _plain(value: Any) -> Any:
    """The request with arrays as plain NumPy arrays and tensors, as probes want them."""
    import torch

    if isinstance(value, wire.Array):
        copy = value.values.copy()
        return torch.from_numpy(copy) if value.kind == "tensor" else copy
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_plain(item) for item in value)
    return value


def _hide_accelerators() -> None:
    """The checks run on the CPU: a fork can't use a card, and `cuda if available` is to work.

    CUDA is hidden by a variable, which its library reads; there is none for Apple's.
    """
    import torch

    torch._C._mps_is_available = lambda: False  # type: ignore[attr-defined,unused-ignore]


def main() -> None:
    """`python -m checks.engine.sandbox.worker fork FD`, or `serve` in place of the two."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.argv[1] == "serve":
        answers = os.fdopen(os.dup(1), "wb")
        requests = os.fdopen(os.dup(0), "rb")
        os.dup2(2, 1)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    missing = -1
    if sys.argv[1] == "fork":
        die_with_parent(PARENT_GONE)
        missing = isolation.settle(_end_if_alone)
    import torch

    _hide_accelerators()
    torch.set_num_threads(1)  # an OpenMP pool does not survive a fork
    for found in pkgutil.iter_modules(checks.probes.__path__):
        importlib.import_module(f"checks.probes.{found.name}")
    _seed(0)  # numpy.random loads at its first use: once here, or in every child
    if sys.argv[1] == "serve":
        answers.write(wire.pack("ready"))
        answers.flush()
        serve_requests(requests, answers)
    else:
        serve_forks(int(sys.argv[2]), missing)
        os._exit(0)  # at once: no need to take PyTorch apart first


if __name__ == "__main__":
    main()
