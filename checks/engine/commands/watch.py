"""`python run_checks.py watch [TIER]`: check a tier whenever you save its file.

On every save the tier of the saved file is checked, what has changed first. Single keys give hints,
explain, open your editor at the line, and go on to the next tier; q or Ctrl-C ends it. Without a
terminal the verdicts come line by line, and there are no keys.
"""

from __future__ import annotations

import argparse
import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checks.engine.commands.check import next_step
from checks.engine.commands.common import PASSED, short, tier, tier_names
from checks.engine.commands.common import folder as folder_of
from checks.engine.course.listing import Listed, course
from checks.engine.course.totals import next_verdict
from checks.engine.course.verdict import Status, Verdict
from checks.engine.errors import KitError
from checks.engine.learner.fingerprint import fingerprints
from checks.engine.learner.progress import last_verdicts, load
from checks.engine.learner.recording import Recording, is_remembered
from checks.engine.paths import tiers
from checks.engine.runner.session import Judge, Listener

KEYS = {
    "h": "hint",
    "n": "next tier",
    "p": "previous",
    "r": "run again",
    "e": "explain",
    "l": "list",
    "o": "open",
    "x": "reset",
    "q": "quit",
}
EXAMPLES = (
    ("python run_checks.py watch", "begin with what is next"),
    ("python run_checks.py watch intermediate", "begin with this tier"),
)
DEAR_SECONDS = 0.5  # a check that took longer comes after those that took less


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to watch."""
    add = parser.add_argument
    add("tier", nargs="?", type=tier, metavar="TIER",
        help=f"where to begin: {tier_names()} (default: what is next)")  # fmt: skip
    add("--solutions", metavar="DIR", help="folder with your files (default: exercises)")
    add("--data", metavar="DIR", help="folder with MNIST, for the checks that train")
    add("--seed", type=int, default=0, metavar="N",
        help="draw the challenges from this seed (default: 0)")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Watch until the learner has had enough."""
    folder = folder_of(options.solutions or "exercises", "--solutions")
    data = folder_of(options.data, "--data") if options.data else None
    with Judge(keeps_spare=True) as judge:
        from checks.engine.ui.file_watcher import Saves
        from checks.engine.ui.keys import is_terminal, keys

        watch = Watch(judge, folder, options, data)
        saves = Saves(folder, watch.saved, watch.said)
        saves.start()
        try:
            if is_terminal():
                with keys(watch.pressed) as keyboard:
                    watch.keyboard = keyboard
                    watch.loop(options.tier or first_unfinished(folder))
            else:
                watch.loop(options.tier or first_unfinished(folder))
        finally:
            saves.stop()
            watch.close()
    return PASSED


def first_unfinished(folder: Path) -> str:
    """The tier to begin with: the first that has not passed on the present code."""
    progress, listed = load(folder), course()
    present = fingerprints(folder, listed)
    for each in listed:
        if progress.state(each.check.check, present[each.check.check]) != "passed":
            return each.check.tier
    return tiers()[0]


@dataclass
class Run:
    """One run of the checks of a tier: what it looks at first, and what has come of it."""

    tier: str
    changed: Sequence[str]
    recording: Recording
    came: dict[str, Verdict] = field(default_factory=dict)
    told: bool = False  # whether the mistakes in what has changed are on the screen

    @property
    def is_through(self) -> bool:
        """Whether everything that has changed has been judged."""
        return all(check in self.came for check in self.changed)


