"""The view of the tangent kernel: what is learned first, predicted and then seen."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from playground.core.analysis.derivatives import OutputChange, flattened, jacobian_rows
from playground.core.analysis.gauge import grid_inputs, painted
from playground.core.analysis.maps import single
from playground.core.analysis.ntk import (
    QUADRATIC,
    Linearised,
    Missing,
    Prediction,
    TangentKernel,
    moments,
    predict_exactly,
    tangent_kernel,
)
from playground.core.analysis.stability import (
    StepRule,
    moving,
    optimizer_memory,
    step_root,
    step_rule,
    step_scale,
)
from playground.core.analysis.study import Steps, Study, within
from playground.core.analysis.views import Arrays, Header, Sight
from playground.core.errors import PlaygroundError
from playground.core.optimizers.descent import SGD, GradientDescent
from playground.core.replica import Replica
from playground.core.run import Run

if TYPE_CHECKING:
    from playground.core.analysis.plane import Plane
    from playground.core.data.prepare import Prepared
    from playground.core.want import Want

LEADING = 8  # modes that are drawn and followed
POINTS, OUTPUTS, NUMBERS = 500, 1500, 10_000_000  # points, points·units, numbers of the Jacobian
ROWS = 8  # points of the Jacobian between two turns
APART = 1.03  # two kept observations are at least this factor of steps apart
JACOBIAN, PICTURES, PREDICTED = 0.4, 0.5, 0.75  # progress when they are done
MOST_REAL = 10_000  # steps that a copy of the run is trained on for
REAL_WORK = 1e9  # parameters times points of all its steps
TURN = 50  # of its steps


@dataclass(eq=False)
class Watch:
    """What is compared with the prediction from its moment on.

    Attributes:
        start: the run's step then.
        settings: what the prediction was made for.
        seen: steps since then and what was missing along each mode.
    """

    start: int
    settings: tuple[Any, ...]
    inputs: Tensor
    modes: Tensor
    missing: Missing
    seen: list[tuple[int, Tensor]] = field(default_factory=list)

    def note(self, step: int, output: Tensor) -> None:
        """Takes down what is missing of an output (points, units) at a step of the run."""
        since = step - self.start
        while self.seen and self.seen[-1][0] >= since:
            self.seen.pop()  # the run went back, or the same moment again
        if len(self.seen) > 1 and self.seen[-1][0] < APART * self.seen[-2][0]:
            self.seen.pop()
        self.seen.append((since, self.modes @ self.missing(output.double())))

    def curves(self) -> np.ndarray:
        """Steps in the first row, then what was missing along each mode; float32."""
        steps = torch.tensor([float(step) for step, _ in self.seen], dtype=torch.float64)
        rows = torch.stack([row for _, row in self.seen], 1)
        return single(torch.nan_to_num(torch.cat((steps[None], rows)))).numpy()


class NtkView(Study):
    """See the module."""

    name: ClassVar[str] = "ntk"

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._watch: Watch | None = None
        self._coming: Watch | None = None

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        super().add(want, header, arrays)
        if self._state == "done" and self._coming is not None:
            self._watch, self._coming = self._coming, None
        if self._watch is not None:
            with torch.no_grad():
                output = self.sight.replica().output(self._watch.inputs)
            self._watch.note(self.run.step, output)
        header["ntk"] = None
        if self._watch is not None:
            seen = self._watch.curves()
            header["ntk"] = {
                "since": self.run.step - self._watch.start,
                "changed": self._watch.settings != self._settings(),
                "halves": [half_of(seen, mode) for mode in range(len(self._watch.modes))],
            }
            arrays["ntk_seen"] = seen

    def _settings(self) -> tuple[Any, ...]:
        run, experiment = self.run, self.run.experiment
        return (
            experiment.loss,
            experiment.loss_settings,
            experiment.optimizer,
            experiment.regularization,
            experiment.layers,
            experiment.schedule,
            run.batches.size,
        )

    # ---- the study

    def steps(self, options: Mapping[str, Any]) -> Steps:
        run, plane = self.run, self.sight.plane
        replica = self.frozen().double()
        inputs, targets = replica.examples()
        size = sum(one.numel() for one in replica.parameters)
        units, total = targets.shape[1], len(inputs)
        count = min(total, POINTS, max(OUTPUTS // units, 1), max(NUMBERS // (units * size), 1))
        if not count:
            raise PlaygroundError("no_points_to_study")
        inputs, targets = inputs[:count], targets[:count]
        header = {**self._about(replica), "points": count, "total": total, "units": units}
        missing, settings, step = Missing(run.loss, targets), self._settings(), run.step
        root, linear = step_root(run, replica), self._linear(replica)
        with torch.no_grad():
            output = replica.output(inputs)
        now = missing(output)
        snapshot, self._coming = run.snapshot(), None
        same, place, engine = (run.experiment, run.table), run.device.kind, run.engine.name
        jacobian = yield from _jacobian(replica, inputs)
        if not torch.isfinite(jacobian).all() or not torch.isfinite(now).all():
            raise PlaygroundError("study_not_finite")
        kernel = tangent_kernel(jacobian if root is None else jacobian * root, LEADING)
        kernel = facing(kernel, now)
        yield JACOBIAN
        self._coming = Watch(step, settings, inputs, kernel.modes, missing)
        self._coming.note(step, output)
        maps = yield from _maps(replica, plane, run.data, kernel, root)
        prediction: Prediction | None = None
        if linear is not None and header["exact"]:
            factor = 1.0 if run.experiment.loss == "half_squared" else 2.0 / units
            # The velocity is along the loss's gradient, which points away from what is missing.
            velocity = linear["memory"].get("momentum", torch.zeros(size, dtype=now.dtype))
            start = torch.stack((now, -factor * (kernel.jacobian @ velocity)))
            prediction = predict_exactly(kernel, start, StepRule(**header["rule"]), factor / count)
        elif linear is not None:
            steps = Linearised(jacobian, kernel.modes, output, missing, **linear).train()
            prediction = yield from within(steps, PICTURES, PREDICTED)
        copy = Run(*same, device=place, engine=engine, snapshot=snapshot)
        if copy.state == "diverged":
            copy.resume()
        last = int(prediction.steps[-1]) if prediction else MOST_REAL
        real = yield from _trained_on(copy, self._coming, last)
        return told(header, kernel, now, prediction, {"ntk_maps": maps, "ntk_real": real})

    def _about(self, replica: Replica) -> Header:
        """What is predicted, and how."""
        run = self.run
        experiment, rule = run.experiment, step_rule(run)
        penalties = any(bool(rates.any()) for rates in replica.penalty_rates())
        descent = isinstance(experiment.optimizer, SGD | GradientDescent)
        return {
            "loss": experiment.loss,
            "optimizer": experiment.optimizer.name,
            "rule": vars(rule) if rule else None,
            "rate": run.pace.rate,
            "scaled": step_scale(run, replica) is not None,
            "plain": experiment.loss in QUADRATIC and descent,
            "exact": experiment.loss in QUADRATIC and descent and not penalties,
            "penalties": penalties,
            "batch": run.batches.size if run.batches.size < len(run.data.inputs_train) else None,
            "parameters": sum(one.numel() for one in replica.parameters),
            "regression": run.schema.task == "regression",
        }

    def _linear(self, replica: Replica) -> dict[str, Any] | None:
        """What the run's own optimizer needs to go on with the linearised network.

        None for optimizers that have no rule on one vector: nothing is predicted for them.
        """
        settings = self.run.experiment.optimizer
        if not settings.flat:
            return None
        l1, l2 = replica.penalty_rates()
        return {
            "settings": settings.model_copy(update={"learning_rate": self.run.pace.rate}),
            "memory": optimizer_memory(self.run, replica),
            "weights": flattened(replica.parameters).detach().clone(),
            "l1": l1,
            "l2": l2,
            "moving": moving(self.run, replica),
            "clip": self.run.experiment.regularization.clip_norm,
        }


def facing(kernel: TangentKernel, missing: Tensor) -> TangentKernel:
    """The kernel with each mode on the side of what is missing: so much is still to be added."""
    signs = torch.where(kernel.modes @ missing < 0, -1.0, 1.0)[:, None].to(missing.dtype)
    return replace(kernel, modes=kernel.modes * signs, directions=kernel.directions * signs)


def _jacobian(replica: Replica, inputs: Tensor) -> Generator[float, None, Tensor]:
    """(points·units, parameters)."""
    rows = []
    for index, row in enumerate(jacobian_rows(replica.parameters, replica.output, inputs)):
        rows.append(row)
        if index % ROWS == ROWS - 1:
            yield JACOBIAN * (index + 1) / len(inputs)
    return torch.cat(rows)


def _maps(
    replica: Replica, plane: Plane, data: Prepared, kernel: TangentKernel, root: Tensor | None
) -> Generator[float, None, np.ndarray]:
    """The modes over the plane, (k, units, …): the Jacobian there times their directions."""
    inputs = grid_inputs(data, plane)
    change = OutputChange(replica.parameters, lambda: replica.output(inputs))
    found = []
    for index, direction in enumerate(kernel.directions):
        found.append(change(direction if root is None else root * direction).t())
        yield JACOBIAN + (PICTURES - JACOBIAN) * (index + 1) / len(kernel.directions)
    rows = painted(plane, torch.cat(found))[1]
    return rows.reshape(len(found), -1, *rows.shape[1:])


def _trained_on(copy: Run, watch: Watch, last: int) -> Generator[float, None, np.ndarray]:
    """What really becomes of the modes: a copy of the run trains on, with the run's own batches.

    Args:
        copy: the run as it was at the watch's moment.
        last: the step up to which it was predicted.

    Returns:
        Rows as `Watch.curves`.
    """
    work = sum(block.parameters for block in copy.blocks) * max(copy.batches.size, 1)
    most = MOST_REAL if copy.engine.name == "dense" else MOST_REAL // 5
    last = min(last, most, max(int(REAL_WORK / max(work, 1)), 30))
    replica, record = Replica(copy), Watch(**{**vars(watch), "seen": []})
    for moment in moments(last).tolist():
        while copy.step < watch.start + moment:
            if not copy.advance(min(watch.start + moment - copy.step, TURN)):
                return record.curves()
            yield PREDICTED + (1 - PREDICTED) * (copy.step - watch.start) / last
        with torch.no_grad():
            output = replica.refresh().output(watch.inputs)
        if not torch.isfinite(output).all():
            break
        record.note(copy.step, output)
    return record.curves()


def told(
    header: Header,
    kernel: TangentKernel,
    missing: Tensor,
    prediction: Prediction | None,
    pictures: Arrays,
) -> tuple[Header, Arrays]:
    """A study's result as it is sent."""
    parts = kernel.modes @ missing
    total = max(missing.square().sum().item(), 1e-300)
    arrays = {"ntk_values": single(kernel.values).numpy(), **pictures}
    if prediction is not None:
        steps = prediction.steps.to(torch.float64)[None]
        arrays["ntk_predicted"] = single(torch.cat((steps, prediction.missing))).numpy()
    modes = [
        {
            "value": kernel.values[mode].item(),
            "share": parts[mode].item() ** 2 / total,
            "half": prediction.half(mode) if prediction else None,
            "real": half_of(pictures["ntk_real"], mode),
        }
        for mode in range(len(kernel.modes))
    ]
    last = int(prediction.steps[-1]) if prediction else 0
    return {**header, "modes": modes, "last": last}, arrays


def half_of(curves: np.ndarray, mode: int) -> int | None:
    """The first step at which half of a mode was learned, out of rows as `Watch.curves`."""
    steps, values = curves[0], np.abs(curves[mode + 1])
    below = np.flatnonzero(values <= values[0] / 2)
    return int(steps[below[0]]) if len(below) and values[0] > 0 else None
