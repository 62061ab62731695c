"""The two networks themselves: how they end, in which mode they learn, what is kept of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from checks.engine.doctor.evidence import Module, Place
from checks.engine.doctor.finding import NAMES, Finding, advice, bug
from checks.engine.doctor.losses import PASSING, is_probability, last_operation
from checks.engine.doctor.roles import Roles
from checks.engine.doctor.updates import used_parts

BENT = ("Relu", "LeakyRelu", "Elu", "Sigmoid", "Softplus", "Gelu", "Threshold")
STRETCHING = ("mse_loss", "l1_loss", "smooth_l1_loss")
LOGITS = "binary_cross_entropy_with_logits"
LABELS = ("Embedding",)  # one table of labels may well serve both
MODAL = ("Dropout", "BatchNorm", "SyncBatchNorm", "AlphaDropout")


def shapes(roles: Roles) -> Iterator[Finding]:
    """Scores made alike by a softmax of one number, labels of another shape, two sigmoids."""
    for odd in roles.seen.oddities:
        if odd.kind == "softmax-of-one":
            yield bug(
                "softmax-of-one", odd.place,
                "A softmax is taken over a single number here. It is 1 whatever the number is, so "
                "every image gets the same score.",
            )  # fmt: skip
            return
    for loss in roles.seen.losses:
        first, second = (tuple(shape) for shape in loss.more["shapes"])
        if loss.kind in STRETCHING and first != second and 1 not in (_size(first), _size(second)):
            yield bug(
                "label-shape", loss.place,
                f"Scores of shape {first} are compared with labels of shape {second}: PyTorch "
                "stretches both, and compares each score with every label.",
            )  # fmt: skip
            return
    for loss in roles.seen.losses:
        ends = tuple(str(each) for each in loss.more["ends"])
        if loss.kind == LOGITS and last_operation(ends).startswith("Sigmoid"):
            yield bug(
                "sigmoid-twice", loss.place,
                "The scores that this loss is given have been through a sigmoid, and it takes the "
                "sigmoid once more: it expects plain numbers.",
            )  # fmt: skip
            return


def shared(roles: Roles) -> Iterator[Finding]:
    """Layers that both networks are made of, and that both networks' optimizers move."""
    if roles.generator is None:
        return
    common = roles.generator.weights & roles.discriminator.weights
    layers = zip(roles.discriminator.layers, roles.discriminator.layer_weights, strict=False)
    named = [layer for layer, weights in layers if weights & common]
    if any(layer.startswith(LABELS) for layer in named):
        return
    # A script that the sharing itself has ended shows who would have moved them next.
    moving = [
        o for o in roles.seen.optimizers.values()
        if o.weights & common and (roles.seen.crash is not None or any(
            s.optimizer == o.id and s.moved & common for s in roles.seen.steps
        ))
    ]  # fmt: skip
    owners = [
        network for network in (roles.generator, roles.discriminator)
        if any(o.weights & (network.weights - common) for o in moving)
    ]  # fmt: skip
    if named and len(owners) > 1 and len(moving) > 1:
        call = next(iter(roles.seen.calls_of(roles.discriminator.id)))
        yield bug(
            "layers-shared", call.place,
            f"The generator and the discriminator have {len(named)} of their layers in common, "
            f"such as {named[0]}: each one's steps move the other.",
        )  # fmt: skip


def scores(roles: Roles) -> Iterator[Finding]:
    """How D ends: an activation before the sigmoid."""
    ends = next((c.ends for c in roles.seen.calls_of(roles.discriminator.id) if c.ends), ())
    plain = [each for each in ends if not each.startswith(PASSING)]
    if is_probability(roles) and len(plain) > 1 and plain[1].startswith(BENT):
        call = next(iter(roles.seen.calls_of(roles.discriminator.id)))
        mistake = "scores-sigmoid-twice" if plain[1].startswith("Sigmoid") else (
            "activation-before-sigmoid")  # fmt: skip
        level = bug if plain[1].startswith(("Relu", "Sigmoid")) else advice
        what = plain[1].partition("Backward")[0]
        yield level(
            mistake, call.place,
            f"Just before its last sigmoid the discriminator applies a {what}: a part of the range "
            "from 0 to 1 is out of its reach.",
        )  # fmt: skip


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for each in shape:
        size *= each
    return size


