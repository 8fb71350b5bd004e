"""Attention that makes no keys and values: its queries meet those of a layer below.

Shapes: `B` batch, `T` tokens of this call, `D` d_model.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from lab.model.attention.kernels import Kernel
from lab.model.attention.mha import MultiHeadAttention
from lab.model.call import Call, KeysValues
from lab.model.config import CrossLayerAttentionConfig, MultiHeadAttentionConfig
from lab.model.norm import RMSNorm
from lab.model.positions import Position
from lab.model.roles import Role
from lab.model.rules import Rules, with_names


class CrossLayerAttention(MultiHeadAttention):
    """q = x W_Q, with the k and v of layer `source`: no W_K, no W_V, and nothing in the cache.

    (Cross-layer attention, arXiv:2405.12981, section 2.2.) The keys come as that layer's own
    queries meet them, turned and normed, handed up from layer to layer.
    """

    roles: ClassVar[dict[str, Role]] = {
        "wq.weight": "reads",
        "wo.weight": "writes",
    }
    keeps: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        config: CrossLayerAttentionConfig,
        d_model: int,
        norm_eps: float,
        kernel: Kernel,
        source: int,
    ) -> None:
        super().__init__(config, d_model, norm_eps, kernel)
        self.source = source

    def build(self, config: MultiHeadAttentionConfig, d_model: int, norm_eps: float) -> None:
        """No W_K, no W_V and no norm of keys: a parameter that nothing reads would lie idle."""
        self.wq = nn.Linear(d_model, config.width, bias=False)
        self.wo = nn.Linear(config.width, d_model, bias=False)
        self.q_norm = RMSNorm(config.head_dim, norm_eps) if config.qk_norm else nn.Identity()

    def forward(self, x: Tensor, call: Call) -> tuple[Tensor, KeysValues]:  # (B, T, D) -> same
        handed = call.handed
        assert handed is not None, "the configuration sees to it that a layer below has some"
        q = call.trace("q", self.q_norm(self.split(self.wq(x))))
        q = call.relation.rotate_queries(q, call.trace)
        return self.attend(q, handed.k, handed.v, call), handed

    # ------------------------------------------------------------ what it says of itself

    def emits(self, position: Position, reads: str) -> Rules:
        of_source = {name: f"blocks.{self.source}.{name}" for name in ("k", "rot_k", "v")}
        turned = {name: rule for name, rule in position.turned.items() if name != "rot_k"}
        matched = {
            name: rule and with_names(rule, of_source)
            for name, rule in self.matches(position).items()
        }
        return {"q": self.queries(reads), **turned, **matched, "attn_out": self.writes}
