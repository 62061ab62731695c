"""Files that an import finds in the place of Python's own modules, or of the packages used here.

It needs nothing but `os` and `sys`, which are loaded before any folder is searched: `run_checks.py`
asks it first, since with a `random.py` in the way hardly anything else can be imported.
"""

import os
import sys

PACKAGES = (
    "torch", "torchvision", "numpy", "matplotlib", "PIL", "pytest", "rich", "msgspec", "jinja2",
    "watchfiles", "scipy", "pandas", "sklearn", "tqdm", "typing_extensions", "sympy", "packaging",
)  # fmt: skip
HARMLESS = ("test", "this", "antigravity")  # nothing imports these


def hiding(folder: str) -> list[tuple[str, str]]:
    """The files and packages in a folder that hide a module, each with that module's name."""
    try:
        entries = sorted(os.listdir(folder or "."))
    except OSError:
        return []
    found = []
    for entry in entries:
        name = entry[:-3] if entry.endswith(".py") else entry
        is_known = name in sys.stdlib_module_names or name in PACKAGES
        if is_known and name not in HARMLESS:
            is_package = os.path.isfile(os.path.join(folder, entry, "__init__.py"))
            if entry.endswith(".py") or is_package:
                found.append((entry, name))
    return found


def searched_first() -> list[str]:
    """The folders that an import searches before Python's own."""
    own = os.path.dirname(os.path.abspath(os.__file__))
    folders = [os.path.abspath(folder) for folder in sys.path]
    return folders[: folders.index(own)] if own in folders else folders[:1]


def said(entry: str, name: str) -> str:
    """What a file hides, in words that follow its name."""
    whose = "Python's own module" if name in sys.stdlib_module_names else "the package"
    return f"{entry} has the name of {whose} {name}, and an import finds it first"
