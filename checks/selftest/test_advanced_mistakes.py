"""The advanced checks on wrong code: one line of a table for each mutant of the reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.selftest.mutants import Mutant, assert_caught, instead

TIER = "advanced"
PIXELS = "return images.flatten(start_dim=1).float() / 127.5 - 1"
D_LAST = "layers += [nn.Linear(width, 1), nn.Sigmoid()]"
D_BLOCK = "layers += [nn.Linear(width, hidden_dim), nn.LeakyReLU(0.2), nn.Dropout(dropout)]"
D_KEPT = "self.layers = nn.Sequential(*layers)"
D_SCORES = "scores: Tensor = self.layers(images)"
D_WIDTHS = "for hidden_dim in hidden_dims:"
REAL_LOSS = "real_loss = F.binary_cross_entropy(real_scores, torch.ones_like(real_scores))"
FAKE_LOSS = "fake_loss = F.binary_cross_entropy(fake_scores, torch.zeros_like(fake_scores))"
D_LOSS = "return real_loss + fake_loss"
G_LOSS = "return F.binary_cross_entropy(fake_scores, torch.ones_like(fake_scores))"
D_NOISE = "z = sample_noise_torch(len(real_images), generator.latent_dim).to(real_images.device)"
D_FAKES = "fake_images = generator(z).detach()  # D's loss says nothing about G's weights"
D_CALLS = "loss = discriminator_loss(discriminator(real_images), discriminator(fake_images))"
D_UPDATE = f"""    {D_CALLS}
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
"""
G_NOISE = "z = sample_noise_torch(batch_size, generator.latent_dim).to(device)"
G_CALL = "loss = generator_loss(discriminator(generator(z)))"
G_BACKWARD = (
    "loss.backward()  # leaves gradients in D too: D's own zero_grad clears them before "
    "D's next step"
)
G_UPDATE = f"""    {G_CALL}
    optimizer.zero_grad()
    {G_BACKWARD}
    optimizer.step()
    return loss.item()
"""
COUNT_RIGHT = "n_right += int((discriminator(fake_images) < 0.5).sum())"
SHARE = "return n_right / (len(real_images) + len(fake_images))"
ROWS = "for rows in torch.randperm(len(images)).split(batch_size):"
LOOP_D = "d_losses.append(discriminator_step(generator, discriminator, d_optimizer, real_images))"
LOOP_G = "g_losses.append(generator_step(generator, discriminator, g_optimizer, len(rows)))"
PARTS = "{'epoch': epoch, 'discriminator_loss': d_loss, 'generator_loss': g_loss}".replace("'", '"')
HISTORY = f"history.append({PARTS})"
G_ADAM = "torch.optim.Adam(generator.parameters(), lr=learning_rate, betas=(0.5, 0.999))"
D_ADAM = "torch.optim.Adam(discriminator.parameters(), lr=learning_rate, betas=(0.5, 0.999))"
PRINTED = 'print(f"Epoch {epoch}/{epochs}: discriminator {d_loss:.3f}, generator {g_loss:.3f}")'
CALLED = "on_epoch_end(epoch, generator)\n    return"
RETURNED = "return generator, discriminator, history"
NO_HISTORY = "history: list[dict[str, float]] = []"
NO_LOSSES = "d_losses, g_losses = [], []"
MEANS = "d_loss, g_loss = sum(d_losses) / len(d_losses), sum(g_losses) / len(g_losses)"
MADE = f"""generator, discriminator = Generator(latent_dim), Discriminator(dropout=0.3)
        g_optimizer = {G_ADAM}
        d_optimizer = {D_ADAM}
"""


def mutant(name: str, check: str, mistake: str, *replacements: tuple[str, str]) -> Mutant:
    return Mutant(name, TIER, replacements, check=check, mistake=mistake)


def d_update(*lines: str) -> tuple[str, str]:
    """The discriminator's update, written with these lines."""
    return D_UPDATE, "".join(f"    {line}\n" for line in lines)


def g_update(*lines: str) -> tuple[str, str]:
    """The generator's update, written with these lines."""
    return G_UPDATE, "".join(f"    {line}\n" for line in lines)


def own_g_step(fake_images: str) -> str:
    """The generator's step written out in the batch loop, on these images."""
    lines = (
        "z = torch.randn(len(rows), latent_dim)",
        f"g_loss = generator_loss(discriminator({fake_images}))",
        "g_optimizer.zero_grad()",
        "g_loss.backward()",
        "g_optimizer.step()",
        "g_losses.append(g_loss.item())",
    )
    return f"\n{12 * ' '}".join(lines)


OWN_LOOP = """
def train_gan(
    images, epochs=5, batch_size=64, latent_dim=100, learning_rate=2e-4, on_epoch_end=None
):
    G, D = Generator(latent_dim), Discriminator(dropout=0.3)
    g_opt, d_opt = (torch.optim.Adam(n.parameters(), learning_rate, (0.5, 0.999)) for n in (G, D))
    bce, history = nn.BCELoss(), []
    for epoch in range(epochs):
        d_losses, g_losses = [], []
        for real in torch.utils.data.DataLoader(images, batch_size, shuffle=True):
            label = torch.ones(len(real))
            z = torch.randn(len(real), latent_dim)
            BATCH
        entry = dict(zip(("epoch", "discriminator_loss", "generator_loss"),
                         (epoch + 1, sum(d_losses) / len(d_losses), sum(g_losses) / len(g_losses))))
        history.append(entry)
        print(entry)
        if on_epoch_end:
            on_epoch_end(epoch + 1, G)
    return G, D, history
"""


def own_loop(*lines: str) -> str:
    """train_gan with these lines for a batch, in place of the two steps."""
    return OWN_LOOP.replace("BATCH", "\n            ".join(lines))


CLEAR, BACK, STEP, ITEM = (
    "optimizer.zero_grad()", "loss.backward()", "optimizer.step()", "return loss.item()"
)  # fmt: skip

