"""What single training points do to a network: it is retrained without each of them.

Leave-one-out retraining, the quantity that influence functions approximate (Koh & Liang 2017):
every network starts with the same weights, sees the others in the same order, and differs from
the one that learns from all points by nothing but the one that is left out. What a point does to
its own prediction is its memorisation (Feldman & Zhang 2020).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from playground.core.analysis.brushed import class_shares
from playground.core.analysis.retraining import at_start, replace_data, together, trained, without
from playground.core.answers import asked
from playground.core.changes import data_stream
from playground.core.data.prepare import prepare
from playground.core.data.typed import painted
from playground.core.memory import ALLOWANCE
from playground.core.picture import answer
from playground.core.population import Population

if TYPE_CHECKING:
    from playground.core.run import Run

# Student's t, two-sided 95 %, for so many starts
STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}
PLAIN, MISLABELLED, OUTLYING, PAINTED = range(4)  # what a point is known to be


@dataclass(frozen=True, eq=False)
class Watched:
    """Where answers are compared: over a grid, or at points.

    Attributes:
        inputs: (places, *shape) as networks are given them.
        targets: of points, as `Prepared.targets_test` has them; None over a grid.
    """

    inputs: np.ndarray
    targets: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Influence:
    """What was found of n points with S starts; NaN where a network diverged.

    Attributes:
        places: (n,) of the points among all training points, those left out included.
        test: (S, n) test loss without the point minus the loss with it: above 0 it helps.
        own: (S, n) of its own answer: how much more right it is with the point than without it,
            see `rightness`.
        whole: (S,) test loss with all points.
        base: what networks that learn from all points answer at the watched places, the mean of
            the starts: (units, places) over a grid, (1, places) how right they are at points.
        change: (n, places) float16, what is added to that without the point; over a grid for one
            answer: the share of the second of two classes, of more the point's own, or the value.
        channels: (n,) which of the units of `base` that is.
    """

    places: np.ndarray
    test: np.ndarray
    own: np.ndarray
    whole: np.ndarray
    base: np.ndarray
    change: np.ndarray
    channels: np.ndarray


def every_place(run: Run) -> np.ndarray:
    """The place of each training point of a run among all, those left out included."""
    total = len(run.data.targets_train) + len(run.data.left_out)
    return np.delete(np.arange(total), list(run.data.left_out))


def leave_one_out(
    run: Run, chosen: Sequence[int], starts: Sequence[int], epochs: int, watched: Watched
) -> Generator[float, None, Influence]:
    """Retrains the network of a run without each of some training points.

    Args:
        run: whose experiment is repeated, from its first weights on.
        chosen: places of the points among the run's training points.
        starts: of the seed; each point is left out once from each.
        epochs: how long every network trains.
        watched: where answers are compared.

    Yields:
        How far it came, 0 to 1.
    """
    experiment, own = run.experiment, run.table
    data, names = run.data, every_place(run)
    total = len(starts) * (len(chosen) + 1)
    ALLOWANCE.ask(experiment, len(starts), own)
    bases = Population([at_start(experiment, start) for start in starts], own)
    for share in trained(bases, epochs * bases.batches_per_epoch):
        yield share * len(starts) / total
    base = _Seen(run, bases, chosen, watched)
    shape = (len(starts), len(chosen))
    test, its = np.full(shape, np.nan), np.full(shape, np.nan)
    change = np.zeros((len(chosen), len(watched.inputs)))
    pairs = [(s, i) for s in range(len(starts)) for i in range(len(chosen))]
    channels = _channels(run, data.targets_train[list(chosen)], watched)
    size = together(run, bases.engine_name == "loop")
    ALLOWANCE.ask(experiment, len(starts) + min(size, len(pairs)), own)
    for first in range(0, len(pairs), size):
        part = pairs[first : first + size]
        members = [without(at_start(experiment, starts[s]), int(names[chosen[i]])) for s, i in part]
        population = Population(members, own)
        for share in trained(population, epochs * population.batches_per_epoch):
            yield (len(starts) + first + share * len(part)) / total
        seen = _Seen(run, population, [chosen[i] for _, i in part], watched)
        del population  # two at a time would take twice the room
        for row, (s, i) in enumerate(part):
            if not (seen.alive[row] and base.alive[s]):
                continue
            test[s, i] = seen.loss[row] - base.loss[s]
            its[s, i] = base.right[s, i] - seen.right[row, row]
            unit = channels[i]
            change[i] += (seen.watched[row][unit] - base.watched[s][unit]) / len(starts)
        yield (len(starts) + first + len(part)) / total
    return Influence(
        places=names[list(chosen)],
        test=test,
        own=its,
        whole=np.where(base.alive, base.loss, np.nan),
        base=base.watched.mean(0),
        change=change.astype(np.float16),
        channels=channels,
    )


class _Seen:
    """What the members of a population do: test loss (K,), which of them are well (K,), how right
    they are at some training points (K, points), and what they say where they are watched
    (K, units, places)."""

    def __init__(
        self, run: Run, population: Population, points: Sequence[int], watched: Watched
    ) -> None:
        self.loss = population.measure().test_loss
        self.alive = population.alive
        inputs, targets = (
            getattr(run.data, f"{name}_train")[list(points)] for name in ("inputs", "targets")
        )
        self.right = _rightness_of_all(run, population.outputs(inputs), targets)
        outputs = population.outputs(watched.inputs)
        if watched.targets is None:
            said = torch.stack([answer(run, one) for one in outputs.cpu().double()])
            self.watched = np.nan_to_num(said.numpy())
        else:
            self.watched = _rightness_of_all(run, outputs, watched.targets)[:, None]


def _rightness_of_all(run: Run, outputs: Tensor, targets: np.ndarray) -> np.ndarray:
    """Of outputs (K, ..., points), (K, points)."""
    found = torch.stack([rightness(run, one, targets) for one in outputs.cpu().double()])
    return np.nan_to_num(found.numpy())


def rightness(run: Run, output: Tensor, targets: np.ndarray) -> Tensor:
    """How right answers are: the share that the true class gets, or minus the mean error of values
    in their own units. Of a sequence with several answers their mean.

    Args:
        output: (units, points), or (T, units, points).
        targets: (points,), (points, T) or (points, outputs), as `Prepared.targets_test`.

    Returns:
        (points,).
    """
    truth = torch.from_numpy(np.ascontiguousarray(targets))
    steps = output.ndim == 3
    there = asked(truth)
    if run.schema.task == "regression":
        said = answer(run, output, -2)
        said = said[:, 0].mT if steps else said.mT if truth.ndim > 1 else said[0]
        right = -(said - truth.nan_to_num()).abs()
    else:
        said = answer(run, output, -2)
        known = truth.long().clamp(min=0)
        if steps:
            right = said.permute(2, 0, 1).gather(2, known[..., None])[..., 0]
        else:
            right = class_shares(said).gather(0, known[None])[0]
    if right.ndim == 1:
        return right
    return torch.where(there, right, 0.0).sum(1) / there.sum(1).clamp(min=1)


def _channels(run: Run, targets: np.ndarray, watched: Watched) -> np.ndarray:
    """Whose answer is compared where it is watched, for each point."""
    if run.schema.task == "multiclass" and watched.targets is None:
        return targets.astype(np.intp)
    return np.zeros(len(targets), dtype=np.intp)


def summed_up(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means over the starts, and half the width of their 95 % intervals by Student's t.

    Args:
        values: (S, n).

    Returns:
        (n,) each; NaN where no start, or for the second fewer than two, has a value.
    """
    known = np.isfinite(values)
    count = known.sum(0)
    filled = np.where(known, values, 0.0)
    mean = np.where(count > 0, filled.sum(0) / np.maximum(count, 1), np.nan)
    spread = np.where(known, values - mean, 0.0)
    deviation = np.sqrt((spread**2).sum(0) / np.maximum(count - 1, 1))
    student = np.array([STUDENT.get(int(number), np.nan) for number in count])
    return mean, student * deviation / np.sqrt(np.maximum(count, 1))


def known_kinds(run: Run) -> np.ndarray:
    """What is known of all training points, those left out included: (n,) of the constants above.

    The same sample is made once more without trouble.
    """
    if run.schema.kind != "points":
        return np.zeros(len(run.data.targets_train) + len(run.data.left_out), dtype=np.uint8)
    experiment = run.present
    plain = {"left_out": ()}
    told = prepare(replace_data(experiment, plain), run.table, data_stream(experiment))
    kinds = np.zeros(len(told.targets_train), dtype=np.uint8)
    for name, kind in (("label_noise", MISLABELLED), ("outliers", OUTLYING)):
        if not getattr(experiment.data, name):
            continue
        clean = replace_data(experiment, {**plain, name: 0})
        other = prepare(clean, run.table, data_stream(experiment))
        moved = (other.raw_train != told.raw_train).any(1) & (kind == OUTLYING)
        kinds[moved | (other.targets_train != told.targets_train)] = kind
    own = len(painted(experiment.data, run.schema).targets)
    if own:
        kinds[len(kinds) - own :] = PAINTED
    return kinds
