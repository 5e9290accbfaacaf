"""What an engine is: the part of a run that computes steps and activations.

Two engines keep this contract: `dense.py`, hand-derived backpropagation for dense stacks, and
`autograd.py` for any network. Neither knows data sets, pages or clocks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from playground.core.experiment import Experiment
from playground.core.losses import Loss
from playground.core.network import Block

Parameters = list[tuple[Tensor, Tensor]]
Free = list[tuple[Tensor, Tensor]]
Pairing = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
Augmentation = Callable[[Tensor, torch.Generator], Tensor]


@dataclass(frozen=True)
class Problem:
    """What an engine is given.

    Attributes:
        experiment: the settings.
        blocks: the network's blocks, input and head included.
        loss: the loss to minimise.
        inputs: training inputs (points, features), or (points, *shape) of whole pictures and
            sequences; tokens are whole numbers.
        targets: encoded training targets (points, output units); where several places of a point
            ask for an answer, what `pairing` takes.
        parameters: first weights (outputs, inputs) and biases (outputs,) of every linear map,
            in float64.
        extras: the first values of everything else that the network holds, see
            `network.first_extras`.
        pairing: from outputs (points, places, units) and targets (points, places) of a minibatch
            to what the loss compares, (rows, units) each; None where they are compared as they are.
        augmentation: what is done to an epoch's inputs, with the generator it draws from.
        generator: the run's stream for dropout.
        dtype: of all computation.
        device: of all computation.
    """

    experiment: Experiment
    blocks: tuple[Block, ...]
    loss: Loss
    inputs: Tensor
    targets: Tensor
    parameters: Parameters
    generator: torch.Generator
    dtype: torch.dtype
    device: torch.device
    extras: Mapping[str, Tensor] = field(default_factory=dict)
    pairing: Pairing | None = None
    augmentation: Augmentation | None = None


class Engine(ABC):
    """Computes minibatch steps and activations of one network."""

    name: ClassVar[str]
    augmentation: Augmentation | None = None  # of the epochs that are loaded from now on
    drawn_before: Tensor | None = None  # where the generator stood in front of the loaded epoch's
    mixed: bool = False  # products of training steps are computed in bfloat16

    @property
    def way(self) -> str:
        """How steps are computed now: the engine's name, "compiled" or "graph"."""
        return self.name

    @property
    def kernel_ready(self) -> bool:
        """Whether a compiled kernel, or a CUDA graph, could compute its steps now. To ask is to
        want one."""
        return False

    def use_kernel(self, allowed: bool) -> None:
        """Lets steps be compiled or captured, or keeps them from it, as where others have no
        kernel yet."""
        return

    @abstractmethod
    def load(self, indices: Tensor) -> None:
        """Gathers the training points of one epoch, in the order of `indices`."""

    @abstractmethod
    def train(self, slices: Sequence[tuple[int, int]]) -> None:
        """One step for each (start, stop) range of the gathered epoch, in order."""

    @abstractmethod
    def exchange(self, inputs: Tensor, targets: Tensor) -> None:
        """Takes other training points; weights and the optimizer's state stay. `load` follows.

        Args:
            inputs: as in `Problem`.
            targets: as in `Problem`.
        """

    @abstractmethod
    def configure(self, experiment: Experiment) -> None:
        """Takes over settings that may change mid-run."""

    @abstractmethod
    def set_learning_rate(self, rate: float) -> None:
        """Steps by this rate from now on, as a schedule asks; `configure` ends it."""

    @abstractmethod
    def hold(self, free: Free | None) -> None:
        """Holds some weights and biases at their present values, whatever the gradient says.

        Their gradient is 0 to the optimizer, clipping included; what momentum or decay would
        still move comes back after the step.

        Args:
            free: of every linear map, 1 where a weight (outputs, inputs) and a bias (outputs,)
                may move and 0 where not; None where all may.
        """

    @abstractmethod
    def write(self, index: int, weight: Tensor, bias: Tensor) -> None:
        """Gives one linear map other values, held ones too."""

    @abstractmethod
    def parameters(self) -> Parameters:
        """The present weights (outputs, inputs) and biases (outputs,) of every linear map.

        Views of the engine's own tensors: they move when it trains.
        """

    @abstractmethod
    def gradient_norm(self) -> float:
        """The length of the last step's gradient, asked for after a step; of meaning where the
        optimizer leaves the gradient as it was, as plain descent does.
        """

    def extras(self) -> dict[str, Tensor]:
        """What the network holds beside its linear maps, by its name among `network.build`'s
        modules: gains and shifts, running means."""
        return {}

    def gains(self) -> dict[str, Tensor]:
        """Those of `extras` that are learned."""
        return {}

    def learned(self) -> list[Tensor]:
        """All that the network learns: weights and biases of the linear maps, then `gains`.

        Views, as those of `parameters`.
        """
        return [part for pair in self.parameters() for part in pair] + list(self.gains().values())

    @abstractmethod
    def penalised(self) -> list[tuple[int, Tensor]]:
        """What penalties act on, each with the place of its block in the network; views."""

    def flat(self) -> Tensor:
        """All that the network learns as one vector (parameters,), in the order of `learned`: a
        copy."""
        return torch.cat([part.reshape(-1) for part in self.learned()])

    def load_extras(self, extras: Mapping[str, Tensor]) -> None:
        """Takes over those of another engine's `extras` that this network has too."""
        with torch.no_grad():
            for name, part in self.extras().items():
                if name in extras and extras[name].shape == part.shape:
                    part.copy_(extras[name])

    @abstractmethod
    def prepare(self, inputs: Tensor) -> Tensor:
        """Inputs (points, ...) in the layout that `activations` wants."""

    @abstractmethod
    def activations(self, prepared: Tensor) -> list[Tensor]:
        """Values behind every block but the input, outside training: (units, points) each, or
        (*shape, points) where a block makes pictures or sequences.

        The last one is the network's output. The tensors are overwritten by the next call with
        as many points.
        """

    def output(self, prepared: Tensor) -> Tensor:
        """The last of `activations` alone."""
        return self.activations(prepared)[-1]

    @abstractmethod
    def state(self) -> dict[str, Tensor]:
        """All tensors that, loaded into a new engine, let training continue exactly."""

    @abstractmethod
    def load_state(self, state: dict[str, Tensor]) -> None:
        """Takes over the tensors of `state`."""

    @abstractmethod
    def alive(self) -> list[Tensor]:
        """Which weights (outputs, inputs) of every linear map sticky L1 has left alive."""
