"""The judge: a process that runs the checks under pytest and reports each verdict as it falls.

Started by `session.py` with a folder for all temporary files. It reads one JSON object a line:
`{"run": 1, "tiers": […], "checks": […], "solutions": …, "seed": …, "data": …, "spare": …}` runs
these tiers' checks, or, where checks are named, these alone and in this order; `{"cancel": 1}`
breaks that run off. It writes one JSON object a line: `collected` (the list of checks), `running`,
`verdict`, at last `end`. It goes on until its input ends, so one judge serves many runs with
everything loaded; when its input ends in the middle of a run, the run and all its processes end
with it. No learner's code ever runs here.
"""

from __future__ import annotations

import dataclasses
import gc
import json
import os
import queue
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from checks.engine.errors import DataError
from checks.engine.files import remove
from checks.engine.paths import CHECKS, KIT
from checks.engine.sandbox import client as sandbox
from checks.engine.sandbox.solution import Submission


@dataclass
class Orders:
    """What has come in: requests still to be served, and the last run that was cancelled."""

    requests: queue.SimpleQueue[dict[str, Any]] = field(default_factory=queue.SimpleQueue)
    running: int = 0
    cancelled: int = 0

    def take(self, line: str) -> None:
        """Note one line of input."""
        message = json.loads(line)
        if "cancel" not in message:
            self.requests.put(message)
            return
        self.cancelled = int(message["cancel"])
        if self.running == self.cancelled:
            for box in (*sandbox.side_by_side(), sandbox.shared()):
                box.interrupt()


class Reporter:
    """The pytest plugin that turns reports into events."""

    def __init__(self, events: TextIO, orders: Orders, number: int) -> None:
        self.events, self.orders, self.number = events, orders, number

    def send(self, event: str, **content: Any) -> None:
        self.events.write(json.dumps({"event": event, **content}) + "\n")
        self.events.flush()

    def pytest_collection_finish(self, session: Any) -> None:
        from checks.engine.course.check import described  # pytest is loaded by now

        marked = [item for item in session.items if item.get_closest_marker("check")]
        self.send("collected", checks=[dataclasses.asdict(described(item)) for item in marked])

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            last = (str(report.longrepr).strip().splitlines() or [""])[-1]
            self.send("infra", message=f"The checks do not load: {last.rstrip('.')}.")

    @property
    def is_cancelled(self) -> bool:
        """Whether nobody waits for this run any more."""
        return self.orders.cancelled >= self.number

    def pytest_runtest_protocol(self, item: Any) -> bool | None:
        if self.is_cancelled:
            item.session.shouldstop = "cancelled"
            return True  # as if it had been run
        return None

    def pytest_runtest_logstart(self, nodeid: str, location: Any) -> None:
        self.send("running", check=nodeid.split("/")[-1])

    def pytest_runtest_logreport(self, report: Any) -> None:
        verdict = getattr(report, "verdict", None)
        if verdict is not None and not self.is_cancelled:
            self.send("verdict", verdict=verdict.to_json())


def run(request: dict[str, Any], events: TextIO, orders: Orders) -> None:
    """Run the request's tiers, or the checks that it names."""
    import pytest

    from checks.engine.data.training_images import use

    sandbox.shared().keeps_spare = bool(request.get("spare"))
    reporter = Reporter(events, orders, request["run"])
    try:
        use(request["data"])
    except DataError as error:
        reporter.send("usage", message=str(error))
        return
    names = request["checks"] or [f"test_{tier}.py" for tier in request["tiers"]]
    tiers = dict.fromkeys(name.split(".py")[0].removeprefix("test_") for name in names)
    _load_meanwhile(tiers, Path(request["solutions"]))
    files = [str(CHECKS / name) for name in names]
    options = ["-p", "no:terminal", "-p", "no:cacheprovider", "--assert=plain", "-s"]
    options += ["-p", "no:unraisableexception"]  # it looks through all objects ten times a run
    options += [f"--rootdir={KIT}", "-c", str(KIT / ".pytest.ini")]
    options += ["-o", "addopts=--import-mode=importlib"]  # without what only the self-tests need
    options += [f"--solutions={request['solutions']}", f"--seed={request['seed']}"]
    options += [f"--data={request['data']}"] if request["data"] else []
    code = pytest.main([*options, *files], plugins=[reporter])
    reporter.send("end", code=int(code), isolation=sandbox.shared().missing())


def _load_meanwhile(tiers: Iterable[str], folder: Path) -> None:
    """Begin to load what these tiers need, in the order in which it will be asked for.

    Without fork there is nobody to do it: the process that loads is the one that is asked.
    """
    if sandbox.shared().method != "fork":
        return
    files = Submission(folder, sandbox.shared())
    first = next(iter(tiers), "")

    def load() -> None:
        for tier in tiers:
            files.preload(tier)
            if tier == first:
                for box in sandbox.side_by_side():
                    files.through(box).preload(tier)
            time.sleep(0.01)  # whoever waits for this process has it now, before the next tier

    threading.Thread(target=load, daemon=True).start()


def listen(orders: Orders, scratch: str) -> None:
    """Take the orders; when there can be no more, end this process and its children."""
    for line in sys.stdin:
        orders.take(line)
    for box in (*sandbox.side_by_side(), sandbox.shared()):
        box.close()
    remove(Path(scratch))
    os._exit(0)


def main() -> None:
    """Serve the requests that come on standard input; `sys.argv[1]` is the folder."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = sys.argv[1]
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sandbox.shared().start()
    orders = Orders()
    threading.Thread(target=listen, args=(orders, sys.argv[1]), daemon=True).start()
    while True:
        request = orders.requests.get()
        orders.running = request["run"]
        run(request, events, orders)
        gc.collect()  # evidence that errors and their frames hold on to
        gc.freeze()  # what is left stays, and need not be looked through again


if __name__ == "__main__":
    main()
