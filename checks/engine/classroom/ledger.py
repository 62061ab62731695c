"""The ledger: every verdict of a class on the disk the moment it falls.

One SQLite file in write-ahead mode, written by one process at a time. Whatever ends that process,
the verdicts of all tiers that were finished are there, and the same command goes on with the rest.
Not for network drives, which can't share memory: keep a ledger on each machine and join them.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

import msgspec

from checks.engine.classroom.keys import Key
from checks.engine.course.verdict import Status, Verdict
from checks.engine.errors import ClaimedError, DamagedError, InfraError
from checks.engine.training.run_lock import claim

FILE = "ledger.sqlite"
SCHEMA = 1
TABLES = """
CREATE TABLE IF NOT EXISTS run (
    id INTEGER PRIMARY KEY, began TEXT NOT NULL, ended TEXT, kit TEXT NOT NULL,
    settings TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS student (
    key TEXT PRIMARY KEY, place INTEGER NOT NULL, state TEXT NOT NULL, record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS verdict (
    student TEXT NOT NULL, chk TEXT NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL,
    status TEXT NOT NULL, verdict TEXT NOT NULL, excerpt TEXT NOT NULL, seconds REAL NOT NULL,
    at TEXT NOT NULL, PRIMARY KEY (student, chk));
CREATE INDEX IF NOT EXISTS by_code ON verdict (code, chk);
CREATE TABLE IF NOT EXISTS score (
    run INTEGER NOT NULL, student TEXT NOT NULL, points REAL NOT NULL, files TEXT NOT NULL,
    PRIMARY KEY (run, student));
CREATE TABLE IF NOT EXISTS event (at TEXT NOT NULL, student TEXT NOT NULL, what TEXT NOT NULL);
"""
# A verdict of these kinds is everybody's with the same code; a timeout or a crash is not.
SHARED = (Status.PASSED, Status.FAILED, Status.TODO, Status.BLOCKED, Status.ERROR)
WITHOUT_LINES = (Status.PASSED, Status.TODO, Status.BLOCKED)  # what names no line of a file


@dataclass(frozen=True)
class Record:
    """A student as the ledger keeps them; `files` are the tiers' paths as they were handed in.

    `digest` is a fingerprint of all that was handed in. `places` say, of a tier out of a notebook,
    which cell and line of it each line came from.
    """

    key: str
    name: str = ""
    email: str = ""
    files: dict[str, str] = field(default_factory=dict)
    digest: str = ""
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    places: dict[str, list[tuple[int, int]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Kept:
    """A verdict from the ledger, with the learner's code that it is about."""

    verdict: Verdict
    excerpt: str = ""


@dataclass(frozen=True)
class Score:
    """What a student had in an earlier run, and the fingerprint of what was handed in then."""

    points: float
    files: str


class Ledger:
    """The ledger of one class; safe to be used by several threads of the process that opened it."""

    def __init__(self, folder: Path) -> None:
        """Open the ledger of a folder, or begin one.

        Raises:
            InfraError: it can't be written, or another process has it.
            DamagedError: the file there is no ledger.
        """
        path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._claim = claim(folder)
        except ClaimedError:
            raise InfraError(
                f"Another process is grading into {folder}: wait for it, or name another --out."
            ) from None
        except OSError as error:
            said = (error.strerror or "").lower()
            raise InfraError(f"Nothing can be written to {folder}: {said}.") from None
        self._busy = threading.RLock()
        try:
            self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._file.execute("PRAGMA journal_mode=WAL")
            self._file.execute("PRAGMA synchronous=NORMAL")
            (version,) = self._file.execute("PRAGMA user_version").fetchone()
            if version not in (0, SCHEMA):
                raise DamagedError(f"{path} is from another version of these exercises.")
            self._file.executescript(TABLES)
            self._file.execute(f"PRAGMA user_version={SCHEMA}")
        except sqlite3.OperationalError as error:
            raise InfraError(f"{path} can't be written: {error}.") from None
        except sqlite3.DatabaseError:
            raise DamagedError(f"{path} is damaged: move it away to begin anew.") from None
        self.run = 0

    def close(self) -> None:
        """Let go of the file, so that another process may have it."""
        with self._busy:
            self._file.close()
            self._claim.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """All that is done inside, or nothing of it."""
        with self._busy:
            try:
                self._file.execute("BEGIN IMMEDIATE")
                yield self._file
                self._file.execute("COMMIT")
            except sqlite3.Error as error:
                if self._file.in_transaction:
                    self._file.execute("ROLLBACK")
                raise InfraError(f"The ledger can't be written: {error}.") from None

    # Runs and students ------------------------------------------------------------------------

    def begin(self, kit: str, settings: Mapping[str, object], students: Sequence[Record]) -> None:
        """Begin a run on these students; whoever was in work when the last one ended waits."""
        with self._writing() as file:
            done = file.execute(
                "INSERT INTO run (began, kit, settings) VALUES (?, ?, ?)",
                (now(), kit, json.dumps(dict(settings))),
            )
            self.run = int(done.lastrowid or 0)
            file.execute("DELETE FROM student")
            rows = [
                (each.key, place, "waiting", msgspec.json.encode(each).decode())
                for place, each in enumerate(students)
            ]
            file.executemany("INSERT INTO student VALUES (?, ?, ?, ?)", rows)

    def absorb(self, other: Path) -> dict[str, object]:
        """Take over a finished ledger's students and verdicts; its last run's settings come back.

        Raises:
            DamagedError: it is none.
        """
        with self._busy:
            try:
                held = sqlite3.connect(f"{other.resolve().as_uri()}?mode=ro", uri=True)
                students = held.execute("SELECT key, state, record FROM student ORDER BY place")
                rows = [tuple(row) for row in students]
                verdicts = list(held.execute("SELECT * FROM verdict"))
                events = list(held.execute("SELECT * FROM event"))
                kit, settings = held.execute(
                    "SELECT kit, settings FROM run ORDER BY id DESC LIMIT 1"
                ).fetchone()
                held.close()
            except (sqlite3.Error, TypeError):
                raise DamagedError(f"{other} holds no graded class.") from None
        with self._writing() as file:
            (place,) = file.execute("SELECT COALESCE(MAX(place) + 1, 0) FROM student").fetchone()
            for number, (key, state, record) in enumerate(rows, place):
                file.execute(
                    "INSERT INTO student VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET "
                    "state = excluded.state, record = excluded.record "
                    "WHERE excluded.state = 'done'", (key, number, state, record),
                )  # fmt: skip
            marks = ", ".join("?" * 9)
            file.executemany(f"INSERT OR REPLACE INTO verdict VALUES ({marks})", verdicts)
            file.executemany("INSERT INTO event VALUES (?, ?, ?)", events)
        return {**json.loads(settings), "kit": kit}

    def set_state(self, student: str, state: str) -> None:
        """Note that a student is waiting, running or done."""
        with self._writing() as file:
            file.execute("UPDATE student SET state = ? WHERE key = ?", (state, student))

    def end(self, scores: Mapping[str, Score]) -> None:
        """End the run, with what everybody has."""
        with self._writing() as file:
            rows = [(self.run, key, each.points, each.files) for key, each in scores.items()]
            file.executemany("INSERT OR REPLACE INTO score VALUES (?, ?, ?, ?)", rows)
            file.execute("UPDATE run SET ended = ? WHERE id = ?", (now(), self.run))

    def students(self) -> list[tuple[Record, str]]:
        """Everybody with their state, in the order of the intake."""
        with self._busy:
            rows = self._file.execute("SELECT record, state FROM student ORDER BY place")
            return [(msgspec.json.decode(text, type=Record), state) for text, state in rows]

    def before(self) -> dict[str, Score]:
        """What each student had in the latest run before this one that came to its end."""
        with self._busy:
            rows = self._file.execute(
                "SELECT student, points, files, MAX(run) FROM score WHERE run < ? "
                "GROUP BY student", (self.run,)
            )  # fmt: skip
            return {student: Score(points, files) for student, points, files, _ in rows}

    def last_seed(self) -> int | None:
        """The seed of the latest run; None before the first."""
        with self._busy:
            row = self._file.execute("SELECT settings FROM run ORDER BY id DESC LIMIT 1").fetchone()
            seed = json.loads(row[0]).get("seed") if row else None
            return seed if isinstance(seed, int) else None

    def note(self, student: str, what: str) -> None:
        """Keep a word on what happened, for whoever asks later."""
        with self._writing() as file:
            file.execute("INSERT INTO event VALUES (?, ?, ?)", (now(), student, what))

    def events(self) -> list[tuple[str, str]]:
        """What happened: to whom, and what."""
        with self._busy:
            return list(self._file.execute("SELECT student, what FROM event ORDER BY at"))

    # Verdicts ---------------------------------------------------------------------------------

    def known(
        self, student: str, keys: Iterable[Key], again: Collection[Status] = ()
    ) -> dict[str, Kept]:
        """The verdicts that hold still: the student's own, and everybody's on the same code.

        Those with a status in `again` are wanted anew.
        """
        found: dict[str, Kept] = {}
        with self._busy:
            for key in keys:
                rows = self._file.execute(
                    "SELECT student, text, status, verdict, excerpt FROM verdict "
                    "WHERE code = ? AND chk = ? ORDER BY student = ? DESC, text = ? DESC LIMIT 4",
                    (key.code, key.check, student, key.text),
                )
                for owner, text, status, held, excerpt in rows:
                    if status not in again and holds(
                        owner == student, text == key.text, Status(status)
                    ):
                        verdict = Verdict.from_json(json.loads(held))
                        found[key.check] = Kept(verdict, excerpt)
                        break
        return found

    def keep(
        self, student: str, keys: Mapping[str, Key], verdicts: Sequence[Verdict],
        excerpts: Mapping[str, str],
    ) -> None:  # fmt: skip
        """Keep the verdicts on a student's code, all of them or none."""
        rows = []
        for verdict in verdicts:
            key = keys[verdict.check]
            held = json.dumps(verdict.to_json())
            rows.append((
                student, key.check, key.code, key.text, verdict.status.value, held,
                excerpts.get(verdict.check, ""), verdict.seconds, now(),
            ))  # fmt: skip
        with self._writing() as file:
            file.executemany(
                "INSERT OR REPLACE INTO verdict VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
            )

    def verdicts(self, student: str) -> dict[str, Kept]:
        """What stands in the ledger for a student, by the check's id."""
        with self._busy:
            rows = self._file.execute(
                "SELECT chk, verdict, excerpt FROM verdict WHERE student = ?", (student,)
            )
            return {c: Kept(Verdict.from_json(json.loads(held)), said) for c, held, said in rows}


def holds(is_own: bool, is_same_text: bool, status: Status) -> bool:
    """Whether a verdict on the same code can be taken as it is."""
    if status is Status.INFRA or not (is_own or status in SHARED):
        return False
    return is_same_text or status in WITHOUT_LINES


def now() -> str:
    """The time, for people and for sorting."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")