# fmt: off
PARTS_MUTANTS = [
    mutant("[0, 1]", "test_pixel_values", "pixels-in-0-1",
           (PIXELS, "return images.flatten(start_dim=1).float() / 255")),
    mutant("MNIST's mean and deviation", "test_pixel_values", "pixels-standardized",
           (PIXELS, "return (images.flatten(start_dim=1).float() / 255 - 0.1307) / 0.3081")),
    mutant("raw pixels", "test_pixel_values", "pixels-raw",
           (PIXELS, "return images.flatten(start_dim=1).float()")),
    mutant("integer division", "test_pixel_values", "pixels-overflow",
           (PIXELS, "return (images.flatten(start_dim=1) // 128).float() * 2 - 1")),
    mutant("white is -1", "test_pixel_values", "pixels-inverted",
           (PIXELS, "return 1 - images.flatten(start_dim=1).float() / 127.5")),
    mutant("not flat", "test_pixel_shape", "pixels-not-flat",
           (PIXELS, "return images.float() / 127.5 - 1")),
    mutant("all in one row", "test_pixel_values", "pixels-not-flat",
           (PIXELS, "return images[0].flatten().float() / 127.5 - 1")),
    mutant("transposed", "test_pixel_shape", "pixels-out-of-order",
           (PIXELS, "return images.transpose(1, 2).flatten(1).float() / 127.5 - 1")),
    mutant("columns first", "test_pixel_shape", "pixels-out-of-order",
           (PIXELS, "return images.reshape(784, -1).T.float() / 127.5 - 1")),
    mutant("backwards", "test_pixel_shape", "pixels-out-of-order",
           (PIXELS, "return images.flatten(1).flip(1).float() / 127.5 - 1")),
    mutant("doubled in uint8", "test_pixel_values", "pixels-overflow",
           (PIXELS, "return (images * 2).flatten(1).float() / 255 - 1")),
    mutant("subtracted in uint8", "test_pixel_values", "pixels-overflow",
           (PIXELS, "return (images - 128).flatten(1).float() / 127.5")),
    mutant("over the batch's maximum", "test_pixel_values", "pixels-relative",
           (PIXELS, "x = images.flatten(1).float()\n    return x / x.max() * 2 - 1")),
    mutant("each image stretched", "test_pixel_values", "pixels-relative",
           (PIXELS, "x = images.flatten(1).float()\n    x = x - x.amin(1, keepdim=True)\n"
                    "    return x / x.amax(1, keepdim=True) * 2 - 1")),
    mutant("the caller's pixels halved", "test_pixel_values", "images-changed-in-place",
           (PIXELS, "x = images.flatten(1).float() / 127.5 - 1\n    images //= 2\n    return x")),
    mutant("doubles", "test_pixel_shape", "pixels-dtype",
           (PIXELS, "return images.flatten(start_dim=1).double() / 127.5 - 1")),
    mutant("flat scores", "test_score_shape", "scores-shape",
           (D_SCORES, "scores: Tensor = self.layers(images).squeeze(1)")),
    mutant("no sigmoid", "test_score_range", "scores-not-probabilities",
           (D_LAST, "layers += [nn.Linear(width, 1)]")),
    mutant("tanh", "test_score_range", "scores-not-probabilities",
           (D_LAST, "layers += [nn.Linear(width, 1), nn.Tanh()]")),
    mutant("two sigmoids", "test_score_range", "scores-sigmoid-twice",
           (D_LAST, "layers += [nn.Linear(width, 1), nn.Sigmoid(), nn.Sigmoid()]")),
    mutant("softmax over one", "test_score_range", "scores-constant",
           (D_LAST, "layers += [nn.Linear(width, 1), nn.Softmax(dim=1)]")),
    mutant("softmax over one, seen by dropout", "test_dropout", "scores-constant",
           (D_LAST, "layers += [nn.Linear(width, 1), nn.Softmax(dim=1)]")),
    mutant("softmax over one, seen by the loop", "test_optimizers", "scores-constant",
           (D_LAST, "layers += [nn.Linear(width, 1), nn.Softmax(dim=1)]")),
    mutant("less the batch's mean", "test_score_shape", "scores-relative",
           (D_SCORES, "sums = self.layers[:-1](images)\n"
                      "        scores: Tensor = torch.sigmoid(sums - sums.mean())")),
    mutant("softmax over the batch", "test_score_shape", "scores-relative",
           (D_LAST, "layers += [nn.Linear(width, 1), nn.Softmax(dim=0)]")),
    mutant("all weights zero", "test_score_range", "scores-constant",
           (D_KEPT, f"{D_KEPT}\n        for p in self.parameters():\n            p.data.zero_()")),
    mutant("ReLU before the sigmoid", "test_score_range", "scores-one-sided",
           (D_LAST, "layers += [nn.Linear(width, 1), nn.ReLU(), nn.Sigmoid()]")),
    mutant("log-sigmoid before the sigmoid", "test_score_range", "scores-one-sided",
           (D_LAST, "layers += [nn.Linear(width, 1), nn.LogSigmoid(), nn.Sigmoid()]")),
    mutant("clamped", "test_score_range", "scores-clamped",
           (D_LAST, "layers += [nn.Linear(width, 1), nn.Hardtanh(0, 1)]")),
    mutant("hard sigmoid", "test_score_range", "scores-clamped",
           (D_LAST, "layers += [nn.Linear(width, 1), nn.Hardsigmoid()]")),
    mutant("rounded", "test_score_range", "scores-rounded",
           (D_SCORES, "scores: Tensor = self.layers(images).round()")),
    mutant("rounded to tenths", "test_weights_reached", "scores-rounded",
           (D_SCORES, "scores: Tensor = self.layers(images).round(decimals=1)")),
    mutant("a decision", "test_weights_reached", "scores-rounded",
           (D_SCORES, "scores: Tensor = (self.layers(images) > 0.5).float()")),
    mutant("nothing bends", "test_discriminator_nonlinear", "discriminator-linear",
           (D_BLOCK, D_BLOCK.replace("nn.LeakyReLU(0.2), ", ""))),
    mutant("batch normalization alone", "test_discriminator_nonlinear", "discriminator-linear",
           (D_BLOCK, D_BLOCK.replace("nn.LeakyReLU(0.2)", "nn.BatchNorm1d(hidden_dim)"))),
    mutant("frozen from the start", "test_weights_reached", "discriminator-frozen",
           (D_KEPT, f"{D_KEPT}\n        self.requires_grad_(False)")),
    mutant("D under no_grad", "test_weights_reached", "discriminator-weights-unreached",
           (D_SCORES, "with torch.no_grad():\n            scores: Tensor = self.layers(images)")),
    mutant("D's layers made in forward", "test_weights_reached", "layers-in-forward",
           (D_SCORES, "scores: Tensor = torch.sigmoid(nn.Linear(784, 1)(images))")),
    mutant("hidden layers in a list", "test_weights_reached", "discriminator-unregistered",
           (D_KEPT, "self.hidden = layers[:-2]\n        self.last = nn.Sequential(*layers[-2:])"),
           (D_SCORES, "for layer in self.hidden:\n            images = layer(images)\n"
                      "        scores: Tensor = self.last(images)")),
    mutant("D detaches the images", "test_images_reached", "discriminator-input-cut",
           (D_SCORES, "scores: Tensor = self.layers(images.detach())")),
    mutant("D sees black and white", "test_images_reached", "discriminator-input-cut",
           (D_SCORES, "scores: Tensor = self.layers(images.sign())")),
    mutant("D clamps the images in place", "test_images_reached", "images-changed-in-place",
           (D_SCORES, "scores: Tensor = self.layers(images.clamp_(-0.9, 0.9))")),
    mutant("D rescales the images in place", "test_images_reached", "images-changed-in-place",
           (D_SCORES, "images.data.mul_(0.5)\n        scores: Tensor = self.layers(images)")),
    mutant("widths reversed", "test_widths", "discriminator-widths-order",
           (D_WIDTHS, "for hidden_dim in reversed(hidden_dims):")),
    mutant("widths sorted", "test_widths", "discriminator-widths-order",
           (D_WIDTHS, "for hidden_dim in sorted(hidden_dims):")),
    mutant("two widths at most", "test_widths", "hidden-dims-fixed-count",
           (D_WIDTHS, "for hidden_dim in hidden_dims[:2]:")),
    mutant("two widths exactly", "test_widths", "hidden-dims-fixed-count",
           (D_WIDTHS, "for hidden_dim in (hidden_dims[0], hidden_dims[1]):")),
    mutant("noise in eval", "test_dropout", "discriminator-own-noise",
           (D_SCORES, "images = images + 0.1 * torch.randn_like(images)\n"
                      "        scores: Tensor = self.layers(images)")),
    mutant("dropout in a list", "test_dropout", "discriminator-unregistered",
           (D_KEPT, "self.hidden = layers[:-2]\n        self.last = nn.Sequential(*layers[-2:])"),
           (D_SCORES, "for layer in self.hidden:\n            images = layer(images)\n"
                      "        scores: Tensor = self.last(images)")),
    mutant("a fixed share", "test_dropout", "dropout-other-share",
           (D_BLOCK, D_BLOCK.replace("Dropout(dropout)", "Dropout(0.3)"))),
    mutant("half, whatever was asked for", "test_dropout", "dropout-other-share",
           (D_BLOCK, D_BLOCK.replace("Dropout(dropout)", "Dropout()"))),
    mutant("the share that stays", "test_dropout", "dropout-other-share",
           (D_BLOCK, D_BLOCK.replace("Dropout(dropout)", "Dropout(1 - dropout)"))),
    mutant("dropout on the scores", "test_dropout", "dropout-on-scores",
           (D_LAST, "layers += [nn.Linear(width, 1), nn.Sigmoid(), nn.Dropout(dropout)]")),
    mutant("dropout in eval", "test_dropout", "discriminator-dropout-in-eval",
           (D_SCORES, "scores: Tensor = self.layers(F.dropout(images, 0.3))")),
    mutant("no dropout", "test_dropout", "dropout-missing",
           (D_BLOCK, "layers += [nn.Linear(width, hidden_dim), nn.LeakyReLU(0.2)]")),
    mutant("fixed widths", "test_widths", "discriminator-widths-ignored",
           (D_WIDTHS, "for hidden_dim in (512, 256):")),
    mutant("layers in a list", "test_weights_reached", "discriminator-unregistered",
           (D_KEPT, "self.layers = [*layers]"),
           (D_SCORES, "scores = images\n        for layer in self.layers:\n"
                      "            scores = layer(scores)")),
    mutant("the loop's LeakyReLU before the sigmoid too", "test_score_range",
           "activation-before-sigmoid",
           (D_LAST, "layers += [nn.Linear(width, 1), nn.LeakyReLU(), nn.Sigmoid()]")),
    mutant("accuracy of two shares", "test_accuracy", "accuracy-averaged",
           (COUNT_RIGHT, "n_right = n_right / len(real_images) + float((discriminator("
                         "fake_images) < 0.5).float().mean())"),
           (SHARE, "return n_right / 2")),
    mutant("accuracy halved", "test_accuracy", "accuracy-wrong", (SHARE, SHARE + " / 2")),
    mutant("from -1 to 2", "test_pixel_values", "pixels-other-range",
           (PIXELS, PIXELS.replace("127.5", "85"))),
    mutant("narrow scores", "test_score_range", "scores-in-narrow-range",
           (D_SCORES, "scores: Tensor = 0.2 + 0.6 * self.layers(images)")),
    mutant("accuracy upside down", "test_accuracy", "accuracy-inverted",
           (SHARE, "return 1 - n_right / (len(real_images) + len(fake_images))")),
    mutant("accuracy of the real ones", "test_accuracy", "accuracy-real-only",
           (COUNT_RIGHT, "pass"), (SHARE, "return n_right / len(real_images)")),
    mutant("accuracy in percent", "test_accuracy", "accuracy-as-percent",
           (SHARE, "return 100 * n_right / (len(real_images) + len(fake_images))")),
    mutant("accuracy as a tensor", "test_accuracy", "not-a-float",
           (SHARE, "return torch.tensor(n_right / (len(real_images) + len(fake_images)))")),
    mutant("accuracy in training mode", "test_accuracy_mode", "accuracy-in-training-mode",
           ("    discriminator.eval()\n", "    discriminator.train()\n")),
    mutant("left in eval mode", "test_accuracy_mode", "accuracy-mode-not-restored",
           ("discriminator.train(was_training)", "pass")),
    mutant("gradients off for good", "test_accuracy_graph", "global-settings-changed",
           ("        with torch.no_grad():\n",
            "        torch.set_grad_enabled(False)\n        if True:\n")),
    mutant("D frozen by the accuracy", "test_accuracy_graph", "left-frozen",
           ("        with torch.no_grad():\n",
            "        discriminator.requires_grad_(False)\n        if True:\n")),
]

