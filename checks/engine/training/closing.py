"""The end of a training: what `train_gan` returned, as far as it is what it should be."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from torch import nn

from checks.engine.training.losses import Pair, broken, pairs_of

if TYPE_CHECKING:
    from checks.engine.training.supervisor import Supervisor


def close(supervisor: Supervisor, returned: Any) -> None:
    """Close the books; `returned` is None where the training was ended by us at its end.

    Raises:
        StoringError: there is no place for what has been reached.
    """
    records = supervisor.records
    n_before = supervisor.kept["epoch"] if supervisor.kept else 0
    generator, history = (None, []) if supervisor.recounts else parts(supervisor, returned)
    if records.done == n_before:
        supervisor.tell("never", "Your train_gan never called on_epoch_end, so only the end of the "
                    "training is kept, and it can't be resumed.")  # fmt: skip
        if not keep_only_the_end(supervisor, generator, history):
            return
    elif records.done < supervisor.epochs:
        early = f"Your train_gan ended after {records.done} of {supervisor.epochs} epochs."
        supervisor.tell("early", early)
        supervisor.epochs = records.done
        supervisor.store_samples(records.done)
    if history and len(history) == len(records.rows):
        for row, losses in zip(records.rows, history, strict=True):
            row[1:3] = losses
        if problem := next(filter(None, map(broken, history)), ""):
            supervisor.fail("broken", f"The training went through, but {problem}.")
            return
    records.store_state("finished")


def parts(supervisor: Supervisor, returned: Any) -> tuple[Any, list[Pair]]:
    """The generator and the history that were returned."""
    if isinstance(returned, tuple) and len(returned) == 3:
        generator, discriminator, history = returned
        if isinstance(discriminator, nn.Module) and supervisor.records.discriminator is None:
            supervisor.records.discriminator = discriminator
        if isinstance(generator, nn.Module) and (pairs := pairs_of(history)) is not None:
            return generator, pairs
    what = type(returned).__name__
    if isinstance(returned, tuple):
        what = f"({', '.join(type(part).__name__ for part in returned)})"
    supervisor.tell(
        "returned",
        "Your train_gan should return (generator, discriminator, history), the history with both "
        f"losses of each epoch, and returned {what}.",
    )
    first = returned[0] if isinstance(returned, tuple) and returned else returned
    return first if isinstance(first, nn.Module) else supervisor.generator, []


def keep_only_the_end(supervisor: Supervisor, generator: Any, history: list[Pair]) -> bool:
    """Keep a training that was not heard of while it ran; whether there is anything to keep."""
    if not isinstance(generator, nn.Module):
        supervisor.fail("nothing", "The training left nothing behind: no generator came back from "
                    "train_gan, nor through on_epoch_end.")  # fmt: skip
        return False
    supervisor.generator = generator
    epochs = len(history) or supervisor.epochs
    seconds = (time.perf_counter() - supervisor.began) / epochs
    cpu_seconds = (time.process_time() - supervisor.cpu_began) / epochs
    for number in range(epochs):
        supervisor.records.add(history[number] if history else None, seconds, cpu_seconds)
    supervisor.epochs = supervisor.records.done
    supervisor.store_samples(supervisor.records.done)
    return True
