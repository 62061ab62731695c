"""How hands write the ten digits: pen strokes, several styles for each digit.

A style is text. `x,y` is a point that the pen passes through (x to the right, y down, in percent
of the digit's height), `!` after it makes a sharp corner there, and `|` lifts the pen. Between its
points a stroke is a Catmull-Rom curve (E. Catmull and R. Rom, "A class of local interpolating
splines", 1974). The number before each style says how often hands write it so, against the other
styles of the same digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

DOTS = 96  # dots of ink along all strokes of one digit

STYLES: dict[int, tuple[tuple[float, str], ...]] = {
    0: (
        (2, "50,0 25,12 12,50 25,88 50,100 75,88 88,50 75,12 50,0"),
        (2, "62,8 40,2 18,25 12,60 30,95 60,98 85,65 85,28 65,5 45,8"),
        (1, "40,5 20,25 12,55 25,92 55,98 82,70 85,35 70,8"),
        (1, "55,5 30,12 15,50 28,90 55,97 80,75 82,35 62,6 40,5 48,22"),
        (0.3, "30,95 15,60 25,15 55,0 78,25 82,65 62,98"),
        (0.5, "20,25 15,60 35,97 70,90 88,50 75,10 45,3 25,12"),
        (0.5, "30,5 15,40 25,88 60,100 88,60 75,20 45,2"),
        (0.7, "60,22 30,15 -5,45 10,78 60,88 110,70 112,35 80,15 50,20"),
    ),
    1: (
        (6, "50,0 50,50 50,100"),
        (1, "48,0 54,50 50,100"),
        (1, "30,20 52,0! 50,50 50,100"),
        (0.5, "42,8 52,0! 50,50 50,100"),
        (0.5, "28,22 52,0! 50,100 | 25,100 75,100"),
        (0.4, "30,15 52,0! 50,100 | 10,98 92,98"),
        (0.4, "25,12 55,0! 50,98! 15,98! 85,98"),
    ),
    2: (
        (2, "15,22 30,5 55,0 78,15 75,38 45,70 12,98! 50,97 88,95"),
        (2, "15,20 35,3 62,3 75,22 65,50 40,80 20,92 12,82 25,76 50,90 88,92"),
        (1, "15,10 45,5 75,8! 45,50 12,95! 50,93 88,92"),
        (1, "12,25 28,5 60,0 76,20 62,52 30,85 10,95 25,82 45,85 65,97 90,88"),
        (1, "12,20 35,2 65,5 75,28 58,62 30,92 8,90 8,72 28,68 52,82 92,98"),
        (1, "22,35 18,20 35,3 65,3 80,25 65,55 35,80 10,96! 50,95 88,96"),
        (1, "25,8 60,3 75,25 58,58 20,95! 55,90 88,82"),
        (1, "30,15 50,0 68,10 62,35 40,75 25,98! 80,95"),
        (1, "22,25 35,5 60,0 78,20 76,60 55,90 28,100 12,86 24,70 48,74 72,94 88,96"),
        (1, "20,28 45,8 68,20 52,50 12,88! 45,78 75,86 115,70"),
        (1, "12,15 45,2 78,10 85,45 70,80 40,98 15,90 28,75 55,85 85,100"),
        (1, "15,30 40,2 75,12 78,50 55,88 25,98 10,82 30,70 60,85 95,92"),
        (0.7, "20,30 30,8 70,2 88,30 68,70 30,95 5,85 15,68 45,70 70,90 100,85"),
        (0.2, "40,0 48,20 25,85! 60,88 95,82"),
    ),
    3: (
        (2, "15,12 40,0 72,8 72,30 38,46! 75,55 82,78 55,100 15,92"),
        (1, "15,5 45,6 78,5! 42,42! 78,55 80,82 50,100 12,90"),
        (1, "15,15 40,0 70,8 68,32 42,48 35,42 45,40 75,58 80,80 50,100 12,88"),
        (1, "18,12 45,0 75,15 60,42 40,47 68,55 80,78 50,100 15,90"),
        (1, "10,22 30,2 75,5 75,30 40,40! 70,48 78,72 55,95 10,98"),
        (1, "25,10 50,0 70,15 45,38! 80,50 85,80 50,100 10,85"),
        (1, "20,15 45,2 68,18 42,45! 66,58 62,85 40,100 22,95"),
        (0.7, "15,20 40,2 80,8 75,40 30,58! 68,58 72,78 45,98 5,92"),
        (0.5, "18,12 50,0 72,14 40,42 55,48 82,62 70,92 35,98 12,80 30,75"),
        (0.7, "20,5 45,2 68,14 42,40! 75,45 88,70 60,98 25,95 12,82"),
    ),
    4: (
        (2, "25,0 20,35 22,55! 75,52 | 75,5 70,50 65,100"),
        (2, "18,5 15,40 35,55 70,45 80,5! 72,50 65,100"),
        (1, "60,0! 12,65! 90,65 | 62,0 60,100"),
        (1, "30,0 10,58! 92,56 | 68,20 62,100"),
        (1, "20,5 12,50 45,55 75,45 78,10 72,45 66,100"),
        (1, "20,5 20,50! 78,48 | 80,5 78,100"),
        (0.7, "70,5! 25,45! 72,50 | 72,5 65,100"),
        (1, "35,0 12,60! 85,58 | 62,35 58,100"),
        (0.7, "45,0 15,70! 55,62 95,58 | 75,32 52,100"),
        (0.7, "15,10 10,70 40,75 85,65 | 85,0 80,50 76,100"),
        (0.5, "62,5 20,55! 60,60 98,50 | 70,0 55,50 45,100"),
    ),
    5: (
        (2, "25,5 22,42! 55,38 80,60 70,90 40,100 12,90 | 25,5 85,3"),
        (2, "85,3 30,5! 25,42! 58,40 78,62 65,92 35,100 10,90"),
        (1.5, "80,5 40,8 22,30 50,48 75,65 60,92 15,95"),
        (1, "30,12 28,45! 60,42 75,70 50,98 15,92 | 32,10 90,0"),
        (1, "90,2 40,8! 30,40! 50,40 62,60 50,88 12,98"),
        (0.5, "95,8 50,5! 40,38! 62,45 65,70 45,95 5,92"),
        (1, "35,20 30,52 60,55 65,78 45,98 5,95 | 38,18 75,12 115,8"),
        (0.7, "25,8 18,50! 50,38 85,50 85,85 50,100 15,95 8,80 | 25,8 80,6"),
        (0.5, "40,15 45,50 65,65 60,90 25,100 5,90 | 45,12 95,0"),
    ),
    6: (
        (2, "65,0 35,25 15,65 30,98 65,95 78,72 60,55 30,62 18,80"),
        (2, "50,0 20,50 18,80 40,100 75,90 75,65 45,58 20,78"),
        (1, "72,5 45,5 20,35 15,72 38,100 72,90 75,65 48,52 22,70"),
        (1, "40,0 20,50 20,85 50,100 85,80 80,60 55,60 40,80 48,100"),
        (1, "60,0 35,35 22,75 35,100 60,90 58,70 40,70 25,88"),
        (1, "35,0 12,45 15,85 45,100 85,85 85,55 55,45 30,65 35,92"),
        (1, "20,0 10,50 25,92 60,100 88,70 75,42 48,55 45,92"),
        (0.7, "30,0 15,45 18,85 45,98 80,85 80,68 50,68 32,85"),
        (0.5, "60,0 25,40 12,80 35,100 62,85 60,65 40,68"),
    ),
    7: (
        (2, "12,10 45,7 80,5! 60,50 45,100"),
        (1.5, "12,25 14,8! 82,5! 65,45 50,100"),
        (1.5, "12,10 45,7 80,5! 60,50 45,100 | 35,50 80,48"),
        (1, "15,15 45,5 78,8 75,35 60,65 50,100"),
        (1, "25,15 50,2 72,10 68,50 62,100"),
        (0.7, "10,5 25,15 80,8! 60,50 55,100"),
        (1.5, "15,35 18,10 48,14 80,8 74,35 62,65 52,100"),
        (1, "15,28 20,5! 75,5 75,40 62,100"),
        (1, "18,22 22,8! 80,6! 62,45 50,100 | 22,58 88,48"),
        (1, "12,14 35,6 78,10! 60,48 52,100 | 28,52 90,50"),
    ),
    8: (
        (2, "75,12 50,0 25,12 35,38 65,58 75,82 50,100 22,82 38,55 68,35 78,15"),
        (1, "50,0 25,20 50,45 75,20 50,0 | 50,45 20,75 50,100 80,75 50,45"),
        (1, "78,8 45,5 25,20 45,45 75,70 55,98 25,85 40,58 85,10"),
        (1, "50,48 25,25 50,0 75,22 50,48 22,75 50,100 78,78 50,48"),
        (1, "60,0 35,12 45,42 65,70 55,98 35,85 45,55 70,25 60,0"),
        (1, "70,18 45,2 18,18 30,40 55,58 66,82 50,100 36,84 50,56 85,12"),
        (1, "80,22 52,2 15,12 22,38 52,58 58,85 45,100 34,84 48,55 78,38 80,15"),
        (0.7, "90,8 60,15 25,8 18,28 48,50 68,72 55,98 32,90 40,62 98,20"),
        (0.7, "55,48 38,25 55,2 70,20 55,45 15,72 25,95 60,100 85,80 55,48"),
        (0.5, "30,30 55,0 80,22 45,55 18,85 45,100 70,85 50,55 28,28"),
    ),
    9: (
        (2, "75,25 50,5 22,25 30,50 60,45 76,20! 72,60 68,100"),
        (1, "72,15 45,0 20,25 40,50 70,35 75,10! 78,60 60,95 25,92"),
        (1, "70,10 40,2 20,28 42,48 70,30 72,8 70,55 55,100"),
        (1, "78,8 40,5 18,30 40,48 72,30 78,8! 60,100"),
        (1, "60,20 45,5 28,20 35,40 58,30 62,12! 62,55 58,100"),
        (1, "70,20 55,0 25,15 20,40 50,45 70,20 75,55 55,100"),
        (1, "75,12 45,0 10,28 22,62 55,60 78,22 82,60 85,100"),
        (0.7, "88,2 50,3 18,25 35,48 65,32 76,12! 74,60 70,100"),
        (0.7, "70,30 60,5 30,10 20,38 45,52 70,28! 78,70 55,100 25,95 20,85"),
        (0.7, "40,12 15,35 35,55 65,40 75,8 50,0 25,15 | 75,8 70,50 62,100"),
        (0.7, "90,15 60,0 25,20 20,45 50,45 88,15! 62,55 40,100"),
        (1, "75,20 45,2 18,22 30,45 62,38 78,18 80,60 65,95 30,98 12,80"),
        (0.7, "60,15 50,3 35,15 42,32 58,25 62,12! 60,60 56,100"),
        (0.5, "80,10 40,0 15,22 35,40 78,25 85,60 60,98 20,98"),
    ),
}


@dataclass(frozen=True)
class Styles:
    """All styles side by side; S styles, each padded to C control points.

    `digits` (S,) and `shares` (S,), a digit's shares adding up to 1; `controls` (S, C, 2) in
    heights of the digit; `curves` (S, DOTS, C), the matrix that takes control points to dots;
    `joined` (S, DOTS - 1), 1 where the pen stays down from one dot to the next, else 0.
    """

    digits: NDArray[np.int64]
    shares: NDArray[np.float64]
    controls: FloatArray
    curves: FloatArray
    joined: FloatArray


@cache
def styles() -> Styles:
    """Every style of `STYLES`, parsed."""
    parsed = [
        (digit, share / sum(other for other, _ in variants), *_parse(text))
        for digit, variants in STYLES.items()
        for share, text in variants
    ]
    size = max(len(controls) for _, _, controls, _, _ in parsed)
    return Styles(
        digits=np.array([digit for digit, *_ in parsed], np.int64),
        shares=np.array([share for _, share, *_ in parsed]),
        controls=np.stack([np.pad(c, ((0, size - len(c)), (0, 0))) for _, _, c, _, _ in parsed]),
        curves=np.stack([np.pad(m, ((0, 0), (0, size - m.shape[1]))) for *_, m, _ in parsed]),
        joined=np.stack([joined for *_, joined in parsed]),
    )


def _parse(text: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """One style's control points (C, 2), curve matrix (DOTS, C) and joins (DOTS - 1,)."""
    strokes = [stroke.split() for stroke in text.split("|")]
    words = [word for stroke in strokes for word in stroke]
    controls: FloatArray = np.array([word.rstrip("!").split(",") for word in words], np.float32)
    controls /= 100
    fine, stroke_of, start = [], [], 0
    for number, stroke in enumerate(strokes):
        # A corner is its point written twice: the curve stops there and leaves anew.
        knots = [start + i for i, word in enumerate(stroke) for _ in range(1 + word.endswith("!"))]
        fine.append(_spline(knots, len(words)))
        stroke_of += [number] * len(fine[-1])
        start += len(stroke)
    matrix, stroke_number = np.concatenate(fine), np.array(stroke_of)
    picked = _evenly(matrix @ controls, stroke_number)
    joined = stroke_number[picked][1:] == stroke_number[picked][:-1]
    return controls, matrix[picked], joined.astype(np.float32)


