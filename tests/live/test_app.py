"""The app as it is started: its routes beside Streamlit's, and a clean end."""

import signal
from collections.abc import Iterator

import httpx
import psutil
import pytest

from playground.bench.server import Server, app_server

PATIENCE = 60.0  # s


@pytest.fixture(params=[pytest.param("", marks=pytest.mark.slow), "some/prefix"])
def app(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server of its own."""
    with app_server({"PLAYGROUND_WORKERS": "1"}, prefix=request.param) as server:
        yield server


def test_routes_static_files_and_a_clean_end(app: Server):
    health = httpx.get(f"{app.url}/live/health").json()
    (worker,) = health["workers"]
    assert psutil.pid_exists(worker["pid"])
    assert "mount" in httpx.get(f"{app.url}/app/static/view.js").text
    script = httpx.get(f"{app.url}/live/plotly.min.js", headers={"accept-encoding": "gzip"})
    assert script.status_code == 200
    assert script.headers["content-encoding"] == "gzip"
    app.process.send_signal(signal.SIGINT)
    app.process.wait(PATIENCE)
    said = app.log()
    assert "Traceback" not in said, said
    assert "Error" not in said, said
    assert not psutil.pid_exists(worker["pid"])
