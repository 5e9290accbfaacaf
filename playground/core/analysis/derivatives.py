"""First and second derivatives of any torch module, as products: nothing here knows a layer.

A Hessian is only ever multiplied by vectors (Pearlmutter 1994); so is a Jacobian, from either
side. What is differentiated is a closure, so dense, convolutional, recurrent and attention modules
all go the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel


@contextmanager
def second_order() -> Generator[None]:
    """Gradients whose own gradients exist.

    oneDNN's and cuDNN's recurrent kernels and the fused kernels of attention have no second
    derivative; torch's plain ones have.
    """
    kernels = torch.backends.mkldnn, torch.backends.cudnn
    before = [kernel.enabled for kernel in kernels]
    try:
        for kernel in kernels:
            kernel.enabled = False  # type: ignore[attr-defined]
        # A frame is made without gradients, and its caller's engine in inference mode.
        with torch.inference_mode(False), torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        for kernel, enabled in zip(kernels, before, strict=True):
            kernel.enabled = enabled  # type: ignore[attr-defined]


def flattened(parts: Sequence[Tensor]) -> Tensor:
    """All parts as one vector."""
    return torch.cat([part.reshape(-1) for part in parts])


def unflattened(vector: Tensor, parts: Sequence[Tensor]) -> list[Tensor]:
    """A vector in the shapes of these parts."""
    pieces = vector.split([part.numel() for part in parts])
    return [piece.view_as(part) for piece, part in zip(pieces, parts, strict=True)]


def _usable(vector: Tensor, like: Tensor) -> Tensor:
    """A vector that autograd may keep, in another's precision and place."""
    vector = vector.to(like)
    return vector.clone() if vector.is_inference() else vector


class HessianProduct:
    """v ↦ Hv for the Hessian H of an objective with respect to parameters, by double backward.

    Args:
        parameters: leaves that ask for gradients.
        objective: computes the scalar, with its graph; it is called once.

    Attributes:
        slope: the gradient (n,), detached.
        size: n, the number of parameters.
        finite: whether the gradient is.
    """

    def __init__(self, parameters: Sequence[Tensor], objective: Callable[[], Tensor]) -> None:
        self._parameters = list(parameters)
        with second_order():
            gradients = torch.autograd.grad(
                objective(),
                self._parameters,
                create_graph=True,
                allow_unused=True,
                materialize_grads=True,
            )
            self._slope = flattened(gradients)
        self.slope = self._slope.detach()
        self.size = len(self.slope)
        self.dtype = self.slope.dtype
        self.finite = bool(torch.isfinite(self.slope).all())

    def __call__(self, vector: Tensor) -> Tensor:
        """The product with a vector (n,), in float64 whatever the parameters' precision."""
        if not self._slope.requires_grad:  # an objective that is linear in every parameter
            return torch.zeros_like(vector, dtype=torch.float64)
        with second_order():
            parts = torch.autograd.grad(
                torch.dot(self._slope, _usable(vector, self._slope)),
                self._parameters,
                retain_graph=True,
                allow_unused=True,
                materialize_grads=True,
            )
        return flattened(parts).to("cpu", torch.float64)


class OutputChange:
    """v ↦ Jv, how outputs change along a direction in parameter space (a Jacobian-vector product).

    Two backward passes: Jᵀu is linear in u, and its derivative along v is Jv. It needs no
    forward-mode rule, so whatever a Hessian product works for works here.

    Args:
        parameters: leaves that ask for gradients.
        outputs: computes the outputs, of any shape, with their graph; it is called once.

    Attributes:
        outputs: them, detached.
    """

    def __init__(self, parameters: Sequence[Tensor], outputs: Callable[[], Tensor]) -> None:
        self._parameters = list(parameters)
        with second_order():
            found = outputs()
            self.outputs = found.detach()
            self._dual = torch.zeros_like(self.outputs, requires_grad=True)
            self._pulled: Tensor | None = None
            if found.requires_grad:
                parts = torch.autograd.grad(
                    found,
                    self._parameters,
                    self._dual,
                    create_graph=True,
                    allow_unused=True,
                    materialize_grads=True,
                )
                self._pulled = flattened(parts)

    def __call__(self, direction: Tensor) -> Tensor:
        """The outputs' change for a step of `direction` (n,), to first order."""
        if self._pulled is None or not self._pulled.requires_grad:
            return torch.zeros_like(self.outputs)
        with second_order():
            (change,) = torch.autograd.grad(
                torch.dot(self._pulled, _usable(direction, self._pulled)),
                self._dual,
                retain_graph=True,
                allow_unused=True,
                materialize_grads=True,
            )
        return change


def jacobian_rows(
    parameters: Sequence[Tensor], outputs: Callable[[Tensor], Tensor], inputs: Tensor
) -> Generator[Tensor]:
    """The Jacobian of a network's outputs, point by point.

    Args:
        parameters: leaves that ask for gradients, n numbers in all.
        outputs: of inputs (points, …) the outputs (points, units), each from its own point alone.
        inputs: (points, …).

    Yields:
        For every point (units, n).
    """
    parameters = list(parameters)
    for index in range(len(inputs)):
        with second_order():
            found = outputs(inputs[index : index + 1])[0]
            rows = []
            for unit in range(len(found)):
                parts = torch.autograd.grad(
                    found[unit],
                    parameters,
                    retain_graph=unit + 1 < len(found),
                    allow_unused=True,
                    materialize_grads=True,
                )
                rows.append(flattened(parts))
        yield torch.stack(rows)
