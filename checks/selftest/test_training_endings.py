"""Every way in which a training can end badly is a clear sentence, with all so far on the disk."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console

from checks.engine import files
from checks.engine.course.verdict import Status
from checks.engine.errors import NoDeviceError, StoringError
from checks.engine.paths import KIT
from checks.engine.training import (
    dataset,
    devices,
    failures,
    job,
    learner_code,
    run_record,
    trainer,
)
from checks.engine.training import run_store as runs
from checks.engine.training.request import Request
from checks.engine.ui import screen_parts as parts
from checks.engine.ui.screen_text import Page, make_console
from checks.selftest.test_training_resume import INLINE, REFERENCE, variant, with_train_gan
from checks.selftest.trainings import IMAGES, Training, carried_out, end_of, solutions

RANGE = "for epoch in range(1, epochs + 1):\n"
IN_EPOCH_3 = RANGE + "        if epoch == 3:\n            "
STEP = "            d_losses.append("

# The bonus tier's own function opens what a training kept.
OPENS = "import sys, bonus; print(bonus.load_generator(sys.argv[1]).latent_dim)"


def ended(place: Path, monkeypatch: pytest.MonkeyPatch, source: str, **asked: Any) -> Any:
    """How a training with this advanced.py ends: the last event, the run, the words for it."""
    solutions(place / "code", source)
    events, folder = carried_out(place, monkeypatch, **asked)
    last = end_of(events)
    run = runs.read(folder)
    code = (place / "code").resolve()
    verdict = failures.verdict_of(last, code, run.state["epoch"]) if last.get("problem") else None
    return events, run, verdict


def notices(events: list[dict[str, Any]]) -> str:
    """What was said on the way."""
    return " ".join(event["text"] for event in events if event["event"] == "notice")


def shown(verdict: Any) -> str:
    """The verdict as it stands on the screen."""
    page = Page(make_console(no_colour=True))
    return "\n".join(block.plain for block in parts.details(page, verdict, verbose=False))


# What a training may count on ---------------------------------------------------------------------


@pytest.mark.skipif(not torch.set_flush_denormal(False), reason="this processor has no such mode")
def test_numbers_near_nothing_are_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asserted = RANGE + "        assert torch.tensor(1e-30) * 1e-10 == 0\n"
    _, run, _ = ended(tmp_path, monkeypatch, variant((RANGE, asserted)))
    assert run.state["state"] == "finished"
    assert torch.tensor(1e-30) * 1e-10 > 0


# Exceptions ---------------------------------------------------------------------------------------


def test_an_exception_in_epoch_3_has_the_learners_lines_and_two_epochs_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = variant((RANGE, IN_EPOCH_3 + "images = images[:, :700]\n"))
    _, run, verdict = ended(tmp_path, monkeypatch, source)
    assert (run.state["state"], run.state["epoch"]) == ("failed", 2)
    assert "mat1 and mat2" in run.state["problem"]
    assert "advanced.py:" in run.state["problem"]
    assert len(runs.history(run)) == 2
    assert list(runs.samples(run)) == [0, 1, 2]
    assert (run.folder / "last.pt").exists()
    text = shown(verdict)
    assert "Training, epoch 3" in text
    assert "scores: Tensor = self.layers(images)" in text
    assert "linear layer" in text
    for ours in ("trainer.py", "monitor.py", "learner_code.py", "on_epoch_end(", "module.py"):
        assert ours not in text


def test_what_is_still_to_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, end = REFERENCE.index("def generator_step("), REFERENCE.index("# Part 5:")
    stub = 'def generator_step(*given):\n    raise NotImplementedError("generator_step")\n\n\n'
    events, _, _ = ended(tmp_path, monkeypatch, REFERENCE[:start] + stub + REFERENCE[end:])
    last = end_of(events)
    assert failures.unwritten(last, tmp_path / "code") == "generator_step in advanced.py"
    other = {**last, "error": {**last["error"], "bases": ["ValueError"]}}
    assert failures.unwritten(other, tmp_path / "code") == ""


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("raise SystemExit", Status.ERROR, "Your code called exit"),
        ("quit()", Status.ERROR, "Your code called exit"),
        ("raise KeyboardInterrupt", Status.ERROR, "KeyboardInterrupt"),
        ("torch.empty(10**16)", Status.MEMORY, "more memory than there is"),
        ("raise MemoryError", Status.MEMORY, "more memory than there is"),
        ("images.nothing", Status.ERROR, "has no attribute 'nothing'"),
    ],
)
def test_other_ends_of_epoch_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, status: Status, said: str
) -> None:
    _, run, verdict = ended(tmp_path, monkeypatch, variant((RANGE, f"{IN_EPOCH_3}{line}\n")))
    assert (run.state["state"], run.state["epoch"]) == ("failed", 2)
    assert verdict.status is status
    assert said in verdict.came
    assert verdict.expected
    assert verdict.why
    assert verdict.hint
    assert verdict.frames
    assert verdict.frames[-1].source.startswith(line.split("(")[0])


def test_a_file_that_python_cannot_read_and_one_that_does_not_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, (source, said) in enumerate(
        (
            ("def train_gan(:\n", "SyntaxError"),
            ("import torhc\n", "No module named 'torhc'"),
            ("x = 1\n", "advanced.py defines no train_gan"),
            ("from beginner import nothing\n", "cannot import name 'nothing'"),
        )
    ):
        _, run, verdict = ended(tmp_path / str(number), monkeypatch, source)
        assert said in verdict.came
        assert (run.state["state"], run.state["epoch"]) == ("failed", 0)


# Losses -------------------------------------------------------------------------------------------


def test_nan_losses_stop_at_the_end_of_the_epoch_and_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = variant(
        (
            "    return loss.item()\n    ### END SOLUTION\n\n\ndef generator_step(",
            "    BATCHES.append(1)\n"
            "    return loss.item() if len(BATCHES) <= 8 else torch.nan\n\n\ndef generator_step(",
        ),
        ("IMAGE_PIXELS = 28 * 28\n", "IMAGE_PIXELS = 28 * 28\nBATCHES = []\n"),
    )
    _, run, verdict = ended(tmp_path, monkeypatch, source, epochs=6)
    assert (run.state["state"], run.state["epoch"]) == ("failed", 2)
    assert "In epoch 3 the discriminator's loss became NaN." in verdict.came
    last = runs.history(run)[-1]
    assert last["epoch"] == 3
    assert last["discriminator_loss"] != last["discriminator_loss"]
    assert run_record.load_tensors(run.folder / "last.pt")["epoch"] == 2


def test_a_loop_without_steps_tells_its_losses_through_the_loss_functions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events, run, _ = ended(tmp_path, monkeypatch, INLINE)
    live = [event["losses"] for event in events if event["event"] == "epoch"]
    assert all(0 < d < 5 and 0 < g < 5 for d, g in live)
    assert run.state["state"] == "finished"


def test_a_step_that_is_called_with_too_little_is_the_learners_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = variant(("generator_step(generator, discriminator, g_optimizer, len(rows))",
                      "generator_step(generator, discriminator, g_optimizer)"))  # fmt: skip
    _, run, verdict = ended(tmp_path, monkeypatch, source)
    assert run.state["state"] == "failed"
    assert "missing 1 required positional argument: 'batch_size'" in verdict.came
    assert "g_losses.append(generator_step(" in verdict.frames[-1].source


def test_nan_weights_without_any_loss_to_see_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = with_train_gan(
        """
        def train_gan(images, epochs, batch_size, latent_dim, learning_rate, on_epoch_end):
            generator = Generator(latent_dim)
            for epoch in range(epochs):
                if epoch == 1:
                    next(generator.parameters()).data.fill_(float("inf"))
                on_epoch_end(epoch, generator)
            return generator, Discriminator(), []
        """
    )
    _, run, verdict = ended(tmp_path, monkeypatch, source)
    assert run.state["epoch"] == 1
    assert "In epoch 2 the generator's weights became NaN." in verdict.came


def test_nan_in_the_history_that_is_returned_is_a_bad_end_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = variant(
        (
            "    return generator, discriminator, history\n",
            '    history[-1]["generator_loss"] = float("nan")\n'
            "    return generator, discriminator, history\n",
        )
    )
    _, run, verdict = ended(tmp_path, monkeypatch, source)
    assert run.state["state"] == "failed"
    assert "the generator's loss became NaN" in verdict.came


# A train_gan that keeps its contract only in part -------------------------------------------------


def test_without_a_callback_only_the_end_is_kept_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = variant(("            on_epoch_end(epoch, generator)\n", "            pass\n"))
    events, run, _ = ended(tmp_path, monkeypatch, source)
    assert "never called on_epoch_end" in notices(events)
    assert (run.state["state"], run.state["epoch"]) == ("finished", 4)
    assert list(runs.samples(run)) == [0, 4]
    assert [row["epoch"] for row in runs.history(run)] == [1, 2, 3, 4]
    assert not (run.folder / "last.pt").exists()


@pytest.mark.parametrize(
    ("returned", "what"),
    [("None", "NoneType"), ("generator", "Generator"), ("generator, history", "(Generator, list)")],
)
def test_another_return_value_is_said_and_the_run_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, returned: str, what: str
) -> None:
    source = variant(("return generator, discriminator, history\n", f"return {returned}\n"))
    events, run, _ = ended(tmp_path, monkeypatch, source)
    assert f"and returned {what}." in notices(events)
    assert (run.state["state"], run.state["epoch"]) == ("finished", 4)
    losses = [row["generator_loss"] for row in runs.history(run)]
    assert all(loss == loss for loss in losses)


def test_a_train_gan_that_leaves_nothing_behind_is_a_bad_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = with_train_gan("def train_gan(images, **named):\n    pass\n")
    _, run, verdict = ended(tmp_path, monkeypatch, source)
    assert run.state["state"] == "failed"
    assert "left nothing behind" in verdict.came


def test_an_early_end_and_a_callback_too_many_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = variant((RANGE, RANGE + "        if epoch == 3:\n            break\n"))
    events, run, _ = ended(tmp_path / "early", monkeypatch, early)
    assert "ended after 2 of 4 epochs" in notices(events)
    assert (run.state["state"], run.state["epoch"]) == ("finished", 2)
    assert "walk" in runs.load_samples(runs.samples(run)[2])
    more = variant((RANGE, "for epoch in range(1, epochs + 2):\n"))
    events, run, _ = ended(tmp_path / "more", monkeypatch, more)
    assert "goes on after the last epoch" in notices(events)
    assert (run.state["state"], run.state["epoch"]) == ("finished", 4)


def test_a_callback_without_a_generator_means_no_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = variant(("on_epoch_end(epoch, generator)", "on_epoch_end(epoch)"))
    events, run, _ = ended(tmp_path, monkeypatch, source)
    assert "no generator" in notices(events)
    assert run.state["state"] == "finished"


def test_losses_can_come_from_the_steps_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = variant(("        history.append({", "        print({"))
    events, run, _ = ended(tmp_path, monkeypatch, source)
    live = [event["losses"] for event in events if event["event"] == "epoch"]
    assert all(0 < d < 5 and 0 < g < 5 for d, g in live)
    assert [row["generator_loss"] for row in runs.history(run)] == pytest.approx(
        [g for _, g in live], rel=1e-6
    )


# The disk -----------------------------------------------------------------------------------------


def test_a_full_disk_ends_with_a_sentence_and_the_last_good_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, written = files.replace, []

    def full(path: Path, contents: bytes) -> None:
        written.append(path.name)
        if path.name == "last.pt" and written.count("last.pt") >= 3:
            raise OSError(28, "No space left on device")
        real(path, contents)

    monkeypatch.setattr(run_record, "replace", full)
    _, run, verdict = ended(tmp_path, monkeypatch, REFERENCE)
    assert verdict.came == "last.pt can't be written: no space left on device."
    assert run.state["problem"] == verdict.came
    assert run_record.load_tensors(run.folder / "last.pt")["epoch"] == 2
    assert not list(run.folder.rglob("*.tmp"))
    monkeypatch.setattr(run_record, "replace", real)
    events, folder = carried_out(tmp_path, monkeypatch, resume=True)
    assert end_of(events)["state"] == "finished"
    assert runs.read(folder).state["problem"] == ""


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="needs root to mount")
def test_a_file_system_that_is_really_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "run"
    place.mkdir()
    if os.system(f"mount -t tmpfs -o size=2600k tmpfs '{place}' 2>/dev/null"):
        pytest.skip("nothing can be mounted here")
    try:
        _, run, verdict = ended(tmp_path, monkeypatch, REFERENCE, epochs=9, every=1)
        assert "no space left on device" in verdict.came
        assert run.state["state"] == "failed"
    finally:
        os.system(f"umount '{place}'")


def test_a_learners_except_does_not_hide_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*ignored: Any) -> None:
        raise StoringError("last.pt can't be written: no space left on device.")

    monkeypatch.setattr(run_record, "store_tensors", full)
    call = "            on_epoch_end(epoch, generator)\n"
    hiding = f"            try:\n    {call}            except:\n                pass\n"
    _, run, verdict = ended(tmp_path, monkeypatch, variant((call, hiding)))
    assert "no space left" in verdict.came
    assert run.state["state"] == "failed"


# Devices ------------------------------------------------------------------------------------------


def test_code_for_the_cpu_alone_falls_back_to_it_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`meta` stands for a graphics card: tensors there can't meet those of the CPU either."""
    there = iter(["meta", "cpu"])
    monkeypatch.setattr(devices, "device_of", lambda wanted: torch.device(next(there)))
    source = variant(
        ('    generator = Generator(latent_dim).to(images.device)\n',
         '    generator = Generator(latent_dim)\n'
         '    if images.device.type != "cpu":\n'
         '        raise RuntimeError("Expected all tensors to be on the same device")\n'),
    )  # fmt: skip
    events, run, _ = ended(tmp_path, monkeypatch, source, device="auto")
    assert "so it trains on the CPU" in notices(events)
    assert run.configuration["device"] == "cpu"
    assert run.state["state"] == "finished"


