"""The report in a browser: what a person sees, moves and reads, in headless Chromium."""

from __future__ import annotations

import functools
import http.server
import json
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checks.engine.report import write_report
from checks.engine.report.pictures import sheet
from checks.engine.training import run_store as runs
from checks.selftest.run_folders import make_run, make_scores

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = ("--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage")  # fmt: skip
EPOCHS = [0, 10, 20, 30]
PHONE, WIDE = 360, 1280
SHOWN = "[...document.querySelectorAll('figure')].filter(each => each.checkVisibility())"
PIXELS = """
    const image = arguments[0], canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
    return [...data].filter((_, i) => i % 4 == 0);
"""
BEYOND = """
    for (const each of document.querySelectorAll("details")) each.open = true;
    return [...document.querySelectorAll("main *")]
        .filter(each => !each.closest(".wide > *") && !each.closest("label"))
        .filter(each => each.getBoundingClientRect().width > 0)
        .filter(each => each.getBoundingClientRect().right > innerWidth + 0.5
                     || each.getBoundingClientRect().left < -0.5)
        .map(each => each.outerHTML.slice(0, 80));
"""


class Browser:
    """Chromium, driven by selenium and, for what that can't, by DevTools' commands."""

    def __init__(self, browser: str, driver: str, profile: Path) -> None:
        from selenium.webdriver.chrome.service import Service

        options = webdriver.ChromeOptions()
        options.binary_location = browser
        as_root = hasattr(os, "geteuid") and os.geteuid() == 0
        for flag in (*FLAGS, *(["--no-sandbox"] if as_root else []), f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(executable_path=driver))

    def command(self, name: str, **how: Any) -> Any:
        return self.driver.execute_cdp_cmd(name, how)

    def open(
        self, page: Path | str, width: int = WIDE, media: str = "", script: bool = True, **how: str
    ) -> None:
        """Load a page at a width; `how` are media features such as `prefers_color_scheme`."""
        self.command("Emulation.setScriptExecutionDisabled", value=not script)
        features = [{"name": key.replace("_", "-"), "value": held} for key, held in how.items()]
        self.command("Emulation.setEmulatedMedia", media=media, features=features)
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=800,
                     deviceScaleFactor=1, mobile=width < 500)  # fmt: skip
        for log in ("browser", "performance"):
            self.driver.get_log(log)
        self.driver.get(page if isinstance(page, str) else page.as_uri())

    def ask(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def find(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def shown(self) -> list[int]:
        """The epochs whose grids can be seen."""
        return [int(each) for each in self.ask(f"return {SHOWN}.map(each => each.dataset.epoch)")]

    def requests(self) -> list[str]:
        """The addresses that were asked for since the page was opened, but those in the page."""
        logged = [json.loads(entry["message"])["message"]
                  for entry in self.driver.get_log("performance")]  # fmt: skip
        sent = [each["params"]["request"]["url"] for each in logged
                if each["method"] == "Network.requestWillBeSent"]  # fmt: skip
        return [url for url in sent if not url.startswith("data:")]

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    if not found or not driver:
        pytest.skip("Chromium or its chromedriver is not installed.")
    from selenium.common.exceptions import SessionNotCreatedException

    try:
        started = Browser(found, driver, tmp_path_factory.mktemp("profile"))
    except SessionNotCreatedException as error:
        pytest.skip(f"Chromium can't be driven here: {(error.msg or '').splitlines()[0]}")
    yield started
    started.driver.quit()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with everything, and its report."""
    place = make_run(tmp_path_factory.mktemp("runs"), snapshots=EPOCHS, scores=make_scores(EPOCHS))
    write_report(runs.read(place))
    return place


@pytest.fixture(scope="module")
def page(folder: Path) -> Path:
    return folder / "report.html"


# The slider ---------------------------------------------------------------------------------------


def test_the_keyboard_moves_through_the_snapshots(browser: Browser, page: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.open(page)
    slider, text = browser.find("#moment"), browser.find("#shown")
    assert slider.accessible_name == "Epoch"
    for _ in range(2):  # from the top of the page: the button, then the slider
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.driver.switch_to.active_element == slider
    grids = {epoch: sheet(runs.load_samples(path)["grid"])
             for epoch, path in runs.samples(runs.read(page.parent)).items()}  # fmt: skip
    for key, epoch in ((None, 30), (Keys.ARROW_LEFT, 20), (Keys.HOME, 0), (Keys.ARROW_RIGHT, 10),
                       (Keys.ARROW_UP, 20), (Keys.END, 30)):  # fmt: skip
        if key:
            slider.send_keys(key)
        assert browser.shown() == [epoch]
        assert text.text.splitlines()[0].strip() == f"Epoch {epoch}"
        assert slider.get_attribute("aria-valuetext").startswith(f"Epoch {epoch}")
        (image,) = browser.ask(f"return {SHOWN}.map(each => each.querySelector('img'))")
        assert np.array_equal(browser.ask(PIXELS, image), grids[epoch].ravel())
    assert text.get_attribute("aria-live") == "polite"
    assert "Fréchet distance 23.4, 10 of 10 digits" in text.text


def test_play_goes_from_the_first_to_the_last_and_stops(browser: Browser, page: Path) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    browser.open(page)
    browser.ask("""
        window.seen = [];
        const text = document.getElementById("shown");
        const note = () => seen.push(text.querySelector("b").textContent);
        new MutationObserver(note).observe(text, {childList: true});
    """)
    button = browser.find("#play")
    button.click()
    assert button.text == "Stop"
    WebDriverWait(browser.driver, 30).until(lambda _: button.text == "Play")
    assert browser.ask("return seen") == [f"Epoch {epoch}" for epoch in EPOCHS]
    assert browser.shown() == [30]


def test_without_a_script_all_snapshots_stand_there(browser: Browser, page: Path) -> None:
    browser.open(page, script=False)
    assert browser.shown() == EPOCHS
    assert not browser.find(".controls").is_displayed()
    captions = browser.driver.find_elements("css selector", "figcaption b")
    assert [each.text for each in captions if each.is_displayed()] == [f"Epoch {e}" for e in EPOCHS]
    assert browser.complaints() == []


def test_on_paper_all_snapshots_stand_there(browser: Browser, page: Path) -> None:
    browser.open(page, media="print")
    assert browser.shown() == EPOCHS
    assert not browser.find("#moment").is_displayed()


def test_who_wants_less_motion_has_the_slider_alone(browser: Browser, page: Path) -> None:
    browser.open(page, prefers_reduced_motion="reduce")
    assert not browser.find("#play").is_displayed()
    assert browser.find("#moment").is_displayed()


# Looks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("width", [PHONE, WIDE])
def test_nothing_reaches_over_the_edge(
    browser: Browser, page: Path, width: int, script: bool
) -> None:
    browser.open(page, width, script=script)
    assert browser.ask(BEYOND) == []
    page_wide, room, window = browser.ask(
        "const root = document.documentElement;"
        "return [root.scrollWidth, root.clientWidth, innerWidth]"
    )
    assert page_wide == room <= window == width


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_it_is_as_light_or_dark_as_wanted(
    browser: Browser, page: Path, scheme: str, is_dark: bool
) -> None:
    browser.open(page, prefers_color_scheme=scheme)
    paper, ink = browser.ask(
        "const style = getComputedStyle(document.documentElement);"
        "return [style.backgroundColor, style.color]"
        ".map(each => each.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + +part, 0) / 3)"
    )
    assert (paper < 60) == is_dark
    assert abs(paper - ink) > 180


# Nothing from outside, nothing that was smuggled in -----------------------------------------------


def test_nothing_is_fetched_and_nothing_is_wrong(browser: Browser, page: Path) -> None:
    asked: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:
            asked.append(self.path)

    handler = functools.partial(Handler, directory=str(page.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/report.html"
        browser.open(address)
        browser.find("#play").click()
        assert browser.complaints() == []
        assert browser.requests() == [address]
        server.shutdown()
    assert asked == ["/report.html"]


def test_the_policy_is_kept(browser: Browser, page: Path) -> None:
    browser.open(page)
    done = browser.ask("""
        const script = document.createElement("script");
        script.textContent = "window.smuggled = true";
        document.body.append(script);
        document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='smuggled = true'>");
        document.querySelector("h1").setAttribute("style", "color: red");
        return [window.smuggled === undefined,
                getComputedStyle(document.querySelector("h1")).color === "rgb(255, 0, 0)"];
    """)
    assert done == [True, False]
    assert len(browser.complaints()) >= 3


def test_hostile_texts_are_only_read(browser: Browser, tmp_path: Path) -> None:
    hostile = "</title></script><script>document.title = 'hit'</script><img src=x onerror=hit()>"
    long = "unbroken" * 40
    scores = make_scores(EPOCHS)
    scores["calibration"] |= {hostile: scores["calibration"]["real"],
                              long: scores["calibration"]["real"]}  # fmt: skip
    environment = {"python": hostile, "platform": long}
    place = make_run(
        tmp_path, "n" * 64, snapshots=EPOCHS, scores=scores,
        configuration={"recipe": long, "code": "recipe", "environment": environment},
        state={"state": "failed", "epoch": 3, "problem": f"{hostile} {long}"},
    )  # fmt: skip
    browser.open(write_report(runs.read(place)), PHONE)
    assert browser.driver.title.startswith("nnnn")
    assert "<script>" in browser.find(".state.failed").text
    assert browser.complaints() == []
    assert browser.ask(BEYOND) == []
