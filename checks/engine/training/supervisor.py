"""The command's end of the line to the process that trains (the other is `worker.py`).

The command never loads PyTorch and never runs learners' code. It starts the worker, hands it one
request and passes its events on. What the learner's code prints is kept in the run's `output.txt`.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec

from checks.engine.errors import KeptError
from checks.engine.files import read_plain, remove, replace
from checks.engine.processes import kill, start
from checks.engine.sandbox.worker_process import MAX_OUTPUT
from checks.engine.training import run_store
from checks.engine.training.request import SCRATCH, Request
from checks.engine.training.run_store import SEEN

MAX_LINE = 2**18  # bytes of an event
OUTPUT = "output.txt"
Count = Annotated[int, msgspec.Meta(ge=0)]
Losses = tuple[float, float]  # perhaps NaN, where they are not known
PIXELS = SEEN * 28 * 28
Glance = Annotated[bytes, msgspec.Meta(min_length=PIXELS, max_length=PIXELS)]  # as base64
FIELDS: dict[str, dict[str, Any]] = {  # of each event, with what may stand in them
    "stage": {"text": str},
    "notice": {"text": str},
    "begin": {"epochs": Count, "done": Count, "images": Count, "source": str, "device": str},
    "batch": {
        "epoch": Count,
        "share": Annotated[float, msgspec.Meta(ge=0, le=1)],
        "losses": Losses,
    },
    "epoch": {
        "epoch": Count,
        "losses": Losses,
        "seconds": Annotated[float, msgspec.Meta(ge=0, le=1e12)],
    },
    "snapshot": {"epoch": Count},
    "glance": {"images": Glance},
    "end": {"state": str, "problem": str},
    "usage": {"text": str},
    "fault": {"text": str},
}
VARIABLES = {
    "MPLBACKEND": "Agg",
    "PYTHONHASHSEED": "0",  # the order of a set is a part of what a seed stands for
    "PYTHONIOENCODING": "utf-8:replace",
    "PYTHONUNBUFFERED": "1",
    "PYTORCH_ENABLE_MPS_FALLBACK": "1",
}
LAST = ("end", "usage", "fault")

Event = dict[str, Any]


class Supervisor:
    """The process that trains, for one request; it loads while the request is made up."""

    def __init__(self) -> None:
        """Start it."""
        self.process = started()
        self.printed = bytearray()
        self.last_line = ""  # of what was printed
        self._folder: Path | None = None
        self._reader = threading.Thread(target=self._read_output, daemon=True)
        self._reader.start()

    def events(self, request: Request) -> Iterator[Event]:
        """Ask for a training; its events as they come, checked, to the last one.

        Where the process ends without a last event, that is `lost` (with `how`: a few words).
        """
        self._folder = Path(request.folder)
        with contextlib.suppress(OSError):
            stream = self.process.stdin
            assert stream is not None
            stream.write(request.to_json() + b"\n")
            stream.flush()
        assert self.process.stdout is not None
        with contextlib.suppress(OSError, ValueError):
            while line := self.process.stdout.readline(MAX_LINE):
                event = checked(line)
                if event is None:
                    continue
                yield event
                if event["event"] in LAST:
                    self._settle()
                    return
        self._settle()
        yield {"event": "lost", "how": self._how()}

    def _settle(self) -> None:
        """Wait for the end of the process, and of what it printed."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self._reader.join(1)
        self.keep_output()

    def _how(self) -> str:
        status = self.process.poll()
        if status is not None and status < 0:
            name = str(-status)
            with contextlib.suppress(ValueError):
                name = signal.Signals(-status).name
            return f"it was ended by signal {name}"
        return "it ended without a word, as os._exit does"

    # What is printed.

    def _read_output(self) -> None:
        assert self.process.stderr is not None
        handle = self.process.stderr.fileno()
        with contextlib.suppress(OSError, ValueError):
            while chunk := os.read(handle, 1 << 16):
                self.printed += chunk[: max(0, MAX_OUTPUT - len(self.printed))]

    def keep_output(self) -> None:
        """Add to the run's `output.txt` what was printed since; it holds the first 64 KiB."""
        printed = bytes(self.printed)
        del self.printed[: len(printed)]
        if lines := printed.decode("utf-8", "replace").strip().splitlines():
            self.last_line = lines[-1].rstrip(".")
        if not printed or self._folder is None or not self._folder.is_dir():
            return
        # The learner's code can write in this folder: a link or a pipe in the file's place is
        # neither read nor followed, but replaced.
        path, before = self._folder / OUTPUT, b""
        with contextlib.suppress(OSError, KeptError):
            before = read_plain(path, MAX_OUTPUT)
        with contextlib.suppress(OSError):
            replace(path, (before + printed)[:MAX_OUTPUT])

    # The end.

    def close(self) -> None:
        """End the process and what it started; safe to call again."""
        kill(self.process)
        self._reader.join(1)
        self.keep_output()
        if self._folder is not None:
            remove(self._folder / SCRATCH)

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *ignored: object) -> None:
        self.close()


def started() -> subprocess.Popen[bytes]:
    """The worker's process, just begun; the three streams are pipes."""
    return start(
        "checks.engine.training.worker", variables=VARIABLES, hides_secrets=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def note(folder: Path, state: str, problem: str = "") -> None:
    """Write into `state.json` how a running run ended whose process can't; as far as that works.

    The books themselves, how far it came, are left as they are.
    """
    path = folder / "state.json"
    with contextlib.suppress(OSError, KeptError, ValueError, TypeError, KeyError, RecursionError):
        held = json.loads(read_plain(path, run_store.MAX_TEXT))
        if held["state"] == "running":
            content = held | {"state": state, "problem": problem}
            replace(path, (json.dumps(content, indent=2) + "\n").encode())


def checked(line: bytes) -> Event | None:
    """An event with the fields that it should have; None for anything else.

    Learners' code shares the process, and could write whatever it likes.
    """
    try:
        event: Event = json.loads(line)
        fields = FIELDS[event["event"]].items()
        return event | {name: msgspec.convert(event[name], kind) for name, kind in fields}
    except (ValueError, TypeError, KeyError, RecursionError, msgspec.ValidationError):
        return None
