"""Data for a script: torchvision's datasets with drawn digits in them, and loaders cut short.

A loader gives two full batches and then the true remainder, in an order that its own sampler chose;
where an optimizer has not stepped in all of that, it gives more the next time.
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import DataLoader, SequentialSampler, TensorDataset
from torch.utils.data._utils.collate import default_collate

from checks.probes.doctor.stand_ins import Change, Surroundings, replaced
from checks.probes.doctor.watch import Watch

FULL_BATCHES, MANY_BATCHES = 2, 12
DEFAULT_LENGTH = 2000
# By torchvision's name: images in the training set, channels, rows, columns. Others are photographs
# of no fixed size.
KNOWN = {
    "MNIST": (60_000, 1, 28, 28), "FashionMNIST": (60_000, 1, 28, 28),
    "KMNIST": (60_000, 1, 28, 28), "QMNIST": (60_000, 1, 28, 28),
    "EMNIST": (112_800, 1, 28, 28), "USPS": (7291, 1, 16, 16),
    "CIFAR10": (50_000, 3, 32, 32), "CIFAR100": (50_000, 3, 32, 32), "SVHN": (73_257, 3, 32, 32),
    "STL10": (5000, 3, 96, 96), "CelebA": (162_770, 3, 218, 178), "Omniglot": (19_280, 1, 105, 105),
}  # fmt: skip
FOLDERS = ("ImageFolder", "DatasetFolder", "LSUN", "LSUNClass", "Flowers102", "Food101", "ImageNet",
           "Places365", "LFWPeople", "Caltech101", "OxfordIIITPet", "StanfordCars", "Imagenette",
           "CocoCaptions", "CocoDetection", "Cityscapes")  # fmt: skip
TEST_LENGTH = 10_000


@dataclass(frozen=True)
class Stock:
    """The images that stand in, uint8 `(N, rows, columns)` or `(N, rows, columns, 3)`."""

    images: Any
    labels: Any
    are_given: bool


@contextlib.contextmanager
def standing_in(surroundings: Surroundings, watch: Watch, stock: Stock) -> Iterator[None]:
    """Datasets and loaders that need no files, inside the block."""
    changes = [*_of_loaders(watch), *_of_tensors(watch)]
    if "torchvision" in surroundings.imported:
        changes += _of_datasets(surroundings, watch, stock)
    with contextlib.ExitStack() as stack:
        for owner, name, value in changes:
            stack.enter_context(replaced(owner, name, value))
        yield


# Loaders ------------------------------------------------------------------------------------------


def _of_loaders(watch: Watch) -> Iterator[Change]:
    rounds: dict[int, int] = {}
    plain = DataLoader.__iter__

    def n_full(loader: Any) -> int:
        """How many full batches come: more, where the first round brought no step of someone."""
        if rounds.get(id(loader), 0) < 2:
            return FULL_BATCHES
        stepped = {step["optimizer"] for step in watch.steps}
        return MANY_BATCHES if set(watch.optimizers) - stepped else FULL_BATCHES

    def sizes(loader: Any) -> tuple[int, int]:
        """How many batches come, and the size of the last one (0: it is a full one)."""
        try:
            total, size = len(loader.dataset), loader.batch_size
        except TypeError:
            return FULL_BATCHES + 1, 0
        if size is None or type(loader.batch_sampler).__name__ != "BatchSampler":
            return FULL_BATCHES + 1, 0
        with contextlib.suppress(TypeError):
            total = len(loader.sampler)
        rest = 0 if loader.drop_last else total % size
        full = min(total // size, n_full(loader))
        return full + (rest > 0), rest

    def length(loader: Any) -> int:
        return sizes(loader)[0]

    def batches(loader: Any) -> Iterator[Any]:
        rounds[id(loader)] = rounds.get(id(loader), 0) + 1
        count, rest = sizes(loader)
        is_mapped = hasattr(loader.dataset, "__getitem__") and loader.batch_sampler is not None
        in_order = isinstance(getattr(loader, "sampler", None), SequentialSampler)
        watch.saw_batches("begin", loader=id(loader), in_order=in_order, count=count, rest=rest)
        if is_mapped:
            chosen = itertools.islice(iter(loader.batch_sampler), count)
            for number, indices in enumerate(chosen):
                kept = indices[:rest] if rest and number == count - 1 else indices
                collate = loader.collate_fn or default_collate
                fetch = getattr(loader.dataset, "__getitems__", None)
                items = fetch(kept) if fetch else [loader.dataset[i] for i in kept]
                batch = collate(items)
                watch.saw_data(batch)
                watch.saw_batches("batch", loader=id(loader), size=len(kept))
                yield batch
        else:
            loader.num_workers = 0
            for batch in itertools.islice(plain(loader), count):
                watch.saw_data(batch)
                watch.saw_batches("batch", loader=id(loader), size=0)
                yield batch
        watch.saw_batches("end", loader=id(loader))

    yield DataLoader, "__iter__", batches
    yield DataLoader, "__len__", length


def _of_tensors(watch: Watch) -> Iterator[Change]:
    """Tensors that a script makes a dataset of are data."""
    make = TensorDataset.__init__

    def made(dataset: Any, *tensors: Any) -> None:
        make(dataset, *tensors)
        watch.saw_data([each for each in tensors if isinstance(each, torch.Tensor)])

    yield TensorDataset, "__init__", made


# Datasets -----------------------------------------------------------------------------------------


def _of_datasets(surroundings: Surroundings, watch: Watch, stock: Stock) -> Iterator[Change]:
    try:
        import torchvision.datasets as known
    except ImportError:
        return
    submodules = [m for n, m in sys.modules.items() if n.startswith("torchvision.datasets")]
    for name in (*KNOWN, *FOLDERS):
        original = getattr(known, name, None)
        if original is None:
            continue
        made = _dataset(name, original, surroundings, watch, stock)
        for module in submodules:
            if module.__dict__.get(name) is original:
                yield module, name, made


def _dataset(
    name: str, original: Any, surroundings: Surroundings, watch: Watch, stock: Stock
) -> type:
    """A class in the place of one of torchvision's, with the images that stand in."""
    length, channels, rows, columns = KNOWN.get(name, (DEFAULT_LENGTH, 3, 256, 256))
    signature = inspect.signature(original.__init__)

    class Drawn(torch.utils.data.Dataset):  # type: ignore[type-arg]
        """Drawn images in the place of files."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            try:
                given = signature.bind(self, *args, **kwargs).arguments
            except TypeError:
                given = kwargs
            surroundings.say("given" if stock.are_given else "data", name)
            surroundings.unknown_size |= name not in KNOWN
            self.root = str(given.get("root", ""))
            self.transform = given.get("transform")
            self.target_transform = given.get("target_transform")
            self.train = bool(given.get("train", True)) and given.get("split", "train") == "train"
            self.length = length if self.train else min(length, TEST_LENGTH)
            self.classes = [str(digit) for digit in range(10)]
            self.class_to_idx = {each: i for i, each in enumerate(self.classes)}
            self._found: dict[str, Any] = {}

        def __len__(self) -> int:
            return self.length

        def _images(self) -> torch.Tensor:
            """Uint8 (n, rows, columns) or (n, rows, columns, 3)."""
            if "images" not in self._found:
                self._found["images"] = _fitted(stock.images, channels, rows, columns)
            images: torch.Tensor = self._found["images"]
            return images

        def _cycled(self, few: torch.Tensor) -> torch.Tensor:
            return few[torch.arange(self.length) % len(few)]

        def _get_data(self) -> Any:
            if "data" not in self._found:
                images = self._cycled(self._images())
                if channels == 3:
                    self._found["data"] = images.numpy()
                else:
                    watch.saw_raw(images)
                    self._found["data"] = images
            return self._found["data"]

        def _set_data(self, value: Any) -> None:
            self._found["data"] = value
            self.length = len(value)

        def _get_targets(self) -> Any:
            if "targets" not in self._found:
                targets = self._cycled(torch.as_tensor(stock.labels).long())
                self._found["targets"] = targets if channels == 1 else targets.tolist()
            return self._found["targets"]

        def _set_targets(self, value: Any) -> None:
            self._found["targets"] = value

        data = train_data = test_data = property(_get_data, _set_data)
        targets = labels = train_labels = property(_get_targets, _set_targets)

        @property
        def imgs(self) -> list[tuple[str, int]]:
            return [(f"{i}.png", 0) for i in range(self.length)]

        samples = imgs

        def __getitem__(self, index: Any) -> tuple[Any, Any]:
            from PIL import Image

            index = int(index)
            if not -self.length <= index < self.length:
                raise IndexError(index)
            images = self._found.get("data")
            images = self._images() if images is None else torch.as_tensor(images)
            image: Any = Image.fromarray(images[index % len(images)].numpy())
            targets = torch.as_tensor(self.targets)
            target: Any = int(targets[index % len(targets)])
            if name == "CelebA":
                target = torch.zeros(40, dtype=torch.long)
            if self.transform is not None:
                image = self.transform(image)
            if self.target_transform is not None:
                target = self.target_transform(target)
            return image, target

    Drawn.__name__ = Drawn.__qualname__ = name
    return Drawn


def _fitted(images: Any, channels: int, rows: int, columns: int) -> torch.Tensor:
    """The images in the size and the channels that a dataset has."""
    images = torch.as_tensor(images)
    if images.dim() == 4 and channels == 1:
        images = images.float().mean(dim=3).to(torch.uint8)
    if images.shape[1:3] != (rows, columns):
        images = images[:64]
        stacked = images if images.dim() == 4 else images[..., None]
        resized = torch.nn.functional.interpolate(
            stacked.permute(0, 3, 1, 2).float(), (rows, columns), mode="nearest"
        )
        images = resized.permute(0, 2, 3, 1).to(torch.uint8)
        images = images if images.shape[3] == 3 else images[..., 0]
    if channels == 3 and images.dim() == 3:
        images = images[..., None].expand(-1, -1, -1, 3)
    fitted: torch.Tensor = images.contiguous()
    return fitted
