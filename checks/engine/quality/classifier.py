"""The classifier that looks at images for the scores: small, trained in seconds, kept in the cache.

It reads ten digits, and an eleventh class for what is no digit: without one it would read some
digit into pure noise. Half of its digits have some grain, as young generators' have, so that grain
alone makes no digit unreadable.

What it sees in an image are its features, 64 numbers from its last layer but one. They are
normalized (Ba, Kiros and Hinton, 2016), so every image lies on the same sphere and what is no digit
has a place of its own there: else all doubtful images would meet in the middle, and the odd real
one among them would make noise look real.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from checks.engine.errors import DataError
from checks.engine.files import clear_drafts, replace
from checks.engine.paths import cache_folder
from checks.engine.quality.material import Material

N_FEATURES = 64
N_CLASSES = 11
NO_DIGIT = 10
EPOCHS, BATCH, RATE, DROPOUT = 5, 100, 5e-3, 0.3
NOT_DIGITS = 0.2  # images of the eleventh class, as a share of the digits
SEED = 0
LARGEST = 2**24  # bytes of a kept classifier; ours have a quarter of a million


class Classifier(nn.Module):
    """uint8 images `(N, 28, 28)` → features, float32 `(N, 64)`; `classes` reads these.

    `scale` makes the features' mean variance over the reference 1, so that distances between sets
    of features have a size that means the same for every classifier.
    """

    scale: Tensor

    def __init__(self) -> None:
        """Make the layers, about 60,000 weights."""
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 16, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(64 * 3 * 3, N_FEATURES),
            nn.LayerNorm(N_FEATURES, elementwise_affine=False),
        )
        self.head = nn.Linear(N_FEATURES, N_CLASSES, bias=False)
        self.register_buffer("scale", torch.tensor(1.0))

    def forward(self, images: Tensor) -> Tensor:
        """The images' features."""
        features: Tensor = self.body(as_input(images)) * self.scale
        return features

    @torch.no_grad()
    def features(self, images: Tensor) -> Tensor:
        """The same without a graph, a thousand images at a time."""
        return torch.cat([self(part) for part in images.split(1000)])

    @torch.no_grad()
    def classes(self, features: Tensor) -> Tensor:
        """Probabilities `(N, 11)`: of the ten digits, and that it is none."""
        probabilities: Tensor = self.head(features / self.scale).softmax(dim=1)
        return probabilities


def as_input(images: Tensor) -> Tensor:
    """uint8 `(N, 28, 28)` → float32 `(N, 1, 28, 28)` in [0, 1]."""
    return images.float().div(255).unsqueeze(1)


# Its training -------------------------------------------------------------------------------------


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Let PyTorch work on one core.

    Networks this small gain little from a second one, wait long for one that is busy, and sums come
    out the same however many cores there are.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def trained(material: Material) -> Classifier:
    """A classifier that has learned from the material's images; the same every time.

    PyTorch's global random state is left as it was.
    """
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        classifier = Classifier()
        digits = as_input(material.images)
        others = no_digits(digits, int(NOT_DIGITS * len(digits)))
        grainy = torch.rand(len(digits)) < 0.5
        digits[grainy] = with_grain(digits[grainy])
        inputs = torch.cat([digits, others])
        labels = torch.cat([material.labels, torch.full((len(others),), NO_DIGIT)])
        learn(classifier, inputs, labels)
    classifier.eval()
    seen = classifier.features(material.reference)
    classifier.scale = seen.var(dim=0).mean().rsqrt()
    return classifier


def learn(classifier: Classifier, inputs: Tensor, labels: Tensor) -> None:
    """Train it, in place, on float images `(N, 1, 28, 28)` and labels `(N,)`."""
    n_batches = -(-len(inputs) // BATCH)
    optimizer = torch.optim.Adam(classifier.parameters(), fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, RATE, epochs=EPOCHS, steps_per_epoch=n_batches
    )
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(inputs)).split(BATCH):
            features = F.dropout(classifier.body(inputs[rows]), DROPOUT)
            loss = F.cross_entropy(classifier.head(features), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


def with_grain(images: Tensor) -> Tensor:
    """Images `(N, 1, 28, 28)` with noise on them, each with an amount of its own."""
    shape = (len(images), 1, 1, 1)
    strayed = torch.rand_like(images) < 0.02 * torch.rand(shape)
    images = torch.where(strayed, torch.rand_like(images), images)
    return (images + 0.15 * torch.rand(shape) * torch.randn_like(images)).clamp(0, 1)


def no_digits(digits: Tensor, n: int) -> Tensor:
    """About `n` images `(n, 1, 28, 28)` that are no digits, of four kinds, made from those."""
    n = n // 4
    noise = torch.rand(n, 1, 28, 28) * torch.rand(n, 1, 1, 1)
    clouds = F.interpolate(torch.rand(n, 1, 7, 7), size=(28, 28), mode="bilinear")
    clouds = (0.3 + 8 * (clouds - 0.5) * torch.rand(n, 1, 1, 1)).clamp(0, 1)
    # Digits whose sixteen tiles have changed places.
    chosen = digits[torch.randperm(len(digits))[:n]]
    tiles = F.unfold(chosen, 7, stride=7)
    order = torch.rand(n, 1, 16).argsort(dim=2).expand_as(tiles)
    puzzles = F.fold(tiles.gather(2, order), (28, 28), 7, stride=7)
    # Each pixel from another digit: ink where ink may be, and no strokes.
    pixels = digits.flatten(start_dim=1)
    rows = torch.randint(len(pixels), (n, pixels.shape[1]))
    blots = pixels.gather(0, rows).reshape(n, 1, 28, 28)
    return torch.cat([noise, clouds, puzzles, blots])


# Its file -----------------------------------------------------------------------------------------


def classifier_for(material: Material) -> Classifier:
    """The classifier for this material, from the cache if it is there.

    One that is not there, broken or of another version is trained and kept. Where the cache can't
    be written it works all the same, and is trained again the next time.
    """
    path = cached_file(f"{material.name}.pt")
    if path and (kept := loaded(path)):
        return kept
    classifier = trained(material)
    if path:
        file = io.BytesIO()
        torch.save(classifier.state_dict(), file)
        store(path, file.getvalue())
    return classifier


def loaded(path: Path) -> Classifier | None:
    """The classifier in a file; None where there is none that can be used."""
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            return None
        weights: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        classifier = Classifier()
        classifier.load_state_dict(weights)
    except Exception:  # a broken archive ends in many ways, from EOFError to UnpicklingError
        return None
    usable = all(bool(values.isfinite().all()) for values in classifier.state_dict().values())
    return classifier.eval() if usable and classifier.scale > 0 else None


def cached_file(name: str) -> Path | None:
    """A file in the kit's part of this user's cache folder; None where there is no such folder."""
    try:
        return cache_folder() / "quality" / name
    except DataError:
        return None


def store(path: Path, content: bytes) -> None:
    """Write a file of the cache whole, or leave it."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        clear_drafts(path)
        replace(path, content)
