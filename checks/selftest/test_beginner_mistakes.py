"""The beginner checks on wrong noise and on right noise in other styles."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.selftest.mutants import Mutant, Variant, assert_accepted, assert_caught

TIER = "beginner"
RNG = "rng = np.random.default_rng(seed)"
DRAW = "return rng.standard_normal((n_samples, latent_dim))"
T_RNG = "rng = None if seed is None else torch.Generator().manual_seed(seed)"
T_DRAW = "return torch.randn(n_samples, latent_dim, generator=rng)"
STATS = "return float(noise.mean()), float(noise.std())"
WEIGHTS = "w = torch.linspace(0, 1, n_steps, device=start.device).unsqueeze(1)  # (n_steps, 1)"
WALK = "return (1 - w) * start + w * end"


def mutant(name: str, check: str, mistake: str, *replacements: tuple[str, str]) -> Mutant:
    return Mutant(name, TIER, replacements, check=check, mistake=mistake)


def variant(name: str, *replacements: tuple[str, str]) -> Variant:
    return Variant(name, TIER, replacements)


# fmt: off
MUTANTS = [
    mutant("transposed", "test_numpy_shape", "noise-transposed",
           (DRAW, "return rng.standard_normal((latent_dim, n_samples))")),
    mutant("always 100 × 100", "test_numpy_shape", "noise-size-ignored",
           (DRAW, "return rng.standard_normal((100, 100))")),
    mutant("flat", "test_torch_shape", "noise-shape",
           (T_DRAW, "return torch.randn(n_samples * latent_dim, generator=rng)")),
    mutant("a tensor", "test_numpy_floats", "other-type",
           (DRAW, "return torch.from_numpy(rng.standard_normal((n_samples, latent_dim)))")),
    mutant("nothing returned", "test_numpy_shape", "nothing-returned",
           (DRAW, "rng.standard_normal((n_samples, latent_dim))")),
    mutant("integers", "test_numpy_floats", "noise-integers",
           (DRAW, "return rng.integers(-3, 4, (n_samples, latent_dim))")),
    mutant("float64 tensor", "test_torch_float32", "noise-dtype",
           (T_DRAW, "return torch.randn(n_samples, latent_dim, generator=rng).double()")),
    mutant("uniform", "test_numpy_normal", "noise-uniform",
           (DRAW, "return rng.random((n_samples, latent_dim))")),
    mutant("uniform around 0", "test_numpy_normal", "noise-uniform",
           (DRAW, "return rng.uniform(-1, 1, (n_samples, latent_dim))")),
    mutant("torch.rand", "test_torch_normal", "noise-uniform", (T_DRAW, T_DRAW.replace("randn",
                                                                                    "rand"))),
    mutant("shifted", "test_numpy_normal", "noise-shifted",
           (DRAW, "return rng.normal(0.1, 1.0, (n_samples, latent_dim))")),
    mutant("scaled", "test_numpy_normal", "noise-scaled",
           (DRAW, "return rng.normal(0.0, 1.1, (n_samples, latent_dim))")),
    mutant("clamped", "test_torch_normal", "noise-not-normal",
           (T_DRAW, f"{T_DRAW}.clamp(-1, 1)")),
    mutant("absolute values", "test_torch_normal", "noise-not-normal", (T_DRAW, f"{T_DRAW}.abs()")),
    mutant("one row for all", "test_torch_independent", "noise-repeated",
           (T_DRAW, "return torch.randn(1, latent_dim, generator=rng).repeat(n_samples, 1)")),
    mutant("one column for all", "test_numpy_independent", "noise-repeated",
           (DRAW, "return rng.standard_normal((n_samples, 1)).repeat(latent_dim, axis=1)")),
    mutant("half of it twice", "test_numpy_independent", "noise-repeated",
           (DRAW, "half = rng.standard_normal((n_samples // 2 + 1, latent_dim))\n"
                  "    return np.concatenate([half, -half])[:n_samples]")),
    mutant("smoothed", "test_numpy_independent", "noise-dependent",
           (DRAW, "n = rng.standard_normal((n_samples, latent_dim + 1))\n"
                  "    return (n[:, 1:] + n[:, :-1]) / 2**0.5")),
    mutant("rows of one length", "test_torch_independent", "noise-dependent",
           (T_DRAW, "z = torch.randn(n_samples, latent_dim, generator=rng)\n"
                    "    return z / z.norm(dim=1, keepdim=True) * latent_dim**0.5")),
    mutant("seed ignored", "test_numpy_seed", "seed-ignored",
           (RNG, "rng = np.random.default_rng()")),
    mutant("seed 0 is none", "test_torch_seed", "seed-ignored",
           (T_RNG, "rng = torch.Generator().manual_seed(seed) if seed else None")),
    mutant("seed 42", "test_numpy_seed", "seed-constant",
           (RNG, "rng = np.random.default_rng(None if seed is None else 42)")),
    mutant("never new", "test_numpy_fresh", "noise-never-new",
           (RNG, "rng = np.random.default_rng(seed or 0)")),
    mutant("never new in torch", "test_torch_fresh", "noise-never-new",
           (T_RNG, "rng = torch.Generator()\n    if seed is not None:\n"
                   "        rng.manual_seed(seed)")),
    mutant("np.random.seed", "test_numpy_global_state", "global-seed-clobbered",
           (RNG, "np.random.seed(seed)"),
           (DRAW, "return np.random.randn(n_samples, latent_dim)")),
    mutant("torch.manual_seed", "test_torch_global_state", "global-seed-clobbered",
           (T_RNG, "rng = None\n    if seed is not None:\n        torch.manual_seed(seed)")),
    mutant("variance", "test_statistics_numpy", "statistics-variance",
           (STATS, "return float(noise.mean()), float(noise.var())")),
    mutant("swapped", "test_statistics_torch", "statistics-swapped",
           (STATS, "return float(noise.std()), float(noise.mean())")),
    mutant("tensors", "test_statistics_torch", "not-a-float",
           (STATS, "return noise.mean(), noise.std()")),
    mutant("median", "test_statistics_numpy", "statistics-wrong",
           (STATS, "return float(np.median(noise)), float(noise.std())")),
    mutant("one number", "test_statistics_numpy", "other-type", (STATS, "return 0.0")),
    mutant("one step short", "test_interpolation_count", "interpolation-count",
           (WEIGHTS, WEIGHTS.replace("n_steps, device", "n_steps - 1, device"))),
    mutant("end left out", "test_interpolation_ends", "interpolation-ends",
           (WEIGHTS, "w = torch.arange(n_steps).unsqueeze(1) / n_steps")),
    mutant("backwards", "test_interpolation_ends", "interpolation-ends",
           (WALK, "return w * start + (1 - w) * end")),
    mutant("squared weights", "test_interpolation_even", "interpolation-uneven",
           (WALK, "return (1 - w**2) * start + w**2 * end")),
    mutant("a wrong letter", "test_questions", "wrong-answer",
           ('"noise_purpose": "d"', '"noise_purpose": "a"')),
]

VARIANTS = [
    variant("normal with arguments", (DRAW, "return rng.normal(0, 1, size=(n_samples, "
                                            "latent_dim))")),
    variant("RandomState", (RNG, "rng = np.random.RandomState(seed)"),
            (DRAW, "return rng.randn(n_samples, latent_dim)")),
    variant("global source when unseeded",
            (RNG, "rng = np.random if seed is None else np.random.RandomState(seed)")),
    variant("float32 array", (DRAW, f"{DRAW}.astype(np.float32)")),
    variant("global state saved and restored",
            (RNG, "state = np.random.get_state()\n    if seed is not None:\n"
                  "        np.random.seed(seed)"),
            (DRAW, "noise = np.random.randn(n_samples, latent_dim)\n    if seed is not None:\n"
                   "        np.random.set_state(state)\n    return noise")),
    variant("fork_rng",
            (T_RNG, "if seed is None:\n        return torch.randn(n_samples, latent_dim)"),
            (T_DRAW, "with torch.random.fork_rng():\n        torch.manual_seed(seed)\n"
                     "        return torch.randn(n_samples, latent_dim)")),
    variant("empty and normal_", (T_DRAW, "return torch.empty(n_samples, latent_dim)"
                                          ".normal_(generator=rng)")),
    variant("n - 1", (STATS, "noise = torch.as_tensor(noise)\n"
                             "    return noise.mean().item(), noise.std().item()")),
    variant("NumPy scalars", (STATS, "values = np.asarray(noise)\n"
                                     "    return np.mean(values), np.std(values)")),
    variant("a loop", (WALK, "return torch.stack([start + (end - start) * i / (n_steps - 1) "
                             "for i in range(n_steps)])")),
    variant("torch.lerp", (WALK, "return torch.lerp(start[None], end[None], w)")),
    variant("spherical",
            (WALK, "cosine = start @ end / (start.norm() * end.norm())\n"
                   "    angle = torch.arccos(cosine)\n"
                   "    return (torch.sin((1 - w) * angle) * start + torch.sin(w * angle) * end) "
                   "/ torch.sin(angle)")),
    variant("another comment", ("# G is a fixed recipe", "# A comment.\n"
                                                 "    # G is a fixed recipe")),
]
# fmt: on


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_mutant_is_caught_and_named(mutant: Mutant, tmp_path: Path) -> None:
    assert_caught(mutant, tmp_path / "solutions")


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_variant_is_accepted(variant: Variant, tmp_path: Path) -> None:
    assert_accepted(variant, tmp_path / "solutions")
