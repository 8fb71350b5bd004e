"""The feed-forward network: chapter 0's network, the same at every position.

Shapes: `B` batch, `T` tokens, `D` d_model, `F` neurons.
"""

from __future__ import annotations

from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from lab.model.call import Call
from lab.model.config import DenseFFN as DenseFFNConfig
from lab.model.roles import Role
from lab.model.rules import Rule, Rules


def relu2(x: Tensor) -> Tensor:
    """max(x, 0)^2 (arXiv:2109.08668)"""
    return F.relu(x).square()


class DenseFFN(nn.Module):
    """y = act(x W_in) W_out; swiglu: y = (silu(x W_gate) * x W_in) W_out (arXiv:2002.05202)."""

    roles: ClassVar[dict[str, Role]] = {
        "w_in.weight": "reads",
        "w_gate.weight": "reads",
        "w_out.weight": "writes",
    }

    def __init__(self, config: DenseFFNConfig, d_model: int) -> None:
        super().__init__()
        self.w_in = nn.Linear(d_model, config.width, bias=False)
        self.w_gate = nn.Linear(d_model, config.width, bias=False) if config.is_gated else None
        self.w_out = nn.Linear(config.width, d_model, bias=False)
        self.activation = {"relu2": relu2, "gelu": F.gelu, "swiglu": F.silu}[config.activation]

    def forward(self, x: Tensor, call: Call) -> Tensor:  # (B, T, D) -> (B, T, D)
        if self.w_gate is None:
            post = self.activation(call.trace("ffn_pre", self.w_in(x)))
        else:
            post = self.activation(call.trace("ffn_pre", self.w_gate(x))) * self.w_in(x)
        return self.w_out(call.trace("ffn_post", post))

    @property
    def emits(self) -> Rules:
        out = {"ffn_out": Rule("matmul", ("ffn_post", "ffn.w_out.weight"))}
        if self.w_gate is None:
            return out | {
                "ffn_pre": Rule("matmul", ("ffn_norm", "ffn.w_in.weight")),
                "ffn_post": Rule("activation", ("ffn_pre",)),
            }
        return out | {
            "ffn_pre": Rule("matmul", ("ffn_norm", "ffn.w_gate.weight")),
            "ffn_post": Rule("gated", ("ffn_pre", "ffn_norm", "ffn.w_in.weight")),
        }
