"""From a run of the checks to what is remembered of it: on which code did each check end?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from checks.engine.course.listing import Listed, course
from checks.engine.course.verdict import State, Verdict
from checks.engine.learner.fingerprint import fingerprints
from checks.engine.learner.progress import load, remember, steady
from checks.engine.paths import exercises


@dataclass(frozen=True)
class Recording:
    """A run that has begun: the code as it was then."""

    folder: Path
    listed: Sequence[Listed]
    before: dict[str, str]

    def keep(self, verdicts: Sequence[Verdict]) -> str:
        """Remember the verdicts that have come; "", or a sentence on what could not be done.

        A check whose code was edited in the meantime is left out: nobody knows which version it
        has seen.
        """
        checked = steady(self.before, fingerprints(self.folder, self.listed))
        return remember(self.folder, verdicts, checked, datetime.now(timezone.utc))


def record(folder: Path) -> Recording:
    """Begin a run on the solutions in a folder; to be called before the checks look at them.

    Raises:
        InfraError: the kit's checks can't be listed.
    """
    listed = course()
    return Recording(folder, listed, fingerprints(folder, listed))


def standing(folder: Path) -> tuple[list[Listed], dict[str, State]]:
    """The course, and how each check stands on the present code."""
    listed, progress = course(), load(folder)
    present = fingerprints(folder, listed)
    return listed, {
        each.check.check: progress.state(each.check.check, present[each.check.check])
        for each in listed
    }


def is_remembered(folder: Path) -> bool:
    """Whether runs on this folder are remembered: on the learner's own files, nowhere else."""
    return folder.resolve() == exercises().resolve()
