"""Text that is safe to show, and within what the terminal can print.

Much of what stands on the screen was written by whoever is being checked: source lines,
exception messages, printed output. None of it may move the cursor, change a colour or the
window's title, turn the reading direction round, or fill the screen. So all text goes through
`Page.text`: control and format characters come out as visible escapes such as `\\x1b`, length
and lines are bounded, and rich never reads it as markup.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.style import Style
from rich.text import Text

from checks.engine.paths import short
from checks.engine.plain_text import inert

PROSE_WIDTH = 100  # longer lines are hard to read, however wide the window is

# Set where the window and this program are not on the same machine, or the window is no VS Code.
VSCODE_ELSEWHERE = (
    "SSH_CONNECTION", "WSL_DISTRO_NAME", "REMOTE_CONTAINERS", "CODESPACES", "VSCODE_AGENT_FOLDER",
    "CURSOR_TRACE_ID",
)  # fmt: skip

# What the kit's own sentences use beyond ASCII, for terminals that may not have it.
ASCII_FOR = str.maketrans(
    {
        "—": "-", "–": "-", "−": "-", "‐": "-", "‑": "-", "…": "...", "·": "-", "•": "*",
        "‘": "'", "’": "'", "‚": ",", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
        "→": "->", "←": "<-", "↦": "->", "⇒": "=>", "×": "x", "÷": "/", "±": "+/-",
        "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "∞": "inf", "∈": " in ", "√": "sqrt",
        "∇": "grad ", "∂": "d", "∑": "sum", "𝔼": "E", "µ": "mu", "°": " deg", "§": "section ",
        "✓": "ok", "✗": "x", "○": "o", "━": "-", "─": "-", "│": "|", "█": "#",
    }
)  # fmt: skip


def make_console(stream: TextIO | None = None, *, no_colour: bool = False) -> Console:
    """A console on `stream` (standard output when None) that shows text exactly as it is given.

    `NO_COLOR` and `TERM=dumb` are honoured. Anything but a terminal gets one fixed width, so
    that a log reads the same wherever it was written; a notebook cell counts as a terminal
    without a cursor to move.
    """
    stream = stream or sys.stdout
    terminal = stream is not None and stream.isatty()
    notebook = "JPY_PARENT_PID" in os.environ
    columns = os.environ.get("COLUMNS", "")
    return Console(
        file=stream,
        width=None if terminal else int(columns) if columns.isdecimal() and int(columns) else 80,
        no_color=no_colour or None,
        force_interactive=None if terminal and not notebook else False,
        legacy_windows=None if terminal else False,
        markup=False,
        highlight=False,
        emoji=False,
    )


def printable(text: str, encoding: str, ascii_only: bool) -> str:
    """`text` in characters that a terminal of this encoding has.

    With `ascii_only` the kit's own symbols come out in ASCII; a learner's letters, as in the
    name of a folder, stay where the encoding has them.
    """
    if not ascii_only or text.isascii():
        return text
    text = text.translate(ASCII_FOR)
    return "".join(replacement(character, encoding) for character in text)


def replacement(character: str, encoding: str) -> str:
    """What stands for a character in an encoding: itself, its plain letter, its name, or `?`."""
    try:
        character.encode(encoding)
        return character
    except UnicodeEncodeError:
        pass
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode("ascii")
    if plain:
        return plain
    name = unicodedata.name(character, "").lower().split()
    return name[-1] if name[:3] == ["greek", "small", "letter"] else "?"


class Page:
    """The sheet that everything is laid out on: safe text, wrapped, never past the width."""

    def __init__(self, console: Console) -> None:
        self.console = console
        # The old Windows console takes any character and has glyphs for few.
        self.ascii_only = not console.encoding.startswith("utf") or console.legacy_windows

    @property
    def width(self) -> int:
        """Cells per line; follows the window."""
        return min(self.console.width, PROSE_WIDTH)

    def text(self, text: str, style: str | Style = "", limit: int = 2000, lines: int = 40) -> Text:
        """`text` made inert, printable and bounded."""
        rows = inert(text, limit).split("\n")
        if len(rows) > lines:
            rows = [*rows[:lines], "…"]
        return Text(printable("\n".join(rows), self.console.encoding, self.ascii_only), style=style)

    def line(self, text: str, style: str | Style = "", limit: int = 200) -> Text:
        """`text` as one line: whatever it holds, it can't start a second one."""
        return self.text(" ".join(text[: limit + 1].split("\n")), style, limit)

    def hang(self, lead: Text, body: Text, tail: Text | None = None, room: int = 0) -> Text:
        """`lead` and beside it `body`, wrapped in its own column; `tail` ends the first line.

        `room` is the body's width where a tail must line up with other tails.
        """
        room = max(room or self.width - lead.cell_len - (tail.cell_len if tail else 0), 8)
        block = Text()
        for number, row in enumerate(body.wrap(self.console, room, overflow="fold")):
            row.rstrip()
            if number == 0:
                block.append_text(lead)
                block.append_text(row)
                if tail:
                    block.append(" " * (room - row.cell_len))
                    block.append_text(tail)
            else:
                block.append("\n" + " " * (lead.cell_len if row else 0))
                block.append_text(row)
        block.rstrip()
        return block

    def place(self, file: str, line: int, cell: int = 0) -> Text:
        """`path:line`, relative where it can be, so that editors' terminals find it; a link.

        In a notebook: the path, the cell and the line in it.
        """
        if cell:
            said = f"{relative(file)}, cell {cell}, line {line}"
            return self.linked(self.line(said, "cyan", limit=400), file_link(file))
        shown = self.line(f"{relative(file)}:{line}", "cyan", limit=400)
        return self.linked(shown, place_link(file, line))

    def with_link(self, text: Text, file: str) -> Text:
        """The text, in which the name of this file is a link to it."""
        name = short(file) if file else ""
        if name and (place := text.plain.find(name)) >= 0:
            before, shown, after = text.divide([place, place + len(name)])
            return Text.assemble(before, self.linked(shown, place_link(file, 1)), after)
        return text

    def linked(self, text: Text, link: str) -> Text:
        """The text as a link, in a terminal that obeys more than plain text."""
        if link and self.console.is_interactive and not self.console.no_color:
            text.stylize(Style(link=link))
        return text


