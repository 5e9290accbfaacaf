"""Which point is traced, and how its trace is written into a frame."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from playground.core.activations import ACTIVATIONS
from playground.core.analysis.trace import Step, Trace, Traced, trace
from playground.core.analysis.views import Arrays, Header, Sight, View
from playground.core.losses import encode_targets
from playground.core.plain_formula import plain, with_numbers
from playground.core.replica import Replica
from playground.core.want import Want

DIGITS = 6  # significant digits of the numbers in a frame


class TraceView(View):
    """One point traced; the first training point unless another one is wanted."""

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._replica: Replica | None = None  # in float64, whatever the run's own precision

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        about, x, target = self._point(want)
        traced = trace(
            self._modules(),
            [block.activation is not None for block in self.run.blocks[1:]],
            self.run.loss,
            x,
            target,
        )
        header["trace"] = {
            **about,
            "loss": self._loss(traced),
            "steps": [self._step(step) for step in traced.steps],
        }

    def _modules(self) -> list[Any]:
        """The network's present modules in float64."""
        if self._replica is None:
            self._replica = Replica(self.run)
            self._replica.modules.double()
            self._replica.dtype = torch.float64
        self._replica.refresh()
        return list(self._replica.modules)

    # ---- the point

    def _point(self, want: Want) -> tuple[dict[str, Any], Tensor, Tensor]:
        """What is said of the point, its inputs (features,) and its encoded target."""
        run, asked = self.run, dict(want.trace)
        if "x" in asked:
            return self._free(asked["x"], asked.get("y", 0.0), asked.get("target"))
        part = asked.get("part", "train")
        inputs, targets = run.examples(part)
        if not len(inputs):
            part = "train"
            inputs, targets = run.examples(part)
        if not len(inputs):  # nothing is painted yet
            u0, u1, v0, v1 = self.sight.plane.domain
            return self._free((u0 + u1) / 2, (v0 + v1) / 2, None)
        index = min(int(asked.get("index", 0)), len(inputs) - 1)
        raw = getattr(run.data, f"raw_{part}")[index : index + 1]
        value = float(getattr(run.data, f"targets_{part}")[index])
        about = {"part": part, "index": index, "target": value, "given": True}
        return {**about, **self._place(raw, value)}, inputs[index].double(), targets[index].double()

    def _free(
        self, u: float, v: float, target: float | None
    ) -> tuple[dict[str, Any], Tensor, Tensor]:
        """A place in the plane; without a target it takes that of the nearest training point."""
        run, plane = self.run, self.sight.plane
        line = plane.kind == "line"
        raw = plane.origin + np.array([[u] if line else [u, v]]) @ plane.axes
        given = target is not None or line
        if line and target is None:
            target = v
        if target is None and not len(run.data.raw_train):
            target = 0.0
        if target is None:
            away = np.square(plane.project(run.data.raw_train) - [u, v]).sum(axis=1)
            target = float(run.data.targets_train[int(away.argmin())])
        if run.schema.task != "regression":
            target = float(min(max(round(target), 0), len(run.schema.class_names) - 1))
        inputs = torch.from_numpy(run.data.to_inputs(raw))[0].double()
        about = {"part": None, "index": None, "target": target, "given": given}
        return {**about, **self._place(raw, target)}, inputs, self._encoded(target)

    def _place(self, raw: np.ndarray, target: float) -> dict[str, float]:
        where = self.sight.plane.project(raw)[0]
        v = target if self.sight.plane.kind == "line" else where[1]
        return {"x": float(where[0]), "y": float(v)}

    def _encoded(self, target: float) -> Tensor:
        run = self.run
        value = torch.tensor([target], dtype=torch.float64)
        if run.schema.task == "regression":
            value = (value - run.data.target_mean) / run.data.target_std
        return encode_targets(value, run.schema.task, len(run.schema.class_names), run.loss)[0]

    # ---- what is written

    def _loss(self, traced: Trace) -> dict[str, Any]:
        formula = plain(self.run.loss.formula)
        output, target = traced.output.tolist(), traced.target.tolist()
        return {
            "name": self.run.experiment.loss,
            "formula": formula,
            "numbers": with_numbers(formula, output[0], target[0]) if len(output) == 1 else None,
            "output": _numbers(traced.output),
            "target": _numbers(traced.target),
            "value": _number(traced.loss),
        }

    def _step(self, step: Step) -> dict[str, Any]:
        block = self.run.blocks[step.block]
        name = block.activation if step.kind == "activation" else None
        return {
            "block": step.block,
            "kind": step.kind,
            "units": step.units,
            "activation": name,
            "formula": plain(ACTIVATIONS[name].formula) if name in ACTIVATIONS else None,
            "tensors": [_tensor(traced) for traced in step.tensors],
        }


def _tensor(traced: Traced) -> dict[str, Any]:
    return {
        "name": traced.name,
        "rows": traced.rows,
        "cols": traced.cols,
        "values": _numbers(traced.values),
        "gradient": _numbers(traced.gradient),
        "differences": _numbers(traced.differences),
        "relative": None if traced.relative is None else _number(traced.relative),
        "agrees": traced.agrees,
    }


def _number(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None


def _numbers(values: Tensor) -> list[float | None]:
    """All numbers row by row, short enough for a frame."""
    return [_number(value) for value in values.flatten().tolist()]
