"""Streams of random numbers: one value at a time, owned by the run that draws from them.

Everything random in an experiment (points, shuffle, first weights) is written once against
`Stream`, so the same code runs on PyTorch's generator and on the stream of TensorFlow Playground.
Nothing here touches a process-wide generator.
"""

from __future__ import annotations

import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


class Stream(ABC):
    """A source of uniform numbers; the rest follows from `random` alone."""

    @abstractmethod
    def random(self) -> float:
        """A number in [0, 1)."""

    def uniform(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return self.random() * (high - low) + low

    def shuffle_indices(self, count: int) -> list[int]:
        """A permutation of 0 … count − 1: where each place takes its item from.

        Fisher–Yates from the last place down, drawing as TensorFlow Playground does.
        """
        order = list(range(count))
        for last in range(count - 1, -1, -1):
            chosen = math.floor(self.random() * (last + 1))
            order[last], order[chosen] = order[chosen], order[last]
        return order

    def generator(self) -> np.random.Generator:
        """NumPy's generator of many numbers at once, seeded from here."""
        return np.random.default_rng([math.floor(self.random() * 2**32) for _ in range(4)])


def stable_seed(seed: int, purpose: str) -> int:
    """A seed for `torch.Generator`, the same on every machine, in [0, 2⁶³).

    Neighbouring seeds, and the purposes of one seed, give unrelated streams.
    """
    digest = hashlib.sha256(f"{seed}:{purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


class TorchStream(Stream):
    """float64 draws of a `torch.Generator` of its own, on the CPU.

    Args:
        seed: the experiment's seed.
        purpose: what the numbers are for; each purpose has its own stream.
    """

    _BUFFER = 1024

    def __init__(self, seed: int, purpose: str) -> None:
        import torch

        self._generator: torch.Generator = torch.Generator().manual_seed(stable_seed(seed, purpose))
        self._waiting: list[float] = []

    def random(self) -> float:
        if not self._waiting:
            self._refill()
        return self._waiting.pop()

    def _refill(self) -> None:
        # One call for many numbers: a scalar draw through torch costs a hundred times as much.
        import torch

        drawn = torch.rand(self._BUFFER, dtype=torch.float64, generator=self._generator)
        self._waiting = drawn.tolist()[::-1]


_WIDTH = 256
_CHUNKS = 6
_DIGITS = 52


class SeedRandom(Stream):
    """The stream of JavaScript's `Math.seedrandom(text)`, number for number.

    The published algorithm of David Bau's seedrandom: an RC4 key stream whose bytes are joined
    into doubles of 52 random bits.

    Args:
        text: the seed's text; TensorFlow Playground writes it with five decimals ("0.42000").
    """

    def __init__(self, text: str) -> None:
        self._state = _schedule(_mix_key(text))
        self._i = 0
        self._j = 0
        self._join_bytes(_WIDTH)  # the first 256 bytes of RC4 are weak and are thrown away

    def random(self) -> float:
        number = self._join_bytes(_CHUNKS)
        scale = _WIDTH**_CHUNKS
        last = 0
        while number < 1 << _DIGITS:
            number = (number + last) * _WIDTH
            scale *= _WIDTH
            last = self._join_bytes(1)
        while number >= 1 << (_DIGITS + 1):
            number >>= 1
            scale >>= 1
            last >>= 1
        return (number + last) / scale

    def _join_bytes(self, count: int) -> int:
        """The next `count` bytes of the key stream as one big-endian integer."""
        state, i, j = self._state, self._i, self._j
        joined = 0
        for _ in range(count):
            i = (i + 1) % _WIDTH
            moved = state[i]
            j = (j + moved) % _WIDTH
            state[i], state[j] = state[j], moved
            joined = joined * _WIDTH + state[(state[i] + moved) % _WIDTH]
        self._i, self._j = i, j
        return joined


def _mix_key(text: str) -> list[int]:
    """The seed's text as at most 256 bytes; longer texts are folded over themselves."""
    key: list[int] = []
    smear = 0
    for place, code in enumerate(_utf16_codes(text)):
        slot = place % _WIDTH
        if slot < len(key):
            smear ^= key[slot] * 19
            key[slot] = (smear + code) % _WIDTH
        else:
            key.append((smear + code) % _WIDTH)
    return key or [0]


def _utf16_codes(text: str) -> Iterable[int]:
    """The units that JavaScript's `charCodeAt` counts in."""
    encoded = text.encode("utf-16-le", "surrogatepass")
    return (encoded[k] | encoded[k + 1] << 8 for k in range(0, len(encoded), 2))


def _schedule(key: list[int]) -> list[int]:
    """RC4's key schedule: a permutation of the 256 byte values."""
    state = list(range(_WIDTH))
    j = 0
    for i in range(_WIDTH):
        moved = state[i]
        j = (j + key[i % len(key)] + moved) % _WIDTH
        state[i], state[j] = state[j], moved
    return state
