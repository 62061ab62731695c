"""What was handed in, as a list of files: of folders, and of archives that are never unpacked.

An archive is read by strangers' rules: nothing of it is written under a name that it chooses, and
everything is counted while it is read, not taken from its own table. One level of archives inside
is opened for a student; what lies deeper is listed and left.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import stat
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from checks.engine.errors import ClassError, KitError
from checks.engine.files import read_plain
from checks.engine.plain_text import inert

MAX_FILES = 5_000  # of one student
MAX_CLASS_FILES = 200_000
MAX_FILE = 5 * 2**20
MAX_TOTAL = 200 * 2**20  # of one student, read from archives
MAX_RATIO, FREE = 200, 2**20  # what a packed byte may become; the first megabyte is free
CHUNK = 2**16

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
FOREIGN = (".rar", ".7z")  # named, not opened
READ = (".py", ".py.txt", ".ipynb", ".ipynb.json", ".ipynb.txt", ".yml", *ARCHIVES)
DUST = re.compile(
    r"(?:^|/)(?:__MACOSX|\.git|\.svn|\.idea|\.vscode|\.ipynb_checkpoints|__pycache__|\.?venv|env"
    r"|site-packages|node_modules|\.[^/]*cache|\.DS_Store|Thumbs\.db|desktop\.ini|\._[^/]*)(?:/|$)"
)
RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


class UnreadableError(Exception):
    """A file of a student's that can't be taken; the text is a sentence about it."""


@dataclass(frozen=True)
class Entry:
    """A file that was handed in.

    `path` has forward slashes and no way out of its root; `read` gives its bytes, at most `limit`
    of them, or raises UnreadableError.
    """

    path: str
    read: Callable[[int], bytes] = field(repr=False)
    modified: float = 0.0

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def is_archive(self) -> bool:
        """Whether it can be opened."""
        return self.name.lower().endswith(ARCHIVES)


@dataclass
class Listing:
    """The files of a folder or an archive, and sentences on what was left out of it."""

    entries: list[Entry] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass
class Allowance:
    """How much may still be read from one student's archives."""

    left: int = MAX_TOTAL

    def take(self, size: int, name: str) -> None:
        """Count what was read."""
        self.left -= size
        if self.left < 0:
            raise UnreadableError(f"{name}: more than {MAX_TOTAL // 2**20} MB is packed in there.")


# Folders ------------------------------------------------------------------------------------------


def in_folder(folder: Path) -> Listing:
    """The plain files below a folder; links are not followed."""
    found = Listing()
    for place, folders, files in os.walk(folder):
        inside = Path(place).relative_to(folder).as_posix().removeprefix(".")
        folders[:] = sorted(each for each in folders if not DUST.search(f"{inside}/{each}"))
        for name in sorted(files):
            path = f"{inside}/{name}".lstrip("/")
            if DUST.search(path):
                continue
            if len(found.entries) >= MAX_CLASS_FILES:
                raise ClassError(f"{folder.name} holds more than {MAX_CLASS_FILES:,} files.")
            if (Path(place) / name).is_symlink():
                found.problems.append(f"{shown(path)} is a link, which is not followed.")
            else:
                found.entries.append(on_disk(Path(place) / name, path))
    return found


def on_disk(file: Path, path: str) -> Entry:
    """A file of a folder under its path there."""

    def read(limit: int) -> bytes:
        try:
            return read_plain(file, limit)
        except (KitError, OSError) as error:
            raise UnreadableError(str(error)) from None

    with_time = file.stat().st_mtime if file.exists() else 0.0
    return Entry(normal(path), read, with_time)


# Archives -----------------------------------------------------------------------------------------


def in_archive(entry: Entry, allowance: Allowance, most: int = MAX_FILES) -> Listing:
    """The files of an archive that was handed in.

    Raises:
        UnreadableError: it is none, or one that nobody should open.
    """
    contents = entry.read(MAX_TOTAL)
    return listed(entry.name, io.BytesIO(contents), len(contents), allowance, most)


def on_disk_archive(path: Path) -> Listing:
    """The files of an archive with a whole class in it.

    Raises:
        UnreadableError: it is none, or one that nobody should open.
    """
    allowance = Allowance(left=MAX_TOTAL * 50)
    stream = path.open("rb")  # open as long as its entries are read
    return listed(path.name, stream, path.stat().st_size, allowance, MAX_CLASS_FILES)


def listed(name: str, stream: IO[bytes], size: int, allowance: Allowance, most: int) -> Listing:
    """What an archive holds, by the kind that its name tells."""
    try:
        if name.lower().endswith(".zip"):
            return in_zip(name, stream, allowance, most)
        return in_tar(name, stream, size, allowance, most)
    except (zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, EOFError, OSError,
            ValueError, NotImplementedError, OverflowError) as error:  # fmt: skip
        said = inert(str(error), 80).rstrip(".")
        raise UnreadableError(f"{shown(name)} can't be opened as an archive ({said}).") from None


def in_zip(name: str, stream: IO[bytes], allowance: Allowance, most: int) -> Listing:
    """The files of a zip."""
    packed = zipfile.ZipFile(stream)
    members = [each for each in packed.infolist() if not each.is_dir()]
    refuse_many(name, len(members), most)
    refuse_overlap(name, members)
    found = Listing()
    for member in members:
        path = as_path(decoded(member))
        kind = stat.S_IFMT(member.external_attr >> 16)
        if problem := odd(path, kind not in (0, stat.S_IFREG), bool(member.flag_bits & 1)):
            found.problems.append(problem)
        elif not DUST.search(path):
            when = as_number(member.date_time)
            found.entries.append(Entry(path, zip_reader(packed, member, path, allowance), when))
    return found


