"""The checks inside a real kernel: what was run is what is checked, and a loop can be stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checks.engine.learner.notebook import cells
from checks.engine.notebook.writer import notebook
from checks.selftest.terminals import copy_kit

pytest.importorskip("ipykernel", reason="ipykernel is not installed")
PART = "def noise_statistics(noise):\n    return float(noise.mean()), float({})"


class Kernel:
    """A kernel to run cells in; `run` returns what the last output of a cell shows."""

    def __init__(self, folder: Path) -> None:
        from jupyter_client.manager import (  # type: ignore[import-not-found,unused-ignore]
            KernelManager,
        )

        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(cwd=str(folder))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=120)

    def run(self, code: str, interrupt_when: str = "") -> str:
        shown: list[str] = []

        def hook(message: dict[str, Any]) -> None:
            content = message["content"]
            text = content.get("data", {}).get("text/plain", content.get("text", ""))
            shown.append(text or "\n".join(content.get("traceback", [])))
            if interrupt_when and interrupt_when in text:
                time.sleep(1)  # until the learner's code is what runs
                self.manager.interrupt_kernel()

        self.client.execute_interactive(code, timeout=120, output_hook=hook)
        return next((text for text in reversed(shown) if text), "")

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    made = Kernel(copy_kit(tmp_path / "kit"))
    yield made
    made.close()


def test_what_is_run_is_what_is_checked(kernel: Kernel, tmp_path: Path) -> None:
    setup = next(c.text for c in cells(notebook("beginner"), "") if "Run this cell" in c.text)
    assert kernel.run(setup) == ""
    assert "has not been run yet" in kernel.run('check("noise_statistics")')
    kernel.run(PART.format("noise.var()"))
    found = kernel.run("check()")
    assert "The variance instead of the standard deviation" in found
    file = tmp_path / "kit" / "exercises" / "beginner.py"
    assert "noise.var()" in file.read_text(encoding="utf-8")
    assert "def interpolate_noise" in file.read_text(encoding="utf-8")
    kept = max((file.parent / ".backup").iterdir())
    assert 'NotImplementedError("noise_statistics")' in kept.read_text(encoding="utf-8")
    assert "more: ask again" in kernel.run("hint()")

    kernel.run("def noise_statistics(noise):\n    while True:\n        pass")
    found = kernel.run('check("noise_statistics")', interrupt_when="Checking")
    assert found.startswith("Stopped")
    kernel.run(PART.format("noise.std()"))
    assert "all 2 checks pass" in kernel.run("check()")
    assert kernel.run("1 + 1") == "2"
