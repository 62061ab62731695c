"""What can stand at a place of a command that is being typed: for the Tab key.

What an argument may be is known by its metavar: a command's own COMPLETIONS come first, then those
here, which hold for every command. A completion gets what was typed before and gives names, each
with what it is.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checks.engine.commands import COMMANDS
from checks.engine.paths import CHECKS, KIT, tiers

Choice = tuple[str, str]
FILES, FOLDERS = (":files", ""), (":folders", "")  # which the shell itself can find best


@dataclass
class Typed:
    """What stands before the place, apart from the command's name."""

    words: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)

    def folder(self, option: str, default: str) -> Path:
        """The folder that an option names, or the kit's."""
        name = self.options.get(option)
        return Path(name).expanduser() if name else KIT / default


Completion = Callable[[Typed], Iterable[Choice]]


# What an argument can be --------------------------------------------------------------------------


def tier_choices(typed: Typed) -> list[Choice]:
    """The tiers."""
    return [(tier, f"{tier}.py") for tier in tiers()]


def check_choices(typed: Typed) -> list[Choice]:
    """The tiers and the functions that checks are about; after a tier, its checks' numbers."""
    from checks.engine.course.listing import listed

    trees = {
        tier: ast.parse((CHECKS / f"test_{tier}.py").read_text(encoding="utf-8"))
        for tier in tiers()
        if typed.words in ([], [tier])
    }
    found = {tier: list(listed(tier, tree)) for tier, tree in trees.items()}
    if typed.words:
        mine = [each for checks in found.values() for each in checks]
        return [(str(place), each.check.title) for place, each in enumerate(mine, 1)]
    about = {each.about: tier for tier, checks in found.items() for each in checks}
    parts = [(name, f"in {tier}.py") for name, tier in about.items() if name != "ANSWERS"]
    return [*tier_choices(typed), *parts]


def part_choices(typed: Typed) -> list[Choice]:
    """What a learner writes in the tier that was typed: classes, methods, functions, ANSWERS."""
    from checks.engine.commands.asking import solved_and_stub
    from checks.engine.learner.comparison import solved_parts

    reference = typed.folder("--reference", "reference")
    parts = solved_parts(*solved_and_stub(reference, typed.words[0]))
    names = dict.fromkeys(name for part in parts for name in (part.partition(".")[0], part))
    return [(name, f"in {typed.words[0]}.py") for name in names]


def version_choices(typed: Typed) -> list[Choice]:
    """The kept versions of a tier's file, the newest first."""
    from checks.engine.learner.backups import backups

    kept = backups(typed.folder("--solutions", "exercises") / f"{typed.words[0]}.py")
    return [(each.name, f"number {place}") for place, each in enumerate(kept, 1)]


def run_choices(typed: Typed) -> list[Choice]:
    """The training runs there are, the newest first."""
    from checks.engine.training.runs import runs

    return [(each.name, f"{each.state['state']}, epoch {each.state['epoch']}") for each in runs()]


COMPLETIONS: dict[str, Completion] = {
    "TIER": tier_choices,
    "RUN": run_choices,
    "DIR": lambda typed: [FOLDERS],
    "FILE": lambda typed: [FILES],
}


# Which argument is meant --------------------------------------------------------------------------


def choices(before: Sequence[str], current: str) -> list[Choice]:
    """What can stand where `current` has been begun, after the words `before`."""
    from checks.engine.cli import parser_of

    name = before[0] if before and before[0] in COMMANDS else ""
    module, parser = parser_of(name)
    own: Mapping[str, Completion] = getattr(module, "COMPLETIONS", {})
    typed, awaited = read(parser, before[1:] if name else before)
    if awaited is not None:
        found = of_argument(awaited, own, typed)
    elif current.startswith("-"):
        found = options_of(parser, typed)
    else:
        found = []
        places = parser._get_positional_actions()
        place = len(typed.words)
        if place < len(places):
            found += of_argument(places[place], own, typed)
        elif places and places[-1].nargs in ("*", "+"):
            found += of_argument(places[-1], own, typed)
        if not before:
            found += COMMANDS.items()
        found = found or options_of(parser, typed)
    return [each for each in found if each[0].startswith((current, ":"))]


def read(parser: argparse.ArgumentParser, words: Sequence[str]) -> tuple[Typed, Any]:
    """What was typed so far, and the option that waits for its value, or None."""
    typed, awaited = Typed(), None
    for word in words:
        option, equals, value = word.partition("=")
        if awaited is not None and word != "=":  # bash takes --seed=3 for three words
            typed.options[awaited.option_strings[-1]] = word
            awaited = None
        elif option in parser._option_string_actions:
            action = parser._option_string_actions[option]
            typed.options[action.option_strings[-1]] = value
            awaited = action if action.nargs != 0 and not equals else None
        elif not word.startswith("-") and awaited is None:
            typed.words.append(word)
    return typed, awaited


def of_argument(
    action: argparse.Action, own: Mapping[str, Completion], typed: Typed
) -> list[Choice]:
    """What an argument can be."""
    if action.choices is not None:
        return [(str(each), "") for each in action.choices]
    name = str(action.metavar)
    completion = own.get(name) or COMPLETIONS.get(name)
    return list(completion(typed)) if completion else []


def options_of(parser: argparse.ArgumentParser, typed: Typed) -> list[Choice]:
    """The options that have not been typed yet, by their long names."""
    found = []
    for action in parser._actions:
        if action.option_strings and action.help != argparse.SUPPRESS:
            name = action.option_strings[-1]
            if name not in typed.options:
                found.append((name, action.help or ""))
    return found
