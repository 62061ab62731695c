"""The README and the other texts tell the truth about commands, files and options."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from checks.engine.cli import parse
from checks.engine.commands import COMMANDS
from checks.engine.paths import KIT

README = (KIT / "README.md").read_text(encoding="utf-8")
SMALL = "python -m pip install uv && uv pip install --torch-backend=cpu -r requirements.txt"
LARGE = "python -m pip install -r requirements.txt"
TESTS = "python -m pip install -r checks/requirements.txt"
PAGES = ["README.md", "checks/README.md", "checks/TEACHERS.md", "checks/benchmarks/README.md"]
TEXTS = [*PAGES, ".ci/run", ".github/workflows/ci.yml"]
TEXTS += [f"{folder}/{path.name}" for folder in ("reference", "exercises")
          for path in (KIT / folder).glob("*.py")]  # fmt: skip


def tracked_files() -> list[Path]:
    try:
        listed = subprocess.run(
            ["git", "ls-files"], cwd=KIT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    return [KIT / name for name in listed.stdout.splitlines() if (KIT / name).is_file()]


def commands(text: str) -> list[str]:
    found = re.findall(r"python run_checks\.py((?: +[\w./-]+)*)", text)
    return [arguments.strip() for arguments in found]


def test_the_two_commands_open_the_readme_and_run_in_ci() -> None:
    lines = [line.strip() for line in README.splitlines() if line.startswith("    ")]
    first, second, large = lines[:3]
    assert first == f"{SMALL} && python run_checks.py beginner"
    assert second == f"{TESTS} && python -m pytest"
    assert large == f"{LARGE} && python run_checks.py beginner"
    script = (KIT / ".ci/run").read_text(encoding="utf-8")
    steps = [*large.split(" && "), *second.split(" && ")]
    for step in (step.replace("pip install", "pip install --quiet") for step in steps):
        assert re.search(rf"^{re.escape(step)}( \|\| .*)?$", script, re.MULTILINE), step


def test_the_readme_is_short_and_its_links_lead_somewhere() -> None:
    """A picture first; what only teachers and contributors read stands on pages of its own."""
    assert len(README.splitlines()) <= 120
    for page in PAGES:
        folder = (KIT / page).parent
        links = re.findall(r"\]\(([^)#]+)[^)]*\)", (KIT / page).read_text(encoding="utf-8"))
        assert all((folder / link).is_file() for link in links), links
    (picture,) = re.findall(r"^!\[.+\]\((.+)\)$", README, re.MULTILINE)
    assert (KIT / picture).stat().st_size < 1_500_000


@pytest.mark.parametrize("name", TEXTS)
def test_every_command_in_the_texts_is_understood(name: str) -> None:
    path = KIT / name
    if not path.exists():
        pytest.skip(f"{name} is not here")
    for arguments in commands(path.read_text(encoding="utf-8")):
        words = [word.rstrip(".") for word in shlex.split(arguments)]
        known = {"beginner", "intermediate", "advanced", "bonus", "all", *COMMANDS}
        if words and not words[0].startswith("-") and words[0] not in known:
            continue  # prose that goes on after the command
        if "--help" in words:
            continue  # ends the process, as it should
        of_a_tier = words[:1] and words[0] in COMMANDS and {*words[1:2]} & (known - {*COMMANDS})
        start = 2 if of_a_tier or words[:1] in (["grade"], ["doctor"]) else 1  # it needs its files
        end = next((i for i, w in enumerate(words) if i >= start and w[0] != "-"
                    and words[i - 1][0] != "-"), len(words))  # fmt: skip
        parse(words[:end])


def test_every_file_that_the_readme_names_is_there() -> None:
    for name in re.findall(r"`((?:checks|exercises|reference|\.ci)/[\w./]*|\.ci/run)`", README):
        if name != "exercises/.backup":
            assert (KIT / name).exists(), name


def test_the_project_speaks_of_itself_alone() -> None:
    here = "/" + "work" + "/"
    for path in tracked_files():
        if path.suffix in (".py", ".md", ".txt", ".yml", ".ini", ".toml", "") and path != Path(
            __file__
        ):
            text = path.read_text(encoding="utf-8")
            for word in (here, "pythonhosted", "py" + "pi.org", "extra-index", "--index-url"):
                assert word not in text, f"{path.relative_to(KIT)}: {word}"


def test_the_top_level_is_the_fixed_one() -> None:
    names = {path.relative_to(KIT).parts[0] for path in tracked_files()}
    plain = {name for name in names if not name.startswith(".")}
    assert plain == {
        "exercises", "reference", "checks", "run_checks.py", "README.md", "requirements.txt",
    }  # fmt: skip
