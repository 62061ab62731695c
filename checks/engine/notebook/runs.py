"""`train` and `report` in a notebook: a run of the command, and its samples as pictures."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Sequence

from checks.engine.notebook.kernel import Output
from checks.engine.notebook.view import Page, Picture, shown
from checks.engine.paths import KIT, short
from checks.engine.plain_text import inert
from checks.engine.report import write_report
from checks.engine.report.pictures import address, sheet
from checks.engine.training import run_store

LINES_SHOWN = 12
PICTURES_SHOWN = 4
REDRAWN_SECONDS = 0.2
Value = str | int | float | bool


def trained(options: dict[str, Value]) -> None:
    """Run the command `train` with these options, and show what it says as it says it."""
    output = Output()
    lines: list[str] = []
    drawn = 0.0
    variables = {name: text for name, text in os.environ.items() if name != "FORCE_COLOR"}
    variables |= {"PYTHONIOENCODING": "utf-8", "NO_COLOR": "1", "COLUMNS": "100"}
    with subprocess.Popen(
        [sys.executable, "-u", str(KIT / "run_checks.py"), "train", *arguments(options)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        encoding="utf-8", errors="replace", env=variables,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            for line in process.stdout:
                lines.append(inert(line.rstrip()))
                if time.monotonic() - drawn > REDRAWN_SECONDS:
                    output.show(shown(Page("Training …", code="\n".join(lines[-LINES_SHOWN:]))))
                    drawn = time.monotonic()
        except KeyboardInterrupt:
            with contextlib.suppress(KeyboardInterrupt):
                process.terminate()
                process.wait()
            lines.append("Stopped. train(resume=NAME) goes on where it was.")
    run = run_store.latest() if process.returncode == 0 else None
    pictures = pictures_of(run) if run else ()
    output.show(shown(Page(code="\n".join(lines[-40:]), pictures=pictures)))


def arguments(options: dict[str, Value]) -> list[str]:
    """Options as the command takes them: `batch_size=32` becomes `--batch-size 32`."""
    found = []
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        if value is not False:
            found += [flag] if value is True else [flag, str(value)]
    return found


def reported(name: str) -> None:
    """Write a run's report, and show its samples and where it is."""
    run = run_store.find(name) if name else run_store.latest()
    if run is None:
        Output().show(shown(Page(notes=["There is no run yet: train() makes one."])))
        return
    path = write_report(run)
    said = f"All there is to see of it is in {short(path)}; open it in a browser."
    Output().show(shown(Page(f"Run {run.name}", notes=[said], pictures=pictures_of(run))))


def pictures_of(run: run_store.Run) -> Sequence[Picture]:
    """A run's samples after some of its epochs, the last one among them."""
    files = run_store.samples(run)
    epochs = sorted(files)
    step = max(1, -(-len(epochs) // PICTURES_SHOWN))
    chosen = epochs[::-1][::step][::-1]
    return [
        Picture(f"epoch {epoch}", address(sheet(run_store.load_samples(files[epoch])["grid"])))
        for epoch in chosen
    ]
