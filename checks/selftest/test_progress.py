"""Progress never says more than is known, and a run is remembered as it was."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.engine.course.listing import course
from checks.engine.course.verdict import Exhibit, Frame, Further, Status, Verdict
from checks.engine.learner.fingerprint import fingerprints
from checks.engine.learner.progress import (
    LAST_RUN,
    PROGRESS,
    Entry,
    Progress,
    last_verdicts,
    load,
    remember,
    save,
    save_verdicts,
    steady,
)
from checks.engine.learner.recording import Recording, is_remembered, record
from checks.engine.paths import EXERCISES, REFERENCE

COURSE = course()
NUMPY = "test_beginner.py::test_numpy_shape"
TORCH = "test_beginner.py::test_torch_shape"
IMAGES = "test_intermediate.py::test_images_shape"
WHEN = datetime(2026, 3, 1, 12, 30, tzinfo=timezone.utc)


def verdict(check: str, status: Status = Status.PASSED, mistake: str = "") -> Verdict:
    tier = check.removeprefix("test_").split(".")[0]
    return Verdict(check, tier, "A title", 1, status, mistake_id=mistake)


def full() -> Verdict:
    """A verdict with something in every field."""
    return Verdict(
        NUMPY, "beginner", "A title", 2, Status.FAILED, "Expected.", "Came.", "Why.", "Hint.", "X.",
        "Mistake", "a-mistake", (Further("b-mistake", "Other", "Too."),),
        (Exhibit("Table", ("", "b"), (("c", "d"), ("e", "f")), "Note."),), ("Advice.",),
        (Frame("/x/beginner.py", 3, "f", "return"),), Frame("/x/beginner.py", 1, "f", "def f():"),
        "printed \ud83d", 0.25, "sample_noise_numpy",
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The reference as a learner's folder."""
    place = tmp_path / "exercises"
    shutil.copytree(REFERENCE, place, ignore=shutil.ignore_patterns("__pycache__"))
    return place


def edit(folder: Path, tier: str, old: str, new: str) -> None:
    file = folder / f"{tier}.py"
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")


def states(folder: Path, *checks: str) -> list[str]:
    """How these checks stand now."""
    progress, present = load(folder), fingerprints(folder, COURSE)
    return [progress.state(check, present[check]) for check in checks]


def begun(folder: Path) -> Recording:
    return Recording(folder, COURSE, fingerprints(folder, COURSE))


# It never lies ------------------------------------------------------------------------------------


def test_a_pass_counts_on_the_code_that_was_checked_and_on_no_other(folder: Path) -> None:
    assert states(folder, NUMPY, TORCH) == ["unchecked", "unchecked"]
    assert begun(folder).keep([verdict(NUMPY), verdict(TORCH), verdict(IMAGES)]) == ""
    assert states(folder, NUMPY, TORCH, IMAGES) == ["passed"] * 3
    edit(folder, "beginner", "if seed is None else torch", "if seed == 0 else torch")
    assert states(folder, NUMPY, TORCH, IMAGES) == ["passed", "changed", "changed"]
    edit(folder, "beginner", "if seed == 0 else torch", "if seed is None else torch")
    assert states(folder, NUMPY, TORCH, IMAGES) == ["passed"] * 3
    (folder / "beginner.py").write_text("def broken(:\n", encoding="utf-8")
    assert states(folder, NUMPY, TORCH, IMAGES) == ["changed"] * 3
    (folder / "beginner.py").unlink()
    assert states(folder, NUMPY, TORCH, IMAGES) == ["changed"] * 3


def test_code_that_was_edited_during_the_run_stays_unverified(folder: Path) -> None:
    begun(folder).keep([verdict(TORCH, Status.FAILED)])
    run = begun(folder)
    edit(folder, "beginner", "if seed is None else torch", "if seed == 0 else torch")
    run.keep([verdict(NUMPY), verdict(TORCH)])
    assert states(folder, NUMPY, TORCH) == ["passed", "changed"]
    assert load(folder).entries[TORCH].status is Status.FAILED


def test_a_run_that_is_broken_off_keeps_what_it_had_found(folder: Path) -> None:
    begun(folder).keep([verdict(NUMPY, Status.FAILED), verdict(TORCH)])
    begun(folder).keep([verdict(NUMPY)])
    assert states(folder, NUMPY, TORCH, IMAGES) == ["passed", "passed", "unchecked"]


