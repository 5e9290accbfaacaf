"""What a page may ask a worker for, besides runs: small computations that need torch.

An answer is a header and arrays, like a frame. Each entry of `ANSWERS` is one request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from playground.core.activations import ACTIVATIONS, module_of
from playground.core.data import DATASETS
from playground.core.data.table import Table
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.lesson import Goal, as_header, check_seeds
from playground.core.losses import LOSSES
from playground.core.presets import PRESETS, trained
from playground.live import bench_requests, pca_requests, picture_requests, sweep_requests
from playground.live.job import Observation
from playground.live.tasks import Steps

CURVE_POINTS = 81
ACTIVATION_RANGE = (-4.0, 4.0)
LOSS_RANGE = (-3.0, 3.0)
PRESET_PIXELS = 48


def answer(name: str, params: dict[str, Any]) -> Observation | Steps:
    """Answers one request; one that takes long in steps.

    Raises:
        PlaygroundError: no such request.
    """
    if name not in ANSWERS:
        raise PlaygroundError("unknown_request", name=str(name)[:40])
    return ANSWERS[name](**params)


def curves() -> Observation:
    """Every activation and every loss as arrays.

    Returns:
        `activation/<name>` f4 (3, n): z, f(z), f'(z); where the value depends on other units
        too, of one of two, the other at zero. `loss/<name>` f4 (3, n): output o of one
        unit, loss for the target in the header, its derivative by o; n = CURVE_POINTS.
        header: {"targets": {loss: target}}.
    """
    import torch

    arrays, targets = {}, {}
    for name, activation in ACTIVATIONS.items():
        module = activation.module().double()

        def bent(z: Any, module: Any = module, alone: bool = activation.elementwise) -> Any:
            return module(z) if alone else module(torch.stack((z, torch.zeros_like(z)), 1))[:, 0]

        arrays[f"activation/{name}"] = _with_derivative(bent, ACTIVATION_RANGE)
    for name, loss in LOSSES.items():
        target = float(loss.rates)  # a rate of 1 for a count of 1, else 0 for 0
        if "binary" in loss.tasks:
            target = float(loss.binary_targets[1])
        targets[name] = target

        def value(z: Any, loss: Any = loss, target: float = target) -> Any:
            if "binary" not in loss.tasks and loss.logits:
                # Of several classes: the logit of the true one moves, the other stays at zero.
                outputs = torch.stack((z, torch.zeros_like(z)))
                truth = torch.tensor([[1.0], [0.0]], dtype=z.dtype)
                return torch.stack(
                    [loss.value(outputs[:, i : i + 1], truth, 0) for i in range(len(z))]
                )
            truth = torch.full((1, 1), target, dtype=z.dtype)
            return torch.stack([loss.value(one.view(1, 1), truth, 0) for one in z])

        arrays[f"loss/{name}"] = _with_derivative(value, LOSS_RANGE)
    return {"targets": targets}, arrays


def activation_curve(formula: str) -> Observation:
    """A typed activation as an array.

    Args:
        formula: of z.

    Returns:
        `curve` f4 (3, n): z, f(z), f'(z), as in `curves`; not finite where it has no value.

    Raises:
        PlaygroundError: it is no formula.
    """
    curve = _with_derivative(module_of("formula", formula), ACTIVATION_RANGE)
    return {}, {"curve": curve}


def _with_derivative(function: Callable[[Any], Any], span: tuple[float, float]) -> np.ndarray:
    """f4 (3, n): places, values, derivatives of an elementwise function."""
    import torch

    z = torch.linspace(*span, CURVE_POINTS, dtype=torch.float64, requires_grad=True)
    value = function(z)
    # The sum's gradient is each element's derivative: no element depends on another.
    (slope,) = torch.autograd.grad(value.sum(), z)
    return torch.stack((z, value, slope)).detach().numpy().astype(np.float32)


def thumbnails(names: Sequence[str] | None = None, points: int = 160) -> Observation:
    """A few points of each generated data set, as a small picture shows them.

    Args:
        names: data sets; all that are drawn in a plane by default.
        points: how many of each.

    Returns:
        header: {"sets": {name: {"task", "family", "filled", "window": [x0, x1, y0, y1]}}};
        arrays: `<name>` f4 (n, 3): x, y, class index or value.
    """
    from playground.core.experiment import Data
    from playground.core.random import TorchStream

    sets, arrays = {}, {}
    for name in DATASETS if names is None else names:
        entry = DATASETS.get(name)
        if entry is None or entry.family not in ("points", "line"):
            continue
        # Areas show their shape only where they are filled.
        count = 3 * points if entry.filled else points
        data = Data(name=name, samples=min(max(count, 10), 1000))
        schema = entry.schema(data, None)
        raw = entry.make(data, TorchStream(0, "data"), None)
        assert schema.domain is not None
        height = raw.inputs[:, 1] if raw.inputs.shape[1] > 1 else raw.targets
        columns = (raw.inputs[:, 0], height, raw.targets)
        arrays[name] = np.column_stack(columns).astype(np.float32)
        (x0, x1), (y0, y1) = schema.domain
        sets[name] = {
            "task": schema.task,
            "family": entry.family,
            "filled": entry.filled,
            "window": [x0, x1, y0, y1],
        }
    return {"sets": sets}, arrays


def presets(names: Sequence[str]) -> Steps:
    """What experiments of the gallery look like once they show what they are for; of data that are
    no points in a plane, what the data look like.

    Args:
        names: which of them.

    Returns:
        header: {"sets": {name: {"task", "family"}}}; arrays: `<name>` u1 (side, side), or
        (classes, side, side), the decision map as in a frame; f4 (points,) for one input; see
        `faces.face` for other kinds of data.
    """
    from playground.core.faces import face
    from playground.core.observe import observe

    sets, arrays = {}, {}
    for name in names:
        preset = PRESETS[name]
        entry = DATASETS[preset.experiment.data.name]
        if entry.kind != "points":
            yield {"name": name, "epoch": 0}
            arrays[name] = face(preset.experiment)
            sets[name] = {
                "task": entry.schema(preset.experiment.data, None).task,
                "family": entry.family,
            }
            continue
        run = None
        for run in trained(preset.experiment, preset.epochs):
            yield {"name": name, "epoch": run.epoch}
        assert run is not None
        want = {"map": True, "neurons": False, "resolution": PRESET_PIXELS}
        _, seen = observe(run, want, (-1, 0), False)
        arrays[name] = seen["map"] if "map" in seen else seen["curve"]
        sets[name] = {"task": run.schema.task, "family": entry.family}
    return {"sets": sets}, arrays


def goal(experiment: str, goal: dict[str, Any], table: Table | None = None) -> Steps:
    """Trains an experiment from several seeds and says which of them reach a goal.

    Args:
        experiment: its JSON.
        goal: the settings of a `Goal`.
        table: the visitor's own.

    Returns:
        header: {"results": [{"seed", "epoch", "value", "ended"}]}, see `SeedResult`.
    """
    wanted = Experiment.from_json(experiment)
    results = yield from check_seeds(Goal.model_validate(goal), wanted, table)
    return {"results": as_header(results)}, {}


def matrix(matrix: Sequence[Sequence[float]]) -> Observation:
    """What torch says of a small square matrix.

    Returns:
        header: {"lines": see `matrix_facts`}.
    """
    from playground.core.linalg.plane import matrix_facts

    return {"lines": matrix_facts(matrix)}, {}


def least_squares(**params: Any) -> Observation:
    """A line through points, by every way, and a walk down the bowl of its loss.

    Args and returns: see `report`.
    """
    from playground.core.linalg.least_squares import report

    return report(**params)


def part(run: Any, place: int) -> Observation:
    """One network of a plan's run, as it stands now.

    Args:
        run: the run; None where there is none any more.
        place: of the network among the others.

    Returns:
        Header: its experiment as JSON, epoch and step; `snapshot` u1, from which it goes on.
    """
    from playground.core.plans.run import PlanRun

    if not isinstance(run, PlanRun):
        raise PlaygroundError("part_gone")
    one = run.part(place)
    header = {"experiment": one.experiment.to_json(), "epoch": one.epoch, "step": one.step}
    return header, {"snapshot": np.frombuffer(one.snapshot(), np.uint8)}


ANSWERS: dict[str, Callable[..., Observation | Steps]] = {
    "activation_curve": activation_curve,
    "curves": curves,
    "thumbnails": thumbnails,
    "presets": presets,
    "goal": goal,
    "part": part,
    "least_squares": least_squares,
    "components": pca_requests.components,
    "digits": pca_requests.digits,
    "matrix": matrix,
    "album": picture_requests.album,
    "picture_tiles": picture_requests.picture_tiles,
    "picture_sheet": picture_requests.picture_sheet,
    "tensors": bench_requests.tensors,
    "compress": bench_requests.compress,
    "rivals": bench_requests.rivals,
    "sweep_cost": sweep_requests.sweep_cost,
}
