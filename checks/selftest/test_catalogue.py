"""The catalogue of mistakes and the list of checks, held to their own rules."""

from __future__ import annotations

import ast
import importlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from inspect import getdoc
from pathlib import Path
from typing import Any

import pytest

from checks.engine.course.lessons import HINT
from checks.engine.paths import CHECKS, REFERENCE
from checks.mistakes import CATALOGUE, Mistake
from checks.selftest.doctor_scripts import WRONG as SCRIPTS
from checks.selftest.mutants import checks_of, mutants

TIERS = sorted(file.stem.removeprefix("test_") for file in CHECKS.glob("test_*.py"))
KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
NO_IDS = {"utf-8", "stand-ins"}
# How the code names a mistake: the function, and which of its arguments holds the id.
NAMING = {"wrong": 0, "advise": 0, "Finding": 1, "Translation": 3}
MAX_NAME, MAX_TITLE = 80, 90

# Mistakes that no mutant shows. A mutant for one of them takes it off this list.
ADVICE = "it comes as advice, and the check passes"
WITHOUT_MUTANT = {
    "graph-left-in": ADVICE,
    "grid-stretched": ADVICE,
    "graph-on-images": ADVICE,
    "axes-unnamed": ADVICE,
    "load-runs-code": ADVICE,
    "load-needs-device": ADVICE,
    "unusual-smoothing": ADVICE,
    "images-not-shuffled": ADVICE,
    "batch-norm-in-discriminator": ADVICE,
    "unused-layer": ADVICE,
    "generator-clamped": ADVICE,
    "hidden-layer-added": ADVICE,
    "networks-out-of-balance": ADVICE,
    "step-unread": ADVICE,
}

every_tier = pytest.mark.parametrize("tier", TIERS)


# --- the records ----------------------------------------------------------------------------------


def has_an_id_in_kebab_case(mistake: Mistake) -> bool:
    return KEBAB.fullmatch(mistake.id) is not None


def has_a_short_name_without_a_full_stop(mistake: Mistake) -> bool:
    return 0 < len(mistake.name) <= MAX_NAME and not mistake.name.endswith(".")


def says_how_it_shows_and_why_it_matters(mistake: Mistake) -> bool:
    return all(text.rstrip(")").endswith(".") for text in (mistake.symptom, mistake.why))


def has_three_hints(mistake: Mistake) -> bool:
    return len(mistake.hints) == 3 and all(hint.strip() for hint in mistake.hints)


def shows_no_whole_line(mistake: Mistake) -> bool:
    return not any(line in hint for line in solved_lines() for hint in mistake.hints)


