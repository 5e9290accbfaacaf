"""How alike the layers of a network are, now and against an earlier moment."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from playground.core.analysis.calm import Calm
from playground.core.analysis.similarity import centred, cka_matrix, compact
from playground.core.analysis.views import Arrays, Header, Sight, View
from playground.core.network import build, linear_maps
from playground.core.shapes import is_tokens
from playground.core.want import Want

POINTS = 400
FEW_POINTS = 120  # of pictures and sequences, whose layers have thousands of numbers
MOST_MOMENTS = 6
START = 0  # stands for the first weights among the moments


@dataclass(frozen=True, eq=False)
class _Moment:
    """What a moment held: its epoch, and the layers' values then."""

    epoch: float
    layers: list[Tensor]


class SimilarityView(View):
    """Linear CKA between layers.

    A viewer's options are

        hold     a whole number above 0, another one for every moment that is to be held
        against  which moment now is compared with: 0 the first weights, a number given to `hold`,
                 or None for now itself
    """

    kinds = frozenset({"points", "pictures", "sequences"})

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        data, moments = sight.kept.get("similarity", (None, {}))
        # Values of other points say nothing about these.
        self._moments: dict[int, _Moment] = moments if data is self.run.data else {}
        sight.kept["similarity"] = (self.run.data, self._moments)
        self._start: list[Tensor] | None = None
        drawn = [i for i, block in enumerate(self.run.blocks) if i and block.drawn]
        # Tokens are numbers of a list and no quantities: nothing to be alike.
        self._blocks = drawn if is_tokens(self.run.blocks[0].after) else [0, *drawn]
        self._calm: Calm[list[Tensor]] = Calm()

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        """`header["similarity"]`: the layers by their blocks; CKA in rows (the earlier moment)
        and columns (now), None where a layer does not vary; what is compared with; which moments
        are held."""
        options = want.of("similarity")
        now = self._calm.get(None, self.run.step, want.resting, self._layers)
        self._hold(options.get("hold"), now)
        against, epoch, before = self._before(options.get("against"), now)
        header["similarity"] = {
            "blocks": self._blocks,
            "values": cka_matrix(before, now),
            "against": against,
            "epoch": epoch,
            "moments": [[key, moment.epoch] for key, moment in self._moments.items()],
            "held": next(reversed(self._moments), 0),
            "points": len(now[0]),
        }

    def _layers(self) -> list[Tensor]:
        """A row of each layer for every one of the first training points, whole sequences and
        pictures as one row."""
        run = self.run
        count = min(len(run.data.inputs_train), self._most)
        if run.schema.kind == "points":
            values = run.engine.activations(run.points)
            inputs = torch.from_numpy(run.data.inputs_train[:count])
            behind = [inputs, *(value[:, :count].t() for value in values)]
        else:
            inputs = self.sight.replica().inputs(torch.from_numpy(run.data.inputs_train[:count]))
            behind = [inputs, *self.sight.replica().values(inputs)]
        return [compact(centred(behind[i].flatten(1))) for i in self._blocks]

    @property
    def _most(self) -> int:
        """How many points are looked at."""
        return POINTS if self.run.schema.kind == "points" else FEW_POINTS

    def _hold(self, key: object, now: list[Tensor]) -> None:
        number = _whole(key)
        if number is None or number <= START or number in self._moments:
            return
        self._moments[number] = _Moment(self.run.exact_epoch, now)
        while len(self._moments) > MOST_MOMENTS:
            del self._moments[next(iter(self._moments))]

    def _before(
        self, key: object, now: list[Tensor]
    ) -> tuple[int | None, float | None, list[Tensor]]:
        """What is compared with: its key, its epoch, its layers."""
        number = _whole(key)
        if number == START:
            return START, 0.0, self._first_layers()
        if number in self._moments:
            moment = self._moments[number]
            return number, moment.epoch, moment.layers
        return None, None, now

    def _first_layers(self) -> list[Tensor]:
        """The layers with the first weights, behind the activations of now."""
        if self._start is None:
            run = self.run
            dtype: torch.dtype = getattr(torch, run.experiment.training.precision)
            modules = build(run.experiment, run.blocks, torch.Generator())
            modules = modules.to(dtype=dtype).eval()
            for linear, (weight, bias) in zip(linear_maps(modules), run.hands.first, strict=True):
                linear.weight.copy_(weight)
                linear.bias.copy_(bias)
            modules.load_state_dict(run.problem.extras, strict=False)
            values = torch.from_numpy(run.data.inputs_train[: self._most])
            found = [values.to(dtype) if values.is_floating_point() else values]
            for block in modules:
                found.append(block(found[-1]))
            self._start = [compact(centred(found[i].flatten(1))) for i in self._blocks]
        return self._start


def _whole(value: object) -> int | None:
    """A viewer's number, which JSON may have made a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value)
