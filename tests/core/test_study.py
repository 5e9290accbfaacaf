"""Views whose picture takes longer than a frame: begun, told, given up, asked anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest

from playground.core.analysis.registry import VIEWS
from playground.core.analysis.study import Steps, Study
from playground.core.errors import PlaygroundError
from playground.core.observe import Observer
from playground.core.run import Run
from tests.core.viewing import frame, trained


class Counting(Study):
    """Counts to a number, and says at which step of the run it began."""

    name: ClassVar[str] = "pca"

    def steps(self, options: Mapping[str, Any]) -> Steps:
        step, last = self.run.step, int(options.get("last", 4))
        if last < 0:
            raise PlaygroundError("study_failed", problem="negative")
        for number in range(last):
            if number == 99:
                raise ZeroDivisionError
            yield number / last
        return {"counted": last, "step": step}, {"pca_count": np.arange(last, dtype=np.float32)}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setitem(VIEWS, "pca", Counting)
    return trained("circle")


def observer(run: Run) -> Observer:
    assert isinstance(run.observer, Observer)
    return run.observer


def told(run: Run, **options: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    header, arrays = frame(run, analysis=["pca"], options={"pca": options})
    return header["studies"]["pca"], arrays


def finish(run: Run) -> None:
    while observer(run).studying:
        observer(run).study(0.0)


def test_it_waits_until_it_is_asked(run: Run) -> None:
    said, _ = told(run)
    assert (said["state"], said["version"], observer(run).studying) == ("none", 0, False)
    assert "result" not in said


def test_it_goes_step_by_step_and_its_result_is_sent_until_it_is_known(run: Run) -> None:
    said, arrays = told(run, round=1)
    assert said["state"] == "working"
    assert observer(run).studying
    seen = []
    while observer(run).studying:
        observer(run).study(0.0)
        run.advance(1)
        seen.append(told(run, round=1)[0]["progress"])
    assert seen == sorted(seen)
    assert seen[:3] == [0.0, 0.25, 0.5]
    said, arrays = told(run, round=1)
    assert (said["state"], said["progress"]) == ("done", 1.0)
    assert said["result"] == {"counted": 4, "step": said["step"]}
    assert said["step"] < run.step
    np.testing.assert_array_equal(arrays["pca_count"], range(4))
    said, arrays = told(run, round=1, have=said["version"])
    assert "result" not in said
    assert "pca_count" not in arrays


def test_asked_anew_it_begins_anew_and_keeps_what_it_found(run: Run) -> None:
    told(run, round=1)
    finish(run)
    first, _ = told(run, round=1)
    said, _ = told(run, round=2, last=7)
    assert (said["state"], said["result"]["counted"]) == ("working", 4)
    finish(run)
    said, _ = told(run, round=2, last=7)
    assert said["result"]["counted"] == 7
    assert said["version"] != first["version"]


def test_it_can_be_given_up(run: Run) -> None:
    told(run, round=1)
    observer(run).study(0.0)
    said, _ = told(run, round=1, cancel=True)
    assert said["state"] == "cancelled"
    assert not observer(run).studying
    said, _ = told(run, round=2, cancel=False)
    assert said["state"] == "working"


def test_it_rests_while_its_view_is_closed(run: Run) -> None:
    told(run, round=1)
    frame(run, analysis=["singular"])
    assert not observer(run).studying
    told(run, round=1)
    assert observer(run).studying


@pytest.mark.parametrize("last", [-1, 200])
def test_what_goes_wrong_is_said(run: Run, last: int) -> None:
    told(run, round=1, last=last)
    finish(run)
    said, _ = told(run, round=1, last=last)
    assert said["state"] == "failed"
    assert said["problem"]["code"] == "study_failed"
    told(run, round=2)
    finish(run)
    assert told(run, round=2)[0]["state"] == "done"


@pytest.mark.parametrize("asked", [0, -1, True, 1.5, "1", None])
def test_a_round_that_is_none_begins_nothing(run: Run, asked: Any) -> None:
    assert told(run, round=asked)[0]["state"] == "none"
