"""--help for people who see a command for the first time, and --watch as an option."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from checks.engine.cli import parser_of
from checks.engine.commands import COMMANDS
from checks.engine.commands.parser import paragraphs
from checks.selftest.in_process import environment, run
from checks.selftest.terminals import SECONDS, copy_kit
from checks.selftest.test_command import run as cold_run

INSIDE = re.compile(r"\b(?:engine|argparse|positional|judge|sandbox|None)\b|(?<!run_)checks\.")


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_kit(tmp_path_factory.mktemp("kit"))


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_begins_with_the_purpose_and_has_two_examples(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for columns in ("200", "80", "60"):
        monkeypatch.setenv("COLUMNS", columns)
        module, parser = parser_of(name)
        text = parser.format_help()
        rows = text.splitlines()
        too_long = [row for row in rows if len(row) > min(int(columns), 80)]
        assert all("python run_checks.py" in row for row in too_long), too_long
        assert columns == "60" or not too_long
        assert not INSIDE.search(text), INSIDE.search(text)
        assert re.match(r"[A-Z][^`]+\.$", paragraphs(module.__doc__)[0])
        assert len(rows) < 75
    place = text.index("Examples:")
    assert place < text.index("Usage:") < text.index("Options:")
    command = f"python run_checks.py {name}".strip()
    examples = [example for example, _ in module.EXAMPLES]
    assert len(examples) >= (1 if name == "recipes" else 2)
    assert all(example.startswith(command) for example in examples)


def test_every_command_is_listed_with_what_it_does() -> None:
    text = run("--help").stdout
    for name, what in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(what)}$", text, re.MULTILINE)


def test_help_waits_for_no_library(kit: Path) -> None:
    loud = [sys.executable, "-X", "importtime", "run_checks.py"]
    done = cold_run("--help", cwd=kit, command=loud)
    loaded = {name.split(".")[0] for name in re.findall(r"\| +([\w.]+)$", done.stderr, re.M)}
    assert "argparse" in loaded
    assert not loaded & {"torch", "torchvision", "numpy", "matplotlib", "pytest", "PIL", "rich"}


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
@pytest.mark.parametrize("words", [["intermediate", "--watch"], ["--watch"]])
def test_watch_as_an_option_watches(kit: Path, words: list[str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "run_checks.py", *words], cwd=kit, env=environment(), text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    tier = "beginner" if len(words) == 1 else words[0]
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith(("Next:", "Problem:")):
            break
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=SECONDS)
    assert f"{tier}.py  watching" in lines[0]
    assert lines[-1].startswith("Next:")
    assert process.returncode == 130
    assert "Traceback" not in errors
