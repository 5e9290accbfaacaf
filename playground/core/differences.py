"""How two experiments differ: what is new, what starts a run again, what needs another engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo

from playground.core.experiment import Experiment
from playground.core.losses import LOSSES
from playground.core.settings import Settings, is_live, rebuilds
from playground.core.transfer import carries


def reset_reasons(old: Experiment, new: Experiment) -> tuple[str, ...]:
    """The settings whose change needs the weights to start again, as dotted names.

    Empty when a run of `old` can go on as a run of `new`.
    """
    if carries(old, new):
        return ()
    # A loss of counts learns the targets as they are, all others a table's standardised.
    counts = ("loss",) if LOSSES[old.loss].rates != LOSSES[new.loss].rates else ()
    return counts + tuple(_differences(old, new, ""))


def _differences(old: Any, new: Any, prefix: str) -> list[str]:
    if type(old) is not type(new):
        return [prefix.rstrip(".")]
    found: list[str] = []
    for name, field in type(old).model_fields.items():
        before, after = getattr(old, name), getattr(new, name)
        path = f"{prefix}{name}"
        if before == after or is_live(field):
            continue
        if isinstance(before, Settings) and isinstance(after, Settings):
            found += _differences(before, after, f"{path}.")
        elif isinstance(before, tuple) and name == "layers" and len(before) == len(after):
            for index, (one, other) in enumerate(zip(before, after, strict=True)):
                found += _differences(one, other, f"{path}.{index}.")
        else:
            found.append(path)
    return found


def changed_settings(old: Experiment, new: Experiment) -> list[tuple[str, str]]:
    """The settings that differ, as dotted names, each with its new value as text.

    Of a list whose length changed, and of a part that became another kind, only the name.
    """
    return list(_changes(old.model_dump(mode="json"), new.model_dump(mode="json"), ""))


def _changes(old: Any, new: Any, path: str) -> Iterator[tuple[str, str]]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict) and old.get("name") == new.get("name"):
        for name in new:
            yield from _changes(old.get(name), new[name], f"{path}.{name}" if path else name)
    elif (
        isinstance(old, list)
        and isinstance(new, list)
        and len(old) == len(new)
        and path == "layers"
    ):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _changes(one, other, f"{path}.{index}")
    elif isinstance(new, dict):
        yield path, str(new.get("name", ""))
    else:
        yield (
            path,
            "" if isinstance(new, list) else f"{new:g}" if isinstance(new, float) else str(new),
        )


def needs_another_engine(old: Settings, new: Settings) -> bool:
    """Whether a change that may happen mid-run needs an engine of its own.

    Of a part whose kind may change, an optimizer or a block, only another kind does.
    """
    if type(old) is not type(new):
        return True
    return any(
        _needs_another_engine(field, getattr(old, name), getattr(new, name))
        for name, field in type(old).model_fields.items()
    )


def _needs_another_engine(field: FieldInfo, before: Any, after: Any) -> bool:
    if before == after:
        return False
    if isinstance(before, Settings) and type(before) is type(after):
        return needs_another_engine(before, after)
    if isinstance(before, tuple) and before and isinstance(before[0], Settings):
        return any(map(needs_another_engine, before, after))
    return rebuilds(field)
