"""Why a tier's file as a whole can't be used: it is not there, no text, or no Python.

One statement about the file, found without running it, with the line and the place in it.
"""

from __future__ import annotations

import ast
import difflib
import io
import os
import re
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checks.engine.errors import FileError
from checks.engine.learner.learners_file import contents, obstacle
from checks.engine.parsing import PARSING
from checks.engine.paths import short
from checks.engine.shadowing import hiding, said

MAX_ENTRIES = 500  # of a folder that are looked at for a file with another name
NEAR_SHOWN = 3
SUFFIXES = (".py", ".ipynb", ".txt", ".zip")  # what a file may have been handed in as
UTF_16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
STUBS_AGAIN = "`python run_checks.py stubs --to FOLDER` writes fresh stubs to another folder."


@dataclass(frozen=True)
class FileProblem:
    """What is wrong with a file, in sentences; `line` and `column` count from 1, 0 for none.

    `type` is Python's name for it, where it has one.
    """

    came: str
    hint: str
    type: str = ""
    line: int = 0
    column: int = 0
    is_missing: bool = False


def file_problem(folder: Path, tier: str) -> FileProblem | None:
    """What keeps Python from reading a tier's file; None where nothing does."""
    if problem := obstacle(folder, tier):
        if os.path.lexists(folder / f"{tier}.py"):
            return FileProblem(problem, f"Put a plain Python file in its place. {STUBS_AGAIN}")
        return missing(folder, tier, problem)
    try:
        raw = contents(folder, tier)
    except FileError as error:
        return FileProblem(str(error), "Look at the rights of the file.")
    return unreadable(f"{tier}.py", raw)


def hidden_modules(folder: Path) -> list[str]:
    """What is to be said of files among the solutions that an import takes for other modules."""
    return [
        f"{said(short(folder / entry), name)}. The checks have loaded theirs before, but "
        "your files will break as scripts: rename it."
        for entry, name in hiding(str(folder))
    ]


# No such file -------------------------------------------------------------------------------------


def missing(folder: Path, tier: str, problem: str) -> FileProblem:
    """There is no such file; what lies near may be the one that is meant."""
    found = near(folder, tier)
    if not found:
        return FileProblem(problem, STUBS_AGAIN, is_missing=True)
    shown = ", ".join(f'"{name}"' for name in found)
    hint = f"If {found[0]} is your {tier}.py, give it that very name, in {folder.name} itself."
    if found[0].endswith(".ipynb"):
        hint = (
            f"`python run_checks.py notebook --from FILE`, with this notebook as FILE, puts its "
            f"answers into {tier}.py."
        )
    return FileProblem(f"{problem} What is there: {shown}.", hint, is_missing=True)


def near(folder: Path, tier: str) -> list[str]:
    """What may be a tier's file under another name, here or one folder down; the nearest first."""
    found: dict[str, float] = {}
    for name, entry in entries(folder):
        likeness = alike(name, tier)
        if likeness:
            found[name + "/" * entry.is_dir()] = likeness
        if entry.is_dir(follow_symlinks=False) and name != "__pycache__":
            for inner, its_entry in entries(folder / name):
                if its_entry.is_file(follow_symlinks=False) and (likeness := alike(inner, tier)):
                    found[f"{name}/{inner}"] = likeness - 0.1
    return sorted(found, key=lambda name: (-found[name], name))[:NEAR_SHOWN]