RULES = (
    has_an_id_in_kebab_case,
    has_a_short_name_without_a_full_stop,
    says_how_it_shows_and_why_it_matters,
    has_three_hints,
    shows_no_whole_line,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_record(rule: Callable[[Mistake], bool]) -> None:
    assert not [mistake.id for mistake in CATALOGUE.values() if not rule(mistake)]


def test_ids_are_unique() -> None:
    ids = [mistake.id for module in modules("mistakes") for mistake in records(module)]
    assert not [name for name, count in Counter(ids).items() if count > 1]
    assert len(ids) == len(CATALOGUE)


@cache
def solved_lines() -> frozenset[str]:
    """The lines of code that the stubs leave out, but for those that give nothing away."""
    found: set[str] = set()
    for file in (REFERENCE).glob("*.py"):
        text = file.read_text(encoding="utf-8")
        for region in re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", text, re.DOTALL):
            lines = (line.split("  # ")[0].strip() for line in region.splitlines())
            found.update(line for line in lines if not is_plain(line))
    return frozenset(found)


def is_plain(line: str) -> bool:
    """Whether a line is a comment, a lone name or bracket, or a bare call like loss.backward()."""
    return line.startswith("#") or bool(re.fullmatch(r"\W*[\w.]*(\(\))?\W*", line))


# --- the ids that the checks name -----------------------------------------------------------------


def test_every_id_that_the_checks_name_exists() -> None:
    unknown = {name: where for name, where in named_ids().items() if name not in CATALOGUE}
    assert not unknown


def test_every_mistake_has_a_mutant() -> None:
    shown = {mutant.mistake for mutant in mutants()} | {each.mistake for each in SCRIPTS}
    lacking = set(CATALOGUE) - shown - set(WITHOUT_MUTANT)
    assert not lacking


def test_mutants_expect_what_exists() -> None:
    checks = {tier: set(checks_of(tier)) for tier in TIERS}
    for mutant in mutants():
        assert mutant.mistake in CATALOGUE, mutant
        assert mutant.check in checks[mutant.tier], mutant


def test_list_of_mistakes_without_a_mutant_is_up_to_date() -> None:
    assert set(WITHOUT_MUTANT) <= set(CATALOGUE)
    assert not set(WITHOUT_MUTANT) & {mutant.mistake for mutant in mutants()}


@cache
def named_ids() -> dict[str, str]:
    """Each id in the code that names mistakes, and a place where it stands.

    An id may come to `wrong` through a variable or a table, so in a file that names mistakes every
    text in kebab case counts as one.
    """
    found: dict[str, str] = {}
    for file in [*CHECKS.glob("*.py"), *CHECKS.glob("engine/**/*.py"), *CHECKS.glob("probes/*.py")]:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        direct = dict(direct_ids(tree))
        if direct or "CATALOGUE" in {getattr(node, "id", "") for node in ast.walk(tree)}:
            texts = {**direct, **dict(kebab_texts(tree))}
            found.update({text: f"{file.name}:{line}" for text, line in texts.items()})
    for text in NO_IDS:
        found.pop(text, None)
    return found


def direct_ids(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Texts that stand where an id belongs, and their lines."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = getattr(node.func, "attr", getattr(node.func, "id", ""))
        position = NAMING.get(function, len(node.args))
        for argument in node.args[position : position + 1]:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield argument.value, argument.lineno


def kebab_texts(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """All texts in kebab case, and their lines."""
    for node in ast.walk(tree):
        text = getattr(node, "value", None)
        if isinstance(node, ast.Constant) and isinstance(text, str) and KEBAB.fullmatch(text):
            yield text, node.lineno


# --- the checks -----------------------------------------------------------------------------------


@every_tier
def test_checks_are_described(tier: str) -> None:
    checks = checks_of(tier)
    marks = {name: mark_of(function).kwargs for name, function in checks.items()}
    assert checks
    for name, mark in marks.items():
        assert name.startswith("test_")
        assert 0 < len(mark["title"]) <= MAX_TITLE
        assert not mark["title"].endswith(".")
        assert mark["points"] >= 1
        assert mark["about"] in defined(tier), f"{name}: {mark['about']}"
    titles = Counter(mark["title"] for mark in marks.values())
    assert not [title for title, count in titles.items() if count > 1]


@every_tier
def test_every_test_of_a_tier_is_a_check(tier: str) -> None:
    module = importlib.import_module(f"checks.test_{tier}")
    functions = {name for name in vars(module) if name.startswith("test_")}
    assert functions == set(checks_of(tier))


@every_tier
def test_every_check_explains_itself(tier: str) -> None:
    """What it checks, why it matters, and last a hint that gives no whole line away."""
    for name, function in checks_of(tier).items():
        *said, hint = (" ".join(part.split()) for part in (getdoc(function) or "").split("\n\n"))
        assert len(said) >= 2, name
        assert hint.startswith(HINT), name
        assert not any(part.startswith(HINT) for part in said), name
        assert all(part.endswith((".", "?")) for part in (*said, hint)), name
        assert not [line for line in solved_lines() if line in hint], name


def mark_of(function: Any) -> Any:
    return next(mark for mark in function.pytestmark if mark.name == "check")


def defined(tier: str) -> set[str]:
    """The names that the tier's reference file defines at its top level."""
    tree = ast.parse((REFERENCE / f"{tier}.py").read_text(encoding="utf-8"))
    names = {getattr(node, "name", "") for node in tree.body}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names - {""}


# --- modules --------------------------------------------------------------------------------------


def modules(package: str, pattern: str = "*.py") -> list[Any]:
    """The package's modules."""
    files = sorted(Path(CHECKS / package).glob(pattern))
    names = [file.stem for file in files if file.stem != "__init__"]
    return [importlib.import_module(f"checks.{package}.{name}") for name in names]


def records(module: Any) -> list[Mistake]:
    return list(getattr(module, "MISTAKES", ()))
