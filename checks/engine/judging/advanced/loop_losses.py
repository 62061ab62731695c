"""Which losses a run of train_gan went down, and whose, read off the forces on D's scores.

A backward pass brings to each score p the gradient dL/dp of its loss; times p (1 - p) it is the
force that `loss_reading` understands. What an update's gradient is made of, pass by pass, says
which of these forces are in it. Nothing here hangs on the optimizer or on how the loop is written;
where D's scores do not go into the loss, nothing can be read, and nothing is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from checks.engine.judging.advanced.draws import draw_finding
from checks.engine.judging.advanced.loop import LEFT_OVER, UNEXPLAINED, Call, Loop, Numbers, Update
from checks.engine.judging.advanced.loss_findings import (
    ADVICE,
    GOALS,
    Finding,
    discriminator_findings,
    findings_by_sign,
    generator_findings,
)
from checks.engine.judging.advanced.loss_reading import Forces

NAMES = {"G": "generator", "D": "discriminator"}
OTHERS = {"D": "G", "G": "D"}
SURE = 0.001  # scores nearer to 0 or 1 have hardly any force, and that is mostly rounding
TELLING = 0.001  # scores that are all closer together than this say nothing of a formula


@dataclass
class Pull:
    """The forces of one pass on the scores of one call, as they stand in an update."""

    number: int  # of the pass
    call: Call
    forces: Numbers

    def on(self, rows: Numbers) -> float:
        """The mean force on these rows; below 0, the scores are pulled up."""
        return float(self.forces[rows].mean()) if rows.any() else 0.0


def pulls_of(update: Update, loop: Loop) -> list[Pull]:
    """The forces in an update; none where they cannot be read."""
    if update.unexplained > UNEXPLAINED or any(one.has_penalty for one, _ in update.parts):
        return []
    found = []
    for one, factor in update.parts:
        for number, gradient in one.forces.items():
            call = loop.calls.get(number)
            if call is None or call.scores is None or len(call.scores) != len(gradient):
                continue
            if update.owner == "G" and call.is_cut:
                continue  # this pull does not get through to G
            p = call.scores
            found.append(Pull(one.number, call, factor * gradient * p * (1 - p)))
    return found


def split(update: Update, loop: Loop) -> tuple[list[Pull], list[Pull]]:
    """The forces of a network's own loss, and those of its opponent's that got into the update.

    The opponent's pull G's images the other way, and stand in the opponent's updates as well.
    """
    pulls = pulls_of(update, loop)
    theirs = {part.number for one in loop.of(OTHERS[update.owner]) for part, _ in one.parts}
    sign = 1 if update.owner == "D" else -1  # D pulls G's images down, to 0; G pulls them up

    def is_opponents(pull: Pull) -> bool:
        if pull.number not in theirs or pull.call.is_cut:
            return False
        return sign * pull.on(pull.call.is_fake) < 0

    leaked = [pull for pull in pulls if is_opponents(pull)]
    own = [pull for pull in pulls if not is_opponents(pull)]
    passes = {pull.number for pull in leaked}

    def is_own(pull: Pull) -> bool:
        if sign * pull.on(pull.call.is_fake) > 0:
            return True
        has_real = update.owner == "D" and pull.on(pull.call.is_real) != 0
        return has_real and pull.number not in passes

    return (own, leaked) if any(map(is_own, own)) else (pulls, [])


def leftover_finding(loop: Loop) -> Finding | None:
    """Gradients of an earlier step, or of the opponent's loss, in the updates of a network."""
    for name, written in NAMES.items():
        updates = loop.of(name)
        n_kept = sum(abs(update.kept) > LEFT_OVER for update in updates)
        n_leaked = sum(bool(split(update, loop)[1]) for update in updates)
        if n_kept > len(updates) / 2:
            came = (
                f"At {n_kept} of {len(updates)} steps the gradient of the {written}'s step before "
                "was still in the update: the new one had been added to it."
            )
            expected = "Cleared gradients before each backward()."
            return Finding("optimizers", "gradients-never-cleared", expected, came)
        if n_leaked > len(updates) / 2:
            other = NAMES[OTHERS[name]]
            came = (
                f"At {n_leaked} of {len(updates)} steps the {written} also went along the gradient "
                f"of the {other}'s loss."
            )
            expected = f"Each step of the {written} follows the {written}'s own loss, and it alone."
            return Finding("optimizers", f"{other}-gradients-leak", expected, came)
    if n_joint := _joint(loop):
        came = (
            f"In {n_joint} batches one backward() made the gradients of both networks, from the "
            "same scores: the discriminator also went along the gradient of the generator's loss."
        )
        expected = "Each network follows its own loss, and it alone."
        return Finding("optimizers", "generator-gradients-leak", expected, came)
    return None


