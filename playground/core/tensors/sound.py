"""Sound as the tensor that it is: tones that are computed, and WAV files of the visitor's own."""

from __future__ import annotations

import io
import math
import wave
from dataclasses import dataclass

import torch
from torch import Tensor

from playground.core.errors import PlaygroundError
from playground.core.tensors.offers import MAX_WAV_BYTES

RATE = 8000
"""Samples a second of a computed tone."""
MAX_SECONDS = 2.0
MAX_TONES = 6
FREQUENCIES = (20.0, RATE / 2)
"""Hz; from half the rate on, samples cannot tell a tone from a lower one (Nyquist)."""
MAX_SAMPLES = 200_000

_WIDTHS = {1: torch.uint8, 2: torch.int16, 4: torch.int32}


@dataclass(frozen=True, eq=False)
class Sound:
    """Samples.

    Attributes:
        samples: (n,) or (n, channels), as the file has them.
        rate: of them a second.
    """

    samples: Tensor
    rate: int


def tones(frequencies: list[float], seconds: float) -> Sound:
    """The mean of sines, float32 (n,) between −1 and 1.

    Args:
        frequencies: Hz.

    Raises:
        PlaygroundError: no tone, too many, too low or too high, too long.
    """
    if not 1 <= len(frequencies) <= MAX_TONES:
        raise PlaygroundError("sound_tones", limit=MAX_TONES)
    low, high = FREQUENCIES
    for hertz in frequencies:
        if not low <= hertz < high:
            raise PlaygroundError(
                "sound_frequency", hertz=f"{hertz:g}", low=f"{low:g}", high=f"{high:g}"
            )
    if not 0.01 <= seconds <= MAX_SECONDS:
        raise PlaygroundError("sound_seconds", limit=f"{MAX_SECONDS:g}")
    t = torch.arange(round(seconds * RATE)) / RATE
    waves = [torch.sin(2 * math.pi * hertz * t) for hertz in frequencies]
    return Sound(torch.stack(waves).mean(0), RATE)


def tones_code(frequencies: list[float], seconds: float, name: str) -> list[str]:
    """The lines of PyTorch that make the samples of `tones`."""
    waves = [f"torch.sin(2 * torch.pi * {hertz:g} * t)" for hertz in frequencies]
    return [
        f"t = torch.arange({round(seconds * RATE)}) / {RATE}",
        f"{name} = {waves[0]}"
        if len(waves) == 1
        else f"{name} = torch.stack([{', '.join(waves)}]).mean(0)",
    ]


def read_wav(content: bytes) -> Sound:
    """The samples of a WAV file, in the kind of number that it holds.

    Raises:
        PlaygroundError: too large, too long, not a WAV file, or samples of a width that no kind
            of number has.
    """
    if len(content) > MAX_WAV_BYTES:
        size = f"{len(content) / 2**20:.1f}"
        raise PlaygroundError("sound_bytes", size=size, limit=MAX_WAV_BYTES // 2**20)
    try:
        with wave.open(io.BytesIO(content)) as file:
            width, channels = file.getsampwidth(), file.getnchannels()
            rate, count = file.getframerate(), file.getnframes()
            if count * channels > MAX_SAMPLES:
                raise PlaygroundError("sound_long", count=count * channels, limit=MAX_SAMPLES)
            held = file.readframes(count)
    except (wave.Error, EOFError, RuntimeError, ValueError) as error:
        raise PlaygroundError("sound_unreadable") from error
    if width not in _WIDTHS:
        raise PlaygroundError("sound_width", bits=8 * width)
    whole = len(held) // (width * channels) * width * channels
    if not whole or rate <= 0:
        raise PlaygroundError("sound_unreadable")
    samples = torch.frombuffer(bytearray(held[:whole]), dtype=_WIDTHS[width])
    return Sound(samples.view(-1, channels) if channels > 1 else samples, rate)


def wav_code(filename: str, sound: Sound, name: str) -> list[str]:
    """The lines that read the samples of `read_wav` from a file."""
    kind = str(sound.samples.dtype)
    shape = f".view(-1, {sound.samples.shape[1]})" if sound.samples.dim() > 1 else ""
    return [
        f"with wave.open({filename!r}) as file:",
        "    held = bytearray(file.readframes(file.getnframes()))",
        f"{name} = torch.frombuffer(held, dtype={kind}){shape}",
    ]