LOSS_MUTANTS = [
    mutant("labels swapped", "test_discriminator_loss", "labels-swapped",
           (D_LOSS, "return discriminator_loss_(fake_scores, real_scores)\n\n\n"
                    "def discriminator_loss_(r, f):\n"
                    "    return -(r.log().mean() + (1 - f).log().mean())")),
    mutant("fakes called real", "test_discriminator_loss", "fakes-labelled-real",
           (FAKE_LOSS, FAKE_LOSS.replace("zeros", "ones"))),
    mutant("real ones called fake", "test_discriminator_loss", "real-labelled-fake",
           (REAL_LOSS, REAL_LOSS.replace("ones", "zeros"))),
    mutant("only real", "test_discriminator_loss", "loss-without-fakes",
           (D_LOSS, "return real_loss")),
    mutant("only fakes", "test_discriminator_loss", "loss-without-real",
           (D_LOSS, "return fake_loss")),
    mutant("squared error", "test_discriminator_loss", "squared-error",
           (D_LOSS, "return ((real_scores - 1) ** 2).mean() + (fake_scores**2).mean()")),
    mutant("with logits", "test_discriminator_loss", "sigmoid-twice",
           (REAL_LOSS, REAL_LOSS.replace("entropy", "entropy_with_logits")),
           (FAKE_LOSS, FAKE_LOSS.replace("entropy", "entropy_with_logits"))),
    mutant("negated", "test_discriminator_loss", "negated-loss",
           (D_LOSS, "return -(real_loss + fake_loss)")),
    mutant("twice the fakes", "test_discriminator_loss", "unequal-halves",
           (D_LOSS, "return real_loss + 2 * fake_loss")),
    mutant("Wasserstein", "test_discriminator_loss", "other-loss",
           (D_LOSS, "return fake_scores.mean() - real_scores.mean()")),
    mutant("a number", "test_discriminator_loss", "other-type",
           (D_LOSS, "return (real_loss + fake_loss).item()")),
    mutant("a new tensor", "test_discriminator_loss", "loss-without-gradient",
           (D_LOSS, "return torch.tensor((real_loss + fake_loss).item(), requires_grad=True)")),
    mutant("without a mean", "test_discriminator_loss", "loss-not-a-scalar",
           (D_LOSS, "return (-real_scores.log()) + (-(1 - fake_scores).log())")),
    mutant("cut off", "test_discriminator_loss", "loss-without-gradient",
           (D_LOSS, "return (real_loss + fake_loss).detach()")),
    mutant("a loss for each", "test_discriminator_loss", "loss-not-a-scalar",
           (D_LOSS, "return -(real_scores.log() + (1 - fake_scores[: len(real_scores)]).log())")),
    mutant("an offset", "test_discriminator_loss", "loss-wrong",
           (D_LOSS, "return real_loss + fake_loss + 1")),
    mutant("bare logarithms", "test_discriminator_loss_finite", "loss-infinite",
           (D_LOSS, "return -real_scores.log().mean() - (1 - fake_scores).log().mean()")),
    mutant("saturating", "test_generator_loss", "saturating-loss",
           (G_LOSS, "return (1 - fake_scores).log().mean()")),
    mutant("helps D", "test_generator_loss", "generator-labels-fake",
           (G_LOSS, G_LOSS.replace("ones", "zeros"))),
    mutant("G's loss negated", "test_generator_loss", "negated-loss",
           (G_LOSS, G_LOSS.replace("return ", "return -"))),
    mutant("G's squared error", "test_generator_loss", "squared-error",
           (G_LOSS, "return ((fake_scores - 1) ** 2).mean()")),
    mutant("G with logits", "test_generator_loss", "sigmoid-twice",
           (G_LOSS, G_LOSS.replace("entropy", "entropy_with_logits"))),
    mutant("G's bare logarithm", "test_generator_loss_finite", "loss-infinite",
           (G_LOSS, "return -fake_scores.log().mean()")),
    mutant("nothing returned", "test_generator_loss", "nothing-returned",
           (G_LOSS, G_LOSS.replace("return ", ""))),
]