class Watch:
    """The loop: events come from the files, the keyboard and the judge, one after the other."""

    def __init__(
        self, judge: Judge, folder: Path, options: argparse.Namespace, data: Path | None
    ) -> None:
        from checks.engine.ui.screen import make_console

        self.judge, self.folder, self.options, self.data = judge, folder, options, data
        self.console = make_console()
        self.keyboard: Any = None
        self.events: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.listed = course()
        self.tier = ""
        self.seconds = {name: each.seconds for name, each in last_verdicts(folder).items()}
        self.known: dict[str, tuple[str, Verdict]] = {}  # the last verdict, and on which code
        self.running: Run | None = None
        self.waiting = False  # a run is wanted as soon as the one that is cancelled has ended
        self.stopped = False
        self.screen: Any = None

    # What comes in, from other threads.

    def saved(self, names: set[str]) -> None:
        """Files have been saved."""
        self.events.put(lambda: self.on_saved(names))

    def said(self, text: str) -> None:
        """Something is worth knowing."""
        self.events.put(lambda: self.screen.notice(text))

    def pressed(self, key: str) -> None:
        """A key was pressed."""
        self.events.put(lambda: self.on_key(key))

    def loop(self, first: str) -> None:
        """Serve the events until the end."""
        self.tier = first
        self.begin()
        while not self.stopped:
            with contextlib.suppress(queue.Empty):  # the timeout lets Ctrl-C through on Windows
                self.events.get(timeout=0.5)()

    def close(self) -> None:
        """Take the live part off the screen."""
        if self.screen is not None:
            self.screen.close()

    # Runs.

    def begin(self) -> None:
        """Run the tier's checks: what has changed since its last verdict first."""
        from checks.engine.ui.screen import Screen

        if self.running is not None:
            self.waiting = True
            self.judge.cancel()
            return
        self.waiting = False
        mine = [each for each in self.listed if each.check.tier == self.tier]
        present = fingerprints(self.folder, self.listed)
        names = [each.check.check for each in mine]
        changed = [name for name in names if self.known.get(name, ("",))[0] != present[name]]
        recording = Recording(self.folder, self.listed, present)
        self.running = Run(self.tier, changed, recording)
        self.close()
        if self.console.is_terminal:
            self.console.clear()
        self.screen = Screen(self.console, details=1)
        self.screen.heading(f"{short(self.folder / f'{self.tier}.py')}", "watching")
        order = sorted(changed, key=self.cost) + sorted(set(names) - set(changed), key=self.cost)
        threading.Thread(target=self.judged, args=(self.running, order), daemon=True).start()

    def cost(self, check: str) -> tuple[bool, int]:
        """What a check is sorted by: dear ones last, otherwise as they come in the course."""
        position = next(i for i, each in enumerate(self.listed) if each.check.check == check)
        return self.seconds.get(check, 0.0) > DEAR_SECONDS, position

    def judged(self, run: Run, order: list[str]) -> None:
        """Let the judge run these checks; in a thread of its own."""
        put = self.events.put
        listener = Listener(
            collected=lambda checks: put(lambda: self.screen.start(checks)),
            running=lambda check: put(lambda: self.screen.running(check)),
            verdict=lambda verdict: put(lambda: self.on_verdict(run, verdict)),
            notice=self.said,
        )
        problem = ""
        try:
            options = self.options
            self.judge.run([], self.folder, options.seed, self.data, listener, only=order)
        except KitError as error:
            problem = str(error)
        put(lambda: self.on_end(run, problem))

    def on_verdict(self, run: Run, verdict: Verdict) -> None:
        """A verdict has come: it is shown where it is news."""
        if self.waiting:
            return
        before = self.known.get(verdict.check)
        run.came[verdict.check] = verdict
        self.seconds[verdict.check] = verdict.seconds
        is_news = verdict.check in run.changed or before is None
        is_news = is_news or (before is not None and before[1].status is not verdict.status)
        self.known[verdict.check] = (run.recording.before[verdict.check], verdict)
        self.screen.verdict(verdict, is_news)
        more_to_come = len(run.came) < sum(each.check.tier == run.tier for each in self.listed)
        if run.is_through and more_to_come and not run.told:
            run.told = any(each.status.is_wrong for each in run.came.values())
            self.screen.mend(list(run.came.values()))

    def on_end(self, run: Run, problem: str) -> None:
        """The run is over, or was broken off because something newer is to be checked."""
        self.running = None
        if run.came and is_remembered(self.folder) and not self.options.solutions:
            notice = run.recording.keep(list(run.came.values()))
            if notice:
                self.screen.notice(notice)
        if self.waiting:
            self.begin()
            return
        if problem:
            self.screen.problem(problem)
        else:
            self.screen.details = 0 if run.told else 1
            verdicts = self.verdicts()
            self.screen.finish(verdicts, self.next_step(verdicts))
        self.show_keys()

    def next_verdict(self) -> Verdict | None:
        """The verdict on what is to be done next in this tier."""
        return next_verdict(self.verdicts())

    def current(self) -> Listed | None:
        """The check that is to be mended next."""
        verdict = self.next_verdict()
        return next((e for e in self.listed if verdict and e.check.check == verdict.check), None)

    def verdicts(self) -> list[Verdict]:
        """The tier's verdicts, in course order."""
        names = [each.check.check for each in self.listed if each.check.tier == self.tier]
        return [self.known[name][1] for name in names if name in self.known]

    def next_step(self, verdicts: Sequence[Verdict]) -> str:
        """What to do next: saving is enough, no command is to be run."""
        if any(verdict.status is not Status.PASSED for verdict in verdicts):
            step = next_step(verdicts).split(", then run:")[0]
            return f"{step}, and save." if step else ""
        later = tiers()[tiers().index(self.tier) + 1 :]
        if not later:
            return ""
        return f"press n for {later[0]}." if self.keyboard else f"go on with {later[0]}."

    def on_saved(self, names: set[str]) -> None:
        """Check the tier of what was saved; of several, the one that is on the screen."""
        saved = [tier for tier in tiers() if f"{tier}.py" in names]
        if saved and self.tier not in saved:
            self.tier = saved[0]
        self.begin()

    # Keys.

    def show_keys(self) -> None:
        """The keys that work."""
        if self.keyboard is not None:
            self.screen.keys(KEYS)

    def on_key(self, key: str) -> None:
        """Do what a key is for; any other key does nothing."""
        from checks.engine.ui import watch_keys

        if key in ("q", ""):
            self.stopped = True
        elif key in ("r", "\x0c"):
            self.begin()
        elif key in ("n", "p"):
            place = tiers().index(self.tier) + (1 if key == "n" else -1)
            if 0 <= place < len(tiers()):
                self.tier = tiers()[place]
                self.begin()
        elif key in KEYS:
            watch_keys.act(self, key)
