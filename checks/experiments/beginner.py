"""Experiments on noise: where normal vectors lie, and what lies between two of them."""

from __future__ import annotations

import numpy as np

from checks.engine.course.verdict import Exhibit
from checks.experiments.record import Experiment, Outcome, nearest


def measure_lengths(seed: int) -> Outcome:
    """How long a latent vector of 100 numbers is."""
    from beginner import sample_noise_numpy

    lengths = np.linalg.norm(sample_noise_numpy(1000, 100, seed), axis=1)
    bands = {"a": (0, 2), "b": (8, 12), "c": (80, 120)}
    shares = {
        each: np.mean((low < lengths) & (lengths < high)) for each, (low, high) in bands.items()
    }
    quarters = np.histogram(lengths, bins=4, range=(0, 20))[0] / len(lengths)
    letter = next((each for each, share in shares.items() if share > 0.9), "")
    if not letter and quarters.min() > 0.15:
        letter = "d"
    rows = (
        ("shortest", f"{lengths.min():.2f}"),
        ("mean", f"{lengths.mean():.2f}"),
        ("longest", f"{lengths.max():.2f}"),
        ("share between 8 and 12", f"{shares['b']:.1%}"),
    )
    return Outcome(Exhibit("The lengths of 1,000 latent vectors", ("", "length"), rows), letter)


def measure_midpoints(seed: int) -> Outcome:
    """How long the vectors are on a straight walk between two latent vectors."""
    from beginner import interpolate_noise, sample_noise_torch

    starts, ends = sample_noise_torch(200, 100, seed), sample_noise_torch(200, 100, seed + 1)
    walks = [interpolate_noise(start, end, 5) for start, end in zip(starts, ends, strict=True)]
    lengths = [float(np.mean([float(walk[i].norm()) for walk in walks])) for i in range(5)]
    ratio = lengths[2] / ((lengths[0] + lengths[4]) / 2)
    places = ("start", "a quarter", "halfway", "three quarters", "end")
    rows = tuple((place, f"{length:.2f}") for place, length in zip(places, lengths, strict=True))
    note = f"Halfway the length is {ratio:.2f} times that of the ends."
    shown = Exhibit("The mean length over 200 straight walks", ("", "length"), rows, note)
    return Outcome(shown, nearest(ratio, {"a": 1.0, "b": 0.0, "c": 0.7, "d": 0.5}, 0.08))


EXPERIMENTS = (
    Experiment(
        "lengths",
        "Draw 1,000 latent vectors of 100 numbers each from N(0, 1). How long are they, as arrows "
        "from the origin?",
        {
            "a": "Nearly all close to 0, where single numbers are the likeliest.",
            "b": "Nearly all close to 10, hardly one below 8 or above 12.",
            "c": "Nearly all close to 100, as a hundred numbers add up.",
            "d": "Of all lengths from 0 to 20, each about equally often.",
        },
        measure_lengths,
        "The squares of 100 numbers, each 1 on average, add up to about 100, and the length is the "
        "root of that. To be near 0, all hundred would have to be near 0 at once. So the noise "
        "lies in a thin shell, and that is where G is trained.",
    ),
    Experiment(
        "midpoints",
        "Walk straight from one latent vector to another. How long is the vector halfway, compared "
        "with the two ends?",
        {
            "a": "As long as they are: it lies between two of that length.",
            "b": "Almost 0: halfway, the two directions cancel each other.",
            "c": "About 0.7 times as long: the straight way is a short cut.",
            "d": "Half as long: only half of either vector is left in it.",
        },
        measure_midpoints,
        "Two random vectors of 100 numbers stand almost at a right angle, and the straight line "
        "between their tips passes at 1/√2 of their length. It leaves the shell in which G was "
        "trained. A spherical walk stays in it, and both count as right in this tier.",
    ),
)