def modes(roles: Roles) -> Iterator[Finding]:
    """Networks with dropout or batch-norm that learn in eval mode; dropout that is always on."""
    for name in "GD":
        network = roles.network(name)
        if network is None:
            continue
        used = {
            number for step in roles.steps_of(network) for one, _ in used_parts(roles, step)
            for number in (*one.forces, *one.sources)
        }  # fmt: skip
        calls = [c for c in roles.seen.calls_of(network.id) if c.number in used]
        evals = [c for c in calls if not c.training]
        if calls and len(evals) > len(calls) / 2:
            has = [layer for layer in network.layers if layer.startswith(MODAL)]
            said = f"{len(evals)} of {len(calls)} calls that the {NAMES[name]} learns from were "
            if has:
                yield bug(
                    "training-in-eval-mode", evals[-1].place,
                    f"{said}in eval mode, in which its {has[0].partition('(')[0]} layers do not do "
                    "their work.",
                )  # fmt: skip
            else:
                yield advice(
                    "training-in-eval-mode", evals[-1].place,
                    f"{said}in eval mode. It has no layers that mind, so nothing is lost yet.",
                )  # fmt: skip
    for odd in roles.seen.oddities:
        if odd.kind == "dropout-in-eval":
            yield bug(
                "dropout-always-on", odd.place,
                "Dropout is applied here although the network is in eval mode: F.dropout does not "
                "look at the mode by itself.",
            )  # fmt: skip


def kept(roles: Roles) -> Iterator[Finding]:
    """Losses kept with their graphs, weights that are no numbers any more, new networks."""
    for name, count in roles.seen.graphs:
        yield advice(
            "losses-keep-graphs", _line_of(roles, name),
            f"{name} still holds the graphs of {count} losses, so the memory of every step stays "
            "in use.",
        )  # fmt: skip
        break
    broken = next((s for s in roles.seen.steps if not s.is_finite), None)
    if broken is not None:
        yield bug(
            "not-finite", broken.place,
            "After this step weights are NaN or infinite; nothing is learned from there on.",
        )  # fmt: skip
    for name in "GD":
        network = roles.network(name)
        twins = [m for m in roles.seen.modules.values() if network and _is_twin(m, network)]
        if network and len(twins) > 1 and _were_made_in_turn(roles, twins):
            yield bug(
                "networks-remade", next(iter(roles.seen.calls_of(twins[-1].id))).place,
                f"{len(twins)} networks like the {NAMES[name]} took part, one after the other: "
                "each time a new one begins from nothing.",
            )  # fmt: skip
            return


def _line_of(roles: Roles, name: str) -> Place:
    """The line of the step after which a list grows is the nearest that is known."""
    return roles.seen.passes[-1].place if roles.seen.passes else Place()


def _is_twin(module: Module, network: Module) -> bool:
    return (
        module.kind == network.kind and module.layers == network.layers
        and module.size == network.size and bool(module.weights)
        and (module.id == network.id or not module.weights & network.weights)
    )  # fmt: skip


def _were_made_in_turn(roles: Roles, twins: list[Module]) -> bool:
    """Whether each was called for the last time before the next was called at all."""
    spans = sorted(
        (min(at), max(at))
        for m in twins if (at := [c.at for c in roles.seen.calls_of(m.id) if c.graph])
    )  # fmt: skip
    trained = [
        m for m in twins
        if any(one.reached & m.weights for one in roles.seen.passes)
    ]  # fmt: skip
    in_turn = all(a[1] < b[0] for a, b in pairwise(spans))
    return len(spans) > 1 and len(trained) > 1 and in_turn
