"""The kit as students get it: what it is called, and the key to the questions under seal.

A release holds no reference solutions. The key stands in `checks/release.json`: a salted hash of
each right letter, and each choice's reason under a seal that only that letter opens. With three or
four letters to a question this keeps nobody out who writes a program to try them all; it keeps the
answers from being read.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from checks.engine.files import read_kept
from checks.engine.paths import CHECKS

FILE = CHECKS / "release.json"
LETTERS = "abcdefgh"


@dataclass(frozen=True)
class SealedAnswer:
    """The hash of the right letter, and by a letter's hash the reason for or against it."""

    right: str
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Release:
    """What `checks/release.json` says; texts that a teacher chose may be empty."""

    salt: str
    answers: dict[str, dict[str, SealedAnswer]]
    parts: dict[str, list[str]]
    title: str = ""
    points: float | None = None
    deadline: str = ""

    def heading(self) -> str:
        """The course's title and deadline in one line; "" where neither was given."""
        due = f"due {self.deadline}" if self.deadline else ""
        return ", ".join(filter(None, [self.title, due]))


@cache
def this_release() -> Release | None:
    """The release that this kit is; None for the teacher's own.

    Raises:
        KeptError: its file can't be read.
    """
    return read_kept(FILE, Release)


def sealed(salt: str, place: str, right: str, reasons: Mapping[str, str]) -> SealedAnswer:
    """An answer under seal.

    Args:
        salt: the release's.
        place: which question it is, unlike any other.
        right: the right letter.
        reasons: by letter, why it is right or why not.
    """
    return SealedAnswer(
        digest(salt, place, right, "right"),
        {digest(salt, place, letter, "reason"): masked(salt, place, letter, text.encode())
         for letter, text in sorted(reasons.items())},
    )  # fmt: skip


def opened(salt: str, place: str, answer: SealedAnswer) -> tuple[str, dict[str, str]]:
    """The right letter, and the reasons by letter."""
    right = next(
        (each for each in LETTERS
         if hmac.compare_digest(digest(salt, place, each, "right"), answer.right)), "",
    )  # fmt: skip
    reasons = {}
    for letter in LETTERS:
        if held := answer.reasons.get(digest(salt, place, letter, "reason")):
            text = base64.b64decode(masked(salt, place, letter, base64.b64decode(held)))
            reasons[letter] = text.decode("utf-8", "replace")
    return right, reasons


def digest(salt: str, place: str, letter: str, what: str) -> str:
    """A salted hash of a letter."""
    return hashlib.sha256(f"{salt} {place} {letter} {what}".encode()).hexdigest()


def masked(salt: str, place: str, letter: str, content: bytes) -> str:
    """Bytes with a mask over them that only this letter takes off again, in base 64."""
    mask, number = b"", 0
    while len(mask) < len(content):
        mask += bytes.fromhex(digest(salt, place, letter, f"mask {number}"))
        number += 1
    return base64.b64encode(bytes(a ^ b for a, b in zip(content, mask, strict=False))).decode()
