"""A matrix moves the plane: what 2×2 and 3×3 matrices do to vectors."""

from playground.ui.plane import plane

plane()
