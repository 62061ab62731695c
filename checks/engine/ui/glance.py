"""The whole course at a glance, from what is remembered: nothing is run, PyTorch stays unloaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from checks.engine.course.listing import Listed, course, headline
from checks.engine.course.next_step import TRAINING, NextStep, next_step
from checks.engine.course.totals import Totals, add, total
from checks.engine.course.verdict import Frame, State, Status, Verdict
from checks.engine.learner.file_problem import file_problem, hidden_modules
from checks.engine.learner.fingerprint import code_of, fingerprints
from checks.engine.learner.progress import Entry, Progress, last_verdicts, load
from checks.engine.paths import short, tiers
from checks.engine.ui import screen_parts as parts
from checks.engine.ui.screen_text import Page, make_console

WELCOME = (
    "Welcome! Here you write a generative adversarial network (GAN) yourself, in small steps, and "
    "train it on handwritten digits. The checks watch what your code really does; where it goes "
    "wrong, they name the mistake."
)
BEGIN = NextStep(
    "see what your first lines do",
    tiers()[0],
    then=NextStep("or have them checked whenever you save", "watch"),
)


@dataclass(frozen=True)
class Standing:
    """Where one check stands; `entry` is what is remembered of it, on whatever code."""

    listed: Listed
    state: State
    entry: Entry | None
    code_changed: bool = False

    @property
    def tier(self) -> str:
        """The check's tier."""
        return self.listed.check.tier

    @property
    def is_untouched(self) -> bool:
        """Whether nothing has been written that a check had something to say about."""
        return self.state in ("unchecked", "todo", "blocked")


def show(folder: Path) -> bool:
    """Show where the solutions in a folder stand; whether all is done, or nothing begun yet."""
    progress = load(folder)
    standings = standings_of(folder, course(), progress)
    page = Page(make_console())
    for said in hidden_modules(folder):
        page.console.print(page.hang(Text(), page.text(said, "cyan")))
    problems = [each for each in (file_problem(folder, tier) for tier in tiers()) if each]
    for problem in problems:
        mark = parts.lead(page, parts.symbol(page, Status.ERROR))
        page.console.print(page.hang(mark, page.text(problem.came)))
    is_new = not (progress.notice or problems) and all(each.is_untouched for each in standings)
    blocks = welcome(page, folder, standings) if is_new else None
    for block in blocks or blocks_of(page, folder, standings, progress.notice):
        page.console.print(block)
    return is_new or all(each.state == "passed" for each in standings)


def standings_of(folder: Path, listed: Sequence[Listed], progress: Progress) -> list[Standing]:
    """Every check with its state on the code as it is now."""
    present = fingerprints(folder, listed) if progress.entries else {}
    standings = []
    for each in listed:
        now = present.get(each.check.check, "")
        entry = progress.entries.get(each.check.check)
        changed = entry is not None and code_of(entry.fingerprint) != code_of(now)
        state = progress.state(each.check.check, now)
        standings.append(Standing(each, state, entry, changed))
    return standings


def welcome(page: Page, folder: Path, standings: Sequence[Standing]) -> list[Text]:
    """What the course is, how long it takes, and where to begin."""
    stages = list(dict.fromkeys(each.tier for each in standings))
    width = max(map(len, stages)) + 2
    blocks = [page.hang(Text(), page.text(WELCOME)), Text()]
    for tier in stages:
        lead = Text(f"  {tier.ljust(width)}", "bold")
        blocks.append(page.hang(lead, page.text(headline(tier))))
    first, file = standings[0], folder / f"{stages[0]}.py"
    begin = page.text(f"Open {short(file)} in your editor and write {first.listed.about}.")
    blocks += [Text(), page.hang(Text(), page.with_link(begin, str(file))), Text()]
    return [*blocks, parts.next_line(page, BEGIN.said())]


