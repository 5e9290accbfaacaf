"""Recurrent blocks: a state goes from place to place, and changes by what it finds there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from playground.core.layers.base import Drawn, Family
from playground.core.settings import setting
from playground.core.shapes import Shape, ShapeError, need_sequence, source_of, with_width

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from torch import Tensor, nn

    from playground.core.initializers import Initializer


class RecurrentBase(Drawn):
    """What RNN, LSTM and GRU share.

    Of a sequence that is read and written one cell reads, in both directions if asked, and another
    writes, which begins with the reader's last state.
    """

    icon: ClassVar[str] = ":material/replay:"
    main: ClassVar[tuple[str, ...]] = ("units", "states")
    kinds: ClassVar[tuple[str, ...]] = ("sequences",)
    family: ClassVar[Family] = "recurrent"
    # Its cells are stepped by hand where second derivatives are wanted, with no rule of casting.
    mixes: ClassVar[bool] = False
    gates: ClassVar[int] = 1
    candidate: ClassVar[int] = 0  # which of the gates' parts the new content comes from
    torch_name: ClassVar[str] = "RNN"

    units: int = setting(32, ge=1, le=256)
    states: Literal["last", "all"] = setting("last")
    bidirectional: bool = setting(False)

    def output_shape(self, shape: Shape) -> Shape:
        need_sequence(shape)
        if self.states == "all":
            return with_width(shape, self._width)
        if source_of(shape):
            raise ShapeError("shape_all_states")
        return (self._width,)

    @property
    def _width(self) -> int:
        return self.units * (2 if self.bidirectional else 1)

    def _cells(self, shape: Shape) -> list[tuple[int, int, int]]:
        """(inputs, units, places) of each cell."""
        source = source_of(shape)
        sides = 2 if self.bidirectional else 1
        found = [(shape[1], self.units, source or shape[0])] * sides
        if source:
            found.append((shape[1], self._width, shape[0] - source))
        return found

    def sources(self, shape: Shape) -> list[range]:
        return [range(shape[1])] * self._width

    def links(self, own: Mapping[str, Tensor]) -> Tensor | None:
        """What the input brings into the state: of gated cells the weights of the candidate."""
        import torch

        names = ("0.cell.weight_ih_l0", "0.cell.weight_ih_l0_reverse")
        cells = [own[name].chunk(self.gates)[self.candidate] for name in names if name in own]
        return torch.cat(cells)

    def parameter_count(self, shape: Shape) -> int:
        # Two biases for each gate, as in torch
        return sum(
            self.gates * units * (inputs + units + 2) for inputs, units, _ in self._cells(shape)
        )

    def flops(self, shape: Shape) -> int:
        return sum(
            2 * self.gates * units * (inputs + units) * places
            for inputs, units, places in self._cells(shape)
        )

    def _bend(self) -> str:
        return "tanh"

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from playground.core.modules.recurrent import Recurrent

        return [
            Recurrent(
                self.torch_name.lower(),
                shape[1],
                self.units,
                bidirectional=self.bidirectional,
                last=self.states == "last",
                bend=self._bend(),
                source=source_of(shape),
            )
        ]

    def begin(self, modules: nn.Sequential, rule: Initializer, generator: torch.Generator) -> None:
        from playground.core.modules.first import draw_all

        draw_all(modules, rule, generator, getattr(self, "forget_bias", 0.0))

    def ahead(self, shape: Shape) -> dict[str, Any] | None:
        both = self.bidirectional and self.states == "all" and not source_of(shape)
        return {"bidirectional": False} if both else None

    def suggested(self, shape: Shape, steps: int) -> dict[str, Any]:
        return {"states": "all"} if steps else {}

    def code(self, shape: Shape) -> str:
        bend = "" if self._bend() == "tanh" else f', nonlinearity="{self._bend()}"'
        both = ", bidirectional=True" if self.bidirectional else ""

        def cell(units: int, more: str = "") -> str:
            return f"nn.{self.torch_name}({shape[1]}, {units}, batch_first=True{bend}{more})"

        if source_of(shape):
            inner = f"{cell(self.units, both)}, {cell(self._width)}"
            return f"ReadAndWrite({inner}, source={source_of(shape)})"
        name = "LastState" if self.states == "last" else "AllStates"
        return f"{name}({cell(self.units, both)})"


class RNN(RecurrentBase):
    """h = f(W x + U h + b) at every place (Elman 1990), as nn.RNN."""

    kind: Literal["rnn"] = "rnn"
    bend: Literal["tanh", "relu"] = setting("tanh")

    def _bend(self) -> str:
        return self.bend


class LSTM(RecurrentBase):
    """A memory beside the state, and gates that write it, keep it and show it (Hochreiter &
    Schmidhuber 1997; Gers, Schmidhuber & Cummins 2000), as nn.LSTM.
    """

    icon: ClassVar[str] = ":material/memory:"
    gates: ClassVar[int] = 4
    candidate: ClassVar[int] = 2
    torch_name: ClassVar[str] = "LSTM"

    kind: Literal["lstm"] = "lstm"
    forget_bias: float = setting(1.0, ge=-5, le=5)


class GRU(RecurrentBase):
    """Two gates: how much of the old state goes into the new one, and how much of it stays (Cho et
    al. 2014), as nn.GRU.
    """

    icon: ClassVar[str] = ":material/cached:"
    gates: ClassVar[int] = 3
    candidate: ClassVar[int] = 2
    torch_name: ClassVar[str] = "GRU"

    kind: Literal["gru"] = "gru"