def test_other_checks_of_the_kit_make_a_pass_unverified() -> None:
    progress = Progress()
    progress.record([verdict(NUMPY)], {NUMPY: "aaaa-1111"}, WHEN)
    assert progress.state(NUMPY, "aaaa-1111") == "passed"
    assert progress.state(NUMPY, "aaaa-2222") == "changed"


def test_the_kits_own_fault_says_nothing_about_the_code() -> None:
    progress = Progress()
    progress.record([verdict(NUMPY, Status.INFRA)], {NUMPY: "a"}, WHEN)
    assert progress.state(NUMPY, "a") == "unchecked"
    progress.record([verdict(NUMPY)], {NUMPY: "a"}, WHEN)
    progress.record([verdict(NUMPY, Status.INFRA)], {NUMPY: "a"}, WHEN)
    assert progress.state(NUMPY, "a") == "passed"


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.INFRA])
def test_every_end_of_a_check_has_its_state(status: Status) -> None:
    progress = Progress()
    progress.record([verdict(NUMPY, status)], {NUMPY: "a"}, WHEN)
    wanted = "failed" if status.is_wrong else status.value
    assert progress.state(NUMPY, "a") == wanted
    assert progress.state(NUMPY, "b") == "changed"


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(list(Status)))),
       st.sampled_from("abc"))  # fmt: skip
@settings(max_examples=200)
def test_a_pass_is_what_the_last_judged_run_said_on_this_very_code(
    runs: list[tuple[str, Status]], now: str
) -> None:
    progress = Progress()
    for code, status in runs:
        progress.record([verdict(NUMPY, status)], {NUMPY: code}, WHEN)
    judged = [run for run in runs if run[1] is not Status.INFRA]
    is_passed = bool(judged) and judged[-1] == (now, Status.PASSED)
    assert (progress.state(NUMPY, now) == "passed") == is_passed


def test_steady_is_what_is_the_same_before_and_after() -> None:
    assert steady({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "3", "d": "4"}) == {"a": "1"}


# Hints --------------------------------------------------------------------------------------------


def test_hints_are_counted_as_long_as_the_mistake_is_the_same() -> None:
    progress, code = Progress(), {NUMPY: "a"}
    progress.show_hints(NUMPY, 2)
    assert progress.hints(NUMPY) == 0
    progress.record([verdict(NUMPY, Status.FAILED, "one")], code, WHEN)
    progress.show_hints(NUMPY, 2)
    progress.record([verdict(NUMPY, Status.FAILED, "one")], {NUMPY: "b"}, WHEN)
    assert progress.hints(NUMPY) == 2
    progress.record([verdict(NUMPY, Status.FAILED, "two")], code, WHEN)
    assert progress.hints(NUMPY) == 0
    progress.show_hints(NUMPY, 1)
    progress.record([verdict(NUMPY)], code, WHEN)
    assert progress.hints(NUMPY) == 0


# The files ----------------------------------------------------------------------------------------


def test_progress_is_a_file_for_people(tmp_path: Path) -> None:
    progress = Progress()
    checks = [verdict(NUMPY), verdict(TORCH, Status.FAILED, "noise-shape")]
    progress.record(checks, {NUMPY: "aaaa-11", TORCH: "bbbb-11"}, WHEN)
    progress.show_hints(TORCH, 1)
    save(tmp_path, progress)
    held = json.loads((tmp_path / PROGRESS).read_text(encoding="ascii"))
    when = held["checks"][NUMPY]["when"]
    assert datetime.fromisoformat(when) == WHEN
    assert held["checks"] == {
        NUMPY: {"status": "passed", "fingerprint": "aaaa-11", "when": when},
        TORCH: {
            "status": "failed", "fingerprint": "bbbb-11", "when": when, "mistake": "noise-shape",
            "hints": 1, "failures": 1,
        },
    }  # fmt: skip
    assert load(tmp_path) == progress


