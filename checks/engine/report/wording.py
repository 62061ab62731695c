"""The words of a report: what trained on what and how it ended, and each value as text."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePath
from typing import Any

from checks.engine.report.content import Content, Score, number, part, text, whole

UNKNOWN = "–"
COMMAND = "python run_checks.py"
# What the configuration's table shows, and what it calls it.
SETTINGS = {
    "epochs": "Epochs",
    "batch_size": "Batch size",
    "latent_dim": "Latent vector",
    "learning_rate": "Learning rate",
    "seed": "Seed",
    "device": "Device",
    "threads": "Threads",
}
SURROUNDINGS = {
    "python": "Python",
    "torch": "PyTorch",
    "torchvision": "torchvision",
    "numpy": "NumPy",
    "platform": "System",
    "device_name": "Processor",
    "cores": "Cores",
}


def trained(content: Content) -> str:
    """What was trained, on what, for how long: a sentence."""
    settings = content.configuration
    epochs, seed = whole(settings.get("epochs")), whole(settings.get("seed"))
    length = "" if epochs is None else f"{epochs:,} {plural('epoch', epochs)} "
    start = "" if seed is None else f", seed {seed}"
    return f"{who(settings)}: {length}on {images(settings)}{start}."


def who(settings: Mapping[str, Any]) -> str:
    """Whose code trained."""
    code, recipe = text(settings.get("code"), limit=200), text(settings.get("recipe"), limit=60)
    if code == "recipe" and recipe:
        return f"The recipe “{recipe}”"
    if code == "reference":
        return "The reference’s networks and loop"
    if code == "exercises":
        return "Your networks and your loop"
    folder = PurePath(code.replace("\\", "/")).name
    return f"Networks and loop of {folder}" if folder else "A GAN"


def images(settings: Mapping[str, Any]) -> str:
    """What it trained on."""
    data = part(settings, "data")
    count, kind = whole(data.get("images")), text(data.get("kind"))
    counted = "images" if count is None else f"{count:,} {plural('image', count)}"
    if kind == "mnist":
        return f"{counted} of MNIST"
    return f"{counted} of digits that the kit draws itself" if kind == "drawn" else counted


def ended(content: Content) -> tuple[str, str, str]:
    """How it stands: a kind ("finished", "stopped", "failed", "running"), its word, a sentence."""
    state = content.state
    kind, problem = text(state.get("state")), text(state.get("problem"))
    done, of = whole(state.get("epoch")) or 0, whole(content.configuration.get("epochs"))
    so_far = f"after epoch {done:,}" + (f" of {of:,}" if of is not None else "")
    again = go_on(content.name)
    reason = f" {problem[0].upper()}{problem[1:].rstrip('.')}." if problem else ""
    if kind == "finished":
        return kind, "Finished", f"All epochs took {duration(state.get('seconds'))}.{reason}"
    if kind == "stopped":
        return kind, "Stopped", f"Training stopped {so_far}.{reason}{again}"
    if kind == "failed":
        return kind, "Failed", f"Training failed {so_far}.{reason or ' The reason is not known.'}"
    if kind == "running":
        said = f"Written {so_far}, while it was training or after it was cut off."
        return kind, "Not finished", f"{said}{reason}{again}"
    return "unknown", "Unknown", f"How this run ended is not known.{reason}"


def go_on(name: str) -> str:
    """How a run goes on, where its name is a plain one."""
    plain = re.fullmatch(r"\w[\w.-]*", name, re.ASCII)
    return f" It goes on with: {COMMAND} train --resume {name}" if plain else ""


def began(content: Content) -> tuple[str, str]:
    """When training began: for machines and for people; empty where that is not known."""
    try:
        moment = datetime.fromisoformat(text(content.configuration.get("began"), limit=40))
        return moment.isoformat(timespec="minutes"), f"{moment.day} {moment:%B %Y, %H:%M}"
    except (ValueError, OverflowError):
        return "", ""


def figures(content: Content) -> list[tuple[str, str, str]]:
    """The few numbers that matter most: what, how much, and beside what to read it."""
    found = []
    scores = content.scores
    if scores is not None:
        last = scores.epochs[max(scores.epochs)]
        real = scores.yardsticks["real"]
        for name, label in (("frechet", "Fréchet distance"), ("coverage", "coverage")):
            note = f"real images: {measure(name, real.measures[name])}"
            found.append((label, measure(name, last.measures[name]), note))
        found.append(("digits", f"{last.n_digits} of 10", f"each in at least {share(0.01)}"))
    seconds = number(content.state.get("seconds"))
    seen = whole(content.state.get("images_seen"))
    if seconds:
        speed = f"{short(round(seen / seconds))} images/s" if seen else ""
        found.append(("training", duration(seconds), speed))
    return found


def caption(epoch: int, score: Score | None) -> str:
    """What stands beside a snapshot's epoch."""
    parts = ["before training"] if epoch == 0 else []
    if score is not None:
        parts.append(f"Fréchet distance {measure('frechet', score.measures['frechet'])}")
        parts.append(f"{score.n_digits} of 10 digits")
    return ", ".join(each.replace(" ", "\N{NO-BREAK SPACE}") for each in parts)


