"""Services for the tests: one without workers, whose messages are only recorded; real ones."""

from collections.abc import Iterator

import pytest

from playground.live import pool
from playground.live.service import LiveService
from tests.live.fakes import Clock, RecordingLane, Stage


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[LiveService]:
    """A service whose lanes record what they are sent and answer nothing."""
    monkeypatch.setattr(pool, "ProcessLane", RecordingLane)
    service = LiveService(workers=2, max_runs=3, clock=clock)
    service.start()
    yield service
    service.close()


@pytest.fixture
def stage() -> Stage:
    """A scheduler on a clock that the test moves."""
    return Stage()


@pytest.fixture(scope="module")
def in_thread() -> Iterator[LiveService]:
    service = LiveService(workers=0, max_runs=100)
    yield service
    service.close()


@pytest.fixture(scope="module")
def in_process() -> Iterator[LiveService]:
    service = LiveService(workers=1, max_runs=100)
    yield service
    service.close()