def entries(folder: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """What lies in a folder, as far as it can be shown: names that somebody else has chosen."""
    try:
        with os.scandir(folder) as listing:
            for entry, _ in zip(listing, range(MAX_ENTRIES), strict=False):
                if entry.name.isprintable() and len(entry.name) < 80 and entry.name[0] != ".":
                    yield entry.name, entry
    except OSError:
        return


def alike(name: str, tier: str) -> float:
    """How likely a name is meant as a tier's file; 0 where it isn't."""
    stem, suffix = os.path.splitext(name.lower())
    if suffix and suffix not in SUFFIXES:
        return 0.0
    likeness = difflib.SequenceMatcher(None, stem, tier).ratio()
    return likeness if likeness > 0.8 or tier in stem else 0.0


# No text ------------------------------------------------------------------------------------------


def unreadable(name: str, raw: bytes) -> FileProblem | None:
    """What keeps Python from reading these bytes."""
    if raw.startswith(UTF_16_OR_32) or raw[:200].count(0) > len(raw[:200]) // 3:
        return FileProblem(
            f"{name} is saved as UTF-16, and Python reads UTF-8.",
            "In your editor's “Save as” or “Save with encoding”, choose UTF-8. (Windows' old "
            "PowerShell writes UTF-16 with `>`.)",
        )
    if 0 in raw:
        return FileProblem(
            f"{name} holds a null byte: a file of text never does.",
            "Part of the file is damaged. Delete what looks odd on this line, or begin again from "
            f"a copy. {STUBS_AGAIN}",
            line=raw[: raw.index(0)].count(b"\n") + 1,
        )
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        return undecodable(name, raw, error)
    except (SyntaxError, LookupError):  # said of a bad byte in the first two lines, too
        try:
            raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            return undecodable(name, raw, error)
        return FileProblem(
            f"{name} names an encoding in its first lines that Python doesn't know.",
            "Delete that comment: without one, Python reads UTF-8.",
            line=1,
        )
    return no_python(name, text)


def undecodable(name: str, raw: bytes, error: UnicodeDecodeError) -> FileProblem:
    """A byte that is no UTF-8: an umlaut or an accent in an older encoding, most often."""
    before = raw[: error.start].decode(error.encoding, "replace")
    guess = raw[error.start : error.start + 1].decode("cp1252", "replace")
    return FileProblem(
        f"{name} is not saved as UTF-8: on line {before.count(chr(10)) + 1} stands a byte that may "
        f"be “{guess}” in another encoding.",
        "In your editor's “Save as” or “Save with encoding”, choose UTF-8.",
        line=before.count("\n") + 1,
        column=len(before) - before.rfind("\n"),
    )


# No Python ----------------------------------------------------------------------------------------

# What Python says of a mistake in the text, and what to try; the first that fits.
SYNTAX_HINTS = (
    (r"inconsistent use of tabs|unindent does not match",
     "This line begins with other spaces or tabs than the lines it belongs to. Let your editor "
     "turn tabs into spaces (four for each step), and line it up with them."),
    (r"unexpected indent",
     "This line is further to the right than the one before it, and nothing opens a block there."),
    (r"expected an indented block",
     "A line that ends in a colon opens a block: what belongs to it stands four spaces further to "
     "the right. A function with nothing in it yet can hold `raise NotImplementedError`."),
    (r"was never closed",
     "The bracket at the mark has no partner: close it where its list of values ends."),
    (r"unmatched|does not match opening parenthesis",
     "The closing bracket at the mark has no partner of its kind: count the brackets on this line "
     "and on the one before it."),
    (r"unterminated|EOL while scanning|EOF while scanning",
     "A text begins at the mark and its closing quote is missing, or it is another kind of quote."),
    (r"expected ':'",
     "`def`, `class`, `if`, `for`, `while`, `with`, `try` and `else` lines end in a colon."),
    (r"cannot assign to|Maybe you meant '=='",
     "One = gives a name a value; two, ==, compare."),
    (r"[Ff]orgot a comma", "Two values stand side by side: a comma or an operator is missing."),
    (r"Missing parentheses in call to 'print'", "In Python 3 print is a function: print(…)."),
    (r"invalid character|invalid non-printable character",
     "The character at the mark came with text that was copied from a page or a PDF: curly quotes, "
     "a long dash, an odd space. Type it anew."),
    (r"'(?:return|await|yield)' outside",
     "This line is not in a function: it has lost its indentation, or a line above it has."),
    (r"'(?:break|continue)'", "This line is not in a loop: look at its indentation."),
    (r"positional argument follows keyword argument|parameter without a default follows|"
     r"non-default argument follows",
     "Arguments without a name, or without a default, come before those with one."),
    (r"is parameter and global|used prior to global|assigned to before global",
     "The name is used before `global` says what it is."),
)  # fmt: skip
SOURCE_HINTS = (
    (r"\s*[!%]\w", "This is a notebook's command and no Python: delete the line."),
    (r"<<<<<<<|=======|>>>>>>>", "This is a mark that git leaves where two versions of a file were "
     "merged: keep one of the two, and delete the marks."),
    (r"\s*(?:>>>|In \[)", "This was copied with its prompt: delete what stands before the code."),
    (r"\s*```", "This mark belongs to a page of text and not to Python: delete the line."),
)  # fmt: skip
ELSE_HINT = (
    "Look at the place that the mark points at, and at the end of the line before it: a bracket "
    "that is not closed, or a comma or colon that is missing, shows only on the next line."
)


def no_python(name: str, text: str) -> FileProblem | None:
    """What keeps Python from understanding a text."""
    try:
        with PARSING, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
            compile(tree, name, "exec", dont_inherit=True)
    except SyntaxError as error:
        return no_syntax(name, text, error)
    except (ValueError, RecursionError, MemoryError):
        return FileProblem(
            f"Python cannot read {name}: something in it is nested too deeply.",
            "Look for very many brackets inside each other.",
        )
    if not tree.body:
        return FileProblem(
            f"{name} is empty: there is no code in it.",
            f"Is it saved? {STUBS_AGAIN}",
        )
    return None


def no_syntax(name: str, text: str, error: SyntaxError) -> FileProblem:
    """A syntax error, in words, with its place."""
    message = str(error.msg)
    line = min(error.lineno or 0, text.count("\n") + 1)
    source = [*re.split(r"\r\n|\r|\n", text), ""][max(line - 1, 0)]
    by_source = (hint for pattern, hint in SOURCE_HINTS if re.match(pattern, source))
    by_words = (hint for pattern, hint in SYNTAX_HINTS if re.search(pattern, message))
    return FileProblem(
        f"Python cannot read {name}, line {line}: {message}.",
        next(by_source, None) or next(by_words, ELSE_HINT),
        type=type(error).__name__,
        line=line,
        column=max(error.offset or 0, 0),
    )
