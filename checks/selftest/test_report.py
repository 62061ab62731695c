"""The report of a run: what stands on the page, whatever the run's folder holds."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from checks.engine.errors import ReportError
from checks.engine.report import animation, page, write_report
from checks.engine.report.content import MAX_EPOCHS, MAX_SNAPSHOTS
from checks.engine.training import run_store as runs
from checks.selftest.run_folders import make_run, make_score, make_scores

HOSTILE = (
    "</script></style><script>alert(1)</script><img src=x onerror=alert(2)>\"'{{7*7}}\u202e\x1b"
)


class Page(HTMLParser):
    """A page as its parts: tags with their attributes, and the text that is read."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.parts: list[str] = []
        self.raw = False
        self.feed(self.source)
        self.text = " ".join(" ".join(self.parts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self.raw = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self.raw = False

    def handle_data(self, data: str) -> None:
        if not self.raw:
            self.parts.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def report(folder: Path) -> Page:
    """The page of the run in this folder; it fetches nothing and holds one script."""
    page = Page(write_report(runs.read(folder)))
    assert len(page.all("script")) == len(page.all("style")) == 1
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("src", "href"):
            assert attributes.get(name, "data:").startswith(("data:", "#"))
    assert not list(folder.glob(".*.tmp"))
    return page


def grids(page: Page) -> dict[int, np.ndarray[Any, Any]]:
    """The grids on the page, by epoch."""
    found, epoch = {}, None
    for tag, attributes in page.tags:
        if tag == "figure":
            epoch = int(attributes["data-epoch"])
        elif tag == "img" and epoch is not None:
            data = base64.b64decode(attributes["src"].partition(",")[2])
            found[epoch] = np.asarray(Image.open(io.BytesIO(data)))
            epoch = None
    return found


# What stands on it --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The page of a run that has everything."""
    return report(make_run(tmp_path_factory.mktemp("runs"), scores=make_scores()))


def test_it_says_what_was_trained_and_how_it_ended(whole: Page) -> None:
    for words in (
        "first", "14 March 2026", "Finished", "All epochs took 42 s.", "1,446 images/s",
        "Your networks and your loop: 30 epochs on 2,000 images of digits that the kit draws "
        "itself, seed 7.", "Learning rate 0.0002", "PyTorch 2.9.0",
    ):  # fmt: skip
        assert words in whole.text


def test_every_snapshot_is_there_pixel_by_pixel(whole: Page, tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    shown = grids(whole)
    assert list(shown) == [0, 10, 20, 30]
    for epoch, path in runs.samples(runs.read(folder)).items():
        grid = runs.load_samples(path)["grid"]
        for place in (0, 9, 63):
            row, column = divmod(place, 8)
            tile = shown[epoch][28 * row : 28 * row + 28, 28 * column : 28 * column + 28]
            assert np.array_equal(tile, grid[place])


def test_losses_stand_as_curves_and_as_numbers(whole: Page) -> None:
    assert {"discriminator", "generator", "loss"} <= set(whole.parts)
    assert "1 0.590 2.200 2 0.990 1.450" in whole.text
    summaries = [each["aria-label"] for each in whole.all("svg") if "aria-label" in each]
    assert summaries[0] == (
        "Line chart of loss over the epochs: discriminator 0.59 at epoch 1, 1.36 at epoch 30; "
        "generator 2.2 at epoch 1, 0.75 at epoch 30."
    )


def test_scores_stand_beside_what_they_are_held_against(whole: Page) -> None:
    assert "epoch 30 23.4 0.90 10" in whole.text
    assert "real images 2.5 0.96 10" in whole.text
    assert "noise 1,900 0 1" in whole.text
    assert "Fréchet distance 23.4, 10 of 10 digits" in whole.text
    bars = [each["aria-label"] for each in whole.all("svg")][-1]
    assert "3: 10\N{NO-BREAK SPACE}%" in bars


def test_the_policy_allows_this_script_and_this_style_only(whole: Page) -> None:
    (policy,) = [each["content"] for each in whole.all("meta") if "http-equiv" in each]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy


@pytest.mark.parametrize("scheme", [0, 1])
def test_every_colour_stands_out_from_the_paper(scheme: int) -> None:
    style = Path(page.__file__).with_name("page.css").read_text(encoding="utf-8")
    themes = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    colours = dict(re.findall(r"--(\w+): #([0-9a-f]{6})", themes[scheme]))
    assert len(colours) == 9
    for name in ("ink", "quiet", "one", "two", "good", "bad"):
        assert contrast(colours[name], colours["paper"]) >= 4.5  # WCAG 2.2, 1.4.3
    assert contrast(colours["ink"], colours["raised"]) >= 4.5


def contrast(one: str, other: str) -> float:
    """How far apart two colours are in brightness, from 1 to 21 (WCAG 2.2)."""

    def luminance(colour: str) -> float:
        parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)])
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_ten_snapshots_of_noise_make_a_small_page(tmp_path: Path) -> None:
    folder = make_run(tmp_path, snapshots=range(0, 50, 5), epochs=1000)
    report(folder)
    assert (folder / "report.html").stat().st_size < 1_000_000


