"""What a submission may try on its own grading: to void it, to stretch it, to repeat old answers;
and on the command that trains it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checks.engine.commands.common import folder as folder_of
from checks.engine.course.check_errors import CheckEndedError
from checks.engine.course.verdict import Status, Verdict
from checks.engine.errors import KeptError, UsageError, WireError
from checks.engine.files import read_plain, remove, replace
from checks.engine.paths import KIT, REFERENCE, tiers
from checks.engine.runner.session import Judge
from checks.engine.sandbox import isolation, landlock, seccomp, wire
from checks.engine.sandbox.client import CAN_FORK, Limits, Outcome, Sandbox
from checks.engine.sandbox.solution import Budget, Solution, Submission
from checks.engine.training.supervisor import Supervisor, note
from checks.selftest.mutants import checks_of

on_linux = pytest.mark.skipif(not CAN_FORK, reason="what only Linux has")
posix = pytest.mark.skipif(os.name != "posix", reason="links and pipes are POSIX's")


def copied(folder: Path) -> Path:
    """The reference's files in a folder of a student's."""
    folder.mkdir(parents=True)
    for path in REFERENCE.glob("*.py"):
        shutil.copy(path, folder)
    return folder


def counted(verdicts: list[Verdict]) -> dict[Status, int]:
    """How many checks ended in each way."""
    return {s: n for s in Status if (n := sum(each.status is s for each in verdicts))}


# Voiding it ---------------------------------------------------------------------------------------


@posix
def test_no_file_of_a_submission_is_the_kits_fault(tmp_path: Path) -> None:
    """A link to itself, one to a pipe, a folder, a pipe."""
    folder = copied(tmp_path / "hostile")
    for tier in ("beginner", "intermediate", "advanced", "bonus"):
        (folder / f"{tier}.py").unlink()
    (folder / "beginner.py").symlink_to("beginner.py")
    os.mkfifo(folder / "intermediate.py")
    (folder / "advanced.py").mkdir()
    (folder / "bonus.py").symlink_to("intermediate.py")
    with Judge() as judge:
        verdicts = judge.run(["beginner", "intermediate", "advanced", "bonus"], folder)
    assert len(verdicts) > 100
    assert Status.INFRA not in counted(verdicts)
    assert Status.PASSED not in counted(verdicts)


@posix
def test_removal_is_iterative_and_leads_nowhere_else(tmp_path: Path) -> None:
    kept, folder = tmp_path / "kept", tmp_path / "deep"
    kept.mkdir()
    (kept / "file").write_text("kept")
    folder.mkdir()
    program = (
        f"import os\nos.symlink({str(kept)!r}, 'link')\nos.mkdir('shut'); os.chmod('shut', 0)\n"
        "for n in range(3000):\n    os.mkdir('d' * 50); os.chdir('d' * 50)\n"
        f"    os.symlink({str(kept)!r}, 'link')\n    open('file', 'w').close()\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=folder, check=True)
    remove(folder)
    assert not folder.exists()
    (tmp_path / "link").symlink_to(kept)
    remove(tmp_path / "link")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (kept / "file").read_text() == "kept"


def test_arrays_of_a_message_have_bytes_of_their_own() -> None:
    import numpy as np

    message = wire.pack([np.zeros(100), np.ones(100)])
    assert len(wire.unpack(message)) == 2
    text = json.dumps({"$list": [{"$array": [0, "float64", [100], "array", False, ""]}] * 2})
    body = bytes(800)
    made_up = wire.HEADER.pack(wire.MAGIC, len(text), len(body)) + text.encode() + body
    with pytest.raises(WireError):
        wire.unpack(made_up)


# Stretching it ------------------------------------------------------------------------------------


class Slow(Sandbox):
    """A sandbox whose probes end as told, at once."""

    def __init__(self, *outcomes: Outcome) -> None:
        super().__init__("fork")
        self.outcomes = list(outcomes)
        self.asked: list[object] = []

    def preload(self, modules: object, tier: str = "") -> None:
        """There is nothing to load."""

    def run(self, *arguments: object, **named: object) -> Outcome:
        """The next one, and then the last one again and again."""
        self.asked.append(arguments[2])
        return self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]


def asked(submission: Submission, number: int) -> Outcome:
    return submission.ask("beginner", "go", "returned", {"n": number}, Limits())


def test_an_import_that_hangs_is_waited_for_once(tmp_path: Path) -> None:
    box = Slow(Outcome("timeout", seconds=8, cpu=8.0))
    submission = Submission(tmp_path, box)
    assert {asked(submission, n).detail for n in range(20)} == {"import"}
    assert box.asked == ["imported"]


def test_a_submission_has_a_budget_of_time(tmp_path: Path) -> None:
    """What computes pays in CPU time, what sleeps a third of the clock."""
    box = Slow(Outcome("ok", seconds=1, cpu=0.1), Outcome("ok", seconds=90, cpu=50.0))
    submission = Submission(tmp_path, box)
    found = [asked(submission, n) for n in range(20)]
    assert [each.detail for each in found] == [""] * 5 + ["budget"] * 15
    assert len(box.asked) == 6
    budget = Budget()
    for _ in range(12):
        budget.charge(Outcome("ok", seconds=60, cpu=0.0))
    assert budget.is_spent


@on_linux
def test_a_busy_machine_costs_nobody(tmp_path: Path) -> None:
    """The limit is of CPU time; the clock only ends what waits."""
    (tmp_path / "beginner.py").write_text(
        "import time\ndef go():\n    time.sleep(2)\n    return 1\n"
        "def busy():\n    end = time.process_time() + 60\n"
        "    while time.process_time() < end: pass\n"
    )
    box = Sandbox("fork")
    try:
        limits = Limits(seconds=1)
        patient, busy = (
            box.run(tmp_path, "beginner", "returned", {"function": name, "calls": [{}]},
                    limits=limits)
            for name in ("go", "busy")
        )  # fmt: skip
        devices = box.run(tmp_path, "beginner", "imported", {})
    finally:
        box.close()
    assert (patient.status, busy.status, devices.status) == ("ok", "timeout", "ok")
    assert patient.cpu is not None
    assert patient.cpu < 1


def test_an_accelerator_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "beginner.py").write_text(
        "import torch\ndef go():\n"
        "    device = 'cuda' if torch.cuda.is_available() else 'cpu'\n"
        "    return [device, torch.backends.mps.is_available(), torch.ones(1).to(device)]\n"
    )
    box = Sandbox()
    try:
        outcome = box.run(tmp_path, "beginner", "returned", {"function": "go", "calls": [{}]})
    finally:
        box.close()
    assert outcome.evidence[0][:2] == ["cpu", False]


# Repeating old answers ----------------------------------------------------------------------------

REPLAY = """
import os, sys
frame = sys._getframe()
while frame and "request" not in frame.f_locals: frame = frame.f_back
request = frame.f_locals["request"] if frame else {}
if request.get("probe") != "imported":
    os.write(3, ANSWER)
    os._exit(0)
