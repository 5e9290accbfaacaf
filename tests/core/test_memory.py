"""What a run will need, against what autograd keeps and what a process really takes."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import nn

from playground.core import memory
from playground.core.experiment import Experiment
from playground.core.network import parameter_count
from playground.core.optimizers import OPTIMIZERS
from playground.core.run import Run
from tests.core.helpers import run_of, small

CNN = {
    "data": {"name": "digits"},
    "layers": [
        {"kind": "conv2d", "channels": 16},
        {"kind": "pool2d"},
        {"kind": "flatten"},
        {"kind": "dense", "units": 32},
    ],
    "training": {"batch_size": 400, "device": "cpu"},
    "loss": "cross_entropy",
}


def cnn(**changes: Any) -> Experiment:
    return Experiment().with_changes(CNN).with_changes(changes)


def test_what_autograd_keeps_is_counted():
    """Linear keeps its input, tanh its output: nothing of one storage twice, and no weight."""
    modules = nn.ModuleList(
        [nn.Sequential(nn.Linear(3, 5), nn.Tanh()), nn.Sequential(nn.Linear(5, 2), nn.Identity())]
    )
    values = torch.zeros(7, 3)
    assert memory.kept_by(modules, values) == [4 * 7 * (3 + 5), 0]
    doubled = memory.kept_by(modules.double(), values.double())
    assert doubled == [8 * 7 * (3 + 5), 0]


def test_a_convolution_keeps_pictures():
    experiment = cnn()
    blocks = Run(experiment).blocks
    found = memory.kept_of_one(experiment, blocks)
    # Input, 16 pictures in front of ReLU's or behind it, pooled with their places, dense
    assert 4 * (64 + 16 * 64 + 16 * 16) <= found <= 4 * 3 * (64 + 16 * 64 + 16 * 16 + 64)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_no_optimizer_remembers_more_than_it_says(name):
    run = run_of(small(optimizer={"name": name}), engine="autograd")
    before = sum(v.numel() for k, v in run.engine.state().items() if "optimizer" not in k)
    run.advance(30)
    state = run.engine.state()
    kept = sum(v.numel() for k, v in state.items() if k.startswith("optimizer"))
    count = parameter_count(run.blocks)
    assert kept <= (run.experiment.optimizer.remembers + 1) * count + 100
    assert before


def test_more_of_anything_needs_more():
    base = memory.needs(cnn())
    assert memory.needs(cnn(training={"batch_size": 800})).activations == 2 * base.activations
    double = memory.needs(cnn(training={"precision": "float64"}))
    assert double.total > 1.4 * base.total
    wide = memory.needs(cnn(layers=[CNN["layers"][0], *CNN["layers"][2:]]))  # type: ignore[index]
    assert wide.parameters > 3 * base.parameters
    assert memory.needs(Experiment()).total < 2**20, "the default experiment is small"


PEAK = """
import json, resource, sys, torch
torch.set_num_threads(1)
from playground.core import memory
from playground.core.experiment import Experiment
from playground.core.run import Run
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
small, large = (Experiment.from_json(text) for text in json.loads(sys.argv[1]))
run = Run(small)
run.advance(2)
before = peak()
run = Run(large)
run.advance(2)
run.measure()
print(peak() - before, memory.needs(large).total - memory.needs(small).total)
"""


@pytest.mark.slow
def test_the_estimate_is_what_a_process_takes():
    import json

    layers = [
        {"kind": "conv2d", "channels": 64},
        {"kind": "conv2d", "channels": 64, "kernel": 1},
        {"kind": "flatten"},
    ]
    large = cnn(layers=layers, training={"batch_size": 1000}, data={"train_percent": 80})
    texts = json.dumps([cnn().to_json(), large.to_json()])
    done = subprocess.run(
        [sys.executable, "-c", PEAK, texts], capture_output=True, text=True, check=True
    )
    taken, said = map(int, done.stdout.split())
    assert 0.5 * taken < said < 2.5 * taken


TOGETHER = """
import json, resource, sys, torch
torch.set_num_threads(1)
from playground.core import memory
from playground.core.experiment import Experiment
from playground.core.population import Population, starts
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
experiment, few, many = Experiment.from_json(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
population = Population(starts(experiment, few))
population.advance(2)
before = peak()
population = Population(starts(experiment, many))
population.advance(2)
population.measure()
said = memory.together(experiment, many).total
print(peak() - before, said - memory.together(experiment, few).total)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["dense", "residual"])
def test_the_estimate_of_a_population_is_what_a_process_takes(kind):
    layers = [
        {"kind": "dense", "units": 128},
        {"kind": kind} | ({"units": 128} if kind == "dense" else {}),
    ]
    experiment = Experiment().with_changes(
        {"layers": layers, "training": {"device": "cpu", "batch_size": 100}}
    )
    done = subprocess.run(
        [sys.executable, "-c", TOGETHER, experiment.to_json(), "4", "256"],
        capture_output=True,
        text=True,
        check=True,
    )
    taken, said = map(int, done.stdout.split())
    assert 0.5 * taken < said < 2.5 * taken


def test_networks_together_share_their_points():
    experiment = Experiment().with_changes({"data": {"samples": 5000}})
    alone, many = memory.needs(experiment), memory.together(experiment, 64)
    assert many.activations == 64 * alone.activations
    assert alone.data < many.data < 64 * alone.data
    assert memory.together(experiment, 64, same_points=False).data > 64 * alone.data


@pytest.mark.parametrize(
    ("size", "words"), [(2.3 * 2**30, "2.3 GB"), (40 * 2**20, "40 MB"), (3.25 * 2**20, "3.2 MB")]
)
def test_sizes_are_written_short(size, words):
    assert memory.written(size) == words
