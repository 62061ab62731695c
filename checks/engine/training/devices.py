"""Where to train: the device, the number of threads, and what is written down about the machine.

The images go to the device and the learner's code follows them. No default device is set: with one,
a DataLoader that shuffles fails, for it draws its order on the CPU (pytorch/pytorch issues 118084
and 110820).
"""

from __future__ import annotations

import os
import platform
import re
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from checks.engine.errors import NoDeviceError

# Networks this small keep one core busy. Two threads wait for each other at every layer, and once
# another program wants one of the cores, for that too: on a busy machine of two cores a training
# with two threads took ten times as long as with one.
THREADS = 1
# What torch says when tensors of one computation lie on different devices.
OF_DEVICES = re.compile(
    r"same device|device type|cuda|\bmps\b|expected device|different device|cpu and", re.I
)


def device_of(wanted: str) -> torch.device:
    """The device of this name; "auto" takes CUDA, else MPS, else the CPU.

    Raises:
        NoDeviceError: it is not there.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        return torch.device(next((name for name, is_there in there.items() if is_there), "cpu"))
    if not there.get(wanted, True):
        why = {
            "cuda": "PyTorch finds no NVIDIA card here, or was built without CUDA",
            "mps": "PyTorch finds no Apple graphics here, or was built without MPS",
        }[wanted]
        others = [*(name for name, is_there in there.items() if is_there), "cpu"]
        raise NoDeviceError(f"--device {wanted}: {why}; --device {others[0]} works.")
    return torch.device(wanted)


def speaks_of_devices(text: str) -> bool:
    """Whether an error is about tensors on different devices."""
    return OF_DEVICES.search(text) is not None


def wait_for(device: torch.device) -> None:
    """Let the device finish what it was given, so that a clock reads the truth."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def environment(device: torch.device) -> dict[str, Any]:
    """What a person needs to know about the machine to compare two runs."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchvision": _version("torchvision"),
        "numpy": _version("numpy"),
        "platform": f"{platform.system()} {platform.machine()}",
        "device_name": _name(device),
        "cores": os.cpu_count() or 1,
    }


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    try:
        for line in (
            Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        ):
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
