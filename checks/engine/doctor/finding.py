"""One thing that is wrong, or could be better."""

from __future__ import annotations

from dataclasses import dataclass

from checks.engine.doctor.evidence import Place
from checks.mistakes import CATALOGUE, Mistake


@dataclass(frozen=True)
class Finding:
    """A mistake of the catalogue in a script: its place, and what was seen."""

    id: str
    level: str  # "bug" or "advice"
    place: Place
    evidence: str

    @property
    def mistake(self) -> Mistake:
        """Its entry."""
        return CATALOGUE[self.id]

    @property
    def title(self) -> str:
        """What it is called."""
        return self.mistake.name


def bug(mistake: str, place: Place, evidence: str) -> Finding:
    """Something that harms the training."""
    return Finding(id=mistake, level="bug", place=place, evidence=evidence)


def advice(mistake: str, place: Place, evidence: str) -> Finding:
    """Something that could be better."""
    return Finding(id=mistake, level="advice", place=place, evidence=evidence)


NAMES = {"G": "generator", "D": "discriminator"}
OTHER = {"G": "D", "D": "G"}
