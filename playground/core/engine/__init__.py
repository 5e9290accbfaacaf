"""How steps are computed: two engines under one contract, chosen by the network."""

from collections.abc import Callable

from playground.core.engine.autograd import AutogradEngine
from playground.core.engine.base import Engine, Problem
from playground.core.engine.compiled import cache
from playground.core.engine.compiled.engine import CompiledEngine
from playground.core.engine.dense import DenseEngine, can_run
from playground.core.engine.graphs import capture
from playground.core.engine.graphs.engine import GraphEngine

ENGINES: dict[str, Callable[[Problem], Engine]] = {
    kind.name: kind for kind in (DenseEngine, AutogradEngine)
}


def make_engine(problem: Problem, name: str | None = None) -> Engine:
    """The engine for this network: the dense one where it can run, else autograd.

    Where kernels may be used the dense one has compiled steps as soon as there is one that fits,
    and on an NVIDIA GPU steps in CUDA graphs; asked for by name it has neither.

    Args:
        problem: the network and its data.
        name: asks for one engine by name; None leaves the choice.
    """
    if name is None:
        dense = can_run(problem.experiment, problem.blocks)
        if dense and capture.CUDA.can(problem.device):
            return GraphEngine(problem)
        if dense and not cache.off():
            return CompiledEngine(problem)
        name = DenseEngine.name if dense else AutogradEngine.name
    return ENGINES[name](problem)


__all__ = ["ENGINES", "Engine", "Problem", "make_engine"]
