"""The page "Sweep"."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import streamlit as st

from playground.core.data.model import Schema
from playground.core.data.registry import schema_of
from playground.core.errors import Notice, PlaygroundError
from playground.core.plans.sweep import SweepPlan
from playground.core.sweep import files
from playground.core.sweep.foreign import MOST_BYTES, read_foreign
from playground.core.sweep.settings import (
    MAX_EPOCHS,
    MAX_STARTS,
    MAX_TRIALS,
    SweepSettings,
    checked_sweep,
    sweep_from,
)
from playground.core.sweep.space import MAX_KNOBS, Knob, apply, check_knobs, knob_from
from playground.live.service import service
from playground.ui import language, live_line, notices, page_link, stage, state
from playground.ui.gallery import PLAYGROUND
from playground.ui.language import say
from playground.ui.sweep_facts import offered

METHODS = ("grid", "random", "bayes")
METRICS = ("test_loss", "test_score", "epochs", "seconds")
KINDS = ("csv", "json", "sqlite")
PATIENCE = 20.0  # s for a short trial
FIRST = {"method": "grid", "trials": 30, "starts": 3, "epochs": 50}
FIRST_KNOBS = ("optimizer.learning_rate", "layers.*.units", "layers.*.activation")

_PLAN = "sweep_plan"
_STARTED = "sweep_started"
_OPENED = "sweep_opened"
_RESTORED = "sweep_restored"


def _knobs(text: str) -> list[Knob]:
    """Knobs of the address, as the command line writes them, parted by semicolons."""
    try:
        found = [knob_from(part) for part in text.split(";")]
    except PlaygroundError as error:
        raise ValueError(text) from error
    if len(found) > MAX_KNOBS:
        raise ValueError(text)
    return found


FIELDS = {
    "k": _knobs,
    "m": page_link.one_of(*METHODS),
    "n": page_link.whole(1, MAX_TRIALS),
    "s": page_link.whole(1, MAX_STARTS),
    "e": page_link.whole(1, MAX_EPOCHS),
    "by": page_link.one_of(*METRICS),
    "g": page_link.number(-10, 1),
    "prune": page_link.flag,
    "x": str,
    "y": str,
    "sort": str,
    "run": str,
}
_NAMES = {"m": "method", "n": "trials", "s": "starts", "e": "epochs", "by": "metric"}
_NAMES |= {"g": "target", "prune": "pruning"}


def sweep() -> None:
    if st.session_state.pop(_OPENED, False):
        st.switch_page(str(PLAYGROUND))
    with stage.page("sweep"):
        link = page_link.read(FIELDS)
        plan = _present(link.get("run"))
        run = None if plan is None else stage.live_run("sweep", plan)
        if run is not None and st.session_state.pop(_STARTED, False):
            run.command({"type": "play"})
        facts = _facts(link) | {"sweep": None if plan is None or run is None else _told_of(plan)}
        stage.mount("sweep", facts, live=run, again=False, answer=_answer, told=_told)
        if run is not None:
            live_line.pipe(run)


def _present(name: str | None) -> SweepPlan | None:
    """The sweep that is shown: the one that was started here, or that of the address."""
    plan: SweepPlan | None = st.session_state.get(_PLAN)
    if name and (plan is None or plan.file != name) and not st.session_state.get(_STARTED):
        plan = _found(name)
    page_link.write(run=plan.file if plan is not None and plan.file else None)
    return plan


def _found(name: str) -> SweepPlan | None:
    """The sweep in the file of that name, which goes on as it stands: where it still trains, this
    session takes it over."""
    try:
        settings, own, _ = files.read(name)
    except PlaygroundError as error:
        notices.tell(error.notice())
        return st.session_state.get(_PLAN)
    if own is not None:
        state.keep_own(own)
    plan = SweepPlan(experiment=settings.experiment, sweep=settings, file=name)
    st.session_state[_PLAN] = plan
    for run in list(service().runs.values()):
        if run.page == "sweep" and f'"file":"{name}"' in run.plan_json:
            service().hand_over(run, live_line.session())
            live_line.taken("sweep", run)
            break
    return plan


# ---- what the script is told ---------------------------------------------------------------------


def _facts(link: dict[str, Any]) -> dict[str, Any]:
    settings = _settings(link)
    schema = state.schema()
    return {
        "link": {key: link[key] for key in ("x", "y", "sort") if key in link},
        "settings": settings.model_dump(mode="json", exclude={"experiment"}),
        "offers": [] if schema is None else offered(settings.experiment, schema, settings.knobs),
        "limits": {
            "trials": MAX_TRIALS,
            "starts": MAX_STARTS,
            "epochs": MAX_EPOCHS,
            "bytes": MOST_BYTES,
        },
    }


def _told_of(plan: SweepPlan) -> dict[str, Any]:
    """A sweep, as its pictures know it."""
    settings = plan.settings
    schema = _schema(plan)
    known = {one["path"]: one for one in offered(settings.experiment, schema, settings.knobs)}
    knobs = [{**known[knob.path], "knob": knob.model_dump(mode="json")} for knob in settings.knobs]
    return {
        "name": plan.name,
        "knobs": knobs,
        **settings.model_dump(mode="json", exclude={"experiment", "knobs"}),
        "other": settings.experiment != state.experiment(),
        "rungs": settings.rungs,
        "kept": bool(plan.file),
        "percent": schema.task != "regression",
    }


def _schema(plan: SweepPlan) -> Schema:
    """What the data of a sweep hold."""
    return schema_of(plan.experiment.data, state.brought())


def _settings(link: dict[str, Any]) -> SweepSettings:
    """What the address asks for, of the visitor's own experiment."""
    experiment = state.experiment()
    chosen = FIRST | {_NAMES[key]: value for key, value in link.items() if key in _NAMES}
    knobs = link.get("k")
    if knobs is not None:
        try:
            check_knobs(experiment, knobs)
        except PlaygroundError:
            knobs = None  # they were another network's
    knobs = _first_knobs() if knobs is None else [knob.model_dump(mode="json") for knob in knobs]
    content = {"experiment": experiment.model_dump(mode="json"), **chosen}
    return sweep_from(content | ({"knobs": knobs} if knobs else {}))


