"""What there is to see of a run besides its mistakes: who is who, what each step did."""

from __future__ import annotations

from dataclasses import dataclass

from checks.engine.doctor.evidence import Module, Pass, Step
from checks.engine.doctor.examination import Examination
from checks.engine.doctor.finding import NAMES
from checks.engine.doctor.losses import Group, gathered, is_probability
from checks.engine.doctor.roles import Roles
from checks.engine.doctor.updates import scored_calls, used_parts

ROWS = 8
FORMS = {
    "bce": "binary cross-entropy", "mse": "squared error", "linear": "Wasserstein (linear)",
    "hinge": "hinge", "sigmoid-twice": "cross-entropy with a second sigmoid",
}  # fmt: skip
STAND_INS = {
    "package": "{} is not installed here: a quiet stand-in took its place",
    "data": "{}: the kit's drawn digits stood in for its images",
    "given": "{}: your images stood in for its own",
    "device": "{}: the CPU took its place",
    "program": "not run: {}",
    "file": "not written: {}",
    "betas": "{}: PyTorch 2.7 and later refuse whole numbers here; floats took their place",
}


@dataclass(frozen=True)
class StepShown:
    """One optimizer step: whose, its line, and what each part pulled at."""

    number: int
    network: str
    where: str
    real: str
    fake: str
    left_over: str


def network_said(module: Module) -> str:
    """A network in a few words: what the script calls it, its class, its size."""
    name = f"{module.name}, " if module.name else ""
    return f"{name}class {module.kind}, {module.size:,} weights"


def stand_ins_said(examination: Examination) -> list[str]:
    """A sentence's part for each stand-in that was used."""
    seen = examination.seen
    return [
        STAND_INS.get(kind, "{}").format(what) for kind, what in (seen.stand_ins if seen else ())
    ]


def steps_shown(examination: Examination) -> list[StepShown]:
    """The first steps of the run."""
    roles, seen = examination.roles, examination.seen
    if roles is None or seen is None:
        return []
    return [_step(examination, roles, step) for step in seen.steps[:ROWS]]


def _step(examination: Examination, roles: Roles, step: Step) -> StepShown:
    held = roles.seen.optimizers[step.optimizer].weights
    names = [name for name in "GD" if (m := roles.network(name)) and m.weights & held]
    network = " and ".join(NAMES[name] for name in names) or "another network"
    parts = used_parts(roles, step)
    real, fake = (_pulled(roles, parts, kind) for kind in ("real", "fake"))
    left = "the step before's gradients" if abs(step.kept) > 0.05 else ""
    where = examination.script.where(step.place.file, step.place.line)
    return StepShown(step.number + 1, network, where, real, fake, left)


def _pulled(roles: Roles, parts: list[tuple[Pass, float]], kind: str) -> str:
    """Where the scores of real or of fake images are pulled in a step."""
    group = Group([], [])
    for one, _ in parts:
        for call in scored_calls(roles, one):
            rows = roles.reals(call) if kind == "real" else roles.fakes(call)
            force = one.forces[call.number]
            scores = call.scores
            if scores is not None and len(scores) == len(force) == len(rows) and rows.any():
                group.scores.append(scores[rows])
                group.forces.append(force[rows])
    pull = group.pull(is_probability(roles))
    if pull is None:
        return "-"
    if pull.form in ("bce", "mse", "sigmoid-twice") and not pull.is_climbed:
        return f"to {round(pull.label, 2) + 0.0:g}"
    return "up" if pull.is_up else "down"


def loss_said(examination: Examination) -> str:
    """The formula of the losses, as far as it is read off the forces."""
    roles = examination.roles
    if roles is None:
        return ""
    groups, is_p = gathered(roles), is_probability(roles)
    forms = {
        name: pull.form for name in ("D real", "D fake", "G fake")
        if (pull := groups[name].pull(is_p)) is not None
    }  # fmt: skip
    said = dict.fromkeys(FORMS[form] for form in forms.values() if form in FORMS)
    return ", ".join(said)
