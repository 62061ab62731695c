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

# What Python, PyTorch and Matplotlib need to run as they do elsewhere; the learner's code has no
# business with anything else, whatever it is called.
NEEDED = re.compile(
    "PATH|PATHEXT|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_[A-Z]+|TZ|TZDIR|TERM|TMPDIR|TMP|TEMP|NO_COLOR"
    "|PYTHON[A-Z]+|VIRTUAL_ENV|CONDA_PREFIX|LD_LIBRARY_PATH|DYLD_[A-Z_]+|MALLOC_[A-Z_]+"
    "|(OMP|GOMP|KMP|MKL|OPENBLAS|BLIS|VECLIB|NUMEXPR|ATEN|TORCH|PYTORCH)_[A-Z_]+|MPL[A-Z]+"
    "|(CUDA|NVIDIA|HIP|ROCR|HSA)_[A-Z_]+|XDG_CACHE_HOME|XDG_CONFIG_HOME|SSL_CERT_(FILE|DIR)"
    "|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|OS|(LOCAL)?APPDATA|USERPROFILE|HOMEDRIVE|HOMEPATH"
    "|PROGRAMDATA|PROGRAMFILES.*|NUMBER_OF_PROCESSORS|PROCESSOR_[A-Z]+|GAN_KIT_[A-Z_]+",
    re.I,
)
SECRET = re.compile("auth|cookie|credential|key|passw|secret|session|token", re.I)


def is_passed_on(name: str) -> bool:
    """Whether the learner's code gets this variable of the environment."""
    return bool(NEEDED.fullmatch(name)) and not SECRET.search(name)


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
        hides_secrets: whether only those are passed on that are needed.
        settings: for `subprocess.Popen`: the streams.
    """
    inherited = {
        name: text for name, text in os.environ.items()
        if is_passed_on(name) or not hides_secrets
    }  # fmt: skip
    path = os.pathsep.join(filter(None, [str(KIT), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=KIT, env={**inherited, **variables, "PYTHONPATH": path},
        start_new_session=os.name == "posix", **settings,
    )  # fmt: skip


def n_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def is_one_of_several() -> bool:
    """Whether other judges share this machine, as where a class is graded (`GAN_KIT_WORKERS`)."""
    return os.environ.get("GAN_KIT_WORKERS") == "1"


def n_workers() -> int:
    """How many checks are made at a time: one a core, two at most, as more would only take memory.

    Where several judges share a machine, each is told to do with one.
    """
    return min(1 if is_one_of_several() else 2, n_cores())


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
