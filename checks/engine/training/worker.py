"""The process that trains: `python -m checks.engine.training.worker`, started by `supervisor.py`.

A request comes in as one line of JSON, events go out as lines of JSON on what was standard output.
Whatever the learner's code prints goes to standard error. The process ends with the one that
started it: on Linux by a signal, everywhere when its standard input closes.

The events: `stage` (text), `begin` (epochs, done, images, …), `batch` (epoch, share, losses),
`epoch` (epoch, losses, seconds), `snapshot` (epoch), `glance` (images), `notice` (text), and at the
end one of `end` (state, problem, …), `usage` (text) and `fault` (text).
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import signal
import sys
import threading
import traceback
from typing import Any, BinaryIO

from checks.engine.sandbox.worker import die_with_parent
from checks.engine.training.request import Request


def main() -> None:
    """Carry out the one request, and end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(getattr(signal, "SIGKILL", signal.SIGTERM))
    events = os.fdopen(os.dup(1), "wb", buffering=0)
    requests = os.fdopen(os.dup(0), "rb", buffering=0)
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    faulthandler.enable()

    def emit(event: str, **fields: Any) -> None:
        line = json.dumps({"event": event, **fields}).encode() + b"\n"
        while line:
            line = line[events.write(line) or 0 :]

    line = b""
    while not line.endswith(b"\n"):
        part = requests.read(1 << 16)
        if not part:
            return
        line += part
    threading.Thread(target=_end_with, args=(requests,), daemon=True).start()
    try:
        from checks.engine.training.job import carry_out

        carry_out(Request.from_json(line), emit)
    except BaseException as error:
        traceback.print_exc()
        text = "".join(traceback.format_exception_only(type(error), error)).strip()
        emit("fault", text=f"The training broke off: {text}")
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit(0)  # at once: nothing that the learner's code left running keeps this process


def _end_with(requests: BinaryIO) -> None:
    """End this process when the one that asked has gone."""
    with contextlib.suppress(OSError):
        while requests.read(1 << 10):
            pass
    os._exit(1)


if __name__ == "__main__":
    main()
