"""Multi-head attention: every head matches queries with keys and hands on a mix of values.

Shapes: `B` batch, `T` tokens of this call, `S` tokens seen so far, `H` query heads, `Hk` key heads,
`Dk` head_dim, `D` d_model.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from lab.model.attention.kernels import Kernel
from lab.model.call import Call
from lab.model.config import MultiHeadAttention as MultiHeadAttentionConfig
from lab.model.norm import RMSNorm
from lab.model.roles import Role
from lab.model.rules import Rule, Rules


class MultiHeadAttention(nn.Module):
    """out = concat_h(softmax(q_h k_g' / sqrt(Dk)) v_g) W_O, g = floor(h Hk / H).

    With as many key heads as query heads, g = h (arXiv:1706.03762, section 3.2); with fewer, a
    group of query heads shares each (arXiv:2305.13245).
    """

    roles: ClassVar[dict[str, Role]] = {
        "wq.weight": "reads",
        "wk.weight": "reads",
        "wv.weight": "reads",
        "wo.weight": "writes",
    }

    def __init__(
        self, config: MultiHeadAttentionConfig, d_model: int, norm_eps: float, kernel: Kernel
    ) -> None:
        super().__init__()
        self.n_head, self.head_dim = config.n_head, config.head_dim
        self.wq = nn.Linear(d_model, config.width, bias=False)
        self.wk = nn.Linear(d_model, config.kv_width, bias=False)
        self.wv = nn.Linear(d_model, config.kv_width, bias=False)
        self.wo = nn.Linear(config.width, d_model, bias=False)
        self.q_norm = RMSNorm(config.head_dim, norm_eps) if config.qk_norm else nn.Identity()
        self.k_norm = RMSNorm(config.head_dim, norm_eps) if config.qk_norm else nn.Identity()
        self.kernel = kernel

    def forward(self, x: Tensor, call: Call) -> Tensor:  # (B, T, D) -> (B, T, D)
        q = call.trace("q", self.q_norm(self.split(self.wq(x))))
        k = call.trace("k", self.k_norm(self.split(self.wk(x))))
        v = call.trace("v", self.split(self.wv(x)))
        q, k = call.position.rotate(q, k, call.positions, call.trace)
        k, v = call.cache.extend(call.layer, k=k, v=v)  # (B, Hk, S, Dk)
        scale, slots, relation = self.head_dim**-0.5, call.slots, call.relation
        z = self.kernel(q, k, v, scale=scale, slots=slots, relation=relation, trace=call.trace)
        return self.wo(self.join(call.trace("z", z)))

    def split(self, x: Tensor) -> Tensor:
        """(B, T, H * Dk) -> (B, H, T, Dk)"""
        return x.unflatten(-1, (-1, self.head_dim)).transpose(1, 2)

    def join(self, z: Tensor) -> Tensor:
        """(B, H, T, Dk) -> (B, T, H * Dk)"""
        return z.transpose(1, 2).flatten(2)

    # ------------------------------------------------------------ what it says of itself

    @property
    def emits(self) -> Rules:
        q, k = ("attn_norm", "attention.wq.weight"), ("attn_norm", "attention.wk.weight")
        if isinstance(self.q_norm, RMSNorm):
            q, k = (*q, "attention.q_norm.gain"), (*k, "attention.k_norm.gain")
        return {
            "q": Rule("split_matmul", q),
            "k": Rule("split_matmul", k),
            "v": Rule("split_matmul", ("attn_norm", "attention.wv.weight")),
            **({"pattern": Rule("softmax", ("scores",))} if "pattern" in self.kernel.emits else {}),
            "z": self.z_rule,
            "attn_out": Rule("matmul", ("z", "attention.wo.weight")),
        }

    @property
    def z_rule(self) -> Rule | None:
        return Rule("weighted_sum", ("pattern", "v")) if "pattern" in self.kernel.emits else None

    @property
    def n_note(self) -> int:
        """How many things write to the stream: its heads."""
        return self.n_head

    def written(self, z: Tensor) -> Tensor:
        """What each head writes to the stream, z_h W_O[h]; it sums to `attn_out`.

        (B, H, T, Dk) -> (H, B, T, D)
        """
        slices = self.wo.weight.T.unflatten(0, (self.n_head, self.head_dim))  # (H, Dk, D)
        return torch.stack([z[:, head] @ slices[head] for head in range(self.n_head)])
