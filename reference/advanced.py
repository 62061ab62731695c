"""Advanced: the game itself. Two losses, two updates, and the loop around them.

The two objectives (Goodfellow et al., 2014)
    D is a classifier with two classes. It wants D(x) near 1 for real images and D(G(z)) near 0 for
    fake ones, so it makes this small (binary cross-entropy, BCE):

        L_D = -mean[log D(x)] - mean[log(1 - D(G(z)))]

    G wants the opposite of the last term. The minimax game says: make mean[log(1 - D(G(z)))]
    small. The same paper advises G to make this small instead, and so do we:

        L_G = -mean[log D(G(z))]

Why this one, the non-saturating loss
    Both pull G the same way. But early on D sees through every fake, D(G(z)) is almost 0, and
    there log(1 - D(G(z))) is flat: its gradient with respect to D's last sum (before the sigmoid)
    is -D(G(z)), almost nothing. That of -log D(G(z)) is -(1 - D(G(z))), almost -1: G learns the
    most where it is worst. In practice it is BCE once more, with fake images labelled "real".

Order of the steps
    For each batch: one step of D on real and fake images, then one step of G on fresh noise.
    Each step moves one network only, since each optimizer holds the weights of one network only.
    In PyTorch, `backward()` adds to the gradients that are there, so clear them first. That
    counts double here: G's gradients flow through D, and leave some behind in D on the way.

What detach does
    `fake.detach()` is the same numbers, cut off from the operations that made them. D's loss then
    ends at the fake images: backward() does not walk on into G, whose gradients nobody wants
    in D's step. In G's step nothing may be cut, since the gradient reaches G through D alone.

Reading the two loss curves
    They are not a descent to zero but a balance. A D that can only guess says 0.5 to everything:
    L_D = 2 log 2 = 1.39 and L_G = log 2 = 0.69. L_D near 0 with a growing L_G means that D sees
    through everything. Swings are normal, and a rising L_G may go with better images, as D
    improves too. The images tell how good G is, the curves only whether the game still runs.

Mode collapse
    G is asked to fool D, not to be versatile. It may find one image that works and make that one
    out of every z. D then learns to reject it, G moves on to the next, and the losses look lively.
    Only a grid of samples shows it.

How to work
    `python run_checks.py advanced` says what is right and what is missing. With all of it right,
    `python exercises/advanced.py` trains on the whole of MNIST (`--help` shows the options).
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from beginner import sample_noise_torch
from intermediate import Generator, generate_images
from torch import Tensor, nn

IMAGE_PIXELS = 28 * 28

# Part 1: real images ------------------------------------------------------------------------------


def normalize_images(images: Tensor) -> Tensor:
    """Bring real images to the form that G's images have.

    Flatten each image to one row and map the pixels 0 … 255 evenly to -1 … 1: 0 becomes exactly
    -1, 255 exactly 1. Mind that uint8 cannot hold negative numbers or fractions: turn the pixels
    into floats before you calculate.

    Args:
        images: uint8 pixels, shape (N, 28, 28).

    Returns:
        float32 tensor in [-1, 1], shape (N, 784).
    """
    ### BEGIN SOLUTION
    return images.flatten(start_dim=1).float() / 127.5 - 1
    ### END SOLUTION


# Part 2: the discriminator ------------------------------------------------------------------------


class Discriminator(nn.Module):
    """D: how likely is each image to be real?

    The generator's mirror image. One block per entry of `hidden_dims`: a linear layer to that
    width, LeakyReLU, and dropout, which switches off a random share of the numbers while training
    so that D does not learn the images by heart. Then a linear layer to a single number, and a
    sigmoid to make it a probability.
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
        """Compute D(x).

        Args:
            images: images in [-1, 1], shape (N, 784).

        Returns:
            Scores between 0 (fake) and 1 (real), shape (N, 1).
        """
        ### BEGIN SOLUTION
        scores: Tensor = self.layers(images)
        return scores
        ### END SOLUTION


# Part 3: the two losses ---------------------------------------------------------------------------
#
# Write them with F.binary_cross_entropy(scores, labels). It is the formula
#
#     -mean[label · log(score) + (1 - label) · log(1 - score)]
#
# and stays finite at scores of exactly 0 and 1, where a logarithm of your own would give infinity.
# The labels are a tensor of the scores' shape: look up torch.ones_like and torch.zeros_like.


def discriminator_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """How badly does D tell real from fake?

        L_D = -mean[log D(x)] - mean[log(1 - D(G(z)))]

    Real scores should have been 1 and fake scores 0. (Half of this sum is right as well: it only
    changes the scale.)

    Args:
        real_scores: D's scores of real images, D(x), shape (N, 1).
        fake_scores: D's scores of fake images, D(G(z)), shape (M, 1).

    Returns:
        A tensor with one number, which gradients can flow back from.
    """
    ### BEGIN SOLUTION
    real_loss = F.binary_cross_entropy(real_scores, torch.ones_like(real_scores))
    fake_loss = F.binary_cross_entropy(fake_scores, torch.zeros_like(fake_scores))
    return real_loss + fake_loss
    ### END SOLUTION


