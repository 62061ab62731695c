"""The Tab key: what can come next, in the shells that are here."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from checks.engine.commands import COMMANDS
from checks.engine.commands.completing import FILES, FOLDERS, choices
from checks.engine.commands.completion import LINES
from checks.engine.paths import KIT
from checks.engine.ui import shells
from checks.selftest.in_process import environment, run
from checks.selftest.pseudo import in_terminal
from checks.selftest.terminals import copy_kit
from checks.selftest.test_command import run as cold_run

TIERS = ["beginner", "intermediate", "advanced", "bonus"]
COMMAND = [sys.executable, "run_checks.py", "completion"]


def names(words: str) -> list[str]:
    """What can come next; the last word is the one that has been begun."""
    *before, current = words.split(" ")
    return [name for name, _ in choices(before, current)]


# What can come next -------------------------------------------------------------------------------

NEXT = {
    "": [*TIERS, "all", *COMMANDS],
    "b": ["beginner", "bonus"],
    "re": [name for name in COMMANDS if name.startswith("re")],
    "watch ": TIERS,
    "watch --seed 3 be": ["beginner"],
    "watch --seed = 3 be": ["beginner"],
    "--wa": ["--watch"],
    "beginner --ver": ["--verbose"],
    "beginner --verbose --ver": [],
    "--solutions ": [FOLDERS[0]],
    "--json x": [FILES[0]],
    "hint noise_s": ["noise_statistics"],
    "hint beginner 2": ["2", "20"],
    "explain Gen": ["Generator"],
    "explain beginner 3 ": [],
    "reset intermediate Generator.f": ["Generator.forward"],
    "diff bonus plot": ["plot_image_grid", "plot_losses"],
    "reset nothing x": None,
    "completion ": list(LINES),
    "completion f": ["fish"],
    "nonsense be": [],
}


@pytest.mark.parametrize("words", NEXT)
def test_what_can_come_next(words: str) -> None:
    expected = NEXT[words]
    if expected is None:  # silent, where the program itself can only say that it is wrong
        done = run("completion", "fish", "--typed", *words.split(" ")[:-1], "=x")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    elif words == "explain beginner 3 ":
        assert "--help" in names(words)
    else:
        assert names(words) == expected


def test_backups_are_offered_the_newest_first(tmp_path: Path) -> None:
    kept = tmp_path / ".backup"
    kept.mkdir()
    dates = ["2026-01-02T03-04-05", "2026-01-03T03-04-05"]
    for date in dates:
        (kept / f"bonus.{date}.py").touch()
    assert names(f"restore --solutions {tmp_path} bonus 20") == dates[::-1]
    assert names(f"restore bonus --solutions {tmp_path} 2026-01-03") == dates[1:]


@pytest.mark.parametrize("name", ["check", *COMMANDS])
def test_every_argument_with_a_few_values_offers_them(name: str) -> None:
    """Each metavar is known, but for those that only a person can fill in."""
    module = importlib.import_module(f"checks.engine.commands.{name}")
    from checks.engine.cli import parser_of
    from checks.engine.commands.completing import COMPLETIONS

    known = {*COMPLETIONS, *getattr(module, "COMPLETIONS", {})}
    free = {"N", "N,N", "X", "NAME", "None"}
    for action in parser_of("" if name == "check" else name)[1]._actions:
        if action.nargs != 0 and action.choices is None and "==SUPPRESS==" not in f"{action.help}":
            assert str(action.metavar) in known | free, action


def test_it_is_quick_and_loads_nothing_heavy() -> None:
    seconds = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", CLOCK, *COMMAND, "fish", "--typed", "explain", "beginner", "=1"],
            cwd=KIT, capture_output=True, text=True, check=True, env=environment(),
        )  # fmt: skip
        assert "The walk begins at start" in done.stdout
        seconds.append(float(done.stderr.splitlines()[-1]))
    assert min(seconds) < 0.3  # of processor time: 0.13 where this was written
    loud = [sys.executable, "-X", "importtime", *COMMAND[1:]]
    done = cold_run("fish", "--typed", "=", command=loud)
    loaded = {name.split(".")[0] for name in re.findall(r"\| +([\w.]+)$", done.stderr, re.M)}
    assert not loaded & {"torch", "torchvision", "numpy", "matplotlib", "pytest", "PIL", "rich"}


CLOCK = """
import os, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(sum(os.times()[2:4]), file=sys.stderr)
"""


def test_without_a_shell_it_says_what_to_paste() -> None:
    for shell, (line, _) in LINES.items():
        done = run("completion", SHELL=f"/bin/{shell}")
        assert done.returncode == 0
        assert [line] == [row.split(None, 1)[1] for row in done.stdout.splitlines()
                          if row.startswith(f"  {shell} ")]  # fmt: skip
    assert "completion zsh >> ~/.zshrc" in run("completion", SHELL="/usr/bin/zsh").stdout


def test_odd_paths_are_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shells, "KIT", Path("/a $(b) 'c' \"d\" \\e"))
    quoted = {
        "bash": "'/a $(b) '\"'\"'c'\"'\"' \"d\" \\e/run_checks.py'",
        "fish": "'/a $(b) \\'c\\' \"d\" \\\\e/run_checks.py'",
        "powershell": "'/a $(b) ''c'' \"d\" \\e/run_checks.py'",
    }
    for shell, path in quoted.items():
        assert path in shells.script(shell)


# In the shells ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit in a folder whose name has to be quoted, and another script beside it."""
    place = copy_kit(tmp_path_factory.mktemp("a kit, 'mine'"))
    (place / "other.py").write_text("raise SystemExit('run by the Tab key')\n")
    (place / "sub").mkdir()
    shutil.copy(place / "other.py", place / "sub" / "run_checks.py")  # has the name only
    return place


