"""Bonus: looking at what G makes. (About an hour.)

The losses say how the game stands, not how good the images are. The only honest test at this scale
is to look: are these digits? Are they different digits?

`python run_checks.py bonus` says what is right and what to do next; `python exercises/bonus.py`
trains for 30 epochs (a minute or two), and writes snapshots and loss curves to `snapshots`.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from intermediate import Generator, generate_images
from torch import Tensor

# Matplotlib and torchvision take seconds to import: import them inside the functions that use them.
if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Part 1: images on the screen (easy, 20 minutes) --------------------------------------------------


def to_pixels(images: Tensor) -> Tensor:
    """Bring images from the networks' range to the range of a screen.

    Maps -1 … 1 evenly to 0 (black) … 1 (white), and gives flat images their two sides back.

    Args:
        images: images in [-1, 1], shape (N, 784) or (N, 28, 28).

    Returns:
        Images in [0, 1], shape (N, 28, 28).
    """
    ### BEGIN SOLUTION
    return ((images + 1) / 2).reshape(-1, 28, 28)
    ### END SOLUTION


def plot_image_grid(images: Tensor, rows: int = 4, cols: int = 4) -> "Figure":
    """Draw images in rows and columns, row by row.

    Make a `matplotlib.figure.Figure()` and its `subplots(rows, cols, squeeze=False)`, one for each
    image, and show each with `imshow` in gray. Tell it that 0 is black and 1 is white (`vmin`,
    `vmax`), or Matplotlib stretches each image to its own range and a pale one looks bold. Ticks
    and frames only distract: switch the axes off, those of unused places too.

    Args:
        images: images in [-1, 1], shape (N, 784) or (N, 28, 28), at most rows × cols of them.

    Returns:
        The figure. Nothing is shown or saved yet: `figure.savefig("grid.png")` does that.
    """
    ### BEGIN SOLUTION
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1.5 * cols, 1.5 * rows))
    axes = figure.subplots(rows, cols, squeeze=False).flat
    for image, axis in zip(to_pixels(images).detach().cpu(), axes, strict=False):
        axis.imshow(image, cmap="gray", vmin=0, vmax=1)
    for axis in figure.axes:
        axis.axis("off")
    return figure
    ### END SOLUTION


def make_sample_grid(images: Tensor, n_columns: int = 4) -> Tensor:
    """Tile images into a single picture with `torchvision.utils.make_grid`.

    It takes images with a channel dimension, (N, 1, 28, 28), and calls the number of columns
    `nrow`, the images in a row. It puts two pixels of black around each image and gives back
    three equal channels, as color images have.

    Args:
        images: images in [-1, 1], shape (N, 784) or (N, 28, 28).

    Returns:
        One picture in [0, 1]; 16 images in 4 columns give the shape (3, 122, 122).
    """
    ### BEGIN SOLUTION
    from torchvision.utils import make_grid

    grid: Tensor = make_grid(to_pixels(images).unsqueeze(1), nrow=n_columns)
    return grid
    ### END SOLUTION


# Part 2: the loss curves (easy, 10 minutes) -------------------------------------------------------


def plot_losses(history: list[dict[str, float]]) -> "Figure":
    """Draw both losses over the epochs.

    Two curves in one plot, with a legend that says which network each belongs to, and a name at
    each axis.

    Args:
        history: what `train_gan` returns, one dictionary per epoch.

    Returns:
        The figure.
    """
    ### BEGIN SOLUTION
    from matplotlib.figure import Figure

    figure = Figure()
    axis = figure.subplots()
    epochs = [entry["epoch"] for entry in history]
    for network in ("discriminator", "generator"):
        axis.plot(epochs, [entry[f"{network}_loss"] for entry in history], label=network)
    axis.set_xlabel("epoch")
    axis.set_ylabel("loss")
    axis.legend()
    return figure
    ### END SOLUTION


# Part 3: snapshots (medium, 20 minutes) -----------------------------------------------------------
#
# To see G learn, draw the noise once and show the images of the same vectors again and again during
# training. Whatever differs between two snapshots then comes from training alone; with new noise
# each time, you would compare different images.


def snapshot_every(
    directory: str | Path, every: int = 10, n_images: int = 16, seed: int = 0
) -> Callable[[int, Generator], None]:
    """Make a callback for `train_gan` that keeps G's progress on disk.

    This function makes the folder (and those above it, if need be) and returns a function with the
    parameters (epoch, generator). Called with an epoch that `every` divides, that one writes

        epoch_010.png    a grid of `n_images` images, from the same noise each time
        epoch_010.pt     a checkpoint, for `load_generator`

    and does nothing at other epochs. Training goes on afterwards as if nothing had happened. A
    checkpoint is a dictionary: G's weights (its `state_dict`), and all that is needed to make a
    Generator that they fit into.
    """
    ### BEGIN SOLUTION
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)

    def snapshot(epoch: int, generator: Generator) -> None:
        if epoch % every != 0:
            return
        images = generate_images(generator, n_images, seed)
        plot_image_grid(images, rows=math.ceil(n_images / 4)).savefig(
            directory / f"epoch_{epoch:03d}.png"
        )
        checkpoint = {
            "latent_dim": generator.latent_dim,
            "hidden_dims": generator.hidden_dims,
            "weights": generator.state_dict(),
        }
        torch.save(checkpoint, directory / f"epoch_{epoch:03d}.pt")

    return snapshot
    ### END SOLUTION


def load_generator(path: str | Path) -> Generator:
    """Bring a generator back from a checkpoint of `snapshot_every`, ready to make images.

    Make a Generator of the right sizes, put the weights in, and switch it to eval mode. Load onto
    the CPU wherever it was trained (`map_location`), and only data, never code: a file from
    someone else could otherwise run anything (`weights_only=True`).

    Returns:
        The generator, on the CPU, in eval mode.
    """
    ### BEGIN SOLUTION
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    generator = Generator(checkpoint["latent_dim"], checkpoint["hidden_dims"])
    generator.load_state_dict(checkpoint["weights"])
    return generator.eval()
    ### END SOLUTION


# Questions ----------------------------------------------------------------------------------------
#
# Question "mode_collapse": A grid of 16 images from 16 different z. Which one shows mode collapse?
#   a) Gray static in all 16 places, as on the first day, without any strokes.
#   b) The same well-drawn 1 in nearly all of the places, give or take a little.
#   c) All kinds of digits, each with ragged edges and loose dots around it.
#   d) All kinds of digits, each one the exact copy of some training image.
#
# Question "fixed_noise": Why does every snapshot use the same noise?
#   a) So that what changes from one to the next is G, and not the draw.
#   b) So that G can practise on these vectors, and they come out best.
#   c) So that a checkpoint can be loaded, as it holds only that noise.
#   d) So that the losses stay smooth, as new noise would make them jump.
#
# Question "losses_and_samples": G's loss rose between epochs 10 and 30, yet its images look better.
# Can that be?
#   a) No: a higher loss means worse images, so the snapshots must be mixed up.
#   b) No: a rising loss means that G forgets, so the better images are luck.
#   c) Yes: the loss compares G with D, and D has become a stricter judge too.
#   d) Yes: the loss is of no use at all, it moves at random in every GAN.
#
# Your choices, one letter each:
### BEGIN SOLUTION
ANSWERS = {
    # Different z should give different images. Sharp or not, sixteen times one digit is collapse;
    # copies of training images are another trouble, memorizing.
    #   a) Static is a G that cannot draw anything yet. Collapse happens to one that can.
    #   c) This G draws badly, and yet each z gives another digit. Collapse is a lack of something
    #      else.
    #   d) Copying is a trouble of its own, and each z still gives another digit.
    "mode_collapse": "b",
    # With the vectors held still, any change comes from G's weights.
    #   b) Taking a snapshot is no training: no gradient is computed, so G gets no practice from it.
    #   c) A checkpoint holds G's weights, and these can draw any vector.
    #   d) The losses come from the training steps, where the noise is new each time. Snapshots do
    #      not touch them.
    "fixed_noise": "a",
    # L_G is measured against today's D, so losses of different epochs do not share a scale.
    #   a) They would be, if the loss were measured against something that stands still. Does it?
    #   b) Luck would help one place in the grid or another. All of them got better, and they are
    #      the same vectors as before.
    #   d) G's weights follow the gradient of this very loss, and the images did get better. So it
    #      is not at random.
    "losses_and_samples": "c",
}
### END SOLUTION

# Part 4: what do you see? (easy, 10 minutes) ------------------------------------------------------
#
# Look at your snapshots of epochs 10, 20 and 30 side by side and write down what you see, in a few
# sentences: loose dots around the strokes, lines that are closed where a digit's are, how many
# different digits there are, and whether any place in the grid kept its digit. A person reads this,
# no check does.
#
# `python run_checks.py train`, then `score`, puts it into numbers: how many of the digits can be
# recognized, and the Fréchet distance, which compares the mean and the spread of what a small
# classifier sees in your images and in real ones. It is 0 where both agree.
### BEGIN SOLUTION
REFLECTION = """
Epoch 10: white strokes in the middle of a black image, at the right size, but ragged and with
loose dots all around. A 3 and a 9 can be made out, half of the places are no digit yet.

