"""What goes in: real images and their range, noise, loaders and their order."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from checks.engine.doctor.evidence import Call
from checks.engine.doctor.finding import Finding, advice, bug
from checks.engine.doctor.losses import last_operation
from checks.engine.doctor.roles import Roles

SLACK = 0.02


def ranges(roles: Roles) -> Iterator[Finding]:
    """Real images in another range than G can reach; asked only where the data are known."""
    if roles.generator is None or not any(
        kind in ("data", "given") for kind, _ in roles.seen.stand_ins
    ):
        return
    real = [
        (c, shown)
        for c in roles.seen.calls_of(roles.discriminator.id)
        if _is_untouched(c) and _is_image(roles, c) and (shown := _range(roles, c))
    ]
    made = [c for c in roles.seen.calls_of(roles.generator.id) if c.ends]
    if not real or not made:
        return
    low, high = min(shown[0] for _, shown in real), max(shown[1] for _, shown in real)
    last = last_operation(made[0].ends)
    said = f"Real images run from {low:.2f} to {high:.2f} when the discriminator gets them here"
    place = real[0][0].place
    if last.startswith("Tanh"):
        if high > 10:
            yield bug("pixels-raw", place, f"{said}, the generator's from -1 to 1.")
        elif low > -SLACK and high <= 1 + SLACK:
            yield bug(
                "pixels-other-range", place,
                f"{said}, and the generator ends in tanh, which reaches from -1 to 1: black is 0 "
                "in one and -1 in the other, so the discriminator tells them apart by that alone.",
            )  # fmt: skip
        elif high > 1 + 10 * SLACK or low < -1 - 10 * SLACK:
            yield bug(
                "pixels-standardized", place,
                f"{said}, and the generator ends in tanh, which reaches from -1 to 1 only.",
            )  # fmt: skip
    elif last.startswith("Sigmoid"):
        if high > 10:
            yield bug("pixels-raw", place, f"{said}, the generator's from 0 to 1.")
        elif low < -0.3:
            yield bug(
                "generator-sigmoid-output", place,
                f"{said}, and the generator ends in a sigmoid, which reaches from 0 to 1 only.",
            )  # fmt: skip
    elif last.startswith(("Relu", "Threshold")) and low < -0.3:
        yield bug(
            "generator-relu-output", made[0].place,
            f"{said}, and the generator ends in a ReLU, which is never below 0.",
        )  # fmt: skip


def _is_untouched(call: Call) -> bool:
    """Whether real images are in it as they came, without noise on them."""
    # Where images can be recognized among others, whatever is random came in with the fakes.
    known = [rows for rows in (call.real_rows, call.made_rows) if rows is not None]
    return call.is_real and (not call.has_noise or any(rows.any() for rows in known))


def _is_image(roles: Roles, call: Call) -> bool:
    """Whether D is shown as many numbers an image as G makes, and no features of it."""
    assert roles.generator is not None
    made = {prod(c.out[1:]) for c in roles.seen.calls_of(roles.generator.id) if c.out}
    return bool(call.shapes) and prod(call.shapes[0][1:]) in made


def _range(roles: Roles, call: Call) -> tuple[float, ...]:
    """Between what the real images of a call lie; () where there are none."""
    reals = roles.reals(call)
    if not reals.any():
        return ()
    return call.range if reals.all() else call.range_of_others


def sizes(roles: Roles) -> Iterator[Finding]:
    """Fake images of another size than real ones, which D can do with where it averages."""
    shapes: dict[bool, set[tuple[int, ...]]] = {True: set(), False: set()}
    place = None
    for call in roles.seen.calls_of(roles.discriminator.id):
        fakes, reals = roles.fakes(call), roles.reals(call)
        if call.shapes and fakes.any() != reals.any():
            shapes[bool(fakes.any())].add(call.shapes[0][1:])
            place = call.place
    if place and shapes[True] and shapes[False] and not shapes[True] & shapes[False]:
        fake, real = (min(shapes[is_fake]) for is_fake in (True, False))
        if len(fake) == len(real) == 3 and prod(fake) != prod(real):
            yield bug(
                "image-sizes-differ", place,
                f"The discriminator is shown real images of {real} and fake ones of {fake}: it "
                "tells them apart by their size.",
            )  # fmt: skip


def noise(roles: Roles) -> Iterator[Finding]:
    """One and the same noise at all steps."""
    if roles.generator is None:
        return
    steps = [step.at for step in roles.steps_of(roles.generator)]
    calls = [
        c for c in roles.seen.calls_of(roles.generator.id)
        if c.graph and c.print and (c.is_noise or not c.sources)
    ]  # fmt: skip
    # Those of different turns: between two of them G has stepped.
    turns: dict[int, list[Call]] = {}
    for call in calls:
        turns.setdefault(sum(at < call.at for at in steps), []).append(call)
    turns = {turn: group for turn, group in turns.items() if group}
    if len(turns) < 3:
        return
    by_rows: dict[int, set[tuple[float, ...]]] = {}
    for group in turns.values():
        for call in group:
            by_rows.setdefault(call.rows, set()).add(call.print)
    prints = max(by_rows.values(), key=len)
    full = max((c.rows for c in calls), default=0)
    repeated = [c for group in turns.values() for c in group if c.rows == full]
    if len({c.print for c in repeated}) == 1 and len(repeated) > 2 and len(prints) == 1:
        yield bug(
            "noise-reused", repeated[-1].place,
            f"The generator was given the same noise in all {len(turns)} turns: it only ever "
            "learns to draw these images.",
        )  # fmt: skip


def conditions(roles: Roles) -> Iterator[Finding]:
    """A conditional D that is told other labels of the fakes than G was given, or of the data."""
    for is_cut in (True, False):
        yield from _conditions(roles, is_cut)
    yield from _conditions_of_data(roles)


def _conditions(roles: Roles, is_cut: bool) -> Iterator[Finding]:
    apart: list[Call] = []
    for call in roles.seen.calls_of(roles.discriminator.id):
        made = roles.made_by(call)
        if not made or roles.reals(call).any() or call.cut is not is_cut:
            continue
        given = list(zip(made[-1].shapes, made[-1].conditions, strict=False))
        told = list(zip(call.shapes[1:], call.conditions[1:], strict=False))
        shared = {shape for shape, _ in told} & {shape for shape, _ in given}
        if any(pair in given for pair in told):
            return
        apart += [call] if shared else []
    if len(apart) > 1:
        yield bug(
            "condition-mismatch", apart[0].place,
            f"In {len(apart)} calls the discriminator is told other labels of the generator's "
            "images than the generator was given for them.",
        )  # fmt: skip


def _conditions_of_data(roles: Roles) -> Iterator[Finding]:
    """Real images that come with the generator's labels, and never with their own."""
    given = {
        pair for call in roles.seen.calls_of(roles.generator.id if roles.generator else -1)
        for pair in zip(call.shapes, call.conditions, strict=False)
    }  # fmt: skip
    known = set(roles.seen.labels)
    sizes = {shape for shape, _ in known}
    others: list[Call] = []
    for call in roles.seen.calls_of(roles.discriminator.id):
        if not call.is_real or roles.made_by(call):
            continue
        told = list(zip(call.shapes[1:], call.conditions[1:], strict=False))
        if call.has_own_label or any(pair in known for pair in told):
            return
        others += [call] if any(p in given and p[0] in sizes for p in told) else []
    if len(others) > 1:
        yield bug(
            "real-condition-mismatch", others[0].place,
            f"In {len(others)} calls the discriminator is told of real images the labels that the "
            "generator was given, and never those that came with them.",
        )  # fmt: skip


