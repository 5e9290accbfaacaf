"""Networks that go on by themselves: each answer is given back to them as what comes next.

A network is a function from points (n, T) or (n, T, d) to (n, T, units). Everything here is done
in single passes through it, so that a frame may stop after any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from playground.core.data.sequences.translation import pairing_of
from playground.core.data.sequences.vocabulary import END, PAD, START
from playground.core.outputs.sampling import Sampling, drawn, probabilities

if TYPE_CHECKING:
    from playground.core.run import Run

Network = Callable[[Tensor], Tensor]


def looks_ahead(network: Network, points: Tensor) -> bool:
    """Whether an answer changes with what stands behind its place.

    Such a network finds the answers in front of itself while it trains, and cannot go on by
    itself: there is nothing yet behind the last place.

    Args:
        points: some (n, T) or (n, T, d), n of 2 or more; they lend each other their ends.
    """
    places = points.shape[1]
    before = network(points)
    for cut in {places // 2, places - 1}:
        other = points.clone()
        other[:, cut:] = points.roll(1, 0)[:, cut:]
        if points.is_floating_point():
            other[:, cut:] += 0.5
        else:
            other[:, cut:] = torch.where(other[:, cut:] == points[:, cut:], 0, other[:, cut:])
        after = network(other)
        scale = before.abs().max().clamp(min=1e-6)
        if float((before[:, :cut] - after[:, :cut]).abs().max()) > 1e-4 * float(scale):
            return True
    return False


class Writer:
    """Writes a text, a token with each pass.

    Attributes:
        tokens: the prompt and what was written.
        prompt: length of the prompt.
    """

    def __init__(
        self, network: Network, places: int, prompt: Sequence[int], sampling: Sampling, seed: int
    ) -> None:
        """
        Args:
            places: T; the network sees the last so many tokens.
            prompt: at least one token.
            seed: of the draws.
        """
        self._network, self._places, self._sampling = network, places, sampling
        self._generator = torch.Generator().manual_seed(seed)
        self.tokens = list(prompt)
        self.prompt = len(prompt)

    def logits(self) -> Tensor:
        """The network's answer to what stands there, (tokens,)."""
        return next_logits(self._network, self._places, self.tokens)

    def write(self) -> None:
        """One more token."""
        self.tokens.append(drawn(probabilities(self.logits(), self._sampling), self._generator))


def next_logits(network: Network, places: int, tokens: Sequence[int]) -> Tensor:
    """What a network of `places` places says of the token behind these: (tokens,)."""
    seen = list(tokens[-places:])
    # Behind the last token stands anything: a network that does not look ahead does not see it.
    row = torch.tensor([seen + seen[-1:] * (places - len(seen))])
    return network(row)[0, len(seen) - 1]


class Translator:
    """Writes the second part of points whose first part is read, always the likeliest token.

    Attributes:
        points: int64 (n, source + written), filled from left to right.
        done: how many places are written.
    """

    def __init__(
        self,
        network: Network,
        sources: np.ndarray,
        written: int,
        *,
        start: int,
        end: int,
        pad: int,
    ) -> None:
        """
        Args:
            sources: int64 (n, source), what is read.
            written: places of what is written, the end included.
            start, end, pad: numbers of these tokens.
        """
        count, self._source = sources.shape
        self._network, self._end, self._pad = network, end, pad
        self.points = torch.full((count, self._source + written), pad)
        self.points[:, : self._source] = torch.from_numpy(sources)
        self.points[:, self._source] = start
        self.said = torch.full((count, written), pad)
        self._ended = torch.zeros(count, dtype=torch.bool)
        self.done = 0

    @property
    def finished(self) -> bool:
        return self.done == self.said.shape[1] or bool(self._ended.all())

    def write(self) -> None:
        """One more token of every point; nothing behind the end of one."""
        place = self._source + self.done
        token = self._network(self.points)[:, place].argmax(1)
        token = torch.where(self._ended, self._pad, token)
        self.said[:, self.done] = token
        self._ended |= token == self._end
        self.done += 1
        if self.done < self.said.shape[1]:
            self.points[:, place + 1] = token


def network_of(run: Run) -> Network:
    """A run's network as a function: classes as log-probabilities, whatever the loss makes of the
    network's numbers; values in the units of the data."""

    def network(points: Tensor) -> Tensor:
        answers = run.engine.output(run.engine.prepare(points)).movedim(-1, 0)
        if run.schema.task == "regression":
            return answers.cpu() * run.data.target_std + run.data.target_mean
        flat = run.loss.probability(answers.reshape(-1, answers.shape[-1]), 1)
        return flat.cpu().double().clamp(min=1e-300).log().reshape(answers.shape)

    return network


def translator_of(run: Run, sources: np.ndarray) -> Translator:
    """Ready to write what a run's network makes of these sources, int64 (n, source)."""
    layout = pairing_of(run.experiment.data.sequences)
    numbers = layout.vocabulary.numbers
    return Translator(
        network_of(run),
        sources,
        layout.written,
        start=numbers[START],
        end=numbers[END],
        pad=numbers[PAD],
    )


def translated(run: Run, sources: np.ndarray) -> np.ndarray:
    """Points (n, source + written) whose second part the network wrote itself."""
    translator = translator_of(run, sources)
    while not translator.finished:
        translator.write()
    return translator.points.numpy()


class Forecaster:
    """Goes on with a series: what it says is what it reads next.

    Attributes:
        values: float32 (1, T, 1): what is known, then what was forecast.
        done: how many places hold a value.
        last: the forecast behind the last place, once there is one.
    """

    def __init__(self, network: Network, known: np.ndarray, places: int) -> None:
        """
        Args:
            known: (k,), 1 ≤ k ≤ places.
            places: T.
        """
        self._network = network
        self.values = torch.zeros(1, places, 1)
        self.values[0, : len(known), 0] = torch.from_numpy(known)
        self.known = self.done = len(known)
        self.last: float | None = None

    @property
    def finished(self) -> bool:
        return self.last is not None

    @property
    def forecast(self) -> list[float]:
        """The values behind those that are known, as far as they are there."""
        found = self.values[0, self.known : self.done, 0].tolist()
        return found if self.last is None else [*found, self.last]

    def go_on(self) -> None:
        """One more value."""
        value = float(self._network(self.values)[0, self.done - 1, 0])
        if self.done == self.values.shape[1]:
            self.last = value
        else:
            self.values[0, self.done, 0] = value
            self.done += 1
