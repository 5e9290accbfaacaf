"""Recurrent cells: a state that goes from place to place and changes by what it finds there.

torch.nn's modules hold the weights and do the work; the same steps stand here one by one, for what
looks into them and for second derivatives, which the fused kernels do not have.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from playground.core.layers.modules import bare

CELLS: dict[str, type[nn.RNNBase]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
GATES = {"rnn": 1, "lstm": 4, "gru": 3}
State = tuple[Tensor, ...]  # hidden state, and the memory of an LSTM: (n, hidden) each


@dataclass(frozen=True, eq=False)
class Course:
    """What one cell did over the places, in their order.

    Attributes:
        name: "forward"; "backward" where it went from the last place to the first; "written" for
            the cell of an encoder and decoder that writes.
        start: its first place in the sequence.
        values: by name, (n, places, hidden) each: "state"; of a GRU also "reset", "update" and
            "candidate"; of an LSTM "input", "forget", "output", "candidate" and "memory".
        each: the states (n, hidden) place by place, as the graph has them: a gradient with respect
            to one of them comes by all that follows.
    """

    name: str
    start: int
    values: dict[str, Tensor]
    each: tuple[Tensor, ...] = ()


class Recurrent(nn.Module):
    """An RNN, LSTM or GRU over a sequence (n, T, inputs).

    Of a sequence that is read and written, one cell reads, and another writes, whose first state is
    the reader's last (Sutskever et al. 2014). A reader of both directions hands over both its
    last states side by side, so its writer is twice as wide.

    Args:
        kind: of CELLS.
        inputs: numbers at each place.
        hidden: numbers of the state.
        bidirectional: a second cell goes from the last place to the first.
        last: gives only the last state (n, hidden) and not all of them (n, T, hidden); not where
            there is something to write.
        bend: of a plain RNN, "tanh" or "relu".
        source: places that are read, 0 where there is no such parting.
    """

    def __init__(
        self,
        kind: str,
        inputs: int,
        hidden: int,
        *,
        bidirectional: bool = False,
        last: bool = False,
        bend: str = "tanh",
        source: int = 0,
    ) -> None:
        super().__init__()
        self.witness: list[Course] | None = None  # takes what the next passes with a graph do
        self.kind, self.last, self.source = kind, last, source
        more = {"nonlinearity": bend} if kind == "rnn" else {}
        sides = 2 if bidirectional else 1

        def cell(size: int, both: bool) -> nn.RNNBase:
            return bare(CELLS[kind], inputs, size, batch_first=True, bidirectional=both, **more)

        self.cell = cell(hidden, bidirectional)
        self.writer = cell(sides * hidden, False) if source else None

    def forward(self, values: Tensor) -> Tensor:
        if torch.is_grad_enabled() and not self.training:
            return self._slowly(values)  # views differentiate twice, which fused kernels cannot
        read = values[:, : self.source] if self.writer is not None else values
        states, last = self.cell(read)
        ends = last if isinstance(last, tuple) else (last,)
        ends = tuple(side.transpose(0, 1).flatten(1) for side in ends)
        if self.writer is not None:
            first = tuple(end.unsqueeze(0) for end in ends)
            written = values[:, self.source :]
            more, _ = self.writer(written, first if self.kind == "lstm" else first[0])
            return torch.cat((states, more), 1)
        return ends[0] if self.last else states

    def _slowly(self, values: Tensor) -> Tensor:
        courses = self.courses(values)
        if self.witness is not None:
            self.witness += courses
        read = courses[:-1] if self.writer is not None else courses
        if self.last:
            return _ends(read, "state")
        states = torch.cat([course.values["state"] for course in read], -1)
        if self.writer is not None:
            return torch.cat((states, courses[-1].values["state"]), 1)
        return states

    def courses(self, values: Tensor) -> list[Course]:
        """What every cell does over a sequence (n, T, inputs), place by place."""
        read = values[:, : self.source] if self.writer is not None else values
        found = [self._course("forward", self.cell, "", read)]
        if self.cell.bidirectional:
            found.append(self._course("backward", self.cell, "_reverse", read))
        if self.writer is not None:
            kept = ("state", "memory") if self.kind == "lstm" else ("state",)
            first = tuple(_ends(found, name) for name in kept)
            written = values[:, self.source :]
            found.append(self._course("written", self.writer, "", written, first))
        return found

    def _course(
        self, name: str, cell: nn.RNNBase, suffix: str, values: Tensor, first: State = ()
    ) -> Course:
        ahead, again, shift, shift_again = (
            getattr(cell, f"{part}_l0{suffix}")
            for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        mapped = linear(values, ahead, shift)
        zeros = values.new_zeros(len(values), cell.hidden_size)
        state = first or (zeros,) * (2 if self.kind == "lstm" else 1)
        steps: list[dict[str, Tensor]] = []
        places = range(values.shape[1])
        for place in places if name != "backward" else reversed(places):
            come, stay = mapped[:, place], linear(state[0], again, shift_again)
            step, state = _STEPS[self.kind](cell, come, stay, state)
            steps.append(step)
        if name == "backward":
            steps.reverse()
        found = {key: torch.stack([step[key] for step in steps], 1) for key in steps[0]}
        each = tuple(step["state"] for step in steps)
        return Course(name, self.source if name == "written" else 0, found, each)


def _ends(courses: list[Course], name: str) -> Tensor:
    """What each cell ended in, side by side: (n, cells · hidden)."""
    ends = [course.values[name][:, 0 if course.name == "backward" else -1] for course in courses]
    return torch.cat(ends, -1)


def _rnn(
    cell: nn.RNNBase, come: Tensor, stay: Tensor, state: State
) -> tuple[dict[str, Tensor], State]:
    bent = torch.relu if getattr(cell, "nonlinearity", "tanh") == "relu" else torch.tanh
    new = bent(come + stay)
    return {"state": new}, (new,)


def _lstm(
    cell: nn.RNNBase, come: Tensor, stay: Tensor, state: State
) -> tuple[dict[str, Tensor], State]:
    gates, forgets, candidates, outputs = (come + stay).chunk(4, -1)
    input_, forget, output = gates.sigmoid(), forgets.sigmoid(), outputs.sigmoid()
    candidate = candidates.tanh()
    memory = forget * state[1] + input_ * candidate
    new = output * memory.tanh()
    named = {"input": input_, "forget": forget, "output": output}
    return {"state": new, **named, "candidate": candidate, "memory": memory}, (new, memory)


def _gru(
    cell: nn.RNNBase, come: Tensor, stay: Tensor, state: State
) -> tuple[dict[str, Tensor], State]:
    resets, updates, candidates = come.chunk(3, -1)
    reset_again, update_again, candidate_again = stay.chunk(3, -1)
    reset = (resets + reset_again).sigmoid()
    update = (updates + update_again).sigmoid()
    candidate = (candidates + reset * candidate_again).tanh()
    new = (1 - update) * candidate + update * state[0]
    return {"state": new, "reset": reset, "update": update, "candidate": candidate}, (new,)


_STEPS = {"rnn": _rnn, "lstm": _lstm, "gru": _gru}


def recurrent_courses(module: nn.Module, values: Tensor) -> list[Course]:
    """States and gates of a recurrent block over time.

    Args:
        module: a block's modules, as `network.build` or a replica has them.
        values: what comes into the block, (n, places, inputs).

    Returns:
        One course for each cell; none for other blocks.
    """
    for part in module if isinstance(module, nn.Sequential) else (module,):
        if isinstance(part, Recurrent):
            return part.courses(values)
        values = part(values)
    return []
