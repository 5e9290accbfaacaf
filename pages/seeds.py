"""Many starts of one experiment, trained together: how much of a result is luck."""

from playground.ui.seeds import seeds

seeds()
