"""The app as it is started: its routes beside Streamlit's, and a clean end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.conftest import free_port

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # s


@pytest.fixture(params=["", "some/prefix"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen]]:
    """A server of its own: its address and its process; what it says goes to log.txt."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += ["--server.headless", "true", "--server.port", str(port)]
    command += ["--server.address", "127.0.0.1", "--server.baseUrlPath", request.param]
    with (tmp_path / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "PLAYGROUND_WORKERS": "1"}, stdout=log, stderr=log
        )
        url = f"http://127.0.0.1:{port}/{request.param}".rstrip("/")
        try:
            wait_for(url)
            yield url, process
        finally:
            process.kill()
            process.wait()


def wait_for(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/_stcore/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


def test_routes_static_files_and_a_clean_end(app, tmp_path: Path):
    url, process = app
    health = httpx.get(f"{url}/live/health").json()
    (worker,) = health["workers"]
    assert psutil.pid_exists(worker["pid"])
    assert "mount" in httpx.get(f"{url}/app/static/view.js").text
    script = httpx.get(f"{url}/live/plotly.min.js", headers={"accept-encoding": "gzip"})
    assert script.status_code == 200
    assert script.headers["content-encoding"] == "gzip"
    process.send_signal(signal.SIGINT)
    process.wait(PATIENCE)
    said = (tmp_path / "log.txt").read_text()
    assert "Traceback" not in said, said
    assert "Error" not in said, said
    assert not psutil.pid_exists(worker["pid"])
