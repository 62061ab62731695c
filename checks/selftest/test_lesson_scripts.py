"""The lessons run by themselves: the trained generator, its pictures, what is still to write."""

from __future__ import annotations

import io
import os
import runpy
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console

from checks.engine.data import pretrained
from checks.engine.data.digits import draw_digits
from checks.engine.paths import EXERCISES, REFERENCE
from checks.engine.ui import lesson_pictures, lesson_script
from checks.engine.ui.preview import HALF
from checks.engine.ui.screen_text import Page

NOISE = np.random.default_rng(0).standard_normal((500, 100))


# The generator that comes with the kit ------------------------------------------------------------


def test_the_generator_is_small_and_plain_arrays() -> None:
    assert pretrained.FILE.stat().st_size <= 400_000
    with np.load(pretrained.FILE, allow_pickle=False) as arrays:
        assert {arrays[name].dtype.name for name in arrays.files} == {"int8", "float16"}
    with zipfile.ZipFile(pretrained.FILE) as archive:
        assert all(entry.filename.endswith(".npy") for entry in archive.infolist())


def test_it_draws_all_ten_digits() -> None:
    """The nearest drawn digit says which; the kit's own score is in the script that trains it."""
    images = pretrained.generate(NOISE)
    assert images.shape == (500, 28, 28)
    assert np.abs(images).max() <= 1
    known, labels = draw_digits(3000, seed=1)
    ours, theirs = (flat(each) for each in (images, known / 127.5 - 1))
    nearest = (ours @ theirs.T).argmax(axis=1)
    shares = np.bincount(labels[nearest], minlength=10) / len(images)
    assert shares.min() >= 0.02, shares
    assert (ours * theirs[nearest]).sum(axis=1).mean() > 0.7, "images that look like none of them"


