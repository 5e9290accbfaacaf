"""Of pictures: the chosen one, and what the network takes it for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from playground.core.analysis.layer_rows import part_counts
from playground.core.analysis.maps import single
from playground.core.analysis.thumbnails import thumbnails
from playground.core.analysis.views import Arrays, Header
from playground.core.data.pictures.own import FORMS
from playground.core.outputs.base import Output
from playground.core.outputs.picture_sheet import add_sheet
from playground.core.outputs.picture_steps import add_steps

if TYPE_CHECKING:
    from playground.core.want import Want


class PicturesOutput(Output):
    """Header `output`: "sample", "truth" (class or None), "said" (class), "steps" where they are
    asked for, see `add_steps`; arrays: `sample_picture` (height, width, channels) uint8,
    `class_scores` (classes,) probabilities. Scene: "counts" of both parts, "sheet", see
    `add_sheet`, "own": whether one draws in ink or in colour."""

    def scene(self, header: Header, arrays: Arrays) -> None:
        data = self.run.data
        header["counts"] = [len(data.raw_train), len(data.raw_test)]
        # What plots of single points need: no place in a plane, but a target and a small picture.
        for part, count in zip(("train", "test"), part_counts(self.run), strict=True):
            points = np.zeros((count, 3), np.float32)
            points[:, 2] = getattr(data, f"targets_{part}")[:count]
            arrays[f"points_{part}"] = points
            arrays[f"thumbs_{part}"] = thumbnails(getattr(data, f"raw_{part}")[:count])
        header["sheet"] = add_sheet(self.run, arrays)
        header["own"] = "ink" if self.run.experiment.data.name in FORMS else "color"

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        run, sample = self.run, self.sight.sample()
        output = run.engine.output(run.engine.prepare(sample.inputs))
        scores = single(run.loss.probability(output, 0))[:, 0]
        if len(scores) == 1:
            scores = scores.new_tensor([1 - scores[0].item(), scores[0].item()])
        truth = None if sample.target is None else int(sample.target)
        header["output"] = {
            "sample": sample.told(),
            "truth": truth,
            "said": int(scores.argmax()),
        }
        asked = want.of("output")
        if asked.get("steps"):
            draw = asked.get("draw")
            draw = draw if isinstance(draw, int) else 0
            told = add_steps(run, sample, draw, arrays)
            header["output"]["steps"] = {"list": told, "altered": "step_altered" in arrays}
        arrays["sample_picture"] = np.ascontiguousarray(sample.raw.transpose(1, 2, 0))
        arrays["class_scores"] = scores.numpy()
