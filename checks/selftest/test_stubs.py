"""The exercises: generated, complete, silent about the answers, and safe to write again."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.engine.course.questions import Question, questions
from checks.engine.errors import StubError
from checks.engine.learner import stubs
from checks.engine.learner.stubs import Action, stub_source, write_stubs

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "reference"
EXERCISES = ROOT / "exercises"
TIERS = ("beginner", "intermediate", "advanced", "bonus")

CONTRACT = {
    "beginner": (
        "sample_noise_numpy(n_samples=100, latent_dim=100, seed=None)",
        "sample_noise_torch(n_samples=100, latent_dim=100, seed=None)",
        "noise_statistics(noise)",
        "interpolate_noise(start, end, n_steps)",
    ),
    "intermediate": (
        "Generator(latent_dim=100, hidden_dims=(256, 512))",
        "generate_images(generator, n_images=16, seed=None)",
    ),
    "advanced": (
        "normalize_images(images)",
        "Discriminator(hidden_dims=(512, 256), dropout=0.0)",
        "discriminator_loss(real_scores, fake_scores)",
        "generator_loss(fake_scores)",
        "discriminator_step(generator, discriminator, optimizer, real_images)",
        "generator_step(generator, discriminator, optimizer, batch_size)",
        "discriminator_accuracy(discriminator, real_images, fake_images)",
        "train_gan(images, epochs=5, batch_size=64, latent_dim=100, learning_rate=2e-4, "
        "on_epoch_end=None)",
    ),
    "bonus": (
        "to_pixels(images)",
        "plot_image_grid(images, rows=4, cols=4)",
        "make_sample_grid(images, n_columns=4)",
        "plot_losses(history)",
        "snapshot_every(directory, every=10, n_images=16, seed=0)",
        "load_generator(path)",
    ),
}

each_tier = pytest.mark.parametrize("tier", TIERS)


def reference_text(tier: str) -> str:
    return (REFERENCE / f"{tier}.py").read_text(encoding="utf-8")


def exercise_text(tier: str) -> str:
    return (EXERCISES / f"{tier}.py").read_text(encoding="utf-8")


# What the committed exercises hold ----------------------------------------------------------------


def test_every_reference_has_its_exercise_and_no_other() -> None:
    assert {path.stem for path in REFERENCE.glob("*.py")} == {*TIERS, "kit", "recipes"}
    assert {path.stem for path in EXERCISES.glob("*.py")} == {*TIERS, "kit"}


@pytest.mark.parametrize("tier", [*TIERS, "kit"])
def test_exercise_has_not_drifted(tier: str) -> None:
    assert exercise_text(tier) == stub_source(reference_text(tier), f"{tier}.py"), (
        "run: python run_checks.py stubs"
    )


def solution_lines(source: str) -> Iterator[str]:
    """The lines between the delimiters, comments included."""
    inside = False
    for line in source.splitlines():
        if line.strip() == stubs.BEGIN:
            inside = True
        elif line.strip() == stubs.END:
            inside = False
        elif inside:
            yield line.strip()


@each_tier
def test_exercise_holds_no_line_of_the_solution(tier: str) -> None:
    trivial = {"ANSWERS = {", "from matplotlib.figure import Figure", 'REFLECTION = """'}
    exercise = " ".join(exercise_text(tier).split())
    leaks = []
    for line in solution_lines(reference_text(tier)):
        code = " ".join(re.sub(r"\s+#.*", "", line).split())
        if len(code) > 6 and code not in trivial and code in exercise:
            leaks.append(line)
    assert leaks == []


def signature(node: ast.FunctionDef, name: str) -> str:
    """`name(parameters with defaults)`, without `self` and annotations."""
    arguments = ast.parse(f"lambda {ast.unparse(bare(node.args))}: 0", mode="eval").body
    assert isinstance(arguments, ast.Lambda)
    return f"{name}({ast.unparse(arguments.args)})"


