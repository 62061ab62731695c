"""Notebooks from the reference: the same parts, text and questions as the exercise files.

A comment above a part, and the docstring's first line, become the text cell; the part with its
whole docstring is the code cell, and below it stands a cell that checks it. Cells are called
`gan-TIER-PART`, so that making a notebook again changes nothing but what has changed.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checks.engine.course.listing import course
from checks.engine.course.questions import questions
from checks.engine.learner.source import Source, defined, end, parsed, start
from checks.engine.learner.statements import is_main_block
from checks.engine.learner.stubs import BEGIN, END, read_reference, stub_source
from checks.engine.paths import REFERENCE, short

HEADING = re.compile(r"(Part \d+: .+?|Questions) -{3,}$")
FORMULA = re.compile(r"\blog\b|\bL_[DG]\b|=.*\bmax\b")
WORDS = re.compile(r"\b(mean|label|score|min|max|over)\b")
NEEDED = ["rich", "msgspec", "jinja2", "pytest"]  # small, and not on every machine with PyTorch
TRAINED_ON = 8000

SETUP = """\
# Run this cell first: it finds the exercises and loads the checks.
import importlib.util
import os
import sys
from pathlib import Path

places = [os.environ.get("GAN_KIT", ""), ".", "..", "gan-exercise-kit"]
here = [Path(place).resolve() for place in places if place]
kit = next((place for place in here if (place / "run_checks.py").is_file()), None)
{fetch}needed = {needed}
missing = [name for name in needed if importlib.util.find_spec(name) is None]
if missing:
    %pip install --quiet {{" ".join(missing)}}

sys.path[:0] = [str(kit), str(kit / "{folder}")]
from checks.notebook import check, explain, hint, quiz, report, start, train

start("{tier}"{how})
"""
ASK = """\
if kit is None:
    raise SystemExit("Open this notebook in the folder of the exercises, or set GAN_KIT to it.")
"""
FETCH = """\
if kit is None:
    !git clone --quiet --depth 1 {url} gan-exercise-kit
    kit = Path("gan-exercise-kit").resolve()
"""
SEEN = {  # what a tier shows in the end, where it is not what its own `main` does
    "advanced": """\
# A few minutes: your train_gan on 8,000 images. train() without options takes all of them.
train(epochs=10, images={images})
""",
    "bonus": """\
# Some minutes: train, and keep what G makes at epochs 10, 20 and 30.
from advanced import normalize_images, train_gan
from checks.notebook import show_pictures, training_images

generator, _, history = train_gan(
    normalize_images(training_images({images})),
    epochs=30,
    learning_rate=5e-4,
    on_epoch_end=snapshot_every("snapshots", every=10),
)
show_pictures("snapshots")
plot_losses(history)
""",
}


@dataclass
class Notebook:
    """The cells of one tier's notebook, in order."""

    tier: str
    cells: list[dict[str, Any]] = field(default_factory=list)

    def text(self, name: str, text: str) -> None:
        """Add a text cell; one without a text is left out."""
        if text.strip():
            self._add("markdown", name, text)

    def code(self, name: str, text: str) -> None:
        """Add a code cell, without outputs."""
        self._add("code", name, text)
        self.cells[-1] |= {"execution_count": None, "outputs": []}

    def _add(self, kind: str, name: str, text: str) -> None:
        identity = f"gan-{self.tier}-{re.sub(r'[^a-z0-9]+', '-', name.lower())}"
        source = text.strip("\n").splitlines(keepends=True)
        self.cells.append({"cell_type": kind, "id": identity, "metadata": {}, "source": source})

    def to_json(self) -> bytes:
        """The file's bytes, in version 4.5 of the format."""
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
        content = {
            "cells": self.cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5,
        }  # fmt: skip
        return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def notebook(tier: str, *, solved: bool = False, url: str = "", folder: Path = REFERENCE) -> bytes:
    """A tier's notebook.

    Args:
        tier: which one.
        solved: with the reference's solutions; otherwise with stubs.
        url: where a notebook that stands alone, as on Colab, fetches the kit from; "" for nowhere.
        folder: the reference solutions.

    Raises:
        StubError: the reference can't be read, or marks its solutions wrongly.
    """
    path = folder / f"{tier}.py"
    reference = read_reference(path)
    text = _without_marks(reference) if solved else stub_source(reference, short(path))
    source = parsed(text, path.name)
    parts = {each.about for each in course() if each.check.tier == tier}
    made = Notebook(tier)
    made.text("title", _title(ast.get_docstring(source.tree) or ""))
    made.code("setup", _setup(tier, url, folder.name if solved else "exercises"))
    groups = list(_groups(source, parts))
    # What the tier makes comes before what is written about it.
    groups.sort(key=lambda group: defined(group[0]) == "REFLECTION")
    for group in groups:
        _add_group(made, source, group, parts)
    return made.to_json()


def _setup(tier: str, url: str, folder: str) -> str:
    fetch = FETCH.format(url=url) if url else ASK
    needed, how = json.dumps(NEEDED), "" if folder == "exercises" else ", solved=True"
    return SETUP.format(fetch=fetch, needed=needed, folder=folder, tier=tier, how=how)


def _without_marks(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if line.strip() not in (BEGIN, END))


# Parts --------------------------------------------------------------------------------------------


def _groups(source: Source, parts: set[str]) -> Iterator[list[ast.stmt]]:
    """The statements of each cell: a part alone, what stands before and between them together."""
    group: list[ast.stmt] = []
    for statement in source.tree.body:
        if isinstance(statement, ast.Expr) and statement is source.tree.body[0]:
            continue  # the module's docstring
        if defined(statement) in parts | {"main", "REFLECTION"} or is_main_block(statement):
            if group:
                yield group
            group = []
            if not is_main_block(statement):
                yield [statement]
        else:
            group.append(statement)
    if group:
        yield group


