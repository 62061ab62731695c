"""How the checks run under pytest: options, the `solution` fixture, and the verdict of each check.

With plain pytest a to-do is a skip and a failure is the same text as on the runner's screen,
without the traceback through the kit.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from checks.engine import sandbox
from checks.engine.ahead import Ahead, Attempt, has_second_core
from checks.engine.data import training_images
from checks.engine.outcomes import CheckEndedError, CrashedError
from checks.engine.sandbox import KIT
from checks.engine.solution import Solution, Submission
from checks.engine.verdict import Check, Frame, Status, Verdict

SOLUTION = pytest.StashKey[Solution]()
BEGAN = pytest.StashKey[float]()
AHEAD = pytest.StashKey[Ahead]()
VERDICT = "verdict"  # the attribute of a report in which its verdict travels to the judge


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("GAN exercise kit")
    group.addoption("--solutions", default="exercises", help="folder with the files to check")
    group.addoption("--data", default="", help="folder with MNIST, for the checks that train")
    group.addoption("--seed", type=int, default=0, help="seed of the run (default 0)")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The self-tests run on several cores; a tier's checks are done before more have loaded."""
    is_selftest = all("selftest" in argument for argument in config.args)
    return min(os.cpu_count() or 1, 8) if is_selftest else 0


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "check(title, about, points, ahead): a check of the course")
    try:
        training_images.use(config.getoption("--data"))
    except training_images.UnusableDataError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_itemcollected(item: pytest.Item) -> None:
    if item.get_closest_marker("check") is not None:
        sandbox.shared().start()  # PyTorch loads while pytest goes on collecting


@pytest.fixture(scope="session")
def submission(request: pytest.FixtureRequest) -> Submission:
    """The folder named on the command line."""
    sandbox.shared().wait()
    return submission_in(request.config, sandbox.shared())


def submission_in(config: pytest.Config, box: sandbox.Sandbox) -> Submission:
    """The folder named on the command line, to be run in this sandbox."""
    folder = Path(config.getoption("--solutions"))
    if not folder.is_absolute() and not folder.is_dir():
        folder = KIT / folder
    if not folder.is_dir():
        raise pytest.UsageError(f"--solutions {folder}: there is no such folder")
    return Submission(folder.resolve(), box, config.getoption("--seed"))


@pytest.fixture
def solution(request: pytest.FixtureRequest, submission: Submission) -> Solution:
    """The learner's solution, as this check sees it."""
    view = view_of(request.node, submission)
    request.node.stash[SOLUTION] = view
    return view


def view_of(item: pytest.Item, submission: Submission) -> Solution:
    """A submission, as this check sees it."""
    mark = item.get_closest_marker("check")
    assert mark is not None
    return Solution(submission, tier_of(item), mark.kwargs["about"])


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """What takes seconds begins now, beside the rest."""
    marks = [(item, item.get_closest_marker("check")) for item in session.items]
    early = [item for item, mark in marks if mark and mark.kwargs.get("ahead")]
    is_worth_it = early and len(early) < len(session.items) and has_second_core()
    if not is_worth_it or session.config.option.collectonly:
        return (yield)
    sandbox.second().start()  # here: on Linux its process ends with the thread that started it
    submission = submission_in(session.config, sandbox.second())
    attempts = {}
    for item in early:
        assert isinstance(item, pytest.Function)
        attempts[item.nodeid] = Attempt(item.obj, view_of(item, submission))
    ahead = session.config.stash[AHEAD] = Ahead(attempts)
    try:
        return (yield)
    finally:
        ahead.stop()


def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """A check that has begun ahead of the others is not run again: its end is awaited."""
    ahead = pyfuncitem.config.stash.get(AHEAD, None)
    attempt = ahead.result(pyfuncitem.nodeid) if ahead else None
    if attempt is None:
        return None
    pyfuncitem.stash[SOLUTION] = attempt.view
    pyfuncitem.stash[BEGAN] = time.perf_counter() - attempt.seconds
    if attempt.error is not None:
        raise attempt.error
    return True


def tier_of(item: pytest.Item) -> str:
    """The tier that a check belongs to: checks/test_beginner.py is about beginner."""
    return item.path.stem.removeprefix("test_")


def described(item: pytest.Item) -> Check:
    """What the judge announces of a check before it runs."""
    mark = item.get_closest_marker("check")
    assert mark is not None
    name = f"{item.path.name}::{item.name}"
    return Check(name, tier_of(item), mark.kwargs["title"], mark.kwargs["points"])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if item.get_closest_marker("check") is None:
        return report
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
        mistake=ended.mistake.name if ended.mistake else "",
        mistake_id=ended.mistake.id if ended.mistake else "",
        further=ended.further,
        frames=_frames(view.submission, ended) if view else (),
        advice=(),
    )


@functools.cache
def reference(seed: int) -> Submission:
    """The reference under check, its answers kept."""
    return Submission(KIT / "reference", sandbox.shared(), seed)


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
