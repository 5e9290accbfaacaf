"""What an output pane is given, and what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.core.analysis.views import Arrays, Header, Sight

if TYPE_CHECKING:
    from playground.core.want import Want


class Output:
    """The pane of one kind of data; `add` is called for every frame while it is on the screen."""

    def __init__(self, sight: Sight) -> None:
        self.sight = sight
        self.run = sight.run

    def scene(self, header: Header, arrays: Arrays) -> None:
        """Adds what stays the same while the network trains: once per scene.

        Args:
            header: of the scene.
        """

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        """Adds what the pane shows, under `output`. Numbers are finite or None."""
        raise NotImplementedError

    @property
    def busy(self) -> bool:
        """Whether there is something left to do, in turns as of a `Study`."""
        return False

    def work(self, seconds: float) -> None:
        """Goes on for about so long."""
