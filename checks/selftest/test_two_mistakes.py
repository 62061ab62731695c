"""Two mistakes in one training step: each is named, whichever of the two is met first."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.selftest.mutants import Mutant, assert_caught
from checks.selftest.test_advanced_mistakes import (
    BACK,
    CLEAR,
    D_CALLS,
    D_FAKES,
    FAKE_LOSS,
    G_CALL,
    G_LOSS,
    G_NOISE,
    ITEM,
    REAL_LOSS,
    STEP,
    d_update,
    g_update,
)

MOVES, FED, LOSS, CLEAN = "moves", "is_fed", "step_loss", "step_clean"
NEVER_CLEARED = d_update(D_CALLS, BACK, STEP, ITEM)
G_NEVER_CLEARED = g_update(G_CALL, BACK, STEP, ITEM)
CLIMBED = d_update(D_CALLS, CLEAR, "(-loss).backward()", STEP, ITEM)
NOT_A_FLOAT = d_update(D_CALLS, CLEAR, BACK, STEP, "return loss")
UNIFORM = ("z = sample_noise_torch(len(", "z = torch.rand(len(")
SHOWN_NOISE = (D_CALLS, D_CALLS.replace("(fake_images)", "(torch.randn_like(real_images))"))
FAKES_REAL = (FAKE_LOSS, FAKE_LOSS.replace("zeros", "ones"))
REAL_FAKE = (REAL_LOSS, REAL_LOSS.replace("ones", "zeros"))
HELPS_D = (G_LOSS, G_LOSS.replace("ones", "zeros"))
SATURATES = (G_LOSS, "return torch.log(1 - fake_scores).mean()")
SIGMOID_TWICE = (G_LOSS, G_LOSS.replace("entropy", "entropy_with_logits"))


def two(
    name: str, check: str, mistake: str, further: tuple[str, ...], *replacements: tuple[str, str]
) -> Mutant:
    network, _, aspect = check.partition(" ")
    test = f"test_{'discriminator' if network == 'D' else 'generator'}_{aspect}"
    return Mutant(name, "advanced", replacements, check=test, mistake=mistake, further=further)


# fmt: off
MUTANTS = [
    two("labels and clearing", f"D {LOSS}", "labels-swapped", ("gradients-never-cleared",),
        FAKES_REAL, REAL_FAKE, NEVER_CLEARED),
    two("clearing and labels", f"D {CLEAN}", "gradients-never-cleared", ("labels-swapped",),
        FAKES_REAL, REAL_FAKE, NEVER_CLEARED),
    two("fakes' labels and clearing", f"D {CLEAN}", "gradients-never-cleared",
        ("fakes-labelled-real",), FAKES_REAL, NEVER_CLEARED),
    two("labels and sign", f"D {LOSS}", "negated-loss", ("real-labelled-fake",),
        REAL_FAKE, CLIMBED),
    two("weights and labels", f"D {LOSS}", "fakes-labelled-real", ("unequal-halves",),
        FAKES_REAL, ("return real_loss + fake_loss", "return real_loss + 3 * fake_loss")),
    two("noise and labels", f"D {FED}", "fed-with-noise", ("labels-swapped",),
        SHOWN_NOISE, FAKES_REAL, REAL_FAKE),
    two("noise and clearing", f"D {CLEAN}", "fed-with-noise", ("gradients-never-cleared",),
        d_update(SHOWN_NOISE[1], BACK, STEP, ITEM)),
    two("uniform z and labels", f"D {FED}", "noise-uniform", ("real-labelled-fake",),
        UNIFORM, REAL_FAKE),
    two("uniform z and clearing", f"D {CLEAN}", "noise-uniform", ("gradients-never-cleared",),
        UNIFORM, NEVER_CLEARED),
    two("no fakes and sign", f"D {FED}", "never-sees-fakes", ("negated-loss",),
        d_update("loss = -F.binary_cross_entropy(discriminator(real_images), "
                 "torch.ones(len(real_images), 1))", CLEAR, BACK, STEP, ITEM)),
    two("no real images and labels", f"D {FED}", "never-sees-real", ("fakes-labelled-real",),
        d_update("loss = F.binary_cross_entropy(discriminator(fake_images), "
                 "torch.ones(len(real_images), 1))", CLEAR, BACK, STEP, ITEM)),
    two("labels and the returned loss", f"D {LOSS}", "fakes-labelled-real", ("not-a-float",),
        FAKES_REAL, NOT_A_FLOAT),
    two("labels and a mode", f"D {LOSS}", "fakes-labelled-real", ("step-mode-changed",),
        FAKES_REAL, (D_FAKES, f"generator.eval()\n    {D_FAKES}")),
    two("G moves and labels", f"D {MOVES}", "wrong-network-moved", ("labels-swapped",),
        FAKES_REAL, REAL_FAKE, (D_FAKES, "fake_images = generator(z)"),
        d_update(D_CALLS, CLEAR, "generator.zero_grad()", BACK, STEP,
                 "with torch.no_grad():",
                 "    for p in generator.parameters():",
                 "        p -= 0.01 * p.grad", ITEM)),
    two("two steps and noise", f"D {MOVES}", "two-steps", ("fed-with-noise",),
        d_update(SHOWN_NOISE[1], CLEAR, BACK, STEP, STEP, ITEM)),
    two("no step and noise", f"D {MOVES}", "no-step", ("noise-uniform",),
        UNIFORM, d_update(D_CALLS, CLEAR, BACK, ITEM)),
    two("the same noise and labels", f"D {FED}", "noise-reused", ("labels-swapped",),
        FAKES_REAL, REAL_FAKE,
        ("z = sample_noise_torch(len(real_images), generator.latent_dim)",
         "z = sample_noise_torch(len(real_images), generator.latent_dim, seed=1)")),
    two("two steps and labels", f"D {MOVES}", "two-steps", ("labels-swapped",),
        FAKES_REAL, REAL_FAKE, d_update(D_CALLS, CLEAR, BACK, STEP, STEP, ITEM)),
    two("saturating and never cleared", f"G {LOSS}", "saturating-loss",
        ("gradients-never-cleared",), SATURATES, G_NEVER_CLEARED),
    two("never cleared and saturating", f"G {CLEAN}", "gradients-never-cleared",
        ("saturating-loss",), SATURATES, G_NEVER_CLEARED),
    two("helps D and never cleared", f"G {CLEAN}", "gradients-never-cleared",
        ("generator-labels-fake",), HELPS_D, G_NEVER_CLEARED),
    two("sigmoid twice and never cleared", f"G {LOSS}", "sigmoid-twice",
        ("gradients-never-cleared",), SIGMOID_TWICE, G_NEVER_CLEARED),
    two("64 images and the labels", f"G {FED}", "batch-size-ignored", ("generator-labels-fake",),
        (G_NOISE, G_NOISE.replace("batch_size", "64")), HELPS_D),
    two("uniform z and saturating", f"G {FED}", "noise-uniform", ("saturating-loss",),
        (G_NOISE, G_NOISE.replace("sample_noise_torch", "torch.rand")), SATURATES),
    two("detached and uniform z", f"G {MOVES}", "detach-in-generator-step", ("noise-uniform",),
        (G_NOISE, G_NOISE.replace("sample_noise_torch", "torch.rand")),
        g_update(G_CALL.replace("generator(z))", "generator(z).detach())"),
                 CLEAR, BACK, STEP, ITEM)),
    two("climbs and returns a tensor", f"G {LOSS}", "negated-loss", ("not-a-float",),
        g_update(G_CALL, CLEAR, "(-loss).backward()", STEP, "return loss")),
]
# fmt: on


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_both_mistakes_are_named(mutant: Mutant, tmp_path: Path) -> None:
    assert_caught(mutant, tmp_path / "solutions")
