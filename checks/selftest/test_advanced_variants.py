"""The advanced checks on right code in other styles: none of it may be refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checks.engine.course.check_errors import WrongError
from checks.engine.data import training_images
from checks.engine.judging.advanced import samples
from checks.engine.sandbox import client as sandbox
from checks.engine.sandbox.solution import Evidence, Solution, Submission
from checks.engine.sandbox.wire import Array
from checks.selftest.mutants import Variant, assert_accepted, instead
from checks.selftest.test_advanced_mistakes import (
    BACK,
    CALLED,
    CLEAR,
    D_ADAM,
    D_BLOCK,
    D_CALLS,
    D_FAKES,
    D_KEPT,
    D_LAST,
    D_LINE,
    D_LOSS,
    D_SCORES,
    FAKE_LOSS,
    G_ADAM,
    G_CALL,
    G_LOSS,
    G_NOISE,
    G_TURN,
    HISTORY,
    ITEM,
    LOOP_D,
    LOOP_G,
    MEANS,
    NO_HISTORY,
    NOTED,
    PIXELS,
    PRINTED,
    REAL_LOSS,
    RETURNED,
    ROWS,
    STEP,
    d_turn,
    d_update,
    g_update,
    own_loop,
)

TIER = "advanced"
D_STEP, G_STEP = "discriminator_step", "generator_step"
STEPS = (D_STEP, G_STEP)
LOSSES = ("discriminator_loss", "generator_loss", *STEPS)


def variant(name: str, about: tuple[str, ...], *replacements: tuple[str, str]) -> Variant:
    return Variant(name, "advanced", replacements, about=about)


REAL_PART = "F.binary_cross_entropy(discriminator(real_images), torch.ones(len(real_images), 1))"
FAKE_PART = "F.binary_cross_entropy(discriminator(fake_images), torch.zeros(len(fake_images), 1))"

LOOP = ("train_gan",)


def loop(name: str, *replacements: tuple[str, str]) -> Variant:
    """A variant of train_gan, without the check that trains for long."""
    return Variant(name, "advanced", replacements, about=LOOP, without=("test_samples_get_closer",))


DEEP_COPY = "copy.deepcopy(generator)"
# The same fake images serve both networks; two backward calls for D.
DCGAN_LOOP = own_loop(
    "D.zero_grad()",
    "real_loss = bce(D(real).view(-1), label)",
    "real_loss.backward()",
    "fake = G(z)",
    "fake_loss = bce(D(fake.detach()).view(-1), 0 * label)",
    "fake_loss.backward()",
    "d_opt.step()",
    "G.zero_grad()",
    "g_loss = bce(D(fake).view(-1), label)",
    "g_loss.backward()",
    "g_opt.step()",
    "d_losses.append((real_loss + fake_loss).item())",
    "g_losses.append(g_loss.item())",
)
FORWARD_FIRST_LOOP = own_loop(
    "fake = G(z)",
    "d_loss = (bce(D(real).view(-1), label) + bce(D(fake.detach()).view(-1), 0 * label)) / 2",
    "D.requires_grad_(False)",
    "g_loss = bce(D(fake).view(-1), label)",
    "D.requires_grad_(True)",
    "g_opt.zero_grad()",
    "g_loss.backward()",
    "g_opt.step()",
    "d_opt.zero_grad()",
    "d_loss.backward()",
    "d_opt.step()",
    "d_losses.append(d_loss.item())",
    "g_losses.append(g_loss.item())",
)

# fmt: off
VARIANTS = [
    Variant("LeakyReLU of slope 0.2 before the sigmoid", "advanced",
            ((D_LAST, "layers += [nn.Linear(width, 1), nn.LeakyReLU(0.2), nn.Sigmoid()]"),),
            about=("Discriminator",), advice="activation-before-sigmoid"),
    Variant("a layer that D never uses", "advanced",
            ((D_KEPT, f"{D_KEPT}\n        self.more = nn.Linear(2, 2)"),),
            about=("Discriminator",), advice="unused-layer"),
    # Pixels
    variant("minus a half, over a half", ("normalize_images",),
            (PIXELS, "return ((images / 255.0 - 0.5) / 0.5).view(-1, 784)")),
    variant("reshape first", ("normalize_images",),
            (PIXELS, "return images.reshape(len(images), -1).to(torch.float32).div(255)"
                     ".mul(2).sub(1)")),
    variant("one image at a time", ("normalize_images",),
            (PIXELS, "return torch.stack([(image.double() / 127.5 - 1).float().view(-1) "
                     "for image in images])")),
    variant("a table of all pixels", ("normalize_images",),
            (PIXELS, "return torch.linspace(-1, 1, 256)[images.long()].flatten(1)")),
    # Steps that do more than they have to
    variant("scored and made by copies of the other network", STEPS,
            (D_FAKES, "fake_images = copy.deepcopy(generator)(z).detach()"),
            (G_CALL, "judge = copy.deepcopy(discriminator).requires_grad_(False)\n"
                     "    loss = generator_loss(judge(generator(z)))"),
            ("import torch\n", "import copy\n\nimport torch\n")),
    variant("batch-norm in D", ("Discriminator", *STEPS, "train_gan"),
            (D_BLOCK, "layers += [nn.Linear(width, hidden_dim), nn.BatchNorm1d(hidden_dim), "
                      "nn.LeakyReLU(0.2), nn.Dropout(dropout)]")),
    Variant("batch-norm before G's tanh", "advanced", (), about=("train_gan",),
            elsewhere={"intermediate": ((
                "hidden_dims: tuple[int, ...] = (256, 512)) ->",
                "hidden_dims: tuple[int, ...] = (128, 256, 1024)) ->"), (
                "layers += [nn.Linear(width, IMAGE_PIXELS), nn.Tanh()]",
                "layers += [nn.Linear(width, 784), nn.BatchNorm1d(784), nn.Tanh()]"))}),
    Variant("G's first weights from N(0, 0.02)", "advanced", (), about=("train_gan",),
            elsewhere={"intermediate": (("nn.init.kaiming_normal_(layer.weight, a=0.2)",
                                         "nn.init.normal_(layer.weight, 0.0, 0.02)"),)}),
    Variant("seeded inside", "advanced",
            (("generator = Generator(latent_dim)",
              "torch.manual_seed(0)\n    generator = Generator(latent_dim)"),),
            about=("train_gan",), without=("test_samples_get_closer",)),
    variant("gradients clipped by their norm", STEPS,
            d_update(D_CALLS, CLEAR, BACK,
                     "torch.nn.utils.clip_grad_norm_(discriminator.parameters(), 0.5)",
                     STEP, ITEM),
            g_update(G_CALL, CLEAR, BACK,
                     "torch.nn.utils.clip_grad_norm_(generator.parameters(), 0.5)", STEP, ITEM)),
    variant("three times the loss", LOSSES,
            (D_LOSS, "return 3 * (real_loss + fake_loss)"),
            (G_LOSS, G_LOSS.replace("return ", "return 3 * "))),
    variant("each step freezes the other network and thaws its own", STEPS,
            (D_FAKES, "discriminator.requires_grad_(True)\n    generator.requires_grad_(False)\n"
                      "    fake_images = generator(z)"),
            (G_NOISE, "generator.requires_grad_(True)\n    discriminator.requires_grad_(False)\n"
                      f"    {G_NOISE}")),
    variant("scored once more after the step", STEPS,
            d_update(D_CALLS, CLEAR, BACK, STEP, "value = loss.item()", D_CALLS, "return value"),
            g_update(G_CALL, CLEAR, BACK, STEP, "value = loss.item()",
                     "z = sample_noise_torch(batch_size, generator.latent_dim)", G_CALL,
                     "return value")),
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
    *(variant(f"{name} in D", ("Discriminator",),
              (D_BLOCK, D_BLOCK.replace("nn.LeakyReLU(0.2)", layer)))
      for name, layer in (("tanh", "nn.Tanh()"), ("SiLU", "nn.SiLU()"), ("PReLU", "nn.PReLU()"),
                          ("sigmoid", "nn.Sigmoid()"), ("leaks a lot", "nn.LeakyReLU(0.8)"),
                          ("changed in place", "nn.LeakyReLU(0.2, inplace=True)"))),
    variant("maxout in D", ("Discriminator",),
            (D_BLOCK, "layers += [nn.Linear(width, 2 * hidden_dim), nn.Unflatten(1, (-1, 2)),\n"
                      "                       nn.MaxPool2d((1, 2)), nn.Flatten(), "
                      "nn.Dropout(dropout)]")),
    variant("weight normalization without a bias", ("Discriminator",),
            (D_BLOCK, D_BLOCK.replace("nn.Linear(width, hidden_dim)",
                                      "nn.utils.parametrizations.weight_norm("
                                      "nn.Linear(width, hidden_dim, bias=False))")),
            (D_LAST, "layers += [nn.Linear(width, 1, bias=False), nn.Sigmoid()]")),
    variant("spectral normalization without a bias", ("Discriminator",),
            (D_LAST, "layers += [nn.utils.parametrizations.spectral_norm("
                     "nn.Linear(width, 1, bias=False)), nn.Sigmoid()]")),
    variant("convolutions first", ("Discriminator",),
            ("width = IMAGE_PIXELS", "layers += [nn.Unflatten(1, (1, 28, 28)), "
                                     "nn.Conv2d(1, 8, 4, 2, 1),\n"
                                     "                   nn.LeakyReLU(0.2), nn.Flatten()]\n"
                                     "        width = 8 * 14 * 14")),
    variant("convolutions alone", ("Discriminator",),
            ("width = IMAGE_PIXELS", "layers += [nn.Unflatten(1, (1, 28, 28))]\n"
                                     "        width = 1"),
            (D_BLOCK, "layers += [nn.Conv2d(width, hidden_dim, 4, 4, 2), nn.LeakyReLU(0.2),\n"
                      "                       nn.Dropout2d(dropout)]"),
            (D_LAST, "layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 1), "
                     "nn.Sigmoid()]")),
    variant("lazy layers", ("Discriminator",),
            (D_BLOCK, D_BLOCK.replace("nn.Linear(width,", "nn.LazyLinear(")),
            (D_KEPT, f"{D_KEPT}\n        self.layers(torch.zeros(2, IMAGE_PIXELS))")),
    variant("starts at 0.5", ("Discriminator",),
            (D_KEPT, "nn.init.zeros_(layers[-2].weight)\n        "
                     f"nn.init.zeros_(layers[-2].bias)\n        {D_KEPT}")),
    variant("starts far from 0.5", ("Discriminator",),
            (D_KEPT, f"nn.init.constant_(layers[-2].bias, 4.0)\n        {D_KEPT}")),
    variant("weights from N(0, 1)", ("Discriminator",),
            (D_KEPT, f"{D_KEPT}\n        for p in self.parameters():\n"
                     "            nn.init.normal_(p)")),
    variant("weights close to 0", ("Discriminator",),
            (D_BLOCK, D_BLOCK.replace("LeakyReLU(0.2)", "GELU()")),
            (D_KEPT, f"{D_KEPT}\n        for p in self.parameters():\n"
                     "            nn.init.normal_(p, std=0.005)")),
    variant("sigmoid by hand", ("Discriminator",),
            (D_LAST, "layers += [nn.Linear(width, 1)]"),
            (D_SCORES, "scores: Tensor = 1 / (1 + torch.exp(-self.layers(images)))")),
    variant("half a tanh", ("Discriminator",),
            (D_LAST, "layers += [nn.Linear(width, 1), nn.Tanh()]"),
            (D_SCORES, "scores: Tensor = (self.layers(images) + 1) / 2")),
    variant("scores kept off 0 and 1", ("Discriminator",),
            (D_SCORES, "scores: Tensor = self.layers(images).clamp(0.01, 0.99)")),
    variant("a steep sigmoid", ("Discriminator",),
            (D_LAST, "layers += [nn.Linear(width, 1)]"),
            (D_SCORES, "scores: Tensor = torch.sigmoid(20 * self.layers(images))")),
    variant("the images compared", ("Discriminator",),
            ("width = IMAGE_PIXELS", "width = IMAGE_PIXELS + 1"),
            (D_SCORES, "spread = images.std(0, unbiased=False).mean().expand(len(images), 1)\n"
                       "        scores: Tensor = self.layers(torch.cat([images, spread], 1))")),
    variant("noise on the images while training", ("Discriminator",),
            (D_SCORES, "if self.training:\n"
                       "            images = images + 0.1 * torch.randn_like(images)\n"
                       "        scores: Tensor = self.layers(images)")),
    variant("dropout by hand", ("Discriminator",),
            (D_BLOCK, D_BLOCK.replace("nn.Dropout(dropout)", "nn.Identity()")),
            (D_KEPT, f"{D_KEPT}\n        self.share = dropout"),
            (D_SCORES, "if self.training:\n            kept = 1 - self.share\n"
                       "            images = images * torch.full_like(images, kept).bernoulli() "
                       "/ kept\n        scores: Tensor = self.layers(images)")),
    variant("dropout in one place", ("Discriminator",),
            (D_BLOCK, D_BLOCK.replace("nn.Dropout(dropout)", "nn.Identity()")),
            ("width = IMAGE_PIXELS", "layers += [nn.Dropout(dropout)]\n"
                                     "        width = IMAGE_PIXELS")),
    variant("less dropout on the images", ("Discriminator",),
            ("width = IMAGE_PIXELS", "layers += [nn.Dropout(dropout / 2)]\n"
                                     "        width = IMAGE_PIXELS")),
    variant("dropout of 0.3 by default", ("Discriminator",),
            ("dropout: float = 0.0) -> None", "dropout: float = 0.3) -> None")),
    variant("one layer at least", ("Discriminator",),
            ("width = IMAGE_PIXELS", "assert hidden_dims[0] > 0\n        width = IMAGE_PIXELS")),
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
    variant("losses in bfloat16", LOSSES,
            (REAL_LOSS, "real_scores, fake_scores = real_scores.bfloat16(), fake_scores.bfloat16()"
                        f"\n    {REAL_LOSS}"),
            (G_LOSS, "fake_scores = fake_scores.to(torch.bfloat16)\n"
                     "    return -torch.log(fake_scores.clamp(min=1e-4)).mean()")),
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
    variant("D cleared by G's step, half the loss", STEPS,
            (D_LOSS, f"{D_LOSS.replace('return ', 'return (')}) / 2"),
            g_update(CLEAR, G_CALL, BACK, STEP, "discriminator.zero_grad()", ITEM)),
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
    variant("training mode at the head of each step", STEPS,
            (D_FAKES, "generator.train()\n    discriminator.train()\n"
                      "    fake_images = generator(z).detach()"),
            (G_CALL, f"generator.train()\n    discriminator.train()\n    {G_CALL}")),
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
    variant("accuracy of a copy", ("discriminator_accuracy",),
            ("    was_training = discriminator.training\n",
             "    was_training = discriminator.training\n    from copy import deepcopy\n"
             "    original, discriminator = discriminator, deepcopy(discriminator)\n")),
    variant("accuracy with a graph", ("discriminator_accuracy",),
            ("        with torch.no_grad():\n", "        if True:\n")),
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
    loop("AdamW", (G_ADAM, G_ADAM.replace("Adam", "AdamW")),
            (D_ADAM, D_ADAM.replace("Adam", "AdamW"))),
    loop("another optimizer each",
            (D_ADAM, "torch.optim.SGD(discriminator.parameters(), lr=learning_rate, momentum=0.9)"),
            (G_ADAM, G_ADAM.replace("Adam", "NAdam"))),
    loop("an optimizer without a memory, made anew",
            (G_ADAM, "torch.optim.SGD(generator.parameters(), lr=learning_rate)"),
            (LOOP_D, "d_optimizer = torch.optim.SGD(discriminator.parameters(), lr=learning_rate)\n"
                     f"            {LOOP_D}")),
    loop("weights and biases in groups",
            (D_ADAM, D_ADAM.replace("discriminator.parameters()", """[
        {"params": [p for p in discriminator.parameters() if p.dim() == k], "weight_decay": 0.0}
        for k in (1, 2)]"""))),
    variant("G's step first", LOOP, (f"{LOOP_D}\n            {LOOP_G}",
                                     f"{LOOP_G}\n            {LOOP_D}")),
    loop("batch_size fake images for the last batch",
            (LOOP_G, LOOP_G.replace("len(rows)", "batch_size"))),
    loop("mean over images",
            (LOOP_D, LOOP_D[:-1] + " * len(rows))"), (LOOP_G, LOOP_G[:-1] + " * len(rows))"),
            (MEANS, "d_loss, g_loss = sum(d_losses) / len(images), sum(g_losses) / len(images)")),
    loop("rounded losses",
            (MEANS, f"{MEANS}\n        d_loss, g_loss = round(d_loss, 2), round(g_loss, 1)")),
    loop("half of D's loss shown", (MEANS, f"{MEANS}\n        d_loss /= 2")),
    loop("sums over the batch, means over the images",
            (REAL_LOSS, REAL_LOSS.replace("real_scores))", "real_scores), reduction='sum')")),
            (FAKE_LOSS, FAKE_LOSS.replace("fake_scores))", "fake_scores), reduction='sum')")),
            (G_LOSS, G_LOSS.replace("fake_scores))", "fake_scores), reduction='sum')")),
            (MEANS, "d_loss, g_loss = sum(d_losses) / len(images), sum(g_losses) / len(images)")),
    loop("a smoothed curve",  # neither mean nor last batch: a word of advice, no more
            (MEANS, "d_loss, g_loss = d_losses[0], g_losses[0]\n"
                    "        for d, g in zip(d_losses, g_losses):\n"
                    "            d_loss, g_loss = 0.7 * d_loss + 0.3 * d, 0.7 * g_loss + 0.3 * g")),
    loop("history at the end",
            (HISTORY, "history.append((epoch, d_loss, g_loss))"),
            (RETURNED, 'keys = ("epoch", "discriminator_loss", "generator_loss")\n'
                       "    history = [dict(zip(keys, entry)) for entry in history]\n"
                       f"    {RETURNED}")),
    loop("a line for each number",
            (PRINTED, 'print("epoch", epoch)\n        print("D", d_loss)\n'
                      '        print("G", g_loss)')),
    loop("a copy for the callback",
            (CALLED, f"import copy\n            {CALLED.replace('generator', DEEP_COPY)}")),
    loop("a running mean of G's weights",
            (NO_HISTORY, f"import copy\n\n    mean = copy.deepcopy(generator)\n    {NO_HISTORY}"),
            (LOOP_G, f"{LOOP_G}\n            with torch.no_grad():\n"
                     "                for kept, new in zip(mean.parameters(), "
                     "generator.parameters()):\n"
                     "                    kept.lerp_(new, 0.01)"),
            (CALLED, CALLED.replace("generator", "mean")),
            (RETURNED, RETURNED.replace("generator", "mean", 1))),
    loop("looks at itself in eval mode",
            (HISTORY, f"{HISTORY}\n        generator.eval()\n        discriminator.eval()\n"
                      "        shown = generator(sample_noise_torch(len(images), latent_dim))\n"
                      "        discriminator_accuracy(discriminator, images, shown)\n"
                      "        generator.train()\n        discriminator.train()")),
    loop("G in eval mode, which changes nothing",
            (HISTORY, f"{HISTORY}\n        generator.eval()")),
    loop("arguments by name, and one of its own",
            ("    images: Tensor,\n    epochs: int = 5,\n",
             "    images: Tensor,\n    *,\n    epochs: int = 5,\n"),
            ("None] | None = None,\n) ->", "None] | None = None,\n    quiet: bool = False,\n) ->")),
    loop("a callback that does nothing as default",
            ("None] | None = None,\n) ->", "None] = lambda epoch, generator: None,\n) ->"),
            ("if on_epoch_end is not None:", "if True:")),
    loop("spectral norm in D, whose parts make rows of 784 numbers",
         (D_BLOCK, D_BLOCK.replace("nn.Linear(width, hidden_dim)", "nn.utils.parametrizations."
                                   "spectral_norm(nn.Linear(width, hidden_dim))")),
         instead(own_loop(*d_turn(D_LINE.removeprefix("d_loss = ")), *G_TURN))),
    loop("two steps of D for each one of G", (LOOP_D, f"{LOOP_D}\n            {LOOP_D}")),
    loop("two steps of D, each on half of the batch",
            (LOOP_D, "for half in torch.chunk(real_images, 2):\n                "
                     + LOOP_D.replace("real_images", "half"))),
    loop("features of D's matched beside G's loss",
         instead(own_loop(*d_turn(D_LINE.removeprefix("d_loss = ")), "features = D.layers[:2]",
                          "apart = features(fake).mean(0) - features(real).mean(0)",
                          *(line.replace("label)", "label) + apart.square().mean()")
                            for line in G_TURN)))),
    loop("noise on all images that D sees",
         instead(own_loop("noisy = lambda x: x + 0.1 * torch.randn_like(x)",
                          *d_turn(D_LINE.removeprefix("d_loss = ").replace("D(", "D(noisy(")
                                  .replace(").view", ")).view")),
                          *G_TURN))),
    loop("forward called by name, seen from the loop",
         (D_CALLS, "loss = discriminator_loss(discriminator.forward(real_images), "
                   "discriminator.forward(fake_images))")),
    loop("gradients by autograd.grad, in the loop",
         instead(own_loop("fake = G(z)", D_LINE,
                          "for p, g in zip(D.parameters(), torch.autograd.grad(d_loss, "
                          "list(D.parameters()))):",
                          "    p.grad = g", "d_opt.step()",
                          "g_loss = bce(D(fake).view(-1), label)",
                          "for p, g in zip(G.parameters(), torch.autograd.grad(g_loss, "
                          "list(G.parameters()))):",
                          "    p.grad = g", "g_opt.step()", *NOTED))),
    loop("both backward, with D cleared in between",
         instead(own_loop("fake = G(z)", "g_opt.zero_grad()",
                          "g_loss = bce(D(fake).view(-1), label)", "g_loss.backward()",
                          "d_opt.zero_grad()", D_LINE, "d_loss.backward()", "d_opt.step()",
                          "g_opt.step()", *NOTED))),
    loop("logits past forward",
         instead(own_loop("logits = lambda x: D.layers[:-1](x).view(-1)",
                          "both = nn.BCEWithLogitsLoss()",
                          *d_turn("both(logits(real), label) + both(logits(fake.detach()), "
                                  "0 * label)"),
                          *G_TURN[:1], "g_loss = both(logits(fake), label)", *G_TURN[2:]))),
    loop("D climbs the value of the game",
         instead(own_loop("d_opt.param_groups[0]['maximize'] = True",
                          *d_turn("-bce(D(real).view(-1), label) - "
                                  "bce(D(fake.detach()).view(-1), 0 * label)"), *G_TURN))),
    loop("in bfloat16",
         instead(own_loop("half = torch.autocast('cpu', dtype=torch.bfloat16)",
                          "with half:", "    fake = G(z)",
                          "    r, f = D(real).view(-1), D(fake.detach()).view(-1)",
                          "d_opt.zero_grad()",
                          "d_loss = bce(r.float(), label) + bce(f.float(), 0 * label)",
                          "d_loss.backward()", "d_opt.step()", "g_opt.zero_grad()",
                          "with half:", "    f = D(fake).view(-1)",
                          "g_loss = bce(f.float(), label)", *G_TURN[2:]))),
    loop("clipped, scheduled, D twice as fast",
         (D_ADAM, D_ADAM.replace("lr=learning_rate", "lr=2 * learning_rate")),
         (NO_HISTORY, "scheduler = torch.optim.lr_scheduler.ExponentialLR(g_optimizer, 0.9)\n"
                      f"    {NO_HISTORY}"),
         (MEANS, f"scheduler.step()\n        {MEANS}")),
    loop("some labels flipped",
         instead(own_loop(*d_turn("bce(D(real).view(-1), (torch.rand(len(real)) > 0.05).float()) "
                                  "+ bce(D(fake.detach()).view(-1), 0 * label)"), *G_TURN))),
    Variant("logits past forward, in the steps", TIER, (
            (D_SCORES, "return self.logits(images).sigmoid()\n\n    def logits(self, images):\n"
                       "        scores = self.layers[:-1](images)"),
            (D_CALLS, "loss = (F.softplus(-discriminator.logits(real_images)) + F.softplus("
                      "discriminator.logits(fake_images))).mean()"),
            (G_CALL, "loss = F.softplus(-discriminator.logits(generator(z))).mean()")),
            about=STEPS, advice="step-unread"),
    variant("noise on D's images in the steps", STEPS,
            (D_CALLS, "noisy = [x + 0.05 * torch.randn_like(x) for x in (real_images, "
                      "fake_images)]\n    loss = discriminator_loss(*map(discriminator, noisy))"),
            (G_CALL, "fake = generator(z)\n    fake = fake + 0.05 * torch.randn_like(fake)\n"
                     "    loss = generator_loss(discriminator(fake))")),
    variant("steps in bfloat16", STEPS,
            (D_CALLS, "with torch.autocast('cpu', dtype=torch.bfloat16):\n"
                      "        r, f = discriminator(real_images), discriminator(fake_images)\n"
                      "    loss = discriminator_loss(r.float(), f.float())"),
            (G_CALL, "with torch.autocast('cpu', dtype=torch.bfloat16):\n"
                     "        scores = discriminator(generator(z))\n"
                     "    loss = generator_loss(scores.float())")),
    variant("both steps in the loop, as DCGAN's tutorial has them", LOOP, instead(DCGAN_LOOP)),
    loop("forward passes first, one D for both", instead(FORWARD_FIRST_LOOP)),
    loop("steps in closures",
            (LOOP_G, "def closure():\n                g_optimizer.zero_grad()\n"
                     "                z = torch.randn(len(rows), latent_dim)\n"
                     "                loss = generator_loss(discriminator(generator(z)))\n"
                     "                loss.backward()\n                return loss\n\n"
                     "            g_losses.append(g_optimizer.step(closure).item())")),
]
# fmt: on


@pytest.mark.parametrize("helps", ["Discriminator", "Generator", ""])
def test_who_is_to_blame_for_a_training_that_fails(
    helps: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A D that learns and is no match for G is advice; a G that can't learn is named."""
    digits: samples.Numbers = training_images.normalized(samples.N_IMAGES, seed=0)
    noise = np.asarray(np.random.default_rng(0).normal(size=digits.shape))

    def trained(*asked: Any, instead_of: str = "") -> Evidence:
        after = digits if instead_of and instead_of == helps else noise
        samples_of = {"untrained": Array(noise, "array"), "trained": Array(after, "array")}
        return Evidence({**samples_of, "has_batch_norm": False, "rested": False})

    monkeypatch.setattr(samples, "trained", trained)
    solution = Solution(Submission(tmp_path, sandbox.shared()), TIER, "train_gan")
    if helps == "Discriminator":
        samples.judge_training(solution)
        assert solution.advice
        return
    with pytest.raises(WrongError) as refused:
        samples.judge_training(solution)
    assert refused.value.mistake is not None
    named = "generator-cannot-learn" if helps else "samples-no-closer"
    assert refused.value.mistake.id == named
    assert refused.value.blamed == (("intermediate", "Generator") if helps else ("", ""))


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_variant_is_accepted(variant: Variant, tmp_path: Path) -> None:
    assert_accepted(variant, tmp_path / "solutions")