D_STEP_MUTANTS = [
    mutant("never cleared", "test_discriminator_step_clean", "gradients-never-cleared",
           d_update(D_CALLS, BACK, STEP, ITEM)),
    mutant("G's gradients leak", "test_discriminator_step_clean", "generator-gradients-leak",
           d_update(D_CALLS, BACK, STEP, CLEAR, ITEM),),
    mutant("cleared before the step", "test_discriminator_moves", "zero-grad-before-step",
           d_update(D_CALLS, BACK, CLEAR, STEP, ITEM)),
    mutant("step before backward", "test_discriminator_moves", "step-before-backward",
           d_update(D_CALLS, STEP, CLEAR, BACK, ITEM)),
    mutant("no step", "test_discriminator_moves", "no-step",
           d_update(D_CALLS, CLEAR, BACK, ITEM)),
    mutant("no backward", "test_discriminator_moves", "no-backward",
           d_update(D_CALLS, CLEAR, ITEM)),
    mutant("two steps", "test_discriminator_moves", "two-steps",
           d_update(D_CALLS, CLEAR, BACK, STEP, STEP, ITEM)),
    mutant("an optimizer of its own", "test_discriminator_moves", "own-optimizer",
           d_update("optimizer = torch.optim.Adam(discriminator.parameters())",
                    D_CALLS, CLEAR, BACK, STEP, ITEM)),
    mutant("moves G as well", "test_discriminator_moves", "wrong-network-moved",
           (D_FAKES, "fake_images = generator(z)"),
           d_update("other = torch.optim.SGD(generator.parameters(), lr=0.01)", D_CALLS,
                    "other.zero_grad()", CLEAR, BACK, STEP, "other.step()", ITEM)),
    mutant("never sees real", "test_discriminator_is_fed", "never-sees-real",
           (D_CALLS, D_CALLS.replace("(real_images)", "(fake_images)"))),
    mutant("never sees fakes", "test_discriminator_is_fed", "never-sees-fakes",
           (D_CALLS, D_CALLS.replace("(fake_images)", "(real_images)"))),
    mutant("fed with noise", "test_discriminator_is_fed", "fed-with-noise",
           (D_FAKES, "fake_images = torch.rand_like(real_images) * 2 - 1")),
    mutant("a loss of the weights", "test_discriminator_is_fed", "discriminator-not-called",
           (D_CALLS, "loss = sum(p.square().sum() for p in discriminator.parameters())")),
    mutant("half a batch", "test_discriminator_is_fed", "real-images-missing",
           (D_CALLS, D_CALLS.replace("(real_images)", "(real_images[:4])"))),
    mutant("scaled again", "test_discriminator_is_fed", "real-images-changed",
           (D_CALLS, D_CALLS.replace("(real_images)", "(real_images * 2 - 1)"))),
    mutant("uniform noise", "test_discriminator_is_fed", "noise-uniform",
           (D_NOISE, D_NOISE.replace("sample_noise_torch", "torch.rand"))),
    mutant("one z for all", "test_discriminator_is_fed", "noise-repeated",
           (D_NOISE, "z = sample_noise_torch(1, generator.latent_dim)\n"
                     "    z = z.repeat(len(real_images), 1)")),
    mutant("the same noise each time", "test_discriminator_is_fed", "noise-reused",
           (D_NOISE, D_NOISE.replace("latent_dim)", "latent_dim, seed=0)"))),
    mutant("step with labels swapped", "test_discriminator_step_loss", "labels-swapped",
           (D_CALLS, "loss = discriminator_loss(discriminator(fake_images), "
                     "discriminator(real_images))")),
    mutant("step only on real", "test_discriminator_step_loss", "loss-without-fakes",
           (D_CALLS, "discriminator(fake_images)\n    scores = discriminator(real_images)\n"
                     "    loss = F.binary_cross_entropy(scores, torch.ones_like(scores))")),
    mutant("climbs its loss", "test_discriminator_step_loss", "negated-loss",
           d_update(D_CALLS, CLEAR, "(-loss).backward()", STEP, ITEM)),
    mutant("weight decay of its own", "test_discriminator_step_loss", "unexplained-update",
           d_update(D_CALLS, "loss = loss + sum(p.square().sum() for p in "
                             "discriminator.parameters())", CLEAR, BACK, STEP, ITEM)),
    mutant("returns a tensor", "test_discriminator_step_returns", "not-a-float",
           d_update(D_CALLS, CLEAR, BACK, STEP, "return loss.detach()")),
    mutant("returns nothing", "test_discriminator_step_returns", "nothing-returned",
           d_update(D_CALLS, CLEAR, BACK, STEP)),
    mutant("returns half the loss", "test_discriminator_step_returns", "other-loss-returned",
           d_update(D_CALLS, CLEAR, BACK, STEP, "return loss.item() - 0.1")),
    mutant("G left in eval mode", "test_discriminator_step_modes", "step-mode-changed",
           (D_NOISE, f"{D_NOISE}\n    generator.eval()")),
    mutant("z twice as wide", "test_discriminator_is_fed", "noise-scaled",
           (D_NOISE, f"{D_NOISE} * 2")),
    mutant("z shifted", "test_discriminator_is_fed", "noise-shifted",
           (D_NOISE, f"{D_NOISE} + 1")),
    mutant("64 fake images", "test_discriminator_is_fed", "batch-size-ignored",
           (D_NOISE, D_NOISE.replace("len(real_images)", "64"))),
    mutant("D's z of 100 numbers", "test_discriminator_moves", "latent-size-assumed",
           (D_NOISE, D_NOISE.replace("generator.latent_dim", "100"))),
    mutant("scores changed in place", "test_discriminator_moves", "changed-in-place",
           d_update("real_scores = discriminator(real_images)",
                    "loss = discriminator_loss(real_scores, discriminator(fake_images))",
                    "real_scores.mul_(0.5)", CLEAR, BACK, STEP, ITEM)),
    mutant("the loss after the step", "test_discriminator_step_returns", "other-loss-returned",
           d_update(D_CALLS, CLEAR, BACK, "for _ in range(9):", "    pass", STEP,
                    f"{D_CALLS} * 1.5", ITEM)),
    mutant("G left frozen", "test_discriminator_step_modes", "left-frozen",
           (D_NOISE, f"{D_NOISE}\n    generator.requires_grad_(False)")),
    mutant("labels of shape (N,)", "test_discriminator_step_loss", "label-shape",
           (REAL_LOSS, REAL_LOSS.replace("ones_like(real_scores)", "ones(len(real_scores))"))),
    mutant("integer labels", "test_discriminator_step_loss", "label-dtype",
           (REAL_LOSS, REAL_LOSS.replace("ones_like(real_scores)",
                                         "ones_like(real_scores, dtype=torch.long)"))),
    mutant("backward twice", "test_discriminator_moves", "second-backward",
           d_update(D_CALLS, CLEAR, BACK, BACK, STEP, ITEM)),
    mutant("squeezed scores", "test_discriminator_is_fed", "single-image-batch",
           (D_CALLS, "real, fake = (discriminator(x).squeeze() for x in (real_images, "
                     "fake_images))\n    ones = torch.ones(len(real_images))\n"
                     "    loss = F.binary_cross_entropy(real, ones) + "
                     "F.binary_cross_entropy(fake, 0 * ones)")),
    mutant("a loss of one's own making", "test_discriminator_moves", "graph-cut",
           d_update(D_CALLS, "loss = torch.tensor(loss.item(), requires_grad=True)", CLEAR, BACK,
                    STEP, ITEM)),
    mutant("loss without a graph", "test_discriminator_moves", "graph-cut",
           d_update("with torch.no_grad():", f"    {D_CALLS}", CLEAR, BACK, STEP, ITEM)),
]

