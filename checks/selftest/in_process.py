"""The command in this process, with one judge that stays loaded: a cold start is three times PyTorch.

`run` is `python run_checks.py …` but for the process: the same `main`, the same streams, folder and
variables, the same exit status. What a process of its own is about (signals, pipes, a broken
installation, another copy of the kit) is tested with one; see `test_command.py`.
"""

from __future__ import annotations

import atexit
import io
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from unittest.mock import patch

from checks.engine import cli
from checks.engine.links import KIT
from checks.engine.session import Judge

LOUD = re.compile("COLOR|COLUMNS|LINES|TERM|TTY|JPY|PYTHONIOENCODING|PYTHONUTF8|PYTEST")


def environment(**extra: str) -> dict[str, str]:
    """This process's, without what changes colours, widths and encodings."""
    return {name: text for name, text in os.environ.items() if not LOUD.search(name)} | extra


@cache
def judge() -> Judge:
    """The judge that all tests of this process share; loaded once."""
    shared = Judge()
    shared.start()
    atexit.register(shared.close)
    return shared


class LentJudge:
    """Stands where a command makes a judge of its own: the shared one, which outlives it."""

    def __init__(self, keeps_spare: bool = False) -> None:
        self.keeps_spare = keeps_spare

    def __enter__(self) -> Judge:
        shared = judge()
        shared.start()  # anew, if the last command broke it off
        return shared

    def __exit__(self, *ignored: object) -> None:
        """Nothing ends here."""


def run(
    *arguments: object, cwd: Path = KIT, typed: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """The command's end, with all that it said.

    Args:
        arguments: what stands behind `run_checks.py`.
        cwd: where it runs.
        typed: what comes through a pipe as its standard input.
        variables: of the environment, beside a plain one; PYTHONIOENCODING is obeyed as well.
    """
    words: Sequence[str] = [str(argument) for argument in arguments]
    encoding = variables.get("PYTHONIOENCODING", "utf-8")
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding, newline="\n") for _ in range(2))
    before = Path.cwd()
    os.chdir(cwd)
    try:
        with (
            patch.dict(os.environ, environment(**variables), clear=True),
            patch("checks.engine.commands.check.Judge", LentJudge),
            patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode()), "utf-8")),
            patch.object(sys, "stdout", out),
            patch.object(sys, "stderr", err),
        ):
            try:
                status = cli.main(words)
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        os.chdir(before)
    texts = []
    for stream in (out, err):
        stream.flush()
        raw = stream.buffer
        assert isinstance(raw, io.BytesIO)
        texts.append(raw.getvalue().decode(encoding, "replace"))
    assert "Traceback" not in "".join(texts), texts
    return subprocess.CompletedProcess(["run_checks.py", *words], status, *texts)
