"""What runs a stranger's script in the child, unedited, and writes down what its networks do.

`script` runs it, `stand_ins` and `data_stand_ins` put something quiet where its surroundings are
missing, `watch` notes calls, backward passes and steps, `origins` where each tensor came from. What
it all means is the parent's business: see `checks/engine/doctor`.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from checks.probes.doctor.script import Script, run


def examine(
    solution: ModuleType,
    folder: str,
    file: str,
    source: str,
    arguments: list[str],
    images: Any,
    labels: Any,
    is_given: bool = False,
    n_steps: int = 3,
    seconds: float = 10.0,
) -> dict[str, Any]:
    """Run the script `file` of a folder, whose text is `source`, until it has taken enough steps.

    Args:
        solution: an empty module; the script takes its place.
        folder: the folder that is copied, so that the script finds what lies beside it.
        file: the script's path within the folder.
        source: its text as Python.
        arguments: what stands behind the script's name on its command line.
        images: uint8 `(N, rows, columns)` or `(N, rows, columns, 3)`, the data that stand in.
        labels: int64 `(N,)`.
        is_given: whether the images were given by whoever asks, and not drawn.
        n_steps: steps of each optimizer.
        seconds: of CPU time, after which it is enough.
    """
    return run(Script(folder, file, source, arguments, images, labels, is_given, n_steps, seconds))
