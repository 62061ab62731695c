"""A kit for students: everything but the reference, with the key to the questions under seal."""

from __future__ import annotations

import ast
import json
import secrets
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from checks.engine.classroom.bundles import pack
from checks.engine.course.listing import course
from checks.engine.course.questions import answers
from checks.engine.course.release import FILE, Release, SealedAnswer, sealed
from checks.engine.errors import ClassError, UsageError
from checks.engine.files import SCHEMA, reason
from checks.engine.learner.stubs import read_reference, write_stubs
from checks.engine.parsing import parsed
from checks.engine.paths import CHECKS, KIT, STUBS, tiers

TOP = ("run_checks.py", "requirements.txt", ".pytest.ini", ".gitignore")
UNWANTED = (
    "__pycache__", "selftest", "benchmarks", "experiments", ".*", "*.pyc", "README.md",
    "release.json", "stubs", "TEACHERS.md",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What a release is to be: its tiers, what it is called, and whose solutions it is about."""

    tiers: tuple[str, ...]
    reference: Path
    title: str = ""
    points: float | None = None
    deadline: str = ""


def write_release(target: Path, wanted: Wanted) -> Path:
    """Write a student's kit into a folder, or into a zip where the name ends so.

    Raises:
        UsageError: there is something already, or the tiers need others.
        ClassError: it can't be written.
        StubError: the reference's delimiters are out of place.
    """
    refuse_gaps(wanted)
    if target.exists() and (target.is_file() or any(target.iterdir())):
        raise UsageError(f"{target}: there is something already; name a place that is new.")
    try:
        if target.suffix.lower() != ".zip":
            fill(target, wanted)
            return target
        with tempfile.TemporaryDirectory(prefix="gan-release-") as place:
            folder = Path(place) / target.stem
            fill(folder, wanted)
            pack(folder, target, top=f"{folder.name}/")
        return target
    except OSError as error:
        raise ClassError(f"{target} can't be written: {reason(error)}.") from None


def refuse_gaps(wanted: Wanted) -> None:
    """See that every tier comes with those that its file imports."""
    for tier in wanted.tiers:
        tree = parsed(read_reference(wanted.reference / f"{tier}.py"))
        imported = {
            node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
        } | {name.name for node in ast.walk(tree) if isinstance(node, ast.Import)
             for name in node.names}  # fmt: skip
        missing = [each for each in tiers() if each in imported and each not in wanted.tiers]
        if missing:
            raise UsageError(
                f"The {tier} tier uses {' and '.join(missing)}: "
                f"add {' '.join(f'--tier {each}' for each in missing)}."
            )


def fill(folder: Path, wanted: Wanted) -> None:
    """Write the kit's files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(CHECKS, folder / "checks", ignore=shutil.ignore_patterns(*UNWANTED))
    for name in TOP:
        if (KIT / name).is_file():
            shutil.copy(KIT / name, folder / name)
    stubs = folder / STUBS.relative_to(KIT)
    write_stubs(wanted.reference, stubs)
    for tier in tiers():
        if tier not in wanted.tiers:
            (folder / "checks" / f"test_{tier}.py").unlink()
            (stubs / f"{tier}.py").unlink(missing_ok=True)
    shutil.copytree(stubs, folder / "exercises")
    release = release_of(wanted)
    held = {"schema": SCHEMA, **asdict(release)}
    text = json.dumps(held, indent=1, ensure_ascii=True) + "\n"
    (folder / FILE.relative_to(KIT)).write_text(text, encoding="utf-8")
    workflow = folder / ".github" / "workflows" / "checks.yml"
    workflow.parent.mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("student_workflow.yml"), workflow)
    (folder / "README.md").write_text(readme(wanted, release), encoding="utf-8")


def release_of(wanted: Wanted) -> Release:
    """What the release says of itself."""
    salt = secrets.token_hex(16)
    held: dict[str, dict[str, SealedAnswer]] = {}
    parts: dict[str, list[str]] = {}
    for tier in wanted.tiers:
        text = read_reference(wanted.reference / f"{tier}.py")
        held[tier] = {}
        for name, answer in answers(text).items():
            reasons = answer.against | {answer.letter: answer.why}
            held[tier][name] = sealed(salt, f"{tier} {name}", answer.letter, reasons)
        about = dict.fromkeys(each.about for each in course() if each.check.tier == tier)
        parts[tier] = list(about)
    return Release(salt, held, parts, wanted.title, wanted.points, wanted.deadline)


def readme(wanted: Wanted, release: Release) -> str:
    """The first page that a student reads."""
    checks = [each.check for each in course() if each.check.tier in wanted.tiers]
    of = sum(check.points for check in checks)
    lines = [f"# {wanted.title or 'GAN exercises'}", ""]
    if wanted.deadline:
        lines += [f"Hand in by **{wanted.deadline}**.", ""]
    lines += [
        "You write a generative adversarial network, one function at a time. Edit the files in "
        "`exercises/`, save, and let the checks say what is right and what is wrong:",
        "",
        "    python -m pip install -r requirements.txt",
        f"    python run_checks.py {wanted.tiers[0]}",
        "    python run_checks.py",
        "",
        "The last one shows where you stand. `python run_checks.py --help` tells the rest.",
        "",
        f"| file | what you write | {'share' if wanted.points is not None else 'points'} |",
        "|---|---|---|",
    ]
    for tier in wanted.tiers:
        points = sum(check.points for check in checks if check.tier == tier)
        worth = str(points)
        if wanted.points is not None:
            worth = f"{wanted.points * points / of:.4g} of {wanted.points:g}"
        parts = ", ".join(f"`{name}`" for name in release.parts[tier])
        lines.append(f"| `exercises/{tier}.py` | {parts} | {worth} |")
    names = [f"`{tier}.py`" for tier in wanted.tiers]
    lines += ["", f"Hand in {listed(names)}, under these names.", ""]
    return "\n".join(lines)


def listed(names: Sequence[str]) -> str:
    """Names in a row, with "and" before the last."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def described(wanted: Wanted) -> Mapping[str, int]:
    """How many points each tier of a release gives."""
    checks = [each.check for each in course()]
    return {
        tier: sum(check.points for check in checks if check.tier == tier) for tier in wanted.tiers
    }
