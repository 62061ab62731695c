"""How real the embedded digits are: train on them, test on MNIST.

    python -m checks.benchmarks.digits [--data DIR] [--seeds 3] [--sheet FILE.png]

A small convolutional network sees 10,000 embedded digits, as they are, and then classifies all
the real images in DIR, both splits (torchvision's layout; beside the checkout unless told).
Without real images only the drawing time is measured. The contact sheet shows a row for each
digit, embedded on the left and real on the right.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from checks.engine.data.digits import draw_digits

N_IMAGES = 10_000
MNIST_FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "mnist"


def real_images(data: Path) -> tuple[Tensor, Tensor]:
    """Both splits of MNIST in one: uint8 (N, 28, 28) and int64 (N,)."""
    from torchvision.datasets import MNIST

    splits = [MNIST(data, train=train) for train in (True, False)]
    return torch.cat([s.data for s in splits]), torch.cat([s.targets for s in splits])


def small_network() -> nn.Module:
    """(N, 1, 28, 28) → (N, 10), about 30,000 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.4),
        nn.Linear(64 * 3 * 3, 10),
    )


def as_input(images: Tensor) -> Tensor:
    """uint8 (N, 28, 28) → float32 (N, 1, 28, 28) in [0, 1]."""
    return images.float().div(255).unsqueeze(1)


def trained(images: Tensor, labels: Tensor, seed: int, epochs: int = 8) -> nn.Module:
    """The network after `epochs` over uint8 images (N, 28, 28); no augmentation."""
    torch.manual_seed(seed)
    network = small_network()
    inputs = as_input(images)
    batches = -(-len(inputs) // 100)
    optimizer = torch.optim.Adam(network.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, total_steps=epochs * batches)
    for _ in range(epochs):
        for batch in torch.randperm(len(inputs)).split(100):
            optimizer.zero_grad()
            F.cross_entropy(network(inputs[batch]), labels[batch]).backward()
            optimizer.step()
            schedule.step()
    return network.eval()


@torch.no_grad()
def accuracy(network: nn.Module, images: Tensor, labels: Tensor) -> tuple[float, list[float]]:
    """Share of uint8 images (N, 28, 28) classified right: over all, and for each digit."""
    scores = torch.cat([network(as_input(part)) for part in images.split(1000)])
    right = (scores.argmax(dim=1) == labels).float()
    return right.mean().item(), [right[labels == digit].mean().item() for digit in range(10)]


def contact_sheet(
    drawn: NDArray[np.uint8], drawn_labels: NDArray[np.int64], real: Tensor, real_labels: Tensor
) -> NDArray[np.uint8]:
    """One gray picture: 16 embedded and 16 real images of each digit, a row each."""
    rows = []
    for digit in range(10):
        left = drawn[drawn_labels == digit][:16]
        right = real[real_labels == digit][:16].numpy()
        gap = np.full((28, 8), 96, np.uint8)
        rows.append(np.hstack([*left, gap, *right]))
    return np.vstack(rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m checks.benchmarks.digits", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--data", type=Path, default=MNIST_FOLDER, metavar="DIR")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="digits and training")
    parser.add_argument("--sheet", type=Path, metavar="FILE.png")
    options = parser.parse_args()

    draw_digits(1)
    # Time on all cores together: NumPy's matrix product may use several.
    start = time.process_time()
    drawn, drawn_labels = draw_digits(N_IMAGES)
    print(f"{N_IMAGES:,} digits drawn in {time.process_time() - start:.2f} s of processor time")
    if not options.data.is_dir():
        print(f"No real images to compare with: {options.data} isn't there.")
        return

    real, real_labels = real_images(options.data)
    if options.sheet:
        from PIL import Image

        sheet = Image.fromarray(contact_sheet(drawn, drawn_labels, real, real_labels))
        sheet.resize((sheet.width * 2, sheet.height * 2)).save(options.sheet)
        print(f"Contact sheet in {options.sheet}")
    print(f"Trained on {N_IMAGES:,} embedded digits, tested on {len(real):,} real images:")
    for seed in range(options.seeds):
        images, labels = draw_digits(N_IMAGES, seed)
        network = trained(torch.from_numpy(images), torch.from_numpy(labels), seed)
        share, by_digit = accuracy(network, real, real_labels)
        each = "  ".join(f"{digit}: {right:.0%}" for digit, right in enumerate(by_digit))
        print(f"  seed {seed}: {share:.1%}   {each}")


if __name__ == "__main__":
    main()
