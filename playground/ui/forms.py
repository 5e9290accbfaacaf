"""Widgets out of declarations: a setting is declared once, and here that becomes a control.

The widget's kind follows from the setting's type, bounds and steps; its label and its help from
the language catalogs, under the model's name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from pydantic.fields import FieldInfo

from playground import words
from playground.core.settings import Settings, bounds_of, steps_of
from playground.ui import language, state
from playground.ui.language import say

SLIDER_SPAN = 100
LADDER_SPAN = 10_000
# A share of what was before: averages over 2, 10, 100, 1000 steps lie close to 1.
SHARES = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999)
# Stands for None among choices: a select box takes None itself for "nothing chosen yet".
_NOTHING = "—"
_ONE_DECADE = (1, 2, 3, 4, 5, 6, 8)


def words_of(model: type[Settings], name: str, part: Literal["label", "help"]) -> str:
    """The label or the help of a setting; what a base class declares is said there once.

    Raises:
        KeyError: no such words.
    """
    for kind in model.__mro__:
        try:
            return words.text(language.current(), f"settings.{kind.__name__}.{name}.{part}")
        except KeyError:
            continue
    raise KeyError(f"settings.{model.__name__}.{name}.{part}")


def choices_of(model: type[Settings], name: str) -> dict[str, str]:
    """What a setting with few choices may be, each with its name; {} for any other."""
    annotation = model.model_fields[name].annotation
    if get_origin(annotation) is not Literal:
        return {}
    return {choice: _choice(model, name, choice) for choice in get_args(annotation)}


def _choice(model: type[Settings], name: str, choice: str) -> str:
    """What a choice is called; a number needs no name, what a base class declares is said there.

    Raises:
        KeyError: no such words.
    """
    for kind in model.__mro__:
        with suppress(KeyError):
            return words.text(language.current(), f"choices.{kind.__name__}.{name}.{choice}")
    if choice.isdigit():
        return choice
    raise KeyError(f"choices.{model.__name__}.{name}.{choice}")


def number(value: float) -> str:
    """A number as it is written on a control: 0.00001 and not 1e-05."""
    if isinstance(value, int) or float(value).is_integer():
        return f"{value:.0f}"
    return f"{value:.10f}".rstrip("0")


def key_of(path: str) -> str:
    """The key of a setting's widget."""
    return language.WIDGET_PREFIX + path.replace(".", "_")


def hold(key: str, value: Any) -> Any:
    """Gives a widget its value before it is made, and returns it.

    The widget takes the same value as its default: where a second run overtakes the first in a
    browser that is still loading, Streamlit's widgets start from their defaults.
    """
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return value


def guarded(path: str, extra: dict[str, Any]) -> dict[str, Any]:
    """The options of a widget, which a lesson may have locked: then its help says so."""
    if not state.locked(path):
        return extra
    return {**extra, "disabled": True, "help": say("lesson.locked")}


def frame(path: str, key: str) -> AbstractContextManager[Any]:
    """Where a widget is made: one that a lesson locks wears a lock, drawn by the style sheet."""
    return st.container(key=f"locked_{key}") if state.locked(path) else nullcontext()


def choice(
    label: str,
    options: Mapping[Any, str],
    key: str,
    value: Any,
    path: str | None = None,
    **extra: Any,
) -> None:
    """A select box that holds a value of the experiment.

    Args:
        label: what is chosen.
        options: the values, each with the name it is shown by.
        key: the widget's.
        value: the present one.
        path: the setting's place in the experiment, where a lesson may hide or lock it.
        **extra: passed to the widget.
    """
    if path is not None:
        if state.hidden(path):
            return
        extra = guarded(path, extra)
    names = {_NOTHING if known is None else known: name for known, name in options.items()}
    values = list(names)
    index = values.index(hold(key, _NOTHING if value is None else value))
    with frame(path or key, key):
        st.selectbox(label, values, index=index, format_func=names.__getitem__, key=key, **extra)


def several(
    model: Settings,
    name: str,
    path: str,
    every: Sequence[str],
    chosen: list[str],
    *,
    choose: Callable[[list[str], tuple[str, ...]], None],
    **extra: Any,
) -> None:
    """Some of many, as pills.

    Args:
        model: the settings that hold the choice.
        name: the field.
        path: the setting's place in the experiment.
        every: what there is.
        chosen: what of it holds now.
        choose: told what is chosen from now on, and what there is.
        **extra: passed to the widget.
    """
    key = key_of(path)
    st.pills(
        words_of(type(model), name, "label"),
        every,
        selection_mode="multi",
        default=hold(key, chosen),
        key=key,
        help=words_of(type(model), name, "help"),
        wrap=True,
        on_change=lambda: choose(st.session_state[key], tuple(every)),
        **extra,
    )


