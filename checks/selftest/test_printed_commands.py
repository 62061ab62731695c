"""Every command that any screen, docstring or text shows is run: what is said works.

`printed` collects the commands from the source. Each is in RUNS, as it stands or under ALIASES
where it has a placeholder or prose behind it, or in APART with the reason why it is not run here.
A command that is in none of them fails this test, and so does one that a run prints.

To add a command: a line in RUNS, with small arguments; for what is printed with a placeholder, a
line in ALIASES as well.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from checks.engine.commands import COMMANDS
from checks.engine.paths import CHECKS, EXERCISES, KIT, REFERENCE
from checks.selftest import in_process, printed
from checks.selftest.doctor_scripts import RIGHT, notebook_of
from checks.selftest.in_process import Copy, environment
from checks.selftest.pseudo import CONTROL, in_terminal
from checks.selftest.terminals import copy_kit
from checks.selftest.test_mnist import mnist_files, write_mnist

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
WATCHING, ASKED = ("q", "q quit"), "(yes/no)"
FROM_NOTEBOOK = "run_checks.py notebook --from my_notebooks/beginner.ipynb"
SMALL = "--images 20 --batch-size 10 --data DIR --device cpu"


@dataclass(frozen=True)
class Run:
    """A command to run: what it ends with, and what is typed once something has been shown."""

    words: str
    status: int = 0
    typed: tuple[tuple[str, str], ...] = ()
    tiny: str = ""  # what is added to make it short


# What is run --------------------------------------------------------------------------------------

# One after the other: each finds what those before it have left. First where the exercises are
# stubs, and what is checked waits for PyTorch.
CHECKED = [
    Run("run_checks.py advanced --data DIR", 1, tiny="--explain"),
    Run("run_checks.py watch intermediate", typed=(WATCHING,)),
    Run(
        "run_checks.py all --solutions path/to/a/submission --json result.json --junit result.xml",
        1,
    ),
    Run("-m pytest checks/test_beginner.py --solutions=reference", tiny="-n0 -q"),
    Run("-m venv .venv", tiny="--without-pip"),
]
# Then with a beginner.py that is wrong.
LEARNER = [
    Run("run_checks.py beginner", 1),
    Run("run_checks.py", 1),
    Run("run_checks.py hint"),
    Run("run_checks.py hint noise_statistics"),
    Run("run_checks.py explain", 1),
    Run("run_checks.py explain beginner 3", 1),
    Run('run_checks.py explain "beginner 3"', 1),
    Run('run_checks.py explain "beginner 1"'),
    Run("run_checks.py diff beginner", typed=(("yes\n", ASKED),)),
    Run("run_checks.py diff beginner interpolate_noise", typed=(("no\n", ASKED),)),
    Run("run_checks.py quiz beginner --again", typed=(("s\n", "Your choice"), ("q\n", "choice"))),
    Run("run_checks.py quiz", 1, (("a\n", "Your choice"), ("q\n", "Your choice"))),
    Run("run_checks.py quiz intermediate", 1, (("q\n", "Your choice"),)),
    Run("run_checks.py reset beginner noise_statistics", typed=(("yes\n", ASKED),)),
    Run("run_checks.py reset beginner", typed=(("yes\n", ASKED),)),
    Run("run_checks.py restore beginner", typed=(("1\n", "Which one"),)),
    Run("run_checks.py restore beginner 1"),
    Run("run_checks.py grade submissions.zip --dry-run"),
    Run("run_checks.py grade submissions.zip", tiny="--dry-run"),
    Run("run_checks.py grade bundle gradescope --out autograder.zip"),
    Run("run_checks.py release --to gan-exercises.zip"),
    Run("run_checks.py release --to kit --tier beginner"),
    Run("run_checks.py notebook"),
    Run("run_checks.py notebook beginner --to my_notebooks"),
    Run(FROM_NOTEBOOK),
    Run("run_checks.py stubs"),
    Run("run_checks.py stubs --solutions my_reference --to my_exercises"),
    Run("run_checks.py stubs --to FOLDER"),
    Run("run_checks.py --help"),
    Run("run_checks.py --version"),
    Run("run_checks.py quiz --help"),
]
# Then with everything solved.
SOLVED = [
    Run("exercises/beginner.py"),
    Run("exercises/advanced.py --epochs 20", tiny="--data DIR --epochs 1"),
    Run("exercises/bonus.py", tiny="--data DIR --epochs 1 --out out"),
    Run("run_checks.py recipes"),
    Run("run_checks.py train", tiny=f"--epochs 1 {SMALL}"),
    Run("run_checks.py train --resume exercises-1", tiny="--epochs 2"),
    Run("run_checks.py train --recipe tuned", tiny=f"--epochs 1 {SMALL} --name first"),
    Run("run_checks.py score"),
    Run("run_checks.py score first"),
    Run("run_checks.py score first --all"),
    Run("run_checks.py report"),
    Run("run_checks.py report first --open"),
    Run("run_checks.py doctor gan.py"),
    Run("run_checks.py doctor gan.py -- --lr 0.1", 1),
    Run("run_checks.py doctor gan.ipynb --report gan.html"),
]
# In the kit itself: what measures it, so that it is understood and its words are right.
MEASURED = [
    Run(f"-m checks.benchmarks.{path.stem}", tiny="--help")
    for path in sorted((CHECKS / "benchmarks").glob("*.py"))
    if "__main__" in path.read_text(encoding="utf-8")
]
RUNS = {run.words: run for run in [*CHECKED, *LEARNER, *SOLVED, *MEASURED]}
# These run cold, as all do that need a terminal; the others share a process (see `in_process`).
COLD = {
    "-m pytest checks/test_beginner.py --solutions=reference",
    "-m venv .venv",
    "run_checks.py",
}

# Commands with placeholders, with prose behind them, or as good as others, each with the run that
# stands for it.
ALIASES = {
    "run_checks.py [TIER]": "run_checks.py beginner",
    "run_checks.py beginner --watch": "run_checks.py watch intermediate",  # and in test_help
    "run_checks.py intermediate": "run_checks.py beginner",
    "run_checks.py advanced": "run_checks.py advanced --data DIR",
    "run_checks.py bonus": "run_checks.py beginner",
    "exercises/advanced.py": "exercises/advanced.py --epochs 20",
    "run_checks.py watch": "run_checks.py watch intermediate",
    "run_checks.py watch [TIER]": "run_checks.py watch intermediate",
    "run_checks.py hint [CHECK]": "run_checks.py hint noise_statistics",
    "run_checks.py explain [CHECK]": "run_checks.py explain beginner 3",
    "run_checks.py quiz [TIER]": "run_checks.py quiz intermediate",
    "run_checks.py doctor FILE": "run_checks.py doctor gan.py",
    "run_checks.py diff TIER [FUNCTION]": "run_checks.py diff beginner interpolate_noise",
    "run_checks.py grade SUBMISSIONS": "run_checks.py grade submissions.zip --dry-run",
    "run_checks.py release --to DIR": "run_checks.py release --to kit --tier beginner",
    "run_checks.py notebook [TIER]": "run_checks.py notebook",
    "run_checks.py notebook --from FILE": FROM_NOTEBOOK,
    "run_checks.py notebook --from my.ipynb": FROM_NOTEBOOK,
    "run_checks.py reset TIER [FUNCTION]": "run_checks.py reset beginner noise_statistics",
    "run_checks.py restore TIER [VERSION]": "run_checks.py restore beginner 1",
    "run_checks.py restore {options_tier} 1": "run_checks.py restore beginner 1",
    "run_checks.py train --epochs 5 --images 8000": "run_checks.py train",
    "run_checks.py train makes one": "run_checks.py train",
    "run_checks.py train --epochs 30 --snapshots 10,20,30 --name evening": "run_checks.py train",
    "run_checks.py train --resume evening": "run_checks.py train --resume exercises-1",
    "run_checks.py train --recipe minimal": "run_checks.py train --recipe tuned",
    "run_checks.py train --recipe {recipe_name}": "run_checks.py train --recipe tuned",
    "run_checks.py train --resume {name}": "run_checks.py train --resume exercises-1",
    "run_checks.py train --resume {folder_name}": "run_checks.py train --resume exercises-1",
    "run_checks.py {again} --epochs {reached_2}": "run_checks.py train --resume exercises-1",
    "run_checks.py score [RUN]": "run_checks.py score first",
    "run_checks.py score evening": "run_checks.py score first",
    "run_checks.py score {best_name}": "run_checks.py score first",
    "run_checks.py score {run_name}": "run_checks.py score first",
    "run_checks.py score {run_name} --all": "run_checks.py score first --all",
    "run_checks.py report [RUN]": "run_checks.py report",
    "run_checks.py report evening --open": "run_checks.py report first --open",
    "run_checks.py report {run_name} --open": "run_checks.py report first --open",
    "run_checks.py {name}": "run_checks.py hint",
    "run_checks.py {wanted_tiers_0}": "run_checks.py beginner",
    "run_checks.py {words}": "run_checks.py beginner",
    "run_checks.py COMMAND --help tells more about a command": "run_checks.py quiz --help",
    "run_checks.py stubs --to FOLDER writes fresh stubs to another folder": "run_checks.py stubs "
    "--to FOLDER",
    "run_checks.py writes this": "run_checks.py beginner",
}
APART = {
    "run_checks.py all --solutions reference": "run by .ci/run",
    "-m pip install uv && uv pip install --torch-backend=cpu -r requirements.txt "
    "&& python run_checks.py beginner": "needs PyTorch's own index of builds for the CPU",
    "-m pip install -r requirements.txt && python run_checks.py beginner": "run by .ci/run",
    "-m pip install -r checks/requirements.txt && python -m pytest": "run by .ci/run",
    "-m pytest": "this is it",
    "-m pytest checks/selftest -k squeezed": "this is it, with less",
    "run_checks.py wasserstein": "an example of a tier that does not exist yet",
    "-m checks.engine.sandbox.worker fork FD": "started by the engine",
    "-m checks.engine.training.worker": "started by the engine",
    "-m checks.engine.classroom.autograders gradescope [ROOT] [TIER …]": "test_class_bundles",
    "-m checks.engine.classroom.autograders classroom50 [CHECKOUT] [TIER …]": "test_class_bundles",
    "-m pip install -r requirements.txt": "run by .ci/run",
    "-m pip install tensorboard": "needs a network",
    "-m pip install distributed": "needs a network",
    "-m pip install pyyaml": "needs a network",
}
# Names that a run shows, as good as those in RUNS.
RECIPE_NAMES = re.compile(r"(?<=train --recipe )(minimal|sprint|lab|deep)")
RUN_NAMES = re.compile(r"(?<=score )exercises-1|(?<=report )exercises-1")
DATE = re.compile(r"\d{4}-\d\d-\d\dT[\d-]+(\.\d+)?")  # a backup's name, as good as its number
USAGE = re.compile(r"-m checks\.benchmarks\.\w+ \[")  # a benchmark's own words on its options


# Running it ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Done:
    """How a run ended, and what it showed."""

    status: int
    shown: str


def started(run: Run, kit: Copy) -> Done:
    """Run a command in a copy of the kit: in a terminal, cold, or in the process of the copy."""
    words = [*shlex.split(run.words), *shlex.split(run.tiny)]
    variables = {"COLUMNS": "200", "BROWSER": "true", "GAN_KIT_CACHE": str(kit.folder / "cache")}
    command = [sys.executable, *words]
    if run.typed:
        typed, until = zip(*run.typed, strict=True)
        try:
            ended = in_terminal(command, kit.folder, typed, 200, until)
        except AssertionError as error:  # the other runs go on
            return Done(-1, str(error))
        return Done(ended.status, CONTROL.sub("", ended.written))
    if run.words in COLD:
        done = subprocess.run(
            command, cwd=kit.folder, env=environment(**variables), capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=120, check=False,
        )  # fmt: skip
    else:
        done = kit.python(*words, **variables)
    return Done(done.returncode, done.stdout + done.stderr)


def measured(run: Run) -> Done:
    """Run a command in this process, and so in the kit itself."""
    words = [*shlex.split(run.words), *shlex.split(run.tiny)]
    done = in_process.python(*words, COLUMNS="200")
    return Done(done.returncode, done.stdout + done.stderr)


def light(kit: Path) -> Path:
    """The kit with the first checks of each tier only, apart from the first tier's."""
    for tier in ("intermediate", "advanced", "bonus"):
        path = kit / "checks" / f"test_{tier}.py"
        text = path.read_text(encoding="utf-8")
        places = [match.start() for match in re.finditer(r"^@check\(", text, re.MULTILINE)]
        path.write_text(text[: places[3]], encoding="utf-8")
    return kit


