"""What does not fit is refused with a number; an allocation that fails ends its run alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.run import Run
from playground.live import environment
from playground.live.workshop import CoreWorkshop
from tests.core.test_memory import cnn

WIDE = {"kind": "dense", "units": 8, "activation": "relu"}


@pytest.fixture
def workshop(monkeypatch: pytest.MonkeyPatch) -> CoreWorkshop:
    monkeypatch.setenv("PLAYGROUND_MEMORY", "30")
    return CoreWorkshop()


def test_what_does_not_fit_is_refused_with_a_number(workshop: CoreWorkshop):
    large = cnn(layers=[{"kind": "conv2d", "channels": 128}, {"kind": "flatten"}])
    with pytest.raises(PlaygroundError) as caught:
        workshop.build(large.to_json(), None, None)
    assert caught.value.code == "too_much_memory"
    assert caught.value.params["allowed"] == "30 MB"
    needed, unit = str(caught.value.params["needed"]).split()
    assert float(needed) > 30 or unit == "GB"
    assert workshop.build(cnn().to_json(), None, None).step == 0


def test_runs_share_what_there_is_and_give_it_back(workshop: CoreWorkshop):
    size = workshop._memory.needs(cnn()).total
    fit = 30 * 2**20 // size
    runs = [workshop.build(cnn().to_json(), None, None) for _ in range(fit)]
    with pytest.raises(PlaygroundError) as caught:
        workshop.build(cnn().to_json(), None, None)
    assert caught.value.code == "too_much_memory"
    runs.pop()
    assert workshop.build(cnn().to_json(), None, None).state == "ready"


def test_a_running_network_may_not_outgrow_it(workshop: CoreWorkshop):
    run = workshop.build(cnn().to_json(), None, None)
    assert isinstance(run, Run)
    with pytest.raises(PlaygroundError) as caught:
        workshop.update(run, cnn(training={"batch_size": 1000, "precision": "float64"}).to_json())
    assert caught.value.code == "too_much_memory"
    assert run.experiment == cnn()
    workshop.update(run, cnn(optimizer={"learning_rate": 0.001}).to_json())
    assert run.experiment.optimizer.learning_rate == 0.001


def test_the_limit_is_the_operators_or_half_the_machine(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLAYGROUND_MEMORY", "500")
    assert environment.memory_limit() == 500 * 2**20
    monkeypatch.delenv("PLAYGROUND_MEMORY")
    monkeypatch.setenv("PLAYGROUND_WORKERS", "2")
    half = environment.memory_limit()
    monkeypatch.setenv("PLAYGROUND_WORKERS", "0")
    assert environment.memory_limit() == pytest.approx(2 * half, abs=2)


def test_a_container_has_less_than_its_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.delenv("PLAYGROUND_MEMORY", raising=False)
    monkeypatch.setenv("PLAYGROUND_WORKERS", "1")
    limit = tmp_path / "memory.max"
    limit.write_text("200000000\n")
    monkeypatch.setattr(environment, "CONTAINER_LIMITS", (limit,))
    assert environment.memory_limit() == 100_000_000
    limit.write_text("max\n")
    assert environment.memory_limit() > 100_000_000


# A scheduler with the real core, which may not have more memory than it has now and a bit.
SHORT = """
import json, resource, sys
from queue import SimpleQueue
from playground.live.scheduler import Scheduler
from playground.live.workshop import CoreWorkshop

sent, inbox = [], SimpleQueue()
workshop = CoreWorkshop()
workshop.warm_up()
scheduler = Scheduler(inbox, sent.append, workshop)
fields = {"generation": 1, "table": None, "playing": True, "watched": True, "speed": None,
          "notice": None}
small, large, grown = json.loads(sys.argv[1])
inbox.put(("create", {"run": "small", "plan": small, **fields}, b""))
inbox.put(("create", {"run": "large", "plan": large, **fields}, b""))
for _ in range(10):
    scheduler.tick()
states = [scheduler.jobs[name].state for name in ("small", "large")]
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + 2**25, size + 2**25))
inbox.put(("update", {"run": "large", "plan": grown}, b""))
before = scheduler.jobs["small"].step
job = scheduler.jobs["large"]
for _ in range(400):
    scheduler.tick()
    if job.state != "running":
        break
for _ in range(10):
    scheduler.tick()
print(json.dumps({"before": states, "large": job.state,
                  "notice": job.notice.code if job.notice else None,
                  "small": scheduler.jobs["small"].state,
                  "went_on": scheduler.jobs["small"].step > before}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only there a process can limit itself so")
def test_an_allocation_that_fails_ends_its_run_alone():
    layers = [{"kind": "conv2d", "channels": 128, "kernel": 1}, {"kind": "flatten"}]
    large = cnn(layers=layers, training={"batch_size": 2})
    grown = large.with_changes({"training": {"batch_size": 1000}})
    texts = json.dumps([one.to_json() for one in (Experiment(), large, grown)])
    done = subprocess.run(
        [sys.executable, "-c", SHORT, texts], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == {
        "before": ["running", "running"],
        "large": "failed",
        "notice": "out_of_memory",
        "small": "running",
        "went_on": True,
    }