def setting(
    model: Settings,
    name: str,
    path: str,
    *,
    options: Mapping[Any, str] | None = None,
    **extra: Any,
) -> None:
    """The control of one setting.

    Args:
        model: the settings that hold it.
        name: the field.
        path: the setting's place in the experiment, e.g. "optimizer.beta1".
        options: what may be chosen and its names, for a setting that names something registered.
        **extra: passed to the widget, e.g. `label_visibility`.
    """
    if state.hidden(path):
        return
    kind, key, value = type(model), key_of(path), getattr(model, name)
    common = {
        "label": words_of(kind, name, "label"),
        "key": key,
        "help": words_of(kind, name, "help"),
        "on_change": write,
        "args": (path, key),
        **extra,
    }
    common = guarded(path, common)
    options = options or choices_of(kind, name)
    with frame(path, key):
        if options:
            choice(options=options, value=value, **common)
        elif isinstance(value, bool):
            st.toggle(value=hold(key, value), **common)
        elif isinstance(value, str):
            st.text_input(value=hold(key, value), **common)
        else:
            _numeric(kind.model_fields[name], hold(key, value), common)


def write(path: str, key: str) -> None:
    """Callback: the widget's value becomes the setting's; an emptied field changes nothing."""
    value = st.session_state[key]
    if value is not None:
        state.set_value(path, None if value == _NOTHING else value)


def _numeric(field: FieldInfo, value: float, common: dict[str, Any]) -> None:
    low, high = bounds_of(field)
    steps = steps_of(field) or offered(field)
    if steps is not None:
        shown = sorted({*steps, value})
        st.select_slider(options=shown, value=value, format_func=number, **common)
    elif isinstance(value, int):
        if low is not None and high is not None and high - low <= SLIDER_SPAN:
            st.slider(min_value=int(low), max_value=int(high), value=value, **common)
        else:
            bounds = {"min_value": _whole(low), "max_value": _whole(high)}
            st.number_input(value=value, step=1, **bounds, **common)
    elif low == 0 and high is not None and high <= 1:
        st.slider(min_value=0.0, max_value=float(high), value=value, step=0.05, **common)
    else:
        bounds = {"min_value": _real(low), "max_value": _real(high)}
        st.number_input(value=value, step=0.1, format="%.6g", **bounds, **common)


def bounds(model: type[Settings], name: str) -> dict[str, Any]:
    """Least, greatest and step of a number field for a numeric setting."""
    field = model.model_fields[name]
    low, high = bounds_of(field)
    if field.annotation is int:
        return {"min_value": _whole(low), "max_value": _whole(high), "step": 1}
    return {"min_value": _real(low), "max_value": _real(high), "step": 0.01, "format": "%.6g"}


def offered(field: FieldInfo) -> tuple[float, ...] | None:
    """Steps for a setting that declares none and whose range is too wide for a plain slider."""
    low, high = bounds_of(field)
    if low is None or high is None:
        return None
    if field.annotation is float and low == 0 and high == 1 and _below(field):
        return SHARES
    if field.annotation is int and SLIDER_SPAN < high - low <= LADDER_SPAN:
        return ladder(int(low), int(high))
    return None


def ladder(low: int, high: int) -> tuple[int, ...]:
    """Whole numbers from low to high, ever farther apart.

    Counts of things (from 1 on) take every number up to 16, then round ones and powers of two.
    """
    things = low <= 1
    found = {low, high, *(range(low, 17) if things else ())}
    decade = 10
    while decade <= high:
        found |= {step * decade for step in ((1, 2, 5) if things else _ONE_DECADE)}
        decade *= 10
    if things:
        found |= {2**power for power in range(4, high.bit_length())}
        found |= {3 * 2**power for power in range(3, high.bit_length())}
    return tuple(sorted(value for value in found if low <= value <= high))


def _below(field: FieldInfo) -> bool:
    """Whether the upper bound itself is left out."""
    return any(getattr(rule, "lt", None) is not None for rule in field.metadata)


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


def _real(bound: float | None) -> float | None:
    return None if bound is None else float(bound)
