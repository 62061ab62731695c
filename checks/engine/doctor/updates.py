"""What each step applied: whose gradients, cleared when, computed before or after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks.engine.doctor.evidence import Call, Module, Pass, Place, Step
from checks.engine.doctor.finding import NAMES, OTHER, Finding, advice, bug
from checks.engine.doctor.roles import Roles

LEFT_OVER = 0.05  # what has a smaller factor is rounding
MOST = 0.9  # of a step, taken back before the next
FAINT = 1e-3
ADAPTIVE = ("Adam", "AdamW", "NAdam", "RMSprop")
ENOUGH_TURNS = 8  # steps of the other network after which one that never stepped will not


def owner_of(roles: Roles, one: Pass, *, by_step: bool = True) -> str:
    """Whose loss a pass comes from: "D", "G", or "" where that can't be told.

    Real images and cut fakes are D's business. Fakes that still have their graph are G's, unless
    the next step is D's: then D's loss has left the generator in.
    """
    kinds = shown(roles, one)
    if not kinds:
        return ""
    if "real" in kinds or "cut" in kinds:
        return "D"
    if not by_step:
        return "G"
    following = next((s for s in roles.seen.steps if s.at > one.at), None)
    if following is None or roles.generator is None:
        return "G"
    return "D" if _is_ds(roles, following, one) else "G"


def _is_ds(roles: Roles, following: Step, one: Pass) -> bool:
    assert roles.generator is not None
    optimizer = roles.seen.optimizers[following.optimizer]
    if not optimizer.weights & roles.discriminator.weights:
        return False
    if not one.reached & roles.discriminator.weights:  # D was frozen: the loss was not its own
        return False
    # The next step is D's. In a loop that steps both at the end, later passes decide.
    later = [p for p in roles.seen.passes if one.at < p.at < following.at]
    return not any("real" in shown(roles, p) for p in later) or _is_pulled_down(roles, one)


def _is_pulled_down(roles: Roles, one: Pass) -> bool:
    total = 0.0
    for number, force in one.forces.items():
        call = roles.seen.calls.get(number)
        if call is not None and call.module == roles.discriminator.id:
            total += float(force.sum())
    return total > 0


def shown(roles: Roles, one: Pass) -> set[str]:
    """What D was shown in the calls that a pass comes from: "real", "cut" fakes, "fake" ones."""
    kinds = set[str]()
    for call in scored_calls(roles, one):
        if roles.reals(call).any():
            kinds.add("real")
        if roles.fakes(call).any():
            kinds.add("cut" if call.cut else "fake")
        if call.is_noise and roles.has_data:
            kinds.add("cut")
    return kinds


def scored_calls(roles: Roles, one: Pass) -> list[Call]:
    """D's calls that a pass comes from, where it pulls at all."""
    return [
        call for number, force in one.forces.items()
        if (call := roles.seen.calls.get(number)) is not None
        and call.module == roles.discriminator.id and force.any()
    ]  # fmt: skip


# Steps without gradients --------------------------------------------------------------------------


def stepped(roles: Roles) -> Iterator[Finding]:
    """Networks whose steps move nothing, or that never step."""
    for name in "GD":
        network = roles.network(name)
        if network is None:
            continue
        steps = roles.steps_of(network)
        if not steps:
            yield from _never(roles, name, network)
            continue
        empty = [s for s in steps if not s.has_gradient & network.weights]
        reaching = [one for one in roles.seen.passes if one.reached & network.weights]
        first = steps[0]
        if first in empty and not any(one.at < first.at for one in reaching):
            again = [s for s in steps if s.place == first.place]
            if reaching and len(again) > 1:
                yield bug(
                    "step-before-backward", first.place,
                    f"The {NAMES[name]}'s first step came before any gradient had been computed "
                    "for it: step() runs before backward() in the loop.",
                )  # fmt: skip
                continue
        if len(empty) <= len(steps) / 2:
            continue
        if reaching and (cleared := _cleared_between(roles, name, empty, network)):
            yield bug(
                "zero-grad-before-step", cleared,
                f"At {len(empty)} of {len(steps)} steps the {NAMES[name]}'s gradients had been "
                "cleared after backward() and before step(), so nothing was left to apply.",
            )  # fmt: skip
            continue
        yield from _unreached(roles, name, network, empty)


