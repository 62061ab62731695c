"""Which optimizer holds which weights, at what rates, and whether it stays the same one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from checks.engine.doctor.evidence import Module, Optimizer, Step
from checks.engine.doctor.finding import NAMES, OTHER, Finding, advice, bug
from checks.engine.doctor.roles import Roles
from checks.engine.doctor.updates import owner_of

TOO_FAST = {"Adam": 0.1, "AdamW": 0.1, "NAdam": 0.1, "RMSprop": 0.1, "SGD": 2.0}
FAST = {"Adam": 0.005, "AdamW": 0.005, "NAdam": 0.005, "RMSprop": 0.005}
TOO_SLOW = 1e-7


def held(roles: Roles) -> Iterator[Finding]:
    """Networks that no optimizer holds, or one that holds both, or that holds too little."""
    seen = roles.seen
    if not seen.optimizers or roles.generator is None:
        return
    networks = {"G": roles.generator, "D": roles.discriminator}
    if networks["G"].weights & networks["D"].weights:
        return
    for name, network in networks.items():
        if not roles.holders(network) and seen.steps:
            yield _unheld(roles, name, network)
            return
    both = [
        o for o in seen.optimizers.values()
        if all(o.weights & each.weights for each in networks.values())
    ]  # fmt: skip
    if all(len(roles.holders(each)) > len(both) for each in networks.values()):
        both = []  # each has its own as well: a third loss, for both of them
    for optimizer in both:
        steps = [s for s in seen.steps if s.optimizer == optimizer.id]
        if any(all(s.moved & each.weights for each in networks.values()) for s in steps):
            yield bug(
                "one-optimizer-for-both", optimizer.place,
                f"The {optimizer.kind} made here holds the weights of both networks, and each of "
                "its steps moves both: the discriminator's loss moves the generator, and the "
                "reverse.",
            )  # fmt: skip
            return
    if (swapped := _swapped(roles)) is not None:
        yield swapped
        return
    for name, network in networks.items():
        yield from _part(roles, name, network)


def _unheld(roles: Roles, name: str, network: Module) -> Finding:
    """A network that no optimizer holds."""
    seen, other = roles.seen, roles.network(OTHER[name])
    strangers = [
        o for o in seen.optimizers.values()
        if not any(o.weights & m.weights for m in seen.modules.values())
    ]  # fmt: skip
    if strangers:
        return bug(
            "wrong-optimizer-weights", strangers[-1].place,
            f"No optimizer holds the weights of the {NAMES[name]} that runs. The one made here "
            "holds those of another network, which is never called.",
        )  # fmt: skip
    doubled = roles.holders(other) if other is not None else []
    chosen = next((o for o in doubled if _steps_for(roles, o, name)), None)
    chosen = chosen or (doubled[-1] if doubled else next(iter(seen.optimizers.values())))
    what = f"holds the {NAMES[OTHER[name]]}'s" if chosen in doubled else "holds others"
    return bug(
        "wrong-optimizer-weights", chosen.place,
        f"No optimizer holds the {NAMES[name]}'s weights, so it never learns: the optimizer made "
        f"here {what}.",
    )  # fmt: skip


def _steps_for(roles: Roles, optimizer: Optimizer, name: str) -> bool:
    """Whether an optimizer steps after the backward passes of this network's loss."""
    seen = roles.seen
    owners = []
    for step in seen.steps:
        if step.optimizer == optimizer.id:
            before = [one for one in seen.passes if one.at < step.at]
            owners.append(owner_of(roles, before[-1], by_step=False) if before else "")
    return Counter(owners)[name] > len(owners) / 2


def _swapped(roles: Roles) -> Finding | None:
    """Each network's optimizer steps after the other's loss."""
    assert roles.generator is not None
    first: list[Step] = []
    for name, network in (("G", roles.generator), ("D", roles.discriminator)):
        steps = roles.steps_of(network)
        wrong = 0
        for step in steps:
            before = [
                one for one in roles.seen.passes
                if one.at < step.at and not any(
                    one.at < other.at < step.at for other in roles.seen.steps
                )
            ]  # fmt: skip
            owners = {owner_of(roles, one, by_step=False) for one in before}
            wrong += owners == {OTHER[name]}
        if wrong <= len(steps) / 2 or not steps:
            return None
        first.append(steps[0])
    return bug(
        "optimizers-swapped", first[0].place,
        "The generator's optimizer steps after the discriminator's loss, and the discriminator's "
        "after the generator's.",
    )  # fmt: skip


def _part(roles: Roles, name: str, network: Module) -> Iterator[Finding]:
    """An optimizer that leaves out weights which get gradients."""
    optimizers = roles.holders(network)
    left = network.weights - frozenset().union(*(o.weights for o in optimizers))
    reached = frozenset[int]().union(*(one.reached for one in roles.seen.passes))
    if left & reached and roles.seen.steps:
        count = f"{len(left & reached)} of {len(network.weights)}"
        yield bug(
            "optimizer-holds-a-part", optimizers[0].place,
            f"{count} weight tensors of the {NAMES[name]} get gradients and are in no optimizer, "
            "so they stay as they were drawn.",
        )  # fmt: skip


def rates(roles: Roles) -> Iterator[Finding]:
    """Learning rates without hope."""
    for name in "DG":
        network = roles.network(name)
        for optimizer in roles.holders(network) if network else ():
            used = [r for s in roles.seen.steps if s.optimizer == optimizer.id for r in s.rates]
            rate = max(used or optimizer.rates, default=0.0)
            said = f"The {NAMES[name]}'s {optimizer.kind} runs at a learning rate of {rate:g}"
            if rate >= TOO_FAST.get(optimizer.kind, 10.0):
                yield bug(
                    "learning-rate-hopeless", optimizer.place,
                    f"{said}: each step throws the weights about. GANs are usually trained at "
                    "about 0.0002.",
                )  # fmt: skip
            elif rate <= TOO_SLOW and used:
                yield bug(
                    "learning-rate-hopeless", optimizer.place, f"{said}: it hardly moves at all."
                )
            elif rate >= FAST.get(optimizer.kind, 10.0):
                yield advice(
                    "learning-rate-hopeless", optimizer.place,
                    f"{said}. That is high for a GAN; 0.0002 is usual.",
                )  # fmt: skip


def remade(roles: Roles) -> Iterator[Finding]:
    """Optimizers that are made anew while the training goes on."""
    for name in "DG":
        network = roles.network(name)
        if network is None:
            continue
        steps = roles.steps_of(network)
        used = dict.fromkeys(step.optimizer for step in steps)
        if len(used) > 2 and len(used) >= len(steps) / 2:
            first = roles.seen.optimizers[next(iter(used))]
            yield bug(
                "optimizer-remade", first.place,
                f"{len(used)} optimizers were made on this line for {len(steps)} steps of the "
                f"{NAMES[name]}: what {first.kind} remembers of earlier steps is lost each time.",
            )  # fmt: skip
        elif len(used) > 1:
            first = roles.seen.optimizers[next(iter(used))]
            if all(roles.seen.optimizers[o].place == first.place for o in used):
                yield advice(
                    "optimizer-remade", first.place,
                    f"The {NAMES[name]}'s optimizer is made anew while the training goes on, and "
                    "forgets what it had gathered.",
                )  # fmt: skip
