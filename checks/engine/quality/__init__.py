"""How good a generator's images are: measures, each beside what it says of real images and noise.

    scores = score_run(run)      # computes what is missing and writes scores.json
    scores = read_scores(run)    # what stands there, or None

Importing this loads no PyTorch. A run's folder is data that nobody vouches for, and is only read as
data: arrays without pickles, JSON as plain values.
"""

from __future__ import annotations

from checks.engine.quality.scoring import read_scores, score_run

__all__ = ["read_scores", "score_run"]
