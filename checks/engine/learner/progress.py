"""Progress that is remembered: which checks have passed, and on which version of the code.

It stands in `.progress.json` in the folder of the exercises, for people to read as well, and never
says more than is known: a check counts as passed only on the very code that it has passed on. What
the last run of each tier said, word for word, stands beside it in `.last_run.json`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec

from checks.engine.course.verdict import State, Status, Verdict
from checks.engine.errors import DamagedError, KeptError
from checks.engine.files import read_kept, write_kept

PROGRESS, LAST_RUN = ".progress.json", ".last_run.json"
ABOUT = (
    "Which checks have passed, and on which version of your code. python run_checks.py writes this."
)
ABOUT_LAST_RUN = "What the last run of each tier said. python run_checks.py writes this."


@dataclass(frozen=True)
class Entry:
    """How a check ended last, on the code of this fingerprint.

    `mistake` is the id of the mistake that was found, `hints` how many of its hints have been
    shown, `failures` how many versions of the code in a row were wrong, `when` the time, in
    ISO 8601.
    """

    status: Status
    fingerprint: str
    when: str
    mistake: str = ""
    hints: Annotated[int, msgspec.Meta(ge=0)] = 0
    failures: Annotated[int, msgspec.Meta(ge=0)] = 0


@dataclass(frozen=True)
class ProgressFile:
    """What stands in `.progress.json`, by the check's id."""

    checks: dict[str, Entry]


@dataclass(frozen=True)
class LastRunFile:
    """What stands in `.last_run.json`, by tier."""

    tiers: dict[str, list[Verdict]]


@dataclass
class Progress:
    """What is remembered, by the check's id; `notice` says in a sentence what could not be read."""

    entries: dict[str, Entry] = field(default_factory=dict)
    notice: str = ""

    def state(self, check: str, fingerprint: str) -> State:
        """How a check stands on the code of this fingerprint.

        "changed" is what ended, in whatever way, on other code; "todo" is what has still to be
        written, "blocked" what waits for another part.
        """
        entry = self.entries.get(check)
        if entry is None:
            return "unchecked"
        if entry.fingerprint != fingerprint:
            return "changed"
        if entry.status is Status.PASSED:
            return "passed"
        if entry.status.is_open:
            return "todo" if entry.status is Status.TODO else "blocked"
        return "failed"

    def record(
        self, verdicts: Iterable[Verdict], fingerprints: Mapping[str, str], when: datetime
    ) -> None:
        """Remember these verdicts, each on the code of its fingerprint.

        A check without a fingerprint (see `steady`), and one that the kit could not judge, leaves
        what was known before as it was. Hints that were shown count on while the mistake is the
        same.
        """
        for verdict in verdicts:
            if verdict.check not in fingerprints or verdict.status is Status.INFRA:
                continue
            before = self.entries.get(verdict.check)
            is_same = (
                before is not None
                and verdict.status is not Status.PASSED
                and (before.status, before.mistake) == (verdict.status, verdict.mistake_id)
            )
            self.entries[verdict.check] = Entry(
                verdict.status,
                fingerprints[verdict.check],
                when.astimezone().isoformat(timespec="seconds"),
                verdict.mistake_id,
                self.hints(verdict.check) if is_same else 0,
                _failures(before, verdict, fingerprints[verdict.check]),
            )

    @property
    def stuck(self) -> set[str]:
        """The checks that two versions of the code in a row, or more, have failed."""
        return {check for check, entry in self.entries.items() if entry.failures > 1}

    def hints(self, check: str) -> int:
        """How many hints on the check's last mistake have been shown."""
        return self.entries[check].hints if check in self.entries else 0

    def show_hints(self, check: str, hints: int) -> None:
        """Remember how many have been shown by now; of a check that never ended, nothing."""
        if check in self.entries:
            self.entries[check] = dataclasses.replace(self.entries[check], hints=hints)


def steady(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """The fingerprints that are after a run what they were before: of the code that was checked."""
    return {check: value for check, value in before.items() if after.get(check) == value}


def load(folder: Path) -> Progress:
    """What is remembered of the solutions in a folder; nothing where there is nothing to read."""
    try:
        held = read_kept(folder / PROGRESS, ProgressFile)
        return Progress(held.checks if held else {})
    except DamagedError as error:
        return Progress(
            notice=f"{error} Nothing in it counts, and when a new one is written it is kept as "
            f"{PROGRESS}.broken."
        )
    except KeptError as error:
        return Progress(notice=f"No earlier run is remembered: {error}")


def save(folder: Path, progress: Progress) -> None:
    """Write progress into its folder.

    Raises:
        KeptError: it can't be written; what was there is there still.
    """
    checks = {check: _plain(entry) for check, entry in progress.entries.items()}
    write_kept(folder / PROGRESS, {"about": ABOUT, "checks": checks}, ProgressFile)


def last_verdicts(folder: Path) -> dict[str, Verdict]:
    """What the last runs said, by the check's id; nothing where there is nothing to read."""
    try:
        held = read_kept(folder / LAST_RUN, LastRunFile)
    except KeptError:
        return {}
    tiers = held.tiers.values() if held else ()
    return {verdict.check: verdict for verdicts in tiers for verdict in verdicts}


def save_verdicts(folder: Path, verdicts: Sequence[Verdict]) -> None:
    """Keep these verdicts in place of what the last runs said about the same checks.

    Raises:
        KeptError: they can't be written; what was there is there still.
    """
    tiers: dict[str, list[Any]] = {}
    for verdict in (last_verdicts(folder) | {each.check: each for each in verdicts}).values():
        tiers.setdefault(verdict.tier, []).append(verdict.to_json())
    write_kept(folder / LAST_RUN, {"about": ABOUT_LAST_RUN, "tiers": tiers}, LastRunFile)


def remember(
    folder: Path, verdicts: Sequence[Verdict], fingerprints: Mapping[str, str], when: datetime
) -> str:
    """Keep the verdicts of a run; "", or what there is to say about it in a sentence or two.

    Args:
        folder: where the solutions are.
        verdicts: as they came; a run that was broken off has fewer.
        fingerprints: of the code that was really checked: see `steady`.
        when: the time of the run.
    """
    progress = load(folder)
    progress.record(verdicts, fingerprints, when)
    try:
        save(folder, progress)
        save_verdicts(folder, verdicts)
    except KeptError as error:
        return f"This run is not remembered: {error}"
    return progress.notice


def _failures(before: Entry | None, verdict: Verdict, fingerprint: str) -> int:
    """How many versions of the code in a row have been wrong; running one again adds none."""
    if not verdict.status.is_wrong:
        return 0
    counted = before.failures if before else 0
    is_new = before is None or before.fingerprint != fingerprint
    return max(counted + is_new, 1)


def _plain(entry: Entry) -> dict[str, Any]:
    """An entry as it stands in the file, without what is not there."""
    fields = dataclasses.asdict(entry) | {"status": entry.status.value}
    return {name: value for name, value in fields.items() if value}
