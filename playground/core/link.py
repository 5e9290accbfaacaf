"""The link codec: an Experiment as the query of an address, and back.

Only what differs from `Experiment()` is written, one readable key a setting, such as
`data=spiral&data.noise=10&layers=dense:8:tanh,dropout:0.2`. A part with several kinds (data,
optimizer) writes its kind under its own name and its settings behind a dot. Reading is never
fatal: what is unknown or does not fit gives a notice, and the default stays.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from pydantic import BaseModel

from playground.core.errors import Notice, PlaygroundError
from playground.core.experiment import Experiment, experiment_from
from playground.core.layers import LAYERS, Layer
from playground.core.optimizers import OPTIMIZERS
from playground.core.schedules import SCHEDULES

MAX_KEYS = 100
MAX_LENGTH = 8000
KINDS = {
    "data": "name",
    "optimizer": "name",
    "schedule": "name",
}  # parts whose kind is written under their own name


def encode(experiment: Experiment) -> dict[str, str]:
    """The settings that differ from the default experiment, as query parameters."""
    query: dict[str, str] = {}
    _encode_part(experiment, Experiment(), "", query)
    return query


def _encode_part(value: BaseModel, default: BaseModel, prefix: str, query: dict[str, str]) -> None:
    for name in type(value).model_fields:
        now, before = getattr(value, name), getattr(default, name, None)
        key = f"{prefix}{name}"
        if name == "layers":
            if now != before:
                query[key] = ",".join(_encode_layer(layer) for layer in now)
        elif key in KINDS:
            kind = KINDS[key]
            if getattr(now, kind) != getattr(before, kind):
                query[key] = getattr(now, kind)
            same = before if type(before) is type(now) else type(now)()
            for inner, text in _plain(now, same, f"{key}."):
                if inner != f"{key}.{kind}":
                    query[inner] = text
        elif isinstance(now, BaseModel):
            query.update(_plain(now, before if before is not None else type(now)(), f"{key}."))
        elif now != before:
            query[key] = _text(now)


def _plain(value: BaseModel, default: Any, prefix: str) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    _encode_part(value, default, prefix, found)
    return list(found.items())


def _encode_layer(layer: Layer) -> str:
    """The kind, the main settings, then by name what differs from the default."""
    kind = type(layer)
    parts = [str(kind.model_fields["kind"].default)]
    parts += [_text(getattr(layer, name)) for name in kind.main]
    for name, declared in kind.model_fields.items():
        value = getattr(layer, name)
        if name not in ("kind", *kind.main) and value != declared.default:
            # Signs that part settings or layers may stand in a text
            text = quote(value, safe="") if isinstance(value, str) else _text(value)
            parts.append(f"{name}={text}")
    return ":".join(parts)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        # Signs that an address leaves as they are: many points stay a short link.
        return "~".join("_".join(f"{number:g}" for number in row) for row in value)
    if isinstance(value, tuple):
        return ",".join(quote(str(item), safe="") for item in value)
    if isinstance(value, float):
        return repr(value)
    return str(value)


def decode(query: Mapping[str, str]) -> tuple[Experiment, tuple[Notice, ...]]:
    """The experiment that a query describes, and what could not be read.

    Args:
        query: parameter names and their texts; anything at all may stand in them.

    Returns:
        The experiment, with the default wherever a value was unknown or did not fit, and one
        notice for each such value.
    """
    content: dict[str, Any] = Experiment().model_dump(mode="json")
    notices: list[Notice] = []
    # Kinds first: the settings behind them depend on which kind it is.
    keys = sorted(query, key=lambda key: (key not in KINDS, key))
    for key in keys[:MAX_KEYS]:
        try:
            candidate = _applied(content, str(key), _bounded(str(query[key])))
            experiment_from(candidate)
        except (PlaygroundError, ValueError, KeyError, TypeError, RecursionError):
            notices.append(
                Notice("link_ignored", {"key": str(key)[:40], "value": str(query[key])[:40]})
            )
        else:
            content = candidate
    if len(keys) > MAX_KEYS:
        notices.append(Notice("link_too_long", {"limit": MAX_KEYS}))
    return experiment_from(content), tuple(notices)


def _bounded(text: str) -> str:
    """The text, where it is no longer than a link may be: cut, it would say something else."""
    if len(text) > MAX_LENGTH:
        raise ValueError("too long")
    return text


def _applied(content: dict[str, Any], key: str, text: str) -> dict[str, Any]:
    """A copy of the content with one parameter written into it."""
    if key == "layers":
        layers = [_decode_layer(part) for part in text.split(",")] if text else []
        return {**content, "layers": layers}
    if key in ("optimizer", "schedule"):
        kind = (OPTIMIZERS if key == "optimizer" else SCHEDULES)[text]
        return {**content, key: kind().model_dump(mode="json")}
    if key == "data":
        return {**content, "data": {**content["data"], "name": text}}
    head, *rest = key.split(".")
    if not rest:
        return {**content, head: _value(Experiment(), head, text)}
    part = content[head]
    if part is None or len(rest) > 2 or not isinstance(part, dict):
        raise KeyError(key)
    model = type(getattr(experiment_from(content), head))
    if len(rest) == 2 and (head, rest[0]) == ("data", "upload"):
        inner = {**_empty_upload(), **(part[rest[0]] or {}), rest[1]: text}
        return {**content, head: {**part, rest[0]: inner}}
    if len(rest) == 2:
        if not isinstance(part.get(rest[0]), dict):
            raise KeyError(key)
        inner = type(getattr(getattr(experiment_from(content), head), rest[0]))
        return {
            **content,
            head: {**part, rest[0]: {**part[rest[0]], rest[1]: _value(inner, rest[1], text)}},
        }
    return {**content, head: {**part, rest[0]: _value(model, rest[0], text)}}


def _empty_upload() -> dict[str, str]:
    return {"filename": "", "sha256": "0" * 64}


def _decode_layer(text: str) -> dict[str, Any]:
    kind, *values = text.split(":")
    model = LAYERS[kind]
    plain = [value for value in values if "=" not in value]
    if len(plain) > len(model.main):
        raise ValueError(text)
    settings = dict(zip(model.main, plain, strict=False))
    for value in values:
        name, separator, rest = value.partition("=")
        if separator:
            settings[name] = unquote(rest)
    return {"kind": kind} | {name: _value(model, name, value) for name, value in settings.items()}


def _value(model: Any, name: str, text: str) -> Any:
    """The text of a setting as what its declaration calls for."""
    kind = model if isinstance(model, type) else type(model)
    annotation = str(kind.model_fields[name].annotation)
    if name == "points":
        return [[float(item) for item in row.split("_")] for row in text.split("~") if text]
    if annotation.startswith("tuple") or "tuple[" in annotation:
        items = [unquote(item) for item in text.split(",")] if text else []
        return [int(item) for item in items] if "[int" in annotation else items
    if "bool" in annotation:
        return {"0": False, "1": True}[text]
    if "int" in annotation and "Literal" not in annotation:
        return int(text)
    if "float" in annotation and "Literal" not in annotation:
        return float(text)
    if name == "version":
        return json.loads(text)
    return text
