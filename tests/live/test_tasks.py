"""Long requests: worked on between the turns of the runs, with progress, and cancellable."""

from __future__ import annotations

from typing import Any

import pytest

from playground.core.errors import Notice, PlaygroundError
from playground.core.experiment import Experiment
from playground.core.presets import PRESETS
from playground.live import frames
from playground.live.lanes import Lane
from playground.live.protocol import Message
from playground.live.service import LiveService
from playground.live.tasks import Task, TaskBoard

PATIENCE = 60.0


@pytest.fixture(params=["in_thread", "in_process"])
def service(request: pytest.FixtureRequest) -> LiveService:
    return request.getfixturevalue(request.param)


def test_an_answer_comes_in_steps(service: LiveService) -> None:
    task = service.begin("presets", {"names": ["product_feature", "triangle"]})
    assert task.wait(PATIENCE)
    assert task.notice is None
    assert task.answer is not None
    header, arrays = task.answer
    assert header["sets"].keys() == arrays.keys() == {"product_feature", "triangle"}
    assert task.progress["name"] in PRESETS


def test_what_goes_wrong_is_told(service: LiveService) -> None:
    for name, params in (("nonsense", {}), ("presets", {"names": ["nonsense"]})):
        task = service.begin(name, params)
        assert task.wait(PATIENCE)
        assert task.answer is None
        assert task.notice is not None


def test_a_run_trains_on_beside_a_task(service: LiveService) -> None:
    handle = service.acquire("one", Experiment())
    handle.command({"type": "play"})
    assert handle.wait(lambda status: status.state == "running", PATIENCE)
    task = service.begin("presets", {"names": list(PRESETS)[:4]}, beside=handle)
    assert task.wait(PATIENCE)
    assert handle.status.state == "running"
    service.drop(handle)


def count_to(last: int) -> Any:
    for number in range(last):
        yield {"number": number}
    return {"counted": last}, {}


def fail() -> Any:
    yield {}
    raise PlaygroundError("out_of_memory")


def board() -> tuple[TaskBoard, list[Message]]:
    said: list[Message] = []
    return TaskBoard(said.append, lambda error: Notice(getattr(error, "code", "?"))), said


def test_tasks_take_turns() -> None:
    tasks, said = board()
    tasks.add(1, count_to(3))
    tasks.add(2, count_to(1))
    while tasks:
        tasks.work(0)
    replies = [fields["id"] for kind, fields, _ in said if kind == "reply"]
    assert replies == [2, 1], "the shorter one did not wait for the longer"
    assert [fields["id"] for kind, fields, _ in said if kind == "progress"] == [1, 2]


def test_a_failing_task_takes_no_other_along() -> None:
    tasks, said = board()
    tasks.add(1, fail())
    tasks.add(2, count_to(2))
    while tasks:
        tasks.work(0)
    errors = {fields["id"]: fields["error"] for kind, fields, _ in said if kind == "reply"}
    assert errors[1]["code"] == "out_of_memory"
    assert errors[2] is None


def test_a_cancelled_task_says_no_more() -> None:
    tasks, said = board()
    tasks.add(1, count_to(1000))
    tasks.work(0)
    tasks.cancel(1)
    tasks.cancel(7)
    assert not tasks
    assert [kind for kind, _, _ in said] == ["progress"]


class Deaf:
    """A lane that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Message] = []

    def send(self, message: Message) -> None:
        self.told.append(message)


def test_a_task_hears_until_it_is_done() -> None:
    lane: Any = Deaf()
    task = Task(5, _lane(lane))
    task.hear(("progress", {"id": 5, "value": {"number": 2}}, b""))
    assert (task.progress, task.done) == ({"number": 2}, False)
    task.hear(("reply", {"id": 5, "error": None}, frames.encode({"counted": 3}, {})))
    assert task.done
    assert task.answer is not None
    assert task.answer[0]["counted"] == 3
    task.cancel()
    task.lose()
    assert lane.told == [], "what is done needs no cancelling"
    assert task.notice is None


def test_a_cancelled_or_lost_task_is_done() -> None:
    lane: Any = Deaf()
    task = Task(5, _lane(lane))
    task.cancel()
    assert task.done
    assert lane.told == [("cancel", {"id": 5}, b"")]
    lost = Task(6, _lane(lane))
    lost.lose()
    assert lost.done
    assert lost.notice == Notice("worker_silent")


def _lane(lane: Any) -> Lane:
    return lane
