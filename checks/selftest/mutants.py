"""Wrong solutions and right ones in other styles, each made from the reference by replacing text.

A mutant or a variant is one entry of a table: its name, its tier, and pairs of (old text, new
text) for that tier's file. Each old text must stand in the file exactly once, so a table that the
reference has outgrown fails loudly. The checks are called as functions, in this process, with the
sandbox that they always use; a mutant costs one check, a variant all of its tier's.
"""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any, TypeVar

from checks.engine.course.check_errors import CheckEndedError
from checks.engine.paths import REFERENCE
from checks.engine.sandbox import client as sandbox
from checks.engine.sandbox.solution import Solution, Submission
from checks.mistakes import CATALOGUE

Replacement = tuple[str, str]
Entry = TypeVar("Entry")
MAIN = "\ndef main() -> None:"


@dataclass(frozen=True)
class Variant:
    """Right code in another style: every check of its tier has to pass.

    `elsewhere` holds replacements for other tiers' files, by tier; `about` names the functions
    whose checks are run, where the others cannot be touched by the change, and `without` names
    checks that are left out, since they take long. `advice` is the id of the mistake that one of
    the checks has to advise about, "" where there may be none.
    """

    name: str
    tier: str
    replacements: tuple[Replacement, ...]
    elsewhere: Mapping[str, tuple[Replacement, ...]] = field(default_factory=dict)
    about: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    advice: str = ""

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Mutant(Variant):
    """Wrong code: `check` (a test function's name) has to fail and name `mistake` (an id).

    `further` are the ids of the other mistakes that it has to name beside that one, in any order.
    """

    check: str = ""
    mistake: str = ""
    further: tuple[str, ...] = ()


def instead(code: str) -> Replacement:
    """The replacement that defines a name anew, below the reference's own definition of it."""
    return MAIN, f"\n{dedent(code).strip()}\n\n{MAIN}"


def mutated(folder: Path, variant: Variant) -> Path:
    """Write the reference with the variant's replacements to the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in (REFERENCE).glob("*.py"):
        shutil.copy(source, folder)
    for tier, replacements in {**variant.elsewhere, variant.tier: variant.replacements}.items():
        file = folder / f"{tier}.py"
        text = file.read_text(encoding="utf-8")
        for old, new in replacements:
            assert text.count(old) == 1, f"{variant}: {text.count(old)} times in {tier}.py: {old}"
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")
    return folder


def checks_of(tier: str) -> dict[str, Callable[[Solution], None]]:
    """The tier's checks by the names of their functions."""
    module = importlib.import_module(f"checks.test_{tier}")
    return {name: function for name, function in vars(module).items() if _mark(function)}


def ending(
    tier: str, check: str, submission: Submission, heard: list[str] | None = None
) -> CheckEndedError | None:
    """How a check ends on a folder of solutions: None where it passes. `heard` gets its advice.

    Anything but a verdict that a check raises is the kit's own fault, and goes through.
    """
    function = checks_of(tier)[check]
    try:
        about = _mark(function).kwargs["about"]
        function(Solution(submission, tier, about, advice=[] if heard is None else heard))
    except CheckEndedError as ended:
        return ended
    return None


def assert_caught(mutant: Mutant, folder: Path) -> None:
    """The expected check fails and names the expected mistake."""
    submission = Submission(mutated(folder, mutant), sandbox.shared())
    ended = ending(mutant.tier, mutant.check, submission)
    assert ended is not None, f"{mutant.check} passes"
    named = ended.mistake.id if ended.mistake else ""
    assert ended.status.is_wrong, ended.status
    assert named == mutant.mistake, f"{named}: {ended.came}"
    besides = {other.mistake_id: other.came for other in ended.further}
    assert set(besides) == set(mutant.further), besides


def refusals(variant: Variant, folder: Path, heard: list[str] | None = None) -> list[str]:
    """What the checks of its tier refuse a variant for; nothing, as it is right."""
    submission = Submission(mutated(folder, variant).resolve(), sandbox.shared())
    endings = {
        name: ending(variant.tier, name, submission, heard)
        for name, function in checks_of(variant.tier).items()
        if not variant.about or _mark(function).kwargs["about"] in variant.about
        if name not in variant.without
    }
    assert endings
    return [f"{name}: {ended}" for name, ended in endings.items() if ended is not None]


def assert_accepted(variant: Variant, folder: Path) -> None:
    """Every check of the tier passes, with the advice that is expected."""
    heard: list[str] = []
    failed = refusals(variant, folder, heard)
    assert not failed, "\n".join(failed)
    if variant.advice:
        assert any(CATALOGUE[variant.advice].why in text for text in heard), heard


def mutants() -> list[Mutant]:
    """Every mutant of the tables in this folder."""
    return _entries("MUTANTS", Mutant)


def variants() -> list[Variant]:
    """Every variant of the tables in this folder."""
    return _entries("VARIANTS", Variant)


def _entries(table: str, kind: type[Entry]) -> list[Entry]:
    found: list[Entry] = []
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        if f"\n{table} = [" in file.read_text(encoding="utf-8"):
            found += vars(importlib.import_module(f"checks.selftest.{file.stem}"))[table]
    assert all(type(entry) is kind for entry in found)
    return found


def _mark(function: Any) -> Any:
    marks = [mark for mark in getattr(function, "pytestmark", ()) if mark.name == "check"]
    return marks[0] if marks else None
