"""Explain and hint: which check is meant, what it says, and one rung of the ladder at a time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from checks.engine.course.lessons import find, ladder, lesson, next_check, number
from checks.engine.course.listing import course
from checks.engine.course.verdict import State, Status, Verdict
from checks.engine.errors import UnknownCheckError
from checks.engine.paths import REFERENCE
from checks.mistakes import CATALOGUE
from checks.selftest.in_process import Copy
from checks.selftest.terminals import copy_kit

COURSE = course()
UNCHECKED: dict[str, State] = {each.check.check: "unchecked" for each in COURSE}
DRAW = "return rng.standard_normal((n_samples, latent_dim))"


def test_a_check_is_found_by_number_part_and_title() -> None:
    third = COURSE[2]
    assert number(third, COURSE) == "beginner 3"
    for words in (
        ["beginner", "3"],
        ["Beginner 3"],
        [third.check.title],
        third.check.title.split(),
    ):
        assert find(words, COURSE, UNCHECKED) is third
    assert find(["sample_noise_numpy"], COURSE, UNCHECKED) is COURSE[0]
    passed = UNCHECKED | {COURSE[0].check.check: "passed"}
    assert find(["sample_noise_numpy"], COURSE, passed) is COURSE[1]


@pytest.mark.parametrize("words", ["nothing like it", "noise", "beginner 99"])
def test_what_is_not_one_check_is_a_sentence(words: str) -> None:
    with pytest.raises(UnknownCheckError, match=r"^[^\n]+\.$"):
        find([words], COURSE, UNCHECKED)


def test_what_failed_comes_before_what_is_to_be_done() -> None:
    states = UNCHECKED | {COURSE[0].check.check: "todo", COURSE[4].check.check: "failed"}
    assert next_check(COURSE, states) is COURSE[4]
    assert next_check(COURSE, dict.fromkeys(UNCHECKED, "passed")) is None


def test_the_ladder_is_the_mistakes_else_the_checks_own() -> None:
    listed = COURSE[2]
    check = listed.check
    verdict = Verdict(check.check, check.tier, check.title, check.points, Status.FAILED,
                      mistake_id="noise-uniform")  # fmt: skip
    assert ladder(listed, verdict) == CATALOGUE["noise-uniform"].hints
    assert ladder(listed, None) == (lesson(listed).hint,)


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """A kit whose first tier was checked once, with uniform noise."""
    place = copy_kit(tmp_path_factory.mktemp("kit"))
    source = (REFERENCE / "beginner.py").read_text(encoding="utf-8")
    wrong = source.replace(DRAW, "return rng.random((n_samples, latent_dim))")
    (place / "exercises" / "beginner.py").write_text(wrong, encoding="utf-8")
    with Copy(place) as copy:
        run(copy, "beginner")
        yield copy


def run(kit: Copy, *arguments: str) -> tuple[int, str]:
    """A command's exit status and all that it said, in one line."""
    done = kit.run(*arguments)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_hints_come_one_at_a_time(kit: Copy) -> None:
    idea, place, shape = (" ".join(hint.split()) for hint in CATALOGUE["noise-uniform"].hints)
    shown = [run(kit, "hint")[1] for _ in range(4)]
    assert [sum(hint in said for hint in (idea, place, shape)) for said in shown] == [1, 2, 3, 3]
    assert all("Uniform noise" in said for said in shown)


def test_explain_shows_the_evidence_of_the_last_run(kit: Copy) -> None:
    status, said = run(kit, "explain", "beginner", "3")
    assert status == 1
    for part in ("NumPy noise comes from N(0, 1)", "about sample_noise_numpy", "Uniform noise",
                 "N(0, 1) yours", "deviation 1.00 0.29"):  # fmt: skip
        assert part in said
    status, said = run(kit, "explain", "beginner", "1")
    assert status == 0
    assert "It has passed" in said


def test_changed_code_has_no_diagnosis(kit: Copy) -> None:
    path = kit.folder / "exercises" / "beginner.py"
    wrong = path.read_text(encoding="utf-8")
    try:
        path.write_text(wrong.replace("rng.random(", "rng.normal(size="), encoding="utf-8")
        assert "Uniform noise" not in run(kit, "hint", "beginner 3")[1]
        assert "The code has changed" in run(kit, "explain", "beginner 3")[1]
    finally:
        path.write_text(wrong, encoding="utf-8")


def test_an_unknown_check_is_wrong_usage(kit: Copy) -> None:
    status, said = run(kit, "explain", "beginer 3")
    assert status == 2
    assert said.startswith("Problem: ")
