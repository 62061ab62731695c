"""What a submission may try on the machine that checks it, each thing tried at each level.

An attack is Python that ends with `won = …`: whether it got what it wanted. What can't be had only
in part is in `AT_PARTIAL`: there it still works where user namespaces are forbidden, and
`checks/ISOLATION.md` says so.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from checks.engine.sandbox.client import CAN_FORK, Limits
from checks.selftest.sandboxes import Bench, bench, running, soon

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="what only Linux has")

MARK = f"GAN_KIT_MARK={uuid.uuid4()}"
HEAD = """
import ctypes, errno, os, platform, resource, signal, socket, struct, sys, time
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
ARM = platform.machine() == "aarch64"
def call(x86, arm, *arguments):
    plain = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return libc.syscall(ctypes.c_long(arm if ARM else x86), *plain)
def works(function, *arguments, **named):
    try:
        function(*arguments, **named)
    except (OSError, AttributeError, ValueError):
        return False
    return True
"""

# Reaching out: sockets, programs, other processes.
REACH = {
    "a stream socket of the machine": "won = works(socket.socket(socket.AF_UNIX).connect, STREAM)",
    "a datagram socket of the machine": """
        def send():
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            s.sendto(b"x", DATAGRAM)
        won = works(send)""",
    "a datagram from a pair": """
        def send():
            one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            one.sendto(b"x", DATAGRAM)
        won = works(send)""",
    "an abstract socket": "won = works(socket.socket(socket.AF_UNIX).connect, ABSTRACT)",
    "TCP": "won = works(socket.create_connection, ('127.0.0.1', PORT), 2)",
    "TCP by MPTCP": "won = works(lambda: socket.socket(2, 1, 262).connect(('127.0.0.1', PORT)))",
    "TCP by fast open": "won = works(lambda: socket.socket().sendto(b'x', 0x20000000, "
    "('127.0.0.1', PORT)))",
    "UDP": "won = works(lambda: socket.socket(2, 2).sendto(b'x', ('127.0.0.1', PORT)))",
    "TCP over IPv6": "won = works(lambda: socket.socket(10, 1).connect(('::1', PORT)))",
    "a raw socket": "won = works(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))",
    "netlink": "won = works(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))",
    "a listening port": "won = works(lambda: socket.create_server(('127.0.0.1', 0)))",
    "a shell": "won = works(os.posix_spawn, '/bin/sh', ['sh', '-c', 'true'], {})",
    "a program in memory": "won = works(os.memfd_create, 'x')",
    "a program in scratch": """
        open("x", "wb").write(open(sys.modules["_ctypes"].__file__, "rb").read())
        os.chmod("x", 0o755)
        won = call(59, 221, b"x", None, None) == 0 or ctypes.get_errno() not in (1, 13)""",
    "tracing its parent": "won = call(101, 117, 16, PARENT, 0, 0) == 0",
    "another's memory": """
        buffer = ctypes.create_string_buffer(8)
        vector = struct.pack("PN", ctypes.addressof(buffer), 8)
        won = call(310, 270, PARENT, vector, 1, vector, 1, 0) >= 0""",
    "a handle of its parent's": "handle = call(434, 434, PARENT, 0)\n"
    "won = handle >= 0 and call(438, 438, handle, 0, 0) >= 0",
    "its parent's environment": "won = works(open, f'/proc/{PARENT}/environ')",
    "a signal to its parent": "won = works(os.kill, PARENT, 0)",
    "a signal to the judge": "won = works(os.kill, JUDGE, 0)",
    "a signal to all": "won = works(os.kill, -1, 0)",
    "limits of its parent": "won = works(resource.prlimit, PARENT, resource.RLIMIT_NOFILE, (0, 0))",
    "limits of the judge": "won = works(resource.prlimit, JUDGE, resource.RLIMIT_NOFILE)",
    "the judge's processors": "won = works(os.sched_setaffinity, JUDGE, {0})",
    "the judge's priority": "won = works(os.setpriority, os.PRIO_PROCESS, JUDGE, 19)",
    "everybody's priority": "won = works(os.setpriority, os.PRIO_USER, 0, 1)",
    "an io_uring": "won = call(425, 425, 8, ctypes.create_string_buffer(256)) >= 0",
    "keys of the session": "won = call(250, 219, 0, -3, 1) >= 0",
    "a key": "won = call(248, 217, b'user', b'gan', b'x', 1, -3) >= 0",
    "a kernel program": "won = call(321, 280, 0, ctypes.create_string_buffer(128), 128) >= 0",
    "new namespaces": "won = libc.unshare(0x10000000) == 0",
    "new namespaces by clone": "won = call(56, 220, 0x10000000 | 17, 0, 0, 0, 0) >= 0",
    "clone3": "won = call(435, 435, ctypes.create_string_buffer(88), 88) != -1 or "
    "ctypes.get_errno() != errno.ENOSYS",
    "a mount": "won = libc.mount(b'x', b'.', b'tmpfs', 0, None) == 0",
    "another file system": "won = works(os.chroot, '/usr')",
    "being root": "won = works(os.setuid, 12345) or works(os.setgroups, [])",
    "32-bit calls": "won = call(0x40000000 | 39, 172) > 0 and not ARM",
}
# Changing or reading what is the machine's.
CHANGE = {
    "chmod of the next submission": "works(os.chmod, NEXT, 0)",
    "chmod of the next folder": "works(os.chmod, os.path.dirname(NEXT), 0o777)",
    "chmod by a handle": "works(lambda: os.fchmod(os.open(OWN, os.O_RDONLY), 0o777))",
    "chmod by a number": "call(452, 452, -100, NEXT.encode(), 0, 0); call(268, 53, -100, "
    "NEXT.encode(), 0)",
    "times": "works(os.utime, NEXT, (1, 1)); works(os.utime, OWN, (1, 1))",
    "an attribute": "works(os.setxattr, NEXT, 'user.x', b'1'); works(os.setxattr, OWN, 'user.x', "
    "b'1')",
    "an owner": "works(os.chown, NEXT, 12345, 12345); works(os.chown, OWN, 12345, 12345)",
    "flags of a file": "works(lambda: __import__('fcntl').ioctl(os.open(OWN, 0), 0x40086602, "
    "struct.pack('l', 0x40)))",
    "writing": "[works(lambda: open(file, 'a').write('x')) for file in (NEXT, OWN)]",
    "a truncation": "works(os.truncate, NEXT, 0); works(os.truncate, OWN, 0)",
    "a new name": "works(os.rename, NEXT, NEXT + '2'); works(os.link, OWN, OWN + '2')",
    "a removal": "works(os.remove, NEXT); works(os.remove, OWN)",
    "a link": "works(os.symlink, '/', os.path.dirname(OWN) + '/link')",
}
READ = {
    "the next submission": "won = works(lambda: open(NEXT).read())",
    "the list of submissions": "won = works(os.listdir, os.path.dirname(os.path.dirname(NEXT)))",
    "another user's secrets": "won = works(open, '/etc/shadow')",
    "a file by its number": "won = call(304, 265, -100, ctypes.create_string_buffer(64), 0) >= 0",
    "all processes": "won = JUDGE != os.getpid() and works(open, f'/proc/{JUDGE}/status')",
    "a past beyond the root": "won = works(lambda: open('/proc/1/root' + NEXT).read())",
}
# What would stay for the next check, or outlive it.
KEEP = {
    "shared memory of System V": "won = call(29, 194, 4711, 4096, 0o1600) >= 0",
    "a queue of System V": "won = call(68, 186, 4711, 0o1600) >= 0",
    "semaphores of System V": "won = call(64, 190, 4711, 1, 0o1600) >= 0",
    "a POSIX queue": "won = call(240, 180, b'gan', 0o102, 0o600, None) >= 0",
    "its death signal": "won = libc.prctl(1, 0, 0, 0, 0) == 0",
    "a sibling by clone": "won = call(56, 220, 0x8000 | 17, 0, 0, 0, 0) >= 0",
}
AT_PARTIAL = {"a stream socket of the machine"}


@dataclass
class Target:
    """A bench of one level, and what there is around it to be attacked."""

    bench: Bench
    level: str
    names: dict[str, object]
    next: Path

    def won(self, body: str) -> object:
        """What an attack says of itself."""
        given = "\n".join(f"{name} = {value!r}" for name, value in self.names.items())
        inner = textwrap.indent(textwrap.dedent(body), "    ")
        source = f"{HEAD}\n{given}\nPARENT = os.getppid() or JUDGE\ndef go():\n    won = None\n"
        outcome = self.bench.run(f"{source}{inner}\n    return won\n")
        assert outcome.status == "ok", outcome
        return outcome.evidence[0]


@pytest.fixture(scope="module", params=["full", "partial"])
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("class")
    sockets = Path("/tmp" if os.name == "posix" else folder) / f"gan-{uuid.uuid4().hex[:8]}"
    sockets.mkdir()
    with pytest.MonkeyPatch.context() as patch, bench(folder / "own", "fork") as own:
        patch.setenv("GAN_KIT_ISOLATION", request.param)
        patch.setenv(*MARK.split("="))
        if own.sandbox.isolation.level != request.param:
            pytest.skip(f"this machine has no {request.param!r}")
        (folder / "next").mkdir()
        following = folder / "next" / "beginner.py"
        following.write_text("the next\n")
        stream, datagram, abstract = (
            socket.socket(socket.AF_UNIX, kind)
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_STREAM)
        )
        with stream, datagram, abstract, socket.create_server(("127.0.0.1", 0)) as server:
            names: dict[str, object] = {
                "STREAM": str(sockets / "stream"),
                "DATAGRAM": str(sockets / "datagram"),
                "ABSTRACT": f"\0{sockets.name}",
                "PORT": server.getsockname()[1],
                "JUDGE": os.getpid(),
                "NEXT": str(following),
                "OWN": str(own.folder / "beginner.py"),
            }
            for each, name in ((stream, "STREAM"), (datagram, "DATAGRAM"), (abstract, "ABSTRACT")):
                each.bind(str(names[name]))
            stream.listen(8)
            abstract.listen(8)
            yield Target(own, request.param, names, following)
        for path in sockets.iterdir():
            path.unlink()
        sockets.rmdir()
    assert soon(lambda: running(MARK) == [])


@pytest.mark.parametrize("name", [*REACH, *READ, *KEEP])
def test_it_does_not_get_there(target: Target, name: str) -> None:
    expected = target.level == "partial" and name in AT_PARTIAL
    assert target.won((REACH | READ | KEEP)[name]) in ({True} if expected else {False, None})


@pytest.mark.parametrize("name", CHANGE)
def test_nothing_outside_scratch_is_changed(target: Target, name: str) -> None:
    own = target.bench.folder / "beginner.py"

    def state() -> list[object]:
        found: list[object] = []
        for path in (target.next, target.next.parent, own, own.parent):
            seen = path.stat()
            found += [seen.st_mode, seen.st_uid, seen.st_nlink, os.listxattr(path)]
            found += [path.read_text()[-9:] if path.is_file() else sorted(os.listdir(path))]
        return [*found, target.next.stat().st_mtime_ns, own.stat().st_mtime_ns > 10**18]

    target.won("won = 0")
    before = state()
    target.won(CHANGE[name])
    assert state() == before


AMOUNTS = {
    "memory in many processes": """
        for n in range(8):
            if os.fork() == 0:
                x = bytearray(2**28)
                for i in range(0, 2**28, 4096): x[i] = 1
                time.sleep(60)
        time.sleep(60)""",
}


@pytest.mark.parametrize("name", AMOUNTS)
def test_amounts_are_counted_whole(target: Target, name: str) -> None:
    body = textwrap.indent(textwrap.dedent(AMOUNTS[name]), "    ")
    outcome = target.bench.run(f"{HEAD}\ndef go():\n{body}", limits=Limits(10, memory=2**29))
    assert outcome.status == "memory"


def test_shared_memory_has_a_bound_and_does_not_stay(target: Target) -> None:
    if target.level != "full":
        pytest.skip("it is the machine's own here")
    fill = """
        file = open("/dev/shm/kept", "wb")
        def fill():
            for _ in range(600): file.write(bytes(2**20))
            file.flush()
        won = works(fill)"""
    assert target.won(fill) is False
    assert target.won("won = os.listdir('/dev/shm')") == []
    assert target.won("won = os.listdir('.')") == []


def test_a_daemon_ends_with_its_check(target: Target) -> None:
    before = running(MARK)
    assert target.won("""
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                libc.prctl(1, 0, 0, 0, 0)
                os.closerange(0, 100)
                time.sleep(600)
            os._exit(0)
        won = 1""") == 1  # fmt: skip
    assert soon(lambda: running(MARK) == before)


def test_a_daemon_ends_with_a_command_that_is_killed(target: Target, tmp_path: Path) -> None:
    mark = f"GAN_KIT_MARK={uuid.uuid4()}"
    (tmp_path / "beginner.py").write_text(
        "import os, time\ndef go():\n    if os.fork() == 0:\n        os.setsid()\n"
        "        time.sleep(600)\n    time.sleep(600)\n"
    )
    program = (
        "import pathlib; from checks.engine.sandbox.client import Sandbox\n"
        f"Sandbox('fork').run(pathlib.Path({str(tmp_path)!r}), 'beginner', 'returned',"
        " {'function': 'go', 'calls': [{}]})"
    )
    environment = {**os.environ, "GAN_KIT_MARK": mark.split("=")[1]}
    command = subprocess.Popen([sys.executable, "-c", program], env=environment)
    enough = 5 if target.level == "full" else 4  # with the command and what forks
    assert soon(lambda: len(running(mark)) >= enough, 120)
    command.send_signal(signal.SIGKILL)
    command.wait()
    assert soon(lambda: running(mark) == [], 60)