ENTRY = {"status": "passed", "fingerprint": "a", "when": "2026-03-01"}
WRONG: dict[str, Any] = {
    "checks": [],
    "a status": {NUMPY: ENTRY | {"status": "splendid"}},
    "no status": {NUMPY: {"fingerprint": "a", "when": ""}},
    "a number": {NUMPY: ENTRY | {"fingerprint": 3}},
    "hints": {NUMPY: ENTRY | {"hints": "2"}},
    "fewer hints than none": {NUMPY: ENTRY | {"hints": -1}},
    "true hints": {NUMPY: ENTRY | {"hints": True}},
    "an entry": {NUMPY: "passed"},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_of_another_kind_is_no_progress_and_is_kept(tmp_path: Path, name: str) -> None:
    text = json.dumps({"schema": 1, "checks": WRONG[name]})
    (tmp_path / PROGRESS).write_text(text, encoding="utf-8")
    found = load(tmp_path)
    assert found.entries == {}
    assert found.notice.startswith(".progress.json is damaged. ")
    notice = remember(tmp_path, [verdict(NUMPY)], {NUMPY: "a"}, WHEN)
    assert notice == found.notice
    assert (tmp_path / f"{PROGRESS}.broken").read_text(encoding="utf-8") == text
    assert load(tmp_path).state(NUMPY, "a") == "passed"
    assert load(tmp_path).notice == ""


def test_a_folder_in_the_files_place_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / PROGRESS).mkdir()
    assert load(tmp_path).notice.count(".progress.json is not a plain file.") == 1
    notice = remember(tmp_path, [verdict(NUMPY)], {NUMPY: "a"}, WHEN)
    assert notice == "This run is not remembered: .progress.json is not a plain file."
    assert last_verdicts(tmp_path) == {}


def test_the_last_words_on_each_check_are_kept(tmp_path: Path) -> None:
    assert last_verdicts(tmp_path) == {}
    first = full()
    save_verdicts(tmp_path, [first, verdict(IMAGES)])
    assert last_verdicts(tmp_path) == {NUMPY: first, IMAGES: verdict(IMAGES)}
    again = dataclasses.replace(first, came="Something else came.")
    save_verdicts(tmp_path, [again])
    assert last_verdicts(tmp_path) == {NUMPY: again, IMAGES: verdict(IMAGES)}
    held = json.loads((tmp_path / LAST_RUN).read_text(encoding="ascii"))
    assert {tier: len(found) for tier, found in held["tiers"].items()} == {
        "beginner": 1, "intermediate": 1,
    }  # fmt: skip


def places(held: Any) -> Iterator[tuple[Any, Any]]:
    """Every value in a verdict's JSON, as (what it stands in, its key there)."""
    for key in held if isinstance(held, dict) else range(len(held)):
        yield held, key
        if isinstance(held[key], (dict, list)):
            yield from places(held[key])


def test_last_words_of_another_kind_are_none(tmp_path: Path) -> None:
    held = json.loads(json.dumps(full().to_json()))
    for place, key in list(places(held)):
        right = place[key]
        for wrong in (None, 3, True, "text", [3], {"a": 3}):
            is_right = type(wrong) is type(right) or (key, wrong) == ("location", None)
            if is_right or (key == "seconds" and wrong == 3):
                continue
            if isinstance(right, list) and wrong in ("text", {"a": 3}):
                continue  # as good as a list of letters
            place[key] = wrong
            text = json.dumps({"schema": 1, "tiers": {"beginner": [held]}})
            (tmp_path / LAST_RUN).write_text(text, encoding="utf-8")
            assert last_verdicts(tmp_path) == {}, (key, wrong)
        place[key] = right
    for rows, known in (([["c", "d"]], 1), ([["c"]], 0), ([["c", "d", "e"]], 0)):
        held["exhibits"][0]["rows"] = rows
        text = json.dumps({"schema": 1, "tiers": {"beginner": [held]}})
        (tmp_path / LAST_RUN).write_text(text, encoding="utf-8")
        assert len(last_verdicts(tmp_path)) == known


def test_only_the_kits_own_exercises_are_remembered(tmp_path: Path) -> None:
    assert is_remembered(EXERCISES)
    assert not is_remembered(REFERENCE)
    assert not is_remembered(tmp_path)


def test_a_run_begins_with_the_code_as_it_is(folder: Path) -> None:
    run = record(folder)
    assert run.before == fingerprints(folder, COURSE)
    assert [each.check.check for each in run.listed] == list(run.before)
    assert not (folder / PROGRESS).exists()


def test_an_entry_that_the_course_no_longer_has_stays(folder: Path) -> None:
    save(folder, Progress({"test_old.py::test_gone": Entry(Status.PASSED, "a", "2026-03-01")}))
    begun(folder).keep([verdict(NUMPY)])
    assert set(load(folder).entries) == {"test_old.py::test_gone", NUMPY}
