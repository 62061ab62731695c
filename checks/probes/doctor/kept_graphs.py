"""Losses that a script keeps with their graphs: in lists, or added up into one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor

from checks.probes.doctor.origins import Origin, origin

Passes = Mapping[tuple[Any, ...], Sequence[Origin]]
MANY = 2  # one line may serve both networks' losses, and their sum be one step's


def kept_graphs(
    problem: BaseException | None, root: str, main: Mapping[str, Any], passes: Passes
) -> list[dict[str, Any]]:
    """What of the script's still holds graphs of earlier steps: its name, and of how many losses.

    Looked for where the script is, in the frames that `problem` came through and in `main`;
    `passes` are the lines of the backward passes, with the calls that each one's losses came from.
    """
    seen: set[int] = set()
    found = []
    for scope in _scopes(problem, root, main):
        for name, value in list(scope.items()):
            named = {name: value}
            if isinstance(value, dict):
                named = {f"{name}[{key!r}]": inner for key, inner in list(value.items())}
            for shown, each in named.items():
                if id(each) not in seen and (count := _losses_in(each, passes)):
                    found.append({"name": shown[:80], "count": count})
                seen.add(id(each))
    return found


def _scopes(
    problem: BaseException | None, root: str, main: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    yield main
    trace = problem.__traceback__ if problem is not None else None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith(root):
            names = trace.tb_frame.f_locals
            yield names
            yield getattr(names.get("self"), "__dict__", {})
        trace = trace.tb_next


def _losses_in(value: Any, passes: Passes) -> int:
    """How many losses' graphs a value holds, where it is more than the last step's."""
    if isinstance(value, list):
        held = [each for each in value if isinstance(each, Tensor) and each.grad_fn is not None]
        return len(held) if len(held) > 1 and all(each.numel() == 1 for each in held) else 0
    if not isinstance(value, Tensor) or value.grad_fn is None or value.numel() != 1:
        return 0
    mine = origin(value)
    counts = [len({calls for calls in each if calls and calls <= mine}) for each in passes.values()]
    most = max(counts, default=0)  # of one line's: a sum of several lines' may be one step's
    return most if most > MANY else 0
