"""Normalisations beyond torch.nn's."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm


class BatchNorm(nn.BatchNorm2d):
    """nn.BatchNorm1d and 2d in one, over the last axis of rows and sequences and over the first of
    pictures.

    Outside training, and where there is but one value for each unit, which has no spread, the
    running mean and variance are used.
    """

    def _check_input_dim(self, input: Tensor) -> None:
        """Any number of axes."""

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim == 3:  # places count as points
            return self.forward(input.flatten(0, 1)).view(input.shape)
        if self.training and input.numel() == input.shape[1]:
            mean, variance = self.running_mean, self.running_var
            return batch_norm(input, mean, variance, self.weight, self.bias, eps=self.eps)
        return super().forward(input)


class GroupNorm(nn.GroupNorm):
    """Channels in groups, each brought to mean 0 and variance 1 over all places of a picture
    (Wu & He 2018); of a sequence at each place on its own, so that no place sees another.
    """

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim == 3:
            return self.forward(input.flatten(0, 1)).view(input.shape)
        # Not torch.nn.functional's, which refuses one row of as many groups as units
        return torch.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)
