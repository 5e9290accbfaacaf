"""The views under the network, by the names that `want.Analysis` gives them."""

from __future__ import annotations

from playground.core.analysis.attention_view import AttentionView
from playground.core.analysis.attribution_view import AttributionView
from playground.core.analysis.certainty_view import CertaintyView
from playground.core.analysis.costs import CostsView
from playground.core.analysis.curvature_view import CurvatureView
from playground.core.analysis.embed_view import EmbedView
from playground.core.analysis.embeddings_view import EmbeddingsView
from playground.core.analysis.factors_view import FactorsView
from playground.core.analysis.gradients import GradientsView
from playground.core.analysis.hardest_view import HardestView
from playground.core.analysis.health import HealthView
from playground.core.analysis.influence_view import InfluenceView
from playground.core.analysis.landscape_view import LandscapeView
from playground.core.analysis.map_view import MapsView
from playground.core.analysis.metrics import MetricsView
from playground.core.analysis.ntk_view import NtkView
from playground.core.analysis.one_point import TraceView
from playground.core.analysis.operation_view import OperationView
from playground.core.analysis.pca_view import PcaView
from playground.core.analysis.similarity_view import SimilarityView
from playground.core.analysis.spectral_views import EigenView, SingularView
from playground.core.analysis.states_view import StatesView
from playground.core.analysis.views import ConfusionView, View, WarpView
from playground.core.analysis.whatif_view import WhatIfView
from playground.core.findings import FindingsView


def views_for(kind: str) -> list[str]:
    """The views that can be opened for a kind of data."""
    return [name for name, view in VIEWS.items() if kind in view.kinds]


VIEWS: dict[str, type[View]] = {
    "pca": PcaView,
    "embed": EmbedView,
    "singular": SingularView,
    "eigen": EigenView,
    "confusion": ConfusionView,
    "warp": WarpView,
    "metrics": MetricsView,
    "health": HealthView,
    "gradients": GradientsView,
    "costs": CostsView,
    "trace": TraceView,
    "findings": FindingsView,
    "landscape": LandscapeView,
    "similarity": SimilarityView,
    "factors": FactorsView,
    "curvature": CurvatureView,
    "ntk": NtkView,
    "influence": InfluenceView,
    "certainty": CertaintyView,
    "maps": MapsView,
    "operation": OperationView,
    "attribution": AttributionView,
    "hardest": HardestView,
    "states": StatesView,
    "attention": AttentionView,
    "embeddings": EmbeddingsView,
    "whatif": WhatIfView,
}
