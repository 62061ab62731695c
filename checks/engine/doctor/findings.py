"""What is wrong with a script, from what was seen: the root cause first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from checks.engine.doctor import crashes, critics, data, losses, networks, optimizers, updates
from checks.engine.doctor.evidence import Seen
from checks.engine.doctor.finding import Finding
from checks.engine.doctor.roles import Roles

__all__ = ["Finding", "findings_of"]

Look = Callable[[Roles], Iterator[Finding]]
# In this order: what is named first explains what would be seen further down.
LOOKS: tuple[Look, ...] = (
    networks.shapes,
    optimizers.held,
    updates.stepped,
    updates.undone,
    updates.cleared,
    losses.fed,
    losses.pulled,
    critics.critics,
    networks.scores,
    data.ranges,
    data.sizes,
    data.noise,
    data.conditions,
    networks.modes,
    optimizers.rates,
    optimizers.remade,
    data.loading,
    networks.kept,
)
# A finding of the first kind makes those of the others its consequences.
EXPLAINS = {
    "softmax-of-one": "*",
    "layers-shared": "*",
    "label-shape": "*",
    "stale-scores": "*",
    "second-backward": "*",
    "shapes-unfit": "*",
    "wrong-optimizer-weights": "*",
    "one-optimizer-for-both": "*",
    "optimizers-swapped": "*",
    "step-before-backward": ("gradients-never-cleared", "generator-gradients-leak",
                             "discriminator-gradients-leak"),
    "zero-grad-before-step": "*",
    "detach-in-generator-step": ("no-step",),
    "graph-cut": ("never-sees-fakes", "loss-without-fakes", "never-sees-real"),
    "gradients-never-cleared": ("generator-gradients-leak", "discriminator-gradients-leak"),
    "fed-with-noise": ("never-sees-fakes", "loss-without-fakes"),
    "discriminator-network-remade": ("optimizer-remade",),
}  # fmt: skip


def findings_of(seen: Seen, roles: Roles | None) -> list[Finding]:
    """All findings, bugs before advice, each kind in the order of what causes what."""
    found = list(networks.shared(roles)) if roles is not None else []  # it crashes some scripts
    found += crashes.explained(seen, roles)
    if roles is not None:
        for look in LOOKS:
            found += look(roles)
    kept: list[Finding] = []
    for finding in found:
        if any(finding.id == other.id for other in kept):
            continue
        if not any(_explains(other, finding) for other in kept):
            kept.append(finding)
    return sorted(kept, key=lambda finding: finding.level != "bug")


def _explains(first: Finding, second: Finding) -> bool:
    if second.level == "advice":
        return False
    explained = EXPLAINS.get(first.id, ())
    return explained == "*" or second.id in explained
