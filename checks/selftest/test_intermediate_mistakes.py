"""The intermediate checks on wrong generators and on right ones: one line of a table each."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.selftest.mutants import Mutant, Variant, assert_accepted, assert_caught, instead

TIER = "intermediate"
LAST = "layers += [nn.Linear(width, IMAGE_PIXELS), nn.Tanh()]"
HIDDEN = "layers += [nn.Linear(width, hidden_dim), nn.LeakyReLU(0.2)]"
KEPT = "self.layers = nn.Sequential(*layers)"
MADE = "images: Tensor = self.layers(z)"
DRAWN = "z = sample_noise_torch(n_images, generator.latent_dim, seed).to(device)"
SAMPLED = """        with torch.no_grad():
            images: Tensor = generator(z)"""
SHAPED = "return images.reshape(n_images, IMAGE_SIZE, IMAGE_SIZE)"
RESTORED = "generator.train(was_training)"
DRAWN_FIRST = "nn.init.kaiming_normal_(layer.weight, a=0.2)"
FORWARD = "\n\n    def forward(self, z: Tensor)"
BEGUN = "layers: list[nn.Module] = []"
LOOP = "for hidden_dim in hidden_dims"


# Hidden layers, then 7 × 7 maps that grow to 28 × 28; END stands before the tanh.
CONVOLUTIONS = """
    class Generator(nn.Module):
        def __init__(self, latent_dim=100, hidden_dims=(256, 512)):
            super().__init__()
            self.latent_dim, self.hidden_dims = latent_dim, tuple(hidden_dims)
            layers, width = [], latent_dim
            for h in hidden_dims:
                layers += [nn.Linear(width, h), nn.BatchNorm1d(h), nn.ReLU(True)]
                width = h
            self.dense = nn.Sequential(*layers, nn.Linear(width, 16 * 7 * 7), nn.ReLU(True))
            self.maps = nn.Sequential(
                nn.ConvTranspose2d(16, 8, 4, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(True),
                nn.ConvTranspose2d(8, 1, 4, 2, 1, bias=False), ENDnn.Tanh())
        def forward(self, z):
            return self.maps(self.dense(z).view(-1, 16, 7, 7)).flatten(1)
"""


def mutant(name: str, check: str, mistake: str, *replacements: tuple[str, str]) -> Mutant:
    return Mutant(name, TIER, replacements, check=check, mistake=mistake)


def variant(name: str, *replacements: tuple[str, str]) -> Variant:
    return Variant(name, TIER, replacements)


def advised(name: str, advice: str, *replacements: tuple[str, str]) -> Variant:
    return Variant(name, TIER, replacements, advice=advice)


# fmt: off
MUTANTS = [
    # The network
    mutant("plain class", "test_shape", "not-a-module", instead("""
        class Generator:
            def __init__(self, latent_dim=100, hidden_dims=(256, 512)):
                self.latent_dim = latent_dim
            def __call__(self, z):
                return torch.zeros(len(z), 784)
    """)),
    mutant("100 pixels", "test_shape", "generator-shape",
           (LAST, "layers += [nn.Linear(width, 100), nn.Tanh()]")),
    mutant("square images", "test_shape", "generator-not-flat",
           (MADE, "images: Tensor = self.layers(z).view(-1, 1, 28, 28)")),
    mutant("64 whatever comes", "test_shape", "generator-batch-fixed",
           (MADE, "images: Tensor = self.layers(torch.cat([z] * 64)[:64])")),
    mutant("reshaped to 64 rows", "test_shape", "generator-batch-fixed",
           (MADE, "images: Tensor = self.layers(z.view(64, -1))")),
    mutant("reshaped to 100 rows", "test_shape", "generator-batch-fixed",
           (MADE, "images: Tensor = self.layers(z).view(100, 784)")),
    mutant("doubles", "test_shape", "generator-dtype",
           (MADE, "images: Tensor = self.layers(z).double()")),
    mutant("sigmoid", "test_range", "generator-sigmoid-output",
           (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS), nn.Sigmoid()]")),
    mutant("tanh moved to [0, 1]", "test_range", "generator-rescaled",
           (MADE, "images: Tensor = (self.layers(z) + 1) / 2")),
    mutant("tanh stretched to bytes", "test_range", "generator-rescaled",
           (MADE, "images: Tensor = self.layers(z).add(1).mul_(127.5).clamp(0, 255)")),
    mutant("tanh and a sigmoid", "test_range", "generator-sigmoid-output",
           (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS), nn.Tanh(), nn.Sigmoid()]")),
    mutant("hidden tanh, no activation, halved", "test_range", "generator-no-tanh",
           (HIDDEN, "layers += [nn.Linear(width, hidden_dim), nn.Tanh()]"),
           (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS)]"),
           (MADE, "images: Tensor = self.layers(z) / 2")),
    mutant("weights of zero", "test_range", "weights-all-equal",
           (DRAWN_FIRST, "nn.init.zeros_(layer.weight)")),
    mutant("all weights 0.01", "test_uses_input", "weights-all-equal",
           (DRAWN_FIRST, "nn.init.constant_(layer.weight, 0.01)")),
    mutant("all weights 1", "test_own_weights", "weights-all-equal",
           (DRAWN_FIRST, "nn.init.ones_(layer.weight)")),
    mutant("all weights 1, no gradient", "test_gradient", "weights-all-equal",
           (DRAWN_FIRST, "nn.init.ones_(layer.weight)")),
    mutant("the last layer's weights 0.01", "test_own_weights", "weights-all-equal",
           (FORWARD, f"""\n        nn.init.constant_(self.layers[-2].weight, 0.01){FORWARD}""")),
    mutant("no activation", "test_range", "generator-no-tanh",
           (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS)]")),
    mutant("LeakyReLU at the end", "test_range", "generator-no-tanh",
           (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS), nn.LeakyReLU(0.2)]")),
    mutant("ReLU after tanh", "test_range", "generator-relu-output",
           (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS), nn.Tanh(), nn.ReLU()]")),
    mutant("ReLU before tanh", "test_range", "activation-before-tanh",
           (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS), nn.ReLU(), nn.Tanh()]")),
    mutant("SELU before tanh, after batch-norm", "test_range", "activation-before-tanh",
           (LAST, "layers += [nn.Linear(width, 784), nn.BatchNorm1d(784), nn.SELU(), nn.Tanh()]")),
    mutant("sigmoid before tanh", "test_range", "activation-before-tanh",
           (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS), nn.Sigmoid(), nn.Tanh()]")),
    mutant("a leaky ReLU of one's own before tanh", "test_range", "activation-before-tanh",
           (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS)]"),
           (MADE, "h = self.layers(z)\n        images: Tensor = torch.tanh(h.max(0.1 * h))")),
    mutant("the loop's LeakyReLU after the last layer too", "test_range",
           "activation-before-tanh", instead("""
        class Generator(nn.Module):
            def __init__(self, latent_dim=100, hidden_dims=(256, 512)):
                super().__init__()
                self.latent_dim, self.hidden_dims = latent_dim, tuple(hidden_dims)
                widths = [latent_dim, *hidden_dims, 784]
                pairs = zip(widths[:-1], widths[1:])
                self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in pairs])
            def forward(self, z):
                for layer in self.layers:
                    z = nn.functional.leaky_relu(layer(z))
                return torch.tanh(z)
    """)),
    mutant("LeakyReLU after the last convolution too", "test_range",
           "activation-before-tanh", instead(CONVOLUTIONS.replace("END", "nn.LeakyReLU(0.2), "))),
    mutant("ReLU for tanh", "test_range", "generator-relu-output",
           (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS), nn.ReLU()]")),
    mutant("softmax", "test_range", "generator-softmax-output",
           (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS), nn.Softmax(dim=1)]")),
    mutant("tanh twice", "test_range", "generator-tanh-twice",
           (MADE, "images: Tensor = torch.tanh(self.layers(z))")),
    mutant("half the range", "test_range", "generator-short-range",
           (MADE, "images: Tensor = self.layers(z) * 0.5")),
    mutant("one image for all", "test_uses_input", "generator-ignores-input",
           (MADE, "images: Tensor = self.layers(torch.ones_like(z))")),
    mutant("half of z", "test_uses_input", "latent-numbers-unused",
           (MADE, """half = z.shape[1] // 2
        images: Tensor = self.layers(torch.cat([z[:, :half], 0 * z[:, half:]], dim=1))""")),
    mutant("the first number left out", "test_uses_input", "latent-numbers-unused",
           (MADE, "images: Tensor = self.layers(nn.functional.pad(z[:, 1:], (1, 0)))")),
    mutant("the batch's mean taken off", "test_uses_input", "images-depend-on-batch",
           (MADE, "images: Tensor = self.layers(z - z.mean(dim=0))")),
    mutant("batch-norm by the batch", "test_uses_input", "images-depend-on-batch",
           (HIDDEN, """layers += [
                nn.Linear(width, hidden_dim), nn.LeakyReLU(0.2),
                nn.BatchNorm1d(hidden_dim, track_running_stats=False)]"""),
           (MADE, "images: Tensor = self.layers(z) if len(z) > 1 else self.eval().layers(z)")),
    mutant("noise of its own", "test_uses_input", "generator-own-noise",
           (MADE, "images: Tensor = self.layers(torch.randn_like(z))")),
    mutant("noise on top", "test_uses_input", "generator-own-noise",
           (MADE, "images: Tensor = self.layers(z + 0.1 * torch.randn_like(z))")),
    mutant("dropout function", "test_uses_input", "dropout-always-on",
           (MADE, "images: Tensor = self.layers(nn.functional.dropout(z, 0.3))")),
    mutant("layers in forward", "test_uses_input", "layers-in-forward", instead("""
        class Generator(nn.Module):
            def __init__(self, latent_dim=100, hidden_dims=(256, 512)):
                super().__init__()
                self.latent_dim, self.hidden_dims = latent_dim, hidden_dims
            def forward(self, z):
                width = self.latent_dim
                for hidden_dim in self.hidden_dims:
                    z, width = torch.relu(nn.Linear(width, hidden_dim)(z)), hidden_dim
                return torch.tanh(nn.Linear(width, 784)(z))
    """)),
    mutant("linear layers only", "test_nonlinear", "generator-linear",
           (HIDDEN, "layers += [nn.Linear(width, hidden_dim)]")),
    mutant("linear, with dropout between", "test_nonlinear", "generator-linear",
           (HIDDEN, "layers += [nn.Linear(width, hidden_dim), nn.Dropout(0.3)]")),
    mutant("linear, with batch-norm between", "test_nonlinear", "generator-linear",
           (HIDDEN, "layers += [nn.Linear(width, hidden_dim), nn.BatchNorm1d(hidden_dim)]")),
    mutant("LeakyReLU of slope 1", "test_nonlinear", "generator-linear",
           (HIDDEN, "layers += [nn.Linear(width, hidden_dim), nn.LeakyReLU(1.0)]")),
    mutant("linear layers, sigmoid moved", "test_nonlinear", "generator-linear",
           (HIDDEN, "layers += [nn.Linear(width, hidden_dim)]"),
           (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS)]"),
           (MADE, "images: Tensor = 2 * torch.sigmoid(self.layers(z)) - 1")),
    mutant("linear layers, sigmoid", "test_nonlinear", "generator-linear",
           (HIDDEN, "layers += [nn.Linear(width, hidden_dim)]"),
           (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS), nn.Sigmoid()]")),
    mutant("linear layers, no activation", "test_nonlinear", "generator-linear",
           (HIDDEN, "layers += [nn.Linear(width, hidden_dim)]"),
           (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS)]")),
    mutant("linear layers, large weights", "test_nonlinear", "generator-linear",
           (HIDDEN, "layers += [nn.Linear(width, hidden_dim)]"),
           (KEPT, KEPT + """
        for p in self.parameters():
            nn.init.normal_(p)""")),
    mutant("linear but after the first layer", "test_nonlinear", "nonlinearity-missing",
           (HIDDEN, """layers.append(nn.Linear(width, hidden_dim))
            layers += [nn.LeakyReLU(0.2)] if width == latent_dim else []""")),
    mutant("linear but before the last layer", "test_nonlinear", "nonlinearity-missing",
           (HIDDEN, "layers += [nn.Linear(width, hidden_dim), nn.Dropout(0.3)]"),
           (LAST, "layers += [nn.ReLU(), nn.Linear(width, IMAGE_PIXELS), nn.Tanh()]")),
    mutant("shared weights", "test_own_weights", "weights-shared",
           ("IMAGE_SIZE = 28\n", "IMAGE_SIZE = 28\nKEPT: dict[tuple[int, ...], list[nn.Module]]"
                                 " = {}\n"),
           (KEPT, "self.layers = nn.Sequential(*KEPT.setdefault((latent_dim, *hidden_dims), "
                  "layers))")),
    mutant("torch.manual_seed in __init__", "test_own_weights", "global-seed-clobbered",
           (BEGUN, f"torch.manual_seed(0)\n        {BEGUN}")),
    mutant("torch.seed in __init__", "test_own_weights", "global-seed-clobbered",
           (BEGUN, f"torch.seed()\n        {BEGUN}")),
    mutant("z halved in place", "test_gradient", "changed-in-place",
           (MADE, "z *= 0.5\n        images: Tensor = self.layers(z)")),
    mutant("hidden numbers clamped in place", "test_registered", "changed-in-place",
           (MADE, """hidden = torch.sigmoid(self.layers[0](z))
        hidden.clamp_(0.1, 0.9)
        images: Tensor = self.layers[2:](hidden)""")),
    mutant("frozen", "test_gradient", "generator-frozen",
           (KEPT, f"{KEPT}\n        self.requires_grad_(False)")),
    mutant("first layer frozen", "test_gradient", "generator-frozen",
           (KEPT, f"{KEPT}\n        self.layers[0].requires_grad_(False)")),
    mutant("layers in a list", "test_registered", "unregistered-layers",
           (KEPT, "self.layers = layers"),
           (MADE, """for layer in self.layers:
            z = layer(z)
        images = z""")),
    mutant("last layer in a list", "test_registered", "unregistered-layers",
           (KEPT, "self.layers, self.end = nn.Sequential(*layers[:-2]), layers[-2:]"),
           (MADE, "images = self.end[1](self.end[0](self.layers(z)))")),
    mutant("layers in a list, same start", "test_registered", "unregistered-layers",
           ("layers: list[nn.Module] = []", "torch.manual_seed(0)\n        layers = []"),
           (KEPT, "self.layers = layers"),
           (MADE, """for layer in self.layers:
            z = layer(z)
        images = z""")),
    mutant("detached", "test_gradient", "generator-graph-cut",
           (MADE, "images: Tensor = self.layers(z).detach()")),
    mutant("no_grad in forward", "test_gradient", "generator-graph-cut",
           (MADE, "with torch.no_grad():\n            images: Tensor = self.layers(z)")),
    mutant("cut in the middle", "test_gradient", "generator-graph-cut",
           (MADE, "images: Tensor = self.layers[2:](self.layers[:2](z).detach())")),
    mutant("rounded", "test_gradient", "generator-graph-cut",
           (MADE, "images: Tensor = torch.round(self.layers(z) * 127) / 127")),
    mutant("latent size not kept", "test_latent_dim", "latent-dim-not-kept",
           ("self.latent_dim = latent_dim", "")),
    mutant("latent size 100", "test_latent_dim", "latent-dim-ignored",
           ("width = latent_dim", "width = 100")),
    mutant("another default latent size", "test_latent_dim", "default-changed",
           ("latent_dim: int = 100", "latent_dim: int = 64")),
    mutant("hidden_dims first", "test_latent_dim", "parameters-in-other-order",
           ("latent_dim: int = 100, hidden_dims: tuple[int, ...] = (256, 512)",
            "hidden_dims: tuple[int, ...] = (256, 512), latent_dim: int = 100")),
    mutant("widths fixed", "test_hidden_dims", "hidden-dims-ignored",
           ("for hidden_dim in hidden_dims", "for hidden_dim in (256, 512)")),
    mutant("two widths only", "test_hidden_dims", "hidden-dims-fixed-count",
           ("for hidden_dim in hidden_dims", "for hidden_dim in hidden_dims[:2]")),
    mutant("two widths demanded", "test_hidden_dims", "hidden-dims-fixed-count",
           ("for hidden_dim in hidden_dims",
            "for hidden_dim in (hidden_dims[0], hidden_dims[1])")),
    mutant("widths backwards", "test_hidden_dims", "generator-widths-order",
           (LOOP, f"{LOOP}[::-1]")),
    mutant("widths sorted", "test_hidden_dims", "generator-widths-order",
           (LOOP, "for hidden_dim in sorted(hidden_dims)")),
    mutant("a tensor beside", "test_state_dict", "state-dict-incomplete",
           (KEPT, KEPT + "\n        self.mix = torch.randn(latent_dim, latent_dim)"),
           (MADE, "images: Tensor = self.layers(z @ self.mix)")),
    # Sampling
    mutant("always 16", "test_images_shape", "n-images-ignored",
           (DRAWN, DRAWN.replace("n_images", "16")),
           (SHAPED, "return images.reshape(16, IMAGE_SIZE, IMAGE_SIZE)")),
    mutant("flat images", "test_images_shape", "images-not-28x28", (SHAPED, "return images")),
    mutant("channel kept", "test_images_shape", "images-not-28x28",
           (SHAPED, "return images.reshape(n_images, 1, IMAGE_SIZE, IMAGE_SIZE)")),
    mutant("squeezed", "test_images_shape", "images-not-28x28", (SHAPED, SHAPED + ".squeeze()")),
    mutant("64 by default", "test_images_shape", "default-changed",
           ("n_images: int = 16", "n_images: int = 64")),
    mutant("seed before number", "test_images_shape", "parameters-in-other-order",
           ("n_images: int = 16, seed: int | None = None",
            "seed: int | None = None, n_images: int = 16")),
    mutant("NumPy images", "test_images_shape", "other-type", (SHAPED, SHAPED + ".numpy()")),
    mutant("nothing returned", "test_images_shape", "nothing-returned", (SHAPED, "")),
    mutant("transposed", "test_images_are_the_generators", "images-transposed",
           (SHAPED, SHAPED + ".mT")),
    mutant("rescaled", "test_images_are_the_generators", "images-rescaled",
           (SHAPED, SHAPED + " / 2 + 0.5")),
    mutant("stretched to their own range", "test_images_are_the_generators", "images-rescaled",
           (SHAPED, """low, high = images.min(), images.max()
    images = (images - low) / (high - low) * 2 - 1
    """ + SHAPED)),
    mutant("another generator's", "test_images_are_the_generators", "images-not-the-generators",
           (SHAPED, "return -images.reshape(n_images, IMAGE_SIZE, IMAGE_SIZE).abs()")),
    mutant("not called", "test_images_are_the_generators", "generator-not-called",
           ("images: Tensor = generator(z)", "images = torch.tanh(torch.randn(n_images, 784))")),
    mutant("size 100 assumed", "test_images_noise", "latent-size-assumed",
           (DRAWN, DRAWN.replace("generator.latent_dim", "100"))),
    mutant("uniform noise", "test_images_noise", "sampling-noise-not-normal",
           (DRAWN, "z = torch.rand(n_images, generator.latent_dim)")),
    mutant("one vector for all", "test_images_noise", "noise-repeated",
           (SAMPLED, SAMPLED.replace("generator(z)", "generator(z[:1].expand_as(z))"))),
    mutant("half of the vectors twice", "test_images_noise", "noise-repeated",
           (SAMPLED, SAMPLED.replace("generator(z)",
                                     "generator(z[torch.arange(n_images) // 2])"))),
    mutant("16 vectors for any number", "test_images_noise", "n-images-ignored",
           (DRAWN, DRAWN.replace("n_images", "16")),
           (SHAPED, "return images.reshape(-1, 28, 28).repeat(n_images, 1, 1)[:n_images]")),
    mutant("left without gradients", "test_generator_unchanged", "sampling-changes-generator",
           ("    generator.eval()\n", "    generator.eval().requires_grad_(False)\n")),
    mutant("left in double precision", "test_generator_unchanged", "sampling-changes-generator",
           ("    generator.eval()\n", "    generator.double().eval()\n"),
           (SAMPLED, SAMPLED.replace("generator(z)", "generator(z.double()).float()"))),
    mutant("gradients off for good", "test_images_global_state", "global-settings-changed",
           (SAMPLED, "        torch.set_grad_enabled(False)\n"
                     "        images: Tensor = generator(z)")),
    mutant("no eval", "test_eval_mode", "sampling-in-training-mode",
           ("    generator.eval()\n", "")),
    mutant("left in eval mode", "test_mode_restored", "mode-not-restored", (RESTORED, "pass")),
    mutant("always train", "test_mode_restored", "mode-always-training",
           (RESTORED, "generator.train()")),
    mutant("graph kept", "test_no_graph", "sampling-keeps-graph",
           ("with torch.no_grad()", "with torch.enable_grad()")),
    mutant("seed forgotten", "test_images_seed", "seed-ignored",
           (DRAWN, DRAWN.replace("seed", "None"))),
    mutant("seed 0 taken for none", "test_images_seed", "seed-ignored",
           (DRAWN, DRAWN.replace("seed", "seed or None"))),
    mutant("seed 0", "test_images_seed", "seed-constant", (DRAWN, DRAWN.replace("seed", "0"))),
    mutant("the next seed for the next image", "test_images_seed", "seeds-overlap",
           (DRAWN, """z = torch.cat([
        sample_noise_torch(1, generator.latent_dim, None if seed is None else seed + i)
        for i in range(n_images)])""")),
    mutant("a hundred seeds", "test_images_seed", "seeds-overlap",
           (DRAWN, DRAWN.replace("seed", "None if seed is None else seed % 100"))),
    mutant("seed 0 unless told", "test_images_fresh", "noise-never-new",
           (DRAWN, DRAWN.replace("seed", "seed or 0"))),
    mutant("wrong answer", "test_questions", "wrong-answer",
           ('"why_tanh": "a"', '"why_tanh": "b"')),
]

VARIANTS = [
    advised("a layer too many", "unused-layer",
            (KEPT, KEPT + "\n        self.spare = nn.Linear(latent_dim, 50)")),
    variant("convolutions, no biases", instead(CONVOLUTIONS.replace("END", ""))),
    variant("residual blocks, weights by apply", instead("""
        def begin(layer):
            if isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, 0.0, 0.05)
                nn.init.zeros_(layer.bias)

        class Generator(nn.Module):
            def __init__(self, latent_dim=100, hidden_dims=(256, 512)):
                super().__init__()
                self.latent_dim, self.hidden_dims = latent_dim, list(hidden_dims)
                self.up, self.same = nn.ModuleList(), nn.ModuleList()
                for width in hidden_dims:
                    self.up.append(nn.Linear(latent_dim, width))
                    self.same.append(nn.Linear(width, width))
                    latent_dim = width
                self.out = nn.Linear(latent_dim, 784)
                self.apply(begin)
            def forward(self, z):
                for up, same in zip(self.up, self.same):
                    z = torch.relu(up(z))
                    z = z + torch.relu(same(z))
                return self.out(z).tanh()
    """)),
    variant("layer-norm and dropout before tanh",
            (LAST, """layers += [nn.Linear(width, 784), nn.LayerNorm(784), nn.Dropout(0.2),
                   nn.Tanh()]""")),
    variant("a skip connection through ReLU", instead("""
        class Generator(nn.Module):
            def __init__(self, latent_dim=100, hidden_dims=(256, 512)):
                super().__init__()
                self.latent_dim = latent_dim
                sizes = [latent_dim, *hidden_dims]
                self.hidden = nn.ModuleList(map(nn.Linear, sizes, sizes[1:]))
                self.skip = nn.Linear(latent_dim, 784)
                self.last = nn.Linear(sizes[-1], 784)
            def forward(self, z):
                h, shortcut = z, torch.relu(self.skip(z)) + 0.3
                for layer in self.hidden:
                    h = nn.functional.elu(layer(h))
                return torch.tanh(self.last(h) + shortcut)
    """)),
    variant("a product of one's own at the end", instead("""
        class Generator(nn.Module):
            def __init__(self, latent_dim=100, hidden_dims=(256, 512, 784)):
                super().__init__()
                self.latent_dim = latent_dim
                sizes = [latent_dim, *hidden_dims]
                self.hidden = nn.ModuleList(map(nn.Linear, sizes, sizes[1:]))
                self.weight = nn.Parameter(torch.randn(sizes[-1], 784) / sizes[-1] ** 0.5)
            def forward(self, z):
                for layer in self.hidden:
                    z = torch.relu(layer(z))
                return torch.tanh(z @ self.weight)
    """)),
    advised("a layer in front", "hidden-layer-added",
            (LOOP, """layers += [nn.Linear(width, 128), nn.ReLU()]
        width = 128
        for hidden_dim in hidden_dims""")),
    advised("Hardtanh", "generator-clamped",
            (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS), nn.Hardtanh()]")),
    advised("Hardsigmoid moved, after batch-norm", "generator-clamped",
            (LAST, "layers += [nn.Linear(width, 784), nn.BatchNorm1d(784), nn.Hardsigmoid()]"),
            (MADE, "images: Tensor = 2 * self.layers(z) - 1")),
    advised("zero_grad", "sampling-changes-generator",
            ("    generator.eval()\n", "    generator.eval()\n    generator.zero_grad()\n")),
    advised("global seed", "global-seed-clobbered",
            (DRAWN, """if seed is not None:
        torch.manual_seed(seed)
    z = torch.randn(n_images, generator.latent_dim)""")),
    advised("torch.seed without a seed", "global-seed-clobbered",
            (DRAWN, DRAWN.replace("seed", "torch.seed() % 2**31 if seed is None else seed"))),
    variant("batch-norm and GELU", (HIDDEN, """layers += [
                nn.Linear(width, hidden_dim), nn.BatchNorm1d(hidden_dim), nn.GELU()]""")),
    variant("dropout and ELU",
            (HIDDEN, "layers += [nn.Linear(width, hidden_dim), nn.ELU(), nn.Dropout(0.3)]")),
    variant("layer-norm and softplus", (HIDDEN, """layers += [
                nn.Linear(width, hidden_dim), nn.LayerNorm(hidden_dim), nn.Softplus()]""")),
    variant("hidden tanh, tiny weights",
            (HIDDEN, "layers += [nn.Linear(width, hidden_dim), nn.Tanh()]"),
            (KEPT, KEPT + """
        for p in self.parameters():
            nn.init.normal_(p, 0, 0.02)""")),
    variant("GELU, tiny weights",
            (HIDDEN, "layers += [nn.Linear(width, hidden_dim), nn.GELU()]"),
            (KEPT, KEPT + """
        for p in self.parameters():
            nn.init.normal_(p, 0, 0.02)""")),
    variant("Xavier, zero biases, ReLU",
            (HIDDEN, "layers += [nn.Linear(width, hidden_dim), nn.ReLU()]"),
            (KEPT, KEPT + """
        for p in self.parameters():
            nn.init.xavier_normal_(p, gain=2) if p.dim() > 1 else nn.init.zeros_(p)""")),
    variant("hidden sigmoid", (HIDDEN, "layers += [nn.Linear(width, hidden_dim), nn.Sigmoid()]")),
    variant("twice sigmoid minus one",
            (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS)]"),
            (MADE, "images: Tensor = 2 * torch.sigmoid(self.layers(z)) - 1")),
    variant("batch-norm before tanh, other defaults",
            ("hidden_dims: tuple[int, ...] = (256, 512)) ->",
             "hidden_dims: tuple[int, ...] = (128, 256, 1024)) ->"),
            (LAST, "layers += [nn.Linear(width, 784), nn.BatchNorm1d(784), nn.Tanh()]")),
    variant("weight-norm and spectral-norm",
            (HIDDEN, """layers += [nn.utils.parametrizations.weight_norm(
                nn.Linear(width, hidden_dim)), nn.Mish()]"""),
            (LAST, """layers += [nn.utils.parametrizations.spectral_norm(
            nn.Linear(width, IMAGE_PIXELS)), nn.Tanh()]""")),
    variant("lazy layers",
            (HIDDEN, "layers += [nn.LazyLinear(hidden_dim), nn.SiLU()]"),
            ("nn.init.kaiming_normal_(layer.weight, a=0.2)", "pass")),
    variant("gated layers",
            (HIDDEN, "layers += [nn.Linear(width, 2 * hidden_dim), nn.GLU()]")),
    variant("functional, ModuleList, activations in forward", instead("""
        class Generator(nn.Module):
            def __init__(self, latent_dim=100, hidden_dims=(256, 512)):
                super().__init__()
                self.latent_dim = latent_dim
                sizes = [latent_dim, *hidden_dims, 784]
                self.layers = nn.ModuleList(
                    nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])
                )
            def forward(self, z):
                z = z.reshape(z.size(0), -1)
                for layer in self.layers[:-1]:
                    z = nn.functional.dropout(torch.relu(layer(z)), 0.2, self.training)
                return nn.Tanh()(self.layers[-1](z)).unflatten(1, (28, 28)).flatten(1)
    """)),
    variant("bare parameters", instead("""
        class Generator(nn.Module):
            def __init__(self, latent_dim=100, hidden_dims=(256, 512)):
                super().__init__()
                self.latent_dim = latent_dim
                sizes = [latent_dim, *hidden_dims, 784]
                self.w = nn.ParameterList(
                    nn.Parameter(torch.randn(a, b) / a**0.5) for a, b in zip(sizes, sizes[1:])
                )
                self.b = nn.ParameterList(nn.Parameter(torch.zeros(b)) for b in sizes[1:])
                self.register_buffer("shift", torch.randn(latent_dim))
            def forward(self, z):
                z = z + self.shift
                for w, b in zip(self.w[:-1], self.b[:-1]):
                    z = torch.maximum(z @ w + b, torch.zeros(()))
                return torch.tanh(z @ self.w[-1] + self.b[-1])
    """)),
    variant("a plain list beside nn.Sequential",
            (KEPT, KEPT + "\n        self.all = layers")),
    variant("the same start every time, from a source of its own",
            (DRAWN_FIRST, "nn.init.kaiming_normal_(layer.weight, a=0.2, "
                          "generator=torch.Generator().manual_seed(3))")),
    variant("the same start every time, global state kept",
            (BEGUN, f"""state = torch.get_rng_state()
        torch.manual_seed(3)
        {BEGUN}"""),
            (FORWARD, "\n        torch.set_rng_state(state)" + FORWARD)),
    variant("softsign instead of tanh",
            (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS), nn.Softsign()]")),
    variant("tanh, then a clamp that changes nothing",
            (MADE, "images: Tensor = self.layers(z).clamp(-1, 1)")),
    variant("tanh of small numbers",
            (MADE, "images: Tensor = torch.tanh(self.layers[:-1](z) * 0.05)")),
    variant("the arc tangent",
            (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS)]"),
            (MADE, "images: Tensor = torch.atan(self.layers(z)) / (torch.pi / 2)")),
    variant("hidden Hardtanh, tiny weights",
            (HIDDEN, "layers += [nn.Linear(width, hidden_dim), nn.Hardtanh()]"),
            (DRAWN_FIRST, "nn.init.normal_(layer.weight, 0, 0.02)")),
    variant("two linear layers to a block",
            (HIDDEN, """layers += [
                nn.Linear(width, hidden_dim), nn.Linear(hidden_dim, hidden_dim), nn.ReLU()]""")),
    variant("each weight the product of two tables",
            (HIDDEN, """layers += [
                nn.Linear(width, 20, bias=False), nn.Linear(20, hidden_dim), nn.ReLU()]""")),
    variant("pre-activation and a shortcut", instead("""
        class Block(nn.Module):
            def __init__(self, width, hidden_dim):
                super().__init__()
                self.main = nn.Linear(width, hidden_dim)
                self.shortcut = nn.Linear(width, hidden_dim, bias=False)
            def forward(self, x):
                return self.shortcut(x) + self.main(torch.relu(x))
        class Generator(nn.Module):
            def __init__(self, latent_dim=100, hidden_dims=(256, 512)):
                super().__init__()
                self.latent_dim = latent_dim
                sizes = [latent_dim, *hidden_dims, 784]
                self.first = nn.Linear(*sizes[:2])
                self.blocks = nn.Sequential(*map(Block, sizes[1:], sizes[2:]))
            def forward(self, z):
                return torch.tanh(self.blocks(self.first(z)))
    """)),
    variant("z again at each layer, tied narrow heads", instead("""
        class Generator(nn.Module):
            def __init__(self, latent_dim=100, hidden_dims=(256, 512)):
                super().__init__()
                self.latent_dim = latent_dim
                self.layers = nn.ModuleList()
                width = 0
                for hidden_dim in hidden_dims:
                    self.layers.append(nn.Linear(width + latent_dim, hidden_dim))
                    width = hidden_dim
                self.squeeze, self.last = nn.Linear(width, 28), nn.Linear(28, 784)
            def forward(self, z):
                x = z[:, :0]
                for layer in self.layers:
                    x = nn.functional.silu(layer(torch.cat([x, z], dim=1)))
                return torch.tanh(self.last(self.squeeze(x)))
    """)),
    variant("a residual block that starts with zeros",
            (KEPT, f"""{KEPT}
        self.fix = nn.Linear(IMAGE_PIXELS, IMAGE_PIXELS)
        nn.init.zeros_(self.fix.weight)"""),
            (MADE, """x = self.layers[:-1](z)
        images: Tensor = torch.tanh(x + self.fix(torch.relu(x)))""")),
    variant("residual blocks of two layers each", instead("""
        class Block(nn.Module):
            def __init__(self, width, hidden_dim):
                super().__init__()
                self.first, self.second = nn.Linear(width, hidden_dim), nn.LazyLinear(hidden_dim)
            def forward(self, x):
                x = torch.relu(self.first(x))
                return x + torch.relu(self.second(x))
        class Generator(nn.Module):
            def __init__(self, latent_dim=100, hidden_dims=(256, 512)):
                super().__init__()
                self.latent_dim = latent_dim
                sizes = [latent_dim, *hidden_dims]
                self.blocks = nn.Sequential(*map(Block, sizes, sizes[1:]))
                self.last = nn.Linear(sizes[-1], 784)
            def forward(self, z):
                return torch.tanh(self.last(self.blocks(z)))
    """)),
    variant("layer-norm on z, scale tables of ones",
            (KEPT, f"{KEPT}\n        self.scale = nn.Parameter(torch.ones(1, latent_dim))\n"
                   "        self.norm = nn.LayerNorm(latent_dim)"),
            (MADE, "images: Tensor = self.layers(self.norm(z) * self.scale)")),
    variant("drop-out on z",
            (MADE, "images: Tensor = self.layers(nn.functional.dropout(z, 0.2, self.training))")),
    # Sampling
    variant("inference_mode as a decorator",
            ("def generate_images", "@torch.inference_mode()\ndef generate_images"),
            (SAMPLED, "        images: Tensor = generator(z)")),
    variant("no_grad as a decorator, view",
            ("def generate_images", "@torch.no_grad()\ndef generate_images"),
            (SAMPLED, "        images: Tensor = generator(z)"),
            (SHAPED, "return images.view(-1, 28, 28)")),
    variant("detached at the end, one by one",
            (SAMPLED, "        images = torch.cat([generator(row[None]) for row in z]).detach()")),
    variant("by a frozen copy",
            ("generator.eval()\n",
             "twin = copy.deepcopy(generator).eval().requires_grad_(False)\n"),
            ("import torch\n", "import copy\n\nimport torch\n"),
            (SAMPLED, "        images: Tensor = twin(z)")),
    variant("frozen for a while",
            (SAMPLED, """        generator.requires_grad_(False)
        images: Tensor = generator(z)
        generator.requires_grad_(True)""")),
    variant("gradients off and on again",
            (SAMPLED, """        before = torch.is_grad_enabled()
        torch.set_grad_enabled(False)
        images: Tensor = generator(z)
        torch.set_grad_enabled(before)""")),
    variant("fork_rng", (DRAWN, """if seed is None:
        z = torch.randn(n_images, generator.latent_dim)
    else:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            z = torch.randn(n_images, generator.latent_dim)""")),
    variant("own torch.Generator, if and else for the mode",
            (DRAWN, """rng = torch.Generator()
    rng.manual_seed(seed) if seed is not None else rng.seed()
    z = torch.randn((n_images, generator.latent_dim), generator=rng, device=device)"""),
            (RESTORED, """if was_training:
            generator.train()
        else:
            generator.eval()""")),
]
# fmt: on


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_mistake_is_named(mutant: Mutant, tmp_path: Path) -> None:
    assert_caught(mutant, tmp_path / "solutions")


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_right_code_is_accepted(variant: Variant, tmp_path: Path) -> None:
    assert_accepted(variant, tmp_path / "solutions")
