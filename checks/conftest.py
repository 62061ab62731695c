"""How the checks run under pytest: options, the `solution` fixture, and the verdict of each check.

With plain pytest a to-do is a skip and a failure is the same text as on the runner's screen,
without the traceback through the kit.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from checks.engine.course.check import described, tier_of
from checks.engine.course.check_errors import CheckEndedError, CrashedError
from checks.engine.course.verdict import Frame, Status, Verdict
from checks.engine.data import training_images
from checks.engine.errors import DataError
from checks.engine.parsing import PARSING
from checks.engine.paths import KIT, REFERENCE
from checks.engine.runner.prefetch import Attempt, Prefetch, n_cores
from checks.engine.sandbox import client as sandbox
from checks.engine.sandbox.solution import Solution, Submission

SOLUTION = pytest.StashKey[Solution]()
BEGAN = pytest.StashKey[float]()
PREFETCH = pytest.StashKey[Prefetch]()
VERDICT = "verdict"  # the attribute of a report in which its verdict travels to the judge


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("GAN exercise kit")
    group.addoption("--solutions", default="exercises", help="folder with the files to check")
    group.addoption("--data", default="", help="folder with MNIST, for the checks that train")
    group.addoption("--seed", type=int, default=0, help="seed of the run (default 0)")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The self-tests run on several cores; a tier's checks are done before more have loaded.

    One worker more than there are cores: now and then a test waits for something.
    """
    is_selftest = all("selftest" in argument for argument in config.args)
    return min((os.cpu_count() or 1) + 1, 8) if is_selftest else 0


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "check(title, about, points, uses, after): a check")
    try:
        training_images.use(config.getoption("--data"))
    except DataError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_itemcollected(item: pytest.Item) -> None:
    if item.get_closest_marker("check") is not None:
        sandbox.shared().start()  # PyTorch loads while pytest goes on collecting


@pytest.fixture(scope="session")
def submission(request: pytest.FixtureRequest) -> Submission:
    """The folder named on the command line."""
    return submission_in(request.config)


def submission_in(config: pytest.Config) -> Submission:
    """The folder named on the command line."""
    folder = Path(config.getoption("--solutions"))
    if not folder.is_absolute() and not folder.is_dir():
        folder = KIT / folder
    if not folder.is_dir():
        raise pytest.UsageError(f"--solutions {folder}: there is no such folder")
    return Submission(folder.resolve(), sandbox.shared(), config.getoption("--seed"))


@pytest.fixture
def solution(request: pytest.FixtureRequest, submission: Submission) -> Solution:
    """The learner's solution, as this check sees it."""
    mark = request.node.get_closest_marker("check")
    assert mark is not None
    view = Solution(submission, tier_of(request.node), mark.kwargs["about"])
    request.node.stash[SOLUTION] = view
    return view


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Two workers make the checks while pytest asks for their ends; a single one needs none."""
    marked = [item for item in session.items if item.get_closest_marker("check")]
    if len(marked) < 2 or session.config.option.collectonly:
        return (yield)
    attempts = attempts_at(marked)
    # Without fork, a second worker is a second process with PyTorch: for what takes seconds alone.
    is_worth_it = sandbox.shared().method == "fork" or any(a.needs for a in attempts.values())
    boxes = sandbox.pair()[: n_cores() if is_worth_it else 1]
    submission = submission_in(session.config)
    prefetch = Prefetch(attempts, [submission.through(box) for box in boxes])
    session.config.stash[PREFETCH] = prefetch
    try:
        return (yield)
    finally:
        prefetch.stop()


def attempts_at(items: Sequence[pytest.Item]) -> dict[str, Attempt]:
    """An attempt at each of these checks, by its node's name."""
    attempts: dict[str, Attempt] = {}
    after: dict[str, Sequence[str]] = {}
    for item in items:
        mark = item.get_closest_marker("check")
        assert mark is not None
        assert isinstance(item, pytest.Function)
        attempts[item.nodeid] = Attempt(item.obj, tier_of(item), mark.kwargs["about"])
        after[item.nodeid] = mark.kwargs["after"]
    for name, attempt in attempts.items():
        attempt.needs = [
            other
            for other_name, other in attempts.items()
            if other.tier == attempt.tier and other.about in after[name] and not after[other_name]
        ]
    return attempts


