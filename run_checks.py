"""Check your solutions: `python run_checks.py beginner`; see `python run_checks.py --help`."""

import importlib.util
import sys

PACKAGES = ("torch", "torchvision", "numpy", "matplotlib", "pytest", "rich", "msgspec", "jinja2")


def main() -> int:
    """Hand over to the engine, once Python and the packages are there to run it."""
    if sys.version_info < (3, 10):  # noqa: UP036 (said in words, to whoever has an older one)
        print("Problem: this needs Python 3.10 or newer, and here is", sys.version.split()[0])
        return 3
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
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
