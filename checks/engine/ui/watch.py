"""Watch mode: the checks of a tier run whenever its file is saved, what has changed first."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checks.engine.course.listing import Listed, course
from checks.engine.course.next_step import next_step
from checks.engine.course.totals import next_verdict
from checks.engine.course.verdict import State, Status, Verdict
from checks.engine.errors import KitError
from checks.engine.learner.fingerprint import fingerprints
from checks.engine.learner.progress import last_verdicts, load
from checks.engine.learner.recording import Recording, is_remembered
from checks.engine.paths import KIT, short, tiers
from checks.engine.runner.session import Judge, Listener
from checks.engine.ui.editors import open_at
from checks.engine.ui.file_watcher import FileWatcher
from checks.engine.ui.glance import blocks_of, standings_of
from checks.engine.ui.keys import is_terminal, keys
from checks.engine.ui.lessons import hint_blocks, lesson_blocks, next_hints
from checks.engine.ui.reset import put_stub_back
from checks.engine.ui.screen import Screen, make_console
from checks.engine.ui.watch_screen import WatchScreen

KEYS = {
    "h": "hint",
    "e": "more",
    "o": "open",
    "r": "run",
    "a": "quiz",
    "n": "next",
    "p": "back",
    "l": "list",
    "x": "reset",
    "q": "quit",
}
SLOW_SECONDS = 0.5  # a check that took longer comes after those that took less


def watch(
    judge: Judge, folder: Path, first: str, *, seed: int, data: Path | None, named: str | None
) -> None:
    """Watch a folder's solutions, from this tier on, until the learner has had enough.

    `named` is the folder as the command line named it; None for the exercises, whose progress is
    remembered.
    """
    session = Watch(judge, folder, seed, data, named)
    watcher = FileWatcher(folder, session.saved, session.said)
    watcher.start()
    try:
        if is_terminal():
            with keys(session.pressed) as keyboard:
                session.keyboard = keyboard
                session.loop(first)
        else:
            session.loop(first)
    finally:
        watcher.stop()
        session.close()


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
        self, judge: Judge, folder: Path, seed: int, data: Path | None, named: str | None
    ) -> None:
        """Watch these solutions; see `watch`."""
        self.judge, self.folder, self.seed, self.data = judge, folder, seed, data
        self.named, self.remembers = named, named is None and is_remembered(folder)
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
        file = short(self.folder / f"{self.tier}.py")
        if self.console.is_interactive:
            self.screen = WatchScreen(self.console, file, KEYS if self.keyboard else {})
        else:
            self.screen = Screen(self.console, details=1)
            self.screen.heading(file, "watching")
        order = sorted(changed, key=self.cost) + sorted(set(names) - set(changed), key=self.cost)
        threading.Thread(target=self.judged, args=(self.running, order), daemon=True).start()

    def cost(self, check: str) -> tuple[bool, int]:
        """What a check is sorted by: slow ones last, otherwise as they come in the course."""
        position = next(i for i, each in enumerate(self.listed) if each.check.check == check)
        return self.seconds.get(check, 0.0) > SLOW_SECONDS, position

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
            self.judge.run([], self.folder, self.seed, self.data, listener, only=order)
        except KitError as error:
            problem = str(error)
        except Exception as error:  # whatever it was, the session goes on
            problem = f"The checks broke off, through a fault of the kit: {error}"
        put(lambda: self.on_end(run, problem))

    def on_verdict(self, run: Run, verdict: Verdict) -> None:
        """A verdict has come; as soon as all that has changed is judged, its mistakes are shown."""
        if self.waiting:
            return
        run.came[verdict.check] = verdict
        self.seconds[verdict.check] = verdict.seconds
        self.known[verdict.check] = (run.recording.before[verdict.check], verdict)
        self.screen.verdict(verdict)
        more_to_come = len(run.came) < sum(each.check.tier == run.tier for each in self.listed)
        if run.is_through and more_to_come and not run.told:
            run.told = any(each.status.is_wrong for each in run.came.values())
            self.screen.show_mistakes(list(run.came.values()))

    def on_end(self, run: Run, problem: str) -> None:
        """The run is over, or was broken off because something newer is to be checked."""
        self.running = None
        if run.came and self.remembers:
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
            file = str(self.folder / f"{self.tier}.py")
            self.screen.finish(verdicts, self.next_step(verdicts), file)
        self.show_keys()

    def next_verdict(self) -> Verdict | None:
        """The verdict on what is to be done next in this tier."""
        return next_verdict(self.verdicts())

    def current(self) -> Listed | None:
        """The check that is to be fixed next."""
        verdict = self.next_verdict()
        return next((e for e in self.listed if verdict and e.check.check == verdict.check), None)

    @property
    def is_done(self) -> bool:
        """Whether every check of this tier has passed."""
        n_checks = sum(each.check.tier == self.tier for each in self.listed)
        return [v.status for v in self.verdicts()] == [Status.PASSED] * n_checks

    def verdicts(self) -> list[Verdict]:
        """The tier's verdicts, in course order."""
        names = [each.check.check for each in self.listed if each.check.tier == self.tier]
        return [self.known[name][1] for name in names if name in self.known]

    def next_step(self, verdicts: Sequence[Verdict]) -> str:
        """What to do next: saving is enough, and a key does what is a command elsewhere."""
        stuck = load(self.folder).stuck if self.remembers else ()
        step = next_step(verdicts, stuck)
        if step is None:
            return ""
        if step.is_edit:
            press = " (h: a hint)" if step.then and self.keyboard else ""
            return f"{step.what}, and save{press}."
        if self.keyboard and any(each.status is not Status.PASSED for each in verdicts):
            return f"press a to {step.what}."
        if self.keyboard and step.command in tiers():
            return f"{step.what}: press n."
        return step.said(self.named)

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
            act(self, key)


