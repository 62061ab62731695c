"""What the terminal shows of a training: a bar while it runs, what became of it at the end.

In a terminal one live line tells epoch, losses, speed and the time left, below a few images of the
generator as it is now, from the same noise each time. A line stays for each epoch whose samples are
kept. Where there is no terminal each epoch gets its line.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from checks.engine.course.verdict import Verdict
from checks.engine.training.run_store import SEEN
from checks.engine.training.supervisor import Event
from checks.engine.ui import screen_parts as parts
from checks.engine.ui.preview import Preview, preview
from checks.engine.ui.screen import SPINNER, SPINNER_ASCII
from checks.engine.ui.screen_text import Page, make_console

__all__ = ["TrainingScreen", "make_console"]

BAR = 32  # cells at most
STEADY = 3.0  # seconds over which speed is measured


class TrainingScreen:
    """The terminal during one training: `loading`, then `event` for each one, then the end.

    A context manager: whatever happens inside, the cursor and the last line come back.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self.page = Page(console)
        self._console, self._clock = console, clock
        self._activity = ""
        self._live: Live | None = None
        self._epochs = self._epoch = self._images = self._width = 0
        self._share = 0.0
        self._losses = (math.nan, math.nan)
        self._sights: list[tuple[float, float]] = []  # (when, epochs done)
        self._marked: set[int] = set()
        self._images_now: Preview | None = None
        self._is_measuring = False

    def __enter__(self) -> TrainingScreen:
        return self

    def __exit__(self, *ignored: object) -> None:
        self.close()

    # What comes.

    def loading(self, what: str = "Loading PyTorch …") -> None:
        """Nothing can be seen of the training yet: a calm spinner, in a terminal only."""
        self._activity = what
        self._go_live()

    def event(self, event: Event) -> None:
        """Show one event of the worker; those that end it are not for here."""
        show = getattr(self, f"_on_{event['event']}", None)
        if show is not None:
            show(event)

    def _on_stage(self, event: Event) -> None:
        self.loading(event["text"])

    def _on_notice(self, event: Event) -> None:
        self.notice(event["text"])

    def _on_begin(self, event: Event) -> None:
        self._epochs, self._epoch, self._images = event["epochs"], event["done"], event["images"]
        self._width = len(str(self._epochs))
        self._activity = ""
        on = "" if event["device"] == "cpu" else f", on {event['device'].upper()}"
        going_on = f"Going on after epoch {self._epoch}, on" if self._epoch else "Training on"
        self.say(f"{going_on} {event['source']}{on}")
        self._went(0.0)

    def _on_batch(self, event: Event) -> None:
        self._epoch, self._losses = event["epoch"] - 1, tuple(event["losses"])
        self._went(event["share"])

    def _on_snapshot(self, event: Event) -> None:
        self._marked.add(event["epoch"])

    def _on_glance(self, event: Event) -> None:
        images = np.frombuffer(event["images"], np.uint8).reshape(SEEN, 28, 28)
        self._images_now = preview(images, columns=SEEN)

    def _on_epoch(self, event: Event) -> None:
        self._epoch, self._losses = event["epoch"], tuple(event["losses"])
        self._went(0.0)
        kept = self._epoch in self._marked
        if kept or not self._console.is_interactive:
            line = Text(f"Epoch {self._epoch:>{self._width}}/{self._epochs}", "bold")
            speed = self._images / max(event["seconds"], 1e-6)
            losses = self._said_losses()
            line.append_text(Text.assemble("  " if losses else "", losses, style="not bold"))
            line.append(f"  {speed:>7,.0f} images/s", "not bold dim")
            word = "  samples kept" if kept and self._console.is_interactive else ""
            if line.cell_len + len(word) < self.page.width:
                line.append(word, "not bold dim")
            self._print(line)

    def _went(self, share: float) -> None:
        """Note how far the training is."""
        self._share = share
        now, done = self._clock(), self._epoch + share
        self._sights = [s for s in self._sights if now - s[0] < STEADY or s is self._sights[-1]]
        self._sights.append((now, done))

    def measuring(self, what: str) -> None:
        """The samples are being measured, which takes a while: also said where nothing moves."""
        if self._console.is_interactive:
            self.loading(f"Measuring the samples: {what[0].lower()}{what[1:]}")
        elif not self._is_measuring:
            self.say("Measuring the samples …")
        self._is_measuring = True

    # What is said.

    def notice(self, text: str) -> None:
        """Something worth knowing, in plain sentences."""
        self._print(self.page.hang(Text(), self.page.text(text, "cyan")))

    def say(self, text: str, style: str = "") -> None:
        """A plain line."""
        self._print(self.page.hang(Text(), self.page.text(text, style)))

    def next(self, step: str) -> None:
        """The next thing to do."""
        self._print(self.page.hang(Text("Next: ", "bold"), self.page.text(step)))

    def show_mistake(self, verdict: Verdict) -> None:
        """What ended the training, in words."""
        self.close()
        self._print(Text(), *parts.details(self.page, verdict, verbose=False), Text())

    def show(self, renderable: Any) -> None:
        """Something that lays itself out."""
        self.close()
        self._console.print(renderable)

    def close(self) -> None:
        """Take the live part away; safe to call again."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _print(self, *blocks: Text) -> None:
        for block in blocks:
            self._console.print(block)

    # The live part.

    def _go_live(self) -> None:
        if self._live is None and self._console.is_interactive:
            self._live = Live(
                get_renderable=self._shown,
                console=self._console,
                transient=True,
                refresh_per_second=10,
                redirect_stdout=False,
                redirect_stderr=False,
                vertical_overflow="crop",
            )
            self._live.start()

    def _shown(self) -> RenderableType:
        """The live part: a picture as soon as there is one, and what is going on."""
        if self._images_now is None or self._activity:
            return self._now()
        return Group(self._images_now, self._now())

    def _now(self) -> Text:
        """What is going on."""
        frames = SPINNER_ASCII if self.page.ascii_only else SPINNER
        spin = Text(f"{frames[int(time.monotonic() * 10) % len(frames)]} ", "cyan")
        if self._activity:
            spin.append_text(self.page.line(self._activity, "dim"))
        else:
            spin.append_text(self._training())
        spin.truncate(self.page.width - 1)
        return spin

    def _training(self) -> Text:
        number = min(self._epoch + 1, self._epochs)
        line = Text(f"Epoch {number:>{self._width}}/{self._epochs}  ", "bold")
        done = (self._epoch + self._share) / max(self._epochs, 1)
        losses = self._said_losses()
        tail = Text.assemble("  " if losses else "", losses, (self._said_speed(), "dim"))
        room = self.page.width - line.cell_len - tail.cell_len - 3
        if room >= 8:
            line.append_text(self._bar(done, min(room, BAR)))
        else:
            line.append(f"{done:4.0%}")
        return line.append_text(tail)

    def _bar(self, share: float, width: int) -> Text:
        full = round(width * min(max(share, 0.0), 1.0))
        marks = ("#", ".") if self.page.ascii_only else ("━", "─")
        return Text.assemble((marks[0] * full, "green"), (marks[1] * (width - full), "dim"))

    def _said_losses(self) -> Text:
        """Both losses, as wide whatever they are; nothing where they are not known."""
        said = Text()
        for name, loss in zip("DG", self._losses, strict=True):
            if not math.isnan(loss):
                said.append(f"  {name} " if said else f"loss: {name} ", "dim")
                said.append(f"{loss:<5.3f}"[:5])
        return said

    def _said_speed(self) -> str:
        """Images per second over the last seconds, and the time left."""
        (then, before), (now, after) = self._sights[0], self._sights[-1]
        if now - then < 0.2 or after <= before:
            return ""
        pace = (after - before) / (now - then)
        left = (self._epochs - after) / pace
        return f"  {pace * self._images:>6,.0f} images/s  {clock(left)} left"


def clock(seconds: float) -> str:
    """A time as people say it: 0:07, 12:30, 1:02:03."""
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