def _add_group(made: Notebook, source: Source, group: list[ast.stmt], parts: set[str]) -> None:
    """The cells of a part, or of the imports and constants before one."""
    first = group[0]
    name = defined(first) if defined(first) in parts | {"main", "REFLECTION"} else ""
    if name == "main":
        _add_main(made, source, first)
        return
    made.text(f"{name or 'imports'}-text", "\n\n".join(_texts(source, first, name)))
    made.code(name or "imports", _code(source, group))
    if name == "ANSWERS":
        made.code("quiz", f'quiz("{made.tier}")')
        made.text("tier-text", "And now the whole tier:")
        made.code("tier", f'check("{made.tier}")')
    elif name in parts:
        made.code(f"{name}-check", f'check("{name}")')


def _texts(source: Source, statement: ast.stmt, name: str) -> Iterator[str]:
    """What stands above a statement, as Markdown, and the docstring's first line."""
    comments = _comments_above(source, statement)
    if name == "ANSWERS":
        yield "## Questions"
        for question in questions("\n".join(comments)):
            choices = [f"- {letter}) {text}" for letter, text in question.choices.items()]
            yield f"**{question.name}**: {question.text}\n\n" + "\n".join(choices)
        yield "Your choices, one letter each:"
        return
    yield _markdown([line.removeprefix("#").removeprefix(" ") for line in comments])
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)) and name:
        doc = inspect.cleandoc(ast.get_docstring(statement) or "")
        yield f"### {name}\n\n{_formulas(doc)}".rstrip()


def _formulas(doc: str) -> str:
    """A docstring's first line and its formulas; all of it stands in the code cell."""
    head, _, rest = doc.partition("\n")
    lines = [line.strip() for line in rest.split("\n") if line.startswith("    ")]
    found = [f"$${latex(line)}$$" for line in lines if FORMULA.search(line)]
    return "\n\n".join([head, *found])


def _comments_above(source: Source, statement: ast.stmt) -> list[str]:
    """The comment lines between a statement and the one before it."""
    index = source.tree.body.index(statement)
    above = end(source.tree.body[index - 1]) if index else 0
    lines = [source.bare(number) for number in range(above + 1, start(statement))]
    return [line for line in lines if line.startswith("#")]


def _code(source: Source, group: Sequence[ast.stmt]) -> str:
    """The lines of these statements, with the comments directly above all but the first."""
    first, last = start(group[0]), end(group[-1])
    part = source.definitions.get(defined(group[-1]))
    last = part.last if part and part.node is group[-1] else last
    text = "\n".join(source.bare(number) for number in range(first, last + 1))
    return re.sub(r"\n{3,}", "\n\n\n", text)


def _add_main(made: Notebook, source: Source, main: ast.stmt) -> None:
    """What the tier makes of it all: the body of `main`, as a cell."""
    assert isinstance(main, ast.FunctionDef)
    if made.tier in SEEN:
        text = SEEN[made.tier].format(images=TRAINED_ON)
    else:
        body = main.body[1:] if ast.get_docstring(main) else main.body
        lines = [source.bare(number) for number in range(start(body[0]), end(body[-1]) + 1)]
        text = inspect.cleandoc("\n" + "\n".join(lines)).replace("from kit", "from checks.notebook")
    made.text("seen-text", "## What it makes\n\n" + (ast.get_docstring(main) or ""))
    made.code("seen", text)


# Text ---------------------------------------------------------------------------------------------


def _title(doc: str) -> str:
    head, _, rest = doc.partition("\n")
    return f"# {head}\n\n" + _markdown(_for_notebooks(rest).split("\n"))


def _for_notebooks(text: str) -> str:
    """The text without the paragraph on commands, which a notebook has cells for."""
    paragraphs = text.strip("\n").split("\n\n")
    kept = [each for each in paragraphs if "python run_checks.py" not in each]
    how = "Write the parts from top to bottom. Run a part's cell, then the one below it checks it."
    return "\n\n".join([*kept, f"{how} `hint()` and `explain()` say more."])


def _markdown(lines: Sequence[str]) -> str:
    """Comment lines without their `# ` as Markdown: headings, paragraphs, formulas, tables."""
    blocks: list[list[str]] = [[]]
    for line in lines:
        if match := HEADING.match(line):
            blocks += [[f"## {match[1]}"], []]
        elif not line.strip():
            blocks.append([])
        else:
            is_indented = line.startswith("    ")
            if blocks[-1] and blocks[-1][-1].startswith("    ") != is_indented:
                blocks.append([])
            blocks[-1].append(line)
    return "\n\n".join(_block(block) for block in blocks if block)


def _block(lines: Sequence[str]) -> str:
    if not lines[0].startswith("    "):
        return " ".join(line.strip() for line in lines)
    text = inspect.cleandoc("\n" + "\n".join(lines))
    if FORMULA.search(text) and "\n" not in text:
        return f"$${latex(text)}$$"
    return f"```text\n{text}\n```"


def latex(formula: str) -> str:
    """A formula of the lessons as LaTeX: its functions upright, its dots as products."""
    said = WORDS.sub(lambda match: rf"\operatorname{{{match[1]}}}", formula.strip())
    return re.sub(r"\blog\b", r"\\log", said).replace("·", r"\cdot").replace("…", r"\ldots")
