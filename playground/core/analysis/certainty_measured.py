"""What four ways say of points: the network alone, an ensemble, dropout, a Laplace head.

Of a sequence with several answers each answer is a row of its own: what is said of points is said
of all their answers, in order.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from playground.core.activations import ACTIVATIONS
from playground.core.analysis.certainty import Belief, of_answers, of_head
from playground.core.analysis.laplace import MOST, LastLayer, point_curvature
from playground.core.analysis.retraining import TURN, at_start, starts_of, trained
from playground.core.answers import asked, measured
from playground.core.losses import encode_targets
from playground.core.memory import ALLOWANCE
from playground.core.modules.dropout import SeededDropout
from playground.core.network import flops, linear_maps
from playground.core.population import Population
from playground.core.random import stable_seed
from playground.core.replica import Replica

if TYPE_CHECKING:
    from playground.core.run import Run

MOST_POINTS = 2000  # of a part, or answers of them
LEAST_POINTS = 32
PRIOR = 1.0  # precision where no other is found
TRAINED = 0.85  # progress when the ensemble is


@dataclass(frozen=True, eq=False)
class Places:
    """Points of which something is said.

    Attributes:
        inputs: (n, *shape), as the network is given them.
        asked: bool (n, T), the places of sequences that ask for an answer; None where each point
            is one answer.
        parts: where the answers of the "grid", of "test" and of "train" lie, as far as they are
            asked for.
    """

    inputs: np.ndarray
    asked: Tensor | None
    parts: dict[str, slice]

    def rows(self, values: Tensor) -> Tensor:
        """What stands at the answers: (answers, units) of (n, units) or (n, T, units)."""
        return values if self.asked is None else values[self.asked]

    def of_many(self, outputs: Tensor) -> Tensor:
        """Of outputs of a population (K, units, n) or (K, T, units, n): (K, units, answers)."""
        if self.asked is None:
            return outputs
        return outputs.permute(0, 3, 1, 2)[:, self.asked].mT

    def owners(self, part: str) -> Tensor:
        """Which point of a part each of its answers belongs to, (answers of the part,)."""
        where = self.parts[part]
        if self.asked is None:
            return torch.arange(where.stop - where.start)
        points = self.asked.nonzero()[where, 0]
        return points - points[0] if len(points) else points


@dataclass(eq=False)
class Measured:
    """What was measured at one moment, to be pictured once or again.

    Attributes:
        replica: the network, in float64.
        others: the ensemble but for the network itself.
        head: its last layer; None where that cannot be had, and `reason` says why.
        noise: standard deviation of the training points' values about the network's, in the units
            that the loss sees; 1 for classes.
        passes: asked for.
    """

    replica: Replica
    others: Population
    head: LastLayer | None
    reason: str | None
    noise: float
    passes: int
    step: int
    epoch: int


def points_of(run: Run, part: str) -> int:
    """How many points of a part are looked at."""
    count = len(getattr(run.data, f"inputs_{part}"))
    most = MOST_POINTS // max(run.schema.steps, 1)
    if run.schema.kind != "points":
        most = measured(most, flops(run.blocks))
    return min(count, max(most, LEAST_POINTS))


def truth_of(run: Run, part: str) -> Tensor:
    """What is right at the answers of a part, as `places_of` orders them: classes or values."""
    truth = torch.from_numpy(getattr(run.data, f"targets_{part}")[: points_of(run, part)])
    return truth[asked(truth)] if run.schema.steps else truth


def places_of(run: Run, grid: np.ndarray | None) -> Places:
    """A grid, the test points, and of values the training points, whose noise counts.

    Args:
        grid: inputs (places, features); None of data that lie in no plane.
    """
    inputs, counts = {}, {}
    there: list[Tensor] = []
    if grid is not None:
        inputs["grid"] = grid
    for part in ("test", "train") if run.schema.task == "regression" else ("test",):
        count = points_of(run, part)
        inputs[part] = getattr(run.data, f"inputs_{part}")[:count]
        if run.schema.steps:
            there.append(asked(torch.from_numpy(getattr(run.data, f"targets_{part}")[:count])))
            counts[part] = int(there[-1].sum())
    counts = {name: counts.get(name, len(part)) for name, part in inputs.items()}
    ends = np.cumsum(list(counts.values()))
    parts = {
        name: slice(int(end) - count, int(end))
        for (name, count), end in zip(counts.items(), ends, strict=True)
    }
    every = np.concatenate(list(inputs.values()))
    return Places(every, torch.cat(there) if there else None, parts)


# ---- measuring


def others_of(run: Run, members: int) -> list[int]:
    """The starts of an ensemble's networks but for the run's own."""
    return starts_of(run, members)[1:]


def measure(
    run: Run, replica: Replica, members: int, passes: int
) -> Generator[float, None, Measured]:
    """Trains the ensemble as far as the run is now, and looks at its head.

    Args:
        replica: the network as it is now, in float64.
        members: networks of the ensemble, the run's own among them.
        passes: with dropout.
    """
    step, epoch, exact = run.step, run.epoch, run.exact_epoch
    head, reason, noise = head_of(run, replica)
    ALLOWANCE.ask(run.experiment, members - 1, run.table)
    others = Population(
        [at_start(run.experiment, start) for start in others_of(run, members)], run.table
    )
    yield 0.02
    for share in trained(others, round(exact * others.batches_per_epoch)):
        yield TRAINED * share
    return Measured(replica, others, head, reason, noise, passes, step, epoch)


def head_of(run: Run, replica: Replica) -> tuple[LastLayer | None, str | None, float]:
    """The posterior of the head, or why there is none; and the noise of values."""
    count = points_of(run, "train")
    inputs, targets = (part[:count] for part in replica.examples())
    with torch.no_grad():
        features = features_of(replica, inputs)
        if run.schema.steps:
            there = asked(targets)
            features, targets = features[there], targets[there]
            classes = len(run.schema.class_names)
            targets = encode_targets(targets, run.schema.task, classes, run.loss)
            targets = targets.to(features.dtype)
        sums = linear_maps(replica.modules)[-1](features)
    activation = ACTIVATIONS[run.experiment.output_activation].module()
    regression = run.schema.task == "regression"
    noise = 1.0
    if regression and not run.loss.rates:
        off = (activation(sums) - targets).detach()
        noise = max(off.square().mean().sqrt().item(), 1e-6)

    def value(sums: Tensor, targets: Tensor) -> Tensor:
        said = activation(sums)
        if regression and not run.loss.rates:
            # Gaussian noise as large as it was found, whatever distance was learned with.
            return (said - targets).square().sum(1).mean() / (2 * noise**2)
        return run.loss.value(said, targets, 1)

    weight = linear_maps(replica.modules)[-1]
    weights = torch.cat((weight.weight, weight.bias[:, None]), 1).detach()
    if weights.numel() > MOST:
        return None, "large", noise
    curvature = point_curvature(value, sums, targets)
    if not curvature.any():
        return None, "flat", noise
    # A sample of the points stands for all of them.
    whole = len(run.data.targets_train) / len(inputs)
    fit = value(sums, targets).item() * len(sums) * whole
    return LastLayer.of(weights, features, curvature * whole, fit), None, noise


# ---- what is said


def beliefs_of(
    run: Run, found: Measured, places: Places, prior: float
) -> Generator[float, None, dict[str, Belief]]:
    """What each way says, by name; those that have nothing to say are not there."""
    points = torch.from_numpy(places.inputs)
    with torch.no_grad():
        own = places.rows(found.replica.output(points)).mT
        features = places.rows(features_of(found.replica, points))
    beliefs = {"plain": of_answers(run, own[None])}
    yield 0.87
    others = places.of_many(found.others.outputs(places.inputs).cpu()).double()
    beliefs["ensemble"] = of_answers(run, torch.cat((own[None], others[found.others.alive])))
    yield 0.89
    passes = yield from dropout_passes(run.experiment.training.seed, found, points, places)
    if passes is not None:
        beliefs["dropout"] = of_answers(run, passes)
    yield 0.95
    if found.head is not None:
        activation = ACTIVATIONS[run.experiment.output_activation].module()
        with torch.no_grad():
            beliefs["laplace"] = of_head(run, found.head, features, activation, prior)
    return {name: _finite(belief) for name, belief in beliefs.items()}


def dropout_passes(
    seed: int, found: Measured, points: Tensor, places: Places
) -> Generator[float, None, Tensor | None]:
    """Outputs (passes, units, answers) with units silenced at random, the same ones for all points
    of a pass (Gal & Ghahramani 2016); None where nothing can be silenced."""
    dropouts = [
        one
        for one in found.replica.modules.modules()
        if isinstance(one, SeededDropout) and one.rate
    ]
    if not dropouts:
        return None
    own = torch.Generator().manual_seed(stable_seed(seed, "certainty"))
    outputs, begin = [], time.perf_counter()
    for number in range(found.passes):
        for one in dropouts:
            one.generator, one.shared = own, True
            one.train()
        with torch.no_grad():
            outputs.append(places.rows(found.replica.output(points)).mT)
        for one in dropouts:
            one.eval()
        if time.perf_counter() - begin > TURN:
            yield 0.89 + 0.06 * (number + 1) / found.passes
            begin = time.perf_counter()
    return torch.stack(outputs)


def features_of(replica: Replica, inputs: Tensor) -> Tensor:
    """What the head is given, (n, h) or (n, T, h)."""
    values = replica.values(inputs)
    return values[-2] if len(values) > 1 else replica.inputs(inputs)


def _finite(belief: Belief) -> Belief:
    return Belief(torch.nan_to_num(belief.mean), torch.nan_to_num(belief.spread))
