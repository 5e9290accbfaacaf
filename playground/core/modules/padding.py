"""Which places of the points that are on their way through a network hold nothing.

What comes in as tokens leaves the embedding as numbers, and padding can no longer be told from the
rest. So the embedding notes it, and attention, which would take padding for something to look at,
asks here.
"""

from __future__ import annotations

import torch
from torch import Tensor


class Padding:
    """One for each network: its embedding and its attentions share it.

    Args:
        token: the number that stands for nothing.
    """

    def __init__(self, token: int) -> None:
        self.token = token
        self._real: Tensor | None = None  # (n, places)

    def note(self, tokens: Tensor) -> None:
        """What comes in now, (n, places). A point of nothing but padding is all real."""
        real = tokens != self.token
        self._real = real | ~real.any(1, keepdim=True)

    def real(self, points: int, places: int | None) -> Tensor | None:
        """(n, places), True where something stands.

        None where it is not known: a block that is looked at alone is given other points, and
        behind a convolution that leaves out places, none stands for a token.

        Args:
            places: how many there are now; None where they are known to be those of the tokens.
        """
        real = self._real
        if real is None or len(real) != points or places not in (None, real.shape[1]):
            return None
        return real


def seen(mask: Tensor | None, real: Tensor | None, *, own: bool) -> Tensor | None:
    """Who may look at whom, once padding is looked at by nobody.

    Args:
        mask: (places that ask, places that are asked), or None for everywhere.
        real: of the places that are asked, (n, places); None where that is not known.
        own: the same places ask and are asked: each sees itself, or padding would see nothing.

    Returns:
        (n, 1, places that ask, places that are asked), or the mask itself.
    """
    if real is None:
        return mask
    found = real[:, None, None, :]
    if own:
        places = real.shape[1]
        found = found | torch.eye(places, dtype=torch.bool, device=real.device)
    return found if mask is None else found & mask
