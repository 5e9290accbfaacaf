"""A process of `ProcessExecutor`: reads jobs from its input, line by line, and answers each.

    python -m playground.core.sweep.child [NICE]

Asked what it trains, it answers between two instructions of the training.

It ends at once when its input ends, whatever it is doing: nobody waits for the answer.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import Any, BinaryIO

from playground.core.sweep.under_way import seen

READY = b"ready\n"


def main(nice: int) -> None:
    """Answers until the input ends."""
    if nice and hasattr(os, "nice"):
        os.nice(nice)
    # Whatever prints must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    lock = threading.Lock()

    def say(line: bytes) -> None:
        with lock:
            answers.write(line)
            answers.flush()

    jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, jobs, say), daemon=True).start()
    import torch  # while nobody waits for it yet

    torch.set_num_threads(1)
    say(READY)
    while True:
        say(json.dumps(_answer(jobs.get())).encode() + b"\n")


def _read(
    source: BinaryIO, jobs: queue.SimpleQueue[dict[str, Any]], say: Callable[[bytes], None]
) -> None:
    for line in source:
        content = json.loads(line)
        if "look" in content:
            say(json.dumps({"seen": seen()}).encode() + b"\n")
        else:
            jobs.put(content)
    os._exit(0)


def _answer(job: dict[str, Any]) -> dict[str, Any]:
    try:
        module, _, name = job["function"].partition(":")
        return {"value": getattr(importlib.import_module(module), name)(*job["args"])}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(0)