# Less than everything -----------------------------------------------------------------------------


def test_a_single_snapshot_without_scores(tmp_path: Path) -> None:
    page = report(make_run(tmp_path, snapshots=[1], epochs=1))
    assert "at epoch 1." in page.text
    assert "has not been scored yet" in page.text
    assert len(grids(page)) == 1


def test_an_empty_run(tmp_path: Path) -> None:
    folder = make_run(tmp_path, snapshots=[], history="", state={"state": "stopped", "epoch": 0})
    page = report(folder)
    assert "There are no samples to show." in page.text
    assert "There are no losses to draw." in page.text
    assert not (folder / "samples.gif").exists()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"state": "stopped", "epoch": 12}, "Stopped Training stopped after epoch 12 of 30. It "
         "goes on with: python run_checks.py train --resume first"),
        ({"state": "failed", "epoch": 3, "problem": "the loss is NaN"},
         "Failed Training failed after epoch 3 of 30. The loss is NaN."),
        ({"state": "running", "epoch": 5}, "Stopped Training stopped after epoch 5"),
        ({"state": "finished", "seconds": 3725.0, "resumed": 2}, "took 1 h 2 min 5 s."),
    ],
)  # fmt: skip
def test_it_says_how_the_run_ended(tmp_path: Path, state: dict[str, Any], words: str) -> None:
    assert words in report(make_run(tmp_path, state=state)).text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"code": "recipe", "recipe": "tuned"}, "The recipe “tuned”: 30 epochs"),
        ({"code": "/home/ada/mine"}, "Networks and loop of mine: 30"),
        ({"code": "reference"}, "The reference’s networks and loop: 30"),
        ({"epochs": 1}, "1 epoch on"),
        ({"data": {"source": "x", "kind": "mnist", "images": 60000}}, "60,000 images of MNIST"),
    ],
)
def test_it_says_what_was_trained(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    page = report(make_run(tmp_path, configuration=changes))
    assert words in page.text
    assert "home" not in page.text


def test_losses_that_are_no_numbers_leave_gaps(tmp_path: Path) -> None:
    rows = ["epoch,discriminator_loss,generator_loss,seconds", "1,1.3,0.7,1", "2,nan,0.8,1",
            "3,1.2,inf,1", "4,1.1,0.9,1"]  # fmt: skip
    page = report(make_run(tmp_path, epochs=4, snapshots=[4], history="\n".join(rows)))
    assert "for the first time in epoch 2" in page.text
    assert "2 no number 0.800 3 1.200 no number" in page.text
    assert "nan" not in " ".join(each.get("d", "") for each in page.all("path"))
    nothing = "\n".join([rows[0], "1,nan,nan,1"])
    page = report(make_run(tmp_path, "other", epochs=1, snapshots=[1], history=nothing))
    assert "There are no losses to draw." in page.text


def test_a_broken_snapshot_is_left_out_and_named(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    for epoch in (10, 20):
        (folder / "samples" / f"epoch_{epoch:03d}.npz").write_bytes(b"PK\x03\x04 and no more")
    page = report(folder)
    assert list(grids(page)) == [0, 30]
    assert "epoch_010.npz of the run first is damaged." in page.text
    assert "2 snapshots in all could not be read." in page.text


def test_a_broken_history_is_left_out_and_named(tmp_path: Path) -> None:
    page = report(make_run(tmp_path, history="epoch\nmany\n"))
    assert "The losses: history.csv of the run first is damaged." in page.text


# Nobody vouches for what lies there ---------------------------------------------------------------


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    texts = dict.fromkeys(("name", "recipe", "device"), HOSTILE)
    environment = dict.fromkeys(("python", "torch", "platform", HOSTILE), HOSTILE)
    scores = make_scores()
    scores["calibration"][HOSTILE] = make_score(7.0, coverage=0.5, n_digits=3)
    scores["features"] = HOSTILE
    folder = make_run(
        tmp_path,
        configuration=texts | {"code": "recipe", "began": HOSTILE, "environment": environment},
        state={"state": "failed", "problem": HOSTILE},
        scores=scores,
    )
    page = report(folder)
    assert "<script>alert(1)</script>" in page.text
    assert len(page.all("img")) == 5
    assert "\u202e" not in page.source
    assert "\x1b" not in page.source
    assert "49" not in re.sub(r"data:[^\"]*|sha256-[^']*|\d\.\d+", "", page.text.split("Losses")[0])


@pytest.mark.parametrize(
    "scores",
    [
        [], 3, "x", {}, {"epochs": []}, {"epochs": {"x": {}, "-1": {}, "٣": {}, "1": []}},
        {"epochs": {"10": {}}}, {"epochs": {"10": make_score(5, coverage=1, n_digits=2)}},
        {"epochs": {"10": {"frechet": 10**400, "coverage": float("nan"), "n_digits": 11,
                           "digits": ["x"] * 10, "accuracy": True}}},
        {"epochs": {"10": {"frechet": -3, "coverage": 1e300, "n_digits": -1, "digits": [2] * 10}}},
        {"epochs": {"10": {"frechet": 0, "digits": [0] * 10}}, "calibration": {"real": 3}},
        {"epochs": {"10": {"frechet": 1e-30}, "20": {"frechet": 1e12}}, "reference_kind": {}},
    ],
)  # fmt: skip
def test_any_scores_make_a_page(tmp_path: Path, scores: Any) -> None:
    page = report(make_run(tmp_path, snapshots=[10], scores=scores))
    assert "How good is it?" in page.text


@pytest.mark.parametrize(
    "held",
    [
        {"seed": 10**300, "epochs": 10**5}, {"began": "9999-99-99"}, {"environment": {}},
        {"environment": {"torch": [1] * 1000, "cores": -0.5}}, {"batch_size": 10**30},
        {"recipe": "\ud800", "code": "recipe"}, {"code": ""}, {"code": "///"},
        {"began": "x" * 100_000, "device": "y" * 100_000},
    ],
)  # fmt: skip
def test_any_configuration_makes_a_page(tmp_path: Path, held: dict[str, Any]) -> None:
    folder = make_run(tmp_path, snapshots=[1], configuration=held)
    page = report(folder)
    assert "Configuration" in page.text
    assert (folder / "report.html").stat().st_size < 300_000


def test_there_is_a_limit_to_everything(tmp_path: Path) -> None:
    rows = [f"{epoch},1.0,{epoch},1" for epoch in range(1, 5001)]
    history = "\n".join(["epoch,discriminator_loss,generator_loss,seconds", *rows])
    scores = make_scores()
    scores["epochs"] = dict.fromkeys(map(str, range(5000)), scores["epochs"]["10"])
    scores["calibration"] = dict.fromkeys(map(str, range(5000)), scores["epochs"]["10"])
    folder = make_run(tmp_path, snapshots=[1], epochs=5000, history=history, scores=scores)
    first = folder / "samples" / "epoch_001.npz"
    for epoch in range(2, 101):
        first.with_name(f"epoch_{epoch:03d}.npz").write_bytes(first.read_bytes())
    page = report(folder)
    shown = list(grids(page))
    assert len(shown) == MAX_SNAPSHOTS
    assert (shown[0], shown[-1]) == (1, 100)
    assert "Of 100 snapshots, these are shown." in page.text
    assert page.source.count("<tr>") < 4 * MAX_EPOCHS
    frames = Image.open(folder / "samples.gif")
    assert getattr(frames, "n_frames", 1) <= animation.MAX_FRAMES


# Files --------------------------------------------------------------------------------------------


def test_writing_again_changes_nothing(tmp_path: Path) -> None:
    folder = make_run(tmp_path, scores=make_scores())
    files = [folder / name for name in ("report.html", "samples.gif")]
    write_report(runs.read(folder))
    before = [path.read_bytes() for path in files]
    write_report(runs.read(folder))
    assert [path.read_bytes() for path in files] == before


def test_a_link_in_the_reports_place_is_not_followed(tmp_path: Path) -> None:
    folder, other = make_run(tmp_path), tmp_path / "other.txt"
    other.write_text("mine")
    try:
        (folder / "report.html").symlink_to(other)
    except OSError:
        pytest.skip("no links here")
    write_report(runs.read(folder))
    assert other.read_text() == "mine"
    assert not (folder / "report.html").is_symlink()


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    (folder / "report.html").mkdir()
    with pytest.raises(ReportError, match=r"^report\.html can't be written into first: .*\.$"):
        write_report(runs.read(folder))


def test_the_animation_has_a_frame_for_each_snapshot(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    write_report(runs.read(folder))
    with Image.open(folder / "samples.gif") as frames:
        assert frames.info["loop"] == 0
        size, times, heads = frames.size, [], []
        for number in range(getattr(frames, "n_frames", 1)):
            frames.seek(number)
            times.append(frames.info["duration"])
            heads.append(np.asarray(frames.convert("L"))[: animation.BAR])
    assert size == (448, 448 + animation.BAR)
    assert times == [animation.STEP] * 3 + [animation.HOLD]
    assert all(head.max() > 200 for head in heads)
    assert not np.array_equal(heads[0], heads[1])
