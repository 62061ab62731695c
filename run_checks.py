"""Check your solutions: `python run_checks.py beginner`; see `python run_checks.py --help`."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = ("torch", "torchvision", "numpy", "matplotlib", "pytest", "rich", "msgspec", "jinja2")


def main() -> int:
    """Hand over to the engine, once Python and the packages are there to run it."""
    if sys.version_info < (3, 10):  # noqa: UP036 (said in words, to whoever has an older one)
        print("Problem: this needs Python 3.10 or newer, and here is", sys.version.split()[0])
        return 3
    if HERE not in sys.path:  # as with python -I, or PYTHONSAFEPATH
        sys.path.insert(0, HERE)
    from checks.engine.shadowing import hiding, said, searched_first

    for folder in searched_first():
        for entry, name in hiding(folder):
            print(f"Problem: {said(entry, name)}. Rename it, in {folder}.", file=sys.stderr)
            return 2
    from importlib.util import find_spec  # a module of Python's own, found by now where it should

    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        print(f"Problem: {', '.join(missing)} not installed for this Python. Run:")
        print(f"  {sys.executable} -m pip install -r requirements.txt")
        return 3
    from checks.engine.cli import main as run

    return run(sys.argv[1:])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # while it was still loading
        sys.exit(130)
