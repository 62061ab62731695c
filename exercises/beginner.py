"""Beginner: the noise that a GAN starts from.

What a GAN is
    A generative adversarial network (Goodfellow et al., 2014) learns to make new examples of
    something that it has seen many examples of: here, handwritten digits. Two networks learn
    together, each against the other.

The words
    Generator G         the forger: turns random numbers into an image. It is never shown a real
                        one; all it ever hears is what the discriminator makes of its work.
    Discriminator D     the inspector: looks at an image x, real or fake, and says how likely it
                        is to be real: D(x), between 0 (surely fake) and 1 (surely real).
    Latent vector z     the random numbers that G starts from, 100 of them in this course.
                        "Latent" means hidden: nobody decides what each number stands for, G does
                        while it learns.
    Loss function       one number that says how badly a network does. Training means changing the
                        network's weights a little, again and again, so that the number falls.
    Minimax game        both play over one value,

                            min over G, max over D of  V = E[log D(x)] + E[log(1 - D(G(z)))]

                        D wants V large (real images near 1, fake ones near 0), G wants V small
                        (its fakes near 1). Each gets better because the other does.

What the noise is for
    A network is a fixed recipe: the same input gives the same output. To get many different
    images out of one G, something that differs has to go in. So we draw z from the normal
    distribution N(0, 1), and G learns to make a believable image of every z it may be dealt.

How to work
    Write the parts from top to bottom and save. `python run_checks.py beginner` says what is right
    and what is missing, `python exercises/beginner.py` shows what your code does.
"""

import numpy as np
import torch
from torch import Tensor

# Part 1: noise ------------------------------------------------------------------------------------


def sample_noise_numpy(
    n_samples: int = 100, latent_dim: int = 100, seed: int | None = None
) -> np.ndarray:
    """Draw latent vectors with NumPy, one in each row.

    Every number comes from N(0, 1), the normal distribution of mean 0 and standard deviation 1.

    A seed makes the draw repeatable: the same seed gives the same noise, and without one
    (`None`) the noise is new at each call. Other code that uses NumPy's global random numbers
    must not notice either way, so leave `np.random.seed` alone and make a random number
    generator of your own: look up `np.random.default_rng`.

    Returns:
        Array of floats, shape (n_samples, latent_dim). With the defaults: (100, 100).
    """
    # Your code here.
    raise NotImplementedError("sample_noise_numpy")


def sample_noise_torch(
    n_samples: int = 100, latent_dim: int = 100, seed: int | None = None
) -> Tensor:
    """Draw latent vectors with PyTorch, one in each row: the form that networks take.

    The same promises as `sample_noise_numpy`. With a seed, draw from a random number generator
    of your own (`torch.Generator`, which has nothing to do with a GAN's generator) and leave
    `torch.manual_seed` alone; without one, PyTorch's global random numbers are right.

    Returns:
        float32 tensor, shape (n_samples, latent_dim).
    """
    # Your code here.
    raise NotImplementedError("sample_noise_torch")


# Part 2: a look at the noise ----------------------------------------------------------------------


def noise_statistics(noise: np.ndarray | Tensor) -> tuple[float, float]:
    """Measure the mean and the standard deviation of all numbers in the noise.

    Takes an array or a tensor and gives back two plain Python floats. For 100 × 100 numbers from
    N(0, 1) expect a mean within about 0.03 of 0 and a deviation within about 0.02 of 1: close,
    never exact, and a little different for each draw.

    Returns:
        (mean, standard deviation)
    """
    # Your code here.
    raise NotImplementedError("noise_statistics")


# Part 3: from one latent vector to another --------------------------------------------------------
#
# Why interpolate? A good G has learned more than a list of images: nearby vectors give similar
# images. Walk from one vector to another in small steps, let G draw each of them, and a 3 may bend
# into an 8. If the images jump instead, G has not understood what lies between.


def interpolate_noise(start: Tensor, end: Tensor, n_steps: int) -> Tensor:
    """Walk in even steps from one latent vector to another.

    The straight way: step number i of n_steps is (1 - w) · start + w · end, where w grows evenly
    from 0 to 1 over the steps. The first row is `start` itself and the last row is `end` itself.

    Look up `torch.linspace` for the weights w. As a column of shape (n_steps, 1) they can be
    multiplied with a vector of shape (latent_dim,): broadcasting then fills the whole table.

    Args:
        start: where the walk begins, shape (latent_dim,).
        end: where it ends, shape (latent_dim,).
        n_steps: number of rows, both ends included; at least 2.

    Returns:
        Tensor, shape (n_steps, latent_dim).
    """
    # Your code here.
    raise NotImplementedError("interpolate_noise")


# Questions ----------------------------------------------------------------------------------------
#
# Question "noise_purpose": What is the random noise z for?
#   a) It is laid over the real images, so that D cannot learn them by heart.
#   b) It sets G's first weights, and is no longer needed after training.
#   c) It is the damage in the fake images, which G learns to clean away.
#   d) It is what G makes an image from: another z, another image.
#
# Question "real_images": Which network is shown the real images during training?
#   a) Both: G copies them, and D compares each copy with its original.
#   b) Only D: G has nothing to go by but what D makes of its images.
#   c) Only G: it needs examples to imitate, while D judges the results.
#   d) Neither: they are kept aside to measure the finished images with.
#
# Question "other_noise": G was trained on noise from N(0, 1). Now you feed it numbers between 5
# and 6. What do you expect?
#   a) Sharper images than before, since larger numbers are a stronger signal.
#   b) Images as good as before, since any 100 numbers are a valid latent vector.
#   c) Poor images, since G was never trained in that part of the latent space.
#   d) An error message, since PyTorch checks the range that G was trained on.
#
# Question "interpolation": You walk from one latent vector to another in small steps, and a well
# trained G draws every step. What do you see?
#   a) The two end images on top of each other, one fading out, the other fading in.
#   b) Digits all along the way, whose strokes bend bit by bit into the last one.
#   c) A digit at either end and noise between, as only the ends were really drawn.
#   d) Images from the training set, those that lie between the two end images.
#
# Your choices, one letter each:
ANSWERS = {
    "noise_purpose": "?",
    "real_images": "?",
    "other_noise": "?",
    "interpolation": "?",
}


def main() -> None:
    """Show what the lesson promises."""
    noise = sample_noise_numpy()
    print(f"Random noise shape: {noise.shape}")
    print(f"The same from PyTorch: {tuple(sample_noise_torch().shape)}")

    mean, std = noise_statistics(noise)
    print(f"Mean {mean:+.3f} (near 0), standard deviation {std:.3f} (near 1)")

    start, end = sample_noise_torch(2)
    print("First number of each vector on a walk of five steps:")
    print("  ", "  ".join(f"{z[0]:+.2f}" for z in interpolate_noise(start, end, n_steps=5)))


if __name__ == "__main__":
    try:
        main()
    except NotImplementedError as unfinished:
        print(f"Next to write: {unfinished}. Fill it in, save, and run this file again.")
