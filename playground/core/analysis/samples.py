"""How single points are told of where they lie in no plane: pictures are shown, of sequences and
ratings it is said what is read, and what is right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from playground.core.analysis.thumbnails import thumbnails
from playground.core.analysis.views import Arrays, Header
from playground.core.answers import asked
from playground.core.data.sequences.vocabulary import END
from playground.core.finite import finite
from playground.core.outputs.reading import reader_of

if TYPE_CHECKING:
    from playground.core.run import Run

LONGEST = 80  # characters of a text
PICTURE = 40  # px of a side


def named(run: Run, part: str, places: Sequence[int]) -> list[Header]:
    """What points of a part are called: "index", "target" (None of several), "read" and "answer".

    Args:
        part: "train" or "test".
    """
    targets = getattr(run.data, f"targets_{part}")
    single = targets.ndim == 1
    whole = run.schema.kind in ("sequences", "ratings")
    blank = [""] * len(places)
    reads = read_texts(run, part, places) if whole else blank
    answers = true_texts(run, part, places) if whole else blank
    return [
        {
            "index": place,
            "target": finite(float(targets[place])) if single else None,
            "read": read,
            "answer": answer,
        }
        for place, read, answer in zip(places, reads, answers, strict=True)
    ]


def pictured(run: Run, part: str, places: Sequence[int], name: str) -> Arrays:
    """What points look like: `{name}_pictures`, (n, channels, height, width) uint8, or
    `{name}_series`, (n, T) float32."""
    kind, raw = run.schema.kind, getattr(run.data, f"raw_{part}")
    if not len(places):
        return {}
    if kind == "pictures":
        return {f"{name}_pictures": np.ascontiguousarray(thumbnails(raw[list(places)], PICTURE))}
    if kind == "sequences" and raw.dtype.kind == "f" and raw.shape[-1] == 1:
        return {f"{name}_series": raw[list(places)][..., 0].astype(np.float32)}
    return {}


def read_texts(run: Run, part: str, places: Sequence[int]) -> list[str]:
    """What stands in points of a part; "" of a series, which is drawn."""
    raw, read = getattr(run.data, f"raw_{part}"), reader_of(run.schema, run.experiment)
    return [read(raw[place])[:LONGEST] for place in places]


def true_texts(run: Run, part: str, places: Sequence[int]) -> list[str]:
    """What is right at all places of points of a part; "" where a point has one answer alone, or
    where what is right is what stands there, one place on."""
    schema, targets = run.schema, getattr(run.data, f"targets_{part}")
    if schema.kind != "sequences" or not schema.steps or schema.follows:
        return [""] * len(places)
    names = schema.class_names
    told = []
    for place in places:
        answers = targets[place]
        text = "".join(names[int(k)] for k in answers[asked(torch.from_numpy(answers)).numpy()])
        told.append(text.removesuffix(END)[:LONGEST])
    return told
