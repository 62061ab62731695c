"""`python run_checks.py --version`: which kit, Python and PyTorch, and how far code is shut in."""

from __future__ import annotations

import argparse
import platform
from importlib import metadata

from checks.engine.classroom.keys import kit_version
from checks.engine.commands.common import PASSED, shut_in
from checks.engine.sandbox import isolation
from checks.engine.sandbox.client import usual_method


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are none."""


def run(options: argparse.Namespace) -> int:
    """Say it; PyTorch is not imported for that."""
    bits = isolation.found() if usual_method() == "fork" else -1
    print(
        f"GAN exercise kit {kit_version()}, Python {platform.python_version()}, "
        f"PyTorch {metadata.version('torch')}"
    )
    print(shut_in(isolation.Isolation.of(bits)))
    return PASSED
