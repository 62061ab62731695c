"""The step X-ray: what one training step did, beside what it should have done, as a small table."""

from __future__ import annotations

import math

from checks.engine.course.verdict import Exhibit
from checks.engine.judging.advanced.loss_reading import Forces, read, scale_of
from checks.engine.judging.advanced.steps import LEARNING_RATE, LEFT_OVER, Step

NETWORKS = {"D": "Discriminator", "G": "Generator"}
ORDINALS = ("first", "second")


def xray(step: Step) -> Exhibit:
    """The table of one step, a column for each network."""
    rows = (
        ("was fed", *(_fed(step, network) for network in NETWORKS)),
        ("received gradients", *(_gradients(step, network) for network in NETWORKS)),
        ("moved", *(_moved(step, network) for network in NETWORKS)),
        ("should have moved", *(_should_move(step, network) for network in NETWORKS)),
        ("direction", *(_direction(step, network) for network in NETWORKS)),
    )
    whose = NETWORKS[step.name].lower()
    title = f"Step X-ray: the {whose}'s {ORDINALS[step.index // 2]} step"
    return Exhibit(title, ("", *NETWORKS.values()), rows, _note(step))


def _fed(step: Step, network: str) -> str:
    if not step.calls[network]:
        return "nothing"
    if network == "G":
        count = 0 if step.drawn is None else len(step.drawn)
        return f"{count} latent vectors"
    kinds = (
        (len(step.fed_real), "real"),
        (step.n_fakes, "fake"),
        (step.n_strange, "neither real nor fake"),
    )
    return ", ".join(f"{count} {kind}" for count, kind in kinds if count) or "other shapes"


def _gradients(step: Step, network: str) -> str:
    if not step.received[network]:
        return "none"
    return "yes" if network == step.name else "yes, not applied"


def _moved(step: Step, network: str) -> str:
    distance = step.moved(network)
    return f"by {distance:.2g}" if distance else "no"


def _should_move(step: Step, network: str) -> str:
    if network != step.name:
        return "no"
    if step.right is None:
        return "yes"
    return f"by {LEARNING_RATE * float(step.right.norm()):.2g}"


def _direction(step: Step, network: str) -> str:
    if network != step.name or not step.moved(network) or step.right is None:
        return "-"
    sizes = step.gradient.norm() * step.right.norm()
    cosine = float(step.gradient @ step.right / sizes) if sizes > 0 else 0.0
    angle = math.degrees(math.acos(max(-1.0, min(1.0, cosine))))
    if angle < 2:
        return "the right one"
    return "the opposite one" if angle > 178 else f"{angle:.0f}° off the right one"


def _note(step: Step) -> str:
    """What makes up an update that could be read, or how much of it could not."""
    if step.real_forces is None or step.fake_forces is None:
        return ""
    if not step.reads:
        return f"{step.unexplained:.0%} of the update is the gradient of nothing that we know."
    pulls = [
        f"{whose} images' scores {pull}"
        for whose, forces in (("real", step.real_forces), ("fake", step.fake_forces))
        if (pull := _pull(forces))
    ]
    made_of = "this step's gradient" + (f", which pulls {' and '.join(pulls)}" if pulls else "")
    left = [
        f"{share:.2g} times what {source} left"
        for source, share in step.left_over.items()
        if abs(share) >= LEFT_OVER
    ]
    return f"The update: {'; plus '.join([made_of, *left])}."


def _pull(forces: Forces) -> str:
    """Where binary cross-entropy pulls these scores; "" for another loss, or none."""
    reading = read(*forces, scale_of(forces)) if len(forces[0]) else None
    if reading is None or reading.form != "bce":
        return ""
    return f"{'towards' if reading.weight > 0 else 'away from'} {reading.shown}"
