"""The same data and the same start, one knob different in every lane."""

from playground.ui.race import race

race()