def _never(roles: Roles, name: str, network: Module) -> Iterator[Finding]:
    """A network whose optimizer never steps although the other's does, often."""
    holders = roles.holders(network)
    others = roles.steps_of(roles.network(OTHER[name]) or network)
    if holders and len(others) >= ENOUGH_TURNS and roles.seen.ended != "error":
        yield bug(
            "no-step", holders[0].place,
            f"The {NAMES[name]}'s optimizer was made here and did not step once, while the "
            f"{NAMES[OTHER[name]]}'s stepped {len(others)} times.",
        )  # fmt: skip


def _cleared_between(
    roles: Roles, name: str, steps: Sequence[Step], network: Module
) -> Place | None:
    """Where gradients are cleared between a pass and the step; None if they are not."""
    for step in steps:
        start = max((s.at for s in roles.steps_of(network) if s.at < step.at), default=0)
        before = [one.at for one in roles.seen.passes
                  if start < one.at < step.at and one.reached & network.weights
                  and owner_of(roles, one) in (name, "")]  # fmt: skip
        if not before:
            continue
        for zeroing in reversed(roles.seen.zeroings):
            if before[-1] < zeroing.at < step.at and zeroing.weights & network.weights:
                return zeroing.place
    return None


def _unreached(
    roles: Roles, name: str, network: Module, steps: Sequence[Step]
) -> Iterator[Finding]:
    """Why no gradient reaches a network."""
    step = steps[-1]
    start = max((s.at for s in roles.seen.steps if s.at < step.at), default=0)
    calls = [c for c in roles.seen.calls_of(roles.discriminator.id) if start < c.at < step.at]
    passes = [one for one in roles.seen.passes if start < one.at < step.at]
    count = f"At {len(steps)} steps of the {NAMES[name]} there was no gradient to apply: "
    if name == "G":
        for call in reversed(calls):
            made = roles.made_by(call)
            if made and call.cut and passes:
                if not made[-1].graph:
                    yield bug(
                        "no-grad-in-generator-step", made[-1].place,
                        f"{count}the images were made here without a graph, under no_grad.",
                    )  # fmt: skip
                else:
                    yield bug(
                        "detach-in-generator-step", call.place,
                        f"{count}the generator's images are cut off from its graph when the "
                        "discriminator scores them here.",
                    )  # fmt: skip
                return
    if not passes:
        yield bug("no-backward", step.place, f"{count}no backward() ran before this step.")
        return
    for call in reversed(calls):
        if not call.graph:
            yield bug(
                "graph-cut", call.place,
                f"{count}the discriminator scores its images here under no_grad.",
            )  # fmt: skip
            return
    own = [c for c in roles.seen.calls_of(network.id) if c.graph and c.at < step.at]
    if own and passes and not any(one.reached & network.weights for one in roles.seen.passes):
        yield bug(
            "graph-cut", passes[-1].place,
            f"{count}backward() starts here, and on the way to the {NAMES[name]}'s weights the "
            "graph is cut, or goes through something without a slope, such as rounding.",
        )  # fmt: skip


# Steps without effect -----------------------------------------------------------------------------


def undone(roles: Roles) -> Iterator[Finding]:
    """Steps that something else takes back, or that are scaled down to nothing."""
    for name in "GD":
        network = roles.network(name)
        steps = roles.steps_of(network) if network else []
        back = [s.undone for s in steps[1:]]
        if len(back) > 1 and min(back) > MOST:
            yield bug(
                "update-undone", steps[-1].place,
                f"Before the {NAMES[name]}'s next step something else has written to its weights "
                f"each time, and taken back {min(back):.1%} of what this one had done.",
            )  # fmt: skip
        faint = [s for s in steps if _is_faint(roles, s)]
        if len(steps) > 2 and len(faint) == len(steps):
            step = faint[-1]
            scale = max(abs(factor) for _, factor in used_parts(roles, step))
            yield bug(
                "gradients-scaled-away", step.place,
                f"Of the gradients that backward() gave the {NAMES[name]}, {scale:.0e} was left at "
                f"this step: no weight moved by more than {step.way:.0e}, at a learning rate of "
                f"{max(step.rates):g}.",
            )  # fmt: skip


