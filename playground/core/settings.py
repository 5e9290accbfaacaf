"""What every part of an Experiment has in common: a frozen, strict model whose fields declare
a setting once - bounds, default, and whether it may change while a network trains.

Widgets, validation, links and the JSON Schema all read that one declaration.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

RATES = (0.0, 1e-4, 3e-4, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)  # of penalties


class Settings(BaseModel):
    """A frozen set of settings. Unknown names, values of another type ("4" for 4, 1 for true)
    and values out of bounds are refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def setting(
    default: Any,
    *,
    live: bool = False,
    rebuilds: bool = False,
    steps: tuple[float, ...] | None = None,
    **bounds: Any,
) -> Any:
    """Declares one setting.

    Args:
        default: its value where nothing is said.
        live: it may change mid-run without a reset.
        rebuilds: such a change needs another engine, into which the weights are carried over.
        steps: values that a widget offers; others between the bounds stay valid.
        **bounds: pydantic's constraints (ge, gt, le, lt, max_length ...).
    """
    extra: dict[str, Any] = {"live": live}
    if rebuilds:
        extra["rebuilds"] = True
    if steps is not None:
        extra["steps"] = list(steps)
    return Field(default=default, json_schema_extra=extra, **bounds)


def is_live(field: FieldInfo) -> bool:
    """Whether the setting may change mid-run without a reset."""
    extra = field.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get("live"))


def rebuilds(field: FieldInfo) -> bool:
    """Whether a change of the setting mid-run needs another engine."""
    extra = field.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get("rebuilds"))


def steps_of(field: FieldInfo) -> tuple[float, ...] | None:
    """The values that a widget offers, or None where any value will do."""
    extra = field.json_schema_extra
    if not isinstance(extra, dict) or "steps" not in extra:
        return None
    return tuple(extra["steps"])  # type: ignore[arg-type]


def bounds_of(field: FieldInfo) -> tuple[float | None, float | None]:
    """The least and the greatest value of a numeric setting."""
    low = high = None
    for rule in field.metadata:
        low = getattr(rule, "ge", getattr(rule, "gt", low))
        high = getattr(rule, "le", getattr(rule, "lt", high))
    return low, high
