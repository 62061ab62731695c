"""What all self-tests need: a process that can be interrupted.

A job in a shell's background ignores Ctrl-C, and so would everything that the tests start in it.
"""

from __future__ import annotations

import signal

signal.signal(signal.SIGINT, signal.default_int_handler)
