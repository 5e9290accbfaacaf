"""What a compiled kernel depends on beside its source: compiler, processor, torch."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

SOURCES = ("plan.py", "rules.py", "layout.py", "step.py", "builder.py", "drive.cpp")


@cache
def compiler() -> str | None:
    """Path of the C++ compiler that Inductor uses; None where there is none."""
    return shutil.which(os.environ.get("CXX") or "g++")


@cache
def fingerprint() -> str:
    """A hash of everything that makes a kernel of the same name another one."""
    import torch

    here = Path(__file__).parent
    parts = [torch.__version__, platform.machine(), platform.python_version(), _flags(), _version()]
    parts += [(here / name).read_text(encoding="utf-8") for name in SOURCES]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


def _flags() -> str:
    """The instructions that the processor knows."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith(("flags", "Features")):
                return line.partition(":")[2].strip()
    return platform.processor()


def _version() -> str:
    """What the compiler says of itself; whatever is built without one is of no use later."""
    found = compiler()
    if found is None:
        return ""
    try:
        asked = subprocess.run(
            [found, "--version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return found
    return asked.stdout


def can_build() -> bool:
    """Whether kernels can be built here: a compiler, and a system that Inductor knows."""
    return sys.platform == "linux" and compiler() is not None


def free_memory() -> int:
    """Bytes that this machine, or the container that it stands for, has left."""
    found = _meminfo()
    for limit, used in CONTAINER_MEMORY:
        try:
            most = int(Path(limit).read_text().strip())
            found = min(found, most - int(Path(used).read_text().strip()))
        except (OSError, ValueError):  # no such limit, or "max"
            continue
    return found


CONTAINER_MEMORY = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)


def _meminfo() -> int:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return 0