def _spline(knots: list[int], n_controls: int, steps: int = 64) -> FloatArray:
    """The matrix that takes control points to many dots on a Catmull-Rom curve through `knots`."""
    t = np.linspace(0, 1, steps, dtype=np.float32)
    weights = np.stack(
        [
            (-t + 2 * t**2 - t**3) / 2,
            (2 - 5 * t**2 + 3 * t**3) / 2,
            (t + 4 * t**2 - 3 * t**3) / 2,
            (t**3 - t**2) / 2,
        ],
        axis=1,
    )
    padded = [knots[0], *knots, knots[-1]]
    pieces = []
    for i in range(len(knots) - 1):
        if knots[i] != knots[i + 1]:
            piece = np.zeros((steps, n_controls), np.float32)
            for column, knot in enumerate(padded[i : i + 4]):
                piece[:, knot] += weights[:, column]
            pieces.append(piece)
    return np.concatenate(pieces)


def _evenly(points: FloatArray, stroke_number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Indices of DOTS points that stand at even distances along all strokes together."""
    steps = np.hypot(*np.diff(points, axis=0).T) * (np.diff(stroke_number) == 0)
    walked = np.concatenate([[0], np.cumsum(steps)])
    picked = np.searchsorted(walked, np.linspace(0, walked[-1], DOTS))
    return np.minimum(picked, len(points) - 1)
