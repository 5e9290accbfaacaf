"""Of sequences: a text that goes on, a translation, a forecast, or the answers place by place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.core.analysis.views import Arrays, Header, Sight
from playground.core.outputs.answers_pane import AnswersPane
from playground.core.outputs.base import Output
from playground.core.outputs.series_pane import SeriesPane
from playground.core.outputs.text_pane import TextPane
from playground.core.outputs.translation_pane import TranslationPane
from playground.core.shapes import source_of

if TYPE_CHECKING:
    from playground.core.data.model import Schema
    from playground.core.outputs.sequence_pane import SequencePane
    from playground.core.want import Want


class SequencesOutput(Output):
    """Header `output`: "kind" ("text", "translation", "series" or "answers"), "sample", its
    "tokens" where it has such, and what the pane of this kind adds."""

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        kind = kind_of(sight.run.schema)
        self.pane: SequencePane = _PANES[kind](sight, kind)

    def scene(self, header: Header, arrays: Arrays) -> None:
        run = self.run
        header["counts"] = [len(run.data.raw_train), len(run.data.raw_test)]
        header["sequence"] = {
            "kind": self.pane.kind,
            "places": run.data.raw_train.shape[1],
            "vocabulary": list(run.schema.vocabulary),
            "steps": run.schema.steps,
        }

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        sample = self.sight.sample()
        header["output"] = {"kind": self.pane.kind, "sample": sample.told()}
        if sample.raw.dtype.kind == "i":
            header["output"]["tokens"] = sample.raw.tolist()
        self.pane.add(want.of("output"), want.resting, header["output"], arrays)

    @property
    def busy(self) -> bool:
        """Whether a resting network has something left to write."""
        return self.pane.busy

    def work(self, seconds: float) -> None:
        self.pane.work(seconds)


def kind_of(schema: Schema) -> str:
    """Which pane suits a set of sequences."""
    assert schema.shape is not None
    if source_of(schema.shape):
        return "translation"
    if not schema.follows:
        return "answers"
    return "series" if schema.task == "regression" else "text"


_PANES: dict[str, type[SequencePane]] = {
    "text": TextPane,
    "translation": TranslationPane,
    "series": SeriesPane,
    "answers": AnswersPane,
}