"""


@on_linux
def test_a_recorded_answer_is_worth_nothing(tmp_path: Path) -> None:
    class Recorder(Sandbox):
        """Keeps what came back."""

        def _with_link(self, use):  # type: ignore[no-untyped-def]
            ended = super()._with_link(use)
            if getattr(ended, "message", b""):
                kept.append(ended.message)
            return ended

    kept: list[bytes] = []
    box = Recorder("fork")
    arguments = {"function": "sample_noise_numpy", "calls": [{"n_samples": 2, "seed": 1}]}
    try:
        assert box.run(REFERENCE, "beginner", "returned", arguments).status == "ok"
        (tmp_path / "beginner.py").write_text(f"ANSWER = {kept[-1]!r}\n{REPLAY}")
        assert box.run(tmp_path, "beginner", "imported", {}).status == "ok"
        assert box.run(tmp_path, "beginner", "returned", arguments).status == "garbled"
    finally:
        box.close()


# What is asked in the same words at every seed: a call without arguments, a signature, two new
# generators. The answers to the questions and the reflection are plain text in the file itself.
ALWAYS = {"test_numpy_floats", "test_torch_float32", "test_own_weights", "test_training_arguments"}
PLAIN_TEXT = {"test_questions", "test_reflection"}


class FirstQuestion(Sandbox):
    """A sandbox that notes what a check asks, and ends it there."""

    def preload(self, modules: object, tier: str = "") -> None:
        """There is nothing to load."""

    def run(self, *asked: Any, **how: Any) -> Outcome:
        """No answer, but that the file can be imported."""
        if asked[2] == "imported":
            return Outcome("ok", True)
        self.asked = wire.pack([asked[2], asked[3]])
        return Outcome("crashed")


def first_question(tier: str, check: Callable[[Solution], None], seed: int) -> bytes:
    box = FirstQuestion()
    marked = check.pytestmark[-1].kwargs  # type: ignore[attr-defined]
    with pytest.raises(CheckEndedError):
        check(Solution(Submission(REFERENCE, box, seed), tier, marked["about"]))
    return box.asked


def test_answers_recorded_at_one_seed_earn_next_to_nothing_at_another() -> None:
    """Whoever patches a fresh salt into them has none for a question that was never asked."""
    points = {}
    for tier in tiers():
        for name, check in checks_of(tier).items():
            if (
                name not in PLAIN_TEXT
                and len({first_question(tier, check, s) for s in (0, 12345)}) == 1
            ):
                points[name] = check.pytestmark[-1].kwargs["points"]  # type: ignore[attr-defined]
    assert sum(points.values()) <= 5
    assert set(points) >= ALWAYS


@posix
def test_a_link_to_the_reference_is_refused(tmp_path: Path) -> None:
    (tmp_path / "student").symlink_to(REFERENCE)
    with pytest.raises(UsageError, match="reference"):
        folder_of(str(tmp_path / "student"), "--solutions")
    (tmp_path / "kit").symlink_to(KIT)
    for plain in ("reference", str(REFERENCE), str(tmp_path / "kit" / "reference")):
        assert folder_of(plain, "--solutions") == REFERENCE


# The command that trains, and a folder that the learner's code can write in -----------------------


@pytest.fixture
def run(tmp_path: Path) -> tuple[Path, Path]:
    """A run's folder, and a file outside it that nothing may change."""
    folder, victim = tmp_path / "run", tmp_path / "victim"
    folder.mkdir()
    victim.write_text("untouched")
    os.chmod(victim, 0o600)
    return folder, victim


