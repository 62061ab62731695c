"""What `python run_checks.py` can do: a module for each, with `add_arguments` and `run`.

`add_arguments(parser)` declares the command's options, `run(options)` does the work and returns
the exit status. The module's docstring and its EXAMPLES are what --help shows. Modules are
imported when their command is asked for, so that one command does not wait for another's libraries.
"""

# Each command but the check of a tier, with what it does, as --help lists them.
GROUPS = {
    "While you work": {
        "watch": "check a tier whenever you save it",
        "hint": "one more hint on what was found",
        "explain": "what a check looks at, and what it saw",
        "quiz": "the questions of a tier",
    },
    "Your files": {
        "diff": "compare a passed tier with the reference",
        "reset": "a part back to its stub; yours is kept",
        "notebook": "the exercises as notebooks, and back",
        "restore": "bring an earlier version back",
    },
    "Training for real": {
        "train": "train your GAN and keep the run",
        "score": "how good the images of your runs are",
        "report": "a page that shows a run, in one file",
        "recipes": "five GANs to compare yours with",
        "doctor": "what is wrong with any PyTorch GAN",
    },
    "A class and its kit": {
        "release": "a kit for students, without the answers",
        "grade": "grade what a class has handed in",
        "stubs": "write the exercises from the reference",
    },
}
COMMANDS = {name: what for group in GROUPS.values() for name, what in group.items()}
