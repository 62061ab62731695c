"""Landlock: Linux's own way for a process to give up the file system (and the network) for good.

Where the kernel has it (5.13 or newer; nothing to install, no privileges needed), the child gives
up everything but reading Python, its libraries and the learner's folder, and writing its scratch
folder: no program can be started, no TCP connection made, no signal sent to a process outside.
Elsewhere `restrict` does nothing and says so. The numbers are those of Linux's
`uapi/linux/landlock.h`.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from functools import cache

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1
_NO_NEW_PRIVILEGES = 38

_WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 14
_READ = _READ_FILE | _READ_DIR
# Starting a program, making device files, talking to devices: not even in a writable folder.
_NEVER = 1 << 0 | 1 << 6 | 1 << 11 | 1 << 15
_ON_A_FILE = _READ_FILE | _WRITE_FILE | _TRUNCATE
# How many access rights each version of the interface knows, from version 1 on.
_RIGHTS_KNOWN = {1: 13, 2: 14, 3: 15, 4: 15}
_NETWORK_SINCE, _ALL_NETWORK = 4, 0b11
SCOPES_SINCE, _ALL_SCOPES = 6, 0b11


def version() -> int:
    """The kernel's version of the interface; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG))


def restrict(readable: Iterable[str], writable: Iterable[str]) -> bool:
    """Give up all files but these, for this process and all that it starts.

    Args:
        readable: files and folders that may still be read, with all below them.
        writable: those that may also be written, created and deleted.

    Returns:
        Whether it took hold.
    """
    known = version()
    if known < 1:
        return False
    everything = (1 << _RIGHTS_KNOWN.get(known, 16)) - 1
    network = _ALL_NETWORK if known >= _NETWORK_SINCE else 0
    scopes = _ALL_SCOPES if known >= SCOPES_SINCE else 0
    size = 24 if known >= SCOPES_SINCE else 16 if known >= _NETWORK_SINCE else 8
    attributes = struct.pack("=QQQ", everything, network, scopes)[:size]
    ruleset = syscall(_CREATE_RULESET, attributes, size, 0)
    if ruleset < 0:
        return False
    try:
        for path in readable:
            _allow(ruleset, path, _READ)
        for path in writable:
            _allow(ruleset, path, everything & ~_NEVER)
        no_new_privileges()
        return syscall(_RESTRICT_SELF, ruleset, 0) == 0
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        handle = os.open(path, getattr(os, "O_PATH", 0) | os.O_CLOEXEC)
    except OSError:
        return  # what isn't there needs no permission
    try:
        if not os.path.isdir(path):
            rights &= _ON_A_FILE
        syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, handle), 0)
    finally:
        os.close(handle)


def no_new_privileges() -> None:
    """From here on no program gives this process more rights than it has."""
    syscalls().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)


@cache
def syscalls() -> ctypes.CDLL:
    """The C library."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc


def syscall(number: int, *arguments: int | bytes | None) -> int:
    """What a system call returns; below 0 it failed."""
    plain = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return int(syscalls().syscall(ctypes.c_long(number), *plain))
