"""The L1 penalty of TensorFlow Playground, which holds a weight at 0 once it has crossed it.

The penalty acts beside the optimizer: a weight first moves by its gradient, then by
learning rate · rate · sign(weight before the step). Where the second move changes the weight's
sign, the weight becomes 0 and stays 0.
"""

import torch
from torch import Tensor


def settle(before: Tensor, weights: Tensor, alive: Tensor, pull: float | Tensor) -> None:
    """Applies the penalty in place, and lets die what crosses zero.

    Args:
        before: the weights before the step.
        weights: the weights after the optimizer's step; written to.
        alive: 1 where a weight may move, 0 where it is dead, same shape; written to.
        pull: learning rate times penalty rate.
    """
    pulled = weights - pull * before.sign()
    alive.mul_((weights * pulled >= 0).to(alive.dtype))
    torch.mul(pulled, alive, out=weights)
