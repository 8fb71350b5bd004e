"""Multi-head attention: every head matches queries with keys and hands on a mix of values.

Shapes: `B` batch, `T` tokens of this call, `S` tokens seen so far, `H` query heads, `Hk` key heads,
`Dk` head_dim, `D` d_model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn

from lab.model.attention.kernels import Kernel
from lab.model.call import Call, KeysValues, Slots
from lab.model.config import MultiHeadAttentionConfig
from lab.model.norm import RMSNorm
from lab.model.positions import Position
from lab.model.roles import Meaning, Role
from lab.model.rules import Choose, Contract, Rule, Rules, Softmax


class Heads(nn.Module, ABC):
    """What every kind of attention has: heads of `head_dim` values, joined by W_O."""

    wo: nn.Linear
    keeps: ClassVar[tuple[str, ...]]
    """What is not computed again when the text grows."""

    sees = "s <= t"
    """Which slots s a query in slot t looks at."""

    @abstractmethod
    def emits(self, position: Position, reads: str) -> Rules:
        """Of all that it forms and writes, from the activation called `reads`."""

    def __init__(self, n_head: int, head_dim: int, kernel: Kernel) -> None:
        super().__init__()
        self.n_head, self.head_dim, self.kernel = n_head, head_dim, kernel

    def join(self, z: Tensor) -> Tensor:
        """(B, H, T, Dk) -> (B, T, H * Dk)"""
        return z.transpose(1, 2).flatten(2)

    @property
    def writes(self) -> Rule:
        joined = f"h t i, d h*{self.head_dim}+i -> t d"
        return Contract(("z", "attention.wo.weight"), joined)

    @property
    def n_contribution(self) -> int:
        """How many things write to the stream: its heads."""
        return self.n_head

    def written(self, z: Tensor) -> Tensor:
        """What each head writes to the stream, z_h W_O[h]; it sums to `attn_out`.

        (B, H, T, Dk) -> (H, B, T, D)
        """
        slices = self.wo.weight.T.unflatten(0, (self.n_head, self.head_dim))  # (H, Dk, D)
        return torch.stack([z[:, head] @ slices[head] for head in range(self.n_head)])


class MultiHeadAttention(Heads):
    """out = concat_h(softmax(q_h k_g' / sqrt(Dk)) v_g) W_O, g = floor(h Hk / H).

    With as many key heads as query heads, g = h (arXiv:1706.03762, section 3.2); with fewer, a
    group of query heads shares each (arXiv:2305.13245).
    """

    meanings: ClassVar[dict[str, Meaning]] = {
        "wq": Meaning(("width", "d_model"), "makes queries; rows head * head_dim + i"),
        "wk": Meaning(("width", "d_model"), "makes keys; rows head * head_dim + i"),
        "wv": Meaning(("width", "d_model"), "makes values; rows head * head_dim + i"),
        "wo": Meaning(
            ("d_model", "width"), "writes what the heads found; columns head * head_dim + i"
        ),
        "q_norm": Meaning(("head_dim",), "the gain of the queries' norm"),
        "k_norm": Meaning(("head_dim",), "the gain of the keys' norm"),
    }
    roles: ClassVar[dict[str, Role]] = {
        "wq.weight": "reads",
        "wk.weight": "reads",
        "wv.weight": "reads",
        "wo.weight": "writes",
    }

    def __init__(
        self, config: MultiHeadAttentionConfig, d_model: int, norm_eps: float, kernel: Kernel
    ) -> None:
        super().__init__(config.n_head, config.head_dim, kernel)
        self.n_kv_head = config.kv_width // config.head_dim
        self.build(config, d_model, norm_eps)

    def build(self, config: MultiHeadAttentionConfig, d_model: int, norm_eps: float) -> None:
        """Its matrices and norms, in the order in which a seed fills them."""
        # No biases anywhere: PaLM trained more stably without (arXiv:2204.02311, section 2).
        self.wq = nn.Linear(d_model, config.width, bias=False)
        self.wk = nn.Linear(d_model, config.kv_width, bias=False)
        self.wv = nn.Linear(d_model, config.kv_width, bias=False)
        self.wo = nn.Linear(config.width, d_model, bias=False)
        # With both normed, a score is bounded, however large W_Q and W_K grow.
        self.q_norm = RMSNorm(config.head_dim, norm_eps) if config.qk_norm else nn.Identity()
        self.k_norm = RMSNorm(config.head_dim, norm_eps) if config.qk_norm else nn.Identity()

    def forward(self, x: Tensor, call: Call) -> tuple[Tensor, KeysValues]:  # (B, T, D) -> same
        q = call.trace("q", self.q_norm(self.split(self.wq(x))))
        k = call.trace("k", self.k_norm(self.split(self.wk(x))))
        v = call.trace("v", self.split(self.wv(x)))
        # Before the cache: a key is turned by its own position alone, so it may be kept turned.
        q, k = call.relation.rotate_queries(q, call.trace), call.relation.rotate_keys(k, call.trace)
        k, v = call.cache.extend(call.layer, k=k, v=v)  # (B, Hk, S, Dk)
        return self.attend(q, k, v, call), KeysValues(k, v)

    def attend(self, q: Tensor, k: Tensor, v: Tensor, call: Call) -> Tensor:
        """Every head's mix of values, joined by W_O: (B, T, D)"""
        # q k' sums Dk products: undivided, softmax saturates (arXiv:1706.03762, section 3.2.1).
        scale, slots = self.head_dim**-0.5, self.seen_of(call.slots)
        z = self.kernel(q, k, v, scale=scale, slots=slots, relation=call.relation, trace=call.trace)
        return self.wo(self.join(call.trace("z", z)))

    def seen_of(self, slots: Slots) -> Slots:
        """The same slots, of which a query may look at fewer."""
        return slots

    def split(self, x: Tensor) -> Tensor:
        """(B, T, H * Dk) -> (B, H, T, Dk)"""
        return x.unflatten(-1, (-1, self.head_dim)).transpose(1, 2)

    # ------------------------------------------------------------ what it says of itself

    keeps = ("k", "rot_k", "v")

    def emits(self, position: Position, reads: str) -> Rules:
        k = self.in_heads(reads, "wk", self.n_kv_head)
        return {
            "q": self.queries(reads),
            "k": self.k_norm.of(k, "attention.k_norm") if isinstance(self.k_norm, RMSNorm) else k,
            "v": self.in_heads(reads, "wv", self.n_kv_head),
            **position.turned,
            **self.matches(position),
            "attn_out": self.writes,
        }

    def queries(self, reads: str) -> Rule:
        q = self.in_heads(reads, "wq", self.n_head)
        return self.q_norm.of(q, "attention.q_norm") if isinstance(self.q_norm, RMSNorm) else q

    def in_heads(self, reads: str, matrix: str, n_head: int) -> Rule:
        """What is read times a matrix whose rows are h * Dk + i, as (H, T, Dk)."""
        sizes = {"h": n_head, "i": self.head_dim}
        operands = (reads, f"attention.{matrix}.weight")
        return Contract(operands, f"t d, h*{self.head_dim}+i d -> h t i", sizes=sizes)

    def matches(self, position: Position) -> Rules:
        """Scores, shares and what is handed on, where the kernel forms them."""
        if "scores" not in self.kernel.emits:
            return {"z": None}
        group = self.n_head // self.n_kv_head
        key_head = "h" if group == 1 else f"h//{group}"
        scores = position.scores_rule(key_head, self.head_dim**-0.5)
        return {
            "scores": Choose((None, scores), "h t s", self.sees),
            "pattern": Softmax(("scores",)),
            "z": Contract(("pattern", "v"), f"h t s, {key_head} s i -> h t i"),
        }
