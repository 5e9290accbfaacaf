"""The page "Tensors"."""

from __future__ import annotations

import json
from typing import Any

from playground.core.errors import Notice
from playground.core.photos import MAX_BYTES, SAMPLES
from playground.core.tensors import offers
from playground.ui import language, notices, page_link, stage, uploads


def _object(text: str) -> dict[str, Any]:
    """A small JSON object; what is in it is checked where it is used."""
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise ValueError(text[:40]) from error
    if not isinstance(found, dict):
        raise ValueError(text[:40])
    return found


FIELDS = {
    "a": _object,
    "b": _object,
    "op": page_link.one_of(*offers.TAKES),
    "s": _object,
}


def tensors() -> None:
    facts = {
        "link": page_link.read(FIELDS),
        "takes": {name: list(taken) for name, taken in offers.TAKES.items()},
        "dtypes": offers.DTYPES,
        "fillings": offers.FILLINGS,
        "writings": offers.WRITINGS,
        "tables": language.names_of("data", offers.TABLES),
        "sets": language.names_of("data", offers.POINT_SETS),
        "photos": list(SAMPLES),
        "steps": offers.STEPS,
        "digits": offers.DIGITS,
        "points": offers.MAX_POINTS,
        "megabytes": MAX_BYTES // 2**20,
    }
    with stage.page("tensors"):
        stage.mount("tensors", facts, answer=_answer)


def _answer(params: dict[str, Any]) -> stage.Answer:
    if "upload" in params:
        return uploads.keep(params["upload"])
    asked = {key: params.get(key) or {} for key in ("a", "b", "settings", "at")}
    files = {str(asked[name]["file"]) for name in ("a", "b") if asked[name].get("file")}
    asked["operation"] = str(params.get("operation"))
    header, arrays = uploads.ask("tensors", asked, files)
    problem = header["problem"]
    if problem is not None:
        notice = Notice(problem["code"], problem["params"])
        header = {**header, "problem": {**problem, "sentence": notices.sentence_of(notice)}}
    return header, arrays
