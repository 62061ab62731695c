"""Figures about the kit: speed, memory, chance, and which check catches what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from typing import Protocol, TypeVar

from rich.console import Console
from rich.progress import Progress

from checks.engine.paths import KIT

MNIST_FOLDER = KIT.parent / "shared" / "mnist"  # real images, beside the checkout
Item = TypeVar("Item", covariant=True)


class Counted(Iterable[Item], Sized, Protocol[Item]):
    """What can be gone through and has a length."""


def ticking(what: str, items: Counted[Item]) -> Iterator[Item]:
    """The items, with a progress bar where there is a terminal."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        yield from progress.track(items, total=len(items), description=what)
