"""How far a learner's process is shut in: found out at the start, stated, and carried out.

* `full`: namespaces (`namespaces.py`), Landlock (`landlock.py`) and a filter of system calls
  (`seccomp.py`);
* `partial`: Landlock and the filter, or one of the two, where user namespaces are not to be had;
* `process`: a process of its own with limits, on systems other than Linux, and where one process
  serves many probes.

`GAN_KIT_ISOLATION=partial` or `process` asks for less than there is, to see what other machines do.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from checks.engine.sandbox import landlock, namespaces, seccomp

LEVELS = ("process", "partial", "full")
_NAMESPACES, _FILTER, _FILES, _SIGNALS = 1, 2, 4, 8
WHAT_IS_MISSING = {
    _NAMESPACES: "user namespaces (other processes and the sockets of this machine are in sight, "
    "and what a check leaves in /dev/shm stays)",
    _FILTER: "a filter of system calls (programs, sockets and metadata are not refused)",
    _FILES: "Landlock (all files that you can read or write are in reach)",
    _SIGNALS: "Landlock of Linux 6.12 (signals reach other processes of yours)",
}
ON_OTHER_SYSTEMS = "what only Linux has (strangers' code belongs in a container here)"


@dataclass(frozen=True)
class Isolation:
    """A level, and in words what is missing to the highest."""

    level: str
    missing: tuple[str, ...] = ()

    @classmethod
    def of(cls, bits: int) -> Isolation:
        """From what `found` returns."""
        if bits < 0:
            return cls("process", (ON_OTHER_SYSTEMS,))
        missing = tuple(text for bit, text in WHAT_IS_MISSING.items() if bits & bit)
        if bits & _FILTER and bits & _FILES:
            return cls("process", missing)
        return cls("partial" if bits & (_NAMESPACES | _FILTER) else "full", missing)


def found() -> int:
    """What is missing here, as bits; -1 where there is nothing to isolate with.

    Namespaces are tried out by a process that ends at once: call this where there is one thread.
    """
    if sys.platform != "linux" or os.environ.get("GAN_KIT_ISOLATION") == "process":
        return -1
    version = landlock.version()
    bits = 0 if seccomp.is_there() else _FILTER
    bits |= 0 if version else _FILES
    if bits or os.environ.get("GAN_KIT_ISOLATION") == "partial" or not _namespaces_work():
        bits |= _NAMESPACES | (_SIGNALS if 0 < version < landlock.SCOPES_SINCE else 0)
    return bits


def _namespaces_work() -> bool:
    try:
        pid = os.fork()
    except OSError:
        return False
    if pid == 0:
        code = 1
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            namespaces.enter(lambda *_: None)
            child = namespaces.fork()
            if child == 0:
                namespaces.move_into(["/dev/null"], tempfile.gettempdir())
                os._exit(0)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        finally:
            os._exit(code if code >= 0 else 1)
    return os.waitpid(pid, 0)[1] == 0


def settle(end_if_alone: Callable[..., object]) -> int:
    """Go as far as this system allows, in a process that will fork children; what is missing.

    Call it before any library has begun threads.
    """
    bits = found()
    if bits >= 0 and not bits & _NAMESPACES:
        namespaces.enter(end_if_alone)
    return bits


def restrict(bits: int, readable: Iterable[str], scratch: str) -> None:
    """Shut this process in, as far as `settle` has found that it can be; for good.

    Raises:
        OSError: the system refuses what it had allowed at the start.
    """
    if bits < 0:
        return
    alone = not bits & _NAMESPACES
    shown = list(readable)
    if alone:
        namespaces.move_into(shown, scratch)
        shown.append("/proc")
    landlock.restrict(shown, [scratch, "/dev/null", "/dev/shm"])
    namespaces.drop_privileges(writes=False)
    seccomp.restrict(alone)


def restrict_here(readable: Iterable[str], writable: Iterable[str]) -> bool:
    """The same without namespaces, for a process that has loaded everything: `partial`, for good.

    Returns:
        Whether it can start no programs any more.
    """
    if os.environ.get("GAN_KIT_ISOLATION") == "process" or sys.platform != "linux":
        return False
    done = landlock.restrict(readable, writable)
    namespaces.drop_privileges(writes=done)
    return seccomp.restrict(alone=False, stays_in_group=True) or done
