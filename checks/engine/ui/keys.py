"""Single keys from the terminal, without waiting for Enter; the terminal is put back in any case.

On POSIX the terminal is in cbreak mode meanwhile: Ctrl-C and Ctrl-Z work as ever. Should this
process be killed without a chance to clean up, a small guard process puts the terminal back.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# What the guard runs: wait until the pipe from its parent closes, then restore what it was given.
GUARD = """
import signal, sys, termios
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGTSTP"):
    signal.signal(getattr(signal, name), signal.SIG_IGN)
modes = eval(sys.argv[1])
modes[6] = [code if isinstance(code, int) else bytes(code) for code in modes[6]]
if sys.stdin.buffer.read(1) != b"x":
    with open("/dev/tty", "r+b", buffering=0) as terminal:
        termios.tcsetattr(terminal, termios.TCSADRAIN, modes)
        terminal.write(b"\\x1b[?25h\\r\\n")
"""


def is_terminal() -> bool:
    """Whether there is a keyboard to read."""
    try:
        return sys.stdin.isatty() and sys.stdout.isatty()
    except (AttributeError, ValueError):  # closed, or none at all
        return False


@contextmanager
def keys(pressed: Callable[[str], None]) -> Iterator[Keyboard]:
    """Call `pressed` with each key, from another thread, inside the block."""
    keyboard = (WindowsKeyboard if os.name == "nt" else Keyboard)(pressed)
    keyboard.open()
    try:
        yield keyboard
    finally:
        keyboard.close()


class Keyboard:
    """The keyboard of a POSIX terminal."""

    def __init__(self, pressed: Callable[[str], None]) -> None:
        self.pressed = pressed
        self._before: Any = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._handlers: dict[int, Any] = {}
        self._paused = threading.Event()

    def open(self) -> None:
        """Take the terminal; a guard stands by."""
        import termios

        self._before = termios.tcgetattr(0)
        modes = list(self._before)
        modes[6] = [list(code) if isinstance(code, bytes) else code for code in modes[6]]
        with contextlib.suppress(OSError):
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", GUARD, repr(modes)], stdin=subprocess.PIPE
            )
        self._cbreak()
        for number, handler in ((signal.SIGTSTP, self._suspend), (signal.SIGCONT, self._resume)):
            self._handlers[number] = signal.signal(number, handler)
        threading.Thread(target=self._read, daemon=True).start()

    def close(self) -> None:
        """Give the terminal back."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._restore()
        if self._guard is not None:
            with contextlib.suppress(OSError):
                self._guard.communicate(b"x")

    @contextmanager
    def lent(self) -> Iterator[None]:
        """The terminal as it was, for another program or a question, inside the block."""
        self._paused.set()
        self._restore()
        try:
            yield
        finally:
            self._cbreak()
            self._paused.clear()

    def _read(self) -> None:
        import select

        while True:
            try:
                ready, _, _ = select.select([0], [], [], 0.1)
                if not ready or self._paused.is_set():
                    continue
                typed = os.read(0, 32)
            except OSError:
                return
            if not typed:
                self.pressed("")  # the terminal is gone
                return
            for key in typed.decode("utf-8", "ignore"):
                self.pressed(key)

    def _cbreak(self) -> None:
        import termios
        import tty

        with contextlib.suppress(termios.error):
            tty.setcbreak(0, termios.TCSADRAIN)

    def _restore(self) -> None:
        import termios

        with contextlib.suppress(termios.error):
            termios.tcsetattr(0, termios.TCSADRAIN, self._before)

    def _suspend(self, number: int, frame: Any) -> None:
        self._restore()
        os.kill(os.getpid(), signal.SIGSTOP)

    def _resume(self, number: int, frame: Any) -> None:
        self._cbreak()
        self.pressed("\x0c")  # what stood on the screen may be gone


class WindowsKeyboard(Keyboard):
    """The keyboard of a Windows console, which has no modes to change."""

    def open(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()

    def close(self) -> None:
        self._paused.set()

    @contextmanager
    def lent(self) -> Iterator[None]:
        self._paused.set()
        try:
            yield
        finally:
            self._paused.clear()

    def _read(self) -> None:
        import msvcrt
        import time

        waiting, read = getattr(msvcrt, "kbhit"), getattr(msvcrt, "getwch")  # noqa: B009
        while True:
            if self._paused.is_set() or not waiting():
                time.sleep(0.05)
                continue
            self.pressed(str(read()))
