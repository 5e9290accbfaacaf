"""Sweep: the same experiment over and over with some of its settings changed."""

from playground.ui.sweep import sweep

sweep()