def flat(images: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Ink as vectors of length 1."""
    ink = images.reshape(len(images), -1) + 1
    vectors: np.ndarray[Any, Any] = ink / np.linalg.norm(ink, axis=1, keepdims=True)
    return vectors


def test_packing_keeps_the_weights_to_a_step() -> None:
    weight, bias = NOISE[:20, :30].astype(np.float32), NOISE[0, :20].astype(np.float32)
    arrays = pretrained.pack(((weight, bias),))
    back = arrays["weight0"].astype(np.float32) * arrays["scale0"].astype(np.float32)[:, None]
    assert np.abs(back - weight).max() <= np.abs(weight).max() / 120


# Its pictures -------------------------------------------------------------------------------------


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A terminal of a given width; what it shows, and the folder of the pictures."""
    monkeypatch.setattr(lesson_pictures, "RUNS", tmp_path / "runs")

    def show(width: int, draw: Any, *what: Any, height: int = 40) -> tuple[str, Path]:
        file = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
        console = Console(
            file=file, width=width, height=height, force_terminal=True, color_system="truecolor",
            legacy_windows=False, _environ={},
        )  # fmt: skip
        monkeypatch.setattr(lesson_pictures, "make_console", lambda: console)
        draw(*what)
        file.flush()
        file.seek(0)
        return file.read(), tmp_path / "runs"

    return show


def test_a_low_window_gets_smaller_pictures(shown: Any) -> None:
    text, _ = shown(80, lesson_pictures.show_noise, NOISE[:100], height=24)
    assert cells(text) == [14 * 5] * 7


def cells(text: str) -> list[int]:
    """Half-blocks in each line of the pictures."""
    return [line.count(HALF) for line in text.splitlines() if HALF in line]


@pytest.mark.parametrize(("width", "images"), [(40, 1), (80, 2), (100, 3), (120, 4)])
def test_noise_is_drawn_pixel_by_pixel(shown: Any, width: int, images: int) -> None:
    text, folder = shown(width, lesson_pictures.show_noise, NOISE[:100])
    assert cells(text) == [28 * images] * 14
    assert "\x1b]8;id=" in text
    assert (folder / "noise.png").as_uri() in text
    assert (folder / "noise.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("width", "steps", "height"), [(80, 5, 7), (100, 6, 7), (150, 5, 14), (28, 2, 7)]
)
def test_a_walk_shows_both_of_its_ends(shown: Any, width: int, steps: int, height: int) -> None:
    walk = np.linspace(NOISE[0], NOISE[1], 20)
    text, folder = shown(width, lesson_pictures.show_walk, torch.from_numpy(walk))
    across = 1 if width < 30 + 2 else steps
    assert cells(text)[:height] == [2 * height * across] * height
    assert (folder / "walk.png").is_file()
    drawn = lesson_pictures.pixels(pretrained.generate(walk))
    chosen = lesson_pictures.steps_of(Page(Console(width=width)), drawn).images
    assert len(chosen) == steps
    assert np.array_equal(chosen[[0, -1]], drawn[[0, -1]])


def test_an_untrained_generator_stands_beside_a_trained_one(shown: Any) -> None:
    images = torch.rand(16, 28, 28) * 2 - 1
    text, folder = shown(80, lesson_pictures.show_untrained, images)
    assert cells(text) == [56] * 14
    assert (folder / "untrained.png").is_file()


@pytest.mark.parametrize(
    "noise", [None, NOISE[0], NOISE[:, :50], np.array(["a"]), [[1, 2], [3]], torch.zeros(2, 2)]
)
def test_what_is_no_noise_gets_a_word(shown: Any, noise: Any, capsys: Any) -> None:
    text, folder = shown(80, lesson_pictures.show_noise, noise)
    assert HALF not in text
    assert not folder.exists()
    assert "latent vectors, shape (N, 100)" in capsys.readouterr().out


def test_noise_that_is_nan_or_huge_is_drawn_as_it_is(shown: Any) -> None:
    text, _ = shown(80, lesson_pictures.show_noise, np.full((3, 100), np.nan))
    assert cells(text) == [56] * 14
    shown(80, lesson_pictures.show_noise, np.full((3, 100), 1e300))


def test_a_picture_that_cannot_be_written(shown: Any, tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    text, _ = shown(80, lesson_pictures.show_noise, NOISE[:2])
    assert "noise.png can't be written" in text


# What is still to write ---------------------------------------------------------------------------


def test_the_part_to_write_is_named_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> None:
        raise NotImplementedError("Generator.forward")

    lesson_script.run(main)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("Next to write: Generator.forward, in ")
    assert line.endswith(f"{Path(__file__).name}:{main.__code__.co_firstlineno + 1}")


def test_an_error_of_pytorch_is_no_part_to_write() -> None:
    with pytest.raises(NotImplementedError):
        lesson_script.run(lambda: torch.nn.Module()(1))


def test_nothing_is_loaded_for_an_unfinished_lesson(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["advanced.py", "--data", "nowhere"])
    with pytest.raises(NotImplementedError, match="normalize_images"):
        lesson_script.training(str(EXERCISES / "advanced.py"), epochs=5)


def test_a_bad_folder_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["advanced.py", "--data", "nowhere"])
    with pytest.raises(SystemExit) as ended:
        lesson_script.training(str(REFERENCE / "advanced.py"), epochs=5)
    assert ended.value.code == 2
    assert capsys.readouterr().err == "The data folder nowhere does not exist.\n"


HALF_DONE = {
    "one part": (("sample_noise_torch", "noise_statistics", "interpolate_noise"), 1),
    "all but the walk": (("interpolate_noise",), 1),
}


@pytest.mark.parametrize("name", HALF_DONE)
def test_a_half_done_beginner_sees_digits(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unwritten, pictures = HALF_DONE[name]
    text = (REFERENCE / "beginner.py").read_text(encoding="utf-8")
    for part in unwritten:
        head, _, rest = text.partition(f"def {part}(")
        before, _, after = rest.partition("    ### BEGIN SOLUTION\n")
        text = f'{head}def {part}({before}    raise NotImplementedError("{part}")\n{after}'
    (tmp_path / "beginner.py").write_text(text, encoding="utf-8")
    shutil.copy(REFERENCE / "kit.py", tmp_path)
    monkeypatch.setattr(lesson_pictures, "RUNS", tmp_path / "runs")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "kit", raising=False)
    runpy.run_path(os.fspath(tmp_path / "beginner.py"), run_name="__main__")
    said = capsys.readouterr().out
    assert said.startswith("Random noise shape: (100, 100)\n")
    assert f"Next to write: {unwritten[0]}, in " in said
    assert len(list((tmp_path / "runs").glob("*.png"))) == pictures
