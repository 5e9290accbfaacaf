"""Which kernels are ready, which are wanted, and who builds them.

A kernel is a folder under the user's cache, known by its plan and a hash of all that it depends
on. A build is a process of its own, niced, and one at a time on a machine; whoever wants a kernel
asks again now and then and trains in the dense engine meanwhile.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from playground.core.engine.compiled import machine
from playground.core.engine.compiled.plan import Plan
from playground.core.folders import cache_folder

if TYPE_CHECKING:
    from playground.core.engine.compiled.package import Package

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0  # between two looks at the disk
PATIENCE = 2.0  # s that a kernel must be wanted for: architectures are often passed through
BUSY_SECONDS = 15.0  # before asking again, where somebody else builds
BUILD_MEMORY = 1_500 * 2**20  # what must be free before a build begins
INFO = "kernel.json"  # in a finished kernel's folder
FAILED = ".failed"
FAILED_SECONDS = 86_400.0  # for which a failure is remembered: compilers are repaired too
BUSY = 3  # exit code of a build that found another one under way


def off() -> bool:
    """Whether the operator wants none, or none can be built or loaded here."""
    return os.environ.get("PLAYGROUND_COMPILE", "").lower() in ("off", "0", "no") or (
        not machine.can_build()
    )


def folder() -> Path:
    """Where kernels are kept."""
    return cache_folder() / "kernels"


def place(plan: Plan) -> Path:
    """The folder of a kernel, whether it is there or not."""
    return folder() / f"{plan.name}-{machine.fingerprint()}"


def failure(plan: Plan) -> Path:
    """Where it is noted that a kernel could not be built, or was not right."""
    target = place(plan)
    return target.with_name(target.name + FAILED)


def has_failed(plan: Plan) -> bool:
    """Whether it was noted of late."""
    try:
        return time.time() - failure(plan).stat().st_mtime < FAILED_SECONDS
    except OSError:
        return False


def note_failure(plan: Plan, reason: str) -> None:
    """Keeps a kernel from being built or loaded again on this machine as it is."""
    log.warning("compiled kernel %s: %s; the dense engine goes on", plan.name, reason)
    try:
        folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        failure(plan).write_text(json.dumps({"reason": reason}), encoding="utf-8")
    except OSError:
        log.warning("%s cannot be written to", folder())


@dataclass
class _Wanted:
    """What is known of a kernel that is not ready."""

    since: float
    look_at: float = 0.0
    failed: bool = False


@dataclass
class Kernels:
    """The kernels of this process.

    Attributes:
        builds: kernels that are wanted may be built. Off at first: a command that trains for a
            second should not leave a compiler behind.
    """

    clock: Callable[[], float] = time.monotonic
    builds: bool = False
    _ready: dict[Plan, Package] = field(default_factory=dict)
    _wanted: dict[Plan, _Wanted] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None

    def ready(self, plan: Plan) -> Package | None:
        """The kernel if it can be used now. Costs a look at the clock most of the time."""
        found = self._ready.get(plan)
        if found is not None:
            return found
        now = self.clock()
        wanted = self._wanted.setdefault(plan, _Wanted(now))
        if wanted.failed or now < wanted.look_at:
            return None
        wanted.look_at = now + LOOK_SECONDS
        if off():
            return None
        if (place(plan) / INFO).exists():
            return self._load(plan, wanted)
        if has_failed(plan):
            wanted.failed = True
        elif self.builds and now - wanted.since >= PATIENCE:
            self._ask(plan, wanted, now)
        return None

    def _load(self, plan: Plan, wanted: _Wanted) -> Package | None:
        from playground.core.engine.compiled.package import Package

        try:
            if not _trusted(place(plan)):
                raise RuntimeError("its folder may be written to by others")
            self._ready[plan] = Package(plan, place(plan))
        except (OSError, AttributeError, RuntimeError) as trouble:
            wanted.failed = True
            note_failure(plan, str(trouble))
        return self._ready.get(plan)

    def _ask(self, plan: Plan, wanted: _Wanted, now: float) -> None:
        """Starts a build, unless one is under way or there is no room for it."""
        if self._process is not None and self._process.poll() is None:
            return
        if self._process is not None:
            busy = self._process.returncode == BUSY
            self._process = None
            if busy:
                wanted.look_at = now + BUSY_SECONDS
                return
        if machine.free_memory() < BUILD_MEMORY:
            wanted.look_at = now + BUSY_SECONDS
            return
        self._process = start_build(plan)


def start_build(plan: Plan) -> subprocess.Popen[bytes] | None:
    """Builds a kernel in a process of its own; None where no process can be started."""
    command = [sys.executable, "-m", "playground.core.engine.compiled.build", plan.name]
    # The package may have been found by a path that only this process has.
    root = str(Path(__file__).parents[4])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,
        )
    except OSError as trouble:
        log.warning("no compiled kernel: %s", trouble)
        return None


def _trusted(path: Path) -> bool:
    """Whether nobody but this user, or the system's, can have put a library there."""
    return all(
        found.st_uid in (os.geteuid(), 0) and not found.st_mode & 0o022
        for found in (path.stat(), path.parent.stat())
    )


KERNELS = Kernels()
