"""What a Wasserstein GAN asks for beside its loss (Arjovsky et al., 2017; Gulrajani et al., 2017).

Its critic has to be held in check, by clipped weights, a penalty on its gradient or spectral norm,
and its scores are plain numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.engine.doctor.finding import Finding, bug
from checks.engine.doctor.losses import gathered, is_probability
from checks.engine.doctor.roles import Roles
from checks.engine.doctor.updates import owner_of, scored_calls

SMALL = 0.01


def critics(roles: Roles) -> Iterator[Finding]:
    """A critic without a bound, or that ends in a sigmoid; a penalty that teaches nothing."""
    penalties = roles.seen.penalties
    if len(penalties) > 1 and roles.seen.steps and not any(reached for _, reached in penalties):
        yield bug(
            "penalty-cut", penalties[-1][0],
            f"The gradient was taken here {len(penalties)} times, and no backward() ever went "
            "through it: the penalty is a number in the loss, and moves no weight.",
        )  # fmt: skip
        return
    steps = roles.steps_of(roles.discriminator)
    groups = gathered(roles)
    is_p = is_probability(roles)
    pulls = [groups[name].pull(is_p) for name in ("D real", "D fake")]
    if len(steps) < 2 or not all(pull is not None and pull.form == "linear" for pull in pulls):
        return
    rests = _rests(roles)
    if any(abs(rest) > SMALL * max(abs(loss), 0.1) for rest, loss in rests):
        flat = [one for one in roles.seen.passes if one.of_inputs]
        beside = [rest for rest, _ in rests]
        varies = max(beside) - min(beside) > SMALL  # a hinge's rest is its 1 each time
        is_free = not roles.discriminator.is_bounded and not penalties
        if len(flat) > 1 and is_free and varies and _pulls_at_all(roles):
            yield bug(
                "penalty-cut", flat[-1].place,
                f"The gradient was taken here {len(flat)} times without create_graph=True, so no "
                "backward() can go through it: the penalty is a number in the loss, and moves no "
                "weight.",
            )  # fmt: skip
        return
    if is_p:
        yield bug(
            "critic-sigmoid", groups["D real"].place,
            "The loss is the mean of the scores, as of a Wasserstein critic, and the scores come "
            "out of a sigmoid.",
        )  # fmt: skip
    elif not roles.discriminator.is_bounded and not penalties:
        yield bug(
            "critic-unbounded", steps[-1].place,
            "The loss is the mean of the scores, as of a Wasserstein critic, and nothing holds its "
            "weights in check: they are not clipped, and there is no penalty on its gradient.",
        )  # fmt: skip


def _rests(roles: Roles) -> list[tuple[float, float]]:
    """What D's losses hold beside a mean of its scores, each with the loss."""
    rests = []
    for one in roles.seen.passes:
        if owner_of(roles, one) == "D" and not one.has_penalty:
            told = sum(
                float(one.forces[call.number] @ call.scores)
                for call in scored_calls(roles, one)
                if call.scores is not None and len(call.scores) == len(one.forces[call.number])
            )
            loss = sum(one.losses)
            rests.append((loss - told, loss))
    return rests


def _pulls_at_all(roles: Roles) -> bool:
    """Whether D's losses pull at each of its scores, as a hinge does not."""
    return all(
        bool(one.forces[call.number].all())
        for one in roles.seen.passes if owner_of(roles, one) == "D"
        for call in scored_calls(roles, one)
    )  # fmt: skip
