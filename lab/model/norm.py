"""RMSNorm: rescale a vector to root mean square 1, then by a learned gain."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from lab.model.roles import Role
from lab.model.rules import Norm, Operand


def rescaled(x: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """u = r x and r = 1 / sqrt(mean(x^2) + eps), over the last axis."""
    # No mean is taken off: the paper finds that rescaling alone does as well as LayerNorm.
    # eps stands inside the root, whose slope at zero would be infinite.
    r = torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + eps)
    return x * r, r


class Rescale(torch.autograd.Function):
    """The same with its gradient by hand, dx = r (du - u mean(u du)): autograd would pass over the
    numbers twice as often, and in a small network norms are a tenth of a step."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, eps: float) -> Tensor:
        u, r = rescaled(x, eps)
        ctx.save_for_backward(u, r)
        return u

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:  # pyright: ignore
        (du,), (u, r) = gradients, ctx.saved_tensors
        return (du - u * (u * du).mean(dim=-1, keepdim=True)) * r, None


class RMSNorm(nn.Module):
    """y = x / sqrt(mean(x^2) + eps) * gain, over the last axis. (arXiv:1910.07467)"""

    roles: ClassVar[dict[str, Role]] = {"gain": "gain"}

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        trains = torch.is_grad_enabled()
        u = Rescale.apply(x, self.eps) if trains else rescaled(x, self.eps)[0]
        return u * self.gain  # pyright: ignore

    def of(self, x: Operand, name: str) -> Norm:
        """The rule of x normalised, under the name of this module."""
        return Norm((x, f"{name}.gain"), self.eps)
