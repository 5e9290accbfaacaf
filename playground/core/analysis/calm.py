"""What a frame computes only as often as training can afford, while the network trains."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

REST = 5.0  # times as long as it took, something is shown again instead of computed anew


class Calm(Generic[T]):
    """Keeps what was computed last. Where the network rests, or something else is asked for, it is
    always computed anew; what takes a few milliseconds, with every frame.
    """

    def __init__(self) -> None:
        self._key: object = None
        self._step = -1
        self._next = 0.0
        self._kept: T | None = None

    def get(self, key: object, step: int, resting: bool, make: Callable[[], T]) -> T:
        """
        Args:
            key: what is asked for, with `==`.
            step: of the run.
            resting: whether the network does not train.
            make: computes it.
        """
        same = self._kept is not None and key == self._key
        if same and (step == self._step or not (resting or time.perf_counter() >= self._next)):
            assert self._kept is not None
            return self._kept
        begin = time.thread_time()
        self._kept = make()
        self._key, self._step = key, step
        self._next = time.perf_counter() + REST * (time.thread_time() - begin)
        return self._kept
