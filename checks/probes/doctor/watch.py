"""What PyTorch's hooks see of a script: calls, backward passes, steps, cleared gradients, batches.

It knows no names of the script's. Every event has a moment, a number that grows, and a place: the
script's own line that was running.
"""

from __future__ import annotations

import contextlib
import sys
import time
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.nn.utils.parametrize import ParametrizationList
from torch.optim.optimizer import (
    Optimizer,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from checks.probes.doctor.kept_graphs import kept_graphs
from checks.probes.doctor.origins import LABEL, NOISE, REAL, mark, origin
from checks.probes.gradient_ledger import GradientLedger, Pass

MAX_CALLS = 3000
MAX_SCORES = 2048  # scores of one call that are kept
PER_ROW = 1024  # numbers that a score map may have for each image
KEPT_OUTPUTS, KEPT_BATCHES = 16, 8
ALIKE = 1e-3  # rows that differ by less, for their size, are the same
MANY_STEPS = 40
NEARLY_ALL = 0.9
Place = list[Any]  # [file, line, function]


class Enough(BaseException):
    """The script has shown what there is to see; nothing of its own is to catch this."""


class PlacedLedger(GradientLedger):
    """A ledger that tells the watch when a pass begins, and where penalties are taken."""

    def __init__(self, began: Callable[[Any], None], place: Callable[[], Place]) -> None:
        super().__init__()
        self.began, self.place = began, place
        self.places: list[Place] = []  # of penalties

    def took(self, gradients: Sequence[Tensor | None]) -> None:
        """Note also the line."""
        super().took(gradients)
        self.places.append(self.place())

    @contextlib.contextmanager
    def _pass(self, tensors: Any, weights: Any) -> Iterator[Pass]:
        self.began(tensors)
        with super()._pass(tensors, weights) as entry:
            yield entry


class Watch:
    """Notes what happens until each optimizer has taken `n_steps`, or `seconds` are over."""

    def __init__(self, root: str, n_steps: int, seconds: float) -> None:
        self.root, self.n_steps, self.seconds = root, n_steps, seconds
        self.is_over = False
        self.started = time.process_time()
        self.moment = 0
        self.ledger = PlacedLedger(self._pass_began, self.place)
        self.modules: dict[int, nn.Module] = {}
        self.names: dict[int, str] = {}
        self.optimizers: dict[int, Optimizer] = {}
        self.made: dict[int, tuple[int, Place]] = {}
        self.weights: dict[int, tuple[int, Tensor]] = {}
        self.calls: list[dict[str, Any]] = []
        self.passes: list[dict[str, Any]] = []
        self.steps: list[dict[str, Any]] = []
        self.zeroings: list[dict[str, Any]] = []
        self.batches: list[dict[str, Any]] = []
        self.losses: list[dict[str, Any]] = []
        self.oddities: dict[tuple[Any, ...], dict[str, Any]] = {}
        self.graphs: list[dict[str, Any]] = []
        self.n_passes_of_data = 0  # times that a loader was gone through
        self._open: list[tuple[int, int]] = []  # module and call that run now
        self._before: dict[int, Tensor] = {}
        self._start: dict[int, Tensor] = {}  # weights as their last step found them
        self._after: dict[int, Tensor] = {}  # and as it left them
        self._undone: dict[int, float] = {}  # by optimizer: the share of it that was taken back
        self.labels: list[list[Any]] = []  # shape and fingerprint of those that came with data
        self._clipped: set[int] = set()  # weights whose numbers were clipped, in place or not
        self._touched: set[int] = set()  # weights that something else than a step has changed
        self._outputs: list[tuple[int, Tensor]] = []
        self._real: list[Tensor] = []

    # Events ---------------------------------------------------------------------------------------

    def now(self) -> int:
        """The next moment."""
        self.moment += 1
        return self.moment

    def place(self) -> Place:
        """The innermost line of the script that is running."""
        frame: types.FrameType | None = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_filename.startswith(self.root):
                file = frame.f_code.co_filename[len(self.root) + 1 :].replace("\\", "/")
                return [file, frame.f_lineno, frame.f_code.co_name]
            frame = frame.f_back
        return ["", 0, ""]

    def weight(self, tensor: Tensor) -> int:
        """A number for a weight."""
        if id(tensor) not in self.weights:
            self.weights[id(tensor)] = len(self.weights), tensor
        return self.weights[id(tensor)][0]

    def saw_call(self, module: nn.Module, arguments: Any) -> None:
        """Before a module runs."""
        if self.is_over:
            raise Enough
        if isinstance(module, ParametrizationList):  # spectral norm, at work on a weight
            self._open.append((id(module), -1))
            return
        is_layer = type(module).__module__.startswith("torch.") and not any(module.children())
        if (self._open and is_layer) or len(self.calls) >= MAX_CALLS or not _has_weights(module):
            self._open.append((id(module), -1))
            return
        if id(module) not in self.modules:
            self.modules[id(module)] = module
        self.ledger.follow(module.parameters())
        if not self._open and id(module) not in self.names:
            self.names[id(module)] = self._name_of(module)
        inputs = [each for each in arguments if isinstance(each, Tensor)]
        number = len(self.calls)
        parents = [call for _, call in self._open if call >= 0]
        call: dict[str, Any] = {
            "number": number,
            "module": id(module),
            "parent": parents[-1] if parents else -1,
            "graph": torch.is_grad_enabled(),
            "training": module.training,
            "shapes": [list(each.shape) for each in inputs],
            "at": self.now(),
            "place": self.place(),
        }
        call["conditions"] = [_fingerprint(each.detach()) for each in inputs]
        call["has_own_label"] = any(LABEL in origin(each) for each in inputs)
        if inputs and inputs[0].is_floating_point():
            first = inputs[0].detach()
            self._recognize(inputs[0])
            came_from = origin(inputs[0]) - {LABEL}
            call["from"] = sorted(each for each in came_from if isinstance(each, int))
            call["is_noise"] = came_from == {NOISE}
            call["is_real"] = REAL in came_from
            call["has_noise"] = NOISE in came_from
            call["cut"] = not inputs[0].requires_grad
            call["range"] = _range(first)
            call["print"] = _fingerprint(first)
            call |= self._sorted(first, came_from)
        self.calls.append(call)
        self._open.append((id(module), number))

    def saw_output(self, module: nn.Module, arguments: Any, output: Any) -> None:
        """After a module ran."""
        _, number = self._open.pop() if self._open else (0, -1)
        if number < 0:
            return
        outputs = [each for each in _tensors(output) if each.is_floating_point() and each.dim()]
        call = self.calls[number]
        for each in outputs:
            mark(each, origin(each) | {number})
        if not outputs:
            return
        first = min(outputs, key=lambda each: each.numel() / max(len(each), 1))
        call["out"] = list(first.shape)
        call["out_range"] = _range(first.detach())
        call["ends"] = _ends(first)
        rows = max(len(first), 1)
        if first.numel() // rows <= PER_ROW:
            scores = first.detach().double().flatten()[:MAX_SCORES]
            call["scores"] = scores
            self.ledger.expect(number, first)
        largest = max(outputs, key=Tensor.numel)
        if largest.dim() > 1:
            made = number, largest.detach().flatten(1)
            self._outputs = [*self._outputs, made][-KEPT_OUTPUTS:]

    def saw_data(self, batch: Any) -> None:
        """Data that have just come in: images, and labels, which are whole numbers."""
        for each in _tensors(batch):
            if each.is_floating_point() and not each.requires_grad:
                mark(each, origin(each) | {REAL})
                if each.dim() > 1:
                    self._real = [*self._real, each.detach().flatten(1)][-KEPT_BATCHES:]
            elif not each.is_floating_point() and each.dim() == 1:
                self.labels.append([list(each.shape), _fingerprint(each)])
                mark(each, origin(each) | {LABEL})

    def saw_raw(self, images: Tensor) -> None:
        """Images in whole numbers, as a dataset keeps them."""
        mark(images, frozenset({REAL}))

    def saw_batches(self, kind: str, **more: Any) -> None:
        """A loader was begun, has given a batch, or has ended."""
        if kind == "end":
            self.n_passes_of_data += 1
        self.batches.append({"kind": kind, "at": self.now(), "place": self.place(), **more})

    def _pass_began(self, tensors: Any) -> None:
        losses = [tensors] if isinstance(tensors, Tensor) else list(_tensors(tensors))
        came_from = {each for loss in losses for each in origin(loss) if isinstance(each, int)}
        self.passes.append({
            "at": self.now(), "place": self.place(), "from": sorted(came_from),
        })  # fmt: skip

    def saw_made(self, optimizer: Optimizer) -> None:
        """An optimizer was made."""
        self.optimizers[id(optimizer)] = optimizer
        self.made[id(optimizer)] = self.now(), self.place()
        self.ledger.follow(held_by(optimizer))

    def before_step(self, optimizer: Optimizer, *ignored: Any) -> None:
        """Just before an optimizer's step."""
        if self.is_over:
            raise Enough
        if id(optimizer) not in self.optimizers:
            self.saw_made(optimizer)
        self._before = {id(w): w.detach().clone() for w in held_by(optimizer)}
        touched = {
            key: (self._start[key], self._after[key], now)
            for key, now in self._before.items()
            if key in self._after and not torch.equal(now, self._after[key])
        }
        self._touched |= set(touched)
        free = [each for key, each in touched.items() if key not in self._clipped]
        self._undone[id(optimizer)] = _undone(free)

    def saw_step(self, optimizer: Optimizer, *ignored: Any) -> None:
        """Just after an optimizer's step."""
        held = held_by(optimizer)
        applied = self.ledger.applied(optimizer)
        moved = [
            self.weight(w) for w in held
            if id(w) in self._before and not torch.equal(self._before[id(w)], w.detach())
        ]  # fmt: skip
        self._start |= self._before
        self._after |= {id(w): w.detach().clone() for w in held}
        way = max((float((self._after[k] - w).abs().max()) for k, w in self._before.items()
                   if w.numel()), default=0.0)  # fmt: skip
        has_gradient = [self.weight(w) for w in held if w.grad is not None and bool(w.grad.any())]
        self.steps.append({
            "optimizer": id(optimizer), "at": self.now(), "place": self.place(),
            "parts": [list(one) for one in applied.parts], "kept": applied.kept,
            "unexplained": applied.unexplained, "passes": len(self.ledger.passes),
            "moved": moved, "has_gradient": has_gradient, "way": way,
            "undone": self._undone.get(id(optimizer), 0.0),
            "rates": [float(group["lr"]) for group in optimizer.param_groups],
            "is_finite": all(bool(w.isfinite().all()) for w in held),
        })  # fmt: skip
        self._stop_if_done()

    def saw_zeroing(self, weights: Sequence[Tensor]) -> None:
        """Gradients are about to be cleared."""
        had = [self.weight(w) for w in weights if w.grad is not None and bool(w.grad.any())]
        self.zeroings.append({
            "at": self.now(), "place": self.place(),
            "weights": [self.weight(w) for w in weights], "had": had,
        })  # fmt: skip

    def saw_loss(self, name: str, args: Any, kwargs: Any) -> None:
        """A loss of PyTorch's is about to be taken."""
        both = [*args[:2], kwargs.get("input"), kwargs.get("target")]
        both = [each for each in both if isinstance(each, Tensor)][:2]
        if len(both) == 2 and len(self.losses) < MAX_CALLS:
            self.losses.append({
                "name": name, "at": self.now(), "place": self.place(),
                "shapes": [list(each.shape) for each in both],
                "from": sorted(each for each in origin(both[0]) if isinstance(each, int)),
                "target_range": _range(both[1].detach().double()),
                "ends": _ends(both[0]),
            })  # fmt: skip

    def saw_clip(self, numbers: Tensor) -> None:
        """Numbers are about to be clipped: a weight's, perhaps."""
        with contextlib.suppress(RuntimeError, ValueError):  # what lies nowhere is no weight
            place = numbers.data_ptr()
            self._clipped |= {
                key for key, (_, weight) in self.weights.items()
                if _is_there(weight) and place and weight.data_ptr() == place
            }  # fmt: skip

    def saw_softmax(self, args: Any, kwargs: Any) -> None:
        """A softmax is about to be taken: over a single number it is always 1."""
        dim = kwargs.get("dim", args[1] if len(args) > 1 else None)
        shape = args[0].shape if args else ()
        if isinstance(dim, int) and shape and -len(shape) <= dim < len(shape) and shape[dim] == 1:
            self._odd("softmax-of-one")

    def saw_dropout(self, args: Any, kwargs: Any) -> None:
        """Dropout: is it on although its network is in eval mode?"""
        is_on = kwargs.get("training", args[2] if len(args) > 2 else True)
        opened = [each for each, _ in self._open if each in self.modules]
        if is_on and opened and not self.modules[opened[-1]].training:
            self._odd("dropout-in-eval", module=opened[-1])

    def _odd(self, kind: str, **more: Any) -> None:
        place = self.place()
        self.oddities.setdefault((kind, *place), {"kind": kind, "place": place, **more})

    # Stopping -------------------------------------------------------------------------------------

    def _stop_if_done(self) -> None:
        counts: dict[frozenset[int], int] = {}
        for key, optimizer in self.optimizers.items():
            held = frozenset(map(id, held_by(optimizer)))
            taken = sum(step["optimizer"] == key for step in self.steps)
            counts[held] = counts.get(held, 0) + taken
        live = {held: taken for held, taken in counts.items() if held}
        used = time.process_time() - self.started
        fewest = min(live.values(), default=0)
        is_enough = fewest >= self.n_steps and len(live) > 1
        saw_two_epochs = self.n_passes_of_data > 0 and fewest > self.n_steps
        is_long = used > self.seconds / 4 or len(self.steps) >= MANY_STEPS
        if (is_enough and (saw_two_epochs or is_long or fewest >= 3 * self.n_steps)) or (
            len(self.steps) >= 3 * MANY_STEPS
        ):
            self.is_over = True
            raise Enough("steps")

    # Helpers --------------------------------------------------------------------------------------

    def _recognize(self, tensor: Tensor) -> None:
        """Give images their origin back that have been to NumPy and back."""
        if origin(tensor) - {NOISE, LABEL} or tensor.dim() < 2:
            return
        rows = tensor.detach().flatten(1)
        for number, made in reversed(self._outputs):
            if made.shape[1] == rows.shape[1] and len(made) and _same(rows[:1], made).any():
                mark(tensor, origin(tensor) | {number})
                return
        for real in reversed(self._real):
            if real.shape[1] == rows.shape[1] and len(real) and _same(rows[:1], real).any():
                mark(tensor, origin(tensor) | {REAL})
                return

    def _sorted(self, rows: Tensor, came_from: frozenset[Any]) -> dict[str, Any]:
        """Which rows are made by a network, where real and made images may stand together."""
        if rows.dim() < 2 or not any(isinstance(each, int) for each in came_from):
            return {}
        rows = rows.flatten(1)
        is_made = torch.zeros(len(rows), dtype=torch.bool)
        is_real = torch.zeros(len(rows), dtype=torch.bool)
        for number, made in self._outputs:
            if number in came_from and made.shape[1] == rows.shape[1]:
                is_made |= _same(rows, made).any(dim=1)
        for real in self._real:
            if real.shape[1] == rows.shape[1]:
                is_real |= _same(rows, real).any(dim=1)
        others = rows[~is_made]
        return {"made_rows": is_made, "real_rows": is_real, "range_of_others": _range(others)}

    def _name_of(self, module: nn.Module) -> str:
        """What the script calls a module."""
        frame: types.FrameType | None = sys._getframe(1)
        main = sys.modules["__main__"].__dict__
        while frame is not None:
            if frame.f_code.co_filename.startswith(self.root):
                for scope in (frame.f_locals, frame.f_globals):
                    for name, value in list(scope.items()):
                        if value is module and name != "self":
                            return name
                owner = frame.f_locals.get("self")
                for name, value in list(getattr(owner, "__dict__", {}).items()):
                    if value is module:
                        return f"self.{name}"
                for name, value in list(getattr(owner, "_modules", {}).items()):
                    if value is module:
                        return f"self.{name}"
            frame = frame.f_back
        return next((name for name, value in list(main.items()) if value is module), "")

    def look_for_graphs(self, problem: BaseException | None, main: dict[str, Any]) -> None:
        """Losses that still hold their graphs, where the script ended."""
        passes: dict[tuple[Any, ...], list[frozenset[int]]] = {}
        for each in self.passes:
            passes.setdefault(tuple(each["place"]), []).append(frozenset(each["from"]))
        self.graphs = kept_graphs(problem, self.root, main, passes)

    def report(self) -> dict[str, Any]:
        """All of it, in numbers and text."""
        modules = [self._described(key, module) for key, module in self.modules.items()]
        optimizers = []
        for key, optimizer in self.optimizers.items():
            at, place = self.made[key]
            optimizers.append({
                "id": key, "kind": type(optimizer).__name__, "at": at, "place": place,
                "weights": [self.weight(w) for w in held_by(optimizer)],
                "rates": [float(group["lr"]) for group in optimizer.param_groups],
            })  # fmt: skip
        passes = []
        for note, entry in zip(self.passes, self.ledger.passes, strict=False):
            passes.append({
                **note,
                "losses": entry.losses,
                "has_penalty": entry.has_penalty,
                "of_inputs": entry.of_inputs,
                "reached": [self.weights[k][0] for k in entry.added if k in self.weights],
                "forces": [[n, g.flatten()[:MAX_SCORES]] for n, g in entry.forces.items()],
            })  # fmt: skip
        return {
            "modules": modules, "optimizers": optimizers, "calls": self.calls, "passes": passes,
            "steps": self.steps, "zeroings": self.zeroings, "batches": self.batches,
            "losses": self.losses, "oddities": list(self.oddities.values()),
            "labels": self.labels[:MAX_CALLS],
            "penalties": [[*each] for each in zip(
                self.ledger.places, self.ledger.penalties, strict=True
            )],
            "graphs": self.graphs, "cpu": time.process_time() - self.started,
        }  # fmt: skip

    def _described(self, key: int, module: nn.Module) -> dict[str, Any]:
        leaves = [each for each in module.modules() if not any(each.children())]
        return {
            "id": key,
            "class": type(module).__name__,
            "name": self.names.get(key, ""),
            "weights": [self.weight(w) for w in module.parameters()],
            "size": sum(w.numel() for w in module.parameters() if _is_there(w)),
            "inner": [id(each) for each in module.modules() if each is not module],
            "layers": [_layer(each) for each in leaves[:60]],
            "layer_weights": [[self.weight(w) for w in each.parameters()] for each in leaves[:60]],
            "is_bounded": any(
                id(w) in self._touched or id(w) in self._clipped for w in module.parameters()
            )
            or any(_is_normed(each) for each in module.modules()),
        }

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """See everything inside the block."""
        handles = [
            register_module_forward_pre_hook(self.saw_call),
            register_module_forward_hook(self.saw_output),
            register_optimizer_step_pre_hook(self.before_step),
            register_optimizer_step_post_hook(self.saw_step),
        ]
        make, clear, clear_all = Optimizer.__init__, Optimizer.zero_grad, nn.Module.zero_grad
        watch = self

        def made(optimizer: Optimizer, *args: Any, **kwargs: Any) -> None:
            make(optimizer, *args, **kwargs)
            watch.saw_made(optimizer)

        def cleared(optimizer: Optimizer, *args: Any, **kwargs: Any) -> None:
            watch.saw_zeroing(held_by(optimizer))
            clear(optimizer, *args, **kwargs)

        def all_cleared(module: nn.Module, *args: Any, **kwargs: Any) -> None:
            watch.saw_zeroing(list(module.parameters()))
            clear_all(module, *args, **kwargs)

        Optimizer.__init__ = made  # type: ignore[method-assign,assignment]
        Optimizer.zero_grad = cleared  # type: ignore[method-assign,assignment]
        nn.Module.zero_grad = all_cleared  # type: ignore[method-assign,assignment]
        try:
            with self.ledger.watching():
                yield
        finally:
            Optimizer.__init__ = make  # type: ignore[method-assign]
            Optimizer.zero_grad = clear  # type: ignore[method-assign]
            nn.Module.zero_grad = clear_all  # type: ignore[method-assign]
            for handle in handles:
                handle.remove()


def held_by(optimizer: Optimizer) -> list[Tensor]:
    """The weights that an optimizer moves."""
    return [weight for group in optimizer.param_groups for weight in group["params"]]


def _undone(weights: Sequence[tuple[Tensor, Tensor, Tensor]]) -> float:
    """How much of a step something else has taken back, of weights (before, after, now).

    0 where it was not nearly all of them, as where weights are clipped, or not the step's way back.
    """
    whole = [(start, after, now) for start, after, now in weights if start.shape == now.shape]
    if not whole:
        return 0.0
    start, after, now = (torch.cat([each[k].float().flatten() for each in whole]) for k in range(3))
    went, back = after - start, after - now
    if not went.any() or float((back != 0).float().mean()) < NEARLY_ALL:
        return 0.0
    share = float(back @ went / went.square().sum())
    is_along = float((back - share * went).norm()) < 0.2 * float(back.norm())
    return share if is_along else 0.0


def _has_weights(module: nn.Module) -> bool:
    return next(module.parameters(), None) is not None


def _is_there(weight: Tensor) -> bool:
    return not isinstance(weight, nn.parameter.UninitializedParameter)


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value[:50]:
            yield from _tensors(item)
    elif isinstance(value, dict):
        for item in list(value.values())[:50]:
            yield from _tensors(item)


def _range(numbers: Tensor) -> list[float]:
    if not numbers.numel():
        return []
    numbers = numbers.double()
    return [float(each) for each in (numbers.min(), numbers.max(), numbers.mean())]


def _fingerprint(numbers: Tensor) -> list[float]:
    numbers = numbers.double().flatten()
    place = torch.arange(len(numbers), dtype=torch.float64)  # labels in another order are others
    return [float(each) for each in (numbers.sum(), numbers.square().sum(), numbers @ place)]


def _same(rows: Tensor, known: Tensor) -> Tensor:
    """Which rows (N, width) are which of the known ones (M, width): (N, M)."""
    rows, known = rows.double(), known.double()  # exact enough for a distance by a matrix product
    gaps = torch.cdist(rows, known, compute_mode="use_mm_for_euclid_dist")
    same: Tensor = gaps <= ALIKE * rows.norm(dim=1, keepdim=True).clamp(min=1e-6)
    return same


def _ends(output: Tensor) -> list[str]:
    """The last operations that an output came from, the last one first."""
    names: list[str] = []
    node: Any = output.grad_fn
    while node is not None and len(names) < 12:
        names.append(type(node).__name__)
        node = node.next_functions[0][0] if node.next_functions else None
    return names


def _is_normed(module: nn.Module) -> bool:
    """Whether spectral norm holds its weight in check."""
    return isinstance(module, ParametrizationList) or hasattr(module, "weight_orig")


def _layer(layer: nn.Module) -> str:
    """A layer with the sizes that it was made with."""
    for pair in (("in_features", "out_features"), ("in_channels", "out_channels"),
                 ("num_embeddings", "embedding_dim")):  # fmt: skip
        if all(isinstance(getattr(layer, name, None), int) for name in pair):
            return f"{type(layer).__name__}({', '.join(str(getattr(layer, n)) for n in pair)})"
    return type(layer).__name__
