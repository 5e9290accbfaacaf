"""Puzzles and names: the chosen sequence, what the network answers, and what is right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from playground.core.analysis.views import Arrays, Header, Sight
from playground.core.finite import finite
from playground.core.outputs.reading import characters, sum_of
from playground.core.outputs.sequence_pane import SequencePane, listed
from playground.core.shapes import is_tokens

TESTED = 64
LISTED = 12
EVERY = 6
"""Frames between two counts of the sequences that are right throughout."""


class AnswersPane(SequencePane):
    """Header: "values" and "marks" of numbers that are added; "asked" (places with an answer; []
    for one to the whole), "said" and "truth" (class numbers or values; None where not known),
    "sure" (probability of what was said), "whole" (right, of how many test sequences), "examples"
    (the first of them: what is read, what was said, what is right, as texts). Array:
    `class_scores` (classes,) where one class is asked for."""

    def __init__(self, sight: Sight, kind: str) -> None:
        super().__init__(sight, kind)
        self._frames = 0
        self._whole: dict[str, int] | None = None
        self._examples: list[list[str]] = []
        self._counted = -1

    def add(
        self, options: Mapping[str, Any], resting: bool, header: Header, arrays: Arrays
    ) -> None:
        schema, sample = self.run.schema, self.sight.sample()
        assert schema.shape is not None
        if not is_tokens(schema.shape):
            header["values"] = [round(float(value), 4) for value in sample.raw[:, 0]]
            header["marks"] = [bool(mark) for mark in sample.raw[:, 1]]
        self._test()
        header |= {"whole": self._whole, "examples": self._examples}
        answers = self.network(sample.inputs)[0]
        if schema.task == "regression":
            truth = None if sample.target is None else float(sample.target)
            header |= {"asked": [], "said": listed(answers), "truth": [truth], "sure": []}
        elif not schema.steps:
            arrays["class_scores"] = answers.exp().float().numpy()
            header |= self._judged(answers[None], np.array([_target(sample.target)]), [])
        else:
            target = np.full(len(answers), -1) if sample.target is None else sample.target
            asked = np.flatnonzero(target >= 0) if sample.target is not None else self._asked()
            header |= self._judged(answers[asked], target[asked], asked.tolist())

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

    def _test(self) -> None:
        """What the network makes of the first test sequences, now and then."""
        self._frames += 1
        due = self._counted < 0 or self._frames % EVERY == 0
        if not due or self._counted == self.run.step:
            return
        self._counted = self.run.step
        schema, data = self.run.schema, self.run.data
        answers = self.network(self.points("test", TESTED))
        if schema.task == "regression":
            pairs = zip(data.raw_test, answers[:, 0].tolist(), data.targets_test, strict=False)
            self._examples = [
                [sum_of(row), f"{said:.2f}", f"{truth:.2f}"] for row, said, truth in pairs
            ][:LISTED]
            return
        said = answers.argmax(-1)
        truth = torch.from_numpy(data.targets_test[:TESTED])
        right = (said == truth) | (truth < 0)
        if schema.steps:
            right = right.all(1)
            self._whole = {"right": int(right.sum()), "of": len(right)}
        names = schema.class_names
        self._examples = []
        for row, answer, asked in zip(data.raw_test[:LISTED], said, truth, strict=False):
            places = torch.atleast_1d(asked) >= 0
            texts = [
                "".join(names[k] for k in torch.atleast_1d(values)[places].tolist())
                for values in (answer, asked)
            ]
            self._examples.append([characters(schema, row), *texts])


def _target(target: Any) -> int:
    return -1 if target is None else int(target)