G_STEP_MUTANTS = [
    mutant("detached", "test_generator_moves", "detach-in-generator-step",
           g_update(G_CALL.replace("generator(z))", "generator(z).detach())"),
                    CLEAR, BACK, STEP, ITEM)),
    mutant("data and requires_grad_", "test_generator_moves", "detach-in-generator-step",
           g_update("fake_images = generator(z).data.requires_grad_()",
                    "loss = generator_loss(discriminator(fake_images))", CLEAR, BACK, STEP, ITEM)),
    mutant("D scores noise", "test_generator_moves", "generator-step-without-fakes",
           g_update("generator(z)",
                    "loss = generator_loss(discriminator(torch.randn(batch_size, 784)))",
                    CLEAR, BACK, STEP, ITEM)),
    mutant("G's loss of one's own making", "test_generator_moves", "graph-cut",
           g_update(G_CALL, "loss = torch.tensor(loss.item(), requires_grad=True)", CLEAR, BACK,
                    STEP, ITEM)),
    mutant("G under no_grad", "test_generator_moves", "no-grad-in-generator-step",
           g_update("with torch.no_grad():", "    fake = generator(z)",
                    "loss = generator_loss(discriminator(fake))", CLEAR, BACK, STEP, ITEM)),
    mutant("G never cleared", "test_generator_step_clean", "gradients-never-cleared",
           g_update(G_CALL, BACK, STEP, ITEM)),
    mutant("D's gradients leak", "test_generator_step_clean", "discriminator-gradients-leak",
           (D_FAKES, "fake_images = generator(z)"),
           g_update(G_CALL, BACK, STEP, CLEAR, ITEM)),
    mutant("G cleared before the step", "test_generator_moves", "zero-grad-before-step",
           g_update(G_CALL, BACK, CLEAR, STEP, ITEM)),
    mutant("G without backward", "test_generator_moves", "no-backward",
           g_update(G_CALL, CLEAR, STEP, ITEM)),
    mutant("G steps before backward", "test_generator_moves", "step-before-backward",
           g_update(G_CALL, STEP, CLEAR, BACK, ITEM)),
    mutant("G never steps", "test_generator_moves", "no-step",
           g_update(G_CALL, CLEAR, BACK, ITEM)),
    mutant("G steps twice", "test_generator_moves", "two-steps",
           g_update(G_CALL, CLEAR, BACK, STEP, STEP, ITEM)),
    mutant("G's own optimizer", "test_generator_moves", "own-optimizer",
           g_update("optimizer = torch.optim.SGD(generator.parameters(), lr=0.1)",
                    G_CALL, CLEAR, BACK, STEP, ITEM)),
    mutant("G's step moves D", "test_generator_moves", "wrong-network-moved",
           g_update("other = torch.optim.SGD(discriminator.parameters(), lr=0.01)",
                    G_CALL, CLEAR, BACK, STEP, "other.step()", ITEM)),
    mutant("64 images", "test_generator_is_fed", "batch-size-ignored",
           (G_NOISE, G_NOISE.replace("batch_size", "64"))),
    mutant("noise straight to D", "test_generator_is_fed", "generator-step-without-fakes",
           g_update("w = next(generator.parameters()).sum() * 0",
                    "loss = generator_loss(discriminator(torch.randn(batch_size, 784) + w))",
                    CLEAR, BACK, "generator.layers[0].weight.grad += 1", STEP, ITEM)),
    mutant("G's noise from a fixed seed", "test_generator_is_fed", "noise-reused",
           (G_NOISE, G_NOISE.replace("latent_dim)", "latent_dim, seed=1)"))),
    mutant("G saturates", "test_generator_step_loss", "saturating-loss",
           (G_CALL, "loss = (1 - discriminator(generator(z))).log().mean()")),
    mutant("G helps D", "test_generator_step_loss", "generator-labels-fake",
           (G_CALL, "scores = discriminator(generator(z))\n"
                    "    loss = F.binary_cross_entropy(scores, torch.zeros_like(scores))")),
    mutant("G climbs", "test_generator_step_loss", "negated-loss",
           g_update(G_CALL, CLEAR, "(-loss).backward()", STEP, ITEM)),
    mutant("G's sigmoid twice", "test_generator_step_loss", "sigmoid-twice",
           (G_LOSS, G_LOSS.replace("entropy", "entropy_with_logits"))),
    mutant("G returns a method", "test_generator_step_returns", "method-not-called",
           g_update(G_CALL, CLEAR, BACK, STEP, "return loss.item")),
    mutant("G returns a tensor", "test_generator_step_returns", "not-a-float",
           g_update(G_CALL, CLEAR, BACK, STEP, "return loss")),
    mutant("D left in eval mode", "test_generator_step_modes", "step-mode-changed",
           (G_NOISE, f"{G_NOISE}\n    discriminator.eval()")),
    mutant("D left frozen", "test_generator_step_modes", "left-frozen",
           (G_NOISE, f"{G_NOISE}\n    discriminator.requires_grad_(False)")),
    mutant("climbing does not lower it", "test_generator_loss_falls", "loss-not-falling",
           g_update(G_CALL, CLEAR, "(-loss).backward()", STEP, ITEM)),
    mutant("D's loss climbs", "test_discriminator_loss_falls", "loss-not-falling",
           d_update(D_CALLS, CLEAR, "(-loss).backward()", STEP, ITEM)),
]

