"""What a learner can call in a notebook: the same checks, on the definitions that were run.

The definitions go into the tier's file first, after a backup of what stood there; from then on
everything is what it is in a terminal: the judge in its own process, progress, hints, `diff`.
"""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from checks.engine.course.lessons import find, lesson, number
from checks.engine.course.listing import Listed, course
from checks.engine.course.next_step import next_step
from checks.engine.course.questions import tier_answers, tier_questions
from checks.engine.course.verdict import Frame, Verdict
from checks.engine.errors import FileError, KitError, UsageError
from checks.engine.learner.answers import choices
from checks.engine.learner.backups import exchange
from checks.engine.learner.notebook import Cell, Place, code, defined_in
from checks.engine.learner.progress import last_verdicts
from checks.engine.learner.recording import is_remembered, record, standing
from checks.engine.learner.source import Source, load
from checks.engine.learner.transfer import places, transferred
from checks.engine.notebook.kernel import Kernel, Output, kernel
from checks.engine.notebook.runs import reported, trained
from checks.engine.notebook.view import Page, shown, verdicts_shown
from checks.engine.paths import EXERCISES, KIT, REFERENCE, tiers
from checks.engine.runner.session import Judge, Listener

ANSWERS = "ANSWERS"


@dataclass
class Session:
    """One notebook: its tier, the judge that stays loaded, and what was written last."""

    folder: Path = EXERCISES
    tier: str = ""
    judge: Judge = field(default_factory=Judge)
    written: dict[str, bytes] = field(default_factory=dict)
    places: dict[str, dict[int, Place]] = field(default_factory=dict)

    def close(self) -> None:
        """End the judge, and remove the copy that a solved notebook worked on."""
        self.judge.close()
        if self.folder != EXERCISES:
            shutil.rmtree(self.folder, ignore_errors=True)


SESSION = Session()
atexit.register(SESSION.close)


def start(tier: str, *, solved: bool = False) -> None:
    """Say which tier the notebook is, and begin to load the judge.

    A `solved` notebook works on a copy of the reference solutions, and leaves exercises/ alone.
    """
    with _plainly():
        kernel()
        SESSION.tier = tier
        if solved:
            SESSION.folder = Path(mkdtemp(prefix="gan-solved-"))
            for file in REFERENCE.glob("*.py"):
                shutil.copy(file, SESSION.folder)
                SESSION.written[file.stem] = file.read_bytes()
        SESSION.judge.start()


def check(what: str = "") -> None:
    """Check a part, or a tier: what its cells said when they were last run."""
    with _plainly():
        shell = kernel()
        cells = shell.executed()
        listed = course()
        chosen, tier = _chosen(what, cells, listed, shell)
        notes = _write(cells, tier, listed)
        notes += _unrun(shell, cells, chosen)
        _run(tier, chosen, notes)


def hint(what: str = "") -> None:
    """Show one more hint on a check; without a word, on the one to work on next."""
    from checks.engine.ui.lessons import next_hints

    with _plainly():
        listed, states = standing(SESSION.folder)
        chosen = find(what.split(), _mine(listed), states)
        if chosen is None:
            Output().show(shown(Page(paragraphs=("All checks pass: no hint is needed.",))))
            return
        is_current = states[chosen.check.check] in ("failed", "todo", "blocked")
        verdict = last_verdicts(SESSION.folder).get(chosen.check.check)
        found = next_hints(SESSION.folder, chosen, verdict, is_current)
        page = Page(
            found.title,
            mistake=found.mistake,
            labelled=found.labelled,
            after=found.rest,
        )
        Output().show(shown(page))


def explain(what: str = "") -> None:
    """Say what a check looks at and why, and what it saw last."""
    with _plainly():
        listed, states = standing(SESSION.folder)
        chosen = find(what.split(), _mine(listed), states)
        if chosen is None:
            Output().show(shown(Page(paragraphs=("All checks pass; name the one to explain.",))))
            return
        verdict = last_verdicts(SESSION.folder).get(chosen.check.check)
        page = Page(
            chosen.check.title,
            notes=[f"{number(chosen, listed)}, about {chosen.about}"],
            paragraphs=lesson(chosen).paragraphs,
            exhibits=verdict.exhibits if verdict else (),
        )
        Output().show(shown(page))