def bash(kit: Path, lines: Sequence[str]) -> list[list[str]]:
    asked = "\n".join(f"t {line} ''" if line.endswith(" ") else f"t {line}" for line in lines)
    script = f"""
    python() {{ {sys.executable!r} "$@"; }}
    before() {{ COMPREPLY=(before); }}
    complete -F before python python3
    {LINES["bash"][0]}
    {LINES["bash"][0]}
    t() {{ COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
      _run_checks "$1" "${{@: -1}}" "${{@: -2:1}}"; printf '%s,' "${{COMPREPLY[@]}}"; echo; }}
    {asked}
    """
    done = subprocess.run(
        ["bash", "--norc", "-c", script], cwd=kit, capture_output=True, text=True,
        env=environment(), check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return [row.strip(",").split(",") for row in done.stdout.splitlines()]


def fish(kit: Path, lines: Sequence[str]) -> list[list[str]]:
    asked = "\n".join(f"complete -C '{line}'; echo ===" for line in lines)
    script = f"""
    function python; {sys.executable!r} $argv; end
    {LINES["fish"][0]}
    {asked}
    """
    done = subprocess.run(
        ["fish", "--no-config", "-c", script], cwd=kit, capture_output=True, text=True,
        env=environment(HOME=str(kit)), check=True,
    )  # fmt: skip
    assert done.stderr == ""
    blocks = done.stdout.split("===\n")[:-1]
    return [[row.partition("\t")[0] for row in block.splitlines()] for block in blocks]


ASKED: dict[str, Callable[[list[str]], bool]] = {
    "python run_checks.py ": lambda found: found == [*TIERS, "all", *COMMANDS],
    "python ./run_checks.py expl": lambda found: found == ["explain"],
    "python3 -W ignore run_checks.py hint --sol": lambda found: found == ["--solutions"],
    "python run_checks.py reset intermediate Generator.f": lambda found: (
        found == ["Generator.forward"]
    ),
    "python run_checks.py --solutions refer": lambda found: found[0].strip("/") == "reference",
    "python sub/run_checks.py beg": lambda found: found in (["before"], []),
    "python other.py beg": lambda found: found in (["before"], []),
    "python -m run_checks.py beg": lambda found: found in (["before"], []),
}


@pytest.mark.parametrize("shell", [bash, fish])
def test_shells_complete_this_kit_and_nothing_else(
    kit: Path, shell: Callable[[Path, Sequence[str]], list[list[str]]]
) -> None:
    needed(shell.__name__)
    for (line, fits), found in zip(ASKED.items(), shell(kit, list(ASKED)), strict=True):
        assert fits(found), (line, found)


INTERACTIVE = {
    "bash": ["--norc", "--noprofile", "-i"],
    "zsh": ["-f", "-i"],
}


@pytest.mark.parametrize("shell", INTERACTIVE)
def test_the_tab_key_in_a_terminal(kit: Path, shell: str) -> None:
    needed(shell)
    tab, clear = "\t", "\x15"
    keys = [
        (f"PS1='> '; python() {{ {sys.executable} \"$@\"; }}\n", ""),
        (f"{LINES[shell][0]}; echo go'o'd\n", "> "),
        (f"python run_checks.py inter{tab}", "good"),
        (f"{clear}python run_checks.py quiz --aga{tab}", "intermediate"),
        (f"{clear}python other.py othe{tab}", "again"),
        (f"{clear}exit\n", "other.py other.py"),
    ]
    typed, until = zip(*keys, strict=True)
    home = {"HOME": str(kit), "ZDOTDIR": str(kit)}
    done = in_terminal([shell, *INTERACTIVE[shell]], kit, typed, 100, until, home)
    assert done.status == 0
    assert not re.search("error|not found|Traceback|run by the Tab key", done.written)


def needed(shell: str) -> None:
    """The test is about this shell, and there may be none here."""
    if os.name != "posix" or shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed here: its completion is tested where it is")


@pytest.mark.skipif(shutil.which("pwsh") is None, reason="PowerShell is not installed here")
def test_powershell(kit: Path) -> None:
    script = (
        f"& {shells.in_powershell(sys.executable)} run_checks.py completion powershell"
        " | Out-String | Invoke-Expression\n"
        "foreach ($line in 'python run_checks.py expl', 'python run_checks.py hint --') {\n"
        "  (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText }"
    )
    done = subprocess.run(
        ["pwsh", "-NoProfile", "-Command", script], cwd=kit, capture_output=True, text=True,
        env=environment(), check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["explain", "--help", "--solutions"]
    assert done.stderr == ""
