"""A command in a pseudo-terminal, from its start to its end."""

from __future__ import annotations

import os
import re
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from checks.selftest.in_process import environment

SECONDS = 90.0
CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b\][^\x1b]*\x1b\\|\x1b[()][A-Z0-9]|\r")


@dataclass(frozen=True)
class Ended:
    """How a command ended, and every byte that it wrote to its terminal, as text."""

    status: int
    written: str


def in_terminal(
    command: Sequence[str],
    cwd: Path,
    typed: Sequence[str] = (),
    columns: int = 80,
    until: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
) -> Ended:
    """Run a command that believes it is in a terminal; POSIX only.

    Args:
        command: the program and its arguments.
        cwd: where it runs.
        typed: what to type, one after the other.
        columns: the terminal's width.
        until: what has to be on the screen before each of the texts is typed.
        variables: of the environment, beside a plain one.
    """
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        command, cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        env=environment(**{"TERM": "xterm-256color", **(variables or {})}),
    )  # fmt: skip
    os.close(theirs)
    written, waiting = "", list(zip(typed, until or [""] * len(typed), strict=True))
    seen = 0
    deadline = time.monotonic() + SECONDS
    try:
        while time.monotonic() < deadline:
            if waiting and waiting[0][1] in CONTROL.sub("", written[seen:]):
                seen = len(written)
                os.write(ours, waiting.pop(0)[0].encode())
            ready, _, _ = select.select([ours], [], [], 0.05)
            try:
                chunk = os.read(ours, 1 << 16) if ready else None
            except OSError:  # the other end is closed
                break
            if chunk == b"":
                break
            written += (chunk or b"").decode("utf-8", "replace")
        else:
            raise AssertionError(f"still running: {' '.join(command)}\n{written[-2000:]}")
        return Ended(process.wait(timeout=SECONDS), written)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