def bare(arguments: ast.arguments) -> ast.arguments:
    for argument in arguments.args:
        argument.annotation = None
    arguments.args = [argument for argument in arguments.args if argument.arg != "self"]
    return arguments


def signatures(source: str) -> list[str]:
    """Signatures of the module's functions and classes, `main` and its helper apart."""
    found = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            found.append(signature(node, node.name))
        elif isinstance(node, ast.ClassDef):
            (init,) = (n for n in node.body if getattr(n, "name", "") == "__init__")
            assert isinstance(init, ast.FunctionDef)
            found.append(signature(init, node.name))
    return [text for text in found if text != "main()"]


@pytest.mark.parametrize("text_of", [reference_text, exercise_text])
@each_tier
def test_public_names_and_signatures(tier: str, text_of: object) -> None:
    assert callable(text_of)
    promised = [signatures(f"def {text}: ...")[0] for text in CONTRACT[tier]]
    assert signatures(text_of(tier)) == promised


# Questions ----------------------------------------------------------------------------------------


def asked(tier: str) -> dict[str, Question]:
    """The questions of a tier's reference, by name."""
    found = questions(reference_text(tier))
    by_name = {question.name: question for question in found}
    assert len(by_name) == len(found)
    return by_name


def constant(source: str, name: str) -> object:
    """The value of a module-level literal."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return ast.literal_eval(node.value)
    raise AssertionError(f"no {name}")


def answers(source: str) -> dict[str, str]:
    value = constant(source, "ANSWERS")
    assert isinstance(value, dict)
    return value


@each_tier
def test_questions_are_well_formed(tier: str) -> None:
    right = answers(reference_text(tier))
    assert list(asked(tier)) == list(right)
    assert 3 <= len(right) <= 5
    for name, question in asked(tier).items():
        assert question.text.endswith("?")
        assert list(question.choices) == list("abcd")[: len(question.choices)]
        assert len(question.choices) >= 3
        assert right[name] in question.choices
        lengths = [len(choice) for choice in question.choices.values()]
        assert max(lengths) <= 1.25 * min(lengths), f"{name}: a choice stands out by its length"


@each_tier
def test_exercise_keeps_the_questions_and_blanks_the_answers(tier: str) -> None:
    exercise = exercise_text(tier)
    assert questions(exercise) == list(asked(tier).values())
    assert answers(exercise) == dict.fromkeys(asked(tier), "?")


@each_tier
def test_every_right_answer_is_explained(tier: str) -> None:
    lines = reference_text(tier).splitlines()
    for name, letter in answers(reference_text(tier)).items():
        line = lines.index(f'    "{name}": "{letter}",')
        assert lines[line - 1].startswith("    # "), f"no reason above {name}"


def test_right_letters_cannot_be_guessed() -> None:
    right = {tier: answers(reference_text(tier)) for tier in TIERS}
    letters = Counter(letter for chosen in right.values() for letter in chosen.values())
    total = letters.total()
    assert all(abs(letters[letter] - total / 4) <= 1 for letter in "abcd"), letters
    longest = shortest = 0
    for tier in TIERS:
        for name, question in asked(tier).items():
            length = {letter: len(choice) for letter, choice in question.choices.items()}
            longest += length[right[tier][name]] == max(length.values())
            shortest += length[right[tier][name]] == min(length.values())
    assert longest <= total / 2
    assert shortest <= total / 2


def test_reflection_is_left_to_the_learner() -> None:
    assert constant(exercise_text("bonus"), "REFLECTION") == ""
    assert constant(reference_text("bonus"), "REFLECTION") != ""


# Running them -------------------------------------------------------------------------------------

# Imports every tier in one process, calls every part, and says what each raised.
CALL_EVERY_PART = """
import importlib, inspect, json, sys

raised = {}

