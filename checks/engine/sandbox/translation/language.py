"""Errors of Python itself: names, imports, items, and what the learner's own code raises."""

from __future__ import annotations

from checks.engine.sandbox.translation.record import Translation

IMPORTS = {
    "np": "import numpy as np",
    "torch": "import torch",
    "nn": "from torch import nn",
    "F": "import torch.nn.functional as F",
    "plt": "import matplotlib.pyplot as plt",
    "Tensor": "from torch import Tensor",
    "Path": "from pathlib import Path",
}

TRANSLATIONS = (
    Translation(
        r"^EOFError",
        "input() waits for somebody to type, and nobody is there when the checks import or call "
        "your code.",
        "Keep input() in the part below `if __name__ == '__main__':`, which runs only when you "
        "start the file yourself.",
        line=r"input\(",
    ),
    *(
        Translation(
            rf"^NameError: name '{name}' is not defined",
            f"Nothing in the file says what {name} is: its import is missing.",
            f"Put `{line}` at the top of the file.",
        )
        for name, line in IMPORTS.items()
    ),
    Translation(
        r"^NameError: name '(?P<name>\w+)' is not defined",
        "Python knows no variable named {name} at this point; what a class keeps is found through "
        "self alone.",
        "If it is an attribute, write self.{name}. Otherwise look for a typing slip.",
        file=r"self\.(?:\w+)",
        line=r"(?:return|=)\s*\w+\(",
        tiers=("intermediate", "advanced"),
    ),
    Translation(
        r"^NameError: (?:free variable|name) '(?P<name>\w+)'",
        "Python knows no variable named {name} at this point.",
        "Look for a typing slip, for an import that is missing, or for a line that should have set "
        "it before.",
    ),
    Translation(
        r"^UnboundLocalError: .*'(?P<name>\w+)'",
        "{name} gets its value on a line that has not run: in a branch that was not taken, or in a "
        "loop that had nothing to go through.",
        "Give {name} a value before the `if` or the loop, and ask why it was not reached.",
    ),
    Translation(
        r"^(?:SyntaxError|IndentationError|TabError)",
        "Python could not read this file.",
        "Look at the line that is named, and at the end of the one before it: brackets, colons, "
        "indentation.",
    ),
    Translation(
        r"^ModuleNotFoundError: No module named '(?P<name>google(?:\.colab)?|IPython[\w.]*)'",
        "{name} is there in some notebooks only, on Colab say.",
        "Leave these lines out of the file, or put them below `if __name__ == '__main__':`.",
    ),
    Translation(
        r"^ModuleNotFoundError: No module named '(?P<name>[\w.]+)'",
        "The file imports {name}, which is not installed here: it is not among the packages of "
        "requirements.txt, or its name is another one.",
        "Check the spelling. The exercises can all be solved with NumPy, PyTorch, torchvision and "
        "Matplotlib.",
    ),
    Translation(
        r"partially initialized module '(?P<name>[\w.]+)'.*circular import",
        "Two files import each other, or a file of yours has the name of a library and was found "
        "in its place.",
        "Is there a {name}.py among your files? Rename it. Otherwise let one of the two files do "
        "without the other.",
    ),
    Translation(
        r"^ImportError: cannot import name '(?P<word>\w+)' from '(?P<name>[\w.]+)'",
        "{name} is there, and holds nothing by the name of {word}.",
        "Check the spelling, capital letters as well. If it is a file of your own, does it still "
        "define {word}?",
    ),
    Translation(
        r"^ImportError",
        "Something that the file imports could not be loaded.",
        "The message says what. Use the packages of requirements.txt only.",
    ),
    Translation(
        r"^RecursionError",
        "A function that calls itself without an end runs out of room. self(x) in forward calls "
        "forward again.",
        "Look for a function that uses its own name, or calls self, and call the layers instead.",
    ),
    Translation(
        r"^ZeroDivisionError",
        "Something is divided by 0: by the length of a list that is empty, or by a count of "
        "batches or steps that is 0.",
        "Print what it is divided by. A DataLoader with drop_last=True gives no batch at all when "
        "there are fewer images than batch_size, and (n - 1) is 0 for a single step.",
    ),
    Translation(
        r"^StopIteration",
        "next(…) asks for one more, and there is none left.",
        "A loop over the loader ends by itself. Is what it goes through empty from the start?",
    ),
    Translation(
        r"^KeyError: '?\"?(?P<name>[^'\"]+)",
        "A dictionary is asked for {name}, and holds nothing by this name. The history's are "
        "epoch, discriminator_loss and generator_loss.",
        "Print its keys, list(….keys()), and compare the spelling.",
        tiers=("advanced", "bonus"),
    ),
    Translation(
        r"^KeyError",
        "A dictionary is asked for something that it does not hold.",
        "Print its keys, list(….keys()), and compare the spelling.",
    ),
    Translation(
        r"list indices must be integers or slices, not str",
        "This is a list, and its items are found by number. The history is a list with one "
        "dictionary for each epoch.",
        "Go through it: [entry[…] for entry in history].",
    ),
    Translation(
        r"^IndexError: (?:list|tuple|string) index out of range",
        "Counting begins at 0, so the last item of n has the number n - 1; of an empty list there "
        "is none at all.",
        "Print its length and the index just before this line.",
    ),
    Translation(
        r"expected non-negative integer|Seed must be between|must be non-negative",
        "A seed is a whole number, 0 or larger.",
        "Print the seed that came, and what your code has made of it.",
        line=r"seed|rng|random",
    ),
    Translation(
        r"^AssertionError",
        "This assert is in your own code, and what it asks for was not so.",
        "Print both sides of it just before this line.",
        line=r"^assert\b",
    ),
    Translation(
        r"^\w+",
        "Your own code raises this exception, on the line below.",
        "Look at the condition that leads to this line, and print what it compares.",
        line=r"^raise\b",
    ),
)