# Keys that show something, or hand the terminal to somebody else -------------------------------


def act(watch: Watch, key: str) -> None:
    """Serve one of the keys that are about what stands on the screen."""
    {"h": hint, "e": explain, "l": overview, "o": open_file, "x": reset, "a": quiz}[key](watch)
    if key not in "ax":
        watch.show_keys()


def hint(watch: Watch) -> None:
    """One more hint on what is to be fixed next."""
    if (chosen := watch.current()) is not None:
        _, verdict = watch.known[chosen.check.check]
        hints = next_hints(watch.folder, chosen, verdict)
        watch.screen.show(hint_blocks(watch.screen.page, hints))
    elif watch.is_done:
        watch.screen.notice("There is nothing to give a hint on: this tier is done.")
    else:
        watch.screen.notice("There is nothing to give a hint on yet: the checks are running.")


def explain(watch: Watch) -> None:
    """What the check to be fixed next looks at, and what it saw."""
    chosen = watch.current() or next(e for e in watch.listed if e.check.tier == watch.tier)
    known = watch.known.get(chosen.check.check)
    verdict = known[1] if known else None
    state: State = "unchecked"
    if verdict is not None:
        state = "passed" if verdict.status is Status.PASSED else "failed"
    watch.screen.show(lesson_blocks(watch.screen.page, chosen, watch.listed, state, verdict))


def overview(watch: Watch) -> None:
    """All tiers at a glance."""
    progress = load(watch.folder)
    standings = standings_of(watch.folder, watch.listed, progress)
    watch.screen.show(
        blocks_of(watch.screen.page, watch.folder, standings, progress.notice, watch.named)
    )


def open_file(watch: Watch) -> None:
    """The file in the learner's editor, at what is to be fixed next."""
    verdict = watch.next_verdict()
    file, line = watch.folder / f"{watch.tier}.py", 1
    if verdict is not None and (frame := (verdict.frames or (verdict.location,))[-1]) is not None:
        line = frame.line
    with watch.keyboard.lent():
        problem = open_at(file, line)
    if problem:
        watch.screen.notice(problem)


def quiz(watch: Watch) -> None:
    """The tier's questions, as a command of its own; each answer is a save, too."""
    watch.close()
    watch.console.clear()
    asked = [sys.executable, str(KIT / "run_checks.py"), "quiz", watch.tier]
    with watch.keyboard.lent(), contextlib.suppress(KeyboardInterrupt, EOFError):
        subprocess.run([*asked, *(["--solutions", str(watch.folder)] if watch.named else [])])
        input("\nPress Enter to go on watching. ")
    watch.begin()


def reset(watch: Watch) -> None:
    """The tier's stub again, after a question; the save that it is starts the next run."""
    with watch.keyboard.lent():
        try:
            put_stub_back(watch.folder, watch.tier, watch.screen.notice, solutions=watch.named)
        except KitError as error:
            watch.screen.notice(str(error))
    watch.show_keys()