def is_there(words: str) -> bool:
    """Whether the command of that name is one that can be asked for."""
    first = words.split()[1] if words.startswith("run_checks.py ") else ""
    return first in COMMANDS or not (KIT / "checks/engine/commands" / f"{first}.py").exists()


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Done]:
    """All runs, in one copy of the kit, whose exercises are stubs, then wrong, then solved."""
    place = light(copy_kit(tmp_path_factory.mktemp("kit")))
    shutil.copytree(REFERENCE, place / "my_reference")
    shutil.copytree(EXERCISES, place / "path/to/a/submission")
    shutil.make_archive(str(place / "submissions"), "zip", place / "path/to/a")
    write_mnist(place / "DIR", mnist_files(1500, 500))  # enough to train what scores need
    (place / "gan.py").write_text(RIGHT["argparse"], encoding="utf-8")
    (place / "gan.ipynb").write_text(notebook_of(RIGHT["plain"]), encoding="utf-8")
    reference = (REFERENCE / "beginner.py").read_text(encoding="utf-8")
    found = {run.words: measured(run) for run in MEASURED}
    with Copy(place) as kit:

        def go(runs: list[Run]) -> None:
            found.update({run.words: started(run, kit) for run in runs if is_there(run.words)})

        go(CHECKED)
        wrong = reference.replace("standard_normal(", "random(")
        (place / "exercises" / "beginner.py").write_text(wrong, encoding="utf-8")
        go(LEARNER)
        shutil.copytree(REFERENCE, place / "exercises", dirs_exist_ok=True)
        go(SOLVED)
    return found


