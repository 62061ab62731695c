"""What the bonus checks ask of snapshots, and what they make of the answers."""

from __future__ import annotations

import re
from typing import Any, NoReturn

import numpy as np

from checks.engine.course.check_errors import wrong
from checks.engine.judging.bonus import grid_positions as places
from checks.engine.judging.bonus.drawings import CHANGED
from checks.engine.judging.common import expect
from checks.engine.judging.common.parameters import listed
from checks.engine.sandbox.solution import Evidence, Solution
from checks.engine.sandbox.wire import Array

Numbers = np.ndarray[Any, Any]

SMALL_LATENT, SMALL_WIDTHS = 17, (40, 24, 56)  # a generator that is nobody's default
EVERY, N_EPOCHS = 3, 7
DEFAULTS = {"every": 10, "n_images": 16, "seed": 0}


def small(solution: Solution) -> dict[str, Any]:
    """The sizes of that generator, see `Solution.size`."""
    widths = tuple(solution.size(width) for width in SMALL_WIDTHS)
    return {"latent_dim": solution.size(SMALL_LATENT), "hidden_dims": widths}


def snapshots(solution: Solution) -> list[Evidence]:
    """What a callback does at each of the epochs 1 to N_EPOCHS.

    The generator's images are black at the first snapshot, white at the second.
    """
    shades = [-1.0 if epoch <= EVERY else 1.0 for epoch in range(1, N_EPOCHS + 1)]
    arguments = {"every": EVERY, "n_images": 16, "seed": 0}
    return called(solution, [_shade(shade) for shade in shades], arguments)


def _shade(shade: float) -> Numbers:
    image = np.full((1, 784), shade, np.float32)
    image[:, -1] = -shade  # so that both ends of the range are there
    return image


def called(
    solution: Solution,
    images: list[Numbers],
    arguments: dict[str, int],
    *,
    training: bool = True,
    keep_pictures: bool = False,
) -> list[Evidence]:
    """What a callback does at each epoch; `images` is what the generator gives there."""
    report = solution.probe(
        "snapshots",
        directory="runs/first",
        arguments=arguments,
        sizes=small(solution),
        images=[Array(image, "tensor") for image in images],
        training=training,
        keep_pictures=keep_pictures,
    )
    evidence = expect.record(report)
    if "returned" in evidence:
        refuse_callback(evidence["returned"])
    at_epochs = [expect.record(at) for at in expect.items(evidence["seen"], len(images))]
    return [Evidence({**at, "mode_matters": evidence["mode_matters"]}) for at in at_epochs]


def coded(solution: Solution, seed: int) -> list[Evidence]:
    """Snapshots of images that carry their number, one at each of three epochs."""
    arguments = {"every": 1, "n_images": places.N_IMAGES, "seed": seed}
    return called(solution, places.coded_images(), arguments, keep_pictures=True)


def in_eval_mode(solution: Solution, seed: int) -> list[Evidence]:
    """A single snapshot, of a generator that comes in eval mode."""
    arguments = {"every": 1, "n_images": places.N_IMAGES, "seed": seed}
    return called(solution, places.coded_images()[:1], arguments, training=False)


def judge_places(solution: Solution, seed: int) -> None:
    """Every image has its place in the picture, the right way up."""
    at_epochs = coded(solution, seed)
    found = [picture_of(at, epoch) for epoch, at in enumerate(at_epochs, start=1)]
    grays = [expect.array(picture["gray"], "A picture", "array").values for picture in found]
    if any(gray.ndim != 2 or gray.shape != grays[0].shape for gray in grays):
        return  # cut to the size of a title, say: then nothing can be read from them together
    n_seen, is_readable, turned = places.read(grays)
    for mistake, came, change in CHANGED if n_seen < places.N_IMAGES else ():
        if places.changed_as(grays, change):
            expected = "-1 is shown as black (0), 0 as mid-gray (0.5), 1 as white (1)."
            wrong(mistake, expected=expected, came=came)
    if is_readable and n_seen < places.N_IMAGES:
        if any(picture["coloured"] is True for picture in found):
            wrong("grid-not-gray", expected="Shades of gray.", came="Colors.")
        wrong(
            "grid-images-missing",
            expected=f"All of n_images={places.N_IMAGES} images in the picture.",
            came=f"{n_seen} of them.",
        )
    if turned:
        wrong("grid-turned", expected="Images the right way up.", came=f"Images {turned}.")


