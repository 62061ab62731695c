"""The sandbox: however the learner's code ends, that is an ordinary outcome, and the next run is
not touched by it."""

from __future__ import annotations

import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from checks.engine.errors import SandboxError
from checks.engine.paths import KIT, REFERENCE
from checks.engine.sandbox.client import CAN_FORK, Limits, Sandbox
from checks.selftest.sandboxes import HONEST, QUICK, Bench, bench, open_handles, running, soon

METHODS = ["fork", "serve"] if CAN_FORK else ["serve"]
on_linux = pytest.mark.skipif(not CAN_FORK, reason="Linux's own")


@pytest.fixture(scope="module")
def benches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Bench]]:
    """A bench of each kind; its process starts with its first run."""
    with ExitStack() as open_ones:
        yield {
            method: open_ones.enter_context(bench(tmp_path_factory.mktemp(method), method))
            for method in METHODS
        }


@pytest.fixture(scope="module", params=METHODS)
def either(request: pytest.FixtureRequest, benches: dict[str, Bench]) -> Bench:
    """A bench of either kind."""
    return benches[request.param]


@pytest.fixture(scope="module")
def one(benches: dict[str, Bench]) -> Bench:
    """A bench of this system's kind."""
    return benches[METHODS[0]]


# How a run ends, where that breaks nothing: these cost little in either kind.
ENDINGS = {
    "a value": (HONEST, "ok", ""),
    "no such part": ("came = 1", "error", "MissingPartError"),
    "an exception": ("def go(): return 1 / 0", "error", "ZeroDivisionError"),
    "an exception at import": ("1 / 0", "error", "ZeroDivisionError"),
    "exit in a call": ("def go(): raise SystemExit(3)", "exit", "SystemExit"),
    "exit at import": ("import sys; sys.exit()", "exit", "SystemExit"),
    "an interrupt": ("def go(): raise KeyboardInterrupt", "error", "KeyboardInterrupt"),
    "no end of recursion": ("def go(): return go()", "error", "RecursionError"),
    "input": ("def go(): return input()", "error", "EOFError"),
    "an exception group": ("def go(): raise NameError('ExceptionGroup')"
                           if sys.version_info < (3, 11) else
                           "def go(): raise ExceptionGroup('two', [ValueError(), TypeError()])",
                           "error", "NameError|ExceptionGroup"),
    "a name that shadows": ("class NotImplementedError(Exception): pass\n"
                            "def go(): raise NotImplementedError", "error", "NotImplementedError"),
    "text that raises": ("class Odd(Exception):\n"
                         "    def __str__(self): raise ValueError\n"
                         "def go(): raise Odd", "error", "Odd"),
    "text that exits": ("class Odd(Exception):\n"
                        "    def __str__(self): raise SystemExit\n"
                        "def go(): raise Odd", "exit", "SystemExit"),
    "text that is none": ("class Odd(Exception):\n"
                          "    def __str__(self): return 3\n"
                          "def go(): raise Odd", "error", "Odd"),
    "text of 10 MB": ("def go(): raise ValueError('a' * 10**7)", "error", "ValueError"),
    "a syntax error": ("def go(:", "error", "SyntaxError"),
    "no indentation": ("def go():\nreturn 1", "error", "IndentationError"),
    "null bytes": (b"def go():\n    return '\0'", "error", "SyntaxError|ValueError"),
    "Latin-1": ("x = 'ä'".encode("latin-1"), "error", "SyntaxError"),
    "a byte order mark": (b"\xef\xbb\xbfdef go(): return 42", "ok", ""),
    "an empty file": ("", "error", "MissingPartError"),
    "a missing package": ("import no_such_package", "error", "ModuleNotFoundError"),
    "memory": ("import numpy\ndef go(): return numpy.ones(2**42)", "memory", "MemoryError"),
    "much that is returned": ("import torch\ndef go(): return torch.zeros(1).expand(10**10)",
                              "oversized", ""),
    "a list in itself": ("def go():\n    a = []\n    a.append(a)\n    return a", "oversized", ""),
    "a large graph": ("import torch\ndef go():\n"
                      "    x = torch.ones(1, requires_grad=True)\n"
                      "    for _ in range(20_000): x = x + 1\n"
                      "    return x", "ok", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDINGS)
def test_every_ending_has_its_outcome(either: Bench, name: str) -> None:
    source, status, error = ENDINGS[name]
    outcome = either.run(source)
    assert outcome.status == status
    assert (outcome.error.type if outcome.error else "") in error.split("|")
    assert len(outcome.error.message if outcome.error else "") <= 2000


# How a process is broken: in the served kind each costs a fresh one, so only some run there.
BREAKS = {
    "os._exit": ("import os\ndef go(): os._exit(0)", "crashed"),
    "os._exit at import": ("import os; os._exit(0)", "crashed"),
    "a segmentation fault": ("import ctypes\ndef go(): ctypes.string_at(0)", "crashed"),
    "abort": ("import os\ndef go(): os.abort()", "crashed"),
    # The first process in a namespace gets no signal from within; elsewhere it ends the process.
    "its own signal": ("import os\ndef go(): os.kill(os.getpid(), 9)", "crashed|ok"),
    "an endless loop": ("def go():\n    while True: pass", "timeout"),
    "an endless import": ("while True: pass", "timeout"),
    "a sleep": ("import time\ndef go(): time.sleep(100)", "timeout"),
    "a loop that catches all": ("def go():\n    while True:\n        try:\n"
                                "            raise SystemExit\n"
                                "        except BaseException: pass", "timeout"),
    "threads left running": ("from threading import Thread\nimport time\ndef go():\n"
                             "    for _ in range(9): Thread(target=time.sleep, args=[60]).start()\n"
                             "    return 42", "ok"),
    "a flood on the screen": ("def go():\n    while True: print('flood' * 10_000)", "timeout"),
}  # fmt: skip
IN_SERVE = ("os._exit", "a segmentation fault", "an endless loop", "threads left running")


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_process_meets_no_other_run(either: Bench, name: str) -> None:
    if CAN_FORK and either.sandbox.method == "serve" and name not in IN_SERVE:
        pytest.skip("where there is fork, the other kind is tried on some only")
    source, status = BREAKS[name]
    outcome = either.run(source, limits=Limits(seconds=1))
    assert outcome.status in status.split("|")
    assert len(outcome.output) <= 2**16
    assert either.honest()


PATCHES = {
    "torch.allclose": "import torch; torch.allclose = lambda *_, **__: True",
    "json.dumps": "import json; json.dumps = lambda *_, **__: '[1]'",
    "builtins": "import builtins; builtins.isinstance = lambda *_: True",
    "the wire format": "import sys; [setattr(m, 'pack', lambda v: b'x') "
    "for n, m in sys.modules.items() if n.endswith('.wire')]",
    "the probes": "import sys; sys.modules['checks.probes'].returned = lambda *_, **__: ['mine']",
    "the streams": "import sys, io; sys.stdout = sys.stderr = io.StringIO()",
    "the way to modules": "import sys; sys.path.clear(); sys.meta_path.clear()",
    "the kit's modules": "import sys\n"
                         "for m in list(sys.modules):\n    if 'checks' in m: del sys.modules[m]",
    "the working folder": "import os, shutil; shutil.rmtree(os.getcwd())",
    "the handles": "import os; os.closerange(0, 50)",
    "PyTorch's defaults": "import torch; torch.set_default_dtype(torch.float64)\n"
                          "torch.set_grad_enabled(False)",
}  # fmt: skip


@on_linux
@pytest.mark.parametrize("name", PATCHES)
def test_what_a_run_patches_ends_with_it(one: Bench, name: str) -> None:
    one.run(f"{PATCHES[name]}\n{HONEST}")
    assert one.honest()
    clean = one.run("import torch\ndef go(): return torch.ones(1, requires_grad=True) * 2")
    assert (clean.evidence[0].dtype, clean.evidence[0].requires_grad) == ("float32", True)


def test_accidents_with_global_settings_end_with_their_run(either: Bench) -> None:
    either.run("\n".join([PATCHES["the streams"], PATCHES["PyTorch's defaults"], HONEST]))
    clean = either.run("""
        import torch
        def go():
            print("heard")
            return torch.ones(1, requires_grad=True) * 2
    """)
    assert (clean.evidence[0].dtype, clean.evidence[0].requires_grad) == ("float32", True)
    assert clean.output.strip() == "heard"


def test_what_is_printed_is_kept_up_to_a_bound(either: Bench) -> None:
    outcome = either.run("""
        import sys
        def go():
            print("first ü")
            print("x" * 10**7)
            print("last", file=sys.stderr)
    """)
    assert outcome.status == "ok"
    assert outcome.output.startswith("first ü")
    assert len(outcome.output.encode()) <= 2**16


def test_the_learners_own_lines_are_named(either: Bench) -> None:
    (either.folder / "helper.py").write_text("def broken():\n    raise ValueError('here')\n")
    outcome = either.run("import helper\n\n\ndef go():\n    helper.broken()\n")
    (either.folder / "helper.py").unlink()
    assert outcome.error is not None
    assert [(Path(file).name, line, name) for file, line, name in outcome.error.frames] == [
        ("beginner.py", 5, "go"),
        ("helper.py", 2, "broken"),
    ]
    assert outcome.error.raised_by_learner
    inside = either.run("import torch\ndef go():\n    torch.ones(2) @ torch.ones(3)\n").error
    assert inside is not None
    assert [line for _, line, _ in inside.frames] == [3]


def test_a_kits_module_cannot_be_imported_and_the_kit_is_not_on_the_path(either: Bench) -> None:
    for module in ("checks.engine.sandbox.client", "checks.engine.cli",
                   "checks.test_beginner", "checks.conftest", "reference",
                   "checks.mistakes", "run_checks", "exercises.beginner"):  # fmt: skip
        outcome = either.run(f"def go(): import {module}")
        assert outcome.error is not None
        assert outcome.error.type in ("ModuleNotFoundError", "ImportError"), module
    seen = either.run("import os, sys\ndef go(): return [os.path.realpath(p) for p in sys.path]")
    assert str(KIT) not in seen.evidence[0]
    assert str(REFERENCE) not in seen.evidence[0]


def test_learners_files_may_be_named_like_other_modules(tmp_path: Path) -> None:
    for name in ("checks", "probes", "json", "torch", "wire", "statistics", "conftest", "random"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('the learner')\n")
    (tmp_path / "a.py").write_text("import b\n")
    (tmp_path / "b.py").write_text("import a\n")
    with bench(tmp_path, METHODS[0]) as own:
        assert own.honest()
        assert own.run(f"import torch, json, a\n{HONEST}").evidence == [42]
        assert own.run("from b import nothing").error is not None
        for name in ("probes", "wire", "checks"):
            assert own.run(f"import {name}\n{HONEST}").status in ("ok", "error")


@pytest.mark.parametrize("name", ["with space", "[brackets]", "ünïcode 数", "semi;colon", "a%20b"])
def test_the_folder_may_have_any_name(one: Bench, tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    own = Bench(folder, one.sandbox)
    assert own.honest()
    error = own.run("def go(): raise NotImplementedError('go')").error
    assert error is not None
    assert error.raised_by_learner
    assert Path(error.frames[0][0]).samefile(folder / "beginner.py")


@on_linux
def test_the_folder_may_be_a_link_relative_or_oddly_encoded(
    one: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/M\xfcller"))
    odd.mkdir()
    (tmp_path / "link").symlink_to(odd)
    monkeypatch.chdir(tmp_path)
    for folder in (odd, tmp_path / "link", Path("link")):
        assert Bench(folder, one.sandbox).honest()


def test_a_process_killed_between_two_requests_is_replaced(either: Bench) -> None:
    assert either.honest()
    link = either.sandbox._link
    assert link is not None
    link.process.kill()
    link.process.wait()
    assert either.honest()


@on_linux
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_killed_during_a_request_costs_that_request_only(
    one: Bench, number: signal.Signals
) -> None:
    assert one.honest()
    link = one.sandbox._link
    assert link is not None
    killer = subprocess.Popen(["sh", "-c", f"sleep 0.5; kill -{int(number)} {link.process.pid}"])
    outcome = one.run("import time\ndef go(): time.sleep(60)", limits=Limits(seconds=15))
    killer.wait()
    assert outcome.status == "crashed"
    assert outcome.seconds < 10
    assert one.honest()


def test_a_process_that_cannot_start_is_the_kits_fault(
    one: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false" if os.name == "posix" else "where")
    for method in METHODS:
        broken = Bench(one.folder, Sandbox(method))
        with pytest.raises(SandboxError, match="does not start"):
            broken.honest()


@on_linux
def test_many_runs_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = f"GAN_KIT_MARK={uuid.uuid4()}"
    monkeypatch.setenv(*mark.split("="))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with bench(tmp_path / "solutions", "fork") as own:
        own.sandbox.preload(())
        assert own.honest()
        before = open_handles()
        for number in range(50):
            own.run(["def go(): 1 / 0", "import os; os._exit(1)", HONEST][number % 3], limits=QUICK)
        assert open_handles() == before
        link = own.sandbox._link
        assert link is not None
        assert soon(lambda: len(running(mark)) == (1 if link.missing else 2))
        process = link.process
    assert process.poll() is not None
    assert [path.name for path in tmp_path.iterdir()] == ["solutions"]


def test_a_spare_takes_the_place_of_a_spent_process(tmp_path: Path) -> None:
    with bench(tmp_path / "solutions", "serve") as served:
        served.sandbox.keeps_spare = True
        served.sandbox.start()
        spare = served.sandbox._spare
        assert spare is not None
        assert served.run("import os\ndef go():\n    os._exit(1)\n").status == "crashed"
        assert served.sandbox._link is spare
        assert served.honest()
        last = served.sandbox._spare
        assert last is not None
        assert last is not spare
    assert all(process.process.poll() is not None for process in (spare, last))


MOVED = """
from checks.engine.sandbox.huge_pages import collapsing
def huge():
    with open("/proc/self/smaps_rollup") as rollup:
        return next(int(line.split()[1]) for line in rollup if line.startswith("AnonHuge"))
held = [bytearray(b"%d" % n) * 100_000 for n in range(10, 100)]
before = huge()
steps = sum(1 for _ in collapsing())
assert [bytes(each[:2]) for each in held] == [b"%d" % n for n in range(10, 100)]
print(steps > 0, huge() > before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's memory maps")
def test_memory_moves_to_huge_pages_as_it_is_where_there_are_any() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MOVED], cwd=KIT, capture_output=True, text=True, check=True
    )
    moved = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if not moved.exists() or "[never]" in moved.read_text() or kernel() < (6, 1):
        return
    assert done.stdout.split() == ["True", "True"]


def kernel() -> tuple[int, ...]:
    """Linux's version."""
    return tuple(int(part) for part in re.findall(r"\d+", platform.release())[:2])
