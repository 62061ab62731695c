"""A class on many machines: submissions on a Dask scheduler, verdicts into the ledger here.

What travels is bytes and JSON: a submission's files there, its verdicts back. The kit has to lie on
every machine, in the same version. A Dask scheduler runs whatever it is sent, by anybody who
reaches it: use one on a network that you trust, or with TLS.
"""

from __future__ import annotations

import base64
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from checks.engine.classroom.judging import Bench, Wanted, judge_tiers, unjudged
from checks.engine.classroom.keys import kit_version
from checks.engine.classroom.pool import Job, Pool
from checks.engine.course.verdict import Check, Status, Verdict
from checks.engine.errors import UsageError

RETRIES = 2  # of what a worker's own machine could not do
TIMEOUT = 20  # seconds in which a scheduler has to answer
HERE = threading.local()


@dataclass(frozen=True)
class Order:
    """One submission as it travels: its files in base 64, and each tier's checks."""

    files: dict[str, str]
    tiers: dict[str, list[Check]]
    seed: int = 0
    data: str = ""
    budget: float = 240.0


@dataclass(frozen=True)
class Delivery:
    """What comes back."""

    verdicts: list[Verdict] = field(default_factory=list)


Work = Callable[[bytes], bytes]


def judge_remotely(order: bytes) -> bytes:
    """What a worker does: judge one submission, with a judge that stays loaded in its thread."""
    wanted = msgspec.json.decode(order, type=Order)
    if not hasattr(HERE, "bench"):
        HERE.bench = Bench()
    found: list[Verdict] = []
    judge_tiers(
        HERE.bench,
        Wanted(
            {name: base64.b64decode(text) for name, text in wanted.files.items()}, wanted.tiers,
            wanted.seed, Path(wanted.data) if wanted.data else None, wanted.budget,
        ),
        judged=lambda tier, verdicts: found.extend(verdicts),
    )  # fmt: skip
    return msgspec.json.encode(Delivery(found))


def version_here() -> str:
    """The kit's version where this runs."""
    return kit_version()


def judge_on_cluster(
    pool: Pool, jobs: Sequence[Job], address: str, work: Work = judge_remotely
) -> None:
    """Judge these on the workers of a scheduler, and keep each one's verdicts as they come.

    Args:
        pool: whose ledger keeps the verdicts.
        jobs: the students whose code has to be judged.
        address: the scheduler's, or a scheduler file.
        work: what a worker does with an order.

    Raises:
        UsageError: Dask is not installed, the scheduler can't be reached, or a worker has no kit,
            or another one.
    """
    try:
        import distributed
    except ImportError:
        raise UsageError("--cluster needs Dask: python -m pip install distributed.") from None
    options: dict[str, Any] = {"timeout": TIMEOUT, "set_as_default": False}
    if os.path.isfile(address):
        options["scheduler_file"] = address
    else:
        options["address"] = address
    try:
        client = distributed.Client(**options)
    except (OSError, TimeoutError, ValueError) as error:
        raise UsageError(f"--cluster {address}: no scheduler answers there ({error}).") from None
    with client:
        see_versions(client)
        suspects = run(pool, client, jobs, work, at_a_time=sum(client.nthreads().values()))
        for job in suspects:  # each by itself: whoever was beside it may have ended the worker
            for again in run(pool, client, [job], work, at_a_time=1):
                pool.ledger.note(again.student.key, "It ended every worker that it was given to.")
                keep(pool, again, [ended(check) for check in checks_of(pool.take_known(again))])


def run(pool: Pool, client: Any, jobs: Sequence[Job], work: Work, at_a_time: int) -> list[Job]:
    """Judge these, so many at a time; those whose workers were ended again and again come back."""
    from distributed import KilledWorker, as_completed

    waiting, suspects = list(jobs), []
    ordered: dict[Any, Job] = {}
    done = as_completed(loop=client.loop)

    def order_next() -> None:
        if waiting:
            job = waiting.pop(0)
            pool.ledger.set_state(job.student.key, "running")
            future = client.submit(
                work, order_of(pool, job), key=f"{job.student.key}-{time.time_ns()}",
                pure=False, retries=RETRIES,
            )  # fmt: skip
            ordered[future] = job
            done.add(future)

    for _ in range(max(at_a_time, 1)):
        order_next()
    try:
        for future in done:
            job = ordered.pop(future)
            try:
                keep(pool, job, msgspec.json.decode(future.result(), type=Delivery).verdicts)
            except KilledWorker:
                suspects.append(job)
            except Exception as error:
                said = f"The worker could not judge it ({type(error).__name__})."
                rest = checks_of(pool.take_known(job))
                keep(pool, job, [unjudged(check, said) for check in rest])
            order_next()
    finally:
        client.cancel(list(ordered))
    return suspects


def see_versions(client: Any) -> None:
    """See that every worker has this very kit.

    Raises:
        UsageError: one has not, or there is none.
    """
    try:
        client.wait_for_workers(1, timeout=TIMEOUT)
    except TimeoutError:
        raise UsageError("The scheduler has no workers.") from None
    try:
        found = client.run(version_here)
    except Exception as error:
        raise UsageError(
            f"The kit is not where the workers run ({type(error).__name__}): start them in its "
            "folder, as in PYTHONPATH=. dask worker ADDRESS."
        ) from None
    if others := [worker for worker, version in found.items() if version != kit_version()]:
        raise UsageError(f"{len(others)} workers have another version of the kit: {others[0]}.")


def order_of(pool: Pool, job: Job) -> bytes:
    """A submission as it travels, with the checks that are not known yet."""
    files = {name: base64.b64encode(text).decode() for name, text in job.student.contents().items()}
    conditions, rest = pool.conditions, pool.take_known(job)
    data = str(conditions.data or "")
    return msgspec.json.encode(Order(files, rest, conditions.seed, data, pool.budget))


def checks_of(tiers: dict[str, list[Check]]) -> list[Check]:
    """The checks of all tiers."""
    return [check for checks in tiers.values() for check in checks]


def keep(pool: Pool, job: Job, verdicts: Sequence[Verdict]) -> None:
    """Keep what came of a submission."""
    for tier in dict.fromkeys(each.tier for each in verdicts):
        pool.keep(job, tier, [each for each in verdicts if each.tier == tier])
    pool.ledger.set_state(job.student.key, "done")
    pool.progress.finished(job.student.title, sum(each.seconds for each in verdicts))


def ended(check: Check) -> Verdict:
    """The verdict on a submission that ends the machines that judge it."""
    return Verdict(
        check.check, check.tier, check.title, check.points, Status.CRASHED,
        came="The process that judged this submission was ended, on several machines.",
        expected="A return value.",
        why="Python code alone does not do that: a call into the system or a C library does.",
        hint="Look for os.kill, ctypes, or a very large allocation.",
    )  # fmt: skip
