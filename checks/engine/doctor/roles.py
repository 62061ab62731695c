"""Which of the networks that a script calls is its generator, and which its discriminator.

No names are looked at: G's images go into D, D's scores go into nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from checks.engine.doctor.evidence import Call, Module, Numbers, Optimizer, Pass, Seen, Step

PER_IMAGE = 1024  # numbers that a score map may have for an image


@dataclass
class Roles:
    """A generator and a discriminator, each with further modules of the same kind.

    `generator` may be missing where nothing that a network makes is ever shown to D.
    """

    seen: Seen
    discriminator: Module
    generator: Module | None
    others: list[Module] = field(default_factory=list)  # more of either kind

    def network(self, name: str) -> Module | None:
        """G or D."""
        return self.discriminator if name == "D" else self.generator

    def holders(self, network: Module) -> list[Optimizer]:
        """The optimizers that hold weights of a network."""
        return [o for o in self.seen.optimizers.values() if o.weights & network.weights]

    def steps_of(self, network: Module) -> list[Step]:
        """The steps of the optimizers that hold its weights."""
        held = {optimizer.id for optimizer in self.holders(network)}
        return [step for step in self.seen.steps if step.optimizer in held]

    def made_by(self, call: Call) -> list[Call]:
        """The generator's calls that a call of D was fed from."""
        if self.generator is None:
            return []
        family = {self.generator.id, *(m.id for m in self.others if m is not self.discriminator)}
        return [
            self.seen.calls[n] for n in sorted(call.sources)
            if n in self.seen.calls and self.seen.calls[n].module in family
        ]  # fmt: skip

    def fakes(self, call: Call) -> Numbers:
        """Which rows of D's call were made by a network; none in a mixture that can't be told."""
        rows = call.rows
        if not self.made_by(call):
            return np.zeros(rows, bool)
        if call.made_rows is None or call.real_rows is None:
            return np.ones(rows, bool)
        if len(call.made_rows) != rows:
            return np.zeros(rows, bool)
        if call.made_rows.any():
            return call.made_rows
        if call.real_rows.any():
            return ~call.real_rows
        return np.full(rows, not (call.is_real and call.has_noise and self._is_blend(call)))

    def _is_blend(self, call: Call) -> bool:
        """Whether real and fake images were blended, as a gradient penalty does."""
        return any(one.has_penalty for one in self.seen.passes)

    def reals(self, call: Call) -> Numbers:
        """Which rows of D's call are real, or at least no network's and no plain noise."""
        rows = call.rows
        if not self.made_by(call):
            return np.full(rows, not call.is_noise or not self.has_data)
        if call.made_rows is None or len(call.made_rows) != rows or not call.made_rows.any():
            if call.real_rows is None or len(call.real_rows) != rows:
                return np.zeros(rows, bool)
            return call.real_rows
        return ~call.made_rows

    @property
    def has_data(self) -> bool:
        """Whether real data ever came in."""
        return any(call.is_real for call in self.seen.calls.values())


def found_roles(seen: Seen) -> Roles | None:
    """The roles of a run's networks; None where there are no two that play against each other."""
    networks = _networks(seen)
    feeds: dict[int, set[int]] = {module.id: set() for module in networks}
    known = {module.id: module for module in networks}
    for call in seen.calls.values():
        if call.module not in known:
            continue
        for number in call.sources:
            source = seen.calls.get(number)
            if source and source.module in known and source.module != call.module:
                feeds[source.module].add(call.module)
    scored = {number for one in seen.passes for number in one.forces}
    fed = {target for targets in feeds.values() for target in targets}
    judges = [
        module for module in networks
        if not feeds[module.id] and _width(seen, module) <= PER_IMAGE and _width(seen, module)
    ]  # fmt: skip
    sinks = [module for module in judges if module.id in fed]
    if sinks:
        judge = min(sinks, key=lambda m: (_never_scored(seen, m, scored), _width(seen, m)))
        makers = [m for m in networks if judge.id in feeds[m.id]]
        # Where others make its images, what is shown real ones is the first part of D.
        trunks = [m for m in makers if any(_is_shown_data(c) for c in seen.calls_of(m.id))]
        makers = [m for m in makers if m not in trunks] or makers
        maker = max(makers, key=lambda m: _times_last(seen, m, judge))
        others = [m for m in (*makers, *sinks) if m not in (judge, maker)]
        return Roles(seen, judge, maker, [*dict.fromkeys(others)])
    return _unconnected(seen, networks, judges)


def _is_shown_data(call: Call) -> bool:
    return call.is_real and not call.sources