def loading(roles: Roles) -> Iterator[Finding]:
    """Loaders that do not shuffle, are begun anew at each step, or end before G steps."""
    events = roles.seen.batches
    begins = [each for each in events if each.kind == "begin"]
    given = [each for each in events if each.kind == "batch"]
    if not begins:
        return
    in_order = all(each.more.get("in_order") is True for each in begins)
    anew = len(begins) > 3 and len(given) <= len(begins) and begins[0].more.get("count", 0) > 1
    if anew and in_order:
        yield bug(
            "iterator-remade", begins[-1].place,
            "The loader is begun anew for each batch, without shuffling: every step sees the first "
            "batch, and no other image is ever shown.",
        )  # fmt: skip
    elif anew:
        yield advice(
            "iterator-remade", begins[-1].place,
            "The loader is begun anew for each batch: it shuffles all images to use a few of them.",
        )  # fmt: skip
    elif in_order:
        yield advice(
            "images-not-shuffled", begins[0].place,
            "The loader gives the images in the same order in each epoch; shuffle=True "
            "changes that.",
        )  # fmt: skip
    yield from _outside(roles)


def _outside(roles: Roles) -> Iterator[Finding]:
    """G's steps that come between two epochs, and never within one."""
    if roles.generator is None:
        return
    spans: list[tuple[int, int]] = []
    start = None
    for event in roles.seen.batches:
        if event.kind == "begin":
            if start is not None:
                return  # left before its end, to take a few batches
            start = event.at
        elif event.kind == "end" and start is not None:
            spans.append((start, event.at))
            start = None
    if start is not None:
        spans.append((start, 1 << 60))
    own = roles.steps_of(roles.generator)
    others = roles.steps_of(roles.discriminator)

    def within(at: int) -> bool:
        return any(first < at < last for first, last in spans)

    if len(own) > 1 and not any(within(s.at) for s in own) and spans:
        inside = [s for s in others if within(s.at)]
        if len(inside) > len(own):
            yield bug(
                "generator-outside-loop", own[0].place,
                f"The generator steps once the batches of an epoch are through: {len(own)} steps "
                f"of its own against {len(inside)} of the discriminator's.",
            )  # fmt: skip
