"""The session: every check that is announced gets a verdict, whatever the learner's code or the
judge's process does, and nothing that was not judged has passed."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from checks.engine.course.verdict import Check, LearnersError, Status, Verdict
from checks.engine.errors import InfraError
from checks.engine.paths import KIT
from checks.engine.processes import n_workers
from checks.engine.runner import session
from checks.engine.runner.session import Judge, Listener
from checks.engine.sandbox import solution
from checks.engine.sandbox.client import CAN_FORK, Limits, Outcome, Sandbox
from checks.engine.sandbox.solution import Submission
from checks.selftest import in_process
from checks.selftest.sandboxes import running, soon

REFERENCE = (KIT / "reference" / "beginner.py").read_text(encoding="utf-8")
# Wrong in every part: nothing is drawn, and the global random state is disturbed.
NOTHING = """
    import random
    import numpy
    def sample_noise_numpy(n_samples=100, latent_dim=100, seed=None): numpy.random.rand()
    def sample_noise_torch(n_samples=100, latent_dim=100, seed=None): random.random()
    def noise_statistics(noise): pass
    def interpolate_noise(start, end, n_steps): pass
    ANSWERS = {}
"""


@pytest.fixture
def judge() -> Judge:
    return in_process.judge()


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a folder of solutions with this beginner.py."""

    def make(source: str) -> Path:
        place = tmp_path / uuid.uuid4().hex
        place.mkdir()
        (place / "beginner.py").write_text(dedent(source), encoding="utf-8")
        return place

    return make


class Log(Listener):
    """Keeps what it hears."""

    def __init__(self, during: Callable[[Verdict], None] = lambda verdict: None) -> None:
        self.checks: list[str] = []
        self.began: list[str] = []
        self.judged: list[str] = []

        def collected(checks: list[Check]) -> None:
            self.checks = [check.check for check in checks]

        def judged(verdict: Verdict) -> None:
            self.judged.append(verdict.check)
            during(verdict)

        super().__init__(collected, self.began.append, judged)


def test_what_is_announced_is_judged_in_the_same_order(
    judge: Judge, folder: Callable[[str], Path]
) -> None:
    log = Log()
    verdicts = judge.run(["beginner"], folder(REFERENCE), listener=log)
    assert log.checks == log.began == log.judged == [verdict.check for verdict in verdicts]
    assert len(log.checks) > 10
    assert {verdict.status for verdict in verdicts} == {Status.PASSED}


def test_one_judge_serves_many_folders(judge: Judge, folder: Callable[[str], Path]) -> None:
    right, wrong = folder(REFERENCE), folder(NOTHING)
    process = judge.process
    for place, expected in ((right, True), (wrong, False), (right, True)):
        verdicts = judge.run(["beginner"], place)
        assert all(verdict.status is Status.PASSED for verdict in verdicts) is expected
        assert any(verdict.status is Status.PASSED for verdict in verdicts) is expected
    (wrong / "beginner.py").write_text(REFERENCE, encoding="utf-8")
    assert all(v.status is Status.PASSED for v in judge.run(["beginner"], wrong))
    assert judge.process is process


