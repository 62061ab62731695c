"""Errors of backward and of what it needs."""

from __future__ import annotations

from checks.engine.sandbox.translation.record import Translation

WRITTEN_OVER = (
    "backward needs the numbers as they were in the forward pass, and a line has written over them "
    "since."
)
LOOK_IN_PLACE = (
    "Look for +=, *=, or a function whose name ends in an underscore, on a tensor that a layer has "
    "taken or made."
)

TRANSLATIONS = (
    Translation(
        r"modified by an inplace operation",
        WRITTEN_OVER,
        LOOK_IN_PLACE,
        "changed-in-place",
        tiers=("beginner", "intermediate", "bonus"),
    ),
    Translation(
        # Weights, which an optimizer changes, are leaves or views of leaves, and no results.
        r"modified by an inplace operation.* output \d+ of "
        r"(?!AsStrided|Transpose|T(?:Backward\d*)?\b)\w+",
        WRITTEN_OVER,
        LOOK_IN_PLACE,
        "changed-in-place",
    ),
    Translation(
        r"modified by an inplace operation",
        "backward needs the weights as they were in the forward pass, and an optimizer step has "
        "changed them in between: scores from before D's step are no use after it.",
        "Run the discriminator again on the fakes after its own step, and use the new scores.",
        "stale-scores",
    ),
    Translation(
        r"a leaf Variable that requires grad is being used in an in-place operation",
        "A weight was changed by hand while PyTorch was recording: the change itself would become "
        "part of the graph.",
        "Let optimizer.step() change the weights, or do it under torch.no_grad().",
    ),
    Translation(
        r"backward through the graph a second time",
        "PyTorch throws a graph away once backward has run through it; two losses that share one "
        "graph cannot each call backward.",
        "Cut the shared part with detach, or build the fakes anew for the second loss.",
        "second-backward",
    ),
    Translation(
        r"does not require grad and does not have a grad_fn",
        "The loss has no path back to a weight that learns. Either a network was frozen "
        "(requires_grad False) and never thawed, or the graph was cut on the way.",
        "For each place that freezes a network, look for the one that thaws it, before its next "
        "step. If all are there, look for detach, torch.no_grad and .item().",
        "graph-cut",
        file=r"requires_grad_?\(False\)|requires_grad = False",
    ),
    Translation(
        r"does not require grad and does not have a grad_fn",
        "The loss has no path back to any weight: somewhere the graph was cut.",
        "Look for detach, torch.no_grad, .item(), .numpy() or torch.tensor(…) between the network "
        "and the loss.",
        "graph-cut",
    ),
    Translation(
        r"grad can be implicitly created only for scalar outputs",
        "A loss is one number; a tensor of several has no single direction downhill.",
        "Take the mean (or the sum) over the batch before you call backward.",
    ),
    Translation(
        r"'(?:float|int|numpy\.\w+)' object has no attribute 'backward'",
        "backward belongs to a tensor that remembers where it came from. This is a plain number: "
        "an .item() or float(…) has taken it out of its graph.",
        "Call backward on the loss itself, and take the plain number out of it afterwards.",
    ),
    Translation(
        r"'(?!NoneType)[\w.]+' object has no attribute 'backward'",
        "backward belongs to the loss, the tensor with one number.",
        "loss.backward() computes the gradients, optimizer.step() uses them. Look at which name "
        "stands before .backward on the line below, and what it holds.",
    ),
    Translation(
        r"Can't call numpy\(\) on Tensor that requires grad",
        "NumPy knows nothing of gradients, so PyTorch does not hand over a tensor that needs them.",
        "Make samples under torch.no_grad(), or detach the tensor first.",
    ),
    Translation(
        r"Inference tensors cannot be saved for backward",
        "What is made under torch.inference_mode() can never take part in a training again.",
        "Use torch.no_grad() in its place, or make the tensor outside of it.",
    ),
    Translation(
        r"'NoneType' object has no attribute '(?:zero_|data|norm|abs|clone|item)'"
        r"|unsupported operand type\(s\) for .*'NoneType'",
        "A weight's .grad is None until a backward has reached it, and again after zero_grad.",
        "Call backward first, and then look at .grad. If backward stands before this line already, "
        "the loss does not depend on that weight.",
        line=r"\.grad\b",
    ),
)
