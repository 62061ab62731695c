"""What a docstring asks for at a difference: the sentence that names what only one side uses.

Where the reference has no comment that says why it does something so, its docstring often does:
"its default betas remember too much" is the reason for `betas=(0.5, 0.999)`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

SHORTEST = 4  # letters; shorter names are found in any sentence
SECTION = re.compile(r"^(?:Args|Returns|Raises|Yields):", re.MULTILINE)
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`])")
CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Asked:
    """Docstrings, and the parameters, which tell nothing: they stand in any of its sentences."""

    docstrings: Sequence[str]
    given: Collection[str]


def sentences(docstring: str) -> list[str]:
    """The sentences of a docstring's prose; of arguments and results it may tell elsewhere."""
    prose = SECTION.split(docstring)[0]
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", prose))
    return [each for part in paragraphs for each in SENTENCE.split(part) if each.endswith(".")]


def task(asked: Asked, ours: Sequence[str], others: Sequence[str]) -> str:
    """The sentence that names what these lines use and those on the other side don't; or ""."""
    here, there = "\n".join(ours), "\n".join(others)
    used = set(re.findall(r"\w+", here)) - set(re.findall(r"\w+", there))
    used.difference_update(asked.given)
    passed = set(re.findall(r"\b(\w+)=(?!=)", here)) & used
    telling = passed | {name for name in used if re.search(r"[a-z][A-Z]", name)}  # LeakyReLU
    for docstring in asked.docstrings:
        for sentence in sentences(docstring):
            words = set(re.findall(r"\w+", sentence))
            if any(len(name) >= SHORTEST and name in used for name in named(sentence)):
                return sentence
            if any(len(name) >= SHORTEST and name in words for name in telling):
                return sentence
    return ""


def names(text: str) -> set[str]:
    """The words of a text that are long enough to mean something."""
    return set(re.findall(rf"\w{{{SHORTEST},}}", text))


def named(sentence: str) -> list[str]:
    """The names that a sentence gives as code: of `torch.optim.Adam` the last part."""
    spans = (re.split(r"[=( ]", span)[0] for span in CODE.findall(sentence))
    return [span.rpartition(".")[2] for span in spans]


def asked_of(*nodes: ast.AST | None) -> Asked:
    """What the docstrings of a definition and of the class around it ask for."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    found = [ast.get_docstring(node) for node in nodes if isinstance(node, kinds)]
    given = {each.arg for node in nodes[:1] if node for each in ast.walk(node)
             if isinstance(each, ast.arg)}  # fmt: skip
    return Asked([each for each in found if each], given)
