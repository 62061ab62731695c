"""What a verdict hangs on: the same key, the same verdict, whoever handed the code in."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from checks.engine.course.listing import Listed
from checks.engine.learner.fingerprint import Files, code, edition
from checks.engine.paths import KIT, tiers


@dataclass(frozen=True)
class Key:
    """What the verdict on one check hangs on.

    `code` covers the learner's code, the kit, the seed, PyTorch and the images; `text` the very
    bytes of the files, whose line numbers a verdict on a mistake names.
    """

    check: str
    tier: str
    code: str
    text: str


@dataclass(frozen=True)
class Conditions:
    """What is the same for a whole class: the checks, the seed, and a folder with MNIST."""

    course: tuple[Listed, ...]
    tiers: tuple[str, ...]
    seed: int = 0
    data: Path | None = None

    @property
    def checks(self) -> list[Listed]:
        """The checks of the tiers that were asked for."""
        return [each for each in self.course if each.check.tier in self.tiers]


def keys(folder: Path, conditions: Conditions, present: Sequence[str]) -> dict[str, Key]:
    """The key of each check of the tiers that are present in a folder, by the check's id."""
    files = Files(folder.resolve())
    codes: dict[tuple[tuple[str, str], ...], str] = {}
    texts = text_digests(folder)
    around = surroundings(conditions.seed, str(conditions.data or ""))
    found = {}
    for each in conditions.checks:
        tier = each.check.tier
        if tier not in present:
            continue
        if each.parts not in codes:
            codes[each.parts] = code(files, each.parts)
        whole = f"{codes[each.parts]}-{kit_edition(tier)}-{around}"
        found[each.check.check] = Key(each.check.check, tier, whole, texts[tier])
    return found


def text_digests(folder: Path) -> dict[str, str]:
    """By tier, a fingerprint of its file's bytes and of all that it may import."""
    course = tiers()
    digests = {
        file.stem: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.glob("*.py"))
    }
    found = {}
    for number, tier in enumerate(course):
        used = [name for name in digests if name not in course[number + 1 :]]
        joined = " ".join(f"{name} {digests[name]}" for name in used)
        found[tier] = hashlib.sha256(joined.encode()).hexdigest()[:16]
    return found


@cache
def kit_edition(tier: str) -> str:
    """What the kit judges a tier with."""
    return edition(KIT, tier)


@cache
def kit_version() -> str:
    """A fingerprint of all that the kit judges with."""
    joined = " ".join(f"{tier} {kit_edition(tier)}" for tier in tiers())
    return hashlib.sha256(joined.encode()).hexdigest()[:12]


@cache
def surroundings(seed: int, data: str) -> str:
    """A short fingerprint of the seed, PyTorch's version and the folder with MNIST."""
    torch = ".".join(importlib.metadata.version("torch").split(".")[:2])
    return hashlib.sha256(f"{seed} {torch} {data}".encode()).hexdigest()[:8]


def of_tier(found: Mapping[str, Key], tier: str) -> dict[str, Key]:
    """The keys of one tier."""
    return {check: key for check, key in found.items() if key.tier == tier}
