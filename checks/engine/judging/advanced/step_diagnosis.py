"""From what a step did to what is wrong with it: findings, each on one aspect.

The aspects are `moved` (which network, how many steps), `fed` (what D and G were shown), `update`
(whether it is the gradient of any loss of these scores), `loss` (labels and formula), `clean`
(nothing of earlier steps in it), `returned` and `modes`. One that rests on an earlier one that is
wrong is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np

from checks.engine.judging.advanced.draws import draw_finding, draw_of
from checks.engine.judging.advanced.loss_findings import (
    ADVICE,
    GOALS,
    Finding,
    discriminator_findings,
    findings_by_sign,
    generator_findings,
)
from checks.engine.judging.advanced.loss_reading import Forces, mean_cross_entropy, read, scale_of
from checks.engine.judging.advanced.steps import LEFT_OVER, Step
from checks.engine.judging.common import expect

ASPECTS = ("moved", "fed", "update", "loss", "clean", "returned", "modes", ADVICE)
NAMES = {"G": "the generator", "D": "the discriminator"}


def findings(steps: list[Step], name: str) -> list[Finding]:
    """What is wrong with the steps of one network, each mistake once, the root first."""
    found: dict[str, Finding] = {}
    for step in (step for step in steps if step.name == name):
        for finding in [*_of_one(step), *_frozen(step, steps)]:
            found.setdefault(finding.mistake, replace(finding, step=step.index))
    others = (finding for finding in found.values() if finding.mistake != "left-frozen")
    if {finding.aspect for finding in others} - {"returned", "modes"}:
        found.pop("other-loss-returned", None)  # where the loss itself is wrong, that says nothing
    if not any(finding.aspect == "fed" for finding in found.values()):
        found |= {finding.mistake: finding for finding in _fresh(steps, name)}
    return sorted(found.values(), key=lambda finding: ASPECTS.index(finding.aspect))


def _of_one(step: Step) -> list[Finding]:
    if not step.is_watched:
        came = list(_moved(step))
        return [*came, *_returned(step, came), *_modes(step)]
    found = [*_moved(step), *_fed(step)]
    if not found or (step.reads and step.stepped[step.name]):
        found += [*_loss(step), *_clean(step)]
    found += _returned(step, found)
    if any(finding.mistake == "noise-repeated" for finding in found):
        # Of images that are all alike nobody knows which label is whose.
        found = [finding for finding in found if finding.mistake != "labels-mixed"]
    return [*found, *_modes(step)]


def _once(step: Step) -> str:
    return f"In {'the first' if step.index < 2 else 'a later'} step of {NAMES[step.name]}"


def _moved(step: Step) -> Iterator[Finding]:
    own, other = step.name, "G" if step.name == "D" else "D"
    expected = f"One step of {NAMES[own]}; {NAMES[other]} stays as it is."
    if step.moved(other) > 0:
        came = f"{NAMES[other]} moved".capitalize()
        came += f", {NAMES[own]} did not." if step.moved(own) == 0 else ", too."
        yield Finding("moved", "wrong-network-moved", expected, came)
    elif step.moved(own) == 0:
        yield Finding("moved", _why_still(step), expected, _what_stood_still(step))
    elif step.stepped[own] == 0:
        came = f"{NAMES[own]} moved without a step of the optimizer that was passed in."
        yield Finding("moved", "own-optimizer", expected, came.capitalize())
    elif step.stepped[own] > 1:
        came = f"The optimizer took {step.stepped[own]} steps."
        yield Finding("moved", "two-steps", expected, came)


def _why_still(step: Step) -> str:
    """Which of the ways to stand still it was."""
    reached = {name: any(call.got_gradient for call in calls) for name, calls in step.calls.items()}
    received, stepped = step.received[step.name], step.stepped[step.name]
    if received and stepped and step.gradients[step.name].norm() > 0:
        return "step-before-backward"
    if received:
        return "zero-grad-before-step" if stepped else "no-step"
    if step.name == "G" and step.is_watched:
        if step.calls["D"] and not step.n_fakes and step.n_strange:
            return "generator-step-without-fakes"
        if not any(call.has_graph for call in step.calls["G"]):
            return "no-grad-in-generator-step"
        if reached["D"] and not reached["G"]:
            return "detach-in-generator-step"
    return "graph-cut" if step.n_passes else "no-backward"


def _what_stood_still(step: Step) -> str:
    gradient = "received gradients" if step.received[step.name] else "received no gradients"
    if step.n_passes and not step.received[step.name]:
        gradient += ", although backward() was called"
    steps = {0: "was not stepped"}.get(step.stepped[step.name], "was stepped")
    return f"{NAMES[step.name].capitalize()} did not move: it {gradient}, its optimizer {steps}."


def _fed(step: Step) -> Iterator[Finding]:
    if noise := _noise(step):
        yield noise
        return
    n_fakes = step.n_fakes
    if step.name == "D":
        n_real = len(step.real)
        expected = f"The discriminator sees the {n_real} real images and fake ones."
        if not step.calls["D"]:
            yield Finding("fed", "discriminator-not-called", expected, "It was not called at all.")
        elif step.n_strange and not (step.fed_real and n_fakes):
            came = _strange(step)
            mistake = "real-images-changed" if n_fakes else "fed-with-noise"
            yield Finding("fed", mistake, expected, came)
        elif len(step.fed_real) < n_real:
            came = f"It saw {len(step.fed_real)} of the real images."
            mistake = "never-sees-real" if not step.fed_real else "real-images-missing"
            yield Finding("fed", mistake, expected, came)
        elif not n_fakes:
            yield Finding("fed", "never-sees-fakes", expected, "It saw the real images only.")
        elif n_fakes != n_real:
            came = f"It saw {n_real} real images and {n_fakes} fake."
            yield Finding("fed", "batch-size-ignored", expected, came)
    else:
        wanted = len(step.real)
        expected = f"The discriminator scores {wanted} fake images from fresh noise."
        if not n_fakes:
            came = _strange(step) if step.n_strange else "It saw no fake image."
            yield Finding("fed", "generator-step-without-fakes", expected, came)
        elif n_fakes != wanted:
            came = f"It saw {n_fakes} fake images."
            yield Finding("fed", "batch-size-ignored", expected, came)


def _strange(step: Step) -> str:
    return (
        f"It saw {step.n_strange} rows that are neither the real images nor images that the "
        "generator made in this step."
    )


def _noise(step: Step) -> Finding | None:
    if step.drawn is None or not len(step.drawn):
        return None
    return draw_finding(draw_of(step.drawn.numpy()))


def _fresh(steps: list[Step], name: str) -> list[Finding]:
    """Fresh noise at every call: no latent vector comes twice."""
    seen: dict[bytes, str] = {}
    for step in steps:
        rows = [] if step.latents is None else [row.numpy().tobytes() for row in step.latents]
        if step.name == name and any(row in seen for row in rows):
            came = "The same latent vectors as in an earlier step."
            return [Finding("fed", "noise-reused", "Fresh noise at every step.", came)]
        seen.update(dict.fromkeys(rows, step.name))
    return []


def _loss(step: Step) -> Iterator[Finding]:
    if step.real_forces is None or step.fake_forces is None:
        return
    goal = GOALS[step.name]
    if not step.reads and step.n_noisy:
        return  # what was done to the images on their way to D is not known well enough
    if not step.reads:
        came = (
            f"{_once(step)}, {step.unexplained:.0%} of the update is the gradient of no loss of "
            "these scores, nor of anything that earlier steps left."
        )
        yield Finding("update", "unexplained-update", goal, came)
        return
    if step.index >= 2 and (_is_sure(step.real_forces, 1) or _is_sure(step.fake_forces, 0)):
        return  # hardly any force is left to read; the first step has told
    if step.is_coarse:
        groups = [step.fake_forces] if step.name == "G" else [step.real_forces, step.fake_forces]
        if all(len(p) for p, _ in groups):
            yield from findings_by_sign(groups, goal)
    elif step.name == "G":
        yield from generator_findings(step.fake_forces, goal)
    else:
        yield from discriminator_findings(step.real_forces, step.fake_forces, goal)


def _is_sure(forces: Forces, label: float) -> bool:
    """Whether D gives nearly all of these images the score that it should."""
    return bool(len(forces[0]) and np.median(np.abs(forces[0] - label)) < 0.02)


def _clean(step: Step) -> Iterator[Finding]:
    if not step.reads:
        return
    expected = "The gradient of this step's loss alone."
    for source, share in step.left_over.items():
        if abs(share) < LEFT_OVER:
            continue
        mistake = {
            "its own last step": "gradients-never-cleared",
            "the generator's step": "generator-gradients-leak",
            "the discriminator's step": "discriminator-gradients-leak",
        }[source]
        also = [name for name, part in step.left_over.items() if abs(part) >= LEFT_OVER]
        came = f"The update was this step's gradient plus what was left of {' and '.join(also)}."
        yield Finding("clean", mistake, expected, came)
        return


def _returned(step: Step, found: list[Finding]) -> Iterator[Finding]:
    expected = "The loss of this step, as a plain Python float."
    value = step.returned
    if getattr(value, "kind", "") == "scalar":
        value = value.values.item()
    if type(value) is not float:
        came = f"{expect.named(value)}.".capitalize()
        yield Finding("returned", expect.no_number(value), expected, came)
    elif not np.isfinite(float(value)):
        yield Finding("returned", "not-finite", expected, f"{value}.")
    elif (
        not (found or step.is_coarse)
        and (losses := _losses_of(step))
        and not _is_one_of(float(value), losses, step)
    ):
        came = f"{float(value):.4f}, where the loss of the update is {losses[0]:.4f}."
        yield Finding("returned", "other-loss-returned", expected, came)


def _losses_of(step: Step) -> tuple[float, ...]:
    """The loss that the update belongs to, and the same with the usual weights.

    The two differ where the gradient was scaled or clipped. Empty where no loss can be told.
    """
    weighed = usual = 0.0
    for forces in (step.real_forces, step.fake_forces):
        if forces is not None and len(forces[0]):
            reading = read(*forces, scale_of(forces))
            if reading.form != "bce":
                return ()
            entropy = mean_cross_entropy(forces[0], reading.label)
            usual += entropy
            weighed += reading.weight * len(forces[0]) * entropy
    return (weighed, usual) if weighed > 0 else ()


def _is_one_of(value: float, losses: tuple[float, ...], step: Step) -> bool:
    """Whether a number is one of the losses, summed or averaged over images and kinds."""
    n = len(step.real)
    return any(
        abs(value / loss - factor) < 0.01 * factor
        for factor in (1, 0.5, n, n / 2, 2 * n)
        for loss in losses
    )


def _modes(step: Step) -> Iterator[Finding]:
    """Training mode is where a training step belongs, whatever mode the networks came in."""
    came_in_training = step.index < 2
    for network, training in step.training.items():
        if came_in_training and not training:
            yield Finding(
                "modes",
                "step-mode-changed",
                f"{NAMES[network].capitalize()} is in training mode afterwards, as before.",
                "It was left in eval mode.",
            )


def _frozen(step: Step, steps: list[Step]) -> Iterator[Finding]:
    """Networks left with requires_grad off: harmless where their own steps thaw them again."""
    for network, frozen in step.frozen.items():
        if frozen:
            came = f"{NAMES[network].capitalize()} was left with requires_grad off."
            after = [
                later
                for left, later in pairwise(steps)
                if left.frozen[network] and later.name == network
            ]
            aspect = ADVICE if after and all(later.moved(network) for later in after) else "modes"
            yield Finding(aspect, "left-frozen", "All weights learn afterwards, as before.", came)


def harmless_graph(steps: list[Step]) -> bool:
    """Whether D's step sent gradients into G: wasteful, and wrong only if they are applied."""
    return any(step.name == "D" and step.received["G"] for step in steps)
