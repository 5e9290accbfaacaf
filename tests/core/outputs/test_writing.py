"""Networks that go on by themselves, with networks whose answers are known."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn.functional import one_hot

from playground.core.outputs.sampling import Sampling
from playground.core.outputs.writing import (
    Forecaster,
    Translator,
    Writer,
    looks_ahead,
    next_logits,
)

VOCABULARY = 7


def successor(points: torch.Tensor) -> torch.Tensor:
    """Says the token after each: 0, 1, 2, … and round again."""
    return one_hot((points + 1) % VOCABULARY, VOCABULARY).float() * 50


def summed(points: torch.Tensor) -> torch.Tensor:
    """Says the sum of all tokens up to each place: needs the whole context."""
    return one_hot(points.cumsum(1) % VOCABULARY, VOCABULARY).float() * 50


def backwards(points: torch.Tensor) -> torch.Tensor:
    return one_hot(points.flip(1).cumsum(1).flip(1) % VOCABULARY, VOCABULARY).float()


def last_only(points: torch.Tensor) -> torch.Tensor:
    """Every place sees the very last one."""
    return one_hot(points[:, -1:].expand_as(points), VOCABULARY).float()


def test_who_looks_ahead():
    points = torch.randint(0, VOCABULARY, (6, 9), generator=torch.Generator().manual_seed(0))
    assert not looks_ahead(successor, points)
    assert not looks_ahead(summed, points)
    assert looks_ahead(backwards, points)
    assert looks_ahead(last_only, points)
    series = torch.rand(6, 9, 1, generator=torch.Generator().manual_seed(0))
    assert not looks_ahead(lambda x: x.cumsum(1), series)
    assert looks_ahead(lambda x: x - x.mean(1, keepdim=True), series)


def test_a_text_goes_on_beyond_the_window():
    writer = Writer(successor, 4, [5], Sampling(), 1)
    for _ in range(9):
        writer.write()
    assert writer.tokens == [5, 6, 0, 1, 2, 3, 4, 5, 6, 0] and writer.prompt == 1


def test_the_network_sees_the_last_window():
    tokens = [1, 2, 3, 4]
    assert next_logits(summed, 8, tokens).argmax() == sum(tokens) % VOCABULARY
    assert next_logits(summed, 2, tokens).argmax() == (3 + 4) % VOCABULARY


def test_the_same_seed_writes_the_same():
    def even(points: torch.Tensor) -> torch.Tensor:
        return torch.zeros(*points.shape, VOCABULARY)

    texts = []
    for seed in (1, 1, 2):
        writer = Writer(even, 4, [0], Sampling(), seed)
        for _ in range(12):
            writer.write()
        texts.append(writer.tokens)
    assert texts[0] == texts[1] != texts[2]


START, END, PAD = 0, 1, 2


def copier(points: torch.Tensor) -> torch.Tensor:
    """Writes the three tokens that it read, then the end."""
    answers = torch.zeros_like(points)
    answers[:, 3:6] = points[:, :3]
    answers[:, 6] = END
    return one_hot(answers, VOCABULARY).float()


def test_a_translation_stops_at_its_end():
    sources = np.array([[4, 5, 6], [4, END, 6]])
    translator = Translator(copier, sources, 5, start=START, end=END, pad=PAD)
    while not translator.finished:
        translator.write()
    assert translator.said.tolist() == [[4, 5, 6, END, PAD], [4, END, PAD, PAD, PAD]]
    assert translator.done == 4
    # Each written place is given what stands before it.
    assert translator.points[0].tolist() == [4, 5, 6, START, 4, 5, 6, END]


def test_a_forecast_reads_itself():
    forecaster = Forecaster(lambda x: 2 * x, np.array([0.5, 1.0], np.float32), 5)
    while not forecaster.finished:
        forecaster.go_on()
    assert forecaster.forecast == [2.0, 4.0, 8.0, 16.0]
    assert forecaster.values[0, :, 0].tolist() == [0.5, 1.0, 2.0, 4.0, 8.0]