def _first_knobs() -> list[dict[str, Any]]:
    schema = state.schema()
    if schema is None:
        return []
    known = {one["path"]: one["knob"] for one in offered(state.experiment(), schema)}
    paths = [path for path in FIRST_KNOBS if path in known][:2] or list(known)[:1]
    return [known[path] for path in paths]


# ---- what the script says ------------------------------------------------------------------------


def _told(value: Any) -> None:
    """Callback: a sweep is to be started or gone on with, or one of its trials opened."""
    try:
        match value:
            case {"start": dict(wanted)}:
                _start(wanted)
            case {"restored": True}:
                _go_on()
            case {"open": dict(trial)}:
                _open(trial)
    except PlaygroundError as error:
        notices.refuse(error)


def _of_the_experiment(wanted: dict[str, Any]) -> SweepSettings:
    """Settings that the script sends, of the visitor's experiment as it is now.

    Raises:
        PlaygroundError: they make no sweep.
    """
    content = {**wanted, "experiment": state.experiment().model_dump(mode="json")}
    return checked_sweep(sweep_from(content), state.brought())


def _start(wanted: dict[str, Any]) -> None:
    settings = _of_the_experiment(wanted)
    name = files.begin(settings, state.brought())
    if not name:
        notices.tell(Notice("sweep_not_kept"))
    st.session_state[_PLAN] = SweepPlan(experiment=settings.experiment, sweep=settings, file=name)
    st.session_state[_STARTED] = True


