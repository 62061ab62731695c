"""What the bonus checks ask of snapshots and checkpoints, and what they make of the answers."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from checks.engine import expect
from checks.engine.generators import listed
from checks.engine.outcomes import wrong
from checks.engine.solution import Evidence, Solution
from checks.engine.wire import Array

SMALL = {"latent_dim": 17, "hidden_dims": (40, 24, 56)}  # a generator that is nobody's default
EVERY, N_EPOCHS = 3, 7


def snapshots(
    solution: Solution,
    n_epochs: int = N_EPOCHS,
    *,
    training: bool = True,
    n_images: int = 16,
    seed: int = 0,
) -> list[Evidence]:
    """What a callback does at each of the epochs 1 to n_epochs.

    The generator's images are black at the first snapshot, white at the second.
    """
    report = solution.probe(
        "snapshots",
        directory="runs/first",
        arguments={"every": EVERY, "n_images": n_images, "seed": seed},
        sizes=SMALL,
        shades=[-1.0 if epoch <= EVERY else 1.0 for epoch in range(1, n_epochs + 1)],
        training=training,
    )
    evidence = expect.record(report)
    if "returned" in evidence:
        refuse(evidence["returned"], "other-type", "A function to call at the end of each epoch.")
    return [expect.record(at) for at in expect.items(evidence["seen"], n_epochs)]


def written(at: Evidence) -> list[str]:
    """The files that were written at one epoch."""
    return expect.texts(at["written"])


def picture_at(seen: list[Evidence], epoch: int) -> dict[str, float]:
    """The shares of dark and bright dots in an epoch's picture."""
    found = [expect.record(picture) for picture in expect.entries(seen[epoch - 1]["pictures"])]
    if not found or "unreadable" in found[0]:
        wrong(
            "snapshot-files",
            expected="A PNG file that can be opened.",
            came=f"At epoch {epoch}: {listed(written(seen[epoch - 1])) or 'no files at all'}.",
        )
    return {name: expect.number(found[0][name], "A share") for name in ("dark", "bright")}


def noise_at(seen: list[Evidence], epoch: int) -> Array:
    """The latent vectors that an epoch's snapshot was made from."""
    noise = seen[epoch - 1]["noise"]
    if noise is None:
        wrong(
            "snapshot-wrong-epochs",
            expected=f"every={EVERY}: a snapshot at epoch {epoch}.",
            came="The generator was not asked for images there.",
        )
    return expect.array(noise, "The noise", "tensor")


def reloaded(solution: Solution) -> Evidence:
    """Two generators as they were saved and as they came back."""
    z = np.random.default_rng(solution.seed).standard_normal((8, 17)).astype(np.float32)
    report = solution.probe("reloaded", directory="runs/saved", sizes=SMALL, z=Array(z, "tensor"))
    evidence = expect.record(report)
    if "no_checkpoint" in evidence:
        wrong("snapshot-files", expected="A checkpoint at every second epoch.", came="None.")
    if "not_a_callback" in evidence:
        came = evidence["not_a_callback"]
        refuse(came, "other-type", "A function to call at the end of each epoch.")
    if "returned" in evidence:
        refuse(evidence["returned"], "not-a-generator", "A generator.")
    if "failed" in evidence:
        text = str(evidence["failed"])
        mistake = "load-other-sizes" if "state_dict" in text else "load-failed"
        wrong(
            "load-only-weights" if "Unsupported global" in text else mistake,
            expected=f"A generator with {SMALL['latent_dim']} latent numbers and hidden layers of "
            f"{SMALL['hidden_dims']} comes back as it was saved.",
            came=text[:300],
        )
    return evidence


def refuse(came: Any, mistake: str, expected: str) -> NoReturn:
    """Say what came back instead of what was promised."""
    wrong(
        "nothing-returned" if came is None else mistake,
        expected=expected,
        came="None." if came is None else f"{expect.named(came)}.".capitalize(),
    )