def written(at: Evidence) -> list[str]:
    """The files that were written at one epoch."""
    return expect.texts(at["written"])


def judge_epochs(seen: list[Evidence]) -> None:
    """A PNG and a checkpoint at each chosen epoch, in the folder, with the epoch in their names."""
    chosen = [epoch for epoch in range(1, N_EPOCHS + 1) if epoch % EVERY == 0]
    wrote = [epoch for epoch, at in enumerate(seen, start=1) if written(at)]
    asked = (
        f"every={EVERY}: files at the epochs {listed(map(str, chosen))} of {N_EPOCHS}, no others."
    )
    if wrote != chosen:
        always = wrote == list(range(1, N_EPOCHS + 1))
        wrong(
            "snapshot-every-ignored" if always else "snapshot-wrong-epochs",
            expected=asked,
            came=f"Files at the epochs {listed(map(str, wrote))}." if wrote else "No files at all.",
        )
    for epoch in chosen:
        names = written(seen[epoch - 1])
        outside = [name for name in names if not name.startswith("runs/first/")]
        if outside:
            wrong("snapshot-elsewhere", expected="All files in the folder that was named.",
                  came=f"{outside[0]} is elsewhere.")  # fmt: skip
        n_pictures = len(expect.entries(seen[epoch - 1]["pictures"]))
        if n_pictures != 1 or len(names) < 2:
            wrong(
                "snapshot-files",
                expected="One PNG picture and one checkpoint for each chosen epoch.",
                came=f"At epoch {epoch}: {listed(names)}.",
            )
        nameless = [n for n in names if not re.search(rf"(?<!\d)0*{epoch}(?!\d)", n)]
        if nameless:
            wrong("snapshot-name", expected=f"The epoch, {epoch}, in the name of each file.",
                  came=f"{nameless[0].removeprefix('runs/first/')}.")  # fmt: skip


def judge_shares(seen: list[Evidence]) -> None:
    """Black images make a dark picture, white ones a bright one."""
    dark, bright = (picture_at(seen, epoch) for epoch in (EVERY, 2 * EVERY))
    darker = dark["dark"] - bright["dark"]
    brighter = bright["bright"] - dark["bright"]
    expected = "A dark picture from images that are black, a bright one from white images."
    if min(darker, brighter) < -0.15:
        wrong("colours-inverted", expected=expected, came="The other way round.")
    if darker < 0.1 or brighter < 0.1:
        is_one_sided = max(darker, brighter) > 0.3  # they differ, but one of them is gray
        wrong(
            "grid-shades" if is_one_sided else "snapshot-picture",
            expected=expected,
            came=f"From black images {dark['dark']:.0%} of the dots are dark and "
            f"{dark['bright']:.0%} bright, from white ones {bright['dark']:.0%} and "
            f"{bright['bright']:.0%}.",
        )


def picture_at(seen: list[Evidence], epoch: int) -> dict[str, float]:
    """The shares of dark and bright dots in an epoch's picture."""
    found = picture_of(seen[epoch - 1], epoch)
    return {name: expect.number(found[name], "A share") for name in ("dark", "bright")}


def picture_of(at: Evidence, epoch: int) -> Evidence:
    """What there is to see in the PNG file of an epoch."""
    found = [expect.record(picture) for picture in expect.entries(at["pictures"])]
    if not found or "unreadable" in found[0]:
        wrong(
            "snapshot-files",
            expected="A PNG file that can be opened.",
            came=f"At epoch {epoch}: {listed(written(at)) or 'no files at all'}.",
        )
    return found[0]


