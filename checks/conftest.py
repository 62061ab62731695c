"""How the checks run under pytest: options, the `solution` fixture, two workers, the reports.

With plain pytest a to-do is a skip and a failure is the same text as on the runner's screen,
without the traceback through the kit.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from checks.engine.course.check import tier_of
from checks.engine.course.check_errors import CheckEndedError
from checks.engine.data import training_images
from checks.engine.errors import DataError
from checks.engine.parsing import PARSING
from checks.engine.paths import KIT
from checks.engine.processes import n_workers
from checks.engine.runner.prefetch import Attempt, Prefetch
from checks.engine.runner.verdicts import plain_text, verdict_of
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
    boxes = sandbox.side_by_side()[: n_workers() if is_worth_it else 1]
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
        began = item.stash.get(BEGAN, time.perf_counter())
        ended = call.excinfo.value if call.excinfo else None
        seconds = time.perf_counter() - began
        found = verdict_of(item, item.stash.get(SOLUTION, None), ended, seconds)
        setattr(report, VERDICT, found)
        if found.status.is_open:
            report.outcome = "skipped"
            report.longrepr = (str(item.path), 0, f"Skipped: {found.came}")
        elif isinstance(getattr(call.excinfo, "value", None), CheckEndedError):
            report.longrepr = plain_text(found)
    return report