@pytest.mark.parametrize("words", [words for words in RUNS if is_there(words)])
def test_it_runs(words: str, done: dict[str, Done]) -> None:
    assert "Traceback" not in done[words].shown, done[words].shown[-2000:]
    assert done[words].status == RUNS[words].status, done[words].shown[-2000:]


# Nothing is forgotten -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", list(printed.sources()), ids=lambda p: p.relative_to(KIT).as_posix()
)
def test_every_command_in_the_source_is_run(path: Path) -> None:
    for command in printed.commands_of(path):
        words = command.removeprefix("python ")
        known = words in RUNS or words in ALIASES or words in APART or USAGE.match(words)
        assert known, f"{command!r} is run by no test: add it to RUNS in test_printed_commands.py"


def test_every_command_that_a_run_shows_is_run(done: dict[str, Done]) -> None:
    for run, each in done.items():
        for match in printed.COMMAND.finditer(each.shown):
            words = printed.trimmed(match[0]).removeprefix("python ")
            words = DATE.sub("1", words).removesuffix(" --solutions path/to/a/submission")
            words = RUN_NAMES.sub("first", RECIPE_NAMES.sub("tuned", words))
            usage = "OPTIONS" in words
            known = words in RUNS or words in ALIASES or words in APART or USAGE.match(words)
            assert known or usage, f"{run} shows 'python {words}', which is run by no test"


def test_nothing_stands_in_the_tables_for_a_command_that_is_gone() -> None:
    found = {
        command.removeprefix("python ")
        for path in printed.sources()
        for command in printed.commands_of(path)
    }
    assert not {*ALIASES, *APART} - found
    assert {*ALIASES.values()} <= {*RUNS}
