"""Servers to measure and to test against: the app itself, and the live service without pages."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parents[2]
START_SECONDS = 60


class Server:
    """A child process that serves HTTP on a free port of this machine.

    Args:
        command: its arguments after the interpreter; `{port}` is filled in.
        health: path that answers once the server is ready.
        environment: added to this process's own.
        prefix: path below which it serves, without slashes at its ends.

    Attributes:
        url: where it serves, without a slash at the end.
        process: the child, once the server was entered.
    """

    def __init__(
        self,
        command: Sequence[str],
        health: str,
        environment: Mapping[str, str] | None = None,
        prefix: str = "",
    ) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/{prefix}".rstrip("/")
        self._command = [part.format(port=self.port) for part in command]
        self._health = health
        self._environment = {**os.environ, **(environment or {})}
        self._log = tempfile.NamedTemporaryFile(suffix=".log")  # noqa: SIM115

    def __enter__(self) -> Server:
        self.process = subprocess.Popen(
            [sys.executable, *self._command],
            cwd=ROOT,
            env=self._environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__(None, None, None)
                raise RuntimeError(f"the server did not start:\n{self.log()}")
            time.sleep(0.1)
        return self

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(self.url + self._health, timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def log(self) -> str:
        """Everything the server has printed so far."""
        return Path(self._log.name).read_text(encoding="utf-8", errors="replace")


def app_server(
    environment: Mapping[str, str] | None = None, *options: str, prefix: str = ""
) -> Server:
    """The playground as `streamlit run app.py` serves it.

    Args:
        environment: added to this process's own.
        options: more options of `streamlit run`.
        prefix: path below which it serves (`server.baseUrlPath`).
    """
    command = [
        *("-m", "streamlit", "run", "app.py", "--server.headless", "true"),
        *("--server.port", "{port}", "--server.address", "127.0.0.1"),
        *("--server.fileWatcherType", "none", "--server.baseUrlPath", prefix, *options),
    ]
    return Server(command, "/_stcore/health", environment, prefix)


def live_server(environment: Mapping[str, str] | None = None) -> Server:
    """The live service alone: its routes, and `POST /run` that makes a run of a JSON body."""
    return Server(["-m", "playground.bench.web", "{port}"], "/live/health", environment)
