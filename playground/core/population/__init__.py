"""Many networks side by side, each with the trajectory that it has alone."""

from playground.core.population.population import Population, Scores, starts

__all__ = ["Population", "Scores", "starts"]
