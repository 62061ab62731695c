"""`python run_checks.py completion [SHELL]`: let the Tab key finish commands, options and names.

Without SHELL it shows the line to paste into your shell. From then on, and until you close the
window, Tab after `python run_checks.py` offers what can come next: tiers, commands, checks,
functions, backups. Everything else that you type is completed as before.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from checks.engine.commands.common import PASSED

EXAMPLES = (
    ("python run_checks.py completion", "the line to paste, for each shell"),
    ("python run_checks.py completion bash", "the script that this line runs, for bash"),
)
# What to paste, and what keeps it: the file that the shell reads when it starts.
LINES = {
    "bash": ('eval "$(python run_checks.py completion bash)"', "~/.bashrc"),
    "zsh": ('eval "$(python run_checks.py completion zsh)"', "~/.zshrc"),
    "fish": ("python run_checks.py completion fish | source", "~/.config/fish/config.fish"),
    "powershell": (
        "python run_checks.py completion powershell | Out-String | Invoke-Expression",
        "$PROFILE",
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which shell; and, from its script, what has been typed."""
    add = parser.add_argument
    add("shell", nargs="?", choices=list(LINES), metavar="SHELL", help=", ".join(LINES))
    add("--typed", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """Say what to paste, or write the script, or answer it."""
    from checks.engine.ui import shells

    if options.typed is not None:
        answer(options.shell, options.typed)
    elif options.shell:
        sys.stdout.write(shells.script(options.shell))
    else:
        advise()
    return PASSED


def answer(shell: str, typed: list[str]) -> None:
    """What can come next, a line each; whatever goes wrong, nothing is said about it.

    The last word is the one that has been begun, with "=" before it: some shells drop an empty one.
    """
    from checks.engine.commands.completing import choices
    from checks.engine.ui import shells

    try:
        *before, current = typed
        found = choices(before, current.removeprefix("="))
        lines = [shells.line(shell, *choice) for choice in found]
    except Exception:  # somebody is in the middle of typing: this is no place for errors
        return
    sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="\n")  # type: ignore[union-attr]
    sys.stdout.write("".join(f"{each}\n" for each in lines))


def advise() -> None:
    """The line to paste: for the shell that this one seems to be, or for each."""
    from rich.text import Text

    from checks.engine.ui.screen_text import Page, make_console

    page = Page(make_console())
    guess = "powershell" if os.name == "nt" else Path(os.environ.get("SHELL", "")).name
    first = [guess] if guess in LINES else []
    blocks = [page.text("Paste the line of your shell, and press Enter:"), Text()]
    for shell in [*first, *(each for each in LINES if each not in first)]:
        lead = Text(f"  {shell:<12}", "bold" if shell in first else "")
        blocks.append(Text.assemble(lead, page.line(LINES[shell][0], "cyan")))
    shell = first[0] if first else "bash"
    said = (
        "It holds until you close the window. To have it in every new one, add its script to what "
        f"your shell reads when it starts, {LINES[shell][1]}:"
    )
    keep = f"python run_checks.py completion {shell} >> {LINES[shell][1]}"
    blocks += [Text(), page.hang(Text(), page.text(said)), Text(), page.line(f"  {keep}", "cyan")]
    for block in blocks:
        page.console.print(block, soft_wrap=block.plain.startswith("  "))  # to be copied whole
