"""RMSNorm: rescale a vector to root mean square 1, then by a learned gain."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from lab.model.roles import Role
from lab.model.rules import Norm, Operand


class RMSNorm(nn.Module):
    """y = x / sqrt(mean(x^2) + eps) * gain, over the last axis. (arXiv:1910.07467)"""

    roles: ClassVar[dict[str, Role]] = {"gain": "gain"}

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        # No mean is taken off: the paper finds that rescaling alone does as well as LayerNorm.
        # eps stands inside the root, whose slope at zero would be infinite.
        return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + self.eps) * self.gain

    def of(self, x: Operand, name: str) -> Norm:
        """The rule of x normalised, under the name of this module."""
        return Norm((x, f"{name}.gain"), self.eps)