def call(name, part, *start):
    parameters = list(inspect.signature(part).parameters.values())[len(start):]
    required = [None for p in parameters if p.default is inspect.Parameter.empty]
    try:
        part(*start, *required)
    except NotImplementedError as error:
        raised[name] = str(error)
    else:
        raised[name] = "(nothing)"

for tier in sys.argv[1:]:
    module = importlib.import_module(tier)
    for name, part in vars(module).items():
        if getattr(part, "__module__", "") != tier or name == "main":
            continue
        if inspect.isclass(part):
            call(f"{name}.__init__", part)
            call(f"{name}.forward", part.forward, object.__new__(part))
        else:
            call(name, part)

heavy = sorted({"torchvision", "matplotlib"} & set(sys.modules))
print(json.dumps({"raised": raised, "heavy": heavy}))
"""
IMPORT_EVERY_TIER = """
import beginner, intermediate, advanced, bonus, sys
print(sorted({"torchvision", "matplotlib"} & set(sys.modules)))
"""
# Runs scripts one after the other, each as if it were alone, and says how each ended. On its input
# are, for each, the folder that it imports from, its path and its arguments.
RUN_SCRIPTS = """
import contextlib, io, json, runpy, sys, traceback

def run(folder, *words):
    sys.path[0], sys.argv = folder, list(words)
    for name in ("beginner", "intermediate", "advanced", "bonus"):
        sys.modules.pop(name, None)
    status, out, err = 0, io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            runpy.run_path(words[0], run_name="__main__")
        except BaseException:
            traceback.print_exc()
            status = 1
    return status, out.getvalue(), err.getvalue()

