"""Intermediate: the generator, from noise to images. (About half an hour.)

G is a function with weights in it. In goes a latent vector z of 100 random numbers, out comes G(z),
an image of 28 × 28 = 784 pixels:

    z (N, 100)  ->  hidden layers (N, 256), (N, 512)  ->  image (N, 784)

`python run_checks.py intermediate` says what is right and what to do next; `python
exercises/intermediate.py` shows what your G makes, beside a trained one. The noise comes from your
beginner tier.
"""

import torch
from beginner import sample_noise_torch
from torch import Tensor, nn

IMAGE_SIZE = 28
IMAGE_PIXELS = IMAGE_SIZE * IMAGE_SIZE  # 784

# Part 1: the network (medium, 20 minutes) ---------------------------------------------------------
#
# A new G has random weights, and random weights turn noise into other noise. Of all the ways to map
# 100 numbers to 784, very few give digits. Training moves the weights, step by step, to one of
# these: it sends the simple cloud of normal noise onto the complicated shape that "all handwritten
# digits" have among all images.


class Generator(nn.Module):
    """G: turns latent vectors into images.

    One block per entry of `hidden_dims`: a linear layer to that width, then a non-linearity such
    as LeakyReLU. Without the non-linearity, two linear layers in a row can do no more than one.
    After the blocks come a last linear layer to 784 and the tanh.

    Why tanh? A linear layer can give any number; pixels have a darkest and a brightest value. Tanh
    squeezes every number between -1 (black) and 1 (white), and the real images are scaled to the
    same range. Fake and real pixels then live on one scale, centred at 0 where training works best.

    Attributes:
        latent_dim: length of the latent vectors.
        hidden_dims: widths of the hidden layers; any number of them.
    """

    def __init__(self, latent_dim: int = 100, hidden_dims: tuple[int, ...] = (256, 512)) -> None:
        """Make the layers.

        Keep each layer as an attribute of `self` (alone or in an `nn.Sequential`), so that PyTorch
        finds its weights. A plain Python list of layers hides them from the optimizer.
        """
        super().__init__()
        self.latent_dim = latent_dim
        self.hidden_dims = tuple(hidden_dims)
        # Your code here.
        raise NotImplementedError("Generator.__init__")

    def forward(self, z: Tensor) -> Tensor:
        """Compute G(z).

        Args:
            z: latent vectors, shape (N, latent_dim). N may be 1.

        Returns:
            Images in [-1, 1], shape (N, 784).
        """
        # Your code here.
        raise NotImplementedError("Generator.forward")


# Part 2: looking at what it makes (medium, 10 minutes) --------------------------------------------
#
# Two modes: layers such as dropout and batch normalization act differently while training. `eval()`
# switches them to their everyday behaviour, `train()` back. And no graph: PyTorch records every
# operation so that gradients can be computed later. Looking at images needs none, and
# `torch.no_grad()` saves the work and the memory.


def generate_images(generator: Generator, n_images: int = 16, seed: int | None = None) -> Tensor:
    """Let the generator make images to look at.

    Draw the noise with your `sample_noise_torch` (a seed gives the same images again, as long as
    the weights stay the same), move it to where the generator's weights are (`.to(device)`), and
    run the generator in eval mode without recording gradients.

    Leave no trace: this may be called in the middle of training, so afterwards the generator must
    be in the mode in which it came (`generator.training` tells which), even if something in
    between raised an error: look up `try` and `finally`.

    Returns:
        Images in [-1, 1], shape (n_images, 28, 28).
    """
    # Your code here.
    raise NotImplementedError("generate_images")


# Questions ----------------------------------------------------------------------------------------
#
# Question "why_learn": Why must the generator learn to turn noise into samples?
#   a) The noise holds faint digits, and G has to learn to find and sharpen them.
#   b) G has to store a real image for each z, and look it up when that z comes.
#   c) With random weights it turns noise into noise; few mappings give digits.
#   d) Without training it is too slow to make images in any useful number.
#
# Question "why_tanh": Why does G end in tanh while the real images are scaled to [-1, 1]?
#   a) So that real and fake pixels share one range, which G cannot leave.
#   b) So that each output is a probability, as D expects one for every pixel.
#   c) So that gradients cannot vanish, as tanh is steep wherever you look.
#   d) So that images can be shown, as plotting needs numbers in that range.
#
# Question "hidden_layers": What would G lose without the non-linearities between its linear layers?
#   a) Its speed: they skip the negative numbers and so save half of the work.
#   b) Its range: without them the numbers inside the network grow past float32.
#   c) Its randomness: they are what makes each of the images come out different.
#   d) Its depth: linear layers in a row amount to a single linear layer.
#
# Question "eval_and_no_grad": What do eval() and no_grad() do?
#   a) The first changes how layers like dropout act, the second records no graph.
#   b) The first stops recording gradients, the second turns off the dropout.
#   c) The first locks the weights, the second sets their gradients to zero.
#   d) Both do the same thing, and one of the two would have been enough here.
#
# Your choices, one letter each:
ANSWERS = {
    "why_learn": "?",
    "why_tanh": "?",
    "hidden_layers": "?",
    "eval_and_no_grad": "?",
}


def main() -> None:
    """Show what an untrained generator makes, and what training turns that into."""
    from kit import show_untrained

    generator = Generator()
    n_weights = sum(p.numel() for p in generator.parameters())
    print(f"A generator with {n_weights:,} weights, none of them trained yet.")

    images = generate_images(generator)
    low, high = images.min(), images.max()
    print(f"Its images: shape {tuple(images.shape)}, pixels between {low:.2f} and {high:.2f}")
    show_untrained(images)
    print("Noise in, noise out: it has to learn, and for that it takes an opponent.")


if __name__ == "__main__":
    from kit import run

    run(main)
