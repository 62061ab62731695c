"""What `python run_checks.py` can do: one module a command, each with `add_arguments` and `run`.

`add_arguments(parser)` declares the command's options, `run(options)` does the work and returns
the exit status. Modules are imported when their command is asked for, so that one command does not
wait for another's libraries.
"""

# Each command but the check of a tier, with what it does, as --help lists them.
COMMANDS = {
    "watch": "check a tier whenever you save its file",
    "hint": "one more hint on the mistake that was found",
    "explain": "what a check looks at and why, and what it saw",
    "quiz": "the questions of a tier, in the terminal",
    "diff": "compare a tier with the reference, once it has passed",
    "reset": "put a tier's stub back, or that of one function; your version is kept",
    "restore": "bring an earlier version of a tier's file back",
    "stubs": "write the exercises anew from the reference solutions",
}
