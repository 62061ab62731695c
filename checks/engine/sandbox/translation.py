"""PyTorch's and Python's confusing errors, in words: the exception on one side, the mistake behind
it on the other. Patterns are looked for in `Type: message`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from checks.engine.course.verdict import LearnersError


@dataclass(frozen=True)
class Translation:
    """What an error means and what to try; `mistake_id` where the catalogue names it."""

    pattern: str
    why: str
    hint: str
    mistake_id: str = ""
    tiers: tuple[str, ...] = ()  # the tiers in which it means that; empty for all


TRANSLATIONS = (
    Translation(
        r"modified by an inplace operation",
        "backward needs the numbers as they were in the forward pass, and a line has written over "
        "them since.",
        "Look for +=, *=, or a function whose name ends in an underscore, on a tensor that a "
        "layer has taken or made.",
        "changed-in-place",
        tiers=("beginner", "intermediate", "bonus"),
    ),
    Translation(
        # Weights, which an optimizer changes, are leaves or views of leaves, and no results.
        r"modified by an inplace operation.* output \d+ of "
        r"(?!AsStrided|Transpose|T(?:Backward\d*)?\b)\w+",
        "backward needs the numbers as they were in the forward pass, and a line has written over "
        "them since.",
        "Look for +=, *=, or a function whose name ends in an underscore, on a tensor that a "
        "layer has taken or made.",
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
        r"backward through the graph a second time",
        "PyTorch throws a graph away once backward has run through it; two losses that share one "
        "graph cannot each call backward.",
        "Cut the shared part with detach, or build the fakes anew for the second loss.",
        "second-backward",
    ),
    Translation(
        r"does not require grad and does not have a grad_fn",
        "The loss has no path back to any weight: somewhere the graph was cut.",
        "Look for detach, torch.no_grad, .item() or .numpy() between the network and the loss.",
        "graph-cut",
    ),
    Translation(
        r"[Uu]sing a target size .* (?:different|that is)",
        "Scores have shape (N, 1); labels of shape (N,) are another shape, and stretching one to "
        "the other would compare every score with every label.",
        "Give the labels the scores' own shape: torch.ones_like is made for that.",
        "label-shape",
    ),
    Translation(
        r"Found dtype Long but expected Float|expected .*Float.* but (?:got|found) .*Long"
        r"|result type Float can't be cast",
        "Binary cross-entropy compares numbers between 0 and 1, so the labels are floats as the "
        "scores are.",
        "Make the labels with torch.ones_like or torch.zeros_like of the scores.",
        "label-dtype",
    ),
    Translation(
        r"all elements of (?:input|target) should be between 0 and 1",
        "Binary cross-entropy takes probabilities. Something else came in, a score before the "
        "sigmoid or NaN, say.",
        "Check that the discriminator ends in a sigmoid, and that no NaN is on its way.",
    ),
    Translation(
        # The checks' own generator takes 8 latent numbers.
        r"mat1 and mat2 shapes cannot be multiplied \(\d+x(?!8 )\d+ and 8x24\)",
        "The generator that came in takes latent vectors of another length than the noise has.",
        "Ask the generator for the length: it keeps it in an attribute.",
        "latent-size-assumed",
    ),
    Translation(
        # The generator that the snapshots are taken of takes 17.
        r"mat1 and mat2 shapes cannot be multiplied \(\d+x(?!17 )\d+ and 17x40\)",
        "The generator that came in takes latent vectors of another length than the noise has.",
        "Ask the generator for the length: it keeps it in an attribute.",
        "latent-size-assumed",
        tiers=("bonus",),
    ),
    Translation(
        r"'str' object has no attribute '(?:mkdir|resolve|exists|open|with_\w+|joinpath|parents?|"
        r"stem|name|suffix|absolute|expanduser|(?:read|write)_\w+|as_posix|is_dir|is_file)'"
        r"|unsupported operand type\(s\) for /: 'str' and 'str'"
        r"|unsupported operand type\(s\) for \+: '(?:Posix|Windows)Path' and 'str'"
        r"|'(?:Posix|Windows)Path' object has no attribute '(?:endswith|startswith|r?split|strip)'",
        "A path may come as a Path or as text, and this line works with one of them only.",
        "Turn the path into a Path first thing: Path(…) takes both forms.",
        "path-or-text",
        tiers=("bonus",),
    ),
    Translation(
        r"mat1 and mat2 shapes cannot be multiplied",
        "The number of columns that goes into a linear layer is not the number that the layer was "
        "made for.",
        "Read the two shapes in the message: the first is your data, the second the layer's "
        "weights. Images are flat here: 784 numbers a row.",
    ),
    Translation(
        r"size of tensor a \(\d+\) must match the size of tensor b \(\d+\) at non-singleton "
        r"dimension 0|could not be broadcast together with shapes \(\d+,\) \(\d+,\)",
        "Two rows of different lengths meet. Broadcasting lays shapes side by side from the right, "
        "so n weights in a row meet the latent numbers; in a column they meet all of them.",
        "Print the shape of the weights: as a column they are (n_steps, 1).",
        "weights-not-a-column",
        tiers=("beginner",),
    ),
    Translation(
        r"shape '\[.*\]' is invalid for input of size",
        "view and reshape keep the count of numbers, and the shape asked for holds another count. "
        "Most often a batch size stands in it as a fixed number.",
        "Use len(…) of what came in, or -1, in the place of the batch size.",
    ),
    Translation(
        r"int\(\) argument must be .* not 'NoneType'|expected a long, but got NoneType",
        "None came where a number has to be. A seed, for one, is None whenever the caller gives "
        "none.",
        "Use the seed only where there is one: if seed is not None.",
    ),
    Translation(
        r"'NoneType' object is not",
        "Something is None that should be a value: a function without a return, most often.",
        "Look at where the value on this line comes from, and print it.",
    ),
    Translation(
        r"mat1 and mat2 must have the same dtype|expected scalar type Float but found Double"
        r"|expected m1 and m2 to have the same dtype",
        "PyTorch's layers work in float32, NumPy's numbers are float64.",
        "Convert with .float() where the data enters.",
    ),
    Translation(
        r"Expected more than 1 value per channel when training",
        "Batch-norm in training mode compares the samples of a batch, so it needs two or more.",
        "Put the generator into eval mode before it makes a single image.",
    ),
    Translation(
        r"Expected all tensors to be on the same device",
        "Two tensors of one computation must lie on one device.",
        "Create new tensors where the network is: device=images.device.",
    ),
    Translation(
        r"Can't call numpy\(\) on Tensor that requires grad",
        "NumPy knows nothing of gradients, so PyTorch does not hand over a tensor that needs them.",
        "Make samples under torch.no_grad(), or detach the tensor first.",
    ),
    Translation(
        r"cannot assign module before Module\.__init__\(\) call",
        "nn.Module keeps its books of layers in attributes that its own __init__ makes.",
        "Call super().__init__() first thing in your __init__.",
    ),
    Translation(
        r"missing the required \"forward\" function",
        "Calling a module runs its forward method, and yours has none under that name.",
        "Write `def forward(self, …)` in the class, indented as deep as __init__.",
    ),
    Translation(
        r"only one element tensors can be converted|only Tensors of floating point|"
        r"grad can be implicitly created only for scalar outputs",
        "A loss is one number; a tensor of several has no single direction downhill.",
        "Take the mean (or the sum) over the batch.",
    ),
    Translation(
        r"optimizer got an empty parameter list",
        "The network has no registered parameters: layers in a plain list or made inside forward "
        "are invisible to PyTorch.",
        "Keep layers as attributes, in nn.Sequential or in nn.ModuleList.",
        "unregistered-layers",
    ),
    Translation(
        r"unexpected keyword argument|positional arguments? but|missing \d+ required positional",
        "The names and the order of the arguments are how the other parts call yours.",
        "Compare the line `def …` with the stub's.",
    ),
    Translation(
        r"^NameError",
        "Python knows no variable of this name at this point.",
        "Look for a typing slip, or for an import that is missing.",
    ),
    Translation(
        r"^(?:SyntaxError|IndentationError|TabError)",
        "Python could not read the file, so no check of this tier could run.",
        "Look at the line above, and at the one before it: brackets, colons, indentation.",
    ),
    Translation(
        r"^(?:ModuleNotFoundError|ImportError)",
        "The file asks for something that is not installed here, or not under this name.",
        "Use the packages of requirements.txt only, and check the spelling.",
    ),
    Translation(
        r"^RecursionError",
        "A function that calls itself without an end runs out of room.",
        "Look for a function that uses its own name.",
    ),
)


def translated(error: LearnersError, tier: str) -> Translation:
    """The translation that fits in this tier, or a general one."""
    text = f"{error.type}: {error.message}"
    for entry in TRANSLATIONS:
        if tier in (entry.tiers or (tier,)) and re.search(entry.pattern, text, re.DOTALL):
            return entry
    return Translation(
        "",
        "An exception ends the function at this line; nothing after it has run.",
        "Read the last line first: it says what Python could not do. Then look at your own line "
        "above, and print the shapes and types that meet there.",
    )
