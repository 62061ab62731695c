"""The command in this process, with one judge that stays loaded: a cold start loads PyTorch twice.

`run` is `python run_checks.py …` but for the process: the same `main`, the same streams, folder and
variables, the same exit status. What a process of its own is about (signals, pipes, a broken
installation) is tested with one; see `test_command.py`. `Copy` does the same for another copy of
the kit: one process for all the commands that are tested in it.
"""

from __future__ import annotations

import atexit
import importlib
import io
import json
import os
import re
import runpy
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from unittest.mock import patch

from checks.engine import cli
from checks.engine.paths import KIT
from checks.engine.processes import SECRET
from checks.engine.runner.session import Judge
from checks.engine.sandbox.worker_process import CAN_FORK
from checks.engine.training import supervisor, worker

LOUD = re.compile("COLOR|COLUMNS|LINES|TERM|TTY|JPY|PYTHONIOENCODING|PYTHONUTF8|PYTEST")


def environment(**extra: str) -> dict[str, str]:
    """This process's, without what changes colours, widths and encodings."""
    return {name: text for name, text in os.environ.items() if not LOUD.search(name)} | extra


PLAIN = environment()


def judge() -> Judge:
    """The judge that all tests of this process share: loaded once, and anew if a test broke it."""
    shared = _judge()
    with patch.dict(os.environ, PLAIN, clear=True):
        shared.start()
    return shared


@cache
def _judge() -> Judge:
    shared = Judge()
    atexit.register(shared.close)
    return shared


class LentJudge:
    """Stands where a command makes a judge of its own: the shared one, which outlives it."""

    def __init__(self, keeps_spare: bool = False) -> None:
        """A spare process is of no use to a judge that stays."""

    def __enter__(self) -> Judge:
        return judge()

    def __exit__(self, *ignored: object) -> None:
        """Nothing ends here."""


def run(
    *arguments: object, cwd: Path = KIT, typed: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """The command's end, with all that it said; never a traceback.

    Args:
        arguments: what stands behind `run_checks.py`.
        cwd: where it runs.
        typed: what comes through a pipe as its standard input.
        variables: of the environment, beside a plain one; PYTHONIOENCODING is obeyed as well.
    """
    return ended(cli.main, arguments, cwd, typed, variables)


def ended(
    main: Callable[[Sequence[str]], int],
    arguments: Sequence[object],
    cwd: Path,
    typed: str,
    variables: Mapping[str, str],
) -> subprocess.CompletedProcess[str]:
    """How a call of `main` with these arguments ends; see `run`."""
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
                status = main(words)
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


def python(*words: object, cwd: Path = KIT, **variables: str) -> subprocess.CompletedProcess[str]:
    """The end of `python FILE …` or `python -m MODULE …`, in this process; see `run`."""
    return ended(run_python, words, cwd, "", variables)


def run_python(words: Sequence[str]) -> int:
    """Run a file or a module; what it imports of the learner's modules is read anew."""
    is_module = words[0] == "-m"
    file, *arguments = words[is_module:]
    place = Path().absolute() if is_module else Path(file).absolute().parent
    with (
        no_solutions_loaded(),
        patch.object(sys, "argv", [file, *arguments]),
        patch.object(sys, "path", [str(place), *sys.path]),
        patch.object(sys, "dont_write_bytecode", True),  # tests edit within a second
    ):
        if is_module:
            runpy.run_module(file, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(file, run_name="__main__")
    return 0


@contextmanager
def no_solutions_loaded() -> Iterator[None]:
    """An import of a learner's module, or of the reference's, reads its file here."""
    names = ("beginner", "intermediate", "advanced", "bonus", "recipes")
    before = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    try:
        yield
    finally:
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(before)


class Copy:
    """A process in a copy of the kit, which runs the copy's commands one after the other.

    With `forks_workers` (on Linux) it has PyTorch loaded, and `train` need not load it anew.
    """

    def __init__(self, kit: Path, forks_workers: bool = False) -> None:
        self.folder = kit
        options = ["forks_workers"] if forks_workers and CAN_FORK else []
        self.process = subprocess.Popen(
            [sys.executable, __file__, *options], cwd=kit,
            env=environment(PYTHONPATH=str(kit), PYTHONHASHSEED="0"),  # a worker's is 0
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """The end of `python run_checks.py …` in the copy's folder; see `run`."""
        return self.python("run_checks.py", *arguments, **variables)

    def python(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """The end of `python …` in the copy's folder; see `python`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([arguments, variables]) + "\n")
        self.process.stdin.flush()
        return subprocess.CompletedProcess(arguments, *json.loads(self.process.stdout.readline()))

    def __enter__(self) -> Copy:
        return self

    def __exit__(self, *ignored: object) -> None:
        self.process.communicate(timeout=60)


def serve() -> None:
    """The other end of a `Copy`: commands come in and how they ended goes out, line by line."""
    if "forks_workers" in sys.argv:
        importlib.import_module("checks.engine.training.job")
        importlib.import_module("torch._dynamo")  # what the first optimizer loads
        supervisor.started = forked_worker
    for line in sys.stdin:
        (first, *arguments), variables = json.loads(line)
        try:
            if first == "run_checks.py":
                done = run(*arguments, **variables)
            else:
                done = python(first, *arguments, **variables)
        except Exception:  # as a process of its own would end; the next command finds this one
            done = subprocess.CompletedProcess(arguments, 1, "", traceback.format_exc())
        print(json.dumps([done.returncode, done.stdout, done.stderr]), flush=True)


def forked_worker() -> subprocess.Popen[bytes]:
    """A worker as `supervisor.started` begins it, but forked from this process.

    The function that runs in the child, right before a program would begin there, never returns.
    """

    def train() -> None:
        os.closerange(3, 256)  # with the pipe at which this process waits for the program's begin
        hidden = [name for name in os.environ if SECRET.search(name)]
        for name in hidden:
            del os.environ[name]
        os.environ.update(supervisor.VARIABLES)
        sys.stdout, sys.stderr = (
            io.TextIOWrapper(io.FileIO(handle, "w"), "utf-8", "replace", write_through=True)
            for handle in (1, 2)
        )
        worker.main()
        os._exit(0)

    pipe = subprocess.PIPE
    return subprocess.Popen("true", cwd=KIT, stdin=pipe, stdout=pipe, stderr=pipe,
                            start_new_session=True, preexec_fn=train)  # fmt: skip


if __name__ == "__main__":
    serve()
