"""A process of `ProcessExecutor`: reads jobs from its input, line by line, and answers each.

    python -m playground.core.sweep.child [NICE]

It ends at once when its input ends, whatever it is doing: nobody waits for the answer.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import sys
import threading
from typing import Any, BinaryIO

READY = b"ready\n"


def main(nice: int) -> None:
    """Answers until the input ends."""
    if nice and hasattr(os, "nice"):
        os.nice(nice)
    # Whatever prints must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, lines), daemon=True).start()
    import torch  # while nobody waits for it yet

    torch.set_num_threads(1)
    answers.write(READY)
    answers.flush()
    while True:
        answers.write(json.dumps(_answer(lines.get())).encode() + b"\n")
        answers.flush()


def _read(source: BinaryIO, lines: queue.SimpleQueue[bytes]) -> None:
    for line in source:
        lines.put(line)
    os._exit(0)


def _answer(line: bytes) -> dict[str, Any]:
    try:
        job = json.loads(line)
        module, _, name = job["function"].partition(":")
        return {"value": getattr(importlib.import_module(module), name)(*job["args"])}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(0)
