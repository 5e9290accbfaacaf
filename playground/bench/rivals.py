"""The engines beside what a user would pick instead: the same networks, data and steps.

Plain SGD everywhere, one thread, float32 (scikit-learn: float64). JAX is measured where it is
installed, the compiled kernel where one can be built.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from sklearn.neural_network import MLPClassifier
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from playground.bench.engine import NETS, SGD, eager_loop, microseconds
from playground.bench.kernel import compiled_run
from playground.bench.report import code, row
from playground.core.experiment import Experiment
from playground.core.layers import Dense
from playground.core.run import Run

ROUNDS = 5
Train = Callable[[float], int]


def timed(epoch: Callable[[], int]) -> Train:
    """Epochs, each of which says how many steps it took, until the time is over."""

    def train(seconds: float) -> int:
        steps, end = 0, time.perf_counter() + seconds
        while time.perf_counter() < end:
            steps += epoch()
        return steps

    return train


def data_loader_loop(run: Run) -> Train:
    """The eager loop as tutorials write it: a DataLoader, a module, an optimizer."""
    inputs = torch.from_numpy(run.data.inputs_train).float()
    targets = torch.from_numpy(run.data.targets_train).float().unsqueeze(1)
    size = run.experiment.training.batch_size
    loader = DataLoader(TensorDataset(inputs, targets), batch_size=size, shuffle=True)
    modules: list[nn.Module] = []
    width = inputs.shape[1]
    for layer in _layers(run):
        modules += [nn.Linear(width, layer.units), _ACTIVATIONS[layer.activation]()]
        width = layer.units
    model = nn.Sequential(*modules, nn.Linear(width, 1))
    loss = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=run.experiment.optimizer.learning_rate)

    def epoch() -> int:
        for batch, wanted in loader:
            optimizer.zero_grad()
            loss(model(batch), wanted).backward()
            optimizer.step()
        return len(loader)

    return timed(epoch)


def scikit_learn(run: Run) -> Train:
    """MLPClassifier: one call of partial_fit is one epoch of minibatches."""
    layers = _layers(run)
    settings: dict[str, Any] = {
        "activation": layers[0].activation,
        "solver": "sgd",
        "momentum": 0,
        "alpha": 0,
        "learning_rate_init": run.experiment.optimizer.learning_rate,
        "batch_size": run.experiment.training.batch_size,
        "random_state": 0,
    }
    model = MLPClassifier([layer.units for layer in layers], **settings)
    inputs, targets = run.data.inputs_train, run.data.targets_train
    batches = -(-len(inputs) // run.experiment.training.batch_size)

    def epoch() -> int:
        model.partial_fit(inputs, targets, classes=[0, 1])
        return batches

    return timed(epoch)


def jax_scan(run: Run) -> Train:
    """JAX: one jitted scan over an epoch's minibatches, gradients by jax.grad."""
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")  # one thread, as all
    jax: Any = importlib.import_module("jax")
    jnp: Any = importlib.import_module("jax.numpy")
    bends = [{"tanh": jnp.tanh, "relu": jax.nn.relu}[layer.activation] for layer in _layers(run)]
    parameters = [
        (jnp.asarray(weight.numpy(), jnp.float32), jnp.asarray(bias.numpy(), jnp.float32))
        for weight, bias in run.problem.parameters
    ]
    inputs = np.asarray(run.data.inputs_train, np.float32)
    targets = np.asarray(run.data.targets_train, np.float32)
    size, rate = run.experiment.training.batch_size, run.experiment.optimizer.learning_rate
    whole = len(inputs) // size  # a scan wants batches of one size
    order = np.random.default_rng(0)

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        for (weight, bias), bend in zip(parameters[:-1], bends, strict=True):
            x = bend(x @ weight.T + bias)
        weight, bias = parameters[-1]
        z = (x @ weight.T + bias)[:, 0]
        return jnp.mean(jnp.logaddexp(0, z) - y * z)

    def step(parameters: Any, batch: Any) -> Any:
        slopes = jax.grad(loss)(parameters, *batch)
        return jax.tree.map(lambda value, slope: value - rate * slope, parameters, slopes), None

    scan = jax.jit(lambda parameters, x, y: jax.lax.scan(step, parameters, (x, y))[0])
    place = {"parameters": parameters}

    def epoch() -> int:
        chosen = order.permutation(len(inputs))[: whole * size]
        batches = inputs[chosen].reshape(whole, size, -1), targets[chosen].reshape(whole, size)
        place["parameters"] = jax.block_until_ready(scan(place["parameters"], *batches))
        return whole

    epoch()  # compiles
    return timed(epoch)


_ACTIVATIONS: dict[str, type[nn.Module]] = {"tanh": nn.Tanh, "relu": nn.ReLU}
RIVALS: dict[str, Callable[[Run], Train]] = {
    "dense engine": lambda run: run.train_for,
    "plain PyTorch loop": eager_loop,
    "PyTorch with a DataLoader": data_loader_loop,
    "scikit-learn, MLPClassifier": scikit_learn,
    "JAX, jitted scan of an epoch": jax_scan,
}


def _layers(run: Run) -> list[Dense]:
    return [layer for layer in run.experiment.layers if isinstance(layer, Dense)]


def _present() -> Iterator[tuple[str, Callable[[Run], Train]]]:
    """Those that can be measured here."""
    for name, make in RIVALS.items():
        if make is jax_scan and importlib.util.find_spec("jax") is None:
            print("JAX is not installed here (pip install jax).")
        else:
            yield name, make


def measure() -> int:
    """Prints microseconds per step of each, in turn, for three networks."""
    torch.set_num_threads(1)
    code(eager_loop, data_loader_loop, scikit_learn, jax_scan, Run.train_for)
    rivals = list(_present())
    for name, changes in NETS.items():
        experiment = Experiment().with_changes({"optimizer": SGD, **changes})
        run = Run(experiment, engine="dense")
        trains = {rival: make(run) for rival, make in rivals}
        if (compiled := compiled_run(experiment)) is not None:
            trains["compiled kernel"] = compiled.train_for
        times: dict[str, list[float]] = {rival: [] for rival in trains}
        for _ in range(ROUNDS):
            for rival, train in trains.items():
                times[rival].append(microseconds(train))
        print(name)
        for rival, values in times.items():
            row(f"  {rival}", values, "µs/step")
    return 0
