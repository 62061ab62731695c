"""Opening a file at a line in the learner's editor."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

# How an editor is told the line; {} stands for the file, {line} for the line.
AT_LINE = {
    "code": ("-g", "{file}:{line}"),
    "code-insiders": ("-g", "{file}:{line}"),
    "codium": ("-g", "{file}:{line}"),
    "cursor": ("-g", "{file}:{line}"),
    "subl": ("{file}:{line}",),
    "zed": ("{file}:{line}",),
    "hx": ("{file}:{line}",),
    "helix": ("{file}:{line}",),
    "vi": ("+{line}", "{file}"),
    "vim": ("+{line}", "{file}"),
    "nvim": ("+{line}", "{file}"),
    "nano": ("+{line}", "{file}"),
    "emacs": ("+{line}", "{file}"),
    "emacsclient": ("+{line}", "{file}"),
    "micro": ("+{line}", "{file}"),
    "kate": ("--line", "{line}", "{file}"),
    "gedit": ("+{line}", "{file}"),
    "notepad++": ("-n{line}", "{file}"),
    "pycharm": ("--line", "{line}", "{file}"),
}


def editor() -> list[str]:
    """The learner's editor as a command: $VISUAL, $EDITOR, VS Code in its own terminal, or none."""
    for name in ("VISUAL", "EDITOR"):
        if chosen := os.environ.get(name, "").strip():
            return shlex.split(chosen, posix=os.name != "nt")
    if os.environ.get("TERM_PROGRAM") == "vscode" and (code := shutil.which("code")):
        return [code]
    return ["notepad"] if os.name == "nt" else []


def command(editor: list[str], file: Path, line: int) -> list[str]:
    """The command that opens a file at a line, or just the file in an editor that is not known."""
    shape = AT_LINE.get(Path(editor[0]).stem.lower(), ("{file}",))
    return [*editor, *(part.format(file=file, line=max(line, 1)) for part in shape)]


def open_at(file: Path, line: int) -> str:
    """Open a file at a line and wait until the editor gives the terminal back; "" or a problem."""
    chosen = editor()
    if not chosen:
        return "No editor is set: put its name into the variable EDITOR, as in export EDITOR=nano."
    try:
        subprocess.run(command(chosen, file, line), check=False)
    except OSError as error:
        return f"The editor {chosen[0]} does not start: {error.strerror}."
    return ""
