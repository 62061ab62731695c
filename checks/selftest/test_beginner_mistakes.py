"""The beginner checks on wrong noise and on right noise in other styles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.engine.judging.beginner.interpolation import Numbers, is_spherical, is_straight
from checks.engine.sandbox import client as sandbox
from checks.engine.sandbox.solution import Submission
from checks.selftest.mutants import (
    Mutant,
    Variant,
    assert_accepted,
    assert_caught,
    checks_of,
    ending,
    mutated,
)

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
    mutant("other defaults", "test_numpy_shape", "default-changed",
           ("def sample_noise_numpy(\n    n_samples: int = 100, latent_dim: int = 100",
            "def sample_noise_numpy(\n    n_samples: int = 64, latent_dim: int = 100")),
    mutant("latent size first", "test_numpy_shape", "parameters-in-other-order",
           ("def sample_noise_numpy(\n    n_samples: int = 100, latent_dim: int = 100",
            "def sample_noise_numpy(\n    latent_dim: int = 100, n_samples: int = 100")),
    mutant("mean and deviation before the seed", "test_torch_shape", "parameters-in-other-order",
           ("def sample_noise_torch(\n    n_samples: int = 100, latent_dim: int = 100, ",
            "def sample_noise_torch(\n    n_samples: int = 100, latent_dim: int = 100, "
            "mean: float = 0.0, std: float = 1.0, "),
           (T_DRAW, T_DRAW + " * std + mean")),
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
    mutant("requires grad", "test_torch_float32", "noise-requires-grad",
           (T_DRAW, T_DRAW.replace("rng)", "rng, requires_grad=True)"))),
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
    mutant("clipped to [-2, 2]", "test_numpy_normal", "noise-not-normal",
           (DRAW, f"{DRAW}.clip(-2, 2)")),
    mutant("clipped to [-3, 3]", "test_torch_normal", "noise-not-normal",
           (T_DRAW, f"{T_DRAW}.clamp(-3, 3)")),
    mutant("one row for all, not normal", "test_numpy_normal", "noise-repeated",
           (DRAW, "return np.tile(rng.standard_normal(latent_dim), (n_samples, 1))")),
    mutant("absolute values", "test_torch_normal", "noise-not-normal", (T_DRAW, f"{T_DRAW}.abs()")),
    mutant("one row for all", "test_torch_independent", "noise-repeated",
           (T_DRAW, "return torch.randn(1, latent_dim, generator=rng).repeat(n_samples, 1)")),
    mutant("one column for all", "test_numpy_independent", "noise-repeated",
           (DRAW, "return rng.standard_normal((n_samples, 1)).repeat(latent_dim, axis=1)")),
    mutant("a row's own seed, the same for all", "test_numpy_independent", "noise-repeated",
           (RNG, "one = np.random.default_rng"),
           (DRAW, "return np.stack([one(seed).standard_normal(latent_dim) "
                  "for _ in range(n_samples)])")),
    mutant("half of it twice", "test_numpy_independent", "noise-repeated",
           (DRAW, "half = rng.standard_normal((n_samples // 2 + 1, latent_dim))\n"
                  "    return np.concatenate([half, -half])[:n_samples]")),
    mutant("smoothed", "test_numpy_independent", "noise-dependent",
           (DRAW, "n = rng.standard_normal((n_samples, latent_dim + 1))\n"
                  "    return (n[:, 1:] + n[:, :-1]) / 2**0.5")),
    mutant("rows of one length", "test_torch_independent", "noise-dependent",
           (T_DRAW, "z = torch.randn(n_samples, latent_dim, generator=rng)\n"
                    "    return z / z.norm(dim=1, keepdim=True) * latent_dim**0.5")),
    mutant("columns of one length", "test_numpy_independent", "noise-dependent",
           (DRAW, f"z = {DRAW[7:]}\n    return z / np.square(z).mean(axis=0)**0.5")),
    mutant("rows of mean 0", "test_numpy_independent", "noise-dependent",
           (DRAW, f"z = {DRAW[7:]}\n    return z - z.mean(axis=1, keepdims=True)")),
    mutant("standardised", "test_numpy_independent", "noise-standardised",
           (DRAW, f"z = {DRAW[7:]}\n    return (z - z.mean()) / z.std()")),
    mutant("standardised in torch", "test_torch_independent", "noise-standardised",
           (T_DRAW, f"z = {T_DRAW[7:]}\n    return (z - z.mean()) / z.std()")),
    mutant("centred", "test_torch_independent", "noise-standardised",
           (T_DRAW, f"z = {T_DRAW[7:]}\n    return z - z.mean()")),
    mutant("seed ignored", "test_numpy_seed", "seed-ignored",
           (RNG, "rng = np.random.default_rng()")),
    mutant("seed 0 is none", "test_torch_seed", "seed-ignored",
           (T_RNG, "rng = torch.Generator().manual_seed(seed) if seed else None")),
    mutant("seed 42", "test_numpy_seed", "seed-constant",
           (RNG, "rng = np.random.default_rng(None if seed is None else 42)")),
    mutant("ten seeds", "test_numpy_seed", "seeds-overlap",
           (RNG, "rng = np.random.default_rng(None if seed is None else seed % 10)")),
    mutant("16 bits of the seed", "test_torch_seed", "seeds-overlap",
           (T_RNG, T_RNG.replace("(seed)", "(seed & 0xFFFF)"))),
    mutant("the next seed for the next row", "test_numpy_seed", "seeds-overlap",
           (RNG, "one = np.random.default_rng"),
           (DRAW, "return np.stack([one(None if seed is None else seed + i)"
                  ".standard_normal(latent_dim) for i in range(n_samples)])")),
    mutant("never new", "test_numpy_fresh", "noise-never-new",
           (RNG, "rng = np.random.default_rng(seed or 0)")),
    mutant("np.random.randn", "test_numpy_seed", "seed-ignored",
           (DRAW, "return np.random.randn(n_samples, latent_dim)")),
    mutant("np.random.rand", "test_numpy_global_state", "global-numbers-used",
           (DRAW, "return np.random.rand(n_samples, latent_dim)")),
    mutant("torch.randn whatever the seed", "test_torch_global_state", "global-numbers-used",
           (T_DRAW, "return torch.randn(n_samples, latent_dim)")),
    mutant("a generator without a seed", "test_torch_seed", "generator-without-seed",
           (T_RNG, "rng = torch.Generator()")),
    mutant("a generator without a seed, never new", "test_torch_fresh", "generator-without-seed",
           (T_RNG, "rng = torch.Generator()")),
    mutant("never new, seed 0 for none", "test_torch_fresh", "noise-never-new",
           (T_RNG, "rng = torch.Generator().manual_seed(seed or 0)")),
    mutant("never new in torch", "test_torch_fresh", "generator-without-seed",
           (T_RNG, "rng = torch.Generator()\n    if seed is not None:\n"
                   "        rng.manual_seed(seed)")),
    mutant("np.random.seed", "test_numpy_global_state", "global-seed-clobbered",
           (RNG, "np.random.seed(seed)"),
           (DRAW, "return np.random.randn(n_samples, latent_dim)")),
    mutant("torch.manual_seed", "test_torch_global_state", "global-seed-clobbered",
           (T_RNG, "rng = None\n    if seed is not None:\n        torch.manual_seed(seed)")),
    mutant("np.random.seed without a seed", "test_numpy_global_state", "global-seed-clobbered",
           (RNG, "if seed is None:\n        np.random.seed()\n"
                 "        return np.random.randn(n_samples, latent_dim)\n"
                 "    rng = np.random.default_rng(seed)")),
    mutant("np.random.seed(0) by the way", "test_numpy_global_state", "global-seed-clobbered",
           (RNG, f"if seed is None:\n        np.random.seed(0)\n    {RNG}")),
    mutant("torch.seed()", "test_torch_global_state", "global-seed-clobbered",
           (T_RNG, "rng = torch.Generator().manual_seed(torch.seed() if seed is None else seed)")),
    mutant("gradients off for good", "test_torch_global_state", "global-settings-changed",
           (T_RNG, f"torch.set_grad_enabled(False)\n    {T_RNG}")),
    mutant("doubles for all", "test_torch_global_state", "global-settings-changed",
           (T_RNG, f"torch.set_default_dtype(torch.float64)\n    {T_RNG}"),
           (T_DRAW, f"{T_DRAW}.float()")),
    mutant("methods for numbers", "test_statistics_torch", "method-not-called",
           (STATS, "return noise.mean, noise.std")),
    mutant("variance", "test_statistics_numpy", "statistics-variance",
           (STATS, "return float(noise.mean()), float(noise.var())")),
    mutant("swapped", "test_statistics_torch", "statistics-swapped",
           (STATS, "return float(noise.std()), float(noise.mean())")),
    mutant("tensors", "test_statistics_torch", "not-a-float",
           (STATS, "return noise.mean(), noise.std()")),
    mutant("median", "test_statistics_numpy", "statistics-wrong",
           (STATS, "return float(np.median(noise)), float(noise.std())")),
    mutant("one number", "test_statistics_numpy", "other-type", (STATS, "return 0.0")),
    mutant("sign of the mean lost", "test_statistics_torch", "statistics-wrong",
           (STATS, "return abs(float(noise.mean())), float(noise.std())")),
    mutant("centred in place", "test_statistics_numpy", "argument-overwritten",
           (STATS, "mean, std = float(noise.mean()), float(noise.std())\n    noise -= mean\n"
                   "    return mean, std")),
    mutant("centred in place, a tensor", "test_statistics_torch", "argument-overwritten",
           (STATS, "mean, std = float(noise.mean()), float(noise.std())\n    noise -= mean\n"
                   "    return mean, std")),
    mutant("one step short", "test_interpolation_count", "interpolation-count",
           (WEIGHTS, WEIGHTS.replace("n_steps, device", "n_steps - 1, device"))),
    mutant("end left out", "test_interpolation_ends", "interpolation-ends",
           (WEIGHTS, "w = torch.arange(n_steps).unsqueeze(1) / n_steps")),
    mutant("backwards", "test_interpolation_ends", "interpolation-ends",
           (WALK, "return w * start + (1 - w) * end")),
    mutant("start walks along", "test_interpolation_ends", "argument-overwritten",
           (WALK, "step, rows = (end - start) / (n_steps - 1), []\n"
                  "    for _ in range(n_steps):\n        rows.append(start.clone())\n"
                  "        start += step\n    return torch.stack(rows)")),
    mutant("end first", "test_interpolation_ends", "parameters-in-other-order",
           ("(start: Tensor, end: Tensor, n_steps", "(end: Tensor, start: Tensor, n_steps")),
    mutant("steps in columns", "test_interpolation_count", "interpolation-transposed",
           (WALK, "return ((1 - w) * start + w * end).T")),
    mutant("no column of weights", "test_interpolation_count", "weights-not-a-column",
           (WEIGHTS, "w = torch.linspace(0, 1, n_steps)")),
    mutant("no column of weights, NumPy", "test_interpolation_even", "weights-not-a-column",
           (WEIGHTS, "w = np.linspace(0, 1, n_steps)"),
           (WALK, "return torch.from_numpy((1 - w) * start.numpy() + w * end.numpy())")),
    mutant("squared weights", "test_interpolation_even", "interpolation-uneven",
           (WALK, "return (1 - w**2) * start + w**2 * end")),
    mutant("w with both ends", "test_interpolation_even", "interpolation-off-line",
           (WALK, "return w * start + w * end")),
    mutant("last step left out", "test_interpolation_ends", "interpolation-ends",
           (WEIGHTS, "w = torch.linspace(0, 1, n_steps + 1)[:-1].reshape(-1, 1)")),
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
    variant("float16 array", (DRAW, f"{DRAW}.astype(np.float16)")),
    variant("global source seeds an own one once",
            ("def sample_noise_numpy", "OWN: list[np.random.Generator] = []\n\n\n"
                                       "def sample_noise_numpy"),
            (RNG, "if seed is None and not OWN:\n        OWN.append(np.random.default_rng("
                  "np.random.randint(2**31)))\n"
                  "    rng = OWN[0] if seed is None else np.random.default_rng(seed)")),
    variant("drawn row by row, one source",
            (DRAW, "return np.stack([rng.standard_normal(latent_dim) for _ in "
                   "range(n_samples)])")),
    variant("a source for each row, spawned",
            (RNG, "sources = np.random.SeedSequence(seed).spawn(n_samples)"),
            (DRAW, "return np.stack([np.random.default_rng(each).standard_normal(latent_dim) "
                   "for each in sources])")),
    variant("global randint seeds an own generator",
            (T_RNG, "rng = torch.Generator()\n    if seed is None:\n"
                    "        seed = int(torch.randint(2**62, ()))\n    rng.manual_seed(seed)")),
    variant("a parameter of one's own at the end",
            ("def sample_noise_torch(\n    n_samples: int = 100, latent_dim: int = 100, "
             "seed: int | None = None",
             "def sample_noise_torch(\n    n_samples: int = 100, latent_dim: int = 100, "
             "seed: int | None = None, device: str = 'cpu'"),
            (T_DRAW, f"{T_DRAW}.to(device)")),
    variant("gradients off for a while",
            (T_DRAW, "with torch.no_grad():\n        return torch.randn(n_samples, latent_dim, "
                     "generator=rng)")),
    variant("centred on a copy",
            (STATS, "values = np.array(noise)\n    mean = values.mean()\n    values -= mean\n"
                    "    return float(mean), float((values**2).mean() ** 0.5)")),
    variant("start walks along as a clone",
            (WALK, "step, rows, at = (end - start) / (n_steps - 1), [], start.clone()\n"
                   "    for _ in range(n_steps):\n        rows.append(at.clone())\n"
                   "        at += step\n    return torch.stack(rows)")),
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


def test_the_first_check_is_green_within_minutes(tmp_path: Path) -> None:
    """A learner's first line: the defaults written down, no size and no seed respected."""
    first = mutant("", "", "", (RNG, ""), (DRAW, "return np.random.normal(size=(100, 100))"))
    submission = Submission(mutated(tmp_path / "solutions", first), sandbox.shared())
    name, *_ = checks_of(TIER)
    assert ending(TIER, name, submission) is None


@given(seed=st.integers(0, 10**6), size=st.integers(20, 200), last=st.floats(0.3, 1.0))
def test_a_walk_is_as_even_where_it_stops_short(seed: int, size: int, last: float) -> None:
    start, end = np.random.default_rng(seed).standard_normal((2, size))
    t = np.linspace(0, last, 8)[:, None]
    angle = np.arccos(start @ end / np.linalg.norm(start) / np.linalg.norm(end))

    def line(t: Numbers) -> Numbers:
        return np.asarray(start + t * (end - start))

    def arc(t: Numbers) -> Numbers:
        part = np.sin((1 - t) * angle) * start + np.sin(t * angle) * end
        return np.asarray(part / np.sin(angle))

    for is_even, walk in ((is_straight, line), (is_spherical, arc)):
        assert is_even(start, end, walk(t))
        assert not is_even(start, end, walk(t**2))
        assert not is_even(start, end, walk(t) + 0.1)


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_variant_is_accepted(variant: Variant, tmp_path: Path) -> None:
    assert_accepted(variant, tmp_path / "solutions")
