"""The layer stack: one cell per block, in line with the drawing of the network below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from playground.core.activations import ACTIVATIONS, latex_of
from playground.core.errors import PlaygroundError
from playground.core.experiment import MAX_LAYERS, Experiment
from playground.core.initializers import INITIALIZERS
from playground.core.layers import LAYERS, Layer, Weighted
from playground.core.layers.attention import Headed
from playground.core.layers.conv import ResidualConv
from playground.core.layers.embedding import Positions
from playground.core.layers.norm import GroupNorm
from playground.core.losses import fits
from playground.core.mending import mends_of, put
from playground.core.network import (
    Block,
    describe,
    flops,
    head_reason,
    parameter_count,
)
from playground.core.settings import RATES
from playground.core.shapes import source_of, written
from playground.ui import forms, language, notices, pictures, state, typed
from playground.ui.forms import number
from playground.ui.language import say

_ADD = "add_layer"
_NAMES = ("activation", "second")  # settings that name an activation
_MENDS = {"move": ":material/arrow_back:", "remove": ":material/delete:"}
_WINDOWS = ("kernel", "window")  # sides of a square, of pictures


def stack_editor() -> None:
    experiment, schema = state.experiment(), state.schema()
    if schema is None or state.hidden("layers"):
        return
    try:
        blocks = describe(experiment, schema)
    except PlaygroundError as error:
        st.error(notices.sentence_of(error.notice()))
        return
    with st.container(key="stack"):
        _title(experiment, blocks)
        cells = st.columns(len(blocks), gap=None, wrap=False)
        for index, (cell, block) in enumerate(zip(cells, blocks, strict=True)):
            with cell:
                _cell(index, block)
        for index, block in enumerate(blocks):
            if block.problem is not None:
                _problem(index, blocks)
        _ahead(blocks)


def _problem(index: int, blocks: tuple[Block, ...]) -> None:
    """Why a block does not fit, and what would mend it, each with one click."""
    experiment, schema, block = state.experiment(), state.schema(), blocks[index]
    assert block.problem is not None and schema is not None
    with st.container(key="misfit"):
        st.error(notices.sentence_of(block.problem))
        with st.container(horizontal=True, gap="small", key="mends"):
            for mend in mends_of(experiment, schema, blocks):
                name = language.name_of("layers", mend.kind)
                if mend.how != "insert":
                    name = say("stack.block", number=mend.index + 1, name=name)
                st.button(
                    say(f"stack.mend_{mend.how}", name=name),
                    key=f"mend_{mend.how}_{mend.kind}",
                    icon=_MENDS.get(mend.how, LAYERS[mend.kind].icon),
                    disabled=state.locked("layers"),
                    on_click=state.change,
                    args=({"layers": mend.layers},),
                )


def _ahead(blocks: tuple[Block, ...]) -> None:
    """That blocks read what the network is to guess, and what keeps each from that."""
    found = [(index, block, block.ahead) for index, block in enumerate(blocks) if block.ahead]
    if not found:
        return
    with st.container(key="ahead"):
        st.warning(say("stack.ahead"), icon=":material/visibility:")
        with st.container(horizontal=True, gap="small"):
            for index, block, changes in found:
                (setting,) = changes
                name = say("stack.block", number=index, name=language.name_of("layers", block.kind))
                st.button(
                    say(f"stack.ahead_{setting}", name=name),
                    key=f"blinker_{index}",
                    icon=":material/visibility_off:",
                    disabled=state.locked("layers"),
                    on_click=_set,
                    args=(index - 1, changes),
                )


def _set(index: int, changes: Mapping[str, Any]) -> None:
    """Changes settings of one block."""
    layers = state.experiment().model_dump(mode="json")["layers"]
    layers[index] |= changes
    state.change({"layers": layers})


def _insert(index: int, kind: str) -> None:
    """Puts a block in front of the one at `index`, with the settings that suit what reaches it."""
    experiment, schema = state.experiment(), state.schema()
    assert schema is not None
    blocks = describe(experiment, schema)  # up to the first that does not fit, and the head
    shape = blocks[min(index + 1, len(blocks) - 1)].before
    layers = experiment.model_dump(mode="json")["layers"]
    state.change({"layers": put(layers, index, kind, shape, schema)})


def _title(experiment: Experiment, blocks: tuple[Block, ...]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="stack_title", wrap=False):
        work = say("stack.work", count=_short(flops(blocks)))
        st.html(
            f'<h2>{say("stack.title")}</h2><span class="np-note">{_summary(blocks)}'
            f'<span class="np-work">{work}</span></span>'
        )
        full = len(experiment.layers) >= MAX_LAYERS
        offered = _offered()
        st.menu_button(
            say("stack.add"),
            list(offered),
            format_func=offered.__getitem__,
            key=_ADD,
            icon=":material/add:",
            type="tertiary",
            disabled=full or state.locked("layers"),
            help=say("stack.full", limit=MAX_LAYERS) if full else say("stack.add_help"),
            on_click=_add,
        )


def _offered() -> dict[str, str]:
    """The blocks for the present kind of data, family by family, each with its label in the menu:
    its picture, its name, and of the first of a family the family's.
    """
    schema = state.schema()
    if schema is None:
        return {}
    parted = schema.shape is not None and source_of(schema.shape) > 0
    found: dict[str, str] = {}
    before = None
    for kind, layer in LAYERS.items():
        if schema.kind not in layer.kinds or (layer.reads and not parted):
            continue
        label = f"{layer.icon} {language.name_of('layers', kind)}"
        if layer.family != before:
            label += f" :gray[:small[{say(f'stack.families.{layer.family}')}]]"
        found[kind], before = label, layer.family
    return found


def _summary(blocks: tuple[Block, ...]) -> str:
    return say("stack.summary", layers=len(blocks) - 1, parameters=f"{parameter_count(blocks):,}")


def _short(value: float) -> str:
    """A large number with a unit's letter: 241 k, 1.2 M."""
    for unit, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= max(unit, 1e4):
            return f"{value / unit:.4g}{letter}" if value < 1e12 else f"{value / unit:,.0f}{letter}"
    return f"{value:,.0f}"