def noise_at(seen: list[Evidence], epoch: int) -> Array:
    """The latent vectors that an epoch's snapshot was made from."""
    noise = seen[epoch - 1]["noise"]
    if noise is None:
        wrong(
            "snapshot-wrong-epochs",
            expected=f"A snapshot at epoch {epoch}.",
            came="The generator was not asked for images there.",
        )
    return expect.array(noise, "The noise", "tensor")


def judge_mode(at_epochs: list[Evidence], training: bool) -> None:
    """The generator leaves each call in the mode that it came in."""
    if any(at["training_after"] is not training for at in at_epochs):
        names = ("eval", "training")
        wrong(
            "mode-not-restored" if training else "mode-always-training",
            expected=f"A generator that came in {names[training]} mode leaves in it.",
            came=f"It left in {names[not training]} mode.",
        )


def judge_traces(solution: Solution, at_epochs: list[Evidence]) -> None:
    """A snapshot leaves nothing behind that the training would notice."""
    if any(at["sampled_in_training"] is True for at in at_epochs):
        if at_epochs[0]["mode_matters"] is not False:
            wrong(
                "sampling-in-training-mode",
                expected="Images from a generator in eval mode.",
                came="It was in training mode, and makes other images there.",
            )
        solution.advise(
            "sampling-in-training-mode",
            "Samples taken in training mode: harmless only as long as the generator has neither "
            "dropout nor batch-norm.",
        )
    for epoch, at in enumerate(at_epochs, start=1):
        traces = expect.record(at["traces"])
        frozen, changed = (expect.texts(traces[name]) for name in ("frozen", "changed"))
        came = ""
        if traces["gradients_off"] is not False:
            came = "PyTorch records no gradients any more, for the whole program."
        elif frozen:
            came = f"{len(frozen)} of the generator's weights no longer ask for gradients."
        elif changed:
            came = f"{len(changed)} of the generator's weights have another value or type."
        if came:
            wrong(
                "snapshot-disturbs-training",
                expected="All as it was when the callback was called.",
                came=f"After epoch {epoch}: {came}",
            )
        if traces["gradients_kept"] is not True and not solution.advice:
            text = "Snapshots clear the generator's gradients."
            solution.advise("snapshot-disturbs-training", text)
        if at["random_state_kept"] is not True and not solution.advice:
            solution.advise("global-seed-clobbered", "Snapshots change the global random state.")


def judge_defaults(solution: Solution) -> None:
    """What cannot be read is not judged."""
    found = expect.record(solution.probe("defaults", function="snapshot_every"))
    other = [name for name in DEFAULTS if name in found and found[name] != DEFAULTS[name]]
    if other:
        wrong(
            "other-defaults",
            expected=", ".join(f"{name}={value}" for name, value in DEFAULTS.items()) + ".",
            came=", ".join(f"{name}={found[name]!r}" for name in other) + ".",
        )


def judge_folder(solution: Solution) -> None:
    """The folder is made, with those above it, and before the first snapshot."""
    sizes = small(solution)
    evidence = expect.record(solution.probe("folder_made", directory="runs/one/two", sizes=sizes))
    if "returned" in evidence:
        refuse_callback(evidence["returned"])
    if evidence["made"] is not True:
        wrong(
            "snapshot-folder",
            expected="The folder runs/one/two is made, and those above it.",
            came="FileNotFoundError: the folder is not there.",
        )
    if evidence["at_once"] is not True:
        text = "The folder is made at the first snapshot only: a name that won't do shows late."
        solution.advise("snapshot-folder", text)


def refuse_callback(came: Any) -> NoReturn:
    """Say what came back in the place of a callback."""
    refuse(came, "other-type", "A function to call at the end of each epoch.")


def refuse(came: Any, mistake: str, expected: str) -> NoReturn:
    """Say what came back instead of what was promised."""
    wrong(
        "nothing-returned" if came is None else mistake,
        expected=expected,
        came="None." if came is None else f"{expect.named(came)}.".capitalize(),
    )
