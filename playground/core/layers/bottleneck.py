"""The bottleneck of an autoencoder: a narrow dense block whose values are the code."""

from __future__ import annotations

from typing import ClassVar, Literal

from playground.core.layers.dense import Dense
from playground.core.settings import setting


class Bottleneck(Dense):
    """A dense block that all has to pass: what the network keeps of a point (Hinton &
    Salakhutdinov 2006). Views find the code by its kind.
    """

    icon: ClassVar[str] = ":material/filter_alt:"
    kinds: ClassVar[tuple[str, ...]] = ("points", "pictures")

    kind: Literal["bottleneck"] = "bottleneck"  # type: ignore[assignment]
    units: int = setting(2, ge=1, le=64)
    activation: str = setting("linear", live=True, rebuilds=True)