print(json.dumps([run(*each) for each in json.load(sys.stdin)]))
"""

Runs = dict[str, subprocess.CompletedProcess[str]]


def write_idx(path: Path, contents: bytes, *shape: int) -> None:
    """A file in MNIST's format: a magic number, the sizes, the bytes."""
    header = bytes([0, 0, 8, len(shape)]) + b"".join(n.to_bytes(4, "big") for n in shape)
    path.write_bytes(header + contents)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Every file run as a script from a folder of no importance.

    One of them by a Python of its own. The others share one, which has loaded PyTorch once for all
    of them; first those that must not load more than that.
    """
    folder = tmp_path_factory.mktemp("runs")
    raw = folder / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for split in ("train", "t10k"):
        write_idx(raw / f"{split}-images-idx3-ubyte", os.urandom(70 * 784), 70, 28, 28)
        write_idx(raw / f"{split}-labels-idx1-ubyte", bytes(range(10)) * 7, 70)
    (folder / "imports.py").write_text(IMPORT_EVERY_TIER, encoding="utf-8")
    (folder / "parts.py").write_text(CALL_EVERY_PART, encoding="utf-8")

    training = ("--data", str(folder / "data"), "--epochs", "1")
    options = {"advanced": training, "bonus": (*training, "--out", str(folder / "out"))}
    scripts: dict[str, tuple[str, ...]] = {
        "imports": (str(REFERENCE), str(folder / "imports.py")),
        "parts": (str(EXERCISES), str(folder / "parts.py"), *TIERS),
    }
    for source in (REFERENCE, EXERCISES):
        for tier in TIERS:
            words = (str(source / f"{tier}.py"), *options.get(tier, ()))
            scripts[f"{source.name}/{tier}"] = (str(source), *words)
    _, *alone = scripts.pop("reference/intermediate")

    def run(words: Sequence[str], typed: str = "") -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        environment["PYTHONIOENCODING"] = "utf-8"
        environment.pop("PYTHONPATH", None)
        return subprocess.run(
            (sys.executable, *words), cwd=folder, env=environment, input=typed,
            capture_output=True, encoding="utf-8", timeout=120, check=False,
        )  # fmt: skip

    together = run(["-c", RUN_SCRIPTS], json.dumps(list(scripts.values())))
    assert together.returncode == 0, together.stderr
    ended = {
        name: subprocess.CompletedProcess(scripts[name], *how)
        for name, how in zip(scripts, json.loads(together.stdout), strict=True)
    }
    return ended | {"reference/intermediate": run(alone)}


def output(runs: Runs, name: str) -> str:
    """What a run printed; it must have ended well."""
    run = runs[name]
    assert run.returncode == 0, run.stderr
    assert "Traceback" not in run.stderr
    return run.stdout


def test_each_part_of_the_exercises_raises_its_own_name(runs: Runs) -> None:
    result = json.loads(output(runs, "parts"))
    parts = set()
    for tier in TIERS:
        for promised in CONTRACT[tier]:
            name = promised.partition("(")[0]
            parts |= {f"{name}.__init__", f"{name}.forward"} if name[0].isupper() else {name}
    assert result["raised"] == {name: name for name in parts}
    assert result["heavy"] == [], "imported by a mere import of the exercises"


def test_importing_the_reference_stays_light(runs: Runs) -> None:
    assert output(runs, "imports").strip() == "[]"


@pytest.mark.parametrize(
    ("tier", "first_part"),
    [
        ("beginner", "sample_noise_numpy"),
        ("intermediate", "Generator.__init__"),
        ("advanced", "normalize_images"),
        ("bonus", "to_pixels"),
    ],
)
def test_an_unfinished_file_says_what_comes_next(runs: Runs, tier: str, first_part: str) -> None:
    (line,) = output(runs, f"exercises/{tier}").splitlines()
    assert line.startswith("Next to write")
    assert first_part in line


def test_beginner_prints_the_noise_shape_first(runs: Runs) -> None:
    assert output(runs, "reference/beginner").splitlines()[0] == "Random noise shape: (100, 100)"


def test_intermediate_prints_shape_and_range(runs: Runs) -> None:
    assert re.search(
        r"\(16, 28, 28\).* between -\d\.\d+ and \d\.\d+", output(runs, "reference/intermediate")
    )


def test_advanced_trains(runs: Runs) -> None:
    text = output(runs, "reference/advanced")
    assert "70 images" in text
    assert re.search(r"^Epoch 1/1: discriminator \d\.\d+, generator \d\.\d+$", text, re.MULTILINE)
    assert re.search(r"\d+% of real and fake images apart", text)


def test_bonus_writes_what_it_says(runs: Runs) -> None:
    text = output(runs, "reference/bonus")
    written = [Path(path) for path in re.findall(r"Wrote (.+?\.png)", text)]
    assert [path.name for path in written] == ["epoch_001.png", "losses.png"]
    for path in written:
        assert path.read_bytes().startswith(b"\x89PNG")
    assert written[0].with_suffix(".pt").is_file()


# Making stubs -------------------------------------------------------------------------------------


def lines(*text: str) -> str:
    return "\n".join(text) + "\n"


def test_function_method_and_nested_function() -> None:
    source = lines(
        "class A:",
        "    async def f(self):",
        "        '''Doc.'''",
        "        ### BEGIN SOLUTION",
        "        if self:",
        "            return 1",
        "        ### END SOLUTION",
        "",
        "def outer():",
        "    def inner():",
        "        x = 1",
        "        ### BEGIN SOLUTION",
        "        return x  # the answer",
        "        ### END SOLUTION",
        "    return inner",
    )
    assert stub_source(source, "a.py") == lines(
        "class A:",
        "    async def f(self):",
        "        '''Doc.'''",
        "        # Your code here.",
        '        raise NotImplementedError("A.f")',
        "",
        "def outer():",
        "    def inner():",
        "        x = 1",
        "        # Your code here.",
        '        raise NotImplementedError("outer.inner")',
        "    return inner",
    )


def test_module_level_values_are_blanked() -> None:
    source = lines(
        "### BEGIN SOLUTION",
        "ANSWERS: dict[str, str] = {",
        "    # because",
        '    "ä": "a",  # for a reason',
        '    "b": "c",',
        "}",
        'TEXT = "a " "b"',
        "EMPTY = {}",
        "### END SOLUTION",
    )
    assert stub_source(source, "a.py") == lines(
        "ANSWERS: dict[str, str] = {",
        '    "ä": "?",',
        '    "b": "?",',
        "}",
        'TEXT = ""',
        "EMPTY = {",
        "}",
    )


def test_delimiters_in_a_string_are_text() -> None:
    source = 'text = """\n### BEGIN SOLUTION\n"""\n'
    assert stub_source(source, "a.py") == source


