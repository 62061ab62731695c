"""seccomp: the system calls that a learner's process is refused from some moment on (Linux).

A list of what is refused, not of what is allowed: PyTorch, OpenMP and Matplotlib go on as they are.
The filter is a short program that the kernel runs before each call, put together here by hand: it
needs no library and no privileges. What only an administrator may do is not listed, since those
rights are given up before. A refused call fails with EPERM, a `PermissionError` in Python. The
numbers are those of Linux's `uapi/asm/unistd.h` and `uapi/linux/filter.h`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Mapping
from types import MappingProxyType

from checks.engine.sandbox import landlock

Instruction = tuple[int, int, int, int]  # code, steps to skip if true, if false, constant

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
_X32 = 0x40000000  # on x86-64: calls of a second kind, with other numbers
_ALL_THREADS = 1
_UNIX, _STREAM, _KIND_OF_SOCKET = 1, 1, 0xF
# clone: any namespace, and being the child of one's own parent or traced.
_CLONE_REFUSED = 0x7E020000 | 0x8000 | 0x2000
_DEATH_SIGNAL = 1  # of prctl
_CHATTR = (0x40086602, 0x401C5820)  # of ioctl: FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR

MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column below, architecture
REFUSED = {  # on x86-64, on aarch64
    "execve": (59, 221), "execveat": (322, 281),
    "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "process_mrelease": (448, 448), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "setpriority": (141, 140),  # of all processes of a user, at that
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "open_by_handle_at": (304, 265), "fanotify_init": (300, 262),
    "migrate_pages": (256, 238), "move_pages": (279, 239),
    "shmget": (29, 194), "semget": (64, 190), "msgget": (68, 186), "mq_open": (240, 180),
}  # fmt: skip
# At `partial`, where the file system is the machine's: what a file is like, in place of what is in
# it. Such a call does nothing and says that it went well, or `shutil.copy` would end in an error.
NOTHING_DONE = {
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, None), "lchown": (94, None), "fchown": (93, 55), "fchownat": (260, 54),
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
}  # fmt: skip
OF_OTHERS = {
    "ioprio_set": (251, 30),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "removexattrat": (466, 466), "file_setattr": (469, 469),
}  # fmt: skip
# At `partial`, where other processes are in sight: these act on a process that is named by number.
ON_A_PROCESS = {
    "sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118), "sched_setattr": (314, 274),
}  # fmt: skip
OF_ITS_GROUP = {"setsid": (112, 157), "setpgid": (109, 154)}
_CLONE, _CLONE3, _PRCTL, _PRLIMIT = (56, 220), (435, 435), (157, 167), (302, 261)
_SOCKET, _SOCKETPAIR, _IOCTL = (41, 198), (53, 199), (16, 29)
_KILL, _TGKILL = (62, 129), (234, 131)
_SECCOMP = (317, 277)


def is_there() -> bool:
    """Whether this system has it, and it is a machine whose numbers are known here."""
    if sys.platform != "linux" or platform.machine() not in MACHINES:
        return False
    try:
        with open("/proc/self/status") as status:
            return any(line.startswith("Seccomp:") for line in status)
    except OSError:
        return False


def restrict(alone: bool, stays_in_group: bool = False) -> bool:
    """Refuse these calls from here on, to this process and all that it starts.

    Args:
        alone: whether the process is in namespaces of its own, so that it sees no process and no
            file but its own.
        stays_in_group: whether all that it starts stays in its group, to be ended with it.

    Returns:
        Whether it took hold.
    """
    more = OF_ITS_GROUP if stays_in_group else {}
    return is_there() and install(program(alone, os.getppid(), more))


def install(instructions: list[Instruction]) -> bool:
    """Have the kernel run this program before each system call; whether it does."""
    column, _ = MACHINES[platform.machine()]
    code = b"".join(struct.pack("=HBBI", *each) for each in instructions)
    buffer = ctypes.create_string_buffer(code, len(code))
    head = struct.pack("@HP", len(instructions), ctypes.addressof(buffer))
    landlock.no_new_privileges()
    for flags in (_ALL_THREADS, 0):
        if landlock.syscall(_SECCOMP[column], 1, flags, head) == 0:
            return True
    return False


def program(
    alone: bool, parent: int, more: Mapping[str, tuple[int, int]] = MappingProxyType({})
) -> list[Instruction]:
    """The filter's instructions; `parent` is never to be sent a signal, `more` is refused too."""
    column, architecture = MACHINES[platform.machine()]

    def on(call: tuple[int | None, int | None], *then: Instruction) -> list[Instruction]:
        """What to do at a call; what comes after it is skipped for all others."""
        number = call[column]
        return [] if number is None else [(_EQUAL, 0, len(then), number), *then]

    def first(index: int) -> Instruction:  # the lower half of an argument
        return (_LOAD, 0, 0, 16 + 8 * index)

    refuse, allow = _returning(errno.EPERM), (_RETURN, 0, 0, _ALLOW)
    code: list[Instruction] = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, architecture), refuse]
    code += [(_LOAD, 0, 0, _NUMBER), (_AT_LEAST, 0, 1, _X32), refuse]
    for call in (REFUSED | dict(more) | ({} if alone else OF_OTHERS)).values():
        code += on(call, refuse)
    for signal in (_KILL, _TGKILL):  # never a group, never all
        code += on(signal, first(0), (_EQUAL, 3, 0, parent), (_AT_LEAST, 2, 0, 2**31),
                   (_EQUAL, 1, 0, 0), allow, refuse)  # fmt: skip
    # Its arguments lie in memory, where a filter can't look: the C library then uses clone.
    code += on(_CLONE3, _returning(errno.ENOSYS))
    code += on(_CLONE, first(0), (_ANY_BIT, 0, 1, _CLONE_REFUSED), refuse, allow)
    code += on(_PRCTL, first(0), (_EQUAL, 0, 1, _DEATH_SIGNAL), refuse, allow)
    code += on(_PRLIMIT, first(0), (_EQUAL, 1, 0, 0), refuse, allow)
    flags, attributes = _CHATTR
    code += on(_IOCTL, first(1), (_EQUAL, 2, 0, flags), (_EQUAL, 1, 0, attributes), allow, refuse)
    for call in (_SOCKET, _SOCKETPAIR):
        # Streams between the learner's own processes, as a DataLoader's workers need them.
        code += on(call, first(0), (_EQUAL, 0, 3, _UNIX), first(1), (_AND, 0, 0, _KIND_OF_SOCKET),
                   (_EQUAL, 1, 0, _STREAM), refuse, allow)  # fmt: skip
    if alone:
        return [*code, allow]
    for metadata in NOTHING_DONE.values():
        code += on(metadata, _returning(0))
    for call in ON_A_PROCESS.values():
        code += on(call, first(0), (_EQUAL, 1, 0, 0), refuse, allow)
    return [*code, allow]


def _returning(number: int) -> Instruction:
    """The call is not made; it ends with this error, or well where it is 0."""
    return (_RETURN, 0, 0, _FAIL | number)
