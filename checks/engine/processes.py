"""How the kit starts Python processes of its own, and ends them with all that they started."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from checks.engine.paths import KIT

# Variables that the learner's code has no business with; it runs without them.
SECRET = re.compile("auth|cookie|credential|dsn|key|passw|secret|session|token|_ur[il]", re.I)


def start(
    module: str,
    *arguments: str,
    variables: Mapping[str, str],
    hides_secrets: bool,
    **settings: Any,
) -> subprocess.Popen[Any]:
    """Run a module in the kit's folder, in a session of its own where there are such.

    Args:
        module: one of the kit's.
        arguments: what follows it.
        variables: of the environment, beside those that are inherited.
        hides_secrets: whether those that look like secrets are withheld.
        settings: for `subprocess.Popen`: the streams.
    """
    inherited = {
        name: text for name, text in os.environ.items()
        if not (hides_secrets and SECRET.search(name))
    }  # fmt: skip
    path = os.pathsep.join(filter(None, [str(KIT), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=KIT, env={**inherited, **variables, "PYTHONPATH": path},
        start_new_session=os.name == "posix", **settings,
    )  # fmt: skip


def kill(process: subprocess.Popen[bytes]) -> None:
    """The process and what it started."""
    if os.name == "posix":
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)],
                       capture_output=True, check=False)  # fmt: skip
    with contextlib.suppress(OSError):
        process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