def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """A check that a worker makes is not run again: its end is awaited."""
    prefetch = pyfuncitem.config.stash.get(PREFETCH, None)
    attempt = prefetch.result(pyfuncitem.nodeid) if prefetch else None
    if attempt is None or attempt.view is None:
        return None
    pyfuncitem.stash[SOLUTION] = attempt.view
    pyfuncitem.stash[BEGAN] = time.perf_counter() - attempt.seconds
    if attempt.error is not None:
        raise attempt.error
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    if item.get_closest_marker("check") is None:
        return (yield)
    with PARSING:  # pytest parses the source of what was raised, and the workers go on meanwhile
        report = yield
    if call.when == "setup":
        item.stash[BEGAN] = time.perf_counter()
    if call.when == "call" or call.excinfo is not None:
        found = verdict_of(item, call)
        setattr(report, VERDICT, found)
        if found.status.is_open:
            report.outcome = "skipped"
            report.longrepr = (str(item.path), 0, f"Skipped: {found.came}")
        elif isinstance(getattr(call.excinfo, "value", None), CheckEndedError):
            report.longrepr = _plain_text(found)
    return report


def verdict_of(item: pytest.Item, call: pytest.CallInfo[None]) -> Verdict:
    """The verdict on a check that has just run."""
    view = item.stash.get(SOLUTION, None)
    check = described(item)
    seconds = time.perf_counter() - item.stash.get(BEGAN, time.perf_counter())
    base = Verdict(**dataclasses.asdict(check), status=Status.PASSED, seconds=seconds)
    if view is not None:
        base = dataclasses.replace(
            base,
            advice=tuple(view.advice),
            exhibits=tuple(view.exhibits),
            output="".join(view.output),
            location=_location(view),
        )
    if call.excinfo is None:
        return base
    ended = call.excinfo.value
    if not isinstance(ended, CheckEndedError):
        text = f"{type(ended).__name__}: {ended}"[:500]
        if view is None or not works_on_the_reference(item, view):
            return dataclasses.replace(base, status=Status.INFRA, came=text, advice=())
        ended = CrashedError(
            f"What your code handed back is nothing that the check can look at ({text}).",
            expected="Values of the kind that the stub describes.",
            why="A check can only judge what it can read.",
            hint="Print what your function returns, and compare it with the stub's Returns.",
        )
    return dataclasses.replace(
        base,
        status=ended.status,
        came=ended.came,
        expected=ended.expected,
        why=ended.why,
        hint=ended.hint,
        awaited=ended.awaited,
        mistake=ended.mistake.name if ended.mistake else "",
        mistake_id=ended.mistake.id if ended.mistake else "",
        further=ended.further,
        frames=_frames(view.submission, ended) if view else (),
        advice=(),
    )


@functools.cache
def reference(seed: int) -> Submission:
    """The reference under check, its answers kept."""
    return Submission(REFERENCE, sandbox.shared(), seed)


def works_on_the_reference(item: pytest.Item, view: Solution) -> bool:
    """Whether a check that broke goes through on the reference: then the kit is not to blame.

    Evidence can be forged, and odd evidence may break a check; nobody gets out of a check that way.
    """
    assert isinstance(item, pytest.Function)
    try:
        item.obj(Solution(reference(view.seed), view.tier, view.about))
    except Exception:
        return False
    return True


def _location(view: Solution) -> Frame | None:
    line = view.submission.line_of(view.tier, view.about)
    path = view.submission.folder / f"{view.tier}.py"
    return _frame(view.submission, path, line, view.about) if line else None


def _frames(submission: Submission, ended: CheckEndedError) -> tuple[Frame, ...]:
    if ended.error is None:
        return ()
    return tuple(
        _frame(submission, Path(file), line, name) for file, line, name in ended.error.frames
    )


def _frame(submission: Submission, path: Path, line: int, function: str) -> Frame:
    lines = submission.text(path).splitlines()
    source = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    return Frame(str(path), line, function, source[:200])


def _plain_text(verdict: Verdict) -> str:
    rows = [verdict.title, verdict.mistake and f"Mistake: {verdict.mistake}"]
    for label in ("expected", "came", "why", "hint"):
        text: Any = getattr(verdict, label)
        rows.append(text and f"{label.capitalize()}: {text}")
    rows += [f"Also: {other.mistake}. {other.came}" for other in verdict.further]
    rows += [f"{frame.file}:{frame.line}: {frame.source}" for frame in verdict.frames]
    return "\n".join(filter(None, rows))
