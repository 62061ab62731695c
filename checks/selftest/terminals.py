"""Watch mode in a pseudo-terminal, on a copy of the kit: for its tests and its benchmark."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from checks.engine.paths import KIT
from checks.selftest.in_process import environment

SECONDS = 90.0  # for whatever is waited for: the machine may be busy
# Stands where the shell stands: it owns the terminal, notes when the command stops and how it ends,
# and outlives it.
SHELL = """
import os, signal, subprocess, sys

def note(ending, text):
    with open(sys.argv[1] + ".new", "w") as file:
        file.write(str(text))
    os.replace(sys.argv[1] + ".new", sys.argv[1] + ending)

command = subprocess.Popen(sys.argv[2:])
signal.signal(signal.SIGINT, lambda *ignored: None)
note("", command.pid)
while True:
    _, status = os.waitpid(command.pid, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        break
    note(".stopped", "")
note(".end", os.waitstatus_to_exitcode(status))
while True:
    signal.pause()
"""
CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[()][A-Z0-9]|\r")


def copy_kit(place: Path) -> Path:
    """The kit without its own tests, and with nothing remembered."""
    unwanted = shutil.ignore_patterns("__pycache__", "selftest", "benchmarks", ".*.json")
    for name in ("checks", "exercises", "reference"):
        shutil.copytree(KIT / name, place / name, ignore=unwanted)
    for name in ("run_checks.py", ".pytest.ini", "requirements.txt"):
        shutil.copy(KIT / name, place)
    return place


class Terminal:
    """The command in a pseudo-terminal: what it shows, and keys to press."""

    def __init__(self, kit: Path, *arguments: str, children: str = "") -> None:
        import fcntl
        import pty
        import struct
        import termios

        self.main, theirs = pty.openpty()
        self.theirs = theirs  # held open: its modes can be looked at after the command's end
        self.resize: Callable[[int, int], Any] = lambda rows, columns: fcntl.ioctl(
            theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0)
        )
        self.modes: Callable[[], Any] = lambda: termios.tcgetattr(theirs)
        self.resize(50, 100)
        self.before = self.modes()

        def lead() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.shown = ""
        self.notes = kit / f"shell-{uuid.uuid4().hex}"
        command = [sys.executable, "run_checks.py", "watch", *arguments]
        self.shell = subprocess.Popen(
            [sys.executable, "-c", SHELL, str(self.notes), *command],
            cwd=kit, stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=lead,
            env=environment(TERM="xterm-256color", EDITOR="true", GAN_KIT_CHILDREN=children),
        )  # fmt: skip
        self.pid = int(self._noted(""))
        threading.Thread(target=self._read, daemon=True).start()

    def _noted(self, ending: str) -> str:
        """What the shell has noted down, as soon as it has."""
        path = Path(f"{self.notes}{ending}")
        deadline = time.monotonic() + SECONDS
        while not path.exists():
            assert time.monotonic() < deadline, CONTROL.sub("", self.shown)[-3000:]
            time.sleep(0.02)
        return path.read_text(encoding="utf-8")

    def _read(self) -> None:
        try:
            while data := os.read(self.main, 1 << 16):
                self.shown += data.decode("utf-8", "replace")
        except OSError:
            pass

    def wait(self, *texts: str, keep: bool = False) -> str:
        """Wait until all of these are shown; unless kept, what came until then is taken off."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            plain = " ".join(CONTROL.sub("", self.shown).split())
            if all(text in plain for text in texts):
                if not keep:
                    self.shown = ""
                return plain
            time.sleep(0.02)
        raise AssertionError(f"not shown: {texts}\n{CONTROL.sub('', self.shown)[-3000:]}")

    def press(self, key: str) -> None:
        os.write(self.main, key.encode())

    def suspend(self) -> None:
        """Stop the command, as Ctrl-Z does; a shell goes on only when it has stopped."""
        os.kill(self.pid, signal.SIGTSTP)
        self._noted(".stopped")

    def end(self) -> int:
        """The exit status."""
        return int(self._noted(".end"))

    def is_as_before(self) -> bool:
        """Whether the terminal's modes are soon what they were."""
        deadline = time.monotonic() + 10
        while self.modes() != self.before and time.monotonic() < deadline:
            time.sleep(0.05)
        return bool(self.modes() == self.before)

    def close(self) -> None:
        """End whatever still runs, and the terminal."""
        with contextlib.suppress(OSError):
            os.killpg(self.shell.pid, signal.SIGKILL)
        self.shell.wait()
        for handle in (self.main, self.theirs):
            os.close(handle)
