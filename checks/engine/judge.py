"""The judge: a process that runs the checks under pytest and reports each verdict as it falls.

Started by `session.py` with a folder for all temporary files. It reads one JSON object a line,
`{"tiers": […], "solutions": …, "seed": …}`, runs these tiers' checks, and writes one JSON object a
line: `collected` (the list of checks), `running`, `verdict`, at last `end`. It goes on until its
input ends, so one judge serves many runs with everything loaded; when its input ends in the middle
of a run, the run and all its processes end with it. No learner's code ever runs here.
"""

from __future__ import annotations

import dataclasses
import json
import os
import queue
import shutil
import signal
import sys
import tempfile
import threading
from typing import Any, TextIO

from checks.engine import sandbox
from checks.engine.sandbox import KIT


class Reporter:
    """The pytest plugin that turns reports into events."""

    def __init__(self, events: TextIO) -> None:
        self.events = events

    def send(self, event: str, **content: Any) -> None:
        self.events.write(json.dumps({"event": event, **content}) + "\n")
        self.events.flush()

    def pytest_collection_finish(self, session: Any) -> None:
        from checks.conftest import described

        marked = [item for item in session.items if item.get_closest_marker("check")]
        self.send("collected", checks=[dataclasses.asdict(described(item)) for item in marked])

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            last = (str(report.longrepr).strip().splitlines() or [""])[-1]
            self.send("infra", message=f"The checks do not load: {last.rstrip('.')}.")

    def pytest_runtest_logstart(self, nodeid: str, location: Any) -> None:
        self.send("running", check=nodeid.split("/")[-1])

    def pytest_runtest_logreport(self, report: Any) -> None:
        verdict = getattr(report, "verdict", None)
        if verdict is not None:
            self.send("verdict", verdict=verdict.to_json())


def run(request: dict[str, Any], events: TextIO) -> None:
    """Run the request's tiers."""
    import pytest

    from checks.engine.training_images import UnusableDataError, use

    reporter = Reporter(events)
    try:
        use(request["data"])
    except UnusableDataError as error:
        reporter.send("usage", message=str(error))
        return
    files = [str(KIT / "checks" / f"test_{tier}.py") for tier in request["tiers"]]
    options = ["-p", "no:terminal", "-p", "no:cacheprovider", "--assert=plain", "-s"]
    options += [f"--rootdir={KIT}", "-c", str(KIT / ".pytest.ini")]
    options += [f"--solutions={request['solutions']}", f"--seed={request['seed']}"]
    options += [f"--data={request['data']}"] if request["data"] else []
    code = pytest.main([*options, *files], plugins=[reporter])
    reporter.send("end", code=int(code))


def listen(requests: queue.SimpleQueue[str], scratch: str) -> None:
    """Pass the requests on; when there can be no more, end this process and its children."""
    for line in sys.stdin:
        requests.put(line)
    sandbox.shared().close()
    shutil.rmtree(scratch, ignore_errors=True)
    os._exit(0)


def main() -> None:
    """Serve the requests that come on standard input; `sys.argv[1]` is the folder."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = sys.argv[1]
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sandbox.shared().start()
    requests: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=listen, args=(requests, sys.argv[1]), daemon=True).start()
    while True:
        run(json.loads(requests.get()), events)


if __name__ == "__main__":
    main()