def generator_loss(fake_scores: Tensor) -> Tensor:
    """How badly does G fool D? The non-saturating loss.

        L_G = -mean[log D(G(z))]

    Args:
        fake_scores: D's scores of fake images, D(G(z)), shape (N, 1).

    Returns:
        A tensor with one number, which gradients can flow back from.
    """
    ### BEGIN SOLUTION
    return F.binary_cross_entropy(fake_scores, torch.ones_like(fake_scores))
    ### END SOLUTION


# Part 4: the two updates --------------------------------------------------------------------------


def discriminator_step(
    generator: Generator,
    discriminator: Discriminator,
    optimizer: torch.optim.Optimizer,
    real_images: Tensor,
) -> float:
    """Move D once: down the gradient of L_D(D(x), D(G(z))).

    Forge as many images as there are real ones, from fresh noise, and cut them off from G's graph.
    Score both kinds, take the loss, and do the three things of every PyTorch update: clear the
    old gradients, compute the new ones, step. G must stay as it is.

    Args:
        optimizer: holds D's weights, and only these.
        real_images: a batch x in [-1, 1], shape (N, 784). The noise has to be on the same device.

    Returns:
        L_D before the step, as a plain number.
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

    Forge `batch_size` images from fresh noise, let D score them, take the loss, and update. This
    time the gradient has to pass through D into G, so nothing is cut; D must stay as it is.

    Args:
        optimizer: holds G's weights, and only these.
        batch_size: number of images to forge. The noise has to be on the device of G's weights.

    Returns:
        L_G before the step, as a plain number.
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


# Part 5: how well does D do? ----------------------------------------------------------------------


def discriminator_accuracy(
    discriminator: Discriminator, real_images: Tensor, fake_images: Tensor
) -> float:
    """Measure the share of images that D gets right.

    A real image is right with a score above 0.5, a fake one with a score below. Count over all
    images of both kinds together, which need not be equally many. Score in eval mode and without a
    graph, and leave D in the mode in which it came, as in `generate_images`.

    1.0 means that D sees through everything, 0.5 that it might as well toss a coin.

    Args:
        real_images: shape (N, 784).
        fake_images: shape (M, 784).

    Returns:
        Share in [0, 1].
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


# Part 6: the loop ---------------------------------------------------------------------------------


def train_gan(
    images: Tensor,
    epochs: int = 5,
    batch_size: int = 64,
    latent_dim: int = 100,
    learning_rate: float = 2e-4,
    on_epoch_end: Callable[[int, Generator], None] | None = None,
) -> tuple[Generator, Discriminator, list[dict[str, float]]]:
    """Play the game: a new G and a new D, trained on real images.

    Make both networks on the images' device (a dropout of 0.3 in D works well) and give each an
    optimizer of its own: `torch.optim.Adam` with this learning rate. Its default betas (0.9, 0.999)
    remember too much for a game in which the opponent keeps changing; (0.5, 0.999) is the usual
    choice. Then, for each epoch:

    1. Go through all images once, in a new random order, in batches of `batch_size`; the last one
       may be shorter. For each batch, one step of D and one step of G.
    2. Append to the history: {"epoch": 1, "discriminator_loss": 1.1, "generator_loss": 0.9},
       with epochs counted from 1 and the mean of each loss over the epoch's batches.
    3. Print one line with these numbers, so that one can see it live.
    4. If there is an `on_epoch_end`, call it with the epoch and the generator.

    Args:
        images: normalized real images, shape (N, 784).

    Returns:
        (generator, discriminator, history), the history with one entry per epoch.
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


def try_every_part() -> None:
    """Use each part once on two black images: unfinished ones show before any data is loaded."""
    images = normalize_images(torch.zeros(2, 28, 28, dtype=torch.uint8))
    discriminator = Discriminator()
    generator_loss(discriminator(images))
    discriminator_loss(discriminator(images), discriminator(images))
    generator = Generator()
    discriminator_step(
        generator, discriminator, torch.optim.SGD(discriminator.parameters(), lr=0.1), images
    )
    generator_step(generator, discriminator, torch.optim.SGD(generator.parameters(), lr=0.1), 2)
    discriminator_accuracy(discriminator, images, images)


def main() -> None:
    """Train on MNIST and say how the game stands."""
    import argparse
    import sys
    from pathlib import Path

    parser = argparse.ArgumentParser(description="Train a GAN on handwritten digits.")
    parser.add_argument("--data", metavar="DIR", help="folder with MNIST; without it, a download")
    parser.add_argument("--epochs", type=int, default=5, help="times through all images (5)")
    options = parser.parse_args()
    try_every_part()

    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where the kit's `checks` stands
    from checks.engine.data.mnist import DataError, training_images

    try:
        digits = training_images(options.data)
    except DataError as error:
        sys.exit(str(error))
    if digits.notice:
        print(digits.notice)
    print(f"Training on {digits.source}")

    torch.set_num_threads(1)  # networks this small keep one core busy, more would mostly wait
    images = normalize_images(digits.images)
    # Larger steps than train_gan's default: this is a short training.
    generator, discriminator, _ = train_gan(images, epochs=options.epochs, learning_rate=5e-4)

    fake_images = generate_images(generator, n_images=1000).flatten(start_dim=1)
    accuracy = discriminator_accuracy(discriminator, images[:1000], fake_images)
    print(f"The discriminator tells {accuracy:.0%} of real and fake images apart.")


if __name__ == "__main__":
    try:
        main()
    except NotImplementedError as unfinished:
        print(f"Next to write, here or in an earlier tier: {unfinished}. Then run this file again.")
