"""The left column of sequences: length and variants of the task, and what the data look like."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from playground.core.data.model import Raw, Schema
from playground.core.data.registry import DATASETS
from playground.core.data.sequences.settings import SequenceSettings
from playground.core.data.sequences.translation import pairing_of
from playground.core.data.sequences.vocabulary import PAD
from playground.core.experiment import Data
from playground.core.random import SeedRandom
from playground.core.shapes import source_of
from playground.figures.sparkline import Curve, line_colors, picture, sparkline
from playground.ui import forms, language, sample, state, text_dialog
from playground.ui.language import say
from playground.ui.pictures import dark

SHOWN = 4
LONGEST = 44  # characters of an example


def first(data: Data) -> None:
    """What stands above all else: the visitor's file."""
    if data.name == text_dialog.NAME:
        text_dialog.file_line()


def choose(name: str) -> None:
    """Callback: a set's tile."""
    if name == text_dialog.NAME:
        text_dialog.open_dialog()
    else:
        state.choose_data(name)


def controls(data: Data, schema: Schema) -> None:
    """Examples, the variants of the task, and how the set is made and split."""
    if not state.hidden("data.name"):
        _examples(data, schema)
    knobs, settings = DATASETS[data.name].knobs, data.sequences
    # What is asked comes before how long it is.
    for name in (*(name for name in SequenceSettings.model_fields if name != "length"), "length"):
        if name not in knobs or (name == "largest" and settings.pairs != "numbers"):
            continue
        forms.setting(settings, name, f"data.sequences.{name}")
    if "samples" in knobs:
        forms.setting(data, "samples", "data.samples", label=say("sequence_panel.samples"))
    if "noise" in knobs:
        forms.setting(data, "noise", "data.noise")
    forms.setting(data, "train_percent", "data.train_percent")
    if knobs:
        sample.fresh()


def _examples(data: Data, schema: Schema) -> None:
    made = _made(data.model_dump_json(), state.brought())
    title = say("sequence_panel.examples")
    if schema.follows and schema.task == "regression":
        body = _curves(made, title)
    else:
        rows = [_row(made, k, data, schema) for k in range(min(SHOWN, len(made.targets)))]
        body = "".join(f"<li>{row}</li>" for row in rows)
        body = f'<ul class="np-examples">{body}</ul>'
    st.html(f'<p class="np-note">{escape(title)}</p>{body}')


@lru_cache(maxsize=32)
def _made(settings: str, own: Any) -> Raw:
    """A few points of the set, drawn apart from any run's.

    What a set draws at random it draws from a stream that needs no torch.
    """
    data = Data.model_validate_json(settings).model_copy(update={"samples": 40})
    entry = DATASETS[data.name]
    made = entry.make(data, SeedRandom("examples"), entry.suited(own))
    # Spread over the set: surnames stand language by language.
    places = np.linspace(0, len(made.targets) - 1, min(SHOWN, len(made.targets))).astype(int)
    return Raw(made.inputs[places], made.targets[places])


def _curves(made: Raw, title: str) -> str:
    color = line_colors(dark())[0]
    pictures = []
    for values in made.inputs[:SHOWN, :, 0]:
        line = Curve(range(len(values)), values.tolist(), color)
        address = picture(sparkline([line], title=title, width=240, height=44))
        pictures.append(f'<img class="np-example" src="{address}" alt="{escape(title)}">')
    return "".join(pictures)


def _row(made: Raw, k: int, data: Data, schema: Schema) -> str:
    """One example as text: what is read, an arrow, what is asked for."""
    row, target = made.inputs[k], made.targets[k]
    assert schema.shape is not None
    if source_of(schema.shape):
        layout = pairing_of(data.sequences)
        return _pair(layout.read(row), layout.truth(target))
    if not schema.vocabulary:
        marked = [f"{value:.2f}" for value, mark in row if mark]
        return _pair(" + ".join(marked) + " …", f"{target:.2f}")
    text = "".join(schema.vocabulary[token] for token in row).lstrip(PAD)
    if schema.follows:
        return f"<code>{escape(_short(text.strip().replace(chr(10), '↵')))}</code>"
    if target.shape:
        answer = "".join(schema.class_names[value] for value in target if value >= 0)
    else:
        answer = schema.class_names[int(target)]
        if data.name == "surnames":
            answer = language.class_name(answer)
            text = text.capitalize()
    return _pair(text, answer)


def _pair(read: str, answer: str) -> str:
    return f"<code>{escape(_short(read))}</code> → <code>{escape(_short(answer))}</code>"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
