"""Multi-head attention: every head matches queries with keys and hands on a mix of values.

Shapes: `B` batch, `T` tokens of this call, `S` tokens seen so far, `H` heads, `Dk` head_dim,
`D` d_model.
"""

from __future__ import annotations

from torch import Tensor, nn

from lab.model.attention.kernels import Kernel
from lab.model.cache import CacheLike
from lab.model.config import MultiHeadAttention as MultiHeadAttentionConfig
from lab.model.norm import RMSNorm
from lab.model.positions import LearnedPositions, NoPositions, RotaryPositions
from lab.model.trace import TraceLike


class MultiHeadAttention(nn.Module):
    """out = concat_h(softmax(q_h k_h' / sqrt(Dk)) v_h) W_O (arXiv:1706.03762, section 3.2)."""

    def __init__(
        self,
        config: MultiHeadAttentionConfig,
        d_model: int,
        norm_eps: float,
        position: LearnedPositions | RotaryPositions | NoPositions,
        kernel: Kernel,
    ) -> None:
        super().__init__()
        self.n_head, self.head_dim = config.n_head, config.head_dim
        width = config.n_head * config.head_dim
        self.wq = nn.Linear(d_model, width, bias=False)
        self.wk = nn.Linear(d_model, width, bias=False)
        self.wv = nn.Linear(d_model, width, bias=False)
        self.wo = nn.Linear(width, d_model, bias=False)
        self.q_norm = RMSNorm(config.head_dim, norm_eps) if config.qk_norm else nn.Identity()
        self.k_norm = RMSNorm(config.head_dim, norm_eps) if config.qk_norm else nn.Identity()
        self.kernel = kernel
        self.rotate = position.rotate
        self.emits = frozenset({"q", "k", "v", "z"}) | kernel.emits

    def forward(
        self,
        x: Tensor,  # (B, T, D)
        *,
        layer: int,
        positions: Tensor,
        start: int,
        lengths: Tensor | None,
        cache: CacheLike,
        trace: TraceLike,
    ) -> Tensor:  # (B, T, D)
        q = trace("q", self.q_norm(self.split(self.wq(x))))
        k = trace("k", self.k_norm(self.split(self.wk(x))))
        v = trace("v", self.split(self.wv(x)))
        q, k = self.rotate(q, k, positions, trace)
        k, v = cache.extend(layer, k=k, v=v)  # (B, H, S, Dk)
        scale = self.head_dim**-0.5
        z = self.kernel(q, k, v, start=start, lengths=lengths, scale=scale, trace=trace)
        return self.wo(self.join(trace("z", z)))

    def split(self, x: Tensor) -> Tensor:
        """(B, T, H * Dk) -> (B, H, T, Dk)"""
        return x.unflatten(-1, (self.n_head, self.head_dim)).transpose(1, 2)

    def join(self, z: Tensor) -> Tensor:
        """(B, H, T, Dk) -> (B, T, H * Dk)"""
        return z.transpose(1, 2).flatten(2)
