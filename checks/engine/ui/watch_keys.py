"""What the keys of watch mode do that show something or hand the terminal to somebody else."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from checks.engine.course.verdict import Status
from checks.engine.errors import UsageError
from checks.engine.learner.progress import State

if TYPE_CHECKING:
    from checks.engine.commands.watch import Watch


def act(watch: Watch, key: str) -> None:
    """Serve one of the keys h, e, l, o and x."""
    {"h": hint, "e": explain, "l": overview, "o": open_file, "x": reset}[key](watch)
    if key != "x":
        watch.show_keys()


def hint(watch: Watch) -> None:
    """One more hint on what is to be mended next."""
    from checks.engine.commands.hint import hint_blocks

    if (chosen := watch.current()) is None:
        watch.screen.notice("There is nothing to give a hint on: this tier is done.")
    else:
        watch.screen.show(hint_blocks(watch.screen.page, watch.folder, chosen))


def explain(watch: Watch) -> None:
    """What the check to be mended next looks at, and what it saw."""
    from checks.engine.commands.explain import blocks

    chosen = watch.current() or next(e for e in watch.listed if e.check.tier == watch.tier)
    known = watch.known.get(chosen.check.check)
    verdict = known[1] if known else None
    state: State = "unchecked"
    if verdict is not None:
        state = "passed" if verdict.status is Status.PASSED else "failed"
    watch.screen.show(blocks(watch.screen.page, chosen, watch.listed, state, verdict))


def overview(watch: Watch) -> None:
    """All tiers at a glance."""
    from checks.engine.commands.glance import blocks_of, standings_of
    from checks.engine.learner.progress import load

    progress = load(watch.folder)
    standings = standings_of(watch.folder, watch.listed, progress)
    watch.screen.show(blocks_of(watch.screen.page, watch.folder, standings, progress.notice))


def open_file(watch: Watch) -> None:
    """The file in the learner's editor, at what is to be mended next."""
    from checks.engine.ui.editors import open_at

    verdict = watch.next_verdict()
    file, line = watch.folder / f"{watch.tier}.py", 1
    if verdict is not None and (frame := (verdict.frames or (verdict.location,))[-1]) is not None:
        line = frame.line
    with watch.keyboard.lent():
        problem = open_at(file, line)
    if problem:
        watch.screen.notice(problem)


def reset(watch: Watch) -> None:
    """The tier's stub again, after a question; the save that it is starts the next run."""
    from checks.engine.commands import reset as command

    options = argparse.Namespace(
        tier=watch.tier, function="", yes=False, solutions=str(watch.folder), reference=None
    )
    with watch.keyboard.lent():
        try:
            command.run(options)
        except UsageError as error:
            watch.screen.notice(str(error))
    watch.show_keys()