def quiz(tier: str = "") -> None:
    """Say which of the tier's questions are answered correctly, and why."""
    with _plainly():
        cells = kernel().executed()
        tier = tier or SESSION.tier or tiers()[0]
        notes = _write(cells, tier, course())
        given = choices(load(SESSION.folder, tier))
        answers = tier_answers(tier)
        rows = []
        for question in tier_questions(tier):
            letter, answer = given.get(question.name, "?"), answers[question.name]
            if letter == answer.letter:
                said = f"✓ {letter}) {answer.why}"
            elif letter in question.choices:
                reason = answer.against.get(letter, "That is not it; read the choices once more.")
                said = f"✗ {letter}) {reason}"
            else:
                said = f"Still open: one letter out of {', '.join(question.choices)}."
            rows.append((question.text, said))
        right = sum(given.get(name) == answer.letter for name, answer in answers.items())
        mood = "good" if right == len(answers) else ""
        heading = f"{right} of {len(answers)} questions answered correctly"
        Output().show(shown(Page(heading, mood, notes=notes, labelled=rows, stacked=True)))


def train(**options: str | int | float | bool) -> None:
    """Train your GAN; the options are those of the command, as in `epochs=5, images=8000`."""
    with _plainly():
        cells, listed = kernel().executed(), course()
        for tier in [SESSION.tier] if SESSION.tier else tiers():
            _write(cells, tier, listed)
        if SESSION.folder != EXERCISES:
            options.setdefault("solutions", str(SESSION.folder))
        trained(options)


def report(run: str = "") -> None:
    """Show what a run has made: the latest one, or that of this name."""
    with _plainly():
        kernel()
        reported(run)


# The parts and their cells ------------------------------------------------------------------------


def _mine(listed: Sequence[Listed]) -> list[Listed]:
    """The checks of the notebook's tier; all where it has none."""
    return [each for each in listed if not SESSION.tier or each.check.tier == SESSION.tier]


def _chosen(
    what: str, cells: Sequence[Cell], listed: Sequence[Listed], shell: Kernel
) -> tuple[list[Listed], str]:
    """The checks that are meant, and their tier.

    Raises:
        UsageError: none are, or the part's cell has not been run.
    """
    if what in tiers():
        return [each for each in listed if each.check.tier == what], what
    mine = _mine(listed)
    parts = {each.about: each.check.tier for each in reversed(mine)}
    run = [(cell, defined_in([cell]) & parts.keys()) for cell in cells]
    if not what:
        what = _above(shell, parts) or next(
            (part for cell, found in reversed(run) for part in parts if part in found), ""
        )
        if not what:
            raise UsageError("Run the cell of a part first; then this one checks it.")
    elif what not in parts:
        names = ", ".join(reversed(parts))
        raise UsageError(f"There is no part {what!r}; the parts are {names}.")
    if not any(what in found for _, found in run):
        raise UsageError(
            f"The cell with {what} has not been run yet, or stopped at an error before it was "
            "read. Run it, then this one."
        )
    tier = parts[what]
    return [each for each in mine if each.about == what and each.check.tier == tier], tier


def _above(shell: Kernel, parts: dict[str, str]) -> str:
    """The part that the running cell stands below: its id says it, in the kit's own notebooks."""
    found = shell.cell_id().removeprefix(f"gan-{SESSION.tier}-").removesuffix("-check")
    return next((part for part in parts if part.lower().replace("_", "-") == found), "")


