"""`python run_checks.py --version`: which kit, Python and PyTorch, and how far code is shut in."""

from __future__ import annotations

import argparse
import platform
from importlib import metadata

from checks.engine.classroom.keys import kit_version
from checks.engine.commands.common import PASSED, isolation_here, shut_in


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are none."""


def run(options: argparse.Namespace) -> int:
    """Say it; PyTorch is not imported for that."""
    isolation = isolation_here()
    print(
        f"GAN exercise kit {kit_version()}, Python {platform.python_version()}, "
        f"PyTorch {metadata.version('torch')}"
    )
    print(shut_in(isolation))
    return PASSED
