"""How real the embedded digits are: train on them, test on MNIST.

    python -m checks.benchmarks.digits [--data DIR] [--seeds 3] [--sheet FILE.png]

The network that looks at images for the scores sees 10,000 embedded digits, as they are, and then
classifies all the real images in DIR, both splits (torchvision's layout; beside the checkout unless
told). Without real images only the drawing time is measured. The contact sheet shows a row for each
digit, embedded on the left and real on the right.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from checks.benchmarks import MNIST_FOLDER
from checks.engine.data.digits import draw_digits
from checks.engine.quality.classifier import Classifier, as_input, learn, one_thread
from checks.engine.report.pictures import png, sheet

N_IMAGES = 10_000


def real_images(data: Path) -> tuple[Tensor, Tensor]:
    """Both splits of MNIST in one: uint8 (N, 28, 28) and int64 (N,)."""
    from torchvision.datasets import MNIST

    splits = [MNIST(data, train=train) for train in (True, False)]
    return torch.cat([s.data for s in splits]), torch.cat([s.targets for s in splits])


def accuracy(seed: int, images: Tensor, labels: Tensor) -> tuple[float, list[float]]:
    """Share of real images classified correctly by a network that saw drawn ones only.

    Args:
        images: uint8 (N, 28, 28).
        labels: int64 (N,).

    Returns:
        The share over all of them, and for each digit.
    """
    torch.manual_seed(seed)
    drawn, drawn_labels = (torch.from_numpy(each) for each in draw_digits(N_IMAGES, seed))
    classifier = Classifier()
    with one_thread():
        learn(classifier, as_input(drawn), drawn_labels)
        read = classifier.eval().classes(classifier.features(images)).argmax(dim=1)
    right = (read == labels).float()
    return right.mean().item(), [right[labels == digit].mean().item() for digit in range(10)]


def main() -> None:
    """Print how fast digits are drawn and how real they look to the network."""
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
        halves = ((drawn, drawn_labels), (real.numpy(), real_labels.numpy()))
        chosen = [images[labels == i][:16] for i in range(10) for images, labels in halves]
        options.sheet.write_bytes(png(sheet(np.concatenate(chosen), columns=32)))
        print(f"Contact sheet in {options.sheet}")
    print(f"Trained on {N_IMAGES:,} embedded digits, tested on {len(real):,} real images:")
    for seed in range(options.seeds):
        share, by_digit = accuracy(seed, real, real_labels)
        each = "  ".join(f"{digit}: {right:.0%}" for digit, right in enumerate(by_digit))
        print(f"  seed {seed}: {share:.1%}   {each}")


if __name__ == "__main__":
    main()
