"""What all self-tests need: a process that can be interrupted, and one thread for each.

A job in a shell's background ignores Ctrl-C, and so would everything that the tests start in it.
There is a worker for each core already: threads of PyTorch's would only wait for one another.
"""

from __future__ import annotations

import os
import signal

from hypothesis import settings

signal.signal(signal.SIGINT, signal.default_int_handler)
# How long an example takes says something of the machine, and nothing of the code.
settings.register_profile("kit", deadline=None)
settings.load_profile("kit")
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")