@posix
@pytest.mark.parametrize("kind", ["a link", "a pipe"])
def test_what_was_printed_goes_through_no_link_and_waits_for_no_pipe(
    run: tuple[Path, Path], kind: str
) -> None:
    folder, victim = run
    output = folder / "output.txt"
    if kind == "a link":
        output.symlink_to(victim)
    else:
        os.mkfifo(output)
    supervisor = object.__new__(Supervisor)
    supervisor.printed, supervisor._folder = bytearray(b"first\n"), folder
    supervisor.keep_output()
    supervisor.printed = bytearray(b"second\n")
    supervisor.keep_output()
    assert victim.read_text() == "untouched"
    assert output.read_bytes() == b"first\nsecond\n"


@posix
def test_a_draft_meets_no_link_that_waits_for_it(run: tuple[Path, Path]) -> None:
    folder, victim = run
    for number in (os.getpid(), os.getppid()):
        (folder / f".state.json.{number}.tmp").symlink_to(victim)
    (folder / "state.json").write_text('{"state": "running"}')
    note(folder, "stopped")
    assert json.loads((folder / "state.json").read_text())["state"] == "stopped"
    (folder / "state.json").unlink()
    (folder / "state.json").symlink_to(victim)
    note(folder, "stopped")
    replace(folder / "state.json", b"new")
    assert (folder / "state.json").read_bytes() == b"new"
    assert victim.read_text() == "untouched"
    assert victim.stat().st_mode & 0o777 == 0o600


@posix
def test_no_folder_on_the_way_is_a_link(run: tuple[Path, Path]) -> None:
    folder, victim = run
    (folder / "samples").symlink_to(victim.parent)
    with pytest.raises(KeptError):
        read_plain(folder / "samples" / "victim", 100, within=folder)


