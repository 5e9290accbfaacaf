"""A picture as a sum of rank-1 terms."""

from playground.ui.compress import compress

compress()
