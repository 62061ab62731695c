"""Losses that a script keeps with their graphs: in lists, or added up into one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor

from checks.probes.doctor.origins import Origin, origin

MANY = 3  # losses in one sum; fewer may be one step's


def kept_graphs(
    problem: BaseException | None, root: str, main: Mapping[str, Any], passes: Sequence[Origin]
) -> list[dict[str, Any]]:
    """What of the script's still holds graphs of earlier steps: its name, and of how many losses.

    Looked for where the script is, in the frames that `problem` came through and in `main`;
    `passes` are the calls that each backward pass's loss came from.
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


def _losses_in(value: Any, passes: Sequence[Origin]) -> int:
    """How many losses' graphs a value holds, where it is more than the last step's."""
    if isinstance(value, list):
        held = [each for each in value if isinstance(each, Tensor) and each.grad_fn is not None]
        return len(held) if len(held) > 1 and all(each.numel() == 1 for each in held) else 0
    if not isinstance(value, Tensor) or value.grad_fn is None or value.numel() != 1:
        return 0
    mine = origin(value)
    count = len({calls for calls in passes if calls and calls <= mine})
    return count if count >= MANY else 0