@on_linux
@pytest.mark.skipif(not seccomp.is_there(), reason="this kernel has no filter of system calls")
def test_what_a_training_starts_ends_with_it() -> None:
    """The command ends its process's group, so nothing may leave that group."""
    program = (
        "import os\nfrom checks.engine.sandbox import isolation\n"
        "assert isolation.restrict_here(['/'], ['/dev/null'])\n"
        "for leave in (os.setsid, os.setpgrp):\n"
        "    try:\n        leave()\n        print('left')\n"
        "    except PermissionError:\n        print('held')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=KIT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["held", "held"]


# Where user namespaces are forbidden --------------------------------------------------------------

FORBID = """
import ctypes, errno, platform, sys
from checks.engine.sandbox import seccomp
column, architecture = seccomp.MACHINES[platform.machine()]
number = seccomp.REFUSED["unshare"][column]
assert seccomp.install([(0x20, 0, 0, 0), (0x15, 0, 1, number), seccomp._returning(errno.EPERM),
                        (0x06, 0, 0, 0x7FFF0000)])
"""


@on_linux
@pytest.mark.skipif(not seccomp.is_there(), reason="this kernel has no filter of system calls")
@pytest.mark.parametrize("user", ["as one is", "as an ordinary user"])
def test_the_level_is_found_where_namespaces_are_forbidden(user: str) -> None:
    drop = "import os; os.setgid(65534); os.setuid(65534)\n" if user != "as one is" else ""
    if drop and os.geteuid() != 0:
        pytest.skip("needs root to become another")
    program = (
        f"{FORBID}from checks.engine.sandbox import isolation\n{drop}"
        "print(isolation.Isolation.of(isolation.found()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=KIT, capture_output=True, text=True, check=False
    )
    if "Permission denied" in done.stderr:
        pytest.skip("another user can't read this Python")
    assert "level='partial'" in done.stdout, done.stderr
    assert "user namespaces" in done.stdout


def test_levels_and_what_is_missing_in_words() -> None:
    assert isolation.Isolation.of(-1).level == "process"
    assert isolation.Isolation.of(0) == isolation.Isolation("full")
    assert isolation.Isolation.of(1).level == "partial"
    assert isolation.Isolation.of(2 | 4).level == "process"
    assert len(isolation.Isolation.of(1 | 8).missing) == 2


def test_the_command_says_how_far_code_is_shut_in() -> None:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "run_checks.py", "--version"], cwd=KIT, capture_output=True, text=True,
        check=True, env={**os.environ, "GAN_KIT_ISOLATION": "partial"},
    )  # fmt: skip
    assert "PyTorch" in done.stdout
    level = "partial" if landlock.version() or seccomp.is_there() else "process"
    assert f"Isolation of learners' code: {level}; missing: " in done.stdout
    assert time.perf_counter() - began < 60


# A class of ten -----------------------------------------------------------------------------------

HOSTILE = """
import ctypes, os, resource, signal, socket
class_ = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
def tried(function, *arguments):
    try: function(*arguments)
    except Exception: pass
for name in ["student-%d" % n for n in range(10)]:
    for path in (os.path.join(class_, name, "beginner.py"), os.path.join(class_, name)):
        tried(os.chmod, path, 0)
        tried(os.utime, path, (1, 1))
        tried(os.remove, path)
        tried(lambda: open(path, "w").write("broken"))
        tried(os.rename, path, path + "-gone")
for pid in (os.getppid(), os.getppid() - 1):
    tried(resource.prlimit, pid, resource.RLIMIT_NOFILE, (0, 0))
    tried(resource.prlimit, pid, resource.RLIMIT_CPU, (1, 1))
    tried(os.kill, pid, 9)
tried(os.kill, -1, 15)
tried(os.setpriority, os.PRIO_USER, 0, 19)
tried(ctypes.CDLL(None).shmget, 4711, 4096, 0o1666)
tried(lambda: open("/dev/shm/gan-attack", "w").write("x"))
for n in range(1500):
    tried(os.mkdir, "d"); tried(os.chdir, "d")
if os.fork() == 0:
    os.setsid()
    while True: pass
raise ValueError("the class is mine")
"""


@on_linux
@pytest.mark.parametrize("level", ["full", "partial"])
def test_one_of_ten_attacks_the_other_nine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    monkeypatch.setenv("GAN_KIT_ISOLATION", level)
    right = (REFERENCE / "beginner.py").read_text(encoding="utf-8")
    for number in range(10):
        folder = tmp_path / f"student-{number}"
        folder.mkdir()
        (folder / "beginner.py").write_text(HOSTILE if number == 3 else right, encoding="utf-8")
        shutil.copy(REFERENCE / "kit.py", folder)
    found = {}
    names = [f"test_beginner.py::{name}" for name in ("test_numpy_shape", "test_numpy_spread")]
    names = [name for name in names if name.split("::")[1] in known()] or sorted(known())[:2]
    with Judge() as judge:
        for number in range(10):
            verdicts = judge.run([], tmp_path / f"student-{number}", 0, only=names)
            found[number] = set(counted(verdicts))
        assert judge.isolation.level == level
    assert found.pop(3) == {Status.ERROR}
    assert set(map(frozenset, found.values())) == {frozenset({Status.PASSED})}


def known() -> dict[str, None]:
    """The names of the first tier's checks, as pytest has them."""
    text = (KIT / "checks" / "test_beginner.py").read_text(encoding="utf-8")
    names = [line.split("(")[0][4:] for line in text.splitlines() if line.startswith("def test_")]
    return dict.fromkeys(f"test_beginner.py::{name}" for name in names)


def test_the_texts_of_this_file_are_python() -> None:
    for source in (HOSTILE, REPLAY, FORBID):
        compile(textwrap.dedent(source), "source", "exec")
