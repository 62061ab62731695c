"""Fingerprints change with the code that a check hangs on, and with nothing else."""

from __future__ import annotations

import ast
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.engine.course.listing import course
from checks.engine.learner.fingerprint import Files, code, code_of, fingerprints
from checks.engine.learner.learners_file import MAX_SOURCE
from checks.engine.learner.statements import statements
from checks.engine.paths import KIT, tiers

COURSE = course()
REFERENCE = {
    tier: (KIT / "reference" / f"{tier}.py").read_text(encoding="utf-8") for tier in tiers()
}
BEGINNER = ("sample_noise_numpy", "sample_noise_torch", "noise_statistics", "interpolate_noise")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The reference, to be edited."""
    for tier, text in REFERENCE.items():
        (tmp_path / f"{tier}.py").write_text(text, encoding="utf-8")
    return tmp_path


def codes(folder: Path) -> dict[str, str]:
    """The fingerprint of the code of each part, as "tier.name"; of the first check about it."""
    found = fingerprints(folder, COURSE)
    return {f"{e.check.tier}.{e.about}": code_of(found[e.check.check]) for e in reversed(COURSE)}


def edit(folder: Path, tier: str, old: str, new: str) -> None:
    """Replace a text that stands in a file once."""
    file = folder / f"{tier}.py"
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{text.count(old)} times: {old}"
    file.write_text(text.replace(old, new), encoding="utf-8")


def differing(one: dict[str, str], other: dict[str, str]) -> set[str]:
    return {name for name in one if one[name] != other[name]}


# The course ---------------------------------------------------------------------------------------

NOISE_USERS = {
    "beginner.sample_noise_torch", "intermediate.generate_images", "advanced.discriminator_step",
    "advanced.generator_step", "advanced.train_gan", "bonus.snapshot_every",
    "bonus.load_generator",
}  # fmt: skip
STEPS = {"advanced.discriminator_step", "advanced.generator_step", "advanced.train_gan"}
EDITS = {
    "a function that nobody else uses": (
        "beginner", "float(noise.mean()), float(noise.std())", "0.0, 1.0",
        {"beginner.noise_statistics"},
    ),
    "a function that later tiers use": (
        "beginner", "rng = None if seed is None", "rng = None if seed == 7", NOISE_USERS,
    ),
    "a step, which its counterpart's checks run too": (
        "advanced", "fake_images = generator(z).detach()", "fake_images = generator(z)", STEPS,
    ),
    "an answer": ("beginner", '"noise_purpose": "d"', '"noise_purpose": "a"', {"beginner.ANSWERS"}),
    "what a person reads": (
        "bonus", 'REFLECTION = """', 'REFLECTION = """More: ', {"bonus.REFLECTION"},
    ),
    "the script at a file's end": (
        "advanced", "normalize_images(pixels)", "normalize_images(pixels + 1)", set(),
    ),
    "a docstring": ("beginner", "Draw latent vectors with NumPy", "Draw with NumPy", set()),
    "a comment": ("advanced", "# D's loss says nothing", "# It says nothing", set()),
    "a new function": (
        "beginner", "# Part 2: a look", "def mine(n: int) -> None:\n    print(n)\n\n\n# Part 2",
        set(),
    ),
    "the tables below the steps": (
        "advanced", "# Part 5: how well", "TABLE = {1: [2, -3.5], 'x': (None,)}\n\n# Part 5", set(),
    ),
}  # fmt: skip
# What runs when a file is imported can keep everything in it, and in what imports it, from working.
FOR_ALL = {
    "an import": ("import torch\nfrom beginner", "import torch\nimport math\nfrom beginner"),
    "a call": ("# Part 1: the network", "torch.manual_seed(0)\n\n# Part 1: the network"),
    "a default": ("n_images: int = 16,", "n_images: int = 2**4,"),
    "a decorator": ("def generate_images(", "@torch.no_grad()\ndef generate_images("),
    "an attribute": ("# Part 2: looking", "Generator.forward = None\n\n# Part 2: looking"),
    "a patched library": ("# Part 2: looking", "nn.Tanh = nn.Sigmoid\n\n# Part 2: looking"),
    "a condition": ("# Part 2: looking", "if IMAGE_SIZE:\n    pass\n\n# Part 2: looking"),
    "no Python any more": ("# Part 1: the network", "return 1\n\n# Part 1: the network"),
    "a base class": ("class Generator(nn.Module)", "class Generator(torch.nn.Module)"),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_changes_the_parts_that_hang_on_it(folder: Path, name: str) -> None:
    tier, old, new, changed = EDITS[name]
    before = codes(folder)
    edit(folder, tier, old, new)
    assert differing(before, codes(folder)) == changed


@pytest.mark.parametrize("name", FOR_ALL)
def test_what_runs_on_import_changes_every_part(folder: Path, name: str) -> None:
    before = codes(folder)
    edit(folder, "intermediate", *FOR_ALL[name])
    changed = differing(before, codes(folder))
    assert changed >= {part for part in before if part.startswith(("intermediate", "advanced"))}
    assert not any(part.startswith("beginner") for part in changed)


def test_parts_of_one_file_have_fingerprints_of_their_own(folder: Path) -> None:
    found = codes(folder)
    one, other = (found.pop(f"advanced.{name}_step") for name in ("discriminator", "generator"))
    assert one == other  # their checks run both
    assert len(set(found.values())) == len(found)
    assert all(len(code) == 12 for code in found.values())


def test_the_place_of_the_folder_does_not_count(folder: Path, tmp_path: Path) -> None:
    before = codes(folder)
    moved = tmp_path / "elsewhere"
    shutil.copytree(folder, moved)
    assert codes(moved) == before


def test_what_the_kit_judges_with_counts(folder: Path, tmp_path: Path) -> None:
    kit = tmp_path / "kit"
    for part in ("checks", "reference"):
        shutil.copytree(KIT / part, kit / part, ignore=shutil.ignore_patterns("__pycache__"))
    before = fingerprints(folder, COURSE, kit)
    assert before == fingerprints(folder, COURSE)
    of_bonus = {each.check.check for each in COURSE if each.check.tier == "bonus"}
    for file, changed in {
        "checks/test_bonus.py": of_bonus,
        "reference/bonus.py": of_bonus,
        "checks/probes/bonus.py": set(before),
        "checks/engine/judging/common/expect.py": set(before),
        "checks/engine/commands/diff.py": set(),
    }.items():
        place = kit / file
        text = place.read_bytes()
        place.write_bytes(text.replace(b"\n", b"\r\n"))
        assert fingerprints(folder, COURSE, kit) == before
        place.write_bytes(text + b"X = 1\n")
        after = fingerprints(folder, COURSE, kit)
        assert {check for check in before if before[check] != after[check]} == changed, file
        assert all(code_of(before[check]) == code_of(after[check]) for check in before)
        place.write_bytes(text)


# Any edit at all ----------------------------------------------------------------------------------


def codes_in(text: str, *parts: str, **others: str) -> dict[str, str]:
    """The fingerprints of parts of this text as beginner.py, beside other files."""
    with tempfile.TemporaryDirectory() as place:
        for name, source in {"beginner": text, **others}.items():
            (Path(place) / f"{name}.py").write_text(source, encoding="utf-8", newline="")
        files = Files(Path(place).resolve())
        return {part: code(files, [("beginner", part)]) for part in parts}


def code_in(text: str, **others: str) -> str:
    """The fingerprint of `go` in this text as beginner.py, beside other files."""
    return codes_in(text, "go", **others)["go"]


LINES = REFERENCE["beginner"].splitlines()
ORIGINAL = codes_in(REFERENCE["beginner"], *BEGINNER)
IDLE = ["", "    ", "# a word", "        # a word, further in", "\f"]


@given(st.lists(st.tuples(st.integers(0, len(LINES)), st.sampled_from(IDLE)), max_size=5),
       st.sampled_from(["\n", "\r\n"]))  # fmt: skip
@settings(max_examples=60)
def test_comments_and_empty_lines_never_count(places: list[tuple[int, str]], end: str) -> None:
    lines = list(LINES)
    for place, text in sorted(places, reverse=True):
        lines.insert(place, text)
    text = end.join(lines) + end
    assert codes_in(text, *BEGINNER) == ORIGINAL


def said(text: str, part: str) -> str | None:
    """What Python makes of a function, without docstrings; None where the text is no Python."""
    try:
        tree = ast.parse(text)
        compile(text, "", "exec")
    except (SyntaxError, ValueError):
        return None
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == part:
            if isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant):
                del node.body[0]
            return ast.dump(node)
    return ""


SAID = {part: said(REFERENCE["beginner"], part) for part in BEGINNER}


@given(st.integers(0, len(REFERENCE["beginner"]) - 1), st.sampled_from(["", *"a1 (.=-\n#\"'"]))
@settings(max_examples=250)
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_no_edit_of_a_function_goes_unseen(place: int, character: str) -> None:
    original = REFERENCE["beginner"]
    text = original[:place] + character + original[place + 1 :]
    changed = [part for part in BEGINNER if said(text, part) != SAID[part]]
    came = codes_in(text, *changed)
    assert not any(came[part] == ORIGINAL[part] for part in changed)


NAMES = ["go", "one", "two", "three"]


@given(st.lists(st.lists(st.sampled_from(NAMES[1:]), max_size=2), min_size=4, max_size=4),
       st.sampled_from(NAMES))  # fmt: skip
@settings(max_examples=100)
def test_exactly_what_is_used_counts_down_to_the_last_call(
    calls: list[list[str]], edited: str
) -> None:
    uses = dict(zip(NAMES, calls, strict=True))

    def program(changed: str = "") -> str:
        return "".join(
            f"def {name}():\n    {'; '.join([f'{used}()' for used in uses[name]] + ['pass'])}\n"
            + ("    return 1\n" if name == changed else "")
            for name in NAMES
        )

    reached = {"go"}
    while more := {used for name in reached for used in uses[name]} - reached:
        reached |= more
    assert (code_in(program(edited)) != code_in(program())) == (edited in reached)


# What code can reach ------------------------------------------------------------------------------

# (beginner.py with X where it is edited, other files, is the edit seen by `go`?)
USES = {
    "a constant": ("SIZE = X\ndef go(): return SIZE", True),
    "one of a row of constants": ("A, SIZE = 1, X\ndef go(): return SIZE", True),
    "a constant that nobody uses": ("SIZE = X\ndef go(): return 1", False),
    "a constant's second value": ("SIZE = 1\ndef go(): return SIZE\nSIZE = X", True),
    "a sum": ("SIZE = 1\nSIZE += X\ndef go(): return 1", True),
    "what is computed at the top": ("SIZE = 2 * X\ndef go(): return 1", True),
    "a class": ("class Box:\n    size = X\ndef go(): return Box()", True),
    "a method": ("class Box:\n    def size(self): return X\ndef go(): return Box()", True),
    "a class that nobody uses": (
        "class Box:\n    def f(self): return X\ndef go(): return 1", False,
    ),
    "what such a class runs": ("class Box:\n    print(X)\ndef go(): return 1", True),
    "a default value": ("SIZE = X\ndef go(size=SIZE): return size", True),
    "an unused function's default": ("def f(x=[X][0]): pass\ndef go(): return 1", True),
    "an annotation": ("def f(x: list[X]): pass\ndef go(): return 1", True),
    "a decorator of its own": (
        "def d(f): return f\n@d\ndef f(): return X\ndef go(): return 1", True,
    ),
    "a decorator that is not there": (
        "from between import f as d\n@d\ndef f(): return X\ndef go(): return 1", False
    ),
    "a decorator of a library": (
        "import functools\n@functools.cache\ndef f(): return X\ndef go(): return 1", False
    ),
    "a function under a condition": ("if True:\n    def f(): return X\ndef go(): return 1", True),
    "a lambda": ("f = lambda: X\ndef go(): return f()", True),
    "a function within": (
        "def f(): return X\ndef go():\n    def g(): return f()\n    return g", True,
    ),
    "a global": ("def f():\n    global n\n    n = X\ndef go(): f()", True),
    "the script at the end": ("def go(): pass\nif __name__ == '__main__': go(X)", False),
    "a script in disguise": (
        "__name__ = '__main__'\ndef go(): pass\nif __name__ == '__main__': go(X)", True,
    ),
    "an else": ("def go(): pass\nif __name__ == '__main__': pass\nelse: go(X)", True),
    "globals()": ("def f(): return X\ndef go(): return globals()['f']()", True),
    "eval": ("def f(): return X\ndef go(): return eval('f()')", True),
    "this very file": ("def f(): return X\ndef go(): return open(__file__).read()", True),
    "sys.modules": (
        "import sys\ndef f(): return X\ndef go(): return sys.modules[__name__].f()", True,
    ),
    "sys, elsewhere": ("import sys\ndef f(): return X, sys\ndef go(): return 1", False),
    "a star": ("from torch import *\ndef f(): return X\ndef go(): return f()", True),
    "a number of another type": ("def go(): return 1 if X else 2", True),
    "a type comment": ("def go():\n    x = 1  # type: X\n    return x", False),
    "a literal's layout": ("def go(): return (0,\n    1)  # X", False),
}  # fmt: skip
OTHER_FILES = {
    "a helper's function": ("from helper import f\ndef go(): return f()", True),
    "under another name": ("from helper import f as g\ndef go(): return g()", True),
    "a helper as a whole": ("import helper\ndef go(): return helper.f()", True),
    "a helper inside a function": ("def go():\n    from helper import f\n    return f()", True),
    "a helper that is only imported": ("from helper import g\ndef go(): return g()", False),
    "a helper of a function that is not used": (
        "def f():\n    import helper\ndef go(): return 1", False,
    ),
    "everything of a helper": ("from helper import *\ndef go(): return f()", True),
    "a helper under a condition": (
        "try:\n    import helper\nexcept ImportError: pass\ndef go(): pass", True,
    ),
    "a helper by its name": (
        "import importlib\ndef go(): return importlib.import_module('helper')", True,
    ),
    "a helper's helper": ("from between import f\ndef go(): return f()", True),
    "a package": ("from package.inner import f\ndef go(): return f()", True),
    "no helper": ("def go(): return 1", False),
}  # fmt: skip


@pytest.mark.parametrize("name", USES)
def test_what_a_part_uses_is_followed(name: str) -> None:
    text, is_seen = USES[name]
    assert (code_in(text.replace("X", "3")) != code_in(text.replace("X", "4.5"))) == is_seen


def test_an_int_is_no_float_and_no_bool() -> None:
    texts = [f"def go(): return {value}" for value in ("1", "1.0", "True", "'1'", "b'1'", "1j")]
    assert len({code_in(text) for text in texts}) == len(texts)


@pytest.mark.parametrize("name", OTHER_FILES)
def test_other_files_of_the_learners_are_followed(folder: Path, name: str) -> None:
    text, is_seen = OTHER_FILES[name]
    (folder / "beginner.py").write_text(text, encoding="utf-8")
    (folder / "between.py").write_text("from helper import f\n", encoding="utf-8")
    (folder / "package").mkdir()
    found = []
    for value in ("3", "4.5"):
        for file in ("helper.py", "package/inner.py"):
            source = f"def f(): return {value}\ndef g(): return 1\n"
            (folder / file).write_text(source, encoding="utf-8")
        found.append(code(Files(folder.resolve()), [("beginner", "go")]))
    assert (found[0] != found[1]) == is_seen


def test_what_runs_in_a_helper_counts_and_so_does_a_name_that_it_lacks(folder: Path) -> None:
    source = "from helper import g\ndef go(): return 1\n"
    helpers = ["def g(): pass\n", "def g(): pass\nprint(1)\n", "def h(): pass\n", "def (\n"]
    assert len({code_in(source, helper=helper) for helper in helpers}) == len(helpers)


def test_files_that_import_each_other_come_to_an_end() -> None:
    first = "import second\nfrom second import f\ndef go(): return f()\n"
    second = "import beginner\ndef f(): return beginner.go()\n"
    assert code_in(first, second=second) != code_in(first, second=second + "f = 3\n")


# Files of all kinds -------------------------------------------------------------------------------


def test_nothing_of_the_learners_is_run(folder: Path) -> None:
    mark = folder / "ran"
    (folder / "beginner.py").write_text(f"open({str(mark)!r}, 'w')\nraise SystemExit\n")
    codes(folder)
    assert not mark.exists()
    assert not list(folder.glob("**/__pycache__"))


def odd_files(place: Path) -> Iterator[Callable[[], object]]:
    yield lambda: place.write_bytes(b"")
    yield lambda: place.write_bytes(b"\0")
    yield lambda: place.write_bytes(b"\xff\xfe")
    yield lambda: place.write_bytes(b"def f(:\n")
    yield lambda: place.write_bytes(b"x = " + b"(" * 5000)
    yield lambda: place.write_bytes(b"x = 1" + b" + 1" * 20_000)
    yield lambda: place.write_bytes(b"x = " + b"9" * 5000)
    yield lambda: place.write_bytes(b"# coding: klingon\n")
    yield lambda: place.write_bytes(b"#" * (MAX_SOURCE + 1))
    yield place.mkdir
    yield lambda: None
    if os.name == "posix":
        yield lambda: os.mkfifo(place)
        yield lambda: place.symlink_to(place)
        yield lambda: place.symlink_to("/dev/zero")
        yield lambda: place.symlink_to(KIT / "reference" / "beginner.py")


def test_odd_files_have_fingerprints_too(folder: Path) -> None:
    place = folder / "beginner.py"
    before = codes(folder)
    for make in odd_files(place):
        if place.is_dir():
            place.rmdir()
        else:
            place.unlink(missing_ok=True)
        make()
        found = codes(folder)
        assert found == codes(folder)
        assert found["beginner.sample_noise_torch"] != before["beginner.sample_noise_torch"]
        assert found["advanced.train_gan"] != before["advanced.train_gan"]


def test_a_folder_that_is_not_there_has_fingerprints_too(folder: Path) -> None:
    assert set(codes(folder / "nowhere")) == set(codes(folder))


def test_spelling_is_the_same_whatever_the_version() -> None:
    """Pinned: another Python, or another release of the kit, must not forget what has passed."""
    source = dedent(
        """
        import torch as t
        A: dict[str, int] = {"a": 1, **{}}
        class C(t.nn.Module, metaclass=type):
            "Doc."
            def f(self, /, a, *b: int, c=-1, **d): return f"{a!r:>{c}}" if b else ~c
        async def g():
            async with A as x, t: yield [x async for y in x if not y < 3 <= 4]
        def go(*, z=None):
            global A
            while (n := len(A)) > 1:
                match n:
                    case {"a": [1, *_], **k}: del k
                    case C(f=None) | None: pass
                    case _: break
            try: raise C from None
            except OSError as e: assert e, lambda: (yield)
            return x[1:2, ...], b"1", 1.5, True
        """
    )
    pieces = [item.piece.key[:6] for item in statements(source.encode()).items]
    assert " ".join(pieces) == "120711 f21966 918c7c 102f31 8aaa4a"