def _unconnected(seen: Seen, networks: list[Module], judges: list[Module]) -> Roles | None:
    """Roles where no network's images reach another: by what goes in."""
    makers = [m for m in networks if any(c.is_noise for c in seen.calls_of(m.id))]
    shown = [m for m in judges if any(c.is_real for c in seen.calls_of(m.id))]
    # On a way through NumPy even the real images lose their origin: sizes that fit have to do.
    shown = shown or [m for m in judges if any(_fits(seen, maker, m) for maker in makers)]
    makers = [m for m in makers if m not in shown[:1]]
    makers = [m for m in makers if _fits(seen, m, shown[0])] or makers if shown else []
    return Roles(seen, shown[0], makers[0]) if shown and makers else None


def _fits(seen: Seen, maker: Module, judge: Module) -> bool:
    """Whether one takes images of the size that the other makes."""
    taken = {shape[1:] for c in seen.calls_of(judge.id) for shape in c.shapes[:1]}
    return maker is not judge and any(c.out[1:] in taken for c in seen.calls_of(maker.id) if c.out)


def _networks(seen: Seen) -> list[Module]:
    """The modules that act as wholes: no wrappers around several, no parts of one."""
    outermost = {call.module for call in seen.calls.values() if call.parent < 0}
    chosen = {m for m in outermost if m in seen.modules}
    held = [optimizer.weights for optimizer in seen.optimizers.values()]
    called = {call.module for call in seen.calls.values()}
    for each in seen.modules.values():
        if each.id in called and each.weights in held and not _has_twin(each, chosen, seen):
            chosen.add(each.id)
    for key in list(outermost):  # what a wrapper calls itself may be a network
        module = seen.modules.get(key)
        if module is None or not module.inner & chosen:
            continue
        inside = {
            call.module for call in seen.calls.values()
            if call.parent >= 0 and seen.calls[call.parent].module == key
        }  # fmt: skip
        if _is_wrapper(module, chosen | inside, seen):
            chosen |= inside
    wrappers = {key for key in chosen if _is_wrapper(seen.modules[key], chosen, seen)}
    chosen -= wrappers
    parts = {
        key for key in chosen
        if any(key in seen.modules[other].inner for other in chosen if other != key)
    }  # fmt: skip
    return [module for module in seen.modules.values() if module.id in chosen - parts]


def _has_twin(module: Module, chosen: Iterable[int], seen: Seen) -> bool:
    """Whether a chosen module holds the same weights, as a wrapper for several cards does."""
    return any(seen.modules[key].weights == module.weights for key in chosen)


def _is_wrapper(module: Module, chosen: Iterable[int], seen: Seen) -> bool:
    """Whether it holds several networks with weights of their own."""
    inner = [seen.modules[key] for key in chosen if key in module.inner and key in seen.modules]
    inner = [m for m in inner if not any(m.id in other.inner for other in inner)]
    return any(
        not one.weights & other.weights and _feeds(one, other, seen)
        for one in inner for other in inner if one is not other
    )  # fmt: skip


def _feeds(one: Module, other: Module, seen: Seen) -> bool:
    """Whether one is called on its own, outside of the other's module."""
    return _is_called_apart(one, seen) or _is_called_apart(other, seen)


def _is_called_apart(module: Module, seen: Seen) -> bool:
    return any(call.parent < 0 for call in seen.calls_of(module.id)) or any(
        optimizer.weights == module.weights for optimizer in seen.optimizers.values()
    )


def _width(seen: Seen, module: Module) -> int:
    """How many numbers come out for each image."""
    for call in seen.calls_of(module.id):
        if call.out and call.out[0]:
            return int(np.prod(call.out[1:])) if len(call.out) > 1 else 1
    return 0


def _never_scored(seen: Seen, module: Module, scored: set[int]) -> bool:
    return not any(call.number in scored for call in seen.calls_of(module.id))


def _times_last(seen: Seen, module: Module, judge: Module) -> tuple[int, int]:
    """How often a network was the last before D, so that what stands before it counts less."""
    last = size = 0
    for call in seen.calls_of(judge.id):
        sources = [seen.calls[n] for n in sorted(call.sources) if n in seen.calls]
        outer = [each for each in sources if each.module == module.id]
        last += bool(outer) and outer[-1].number == max(
            (each.number for each in sources if each.parent < 0 or each.module == module.id),
            default=-1,
        )
        size += bool(outer)
    return last, size


def passes_with(roles: Roles, passes: Iterable[Pass]) -> list[Pass]:
    """Those that come from D's scores."""
    calls = {call.number for call in roles.seen.calls_of(roles.discriminator.id)}
    return [one for one in passes if calls & one.forces.keys()]
