"""A class whose truth is known: graded, timed, and every score and named mistake compared.

    python -m checks.benchmarks.classroom [--students N] [--keep DIR] [--seed N]

60 in 100 are right (the reference, or variants in other styles), 25 have one to three mistakes
(mutants of the self-tests' tables, each in another tier, of which the first has to be named: it may
stand in the others' way), 10 are half done, 5 hang or are hostile.
It is graded cold and once more with nothing changed. Exit status 1 if a right one has not all
points, a mistake is not named in `class.json`, or a hostile one harms another.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checks.engine.course.listing import course
from checks.engine.paths import EXERCISES, KIT, REFERENCE, tiers
from checks.selftest.mutants import Mutant, Variant, mutants, mutated, variants

HOSTILE = (
    "while True:\n    pass\n",
    "import os\nos._exit(0)\n",
    "import os\n\n\ndef sample_noise_numpy(*a, **k):\n    os.kill(os.getppid(), 9)\n",
    "held = bytearray(2**34)\n",
    "def sample_noise_numpy(*a, **k):\n    while True:\n        print('x' * 10**6)\n",
)
# Right for their own tier; what the reference builds on them in a later one is not.
PARTLY = {
    "residual blocks of two layers each": "it keeps no hidden_dims",
    "functional, ModuleList, activations in forward": "it keeps no hidden_dims",
    "a product of one's own at the end": "it keeps no hidden_dims",
    "bare parameters": "it keeps no hidden_dims",
    "z again at each layer, tied narrow heads": "it keeps no hidden_dims",
    "pre-activation and a shortcut": "it keeps no hidden_dims",
    "saved in passing": "a plot that is saved in a snapshot, too",
    "an optimizer without a memory, made anew": "SGD, too slow for the samples to get closer",
}


@dataclass
class Truth:
    """What a student is known to be: of a kind, with these mistakes."""

    kind: str
    mistakes: set[str] = field(default_factory=set)


def main() -> int:
    """Make the class, grade it twice, compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--students", type=int, default=300)
    parser.add_argument("--keep", type=Path, help="an empty folder for the class and its results")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    place = options.keep or Path(tempfile.mkdtemp(prefix="gan-class-"))
    truth = made(place / "class", options.students, random.Random(options.seed))
    print(dict(Counter(each.kind.split(":")[0] for each in truth.values())))
    cold = graded(place)
    again = graded(place)
    print(f"cold {cold:.0f} s, again {again:.1f} s")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest process {peak:.0f} MB")
    report = (place / "out" / "report.html").stat().st_size / 2**20
    print(f"report {report:.2f} MB")
    data = json.loads((place / "out" / "class.json").read_text(encoding="utf-8"))
    wrong = list(compared(data, truth))
    print("\n".join(wrong) or "Every score and every named mistake is as it should be.")
    if options.keep is None:
        shutil.rmtree(place)
    return 1 if wrong else 0


def made(folder: Path, size: int, drawn: random.Random) -> dict[str, Truth]:
    """Write a class into a folder, and return what is true of each student."""
    right = [each for each in variants() if each.name not in PARTLY]
    wrong = [each for each in mutants() if each.mistake]
    by_tier = {tier: [each for each in wrong if each.tier == tier] for tier in tiers()}
    truth: dict[str, Truth] = {}
    for number in range(size):
        key, place = f"s{number:03}", number / size
        student = folder / key
        if place < 0.6:
            chosen: Variant = drawn.choice(right)
            mutated(student, chosen)
            truth[key] = Truth(f"right: {chosen}")
        elif place < 0.85:
            several = [
                drawn.choice(by_tier[tier]) for tier in drawn.sample(tiers(), drawn.randint(1, 3))
            ]
            truth[key] = with_mistakes(student, several)
        elif place < 0.95:
            shutil.copytree(EXERCISES, student)
            for tier in tiers()[: drawn.randint(0, 2)]:
                shutil.copy(REFERENCE / f"{tier}.py", student)
            truth[key] = Truth("half done")
        else:
            shutil.copytree(EXERCISES, student)
            (student / "beginner.py").write_text(drawn.choice(HOSTILE), encoding="utf-8")
            truth[key] = Truth("hostile")
        for extra in set(student.glob("*.py")) - {student / f"{tier}.py" for tier in tiers()}:
            extra.unlink()
    return truth


def with_mistakes(folder: Path, several: list[Mutant]) -> Truth:
    """A student with these mistakes, each in a tier of its own."""
    mutated(folder, several[0])
    for each in several[1:]:
        with tempfile.TemporaryDirectory() as other:
            changed = mutated(Path(other), each)
            shutil.copy(changed / f"{each.tier}.py", folder)
    first = min(
        several, key=lambda each: tiers().index(each.tier)
    )  # later ones may be blocked by it
    return Truth("mistakes: " + ", ".join(map(str, several)), {first.mistake, *first.further})


def graded(place: Path) -> float:
    """Grade the class by the command; the seconds that it took."""
    began = time.perf_counter()
    command = [sys.executable, "run_checks.py", "grade", str(place / "class")]
    subprocess.run([*command, "--out", str(place / "out")], cwd=KIT, check=False)
    return time.perf_counter() - began


def compared(data: dict[str, Any], truth: dict[str, Truth]) -> list[str]:
    """What is not as it should be, in lines."""
    of = sum(each.check.points for each in course())
    found = []
    for row in data["students"]:
        known = truth[row["student"]]
        if row["status"] != "graded":
            found.append(f"{row['student']} ({known.kind}): {row['status']}, {row['note']}")
        if known.kind.startswith("right") and (row["points"] != of or row["mistakes"]):
            found.append(f"{row['student']} ({known.kind}): {row['points']}, {row['mistakes']}")
        if missing := known.mistakes - set(row["mistakes"]):
            found.append(f"{row['student']} ({known.kind}): not named: {', '.join(missing)}")
    if len(data["students"]) != len(truth):
        found.append("somebody is missing")
    return found


if __name__ == "__main__":
    sys.exit(main())
