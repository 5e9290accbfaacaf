"""The row of settings under the play controls. Every control shows its present value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from playground.core.experiment import Experiment, Regularization
from playground.core.initializers import INITIALIZERS
from playground.core.losses import LOSSES, fits
from playground.core.optimizers import OPTIMIZERS
from playground.core.schedules import SCHEDULES, Constant, Plateau, ScheduleBase, ahead
from playground.core.settings import Settings
from playground.ui import forms, language, pictures, sharing, state
from playground.ui.forms import key_of, number
from playground.ui.language import say


def settings_row() -> None:
    experiment = state.experiment()
    with st.container(key="settings", horizontal=True, gap=None):
        rate = number(experiment.optimizer.learning_rate)
        if not isinstance(experiment.schedule, Constant):
            rate = f"{rate} · {language.name_of('schedules', experiment.schedule.name)}"
        _chip("rate", "optimizer.learning_rate", say("bar.learning_rate"), rate, _rate)
        whole = experiment.optimizer.full_batch
        size = say("bar.all_points") if whole else number(experiment.training.batch_size)
        _chip("batch", "training.batch_size", say("bar.batch_size"), size, _batch)
        optimizer = language.name_of("optimizers", experiment.optimizer.name)
        _chip("optimizer", "optimizer", say("bar.optimizer"), optimizer, _optimizer)
        loss = language.name_of("losses", experiment.loss)
        _chip("loss", "loss", say("bar.loss"), loss, _loss)
        penalties = _penalties(experiment.regularization)
        label = say("bar.regularization")
        _chip("regularization", "regularization", label, penalties, _regularization)
        start = language.name_of("initializers", experiment.initialization)
        label = say("bar.initialization")
        _chip("initialization", "initialization", label, start, _initialization)
        seed = say("bar.seed", seed=_seed(experiment))
        _chip("training", "training", say("bar.training"), seed, _training)
        _chip("share", "share", say("bar.share"), say("bar.share_value"), sharing.sharing)


def _chip(key: str, path: str, label: str, value: str, content: Callable[[], None]) -> None:
    """A popover whose label is two lines: what it sets, and to what. A lesson may hide it."""
    if state.hidden(path):
        return
    icon = ":material/lock:" if state.locked(path) else None
    with st.popover(f"{label}\n{value}", type="tertiary", key=f"chip_{key}", icon=icon):
        content()


def _rate() -> None:
    experiment = state.experiment()
    _settings(experiment.optimizer, "optimizer", ["learning_rate"])
    schedule, key = experiment.schedule, key_of("schedule")
    forms.choice(
        forms.words_of(Experiment, "schedule", "label"),
        language.names_of("schedules", SCHEDULES),
        key,
        schedule.name,
        path="schedule",
        help=forms.words_of(ScheduleBase, "name", "help"),
        on_change=lambda: state.change({"schedule": {"name": st.session_state[key]}}),
    )
    st.caption(language.help_of("schedules", schedule.name))
    if isinstance(schedule, Constant):
        return
    st.latex(schedule.formula)
    if not isinstance(schedule, Plateau):  # what the loss decides cannot be drawn ahead
        epochs = ahead(schedule, experiment.training.stop_epochs)
        st.html(pictures.schedule_curve(schedule, experiment.optimizer.learning_rate, epochs))
    _settings(schedule, "schedule", _own_fields(schedule, "name"))


def _batch() -> None:
    experiment = state.experiment()
    whole = experiment.optimizer.full_batch
    forms.setting(experiment.training, "batch_size", "training.batch_size", disabled=whole)
    if whole:
        name = language.name_of("optimizers", experiment.optimizer.name)
        st.caption(say("bar.all_points_help", optimizer=name))


def _settings(model: Settings, path: str, names: list[str]) -> None:
    for name in names:
        forms.setting(model, name, f"{path}.{name}")


def _own_fields(model: Settings, *besides: str) -> list[str]:
    return [name for name in type(model).model_fields if name not in besides]


def _optimizer() -> None:
    optimizer = state.experiment().optimizer
    key = key_of("optimizer")
    forms.choice(
        say("bar.optimizer"),
        language.names_of("optimizers", OPTIMIZERS),
        key,
        optimizer.name,
        path="optimizer",
        help=say("settings.Experiment.optimizer.help"),
        on_change=lambda: state.change({"optimizer": _optimizer_named(st.session_state[key])}),
    )
    st.caption(language.help_of("optimizers", optimizer.name))
    st.latex(optimizer.rule)
    _settings(optimizer, "optimizer", _own_fields(optimizer, "name", "learning_rate"))


def _optimizer_named(name: str) -> dict[str, Any]:
    """Another optimizer. A learning rate that a lesson holds is kept, others start anew."""
    rate = "optimizer.learning_rate"
    if not (state.locked(rate) or state.hidden(rate)):
        return {"name": name}
    return {"name": name, "learning_rate": state.experiment().optimizer.learning_rate}


def _loss() -> None:
    """Every loss with its curve; one that does not fit the task is disabled and says why."""
    experiment, schema = state.experiment(), state.schema()
    uses = list(LOSSES[experiment.loss].uses)
    _settings(experiment.loss_settings, "loss_settings", uses)
    st.caption(say("bar.loss_help"))
    with st.container(key="losses"):
        for name in LOSSES:
            task = schema.task if schema else None
            reason = fits(name, task, experiment.output_activation) if task else None
            chosen = name == experiment.loss
            st.button(
                language.name_of("losses", name),
                key=f"loss_{name}",
                type="primary" if chosen else "secondary",
                icon=":material/check:" if chosen else None,
                help=None if reason else language.help_of("losses", name),
                disabled=reason is not None or state.locked("loss"),
                width="stretch",
                on_click=state.change,
                args=({"loss": name},),
            )
            if reason:
                st.caption(say(f"reasons.{reason}"))
            else:
                st.html(pictures.loss_curve(name) or "&nbsp;")
    st.latex(LOSSES[experiment.loss].formula)


def _penalties(regularization: Regularization) -> str:
    parts = []
    if regularization.l1:
        parts.append(f"L1 {number(regularization.l1)}")
    if regularization.l2:
        parts.append(f"L2 {number(regularization.l2)}")
    if regularization.clip_norm:
        parts.append(f"≤ {number(regularization.clip_norm)}")
    return " · ".join(parts) or say("bar.none")


def _regularization() -> None:
    model = state.experiment().regularization
    _settings(model, "regularization", _own_fields(model))


def _initialization() -> None:
    key = key_of("initialization")
    names = language.names_of("initializers", INITIALIZERS)
    help_text = say("settings.Experiment.initialization.help")
    extra = forms.guarded("initialization", {"help": help_text})
    with forms.frame("initialization", key):
        st.radio(
            say("settings.Experiment.initialization.label"),
            list(names),
            index=list(names).index(forms.hold(key, state.experiment().initialization)),
            format_func=names.__getitem__,
            captions=[
                f"{language.help_of('initializers', name)} ${entry.formula}$"
                for name, entry in INITIALIZERS.items()
            ],
            key=key,
            on_change=lambda: state.set_value("initialization", st.session_state[key]),
            **extra,
        )


def _seed(experiment: Experiment) -> str:
    training = experiment.training
    replayed = training.stream == "tfplayground" and training.seed_text
    return language.plain(training.seed_text[:12]) if replayed else str(training.seed)


def _training() -> None:
    model = state.experiment().training
    besides = ["batch_size"] if model.stream == "tfplayground" else ["batch_size", "seed_text"]
    with st.container(key="training_fields"):
        _settings(model, "training", _own_fields(model, *besides))
