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


def mutant(name: str, check: str, mistake: str, *replacements: tuple[str, str]) -> Mutant:
    return Mutant(name, TIER, replacements, check=check, mistake=mistake)


def variant(name: str, *replacements: tuple[str, str]) -> Variant:
    return Variant(name, TIER, replacements)


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
    mutant("tanh moved to [0, 1]", "test_range", "generator-sigmoid-output",
           (MADE, "images: Tensor = (self.layers(z) + 1) / 2")),
    mutant("no activation", "test_range", "generator-no-tanh",
           (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS)]")),
    mutant("LeakyReLU at the end", "test_range", "generator-no-tanh",
           (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS), nn.LeakyReLU(0.2)]")),
    mutant("ReLU after tanh", "test_range", "generator-relu-output",
           (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS), nn.Tanh(), nn.ReLU()]")),
    mutant("ReLU before tanh", "test_range", "generator-relu-output",
           (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS), nn.ReLU(), nn.Tanh()]")),
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
    mutant("a layer too many", "test_gradient", "unused-layer",
           (KEPT, KEPT + "\n        self.spare = nn.Linear(latent_dim, 50)")),
    mutant("latent size not kept", "test_latent_dim", "latent-dim-not-kept",
           ("self.latent_dim = latent_dim", "")),
    mutant("latent size 100", "test_latent_dim", "latent-dim-ignored",
           ("width = latent_dim", "width = 100")),
    mutant("widths fixed", "test_hidden_dims", "hidden-dims-ignored",
           ("for hidden_dim in hidden_dims", "for hidden_dim in (256, 512)")),
    mutant("two widths only", "test_hidden_dims", "hidden-dims-fixed-count",
           ("for hidden_dim in hidden_dims", "for hidden_dim in hidden_dims[:2]")),
    mutant("two widths demanded", "test_hidden_dims", "hidden-dims-fixed-count",
           ("for hidden_dim in hidden_dims",
            "for hidden_dim in (hidden_dims[0], hidden_dims[1])")),
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
    mutant("NumPy images", "test_images_shape", "other-type", (SHAPED, SHAPED + ".numpy()")),
    mutant("nothing returned", "test_images_shape", "nothing-returned", (SHAPED, "")),
    mutant("transposed", "test_images_are_the_generators", "images-transposed",
           (SHAPED, SHAPED + ".mT")),
    mutant("rescaled", "test_images_are_the_generators", "images-rescaled",
           (SHAPED, SHAPED + " / 2 + 0.5")),
    mutant("another generator's", "test_images_are_the_generators", "images-not-the-generators",
           (SHAPED, "return -images.reshape(n_images, IMAGE_SIZE, IMAGE_SIZE).abs()")),
    mutant("not called", "test_images_are_the_generators", "generator-not-called",
           ("images: Tensor = generator(z)", "images = torch.tanh(torch.randn(n_images, 784))")),
    mutant("size 100 assumed", "test_images_noise", "latent-size-assumed",
           (DRAWN, DRAWN.replace("generator.latent_dim", "100"))),
    mutant("uniform noise", "test_images_noise", "sampling-noise-not-normal",
           (DRAWN, "z = torch.rand(n_images, generator.latent_dim)")),
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
    mutant("seed 0 unless told", "test_images_fresh", "noise-never-new",
           (DRAWN, DRAWN.replace("seed", "seed or 0"))),
    mutant("global seed", "test_images_global_state", "global-seed-clobbered",
           (DRAWN, """if seed is not None:
        torch.manual_seed(seed)
    z = torch.randn(n_images, generator.latent_dim)""")),
    mutant("wrong answer", "test_questions", "wrong-answer",
           ('"why_tanh": "a"', '"why_tanh": "b"')),
]

VARIANTS = [
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
    variant("the same start every time",
            ("layers: list[nn.Module] = []", """torch.manual_seed(3)
        layers: list[nn.Module] = []""")),
    variant("clamped instead of tanh",
            (LAST, "layers += [nn.Linear(width, IMAGE_PIXELS), nn.Hardtanh()]")),
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
