"""The files that are kept from run to run: whole or not at all, and nothing is thrown away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from checks.engine.errors import DamagedError, KeptError
from checks.engine.files import MAX_BYTES, read_kept, write_kept
from checks.engine.paths import KIT

NAME = ".kept.json"


@dataclass
class Numbers:
    """The kind of file that these tests keep."""

    numbers: list[int]


def numbers(path: Path) -> list[int] | None:
    """The numbers that a file holds."""
    held = read_kept(path, Numbers)
    return None if held is None else held.numbers


def test_what_is_written_is_read_and_can_be_read_by_people(tmp_path: Path) -> None:
    path = tmp_path / NAME
    assert numbers(path) is None
    for held in ([], [1, 2]):
        write_kept(path, {"about": "Numbers.", "numbers": held}, Numbers)
        assert numbers(path) == held
    lines = path.read_text(encoding="ascii").splitlines()
    assert lines[:4] == ["{", '  "schema": 1,', '  "about": "Numbers.",', '  "numbers": [']
    assert os.listdir(tmp_path) == [NAME]


DAMAGED = {
    "nothing": b"",
    "half": b'{"schema": 1, "numbers": [1, 2',
    "no JSON": b"\x00\xff\xfe",
    "no object": b"[1]",
    "no schema": b'{"numbers": []}',
    "another schema": b'{"schema": 2, "numbers": []}',
    "something else": b'{"schema": 1, "letters": []}',
    "another type": b'{"schema": 1, "numbers": 3}',
    "other entries": b'{"schema": 1, "numbers": ["a"]}',
    "too deep": b'{"schema": 1, "numbers": ' + b"[" * 100_000,
}


@pytest.mark.parametrize("name", DAMAGED)
def test_what_cannot_be_understood_is_put_aside_when_a_new_file_comes(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / NAME
    for number in range(2):
        path.write_bytes(DAMAGED[name])
        with pytest.raises(DamagedError) as ended:
            numbers(path)
        assert str(ended.value).startswith(NAME)
        assert str(ended.value).endswith(".")
        assert path.read_bytes() == DAMAGED[name]  # reading alone moves nothing
        write_kept(path, {"numbers": [number]}, Numbers)
        assert numbers(path) == [number]
    kept = [tmp_path / f"{NAME}.broken", tmp_path / f"{NAME}.broken2"]
    assert [file.read_bytes() for file in kept] == [DAMAGED[name]] * 2


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / NAME
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(DamagedError):
        numbers(path)


def test_a_folder_in_its_place_stays(tmp_path: Path) -> None:
    path = tmp_path / NAME
    (path / "inside").mkdir(parents=True)
    for attempt in (partial(read_kept, path, Numbers), partial(write_kept, path, {}, Numbers)):
        with pytest.raises(KeptError, match="not a plain file"):
            attempt()
    assert (path / "inside").is_dir()


@pytest.mark.skipif(os.name == "nt", reason="needs pipes and links")
def test_a_pipe_and_a_link_to_nowhere_stay(tmp_path: Path) -> None:
    for name in ("pipe", "link"):
        path = tmp_path / name
        os.mkfifo(path) if name == "pipe" else path.symlink_to(tmp_path / "nowhere")
        for attempt in (partial(read_kept, path, Numbers), partial(write_kept, path, {}, Numbers)):
            with pytest.raises(KeptError, match="not a plain file"):
                attempt()
    assert sorted(os.listdir(tmp_path)) == ["link", "pipe"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may do everything")
def test_a_folder_that_may_not_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / NAME
    write_kept(path, {"numbers": [1]}, Numbers)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(KeptError, match=r"^\.kept\.json can't be written: .*\.$"):
            write_kept(path, {"numbers": [2]}, Numbers)
        assert numbers(path) == [1]
        path.chmod(0)
        with pytest.raises(KeptError, match="can't be read"):
            numbers(path)
    finally:
        tmp_path.chmod(0o700)


def test_a_folder_that_is_gone_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(KeptError, match=r"can't be written: no such file or directory\.$"):
        write_kept(tmp_path / "gone" / NAME, {"numbers": []}, Numbers)


def test_a_disk_that_is_full_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / NAME
    write_kept(path, {"numbers": [1]}, Numbers)

    def full(*ignored: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(KeptError, match="no space left"):
        write_kept(path, {"numbers": [2]}, Numbers)
    monkeypatch.undo()
    assert numbers(path) == [1]
    assert os.listdir(tmp_path) == [NAME]


WRITER = """
import sys
from pathlib import Path
from checks.engine.files import write_kept
for n in range(10**9):
    write_kept(Path(sys.argv[1]), {"numbers": [n] * 20_000}, dict)
    print(n, flush=True)
"""


def test_a_writer_that_is_killed_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / NAME
    for lines in range(1, 9):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], cwd=KIT, stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        for _ in range(lines):
            said = int(writer.stdout.readline())
        time.sleep(0.0017 * lines)  # somewhere in the midst of the next one
        writer.kill()
        writer.communicate()
        held = numbers(path)
        assert held is not None
        assert len(held) == 20_000
        assert len(set(held)) == 1
        assert held[0] >= said
    assert not list(tmp_path.glob("*.broken*"))


def test_what_the_dead_left_behind_is_cleared_away(tmp_path: Path) -> None:
    old, young = (tmp_path / f".{NAME}.{pid}.tmp" for pid in (1, 2))
    for draft in (old, young):
        draft.write_text("half")
    os.utime(old, (0, 0))
    write_kept(tmp_path / NAME, {"numbers": []}, Numbers)
    assert sorted(os.listdir(tmp_path)) == sorted([young.name, NAME])


def test_half_a_character_can_be_written(tmp_path: Path) -> None:
    write_kept(tmp_path / NAME, {"numbers": [], "text": "\ud83d ä"}, Numbers)
    assert json.loads((tmp_path / NAME).read_bytes())["text"] == "\ud83d ä"
