"""Translation: the chosen or typed text, examples from the test part, and how many are exact."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from playground.core.analysis.views import Arrays, Header, Sight
from playground.core.data.sequences.translation import pairing_of
from playground.core.data.sequences.vocabulary import END, PAD
from playground.core.outputs.sequence_pane import FRAME_SECONDS, SequencePane, until
from playground.core.outputs.writing import Translator, translator_of
from playground.core.sample import Sample

TESTED = 200
LISTED = 40
"""Examples that the pane lists."""


class TranslationPane(SequencePane):
    """Header: "source", "said", "truth" (None of a typed text), "sure" (probability of each
    character of "said"), "examples" (rows of source, said, truth), "exact" (right, of how many,
    the epoch)."""

    def __init__(self, sight: Sight, kind: str) -> None:
        super().__init__(sight, kind)
        self._layout = pairing_of(self.run.experiment.data.sequences)
        data = self.run.data
        self._sources = data.raw_test[:TESTED, : self._layout.source]
        self._truths = [self._layout.truth(row) for row in data.targets_test[:TESTED]]
        self._texts = [self._layout.read(row) for row in data.raw_test[:TESTED]]
        self._translator: Translator | None = None
        self._single: Translator | None = None
        self._of: np.ndarray | None = None
        self._single_step = -1
        self._said, self._sure = "", list[float]()
        self._found: list[str] = []
        self._begun = (-1, 0)
        self._exact: dict[str, int] | None = None

    def add(
        self, options: Mapping[str, Any], resting: bool, header: Header, arrays: Arrays
    ) -> None:
        sample, layout = self.sight.sample(), self._layout
        self._look_at(sample, resting)
        target = sample.target
        header |= {
            "source": layout.read(sample.raw),
            "said": self._said,
            "sure": self._sure,
            "truth": None if target is None else layout.truth(target),
        }
        if not resting:
            self._go_on(FRAME_SECONDS / 2)
        self.busy = resting and (self._translator is not None or self._begun[0] != self.run.step)
        header |= {
            "examples": [
                [*row] for row in zip(self._texts, self._found, self._truths, strict=False)
            ][:LISTED],
            "exact": self._exact,
        }

    def work(self, seconds: float) -> None:
        self._go_on(seconds)

    def _look_at(self, sample: Sample, resting: bool) -> None:
        """Translates the chosen example: another one at once, the same one a bit each frame."""
        source = sample.raw[: self._layout.source]
        fresh = self._of is None or not np.array_equal(source, self._of)
        if fresh or (self._single is None and self._single_step != self.run.step):
            self._single = translator_of(self.run, source[None])
            self._of, self._single_step = source.copy(), self.run.step
        translator = self._single
        if translator is None:
            return

        def one() -> bool:
            translator.write()
            return not translator.finished

        until(math.inf if fresh or resting else FRAME_SECONDS / 2, one)
        if translator.finished:
            self._said, self._sure = self._text_of(translator, 0), self._sureness(translator)
            self._single = None

    def _text_of(self, translator: Translator, row: int) -> str:
        text = self._layout.vocabulary.decode(translator.said[row].tolist())
        return text.partition(END)[0].rstrip(PAD)

    def _sureness(self, translator: Translator) -> list[float]:
        """With which probability the first point's characters were the likeliest."""
        answers = self.network(translator.points[:1])[0, self._layout.source :]
        return torch.softmax(answers, 1).amax(1)[: translator.done].tolist()

    def _go_on(self, seconds: float) -> None:
        """Translates the test examples, a character of all of them with each pass."""
        if self._translator is None:
            if self._begun[0] == self.run.step:
                return
            self._translator = translator_of(self.run, self._sources)
            self._begun = self.run.step, self.run.epoch
        translator = self._translator

        def one() -> bool:
            translator.write()
            return not translator.finished

        until(seconds, one)
        if translator.finished:
            rows = range(len(self._texts))
            self._found = [self._text_of(translator, row) for row in rows]
            right = sum(map(str.__eq__, self._found, self._truths))
            self._exact = {"right": right, "of": len(self._texts), "epoch": self._begun[1]}
            self._translator = None