def _joint(loop: Loop) -> int:
    """How many updates of D share their one pass, through images not cut off, with G; 0 if few."""
    theirs = {part.number for one in loop.of("G") for part, _ in one.parts}
    updates = loop.of("D")
    count = sum(
        any(not pull.call.is_cut and pull.number in theirs for pull in pulls_of(update, loop))
        for update in updates
    )
    return count if count > len(updates) / 2 else 0


def noise_finding(loop: Loop) -> Finding | None:
    """Latent vectors that are not from N(0, 1), in more than half of the batches."""
    draws = [draw for update in loop.of(*NAMES) for draw in update.draws]
    found = [finding for draw in draws if (finding := draw_finding(draw, "loss")) is not None]
    return found[-1] if len(found) > len(draws) / 2 else None


def loss_finding(loop: Loop, name: str) -> Finding | None:
    """What most updates of a network say of its loss; the aspect "advice" passes."""
    if loop.is_swapped or _joint(loop):
        return None  # these are the other network's updates, or those of both
    read = [found for update in loop.of(name) if (found := _read(update, loop)) is not None]
    counts = Counter(finding.mistake for found in read for finding in found)
    wrongs = [finding for found in read for finding in found if finding.aspect != ADVICE]
    for finding in [*wrongs, *(finding for found in read for finding in found)]:
        if counts[finding.mistake] > len(read) / 2:
            times = f"{counts[finding.mistake]} of the {NAMES[name]}'s {len(read)} updates"
            more = "" if len(read) == len(loop.of(name)) else " that can be read"
            came = f"In {times}{more}: {finding.came}"
            return Finding(finding.aspect, finding.mistake, finding.expected, came)
    return None


def _read(update: Update, loop: Loop) -> list[Finding] | None:
    """Findings on one update's loss; None where it cannot be read."""
    own, _ = split(update, loop)
    if not own:
        return None
    goal = GOALS[update.owner]
    total: dict[int, Pull] = {}
    for pull in own:  # of two passes through the same scores the forces add up
        known = total.setdefault(pull.call.number, Pull(-1, pull.call, 0 * pull.forces))
        known.forces = known.forces + pull.forces
    calls = list(total.values())
    if update.owner == "G":
        return _findings(calls, [lambda call: call.is_fake], goal)
    has_real = any(pull.call.is_real.any() for pull in calls)
    has_fakes = any(pull.call.is_fake.any() for pull in calls)
    if not (has_real or has_fakes):
        return None
    if has_real and not has_fakes:
        shown = list(_shown(update, loop))
        if any(pull.call.is_strange.any() for pull in calls):
            count = sum(int(pull.call.is_strange.sum()) for pull in calls)
            expected = "The discriminator sees real images and the generator's."
            came = f"It saw {count} images that the generator did not make."
            return [Finding("loss", "fed-with-noise", expected, came)]
        if not any(call.is_fake.any() for call in shown):
            expected = "The discriminator sees real images and the generator's."
            return [Finding("loss", "never-sees-fakes", expected, "It saw the real images only.")]
        return [Finding("loss", "loss-without-fakes", goal, "A loss of the real images only.")]
    if has_fakes and not has_real:
        if any(pull.call.is_strange.any() for pull in calls):
            return None  # real images, changed in some way
        if not any(call.is_real.any() for call in _shown(update, loop)):
            return None  # what is wrong then is not the loss
        return [Finding("loss", "loss-without-real", goal, "A loss of the fake images only.")]
    return _findings(calls, [lambda call: call.is_real, lambda call: call.is_fake], goal)


def _shown(update: Update, loop: Loop) -> Iterator[Call]:
    """D's calls since its own last step that no update of G is made of."""
    mine = loop.updates.index(update)
    before = [one for one in loop.updates[:mine] if one.owner == "D"]
    start = max((max(_numbers_in(one), default=-1) for one in before), default=-1)
    end = max(_numbers_in(update), default=-1)
    theirs = {n for one in loop.of("G") for n in _numbers_in(one)}
    for number, call in loop.calls.items():
        if start < number <= end and number not in theirs:
            yield call


def _numbers_in(update: Update) -> list[int]:
    return [number for one, _ in update.parts for number in one.forces]


def _findings(
    pulls: Sequence[Pull], sides: Sequence[Callable[[Call], Numbers]], goal: str
) -> list[Finding] | None:
    groups: list[Forces] = []
    for rows_of in sides:
        p = np.concatenate([pull.call.scores[rows_of(pull.call)] for pull in pulls])  # type: ignore[index]
        d = np.concatenate([pull.forces[rows_of(pull.call)] for pull in pulls])
        telling = (p > SURE) & (p < 1 - SURE)
        groups.append((p[telling], d[telling]))
    if any(len(p) < 3 for p, _ in groups):
        return None
    is_coarse = any(pull.call.is_coarse for pull in pulls)
    if is_coarse or any(p.std() < TELLING for p, _ in groups):
        return list(findings_by_sign(groups, goal))
    if len(groups) == 1:
        return list(generator_findings(groups[0], goal))
    return list(discriminator_findings(groups[0], groups[1], goal))
