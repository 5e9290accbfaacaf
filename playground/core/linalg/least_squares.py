"""A line through points: solved at once, and by walking downhill on the bowl of its loss.

The loss is half the mean squared error, L(w) = |Xw − y|² / 2n, with a row (x, 1) of X for each
point and w = (slope, intercept). Its gradient is H (w − w*) with H = XᵀX / n, so plain descent
w ← w − η ∇L converges as long as η < 2 / λ_max(H), and heavy-ball momentum β moves that limit to
2 (1 + β) / λ_max (Polyak 1964). Everything is in float64.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from playground.core.errors import PlaygroundError

if TYPE_CHECKING:
    import torch

SLOPE, INTERCEPT = 3.0, 2.0
MOST_POINTS = 200
LARGEST = 1e4  # of a coordinate
MOST_STEPS = 2000
FAR = 1e15  # norm of a gradient at which a walk has left for good
BLOCK = 50  # steps between two looks at whether it has ended

Scaling = Literal["raw", "centred", "standard"]
SCALINGS: tuple[Scaling, ...] = ("raw", "centred", "standard")


@dataclass(frozen=True)
class Problem:
    """Points and what least squares makes of them.

    Attributes:
        design: (n, 2), a row (x', 1) for each point, x' scaled as asked.
        targets: (n,)
        mean, spread: x' = (x − mean) / spread.
        hessian: (2, 2), XᵀX / n.
        eigenvalues: (2,), of the Hessian, from large to small.
        optimum: (2,), the solution of smallest norm.
        least: the loss there.
    """

    design: torch.Tensor
    targets: torch.Tensor
    mean: float
    spread: float
    hessian: torch.Tensor
    eigenvalues: torch.Tensor
    optimum: torch.Tensor
    least: float

    def loss(self, weights: torch.Tensor) -> torch.Tensor:
        """The loss at (k, 2) weights, as (k,)."""
        return ((weights @ self.design.T - self.targets) ** 2).mean(1) / 2

    def line(self, weights: torch.Tensor) -> tuple[float, float]:
        """Slope and intercept in the points' own coordinates."""
        slope = float(weights[0]) / self.spread
        return slope, float(weights[1]) - slope * self.mean


@dataclass(frozen=True)
class Walk:
    """Gradient descent from one start.

    Attributes:
        path: (k + 1, 2), the weights from the start on.
        gradients: (k + 1,), the norms of the gradient there.
        state: "converged" where the last gradient is below the tolerance, "diverged", or "going"
            where the steps ran out.
    """

    path: torch.Tensor
    gradients: torch.Tensor
    state: str


def draw_points(
    *, count: int, noise: float, centre: float, spread: float, outliers: int, seed: int
) -> list[list[float]]:
    """Points near y = 3x + 2.

    Args:
        count: how many.
        noise: standard deviation of y about the line.
        centre, spread: x lies evenly between centre − spread and centre + spread.
        outliers: how many of the last points lie far below the line.
        seed: of a generator of its own.
    """
    import torch

    generator = torch.Generator().manual_seed(seed)
    count = max(1, min(count, MOST_POINTS))
    x = centre + spread * (2 * torch.rand(count, generator=generator, dtype=torch.float64) - 1)
    y = SLOPE * x + INTERCEPT
    y = y + noise * torch.randn(count, generator=generator, dtype=torch.float64)
    if outliers:
        y[-outliers:] -= 4 * SLOPE * max(spread, 0.5)
    points = torch.stack((x, y), 1)
    # Written into a link by the browser: as many digits as one sees.
    return [[round(a, 3), round(b, 3)] for a, b in points.tolist()]


def pose(points: Sequence[Sequence[float]], scaling: Scaling) -> Problem:
    """The problem that points pose.

    Raises:
        PlaygroundError: `points_unfit`, or an unknown scaling (`scaling_unknown`).
    """
    import torch

    if scaling not in SCALINGS:
        raise PlaygroundError("scaling_unknown", name=str(scaling)[:40])
    if not 1 <= len(points) <= MOST_POINTS or any(len(point) != 2 for point in points):
        raise PlaygroundError("points_unfit", most=MOST_POINTS, largest=f"{LARGEST:g}")
    table = torch.tensor(points, dtype=torch.float64)
    if not bool((table.abs() <= LARGEST).all()):  # also false for what is no number
        raise PlaygroundError("points_unfit", most=MOST_POINTS, largest=f"{LARGEST:g}")
    x, y = table[:, 0], table[:, 1]
    mean = 0.0 if scaling == "raw" else float(x.mean())
    spread = float(x.std(correction=0)) if scaling == "standard" else 1.0
    spread = spread or 1.0  # a constant column stays as it is
    design = torch.stack(((x - mean) / spread, torch.ones_like(x)), 1)
    hessian = design.T @ design / len(x)
    optimum = torch.linalg.pinv(design) @ y
    problem = Problem(
        design, y, mean, spread, hessian, torch.linalg.eigvalsh(hessian).flip(0), optimum, 0.0
    )
    least = float(problem.loss(optimum[None])[0])
    return Problem(**{**problem.__dict__, "least": least})


def descend(
    problem: Problem,
    start: Sequence[float],
    *,
    rate: float,
    momentum: float = 0.0,
    tolerance: float = 1e-6,
    steps: int = MOST_STEPS,
) -> Walk:
    """Gradient descent with heavy-ball momentum: v ← β v − η ∇L(w), w ← w + v.

    Raises:
        PlaygroundError: a number is out of its range (`walk_unfit`).
    """
    import torch

    known = [rate, momentum, tolerance, *start]
    fits = all(math.isfinite(value) for value in known) and len(start) == 2
    if not (fits and 0 < rate <= 1e4 and 0 <= momentum < 1 and tolerance > 0):
        raise PlaygroundError("walk_unfit")
    hessian = problem.hessian
    moments = problem.design.T @ problem.targets / len(problem.targets)
    weights = torch.tensor(start, dtype=torch.float64)
    velocity = torch.zeros(2, dtype=torch.float64)
    path: list[torch.Tensor] = []
    gradients: list[torch.Tensor] = []
    most = min(max(steps, 0), MOST_STEPS) + 1
    while len(path) < most:
        # Whether it has arrived is looked at in blocks: a look costs as much as a step.
        for _ in range(min(BLOCK, most - len(path))):
            gradient = hessian @ weights - moments
            path.append(weights)
            gradients.append(gradient)
            velocity = momentum * velocity - rate * gradient
            weights = weights + velocity
        norms = torch.linalg.vector_norm(torch.stack(gradients), dim=1)
        ended = (norms < tolerance) | ~(norms < FAR)  # so does what is no number
        if bool(ended.any()):
            last = int(ended.int().argmax())
            state = "converged" if float(norms[last]) < tolerance else "diverged"
            return Walk(torch.stack(path[: last + 1]), norms[: last + 1], state)
    return Walk(torch.stack(path), torch.linalg.vector_norm(torch.stack(gradients), dim=1), "going")


def factor(eigenvalues: Sequence[float], rate: float, momentum: float) -> float:
    """What each step leaves of the error in the long run: the spectral radius of the iteration.

    Along an eigenvector the error obeys e₊ = (1 + β − ηλ) e − β e₋; directions without curvature
    do not move and are left out. 0 where there is none left.
    """
    top = max(eigenvalues, default=0.0)
    worst = 0.0
    for value in eigenvalues:
        if value <= 1e-12 * top:
            continue
        half = (1 + momentum - rate * value) / 2
        under = half * half - momentum
        root = abs(half) + math.sqrt(under) if under > 0 else math.sqrt(momentum)
        worst = max(worst, root)
    return worst


def best_step(eigenvalues: Sequence[float], momentum: float) -> float:
    """The step for which the slowest direction is fastest, for this momentum.

    Without momentum it is 2 / (λ_min + λ_max); with it, both ends are worst at (1 + β) times that.
    """
    curved = [value for value in eigenvalues if value > 1e-12 * max(eigenvalues)]
    return 2 * (1 + momentum) / (min(curved) + max(curved)) if curved else 1.0


def solve(problem: Problem) -> list[dict[str, Any]]:
    """The same line by every direct way, each with its line of PyTorch.

    Returns:
        {"way": "normal" | "inverse" | "lstsq", "code", "values"} with the weights; the normal
        equations have none where XᵀX is singular.
    """
    import torch

    x, y = problem.design, problem.targets
    gram = x.T @ x
    singular = int(torch.linalg.matrix_rank(x)) < 2
    found = None if singular else torch.linalg.solve(gram, x.T @ y)
    # gelsd takes a design of rank 1, or with fewer points than weights, too.
    lstsq = torch.linalg.lstsq(x, y[:, None], driver="gelsd").solution[:, 0]
    ways = {
        "normal": ("torch.linalg.solve(X.T @ X, X.T @ y)", found),
        "inverse": ("torch.linalg.pinv(X) @ y", problem.optimum),
        "lstsq": ("torch.linalg.lstsq(X, y).solution", lstsq),
    }
    return [
        {"way": way, "code": code, "values": None if values is None else values.tolist()}
        for way, (code, values) in ways.items()
    ]


def program(
    points: Sequence[Sequence[float]],
    scaling: Scaling,
    start: Sequence[float],
    *,
    rate: float,
    momentum: float,
    tolerance: float,
) -> str:
    """The walk as a PyTorch program of its own, which ends with the weights and its steps."""
    lines = [
        "import torch",
        "",
        "points = torch.tensor(",
        f"    {[list(map(float, point)) for point in points]},",
        "    dtype=torch.float64,",
        ")",
        "x, y = points.T",
        *(["x = x - x.mean()"] if scaling != "raw" else []),
        # A constant column stays as it is.
        *(["x = x / (x.std(correction=0) or 1)"] if scaling == "standard" else []),
        "X = torch.stack((x, torch.ones_like(x)), dim=1)",
        f"w = torch.tensor({[float(value) for value in start]}, dtype=torch.float64)",
        "v = torch.zeros_like(w)",
        f"for step in range({MOST_STEPS}):",
        "    gradient = X.T @ (X @ w - y) / len(y)",
        f"    if gradient.norm() < {tolerance!r}:",
        "        break",
        f"    v = {float(momentum)} * v - {float(rate)} * gradient",
        "    w = w + v",
        "print(step, w)",
    ]
    return "\n".join(lines)


def report(
    *,
    points: Sequence[Sequence[float]] | None = None,
    draw: dict[str, Any] | None = None,
    scaling: Scaling = "raw",
    start: Sequence[float] = (0.0, 0.0),
    rate: float | None = None,
    momentum: float = 0.0,
    tolerance: float = 1e-6,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """All that the page shows of one walk.

    Args:
        points: (n, 2); drawn where there are none.
        draw: arguments of `draw_points`.
        rate: 1 / λ_max by default.

    Returns:
        A header of plain values; "path" f8 (k, 2), "loss" f8 (k,), the loss above the least, and
        "gradient" f8 (k,).
    """
    if points is None:
        points = draw_points(**(draw or {}))
    problem = pose(points, scaling)
    top = float(problem.eigenvalues[0])
    rate = rate or 1 / top
    walk = descend(problem, start, rate=rate, momentum=momentum, tolerance=tolerance)
    values = [max(0.0, value) for value in problem.eigenvalues.tolist()]
    gram = problem.design.T @ problem.design
    header = {
        "points": [list(point) for point in points],
        "rate": rate,
        "mean": problem.mean,
        "spread": problem.spread,
        "hessian": problem.hessian.reshape(-1).tolist(),
        "eigenvalues": values,
        "gram": gram.reshape(-1).tolist(),
        "moments": (problem.design.T @ problem.targets).tolist(),
        "optimum": problem.optimum.tolist(),
        "line": problem.line(problem.optimum),
        "least": problem.least,
        "limit": 2 * (1 + momentum) / top,
        "best": best_step(values, momentum),
        "factor": factor(values, rate, momentum),
        "state": walk.state,
        "steps": len(walk.path) - 1,
        "solutions": solve(problem),
        "program": program(
            points, scaling, start, rate=rate, momentum=momentum, tolerance=tolerance
        ),
    }
    arrays = {
        "path": walk.path.numpy(),
        "loss": (problem.loss(walk.path) - problem.least).clamp(min=0).numpy(),
        "gradient": walk.gradients.numpy(),
    }
    return header, arrays