def blocks_of(
    page: Page, folder: Path, standings: Sequence[Standing], notice: str, named: str | None = None
) -> list[Text]:
    """What the screen shows: the tiers, what has changed, what to do next.

    `named` is the folder as the command line named it, for the command that comes next.
    """
    tiers = totals_of(standings)
    blocks = [page.hang(Text(), page.text(notice, "cyan"))] if notice else []
    blocks += [Text(), parts.tier_table(page, tiers), Text()]
    blocks += changed(page, folder, standings)
    if total(tiers).complete:
        done = f"Well done: all {len(standings)} checks pass."
        blocks.append(page.text(done, "bold green"))
    following = step(folder, standings)
    return [*blocks, parts.next_line(page, following.said(named), following.file)]


def totals_of(standings: Sequence[Standing]) -> list[Totals]:
    """The sums of each tier; only what has passed on the present code counts as passed."""
    tiers: dict[str, Totals] = {}
    for each in standings:
        passed, points = each.state == "passed", each.listed.check.points
        one = Totals(
            each.tier,
            checks=1,
            passed=int(passed),
            wrong=int(each.state == "failed"),
            points=points,
            earned=points if passed else 0,
        )
        tiers[each.tier] = add(tiers.get(each.tier, Totals(each.tier)), one)
    return list(tiers.values())


def changed(page: Page, folder: Path, standings: Sequence[Standing]) -> list[Text]:
    """The parts that are no longer what was checked, file by file, and the kit's own news."""
    again = [each for each in standings if each.state == "changed"]
    blocks = []
    files: dict[str, dict[str, None]] = {}
    for each in again:
        if each.code_changed:
            files.setdefault(each.tier, {})[each.listed.about] = None
    if files:
        said = "Changed since it was checked, itself or what it uses:"
        blocks.append(page.hang(Text(), page.text(said, "bold")))
    for tier, names in files.items():
        where = f"{', '.join(names)} in {short(folder / f'{tier}.py')}"
        blocks.append(page.hang(Text("  "), page.text(where)))
    newer = dict.fromkeys(each.tier for each in again if not each.code_changed)
    if newer:
        said = f"The checks themselves have changed since they ran: {', '.join(newer)}."
        blocks.append(page.hang(Text(), page.text(said)))
    return [*blocks, Text()] if blocks else []


def step(folder: Path, standings: Sequence[Standing]) -> NextStep:
    """What to do next, in the first tier that is not finished."""
    unfinished = [each for each in standings if each.state != "passed"]
    if not unfinished:
        return TRAINING
    tier = unfinished[0].tier
    mine = [each for each in unfinished if each.tier == tier]
    wrong = [each for each in mine if each.state == "failed"]
    to_do = [each for each in mine if each.state == "todo"]
    if not wrong and any(each.state == "changed" for each in mine):
        return NextStep("check again what has changed", tier)
    if not wrong and not to_do and any(each.state == "unchecked" for each in mine):
        if all(each.entry is None for each in standings):
            return NextStep("run the first checks", tier)
        return NextStep(f"run the checks of {tier}", tier)
    (chosen, *_) = wrong or to_do or mine
    stuck = {
        each.listed.check.check for each in standings if each.entry and each.entry.failures > 1
    }
    return next_step([verdict_of(folder, chosen)], stuck) or NextStep(
        f"run the checks of {tier}", tier
    )


def verdict_of(folder: Path, standing: Standing) -> Verdict:
    """What the check said last, or as much of it as is known without its words."""
    check, about = standing.listed.check, standing.listed.about
    status = standing.entry.status if standing.entry else Status.TODO
    said = last_verdicts(folder).get(check.check) if status.is_open else None
    if said and said.status is status:
        return said
    file = folder / f"{check.tier}.py"
    came, awaited = f"Write {about} in {short(file)}.", f"what {about} needs"
    if status is Status.BLOCKED:
        came = f"Waits for {awaited}, which is still to be written."
    return Verdict(
        check.check,
        check.tier,
        check.title,
        check.points,
        status,
        came=came,
        awaited=awaited,
        location=Frame(str(file), 0, about, ""),
        about=about,
    )