def test_a_device_that_is_not_there_is_one_sentence() -> None:
    missing = [name for name in ("cuda", "mps") if not _is_there(name)]
    for name in missing:
        with pytest.raises(NoDeviceError, match=f"--device {name}: .*; --device .* works"):
            devices.device_of(name)
    assert devices.device_of("auto").type in ("cpu", "cuda", "mps")
    assert devices.device_of("cpu").type == "cpu"
    assert devices.speaks_of_devices("Expected all tensors to be on the same device, but found")
    assert not devices.speaks_of_devices("mat1 and mat2 shapes cannot be multiplied")


def _is_there(name: str) -> bool:
    return torch.cuda.is_available() if name == "cuda" else torch.backends.mps.is_available()


# What is written ----------------------------------------------------------------------------------


def test_the_files_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    events, run, _ = ended(tmp_path, monkeypatch, REFERENCE, snapshots=(2, 9))
    assert run.state | {"seconds": 0, "cpu_seconds": 0} == {
        "state": "finished", "epoch": 4, "seconds": 0, "cpu_seconds": 0, "images_seen": 400,
        "problem": "", "resumed": 0,
    }  # fmt: skip
    assert run.state["seconds"] > 0
    held = run.configuration
    assert (held["epochs"], held["batch_size"], held["latent_dim"], held["learning_rate"]) == (
        4, 32, 8, 5e-4,
    )  # fmt: skip
    assert held["snapshots"] == [2, 4]
    found = {epoch: runs.load_samples(path) for epoch, path in runs.samples(run).items()}
    assert list(found) == [0, 2, 4]
    assert [int(arrays["epoch"]) for arrays in found.values()] == [0, 2, 4]
    assert ["walk" in arrays for arrays in found.values()] == [False, False, True]
    assert not (found[0]["grid"] == found[2]["grid"]).all()
    with Image.open(run.folder / "samples" / "epoch_002.png") as picture:
        assert (picture.mode, picture.size) == ("L", (242, 242))
        assert (np.asarray(picture)[32:60, 2:30] == found[2]["grid"][8]).all()
    checkpoint = run_record.load_tensors(run.folder / "checkpoints" / "epoch_004.pt")
    assert (checkpoint["epoch"], checkpoint["latent_dim"]) == (4, 8)
    assert checkpoint["hidden_dims"] == [24]
    opened = subprocess.run(
        [sys.executable, "-c", OPENS, str(run.folder / "checkpoints" / "epoch_004.pt")],
        cwd=KIT / "reference", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert opened.stdout == "8\n", opened.stderr
    assert {event["event"] for event in events} <= {
        "stage", "begin", "batch", "epoch", "glance", "snapshot", "end",
    }  # fmt: skip


def test_which_epochs_are_kept() -> None:
    usual = Request(folder="", solutions="", module="", code="")
    assert usual.chosen(30, ()) == [1, 2, 5, 10, 20, 30]
    assert usual.chosen(3, ()) == [1, 2, 3]
    assert usual.chosen(12, (5, 40)) == [5, 12]
    asked = Request(folder="", solutions="", module="", code="", snapshots=(4, 99))
    assert asked.chosen(9, (1,)) == [4, 9]
    assert Request.from_json(asked.to_json()) == asked
    every = Request(folder="", solutions="", module="", code="", every=4)
    assert every.chosen(9, (1,)) == [4, 8, 9]


def test_a_fault_of_the_kits_own_is_not_the_learners(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    solutions(tmp_path / "code", REFERENCE)

    def broken(*ignored: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(trainer.Trainer, "store_samples", broken)
    with pytest.raises(ZeroDivisionError):
        carried_out(tmp_path, monkeypatch)


def test_words_for_every_bad_end_fit_a_narrow_page() -> None:
    page = Page(Console(width=50, file=io.StringIO()))
    for kind in failures.WORDS:
        verdict = failures.verdict_of({"kind": kind, "problem": "It ended."}, Path(), 2)
        assert verdict.status is Status.FAILED
        assert all(row for row in (verdict.expected, verdict.why, verdict.hint))
        rows = "\n".join(block.plain for block in parts.details(page, verdict, False)).split("\n")
        assert max(map(len, rows)) <= 50


def test_the_trainings_of_the_tests_use_what_the_job_uses(tmp_path: Path) -> None:
    assert dataset.checksum(IMAGES) == dataset.checksum(IMAGES.clone())
    assert job.is_complete({}) is False
    assert learner_code.normalized(learner_code, IMAGES).shape == (100, 784)
    training = Training(tmp_path / "one", REFERENCE, epochs=1)
    training.go()
    assert job.is_complete(run_record.load_tensors(training.run / "last.pt"))
