"""Advanced: the game itself. Two losses, two updates, and the loop around them. (About two hours.)

You write the pieces first; part 6 puts them together: for each batch, one step of D, one step of G.
`python run_checks.py advanced` says what is right and what to do next; with all of it right,
`python exercises/advanced.py` trains on the whole of MNIST (`--help` shows the options).
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from beginner import sample_noise_torch
from intermediate import Generator, generate_images
from torch import Tensor, nn

IMAGE_PIXELS = 28 * 28

# Part 1: real images (easy, 5 minutes) ------------------------------------------------------------


def normalize_images(images: Tensor) -> Tensor:
    """Bring real images, uint8 (N, 28, 28), to the form of G's: float32 (N, 784) in [-1, 1].

    Flatten each image to one row and map the pixels 0 … 255 evenly to -1 … 1: 0 becomes exactly
    -1, 255 exactly 1. uint8 holds no negative numbers and no fractions: make floats of them first.
    """
    ### BEGIN SOLUTION
    return images.flatten(start_dim=1).float() / 127.5 - 1
    ### END SOLUTION


# Part 2: the discriminator (medium, 15 minutes) ---------------------------------------------------


class Discriminator(nn.Module):
    """D: how likely is each image to be real? The generator's mirror image.

    One block per entry of `hidden_dims`: a linear layer to that width, LeakyReLU, and dropout,
    which switches off a random share of the numbers while training, so that D does not learn the
    images by heart. Then a linear layer to one number, and a sigmoid to make it a probability.
    """

    def __init__(self, hidden_dims: tuple[int, ...] = (512, 256), dropout: float = 0.0) -> None:
        """Make the layers; `dropout` is the share of numbers to switch off."""
        super().__init__()
        ### BEGIN SOLUTION
        layers: list[nn.Module] = []
        width = IMAGE_PIXELS
        for hidden_dim in hidden_dims:
            layers += [nn.Linear(width, hidden_dim), nn.LeakyReLU(0.2), nn.Dropout(dropout)]
            width = hidden_dim
        layers += [nn.Linear(width, 1), nn.Sigmoid()]
        self.layers = nn.Sequential(*layers)
        ### END SOLUTION

    def forward(self, images: Tensor) -> Tensor:
        """Compute D(x): images (N, 784) to scores (N, 1) between 0 (fake) and 1 (real)."""
        ### BEGIN SOLUTION
        scores: Tensor = self.layers(images)
        return scores
        ### END SOLUTION


# Part 3: the two losses (medium, 20 minutes) ------------------------------------------------------
#
# The minimax game (Goodfellow et al., 2014): D wants one value to be large, G wants it small.
#
#     min over G, max over D of  V = E[log D(x)] + E[log(1 - D(G(z)))]
#
# Each half of it is a binary cross-entropy (BCE), -mean[label · log(score) + (1 - label) ·
# log(1 - score)]. Use F.binary_cross_entropy(scores, labels): it stays finite at scores of exactly
# 0 and 1. The labels are a tensor like the scores: look up torch.ones_like and torch.zeros_like.


def discriminator_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """How badly does D tell real from fake?

        L_D = -mean[log D(x)] - mean[log(1 - D(G(z)))]

    Real scores D(x), shape (N, 1), should have been 1. Fake scores D(G(z)), shape (M, 1), should
    have been 0. Return a tensor of one number, from which gradients can flow back to the scores.
    (Half of L_D is right as well.)
    """
    ### BEGIN SOLUTION
    real_loss = F.binary_cross_entropy(real_scores, torch.ones_like(real_scores))
    fake_loss = F.binary_cross_entropy(fake_scores, torch.zeros_like(fake_scores))
    return real_loss + fake_loss
    ### END SOLUTION


def generator_loss(fake_scores: Tensor) -> Tensor:
    """How badly does G fool D? The non-saturating loss, of fake scores D(G(z)), shape (N, 1).

        L_G = -mean[log D(G(z))]

    That is BCE with the fake images labelled "real".

    Why not make mean[log(1 - D(G(z)))] small, as V asks? Early in the training D sees through every
    fake, so D(G(z)) is almost 0, and there that curve is flat: its gradient at D's last sum, before
    the sigmoid, is -D(G(z)), almost nothing. The gradient of L_G is -(1 - D(G(z))), almost -1: G
    learns most where it is worst. The paper advises this loss too.
    """
    ### BEGIN SOLUTION
    return F.binary_cross_entropy(fake_scores, torch.ones_like(fake_scores))
    ### END SOLUTION


# Part 4: the two updates (hard, 30 minutes) -------------------------------------------------------
#
# Each step moves one network only, since each optimizer holds one network's weights. `backward()`
# adds to the gradients that are there, so clear them first. That counts double here: G's gradients
# flow through D and leave some behind in it. Helpers and imports of your own are welcome.


def discriminator_step(
    generator: Generator,
    discriminator: Discriminator,
    optimizer: torch.optim.Optimizer,
    real_images: Tensor,
) -> float:
    """Move D once: down the gradient of L_D(D(x), D(G(z))).

    Make as many fake images as there are real ones, (N, 784), from fresh noise on their device, and
    cut them off from G's graph: `detach()` gives the same numbers without what made them, so that
    backward() ends there instead of walking on into G. Score both kinds, take the loss, and do the
    three things of every update: clear the old gradients, compute the new ones, step. G's weights
    stay as they are. Returns L_D before the step, as a plain number.
    """
    ### BEGIN SOLUTION
    z = sample_noise_torch(len(real_images), generator.latent_dim).to(real_images.device)
    fake_images = generator(z).detach()  # D's loss says nothing about G's weights

    loss = discriminator_loss(discriminator(real_images), discriminator(fake_images))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


def generator_step(
    generator: Generator,
    discriminator: Discriminator,
    optimizer: torch.optim.Optimizer,
    batch_size: int,
) -> float:
    """Move G once: down the gradient of L_G(D(G(z))).

    Make `batch_size` fake images from fresh noise, on the device of G's weights, which is
    `next(generator.parameters()).device`. Let D score them, take the loss, and update. This time
    the gradient has to pass through D into G, so nothing is cut; D's weights stay as they are.
    Returns L_G before the step, as a plain number.
    """
    ### BEGIN SOLUTION
    device = next(generator.parameters()).device
    z = sample_noise_torch(batch_size, generator.latent_dim).to(device)

    loss = generator_loss(discriminator(generator(z)))
    optimizer.zero_grad()
    loss.backward()  # leaves gradients in D too: D's own zero_grad clears them before D's next step
    optimizer.step()
    return loss.item()
    ### END SOLUTION


# Part 5: how well does D do? (medium, 15 minutes) -------------------------------------------------
#
# How good a GAN is has two sides: its images, and how well D still tells them from real ones.


def discriminator_accuracy(
    discriminator: Discriminator, real_images: Tensor, fake_images: Tensor
) -> float:
    """Measure the share of images that D gets right: 1.0 sees through all, 0.5 tosses a coin.

    A real image, of (N, 784), is right with a score above 0.5, a fake one, of (M, 784), with a
    score below. Count over all images of both kinds together; there may be more of one. Score in
    eval mode and without a graph, and leave D in the mode in which it came.
    """
    ### BEGIN SOLUTION
    was_training = discriminator.training
    discriminator.eval()
    try:
        with torch.no_grad():
            n_right = int((discriminator(real_images) > 0.5).sum())
            n_right += int((discriminator(fake_images) < 0.5).sum())
    finally:
        discriminator.train(was_training)
    return n_right / (len(real_images) + len(fake_images))
    ### END SOLUTION


# Part 6: the loop (hard, 30 minutes) --------------------------------------------------------------
#
# The losses keep a balance, they do not fall to zero. A D that can only guess says 0.5 to
# everything: L_D = 2 log 2 = 1.39, L_G = log 2 = 0.69. L_D near 0 with a growing L_G means that D
# sees through everything. Swings are normal, and a rising L_G may go with better images, as D
# improves too.
#
# The losses don't show mode collapse: G is asked to fool D, not to be versatile, and may make one
# good image of every z. So look at the images: are they digits, do they differ? The Fréchet
# distance puts that into a number: it compares the mean and the spread of two sets of images, and
# is 0 where both agree.


def train_gan(
    images: Tensor,
    epochs: int = 5,
    batch_size: int = 64,
    latent_dim: int = 100,
    learning_rate: float = 2e-4,
    on_epoch_end: Callable[[int, Generator], None] | None = None,
) -> tuple[Generator, Discriminator, list[dict[str, float]]]:
    """Play the game: a new G and a new D, trained on normalized real images, shape (N, 784).

    Make both networks on the images' device (a dropout of 0.3 in D works well), each with a
    `torch.optim.Adam` of its own, with this learning rate and betas (0.5, 0.999): the default
    (0.9, 0.999) remembers too much where the opponent keeps changing. Then, for each epoch:

    1. Go through all images once, in a new random order, in batches of `batch_size`; the last one
       may be shorter. For each batch, one step of D and one step of G: call your two functions, or
       write the steps out here (then both may share the batch's fake images).
    2. Append to the history: {"epoch": 1, "discriminator_loss": 1.1, "generator_loss": 0.9},
       with epochs counted from 1 and the mean of each loss over the epoch's batches.
    3. Print one line with these numbers. Call an `on_epoch_end` with the epoch and the generator.

    Returns (generator, discriminator, history), the history with one entry per epoch.
    """
    ### BEGIN SOLUTION
    generator = Generator(latent_dim).to(images.device)
    discriminator = Discriminator(dropout=0.3).to(images.device)
    g_optimizer = torch.optim.Adam(generator.parameters(), lr=learning_rate, betas=(0.5, 0.999))
    d_optimizer = torch.optim.Adam(discriminator.parameters(), lr=learning_rate, betas=(0.5, 0.999))

    history: list[dict[str, float]] = []
    for epoch in range(1, epochs + 1):
        d_losses, g_losses = [], []
        # The images are one tensor in memory, so a shuffled list of row numbers is all it takes; a
        # DataLoader would fetch them one by one and put them together again, far slower.
        for rows in torch.randperm(len(images)).split(batch_size):
            real_images = images[rows]
            d_losses.append(discriminator_step(generator, discriminator, d_optimizer, real_images))
            g_losses.append(generator_step(generator, discriminator, g_optimizer, len(rows)))

        d_loss, g_loss = sum(d_losses) / len(d_losses), sum(g_losses) / len(g_losses)
        history.append({"epoch": epoch, "discriminator_loss": d_loss, "generator_loss": g_loss})
        print(f"Epoch {epoch}/{epochs}: discriminator {d_loss:.3f}, generator {g_loss:.3f}")
        if on_epoch_end is not None:
            on_epoch_end(epoch, generator)
    return generator, discriminator, history
    ### END SOLUTION


# Questions ----------------------------------------------------------------------------------------
#
# Question "why_detach": Why are the fake images detached in D's step?
#   a) Otherwise D's optimizer would step G's weights as well, in D's favor.
#   b) Otherwise D could not be called twice before one call of backward().
#   c) Otherwise backward() would go on into G, where D's step has no use for it.
#   d) Otherwise D would be scored on the noise, and not on the finished images.
#
# Question "freeze_discriminator": Must D's weights be frozen (requires_grad False) in G's step?
#   a) Yes: backward() goes through D, and so it would change D's weights.
#   b) Yes: otherwise D would learn to call fake images real, as labelled.
#   c) No: backward() skips every network whose optimizer is not stepped.
#   d) No: only G's optimizer steps, and D's gradients are cleared before D steps.
#
# Question "labelled_real": Why are fake images labelled as real in G's step?
#   a) G's loss then says how far D is from believing, and is steep while D does not.
#   b) D gets to see these labels too, is misled by them, and G has an easier game.
#   c) By that time in the batch G has moved, and its images do count as real ones.
#   d) Some wrong labels keep both networks from becoming too sure of themselves.
#
# Question "loss_near_zero": D's loss has fallen to 0.01 and stays there. Is that good news?
#   a) Yes: D has learned its task, and gives G the most exact advice from now on.
#   b) No: D sees through every image, and G makes no headway against it any more.
#   c) Yes: a small loss means that the game is at its end and G's images are good.
#   d) No: D is being fooled by nearly every image, and G has nobody left to beat.
#
# Question "two_calls": D's step calls D on real images and again on fake ones. Must it?
#   a) Yes: D keeps one set of weights for real images and another for fake ones.
#   b) Yes: one call has one label, and backward() cannot deal with two at a time.
#   c) No: the fake ones will do, as D knows the real ones from the training set.
#   d) No: both kinds in one batch, each with its own label, would do just as well.
#
# Your choices, one letter each:
### BEGIN SOLUTION
ANSWERS = {
    # D's optimizer holds only D's weights, so G would not move; but computing G's gradients costs
    # time, and they stay in G until something clears them.
    #   a) An optimizer moves the weights that it was made with. Which ones were given to D's?
    #   b) It could: the loss is made from both calls, and one backward() goes back through both of
    #      them.
    #   d) Detaching changes no number, and D is handed what G made of the noise either way.
    "why_detach": "c",
    # backward() computes gradients and moves nothing. It does leave gradients in D, and these do
    # harm only if D's next step does not clear them first.
    #   a) backward() does go through D. But it writes into .grad, and weights change elsewhere:
    #      where?
    #   b) A label is a part of the loss. For D to learn from it, something would have to move D's
    #      weights.
    #   c) backward() knows no optimizers: it goes through all that the loss was made from, and D is
    #      on that way.
    "freeze_discriminator": "d",
    # BCE with label 1 is -log D(G(z)), the non-saturating loss: large gradient where D(G(z)) is
    # near 0. D is not updated in this step, so the label misleads nobody.
    #   b) D may be called with them, but whose weights does this step move? Nobody learns these
    #      labels but G.
    #   c) A fake image stays fake, however good it is: in D's very next step it is labelled so.
    #   d) That is label smoothing, a trick for D's labels. In G's step all labels say real, in the
    #      plainest GAN.
    "labelled_real": "a",
    # Low loss is success for a lone classifier. Here it means the game has become one-sided.
    #   a) D's advice is how its score changes as an image gets a little better, and a D this sure
    #      says almost the same to all of them.
    #   c) D's loss tells how well D plays and nothing else. At the end of a good game D could only
    #      guess, at a loss of 1.39.
    #   d) Being fooled is costly: fake images that score near 1 make D's loss large.
    "loss_near_zero": "b",
    # D has to see both kinds with the right labels. Two calls read well; torch.cat and one call
    # give the same gradient (with batch normalization in D, the two would differ).
    #   a) D has one set of weights, and it does not know which kind of image it is looking at: that
    #      is what it has to say.
    #   b) The labels are a tensor with an entry for each image, and the entries need not be equal.
    #   c) D knows of the training set what it is shown. With fake images alone, "always 0" would
    #      be a perfect answer.
    "two_calls": "d",
}
### END SOLUTION


def main() -> None:
    """Train on MNIST, and say how the game stands."""
    from kit import show_images, training

    pixels, options = training(__file__, epochs=5)
    images = normalize_images(pixels)
    # Larger steps than train_gan's default: this is a short training.
    generator, discriminator, _ = train_gan(images, epochs=options.epochs, learning_rate=5e-4)

    fake_images = generate_images(generator, n_images=1000)
    show_images(fake_images, "advanced")
    accuracy = discriminator_accuracy(
        discriminator, images[:1000], fake_images.flatten(start_dim=1)
    )
    print(f"The discriminator tells {accuracy:.0%} of real and fake images apart.")


if __name__ == "__main__":
    from kit import run

    run(main)
