"""What a platform wants to be given: Gradescope's autograder.zip, Classroom 50's folder, packed.

A bundle holds the whole kit, its reference too: it goes to the platform, never to students.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from checks.engine.errors import ClassError, UsageError
from checks.engine.files import reason
from checks.engine.paths import KIT

KINDS = ("gradescope", "classroom50")
FOLDERS = ("checks", "exercises", "reference")
FILES = ("run_checks.py", "requirements.txt", ".pytest.ini")
UNWANTED = ("__pycache__", "selftest", "benchmarks", ".*.json", ".backup", "*.pyc")
FIXED_TIME = (2020, 1, 1, 0, 0, 0)
SETTINGS = {
    "gradescope": "In the assignment's autograder settings choose at least 4 GB of memory, 2 CPUs "
    "and a timeout of 20 minutes: with the default of 768 MB the checks would be ended without a "
    "word. The base image may be Ubuntu 22.04, with its Python 3.10.",
    "classroom50": 'Set the runtime to {"python": "3.12"}, and install requirements.txt. Leave '
    "beginner.py, intermediate.py, advanced.py and bonus.py in allowed_files.",
}
SETUP = """#!/usr/bin/env bash
# Runs once, as root, while Gradescope builds the image.
set -eu
apt-get update -y
apt-get install -y python3 python3-pip python3-venv
python3 -m venv /autograder/python
cd /autograder/source/kit
python=/autograder/python/bin/python
# PyTorch's build for the CPU, a fifth of the ordinary one, where it can be had.
"$python" -m pip install uv &&
    "$python" -m uv pip install --python "$python" --torch-backend=cpu -r requirements.txt ||
    "$python" -m pip install -r requirements.txt
chmod -R o= /autograder/source
"""
RUN = """#!/usr/bin/env bash
# Runs for each submission; what it prints is for instructors, results.json is what counts.
cd /autograder/source/kit
exec /autograder/python/bin/python -m checks.engine.classroom.autograders gradescope \\
    /autograder{tiers}
"""
AUTOGRADER = '''"""Runs in a student's checkout; the kit lies beside this file."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULE = "checks.engine.classroom.autograders"
command = [sys.executable, "-m", MODULE, "classroom50", str(Path.cwd()){tiers}]
sys.exit(subprocess.run(command, cwd=HERE / "kit").returncode)
'''


def write_bundle(kind: str, target: Path, tiers: Sequence[str] = ()) -> str:
    """Write a bundle, and return what has to be set on the platform.

    Raises:
        UsageError: there is no such platform, or something lies there already.
        ClassError: it can't be written.
    """
    if kind not in KINDS:
        raise UsageError(f"There is no bundle for {kind!r} (there are {' and '.join(KINDS)}).")
    if target.exists() or target.suffix.lower() != ".zip":
        raise UsageError(f"{target}: a new file that ends in .zip is wanted.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="gan-bundle-") as place:
            folder = Path(place)
            for name in FOLDERS:
                unwanted = shutil.ignore_patterns(*UNWANTED)
                shutil.copytree(KIT / name, folder / "kit" / name, ignore=unwanted)
            for name in FILES:
                shutil.copy(KIT / name, folder / "kit" / name)
            for name, text in scripts(kind, tiers).items():
                (folder / name).write_bytes(text.encode())
            pack(folder, target, executable=tuple(scripts(kind, tiers)))
    except OSError as error:
        raise ClassError(f"{target} can't be written: {reason(error)}.") from None
    return SETTINGS[kind]


def scripts(kind: str, tiers: Sequence[str]) -> dict[str, str]:
    """The files that a platform starts, by name."""
    if kind == "gradescope":
        words = "".join(f" {tier}" for tier in tiers)
        return {"setup.sh": SETUP, "run_autograder": RUN.replace("{tiers}", words)}
    words = "".join(f', "{tier}"' for tier in tiers)
    return {"autograder.py": AUTOGRADER.replace("{tiers}", words)}


def pack(folder: Path, target: Path, top: str = "", executable: Sequence[str] = ()) -> None:
    """A folder's files as a zip, below `top`, some of them to be started.

    Its bytes depend on nothing but what is in it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = path.relative_to(folder).as_posix()
            member = zipfile.ZipInfo(top + name, FIXED_TIME)
            member.create_system = 3  # so that the rights below are read, wherever it is written
            member.external_attr = (0o755 if name in executable else 0o644) << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(member, path.read_bytes())
