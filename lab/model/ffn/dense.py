"""The feed-forward network: chapter 0's network, the same at every position.

Shapes: `B` batch, `T` tokens, `D` d_model, `F` neurons.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from lab.model.call import Call
from lab.model.config import Activation, DenseFFNConfig
from lab.model.roles import Meaning, Role
from lab.model.rules import Contract, Function, Map, Rules


def relu2(x: Tensor) -> Tensor:
    """max(x, 0)^2 (arXiv:2109.08668)"""
    return F.relu(x).square()


FUNCTIONS: dict[Function, Callable[[Tensor], Tensor]] = {
    "relu2": relu2,
    "gelu": F.gelu,
    "silu": F.silu,
}
FUNCTION_OF: dict[Activation, Function] = {"relu2": "relu2", "gelu": "gelu", "swiglu": "silu"}
"""What each neuron does with what it hears; in swiglu, with what its gate hears."""


class DenseFFN(nn.Module):
    """y = act(x W_in) W_out; swiglu: y = (silu(x W_gate) * x W_in) W_out (arXiv:2002.05202)."""

    meanings: ClassVar[dict[str, Meaning]] = {
        "w_in": Meaning(("d_ff", "d_model"), "what each neuron listens for"),
        "w_gate": Meaning(("d_ff", "d_model"), "what opens the gate of each neuron"),
        "w_out": Meaning(("d_model", "d_ff"), "what each neuron writes"),
    }
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
        self.function: Function = FUNCTION_OF[config.activation]
        self.activation = FUNCTIONS[self.function]

    def forward(self, x: Tensor, call: Call) -> Tensor:  # (B, T, D) -> (B, T, D)
        if self.w_gate is None:
            post = self.activation(call.trace("ffn_pre", self.w_in(x)))
        else:
            post = self.activation(call.trace("ffn_pre", self.w_gate(x))) * self.w_in(x)
        return self.w_out(call.trace("ffn_post", post))

    def emits(self, reads: str) -> Rules:
        """Of all that it forms and writes, from the activation called `reads`."""
        heard = Contract((reads, "ffn.w_in.weight"), "t d, j d -> t j")
        fires = Map(("ffn_pre",), self.function)
        out = {"ffn_out": Contract(("ffn_post", "ffn.w_out.weight"), "t j, d j -> t d")}
        if self.w_gate is None:
            return out | {"ffn_pre": heard, "ffn_post": fires}
        return out | {
            "ffn_pre": Contract((reads, "ffn.w_gate.weight"), "t d, j d -> t j"),
            "ffn_post": Map((fires, heard), "multiply"),
        }
