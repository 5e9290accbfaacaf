"""Least squares and gradient descent: a line through points, from scratch."""

from playground.ui.descent import descent

descent()