Epoch 20: most of the dots are gone and the strokes are lines now. I read a 2, a 4, a 7, a 0 and
something like a 5; several places are still two digits at once.

Epoch 30: the dots have thinned out further and the 2 and the 7 are clean, but the step from 20 is
smaller than that from 10. One 4 has become more of a 9, a 0 has opened at the top, and one place
never found its digit.

There are at least six different digits and no one digit takes over, so this is no mode collapse.
A place keeps its rough shape over the epochs: the noise seems to decide early what it will be. Both
losses hardly moved after epoch 3, and all of this happened meanwhile.
"""
### END SOLUTION


def main() -> None:
    """Train for a while, and write down how G's images change."""
    from kit import show_images, training

    pixels, options = training(__file__, epochs=30, images=8000, out="snapshots")
    from advanced import normalize_images, train_gan

    # Larger steps than train_gan's default: this is a short training.
    generator, _, history = train_gan(
        normalize_images(pixels),
        epochs=options.epochs,
        learning_rate=5e-4,
        on_epoch_end=snapshot_every(options.out, every=max(1, options.epochs // 3)),
    )
    out = Path(options.out).resolve()
    plot_losses(history).savefig(out / "losses.png")
    for checkpoint in sorted(out.glob("epoch_*.pt")):
        load_generator(checkpoint)
        print(f"Wrote {checkpoint.with_suffix('.png')} and {checkpoint.name}")
    show_images(generate_images(generator, n_images=64), "bonus")
    print(f"Wrote {out / 'losses.png'}. Look at the grids side by side, then fill in REFLECTION.")


if __name__ == "__main__":
    from kit import run

    run(main)