def _open(trial: dict[str, Any]) -> None:
    """Makes one network of a trial the playground's."""
    plan: SweepPlan | None = st.session_state.get(_PLAN)
    if plan is None:
        return
    start = trial.get("start")
    start = start if isinstance(start, int) and 0 <= start < plan.sweep.starts else 0
    point = apply(plan.experiment, dict(trial.get("values") or {}))
    experiment = point.with_changes({"training": {"start": start}})
    state.leave_lesson()
    state.adopt(experiment)
    sentence = say(
        "pages.sweep.opened",
        number=int(trial.get("number", 0)) + 1,
        start=start,
        metric=say(f"pages.sweep.metric_{plan.sweep.metric}"),
        value=language.plain(str(trial.get("value", "–"))[:20]),
        epochs=int(trial.get("epochs", 0)),
    )
    notices.toast(sentence, ":material/open_in_new:")
    st.session_state[_OPENED] = True


def _restored(upload: dict[str, Any]) -> stage.Answer:
    """Takes in a sweep that was saved: {"filename", "content" in base64}. What is shown stays
    until the page says that it wants the other one.

    Raises:
        PlaygroundError: it cannot be gone on with; says why.
    """
    name, content = str(upload.get("filename", ""))[:80], str(upload.get("content", ""))
    if len(content) > MOST_BYTES * 4 // 3 + 4:
        size, limit = f"{len(content) * 3 / 4 / 2**20:.1f}", MOST_BYTES // 2**20
        raise PlaygroundError("sweep_upload_large", name=name, size=size, limit=limit)
    try:
        decoded = base64.b64decode(content, validate=True)
    except ValueError as error:
        raise PlaygroundError("sweep_upload_broken", name=name) from error
    settings, own, trials = read_foreign(decoded, name, state.brought())
    file = files.begin(settings, own, trials)
    if not file:
        raise PlaygroundError("sweep_upload_unkept")
    plan = SweepPlan(experiment=settings.experiment, sweep=settings, file=file)
    st.session_state[_RESTORED] = plan, own, len(trials)
    return {"file": file}, {}


def _go_on() -> None:
    """Shows the sweep that was taken in, and searches what is missing in it."""
    if _RESTORED not in st.session_state:
        return
    plan, own, finished = st.session_state.pop(_RESTORED)
    if own is not None:
        state.keep_own(own)
    planned = plan.settings.planned
    st.session_state[_PLAN] = plan
    st.session_state[_STARTED] = True
    whole = "restored_whole" if finished >= planned else "restored"
    sentence = say(f"pages.sweep.{whole}", finished=finished, planned=planned)
    notices.toast(sentence, ":material/folder_open:")


def _answer(params: dict[str, Any]) -> stage.Answer:
    """A short trial, the trials as a file, or what becomes of a file.

    Raises:
        PlaygroundError: this is no sweep, or there is no file of it.
    """
    if "export" in params:
        return _exported(str(params["export"]))
    if isinstance(params.get("restore"), dict):
        return _restored(params["restore"])
    wanted = params.get("measure")
    if not isinstance(wanted, dict):
        raise PlaygroundError("sweep_not_json")
    settings = _of_the_experiment(wanted)
    return _cost(settings)


def _cost(settings: SweepSettings) -> stage.Answer:
    """What one trial takes; nothing where no worker has the visitor's own table yet.

    Raises:
        PlaygroundError: what the worker refused.
    """
    asked: dict[str, Any] = {"settings": settings.to_json()}
    upload, beside = settings.experiment.data.upload, None
    if upload is not None:
        runs = list(service().runs.values())
        beside = next(
            (run for run in runs if run.table is not None and run.table.sha256 == upload.sha256),
            None,
        )
        if beside is None:
            return {"cost": None}, {}
        asked["table"] = upload.sha256
    task = service().begin("sweep_cost", asked, beside=beside)
    if not task.wait(PATIENCE):
        task.cancel()
    if task.notice is not None:
        raise PlaygroundError(task.notice.code, **task.notice.params)
    return task.answer or ({"cost": None}, {})


def _exported(kind: str) -> stage.Answer:
    plan: SweepPlan | None = st.session_state.get(_PLAN)
    if plan is None or kind not in KINDS:
        raise PlaygroundError("sweep_gone")
    content = files.exported(plan.file, kind)
    return {"filename": f"sweep.{kind}"}, {"file": np.frombuffer(content, np.uint8)}
