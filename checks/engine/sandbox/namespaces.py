"""Namespaces: a view of the machine in which there is nothing but what a probe needs (Linux).

The process that forks children `enter`s a user namespace of its own, with mounts, IPC, a network
that leads nowhere, and the first number among its processes: where it ends, all below it end. Each
child is the first process of one more (`fork`), and works in a file system of its own (`move_into`)
that holds Python, the libraries and the learner's folder, all of them read-only, an empty scratch
folder and an empty `/dev/shm`, which are gone with it.

None of it takes privileges where the system allows user namespaces at all; some do not. The numbers
are those of Linux's `uapi/linux/sched.h` and `uapi/linux/mount.h`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import signal
import struct
from collections.abc import Callable, Iterable
from typing import NoReturn

from checks.engine.sandbox.landlock import syscall, syscalls

_MOUNTS, _HOSTS, _IPC, _USERS = 0x20000, 0x4000000, 0x8000000, 0x10000000
_PROCESSES, _NETWORK = 0x20000000, 0x40000000
_READ_ONLY, _NO_SUID, _NO_DEVICES, _NO_PROGRAMS = 1, 2, 4, 8
_BIND, _RECURSIVE, _PRIVATE = 0x1000, 0x4000, 0x40000
_DETACH = 2
_ALL_BELOW = 0x8000  # AT_RECURSIVE
_HERE = -100  # AT_FDCWD
_MOUNT_SETATTR = 442
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_CAPSET = {"x86_64": 126, "aarch64": 91}
_DEATH_SIGNAL = 1
_VERSION_3 = 0x20080522  # of capset's arguments
# CAP_DAC_READ_SEARCH and CAP_DAC_OVERRIDE: root may be asked to check other people's files.
_READ_ANYTHING, _WRITE_ANYTHING = 1 << 2, 1 << 1
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
OF_PROC = ("/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/filesystems")
ROOM, FILES = 256 * 2**20, 20_000  # of the scratch folder, and of /dev/shm

_own: int | None = None  # a handle to this process's own namespace of processes


def enter(end_if_alone: Callable[..., object]) -> None:
    """Go on in namespaces of one's own, as a child of the process that called this.

    That one waits, hands on how it ended, and takes it along when it ends itself.

    Args:
        end_if_alone: handles the signal that tells the waiting process of its parent's end.

    Raises:
        OSError: the system does not allow it; nothing has changed, or all but nothing.
    """
    global _own
    _unshare_with_all_users()
    if pid := os.fork():
        _stand_by(pid, end_if_alone)
    syscalls().prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    _mount(None, "/", None, _RECURSIVE | _PRIVATE)
    _own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)


def _unshare_with_all_users() -> None:
    """New namespaces, in which every user and group keeps its number.

    The numbers have to be written by a process that has stayed outside.
    """
    asked, ask = os.pipe()
    answered, answer = os.pipe()
    outer = os.getpid()
    helper = os.fork()
    if helper == 0:
        code = 1
        try:
            os.close(ask)  # or it would wait for itself, where the other one is refused
            if os.read(asked, 1):
                _write_users(outer)
                os.write(answer, b"y")
            code = 0
        finally:
            os._exit(code)
    try:
        os.close(answer)
        _checked(syscalls().unshare(_USERS | _MOUNTS | _PROCESSES | _IPC | _NETWORK | _HOSTS))
        os.write(ask, b"y")
        if os.read(answered, 1) != b"y":
            raise OSError("the users of the namespace can't be set")
    finally:
        for handle in (asked, ask, answered):
            os.close(handle)
        os.waitpid(helper, 0)


def _write_users(pid: int) -> None:
    own = {"uid_map": os.geteuid(), "gid_map": os.getegid()}
    for file in own:
        with open(f"/proc/self/{file}") as known:
            ranges = [line.split() for line in known]
        everyone = "".join(f"{first} {first} {count}\n" for first, _, count in ranges)
        try:
            _write(f"/proc/{pid}/{file}", everyone)
        except OSError:  # not root: oneself alone
            if file == "gid_map":
                _write(f"/proc/{pid}/setgroups", "deny")
            _write(f"/proc/{pid}/{file}", f"{own[file]} {own[file]} 1\n")


def _write(path: str, text: str) -> None:
    handle = os.open(path, os.O_WRONLY)
    try:
        os.write(handle, text.encode())
    finally:
        os.close(handle)


def _stand_by(pid: int, end_if_alone: Callable[..., object]) -> NoReturn:
    """Wait for the process that works, and end as it does; it ends when this one does."""
    try:
        os.closerange(3, 4096)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGUSR1, end_if_alone)
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
            os.kill(os.getpid(), os.WTERMSIG(status))
        os._exit(os.waitstatus_to_exitcode(status))
    finally:
        os._exit(1)


def fork() -> int:
    """As `os.fork`; the child is the first in a namespace of processes, which ends with it."""
    if _own is None:
        return os.fork()
    _checked(syscalls().unshare(_PROCESSES))
    pid = -1
    try:
        pid = os.fork()
    finally:
        if pid != 0:
            _checked(syscalls().setns(_own, _PROCESSES))
    return pid


def move_into(shown: Iterable[str], scratch: str) -> None:
    """Give up the machine's file system for one that holds these files and folders, read-only.

    Args:
        shown: absolute paths; what is a link is one here too, with what it leads to.
        scratch: a folder; it is empty here, and can be written.

    Raises:
        OSError: the system does not allow it.
    """
    _checked(syscalls().unshare(_MOUNTS))
    _mount("tmpfs", scratch, "tmpfs", _NO_SUID | _NO_DEVICES, "size=1m")
    seen: list[str] = []
    for path in sorted({*shown, *DEVICES}):
        if os.path.exists(path) and not path.startswith("/proc"):
            _show(path, scratch, seen)
    for path in ("/proc", "/dev/shm", scratch):
        os.makedirs(scratch + path, exist_ok=True)
    try:
        flags = _READ_ONLY | _NO_SUID | _NO_DEVICES | _NO_PROGRAMS
        _mount("proc", scratch + "/proc", "proc", flags)
    except OSError:  # within most containers: parts of the old one are hidden
        for path in OF_PROC:
            _show(path, scratch, seen)
    change = struct.pack("=QQQQ", _READ_ONLY | _NO_SUID, 0, 0, 0)
    _checked(syscall(_MOUNT_SETATTR, _HERE, os.fsencode(scratch), _ALL_BELOW, change, len(change)))
    for path, mode in ((scratch, "0700"), ("/dev/shm", "1777")):
        room = f"size={ROOM},nr_inodes={FILES},mode={mode}"
        _mount("tmpfs", scratch + path, "tmpfs", _NO_SUID | _NO_DEVICES, room)
    os.chdir(scratch)
    _checked(syscall(_PIVOT_ROOT[platform.machine()], b".", b"."))
    _checked(syscalls().umount2(b".", _DETACH))
    os.chdir(scratch)


def _show(path: str, root: str, seen: list[str]) -> None:
    real = os.path.realpath(path)
    if not any(real == other or real.startswith(f"{other}/") for other in seen):
        seen.append(real)
        target = root + real
        if os.path.isdir(real):
            os.makedirs(target, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT, 0o600))
        _mount(real, target, None, _BIND | _RECURSIVE)
    if real != path and not os.path.lexists(root + path):
        with contextlib.suppress(OSError):  # a folder of that name, within one that is shown
            os.makedirs(os.path.dirname(root + path), exist_ok=True)
            os.symlink(real, root + path)


def drop_privileges(writes: bool) -> None:
    """Root keeps no right but to read all files, or to write them; others keep none."""
    keeps = _READ_ANYTHING | (_WRITE_ANYTHING if writes else 0) if os.geteuid() == 0 else 0
    head = struct.pack("=Ii", _VERSION_3, 0)
    syscall(_CAPSET[platform.machine()], head, struct.pack("=6I", keeps, keeps, 0, 0, 0, 0))


def _mount(source: str | None, target: str, kind: str | None, flags: int, more: str = "") -> None:
    arguments = [os.fsencode(part) if part is not None else None for part in (source, target, kind)]
    done = syscalls().mount(*arguments, ctypes.c_ulong(flags), os.fsencode(more) if more else None)
    _checked(done)


def _checked(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