def zip_reader(
    packed: zipfile.ZipFile, member: zipfile.ZipInfo, path: str, allowance: Allowance
) -> Callable[[int], bytes]:
    """How to read one member, counted as it comes."""

    def read(limit: int) -> bytes:
        try:
            with packed.open(member) as stream:
                content = bounded(stream, path, limit, member.compress_size)
        except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError,
                RuntimeError, lzma.LZMAError, zlib.error) as error:  # fmt: skip
            said = inert(str(error), 80).rstrip(".")
            raise UnreadableError(f"{shown(path)} can't be read ({said}).") from None
        allowance.take(len(content), shown(path))
        return content

    return read


def bounded(stream: IO[bytes], path: str, limit: int, packed: int) -> bytes:
    """A stream to its end, which has to come before `limit` and before it looks like a bomb."""
    parts, size = [], 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise UnreadableError(f"{shown(path)} is larger than {in_words(limit)}.")
        if size > FREE and size > MAX_RATIO * max(packed, 1):
            raise UnreadableError(
                f"{shown(path)} grows more than {MAX_RATIO}-fold when it is unpacked."
            )
        parts.append(chunk)
    return b"".join(parts)


def in_tar(name: str, stream: IO[bytes], size: int, allowance: Allowance, most: int) -> Listing:
    """The files of a tar, perhaps a compressed one; what is read of it is kept in memory."""
    endings: dict[str, Any] = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}
    ending = {"tgz": "gz", "tbz2": "bz2", "txz": "xz"}.get(
        name.lower().rpartition(".")[2], name.lower().rpartition(".")[2]
    )
    opened: Any = endings[ending](stream) if ending in endings else stream
    whole = bounded(opened, name, min(MAX_TOTAL, allowance.left), size)
    allowance.take(len(whole), shown(name))
    packed = tarfile.open(fileobj=io.BytesIO(whole), mode="r:")  # noqa: SIM115 (in memory)
    found = Listing()
    for number, member in enumerate(packed):
        refuse_many(name, number, most)
        path = as_path(member.name)
        if member.isdir():
            continue
        if problem := odd(path, not member.isreg() or member.sparse is not None, False):
            found.problems.append(problem)
        elif not DUST.search(path):
            start = member.offset_data
            content = whole[start : start + member.size]
            found.entries.append(Entry(path, held(content, path), float(member.mtime)))
    return found


def held(content: bytes, path: str) -> Callable[[int], bytes]:
    """How to read what is in memory already."""

    def read(limit: int) -> bytes:
        if len(content) > limit:
            raise UnreadableError(f"{shown(path)} is larger than {in_words(limit)}.")
        return content

    return read


def refuse_many(name: str, count: int, most: int) -> None:
    """See that an archive has no more entries than anybody would hand in."""
    if count > most:
        raise UnreadableError(f"{shown(name)} holds more than {most:,} files.")


def refuse_overlap(name: str, members: Sequence[zipfile.ZipInfo]) -> None:
    """See that no two members are the same bytes, as in a bomb of overlapping files."""
    ends = 0
    for member in sorted(members, key=lambda each: each.header_offset):
        if member.header_offset < ends:
            raise UnreadableError(f"{shown(name)} holds files that overlap, as no real zip does.")
        ends = member.header_offset + 30 + len(member.orig_filename) + member.compress_size


# Names --------------------------------------------------------------------------------------------


def odd(path: str, is_special: bool, is_encrypted: bool) -> str:
    """Why an archive's entry is not taken, in a sentence; "" where it may be."""
    parts = path.split("/")
    if path.startswith("/") or re.match(r"[A-Za-z]:", path) or ".." in parts:
        return f"{shown(path)} points outside its archive and was left out."
    if any(ord(letter) < 32 for letter in path) or any(RESERVED.match(each) for each in parts):
        return f"{shown(path)} has a name that not every system can hold, and was left out."
    if is_special:
        return f"{shown(path)} is a link or a device and was left out."
    if is_encrypted:
        return f"{shown(path)} is encrypted and was left out."
    return ""


def decoded(member: zipfile.ZipInfo) -> str:
    """A member's name: many programs write UTF-8 and don't say so."""
    name = member.orig_filename
    if not member.flag_bits & 0x800:
        try:
            return name.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return name


def as_path(name: str) -> str:
    """An archive's name for a file with forward slashes and composed letters."""
    return normal(name.replace("\\", "/").removeprefix("./"))


def normal(path: str) -> str:
    """A path whose letters are composed, as most systems write them."""
    return unicodedata.normalize("NFC", path)


def shown(path: str) -> str:
    """A path for people: nothing in it moves a cursor."""
    return inert(path, 120)


def in_words(limit: int) -> str:
    """A size in megabytes."""
    return f"{limit / 2**20:.0f} MB"


def as_number(when: tuple[int, ...]) -> float:
    """A zip's date as a number that grows with time."""
    year, month, day, hour, minute, second = when
    return ((((year * 12 + month) * 31 + day) * 24 + hour) * 60 + minute) * 60.0 + second


def within(entries: Sequence[Entry], folder: str) -> Iterator[Entry]:
    """The entries below a folder, with their paths there; "" is the root."""
    lead = f"{folder}/" if folder else ""
    for entry in entries:
        if entry.path.startswith(lead):
            yield Entry(entry.path[len(lead) :], entry.read, entry.modified)
