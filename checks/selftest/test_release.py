"""A student's kit: no answer can be read in it, and every command works or says what is missing."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

import pytest

from checks.engine.classroom.release import Wanted, release_of, write_release
from checks.engine.course import release
from checks.engine.course.questions import tier_answers, tier_questions
from checks.engine.errors import UsageError
from checks.engine.paths import CHECKS, REFERENCE, tiers
from checks.selftest import in_process
from checks.selftest.in_process import Copy
from checks.selftest.test_stubs import solution_lines

# Every course on PyTorch and Matplotlib has these lines; the engine has them for its own ends.
EVERYBODYS = {
    "with torch.no_grad():", "optimizer.zero_grad()", "discriminator.eval()",
    "self.layers = nn.Sequential(*layers)", "from matplotlib.figure import Figure",
    "for layer in self.layers:",
}  # fmt: skip
SHORT = 16  # a line of no more letters says nothing: "return images"


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    wanted = Wanted(tuple(tiers()), REFERENCE, "GAN course", 20, "1 December")
    return write_release(tmp_path_factory.mktemp("release") / "kit", wanted)


def test_no_solved_line_is_in_it(kit: Path) -> None:
    texts = {
        path: " ".join(path.read_text(encoding="utf-8").split())
        for path in kit.rglob("*") if path.is_file() and path.suffix != ".npz"
    }  # fmt: skip
    assert not (kit / "reference").exists()
    leaks = []
    for tier in tiers():
        for line in solution_lines((REFERENCE / f"{tier}.py").read_text(encoding="utf-8")):
            code = " ".join(re.sub(r"\s+#.*", "", line).split())
            if len(code) > SHORT and code not in EVERYBODYS:
                leaks += [(code, path.name) for path, text in texts.items() if code in text]
    assert leaks == []


def test_the_key_is_under_seal_and_opens_to_the_same_answers(kit: Path) -> None:
    text = (kit / "checks" / "release.json").read_text(encoding="utf-8")
    held = release_of(Wanted(tuple(tiers()), REFERENCE))
    for tier in tiers():
        for name, answer in tier_answers(tier).items():
            right, reasons = release.opened(held.salt, f"{tier} {name}", held.answers[tier][name])
            assert right == answer.letter
            assert reasons == {**answer.against, answer.letter: answer.why}
            assert answer.why not in text
            assert len(held.answers[tier][name].reasons) == len(
                next(each.choices for each in tier_questions(tier) if each.name == name)
            )
    assert release_of(Wanted(tuple(tiers()), REFERENCE)).salt != held.salt


def test_every_command_works_or_says_what_is_missing(kit: Path) -> None:
    solved = (REFERENCE / "beginner.py").read_text(encoding="utf-8")
    missing = "not in this kit"
    with Copy(kit) as copy:
        glance = copy.run()
        assert "GAN course, due 1 December" in glance.stdout
        for words in ("diff beginner", "recipes", "train --recipe tuned", "stubs",
                      "release --to more"):  # fmt: skip
            done = copy.run(*words.split())
            assert (done.returncode, missing in done.stderr.replace("\n        ", "")) == (2, True)
        for words in ("quiz beginner --no-predict", "quiz --predict", "explain beginner 3", "hint"):
            assert "Traceback" not in (done := copy.run(*words.split())).stdout + done.stderr
        assert "0 of 4 right" in copy.run("quiz", "beginner", "--no-predict").stdout
        (kit / "exercises" / "beginner.py").write_text(solved, encoding="utf-8")
        assert "4 of 4 right" in copy.run("quiz", "beginner").stdout
        done = copy.run("beginner")
        assert (done.returncode, "20/20" in done.stdout) == (0, True), done.stdout
        done = copy.run("reset", "beginner", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
    stub = (kit / "checks" / "stubs" / "beginner.py").read_bytes()
    assert (kit / "exercises" / "beginner.py").read_bytes() == stub


def test_a_release_of_some_tiers_of_a_course_of_ones_own(tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(REFERENCE, own)
    text = (own / "beginner.py").read_text(encoding="utf-8")
    (own / "beginner.py").write_text(text.replace("Beginner:", "Our first part:", 1))
    target = tmp_path / "kit.zip"
    done = in_process.run(
        "release", "--to", target, "--tier", "beginner", "--reference", own, "--points", 5
    )
    assert done.returncode == 0, done.stderr
    packed = zipfile.ZipFile(target)
    names = set(packed.namelist())
    assert "kit/exercises/beginner.py" in names
    assert not [name for name in names if "intermediate.py" in name and "test_" in name]
    assert "kit/exercises/advanced.py" not in names
    assert b"Our first part:" in packed.read("kit/exercises/beginner.py")
    assert b"5 of 5" in packed.read("kit/README.md")
    assert "kit/.github/workflows/checks.yml" in names
    with pytest.raises(UsageError, match="--tier beginner"):
        write_release(tmp_path / "gap", Wanted(("advanced",), REFERENCE))
    with pytest.raises(UsageError, match="already"):
        write_release(CHECKS, Wanted(("beginner",), REFERENCE))
