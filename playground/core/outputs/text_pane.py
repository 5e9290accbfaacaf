"""Character text: what the network writes after a prompt, and which character it expects next.

A viewer asks for (`Want.options`, under "output"):

    prompt        what is written before; characters that the text does not have are told
    temperature, top_k, top_p
    length        characters to write
    frozen        keep what was written
    again         another number draws other characters
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from playground.core.analysis.views import Arrays, Header, Sight
from playground.core.data.sequences.vocabulary import Vocabulary
from playground.core.errors import Notice, PlaygroundError
from playground.core.outputs.sampling import Sampling, perplexity, probabilities
from playground.core.outputs.sequence_pane import (
    FRAME_SECONDS,
    REST_SECONDS,
    SequencePane,
    finite,
    number_in,
    until,
)
from playground.core.outputs.writing import Writer, looks_ahead, next_logits
from playground.core.random import stable_seed

MOST = 600
DEFAULT_LENGTH = 200
SHOWN = 10
SEARCHED = 500
PROMPT = 12
"""Characters of the usual prompt, at most."""

A_FRAME = 12
"""Characters that a frame may show at once, or nobody sees them come."""


class TextPane(SequencePane):
    """Header: "text" (the prompt and what was written), "prompt" (its characters), "finished",
    "epoch" (when this text was begun), "round", "blind" (the network looks ahead and cannot
    write), "next" (rows of token, probability, probability as it is drawn), "perplexity" (train,
    test), "problem"."""

    def __init__(self, sight: Sight, kind: str) -> None:
        super().__init__(sight, kind)
        self._known = Vocabulary(self.run.schema.vocabulary)
        self._places = self.run.data.inputs_train.shape[1]
        self._asked: tuple[Any, ...] = ()
        self._writer: Writer | None = None
        self._length = DEFAULT_LENGTH
        self._ended = 0.0
        self._epoch = self._round = 0
        self._step = -1
        self._blind: bool | None = None
        self._problem: Notice | None = None

    def add(
        self, options: Mapping[str, Any], resting: bool, header: Header, arrays: Arrays
    ) -> None:
        if self._blind is None:
            self._blind = looks_ahead(self.network, self.points("train", 4))
        self._obey(options)
        writer = self._writer
        assert writer is not None
        if not resting:
            frozen = options.get("frozen") is True
            self._begin_again(frozen)
            if not (frozen and self._finished()):
                self._write(FRAME_SECONDS)
        self.busy = resting and not self._blind and not self._finished()
        writer = self._writer
        assert writer is not None
        header |= {
            "text": self._known.decode(writer.tokens),
            "prompt": writer.prompt,
            "finished": self._finished(),
            "epoch": self._epoch,
            "round": self._round,
            "blind": self._blind,
            "next": self._next(writer.tokens[: writer.prompt]),
            "perplexity": self._perplexity(),
            "problem": self._problem.as_dict() if self._problem else None,
        }

    def work(self, seconds: float) -> None:
        if self.busy:
            self._write(seconds)

    # ---- writing

    def _obey(self, options: Mapping[str, Any]) -> None:
        """Begins anew where something else is asked for."""
        prompt = options.get("prompt")
        sampling = Sampling(
            number_in(options, "temperature", 0.0, 5.0, 0.8),
            int(number_in(options, "top_k", 0, 1000, 0)),
            number_in(options, "top_p", 0.01, 1.0, 1.0),
        )
        length = int(number_in(options, "length", 1, MOST, DEFAULT_LENGTH))
        again = int(number_in(options, "again", 0, 1e6, 0))
        asked = (prompt, sampling, length, again)
        if asked == self._asked:
            return
        self._asked, self._length, self._problem = asked, length, None
        try:
            wanted = prompt if isinstance(prompt, str) and prompt else self._usual_prompt()
            self._prompt = self._known.encode(wanted).tolist()
        except PlaygroundError as error:
            self._problem = error.notice()
            wanted = "".join(c for c in str(prompt) if c in self._known.numbers)
            self._prompt = self._known.encode(wanted or self._usual_prompt()).tolist()
        self._sampling, self._seed = sampling, stable_seed(again, "text")
        self._begin()

    def _usual_prompt(self) -> str:
        """How a line of the text begins; where there are no lines, its most common character."""
        rows = self.run.data.raw_train[:SEARCHED]
        for row in rows:
            line = self._known.decode(row).partition("\n")[2]
            if len(line) > PROMPT and "\n" not in line[:PROMPT]:
                word = line[:PROMPT].rpartition(" ")[0]
                return word + " " if word else line[: PROMPT // 3]
        return self._known.texts[int(np.bincount(rows.ravel()).argmax())]

    def _begin(self) -> None:
        self._writer = Writer(self.network, self._places, self._prompt, self._sampling, self._seed)
        self._epoch, self._step, self._ended = self.run.epoch, self.run.step, 0.0
        self._round += 1

    def _begin_again(self, frozen: bool) -> None:
        """A finished text stays for a while; then the network, which has learned, writes anew."""
        if frozen or not self._finished() or self.run.step == self._step:
            return
        if time.perf_counter() - self._ended > REST_SECONDS:
            self._begin()

    def _finished(self) -> bool:
        writer = self._writer
        return writer is None or len(writer.tokens) - writer.prompt >= self._length

    def _write(self, seconds: float) -> None:
        writer = self._writer
        if writer is None or self._blind or self._finished():
            return
        most = min(self._length, len(writer.tokens) - writer.prompt + A_FRAME)

        def one() -> bool:
            writer.write()
            return len(writer.tokens) - writer.prompt < most

        until(seconds, one)
        if self._finished():
            self._ended = time.perf_counter()

    # ---- what comes next

    def _next(self, prompt: list[int]) -> list[tuple[int, float, float]]:
        """The likeliest tokens after the prompt, and how likely they are drawn."""
        logits = next_logits(self.network, self._places, prompt)
        plain = torch.softmax(logits, 0)
        cut = probabilities(logits, self._sampling)
        best = torch.argsort(plain, descending=True, stable=True)[:SHOWN].tolist()
        return [(token, plain[token].item(), cut[token].item()) for token in best]

    def _perplexity(self) -> list[float | None]:
        """Of both parts, where the loss is the mean cross-entropy itself."""
        run = self.run
        if run.experiment.loss != "cross_entropy":
            return [None, None]
        losses = run.metrics.train_loss, run.metrics.test_loss
        found = (perplexity(loss) for loss in losses)
        return [None if value is None else finite(value) for value in found]
