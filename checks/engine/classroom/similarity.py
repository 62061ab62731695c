"""Pairs that are alike beyond what the exercise gives: for a person to read, never a deduction.

Each part of a file becomes tokens: names by the order in which they appear, literals as they are,
no comments, no docstrings. Runs of tokens are fingerprints, thinned by winnowing (Schleimer,
Wilkerson and Aiken, 2003). Those of the stub, of the reference, and of more than a tenth of the
class say nothing and are taken out; right solutions of ten lines must look alike.
"""

from __future__ import annotations

import ast
import hashlib
import io
import keyword
import tokenize
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from checks.engine.classroom.feedback import page_style
from checks.engine.html import environment, policy
from checks.engine.parsing import parsed
from checks.engine.plain_text import inert

RUN, WINDOW = 10, 4  # tokens of a fingerprint, and of how many the smallest is kept
LEAST = 12  # fingerprints of one's own, below which two files can't be told from chance
COMMON = 0.1  # of the class
MAX_PAIRS, MAX_TEXT = 60, 6000
SKIPPED = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENCODING, tokenize.ENDMARKER)


@dataclass(frozen=True)
class Pair:
    """Two students whose files of a tier share more than the exercise gives them."""

    one: str
    other: str
    tier: str
    share: float
    parts: tuple[str, ...]
    texts: tuple[str, str]


@dataclass(frozen=True)
class Work:
    """One student's file of one tier: by part its text, and its fingerprints."""

    title: str
    texts: Mapping[str, str]
    prints: Mapping[str, frozenset[int]]


def pairs(
    files: Mapping[str, Mapping[str, bytes]], given: Mapping[str, Iterable[bytes]], least: float
) -> list[Pair]:
    """The pairs that are alike, most alike first.

    Args:
        files: by student, the tiers' files.
        given: by tier, files that everybody may look like: the stub and the reference.
        least: the share of one's own fingerprints from which on a pair is listed.
    """
    found = []
    for tier in given:
        works = [work(student, held[tier]) for student, held in files.items() if held.get(tier)]
        everybodys = {each for source in given[tier] for each in all_prints(work("", source))}
        counts = Counter(each for one in works for each in all_prints(one))
        most = max(2, COMMON * len(works))
        common = everybodys | {each for each, count in counts.items() if count > most}
        found += alike(tier, works, common, least)
    return sorted(found, key=lambda pair: -pair.share)[:MAX_PAIRS]


def alike(tier: str, works: Sequence[Work], common: set[int], least: float) -> list[Pair]:
    """The pairs of one tier."""
    own = [all_prints(each) - common for each in works]
    found = []
    for (i, one), (j, other) in combinations(enumerate(works), 2):
        fewer = min(len(own[i]), len(own[j]))
        if fewer < LEAST or len(shared := own[i] & own[j]) < least * fewer:
            continue
        parts = tuple(
            name for name in one.prints
            if one.prints[name] & other.prints.get(name, frozenset()) & shared
        )  # fmt: skip
        texts = tuple(
            "\n\n".join(each.texts[name] for name in parts)[:MAX_TEXT] for each in (one, other)
        )
        share = len(shared) / fewer
        found.append(Pair(one.title, other.title, tier, share, parts, (texts[0], texts[1])))
    return found


def work(title: str, source: bytes) -> Work:
    """A file taken apart."""
    try:
        tree = parsed(source)
        text = source.decode("utf-8-sig")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Work(title, {}, {})
    texts, prints = {}, {}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            texts[node.name] = ast.get_source_segment(text, node) or ""
            prints[node.name] = winnowed(tokens(without_docstrings(node)))
    return Work(title, texts, prints)


def without_docstrings(node: ast.stmt) -> str:
    """A definition written anew, without comments and docstrings."""
    for each in ast.walk(node):
        if isinstance(each, (ast.FunctionDef, ast.ClassDef)):
            bare = [
                s for s in each.body
                if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
            ]  # fmt: skip
            each.body = bare or [ast.Pass()]
    try:
        return ast.unparse(ast.fix_missing_locations(node))
    except (ValueError, RecursionError):
        return ""


def tokens(text: str) -> list[str]:
    """The tokens of a part, its names by the order in which they appear."""
    numbers: dict[str, str] = {}
    found = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in SKIPPED:
            continue
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
            found.append(numbers.setdefault(token.string, f"n{len(numbers)}"))
        else:
            found.append(token.string.strip() or str(token.type))
    return found


def winnowed(found: Sequence[str]) -> frozenset[int]:
    """The fingerprints of a run of tokens: of each window the smallest."""
    runs = [" ".join(found[place : place + RUN]) for place in range(len(found) - RUN + 1)]
    hashes = [fingerprint(each) for each in runs]
    return frozenset(
        min(hashes[place : place + WINDOW]) for place in range(max(len(hashes) - WINDOW + 1, 0))
    )


def fingerprint(text: str) -> int:
    """A hash that is the same on every machine."""
    found = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(found, "big")


def all_prints(one: Work) -> frozenset[int]:
    """The fingerprints of a file, whatever part they are in."""
    return frozenset(each for prints in one.prints.values() for each in prints)


def page(found: Sequence[Pair], least: float) -> str:
    """`similar.html`: the pairs with both texts side by side."""
    from markupsafe import Markup

    style = Markup(page_style())  # the kit's own, so it is not escaped
    rows = [
        (pair, inert(pair.one, 100), inert(pair.other, 100),
         [inert(text, MAX_TEXT) for text in pair.texts])
        for pair in found
    ]  # fmt: skip
    template = environment(Path(__file__).parent).get_template("similar.html.j2")
    return template.render(rows=rows, least=least, style=style, policy=policy(style))
