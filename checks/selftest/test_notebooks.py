"""Notebooks that the kit writes, notebooks that are handed in, and the checks inside a kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from checks.engine.course.listing import course
from checks.engine.course.verdict import Frame, Status, Verdict
from checks.engine.learner.notebook import cells, code
from checks.engine.learner.notebook_folder import opened
from checks.engine.learner.source import load, parsed
from checks.engine.learner.transfer import transferred
from checks.engine.notebook import lesson
from checks.engine.notebook.view import Page, Picture, shown, verdicts_shown
from checks.engine.notebook.writer import latex, notebook
from checks.engine.paths import EXERCISES, REFERENCE, tiers


def parts(tier: str) -> set[str]:
    return {each.about for each in course() if each.check.tier == tier}


def cell(made: bytes, name: str) -> str:
    found = {each["id"]: "".join(each["source"]) for each in json.loads(made)["cells"]}
    return found[name]


# Written ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tier", tiers())
@pytest.mark.parametrize("solved", [False, True])
def test_a_notebook_holds_what_the_file_holds(tier: str, solved: bool) -> None:
    made = notebook(tier, solved=solved)
    assert made == notebook(tier, solved=solved)
    taken = code(cells(made, "it"), parts(tier))
    assert not taken.notes
    folder = REFERENCE if solved else EXERCISES
    source = load(folder, tier)
    for name in parts(tier):
        here, there = parsed(taken.text, "").definitions[name].node, source.definitions[name].node
        marks = ("### BEGIN SOLUTION", "### END SOLUTION")
        lines = source.lines[there.lineno - 1 : there.end_lineno]
        wanted = "".join(line for line in lines if line.strip() not in marks)
        mine = taken.text.splitlines(keepends=True)[here.lineno - 1 : here.end_lineno]
        assert "".join(mine).rstrip() == wanted.rstrip()


@pytest.mark.parametrize("tier", tiers())
def test_a_stub_in_a_notebook_gives_no_answer_away(tier: str) -> None:
    made = "".join("".join(each["source"]) for each in json.loads(notebook(tier))["cells"])
    inside, solution = False, []
    for line in (REFERENCE / f"{tier}.py").read_text(encoding="utf-8").splitlines():
        if "### BEGIN" in line or "### END" in line:
            inside = "BEGIN" in line
        elif inside and len(line.strip()) > 20 and " import " not in line:
            solution.append(line.strip())
    assert solution
    assert not [line for line in solution if line in made]


@pytest.mark.parametrize("tier", tiers())
def test_each_part_has_its_check_and_ids_are_unique(tier: str) -> None:
    made = json.loads(notebook(tier))
    ids = [each["id"] for each in made["cells"]]
    assert len(ids) == len(set(ids))
    text = "\n".join("".join(each["source"]) for each in made["cells"])
    for name in parts(tier) - {"ANSWERS"}:
        assert f'check("{name}")' in text
    assert f'quiz("{tier}")' in text
    assert "$$" in text or tier != "advanced"
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    nbformat.validate(nbformat.from_dict(made))


def test_the_setup_cell_fetches_only_where_that_is_asked_for() -> None:
    assert "git clone" not in cell(notebook("beginner"), "gan-beginner-setup")
    fetching = cell(notebook("beginner", url="https://example.org/kit"), "gan-beginner-setup")
    assert "git clone --quiet --depth 1 https://example.org/kit" in fetching
    assert "solved=True" in cell(notebook("beginner", solved=True), "gan-beginner-setup")


def test_formulas_become_latex() -> None:
    assert latex("L_G = -mean[log D(G(z))]") == r"L_G = -\operatorname{mean}[\log D(G(z))]"


@pytest.mark.parametrize("tier", tiers())
def test_a_solved_notebook_makes_the_stub_the_reference(tier: str) -> None:
    taken = code(cells(notebook(tier, solved=True), "it"), parts(tier))
    made = transferred(taken, load(EXERCISES, tier), "it")
    solved = load(REFERENCE, tier)
    marks = ("### BEGIN SOLUTION", "### END SOLUTION")

    def lines(text: str) -> list[str]:
        return [line.strip() for line in text.splitlines() if line.strip() not in ("", *marks)]

    assert sorted(lines(made.text)) == sorted(lines(solved.text))


# Handed in ----------------------------------------------------------------------------------------


def test_a_folder_of_notebooks_is_read_and_lines_lead_to_cells(tmp_path: Path) -> None:
    tmp_path = tmp_path.resolve()
    (tmp_path / "my work.ipynb").write_bytes(notebook("beginner", solved=True))
    (tmp_path / "advanced.py").write_text("x = 1\n")
    with opened(tmp_path) as given:
        source = (given.folder / "beginner.py").read_text(encoding="utf-8")
        assert (given.folder / "advanced.py").read_text() == "x = 1\n"
        assert not (given.folder / "bonus.py").exists()
        line = next(n for n, text in enumerate(source.split("\n"), 1) if "default_rng" in text)
        frame = Frame(str(given.folder / "beginner.py"), line, "f", "")
        verdict = Verdict("c", "beginner", "t", 1, Status.ERROR, frames=(frame,), location=frame)
        found = given.in_cells(verdict)
    assert not given.folder.exists()
    assert found.location == found.frames[0]
    assert found.frames[0].file == str(tmp_path / "my work.ipynb")
    text = (tmp_path / "my work.ipynb").read_bytes()
    there = cells(text, "")[found.frames[0].cell - 1].text.split("\n")[found.frames[0].line - 1]
    assert "default_rng" in there
    assert given.notes == ("What is checked are the definitions in my work.ipynb.",)


def test_a_folder_without_notebooks_is_itself(tmp_path: Path) -> None:
    for tier in tiers():
        (tmp_path / f"{tier}.py").write_text("x = 1\n")
    (tmp_path / "beginner.ipynb").write_bytes(notebook("beginner"))
    with opened(tmp_path) as given:
        assert given.folder == tmp_path
    assert given.folder.exists()


def test_a_notebook_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "beginner.ipynb").write_text("no")
    (tmp_path / "bonus.ipynb").symlink_to(REFERENCE / "bonus.py")
    with opened(tmp_path) as given:
        assert given.folder == tmp_path
    assert given.notes == (
        "beginner.ipynb is not a notebook: its contents are no JSON.",
        "bonus.ipynb is not a plain file.",
    )


# Shown --------------------------------------------------------------------------------------------


def test_a_learners_text_is_shown_as_text() -> None:
    evil = "<script>alert(1)</script>"
    verdict = Verdict("c", "t", evil, 1, Status.ERROR, came=evil, output=evil,
                      frames=(Frame("f", 1, "g", evil),))  # fmt: skip
    found = verdicts_shown([verdict], lambda frame: evil, [evil], evil)
    assert "<script" not in found.html
    assert evil in found.text
    page = shown(Page(evil, code=evil, paragraphs=[evil], pictures=[Picture(evil, "data:")]))
    assert "<script" not in page.html
    assert "http" not in page.html.replace("data:", "")


def test_passed_checks_are_folded_and_what_waits_is_counted() -> None:
    def verdict(name: str, status: Status, **more: Any) -> Verdict:
        return Verdict(name, "t", name, 1, status, **more)

    found = verdicts_shown(
        [
            verdict("one", Status.PASSED),
            verdict("two", Status.TODO, came="Write f."),
            verdict("three", Status.TODO, came="Write f."),
            verdict("four", Status.FAILED, mistake="Swapped"),
        ],
        lambda frame: "",
    )
    assert "1 of 4 checks pass" in found.html
    assert "<details>" in found.html
    assert "Write f. " in found.html
    assert "(2\nchecks)" in found.html
    assert "Swapped" in found.text


# In a kernel --------------------------------------------------------------------------------------


def test_outside_a_notebook_a_sentence_says_so() -> None:
    from checks.engine.errors import UsageError
    from checks.engine.notebook.kernel import kernel

    with pytest.raises(UsageError, match=r"in a terminal it is python run_checks\.py"):
        kernel()


class Shell:
    """What the kit asks of IPython."""

    def __init__(self, *texts: str) -> None:
        self.history_manager = self
        self.input_hist_raw = ["", *texts]
        self.user_ns: dict[str, Any] = {}


def test_the_part_that_is_meant_is_the_last_that_was_run() -> None:
    from checks.engine.errors import UsageError
    from checks.engine.notebook.kernel import Kernel

    shell = Kernel(Shell("def noise_statistics(n): pass", "x = 1", "def Generator(): pass"))
    listed = course()
    found, tier = lesson._chosen("", shell.executed(), listed, shell)
    assert (tier, {each.about for each in found}) == ("intermediate", {"Generator"})
    found, tier = lesson._chosen("noise_statistics", shell.executed(), listed, shell)
    assert (tier, len(found)) == ("beginner", 2)
    shell.failed.add(1)
    with pytest.raises(UsageError, match="has not been run yet"):
        lesson._chosen("noise_statistics", shell.executed(), listed, shell)
    with pytest.raises(UsageError, match="There is no part 'x'; the parts are sample_noise_numpy"):
        lesson._chosen("x", shell.executed(), listed, shell)


def test_a_cell_that_was_edited_and_not_run_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from checks.engine.notebook.kernel import Kernel

    shell = Kernel(Shell("def noise_statistics(n):\n    return 1"))
    made = json.loads(notebook("beginner"))
    (tmp_path / "it.ipynb").write_text(json.dumps(made))
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "it.ipynb"))
    chosen = [each for each in course() if each.about == "noise_statistics"]
    saved = (tmp_path / "it.ipynb").stat().st_mtime
    shell.times[1] = saved - 5
    (said,) = lesson._unrun(shell, shell.executed(), chosen)
    assert said.startswith("The cell with noise_statistics was edited after it was run")
    shell.times[1] = saved + 5
    assert not lesson._unrun(shell, shell.executed(), chosen)
