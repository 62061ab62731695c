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
        ### BEGIN SOLUTION
        layers: list[nn.Module] = []
        width = latent_dim
        for hidden_dim in hidden_dims:
            layers += [nn.Linear(width, hidden_dim), nn.LeakyReLU(0.2)]
            width = hidden_dim
        layers += [nn.Linear(width, IMAGE_PIXELS), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        # PyTorch's own first weights are so small that little of z gets through to the images, and
        # G tends to start with one digit for all. These keep the numbers' size (He et al., 2015).
        for layer in self.layers:
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_normal_(layer.weight, a=0.2)
        ### END SOLUTION

    def forward(self, z: Tensor) -> Tensor:
        """Compute G(z).

        Args:
            z: latent vectors, shape (N, latent_dim). N may be 1.

        Returns:
            Images in [-1, 1], shape (N, 784).
        """
        ### BEGIN SOLUTION
        images: Tensor = self.layers(z)
        return images
        ### END SOLUTION


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
    ### BEGIN SOLUTION
    device = next(generator.parameters()).device
    z = sample_noise_torch(n_images, generator.latent_dim, seed).to(device)

    was_training = generator.training
    generator.eval()
    try:
        with torch.no_grad():
            images: Tensor = generator(z)
    finally:
        generator.train(was_training)
    return images.reshape(n_images, IMAGE_SIZE, IMAGE_SIZE)
    ### END SOLUTION


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
### BEGIN SOLUTION
ANSWERS = {
    # The noise knows nothing of digits: all that G knows about them sits in its learned weights.
    #   a) Draw some noise and look at it: a hundred numbers, each independent of the others. There
    #      is nothing in them to sharpen.
    #   b) Tomorrow's z has never been drawn before, so nothing can have been stored for it; and G
    #      has seen no real image to store.
    #   d) Training changes the values of the weights, not their number: G takes as long for an
    #      image before it as after it.
    "why_learn": "c",
    # With ranges that differ, D could tell fake from real by the range and G could not follow.
    #   b) Probabilities lie between 0 and 1, and D gives a single one for a whole image.
    #   c) Tanh is steep around 0 only. Where its input is large it is almost flat, and gradients do
    #      fade there.
    #   d) A plot takes any range, once it is told which number is black and which is white. Think
    #      of who else looks at the pixels.
    "why_tanh": "a",
    # W2 (W1 z + b1) + b2 is again a matrix times z plus a vector, however many you stack.
    #   a) They are one more thing to compute, and the linear layers multiply every number, zeros
    #      too.
    #   b) float32 reaches beyond 10^38, and a few layers of ordinary weights stay far below that
    #      with or without them.
    #   c) They are fixed functions: the same number in, the same number out. What differs from
    #      image to image is z.
    "hidden_layers": "d",
    # They are independent: in eval mode gradients are still recorded, and under no_grad dropout
    # in training mode still drops. Neither of them locks a weight.
    #   b) Try it: what a network makes in eval mode still has a grad_fn, so the recording goes on.
    #   c) After eval() an optimizer still moves the weights, and no_grad() leaves the gradients
    #      that are there as they are.
    #   d) Try each of them alone on a network with dropout, twice on the same input: one makes the
    #      two results equal, the other doesn't.
    "eval_and_no_grad": "a",
}
### END SOLUTION


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