def settings(content: Content) -> list[tuple[str, str]]:
    """The configuration, row by row."""
    held = content.configuration
    rows = [("Trained by", who(held)), ("Data", images(held))]
    rows += [(label, value(held[name])) for name, label in SETTINGS.items() if name in held]
    resumed = whole(content.state.get("resumed"))
    if resumed:
        rows.append(("Resumed", f"{resumed} {plural('time', resumed)}"))
    cpu = number(content.state.get("cpu_seconds"))
    if cpu:
        rows.append(("Processor time", duration(cpu)))
    return rows


def surroundings(content: Content) -> list[tuple[str, str]]:
    """What it ran on, row by row."""
    held = part(content.configuration, "environment")
    return [(label, value(held[name])) for name, label in SURROUNDINGS.items() if name in held]


# Single values ------------------------------------------------------------------------------------


def short(value: float, step: float | None = None) -> str:
    """A number as a person writes it: as many digits as its step, or else its size, calls for."""
    size = step if step is not None else abs(value) / 100
    if abs(value) >= 1e6 or 0 < size < 1e-6:
        return re.sub(r"e\+?(-?)0*(\d)", r"e\1\2", f"{value:.3g}").replace("-", "−")
    digits = 0 if size >= 1 or size <= 0 else min(6, math.ceil(-math.log10(size)))
    written = f"{value:,.{digits}f}"
    if step is None and "." in written:
        written = written.rstrip("0").rstrip(".")
    return "0" if float(written.replace(",", "")) == 0 else written.replace("-", "−")


def value(held: object) -> str:
    """A setting as text."""
    if isinstance(held, str):
        return text(held) or UNKNOWN
    found = number(held)
    if found is None:
        return UNKNOWN
    return f"{int(found)}" if found == int(found) else f"{found:g}"


def measure(name: str, held: float | None) -> str:
    """A score as text: distances by their size, shares with two digits."""
    if held is None:
        return UNKNOWN
    return short(held) if name in ("frechet", "kernel") else short(held, 0.01)


def loss(held: float | None) -> str:
    """A loss as text."""
    return "no number" if held is None else short(held, 0.001)


def share(held: float) -> str:
    """A share in percent, with the sign."""
    return f"{percent(held)}\N{NO-BREAK SPACE}%"


def percent(held: float) -> str:
    """A share in percent; whole percents, but for the small ones."""
    digits = 1 if 0 < 100 * held < 0.95 else 0
    return f"{100 * held:.{digits}f}"


def duration(held: object) -> str:
    """Seconds as people say them."""
    seconds = number(held)
    if seconds is None or seconds < 0:
        return "an unknown time"
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{amount:,} {unit}" for amount, unit in parts if amount) or "0 s"


def plural(word: str, count: int) -> str:
    """One epoch, two epochs."""
    return word if count == 1 else f"{word}s"
