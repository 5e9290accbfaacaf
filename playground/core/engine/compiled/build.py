"""Builds one kernel: `python -m playground.core.engine.compiled.build PLAN`.

Niced as far as it goes, and one at a time on a machine. What does not agree with the dense engine
is thrown away, and the reason kept in its place.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from playground.core.engine.compiled import cache
from playground.core.engine.compiled.plan import Plan

MOST_SECONDS = 1800  # at the lowest priority beside a busy worker even a minute's work may wait
MOST_KEPT = 64  # kernels of 1.6 MB
LEFT_OVER = "building-"


def main(arguments: list[str]) -> int:
    """Returns 0 when the kernel is there, 1 when there can be none, 3 when another is built."""
    plan = Plan.named(arguments[0])
    if cache.off():
        return 1
    folder = cache.folder()
    if not cache.make_folder():
        return 1
    with _alone(folder) as mine:
        if not mine:
            return cache.BUSY
        if (cache.place(plan) / cache.INFO).exists():
            return 0
        if cache.has_failed(plan):
            return 1
        _tidy(folder)
        try:
            build_into(plan, folder)
        except Exception as trouble:  # whatever a compiler or Inductor does not like
            cache.note_failure(plan, f"{type(trouble).__name__}: {trouble}"[:2000])
            return 1
    return 0


def build_into(plan: Plan, folder: Path) -> None:
    """Builds, checks and keeps a kernel; raises whatever went wrong."""
    from playground.core.engine.compiled import builder, check
    from playground.core.engine.compiled.package import Package

    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=LEFT_OVER, dir=folder) as scratch:
        # Inductor's own cache goes with the build: the kernel is all that is of use later.
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(Path(scratch) / "inductor")
        target = Path(scratch) / "kernel"
        target.mkdir(mode=0o700)
        builder.build(plan, target)
        difference = check.difference(Package(plan, target))
        if not difference <= check.TOLERANCE:
            raise RuntimeError(f"differs from the dense engine by {difference:.2g}")
        info = {"plan": plan.name, "difference": difference, "seconds": time.monotonic() - begin}
        (target / cache.INFO).write_text(json.dumps(info), encoding="utf-8")
        # What a removal left half done is in the way.
        shutil.rmtree(cache.place(plan), ignore_errors=True)
        target.rename(cache.place(plan))


@contextmanager
def _alone(folder: Path) -> Generator[bool]:
    """Whether no other process builds on this machine; none will while this goes on."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


def _tidy(folder: Path) -> None:
    """Removes what broken builds left, failures that are over, and where there are many kernels
    those that were used longest ago: one that runs has its libraries open."""
    for left in folder.glob(LEFT_OVER + "*"):
        shutil.rmtree(left, ignore_errors=True)
    over = time.time() - cache.FAILED_SECONDS
    for failure in folder.glob("*" + cache.FAILED):
        if failure.stat().st_mtime < over:
            failure.unlink(missing_ok=True)
    kept = sorted(folder.glob(f"*/{cache.INFO}"), key=lambda one: one.stat().st_mtime)
    for info in kept[: max(0, len(kept) - MOST_KEPT)]:
        shutil.rmtree(info.parent, ignore_errors=True)


if __name__ == "__main__":
    os.nice(19)
    signal.alarm(MOST_SECONDS)
    sys.exit(main(sys.argv[1:]))
