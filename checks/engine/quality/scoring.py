"""Scores of training runs: every snapshot measured, in `scores.json`, beside the calibration.

A run's snapshots hold 2,000 images each. What is computed once stands: a snapshot is measured again
only when the classifier, the reference or the snapshot's file has changed.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checks.engine.errors import RunError, ScoreError
from checks.engine.files import clear_drafts, reason, replace
from checks.engine.quality import score_file
from checks.engine.training.run_store import Run, load_samples, samples

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from checks.engine.quality.classifier import Classifier

Progress = Callable[[str], None]


def silent(what: str) -> None:
    """Nobody wants to know how far it is."""


def score_run(run: Run, progress: Progress = silent, data: str | None = None) -> dict[str, Any]:
    """Measure all snapshots of a run, and write `scores.json` into its folder.

    Args:
        progress: is told in a few words what is being done.
        data: the folder with MNIST, where it isn't any more where the run had it from.

    Returns:
        `format`, `features`: what the images were looked at with; only scores with the same name
        there can be compared, `reference_kind`: "mnist" or "drawn", `epochs`: by number, as text,
        the measures of each snapshot (see `measures`) with `accuracy`, the discriminator's, or
        None, and `calibration`: the same measures by name of other images (see `calibration`).

    Raises:
        ScoreError: the run has no samples, they are broken, or MNIST is not there.
    """
    files = samples(run)
    if not files:
        raise ScoreError(f"The run {run.name} has no samples to score yet.")
    check(list(files.values()))
    scorer = scorer_for(run, progress, data)
    known = score_file.loaded(run.folder)
    standing = valid(run, known) if known and known["features"] == scorer.name else {}
    scores = {}
    for number, (epoch, path) in enumerate(files.items(), 1):
        if str(epoch) in standing:
            scores[str(epoch)] = standing[str(epoch)]
            continue
        progress(f"Scoring the samples of epoch {epoch} ({number} of {len(files)}) …")
        with contextlib.suppress(RunError):  # one broken snapshot does not cost the others
            scores[str(epoch)] = scorer.score(load_samples(path))
    found = {
        "format": score_file.FORMAT,
        "features": scorer.name,
        "reference_kind": scorer.kind,
        "epochs": scores,
        "calibration": scorer.calibration,
    }
    write(run, found)
    return found


def check(files: list[Path]) -> None:
    """See that there is something to score, before anything is made ready for it.

    Raises:
        ScoreError: every file is broken.
    """
    problems = []
    for path in files:
        try:
            load_samples(path)
            return
        except RunError as error:
            problems.append(str(error))
    raise ScoreError(problems[0])


def read_scores(run: Run) -> dict[str, Any] | None:
    """What `score_run` wrote; None where it has not, or where that is broken. Needs no PyTorch."""
    return score_file.loaded(run.folder)


def finished_scores(run: Run) -> dict[str, Any] | None:
    """The scores of a run whose every snapshot has been measured; else None. Needs no PyTorch.

    That the classifier is still the same is taken from its version alone.
    """
    known = score_file.loaded(run.folder)
    if known is None or not score_file.is_current(known):
        return None
    files = samples(run)
    return known if files and len(valid(run, known)) == len(files) else None


def valid(run: Run, known: dict[str, Any]) -> dict[str, Any]:
    """What is known of snapshots that have not been written again since.

    A run that goes on, or begins anew under its name, writes its files anew.
    """
    written = modified(run.folder / score_file.FILE)
    return {
        str(epoch): known["epochs"][str(epoch)]
        for epoch, path in samples(run).items()
        if str(epoch) in known["epochs"] and modified(path) <= written
    }


def write(run: Run, scores: dict[str, Any]) -> None:
    """Put the scores into the run's folder.

    Raises:
        ScoreError: they can't be written.
    """
    path = run.folder / score_file.FILE
    try:
        clear_drafts(path)
        replace(path, (json.dumps(scores, indent=2, allow_nan=False) + "\n").encode())
    except OSError as error:
        raise ScoreError(
            f"The scores of the run {run.name} can't be written: {reason(error)}."
        ) from None


def modified(path: Path) -> float:
    """When a file was last written, in seconds; -1 where it is not there."""
    with contextlib.suppress(OSError):
        return path.stat().st_mtime
    return -1.0


# What images are measured with --------------------------------------------------------------------


@dataclass(frozen=True)
class Scorer:
    """A classifier, its features of the reference, and the calibration; for one kind of data."""

    name: str
    kind: str
    classifier: Classifier
    reference: Tensor
    calibration: dict[str, Any]

    def score(self, arrays: dict[str, np.ndarray[Any, Any]]) -> dict[str, Any]:
        """The measures of a snapshot: `many`, `real_scores` and `fake_scores` of its file."""
        import torch

        from checks.engine.quality.classifier import one_thread
        from checks.engine.quality.measures import discriminator_accuracy, measured

        with one_thread():
            found = measured(self.classifier, self.reference, torch.from_numpy(arrays["many"]))
        accuracy = discriminator_accuracy(arrays["real_scores"], arrays["fake_scores"])
        return {**found, "accuracy": accuracy}


_scorers: dict[tuple[str, str | None], Scorer] = {}


def scorer_for(run: Run, progress: Progress, data: str | None) -> Scorer:
    """What a run's images are measured with.

    Raises:
        ScoreError: MNIST is not there.
    """
    described = run.configuration["data"]
    kind = described["kind"]
    folder = data or described["folder"]
    if kind == "mnist" and folder and not data and is_elsewhere(folder):
        raise ScoreError(
            f"The run {run.name} was trained on MNIST from another machine; "
            "--data names a folder with MNIST here."
        )
    return scorer(kind, folder if kind == "mnist" else None, progress)


def is_elsewhere(folder: str) -> bool:
    """Whether a folder that a file names lies on a network, which asks Windows to log in there."""
    return folder.startswith(("\\\\", "//"))


def scorer(kind: str, folder: str | None, progress: Progress = silent) -> Scorer:
    """What scores images of a kind of data; made once in a process.

    Raises:
        ScoreError: MNIST is not there.
    """
    if (kind, folder) in _scorers:
        return _scorers[kind, folder]
    progress("Loading PyTorch …")
    from checks.engine.quality.calibration import calibration
    from checks.engine.quality.classifier import classifier_for, one_thread
    from checks.engine.quality.material import material

    images = material(kind, folder)
    progress("Preparing the classifier that scores need; the first time this takes a while …")
    classifier = classifier_for(images)
    with one_thread():
        reference = classifier.features(images.reference)
        progress("Measuring real images and noise, to compare with …")
        found = calibration(images, classifier, reference)
    _scorers[kind, folder] = Scorer(images.name, kind, classifier, reference, found)
    return _scorers[kind, folder]
