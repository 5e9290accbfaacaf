"""Puzzles and names: the chosen sequence, what the network answers, and what is right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from playground.core.analysis.views import Arrays, Header, Sight
from playground.core.outputs.sequence_pane import SequencePane, finite, listed
from playground.core.shapes import is_tokens

TESTED = 64
EVERY = 6
"""Frames between two counts of the sequences that are right throughout."""


class AnswersPane(SequencePane):
    """Header: "tokens" (numbers of the tokens) or "values" and "marks"; "asked" (places with an
    answer; [] for one to the whole), "said" and "truth" (class numbers or values; None where not
    known), "sure" (probability of what was said), "whole" (right, of how many test sequences).
    Array: `class_scores` (classes,) where one class is asked for."""

    def __init__(self, sight: Sight, kind: str) -> None:
        super().__init__(sight, kind)
        self._frames = 0
        self._whole: dict[str, int] | None = None
        self._counted = -1

    def add(
        self, options: Mapping[str, Any], resting: bool, header: Header, arrays: Arrays
    ) -> None:
        schema, sample = self.run.schema, self.sight.sample()
        assert schema.shape is not None
        if is_tokens(schema.shape):
            header["tokens"] = sample.raw.tolist()
        else:
            header["values"] = [round(float(value), 4) for value in sample.raw[:, 0]]
            header["marks"] = [bool(mark) for mark in sample.raw[:, 1]]
        answers = self.network(sample.inputs)[0]
        if schema.task == "regression":
            truth = None if sample.target is None else float(sample.target)
            header |= {"asked": [], "said": listed(answers), "truth": [truth], "sure": []}
            return
        if not schema.steps:
            chances = answers.exp()
            arrays["class_scores"] = chances.float().numpy()
            header |= self._judged(answers[None], np.array([_target(sample.target)]), [])
        else:
            target = np.full(len(answers), -1) if sample.target is None else sample.target
            asked = np.flatnonzero(target >= 0) if sample.target is not None else self._asked()
            header |= self._judged(answers[asked], target[asked], asked.tolist())
            header["whole"] = self._throughout()

    def _judged(self, answers: torch.Tensor, truth: np.ndarray, asked: list[int]) -> Header:
        sure, said = answers.exp().max(1)
        return {
            "asked": asked,
            "said": said.tolist(),
            "truth": [None if value < 0 else int(value) for value in truth],
            "sure": [finite(value) for value in sure.tolist()],
        }

    def _asked(self) -> np.ndarray:
        """Places at which points of this set are asked for an answer."""
        return np.flatnonzero(self.run.data.targets_train[0] >= 0)

    def _throughout(self) -> dict[str, int]:
        """Of the first test sequences, those whose answers are all right."""
        self._frames += 1
        fresh = self._whole is None or self._frames % EVERY == 0
        if fresh and self._counted != self.run.step:
            said = self.network(self.points("test", TESTED)).argmax(2)
            truth = torch.from_numpy(self.run.data.targets_test[:TESTED])
            right = ((said == truth) | (truth < 0)).all(1)
            self._whole = {"right": int(right.sum()), "of": len(right)}
            self._counted = self.run.step
        assert self._whole is not None
        return self._whole


def _target(target: Any) -> int:
    return -1 if target is None else int(target)