@each_tier
def test_a_stub_is_its_own_stub(tier: str) -> None:
    assert stub_source(exercise_text(tier), "a.py") == exercise_text(tier)


B, E = "### BEGIN SOLUTION", "### END SOLUTION"


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        (["def f():", f"    {B}", "    return 1"], 2, "without an"),
        (["def f():", "    return 1", f"    {E}"], 3, "before it"),
        (["def f():", f"    {B}", f"    {B}", "    return 1", f"    {E}"], 3, "began in line 2"),
        (
            ["def f():", "    ### Begin solution", "    return 1", f"    {E}"],
            2,
            "a delimiter reads",
        ),
        (["def f():", f"    return 1  {B}"], 2, "alone on its line"),
        (["def f():", f"    {B}", "    # nothing", f"    {E}", "    pass"], 2, "whole statements"),
        (["class A:", f"    {B}", "    x = 1", f"    {E}"], 2, "directly in one function"),
        (["def f():", "    if 1:", f"        {B}", "        x", f"        {E}"], 3, "directly in"),
        (
            ["def f():", f"    {B}", "    x", "def g():", "    y", f"    {E}", "    z"],
            2,
            "in one function",
        ),
        (
            [
                "def f(x):",
                "    if x:",
                "        y",
                f"        {B}",
                "        z",
                f"    {E}",
                "    z",
            ],
            4,
            "directly",
        ),
        (["def f():", "    x = [", f"    {B}", "    1]", "    y", f"    {E}"], 3, "cuts"),
        ([B, "def f(): ...", E], 2, "plain assignments"),
        ([B, "X = 5", E], 2, "can be blanked"),
        ([B, "X = {1: 2}", E], 2, "can be blanked"),
        ([B, "X = {**{}}", E], 2, "can be blanked"),
        ([B, "X, Y = 1, 2", E], 2, "plain assignments"),
        (["def f(:"], 1, "not valid Python"),
        (["x = 1\0"], None, "not valid Python"),
        (
            ["def f():", f"    {B}", "    x = 1", f"    {E}", "    def g():", "        nonlocal x"],
            None,
            "without its solutions",
        ),
    ],
)
def test_misplaced_delimiters(source: list[str], line: int | None, words: str) -> None:
    with pytest.raises(StubError) as raised:
        stub_source(lines(*source), "folder/a.py")
    message = str(raised.value)
    assert message.startswith(f"folder/a.py:{line}: " if line else "folder/a.py: ")
    assert words in message
    assert message.endswith(".")
    assert "\n" not in message


# Writing stubs ------------------------------------------------------------------------------------

PART = lines("def f():", f"    {B}", "    return 42", f"    {E}")
STUB = stub_source(PART, "part.py").encode()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "reference"
    folder.mkdir()
    (folder / "part.py").write_text(PART, encoding="utf-8")
    return folder


