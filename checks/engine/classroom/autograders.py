"""One submission at a time, where a platform calls: Gradescope's results.json, Classroom 50's.

    python -m checks.engine.classroom.autograders gradescope [ROOT] [TIER …]
    python -m checks.engine.classroom.autograders classroom50 [CHECKOUT] [TIER …]

Run in the kit's folder. What the platform reads is written after each tier and replaced by the
next, so that a job that is ended in between has said something. The exit status is 0 where the
submission was judged, 3 where the kit itself failed.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from checks.engine.classroom.archives import in_folder
from checks.engine.classroom.feedback import as_markdown, feedback
from checks.engine.classroom.handed_in import HandedIn, parts_of, take
from checks.engine.classroom.judging import Bench, Wanted, judge_tiers
from checks.engine.classroom.ledger import Record
from checks.engine.classroom.results import Graded
from checks.engine.course.check_errors import CheckEndedError
from checks.engine.course.listing import course
from checks.engine.course.verdict import Check, Status, Verdict
from checks.engine.errors import KitError
from checks.engine.files import replace
from checks.engine.paths import tiers
from checks.engine.plain_text import inert

LONGEST = 30_000  # characters of one text that a platform shows
Said = Callable[[Graded, float], dict[str, Any]]


def graded_alone(
    folder: Path, wanted: Sequence[str], so_far: Callable[[Graded], None], budget: float
) -> Graded:
    """Judge what lies in a folder; `so_far` hears how it stands after each tier."""
    listed = course()
    checks = tuple(each.check for each in listed if each.check.tier in wanted)
    student = HandedIn("student")
    take(student, in_folder(folder).entries, parts_of(listed))
    present: dict[str, list[Check]] = {}
    for check in checks:
        if check.tier in student.files:
            present.setdefault(check.tier, []).append(check)
    files = {tier: file.path for tier, file in student.files.items()}
    unclear = [f"{path}: {why}" for path, why in student.unclear]
    record = Record(
        "student", files=files, notes=student.notes, problems=student.problems, unclear=unclear
    )
    found: list[Verdict] = []

    def judged(tier: str, verdicts: list[Verdict]) -> None:
        found.extend(verdicts)
        so_far(Graded(record, checks, tuple(found)))

    so_far(Graded(record, checks))
    bench = Bench()
    try:
        judge_tiers(bench, Wanted(student.contents(), present, budget=budget), judged=judged)
    finally:
        bench.close()
    return Graded(record, checks, tuple(found))


def gradescope(student: Graded, seconds: float) -> dict[str, Any]:
    """Gradescope's results.json."""
    by_check = {each.check: each for each in student.verdicts}
    return {
        "score": student.points(),
        "execution_time": round(seconds),
        "output": as_markdown(feedback(student), LONGEST),
        "output_format": "md",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [
            gradescope_test(check, by_check.get(check.check), number)
            for number, check in numbered(student.checks)
        ],
    }


def gradescope_test(check: Check, verdict: Verdict | None, number: str) -> dict[str, Any]:
    """One check as Gradescope shows it."""
    passed = verdict is not None and verdict.status is Status.PASSED
    tags = [check.tier, *filter(None, [verdict.mistake_id if verdict else ""])]
    return {
        "name": check.title,
        "number": number,
        "score": check.points if passed else 0,
        "max_score": check.points,
        "status": "passed" if passed else "failed",
        "output": text_of(check, verdict),
        "output_format": "text",
        "tags": tags,
        "visibility": "visible",
    }


def text_of(check: Check, verdict: Verdict | None) -> str:
    """A verdict in words, for a platform that shows plain text."""
    if verdict is None:
        return f"No {check.tier}.py was handed in, or it has not been judged."
    ended = CheckEndedError(
        verdict.came, expected=verdict.expected, why=verdict.why, hint=verdict.hint
    )
    lines = [verdict.mistake, "" if verdict.status is Status.PASSED else str(ended)]
    lines += list(verdict.advice)
    return inert("\n".join(filter(None, lines)), LONGEST)


def numbered(checks: Sequence[Check]) -> list[tuple[str, Check]]:
    """Each check with its tier's number and its own."""
    found, counts = [], dict.fromkeys((check.tier for check in checks), 0)
    for check in checks:
        counts[check.tier] += 1
        found.append((f"{[*counts].index(check.tier) + 1}.{counts[check.tier]}", check))
    return found


def classroom50(student: Graded, seconds: float) -> dict[str, Any]:
    """Classroom 50's result.json; the environment says which submission it is."""
    passed = {each.check for each in student.verdicts if each.status is Status.PASSED}

    def given(name: str) -> str:
        return os.environ.get(name, "")

    return {
        "schema": "classroom50/result/v1",
        "classroom": given("CLASSROOM"),
        "assignment": given("ASSIGNMENT"),
        "submission": given("SUBMISSION_TAG"),
        "commit": given("COMMIT_URL"),
        "release": given("RELEASE_URL"),
        "review": given("REVIEW_URL"),
        "datetime": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "score": student.points(),
        "max-score": student.of,
        "tests": [
            {
                "test-name": check.title, "passed": check.check in passed,
                "score": check.points if check.check in passed else 0, "max-score": check.points,
            }
            for check in student.checks
        ],
    }  # fmt: skip


def places(kind: str, root: Path) -> tuple[Path, Path, Said]:
    """Where a platform puts a submission, where it reads the result, and in which form."""
    if kind == "gradescope":
        return root / "submission", root / "results" / "results.json", gradescope
    return root, root / "result.json", classroom50


def main(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> int:
    """Judge the submission that the platform has put there."""
    kind, *rest = arguments
    default = "/autograder" if kind == "gradescope" else "."
    root = Path(rest[0] if rest else default).absolute()
    wanted = rest[1:] or tiers()
    folder, target, form = places(kind, root)
    began = time.monotonic()
    budget = float(environment.get("GAN_KIT_BUDGET") or 480)

    def write(student: Graded) -> None:
        said = form(student, time.monotonic() - began)
        target.parent.mkdir(parents=True, exist_ok=True)
        replace(target, (json.dumps(said, indent=1, ensure_ascii=True) + "\n").encode())

    try:
        student = graded_alone(folder, wanted, write, budget)
    except (KitError, OSError) as error:
        print(f"Problem: {error}", file=sys.stderr)
        return 3
    write(student)
    return 3 if student.unjudged else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
