"""Beginner: the noise that a GAN starts from. (About half an hour.)

A generative adversarial network (Goodfellow et al., 2014) learns to make new examples of something
that it has seen many examples of: here, handwritten digits. Two networks learn against each other:

    Generator G       a forger: makes a fake image G(z) of random numbers z. It is never shown a
                      real image; all it ever hears is what the other makes of its work.
    Discriminator D   an inspector: looks at an image x, real or fake, and says how likely it is to
                      be real: D(x), between 0 (surely fake) and 1 (surely real).

Each has a loss, one number that says how badly it does, and training changes its weights so that
the number falls. D's loss falls where G's rises: a minimax game, in which each gets better because
the other does.

GANs are used for new images, for more training data where there is little, to make small images
sharp (super-resolution), and to turn one kind of image into another, such as a sketch into a photo.
To watch one learn, look up GAN Lab, a page in your browser.

Write the parts from top to bottom and save. `python run_checks.py beginner` says what is right and
what to do next; `python exercises/beginner.py` turns your noise into digits.
"""

import numpy as np
import torch
from torch import Tensor

# Part 1: noise (easy, 15 minutes) -----------------------------------------------------------------
#
# A network is a fixed recipe: the same input gives the same output. To get many different images
# out of one G, something that differs has to go in: a latent vector z, here of 100 numbers drawn
# from the normal distribution N(0, 1). "Latent" means hidden: nobody decides what each number
# stands for, G does while it learns.


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
    ### BEGIN SOLUTION
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n_samples, latent_dim))
    ### END SOLUTION


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
    ### BEGIN SOLUTION
    rng = None if seed is None else torch.Generator().manual_seed(seed)
    return torch.randn(n_samples, latent_dim, generator=rng)
    ### END SOLUTION


# Part 2: a look at the noise (easy, 5 minutes) ----------------------------------------------------


def noise_statistics(noise: np.ndarray | Tensor) -> tuple[float, float]:
    """Measure the mean and the standard deviation of all numbers in the noise.

    Takes an array or a tensor and gives back two plain Python floats. For 100 × 100 numbers from
    N(0, 1) expect a mean within about 0.03 of 0 and a deviation within about 0.02 of 1: close,
    never exact, and a little different for each draw.

    Returns:
        (mean, standard deviation)
    """
    ### BEGIN SOLUTION
    return float(noise.mean()), float(noise.std())
    ### END SOLUTION


# Part 3: from one latent vector to another (medium, 10 minutes) -----------------------------------
#
# A good G has learned more than a list of images: nearby vectors give similar images. Walk from one
# vector to another in small steps, let G draw each of them, and a 3 may bend into an 8. If the
# images jump instead, G has not understood what lies between.


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
    ### BEGIN SOLUTION
    w = torch.linspace(0, 1, n_steps, device=start.device).unsqueeze(1)  # (n_steps, 1)
    return (1 - w) * start + w * end
    ### END SOLUTION


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
### BEGIN SOLUTION
ANSWERS = {
    # G is a fixed recipe and only its input varies, so the variety of its images comes from z.
    #   a) Nothing is laid over the real images: D sees them as they are.
    #   b) G's first weights are random too, but they are its layers' own. And what would G start
    #      from, once it is trained?
    #   c) There is no image yet that could be damaged: the noise comes first, the images come out
    #      of G.
    "noise_purpose": "d",
    # G never meets a real image. What it learns of them reaches it through D's gradient.
    #   a) Copying takes an original to look at. Follow what goes into G: a vector of noise, and no
    #      image.
    #   c) To imitate examples, G would have to be given them. Its only input is noise; and what
    #      would D learn from?
    #   d) Without real images in the training, nobody in the game would know what a digit looks
    #      like.
    "real_images": "b",
    # The shape fits, so nothing complains, but G has learned only where its training noise lay.
    #   a) The numbers are no signal to be made stronger. They say where in the latent space you
    #      are.
    #   b) They do fit into G's first layer. But G has practised on draws from N(0, 1) alone, and
    #      there a 5 hardly ever comes.
    #   d) PyTorch compares shapes and types. It keeps no record of the numbers that a network has
    #      seen.
    "other_noise": "c",
    # G draws a new image at each step. Fading would be an average of pixels, with no G in it.
    #   a) That would come of averaging two images. Here two vectors are averaged, and G works on
    #      the result.
    #   c) G draws every vector that it is given, and those in between are much like those that it
    #      was trained on.
    #   d) G holds weights and no images: there is no training set in it to take one from.
    "interpolation": "b",
}
### END SOLUTION


def main() -> None:
    """Show what your noise is good for."""
    from kit import show_noise, show_walk

    noise = sample_noise_numpy()
    print(f"Random noise shape: {noise.shape}")
    show_noise(noise)

    print(f"The same from PyTorch: {tuple(sample_noise_torch().shape)}")
    mean, std = noise_statistics(noise)
    print(f"Mean {mean:+.3f} (near 0), standard deviation {std:.3f} (near 1)")

    start, end = sample_noise_torch(2)
    show_walk(interpolate_noise(start, end, n_steps=20))


if __name__ == "__main__":
    from kit import run

    run(main)