def test_written_then_left_alone(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "exercises"
    (first,) = write_stubs(source, target)
    assert (first.path, first.action, first.backup) == (target / "part.py", Action.WRITTEN, None)
    assert first.path.read_bytes() == STUB

    before = first.path.stat().st_mtime_ns
    (second,) = write_stubs(source, target)
    assert (second.action, second.backup) == (Action.UNCHANGED, None)
    assert second.path.stat().st_mtime_ns == before
    assert [path.name for path in target.iterdir()] == ["part.py"]


def test_a_file_without_a_solution_is_no_exercise(source: Path, tmp_path: Path) -> None:
    (source / "helper.py").write_bytes(b"\xef\xbb\xbfX = 1\r\n")
    target = tmp_path / "exercises"
    assert [written.path.name for written in write_stubs(source, target)] == ["part.py"]
    assert [path.name for path in target.iterdir()] == ["part.py"]

    (source / "helper.py").write_text("X = 1  # begin solution\n", encoding="utf-8")
    with pytest.raises(StubError, match=r"helper\.py:1: a delimiter reads"):
        write_stubs(source, target)


def test_windows_line_ends_are_no_change(source: Path, tmp_path: Path) -> None:
    (tmp_path / "part.py").write_bytes(STUB.replace(b"\n", b"\r\n"))
    assert write_stubs(source, tmp_path)[0].action is Action.UNCHANGED
    (source / "part.py").write_bytes(b"\xef\xbb\xbf" + PART.replace("\n", "\r\n").encode())
    assert write_stubs(source, tmp_path)[0].action is Action.UNCHANGED


@settings(max_examples=40)
@given(st.lists(st.binary() | st.sampled_from([STUB, b"", b"x = 1\n"]), min_size=1, max_size=6))
def test_no_work_is_ever_lost(works: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "reference"), Path(folder, "exercises")
        source.mkdir()
        target.mkdir()
        (source / "part.py").write_text(PART, encoding="utf-8")
        for work in works:
            (target / "part.py").write_bytes(work)
            (done,) = write_stubs(source, target)
            assert (done.backup is not None) == (done.action is Action.REPLACED)
            assert done.backup is None or done.backup.read_bytes() == work
        kept = sorted(path.read_bytes() for path in (target / ".backup").glob("*"))
        assert kept == sorted(work for work in works if work.replace(b"\r\n", b"\n") != STUB)


def test_backups_are_dated(source: Path, tmp_path: Path) -> None:
    (tmp_path / "part.py").write_text("mine", encoding="utf-8")
    backup = write_stubs(source, tmp_path)[0].backup
    assert backup is not None
    assert backup.parent == tmp_path / ".backup"
    assert re.fullmatch(r"part\.\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.py", backup.name)


def test_a_failed_write_leaves_the_work_in_place(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "part.py")

    target = tmp_path / "exercises"
    target.mkdir()
    (target / "part.py").write_text("mine", encoding="utf-8")
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(StubError, match="Permission denied"):
        write_stubs(source, target)
    assert (target / "part.py").read_text(encoding="utf-8") == "mine"
    assert sorted(path.name for path in target.iterdir()) == [".backup", "part.py"]


def test_nothing_is_written_when_one_reference_is_wrong(source: Path, tmp_path: Path) -> None:
    (source / "zebra.py").write_text(E, encoding="utf-8")
    with pytest.raises(StubError, match=r"zebra\.py:1: "):
        write_stubs(source, tmp_path / "exercises")
    assert not (tmp_path / "exercises").exists()


def test_folders_and_files_that_will_not_do(source: Path, tmp_path: Path) -> None:
    with pytest.raises(StubError, match="no such folder"):
        write_stubs(tmp_path / "nowhere", tmp_path / "exercises")
    with pytest.raises(StubError, match="would replace the reference"):
        write_stubs(source, source)
    (tmp_path / "empty").mkdir()
    with pytest.raises(StubError, match="no Python file"):
        write_stubs(tmp_path / "empty", tmp_path / "exercises")
    (tmp_path / "empty" / "helper.py").touch()
    with pytest.raises(StubError, match="no file in this folder marks a solution"):
        write_stubs(tmp_path / "empty", tmp_path / "exercises")
    (tmp_path / "a_file").touch()
    with pytest.raises(StubError, match="a_file"):
        write_stubs(source, tmp_path / "a_file")
    (source / "part.py").write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(StubError, match=r"part\.py:2: this is not UTF-8 text"):
        write_stubs(source, tmp_path / "exercises")
