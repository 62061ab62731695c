"""One run of a script in the sandbox, and what it comes to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from checks.engine.data.digits import draw_digits
from checks.engine.doctor.evidence import Seen, seen
from checks.engine.doctor.findings import Finding, findings_of
from checks.engine.doctor.roles import Roles, found_roles
from checks.engine.doctor.source import Script
from checks.engine.sandbox.client import Limits, Outcome, Sandbox

N_IMAGES = 256
LIMITS = Limits(seconds=40.0, memory=4 * 2**30, file=512 * 2**20)
HEAVY = ("torchvision", "matplotlib", "pandas", "scipy", "sklearn", "PIL")
MODULE = "doctor"


@dataclass
class Examination:
    """What came of it: `ran` says whether the script got as far as its training.

    `why` is one sentence on what stood in the way.
    """

    script: Script
    ran: bool
    why: str = ""
    seen: Seen | None = None
    roles: Roles | None = None
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def has_bug(self) -> bool:
        """Whether anything found is a bug."""
        return any(finding.level == "bug" for finding in self.findings)


def examine(
    script: Script, sandbox: Sandbox, images: Any = None, n_steps: int = 3, cpu: float = 10.0
) -> Examination:
    """Run the script and judge what was seen.

    Args:
        script: what to run.
        sandbox: where to run it.
        images: `(images, labels)` that stand in for data; drawn digits where None.
        n_steps: steps of each optimizer to look at.
        cpu: seconds of CPU time after which it is enough.
    """
    heavy = [name for name in HEAVY if re.search(rf"^\s*(from|import)\s+{name}\b", script.source,
                                                 re.MULTILINE)]  # fmt: skip
    if "torchvision" in heavy:
        heavy += ["torchvision.datasets", "torchvision.transforms", "torchvision.utils"]
    if "matplotlib" in heavy:
        heavy += ["matplotlib.pyplot"]
    sandbox.preload(heavy)
    pictures, labels = images if images is not None else draw_digits(N_IMAGES, seed=0)
    outcome = sandbox.run(
        script.folder,
        MODULE,
        "examine",
        {
            "folder": str(script.folder),
            "file": script.file,
            "source": script.source,
            "arguments": list(script.arguments),
            "images": pictures,
            "labels": labels,
            "is_given": images is not None,
            "n_steps": n_steps,
            "seconds": cpu,
        },
        limits=LIMITS,
        stand_ins={MODULE: ""},
    )
    return judged(script, outcome)


def judged(script: Script, outcome: Outcome) -> Examination:
    """What an outcome says of the script."""
    report = seen(outcome.evidence) if outcome.status == "ok" else None
    if report is None:
        return Examination(script, False, _why_lost(outcome), seconds=outcome.seconds)
    roles = found_roles(report)
    findings = findings_of(report, roles)
    ran = roles is not None and bool(report.passes)
    why = ""
    if not ran and not any(finding.level == "bug" for finding in findings):
        why = _why_not(report)
    elif not ran:
        ran = True
    return Examination(script, ran, why, report, roles, findings, outcome.seconds)


def _why_lost(outcome: Outcome) -> str:
    """Why nothing came back."""
    said = {
        "timeout": "It computed for longer than the doctor waits and could not be stopped from "
        "within, so it was ended.",
        "memory": "It asked for more memory or more processes than the doctor gives it, and was "
        "ended.",
        "oversized": "It calls too many networks for the doctor to keep count of.",
        "garbled": "What it left behind is not what the doctor wrote: the script interferes with "
        "the process that it runs in.",
    }
    if outcome.status == "crashed":
        return f"Its process ended before the training could be looked at: {outcome.detail}."
    if outcome.status in ("error", "exit") and outcome.error is not None:
        return f"It could not be started: {outcome.error.type}: {outcome.error.message[:200]}."
    return said.get(outcome.status, "It could not be run.")


def _why_not(report: Seen) -> str:
    """Why a run shows no training of two networks."""
    crash = report.crash
    if crash is not None:
        return why_crashed(report)
    if report.ended == "cpu" or (not report.steps and report.ended == "steps"):
        return "It computed for its ten seconds without training a network."
    if not report.modules:
        return "It ended without calling any network. Does it train only when it is imported?"
    if not report.passes:
        return "It calls networks, and never goes backward through one: no training to look at."
    return "No two networks play against each other in it, so there is no GAN to look at."


def why_crashed(report: Seen) -> str:
    """One sentence on an exception that is no bug of the training's, and what to add."""
    crash = report.crash
    assert crash is not None
    text = f"{crash.type}: {crash.message}".strip()
    where = f" (line {crash.place.line} of {crash.place.file})" if crash.place.file else ""
    if crash.type == "SystemExit" and crash.message in ("2", ""):
        return (
            "Its command line asks for arguments that it was not given. Put them behind two "
            "dashes: doctor FILE -- --dataroot DIR."
        )
    if "FileNotFoundError" in (crash.type, *crash.bases) or "No such file" in text:
        return (
            f"It reads a file that is not there: {text[:200]}{where}. Put its data beside it, or "
            "name their folder as the script wants it, behind two dashes: -- --dataroot DIR."
        )
    if "URLError" in text or "Connection" in text or "resolve" in text:
        return f"It downloads something, and runs without a network here: {text[:200]}{where}."
    if crash.by_stand_in:
        missing = [what for kind, what in report.stand_ins if kind == "package"]
        names = ", ".join(missing) or "a package"
        return f"It needs more of {names} than a stand-in can be: {text[:200]}{where}."
    when = "in the middle of" if report.passes else "before"
    return f"It ended {when} its training: {text[:300]}{where}."
