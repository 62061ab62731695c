"""What D is shown in each network's update, and where the losses pull its scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from checks.engine.doctor.evidence import Call, Numbers, Pass, Place
from checks.engine.doctor.finding import Finding, advice, bug
from checks.engine.doctor.roles import Roles
from checks.engine.doctor.updates import owner_of, scored_calls, used_parts

STEEP = 1e-3  # a spread below this, for the size, is no spread
FIT = 0.02  # how well a straight line has to fit
ROUNDING = 1e-5  # what fits better than this fits
CLEARLY = 3  # a formula that comes later has to fit so many times better
LABEL_SLACK = 0.3  # labels lie near 0 and 1
FEW = 3  # scores, fewer say nothing


@dataclass(frozen=True)
class Pull:
    """What a loss does to a group of scores.

    `form` is "bce", "mse", "sigmoid-twice", "linear" (as in a Wasserstein loss), "hinge" or
    "unknown"; `is_up` says where it pulls, `label` what it pulls to, where the form has one.
    """

    form: str
    is_up: bool
    label: float = 0.0
    is_climbed: bool = False


@dataclass
class Group:
    """Scores of one kind of images, with the forces on them, in one network's updates."""

    scores: list[Numbers]
    forces: list[Numbers]
    place: Place = field(default_factory=Place)

    def pull(self, is_probability: bool) -> Pull | None:
        """What is read off them; None where there is nothing to read."""
        if not self.scores:
            return None
        votes = [
            found for s, g in zip(self.scores, self.forces, strict=True)
            if (found := pulled_by(s, g, is_probability)) is not None
        ]  # fmt: skip
        if not votes:
            return None
        (form, up), _ = Counter((v.form, v.is_up) for v in votes).most_common(1)[0]
        alike = [v for v in votes if (v.form, v.is_up) == (form, up)]
        return alike[len(alike) // 2]


def pulled_by(scores: Numbers, forces: Numbers, is_probability: bool) -> Pull | None:
    """What a loss pulls these scores to, from dL/dscore."""
    if not len(scores) or not np.isfinite(scores).all() or not forces.any():
        return None
    mean = float(forces.mean())
    up = mean < 0
    differ = scores.std() > 1e-6 * max(1.0, abs(float(scores.mean())))
    if len(scores) >= FEW and differ and float(forces.std()) <= 1e-5 * abs(mean):
        return Pull("linear", up)
    if len(scores) >= FEW and not is_probability and (hinge := _hinge(scores, forces)) is not None:
        return hinge
    p = scores if is_probability else 1 / (1 + np.exp(-scores))
    telling = (p > 1e-3) & (p < 1 - 1e-3)
    if telling.sum() < FEW or p[telling].std() < STEEP:
        return Pull("unknown", up)
    return _best_fit(p[telling], scores[telling], forces[telling], is_probability, up)


def _best_fit(p: Numbers, scores: Numbers, forces: Numbers, is_probability: bool, up: bool) -> Pull:
    """The formula whose straight line fits the forces best and leads to a label near 0 or 1."""
    slack = p * (1 - p)
    # What a formula's line runs over, what it is a line of, and what that is multiplied by.
    lines = {
        "bce": (p, forces * slack, np.ones_like(p)) if is_probability else (
            p, forces, np.ones_like(p)),
        "mse": (scores, forces, np.ones_like(p)),
        "sigmoid-twice": (1 / (1 + np.exp(-p)), forces, np.ones_like(p)) if is_probability else (
            1 / (1 + np.exp(-p)), forces / slack, slack),
    }  # fmt: skip
    best, best_gap = Pull("unknown", up), FIT
    for form, (x, y, factor) in lines.items():
        table = np.stack([x, np.ones_like(x)], axis=1) * factor[:, None]
        (slope, intercept), *_ = np.linalg.lstsq(table, y * factor, rcond=None)
        size = float(np.linalg.norm(y * factor))
        if not slope or not size:
            continue
        gap = float(np.linalg.norm(table @ (slope, intercept) - y * factor)) / size
        label = float(-intercept / slope)
        if -LABEL_SLACK < label < 1 + LABEL_SLACK and gap < min(best_gap / CLEARLY, FIT):
            best, best_gap = _labelled(form, label, float(slope)), max(gap, ROUNDING)
    return best


def _labelled(form: str, label: float, weight: float) -> Pull:
    """A pull to a label, or away from it where the loss is climbed."""
    climbed = weight < 0
    return Pull(form, (label > 0.5) != climbed, label, climbed)


def _hinge(scores: Numbers, forces: Numbers) -> Pull | None:
    """max(0, 1 - s) or max(0, 1 + s): one force or none, by the side of ±1."""
    size = float(np.abs(forces).max())
    on = np.abs(forces) > size / 2
    is_two_valued = np.allclose(np.abs(forces[on]), size, rtol=1e-4) and not forces[~on].any()
    if not is_two_valued or on.all():
        return None
    up = float(forces[on][0]) < 0
    edge = scores < 1 if up else scores > -1
    return Pull("hinge", up) if (edge == on).mean() > 0.95 else None


# What D is shown ----------------------------------------------------------------------------------


def gathered(roles: Roles) -> dict[str, Group]:
    """Scores and forces by update and kind: "D real", "D fake", "D noise", "G fake"."""
    groups = {name: Group([], []) for name in ("D real", "D fake", "D noise", "G fake", "G real")}
    for name, network in (("D", roles.discriminator), ("G", roles.generator)):
        if network is None:
            continue
        steps = roles.steps_of(network)
        passes: dict[int, float] = {}
        for step in steps:
            passes |= {one.number: f for one, f in used_parts(roles, step)}
        chosen = [one for one in roles.seen.passes if one.number in passes] or roles.seen.passes
        for one in chosen:
            if owner_of(roles, one) != name and not (name == "G" and _is_shared(roles, one)):
                continue
            sign = 1.0 if passes.get(one.number, 1.0) >= 0 else -1.0
            for call in scored_calls(roles, one):
                _add(groups, name, roles, call, one, sign)
    return groups


def _is_shared(roles: Roles, one: Pass) -> bool:
    """Whether one pass serves both networks: fakes with and without their graph are in it."""
    return any(not call.cut and roles.fakes(call).any() for call in scored_calls(roles, one)) and (
        owner_of(roles, one) == "D"
        and roles.generator is not None
        and any(
            one.number in {p.number for p, _ in used_parts(roles, s)}
            for s in roles.steps_of(roles.generator)
        )
        and any(call.cut and roles.fakes(call).any() for call in scored_calls(roles, one))
    )


def _add(
    groups: dict[str, Group], name: str, roles: Roles, call: Call, one: Pass, sign: float
) -> None:
    force = sign * one.forces[call.number]
    scores = call.scores
    rows = call.rows
    if scores is None or len(scores) != len(force) or not rows or len(scores) % rows:
        return
    per_row = len(scores) // rows
    fakes, reals = roles.fakes(call), roles.reals(call)
    if name == "G" and call.cut:
        return
    if name == "D" and not call.cut and fakes.any() and _is_shared(roles, one):
        return
    kinds = {"fake": fakes, "real": reals}
    if call.is_noise and roles.has_data:
        kinds = {"noise": np.ones(rows, bool)}
    for kind, which in kinds.items():
        chosen = np.repeat(which, per_row)
        key = f"{name} {kind}"
        if chosen.any() and key in groups and force[chosen].any():
            groups[key].scores.append(scores[chosen])
            groups[key].forces.append(force[chosen])
            groups[key].place = one.place


def is_probability(roles: Roles) -> bool:
    """Whether D ends in a sigmoid: by its last operations, or else by its scores."""
    ends = [call.ends for call in roles.seen.calls_of(roles.discriminator.id) if call.ends]
    if ends:
        return any(_ends_in(each, "Sigmoid") for each in ends)
    ranges = [c.out_range for c in roles.seen.calls_of(roles.discriminator.id) if c.out_range]
    return bool(ranges) and all(low > 0 and high < 1 for low, high, _ in ranges)


PASSING = ("View", "Squeeze", "Unsqueeze", "Reshape", "Clamp", "Clone", "Select", "Flatten",
           "UnsafeView", "Mean", "Expand", "Slice", "Alias", "ToCopy", "Permute",
           "Transpose")  # fmt: skip


def _ends_in(ends: tuple[str, ...], name: str) -> bool:
    return last_operation(ends).startswith(name)


def last_operation(ends: tuple[str, ...]) -> str:
    """The last operation that is more than a change of shape."""
    return next((each for each in ends if not each.startswith(PASSING)), "")


def fed(roles: Roles) -> Iterator[Finding]:
    """D that never learns from real images, from fake ones, or from G's."""
    groups = gathered(roles)
    steps = roles.steps_of(roles.discriminator)
    if len(steps) < 2 or roles.generator is None:
        return
    has_real, has_fake = bool(groups["D real"].scores), bool(groups["D fake"].scores)
    calls = list(roles.seen.calls_of(roles.discriminator.id))
    place = steps[-1].place
    if groups["D noise"].scores and not has_fake:
        at = next((c.place for c in calls if c.is_noise), place)
        yield bug(
            "fed-with-noise", at,
            "As fake images the discriminator is shown random numbers here, not what the generator "
            "made of them.",
        )  # fmt: skip
        return
    if has_real and not has_fake:
        in_ds = [c for c in calls if roles.fakes(c).any() and c.cut]
        if in_ds:
            yield bug(
                "loss-without-fakes", groups["D real"].place,
                "In the discriminator's updates only the scores of real images are pulled at; "
                "those of the fake ones are in none of its losses.",
            )  # fmt: skip
        else:
            yield bug(
                "never-sees-fakes", groups["D real"].place,
                "In its own updates the discriminator is shown real images only.",
            )  # fmt: skip
    elif has_fake and not has_real:
        if any(roles.reals(c).any() for c in calls):
            yield bug(
                "loss-without-real", groups["D fake"].place,
                "In the discriminator's updates only the scores of fake images are pulled at.",
            )  # fmt: skip
        else:
            yield bug(
                "never-sees-real", groups["D fake"].place,
                "The discriminator is never shown a real image: all that it scores was made by the "
                "generator.",
            )  # fmt: skip


# Where scores are pulled --------------------------------------------------------------------------


def pulled(roles: Roles) -> Iterator[Finding]:
    """Labels and formulas: who is pulled where, and by what."""
    groups = gathered(roles)
    is_p = is_probability(roles)
    real, fake, own = (groups[name].pull(is_p) for name in ("D real", "D fake", "G fake"))
    if real and fake:
        yield from _directions(roles, groups, real, fake, own)
    elif own and own.form in ("bce",) and not own.is_up and not (real or fake):
        return
    twice = [
        (name, groups[name]) for name, each in (("D real", real), ("D fake", fake), ("G fake", own))
        if each and each.form == "sigmoid-twice"
    ]  # fmt: skip
    if len(twice) > 1 and is_p:
        yield bug(
            "sigmoid-twice", twice[0][1].place,
            "The forces on the scores are those of a loss that takes the sigmoid once more: the "
            "scores are probabilities already, and the loss expects plain numbers.",
        )  # fmt: skip
    if own and own.is_climbed and own.form == "bce" and own.is_up:
        yield advice(
            "saturating-loss", groups["G fake"].place,
            "The generator's loss is log(1 - D(G(z))): where the discriminator is sure that an "
            "image is fake, it hardly pulls at all.",
        )  # fmt: skip


def _directions(
    roles: Roles, groups: dict[str, Group], real: Pull, fake: Pull, own: Pull | None
) -> Iterator[Finding]:
    """Real one way, fake the other, and G's own the way of the real ones."""

    def said(pull: Pull) -> str:
        if pull.form in ("bce", "mse"):
            return f"to {round(pull.label, 2) + 0.0:g}" + (" (climbed)" if pull.is_climbed else "")
        return "up" if pull.is_up else "down"

    told = f"real images' scores are pulled {said(real)}, fake ones' {said(fake)}"
    places = groups["D real"].place, groups["D fake"].place, groups["G fake"].place
    labelled = {real.form, fake.form} <= {"bce", "mse"}
    if labelled and abs(real.label - fake.label) < 0.1 and abs(real.label - 0.5) < 0.2:
        yield bug("label-shape", places[0], f"In the discriminator's update {told}.")
        return
    if real.is_up == fake.is_up:
        # With the generator's own direction it is known which of the two is the odd one.
        wants_up = own.is_up if own else True
        if real.is_up == wants_up:
            yield bug("fakes-labelled-real", places[1], f"In the discriminator's update {told}.")
        else:
            yield bug("real-labelled-fake", places[0], f"In the discriminator's update {told}.")
        return
    if own is None or own.is_up == real.is_up:
        return
    mine = f"the generator's step pulls the scores of its images {said(own)}"
    if not real.is_up:
        yield bug(
            "labels-swapped", places[0],
            f"In the discriminator's update {told}, while {mine}: the same way.",
        )  # fmt: skip
    elif own.is_climbed:
        yield bug("negated-loss", places[2], f"{mine[0].upper()}{mine[1:]}.")
    else:
        yield bug(
            "generator-labels-fake", places[2],
            f"In the discriminator's update {told}. {mine[0].upper()}{mine[1:]}, the way of the "
            "fake ones: it helps its opponent.",
        )  # fmt: skip
