"""A run's network as plain torch modules that hold its present parameters, apart from its engine.

What is looked at is computed here: an engine keeps buffers and speed, a replica keeps autograd.
It is in evaluation mode, so dropout is off; it draws nothing from the run's generators and
changes nothing of the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor, nn

from playground.core.network import build, linear_maps, penalised, penalty, penalty_rates

if TYPE_CHECKING:
    from playground.core.engine.base import Parameters
    from playground.core.run import Run


class Source(Protocol):
    """What modules can be filled from: an engine, or what was kept of one."""

    def parameters(self) -> Parameters: ...
    def extras(self) -> Mapping[str, Tensor]: ...


class Replica:
    """The network of a run at the moment of the last `refresh`, on the CPU in the run's dtype.

    Loss and penalty stay those of the experiment it was made for.

    Attributes:
        experiment: the settings it was made for.
        modules: one sequence for every block but the input, as `network.build` makes them.
        names: of all parameters, "block.module.name", in the order of `parameters`.
        parameters: of all blocks, in their order; they ask for gradients.
        owners: for each parameter the index of its block among the run's, the input being 0.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.experiment = run.experiment
        self._loss = run.loss
        self.dtype: torch.dtype = getattr(torch, run.experiment.training.precision)
        # Its modules draw from a generator of their own, should they ever draw.
        own = torch.Generator()
        self.modules = build(run.experiment, run.blocks, own).to(dtype=self.dtype).eval()
        found = dict(self.modules.named_parameters())
        self.names = list(found)
        self.parameters: list[nn.Parameter] = list(found.values())
        places = [place for place, _ in penalised(self.modules)]
        self._penalties = penalty_rates(run.experiment, run.blocks, places)
        self.owners = [int(name.split(".", 1)[0]) + 1 for name in self.names]
        self.refresh()

    def refresh(self) -> Replica:
        """Takes over what the run's engine holds now."""
        fill(self.modules, self._run.engine)
        return self

    def double(self) -> Replica:
        """Goes over to float64, for what needs the digits."""
        self.dtype = torch.float64
        self.modules.double()
        return self

    # ---- values

    def inputs(self, points: Tensor) -> Tensor:
        """Points (points, features) in the replica's dtype and place."""
        whole = not points.is_floating_point()
        points = points.detach().to("cpu", torch.int64 if whole else self.dtype)
        return points.clone() if points.is_inference() else points

    def examples(self, part: str = "train") -> tuple[Tensor, Tensor]:
        """Inputs (points, features) and encoded targets (points, output units) of one part.

        Args:
            part: "train" or "test".
        """
        inputs, targets = self._run.examples(part)
        return self.inputs(inputs), self.inputs(targets)

    def values(self, inputs: Tensor) -> list[Tensor]:
        """Values behind every block but the input: (points, units) each, the output last.

        They carry a graph where gradients are enabled.
        """
        found, values = [], self.inputs(inputs)
        for block in self.modules:
            values = block(values)
            found.append(values)
        return found

    def output(self, inputs: Tensor) -> Tensor:
        """The network's output (points, output units)."""
        return self.values(inputs)[-1]

    # ---- loss and gradients

    def loss(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Mean loss over points, without the penalty: a scalar with its graph.

        Args:
            inputs: (points, features).
            targets: encoded, (points, output units).
        """
        return self.loss_of(self.output(inputs), targets)

    def loss_of(self, output: Tensor, targets: Tensor) -> Tensor:
        """The same of an output that is known, as `values` ends in it."""
        targets = self.inputs(targets)
        if self._run.problem.pairing is not None:
            output, targets = self._run.problem.pairing(output, targets)
        return self._loss.value(output, targets, 1)

    def penalty_rates(self) -> tuple[Tensor, Tensor]:
        """L1 and L2 of every parameter, (parameters,) each; only linear maps' weights have any."""
        rates = {
            id(weight): pair
            for (_, weight), pair in zip(penalised(self.modules), self._penalties, strict=True)
        }
        l1, l2 = (
            torch.cat(
                [
                    torch.full((one.numel(),), rates.get(id(one), (0.0, 0.0))[side])
                    for one in self.parameters
                ]
            ).to(self.dtype)
            for side in (0, 1)
        )
        return l1, l2

    def penalty(self) -> Tensor:
        """The penalty on the weights: a scalar with its graph."""
        weights = (weight for _, weight in penalised(self.modules))
        return torch.zeros((), dtype=self.dtype) + penalty(weights, self._penalties)

    def gradients(
        self, inputs: Tensor, targets: Tensor, *, penalty: bool = False
    ) -> dict[str, Tensor]:
        """Gradient of the mean loss with respect to every parameter, by autograd.

        Args:
            inputs: (points, features).
            targets: encoded, (points, output units).
            penalty: add the penalty's gradient, as a training step does.

        Returns:
            By the parameters' names, in their shapes.
        """
        # A frame is made without gradients, and its caller's engine in inference mode.
        with torch.inference_mode(False), torch.enable_grad():
            inputs, targets = self.inputs(inputs), self.inputs(targets)
            objective = self.loss(inputs, targets)
            if penalty:
                objective = objective + self.penalty()
            found = torch.autograd.grad(objective, self.parameters)
        return dict(zip(self.names, found, strict=True))


@torch.no_grad()
def fill(modules: nn.Module, source: Source) -> None:
    """Copies an engine's parameters, or kept ones, into modules made by `network.build`."""
    modules.load_state_dict(source.extras(), strict=False)
    for linear, (weight, bias) in zip(linear_maps(modules), source.parameters(), strict=True):
        linear.weight.copy_(weight)
        linear.bias.copy_(bias)
