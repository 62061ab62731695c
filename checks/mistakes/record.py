"""What is known of one mistake."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """One named mistake.

    `symptom` is what the learner would see when training; `hints` is a ladder of three: the idea,
    where to look, the shape of the line (never the whole line). `source` names a paper or a page
    of PyTorch's documentation.
    """

    id: str
    name: str
    symptom: str
    why: str
    hints: tuple[str, str, str]
    source: str = ""