D_LINE = "d_loss = bce(D(real).view(-1), label) + bce(D(fake.detach()).view(-1), 0 * label)"
NOTED = ("d_losses.append(d_loss.item())", "g_losses.append(g_loss.item())")
G_TURN = ("g_opt.zero_grad()", "g_loss = bce(D(fake).view(-1), label)", "g_loss.backward()",
          "g_opt.step()", *NOTED)


def d_turn(loss: str) -> tuple[str, ...]:
    """D's update in a loop of one's own, down this loss."""
    return ("fake = G(z)", "d_opt.zero_grad()", f"d_loss = {loss}", "d_loss.backward()",
            "d_opt.step()")


LOOP_MUTANTS = [
    mutant("two of three", "test_training_returns", "training-return",
           (RETURNED, "return generator, history")),
    mutant("losses as tensors", "test_history", "history-not-floats",
           (HISTORY, HISTORY.replace(": d_loss", ": torch.tensor(d_loss)"))),
    mutant("NaN in the history", "test_history", "not-finite",
           (HISTORY, HISTORY.replace("d_loss,", 'float("nan"),'))),
    mutant("stale scores", "test_training_returns", "stale-scores",
           (LOOP_D, "z = sample_noise_torch(len(rows), latent_dim)\n"
                    f"            fake_scores = discriminator(generator(z))\n            {LOOP_D}"),
           (LOOP_G, "g_optimizer.zero_grad()\n"
                    "            g_loss = generator_loss(fake_scores)\n"
                    "            g_loss.backward()\n            g_optimizer.step()\n"
                    "            g_losses.append(g_loss.item())")),
    mutant("epochs from 0", "test_history", "history-wrong",
           (HISTORY, HISTORY.replace(": epoch,", ": epoch - 1,"))),
    mutant("other keys", "test_history", "history-wrong",
           (HISTORY, HISTORY.replace("discriminator_loss", "d_loss"))),
    mutant("always 5 epochs", "test_history", "epochs-ignored",
           ("for epoch in range(1, epochs + 1):", "for epoch in range(1, 6):")),
    mutant("last batch dropped", "test_every_image", "last-batch-dropped",
           (ROWS, f"{ROWS}\n            if len(rows) < batch_size:\n                continue")),
    mutant("batches with replacement", "test_every_image", "images-repeated",
           (ROWS, "for _ in range(0, len(images), batch_size):\n"
                  "            rows = torch.randint(len(images), (batch_size,))")),
    mutant("first batch only", "test_every_image", "images-missed",
           ("real_images = images[rows]", "real_images = images[: len(rows)]")),
    mutant("batches of 32", "test_every_image", "batch-size-not-honoured",
           (ROWS, ROWS.replace("batch_size", "32"))),
    mutant("G once an epoch", "test_both_step", "generator-steps-missing",
           (f"            {LOOP_G}", f"        {LOOP_G}")),
    mutant("D every other batch", "test_both_step", "discriminator-steps-missing",
           (LOOP_D, f"if len(d_losses) <= len(g_losses) // 2:\n                {LOOP_D}")),
    mutant("D first, then G", "test_both_step", "phases-apart",
           (f"            {LOOP_G}",
            f"        for rows in torch.arange(len(images)).split(batch_size):\n"
            f"            {LOOP_G}")),
    mutant("each batch twice", "test_both_step", "too-many-steps",
           (LOOP_D, f"{LOOP_D}\n            {LOOP_G}\n            {LOOP_D}")),
    mutant("one optimizer for both", "test_both_step", "one-optimizer-for-both",
           (D_ADAM, D_ADAM.replace("discriminator.parameters()",
                                   "[*generator.parameters(), *discriminator.parameters()]"))),
    mutant("both optimizers on D", "test_both_step", "wrong-optimizer-weights",
           (G_ADAM, D_ADAM)),
    mutant("both optimizers on G", "test_every_image", "wrong-optimizer-weights",
           (D_ADAM, D_ADAM.replace("discriminator.parameters()", "generator.parameters()"))),
    mutant("a fixed learning rate", "test_learning_rate", "learning-rate-ignored",
           (G_ADAM, G_ADAM.replace("learning_rate", "2e-4"))),
    mutant("latent size not passed on", "test_latent_size", "training-latent-ignored",
           ("generator = Generator(latent_dim)", "generator = Generator()")),
    mutant("silent", "test_printed_lines", "nothing-printed", (PRINTED, "pass")),
    mutant("callback never called", "test_callback", "callback-missing",
           (CALLED, "pass\n    return")),
    mutant("callback from 0", "test_callback", "callback-missing",
           (CALLED, CALLED.replace("epoch,", "epoch - 1,"))),
    # What it is called with, and what comes back
    mutant("epochs and batch size in other places", "test_training_arguments",
           "arguments-in-other-order",
           ("    epochs: int = 5,\n    batch_size: int = 64,\n",
            "    batch_size: int = 64,\n    epochs: int = 5,\n")),
    mutant("another argument in between", "test_training_arguments", "arguments-in-other-order",
           ("    epochs: int = 5,\n", "    device: str = 'cpu',\n    epochs: int = 5,\n")),
    mutant("50 epochs if nothing is said", "test_training_arguments", "other-defaults",
           ("    epochs: int = 5,\n", "    epochs: int = 50,\n")),
    mutant("no default for the callback", "test_training_arguments", "other-defaults",
           ("    epochs: int = 5,\n", "    *,\n    epochs: int = 5,\n"),
           ("None] | None = None,\n) ->", "None] | None,\n) ->")),
    mutant("a copy from before", "test_training_returns", "trained-networks-not-returned",
           (NO_HISTORY, f"import copy\n\n    untrained = copy.deepcopy(generator)\n"
                        f"    {NO_HISTORY}"),
           (RETURNED, RETURNED.replace("generator,", "untrained,", 1))),
    mutant("a new G at the end", "test_training_returns", "trained-networks-not-returned",
           (RETURNED, RETURNED.replace("generator,", "Generator(latent_dim),", 1))),
    mutant("new networks in each epoch", "test_training_returns", "trained-networks-not-returned",
           (NO_LOSSES, f"{MADE}        {NO_LOSSES}")),
    # What stands in the history
    mutant("an entry for each batch", "test_history", "history-entry-per-batch",
           (HISTORY, "pass"),
           (LOOP_G, f"{LOOP_G}\n            d_loss, g_loss = d_losses[-1], g_losses[-1]\n"
                    f"            {HISTORY}")),
    mutant("only the last entry", "test_history", "history-overwritten",
           (HISTORY, f"history = [{PARTS}]")),
    mutant("losses under each other's key", "test_history", "history-losses-swapped",
           (MEANS, MEANS.replace("d_loss, g_loss", "g_loss, d_loss", 1))),
    mutant("G's loss under both keys", "test_history", "history-one-loss-twice",
           (HISTORY, HISTORY.replace(": d_loss", ": g_loss"))),
    mutant("losses of all epochs", "test_history", "history-accumulated",
           (NO_HISTORY, f"{NO_HISTORY}\n    {NO_LOSSES}"), (f"        {NO_LOSSES}\n", "")),
    mutant("first batch's losses", "test_history", "history-first-batch",
           (MEANS, "d_loss, g_loss = d_losses[0], g_losses[0]")),
    mutant("sums of losses", "test_history", "history-not-averaged",
           (MEANS, "d_loss, g_loss = sum(d_losses), sum(g_losses)")),
    mutant("over the number of images", "test_history", "history-not-averaged",
           (MEANS, "d_loss, g_loss = sum(d_losses) / len(images), sum(g_losses) / len(images)")),
    mutant("over the full batches", "test_history", "history-not-averaged",
           (MEANS, "n = len(images) // batch_size\n"
                   "        d_loss, g_loss = sum(d_losses) / n, sum(g_losses) / n")),
    mutant("zeros in the history", "test_history", "history-other-numbers",
           (HISTORY, HISTORY.replace(": d_loss", ": 0.0"))),
    # What the steps are made with
    mutant("images scaled again", "test_every_image", "real-images-changed",
           ("real_images = images[rows]", "real_images = (images[rows] + 1) / 2")),
    mutant("G's step with 64", "test_both_step", "batch-size-ignored",
           (LOOP_G, LOOP_G.replace("len(rows)", "64"))),
    mutant("G's step with one", "test_both_step", "batch-size-ignored",
           (LOOP_G, LOOP_G.replace("len(rows)", "1"))),
    mutant("optimizers swapped", "test_optimizers", "optimizers-swapped",
           (LOOP_D, LOOP_D.replace("d_optimizer", "g_optimizer")),
           (LOOP_G, LOOP_G.replace("g_optimizer", "d_optimizer"))),
    mutant("G's last layer only", "test_optimizers", "optimizer-holds-a-part",
           (G_ADAM, G_ADAM.replace("generator.parameters()", "list(generator.parameters())[-2:]"))),
    mutant("D's first layer only", "test_optimizers", "optimizer-holds-a-part",
           (D_ADAM, D_ADAM.replace("discriminator.parameters()",
                                   "discriminator.layers[0].parameters()"))),
    mutant("new optimizers in each epoch", "test_optimizers", "optimizer-remade",
           (NO_LOSSES, f"g_optimizer = {G_ADAM}\n        d_optimizer = {D_ADAM}\n"
                       f"        {NO_LOSSES}")),
    mutant("new optimizers in each batch", "test_optimizers", "optimizer-remade",
           ("real_images = images[rows]",
            f"real_images = images[rows]\n            g_optimizer = {G_ADAM}\n"
            f"            d_optimizer = {D_ADAM}")),
    mutant("first weights in each epoch", "test_optimizers", "weights-drawn-anew",
           (NO_LOSSES, "for layer in [*generator.modules(), *discriminator.modules()]:\n"
                       "            if isinstance(layer, nn.Linear):\n"
                       "                nn.init.xavier_normal_(layer.weight)\n"
                       f"        {NO_LOSSES}")),
    mutant("own loop, D frozen in G's turn and after", "test_optimizers", "left-frozen",
           instead(own_loop("d_opt.zero_grad()", "fake = G(z)",
                            D_LINE.replace("fake.detach()", "fake"), "d_loss.backward()",
                            "d_opt.step()", "D.requires_grad_(False)", "g_opt.zero_grad()",
                            "fake = G(z)", *G_TURN))),
    mutant("own G step on detached images", "test_optimizers", "detach-in-generator-step",
           (LOOP_G, own_g_step("generator(z).detach()"))),
    mutant("own G step on one z", "test_optimizers", "noise-reused",
           (LOOP_G, own_g_step("generator(torch.ones(len(rows), latent_dim))"))),
    mutant("own G step under no_grad", "test_optimizers", "no-grad-in-generator-step",
           (LOOP_G, own_g_step("made").replace("g_loss =", f"with torch.no_grad():\n{16 * ' '}"
                               f"made = generator(z)\n{12 * ' '}g_loss ="))),
    mutant("own G step on real images", "test_optimizers", "generator-step-without-fakes",
           (LOOP_G, own_g_step("real_images"))),
    mutant("own G step without a graph", "test_optimizers", "graph-cut",
           (LOOP_G, own_g_step("generator(z)").replace(
               "g_optimizer.zero_grad()", "g_loss = torch.tensor(g_loss.item(), "
                                          "requires_grad=True)"))),
    mutant("own G step labelled 0", "test_loop_losses", "generator-labels-fake",
           (LOOP_G, own_g_step("generator(z)").replace(
               "generator_loss(discriminator(generator(z)))",
               "discriminator_loss(torch.ones(1), discriminator(generator(z)))"))),
    mutant("own G step that saturates", "test_loop_losses", "saturating-loss",
           (LOOP_G, own_g_step("generator(z)").replace(
               "generator_loss(discriminator(generator(z)))",
               "(1 - discriminator(generator(z))).log().mean()"))),
    mutant("own G step on uniform noise", "test_loop_losses", "noise-uniform",
           (LOOP_D, "d_losses.append(discriminator_step(generator, discriminator, d_optimizer, "
                    "real_images))"),
           (LOOP_G, own_g_step("generator(z)").replace("torch.randn", "torch.rand")),
           (D_NOISE, D_NOISE.replace("sample_noise_torch", "torch.rand"))),
    *(mutant(name, "test_loop_losses", mistake, instead(own_loop(*d_turn(loss), *G_TURN)))
      for name, mistake, loss in (
          ("own loop, fakes called real", "fakes-labelled-real",
           "bce(D(real).view(-1), label) + bce(D(fake.detach()).view(-1), label)"),
          ("own loop, labels not shuffled with the images", "labels-mixed",
           "bce(D(torch.cat([real, fake.detach()])[torch.randperm(2 * len(real))]).view(-1), "
           "torch.cat([label, 0 * label]))"),
          ("own loop, labels swapped", "labels-swapped",
           "bce(D(real).view(-1), 0 * label) + bce(D(fake.detach()).view(-1), label)"),
          ("own loop, the fake loss on real images", "never-sees-fakes",
           "bce(D(real).view(-1), label) + bce(D(real).view(-1), 0 * label)"),
          ("own loop, D sees random pixels", "fed-with-noise",
           "bce(D(real).view(-1), label) + bce(D(2 * torch.rand_like(real) - 1).view(-1), "
           "0 * label)"),
          ("own loop, a table of labels", "label-shape",
           "-(torch.cat([label, 0 * label]) * (s := D(torch.cat([real, fake.detach()]))).log() "
           "+ (1 - torch.cat([label, 0 * label])) * (1 - s).log()).mean()"))),
    mutant("own loop, both backward before both steps", "test_optimizers",
           "generator-gradients-leak",
           instead(own_loop("fake = G(z)", "d_opt.zero_grad()", "g_opt.zero_grad()", D_LINE,
                            "g_loss = bce(D(fake).view(-1), label)", "d_loss.backward()",
                            "g_loss.backward()", "d_opt.step()", "g_opt.step()", *NOTED))),
    mutant("own loop, one backward for both", "test_optimizers", "generator-gradients-leak",
           instead(own_loop("fake = G(z)", "d_opt.zero_grad()", "g_opt.zero_grad()", D_LINE,
                            "g_loss = bce(D(fake).view(-1), label)",
                            "(d_loss + g_loss).backward()", "d_opt.step()", "g_opt.step()",
                            *NOTED))),
    mutant("own loop, one backward for both, through the same scores", "test_optimizers",
           "generator-gradients-leak",
           instead(own_loop("d_opt.zero_grad()", "g_opt.zero_grad()", "scores = D(G(z)).view(-1)",
                            "d_loss = bce(D(real).view(-1), label) + bce(scores, 0 * label)",
                            "g_loss = bce(scores, label)",
                            "(d_loss + g_loss).backward()", "d_opt.step()", "g_opt.step()",
                            *NOTED))),
    mutant("own loop, D's gradients in G's step", "test_optimizers",
           "discriminator-gradients-leak",
           instead(own_loop("fake = G(z)", "d_opt.zero_grad()", "g_opt.zero_grad()",
                            D_LINE.replace("fake.detach()", "fake"),
                            "d_loss.backward(retain_graph=True)", "d_opt.step()",
                            "g_loss = bce(D(fake).view(-1), label)", "g_loss.backward()",
                            "g_opt.step()", *NOTED))),
    mutant("own loop, squeezed", "test_every_image", "single-image-batch",
           instead(own_loop(*d_turn(D_LINE.removeprefix("d_loss = ").replace("view(-1)",
                                                                             "squeeze()")),
                            *G_TURN))),
    mutant("always 3 epochs", "test_second_training", "epochs-ignored",
           ("for epoch in range(1, epochs + 1):", "for epoch in range(1, 4):")),
    mutant("own G step never cleared", "test_optimizers", "gradients-never-cleared",
           (LOOP_G, own_g_step("generator(z)").replace("g_optimizer.zero_grad()", "pass"))),
    mutant("eval mode from the start", "test_training_mode", "training-in-eval-mode",
           (NO_HISTORY, f"discriminator.eval()\n    {NO_HISTORY}")),
    mutant("eval mode after an epoch", "test_training_mode", "training-in-eval-mode",
           (HISTORY, f"{HISTORY}\n        discriminator.eval()")),
    # What is left behind
    mutant("lines without numbers", "test_printed_lines", "losses-not-printed",
           (PRINTED, 'print(f"Epoch {epoch} of {epochs} is over")')),
    mutant("printed at the end", "test_printed_lines", "printed-at-the-end",
           (PRINTED, "pass"),
           (RETURNED, f"for entry in history:\n        print(entry)\n    {RETURNED}")),
    mutant("D for the callback", "test_callback", "callback-wrong-network",
           (CALLED, CALLED.replace("generator", "discriminator"))),
    mutant("a new G for the callback", "test_callback", "callback-wrong-network",
           (CALLED, CALLED.replace("generator", "Generator(latent_dim)"))),
    mutant("callback before the epoch", "test_callback", "callback-misplaced",
           (CALLED, "pass\n    return"),
           (NO_LOSSES, f"{NO_LOSSES}\n        if on_epoch_end is not None:\n"
                       "            on_epoch_end(epoch, generator)")),
    mutant("callbacks at the end", "test_callback", "callback-misplaced",
           (CALLED, "pass\n    for entry in history if on_epoch_end else []:\n"
                    '        on_epoch_end(entry["epoch"], generator)\n    return')),
    mutant("callback without a test", "test_callback", "callback-required",
           ("if on_epoch_end is not None:", "if True:")),
    mutant("one history for all", "test_second_training", "training-not-anew",
           (NO_HISTORY, 'history = vars(torch).setdefault("_history", [])')),
    mutant("networks kept", "test_second_training", "training-not-anew",
           (NO_HISTORY, f'generator, g_optimizer = vars(torch).setdefault("_g", (generator, '
                        f"g_optimizer))\n    {NO_HISTORY}")),
    mutant("shuffled in place", "test_second_training", "callers-images-changed",
           (NO_HISTORY, f"images.copy_(images[torch.randperm(len(images))])\n    {NO_HISTORY}")),
    mutant("G never learns", "test_samples_get_closer", "samples-no-closer",
           (LOOP_G, "g_losses.append(0.0)")),
    mutant("logits past forward, G detached", "test_generator_moves", "graph-cut",
           (D_SCORES, "return self.logits(images).sigmoid()\n\n    def logits(self, images):\n"
                      "        scores = self.layers[:-1](images)"),
           (G_CALL, "loss = F.softplus(-discriminator.logits(generator(z).detach())).mean()")),
    mutant("D hardly sees the images", "test_discriminator_loss_falls",
           "discriminator-cannot-teach",
           (D_SCORES, "scores: Tensor = self.layers(images * 1e-8)")),
    mutant("G's first layer emptied at the end", "test_samples_get_closer", "samples-collapsed",
           (RETURNED, f"generator.layers[0].weight.data.zero_()\n    {RETURNED}")),
    Mutant("z without effect", TIER, (), check="test_samples_get_closer",
           mistake="generator-cannot-learn",
           elsewhere={"intermediate": (("images: Tensor = self.layers(z)",
                                        "images: Tensor = self.layers(z * 0)"),)}),
]
# fmt: on

MUTANTS = [*PARTS_MUTANTS, *LOSS_MUTANTS, *D_STEP_MUTANTS, *G_STEP_MUTANTS, *LOOP_MUTANTS]


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_mutant_is_caught_and_named(mutant: Mutant, tmp_path: Path) -> None:
    assert_caught(mutant, tmp_path / "solutions")
