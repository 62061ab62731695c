"""FileWatcher: each is told once, when it has settled, and with or without file events."""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from checks.engine.ui import file_watcher as saves
from checks.engine.ui.file_watcher import NO_EVENTS, FileWatcher

WHOLE = "def f():\n    return 1\n"


class Told:
    """What a watcher has told."""

    def __init__(self, folder: Path) -> None:
        self.names: queue.Queue[set[str]] = queue.Queue()
        self.notices: queue.Queue[str] = queue.Queue()
        self.saves = FileWatcher(folder, self.names.put, self.notices.put)

    def next(self, seconds: float = 10.0) -> set[str]:
        """The next save that is told."""
        return self.names.get(timeout=seconds)

    def is_silent(self, seconds: float = 0.7) -> bool:
        """Whether nothing is told for a while."""
        time.sleep(seconds)
        return self.names.empty()


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    (tmp_path / "beginner.py").write_text(WHOLE)
    result = Told(tmp_path)
    result.saves.start()
    time.sleep(0.3)  # the events have to be asked for first
    yield result
    result.saves.stop()


def test_a_save_is_told_once(told: Told, tmp_path: Path) -> None:
    (tmp_path / "beginner.py").write_text(WHOLE.replace("1", "2"))
    assert told.next() == {"beginner.py"}
    assert told.is_silent()


def test_a_burst_is_told_with_its_last_word(told: Told, tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / "beginner.py").write_text(WHOLE.replace("1", str(number)))
    (tmp_path / "advanced.py").write_text(WHOLE)
    names = told.next()
    while not told.is_silent():
        names |= told.next()
    assert names == {"beginner.py", "advanced.py"}


def test_half_a_file_is_given_time(told: Told, tmp_path: Path) -> None:
    path = tmp_path / "beginner.py"
    path.write_text("")
    time.sleep(0.1)
    path.write_text("def f():\n    return (")
    time.sleep(0.1)
    path.write_text(WHOLE.replace("1", "(3)"))
    assert told.next() == {"beginner.py"}
    assert told.is_silent()


def test_an_atomic_save_is_no_deletion(told: Told, tmp_path: Path) -> None:
    new = tmp_path / "beginner.py.new"
    new.write_text(WHOLE.replace("1", "4"))
    (tmp_path / "beginner.py").unlink()
    time.sleep(0.1)
    new.rename(tmp_path / "beginner.py")
    assert told.next() == {"beginner.py"}
    assert told.is_silent()


@pytest.mark.parametrize("end", ["gone", "a folder", "a syntax error"])
def test_a_file_that_stays_broken_is_told(told: Told, tmp_path: Path, end: str) -> None:
    path = tmp_path / "beginner.py"
    if end == "a syntax error":
        path.write_text("def f(:")
    else:
        path.unlink()
        if end == "a folder":
            path.mkdir()
    assert told.next() == {"beginner.py"}


def test_the_same_text_and_other_files_are_no_save(told: Told, tmp_path: Path) -> None:
    (tmp_path / "beginner.py").write_text(WHOLE)
    (tmp_path / "notes.txt").write_text("nothing")
    assert told.is_silent(1.2)


def test_without_events_the_files_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = ModuleType("watchfiles")

    def watch(folder: Path, *, stop_event: threading.Event, **options: Any) -> Iterator[set[str]]:
        while not stop_event.wait(0.05):
            yield set()

    library.watch = watch  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "watchfiles", library)
    path = tmp_path / "beginner.py"
    path.write_text(WHOLE)
    told = Told(tmp_path)
    told.saves.start()
    try:
        for number in range(5):
            path.write_text(WHOLE.replace("1", f"{number} + 7"))
            assert told.next() == {"beginner.py"}
        assert told.notices.get(timeout=5) == NO_EVENTS
    finally:
        told.saves.stop()


def test_without_the_library_the_files_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    told = Told(tmp_path)
    told.saves.start()
    try:
        assert told.notices.get(timeout=5) == NO_EVENTS
        (tmp_path / "bonus.py").write_text(WHOLE)
        assert told.next() == {"bonus.py"}
    finally:
        told.saves.stop()


def test_a_folder_that_goes_away_is_survived(told: Told, tmp_path: Path) -> None:
    (tmp_path / "beginner.py").unlink()
    tmp_path.rmdir()
    assert told.next() == {"beginner.py"}
    tmp_path.mkdir()
    (tmp_path / "beginner.py").write_text(WHOLE)
    assert told.next() == {"beginner.py"}


def test_what_can_be_parsed_is_whole() -> None:
    assert saves.parses(WHOLE.encode())
    assert not any(map(saves.parses, (None, b"", b"def f(:", b"\0")))