def _is_faint(roles: Roles, step: Step) -> bool:
    """Whether a step like Adam's, which is about the rate long, is far shorter, and why."""
    used = used_parts(roles, step)
    return (
        roles.seen.optimizers[step.optimizer].kind in ADAPTIVE
        and step.way < FAINT * max(step.rates, default=0.0)
        and bool(used)
        and max(abs(factor) for _, factor in used) < FAINT
    )


# Gradients that should not be there ---------------------------------------------------------------


def cleared(roles: Roles) -> Iterator[Finding]:
    """Old gradients, or the other network's, in a step."""
    for name in "DG":
        network = roles.network(name)
        if network is None:
            continue
        steps = roles.steps_of(network)
        kept = [s for s in steps[1:] if abs(s.kept) > LEFT_OVER]
        if kept and len(kept) > (len(steps) - 1) / 2:
            yield bug(
                "gradients-never-cleared", kept[0].place,
                f"At {len(kept)} of {len(steps)} steps the {NAMES[name]} also applied the "
                "gradients of its step before: they had not been cleared before the new ones came.",
            )  # fmt: skip
            continue
        yield from _leaked(roles, name, steps)
    yield from _left_in(roles)


def _leaked(roles: Roles, name: str, steps: Sequence[Step]) -> Iterator[Finding]:
    """The other network's loss in a network's step."""
    other = OTHER[name]
    leaks: list[tuple[Step, Pass]] = []
    joint: list[tuple[Step, Pass]] = []
    for step in steps:
        used = used_parts(roles, step)
        owners = {owner_of(roles, one) for one, _ in used}
        for one, _ in used:
            if owner_of(roles, one) == other and name in owners:
                leaks.append((step, one))
                break
        else:
            joint += [(step, one) for one, _ in used if name == "D" and _is_joint(roles, one)][:1]
    for found in (leaks, joint):
        if len({step.number for step, _ in found}) > len(steps) / 3 and found:
            step, one = found[-1]
            line = f"line {one.place.line}"
            yield bug(
                f"{NAMES[other]}-gradients-leak", step.place,
                f"In {len(found)} of {len(steps)} of its steps the {NAMES[name]} also followed the "
                f"{NAMES[other]}'s loss (backward on {line}): those gradients were still there.",
            )  # fmt: skip
            return


def used_parts(roles: Roles, step: Step) -> list[tuple[Pass, float]]:
    """The passes that a step's gradient is made of, with their factors."""
    largest = max((abs(factor) for _, factor in step.parts), default=0.0)
    return [
        (roles.seen.passes[n], factor) for n, factor in step.parts
        if 0 <= n < len(roles.seen.passes) and abs(factor) > LEFT_OVER * largest
    ]  # fmt: skip


def _is_joint(roles: Roles, one: Pass) -> bool:
    """Whether one pass pulls fakes down for D, and up through their graph for G."""
    down = up = False
    for call in scored_calls(roles, one):
        force = one.forces[call.number]
        fakes = roles.fakes(call)
        if len(force) != len(fakes) or not fakes.any():
            continue
        mean = float(force[fakes].mean())
        if call.cut:
            down |= mean > 0
        else:
            up |= mean < 0
    return down and up


def _left_in(roles: Roles) -> Iterator[Finding]:
    """The generator in the graph of D's loss: a waste, where nothing comes of it."""
    if roles.generator is None:
        return
    reaching = [
        one for one in roles.seen.passes
        if owner_of(roles, one) == "D" and one.reached & roles.generator.weights
    ]  # fmt: skip
    if reaching:
        yield advice(
            "graph-left-in", reaching[0].place,
            "The discriminator's loss goes backward through the generator as well. The gradients "
            "are cleared before they do harm, but they cost time; detach() saves it.",
        )  # fmt: skip