def _cell(index: int, block: Block) -> None:
    if block.kind == "input":
        label = f"{say('stack.input')}\n{_size(block)}"
    elif block.kind == "head":
        label = f"{say('stack.head')}\n{_size(block)}"
    else:
        label = _label(block)
    icon = ":material/error:" if block.problem else ":material/visibility:" if block.ahead else None
    with st.popover(label, key=f"block_{index}", width="stretch", icon=icon):
        if block.kind == "input":
            _input(block)
        elif block.kind == "head":
            _head(block)
        else:
            _layer(index - 1, block)


def _label(block: Block) -> str:
    """Two lines: the kind of block, and its size or strength."""
    layer = block.layer
    assert layer is not None
    if block.kind == "dense":
        return f"{language.name_of('activations', block.activation or '')}\n{block.units}"
    return f"{say(f'stack.short.{block.kind}')}\n{_detail(block, layer)}"


def _detail(block: Block, layer: Layer) -> str:
    """The numbers that say most of a block: "16 · 3×3" of a convolution."""
    if isinstance(layer, Headed):
        return say("stack.heads", count=layer.heads)
    if isinstance(layer, Positions) and layer.how == "sinusoidal":
        return "sin · cos"
    if isinstance(layer, GroupNorm):
        return say("stack.groups", count=layer.groups)
    if isinstance(layer, ResidualConv):
        return f"{layer.channels} · {layer.kernel}×{layer.kernel}"
    found = []
    for name in layer.main:
        value = getattr(layer, name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        square = name in _WINDOWS and len(block.before) == 3
        found.append(f"{value}×{value}" if square else number(value))
    if found:
        return " · ".join(found)
    names = [forms.choices_of(type(layer), name) for name in layer.main]
    chosen = [
        known[getattr(layer, name)] for name, known in zip(layer.main, names, strict=True) if known
    ]
    return chosen[0] if chosen else _size(block)


def _size(block: Block) -> str:
    """What comes out of a block: a number of units, or a shape."""
    return written(block.after)


def _facts(block: Block) -> None:
    came = "" if block.layer is None else f"{written(block.before)} → "
    shape = say("stack.shape", shape=came + written(block.after))
    count = say("stack.parameters", count=f"{block.parameters:,}")
    cost = say("stack.flops", count=f"{block.flops:,}")
    st.caption(f"{shape} · {count} · {cost}")


def _input(block: Block) -> None:
    st.markdown(f"**{say('stack.input')}**")
    if not block.labels:
        st.caption(say("stack.input_whole", shape=written(block.after)))
        return
    labels = ", ".join(block.labels[:12]) + (" …" if len(block.labels) > 12 else "")
    st.caption(say("stack.input_help", labels=language.plain(labels)))


def _head(block: Block) -> None:
    experiment, schema = state.experiment(), state.schema()
    assert schema is not None
    st.markdown(f"**{say('stack.head')}**")
    st.write(say(f"stack.{head_reason(schema)}", count=block.units))
    _facts(block)
    reason = fits(experiment.loss, schema.task, "tanh")
    forms.setting(experiment, "output_activation", "output_activation", disabled=reason is not None)
    if reason is not None:
        st.caption(say(f"reasons.{reason}"))


def _layer(index: int, block: Block) -> None:
    layer = block.layer
    assert layer is not None
    name = language.name_of("layers", block.kind)
    st.markdown(f"**{say('stack.block', number=index + 1, name=name)}**")
    st.caption(language.help_of("layers", block.kind))
    for field in layer.main:
        _field(layer, field, f"layers.{index}.{field}")
    _facts(block)
    rest = [name for name in type(layer).model_fields if name not in ("kind", *layer.main)]
    rest.sort(key=lambda name: name in Weighted.model_fields)  # what is its own comes first
    if rest:
        with st.expander(say("stack.more"), key=f"more_{index}"):
            for field in rest:
                _field(layer, field, f"layers.{index}.{field}")
    _moves(index)


def _field(layer: Layer, field: str, path: str) -> None:
    """The control of one setting of a block, with a picture where it names a function."""
    if field in _NAMES:
        forms.setting(layer, field, path, options=language.names_of("activations", ACTIVATIONS))
        if ACTIVATIONS[getattr(layer, field)].typed:
            typed.activation(layer, f"{path.rpartition('.')[0]}.formula")
        _curve(getattr(layer, field), layer.formula)  # type: ignore[attr-defined]
    elif field == "formula":
        return  # stands below the activation that it is for
    elif field == "initialization":
        names = language.names_of("initializers", INITIALIZERS)
        forms.setting(layer, field, path, options={None: say("stack.as_network"), **names})
    elif field in ("l1", "l2"):
        present = getattr(layer, field)
        rates = sorted({*RATES, *((present,) if present is not None else ())})
        names = {rate: number(rate) for rate in rates}
        forms.setting(layer, field, path, options={None: say("stack.as_network"), **names})
    else:
        forms.setting(layer, field, path)


def _curve(activation: str, formula: str) -> None:
    own = ACTIVATIONS[activation].typed
    curve = pictures.typed_curve(formula) if own else pictures.activation_curve(activation)
    st.html(curve or "&nbsp;")
    st.latex(f"f(z) = {latex_of(activation, formula)}")
    st.caption(language.help_of("activations", activation))


def _moves(index: int) -> None:
    count = len(state.experiment().layers)
    with st.container(horizontal=True, gap="small", key=f"moves_{index}"):
        for name, icon, disabled in (
            ("left", ":material/arrow_back:", index == 0),
            ("right", ":material/arrow_forward:", index == count - 1),
            ("duplicate", ":material/content_copy:", count >= MAX_LAYERS),
            ("remove", ":material/delete:", False),
        ):
            st.button(
                say(f"stack.{name}"),
                key=f"{name}_{index}",
                icon=icon,
                disabled=disabled or state.locked("layers"),
                on_click=_rearrange,
                args=(name, index),
            )


def _add() -> None:
    _insert(len(state.experiment().layers), st.session_state[_ADD])


def _rearrange(name: str, index: int) -> None:
    layers = state.experiment().model_dump(mode="json")["layers"]
    if index >= len(layers):
        return
    layer = layers.pop(index)
    if name == "duplicate":
        layers[index:index] = [layer, layer]
    elif name != "remove":
        layers.insert(max(0, index + (1 if name == "right" else -1)), layer)
    state.change({"layers": layers})
