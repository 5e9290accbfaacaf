"""What all tests share: quiet machines, a Chromium that has to be there, the app as a server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import hypothesis
import pytest
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
STARTUP = 60.0  # s for the server to answer

# Two test processes on two cores: a thread pool in each only makes them wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# An example may be slow on a shared machine, and that is no failure.
hypothesis.settings.register_profile("playground", deadline=None, print_blob=True)
hypothesis.settings.load_profile("playground")

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

StartApp = Callable[..., AbstractContextManager[str]]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium. Its absence is a failure: a browser test is never skipped."""
    names = os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"
    for name in names:
        path = shutil.which(name) if name else None
        if path:
            return path
    pytest.fail("no Chromium: `make test` finds or installs one, or set CHROMIUM to its path")


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for all tests; each opens a context of its own."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield running
        running.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def _running_app(log: Path, *options: str, prefix: str = "", **environment: str) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += ["--server.headless", "true", "--server.port", str(port)]
    command += ["--server.address", "127.0.0.1", "--server.fileWatcherType", "none"]
    command += ["--server.baseUrlPath", prefix, *options]
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment, stdout=sink, stderr=sink
        )
        try:
            url = f"http://127.0.0.1:{port}/{prefix}".rstrip("/")
            _wait_for(url, process, log)
            yield url
        finally:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTUP
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{log.read_text(errors='replace')[-4000:]}")


@pytest.fixture(scope="session")
def start_app(tmp_path_factory: pytest.TempPathFactory) -> StartApp:
    """Starts a server of its own: `with start_app(PLAYGROUND_MAX_RUNS="3") as url`.

    Arguments are options of `streamlit run`, `prefix` is the path below which it serves, other
    keywords are environment variables.
    """
    logs = tmp_path_factory.mktemp("servers")

    def start(*options: str, prefix: str = "", **environment: str) -> AbstractContextManager[str]:
        log = logs / f"{len(list(logs.iterdir()))}.log"
        return _running_app(log, *options, prefix=prefix, **environment)

    return start


@pytest.fixture(scope="session")
def app_url(start_app: StartApp) -> Iterator[str]:
    """The address of one server that the tests of a session share."""
    with start_app() as url:
        yield url
