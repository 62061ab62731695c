"""Which parts of a learner's files a check hangs on, read from the kit's own source.

A check on `discriminator_step` also runs `generator_step`: its evidence is a sequence of both.
Nobody writes that down. But a check names the probes that it asks, a probe names the learner's
parts that it uses, and both names stand as strings in functions that can be followed from one to
the next. All of this is read with `ast`; no check and no probe is imported.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ASKS = "Solution"  # what stands in every module whose functions take a solution, or pass it on
IMPORTED = re.compile(r"^\s*(?:from|import) (checks[\w.]*)(?: import (\([^)]*\)|[^\n]*))?", re.M)

Part = tuple[str, str]  # (tier, name)


@dataclass
class Mention:
    """What a function or a constant mentions: names (`parts.judge_loss` is one), and strings."""

    names: set[str] = field(default_factory=set)
    strings: set[str] = field(default_factory=set)


@dataclass
class Module:
    """One of the kit's files: what each of its names mentions, and where imported ones stand.

    An imported name has a dotted module and the name there, or "" where it is the module itself.
    """

    mentions: dict[str, Mention] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass
class Library:
    """The kit's files as modules, each read once; those that know no solution count as empty."""

    kit: Path
    _modules: dict[str, Module] = field(default_factory=dict, repr=False)

    def module(self, dotted: str) -> Module:
        """The module of that name."""
        if dotted not in self._modules:
            file = self.kit / (dotted.replace(".", "/") + ".py")
            text = file.read_text(encoding="utf-8") if file.is_file() else ""
            asks = ASKS in text or dotted.startswith(("checks.probes.", "checks.test_"))
            self._modules[dotted] = module_of(ast.parse(text)) if asks else Module()
        return self._modules[dotted]

    def put(self, dotted: str, tree: ast.Module) -> Module:
        """The module of that name from a tree that is already there."""
        self._modules[dotted] = module_of(tree)
        return self._modules[dotted]

    def strings(self, dotted: str, name: str) -> set[str]:
        """All strings in a function and in whatever it uses."""
        found: set[str] = set()
        seen: set[tuple[str, str]] = set()
        waiting = [(dotted, name)]
        while waiting:
            place = waiting.pop()
            if place in seen:
                continue
            seen.add(place)
            module = self.module(place[0])
            head, _, rest = place[1].partition(".")
            if place[1] in module.mentions:
                found |= module.mentions[place[1]].strings
                waiting += [(place[0], each) for each in module.mentions[place[1]].names]
            elif head in module.imported:
                source, its_name = module.imported[head]
                waiting.append((f"{source}.{its_name}", rest) if rest else (source, its_name))
        return found


def probes(library: Library, tier: str, function: str) -> set[str]:
    """The tier's own probes that a check asks."""
    own = set(library.module(f"checks.probes.{tier}").mentions)
    return library.strings(f"checks.test_{tier}", function) & own


def parts(library: Library, tier: str, function: str, about: dict[str, set[str]]) -> set[Part]:
    """The learner's parts that the probes of one check name.

    `about` holds, for each tier, the names that its checks are about: what there is to be named.
    """
    found = set()
    for probe in probes(library, tier, function):
        strings = library.strings(f"checks.probes.{tier}", probe)
        for name in strings & set().union(*about.values()):
            found.add((tier, name))
            found |= {(other, name) for other in strings & set(about) if name in about[other]}
    return found


def module_of(tree: ast.Module) -> Module:
    """What a file defines, imports and mentions."""
    module = Module()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("checks"):
            for alias in node.names:
                module.imported[alias.asname or alias.name] = (node.module or "", alias.name)
        elif isinstance(node, ast.FunctionDef):
            mention = module.mentions.setdefault(node.name, Mention())
            for inner in (*node.decorator_list, *node.body):
                note(inner, mention)
        elif isinstance(node, ast.ClassDef):
            note(node, module.mentions.setdefault(node.name, Mention()))
        elif isinstance(node, ast.Assign):
            for name, value in assigned(node):
                note(value, module.mentions.setdefault(name, Mention()))
    return module


def assigned(node: ast.Assign) -> Iterator[tuple[str, ast.expr]]:
    """Each name of an assignment with its value, its own one where `A, B = "a", "b"`."""
    for target in node.targets:
        if isinstance(target, ast.Name):
            yield target.id, node.value
        elif isinstance(target, ast.Tuple):
            values = [node.value] * len(target.elts)
            if isinstance(node.value, ast.Tuple) and len(node.value.elts) == len(target.elts):
                values = node.value.elts
            for element, value in zip(target.elts, values, strict=True):
                if isinstance(element, ast.Name):
                    yield element.id, value


def note(node: ast.AST, mention: Mention) -> None:
    """Add what this piece of code mentions."""
    if isinstance(node, ast.Name):
        mention.names.add(node.id)
        return
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            mention.strings.add(node.value)
        return
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        mention.names.add(f"{node.value.id}.{node.attr}")
    for name in node._fields:
        inner = getattr(node, name, None)
        if isinstance(inner, ast.AST):
            note(inner, mention)
        elif isinstance(inner, list):
            for each in inner:
                if isinstance(each, ast.AST):
                    note(each, mention)


def edition(kit: Path, tier: str) -> str:
    """A short fingerprint of all that decides about a tier: its checks and what they import.

    Where lines end does not count, for Git may change that.
    """
    waiting = ["checks.conftest", f"checks.test_{tier}", f"checks.probes.{tier}"]
    texts: dict[str, str] = {f"reference.{tier}": _text(kit, f"reference.{tier}")}
    while waiting:
        dotted = waiting.pop()
        if dotted in texts:
            continue
        texts[dotted] = _text(kit, dotted)
        for module, names in IMPORTED.findall(texts[dotted]):
            waiting += [module, *(f"{module}.{name}" for name in re.findall(r"\w+", names))]
    whole = "".join(f"{dotted}\0{text}\0" for dotted, text in sorted(texts.items()) if text)
    return hashlib.sha256(whole.encode()).hexdigest()[:8]


def _text(kit: Path, dotted: str) -> str:
    try:
        return (kit / (dotted.replace(".", "/") + ".py")).read_text(encoding="utf-8")
    except OSError:
        return ""