def relative(file: str) -> str:
    """`file` as seen from the current folder where it lies inside, else as it is."""
    try:
        return str(Path(file).relative_to(os.getcwd()))
    except (ValueError, OSError):
        return file


def place_link(file: str, line: int) -> str:
    """A link to a line of a file, as far as the terminal knows such a thing; "" for none.

    A `file://` address has no place for a line. VS Code opens its own kind of address at the line;
    where it runs in another place than this program, and in editors that are built on it, an
    address would lead astray, and the plain `path:line` is what these find by themselves.
    """
    link = file_link(file)
    if os.environ.get("TERM_PROGRAM") != "vscode" or not link:
        return link
    build = Path(os.environ.get("VSCODE_GIT_ASKPASS_NODE", "code")).name
    elsewhere = any(name in os.environ for name in VSCODE_ELSEWHERE)
    if elsewhere or not re.search(r"\bcode\b", build, re.IGNORECASE):
        return ""
    insider = "insider" in os.environ.get("TERM_PROGRAM_VERSION", "")
    scheme = "vscode-insiders" if insider else "vscode"
    return f"{link.replace('file:///', f'{scheme}://file/', 1)}:{max(line, 1)}"


def file_link(file: str) -> str:
    """A `file://` address on this machine, percent-encoded to plain ASCII; empty if there is none.

    Never one with a host in it: on Windows a click would log in to that host.
    """
    try:
        link = Path(file).as_uri()
    except ValueError:
        return ""
    local = link.startswith("file:///") and not link.startswith("file:////")
    return link if local and link.isascii() and link.isprintable() else ""
