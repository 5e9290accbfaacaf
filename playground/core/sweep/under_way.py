"""What this process trains now, for whoever watches: it is asked for, and nothing is sent unasked.

A module without torch: a worker of a cluster answers by it, whatever its threads do meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypedDict

NUMBERS = 5  # digits of what is looked at


class Glimpse(TypedDict):
    """A trial on its way.

    Keys:
        epoch: complete ones.
        curve: (epoch, mean of what the sweep watches) rows so far, None where there is none.
    """

    epoch: int
    curve: list[tuple[int, float | None]]


class Course(Protocol):
    """A trial that is being trained."""

    def glimpse(self) -> Glimpse: ...


_COURSES: dict[str, Course] = {}


@contextmanager
def entered(name: str, course: Course) -> Iterator[None]:
    """Lets a trial be seen under a name while it is trained; "" is never asked for."""
    _COURSES[name] = course
    try:
        yield
    finally:
        if _COURSES.get(name) is course:
            del _COURSES[name]


def seen(names: Iterable[str] | None = None) -> dict[str, Glimpse]:
    """Those of these trials, or of all, that this process trains."""
    found = {name: _COURSES.get(name) for name in (list(_COURSES) if names is None else names)}
    return {name: course.glimpse() for name, course in found.items() if course is not None}


def brief(value: float | None) -> float | None:
    """A number as long as a picture needs it."""
    return None if value is None else float(f"{value:.{NUMBERS}g}")


def glimpses(content: Any) -> dict[str, Glimpse]:
    """What another process said of its trials; what is not of that form is left out."""
    if not isinstance(content, dict):
        return {}
    found: dict[str, Glimpse] = {}
    for name, one in content.items():
        if isinstance(one, dict) and isinstance(one.get("epoch"), int) and "curve" in one:
            found[name] = {"epoch": one["epoch"], "curve": one["curve"]}
    return found
