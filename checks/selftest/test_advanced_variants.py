"""The advanced checks on right code in other styles: none of it may be refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.selftest.mutants import Variant, assert_accepted
from checks.selftest.test_advanced_mistakes import (
    BACK,
    CLEAR,
    D_ADAM,
    D_BLOCK,
    D_CALLS,
    D_FAKES,
    D_KEPT,
    D_LAST,
    D_LOSS,
    D_SCORES,
    FAKE_LOSS,
    G_ADAM,
    G_CALL,
    G_LOSS,
    G_NOISE,
    HISTORY,
    ITEM,
    PIXELS,
    REAL_LOSS,
    ROWS,
    STEP,
    d_update,
    g_update,
)

D_STEP, G_STEP = "discriminator_step", "generator_step"
STEPS = (D_STEP, G_STEP)
LOSSES = ("discriminator_loss", "generator_loss", *STEPS)


def variant(name: str, about: tuple[str, ...], *replacements: tuple[str, str]) -> Variant:
    return Variant(name, "advanced", replacements, about=about)


REAL_PART = "F.binary_cross_entropy(discriminator(real_images), torch.ones(len(real_images), 1))"
FAKE_PART = "F.binary_cross_entropy(discriminator(fake_images), torch.zeros(len(fake_images), 1))"

# fmt: off
VARIANTS = [
    # Pixels
    variant("minus a half, over a half", ("normalize_images",),
            (PIXELS, "return ((images / 255.0 - 0.5) / 0.5).view(-1, 784)")),
    variant("reshape first", ("normalize_images",),
            (PIXELS, "return images.reshape(len(images), -1).to(torch.float32).div(255)"
                     ".mul(2).sub(1)")),
    # Discriminator
    variant("functional style", ("Discriminator", *STEPS),
            (D_KEPT, "self.hidden = nn.ModuleList(layers[:-2])\n        self.last = layers[-2]"),
            (D_SCORES, "for layer in self.hidden:\n            images = layer(images)\n"
                       "        scores: Tensor = torch.sigmoid(self.last(images))")),
    variant("ReLU", ("Discriminator", *STEPS),
            (D_BLOCK, D_BLOCK.replace("LeakyReLU(0.2)", "ReLU()"))),
    variant("batch normalization in D", ("Discriminator",),
            (D_BLOCK, D_BLOCK.replace("nn.LeakyReLU(0.2)",
                                      "nn.BatchNorm1d(hidden_dim), nn.LeakyReLU(0.2)"))),
    variant("layer normalization in D", ("Discriminator", *STEPS),
            (D_BLOCK, D_BLOCK.replace("nn.LeakyReLU(0.2)",
                                      "nn.LayerNorm(hidden_dim), nn.GELU()"))),
    variant("spectral normalization", ("Discriminator", *STEPS),
            (D_LAST, "layers += [nn.utils.spectral_norm(nn.Linear(width, 1)), nn.Sigmoid()]")),
    variant("parametrized spectral normalization", ("Discriminator", *STEPS),
            (D_LAST, "layers += [nn.utils.parametrizations.spectral_norm(nn.Linear(width, 1)), "
                     "nn.Sigmoid()]")),
    variant("flattens by itself", ("Discriminator", *STEPS),
            (D_SCORES, "scores: Tensor = self.layers(images.view(images.size(0), -1))")),
    # Losses
    variant("averaged over the two", LOSSES, (D_LOSS, "return (real_loss + fake_loss) / 2")),
    variant("summed over the batch", LOSSES,
            (REAL_LOSS, REAL_LOSS.replace("real_scores))", "real_scores), reduction='sum')")),
            (FAKE_LOSS, FAKE_LOSS.replace("fake_scores))", "fake_scores), reduction='sum')"))),
    variant("nn.BCELoss", LOSSES,
            (REAL_LOSS, "bce = nn.BCELoss()\n    ones = torch.ones_like(real_scores)\n"
                        "    real_loss = bce(real_scores, ones)"),
            (FAKE_LOSS, "fake_loss = bce(fake_scores, torch.zeros(fake_scores.size()))"),
            (G_LOSS, "return nn.BCELoss()(fake_scores, torch.full_like(fake_scores, 1.0))")),
    variant("logarithms with a clamp", LOSSES,
            (D_LOSS, "eps = 1e-7\n    return -(real_scores.clamp(eps, 1 - eps).log().mean() + "
                     "(1 - fake_scores.clamp(eps, 1 - eps)).log().mean())"),
            (G_LOSS, "return -(fake_scores + 1e-8).log().mean()")),
    variant("softplus of the logits", LOSSES,
            (D_LOSS, "r, f = (torch.logit(s, eps=1e-6) for s in (real_scores, fake_scores))\n"
                     "    return F.softplus(-r).mean() + F.softplus(f).mean()"),
            (G_LOSS, "return F.softplus(-torch.logit(fake_scores, eps=1e-6)).mean()")),
    variant("concatenated scores", LOSSES,
            (D_LOSS, "scores = torch.cat([real_scores, fake_scores])\n    labels = torch.cat("
                     "[torch.ones_like(real_scores), torch.zeros_like(fake_scores)])\n"
                     "    return F.binary_cross_entropy(scores, labels)")),
    variant("real labels of 0.9", LOSSES,
            (REAL_LOSS, REAL_LOSS.replace("ones_like(real_scores)",
                                          "full_like(real_scores, 0.9)"))),
    variant("two-sided smoothing", LOSSES,
            (REAL_LOSS, REAL_LOSS.replace("ones_like(real_scores)",
                                          "full_like(real_scores, 0.9)")),
            (FAKE_LOSS, FAKE_LOSS.replace("zeros_like(fake_scores)",
                                          "full_like(fake_scores, 0.1)"))),
    variant("random real labels", LOSSES,
            (REAL_LOSS, REAL_LOSS.replace("torch.ones_like(real_scores)",
                                          "torch.rand_like(real_scores) * 0.3 + 0.7"))),
    variant("random labels on both sides", LOSSES,
            (REAL_LOSS, REAL_LOSS.replace("torch.ones_like(real_scores)",
                                          "torch.rand_like(real_scores) * 0.2 + 0.8")),
            (FAKE_LOSS, FAKE_LOSS.replace("torch.zeros_like(fake_scores)",
                                          "torch.rand_like(fake_scores) * 0.2"))),
    variant("G's target smoothed", LOSSES,
            (G_LOSS, G_LOSS.replace("ones_like(fake_scores)", "full_like(fake_scores, 0.9)"))),
    # The discriminator's step
    variant("two backward calls", STEPS,
            d_update(CLEAR, f"real = {REAL_PART}", "real.backward()", f"fake = {FAKE_PART}",
                     "fake.backward()", STEP, "return (real + fake).item()")),
    variant("one batch of both kinds", STEPS,
            d_update("scores = discriminator(torch.cat([real_images, fake_images]))",
                     "labels = torch.cat([torch.ones(len(real_images)), "
                     "torch.zeros(len(fake_images))])",
                     "loss = F.binary_cross_entropy(scores.squeeze(1), labels)",
                     CLEAR, BACK, STEP, ITEM)),
    variant("shuffled batch of both kinds", STEPS,
            d_update("both = torch.cat([fake_images, real_images])",
                     "labels = (torch.arange(len(both)) >= len(fake_images)).float()[:, None]",
                     "order = torch.randperm(len(both))",
                     "loss = F.binary_cross_entropy(discriminator(both[order]), labels[order])",
                     CLEAR, BACK, STEP, ITEM)),
    variant("fakes first", STEPS,
            d_update("fake_scores = discriminator(fake_images)",
                     "real_scores = discriminator(real_images)",
                     "loss = discriminator_loss(real_scores, fake_scores)",
                     CLEAR, BACK, STEP, ITEM)),
    variant("fakes under no_grad", STEPS,
            (D_FAKES, "with torch.no_grad():\n        fake_images = generator(z)")),
    variant("detached at the call", STEPS,
            (D_FAKES, "fake_images = generator(z)"),
            (D_CALLS, D_CALLS.replace("(fake_images)", "(fake_images.detach())"))),
    variant("fakes as data", STEPS, (D_FAKES, "fake_images = generator(z).data")),
    variant("G frozen for the step", STEPS,
            (D_FAKES, "for p in generator.parameters():\n        p.requires_grad_(False)\n"
                      "    fake_images = generator(z)"),
            d_update(D_CALLS, CLEAR, BACK, STEP, "generator.requires_grad_(True)", ITEM)),
    variant("generator left in the graph", STEPS, (D_FAKES, "fake_images = generator(z)")),
    variant("cleared by the module", STEPS, d_update("discriminator.zero_grad()", D_CALLS, BACK,
                                                     STEP, ITEM)),
    variant("cleared by hand", STEPS,
            d_update("for p in discriminator.parameters():", "    p.grad = None", D_CALLS, BACK,
                     STEP, ITEM)),
    variant("cleared to zeros", STEPS,
            d_update("optimizer.zero_grad(set_to_none=False)", D_CALLS, BACK, STEP, ITEM)),
    variant("cleared right before backward", STEPS,
            d_update(D_CALLS, CLEAR, BACK, STEP, ITEM)),
    variant("both networks cleared", STEPS,
            d_update("generator.zero_grad()", CLEAR, D_CALLS, BACK, STEP, "return float(loss)"),
            g_update("discriminator.zero_grad()", CLEAR, G_CALL, BACK, STEP, "return float(loss)")),
    variant("cleared after each step", STEPS,
            d_update(D_CALLS, BACK, STEP, CLEAR, ITEM),
            g_update(G_CALL, BACK, STEP, CLEAR, "discriminator.zero_grad()", ITEM)),
    variant("noise by randn", STEPS,
            ("z = sample_noise_torch(len(real_images), generator.latent_dim)"
             ".to(real_images.device)",
             "z = torch.randn(real_images.size(0), generator.latent_dim)"),
            (G_NOISE, "z = torch.randn(batch_size, generator.latent_dim, device=device)")),
    variant("forward called by name", STEPS,
            (D_CALLS, "loss = discriminator_loss(discriminator.forward(real_images), "
                      "discriminator.forward(fake_images))")),
    variant("gradients by autograd.grad", STEPS,
            d_update(D_CALLS, "weights = list(discriminator.parameters())",
                     "for p, g in zip(weights, torch.autograd.grad(loss, weights)):",
                     "    p.grad = g", STEP, ITEM)),
    variant("training mode set and put back", STEPS,
            (D_FAKES, "modes = generator.training, discriminator.training\n"
                      "    generator.train()\n    discriminator.train()\n"
                      "    fake_images = generator(z).detach()"),
            d_update(D_CALLS, CLEAR, BACK, STEP, "generator.train(modes[0])",
                     "discriminator.train(modes[1])", ITEM)),
    variant("gradients clipped loosely", STEPS,
            d_update(D_CALLS, CLEAR, BACK,
                     "nn.utils.clip_grad_norm_(discriminator.parameters(), 1e6)", STEP, ITEM)),
    variant("gradients clipped tightly", STEPS,
            d_update(D_CALLS, CLEAR, BACK,
                     "nn.utils.clip_grad_norm_(discriminator.parameters(), 0.1)", STEP, ITEM)),
    variant("gradient graph kept", STEPS,
            d_update(D_CALLS, CLEAR, "loss.backward(retain_graph=True)", STEP, ITEM)),
    variant("scores printed", STEPS,
            d_update(D_CALLS, "print(discriminator(real_images).mean().item())", CLEAR, BACK, STEP,
                     ITEM)),
    # The generator's step
    variant("loss on the spot", STEPS,
            (G_CALL, "scores = discriminator(generator(z)).view(-1)\n"
                     "    loss = F.binary_cross_entropy(scores, torch.ones(batch_size))")),
    variant("D frozen for G's step", STEPS,
            g_update("discriminator.requires_grad_(False)", G_CALL, CLEAR, BACK, STEP,
                     "discriminator.requires_grad_(True)", ITEM)),
    variant("named parts", STEPS,
            (G_CALL, "fake_images = generator(z)\n    fake_scores = discriminator(fake_images)\n"
                     "    loss = generator_loss(fake_scores)")),
    # Accuracy
    variant("accuracy by concatenation", ("discriminator_accuracy",),
            ("n_right = int((discriminator(real_images) > 0.5).sum())",
             "real = discriminator(real_images) >= 0.5\n            n_right = 0"),
            ("n_right += int((discriminator(fake_images) < 0.5).sum())",
             "right = torch.cat([real, discriminator(fake_images) < 0.5])"),
            ("return n_right / (len(real_images) + len(fake_images))",
             "return right.float().mean().item()")),
    # The loop
    variant("DataLoader", ("train_gan",),
            (ROWS, "data = torch.utils.data.TensorDataset(images)\n"
                   "        loader = torch.utils.data.DataLoader(data, batch_size, shuffle=True)\n"
                   "        for (rows,) in loader:"),
            ("real_images = images[rows]", "real_images = rows")),
    variant("in order", ("train_gan",), (ROWS, ROWS.replace("torch.randperm", "torch.arange"))),
    variant("last batch's losses", ("train_gan",),
            ("d_loss, g_loss = sum(d_losses) / len(d_losses), sum(g_losses) / len(g_losses)",
             "d_loss, g_loss = d_losses[-1], g_losses[-1]")),
    variant("more keys and lines", ("train_gan",),
            (HISTORY, f'{HISTORY}\n        history[-1]["lr"] = learning_rate\n        print("…")')),
    variant("Adam as it comes", ("train_gan",),
            (G_ADAM, G_ADAM.replace(", betas=(0.5, 0.999)", "")),
            (D_ADAM, D_ADAM.replace(", betas=(0.5, 0.999)", ""))),
    variant("RMSprop", ("train_gan",),
            (G_ADAM, G_ADAM.replace(", betas=(0.5, 0.999)", "").replace("Adam", "RMSprop")),
            (D_ADAM, D_ADAM.replace(", betas=(0.5, 0.999)", "").replace("Adam", "RMSprop"))),
    variant("no dropout, lists for the return", ("train_gan",),
            ("Discriminator(dropout=0.3)", "Discriminator()"),
            ("return generator, discriminator, history", "return [generator, discriminator, "
                                                         "history]")),
]
# fmt: on


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_variant_is_accepted(variant: Variant, tmp_path: Path) -> None:
    assert_accepted(variant, tmp_path / "solutions")
