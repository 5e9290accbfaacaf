"""Many networks side by side, each with the trajectory that it has alone."""

from playground.core.population.population import Population, starts
from playground.core.population.ruler import Scores

__all__ = ["Population", "Scores", "starts"]
