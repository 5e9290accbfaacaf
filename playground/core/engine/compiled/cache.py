"""Which kernels are ready, which are wanted, and who builds them.

A kernel is a folder under the user's cache, known by its plan and a hash of all that it depends
on. A build is a process of its own, niced, and one at a time on a machine; whoever wants a kernel
asks again now and then and trains in the dense engine meanwhile.
"""

from __future__ import annotations

import json
import logging
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
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
STEP_LIBRARY, DRIVER_LIBRARY = "step.so", "drive.so"
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
        if make_folder():
            failure(plan).write_text(json.dumps({"reason": reason}), encoding="utf-8")
    except OSError:
        log.warning("%s cannot be written to", folder())


def make_folder() -> bool:
    """Makes the folder of all kernels; False where others may write to it."""
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    return trusted(folder())


def trusted(path: Path) -> bool:
    """Whether nobody but this user, or the system's, can have put there what is at this path.

    Every folder on the way counts, since who may rename one can put another in its place; in a
    sticky one, as /tmp, that is its owner alone. Groups that a folder further up was opened to
    are the operator's choice.

    Raises:
        OSError: it is not there.
    """
    real = path.resolve(strict=True)
    return _owned(real) and not real.stat().st_mode & 0o022 and all(map(_closed, real.parents))


def _owned(path: Path) -> bool:
    return path.stat().st_uid in (os.geteuid(), 0)


def _closed(path: Path) -> bool:
    mode = path.stat().st_mode
    return _owned(path) and bool(not mode & 0o002 or mode & stat.S_ISVTX)


@dataclass
class _Wanted:
    """What is known of a kernel that is not ready.

    Attributes:
        since: when it was asked for first.
        look_at: not before this is it looked for again.
    """

    since: float
    look_at: float = 0.0


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
    _build: tuple[Plan, subprocess.Popen[bytes]] | None = None

    def ready(self, plan: Plan) -> Package | None:
        """The kernel if it can be used now. Costs a look at the clock most of the time."""
        found = self._ready.get(plan)
        if found is not None:
            return found
        now = self.clock()
        wanted = self._wanted.setdefault(plan, _Wanted(now))
        if now < wanted.look_at or off():
            return None
        self._hear_of_build(now)
        if now < wanted.look_at:
            return None
        wanted.look_at = now + LOOK_SECONDS
        if (place(plan) / INFO).exists():
            return self._load(plan, wanted, now)
        if has_failed(plan):
            wanted.look_at = now + FAILED_SECONDS
        elif self.builds and now - wanted.since >= PATIENCE:
            self._ask(plan, wanted, now)
        return None

    def _load(self, plan: Plan, wanted: _Wanted, now: float) -> Package | None:
        from playground.core.engine.compiled.package import Package

        kernel = place(plan)
        try:
            if not all(trusted(kernel / name) for name in ("", STEP_LIBRARY, DRIVER_LIBRARY)):
                raise RuntimeError("others may write to it")
            self._ready[plan] = Package(plan, kernel)
        except (OSError, AttributeError, RuntimeError) as trouble:
            if (kernel / INFO).exists():
                wanted.look_at = now + FAILED_SECONDS
                note_failure(plan, str(trouble))
            # Else another process has just removed it to make room.
        else:
            with suppress(OSError):
                os.utime(kernel / INFO)  # what was used longest ago goes first
        return self._ready.get(plan)

    def _hear_of_build(self, now: float) -> None:
        """Notes what became of a build that has ended."""
        if self._build is None or self._build[1].poll() is None:
            return
        plan, process = self._build
        self._build = None
        wanted = self._wanted[plan]
        if process.returncode == BUSY:
            wanted.look_at = now + BUSY_SECONDS
        elif not (place(plan) / INFO).exists():
            # It could not be built, or was killed, or its sources are not those of this process.
            # Perhaps nothing could be written down either, but it is not begun again at once.
            wanted.look_at = now + FAILED_SECONDS

    def _ask(self, plan: Plan, wanted: _Wanted, now: float) -> None:
        """Starts a build, unless one is under way or there is no room for it."""
        if self._build is not None:
            return
        if machine.free_memory() < BUILD_MEMORY:
            wanted.look_at = now + BUSY_SECONDS
            return
        process = start_build(plan)
        if process is not None:
            self._build = plan, process


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


KERNELS = Kernels()
