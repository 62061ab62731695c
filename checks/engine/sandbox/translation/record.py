"""What a translation is, and what it is chosen by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from checks.engine.course.verdict import LearnersError


@dataclass(frozen=True)
class Scene:
    """What surrounds an exception in the learner's files.

    `line` is the statement of theirs that was running and `file` the whole file that it stands in,
    as text, "" where they are not known. `defined` are the functions and classes that their files
    define.
    """

    line: str = ""
    file: str = ""
    defined: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Translation:
    """What an error means and what to try.

    It fits where `pattern` is found in "Type: message" and all that is further asked for holds as
    well. `{name}` in the texts stands for the pattern's group of that name.

    Attributes:
        mistake_id: where the catalogue names the mistake.
        tiers: the tiers in which it means that; empty for all.
        line: has to be found in the learner's own statement.
        file: has to be found in the learner's file.
        own: whether the learner's files define what the group `name` ends in.
        from_check: whether it was the check's own call that failed, and no line of the learner's.
    """

    pattern: str
    why: str
    hint: str
    mistake_id: str = ""
    tiers: tuple[str, ...] = ()
    line: str = ""
    file: str = ""
    own: bool | None = None
    from_check: bool | None = None

    def fitted(self, error: LearnersError, tier: str, scene: Scene) -> Translation | None:
        """This translation with its texts filled in; None where it does not fit."""
        text = f"{error.type}: {error.message}"
        if tier not in (self.tiers or (tier,)) or not (
            found := re.search(self.pattern, text, re.DOTALL)
        ):
            return None
        asked = (
            not self.line or re.search(self.line, scene.line),
            not self.file or re.search(self.file, scene.file),
            self.from_check in (None, not error.frames),
            self.own in (None, last_name(found.groupdict()) in scene.defined),
        )
        if not all(asked):
            return None
        groups = found.groupdict()
        return replace(self, why=filled(self.why, groups), hint=filled(self.hint, groups))


def last_name(groups: Mapping[str, str | None]) -> str:
    """The name that a dotted name ends in; of a method that Python calls by itself, its class."""
    parts = (groups.get("name") or "").removesuffix(".__init__").split(".")
    return parts[-1]


def filled(text: str, groups: Mapping[str, str | None]) -> str:
    """The text with each group in the place of its name."""
    for name, found in groups.items():
        short = (found or "").rsplit("<locals>.", 1)[-1].removesuffix(".__init__")
        text = text.replace(f"{{{name}}}", short)
    return text
