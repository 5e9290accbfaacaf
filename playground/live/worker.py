"""A worker process: `python -m playground.live.worker`, spoken to over stdin and stdout.

It trains the runs it is given until its stdin ends, which is also how it learns that the web
process is gone. Started with subprocess and never with multiprocessing, whose children would
run the visitor's script again.
"""

import contextlib
import gc
import logging
import os
import signal
import sys
import threading
from queue import SimpleQueue
from typing import BinaryIO

from playground.live.protocol import Message, pack, read_messages

PIPE_BYTES = 2**20  # a whole frame fits, so that training never waits for the reader


def main() -> None:
    # Ctrl-C in the terminal reaches the whole process group; the web process decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(stream=sys.stderr, format="worker: %(levelname)s %(message)s")
    commands, results = _take_pipes()
    inbox: SimpleQueue[Message] = SimpleQueue()
    threading.Thread(target=_read, args=(commands, inbox), daemon=True).start()

    def send(message: Message) -> None:
        _write(results, pack(message))

    from playground.live.environment import limits
    from playground.live.scheduler import Scheduler
    from playground.live.workshop import CoreWorkshop

    workshop = CoreWorkshop()
    workshop.warm_up()
    gc.collect()
    gc.freeze()  # a collection in the middle of training then only looks at what is young
    send(("ready", {"pid": os.getpid()}, b""))
    Scheduler(inbox, send, workshop, **limits()).run()
    os._exit(0)  # no interpreter shutdown under a reader thread that sleeps in read


def _take_pipes() -> tuple[BinaryIO, int]:
    """The pipes to the web process, out of reach of stray prints and of child processes."""
    commands, results = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    for pipe in (commands, results):
        grow_pipe(pipe)
    return os.fdopen(commands, "rb", buffering=2**16), results


def grow_pipe(descriptor: int) -> None:
    """Makes a pipe hold `PIPE_BYTES`, on systems that can."""
    try:
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    except (ImportError, AttributeError, OSError):
        return  # the pipe works at any size, only with more switches between processes


def _read(commands: BinaryIO, inbox: "SimpleQueue[Message]") -> None:
    with contextlib.suppress(ValueError, OSError):
        for message in read_messages(commands):
            inbox.put(message)
    os._exit(0)  # whoever started this worker is gone


def _write(results: int, data: bytes) -> None:
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(results, view) :]
    except OSError:
        os._exit(0)


if __name__ == "__main__":
    main()