FORGE = """
    import json, os, struct
    def send(value):
        def node(value):
            if isinstance(value, dict):
                return {"$dict": [[key, node(item)] for key, item in value.items()]}
            if isinstance(value, list):
                return {"$list": [node(item) for item in value]}
            return value
        text = json.dumps(node(value)).encode()
        os.write(3, struct.pack("<4sIQ", b"GANK", len(text), 0) + text)
        os._exit(0)
"""
HOSTILE = {
    "ends its process": "import os; os._exit(0)",
    "ends its parent": "import os; os.kill(os.getppid(), 9)",
    "exits": "import sys; sys.exit(0)",
    "patches what could judge": """
        import builtins, numpy, torch
        yes = lambda *_, **__: True
        numpy.allclose = numpy.array_equal = torch.allclose = torch.equal = builtins.all = yes
    """,
    "floods, with verdicts of its own": """
        for _ in range(10_000):
            print('{"event": "verdict", "verdict": {"status": "passed"}}\\n{"event": "end"}')
    """,
    "claims to be unfinished": "raise NotImplementedError",
    "forges an error without a place": FORGE + """
    send({"status": "error", "type": "E", "message": "", "bases": ["NotImplementedError"],
          "frames": [], "raised_by_learner": True})
    """,
    "forges an error elsewhere": FORGE + """
    send({"status": "error", "type": "E", "message": "", "bases": ["NotImplementedError"],
          "frames": [["/etc/passwd", 1, "f"], ["a\\0", 1, "f"]], "raised_by_learner": True})
    """,
    "answers at length": FORGE + """
    send({"status": "error", "type": "Using a target size " * 900, "message": "size " * 3000,
          "bases": [], "frames": [], "raised_by_learner": False})
    """,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_code_earns_nothing_and_stops_nothing(
    judge: Judge, folder: Callable[[str], Path], name: str
) -> None:
    if name == "ends its parent" and not CAN_FORK:
        pytest.skip("the parent is the judge's own there")
    place = folder(f"{dedent(HOSTILE[name])}\n{dedent(NOTHING)}")
    log = Log()
    verdicts = judge.run(["beginner", "intermediate"], place, listener=log)
    assert log.checks == [verdict.check for verdict in verdicts]
    assert {verdict.tier for verdict in verdicts} == {"beginner", "intermediate"}
    assert Status.PASSED not in {verdict.status for verdict in verdicts}
    assert [verdict.came for verdict in verdicts if verdict.status is Status.INFRA] == []


def test_a_judge_killed_in_the_middle_passes_nothing_and_is_replaced(
    judge: Judge, folder: Callable[[str], Path]
) -> None:
    def kill(verdict: Verdict) -> None:
        if len(log.judged) == 3:
            assert judge.process is not None
            judge.process.kill()

    log = Log(kill)
    verdicts = judge.run(["beginner"], folder(REFERENCE), listener=log)
    statuses = [verdict.status for verdict in verdicts]
    # What it had already said when it was killed still counts.
    passed = statuses.count(Status.PASSED)
    assert 3 <= passed < len(statuses)
    assert statuses == [Status.PASSED] * passed + [Status.INFRA] * (len(statuses) - passed)
    assert log.judged == log.checks
    again = judge.run(["beginner"], folder(REFERENCE))
    assert {verdict.status for verdict in again} == {Status.PASSED}


@pytest.mark.skipif(not CAN_FORK, reason="processes are counted through /proc")
def test_a_listener_that_breaks_off_leaves_nothing_running(
    folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = f"GAN_KIT_MARK={uuid.uuid4()}"
    monkeypatch.setenv(*mark.split("="))
    judge = Judge()

    def stop(check: str) -> None:
        raise KeyboardInterrupt

    slow = folder("import os, time\nif os.fork() == 0: os.setsid()\ntime.sleep(100)")
    with pytest.raises(KeyboardInterrupt):
        judge.run(["beginner"], slow, listener=Listener(running=stop))
    assert judge.process is None
    assert soon(lambda: running(mark) == [])


@pytest.mark.skipif(not CAN_FORK, reason="processes are counted through /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_judge_that_is_killed_takes_its_children_with_it(
    folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    mark = f"GAN_KIT_MARK={uuid.uuid4()}"
    monkeypatch.setenv(*mark.split("="))
    slow = folder(
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    os.fork()\ntime.sleep(100)"
    )
    with Judge() as judge:

        def kill(check: str) -> None:
            process = judge.process
            assert process is not None
            # The judge, the process that loads, a fork for each core; and, as an import is tried
            # first and alone, one child with its own two.
            assert soon(lambda: len(running(mark)) >= 5 + n_workers())
            os.kill(process.pid, number)

        verdicts = judge.run(["beginner"], slow, listener=Listener(running=kill))
        assert {verdict.status for verdict in verdicts} == {Status.INFRA}
        assert soon(lambda: running(mark) == [])


def test_a_judge_that_cannot_start_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Callable[[str], Path]
) -> None:
    (tmp_path / "pytest.py").write_text("raise ImportError('no pytest here')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr("checks.engine.processes.KIT", tmp_path)  # whose path comes first
    with Judge() as judge, pytest.raises(InfraError, match=r"^The checks did not start: .+$"):
        judge.run(["beginner"], folder(REFERENCE))


def test_unknown_tiers_are_refused(folder: Callable[[str], Path]) -> None:
    with Judge() as judge, pytest.raises(InfraError):
        judge.run(["no_such_tier"], folder(REFERENCE))


class Slow(Sandbox):
    """A sandbox in which some probes never end, without the waiting."""

    def __init__(self, *hanging: str) -> None:
        super().__init__()
        self.hanging = hanging
        self.waited: list[float] = []

    def preload(self, modules: object, tier: str = "") -> None:
        pass

    def run(self, *asked: object, **_: object) -> Outcome:
        (_folder, _module, probe, arguments, _seed, limits) = asked
        assert isinstance(arguments, dict)
        assert isinstance(limits, Limits)
        if "import" in self.hanging or arguments.get("function") in self.hanging:
            self.waited.append(limits.seconds)
            return Outcome("timeout")
        if probe == "imported":
            return Outcome("ok", True)
        return Outcome("error", error=LearnersError("ValueError", ""))


def asked(sandbox: Slow, tmp_path: Path, times: int) -> list[Outcome]:
    """Several different questions about each of two functions."""
    submission = Submission(tmp_path, sandbox)
    return [
        submission.ask("beginner", part, "returned", {"function": part, "n": n}, Limits())
        for n in range(times)
        for part in ("first", "second")
    ]


def test_a_function_that_hangs_does_not_cost_its_limit_for_each_check(tmp_path: Path) -> None:
    sandbox = Slow("first")
    outcomes = asked(sandbox, tmp_path, 5)
    assert [outcome.status for outcome in outcomes] == ["timeout", "error"] * 5
    assert sandbox.waited[0] == Limits().seconds
    assert sum(sandbox.waited) <= 2 * Limits().seconds


def test_an_import_that_hangs_ends_the_tier_at_once(tmp_path: Path) -> None:
    sandbox = Slow("import")
    outcomes = asked(sandbox, tmp_path, 5)
    assert {outcome.status for outcome in outcomes} == {"timeout"}
    assert outcomes[-1].detail == "import"
    assert sandbox.waited == [solution.IMPORT_SECONDS]


@pytest.mark.skipif(not CAN_FORK, reason="there is only one kind here")
def test_the_served_kind_judges_as_the_forked_one_does(
    judge: Judge, folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "if 'checks.engine.runner.judge' in sys.orig_argv:\n"
        "    import checks.engine.sandbox.client as sandbox\n"
        "    served = sandbox.Sandbox('serve')\n"
        "    sandbox.shared = lambda: served\n"
    )
    half = REFERENCE.replace("def interpolate_noise", "def interpolate_nothing")
    places = [folder(REFERENCE), folder(half)]
    expected = [judge.run(["beginner"], place) for place in places]
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Judge() as served:
        came = [served.run(["beginner"], place) for place in places]
    for one, other in zip(expected, came, strict=True):
        assert [(v.check, v.status, v.came) for v in one] == [
            (v.check, v.status, v.came) for v in other
        ]
    assert {verdict.status for verdict in came[0]} == {Status.PASSED}


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_a_judge_that_gets_no_further_is_ended(
    folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "TICK", 0.2)

    def stop(verdict: Verdict) -> None:
        monkeypatch.setattr(session, "MOST_TICKS", 5)
        if mine.process is not None:
            mine.process.send_signal(signal.SIGSTOP)

    with Judge() as mine:
        verdicts = mine.run(["beginner"], folder(REFERENCE), listener=Log(stop))
        assert mine.process is None
    assert verdicts[0].status is Status.PASSED
    assert verdicts[-1].status is Status.TIMEOUT
    assert "ten minutes" in verdicts[-1].came
