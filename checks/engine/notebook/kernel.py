"""The kernel's side of a notebook: which cells were run, and where output goes.

Everything that is asked of IPython is asked here. The learner's definitions are read from the
text of the cells that were run, never from the objects in the kernel: what is checked is what the
cells say.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checks.engine.errors import FileError, UsageError
from checks.engine.learner.notebook import Cell, cells
from checks.engine.notebook.view import Shown


@dataclass
class Kernel:
    """IPython's shell, with what is known of its cells; `times` say when each was run."""

    shell: Any
    times: dict[int, float] = field(default_factory=dict)
    failed: set[int] = field(default_factory=set)

    def executed(self) -> list[Cell]:
        """The cells that were run, in the order of their runs; their numbers are the kernel's."""
        texts = self.shell.history_manager.input_hist_raw
        return [
            Cell(number, str(text))
            for number, text in enumerate(texts)
            if number and str(text).strip() and number not in self.failed
        ]

    def after_cell(self, result: Any) -> None:
        """Remember when a cell was run, and whether it was no Python at all."""
        number = getattr(result, "execution_count", None)
        if isinstance(number, int):
            self.times[number] = time.time()
            if result.error_before_exec is not None:
                self.failed.add(number)

    def saved_cells(self) -> tuple[list[Cell], float]:
        """The notebook's cells as they were last saved, and when; none where it can't be found."""
        names = [
            self.shell.user_ns.get("__vsc_ipynb_file__"),
            os.environ.get("JPY_SESSION_NAME"),
        ]
        for name in filter(None, names):
            path = Path(str(name))
            try:
                return cells(path.read_bytes(), path.name), path.stat().st_mtime
            except (OSError, FileError):
                continue
        return [], 0.0

    def cell_id(self) -> str:
        """The id of the cell that runs now, where the notebook says it."""
        kernel = getattr(self.shell, "kernel", None)
        try:
            found = kernel.get_parent("shell")["metadata"]["cellId"] if kernel else ""
        except (AttributeError, KeyError, TypeError, json.JSONDecodeError):
            return ""
        return found if isinstance(found, str) else ""


@dataclass
class Output:
    """One output of the running cell, which can be replaced until the cell ends."""

    handle: Any = None

    def show(self, shown: Shown) -> None:
        """Show this, in place of what this output showed before."""
        from IPython.display import display

        bundle = {"text/html": shown.html, "text/plain": shown.text}
        if self.handle is None:
            self.handle = display(bundle, raw=True, display_id=True)
        else:
            self.handle.update(bundle, raw=True)


def kernel() -> Kernel:
    """The kernel that this code runs in; always the same one.

    Raises:
        UsageError: this is no notebook.
    """
    global _kernel
    ipython = sys.modules.get("IPython")  # where it is not loaded, this is no notebook
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        raise UsageError("This works in a notebook; in a terminal it is python run_checks.py.")
    if _kernel is None or _kernel.shell is not shell:
        _kernel = Kernel(shell)
        shell.events.register("post_run_cell", _kernel.after_cell)
    return _kernel


_kernel: Kernel | None = None