def _write(cells: Sequence[Cell], tier: str, listed: Sequence[Listed]) -> list[str]:
    """Put what the cells define into the tier's file; sentences on what was done.

    Raises:
        KitError: that can't be done.
    """
    parts = {each.about for each in listed if each.check.tier == tier}
    found = code(cells, parts)
    if not parts & defined_in(cells):
        return []
    before = load(SESSION.folder, tier)
    after = transferred(found, before, "This notebook")
    SESSION.places[tier] = places(found, after)
    notes = [note for note in found.notes if "is defined in cell" not in note]
    if after.contents == before.contents:
        return notes
    path = SESSION.folder / f"{tier}.py"
    if SESSION.written.get(tier) == before.contents:
        _replace(path, after)
    elif (kept := exchange(path, before.contents, after.contents)) is not None:
        notes.append(f"{path.name} had other contents; they are kept in {_place(kept.path)}.")
    SESSION.written[tier] = after.contents
    return notes


def _replace(path: Path, source: Source) -> None:
    """Write over what this notebook has written itself."""
    from checks.engine.files import reason, replace

    try:
        replace(path, source.contents)
    except OSError as error:
        raise FileError(f"{path.name} cannot be written: {reason(error)}.") from None


def _unrun(shell: Kernel, cells: Sequence[Cell], chosen: Sequence[Listed]) -> list[str]:
    """A sentence where the saved notebook has another text for a part than the one that was run."""
    saved, when = shell.saved_cells()
    parts = {each.about for each in chosen} - {ANSWERS}
    notes = []
    for part in sorted(parts):
        there = [cell for cell in saved if part in defined_in([cell])]
        here = [cell for cell in cells if part in defined_in([cell])]
        if not there or not here or there[-1].text.strip() == here[-1].text.strip():
            continue
        if when > shell.times.get(here[-1].number, when):
            notes.append(
                f"The cell with {part} was edited after it was run; what was checked is what you "
                "ran."
            )
    return notes


# A run --------------------------------------------------------------------------------------------


def _run(tier: str, chosen: Sequence[Listed], notes: list[str]) -> None:
    """Run these checks, show how far they are, and then what they found."""
    output = Output()
    came: list[Verdict] = []

    def progress() -> None:
        done = f"{len(came)} of {len(chosen)} checks" if came else "Checking"
        output.show(shown(Page(f"{done} …")))

    def take(verdict: Verdict) -> None:
        came.append(verdict)
        progress()

    recording = record(SESSION.folder) if is_remembered(SESSION.folder) else None
    progress()
    try:
        verdicts = SESSION.judge.run(
            [tier], SESSION.folder, listener=Listener(verdict=take, notice=notes.append),
            only=[each.check.check for each in chosen],
        )  # fmt: skip
    except KeyboardInterrupt:
        output.show(
            shown(
                Page(
                    "Stopped",
                    paragraphs=("Nothing was judged. Run this cell again when you are ready.",),
                )
            )
        )
        return
    if recording and (notice := recording.keep(verdicts)):
        notes.append(notice)
    step = next_step(verdicts) if any(v.status.is_wrong for v in verdicts) else None
    output.show(verdicts_shown(verdicts, _where(tier), notes, step.what if step else ""))


def _where(tier: str) -> Callable[[Frame], str]:
    """Where a line stands, in words: in its cell, or in its file."""

    def said(frame: Frame) -> str:
        path = Path(frame.file)
        place = SESSION.places.get(path.stem, {}).get(frame.line)
        inside = f", in {frame.function}" if frame.function else ""
        if place:
            return f"Cell [{place.cell}], line {place.line}{inside}"
        return f"{_place(path)}, line {frame.line}{inside}"

    return said


def _place(path: Path) -> str:
    """A file's place in the kit, or its name where it lies elsewhere."""
    return path.relative_to(KIT).as_posix() if path.is_relative_to(KIT) else path.name


@contextmanager
def _plainly() -> Iterator[None]:
    """Show what can't be done as a sentence, not as a traceback."""
    try:
        yield
    except KitError as error:
        Output().show(shown(Page(notes=[str(error)])))
