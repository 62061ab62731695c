"""What `python run_checks.py` can do: one module a command, each with `add_arguments` and `run`.

`add_arguments(parser)` declares the command's options, `run(options)` does the work and returns
the exit status. Modules are imported when their command is asked for, so that one command does not
wait for another's libraries.
"""

# Each command but the check of a tier, with what it does, as --help lists them.
COMMANDS = {
    "stubs": "write the exercises anew from the reference solutions",
}
